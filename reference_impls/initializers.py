"""Shape -> initial weights, and the half-width or deviation they are drawn with: NumPy, SciPy and torch candidates.

A bound takes the weight only for its shape and dtype. A sampled initialiser takes ``seed``; libraries draw different
numbers from one seed, so that only the distribution can be compared.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def xavier_bound(weight: Array, gain: float = 1.0) -> Array:
    """``a = gain sqrt(6 / (fan_in + fan_out))``: Xavier-uniform weights lie in [-a, a]."""
    return np.asarray(gain * math.sqrt(6 / sum(_fans(weight.shape))), weight.dtype)


def kaiming_bound(weight: Array, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> Array:
    """``b = gain sqrt(3 / fan)``: Kaiming-uniform weights lie in [-b, b]."""
    return np.asarray(_gain(nonlinearity, a) * math.sqrt(3 / _fan(weight.shape, mode)), weight.dtype)


def torch_xavier_bound(weight: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
    """The upper end that ``torch.nn.init.xavier_uniform_`` draws to."""
    import torch

    return _drawn_with(torch.nn.init.xavier_uniform_, weight, gain=gain)


def torch_kaiming_bound(
    weight: torch.Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> torch.Tensor:
    """The upper end that ``torch.nn.init.kaiming_uniform_`` draws to."""
    import torch

    return _drawn_with(torch.nn.init.kaiming_uniform_, weight, a=a, mode=mode, nonlinearity=nonlinearity)


def uniform(weight: Array, low: float = 0.0, high: float = 1.0, seed: int = 0) -> Array:
    """``w ~ U(low, high)``."""
    return np.random.default_rng(seed).uniform(low, high, weight.shape).astype(weight.dtype)


def normal(weight: Array, mean: float = 0.0, std: float = 1.0, seed: int = 0) -> Array:
    """``w ~ N(mean, std**2)``."""
    return np.random.default_rng(seed).normal(mean, std, weight.shape).astype(weight.dtype)


def constant(weight: Array, value: float = 0.0) -> Array:
    """``w = value``."""
    return np.full(weight.shape, value, weight.dtype)


def xavier_uniform(weight: Array, gain: float = 1.0, seed: int = 0) -> Array:
    """``w ~ U(-a, a)`` with ``a = gain sqrt(6 / (fan_in + fan_out))``."""
    a = gain * math.sqrt(6 / sum(_fans(weight.shape)))
    return uniform(weight, -a, a, seed)


def xavier_normal(weight: Array, gain: float = 1.0, seed: int = 0) -> Array:
    """``w ~ N(0, s**2)`` with ``s = gain sqrt(2 / (fan_in + fan_out))``."""
    return normal(weight, 0.0, gain * math.sqrt(2 / sum(_fans(weight.shape))), seed)


def kaiming_uniform(
    weight: Array, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", seed: int = 0
) -> Array:
    """``w ~ U(-b, b)`` with ``b = gain sqrt(3 / fan)``."""
    b = _gain(nonlinearity, a) * math.sqrt(3 / _fan(weight.shape, mode))
    return uniform(weight, -b, b, seed)


def kaiming_normal(
    weight: Array, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", seed: int = 0
) -> Array:
    """``w ~ N(0, s**2)`` with ``s = gain / sqrt(fan)``."""
    return normal(weight, 0.0, _gain(nonlinearity, a) / math.sqrt(_fan(weight.shape, mode)), seed)


def scipy_normal(weight: Array, mean: float = 0.0, std: float = 1.0, seed: int = 0) -> Array:
    """``w = mean + std ndtri(u)``, u uniform on (0, 1): the inverse of the distribution function."""
    from scipy.special import ndtri

    if std < 0:
        raise ValueError(f"std is {std}; a deviation is not negative")
    centres = (np.random.default_rng(seed).integers(0, 1 << 52, weight.shape) + 0.5) / (1 << 52)
    return np.asarray(mean + std * ndtri(centres)).astype(weight.dtype)


def scipy_xavier_normal(weight: Array, gain: float = 1.0, seed: int = 0) -> Array:
    """``w = s ndtri(u)`` with ``s = gain sqrt(2 / (fan_in + fan_out))``."""
    return scipy_normal(weight, 0.0, gain * math.sqrt(2 / sum(_fans(weight.shape))), seed)


def scipy_kaiming_normal(
    weight: Array, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", seed: int = 0
) -> Array:
    """``w = s ndtri(u)`` with ``s = gain / sqrt(fan)``."""
    return scipy_normal(weight, 0.0, _gain(nonlinearity, a) / math.sqrt(_fan(weight.shape, mode)), seed)


def torch_uniform(weight: torch.Tensor, low: float = 0.0, high: float = 1.0, seed: int = 0) -> torch.Tensor:
    """``torch.nn.init.uniform_`` on a new tensor."""
    import torch

    return torch.nn.init.uniform_(torch.empty_like(weight), low, high, generator=_generator(seed))


def torch_normal(weight: torch.Tensor, mean: float = 0.0, std: float = 1.0, seed: int = 0) -> torch.Tensor:
    """``torch.nn.init.normal_`` on a new tensor."""
    import torch

    return torch.nn.init.normal_(torch.empty_like(weight), mean, std, generator=_generator(seed))


def torch_constant(weight: torch.Tensor, value: float = 0.0) -> torch.Tensor:
    """``torch.nn.init.constant_`` on a new tensor."""
    import torch

    return torch.nn.init.constant_(torch.empty_like(weight), value)


def torch_xavier_uniform(weight: torch.Tensor, gain: float = 1.0, seed: int = 0) -> torch.Tensor:
    """``torch.nn.init.xavier_uniform_`` on a new tensor."""
    import torch

    return torch.nn.init.xavier_uniform_(torch.empty_like(weight), gain, generator=_generator(seed))


def torch_xavier_normal(weight: torch.Tensor, gain: float = 1.0, seed: int = 0) -> torch.Tensor:
    """``torch.nn.init.xavier_normal_`` on a new tensor."""
    import torch

    return torch.nn.init.xavier_normal_(torch.empty_like(weight), gain, generator=_generator(seed))


def torch_kaiming_uniform(
    weight: torch.Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", seed: int = 0
) -> torch.Tensor:
    """``torch.nn.init.kaiming_uniform_`` on a new tensor."""
    import torch

    init: Any = torch.nn.init.kaiming_uniform_
    drawn: torch.Tensor = init(torch.empty_like(weight), a, mode, nonlinearity, generator=_generator(seed))
    return drawn


def torch_kaiming_normal(
    weight: torch.Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", seed: int = 0
) -> torch.Tensor:
    """``torch.nn.init.kaiming_normal_`` on a new tensor."""
    import torch

    init: Any = torch.nn.init.kaiming_normal_
    drawn: torch.Tensor = init(torch.empty_like(weight), a, mode, nonlinearity, generator=_generator(seed))
    return drawn


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """``(fan_in, fan_out)`` of a weight (out, in, *kernel)."""
    if len(shape) < 2:
        raise ValueError(f"weight has shape {shape}, expected at least 2 axes")
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps


def _fan(shape: tuple[int, ...], mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is {mode!r}; it may be 'fan_in' or 'fan_out'")
    return _fans(shape)[mode == "fan_out"]


def _gain(nonlinearity: str, a: float) -> float:
    """Gains by nonlinearity (torch.nn.init.calculate_gain)."""
    match nonlinearity:
        case "linear" | "conv1d" | "conv2d" | "conv3d" | "sigmoid":
            return 1.0
        case "tanh":
            return 5 / 3
        case "relu":
            return math.sqrt(2)
        case "leaky_relu":
            return math.sqrt(2 / (1 + a * a))
        case "selu":
            return 3 / 4
    raise ValueError(f"nonlinearity {nonlinearity!r} has no gain")


def _generator(seed: int) -> torch.Generator:
    import torch

    return torch.Generator().manual_seed(seed)


class _Listening:
    """Stands where a tensor would, and keeps the last parameter of the distribution it is told to be drawn from."""

    def __init__(self, weight: torch.Tensor) -> None:
        self.weight = weight

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.weight, name)

    def uniform_(self, low: float, high: float, generator: Any = None) -> _Listening:
        self.last = high
        return self

    def normal_(self, mean: float, std: float, generator: Any = None) -> _Listening:
        self.last = std
        return self


def _drawn_with(init: Any, weight: torch.Tensor, **params: Any) -> torch.Tensor:
    """What ``init`` draws the weight with: the upper end of a uniform, the deviation of a normal distribution."""
    import torch

    listening = _Listening(weight)
    init(listening, **params)
    return torch.tensor(listening.last, dtype=weight.dtype)
