"""Z[h, w, o] = b[o] + sum over the slice at (h * stride, w * stride) of A * W[o]: loops over rows, columns, filters.

Channels-last: image (H, W, C), weight (C', F, F, C // groups), bias (C',); stride, padding, dilation and groups one
integer each. Written to be read, not to be fast. ``conv2d_loops`` is the adapter to (N, C, H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def conv2d(
    image: Array,
    weight: Array,
    bias: Array | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Array:
    """Z[h, w, o] = b[o] + sum of A[h * stride + i, w * stride + j, c] * K[o, i, j, c], K spread by ``dilation``."""
    rows, cols, filters = _output_shape(image.shape, weight, stride, padding, dilation, groups)
    padded, kernel = _pad(image, padding), _spread(weight, dilation)
    output = np.zeros((rows, cols, filters), image.dtype)
    for h in range(rows):
        for w in range(cols):
            for o in range(filters):
                window = padded[_window(h, w, o, kernel, stride, groups)]
                output[h, w, o] = np.sum(window * kernel[o]) + (0 if bias is None else bias[o])
    return output


def conv2d_forward(
    A_prev: Array, W: Array, b: Array, stride: int = 1, padding: int = 0
) -> tuple[Array, tuple[Array, Array, Array, int, int]]:
    """(Z, cache): Z as ``conv2d`` with stride and padding only, cache = (A_prev, W, b, stride, padding)."""
    return conv2d(A_prev, W, b, stride, padding), (A_prev, W, b, stride, padding)


def conv2d_backward(dZ: Array, cache: tuple[Array, Array, Array, int, int]) -> tuple[Array, Array, Array]:
    """(dA_prev, dW, db) from the cache of ``conv2d_forward``, accumulated over the output positions."""
    A_prev, W, b, stride, padding = cache
    dA_prev, dW, db = conv2d_vjp(dZ, A_prev, W, b, stride, padding)
    assert db is not None
    return dA_prev, dW, db


def conv2d_vjp(
    cotangent: Array,
    image: Array,
    weight: Array,
    bias: Array | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array | None]:
    """dA[slice] += conj(K[o]) * dZ[h, w, o], dK[o] += conj(A[slice]) * dZ[h, w, o], db[o] += dZ[h, w, o]."""
    shape = _output_shape(image.shape, weight, stride, padding, dilation, groups)
    padded, kernel = _pad(image, padding), _spread(weight, dilation)
    d_padded, d_kernel, d_bias = np.zeros_like(padded), np.zeros_like(kernel), np.zeros(len(weight), image.dtype)
    for h, w, o in np.ndindex(*shape):
        window = _window(h, w, o, kernel, stride, groups)
        d_padded[window] += np.conj(kernel[o]) * cotangent[h, w, o]
        d_kernel[o] += np.conj(padded[window]) * cotangent[h, w, o]
        d_bias[o] += cotangent[h, w, o]
    rows, cols, _ = image.shape
    d_image = d_padded[padding : padding + rows, padding : padding + cols]
    return d_image, d_kernel[:, ::dilation, ::dilation], None if bias is None else d_bias


def conv2d_loops(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Array:
    """y[n] = conv2d(x[n] channels-last): the loops for (N, C, H, W), each param one integer for both axes.

    Raises ValueError where a param differs between the axes.
    """
    image_params = (_one(stride), _one(padding), _one(dilation), groups)
    images, filters = _channels_last(input), _channels_last(weight)
    output = np.zeros((len(images), *_output_shape(images.shape[1:], filters, *image_params)), images.dtype)
    for n, image in enumerate(images):
        output[n] = conv2d(image, filters, None if bias is None else bias.astype(images.dtype), *image_params)
    return np.ascontiguousarray(output.transpose(0, 3, 1, 2).astype(input.dtype))


def conv2d_loops_vjp(
    cotangent: Array,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array | None]:
    """The gradients of each image by the loops, those of weight and bias summed over the images."""
    image_params = (_one(stride), _one(padding), _one(dilation), groups)
    upstream, images, filters = map(_channels_last, (cotangent, input, weight))
    d_images, d_filters = np.zeros_like(images), np.zeros_like(filters)
    d_bias = np.zeros(len(weight), images.dtype)
    for n, image in enumerate(images):
        d_images[n], one_filters, one_bias = conv2d_vjp(upstream[n], image, filters, d_bias, *image_params)
        d_filters, d_bias = d_filters + one_filters, d_bias + one_bias
    d_input, d_weight = (d.transpose(0, 3, 1, 2).astype(input.dtype) for d in (d_images, d_filters))
    return d_input, d_weight, None if bias is None else d_bias.astype(bias.dtype)


def _output_shape(
    image: tuple[int, ...], weight: Array, stride: int, padding: int, dilation: int, groups: int
) -> tuple[int, int, int]:
    """(H', W', C') with H' = floor((H + 2 * padding - dilation * (F - 1) - 1) / stride) + 1, or ValueError."""
    if min(stride, dilation, groups) < 1 or padding < 0:
        raise ValueError("stride, dilation and groups are at least 1, padding is not negative")
    if image[2] != weight.shape[3] * groups or len(weight) % groups:
        raise ValueError(f"{image[2]} channels and filters {weight.shape} do not fit {groups} groups")
    rows, cols = (
        (size + 2 * padding - dilation * (taps - 1) - 1) // stride + 1
        for size, taps in zip(image[:2], weight.shape[1:3], strict=True)
    )
    if min(rows, cols) < 1:
        raise ValueError(f"the kernel {weight.shape} is larger than the padded image {image}")
    return rows, cols, len(weight)


def _pad(image: Array, padding: int) -> Array:
    return np.pad(image, ((padding, padding), (padding, padding), (0, 0)))


def _spread(weight: Array, dilation: int) -> Array:
    filters, rows, cols, channels = weight.shape
    spread = np.zeros((filters, dilation * (rows - 1) + 1, dilation * (cols - 1) + 1, channels), weight.dtype)
    spread[:, ::dilation, ::dilation] = weight
    return spread


def _window(h: int, w: int, o: int, kernel: Array, stride: int, groups: int) -> tuple[slice, slice, slice]:
    filters, rows, cols, channels = kernel.shape
    first = o // (filters // groups) * channels
    top, left = h * stride, w * stride
    return slice(top, top + rows), slice(left, left + cols), slice(first, first + channels)


def _one(value: int | Sequence[int]) -> int:
    values = tuple(value) if isinstance(value, Sequence) else (value,)
    if len(values) > 2 or len(set(values)) != 1 or not isinstance(values[0], int):
        raise ValueError(f"{value!r}, expected one integer for both axes")
    return values[0]


def _channels_last(x: Array) -> Array:
    kept = np.float32 if x.dtype == np.float16 else x.dtype
    return x.transpose(0, 2, 3, 1).astype(kept, copy=False)
