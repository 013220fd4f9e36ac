"""Numbers of few bits: NumPy candidates by hand, and of ml_dtypes' types."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Format -> digits after the leading one, exponent of the smallest normal number, largest number, what is beyond it.
FLOAT8 = {"e4m3fn": (3, -6, 448.0, np.nan), "e5m2": (2, -14, 57344.0, np.inf)}

#: Entries of a block of MXFP4.
BLOCK = 32

#: What E2M1 numbers there are, and the middles between neighbours.
E2M1 = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
MIDDLES = (E2M1[1:] + E2M1[:-1]) / 2


def _scaled(scale: float, quant_min: int, quant_max: int) -> None:
    if scale <= 0 or quant_min > quant_max:
        raise ValueError("a scale is above zero, and the least number below the most")


def quantize_affine(
    input: Array, scale: float = 0.25, zero_point: int = 0, quant_min: int = -128, quant_max: int = 127
) -> Array:
    """``clip(rint(x / scale) + zero_point)``."""
    _scaled(scale, quant_min, quant_max)
    if not quant_min <= zero_point <= quant_max:
        raise ValueError("the zero point is one of the numbers")
    x = input.astype(np.promote_types(input.dtype, np.float32), copy=False)
    return np.clip(np.rint(x / x.dtype.type(scale)) + zero_point, quant_min, quant_max).astype(np.int8)


def _per_row(input: Array, scale: Array, zero_point: Array) -> None:
    if scale.shape != input.shape[:1] or zero_point.shape != input.shape[:1]:
        raise ValueError("every row has a scale and a zero point")


def dequantize(input: Array, scale: Array, zero_point: Array) -> Array:
    """``(q - zero_point) scale``, the difference of whole numbers."""
    _per_row(input, scale, zero_point)
    return (input.astype(np.int64) - zero_point[:, None]).astype(scale.dtype) * scale[:, None]


def dequantize_vjp(cotangent: Array, input: Array, scale: Array, zero_point: Array) -> tuple[None, Array, None]:
    """``sum over j of g[i, j] (q[i, j] - zero_point[i])``."""
    wide = np.promote_types(scale.dtype, np.float32)
    steps = (input.astype(np.int64) - zero_point[:, None]).astype(wide)
    return None, (cotangent.astype(wide) * steps).sum(axis=1).astype(scale.dtype), None


def cast_float8(input: Array, format: str = "e4m3fn", saturate: bool = True) -> Array:
    """Rounded to a multiple of a power of two, which ``frexp`` tells."""
    if format not in FLOAT8:
        raise ValueError(f"format is {format!r}; it may be e4m3fn or e5m2")
    digits, low, largest, beyond = FLOAT8[format]
    x = input.astype(np.promote_types(input.dtype, np.float32), copy=False)
    _, exponent = np.frexp(np.where(np.isfinite(x), x, 0))
    step = np.maximum(exponent - 1, low) - digits
    y = np.ldexp(np.rint(np.ldexp(x, -step)), step)
    if saturate:
        return np.clip(y, -largest, largest).astype(input.dtype)
    return np.where(np.abs(y) > largest, np.copysign(beyond, y), y).astype(input.dtype)


def cast_by_ml_dtypes(input: Array, format: str = "e4m3fn", saturate: bool = True) -> Array:
    """``ml_dtypes``' types, clipped before where the result saturates."""
    import ml_dtypes

    kind = {"e4m3fn": ml_dtypes.float8_e4m3fn, "e5m2": ml_dtypes.float8_e5m2}.get(format)
    if kind is None:
        raise ValueError(f"format is {format!r}; it may be e4m3fn or e5m2")
    largest = FLOAT8[format][2]
    with np.errstate(all="ignore"):
        return (np.clip(input, -largest, largest) if saturate else input).astype(kind).astype(input.dtype)


def _blocks(input: Array) -> Array:
    if input.shape[-1] % BLOCK:
        raise ValueError(f"the last axis is in blocks of {BLOCK}")
    return input.reshape(*input.shape[:-1], input.shape[-1] // BLOCK, BLOCK)


def mxfp4(input: Array) -> Array:
    """The nearest of the eight sizes by their middles, whose ties go to every second one."""
    x = _blocks(input)
    _, exponent = np.frexp(np.abs(x).max(axis=-1, keepdims=True, initial=0))
    scale = np.ldexp(x.dtype.type(1), np.clip(np.where(x.any(axis=-1, keepdims=True), exponent - 3, -127), -127, 127))
    z = np.abs(x / scale)
    lower, upper = (np.searchsorted(MIDDLES, z, side) for side in ("left", "right"))
    size = E2M1[np.where(lower % 2, upper, lower)]
    return np.copysign(size * scale, x).reshape(input.shape).astype(input.dtype)


def mxfp4_by_ml_dtypes(input: Array) -> Array:
    """``ml_dtypes``' four-bit floats, under a scale whose exponent stands in the bits of the largest entry."""
    import ml_dtypes

    x = _blocks(input).astype(np.float32)
    bits = np.abs(x).max(axis=-1, keepdims=True, initial=0).view(np.int32) >> 23
    scale = np.ldexp(np.float32(1), np.maximum(bits - 127 - 2, -127))
    return (
        ((x / scale).astype(ml_dtypes.float4_e2m1fn).astype(np.float32) * scale)
        .reshape(input.shape)
        .astype(input.dtype)
    )
