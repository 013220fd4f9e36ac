"""What goes wrong where images are resized by wider filters, mapped, pooled by norms and samples, and convolved freely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference_impls.definitions import pooling, resizing, sampling
from reference_impls.definitions.conv import per_axis


def cubic_of_half(input: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """The cubic's slope is -1/2: Keys's and Pillow's."""
    return resizing.by_cubics(input, size, align_corners, -0.5)


def cubic_of_one(input: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """The cubic's slope is -1."""
    return resizing.by_cubics(input, size, align_corners, -1.0)


def cubic_of_other_corners(input: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """align_corners is taken for its opposite."""
    return resizing.interpolate_bicubic(input, size=size, align_corners=not align_corners)


def triangles_of_one(input: Any, *, size: Sequence[int]) -> Any:
    """Weights do not widen where the image becomes smaller: bilinear resizing."""
    zero = resizing.zero_of(input)
    rows, columns = (resizing.triangles(zero, n, m, 1.0) for n, m in zip(input.shape[-2:], size, strict=True))
    return np.einsum("...ij,oi,pj->...op", input, rows, columns)


def triangles_narrowing(input: Any, *, size: Sequence[int]) -> Any:
    """Weights also narrow where the image becomes larger."""
    zero = resizing.zero_of(input)
    sides = [max(n / m, 0.5) for n, m in zip(input.shape[-2:], size, strict=True)]
    weights = zip(input.shape[-2:], size, sides, strict=True)
    rows, columns = (resizing.triangles(zero, n, m, wide) for n, m, wide in weights)
    return np.einsum("...ij,oi,pj->...op", input, rows, columns)


def grid_of_other_corners(theta: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """align_corners is taken for its opposite."""
    return sampling.affine_grid(theta, size=size, align_corners=not align_corners)


def grid_across(theta: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """The map takes (y, x, 1), and gives a row first."""
    turned = np.stack([theta[:, ::-1, 1], theta[:, ::-1, 0], theta[:, ::-1, 2]], axis=-1)
    return sampling.affine_grid(turned, size=size, align_corners=align_corners)


def norms_of_mean(
    input: Any, *, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """The mean of the powers is taken, not their sum."""
    window = {"kernel_size": kernel_size, "stride": stride, "ceil_mode": ceil_mode}
    return pooling.avg_pool2d(input**norm_type, **window) ** (1 / norm_type)


def norms_without_root(
    input: Any, *, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """The root is left out."""
    window = {"kernel_size": kernel_size, "stride": stride, "ceil_mode": ceil_mode, "divisor_override": 1}
    return pooling.avg_pool2d(input**norm_type, **window)


def norms_of_whole_windows(
    input: Any, *, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """A last window that is not whole is scaled to a whole one: the mean of what it has times the kernel's size."""
    count = int(np.prod(per_axis(kernel_size, 2)))
    window = {"kernel_size": kernel_size, "stride": stride, "ceil_mode": ceil_mode}
    return (pooling.avg_pool2d(input**norm_type, **window) * count) ** (1 / norm_type)


def fractions_across(input: Any, samples: Any, *, kernel_size: Any, output_size: Any) -> Any:
    """The first sample is taken for rows."""
    return pooling.fractional_max_pool2d(input, samples[..., ::-1], kernel_size=kernel_size, output_size=output_size)


def fractions_of_zero(input: Any, samples: Any, *, kernel_size: Any, output_size: Any) -> Any:
    """Windows begin as if both samples were zero."""
    return pooling.fractional_max_pool2d(input, samples * 0, kernel_size=kernel_size, output_size=output_size)


def kept_of_last(input: Any, *, kernel_size: Any) -> Any:
    """The largest entry fills its window."""
    output, _ = pooling.max_pool2d(input, kernel_size=kernel_size)
    kh, kw = per_axis(kernel_size, 2)
    filled = np.repeat(np.repeat(output, kh, axis=-2), kw, axis=-1)
    rest = [(0, 0), (0, 0), *((0, n - m) for n, m in zip(input.shape[-2:], filled.shape[-2:], strict=True))]
    return np.pad(filled, rest)


def kept_in_the_corner(input: Any, *, kernel_size: Any) -> Any:
    """The largest entry stands in the first place of its window."""
    output, _ = pooling.max_pool2d(input, kernel_size=kernel_size)
    kh, kw = per_axis(kernel_size, 2)
    y = np.zeros(input.shape)
    y[..., : output.shape[-2] * kh : kh, : output.shape[-1] * kw : kw] = output
    return y


def moved_across(input: Any, offset: Any, weight: Any, bias: Any = None, **steps: Any) -> Any:
    """Offsets are taken for (x, y)."""
    n, both, *rest = offset.shape
    turned = np.reshape(np.reshape(offset, (n, both // 2, 2, *rest))[:, :, ::-1], offset.shape)
    return sampling.deform_conv2d(input, turned, weight, bias, **steps)


def moved_all_rows_first(input: Any, offset: Any, weight: Any, bias: Any = None, **steps: Any) -> Any:
    """All taps' rows stand first among the offset's channels, then all taps' columns."""
    n, both, *rest = offset.shape
    mixed = np.reshape(np.swapaxes(np.reshape(offset, (n, 2, both // 2, *rest)), 1, 2), offset.shape)
    return sampling.deform_conv2d(input, mixed, weight, bias, **steps)


def not_moved(input: Any, offset: Any, weight: Any, bias: Any = None, **steps: Any) -> Any:
    """Offsets are ignored."""
    return sampling.deform_conv2d(input, offset * 0, weight, bias, **steps)
