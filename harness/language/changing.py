"""NumPy's functions that change entries, or ask no argument what it is, on arrays of a definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.language.building import built, making
from harness.language.handles import holds, unwrapped

A = Any


def copyto(dst: A, src: A, casting: str = "same_kind", where: Any = True) -> None:
    """``numpy.copyto``."""
    dst[...] = src if where is True else np.where(unwrapped(where), src, dst)


def fill_diagonal(a: A, val: Any, wrap: bool = False) -> None:
    """``numpy.fill_diagonal``, of a matrix."""
    n = min(np.shape(a))
    values = built(val) if holds(val) else np.asarray(val) if isinstance(val, (list, tuple)) else val
    a[np.arange(n), np.arange(n)] = values if np.ndim(values) == 0 else values[:n]


def put(a: A, ind: Any, v: Any, mode: str = "raise") -> None:
    """``numpy.put``: entries by their places in a line."""
    places = np.unravel_index(np.ravel(np.asarray(unwrapped(ind))), np.shape(a))
    line = built(v) if isinstance(v, (list, tuple)) else v
    a[places] = line if np.ndim(line) == 0 else np.ravel(line)[np.arange(places[0].size) % np.size(line)]


def put_along_axis(arr: A, indices: Any, values: Any, axis: int | None) -> None:
    """``numpy.put_along_axis``."""
    where = np.asarray(unwrapped(indices))
    if axis is None:
        return put(arr, where, values)
    grid: list[Any] = list(np.indices(where.shape))
    grid[axis % where.ndim] = where
    arr[tuple(grid)] = values
    return None


def putmask(a: A, mask: Any, values: Any) -> None:
    """``numpy.putmask``: the values at the places where the mask holds."""
    chosen = np.asarray(unwrapped(mask), dtype=bool)
    a[chosen] = values if np.ndim(values) == 0 else built(values)[chosen]


def place(arr: A, mask: Any, vals: Any) -> None:
    """``numpy.place``: the values one after the other where the mask holds."""
    chosen = np.asarray(unwrapped(mask), dtype=bool)
    line = np.ravel(built(vals))
    arr[chosen] = line[np.arange(int(chosen.sum())) % np.size(line)]


def piecewise(x: A, condlist: Any, funclist: Sequence[Any], *arguments: Any, **keywords: Any) -> A:
    """``numpy.piecewise``: of the conditions that hold the last one's function, and the default's where none does."""
    conditions = [np.asarray(unwrapped(c), dtype=bool) for c in condlist]
    found: Any = np.zeros_like(x)
    given: list[Any] = list(funclist)
    if len(given) == len(conditions) + 1:
        found = _of(given.pop(), x, arguments, keywords)
    for condition, function in zip(conditions, given, strict=True):
        found = np.where(condition, _of(function, x, arguments, keywords), found)
    return found


def _of(function: Callable[..., Any] | Any, x: A, arguments: Any, keywords: Any) -> A:
    return function(x, *arguments, **keywords) if callable(function) else function


def bincount(x: Any, weights: A = None, minlength: int = 0) -> A:
    """``numpy.bincount`` of whole numbers, with weights that may have errors."""
    places = np.asarray(unwrapped(x))
    if weights is None:
        return np.bincount(places, minlength=minlength)
    sums = making(np.zeros)(max(minlength, int(places.max(initial=-1)) + 1))
    np.add.at(sums, places, weights)
    return sums
