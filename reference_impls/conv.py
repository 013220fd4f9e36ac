"""y[n, o, p] = b[o] + sum over c, k of x[n, c, p * stride + k * dilation - padding] * w[o, c, k]: 1-D, 2-D, 3-D.

Cross-correlation as deep learning calls it convolution, with the signature of ``torch.nn.functional.conv1d`` to
``conv3d``. ``*_im2col`` takes windows and one matrix product, ``*_correlate`` sums SciPy's correlations over the
channels, ``*_fft`` multiplies spectra. Results keep the input's dtype; two-byte floats are accumulated in float32 and
rounded once.

Gradients follow the conjugate Wirtinger convention: the vector-Jacobian product of y = A x is A^H g.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from operator import index
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

Array = np.ndarray[Any, np.dtype[Any]]
PerAxis = int | Sequence[int]
Padding = int | str | Sequence[int]
Gradients = tuple[Array, Array, Array | None]


def conv2d_weight(
    input: Array,
    weight_size: Sequence[int],
    grad_output: Array,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """dw[o, c, k] = sum over n, p of g[n, o, p] * x[n, c, p * stride + k * dilation - padding].

    The signature of ``torch.nn.grad.conv2d_weight``; real dtypes.
    """
    weight = np.broadcast_to(np.zeros((), input.dtype), tuple(weight_size))
    g = geometry(2, input, weight, None, stride, padding, dilation, groups)
    _require_cotangent(grad_output, (len(input), len(weight), *g.out))
    return _grad_weight(_widen(grad_output), columns(_widen(input), g), g).reshape(weight.shape).astype(input.dtype)


def conv2d_weight_vjp(
    cotangent: Array,
    input: Array,
    grad_output: Array,
    weight_size: Sequence[int],
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> tuple[Array, Array]:
    """(V^T g, V X): linear in x and in g; the transposes are the other two of the three convolutions."""
    d_input, _, _ = conv2d_im2col_vjp(grad_output, input, cotangent, None, stride, padding, dilation, groups)
    return d_input, conv2d_im2col(input, cotangent, None, stride, padding, dilation, groups)


@dataclass(frozen=True)
class Geometry:
    """Where the windows lie: everything about a convolution but the values, each a tuple over the spatial axes."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    out: tuple[int, ...]
    groups: int = 1

    def every_stride(self) -> tuple[Any, ...]:
        """The index that keeps every ``stride``-th position, ``out`` of them, of the last axes."""
        return (..., *(slice(0, (o - 1) * s + 1, s) for o, s in zip(self.out, self.stride, strict=True)))


def geometry(
    rank: int,
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    groups: int,
) -> Geometry:
    """The geometry of a convolution, or ValueError / TypeError saying which arguments do not fit together."""
    if input.ndim != rank + 2 or weight.ndim != rank + 2:
        raise ValueError(f"input and weight have {input.ndim} and {weight.ndim} axes, expected {rank + 2}")
    if len({x.dtype.newbyteorder("=") for x in (input, weight, bias) if x is not None}) > 1:
        raise TypeError("input, weight and bias must have one dtype")
    if index(groups) < 1 or len(weight) % groups or input.shape[1] != weight.shape[1] * groups:
        raise ValueError(f"{input.shape[1]} channels and filters {weight.shape} do not fit {groups} groups")
    if bias is not None and bias.shape != (len(weight),):
        raise ValueError(f"bias has shape {bias.shape}, expected {(len(weight),)}")
    return window_geometry(input.shape[2:], weight.shape[2:], stride, padding, dilation, groups)


