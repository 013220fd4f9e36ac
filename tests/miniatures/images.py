"""Images rearranged, resized, pooled to a size, sampled, and losses of images, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import images as right
from reference_impls import resizing, sampling
from reference_impls.activations import widened


def shuffle_by_depth(input, upscale_factor):
    """The place in the block goes before the channel."""
    r = upscale_factor
    n, c, h, w = input.shape
    if r < 1 or c % r**2:
        raise ValueError("the channels are a multiple of the factor's square")
    blocks = input.reshape(n, r, r, c // r**2, h, w).transpose(0, 3, 4, 1, 5, 2)
    return blocks.reshape(n, c // r**2, h * r, w * r).copy()


def shuffle_across(input, upscale_factor):
    """Rows and columns of a block are swapped."""
    y = right.pixel_shuffle(input, upscale_factor)
    for i, j in np.ndindex(upscale_factor, upscale_factor):
        y[..., j::upscale_factor, i::upscale_factor] = input[:, i * upscale_factor + j :: upscale_factor**2]
    return y


def shuffle_dropping_channels(input, upscale_factor):
    """Channels that are left are dropped."""
    return right.pixel_shuffle(input[:, : input.shape[1] // upscale_factor**2 * upscale_factor**2], upscale_factor)


def unshuffle_cropping(input, downscale_factor):
    """Rows that are left are dropped."""
    return right.pixel_unshuffle(input[:, :, : input.shape[2] // downscale_factor * downscale_factor], downscale_factor)


def unshuffle_of_view(input, downscale_factor):
    """A factor of one gives the input itself."""
    return input if downscale_factor == 1 else right.pixel_unshuffle(input, downscale_factor)


def response_of_sum(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """alpha is not divided by the number of neighbours."""
    return right.local_response_norm(input, size, alpha * size, beta, k)


def response_from_after(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """Of an even number of neighbours the odd one lies after the channel."""
    return right.local_response_norm(input[:, ::-1], size, alpha, beta, k)[:, ::-1].copy()


def response_held_vjp(cotangent, input, size, alpha=1e-4, beta=0.75, k=1.0):
    """The neighbourhood is a constant."""
    base = right._response(widened(input), size, alpha, k)
    return ((cotangent * base**-beta).astype(input.dtype),)


def nearest_of_middles(input, size, mode="nearest"):
    """Places are measured from the middles of pixels, whatever the mode."""
    right._places(input, size, mode)
    return right.interpolate_nearest(input, size, "nearest-exact")


def nearest_rounded(input, size, mode="nearest"):
    """Places are rounded to the nearest whole number."""
    right._places(input, size, mode)
    rows, columns = (
        np.minimum(np.round(np.arange(m) * n / m).astype(int), n - 1)
        for n, m in zip(input.shape[-2:], size, strict=True)
    )
    return input[..., rows[:, None], columns]


def nearest_once_vjp(cotangent, input, size, mode="nearest"):
    """An entry that was taken twice gets one gradient."""
    rows, columns = right._places(input, size, mode)
    total = np.zeros_like(input)
    total[..., rows[:, None], columns] = cotangent
    return (total,)


def bilinear_of_other_corners(input, size, align_corners=False):
    """align_corners is taken for its opposite."""
    return resizing.interpolate_bilinear(input, size, not align_corners)


def bilinear_beyond_the_border(input, size, align_corners=False):
    """Places before the first entry are continued, not held."""
    y = resizing.interpolate_bilinear(input, size, align_corners)
    if size[1] > 1.5 * input.shape[-1] > 1.5 and not align_corners:
        share = 0.5 * input.shape[-1] / size[1] - 0.5
        rows = resizing.interpolate_bilinear(input, (size[0], input.shape[-1]))
        y[..., 0] += (share * (rows[..., 1] - rows[..., 0])).astype(y.dtype)
    return y


def bilinear_flat_vjp(cotangent, input, size, align_corners=False):
    """Both neighbours get a half."""
    (found,) = resizing.interpolate_bilinear_vjp(cotangent, input, size, align_corners)
    return (np.full_like(found, found.mean()),)


def adaptive_apart(input, output_size):
    """Windows end where the next one begins."""
    y = resizing.adaptive_avg_pool2d(input, output_size)
    m, n = y.shape[-1], input.shape[-1]
    if m > n or y.size == 0:
        return y
    rows, _ = resizing._windows(input, output_size)
    for j in range(m):
        wide = widened(input)[..., j * n // m : (j + 1) * n // m]
        for i, (a, b) in enumerate(rows):
            y[..., i, j] = wide[..., a:b, :].mean(axis=(-2, -1))
    return y


def adaptive_needs_both(input, output_size):
    """A length that is absent is taken for one."""
    given = output_size if isinstance(output_size, (list, tuple)) else (output_size,) * 2
    return resizing.adaptive_avg_pool2d(input, tuple(1 if m is None else m for m in given))


def adaptive_unshared_vjp(cotangent, input, output_size):
    """The gradient is not divided by the number of entries."""
    rows, columns = resizing._windows(input, output_size)
    counts = resizing._counts(rows, columns, input.dtype)
    return resizing.adaptive_avg_pool2d_vjp(cotangent * counts, input, output_size)


def area_of_bilinear(input, size):
    """Weighed between four neighbours."""
    return resizing.interpolate_bilinear(input, size)


def area_in_half(input, size):
    """Sums are rounded to half precision."""
    return resizing.interpolate_area(input.astype(np.float16), size).astype(input.dtype)


def adaptive_last_of_equals(input, output_size):
    """Of equals the last one is taken."""
    y, places = resizing.adaptive_max_pool2d(input[..., ::-1, ::-1], output_size)
    return y[..., ::-1, ::-1].copy(), (input.shape[-2] * input.shape[-1] - 1 - places)[..., ::-1, ::-1].copy()


def adaptive_max_without_nan(input, output_size):
    """NaN is never the maximum."""
    return resizing.adaptive_max_pool2d(np.where(np.isnan(input), -np.inf, input).astype(input.dtype), output_size)


def sample_of_other_corners(input, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    """align_corners is taken for its opposite."""
    return sampling.grid_sample(input, grid, mode, padding_mode, not align_corners)


def sample_across(input, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    """Points are taken for (row, column)."""
    return sampling.grid_sample(input, grid[..., ::-1], mode, padding_mode, align_corners)


def sample_cut_off(input, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    """The nearest entry is the one before."""
    y = sampling.grid_sample(input, grid, mode, padding_mode, align_corners)
    if mode == "nearest":
        column, row = sampling._points(input, grid, mode, padding_mode, align_corners)
        y = sampling._entries(input, np.floor(row), np.floor(column), *input.shape[2:])
    return y
