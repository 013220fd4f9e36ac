"""Images resized by wider filters, mapped, pooled by norms and samples, unpooled, convolved freely, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import bicubic, deformable, pooling, resizing, windows
from reference_impls.activations import widened


def _by_cubics(input, size, align_corners, slope, low=-np.inf):
    """Cubics of any slope, at places no lower than a number."""
    x = widened(input)
    resizing.sized(x, size)
    for axis in (-1, -2):
        n, m = x.shape[axis], size[axis]
        o = np.arange(m)
        place = np.maximum(o * (n - 1) / max(m - 1, 1) if align_corners else (o + 0.5) * n / m - 0.5, low)
        d = np.abs(place[:, None] - np.floor(place)[:, None] - np.arange(-1, 3))
        near = (slope + 2) * d**3 - (slope + 3) * d**2 + 1
        weights = np.where(d <= 1, near, slope * (d**3 - 5 * d**2 + 8 * d - 4)).astype(x.dtype)
        at = np.clip(np.floor(place).astype(int)[:, None] + np.arange(-1, 3), 0, n - 1)
        x = np.moveaxis((np.moveaxis(x, axis, -1)[..., at] * weights).sum(axis=-1), -1, axis)
    return x.astype(input.dtype)


def bicubic_of_half(input, size, align_corners=False):
    """The cubic's slope is -1/2."""
    return _by_cubics(input, size, align_corners, -0.5)


def bicubic_from_the_border(input, size, align_corners=False):
    """Places before the first entry are moved to it."""
    return _by_cubics(input, size, align_corners, -0.75, 0.0)


def bicubic_of_other_corners(input, size, align_corners=False):
    """align_corners is taken for its opposite."""
    return bicubic.interpolate_bicubic(input, size, not align_corners)


def bicubic_resized_vjp(cotangent, input, size, align_corners=False):
    """The gradient is resized back."""
    return (bicubic.interpolate_bicubic(cotangent, input.shape[-2:], align_corners),)


def _by_triangles(input, size, wide, half=0.5, normed=True):
    x = widened(input)
    resizing.sized(x, size)
    for axis in (-1, -2):
        n, m = x.shape[axis], size[axis]
        middle = (np.arange(m) + half) * n / m
        weights = np.maximum(1 - np.abs(np.arange(n) + half - middle[:, None]) / wide(n, m), 0)
        total = weights.sum(axis=1, keepdims=True) if normed else wide(n, m)
        x = np.moveaxis(np.moveaxis(x, axis, -1) @ (weights / total).T.astype(x.dtype), -1, axis)
    return x.astype(input.dtype)


def antialias_of_bilinear(input, size):
    """Weights do not widen where the image becomes smaller."""
    return _by_triangles(input, size, lambda n, m: 1.0)


def antialias_losing_the_border(input, size):
    """Weights are not one in sum at the border."""
    return _by_triangles(input, size, lambda n, m: max(n / m, 1.0), normed=False)


def antialias_of_corners(input, size):
    """Places are measured from the pixels' corners."""
    return _by_triangles(input, size, lambda n, m: max(n / m, 1.0), half=0.0)


def affine_grid_of_other_corners(theta, size, align_corners=False):
    """align_corners is taken for its opposite."""
    return deformable.affine_grid(theta, size, not align_corners)


def affine_grid_of_rows(theta, size, align_corners=False):
    """Points are (row, column)."""
    return deformable.affine_grid(theta, size, align_corners)[..., ::-1].copy()


def affine_grid_from_the_corner(theta, size, align_corners=False):
    """One pixel lies in the corner."""
    y = deformable.affine_grid(theta, size, align_corners)
    for axis, n in ((1, size[0]), (0, size[1])):
        if n == 1:
            y = y - theta[:, None, None, :, axis]
    return y


def affine_grid_unsummed_vjp(cotangent, theta, size, align_corners=False):
    """The mean over pixels in the place of their sum."""
    (g,) = deformable.affine_grid_vjp(cotangent, theta, size, align_corners)
    return (g / theta.dtype.type(size[0] * size[1]),)