def window_geometry(
    shape: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: PerAxis,
    padding: Padding,
    dilation: PerAxis,
    groups: int = 1,
) -> Geometry:
    """out = (size + padding - dilation * (k - 1) - 1) // stride + 1: windows of ``kernel`` taps over ``shape``."""
    rank = len(shape)
    steps, spread = per_axis(stride, rank, "stride", 1), per_axis(dilation, rank, "dilation", 1)
    if min(kernel) < 1:
        raise ValueError(f"kernel {kernel} has no taps")
    before, after = _padding(padding, kernel, steps, spread)
    extent = tuple(d * (k - 1) + 1 for d, k in zip(spread, kernel, strict=True))
    room = tuple(b + size + a - e for b, size, a, e in zip(before, shape, after, extent, strict=True))
    if min(room) < 0:
        raise ValueError(f"kernel of extent {extent} is larger than the padded image {shape}")
    out = tuple(r // s + 1 for r, s in zip(room, steps, strict=True))
    return Geometry(kernel, steps, spread, before, after, out, groups)


def per_axis(value: PerAxis, rank: int, name: str, least: int) -> tuple[int, ...]:
    """One integer per spatial axis, each at least ``least``; a single one counts for all axes."""
    values = tuple(map(index, value)) if isinstance(value, Sequence) else (index(value),)
    values = values * rank if len(values) == 1 else values
    if len(values) != rank or min(values) < least:
        raise ValueError(f"{name} is {value}, expected {rank} integers of at least {least}")
    return values


def zero_pad(input: Array, before: tuple[int, ...], after: tuple[int, ...]) -> Array:
    """Zeros around the last axes; the array itself where there are none to add."""
    if not any(before) and not any(after):
        return input
    lead = input.ndim - len(before)
    shape = tuple(b + size + a for b, size, a in zip(before, input.shape[lead:], after, strict=True))
    padded = np.zeros(input.shape[:lead] + shape, input.dtype)
    padded[inner(before, input.shape[lead:])] = input
    return padded


def inner(before: tuple[int, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The index of the ``shape`` block that starts at ``before``, on the last axes."""
    return (..., *(slice(b, b + size) for b, size in zip(before, shape, strict=True)))


def columns(input: Array, g: Geometry) -> Array:
    """X[n, group, (c, k), p] = x[n, c, p * stride + k * dilation - padding], contiguous, zeros outside the image."""
    padded = zero_pad(input, g.before, g.after)
    lead, steps = padded.shape[:2], padded.strides[2:]
    taps = tuple(d * step for d, step in zip(g.dilation, steps, strict=True))
    moves = tuple(s * step for s, step in zip(g.stride, steps, strict=True))
    view = as_strided(padded, lead + g.kernel + g.out, padded.strides[:2] + taps + moves, writeable=False)
    return np.ascontiguousarray(view.reshape(lead[0], g.groups, lead[1] // g.groups * prod(g.kernel), prod(g.out)))


def overlap_add(cols: Array, channels: int, shape: tuple[int, ...], g: Geometry) -> Array:
    """x[n, c, q] = sum of X[n, c, k, p] where p * stride + k * dilation - padding = q: the transpose of ``columns``."""
    taps = cols.reshape(len(cols), channels, *g.kernel, *g.out)
    padded_shape = tuple(b + size + a for b, size, a in zip(g.before, shape, g.after, strict=True))
    padded = np.zeros((len(cols), channels, *padded_shape), cols.dtype)
    for tap in np.ndindex(*g.kernel):
        padded[_tap(tap, g)] += taps[(slice(None), slice(None), *tap)]
    image: Array = padded[inner(g.before, shape)]
    return image


def spread_kernel(weight: Array, dilation: tuple[int, ...]) -> Array:
    """The kernel with ``dilation - 1`` zeros between neighbouring taps of its last axes."""
    lead = weight.ndim - len(dilation)
    shape = tuple(d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[lead:], strict=True))
    spread = np.zeros(weight.shape[:lead] + shape, weight.dtype)
    every: tuple[Any, ...] = (..., *(slice(None, None, d) for d in dilation))
    spread[every] = weight
    return spread


def channel_sums(x: Array) -> Array:
    """s[c] = sum of x[n, c, p] over n and p, pairwise over the positions."""
    sums: Array = x.reshape(*x.shape[:2], prod(x.shape[2:])).sum(axis=2).sum(axis=0)
    return sums


def wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type to accumulate in: float32 for two-byte floats, otherwise the type itself."""
    return np.result_type(dtype, np.float32) if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype


def _im2col(
    rank: int,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """y[n, o] = b[o] + sum over c of the cross-correlation of x[n, c] with w[o, c], over ``rank`` axes.

    ``input`` is (N, C_in, *spatial), ``weight`` (C_out, C_in // groups, *kernel), ``bias`` (C_out,), all of one dtype.
    ``padding`` may be 'valid' or 'same'; 'same' puts an odd zero after the image. Raises ValueError or TypeError
    where the shapes, the dtypes or the params do not fit together.
    """
    g = geometry(rank, input, weight, bias, stride, padding, dilation, groups)
    product = _filters(weight, groups) @ columns(_widen(input), g)
    return _finish(product.reshape(len(input), len(weight), *g.out), bias, input.dtype)


def _im2col_vjp(
    rank: int,
    cotangent: Array,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Gradients:
    """(W^H g, g X^H, sum of g) for y = W X + b, X the matrix of windows. Raises as ``_im2col``."""
    g = geometry(rank, input, weight, bias, stride, padding, dilation, groups)
    _require_cotangent(cotangent, (len(input), len(weight), *g.out))
    upstream = _widen(cotangent)
    back = _filters(weight, groups).conj().swapaxes(1, 2) @ _positions(upstream, g)
    d_input = overlap_add(back, input.shape[1], input.shape[2:], g)
    d_weight = _grad_weight(upstream, columns(_widen(input), g).conj(), g).reshape(weight.shape)
    d_bias = None if bias is None else channel_sums(upstream).astype(bias.dtype, copy=False)
    return d_input.astype(input.dtype), d_weight.astype(weight.dtype, copy=False), d_bias


def _correlate(
    rank: int,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: Padding = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
) -> Array:
    """y[n, o] = b[o] + sum over c of scipy.signal.correlate(x[n, c], w[o, c]), taken every ``stride`` entries."""
    from scipy.signal import correlate, correlate2d

    g = geometry(rank, input, weight, bias, stride, padding, dilation, groups)
    padded = zero_pad(_widen(input), g.before, g.after)
    kernels = _widen(spread_kernel(weight, g.dilation)).conj()
    per_group, depth = len(weight) // groups, weight.shape[1]
    output = np.zeros((len(input), len(weight), *g.out), padded.dtype)
    for n, o, c in np.ndindex(len(input), len(weight), depth):
        image, kernel = padded[n, o // per_group * depth + c], kernels[o, c]
        full = correlate2d(image, kernel, "valid") if rank == 2 else correlate(image, kernel, "valid", "direct")
        output[n, o] += full[g.every_stride()]
    return _finish(output, bias, input.dtype)


def _padding(
    padding: Padding, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    match padding:
        case "same" if max(stride) == 1:
            total = tuple(d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
            return tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)
        case "valid":
            return (0,) * len(kernel), (0,) * len(kernel)
        case str():
            raise ValueError(f"padding is {padding!r}, expected 'valid', integers, or 'same' at stride 1")
        case _:
            both = per_axis(padding, len(kernel), "padding", 0)
            return both, both


def _require_cotangent(cotangent: Array, shape: tuple[int, ...]) -> None:
    if cotangent.shape != shape:
        raise ValueError(f"the upstream gradient has shape {cotangent.shape}, expected {shape}")


def _widen(x: Array) -> Array:
    return x.astype(wide(x.dtype), copy=False)


def _filters(weight: Array, groups: int) -> Array:
    shape = (groups, len(weight) // groups, prod(weight.shape[1:]))
    return np.ascontiguousarray(_widen(weight)).reshape(shape)


def _positions(upstream: Array, g: Geometry) -> Array:
    shape = (len(upstream), g.groups, upstream.shape[1] // g.groups, prod(g.out))
    return np.ascontiguousarray(upstream).reshape(shape)


def _grad_weight(upstream: Array, cols: Array, g: Geometry) -> Array:
    gradient: Array = (_positions(upstream, g) @ cols.swapaxes(2, 3)).sum(axis=0)
    return gradient


def _tap(tap: tuple[int, ...], g: Geometry) -> tuple[Any, ...]:
    starts = tuple(t * d for t, d in zip(tap, g.dilation, strict=True))
    return (..., *(slice(b, b + (o - 1) * s + 1, s) for b, o, s in zip(starts, g.out, g.stride, strict=True)))


def _finish(y: Array, bias: Array | None, dtype: np.dtype[Any]) -> Array:
    if bias is not None:
        y = y + _widen(bias).reshape(-1, *(1,) * (y.ndim - 2))
    return np.ascontiguousarray(y.astype(dtype, copy=False))


conv1d_im2col, conv2d_im2col, conv3d_im2col = (partial(_im2col, rank) for rank in (1, 2, 3))
conv1d_im2col_vjp, conv2d_im2col_vjp, conv3d_im2col_vjp = (partial(_im2col_vjp, rank) for rank in (1, 2, 3))
conv1d_correlate, conv2d_correlate, conv3d_correlate = (partial(_correlate, rank) for rank in (1, 2, 3))
