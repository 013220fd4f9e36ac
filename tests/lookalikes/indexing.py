"""Entries gathered and added by index, products and sums of exponentials so far, that are right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import indexing as right
from reference_impls.activations import widened

EXTENDED = np.longdouble


def gather_flat(input, index, dim):
    """One index into the entries in the order of memory."""
    axis = range(2)[dim]
    right._checked(index, input.shape[axis])
    right._cropped(input, index, axis)
    rows, columns = np.indices(index.shape)
    flat = index * input.shape[1] + columns if axis == 0 else rows * input.shape[1] + index
    return np.ascontiguousarray(input).reshape(-1)[flat]


def scatter_by_sorting(input, index, src, dim):
    """Sources sorted by where they go, summed from the last to the first."""
    axis = range(2)[dim]
    y = right.scatter_add(input, index, np.zeros_like(src), axis).astype(widened(input).dtype)
    rows, columns = np.indices(index.shape)
    goes = np.stack([index, columns] if axis == 0 else [rows, index]).reshape(2, -1)
    for k in np.lexsort(goes)[::-1]:
        y[tuple(goes[:, k])] += src[rows.flat[k], columns.flat[k]]
    return y.astype(input.dtype)


def index_add_by_matrix(input, index, source, dim, alpha=1.0):
    """The product with a matrix of ones and zeros, in extended precision, where all is finite."""
    axis = range(2)[dim]
    right.index_add(input, index, np.zeros_like(source), axis, alpha)
    if not np.isfinite(source).all():
        return right.index_add(input, index, source, axis, alpha)
    chosen = (index[:, None] == np.arange(input.shape[axis])).astype(EXTENDED)
    s = source.astype(EXTENDED) * EXTENDED(alpha)
    return (input.astype(EXTENDED) + (chosen.T @ s if axis == 0 else s @ chosen)).astype(input.dtype)


def cumprod_one_by_one(input, dim):
    """A loop, in extended precision."""
    y = np.moveaxis(input.astype(EXTENDED), dim, 0).copy()
    for k in range(1, len(y)):
        y[k] *= y[k - 1]
    return np.moveaxis(y, 0, dim).astype(input.dtype)


def logcumsumexp_online(input, dim):
    """The largest so far and a sum below it, as online softmax keeps them, in extended precision."""
    x = np.moveaxis(input.astype(EXTENDED), dim, 0)
    y = np.empty_like(x)
    top, total = np.full(x.shape[1:], -np.inf, EXTENDED), np.zeros(x.shape[1:], EXTENDED)
    with np.errstate(all="ignore"):
        for k, row in enumerate(x):
            higher = np.maximum(top, row)
            shift = np.where(np.isfinite(higher), higher, 0)
            total = total * np.exp(top - shift) + np.exp(row - shift)
            top = higher
            y[k] = shift + np.log(total)
    return np.moveaxis(y, 0, dim).astype(input.dtype)
