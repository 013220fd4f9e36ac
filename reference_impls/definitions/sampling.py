"""Images sampled at points that are given, the points of an affine map, and convolutions whose taps are moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference_impls.definitions.conv import per_axis
from reference_impls.definitions.images import zero_of


def grid_sample(
    input: Any, grid: Any, *, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """``y[n, c, o, p] = sum over i, j of x[n, c, i, j] k(row - i) k(column - j)`` at the point that the grid gives.

    ``k(d) = max(0, 1 - |d|)``, or of ``nearest`` 1 where the rounded place is meant. The grid's (x, y) go from -1 to
    1, of corner pixels' middles with ``align_corners``, else of their outer borders.
    """
    columns = _kernel(grid[..., 0], input.shape[3], mode, padding_mode, align_corners)
    rows = _kernel(grid[..., 1], input.shape[2], mode, padding_mode, align_corners)
    return np.einsum("nchw,nijh,nijw->ncij", input, rows, columns)


def _kernel(of: Any, size: int, mode: str, padding_mode: str, align_corners: bool) -> Any:
    """How much every entry of an axis counts, along a last axis."""
    place = (of + 1) / 2 * (size - 1) if align_corners else ((of + 1) * size - 1) / 2
    if padding_mode == "border":
        place = np.clip(place, 0, size - 1)
    at = np.arange(size)
    if mode == "nearest":
        return np.where(np.rint(place)[..., None] == at, 1.0, 0.0)
    return np.maximum(1 - np.abs(place[..., None] - at), 0)


def affine_grid(theta: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """``theta (x, y, 1)`` at every pixel: x and y go from -1 to 1, of corner pixels' middles or of their outer borders."""
    zero = zero_of(theta)
    y, x = (_evenly(zero, n, align_corners) for n in size)
    points = np.stack([x + 0 * y[:, None], y[:, None] + 0 * x, np.ones(tuple(size)) + zero], axis=-1)
    return np.einsum("ijk,nlk->nijl", points, theta)


def _evenly(zero: Any, size: int, align_corners: bool) -> Any:
    """From -1 to 1; 0 where there is one."""
    if size == 1:
        return zero + np.zeros(1)
    whole = (zero + 2 * np.arange(size)) / (size - 1) - 1
    return whole if align_corners else whole * (size - 1) / size


def deform_conv2d(
    input: Any,
    offset: Any,
    weight: Any,
    bias: Any = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
) -> Any:
    """``y[n, o, i, j] = b[o] + sum over c, t of w[o, c, t] x[n, c](row + dy, column + dx)``.

    ``row = i stride - padding + a dilation`` at the tap ``t = (a, b)``, whose dy and dx are the channels 2 t and 2 t + 1 of
    the offset; between entries values are bilinear, and zero beyond the image.
    """
    kernel = weight.shape[2:]
    moves = np.reshape(offset, (offset.shape[0], kernel[0] * kernel[1], 2, *offset.shape[2:]))
    steps = list(zip(*(per_axis(v, 2) for v in (stride, padding, dilation)), strict=True))
    rows, columns = (_beginnings(n, k, *s) for n, k, s in zip(offset.shape[2:], kernel, steps, strict=True))
    row = moves[:, :, 0] + np.repeat(rows, kernel[1], axis=0)[:, :, None]
    column = moves[:, :, 1] + np.tile(columns, (kernel[0], 1))[:, None, :]
    taps = np.einsum("nchw,ntijh,ntijw->nctij", input, _shares(row, input.shape[2]), _shares(column, input.shape[3]))
    y = np.einsum("nctij,oct->noij", taps, np.reshape(weight, (*weight.shape[:2], kernel[0] * kernel[1])))
    return y if bias is None else y + bias[:, None, None]


def _beginnings(out: int, kernel: int, stride: int, padding: int, dilation: int) -> Any:
    """Where every tap of every window reads, (kernel, out)."""
    return np.arange(kernel)[:, None] * dilation + np.arange(out) * stride - padding


def _shares(place: Any, size: int) -> Any:
    """How much every entry of an axis counts at a place, along a last axis."""
    return np.maximum(1 - np.abs(place[..., None] - np.arange(size)), 0)
