"""Half-widths of the uniform distributions that weights start from."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np


def fans(shape: Any) -> tuple[int, int]:
    """``(fan_in, fan_out)`` of a weight (out, in, *kernel)."""
    taps = prod(shape[2:])
    return shape[1] * taps, shape[0] * taps


def _zero(weight: Any) -> Any:
    """Zero in the weight's arithmetic: what depends on its shape alone is still computed in its precision."""
    return np.sum(weight.reshape((-1,))[:0])


def xavier_bound_by_std(weight: Any, *, gain: float = 1.0) -> Any:
    """``sqrt(3) (gain sqrt(2 / (fan_in + fan_out)))``."""
    return np.sqrt(_zero(weight) + 3) * (gain * np.sqrt((_zero(weight) + 2) / sum(fans(weight.shape))))


def xavier_bound(weight: Any, *, gain: float = 1.0) -> Any:
    """``gain sqrt(6 / (fan_in + fan_out))``: Xavier-uniform weights lie between plus and minus it."""
    return gain * np.sqrt((_zero(weight) + 6) / sum(fans(weight.shape)))


xavier_bound.legal = (xavier_bound_by_std,)  # type: ignore[attr-defined]


def _gain(zero: Any, nonlinearity: str, a: float) -> Any:
    match nonlinearity:
        case "tanh":
            return (zero + 5) / 3
        case "relu":
            return np.sqrt(zero + 2)
        case "leaky_relu":
            return np.sqrt(2 / (1 + (zero + a) * (zero + a)))
        case "selu":
            return zero + 0.75
    return zero + 1


def kaiming_bound(weight: Any, *, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    """``gain sqrt(3 / fan)``: Kaiming-uniform weights lie between plus and minus it (torch's table of gains)."""
    zero = _zero(weight)
    return _gain(zero, nonlinearity, a) * np.sqrt((zero + 3) / fans(weight.shape)[mode == "fan_out"])


def kaiming_bound_by_std(weight: Any, *, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Any:
    """``sqrt(3) (gain / sqrt(fan))``."""
    zero = _zero(weight)
    fan = fans(weight.shape)[mode == "fan_out"]
    return np.sqrt(zero + 3) * (_gain(zero, nonlinearity, a) / np.sqrt(zero + fan))


kaiming_bound.legal = (kaiming_bound_by_std,)  # type: ignore[attr-defined]
