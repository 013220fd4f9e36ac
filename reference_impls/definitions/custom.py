"""Modules written by hand in tutorials: a vector to add, a running mean; state in, state out."""

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


def running_mean_calls(input: Any, running_mean: Any, *, momentum: float = 0.1) -> tuple[Any, Any]:
    """``running_mean`` once per entry of the leading axis: every y, and the state after the last call."""
    old = 1 - np.longdouble(momentum)
    state, outputs = running_mean, []
    for batch in range(input.shape[0]):
        x = input[batch]
        state = old * state + momentum * np.mean(x, axis=0)
        outputs.append(x - state)
    return (np.stack(outputs) if outputs else input), state
