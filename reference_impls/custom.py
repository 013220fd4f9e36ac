"""Hand-written torch modules and Functions -> plain functions of tensors, state in and state out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

#: How much of the new mean enters the running mean at each call.
MOMENTUM = 0.1


class AddVector(torch.nn.Module):
    """``y = x + v`` with a learnable vector ``v``."""

    def __init__(self, entries: int = 10) -> None:
        super().__init__()
        self.vector = torch.nn.Parameter(torch.zeros(entries))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.vector


class RunningMean(torch.nn.Module):
    """``r <- (1 - momentum) r + momentum mean(x, dim 0)``; ``y = x - r`` with the new ``r``, kept in a buffer."""

    running_mean: Tensor

    def __init__(self, running_mean: Tensor, momentum: float = MOMENTUM) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("running_mean", running_mean)

    def forward(self, x: Tensor) -> Tensor:
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * x.mean(0)
        return x - self.running_mean


class Affine(torch.nn.Module):
    """``y = x W^T + b`` with ``W`` (20, 10) and ``b`` (20) as Parameters."""

    def __init__(self, inputs: int = 10, outputs: int = 20) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = torch.nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.T + self.bias


class LeakyReLUFunction(torch.autograd.Function):
    """``x`` where x > 0 and ``a x`` elsewhere, backward and tangent by hand."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, negative_slope: float) -> Tensor:
        return torch.where(x > 0, x, negative_slope * x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        x, ctx.negative_slope = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return torch.where(x > 0, grad, ctx.negative_slope * grad), None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, _: None) -> Tensor:
        (x,) = ctx.saved_tensors
        return torch.where(x > 0, tangent, ctx.negative_slope * tangent)


class SwishFunction(torch.autograd.Function):
    """``x s`` with ``s = sigmoid(x)``; slope ``s (1 + x (1 - s))``, with ``1 - s`` as ``sigmoid(-x)``."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad * _swish_slope(*ctx.saved_tensors)

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> Tensor:
        return tangent * _swish_slope(*ctx.saved_tensors)


class ChannelNormFunction(torch.autograd.Function):
    """``x_hat = (x - mean) / sqrt(var + eps)`` per channel over all axes but the second, derivatives by hand.

    The map ``h -> (h - mean(h) - x_hat mean(h x_hat)) / sqrt(var + eps)`` is symmetric: it is backward and tangent.
    Both recompute it from ``x``, so that they can be differentiated again.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, eps: float) -> Tensor:
        x_hat, _ = _standardised(x, eps)
        return x_hat

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        x, ctx.eps = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _standardised_slope(ctx.saved_tensors[0], ctx.eps, grad), None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, _: None) -> Tensor:
        return _standardised_slope(ctx.saved_tensors[0], ctx.eps, tangent)


def add_vector(input: Tensor, vector: Tensor) -> Tensor:
    """``y = x + v`` through the module."""
    module = AddVector(len(vector))
    output: Tensor = torch.func.functional_call(module, {"vector": vector}, (input,))
    return output


def affine(input: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """``y = x W^T + b`` through the module."""
    outputs, inputs = weight.shape
    parameters = {"weight": weight, "bias": bias}
    output: Tensor = torch.func.functional_call(Affine(inputs, outputs), parameters, (input,))
    return output


def running_mean(input: Tensor, running_mean: Tensor, momentum: float = MOMENTUM) -> tuple[Tensor, Tensor]:
    """``(y, r')`` of one call of the module whose buffer is ``r``."""
    module = RunningMean(running_mean, momentum)
    output = module(input)
    return output, module.running_mean


def running_mean_calls(input: Tensor, running_mean: Tensor, momentum: float = MOMENTUM) -> tuple[Tensor, Tensor]:
    """All ``y`` of one call per entry of the leading axis, and the buffer after the last."""
    module = RunningMean(running_mean.clone(), momentum)
    outputs = [module(batch) for batch in input]
    return torch.stack(outputs) if outputs else input.clone(), module.running_mean


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """``x`` where x > 0 and ``a x`` elsewhere, through the Function."""
    return _applied(LeakyReLUFunction, input, negative_slope)


def swish(input: Tensor) -> Tensor:
    """``x sigmoid(x)`` through the Function."""
    return _applied(SwishFunction, input)


def channel_norm(input: Tensor, eps: float = 1e-5) -> Tensor:
    """``(x - mean) / sqrt(var + eps)`` per channel through the Function."""
    return _applied(ChannelNormFunction, input, eps)


def _applied(function: Any, *args: Any) -> Tensor:
    output: Tensor = function.apply(*args)
    return output


def _swish_slope(x: Tensor) -> Tensor:
    return torch.sigmoid(x) * (1 + x * torch.sigmoid(-x))


def _standardised(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """``x_hat`` and ``sqrt(var + eps)``, variance biased."""
    centred = x - _channel_mean(x)
    deviation = torch.sqrt(_channel_mean(centred * centred) + eps)
    return centred / deviation, deviation


def _standardised_slope(x: Tensor, eps: float, h: Tensor) -> Tensor:
    x_hat, deviation = _standardised(x, eps)
    return (h - _channel_mean(h) - x_hat * _channel_mean(h * x_hat)) / deviation


def _channel_mean(x: Tensor) -> Tensor:
    return x.mean([axis for axis in range(x.ndim) if axis != 1], keepdim=True)
