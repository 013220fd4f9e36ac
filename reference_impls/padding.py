"""y[q] = x[source(q)]: images continued beyond their border, and images cut into windows and put together again.

The signatures of ``torch.nn.functional.pad`` (``pad`` is (left, right, top, bottom); a negative one crops), ``unfold``
and ``fold``. Padding and ``unfold`` move values and round nothing; their gradients, and ``fold``, sum the copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reference_impls.conv import (
    Array,
    Gradients,
    Padding,
    PerAxis,
    columns,
    conv2d_im2col,
    conv2d_im2col_vjp,
    overlap_add,
    per_axis,
    wide,
    window_geometry,
)

#: size, before, after -> for every padded position the position it is a copy of.
Source = Callable[[int, int, int], Array]


def circular_pad2d(input: Array, pad: Sequence[int]) -> Array:
    """y[..., i, j] = x[..., (i - top) mod H, (j - left) mod W], at most one turn around, nothing cropped."""
    return take(input, _sources(circular_source, input, pad))


def reflect_pad2d(input: Array, pad: Sequence[int]) -> Array:
    """y is x mirrored at its border entries, which are not repeated: c b | a b c | b a."""
    return take(input, _sources(reflect_source, input, pad))


def replicate_pad2d(input: Array, pad: Sequence[int]) -> Array:
    """y[..., i, j] = the entry of x nearest to (i - top, j - left)."""
    return take(input, _sources(replicate_source, input, pad))


def circular_pad2d_vjp(cotangent: Array, input: Array, pad: Sequence[int]) -> tuple[Array]:
    """d_x[p] = sum of g over the copies of p."""
    return (scatter(cotangent, _sources(circular_source, input, pad), input),)


def reflect_pad2d_vjp(cotangent: Array, input: Array, pad: Sequence[int]) -> tuple[Array]:
    """d_x[p] = sum of g over the copies of p."""
    return (scatter(cotangent, _sources(reflect_source, input, pad), input),)


def replicate_pad2d_vjp(cotangent: Array, input: Array, pad: Sequence[int]) -> tuple[Array]:
    """d_x[p] = sum of g over the copies of p."""
    return (scatter(cotangent, _sources(replicate_source, input, pad), input),)


def conv2d_circular(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """y = conv2d of x continued periodically by ``padding``, as ``torch.nn.Conv2d(padding_mode='circular')``."""
    return conv2d_im2col(circular_pad2d(input, _around(padding)), weight, bias, stride, 0, dilation, groups)


def conv2d_circular_vjp(
    cotangent: Array,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Gradients:
    """The gradients of conv2d of the continued image, that of the image summed over the copies."""
    kept = wide(input.dtype)
    g, padded, w = (x.astype(kept, copy=False) for x in (cotangent, circular_pad2d(input, _around(padding)), weight))
    b = None if bias is None else bias.astype(kept, copy=False)
    d_padded, d_weight, d_bias = conv2d_im2col_vjp(g, padded, w, b, stride, 0, dilation, groups)
    (d_input,) = circular_pad2d_vjp(d_padded, input, _around(padding))
    d_bias = None if d_bias is None else d_bias.astype(weight.dtype, copy=False)
    return d_input, d_weight.astype(weight.dtype, copy=False), d_bias


def unfold(
    input: Array, kernel_size: PerAxis, dilation: PerAxis = 1, padding: PerAxis = 0, stride: PerAxis = 1
) -> Array:
    """X[n, (c, k), p] = x[n, c, p * stride + k * dilation - padding], zero outside the image: (N, C * kH * kW, L)."""
    _require_axes(input, 4)
    g = window_geometry(input.shape[2:], per_axis(kernel_size, 2, "kernel_size", 1), stride, padding, dilation)
    cols = columns(input, g)
    return _own(cols.reshape(len(input), cols.shape[2], cols.shape[3]), input)


def unfold_vjp(
    cotangent: Array,
    input: Array,
    kernel_size: PerAxis,
    dilation: PerAxis = 1,
    padding: PerAxis = 0,
    stride: PerAxis = 1,
) -> tuple[Array]:
    """fold(g): the transpose."""
    return (fold(cotangent, input.shape[2:], kernel_size, dilation, padding, stride),)


def fold(
    input: Array,
    output_size: PerAxis,
    kernel_size: PerAxis,
    dilation: PerAxis = 1,
    padding: PerAxis = 0,
    stride: PerAxis = 1,
) -> Array:
    """x[n, c, q] = sum of X[n, (c, k), p] over p * stride + k * dilation - padding = q: (N, C, H, W)."""
    _require_axes(input, 3)
    shape, kernel = per_axis(output_size, 2, "output_size", 1), per_axis(kernel_size, 2, "kernel_size", 1)
    g = window_geometry(shape, kernel, stride, padding, dilation)
    channels, rest = divmod(input.shape[1], kernel[0] * kernel[1])
    if rest or input.shape[2] != g.out[0] * g.out[1]:
        raise ValueError(f"columns {input.shape} do not fit kernel {kernel} at {g.out} positions")
    kept = np.ascontiguousarray(input).astype(wide(input.dtype), copy=False)
    return _own(overlap_add(kept, channels, shape, g).astype(input.dtype, copy=False), input)


def fold_vjp(
    cotangent: Array,
    input: Array,
    output_size: PerAxis,
    kernel_size: PerAxis,
    dilation: PerAxis = 1,
    padding: PerAxis = 0,
    stride: PerAxis = 1,
) -> tuple[Array]:
    """unfold(g): the transpose."""
    return (unfold(cotangent, kernel_size, dilation, padding, stride),)


def torch_circular_pad2d(input: Any, pad: Sequence[int]) -> Any:
    """torch.nn.functional.pad with mode 'circular'."""
    return _torch_pad(input, pad, "circular")


def torch_reflect_pad2d(input: Any, pad: Sequence[int]) -> Any:
    """torch.nn.functional.pad with mode 'reflect'."""
    return _torch_pad(input, pad, "reflect")


def torch_replicate_pad2d(input: Any, pad: Sequence[int]) -> Any:
    """torch.nn.functional.pad with mode 'replicate'."""
    return _torch_pad(input, pad, "replicate")


def torch_conv2d_circular(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Any:
    """torch.nn.Conv2d(padding_mode='circular'), called with these parameters instead of its own."""
    import torch

    padded = torch_circular_pad2d(input, _around(padding))
    return torch.nn.functional.conv2d(padded, weight, bias, stride, 0, dilation, groups)


def circular_source(size: int, before: int, after: int) -> Array:
    """(i - before) mod size."""
    return np.arange(-before, size + after) % size


def reflect_source(size: int, before: int, after: int) -> Array:
    """A path to and fro between 0 and size - 1 with period 2 * size - 2: the border is not repeated."""
    turn = np.arange(-before, size + after) % max(2 * size - 2, 1)
    return np.minimum(turn, 2 * size - 2 - turn)


def symmetric_source(size: int, before: int, after: int) -> Array:
    """A path to and fro with period 2 * size: the border is repeated."""
    turn = np.arange(-before, size + after) % (2 * size)
    return np.minimum(turn, 2 * size - 1 - turn)


def replicate_source(size: int, before: int, after: int) -> Array:
    """The position inside the image nearest to i - before."""
    return np.clip(np.arange(-before, size + after), 0, size - 1)


def take(x: Array, sources: Sequence[Array]) -> Array:
    """y[..., i, j] = x[..., sources[0][i], sources[1][j]] over the last axes."""
    for axis, source in enumerate(sources, x.ndim - len(sources)):
        x = np.take(x, source, axis)
    return x


def scatter(cotangent: Array, sources: Sequence[Array], like: Array) -> Array:
    """x[..., p, q] = sum of g over what ``take`` copied from (p, q), shaped and typed as ``like``: the transpose."""
    summed = cotangent.astype(wide(cotangent.dtype), copy=False)
    for axis, source in enumerate(sources, like.ndim - len(sources)):
        order = np.argsort(source, kind="stable")
        present, starts = np.unique(source[order], return_index=True)
        total = np.zeros((*summed.shape[:axis], like.shape[axis], *summed.shape[axis + 1 :]), summed.dtype)
        total[(slice(None),) * axis + (present,)] = np.add.reduceat(np.take(summed, order, axis), starts, axis)
        summed = total
    return summed.astype(like.dtype, copy=False)


def _sources(source: Source, input: Array, pad: Sequence[int]) -> tuple[Array, Array]:
    left, right, top, bottom = pad
    rows, cols = input.shape[-2:]
    farthest: dict[Source, int] = {circular_source: 0, reflect_source: -1}
    most = farthest.get(source)
    if source is circular_source and min(pad) < 0:
        raise ValueError(f"padding {tuple(pad)} would crop what is to be continued periodically")
    if most is not None and (max(top, bottom) > rows + most or max(left, right) > cols + most):
        raise ValueError(f"padding {tuple(pad)} reaches farther than the image {(rows, cols)}")
    if min(rows, cols) < 1 or min(rows + top + bottom, cols + left + right) < 0:
        raise ValueError(f"padding {tuple(pad)} leaves nothing of the image {(rows, cols)}")
    return source(rows, top, bottom), source(cols, left, right)


def _around(padding: Padding) -> tuple[int, int, int, int]:
    if isinstance(padding, str):
        raise TypeError(f"padding is {padding!r}, expected integers")
    top, left = per_axis(padding, 2, "padding", 0)
    return left, left, top, top


def _torch_pad(input: Any, pad: Sequence[int], mode: str) -> Any:
    import torch

    return torch.nn.functional.pad(input, tuple(pad), mode)


def _require_axes(input: Array, axes: int) -> None:
    if input.ndim != axes:
        raise ValueError(f"input has {input.ndim} axes, expected {axes}")


def _own(x: Array, input: Array) -> Array:
    """The array, copied where it would share memory with the input or hide a larger one."""
    return x.copy() if np.may_share_memory(x, input) else np.ascontiguousarray(x)
