"""Dropout as torch has it, by hand, through a Function of one's own, and in NumPy; each draws of a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Array = NDArray[Any]


def refuse(p: float) -> None:
    """Raises ValueError where p is no chance."""
    if not 0 <= p <= 1:
        raise ValueError(f"expected a chance from 0 to 1, got {p}")


def torch_dropout(input: Tensor, p: float = 0.5, training: bool = True, seed: int = 0) -> Tensor:
    """``torch.nn.functional.dropout`` after a seed, which leaves torch's generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return functional.dropout(input, p, training)


def _mask(input: Tensor, p: float, seed: int) -> Tensor:
    """True of the entries that are kept."""
    drawn = torch.rand(input.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return drawn >= p


def dropout_by_hand(input: Tensor, p: float = 0.5, training: bool = True, seed: int = 0) -> Tensor:
    """The entries that are kept over the chance of that, zero for the others."""
    refuse(p)
    if not training or p == 0:
        return input * 1
    return torch.where(_mask(input, p, seed), input / (1 - p if p < 1 else 1), torch.zeros_like(input))


def dropout_function(input: Tensor, p: float = 0.5, training: bool = True, seed: int = 0) -> Tensor:
    """The same through a Function that keeps its mask."""
    refuse(p)
    mask = _mask(input, p if training else 0.0, seed)
    return Dropout.apply(input, mask, 1 / (1 - p) if training and p < 1 else 1.0)  # type: ignore[no-untyped-call]


class Dropout(torch.autograd.Function):
    """``x m s`` of a mask and a scale; the slope is ``m s``."""

    @staticmethod
    def forward(input: Tensor, mask: Tensor, scale: float) -> Tensor:
        return input * mask * scale

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        _, mask, ctx.scale = inputs
        ctx.save_for_backward(mask)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (mask,) = ctx.saved_tensors
        return grad * mask * ctx.scale, None, None


def scaled(x: Array, p: float, training: bool, kept: Array) -> Array:
    """The entries that are kept over the chance of that, zero for the others; all as they are where nothing is dropped."""
    refuse(p)
    if not training or p == 0:
        return x.copy()
    return np.where(kept, x / x.dtype.type(1 - p if p < 1 else 1), x.dtype.type(0))


def drawn(x: Array, p: float, seed: int) -> Array:
    """Which entries are kept."""
    return np.random.default_rng(seed).random(x.shape) >= p


def dropout(input: Array, p: float = 0.5, training: bool = True, seed: int = 0) -> Array:
    """The entries that are kept over the chance of that, zero for the others."""
    return scaled(input, p, training, drawn(input, p, seed))


def dropout_vjp(cotangent: Array, input: Array, p: float = 0.5, training: bool = True, seed: int = 0) -> Array:
    """What comes from upstream, dropped and scaled as the input was."""
    return scaled(cotangent, p, training, drawn(cotangent, p, seed))
