"""Maxima and means over windows of images."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.definitions.terms import Terms, axes, group, sum_of_products
from reference_impls.definitions.conv import per_axis


def windows(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows lie along an axis (torch.nn.MaxPool2d, Shape and its note on ``ceil_mode``).

    Rounded up, a last window is left out that would start beyond the image and its left padding.
    """
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (-(-room // stride) if ceil_mode else room // stride) + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def _steps(shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> list[tuple[int, ...]]:
    """Per axis: size, kernel, stride, padding, dilation, number of windows."""
    kernels = per_axis(kernel, 2)
    strides = kernels if stride is None else per_axis(stride, 2)
    each = zip(shape[-2:], kernels, strides, per_axis(padding, 2), per_axis(dilation, 2), strict=True)
    return [(*step, windows(*step, ceil_mode)) for step in each]


@lru_cache(maxsize=64)
def _places(shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> NDArray[np.intp]:
    """Flat place in the image of every tap of every window, (H_out, W_out, taps); one past the end in the padding."""
    (h, *row), (w, *column) = _steps(shape, kernel, stride, padding, dilation, ceil_mode)
    rows, columns = (np.arange(n)[:, None] * s - p + np.arange(k) * d for k, s, p, d, n in (row, column))
    i, j = rows[:, None, :, None], columns[None, :, None, :]
    inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
    flat = np.where(inside, i * w + j, h * w)
    return flat.reshape(*flat.shape[:2], -1)


def max_pool2d(
    input: Any,
    *,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Any, Any]:
    """``y = max over taps of x`` and the flat place of the maximum in its image.

    The first of equals; of several NaN the last. Padding is never the maximum. Shapes: input (*lead, H, W).
    """
    *_, h, w = input.shape
    return largest_of(input, _places((h, w), *map(_frozen, (kernel_size, stride, padding, dilation)), ceil_mode))


def largest_of(input: Any, places: NDArray[np.intp]) -> tuple[Any, Any]:
    """The largest entry of each window of an image, and its flat place; ``h w`` among the places stands for none.

    The first of equals; of several NaN the last. Shapes: input (*lead, h, w), places (*windows, entries).
    """
    *lead, h, w = input.shape
    image = np.concatenate([input.reshape((*lead, h * w)), np.full((*lead, 1), -np.inf)], axis=-1)
    taps = image[..., places]
    output = np.max(taps, axis=-1)
    nan = np.isnan(taps)
    first = np.argmax((taps == output[..., None]) & (places < h * w), axis=-1)
    last = places.shape[-1] - 1 - np.argmax(nan[..., ::-1], axis=-1)
    chosen = np.where(nan.any(axis=-1), last, first)
    return output, np.take_along_axis(
        np.broadcast_to(places, (*chosen.shape, places.shape[-1])), chosen[..., None], -1
    )[..., 0]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, (tuple, list)) else value


@lru_cache(maxsize=64)
def _sums(images: int, shape: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool) -> Terms:
    (h, kh, sh, ph, _, rows), (w, kw, sw, pw, _, columns) = _steps(shape, kernel, stride, padding, 1, ceil_mode)
    shapes = {"out": (images, rows, columns), "input": (images, h, w)}
    n, o, p, a, b = axes(images, rows, columns, kh, kw)
    i, j = o * sh - ph + a, p * sw - pw + b
    inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
    return Terms(
        shapes["out"], {"input": shapes["input"]}, (group(shapes, out=(n, o, p), input=(n, i, j), where=inside),)
    )


def _counted(step: tuple[int, ...], count_include_pad: bool) -> NDArray[np.intp]:
    """How many entries of each window count: those in the image, or in the padded image."""
    size, kernel, stride, padding, _, n = step
    start = np.arange(n) * stride - padding
    stop = np.minimum(start + kernel, size + padding)
    return stop - start if count_include_pad else np.minimum(stop, size) - np.maximum(start, 0)


def avg_pool2d(
    input: Any,
    *,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """``y = sum over taps of x / divisor``: how many taps count, or ``divisor_override``. Shapes: input (*lead, H, W)."""
    *lead, h, w = input.shape
    kernel, steps, pads = map(_frozen, (kernel_size, stride, padding))
    terms = _sums(prod(lead), (h, w), kernel, steps, pads, ceil_mode)
    total = sum_of_products(terms, input=input.reshape((prod(lead), h, w)))
    row, column = _steps((h, w), kernel, steps, pads, 1, ceil_mode)
    counts = np.multiply.outer(_counted(row, count_include_pad), _counted(column, count_include_pad))
    divisor = counts if divisor_override is None else divisor_override
    return (total / divisor).reshape((*lead, *terms.shape[1:]))


def avg_pool2d_by_weights(input: Any, **params: Any) -> Any:
    """``y = sum over taps of w x``, as a convolution has it: what a weight's rounding is off by multiplies every tap.

    The weight is a third, whatever the divisor: no small integer divides so, and its rounding is that of any other.
    """
    return avg_pool2d(input * (np.longdouble(1) / 3), **params) * 3


avg_pool2d.legal = (avg_pool2d_by_weights,)  # type: ignore[attr-defined]


def lp_pool2d(input: Any, *, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """``y = (sum over taps of x^p)^(1/p)``. Shapes: input (*lead, H, W)."""
    count = prod(per_axis(kernel_size, 2))
    window = {"kernel_size": kernel_size, "stride": stride, "ceil_mode": ceil_mode, "divisor_override": count}
    return (avg_pool2d(input**norm_type, **window) * count) ** (1 / norm_type)


def fractional_max_pool2d(input: Any, samples: Any, *, kernel_size: Any, output_size: Any) -> tuple[Any, Any]:
    """The largest entry of windows at ``floor((o + u) a) - floor(u a)``, ``a = (H - k) / (m - 1)``, and its flat place.

    The last window ends with the image. ``samples`` has u of columns, then of rows, for every image (Graham 2014).
    """
    (kh, kw), (rows, columns) = per_axis(kernel_size, 2), per_axis(output_size, 2)
    *lead, h, w = input.shape
    top, left = (_starts(samples[..., i], n, k, m) for i, n, k, m in ((1, h, kh, rows), (0, w, kw, columns)))
    i = top[..., :, None, None, None] + np.arange(kh)[:, None]
    j = left[..., None, :, None, None] + np.arange(kw)
    places = np.reshape(i * w + j, (*lead, rows * columns, kh * kw))
    taps = np.take_along_axis(np.reshape(input, (*lead, 1, h * w)), places, axis=-1)
    output = np.max(taps, axis=-1)
    nan = np.isnan(taps)
    last = places.shape[-1] - 1 - np.argmax(nan[..., ::-1], axis=-1)
    chosen = np.where(nan.any(axis=-1), last, np.argmax(taps == output[..., None], axis=-1))
    indices = np.take_along_axis(places, chosen[..., None], axis=-1)
    return np.reshape(output, (*lead, rows, columns)), np.reshape(indices, (*lead, rows, columns))


def _starts(u: Any, size: int, kernel: int, windows: int) -> NDArray[np.intp]:
    """The first entry of every window along an axis, a last axis of ``windows``."""
    step = (size - kernel) / max(windows - 1, 1)
    whole = np.arange(1, size + 1)
    ends = np.sum(((u[..., None] + np.arange(windows)) * step)[..., None] >= whole, axis=-1)
    starts = ends - np.sum((u * step)[..., None] >= whole, axis=-1)[..., None]
    return np.where(np.arange(windows) == windows - 1, size - kernel, starts)


def max_unpool2d(input: Any, *, kernel_size: Any) -> Any:
    """What ``max_pool2d`` keeps of an image, in its places; zero elsewhere. Windows do not overlap."""
    output, indices = max_pool2d(input, kernel_size=kernel_size)
    *lead, h, w = input.shape
    images, kept = prod(lead), prod(output.shape[-2:])
    y = np.zeros((images, h * w))
    y[np.arange(images)[:, None], np.reshape(indices, (images, kept))] = np.reshape(output, (images, kept))
    return np.reshape(y, (*lead, h, w))
