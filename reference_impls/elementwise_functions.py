"""Functions written by hand in torch -> plain functions of tensors: each an ``autograd.Function`` with its slope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Formula = Callable[..., Tensor]


def by_hand(value: Formula, slope: Formula) -> Formula:
    """The function through an ``autograd.Function``: backward and tangent are products with the slope."""

    class ByHand(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Tensor, *params: float) -> Tensor:
            return value(x, *params)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            x, *ctx.params = inputs
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)

        @staticmethod
        def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
            (x,) = ctx.saved_tensors
            return grad * slope(x, *ctx.params), *(None for _ in ctx.params)

        @staticmethod
        def jvp(ctx: Any, tangent: Tensor, *_: None) -> Tensor:
            (x,) = ctx.saved_tensors
            return tangent * slope(x, *ctx.params)

    def function(input: Tensor, *params: float) -> Tensor:
        output: Tensor = ByHand.apply(input, *params)  # type: ignore[no-untyped-call]
        return output

    return function


def _softplus(x: Tensor, beta: float, threshold: float) -> Tensor:
    z = x * beta
    return torch.where(z > threshold, x, torch.log1p(torch.exp(z.clamp(max=threshold))) / beta)


def _softplus_slope(x: Tensor, beta: float, threshold: float) -> Tensor:
    z = x * beta
    power = torch.exp(z.clamp(max=threshold))
    return torch.where(z > threshold, torch.ones_like(x), power / (1 + power))


def _mish(x: Tensor) -> Tensor:
    return x * torch.tanh(torch.nn.functional.softplus(x))


def _mish_slope(x: Tensor) -> Tensor:
    t = torch.tanh(torch.nn.functional.softplus(x))
    return t + x * torch.sigmoid(x) * (1 - t * t)


def _hardswish(x: Tensor) -> Tensor:
    return x * (torch.clamp(x + 3, 0, 6) / 6)


def _hardswish_slope(x: Tensor) -> Tensor:
    return torch.where(x < -3, torch.zeros_like(x), torch.where(x <= 3, x / 3 + 0.5, torch.ones_like(x)))


def _elu(x: Tensor, alpha: float) -> Tensor:
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0)))


def _elu_slope(x: Tensor, alpha: float) -> Tensor:
    return torch.where(x > 0, torch.ones_like(x), alpha * torch.exp(x.clamp(max=0)))


_softplus_by_hand = by_hand(_softplus, _softplus_slope)
_elu_by_hand = by_hand(_elu, _elu_slope)
_mish_by_hand = by_hand(_mish, _mish_slope)
_hardswish_by_hand = by_hand(_hardswish, _hardswish_slope)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log1p(exp(beta x)) / beta`` through a Function."""
    return _softplus_by_hand(input, beta, threshold)


def mish(input: Tensor) -> Tensor:
    """``x tanh(softplus(x))`` through a Function."""
    return _mish_by_hand(input)


def hardswish(input: Tensor) -> Tensor:
    """``x (clamp(x + 3, 0, 6) / 6)`` through a Function."""
    return _hardswish_by_hand(input)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``alpha expm1(min(x, 0))`` where x is not positive, through a Function."""
    return _elu_by_hand(input, alpha)


def tanh_by_exponentials(input: Tensor) -> Tensor:
    """``sign(x) (1 - e) / (1 + e)`` with ``e = exp(-2 |x|)``, as it is written where there is no tanh."""
    return torch.sign(input) * -torch.expm1(-2 * input.abs()) / (1 + torch.exp(-2 * input.abs()))


def atan2_by_complex(input: Tensor, other: Tensor) -> Tensor:
    """The angle of a complex number."""
    return torch.angle(torch.complex(other, input))


def torch_softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``torch.nn.functional.softplus`` with a readable signature."""
    return torch.nn.functional.softplus(input, beta, threshold)
