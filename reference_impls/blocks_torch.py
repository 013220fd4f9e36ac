"""Products of three arrays, composed convolutions and an orthogonalizing iteration in torch's operations."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def bilinear_einsum(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``torch.einsum`` of all three."""
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError("the bias has an entry for each output")
    y = torch.einsum("ni,oij,nj->no", input1, weight, input2)
    return y if bias is None else y + bias


def separable_conv2d(
    input: Tensor,
    depthwise: Tensor,
    pointwise: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
) -> Tensor:
    """``conv2d`` in as many groups as channels, then one of 1 by 1."""
    y = functional.conv2d(input, depthwise, None, stride, padding, groups=input.shape[1])
    return functional.conv2d(y, pointwise[:, :, None, None], bias)


def separable_by_unfold(
    input: Tensor,
    depthwise: Tensor,
    pointwise: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
) -> Tensor:
    """Windows by ``unfold``, times the filters of each channel, times a matrix."""
    c = input.shape[1]
    if depthwise.shape[1] != 1 or depthwise.shape[0] % c:
        raise ValueError("every channel has filters of one channel")
    kernel = depthwise.shape[2:]
    windows = functional.unfold(input, kernel, padding=padding, stride=stride).unflatten(1, (c, 1, -1))
    each = (windows * depthwise.reshape(1, c, -1, kernel.numel(), 1)).sum(3).flatten(1, 2)
    down, across = (stride, stride) if isinstance(stride, int) else stride
    top, left = (padding, padding) if isinstance(padding, int) else padding
    rows, columns = (
        (input.shape[2] + 2 * top - kernel[0]) // down + 1,
        (input.shape[3] + 2 * left - kernel[1]) // across + 1,
    )
    y = (pointwise @ each).unflatten(2, (rows, columns))
    if bias is None:
        return y
    if bias.shape != pointwise.shape[:1]:
        raise ValueError("the bias has an entry for each output")
    return y + bias[:, None, None]


def weight_standardized_conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Tensor:
    """``conv2d`` by filters less their mean, over the root of their variance."""
    variance, mean = torch.var_mean(weight, (1, 2, 3), correction=0, keepdim=True)
    return functional.conv2d(input, (weight - mean) / torch.sqrt(variance + eps), bias, stride, padding)


def weight_standardized_by_norm(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, eps: float = 1e-5, stride: Any = 1, padding: Any = 0
) -> Tensor:
    """The filters through ``layer_norm``."""
    filters = functional.layer_norm(weight, weight.shape[1:], eps=eps)
    return functional.conv2d(input, filters, bias, stride, padding)


def newton_schulz(input: Tensor, steps: int = 5, eps: float = 1e-7) -> Tensor:
    """The iteration of Muon, in the dtype of the input."""
    if input.dim() != 2 or not 0 <= steps < 100:
        raise ValueError("the input is a matrix, and there are fewer than 100 steps")
    a, b, c = 3.4445, -4.7750, 2.0315
    x = input.mT if input.shape[0] > input.shape[1] else input
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if input.shape[0] > input.shape[1] else x
