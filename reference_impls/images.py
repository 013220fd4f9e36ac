"""Images rearranged, resized, sampled, pooled to a size: NumPy and SciPy candidates, some NumPy ones with their vjp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened

Array = npt.NDArray[Any]


def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    """Channels become pixels, one assignment per place in a block."""
    r = upscale_factor
    n, c, h, w = _image(input)
    if r < 1 or c % r**2:
        raise ValueError("the channels are a multiple of the factor's square")
    y = np.empty((n, c // r**2, h * r, w * r), input.dtype)
    for i, j in np.ndindex(r, r):
        y[..., i::r, j::r] = input[:, i * r + j :: r * r]
    return y


def pixel_shuffle_vjp(cotangent: Array, input: Array, upscale_factor: int) -> tuple[Array]:
    """Pixels go back to their channels."""
    return (pixel_unshuffle(cotangent, upscale_factor),)


def pixel_unshuffle(input: Array, downscale_factor: int) -> Array:
    """Pixels become channels, one assignment per place in a block."""
    r = downscale_factor
    n, c, h, w = _image(input)
    if r < 1 or h % r or w % r:
        raise ValueError("height and width are multiples of the factor")
    y = np.empty((n, c * r**2, h // r, w // r), input.dtype)
    for i, j in np.ndindex(r, r):
        y[:, i * r + j :: r * r] = input[..., i::r, j::r]
    return y


def pixel_unshuffle_vjp(cotangent: Array, input: Array, downscale_factor: int) -> tuple[Array]:
    """Channels go back to their pixels."""
    return (pixel_shuffle(cotangent, downscale_factor),)


def local_response_norm(input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    """``x / (k + alpha mean(x^2))^beta`` over neighbouring channels, one addition per neighbour."""
    x = widened(_channels(input, size))
    base = _response(x, size, alpha, k)
    return np.asarray(x * base ** x.dtype.type(-beta)).astype(input.dtype, copy=False)


def local_response_norm_vjp(
    cotangent: Array, input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> tuple[Array]:
    """``g b^-beta - 2 alpha beta / size x sum of g x b^(-beta - 1)`` over the channels that the entry is a neighbour of."""
    x, g = widened(input), widened(cotangent)
    base = _response(x, size, alpha, k)
    each = g * x * base ** x.dtype.type(-beta - 1)
    spread = _neighbours(each, size, (size - 1) // 2)
    found = g * base ** x.dtype.type(-beta) - x.dtype.type(2 * alpha * beta / size) * x * spread
    return (found.astype(input.dtype, copy=False),)


def interpolate_nearest(input: Array, size: Sequence[int], mode: str = "nearest") -> Array:
    """Rows, then columns, taken at whole-number places."""
    rows, columns = _places(input, size, mode)
    return np.take(np.take(input, rows, axis=-2), columns, axis=-1)


def interpolate_nearest_vjp(cotangent: Array, input: Array, size: Sequence[int], mode: str = "nearest") -> tuple[Array]:
    """Every gradient is added to the entry that was taken."""
    rows, columns = _places(input, size, mode)
    total = np.zeros(input.shape, widened(cotangent).dtype)
    np.add.at(total, (..., rows[:, None], columns), cotangent)
    return (total.astype(input.dtype, copy=False),)


def _places(input: Array, size: Sequence[int], mode: str) -> tuple[Array, Array]:
    _image(input)
    _sized(input, size)
    half = {"nearest": 0, "nearest-exact": 1}[mode]
    rows, columns = ((2 * np.arange(m) + half) * n // (2 * m) for n, m in zip(input.shape[-2:], size, strict=True))
    return rows, columns


def _image(input: Array) -> tuple[int, ...]:
    if input.ndim != 4:
        raise ValueError("images have four axes: N, C, H, W")
    return input.shape


def _sized(input: Array, size: Sequence[int]) -> None:
    if len(size) != 2 or min(size) < 1 or min(input.shape[-2:]) < 1:
        raise ValueError("there are two lengths, none of them zero")


def _channels(input: Array, size: int) -> Array:
    _image(input)
    if size < 1:
        raise ValueError("there is at least one neighbour: the channel itself")
    return input


def _response(x: Array, size: int, alpha: float, k: float) -> Array:
    total = _neighbours(np.square(x), size, size // 2)
    return x.dtype.type(k) + x.dtype.type(alpha) * (total / x.dtype.type(size))


def _neighbours(x: Array, size: int, before: int) -> Array:
    """Sums over ``size`` channels from ``before`` channels ahead on."""
    total = np.zeros_like(x)
    channels = x.shape[1]
    for shift in range(-before, size - before):
        to = slice(max(-shift, 0), max(channels - max(shift, 0), 0))
        of = slice(max(shift, 0), max(channels + min(shift, 0), 0))
        if abs(shift) < channels:
            total[:, to] += x[:, of]
    return total
