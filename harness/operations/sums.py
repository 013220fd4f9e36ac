"""Programs of sums, means and sums of products."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from harness.definitions.terms import Terms
from harness.dispatch import axes_of, first
from harness.operations import primitives

A = Any


def without(y: A, axes: tuple[int, ...], keepdims: bool) -> A:
    """A reduction's result without the axes, which it kept with length 1, unless they are to be kept."""
    return y if keepdims or not axes else np.reshape(y, tuple(n for i, n in enumerate(y.shape) if i not in axes))


def among(x: A, where: Any, neutral: float) -> A:
    """x where a mask holds, elsewhere a number that changes nothing."""
    return x if where is True else np.where(np.broadcast_to(where, x.shape), x, neutral)


def total(
    x: A,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = 0,
    where: Any = True,
) -> A:
    """The sum over axes."""
    axes = axes_of(axis, x.ndim)
    y = without(primitives.total(among(x, where, 0.0), axes=axes), axes, keepdims)
    return y if isinstance(initial, int) and initial == 0 else y + initial


def _counted(x: A, axes: tuple[int, ...], keepdims: bool, where: Any) -> Any:
    """How many entries along axes a mask leaves."""
    if where is True:
        return prod(x.shape[a] for a in axes)
    return np.sum(np.broadcast_to(where, x.shape).astype(float), axis=axes, keepdims=keepdims)


def mean(
    x: A, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True
) -> A:
    """The mean over axes."""
    axes = axes_of(axis, x.ndim)
    if where is not True:
        return total(x, axis, keepdims=keepdims, where=where) / _counted(x, axes, keepdims, where)
    return without(primitives.mean(x, axes=axes), axes, keepdims)


