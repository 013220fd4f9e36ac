"""What goes wrong where entries are gathered and added by index, and in products and sums of exponentials so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_impls.definitions import indexing as right


def gather_other_axis(input: Any, index: Any, *, dim: int) -> Any:
    """Along the other axis, indices beyond it counted from its start again."""
    return right.gather(input, index % input.shape[1 - dim % 2], dim=1 - dim % 2)


def gather_from_one(input: Any, index: Any, *, dim: int) -> Any:
    """Entries are counted from one."""
    return right.gather(input, (index - 1) % input.shape[dim], dim=dim)


def scatter_last(input: Any, index: Any, src: Any, *, dim: int) -> Any:
    """Where an index repeats, the last source alone is added."""
    added = np.zeros(input.shape)
    added[right._places(index, dim)] = src[: index.shape[0], : index.shape[1]]
    return input + added


def scatter_instead(input: Any, index: Any, src: Any, *, dim: int) -> Any:
    """What is added to is taken for 0."""
    y = input.copy()
    y[right._places(index, dim)] = 0.0
    return right.scatter_add(y, index, src, dim=dim)


def index_add_last(input: Any, index: Any, source: Any, *, dim: int, alpha: float = 1.0) -> Any:
    """Where an index repeats, the last row alone is added."""
    added = np.zeros(input.shape)
    added[(slice(None), index) if dim % 2 else (index,)] = source
    return input + alpha * added


def index_add_without_alpha(input: Any, index: Any, source: Any, *, dim: int, alpha: float = 1.0) -> Any:
    """alpha is 1."""
    return right.index_add(input, index, source, dim=dim)


def cumprod_exclusive(input: Any, *, dim: int) -> Any:
    """Each entry is left out of its own product."""
    y = right.cumprod(input, dim=dim)
    first = np.ones_like(np.take(input, np.arange(1), axis=dim))
    return np.concatenate([first, np.take(y, np.arange(input.shape[dim] - 1), axis=dim)], axis=dim)


def cumprod_reversed(input: Any, *, dim: int) -> Any:
    """The product from the end."""
    return np.flip(np.cumprod(np.flip(input, dim), axis=dim), dim)


def logcumsumexp_reversed(input: Any, *, dim: int) -> Any:
    """From the end."""
    return np.flip(right.logcumsumexp(np.flip(input, dim), dim=dim), dim)


def logcumsumexp_of_mean(input: Any, *, dim: int) -> Any:
    """The logarithm of the mean so far."""
    shape = [1] * input.ndim
    shape[dim] = input.shape[dim]
    return right.logcumsumexp(input, dim=dim) - np.reshape(np.log(np.arange(1, input.shape[dim] + 1)), shape)
