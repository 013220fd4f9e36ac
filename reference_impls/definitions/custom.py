"""Modules and Functions written by hand in tutorials and tests: a vector to add, a running mean, cubes, sorting."""

from __future__ import annotations

from typing import Any

import numpy as np


def add_vector(input: Any, vector: Any) -> Any:
    """``y[..., i] = x[..., i] + v[i]``."""
    return input + vector


def running_mean(input: Any, running_mean: Any, *, momentum: float = 0.1) -> tuple[Any, Any]:
    """``r' = (1 - momentum) r + momentum mean(x, axis 0)`` and ``y = x - r'``; returns (y, r')."""
    old = 1 - np.longdouble(momentum)
    state = old * running_mean + momentum * np.mean(input, axis=0)
    return input - state, state


def running_mean_by_difference(input: Any, running_mean: Any, *, momentum: float = 0.1) -> tuple[Any, Any]:
    """``r' = r + momentum (mean(x, axis 0) - r)``."""
    state = running_mean + momentum * (np.mean(input, axis=0) - running_mean)
    return input - state, state


running_mean.legal = (running_mean_by_difference,)  # type: ignore[attr-defined]


def running_mean_calls(input: Any, running_mean: Any, *, momentum: float = 0.1) -> tuple[Any, Any]:
    """``running_mean`` once per entry of the leading axis: every y, and the state after the last call."""
    old = 1 - np.longdouble(momentum)
    state, outputs = running_mean, []
    for batch in range(input.shape[0]):
        x = input[batch]
        state = old * state + momentum * np.mean(x, axis=0)
        outputs.append(x - state)
    return (np.stack(outputs) if outputs else input), state


def cube(input: Any) -> tuple[Any, Any]:
    """``(x^3, 3 x^2)``."""
    return input * input * input, 3 * (input * input)


def cube_alone(input: Any) -> Any:
    """``x^3``."""
    return input * input * input


def exp(input: Any) -> Any:
    """``exp(x)``."""
    return np.exp(input)


def multiply(input: Any, other: Any) -> Any:
    """``x y``, broadcast."""
    return input * other


def sort(input: Any, *, dim: int = -1) -> tuple[Any, Any, Any]:
    """The entries in ascending order along an axis, the permutation that orders them, and its inverse.

    An entry's place is how many are smaller, or equal and before it.
    """
    x = np.moveaxis(input, dim, -1)
    before = np.arange(x.shape[-1])[:, None] > np.arange(x.shape[-1])
    own, other = x[..., :, None], x[..., None, :]
    inverse = np.sum((own > other) | ((own == other) & before), axis=-1)
    index = np.argsort(inverse, axis=-1)
    ordered = x[(*np.indices(index.shape)[:-1], index)]
    return np.moveaxis(ordered, -1, dim), np.moveaxis(index, -1, dim), np.moveaxis(inverse, -1, dim)


def sort_values(input: Any, *, dim: int = -1) -> Any:
    """The entries in ascending order along an axis, NaN last, by comparing neighbours as often as there are entries.

    Equal entries may come in any order: their gradients are left open, as those of ``minimum`` and ``maximum`` are.
    """
    x = np.moveaxis(input, dim, -1)
    n = x.shape[-1]
    for step in range(n):
        first = step % 2
        end = first + (n - first) // 2 * 2
        low, high = x[..., first:end:2], x[..., first + 1 : end : 2]
        first_is_nan, either = np.isnan(low), np.isnan(low) | np.isnan(high)
        smaller = np.where(either, np.where(first_is_nan, high, low), np.minimum(low, high))
        larger = np.where(either, np.where(first_is_nan, low, high), np.maximum(low, high))
        pairs = np.stack([smaller, larger], axis=-1)
        middle = pairs.reshape((*x.shape[:-1], end - first))
        x = np.concatenate([x[..., :first], middle, x[..., end:]], axis=-1)
    return np.moveaxis(x, -1, dim)


def select(input: Any, *, idx: int) -> Any:
    """``x[idx]``."""
    return input[idx]


def identity(input: Any) -> Any:
    """``x``."""
    return input


def identity_pair(input: Any, other: Any) -> tuple[Any, Any]:
    """``(x, y)``."""
    return input, other
