"""Images resized and pooled to a size: NumPy and SciPy candidates, the NumPy ones with their vjp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened

Array = npt.NDArray[Any]


def interpolate_bilinear(input: Array, size: Sequence[int], align_corners: bool = False) -> Array:
    """Columns between their neighbours, then rows."""
    x = widened(input)
    sized(x, size)
    for axis, m in ((-1, size[1]), (-2, size[0])):
        first, second, share = _neighbours(x, axis, m, align_corners)
        x = np.take(x, first, axis) * (1 - share) + np.take(x, second, axis) * share
    return x.astype(input.dtype, copy=False)


def interpolate_bilinear_vjp(
    cotangent: Array, input: Array, size: Sequence[int], align_corners: bool = False
) -> tuple[Array]:
    """Rows are added up to both neighbours, then columns."""
    g = widened(cotangent)
    for axis in (-2, -1):
        first, second, share = _neighbours(input.astype(g.dtype), axis, g.shape[axis], align_corners)
        total = np.zeros((*g.shape[:axis], input.shape[axis], *g.shape[axis:][1:]), g.dtype)
        rest = (slice(None),) * (-1 - axis)
        np.add.at(total, (..., first, *rest), g * (1 - share))
        np.add.at(total, (..., second, *rest), g * share)
        g = total
    return (g.astype(input.dtype, copy=False),)


def scipy_interpolate_bilinear(input: Array, size: Sequence[int], align_corners: bool = False) -> Array:
    """``scipy.ndimage.zoom`` of order 1 along the last two axes: its ``grid_mode`` is the middles of pixels."""
    from scipy.ndimage import zoom

    sized(input, size)
    factors = [1.0] * (input.ndim - 2) + [m / n for n, m in zip(input.shape[-2:], size, strict=True)]
    y: Array = zoom(input, factors, order=1, mode="nearest", grid_mode=not align_corners)
    return y


def adaptive_avg_pool2d(input: Array, output_size: Any) -> Array:
    """Differences of borders' running sums would lose digits: every window is summed, rows first."""
    rows, columns = _windows(input, output_size)
    x = widened(input)
    tall = np.stack([x[..., a:b, :].sum(axis=-2) for a, b in rows], axis=-2)
    total = np.stack([tall[..., c:d].sum(axis=-1) for c, d in columns], axis=-1)
    return np.asarray(total / _counts(rows, columns, x.dtype)).astype(input.dtype, copy=False)


def adaptive_avg_pool2d_vjp(cotangent: Array, input: Array, output_size: Any) -> tuple[Array]:
    """Every entry of a window gets the window's gradient over its number of entries."""
    rows, columns = _windows(input, output_size)
    g = widened(cotangent)
    share = g / _counts(rows, columns, g.dtype)
    total = np.zeros(input.shape, g.dtype)
    for (i, (a, b)), (j, (c, d)) in ((r, s) for r in enumerate(rows) for s in enumerate(columns)):
        total[..., a:b, c:d] += share[..., i, j, None, None]
    return (total.astype(input.dtype, copy=False),)


def interpolate_area(input: Array, size: Sequence[int]) -> Array:
    """Adaptive pooling."""
    sized(input, size)
    return adaptive_avg_pool2d(input, size)


def interpolate_area_vjp(cotangent: Array, input: Array, size: Sequence[int]) -> tuple[Array]:
    """That of adaptive pooling."""
    return adaptive_avg_pool2d_vjp(cotangent, input, size)


def adaptive_max_pool2d(input: Array, output_size: Any) -> tuple[Array, Array]:
    """The maximum of every window and its place, window after window."""
    rows, columns = _windows(input, output_size)
    shape = (*input.shape[:-2], len(rows), len(columns))
    output, indices = np.empty(shape, input.dtype), np.empty(shape, np.int64)
    for (i, (a, b)), (j, (c, d)) in ((r, s) for r in enumerate(rows) for s in enumerate(columns)):
        window = input[..., a:b, c:d].reshape(*input.shape[:-2], (b - a) * (d - c))
        tap = _first_largest(window)
        output[..., i, j] = np.take_along_axis(window, tap[..., None], -1)[..., 0]
        indices[..., i, j] = (a + tap // (d - c)) * input.shape[-1] + c + tap % (d - c)
    return output, indices


def adaptive_max_pool2d_vjp(cotangent: Array, input: Array, output_size: Any) -> tuple[Array]:
    """Every gradient is added at the place of its maximum."""
    _, indices = adaptive_max_pool2d(input, output_size)
    lead = input.shape[:-2]
    total = np.zeros((*lead, input.shape[-2] * input.shape[-1]), widened(cotangent).dtype)
    flat = indices.reshape(*lead, indices.shape[-2] * indices.shape[-1])
    where = tuple(axis[..., None] for axis in np.indices(lead, sparse=True))
    np.add.at(total, (*where, flat), cotangent.reshape(flat.shape))
    return (total.reshape(input.shape).astype(input.dtype, copy=False),)


def _first_largest(window: Array) -> Array:
    nan = np.isnan(window)
    last = window.shape[-1] - 1 - nan[..., ::-1].argmax(axis=-1)
    return np.where(nan.any(axis=-1), last, np.where(nan, -np.inf, window).argmax(axis=-1))


def _neighbours(x: Array, axis: int, out: int, align_corners: bool) -> tuple[Array, Array, Array]:
    """Both neighbours of every pixel along an axis, and the share of the second one, laid along that axis."""
    size, o = x.shape[axis], np.arange(out)
    place = o * (size - 1) / max(out - 1, 1) if align_corners else np.maximum((o + 0.5) * size / out - 0.5, 0)
    first = np.minimum(np.floor(place).astype(int), size - 1)
    share = (place - first).astype(x.dtype)
    return first, np.minimum(first + 1, size - 1), share if axis == -1 else share[:, None]


def sized(input: Array, size: Sequence[int]) -> None:
    """Raises ValueError where images have no four axes, or no pixel, or the size is none."""
    if input.ndim != 4:
        raise ValueError("images have four axes: N, C, H, W")
    if len(size) != 2 or min(size) < 1 or min(input.shape[-2:]) < 1:
        raise ValueError("there are two lengths, none of them zero")


def _windows(input: Array, output_size: Any) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    asked = (output_size, output_size) if output_size is None or np.ndim(output_size) == 0 else tuple(output_size)
    if len(asked) != 2:
        raise ValueError("there are two lengths")
    lengths = [n if m is None else m for n, m in zip(input.shape[-2:], asked, strict=True)]
    sized(input, lengths)
    rows, columns = (
        [(o * n // m, -(-(o + 1) * n // m)) for o in range(m)] for n, m in zip(input.shape[-2:], lengths, strict=True)
    )
    return rows, columns


def _counts(rows: list[tuple[int, int]], columns: list[tuple[int, int]], dtype: Any) -> Array:
    return np.multiply.outer([b - a for a, b in rows], [d - c for c, d in columns]).astype(dtype)
