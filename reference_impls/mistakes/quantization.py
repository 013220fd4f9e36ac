"""What goes wrong in numbers of few bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_impls.definitions import quantization as right


def _away(x: Any) -> Any:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def quantized_away(
    input: Any, *, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Any:
    """Ties go away from zero."""
    return np.clip(_away(input / scale) + zero_point, quant_min, quant_max)


def quantized_after_zero(
    input: Any, *, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Any:
    """The zero point is added before rounding: of an odd one ties go the other way."""
    return np.clip(np.rint(input / scale + zero_point), quant_min, quant_max)


def quantized_cut(
    input: Any, *, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Any:
    """Fractions are cut off."""
    return np.clip(np.trunc(input / scale) + zero_point, quant_min, quant_max)


def quantized_to_symmetric(
    input: Any, *, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Any:
    """The least number is minus the most."""
    return right.quantize_affine(input, scale=scale, zero_point=zero_point, quant_min=-quant_max, quant_max=quant_max)


def quantized_about_zero(
    input: Any, *, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Any:
    """The zero point is left out."""
    return right.quantize_affine(input, scale=scale, zero_point=0, quant_min=quant_min, quant_max=quant_max)


def dequantized_about_zero(input: Any, scale: Any, zero_point: Any) -> Any:
    """The zero point is left out."""
    return input * scale[:, None]


def dequantized_zero_added(input: Any, scale: Any, zero_point: Any) -> Any:
    """The zero point is added."""
    return (input + zero_point[:, None]) * scale[:, None]


def dequantized_scaled_first(input: Any, scale: Any, zero_point: Any) -> Any:
    """``q scale - zero_point``."""
    return input * scale[:, None] - zero_point[:, None]


def float8_cut(input: Any, *, format: str = "e4m3fn", saturate: bool = True) -> Any:
    """Digits are cut off."""
    digits, low, high, largest = right.FLOAT8[format]
    step = 2.0 ** (right._exponent(np.abs(input), low, high) - digits)
    return np.clip(np.trunc(input / step) * step, -largest, largest)


def float8_flushed(input: Any, *, format: str = "e4m3fn", saturate: bool = True) -> Any:
    """Subnormal numbers are 0."""
    y = right.cast_float8(input, format=format, saturate=saturate)
    return np.where(np.abs(y) < 2.0 ** right.FLOAT8[format][1], 0.0, y)


def float8_of_other(input: Any, *, format: str = "e4m3fn", saturate: bool = True) -> Any:
    """The other format."""
    other = "e5m2" if format == "e4m3fn" else "e4m3fn"
    return right.cast_float8(input, format=other, saturate=saturate)


def _blocks(input: Any) -> tuple[Any, Any]:
    x = input.reshape((*input.shape[:-1], input.shape[-1] // right.BLOCK, right.BLOCK))
    return x, right._exponent(np.max(np.abs(x), axis=-1, keepdims=True), *right.SCALES)


def mxfp4_scaled_up(input: Any) -> Any:
    """The scale's exponent is rounded up, so that nothing saturates."""
    x, exponent = _blocks(input)
    top = np.max(np.abs(x), axis=-1, keepdims=True)
    up = exponent + (top / 2.0**exponent > 1.5)
    return _rounded(x, 2.0 ** np.clip(up - right.TOP, *right.SCALES)).reshape(input.shape)


def mxfp4_of_one(input: Any) -> Any:
    """The largest entry is scaled to 1, not to the largest exponent."""
    x, exponent = _blocks(input)
    return _rounded(x, 2.0**exponent).reshape(input.shape)


def mxfp4_of_rows(input: Any) -> Any:
    """One scale for the whole of the last axis."""
    x, exponent = _blocks(input)
    return _rounded(x, 2.0 ** np.clip(np.max(exponent, axis=-2, keepdims=True) - right.TOP, *right.SCALES)).reshape(
        input.shape
    )


def _rounded(x: Any, scale: Any) -> Any:
    z = x / scale
    step = 2.0 ** (right._exponent(np.abs(z), 0, right.TOP) - 1)
    return np.clip(np.rint(z / step) * step, -right.LARGEST, right.LARGEST) * scale
