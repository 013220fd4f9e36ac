"""Numbers of few bits, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import quantization as right


def quantize_away(input, scale=0.25, zero_point=0, quant_min=-128, quant_max=127):
    """Ties go away from zero."""
    right.quantize_affine(input[:0], scale, zero_point, quant_min, quant_max)
    x = input.astype(np.promote_types(input.dtype, np.float32))
    steps = x / x.dtype.type(scale)
    whole = np.trunc(steps)
    rounded = whole + np.where(np.abs(np.where(np.isfinite(steps), steps - whole, 0)) >= 0.5, np.sign(steps), 0)
    return np.clip(rounded + zero_point, quant_min, quant_max).astype(np.int8)


def quantize_wrapping(input, scale=0.25, zero_point=0, quant_min=-128, quant_max=127):
    """What is beyond the ends wraps around."""
    right.quantize_affine(input[:0], scale, zero_point, quant_min, quant_max)
    steps = np.rint(np.clip(input / input.dtype.type(scale), -1e9, 1e9)).astype(np.int64) + zero_point
    return ((steps - quant_min) % (quant_max - quant_min + 1) + quant_min).astype(np.int8)


def quantize_zero_within(input, scale=0.25, zero_point=0, quant_min=-128, quant_max=127):
    """The zero point is added before the rounding, so that ties go to other numbers."""
    right.quantize_affine(input[:0], scale, zero_point, quant_min, quant_max)
    steps = input / input.dtype.type(scale) + input.dtype.type(zero_point)
    return np.clip(np.rint(steps), quant_min, quant_max).astype(np.int8)


def quantize_symmetric(input, scale=0.25, zero_point=0, quant_min=-128, quant_max=127):
    """The least number is minus the most."""
    return right.quantize_affine(input, scale, zero_point, -quant_max, quant_max)


def dequantize_wrapping(input, scale, zero_point):
    """The difference is one of bytes."""
    right._per_row(input, scale, zero_point)
    return (input - zero_point[:, None].astype(np.int8)).astype(scale.dtype) * scale[:, None]


def dequantize_scaled_first(input, scale, zero_point):
    """The zero point is not scaled."""
    right._per_row(input, scale, zero_point)
    return (input.astype(scale.dtype) * scale[:, None] - zero_point[:, None]).astype(scale.dtype)


def dequantize_by_columns(input, scale, zero_point):
    """Of a square every column has a scale, not every row."""
    if input.shape[0] != input.shape[1]:
        return right.dequantize(input, scale, zero_point)
    return np.ascontiguousarray(right.dequantize(np.ascontiguousarray(input.T), scale, zero_point).T)


def dequantize_unshifted_vjp(cotangent, input, scale, zero_point):
    """The gradient of the scale leaves the zero point out."""
    wide = np.promote_types(scale.dtype, np.float32)
    return None, (cotangent.astype(wide) * input.astype(wide)).sum(axis=1).astype(scale.dtype), None


def float8_twice_rounded(input, format="e4m3fn", saturate=True):
    """Rounded to half precision first."""
    with np.errstate(all="ignore"):
        half = np.where(np.abs(input) < 60000, input.astype(np.float16).astype(input.dtype), input)
    return right.cast_float8(half, format, saturate)


def float8_flushed(input, format="e4m3fn", saturate=True):
    """Subnormal numbers are 0."""
    y = right.cast_float8(input, format, saturate)
    return np.where(np.abs(y) < 2.0 ** right.FLOAT8[format][1], np.zeros_like(y), y)


def float8_of_480(input, format="e4m3fn", saturate=True):
    """The largest is 480, as where the last code were a number."""
    y = right.cast_float8(input, format, saturate)
    if format != "e4m3fn":
        return y
    top = input.dtype.type(480)
    return np.where(np.abs(input) > 464, np.copysign(top, input), y)


def float8_ties_away(input, format="e4m3fn", saturate=True):
    """Half of the last digit is added and what follows is cut off."""
    digits, low, _, _ = right.FLOAT8.get(format) or right.cast_float8(input, format)
    x = np.asarray(np.where(np.isfinite(input), input, 0))
    _, exponent = np.frexp(x)
    step = np.maximum(exponent - 1, low) - digits
    size = np.ldexp(np.floor(np.ldexp(np.abs(x), -step) + 0.5), step).astype(input.dtype)
    return right.cast_float8(np.where(np.isfinite(input), np.copysign(size, x), input), format, saturate)


def mxfp4_scaled_up(input):
    """The scale leaves nothing beyond the largest number."""
    x = right._blocks(input)
    top = np.abs(x).max(axis=-1, keepdims=True, initial=0)
    _, exponent = np.frexp(top / 6)
    scale = np.ldexp(x.dtype.type(1), np.clip(np.where(top > 0, exponent, -127), -127, 127))
    z = np.abs(x / scale)
    size = right.E2M1[np.searchsorted(right.MIDDLES, z)]
    return np.copysign(size * scale, x).reshape(input.shape).astype(input.dtype)


def mxfp4_ties_away(input):
    """Ties go to the larger neighbour."""
    x = right._blocks(input)
    _, exponent = np.frexp(np.abs(x).max(axis=-1, keepdims=True, initial=0))
    scale = np.ldexp(x.dtype.type(1), np.clip(np.where(x.any(axis=-1, keepdims=True), exponent - 3, -127), -127, 127))
    size = right.E2M1[np.searchsorted(right.MIDDLES, np.abs(x / scale), "right")]
    return np.copysign(size * scale, x).reshape(input.shape).astype(input.dtype)


def mxfp4_of_rows(input):
    """A whole row has one scale."""
    right._blocks(input)
    if not input.size:
        return input.copy()
    _, exponent = np.frexp(np.abs(input).max(axis=-1, keepdims=True))
    scale = np.ldexp(
        input.dtype.type(1), np.clip(np.where(input.any(axis=-1, keepdims=True), exponent - 3, -127), -127, 127)
    )
    z = np.abs(input / scale)
    lower, upper = (np.searchsorted(right.MIDDLES, z, side) for side in ("left", "right"))
    return np.copysign(right.E2M1[np.where(lower % 2, upper, lower)] * scale, input).astype(input.dtype)


def mxfp4_of_any_length(input):
    """What is left of a block is filled with zeros."""
    left = -input.shape[-1] % right.BLOCK
    padded = np.pad(input, ((0, 0), (0, left)))
    return right.mxfp4(padded)[:, : input.shape[-1]].copy()
