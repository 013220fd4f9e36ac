"""Half-widths of the uniform distributions that weights start from, and how drawn weights are spread.

A share is a distribution function: ``share(x, shape, **params)`` is how much of what is drawn for a weight of that
shape lies below x.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from scipy.special import ndtr


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


def centre(weight: Any, **_: Any) -> Any:
    """``0``: the middle of what is drawn, in the weight's shape."""
    return np.zeros(weight.shape)


def constant(weight: Any, *, value: float) -> Any:
    """``w = value``."""
    return np.zeros(weight.shape) + value


def uniform_share(x: Any, shape: Any, *, low: float, high: float, **_: Any) -> Any:
    """``(x - low) / (high - low)`` between low and high."""
    return np.clip((x - low) / (high - low), 0, 1)


def normal_share(x: Any, shape: Any, *, mean: float, std: float, **_: Any) -> Any:
    """``Phi((x - mean) / std)``."""
    return ndtr((x - mean) / std)


def xavier_uniform_share(x: Any, shape: Any, *, gain: float, **_: Any) -> Any:
    """Uniform on plus and minus ``gain sqrt(6 / (fan_in + fan_out))``."""
    a = gain * np.sqrt(6 / sum(fans(shape)))
    return uniform_share(x, shape, low=-a, high=a)


def xavier_normal_share(x: Any, shape: Any, *, gain: float, **_: Any) -> Any:
    """Normal with the deviation ``gain sqrt(2 / (fan_in + fan_out))``."""
    return normal_share(x, shape, mean=0.0, std=gain * np.sqrt(2 / sum(fans(shape))))


def kaiming_uniform_share(x: Any, shape: Any, *, a: float, mode: str, nonlinearity: str, **_: Any) -> Any:
    """Uniform on plus and minus ``gain sqrt(3 / fan)``."""
    b = float(_gain(np.zeros(()), nonlinearity, a)) * np.sqrt(3 / fans(shape)[mode == "fan_out"])
    return uniform_share(x, shape, low=-b, high=b)


def kaiming_normal_share(x: Any, shape: Any, *, a: float, mode: str, nonlinearity: str, **_: Any) -> Any:
    """Normal with the deviation ``gain / sqrt(fan)``."""
    std = float(_gain(np.zeros(()), nonlinearity, a)) / np.sqrt(fans(shape)[mode == "fan_out"])
    return normal_share(x, shape, mean=0.0, std=std)
