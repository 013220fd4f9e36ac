"""Sums and means over axes, and the sum of the cotangents that arrive at one place."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.operators import add, divide, joined, one_sum
from harness.arithmetic.roundings import Array, all_whole, plus, rounded
from harness.arithmetic.tracked import Chain, Deferred, Tracked, all_exact, lift


def total(x: Tracked, axes: tuple[int, ...]) -> Tracked:
    """The sum over axes, kept with length 1."""
    n = prod(x.shape[a] for a in axes)
    kept = tuple(1 if i in axes else s for i, s in enumerate(x.shape))

    def sizes(value: Array, at: tuple[int, ...]) -> dict[str, float]:
        size = np.abs(x.value).astype(np.float64)
        sums = (s.sum(axis=axes, keepdims=True)[at] for s in (size, size**2))
        return sizes_of_sum(n, *sums)

    def chain() -> Chain:
        with np.errstate(all="ignore"):
            size = np.abs(x.value).astype(np.float64)
            absolute, squared = (s.sum(axis=axes, keepdims=True) for s in (size, size**2))
        return Chain(n, absolute, squared, _arriving(x, axes), x.error is None and all_whole(x.value))

    in_any_order = x.p.exact_sums and x.p.u == x.p.u_compute and n > 1
    return Deferred(
        kept, x.dtype, lambda: _added_up(x, axes, n), x.p, sizes, chain=cache(chain) if in_any_order else None
    )


def _arriving(x: Tracked, axes: tuple[int, ...]) -> Array | None:
    return None if x.error is None else x.error.sum(axis=tuple(a + 1 for a in axes), keepdims=True)


def sizes_of_sum(length: Any, absolute: Any, squared: Any) -> dict[str, float]:
    """A sum's length, and the sums of its terms' magnitudes and squares."""
    return {"K": float(length), "S": float(absolute), "Q": float(squared)}


def _added_up(x: Tracked, axes: tuple[int, ...], n: int) -> tuple[Array, Array | None]:
    """The sum over axes of n entries each, and its error; the axes kept."""
    with np.errstate(all="ignore"):
        value = x.value.sum(axis=axes, keepdims=True)
        size = np.abs(x.value).astype(np.float64)
        absolute_sum = size.sum(axis=axes, keepdims=True)
        exact = (
            x.error is None
            and x.p.exact_sums
            and all_whole(x.value)
            and bool((absolute_sum <= 1 / x.p.u_compute).all())
        )
        local = None
        if n > 1 and not exact:
            local = bounds.summation(x.p, value, absolute_sum, np.sqrt((size**2).sum(axis=axes, keepdims=True)), n)
        if local is None or x.p.u != x.p.u_compute:
            local = (
                bounds.stored(x.p, value, np.zeros((3, *value.shape)) if local is None else local) if n > 1 else local
            )
    return value, plus(_arriving(x, axes), local)


def mean(x: Tracked, axes: tuple[int, ...]) -> Tracked:
    """The mean over axes, kept: the sum, and then its quotient."""
    return divide(total(x, axes), lift(prod(x.shape[a] for a in axes), x.p))


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
