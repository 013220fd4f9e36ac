"""Programs of choices: minima, limits, maxima over axes, the order of entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.dispatch import axes_of, first
from harness.operations import primitives
from harness.operations.sums import among, without

A = Any


def where(condition: Any, a: Any, b: Any) -> A:
    """``a`` where the condition holds, else ``b``: decided by values, so put kinks in maximum or abs."""
    like: Any = first((condition, a, b))
    mask = np.not_equal(condition, 0) if condition is like else np.asarray(condition, dtype=bool)
    return primitives.where(like.lifted(a), like.lifted(b), condition=mask)


def minimum(a: A, b: A) -> A:
    """The smaller of each pair."""
    return -np.maximum(-a, -b)


def fmax(a: A, b: A) -> A:
    """The larger of each pair, of which one may be NaN."""
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.maximum(a, b)))


def fmin(a: A, b: A) -> A:
    """The smaller of each pair, of which one may be NaN."""
    return -fmax(-a, -b)


def clip(
    x: A, a_min: Any = None, a_max: Any = None, out: None = None, *, min: Any = None, max: Any = None, **casts: Any
) -> A:
    """x within limits, each of which may be None."""
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    above = x if low is None else np.maximum(x, low)
    return above if high is None else np.minimum(above, high)


def largest(
    x: A, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> A:
    """The maximum over axes; ties share the gradient in any proportion."""
    axes = axes_of(axis, x.ndim)
    if where is not True:
        x = among(x, where, -np.inf if initial is None else initial)
    y = without(primitives.largest(x, axes=axes), axes, keepdims)
    return y if initial is None else np.maximum(y, initial)


def smallest(
    x: A, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> A:
    """The minimum over axes."""
    return -largest(-x, axis, None, keepdims, None if initial is None else -initial, where)


def spread(x: A, axis: Any = None, out: None = None, keepdims: bool = False) -> A:
    """The maximum less the minimum over axes."""
    return largest(x, axis, keepdims=keepdims) - smallest(x, axis, keepdims=keepdims)


def tril(x: A, k: int = 0) -> A:
    """The entries on and below a diagonal, zeros above."""
    return np.where(np.tri(x.shape[-2], x.shape[-1], k, bool), x, 0.0)


def triu(x: A, k: int = 0) -> A:
    """The entries on and above a diagonal, zeros below."""
    return np.where(np.tri(x.shape[-2], x.shape[-1], k - 1, bool), 0.0, x)


def select(conditions: Sequence[Any], choices: Sequence[Any], default: Any = 0) -> A:
    """The first choice whose condition holds, else the default."""
    y: Any = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        y = np.where(condition, choice, y)
    return y


def without_nan(function: Any, instead: float) -> Any:
    """The program of a function that leaves NaN out, from the one that does not and a number that changes nothing."""

    def program(x: A, *arguments: Any, **keywords: Any) -> A:
        return function(np.where(np.isnan(x), instead, x), *arguments, **keywords)

    return program


def with_mask(function: Any) -> Any:
    """The program of a function that leaves NaN out, from the one that takes a mask."""

    def program(x: A, *arguments: Any, **keywords: Any) -> A:
        there = ~np.isnan(x)
        return function(np.where(there, x, 0.0), *arguments, where=there, **keywords)

    return program


def numbered(x: A, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> A:
    """x with numbers in place of what is none."""
    ends = [np.finfo(np.float64).max if e is None else e for e in (posinf, None if neginf is None else -neginf)]
    y = np.where(np.isnan(x), nan, x)
    return np.where(np.equal(y, np.inf), ends[0], np.where(np.equal(y, -np.inf), -ends[1], y))


def sort(x: A, axis: Any = -1, kind: Any = None, order: None = None, *, stable: Any = None) -> A:
    """The entries in rising order."""
    line: A = np.reshape(x, (x.size,)) if axis is None else np.moveaxis(x, axis, -1)
    y = primitives.sort(line, order=np.argsort(line.deciding(), axis=-1, kind="stable"))
    return np.moveaxis(y, -1, -1 if axis is None else axis)


def partition(x: A, kth: Any, axis: Any = -1, kind: Any = None, order: None = None) -> A:
    """The entries in rising order: of all orders with the k-th in its place the one that is known."""
    return sort(x, axis)


def quantile(x: A, q: Any, axis: Any = None, *, keepdims: bool = False, scale: float = 1.0) -> A:
    """Quantiles by straight lines between the sorted entries."""
    axes = axes_of(axis, x.ndim)
    left = [i for i in range(x.ndim) if i not in axes]
    line = sort(np.reshape(np.transpose(x, [*left, *axes]), (*(x.shape[i] for i in left), -1)))
    places = np.asarray(q, dtype=float) / scale * (line.shape[-1] - 1)
    low = np.floor(places).astype(int)
    part = places - low
    high = np.minimum(low + 1, line.shape[-1] - 1)
    y = line[..., low] + (line[..., high] - line[..., low]) * part
    y = np.moveaxis(y, range(len(left), y.ndim), range(np.ndim(q))) if np.ndim(q) else y
    return np.expand_dims(y, [np.ndim(q) + a for a in axes]) if keepdims else y


def percentile(x: A, q: Any, axis: Any = None, *, keepdims: bool = False) -> A:
    """Quantiles, in hundredths."""
    return quantile(x, q, axis, keepdims=keepdims, scale=100.0)


def median(x: A, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> A:
    """The middle entry over axes, or the mean of two."""
    axes = axes_of(axis, x.ndim)
    left = [i for i in range(x.ndim) if i not in axes]
    line = sort(np.reshape(np.transpose(x, [*left, *axes]), (*(x.shape[i] for i in left), -1)))
    n = line.shape[-1]
    y = line[..., n // 2] if n % 2 else (line[..., n // 2 - 1] + line[..., n // 2]) / 2.0
    return np.expand_dims(y, axes) if keepdims else y
