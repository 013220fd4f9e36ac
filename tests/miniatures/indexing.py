"""Entries gathered and added by index, products and sums of exponentials so far, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import indexing as right
from reference_impls.activations import widened


def gather_from_the_end(input, index, dim):
    """A negative index counts from the end, as NumPy's does."""
    return np.take_along_axis(right._cropped(input, index, dim % 2), index, dim)


def gather_of_last(input, index, dim):
    """An index beyond the axis is the last entry's."""
    return right.gather(input, np.minimum(index, input.shape[dim] - 1), dim)


def gather_always_columns(input, index, dim):
    """The axis is the last where both would do."""
    if index.shape[0] <= input.shape[0] and index.size and index.max() < input.shape[1]:
        return right.gather(input, index, 1)
    return right.gather(input, index, dim)


def gather_once_vjp(cotangent, input, index, dim):
    """Where an index repeats, the last entry counts."""
    gradient = np.zeros_like(input)
    np.put_along_axis(
        gradient[tuple(slice(n) if d != dim % 2 else slice(None) for d, n in enumerate(index.shape))],
        index,
        cotangent,
        dim,
    )
    return gradient, None


def scatter_buffered(input, index, src, dim):
    """``y[index] += src``, where the last of several counts."""
    y, axis = right.scatter_add(input, index, np.zeros_like(src), dim), dim % 2
    places = list(np.indices(index.shape, sparse=True))
    places[axis] = index
    y[tuple(places)] += src[tuple(map(slice, index.shape))]
    return y


def scatter_instead(input, index, src, dim):
    """What is there is overwritten first."""
    y = right.scatter_add(input, index, np.zeros_like(src), dim)
    np.put_along_axis(
        y[tuple(slice(None) if d == dim % 2 else slice(n) for d, n in enumerate(index.shape))], index, 0, dim
    )
    return right.scatter_add(y, index, src, dim)


def scatter_in_place(input, index, src, dim):
    """The array itself is added to."""
    input[...] = right.scatter_add(input, index, src, dim)
    return input.copy()


def scatter_whole_vjp(cotangent, input, index, src, dim):
    """Sources that no index takes have gradients as the last one."""
    by_input, _, by_src = right.scatter_add_vjp(cotangent, input, index, src, dim)
    rows, columns = index.shape
    by_src[:, columns:] = cotangent.dtype.type(1)
    by_src[rows:] = cotangent.dtype.type(1)
    return by_input, None, by_src


def index_add_buffered(input, index, source, dim, alpha=1.0):
    """``y[index] += alpha source``, where the last of several counts."""
    y = right.index_add(input, index, np.zeros_like(source), dim)
    y[(slice(None), index) if dim % 2 else (index,)] += y.dtype.type(alpha) * source
    return y


def index_add_without_alpha(input, index, source, dim, alpha=1.0):
    """alpha is 1."""
    return right.index_add(input, index, source, dim)


def index_add_in_float32(input, index, source, dim, alpha=1.0):
    """float64 is added up in float32."""
    return right.index_add(input.astype(np.float32), index, source.astype(np.float32), dim, alpha).astype(input.dtype)


def index_add_unscaled_vjp(cotangent, input, index, source, dim, alpha=1.0):
    """The source's gradient leaves alpha out."""
    return right.index_add_vjp(cotangent, input, index, source, dim)


def cumprod_by_logarithms(input, dim):
    """The exponential of a sum of logarithms, signs apart: digits are lost as logarithms grow."""
    x = widened(input)
    with np.errstate(all="ignore"):
        size = np.exp(np.cumsum(np.log(np.abs(x)), axis=dim))
    return (np.cumprod(np.sign(x), axis=dim) * size).astype(input.dtype)


def cumprod_exclusive(input, dim):
    """Each entry is left out of its own product."""
    y = np.ones_like(widened(input))
    rows, out = np.moveaxis(widened(input), dim, 0), np.moveaxis(y, dim, 0)
    out[1:] = np.cumprod(rows[:-1], axis=0)
    return y.astype(input.dtype)


def cumprod_dividing_vjp(cotangent, input, dim):
    """``sum of g y from there on`` over the entry, which may be zero."""
    x, g = widened(input), widened(cotangent)
    sums = np.flip(np.cumsum(np.flip(g * np.cumprod(x, axis=dim), dim), axis=dim), dim)
    with np.errstate(all="ignore"):
        return ((sums / x).astype(input.dtype),)


def logcumsumexp_naive(input, dim):
    """No entry is taken out."""
    with np.errstate(all="ignore"):
        return np.log(np.cumsum(np.exp(widened(input)), axis=dim)).astype(input.dtype)


def logcumsumexp_below_the_top(input, dim):
    """The largest entry of all is taken out: what comes before it underflows."""
    x = widened(input)
    top = x.max(axis=dim, keepdims=True)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    with np.errstate(all="ignore"):
        return (top + np.log(np.cumsum(np.exp(x - top), axis=dim))).astype(input.dtype)


def logcumsumexp_softmax_vjp(cotangent, input, dim):
    """The softmax of the whole axis in the place of that of each prefix."""
    x, g = widened(input), widened(cotangent)
    e = np.exp(x - x.max(axis=dim, keepdims=True))
    later = np.flip(np.cumsum(np.flip(g, dim), axis=dim), dim)
    return ((later * e / e.sum(axis=dim, keepdims=True)).astype(input.dtype),)
