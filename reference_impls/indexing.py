"""Entries gathered and added by index, products and sums of exponentials so far: NumPy candidates with their vjps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import narrowed, widened

Array = npt.NDArray[Any]


def _checked(index: Array, length: int) -> None:
    if index.dtype.kind not in "iu":
        raise TypeError(f"an index is a whole number, got {index.dtype}")
    if index.size and (index.min() < 0 or index.max() >= length):
        raise IndexError("an index is beyond the axis")


def _cropped(x: Array, index: Array, dim: int) -> Array:
    """The part of x that an index of its rank meets."""
    if x.ndim != index.ndim or any(
        n > m for d, (n, m) in enumerate(zip(index.shape, x.shape, strict=True)) if d != dim
    ):
        raise ValueError("the index has as many axes, and is no longer along the others")
    return x[tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(index.shape))]


def gather(input: Array, index: Array, dim: int) -> Array:
    """``numpy.take_along_axis``; an index from the end is none."""
    axis = range(input.ndim)[dim]
    _checked(index, input.shape[axis])
    return np.take_along_axis(_cropped(input, index, axis), index, axis)


def gather_vjp(cotangent: Array, input: Array, index: Array, dim: int) -> tuple[Array, None]:
    """Entries added up where an index repeats."""
    gradient = np.zeros(input.shape, widened(input).dtype)
    _added(gradient, index, widened(cotangent), dim)
    return narrowed(gradient, input), None


def _added(y: Array, index: Array, src: Array, dim: int) -> None:
    """Entries added in place, one after the other."""
    places = list(np.indices(index.shape, sparse=True))
    places[dim] = index
    np.add.at(y, tuple(places), src)


def scatter_add(input: Array, index: Array, src: Array, dim: int) -> Array:
    """``numpy.add.at`` on a copy."""
    axis = range(input.ndim)[dim]
    _checked(index, input.shape[axis])
    _cropped(input, index, axis)
    if any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
        raise ValueError("every index has a source")
    y = widened(input).copy()
    _added(y, index, widened(src)[tuple(map(slice, index.shape))], axis)
    return narrowed(y, input)


def scatter_add_vjp(cotangent: Array, input: Array, index: Array, src: Array, dim: int) -> tuple[Array, None, Array]:
    """The gradient as it is, and gathered for the sources that are taken."""
    by_src = np.zeros(src.shape, src.dtype)
    by_src[tuple(map(slice, index.shape))] = gather(cotangent, index, dim)
    return narrowed(cotangent.copy(), input), None, by_src


def index_add(input: Array, index: Array, source: Array, dim: int, alpha: float = 1.0) -> Array:
    """A sum over one-hot rows, row by row."""
    axis = range(input.ndim)[dim]
    _checked(index, input.shape[axis])
    y, rows = np.moveaxis(widened(input).copy(), axis, 0), np.moveaxis(widened(source), axis, 0)
    if rows.shape != (len(index), *y.shape[1:]):
        raise ValueError("every index has a row of the source")
    for k, row in zip(index, rows, strict=True):
        y[k] += y.dtype.type(alpha) * row
    return narrowed(np.moveaxis(y, 0, axis), input)


def index_add_vjp(
    cotangent: Array, input: Array, index: Array, source: Array, dim: int, alpha: float = 1.0
) -> tuple[Array, None, Array]:
    """The gradient as it is, and alpha times the rows that are added to."""
    g = widened(cotangent)
    return narrowed(g.copy(), input), None, narrowed(g.dtype.type(alpha) * np.take(g, index, axis=dim), source)


def cumprod(input: Array, dim: int) -> Array:
    """``numpy.cumprod``."""
    return narrowed(np.cumprod(widened(input), axis=dim), input)


def cumprod_vjp(cotangent: Array, input: Array, dim: int) -> tuple[Array]:
    """``sum over i >= k of g[i]`` times the product of all entries up to i but the k-th: no division, any zeros."""
    x, g = (np.moveaxis(widened(z), dim, 0) for z in (input, cotangent))
    gradient, before = np.zeros_like(x), np.ones_like(x[:1])
    for k in range(len(x)):
        after = np.cumprod(np.concatenate([before, x[k + 1 :]]), axis=0)
        gradient[k] = (g[k:] * after).sum(axis=0)
        before = before * x[k : k + 1]
    return (narrowed(np.moveaxis(gradient, 0, dim), input),)


def logcumsumexp(input: Array, dim: int) -> Array:
    """``numpy.logaddexp.accumulate``."""
    return narrowed(np.logaddexp.accumulate(widened(input), axis=dim), input)


def logcumsumexp_vjp(cotangent: Array, input: Array, dim: int) -> tuple[Array]:
    """``sum over i >= k of g[i] exp(x[k] - y[i])``."""
    x, g = (np.moveaxis(widened(z), dim, 0) for z in (input, cotangent))
    y, gradient = np.logaddexp.accumulate(x, axis=0), np.zeros_like(x)
    for k in range(len(x)):
        gradient[k] = (g[k:] * np.exp(x[k] - y[k:])).sum(axis=0)
    return (narrowed(np.moveaxis(gradient, 0, dim), input),)
