"""Images rearranged, resized, pooled to a size, sampled, and losses of images, right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import images as right
from reference_impls.activations import widened


def shuffle_by_index(input, upscale_factor):
    """One fancy index."""
    r = upscale_factor
    _, c, h, w = input.shape
    if r < 1 or c % r**2:
        raise ValueError("the channels are a multiple of the factor's square")
    d, i, j = np.arange(c // r**2)[:, None, None], np.arange(h * r)[:, None], np.arange(w * r)
    return input[:, (d * r + i % r) * r + j % r, i // r, j // r]


def unshuffle_by_views(input, downscale_factor):
    """Strided views, stacked."""
    r = downscale_factor
    n, c, h, w = input.shape
    if r < 1 or h % r or w % r:
        raise ValueError("height and width are multiples of the factor")
    parts = [input[:, :, i::r, j::r] for i in range(r) for j in range(r)]
    return np.stack(parts, axis=2).reshape(n, c * r * r, h // r, w // r)


def response_by_logarithm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """A power by logarithm and exponential, in extended precision."""
    x = right._channels(input, size).astype(np.longdouble)
    squares = np.pad(x * x, [(0, 0), (size // 2, (size - 1) // 2), (0, 0), (0, 0)])
    total = sum(squares[:, d : d + input.shape[1]] for d in range(size))
    base = np.longdouble(k) + np.longdouble(alpha) * (total / size)
    return (x / np.exp(np.longdouble(beta) * np.log(base))).astype(input.dtype)


def nearest_by_matrix(input, size, mode="nearest"):
    """The place is told by a search among the borders of pixels."""
    right._places(input, size, mode)
    half = 0.5 if mode == "nearest-exact" else 0.0
    rows, columns = (
        np.searchsorted(np.arange(1, n) * m, (np.arange(m) + half) * n, side="right")
        for n, m in zip(input.shape[-2:], size, strict=True)
    )
    return widened(input)[..., rows[:, None], columns].astype(input.dtype)
