"""Sums and means over axes, and the sum of the cotangents that arrive at one place."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.operators import add, divide
from harness.arithmetic.roundings import Array, all_whole, plus, rounded
from harness.arithmetic.tracked import Deferred, Tracked, all_exact, lift


def total(x: Tracked, axes: tuple[int, ...]) -> Tracked:
    """The sum over axes, kept with length 1."""
    n = prod(x.shape[a] for a in axes)
    kept = tuple(1 if i in axes else s for i, s in enumerate(x.shape))

    def sizes(value: Array, at: tuple[int, ...]) -> dict[str, float]:
        size = np.abs(x.value).astype(np.float64)
        sums = (s.sum(axis=axes, keepdims=True)[at] for s in (size, size**2))
        return sizes_of_sum(n, *sums)

    return Deferred(kept, x.dtype, lambda: _added_up(x, axes, n), x.p, sizes)


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
        arriving = None if x.error is None else x.error.sum(axis=tuple(a + 1 for a in axes), keepdims=True)
    return value, plus(arriving, local)


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
        return value, plus(*(x.error for x in parts), rounding)

    kind = np.result_type(*(x.dtype for x in parts))
    return Deferred(parts[0].shape, kind, make, parts[0].p)
