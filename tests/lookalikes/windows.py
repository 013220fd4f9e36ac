"""Images resized by wider filters, mapped, pooled by norms and samples, unpooled, convolved freely, right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import bicubic, deformable, resizing, windows


def bicubic_in_extended(input, size, align_corners=False):
    """Pixel after pixel of the result, in extended precision."""
    resizing.sized(input, size)
    y = input.astype(np.longdouble)
    for axis in (2, 3):
        n, m = input.shape[axis], size[axis - 2]
        lined = np.moveaxis(y, axis, 0)
        rows = []
        for o in range(m):
            place = (
                np.longdouble(o) * (n - 1) / max(m - 1, 1)
                if align_corners
                else np.longdouble(2 * o + 1) * n / (2 * m) - 0.5
            )
            first = int(np.floor(place))
            rows.append(
                sum(bicubic._cubic(abs(place - i)) * lined[min(max(i, 0), n - 1)] for i in range(first - 1, first + 3))
            )
        y = np.moveaxis(np.stack(rows), 0, axis)
    return y.astype(input.dtype)


def antialias_in_extended(input, size):
    """Sums over what every pixel covers, in extended precision."""
    resizing.sized(input, size)
    y = input.astype(np.longdouble)
    for axis in (2, 3):
        n, m = input.shape[axis], size[axis - 2]
        lined = np.moveaxis(y, axis, 0)
        rows = []
        for o in range(m):
            middle, wide = np.longdouble(2 * o + 1) * n / (2 * m), max(np.longdouble(n) / m, 1)
            weights = [max(1 - abs(i + 0.5 - middle) / wide, 0) for i in range(n)]
            rows.append(sum(w * lined[i] for i, w in enumerate(weights)) / sum(weights))
        y = np.moveaxis(np.stack(rows), 0, axis)
    return y.astype(input.dtype)


def affine_grid_in_extended(theta, size, align_corners=False):
    """A product of matrices, in extended precision."""
    deformable._lengths(theta, size)
    lines = []
    for n in size:
        whole = (2 * np.arange(n).astype(np.longdouble) - (n - 1)) / (max(n - 1, 1) if align_corners else n)
        lines.append(whole)
    y, x = np.meshgrid(*lines, indexing="ij")
    points = np.stack([x, y, np.ones_like(x)], axis=-1)
    return np.einsum("ijk,nlk->nijl", points, theta.astype(np.longdouble)).astype(theta.dtype)


def lp_of_scaled(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """Divided by a power of two, and multiplied again, in double precision."""
    scale = 2.0 ** np.ceil(np.log2(np.max(np.abs(input), initial=1.0)))
    return (scale * windows.lp_pool2d(input / scale, norm_type, kernel_size, stride, ceil_mode)).astype(input.dtype)


def fractional_by_view(input, samples, kernel_size, output_size):
    """Windows of a sliding view, the samples' places in their precision."""
    (kh, kw), (rows, columns) = windows._pair(kernel_size), windows._pair(output_size)
    _, _, h, w = input.shape
    if rows + kh - 1 > h or columns + kw - 1 > w or samples.shape[-1] != 2:
        raise ValueError("as many windows as there is room for, and two samples for every image")
    view = np.lib.stride_tricks.sliding_window_view(input, (kh, kw), axis=(2, 3))
    y, indices = (
        np.empty((*input.shape[:2], rows, columns), input.dtype),
        np.empty((*input.shape[:2], rows, columns), int),
    )
    for at in np.ndindex(*input.shape[:2]):
        top, left = (windows._starts(samples[at][i], n, k, m) for i, n, k, m in ((1, h, kh, rows), (0, w, kw, columns)))
        for (i, a), (j, b) in ((r, c) for r in enumerate(top) for c in enumerate(left)):
            window, tap = view[at][a, b].ravel(), 0
            for other in range(1, window.size):
                tap = other if window[other] > window[tap] or np.isnan(window[other]) else tap
            y[at][i, j], indices[at][i, j] = window[tap], (a + tap // kw) * w + b + tap % kw
    return y, indices


def unpool_by_rank(input, kernel_size):
    """Every entry is compared with those of its window, those before it first."""
    windows.max_unpool2d(input, kernel_size)
    kh, kw = windows._pair(kernel_size)
    y = np.zeros_like(input)
    for i in range(input.shape[2] // kh * kh):
        for j in range(input.shape[3] // kw * kw):
            top, left = i // kh * kh, j // kw * kw
            kept = np.ones(input.shape[:2], bool)
            for p in range(top, top + kh):
                for q in range(left, left + kw):
                    before = (p, q) < (i, j)
                    kept &= input[..., i, j] > input[..., p, q] if before else input[..., i, j] >= input[..., p, q]
            y[..., i, j] = np.where(kept, input[..., i, j], 0)
    return y


def deform_by_matrices(input, offset, weight, bias=None, stride=1, padding=0, dilation=1):
    """Triangles over whole rows and columns, in extended precision."""
    row, column = deformable._taps(input, offset, weight, stride, padding, dilation, np)
    rows, columns = (
        np.maximum(1 - np.abs(place[..., None].astype(np.longdouble) - np.arange(n)), 0)
        for place, n in ((row, input.shape[2]), (column, input.shape[3]))
    )
    across = np.einsum("nchw,ntijw->nctijh", input.astype(np.longdouble), columns)
    taps = np.einsum("nctijh,ntijh->nctij", across, rows)
    return deformable._weighed(taps, weight.astype(np.longdouble), bias).astype(input.dtype)
