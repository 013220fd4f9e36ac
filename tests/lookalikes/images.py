"""Images rearranged, resized, pooled to a size, sampled, and losses of images, right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import images as right
from reference_impls import resizing, sampling
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


def bilinear_in_extended(input, size, align_corners=False):
    """``numpy.interp``-like, in extended precision, rows first."""
    resizing.sized(input, size)
    x = np.swapaxes(input.astype(np.longdouble), -1, -2)
    y = resizing.interpolate_bilinear(x, size[::-1], align_corners)
    return np.swapaxes(y, -1, -2).astype(input.dtype)


def adaptive_by_windows(input, output_size):
    """Window after window, in extended precision."""
    rows, columns = resizing._windows(input, output_size)
    x = input.astype(np.longdouble)
    y = [[x[..., a:b, c:d].mean(axis=(-1, -2)) for c, d in columns] for a, b in rows]
    return np.stack([np.stack(r, -1) for r in y], -2).astype(input.dtype)


def area_by_windows(input, size):
    """Window after window, in extended precision."""
    resizing.sized(input, size)
    return adaptive_by_windows(input, size)


def adaptive_max_by_sorting(input, output_size):
    """Every window sorted from the last entry on, stably."""
    rows, columns = resizing._windows(input, output_size)
    flat = np.arange(input.shape[-2] * input.shape[-1]).reshape(input.shape[-2:])
    found = []
    for a, b in rows:
        for c, d in columns:
            window = input[..., a:b, c:d].reshape(*input.shape[:-2], (b - a) * (d - c))
            rank = np.where(np.isnan(window), np.inf, window)
            key = np.where(np.isnan(window).any(-1, keepdims=True), np.isnan(window) * 1.0, rank)
            some_nan = np.isnan(window).any(-1)
            last = key.shape[-1] - 1 - key[..., ::-1].argmax(-1)
            tap = np.where(some_nan, last, np.argsort(-key, axis=-1, kind="stable")[..., 0])
            found.append((np.take_along_axis(window, tap[..., None], -1)[..., 0], flat[a:b, c:d].ravel()[tap]))
    shape = (*input.shape[:-2], len(rows), len(columns))
    y, places = (np.stack(parts, -1).reshape(shape) for parts in zip(*found, strict=True))
    return y, places


def sample_by_rows(input, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    """Hat functions over every row and column, in extended precision."""
    points = sampling._points(input, grid.astype(np.longdouble), mode, padding_mode, align_corners)
    kernels = []
    for place, size in zip(points, input.shape[:1:-1], strict=True):
        apart = (np.rint(place) if mode == "nearest" else place)[..., None] - np.arange(size)
        kernels.append(np.maximum(1 - np.abs(apart), 0))
    columns, rows = kernels
    return np.einsum("nchw,nijh,nijw->ncij", input.astype(np.longdouble), rows, columns).astype(input.dtype)
