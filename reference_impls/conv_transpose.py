"""y[n, o, q] = b[o] + sum of x[n, c, p] * w[c, o, k] over p * stride + k * dilation - padding = q: 1-D, 2-D, 3-D.

The transpose of cross-correlation, with the signature of ``torch.nn.functional.conv_transpose1d`` to
``conv_transpose3d``. ``*_col2im`` takes one matrix product and adds its columns where they overlap; ``*_convolve``
spreads the image by the stride and convolves with SciPy. Dtypes and gradients as in ``reference_impls.conv``.
"""

from __future__ import annotations

from functools import partial
from math import prod
from operator import index
from typing import Any

import numpy as np

from reference_impls.conv import (
    Array,
    Geometry,
    Gradients,
    PerAxis,
    channel_sums,
    columns,
    inner,
    overlap_add,
    per_axis,
    spread_kernel,
    wide,
)


def _col2im(
    rank: int,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Array:
    """y = b + overlap-add of W^T x, of size (L - 1) * stride - 2 * padding + dilation * (K - 1) + output_padding + 1.

    ``input`` is (N, C_in, *spatial), ``weight`` (C_in, C_out // groups, *kernel), ``bias`` (C_out,), all of one dtype.
    Raises ValueError or TypeError where the shapes, the dtypes or the params do not fit together.
    """
    g, shape = _geometry(rank, input, weight, bias, stride, padding, output_padding, groups, dilation)
    cols = _filters(weight, groups).swapaxes(1, 2) @ _positions(_widen(input), g)
    return _finish(overlap_add(cols, weight.shape[1] * groups, shape, g), bias, input.dtype)


def _col2im_vjp(
    rank: int,
    cotangent: Array,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Gradients:
    """(conj(W) G, conj(x) G^T, sum of g), G the matrix of windows of g. Raises as ``_col2im``."""
    g, shape = _geometry(rank, input, weight, bias, stride, padding, output_padding, groups, dilation)
    due = (len(input), weight.shape[1] * groups, *shape)
    if cotangent.shape != due:
        raise ValueError(f"the upstream gradient has shape {cotangent.shape}, expected {due}")
    upstream = _widen(cotangent)
    cols = columns(upstream, g)
    d_input = (_filters(weight, groups).conj() @ cols).reshape(input.shape)
    d_weight = (_positions(_widen(input), g).conj() @ cols.swapaxes(2, 3)).sum(axis=0).reshape(weight.shape)
    d_bias = None if bias is None else channel_sums(upstream).astype(bias.dtype, copy=False)
    return d_input.astype(input.dtype, copy=False), d_weight.astype(weight.dtype, copy=False), d_bias


def _convolve(
    rank: int,
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: PerAxis = 1,
    padding: PerAxis = 0,
    output_padding: PerAxis = 0,
    groups: int = 1,
    dilation: PerAxis = 1,
) -> Array:
    """y[n, o] = b[o] + sum over c of scipy.signal.convolve(x[n, c] spread, w[c, o] spread, 'full'), cropped."""
    from scipy.signal import convolve, convolve2d

    g, shape = _geometry(rank, input, weight, bias, stride, padding, output_padding, groups, dilation)
    images, kernels = spread_kernel(_widen(input), g.stride), spread_kernel(_widen(weight), g.dilation)
    depth, per_group = len(weight) // groups, weight.shape[1]
    padded_shape = tuple(b + size + a for b, size, a in zip(g.before, shape, g.after, strict=True))
    padded = np.zeros((len(input), per_group * groups, *padded_shape), images.dtype)
    for n, c, o in np.ndindex(len(input), len(weight), per_group):
        image, kernel = images[n, c], kernels[c, o]
        full = convolve2d(image, kernel) if rank == 2 else convolve(image, kernel, "full", "direct")
        padded[(n, c // depth * per_group + o, *inner((0,) * rank, full.shape)[1:])] += full
    return _finish(padded[inner(g.before, shape)], bias, input.dtype)


def _geometry(
    rank: int,
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: PerAxis,
    padding: PerAxis,
    output_padding: PerAxis,
    groups: int,
    dilation: PerAxis,
) -> tuple[Geometry, tuple[int, ...]]:
    """Where the windows of the output lie, one per entry of the input, and the output's spatial shape."""
    _require_fit(rank, input, weight, bias, groups)
    steps, spread = per_axis(stride, rank, "stride", 1), per_axis(dilation, rank, "dilation", 1)
    around, extra = per_axis(padding, rank, "padding", 0), per_axis(output_padding, rank, "output_padding", 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, steps, spread, strict=True)):
        raise ValueError(f"output_padding {extra} is below neither the stride {steps} nor the dilation {spread}")
    kernel, positions = weight.shape[2:], input.shape[2:]
    shape = tuple(
        (p - 1) * s - 2 * a + d * (k - 1) + e + 1
        for p, s, a, d, k, e in zip(positions, steps, around, spread, kernel, extra, strict=True)
    )
    if min(*kernel, *positions, *shape) < 1:
        raise ValueError(f"the output would have shape {shape}")
    return Geometry(kernel, steps, spread, around, around, positions, groups), shape


def _require_fit(rank: int, input: Array, weight: Array, bias: Array | None, groups: int) -> None:
    if input.ndim != rank + 2 or weight.ndim != rank + 2:
        raise ValueError(f"input and weight have {input.ndim} and {weight.ndim} axes, expected {rank + 2}")
    if len({x.dtype.newbyteorder("=") for x in (input, weight, bias) if x is not None}) > 1:
        raise TypeError("input, weight and bias must have one dtype")
    if index(groups) < 1 or len(weight) % groups or input.shape[1] != len(weight):
        raise ValueError(f"{input.shape[1]} channels and filters {weight.shape} do not fit {groups} groups")
    if bias is not None and bias.shape != (weight.shape[1] * groups,):
        raise ValueError(f"bias has shape {bias.shape}, expected {(weight.shape[1] * groups,)}")


def _widen(x: Array) -> Array:
    return x.astype(wide(x.dtype), copy=False)


def _filters(weight: Array, groups: int) -> Array:
    shape = (groups, len(weight) // groups, prod(weight.shape[1:]))
    return np.ascontiguousarray(_widen(weight)).reshape(shape)


def _positions(x: Array, g: Geometry) -> Array:
    return np.ascontiguousarray(x).reshape(len(x), g.groups, x.shape[1] // g.groups, prod(g.out))


def _finish(y: Array, bias: Array | None, dtype: np.dtype[Any]) -> Array:
    if bias is not None:
        y = y + _widen(bias).reshape(-1, *(1,) * (y.ndim - 2))
    return np.ascontiguousarray(y.astype(dtype, copy=False))


conv_transpose1d_col2im, conv_transpose2d_col2im, conv_transpose3d_col2im = (partial(_col2im, r) for r in (1, 2, 3))
conv_transpose1d_col2im_vjp, conv_transpose2d_col2im_vjp, conv_transpose3d_col2im_vjp = (
    partial(_col2im_vjp, rank) for rank in (1, 2, 3)
)
conv_transpose1d_convolve, conv_transpose2d_convolve, conv_transpose3d_convolve = (
    partial(_convolve, rank) for rank in (1, 2, 3)
)