def lp_of_mean(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The mean of the powers."""
    total = pooling.avg_pool2d(input**norm_type, kernel_size, stride, 0, ceil_mode)
    return (total ** (1 / norm_type)).astype(input.dtype)


def lp_of_whole_windows(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """A window at the border is scaled to a whole one."""
    kh, kw = windows._pair(kernel_size)
    total = pooling.avg_pool2d(input**norm_type, kernel_size, stride, 0, ceil_mode) * input.dtype.type(kh * kw)
    return (total ** (1 / norm_type)).astype(input.dtype)


def lp_of_two(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The power is always two."""
    return windows.lp_pool2d(input, 2.0, kernel_size, stride, ceil_mode)


def lp_rootless_vjp(cotangent, input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The root's slope is left out."""
    total = windows.lp_pool2d(input, norm_type, kernel_size, stride, ceil_mode)
    return windows.lp_pool2d_vjp(cotangent * total ** (norm_type - 1), input, norm_type, kernel_size, stride, ceil_mode)


def fractional_across(input, samples, kernel_size, output_size):
    """The first sample places rows."""
    return windows.fractional_max_pool2d(input, samples[..., ::-1], kernel_size, output_size)


def fractional_in_windows(input, samples, kernel_size, output_size):
    """Indices count within rows of the result."""
    y, indices = windows.fractional_max_pool2d(input, samples, kernel_size, output_size)
    return y, indices // input.shape[-1]


def fractional_without_nan(input, samples, kernel_size, output_size):
    """NaN is never the largest."""
    return windows.fractional_max_pool2d(
        np.nan_to_num(input, nan=-np.inf, posinf=np.inf, neginf=-np.inf), samples, kernel_size, output_size
    )


def unpool_filling(input, kernel_size):
    """The largest entry fills its window."""
    y = windows.max_unpool2d(input, kernel_size)
    kh, kw = windows._pair(kernel_size)
    for i in range(0, y.shape[2] // kh * kh, kh):
        for j in range(0, y.shape[3] // kw * kw, kw):
            block = input[..., i : i + kh, j : j + kw]
            y[..., i : i + kh, j : j + kw] = block.max(axis=(-2, -1), keepdims=True)
    return y


def unpool_of_every_equal(input, kernel_size):
    """Every entry that equals the largest is kept."""
    y = windows.max_unpool2d(input, kernel_size)
    kh, kw = windows._pair(kernel_size)
    for i in range(0, y.shape[2] // kh * kh, kh):
        for j in range(0, y.shape[3] // kw * kw, kw):
            block = input[..., i : i + kh, j : j + kw]
            y[..., i : i + kh, j : j + kw] = np.where(block == block.max(axis=(-2, -1), keepdims=True), block, 0)
    return y


def unpool_of_positive(input, kernel_size):
    """What is not positive is not kept."""
    return np.maximum(windows.max_unpool2d(input, kernel_size), 0)


def unpool_everywhere_vjp(cotangent, input, kernel_size):
    """The gradient goes to every entry."""
    return (cotangent.copy(),)


def deform_across(input, offset, weight, bias=None, stride=1, padding=0, dilation=1):
    """Offsets are (x, y)."""
    turned = offset.copy()
    turned[:, 0::2], turned[:, 1::2] = offset[:, 1::2], offset[:, 0::2]
    return deformable.deform_conv2d(input, turned, weight, bias, stride, padding, dilation)


def deform_rows_first(input, offset, weight, bias=None, stride=1, padding=0, dilation=1):
    """All taps' rows stand first."""
    mixed = offset.copy()
    half = offset.shape[1] // 2
    mixed[:, 0::2], mixed[:, 1::2] = offset[:, :half], offset[:, half:]
    return deformable.deform_conv2d(input, mixed, weight, bias, stride, padding, dilation)


def deform_to_the_border(input, offset, weight, bias=None, stride=1, padding=0, dilation=1):
    """Beyond the image there is its border."""
    row, column = deformable._taps(input, offset, weight, stride, padding, dilation, np)
    moved = offset.copy()
    moved[:, 0::2] += np.clip(row, 0, input.shape[2] - 1) - row
    moved[:, 1::2] += np.clip(column, 0, input.shape[3] - 1) - column
    return deformable.deform_conv2d(input, moved, weight, bias, stride, padding, dilation)
