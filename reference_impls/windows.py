"""Norms and largest entries of windows, and images with what pooling keeps of them: NumPy candidates with their vjp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened
from reference_impls.pooling import avg_pool2d, avg_pool2d_vjp, max_pool2d, max_pool2d_vjp

Array = npt.NDArray[Any]
Pair = int | tuple[int, int]


def lp_pool2d(
    input: Array, norm_type: float, kernel_size: Pair, stride: Pair | None = None, ceil_mode: bool = False
) -> Array:
    """Sums of powers over windows, and their roots."""
    total = avg_pool2d(widened(input) ** norm_type, kernel_size, stride, 0, ceil_mode, True, 1)
    return np.asarray(total ** (1 / norm_type)).astype(input.dtype, copy=False)


def lp_pool2d_vjp(
    cotangent: Array,
    input: Array,
    norm_type: float,
    kernel_size: Pair,
    stride: Pair | None = None,
    ceil_mode: bool = False,
) -> tuple[Array]:
    """``sum over windows of g (x / y)^(p - 1)``, as ``x^(p - 1)`` times the sum of ``g y^(1 - p)``."""
    x = widened(input)
    total = avg_pool2d(x**norm_type, kernel_size, stride, 0, ceil_mode, True, 1)
    share = widened(cotangent) * total ** (1 / norm_type - 1)
    (spread,) = avg_pool2d_vjp(share, x, kernel_size, stride, 0, ceil_mode, True, 1)
    return (np.asarray(x ** (norm_type - 1) * spread).astype(input.dtype, copy=False),)


def fractional_max_pool2d(input: Array, samples: Array, kernel_size: Any, output_size: Any) -> tuple[Array, Array]:
    """Window after window of every image."""
    (kh, kw), (rows, columns) = _pair(kernel_size), _pair(output_size)
    *lead, h, w = input.shape
    if rows < 1 or columns < 1 or rows + kh - 1 > h or columns + kw - 1 > w or samples.shape != (*lead, 2):
        raise ValueError("as many windows as there is room for, and two samples for every image")
    output, indices = np.empty((*lead, rows, columns), input.dtype), np.empty((*lead, rows, columns), np.int64)
    for at in np.ndindex(*lead):
        top, left = _starts(samples[at][1], h, kh, rows), _starts(samples[at][0], w, kw, columns)
        for (i, a), (j, b) in ((r, c) for r in enumerate(top) for c in enumerate(left)):
            window = input[at][a : a + kh, b : b + kw].ravel()
            nan = np.flatnonzero(np.isnan(window))
            tap = nan[-1] if len(nan) else np.argmax(window)
            output[at][i, j] = window[tap]
            indices[at][i, j] = (a + tap // kw) * w + b + tap % kw
    return output, indices


def fractional_max_pool2d_vjp(
    cotangent: Array, input: Array, samples: Array, kernel_size: Any, output_size: Any
) -> tuple[Array, None]:
    """Every gradient is added at the place of its maximum."""
    _, indices = fractional_max_pool2d(input, samples, kernel_size, output_size)
    total = np.zeros((*input.shape[:-2], input.shape[-2] * input.shape[-1]), widened(cotangent).dtype)
    for at in np.ndindex(*input.shape[:-2]):
        np.add.at(total[at], indices[at].ravel(), cotangent[at].ravel())
    return total.reshape(input.shape).astype(input.dtype, copy=False), None


def max_unpool2d(input: Array, kernel_size: Any) -> Array:
    """The largest of every window put back in its place."""
    output, indices = max_pool2d(input, kernel_size)
    return _put_back(output, indices, input)


def max_unpool2d_vjp(cotangent: Array, input: Array, kernel_size: Any) -> tuple[Array]:
    """The gradients at the places of the largest entries."""
    _, indices = max_pool2d(input, kernel_size)
    flat = cotangent.reshape(*input.shape[:-2], input.shape[-2] * input.shape[-1])
    there = np.take_along_axis(flat, indices.reshape(*flat.shape[:-1], -1), -1)
    return max_pool2d_vjp(there.reshape(indices.shape), input, kernel_size)


def _put_back(output: Array, indices: Array, like: Array) -> Array:
    flat = np.zeros((*like.shape[:-2], like.shape[-2] * like.shape[-1]), output.dtype)
    np.put_along_axis(flat, indices.reshape(*flat.shape[:-1], -1), output.reshape(*flat.shape[:-1], -1), -1)
    return flat.reshape(like.shape)


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int) else value
    return first, second


def _starts(u: Any, size: int, kernel: int, windows: int) -> list[int]:
    """The first entry of every window along an axis, in the samples' precision."""
    step = u.dtype.type(size - kernel) / u.dtype.type(max(windows - 1, 1))
    return [int((o + u) * step) - int(u * step) for o in range(windows - 1)] + [size - kernel]
