"""Programs of sums, means and sums of products."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from harness.definitions.terms import Terms, group, sum_of_products
from harness.definitions.terms import axes as axes_
from harness.dispatch import axes_of
from harness.operations import primitives

A = Any


def without(y: A, axes: tuple[int, ...], keepdims: bool) -> A:
    """A reduction's result without the axes, which it kept with length 1, unless they are to be kept."""
    return y if keepdims or not axes else np.reshape(y, tuple(n for i, n in enumerate(y.shape) if i not in axes))


def total(x: A, axis: Any = None, keepdims: bool = False) -> A:
    """The sum over axes."""
    axes = axes_of(axis, x.ndim)
    return without(primitives.total(x, axes=axes), axes, keepdims)


def mean(x: A, axis: Any = None, keepdims: bool = False) -> A:
    """The mean over axes."""
    axes = axes_of(axis, x.ndim)
    return without(primitives.mean(x, axes=axes), axes, keepdims)


def contract(terms: Terms, factors: dict[str, A]) -> A:
    """A sum of products, given as its terms."""
    return primitives.contract(*factors.values(), terms=terms, names=tuple(factors))


def _centred_squares(x: A, axis: Any, mean: Any) -> A:
    centred = x - (np.mean(x, axis=axis, keepdims=True) if mean is None else mean)
    return np.real(centred * np.conj(centred))


def variance(
    x: A,
    axis: Any = None,
    dtype: None = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    mean: Any = None,
    correction: float | None = None,
) -> A:
    """``sum |x - mean|^2 / (n - ddof)`` over axes."""
    n = prod(x.shape[a] for a in axes_of(axis, x.ndim))
    less = ddof if correction is None else correction
    return np.sum(_centred_squares(x, axis, mean), axis=axis, keepdims=keepdims) / max(n - less, 0)


def deviation(x: A, axis: Any = None, *arguments: Any, **keywords: Any) -> A:
    """The square root of the variance."""
    return np.sqrt(np.var(x, axis, *arguments, **keywords))


def difference(x: A, n: int = 1, axis: int = -1) -> A:
    """Neighbours' differences along an axis, n times."""
    at = (slice(None),) * (axis % x.ndim)
    for _ in range(n):
        x = x[(*at, slice(1, None))] - x[(*at, slice(None, -1))]
    return x


def product(x: A, axis: Any = None, keepdims: bool = False) -> A:
    """The product over axes, by halves: any order has as many roundings."""
    axes = axes_of(axis, x.ndim)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    left = [i for i in range(x.ndim) if i not in axes]
    line = np.reshape(np.transpose(x, [*left, *axes]), (*(x.shape[i] for i in left), -1 if x.size else 0))
    if not line.shape[-1]:
        return x.lifted(np.ones(kept if keepdims else tuple(x.shape[i] for i in left)))
    while (n := line.shape[-1]) > 1:
        halves = line[..., : n // 2] * line[..., n // 2 : n // 2 * 2]
        line = np.concatenate([halves, line[..., n - 1 :]], axis=-1) if n % 2 else halves
    return np.reshape(line, kept if keepdims else line.shape[:-1])


def running_product(x: A, axis: Any = None) -> A:
    """The product of the entries so far along an axis."""
    along = np.moveaxis(np.reshape(x, (x.size,)) if axis is None else x, -1 if axis is None else axis, 0)
    found: list[A] = []
    for i in range(along.shape[0]):
        found.append(found[-1] * along[i] if found else along[i])
    return np.moveaxis(np.stack(found), 0, -1 if axis is None else axis) if found else x


@lru_cache(maxsize=64)
def _so_far(before: int, n: int, after: int) -> Terms:
    shapes = {"out": (before, n, after), "x": (before, n, after)}
    b, i, a, j = axes_(before, n, after, n)
    return Terms(shapes["out"], {"x": shapes["x"]}, (group(shapes, out=(b, i, a), x=(b, j, a), where=j <= i),))


def running_sum(x: A, axis: Any = None) -> A:
    """The sum of the entries so far along an axis, each as one sum."""
    line = np.reshape(x, (x.size,)) if axis is None else x
    at = -1 % line.ndim if axis is None else axis % line.ndim
    before, after = prod(line.shape[:at]), prod(line.shape[at + 1 :])
    terms = _so_far(before, line.shape[at], after)
    return np.reshape(sum_of_products(terms, x=np.reshape(line, terms.shape)), line.shape)
