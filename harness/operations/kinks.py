"""Programs of choices: minima, limits, maxima over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.dispatch import axes_of, first
from harness.operations import primitives
from harness.operations.sums import without

A = Any


def where(condition: Any, a: Any, b: Any) -> A:
    """``a`` where the condition holds, else ``b``: decided by values, so put kinks in maximum or abs."""
    like: Any = first((condition, a, b))
    mask = np.not_equal(condition, 0) if condition is like else np.asarray(condition, dtype=bool)
    return primitives.where(like.lifted(a), like.lifted(b), condition=mask)


def minimum(a: A, b: A) -> A:
    """The smaller of each pair."""
    return -np.maximum(-a, -b)


def clip(x: A, low: Any = None, high: Any = None) -> A:
    """x within limits, each of which may be None."""
    above = x if low is None else np.maximum(x, low)
    return above if high is None else np.minimum(above, high)


def smallest(x: A, axis: Any = None, keepdims: bool = False) -> A:
    """The minimum over axes."""
    return -largest(-x, axis, keepdims)


def spread(x: A, axis: Any = None, keepdims: bool = False) -> A:
    """The maximum less the minimum over axes."""
    return largest(x, axis, keepdims) - smallest(x, axis, keepdims)


def tril(x: A, k: int = 0) -> A:
    """The entries on and below a diagonal, zeros above."""
    return np.where(np.tri(x.shape[-2], x.shape[-1], k, bool), x, 0.0)


def triu(x: A, k: int = 0) -> A:
    """The entries on and above a diagonal, zeros below."""
    return np.where(np.tri(x.shape[-2], x.shape[-1], k - 1, bool), 0.0, x)


def largest(x: A, axis: Any = None, keepdims: bool = False) -> A:
    """The maximum over axes; ties share the gradient in any proportion."""
    axes = axes_of(axis, x.ndim)
    return without(primitives.largest(x, axes=axes), axes, keepdims)
