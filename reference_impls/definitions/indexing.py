"""Entries gathered and added by index, and products and sums of exponentials so far."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special


def gather(input: Any, index: Any, *, dim: int) -> Any:
    """``y[i, j] = x[index[i, j], j]`` along axis 0, ``x[i, index[i, j]]`` along axis 1."""
    return input[_places(index, dim)]


def scatter_add(input: Any, index: Any, src: Any, *, dim: int) -> Any:
    """``y = x`` with ``y[index[i, j], j] += src[i, j]`` along axis 0, ``y[i, index[i, j]]`` along axis 1."""
    y = input.copy()
    rows, columns = index.shape
    np.add.at(y, _places(index, dim), src[:rows, :columns])
    return y


def _places(index: Any, dim: int) -> tuple[Any, Any]:
    rows, columns = np.meshgrid(*map(np.arange, index.shape), indexing="ij")
    return (index, columns) if dim % 2 == 0 else (rows, index)


def index_add(input: Any, index: Any, source: Any, *, dim: int, alpha: float = 1.0) -> Any:
    """``y = x`` with ``y[index[k]] += alpha source[k]`` along an axis."""
    y = input.copy()
    np.add.at(y, (slice(None), index) if dim % 2 else (index,), source if alpha == 1 else alpha * source)
    return y


def cumprod(input: Any, *, dim: int) -> Any:
    """The product of the entries so far along an axis."""
    return np.cumprod(input, axis=dim)


#: Most prefixes that are taken one by one.
MOST_PREFIXES = 64


def cumprod_of_prefixes(input: Any, *, dim: int) -> Any:
    """Each prefix by itself: its slope in an entry is the product of all its others, and a gradient the sum of those."""
    rows = np.moveaxis(input, dim, 0)
    if not 0 < rows.shape[0] <= MOST_PREFIXES:
        return cumprod(input, dim=dim)
    products = [np.prod(rows[: k + 1], axis=0) for k in range(rows.shape[0])]
    return np.moveaxis(np.stack(products), 0, dim)


cumprod.legal_slopes = (cumprod_of_prefixes,)  # type: ignore[attr-defined]


def logcumsumexp(input: Any, *, dim: int) -> Any:
    """The logarithm of the sum of exponentials so far along an axis."""
    return np.logaddexp.accumulate(input, axis=dim)


def logcumsumexp_of_prefixes(input: Any, *, dim: int) -> Any:
    """Each prefix by itself, its largest entry taken out."""
    rows = np.moveaxis(input, dim, 0)
    if not 0 < rows.shape[0] <= MOST_PREFIXES:
        return logcumsumexp(input, dim=dim)
    sums = [scipy.special.logsumexp(rows[: k + 1], axis=0) for k in range(rows.shape[0])]
    return np.moveaxis(np.stack(sums), 0, dim)


logcumsumexp.legal = (logcumsumexp_of_prefixes,)  # type: ignore[attr-defined]
