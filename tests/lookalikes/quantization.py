"""Numbers of few bits that are right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import quantization as right


def quantize_clipped_first(input, scale=0.25, zero_point=0, quant_min=-128, quant_max=127):
    """Steps clipped before they are rounded."""
    right.quantize_affine(input[:0], scale, zero_point, quant_min, quant_max)
    x = input.astype(np.promote_types(input.dtype, np.float32))
    steps = np.clip(x / x.dtype.type(scale), quant_min - zero_point, quant_max - zero_point)
    return (np.round(steps).astype(np.int16) + np.int16(zero_point)).astype(np.int8)


def dequantize_by_table(input, scale, zero_point):
    """A table of all 256 numbers for each row."""
    right._per_row(input, scale, zero_point)
    whole = np.arange(-128, 128)
    tables = [(whole - z).astype(np.longdouble) * s for s, z in zip(scale, zero_point, strict=True)]
    rows = [t[q.astype(np.int64) + 128] for t, q in zip(tables, input, strict=True)]
    return np.asarray(rows, np.longdouble).reshape(input.shape).astype(scale.dtype)


def float8_by_table(input, format="e4m3fn", saturate=True):
    """The nearest of all numbers of the format, by their middles."""
    digits, low, largest, beyond = right.FLOAT8[format]
    codes = np.arange(2 ** (digits + 5))
    exponent, fraction = codes >> digits, codes & (2**digits - 1)
    normal = exponent > 0
    numbers = np.ldexp(fraction + normal * 2.0**digits, np.maximum(exponent, 1) - 1 + low - digits)
    numbers = numbers[: int(np.searchsorted(numbers, largest)) + 2]
    size = np.abs(input).astype(np.longdouble)
    middles = (numbers[1:] + numbers[:-1]) / 2
    lower, upper = (np.searchsorted(middles, size, side) for side in ("left", "right"))
    place = np.minimum(np.where(lower % 2, upper, lower), len(numbers) - 1)
    found = (
        numbers[np.minimum(place, len(numbers) - 2)]
        if saturate
        else np.where(place == len(numbers) - 1, beyond, numbers[place])
    )
    return np.where(np.isnan(input), input, np.copysign(found, input)).astype(input.dtype)


def mxfp4_by_quotients(input):
    """Multiples of a half, of one and of two, each by a rounding of its own."""
    x = right._blocks(input).astype(np.longdouble)
    top = np.abs(x).max(axis=-1, keepdims=True, initial=0)
    _, exponent = np.frexp(top)
    scale = np.ldexp(np.longdouble(1), np.clip(np.where(top > 0, exponent - 3, -127), -127, 127))
    z = np.abs(x) / scale
    half, one, two = (np.rint(z / s) * s for s in (0.5, 1.0, 2.0))
    size = np.minimum(np.where(z < 2, half, np.where(z < 4, one, two)), 6)
    return np.copysign(size * scale, x).reshape(input.shape).astype(input.dtype)