def average(x: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """The mean with weights."""
    if weights is None:
        y = np.mean(x, axis=axis, keepdims=keepdims)
        return (y, np.full(y.shape, _counted(x, axes_of(axis, x.ndim), keepdims, True) * 1.0)) if returned else y
    if np.shape(weights) != x.shape:
        (at,) = axes_of(axis, np.ndim(x))
        weights = np.reshape(weights, [-1 if i == at else 1 for i in range(np.ndim(x))])
    whole = np.sum(weights * (np.zeros(x.shape) + 1.0), axis=axis, keepdims=keepdims)
    y = np.sum(x * weights, axis=axis, keepdims=keepdims) / whole
    return (y, whole) if returned else y


def contract(terms: Terms, factors: dict[str, A]) -> A:
    """A sum of products, given as its terms."""
    return primitives.contract(*factors.values(), terms=terms, names=tuple(factors))


def variance(
    x: A,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> A:
    """``sum |x - mean|^2 / (n - ddof)`` over axes."""
    axes = axes_of(axis, x.ndim)
    centred = x - (
        np.mean(x, axis=axis, keepdims=True, **({} if where is True else {"where": where})) if mean is None else mean
    )
    squares = np.real(centred * np.conj(centred))
    n = _counted(x, axes, keepdims, where)
    less = ddof if correction is None else correction
    return total(squares, axis, keepdims=keepdims, where=where) / np.maximum(n - less, 0)


def deviation(x: A, axis: Any = None, *arguments: Any, **keywords: Any) -> A:
    """The square root of the variance."""
    return np.sqrt(np.var(x, axis, *arguments, **keywords))


def difference(x: A, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> A:
    """Neighbours' differences along an axis, n times."""
    at = (slice(None),) * (axis % x.ndim)
    ends = [x if e is None else _as_slice(x, e, axis) for e in (prepend, append)]
    if prepend is not None or append is not None:
        x = np.concatenate([*ends[: prepend is not None], x, *ends[1:][: append is not None]], axis=axis)
    for _ in range(n):
        x = x[(*at, slice(1, None))] - x[(*at, slice(None, -1))]
    return x


def _as_slice(x: A, value: Any, axis: int) -> Any:
    return (
        value
        if np.ndim(value)
        else np.broadcast_to(value, [1 if i == axis % x.ndim else n for i, n in enumerate(x.shape)])
    )


def product(
    x: A,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> A:
    """The product over axes, by halves: any order has as many roundings."""
    axes, x = axes_of(axis, x.ndim), among(x, where, 1.0)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    left = [i for i in range(x.ndim) if i not in axes]
    line = np.reshape(np.transpose(x, [*left, *axes]), (*(x.shape[i] for i in left), -1 if x.size else 0))
    if not line.shape[-1]:
        return x.lifted(np.ones(kept if keepdims else tuple(x.shape[i] for i in left)))
    while (n := line.shape[-1]) > 1:
        halves = line[..., : n // 2] * line[..., n // 2 : n // 2 * 2]
        line = np.concatenate([halves, line[..., n - 1 :]], axis=-1) if n % 2 else halves
    y = np.reshape(line, kept if keepdims else line.shape[:-1])
    return y if isinstance(initial, int) and initial == 1 else y * initial


def running(step: Any) -> Any:
    """The program that goes along an axis and puts each entry to those before."""

    def program(x: A, axis: Any = None, dtype: Any = None, out: None = None) -> A:
        along = np.moveaxis(np.reshape(x, (x.size,)) if axis is None else x, -1 if axis is None else axis, 0)
        found: list[A] = []
        for i in range(along.shape[0]):
            found.append(step(found[-1], along[i]) if found else along[i])
        return np.moveaxis(np.stack(found), 0, -1 if axis is None else axis) if found else x

    return program


def running_sum(x: A, axis: Any = None, dtype: Any = None, out: None = None) -> A:
    """The sum of the entries so far along an axis, each as one sum."""
    line = np.reshape(x, (x.size,)) if axis is None else x
    return primitives.running_total(line, axis=-1 % line.ndim if axis is None else axis % line.ndim)


def cumulative(function: Any, neutral: float) -> Any:
    """``numpy.cumulative_sum`` and its like of the older function: with a first entry of nothing where asked for."""

    def program(
        x: A, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
    ) -> A:
        y = function(x, axis=0 if axis is None else axis)
        return np.concatenate([_as_slice(y, neutral, axis or 0), y], axis=axis or 0) if include_initial else y

    return program


def log_sum_exp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """``log(sum b exp(a))``, the largest entry taken out: ``scipy.special.logsumexp``."""
    like: Any = first((a, b))
    a = like.lifted(a)
    top = np.max(a, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    weighed = np.exp(a - top) if b is None else b * np.exp(a - top)
    y = np.sum(weighed, axis=axis, keepdims=keepdims)
    back = top if keepdims else np.reshape(top, y.shape)
    if return_sign:
        return np.log(np.abs(y)) + back, np.sign(y)
    return np.log(y) + back


def softmax(x: A, axis: Any = None) -> A:
    """``exp(x) / sum exp(x)``."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x: A, axis: Any = None) -> A:
    """``x - log(sum exp(x))``."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def covariance(x: A, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> A:
    """The covariances of rows."""
    x = np.atleast_2d(x) if rowvar or x.ndim == 1 else x.T
    if y is not None:
        y = np.atleast_2d(y) if rowvar or np.ndim(y) == 1 else np.transpose(y)
        x = np.concatenate([x, y])
    centred = x - np.mean(x, axis=1, keepdims=True)
    less = (0 if bias else 1) if ddof is None else ddof
    return np.squeeze(centred @ np.conj(centred).T / (x.shape[1] - less))


def correlations(x: A, y: Any = None, rowvar: bool = True) -> A:
    """The correlations of rows."""
    c = covariance(x, y, rowvar)
    if not c.ndim:
        return c / c
    size = np.sqrt(np.real(np.diagonal(c)))
    return c / size[:, None] / size[None, :]
