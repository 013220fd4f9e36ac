"""Sums and means over axes, and the sum of the cotangents that arrive at one place."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import prod
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.chains import joined
from harness.arithmetic.operators import add, divide, one_sum
from harness.arithmetic.roundings import Array, all_tiers, all_whole, plus, rounded
from harness.arithmetic.tracked import Chain, Deferred, Tracked, all_exact, lift

#: What adds up entries: an array -> the sums.
Gather = Callable[[Array], Array]


def total(x: Tracked, axes: tuple[int, ...]) -> Tracked:
    """The sum over axes, kept with length 1."""
    kept = tuple(1 if i in axes else s for i, s in enumerate(x.shape))
    return _sums(x, kept, partial(np.sum, axis=axes, keepdims=True), np.asarray(prod(x.shape[a] for a in axes)))


def running_total(x: Tracked, axis: int) -> Tracked:
    """The sums of the entries so far along an axis, each one sum in any order."""
    lengths = np.arange(1, x.shape[axis] + 1).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return _sums(x, x.shape, partial(np.cumsum, axis=axis), lengths)


def _sums(x: Tracked, shape: tuple[int, ...], gather: Gather, lengths: Array) -> Tracked:
    """Sums of so many entries each, and their errors."""

    @cache
    def parts() -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            size = np.abs(x.value).astype(np.float64)
            return gather(size), gather(size**2)

    def sizes(value: Array, at: tuple[int, ...]) -> dict[str, float]:
        absolute, squared = parts()
        return sizes_of_sum(np.broadcast_to(lengths, shape)[at], absolute[at], squared[at])

    def chain() -> Chain:
        return Chain(lengths, *parts(), _arriving(x, gather), x.error is None and all_whole(x.value))

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            value = gather(x.value)
            return value, plus(_arriving(x, gather), _local(x, value, gather, lengths, *parts()))

    several = bool(lengths.max(initial=0) > 1)
    in_any_order = several and x.p.exact_sums and x.p.u == x.p.u_compute
    return Deferred(shape, x.dtype, make, x.p, sizes, chain=cache(chain) if in_any_order else None)


def _arriving(x: Tracked, gather: Gather) -> Array | None:
    return None if x.error is None else np.stack([gather(e) for e in np.asarray(x.error)])


def _local(x: Tracked, value: Array, gather: Gather, lengths: Array, absolute: Array, squared: Array) -> Array | None:
    """What the additions are off by, and how they are stored: nothing where a sum has one entry."""
    if not (lengths > 1).any():
        return None
    p = x.p
    exact = np.broadcast_to(lengths <= 1, value.shape)
    if x.error is None and p.exact_sums and all_whole(x.value):
        exact = exact | (absolute <= 1 / p.u_compute)
    found = np.where(exact, 0.0, bounds.summation(p, value, absolute, np.sqrt(squared), lengths))
    if p.u != p.u_compute:
        found = np.where(lengths <= 1, 0.0, bounds.stored(p, value, found))
    infinite = ~np.isfinite(value)
    if infinite.any():
        found = np.where(infinite & (_finite(x, gather) >= p.reach), np.inf, found)
    return found if found.any() else None


def _finite(x: Tracked, gather: Gather) -> Array:
    """The sums of the sizes of finite terms: where they overflow, one more infinite term may meet its opposite."""
    return gather(np.where(np.isfinite(x.value), np.abs(x.value), 0))


def sizes_of_sum(length: Any, absolute: Any, squared: Any) -> dict[str, float]:
    """A sum's length, and the sums of its terms' magnitudes and squares."""
    return {"K": float(length), "S": float(absolute), "Q": float(squared)}


def mean(x: Tracked, axes: tuple[int, ...]) -> Tracked:
    """The mean over axes, kept: the sum, and then its quotient; of what is too small a mean that runs along is as right."""
    n = prod(x.shape[a] for a in axes)
    y = divide(total(x, axes), lift(n, x.p))

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            size = np.abs(x.value).max(axis=axes, keepdims=True, initial=0)
            small = (size > 0) & (size < n * x.p.eta / x.p.u)
        return y.value, plus(y.error, all_tiers(np.where(small, n * x.p.eta, 0.0)) if small.any() else None)

    return Deferred(y.shape, y.dtype, make, x.p, y.sizes, chain=y.chain)


def summed(*parts: Tracked) -> Tracked:
    """The sum of what arrives at one place, with the rounding of any order of summation."""
    if len(parts) == 2:
        return add(*parts)

    def make() -> tuple[Array, Array | None]:
        value, p = sum(x.value for x in parts[1:]) + parts[0].value, parts[0].p
        size: Any = sum(np.abs(x.value) for x in parts)
        rounding = rounded(size, p, all_exact(*parts) and all(all_whole(x.value) for x in parts), len(parts) - 1)
        return value, one_sum(value, plus(*(x.error for x in parts), rounding), chain, *parts)

    kind = np.result_type(*(x.dtype for x in parts))
    chain = cache(lambda: joined(*parts))
    return Deferred(parts[0].shape, kind, make, parts[0].p)
