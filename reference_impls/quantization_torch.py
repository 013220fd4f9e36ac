"""Numbers of few bits: torch's own, and what people write of its operations."""

from __future__ import annotations

import torch
from torch import Tensor

#: Formats by name, and the largest number of each.
FLOAT8 = {"e4m3fn": (torch.float8_e4m3fn, 448.0), "e5m2": (torch.float8_e5m2, 57344.0)}

#: Entries of a block of MXFP4.
BLOCK = 32


def quantize_per_tensor(
    input: Tensor, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Tensor:
    """The whole numbers of ``torch.quantize_per_tensor``."""
    import warnings

    if (quant_min, quant_max) != (-128, 127):
        raise NotImplementedError("its numbers are all of eight bits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its deprecation
        return torch.quantize_per_tensor(input, scale, zero_point, torch.qint8).int_repr()


def fake_quantize(
    input: Tensor, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Tensor:
    """The whole numbers of ``torch.fake_quantize_per_tensor_affine``, which gives them times the scale."""
    found = torch.fake_quantize_per_tensor_affine(input, scale, zero_point, quant_min, quant_max)
    return (torch.round(found / scale) + zero_point).to(torch.int8)


def quantize_by_hand(
    input: Tensor, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Tensor:
    """``clamp(round(x / scale) + zero_point)``."""
    if scale <= 0 or not quant_min <= zero_point <= quant_max:
        raise ValueError("a scale is above zero, and the zero point one of the numbers")
    return torch.clamp(torch.round(input / scale) + zero_point, quant_min, quant_max).to(torch.int8)


def dequantize(input: Tensor, scale: Tensor, zero_point: Tensor) -> Tensor:
    """``(q - zero_point) scale`` of tensors."""
    if scale.shape != input.shape[:1] or zero_point.shape != input.shape[:1]:
        raise ValueError("every row has a scale and a zero point")
    return (input.to(scale.dtype) - zero_point.unsqueeze(1).to(scale.dtype)) * scale.unsqueeze(1)


def dequantize_per_channel(input: Tensor, scale: Tensor, zero_point: Tensor) -> Tensor:
    """The numbers of a tensor that is quantized with a scale for each row."""
    found = torch._make_per_channel_quantized_tensor(input, scale.double(), zero_point, 0)
    return found.dequantize().to(scale.dtype)


def cast_float8(input: Tensor, format: str = "e4m3fn", saturate: bool = True) -> Tensor:
    """``Tensor.to`` an eight-bit float and back."""
    return input.to(FLOAT8[format][0]).to(input.dtype)


def cast_clamped(input: Tensor, format: str = "e4m3fn", saturate: bool = True) -> Tensor:
    """The same of what is clamped first."""
    kind, largest = FLOAT8[format]
    return input.clamp(-largest, largest).to(kind).to(input.dtype)


def mxfp4(input: Tensor) -> Tensor:
    """Rounded to multiples of powers of two that ``frexp`` tells."""
    x = input.unflatten(-1, (-1, BLOCK))
    top = x.abs().amax(-1, keepdim=True)
    exponent = torch.where(top > 0, torch.frexp(top).exponent - 3, -127).clamp(-127, 127)
    scale = torch.ldexp(torch.ones_like(top), exponent)
    z = x / scale
    step = torch.where(z.abs() >= 4, 2.0, torch.where(z.abs() >= 2, 1.0, 0.5)).to(z.dtype)
    return (torch.clamp(torch.round(z / step) * step, -6, 6) * scale).flatten(-2)
