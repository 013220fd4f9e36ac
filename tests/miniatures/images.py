"""Images rearranged, resized, pooled to a size, sampled, and losses of images, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import images as right
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
