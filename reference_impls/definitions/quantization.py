"""Numbers of few bits: affine integers, eight-bit floats and blocks of four-bit floats of one scale."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Format -> digits after the leading one, exponents of the smallest normal and of the largest number, that number.
FLOAT8 = {"e4m3fn": (3, -6, 8, 448.0), "e5m2": (2, -14, 15, 57344.0)}

#: Entries of a block of MXFP4, the exponent and the size of the largest E2M1 number, and the ends of scales' exponents.
BLOCK, TOP, LARGEST, SCALES = 32, 2, 6.0, (-127, 127)


def quantize_affine(input: Any, *, scale: float, zero_point: int, quant_min: int, quant_max: int) -> Any:
    """``min(max(rint(x / scale) + zero_point, least), most)``, ties to even (Jacob et al. 2018)."""
    return np.clip(np.rint(input / scale) + zero_point, quant_min, quant_max)


def quantize_by_reciprocal(input: Any, *, scale: float, zero_point: int, quant_min: int, quant_max: int) -> Any:
    """The same with ``x (1 / scale)``, as kernels compute it; of a power of two that is the quotient."""
    if np.frexp(scale)[0] == 0.5:
        return quantize_affine(input, scale=scale, zero_point=zero_point, quant_min=quant_min, quant_max=quant_max)
    reciprocal = 1 / (np.sum(input.reshape((-1,))[:0]) + scale)
    return np.clip(np.rint(input * reciprocal) + zero_point, quant_min, quant_max)


quantize_affine.legal = (quantize_by_reciprocal,)  # type: ignore[attr-defined]


def dequantize(input: Any, scale: Any, zero_point: Any) -> Any:
    """``(q - zero_point) scale``, with a scale and a zero point for each row."""
    return (input - zero_point[:, None]) * scale[:, None]


def _exponent(size: Any, low: int, high: int) -> Any:
    """``floor(log2(size))`` between two ends, by comparisons: exact also next to powers of two."""
    return low + np.sum(size[..., None] >= 2.0 ** np.arange(low + 1, high + 1), axis=-1)


def cast_float8(input: Any, *, format: str = "e4m3fn", saturate: bool = True) -> Any:
    """The nearest eight-bit float, ties to even (OCP 8-bit floating point specification, 2023).

    What rounds beyond the largest is that one with ``saturate``, else infinite, or NaN where there is no infinity.
    """
    digits, low, high, largest = FLOAT8[format]
    step = 2.0 ** (_exponent(np.abs(input), low, high) - digits)
    y = np.rint(input / step) * step
    if saturate:
        return np.clip(y, -largest, largest)
    beyond = np.abs(y) > largest
    return np.where(beyond, np.copysign(np.inf, y) if format == "e5m2" else np.nan, y)


def mxfp4(input: Any) -> Any:
    """Blocks of 32 as E2M1 numbers times ``2^(floor(log2(max |x|)) - 2)`` (OCP microscaling formats 1.0, 6.3)."""
    x = input.reshape((*input.shape[:-1], input.shape[-1] // BLOCK, BLOCK))
    top = np.max(np.abs(x), axis=-1, keepdims=True)
    scale = 2.0 ** np.clip(_exponent(top, SCALES[0], SCALES[1] + TOP) - TOP, *SCALES)
    z = x / scale
    step = 2.0 ** (_exponent(np.abs(z), 0, TOP) - 1)
    q = np.clip(np.rint(z / step) * step, -LARGEST, LARGEST)
    return np.reshape(q * scale, input.shape)
