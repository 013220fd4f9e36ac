"""Elementwise functions, as formulas; ``legal`` names other formulas that a right implementation may use."""

from __future__ import annotations

from typing import Any

import numpy as np


def sigmoid_by_tanh(input: Any) -> Any:
    """``(1 + tanh(x / 2)) / 2``."""
    return 0.5 * (1 + np.tanh(input * 0.5))


def sigmoid(input: Any) -> Any:
    """``1 / (1 + exp(-x))``."""
    return 1 / (1 + np.exp(-input))


sigmoid.legal = (sigmoid_by_tanh,)  # type: ignore[attr-defined]
