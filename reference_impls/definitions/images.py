"""Images rearranged, resized, pooled to a size, sampled at points, and divided by their neighbourhood."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference_impls.definitions.pooling import largest_of

Places = NDArray[np.intp]


def shuffled(input: Any, r: int, parts: str) -> Any:
    """Channels dealt out to blocks of r x r entries.

    ``parts`` are what the channels consist of, the slowest first: ``c`` the channels that stay, ``i`` and ``j`` the row and
    the column in a block.
    """
    n, c, h, w = input.shape
    named = f"n{parts}hw"
    lengths = {"n": n, "c": c // r**2, "i": r, "j": r, "h": h, "w": w}
    blocks = np.reshape(input, tuple(lengths[axis] for axis in named))
    return np.reshape(np.transpose(blocks, tuple(map(named.index, "nchiwj"))), (n, c // r**2, h * r, w * r))


def unshuffled(input: Any, r: int, parts: str) -> Any:
    """Blocks of r x r entries gathered in channels, which consist of ``parts``, the slowest first, as in ``shuffled``."""
    n, c, h, w = input.shape
    blocks = np.reshape(input, (n, c, h // r, r, w // r, r))
    return np.reshape(np.transpose(blocks, tuple(map("nchiwj".index, f"n{parts}hw"))), (n, c * r**2, h // r, w // r))


def pixel_shuffle(input: Any, *, upscale_factor: int) -> Any:
    """``y[n, c, h r + i, w r + j] = x[n, (c r + i) r + j, h, w]``."""
    return shuffled(input, upscale_factor, "cij")


def pixel_unshuffle(input: Any, *, downscale_factor: int) -> Any:
    """``y[n, (c r + i) r + j, h, w] = x[n, c, h r + i, w r + j]``."""
    return unshuffled(input, downscale_factor, "cij")


def neighbours(input: Any, size: int, before: int) -> Any:
    """The sum of squares over ``size`` channels, from so many ``before`` each on, zero beyond them."""
    squares = np.pad(np.square(input), [(0, 0), (before, size - 1 - before), (0, 0), (0, 0)])
    return np.sum(squares[:, np.arange(input.shape[1])[:, None] + np.arange(size)], axis=2)


def local_response_norm(input: Any, *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """``x_c / (k + alpha/size sum of x_d^2)^beta``, d from ``c - size // 2`` on, ``size`` channels, zero beyond them."""
    return input / (k + alpha * (neighbours(input, size, size // 2) / size)) ** beta


def local_response_norm_by_product(
    input: Any, *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """The same as a product with ``(k + alpha/size sum of x_d^2)^-beta``."""
    return input * (k + alpha * (neighbours(input, size, size // 2) / size)) ** -beta


local_response_norm.legal = (local_response_norm_by_product,)  # type: ignore[attr-defined]


def nearest_places(size: int, out: int, mode: str) -> Places:
    """``floor(o n / m)``; of ``nearest-exact`` ``floor((o + 1/2) n / m)``, the entry that the middle of a pixel meets."""
    o = np.arange(out)
    return o * size // out if mode == "nearest" else (2 * o + 1) * size // (2 * out)


def interpolate_nearest(input: Any, *, size: Sequence[int], mode: str = "nearest") -> Any:
    """``y[o, p] = x[floor(o H / H'), floor(p W / W')]``, for ``nearest-exact`` from the middles of pixels."""
    rows, columns = (nearest_places(n, m, mode) for n, m in zip(input.shape[-2:], size, strict=True))
    return input[..., rows[:, None], columns]


def zero_of(input: Any) -> Any:
    """Zero in the input's arithmetic: what is computed from sizes is then computed in its precision."""
    return np.sum(np.reshape(input, (-1,))[:0].real)


def _linear(zero: Any, size: int, out: int, align_corners: bool) -> list[tuple[Places, Any]]:
    """The entries about every pixel along an axis, with their weights.

    At a whole place, which may be rounded below itself, the entry before counts as far as the rounding goes.
    """
    o = np.arange(out)
    if align_corners:
        above, below = o * (size - 1), max(out - 1, 1)
        place = (zero + (size - 1)) / below * o
    else:
        beyond, below = (2 * o + 1) * size - out, 2 * out
        above = np.maximum(beyond, 0)
        place = np.where(beyond >= 0, (zero + size) / out * (o + 0.5) - 0.5, 0)
    first = np.minimum(above // below, size - 1)
    share = place - first
    before, second = np.maximum(first - 1, 0), np.minimum(first + 1, size - 1)
    return [(before, np.maximum(-share, 0)), (first, 1 - np.abs(share)), (second, np.maximum(share, 0))]


def _between(lined: Any, near: list[tuple[Places, Any]]) -> Any:
    """The entries about every pixel along a last axis, weighed; what is no number before a whole place does not count."""
    (before, less), *others = near
    earlier = np.where(np.isfinite(lined[..., before]), lined[..., before], 0)
    return earlier * less + sum(lined[..., at] * share for at, share in others)


def interpolate_bilinear(input: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """``y = (1 - s)((1 - t) x[i, j] + t x[i, j + 1]) + s((1 - t) x[i + 1, j] + t x[i + 1, j + 1])``.

    ``i + s`` is ``o (H - 1) / (H' - 1)`` with ``align_corners``, else ``max((o + 1/2) H / H' - 1/2, 0)``; beyond the
    last row there is the last one again.
    """
    zero = zero_of(input)
    rows, columns = (_linear(zero, n, m, align_corners) for n, m in zip(input.shape[-2:], size, strict=True))
    tall = _between(np.swapaxes(input, -1, -2), rows)
    return _between(np.swapaxes(tall, -1, -2), columns)


def _borders(size: int, out: int) -> list[tuple[int, int]]:
    """First entry and end of every window: ``floor(o n / m)`` and ``ceil((o + 1) n / m)``."""
    return [(o * size // out, -(-(o + 1) * size // out)) for o in range(out)]


def _lengths(shape: Any, output_size: Any) -> tuple[int, int]:
    """Rows and columns of the result: one number is both, None keeps the image's."""
    asked = (output_size, output_size) if output_size is None or np.ndim(output_size) == 0 else output_size
    rows, columns = (n if m is None else m for n, m in zip(shape[-2:], asked, strict=True))
    return int(rows), int(columns)


def adaptive_avg_pool2d(input: Any, *, output_size: Any) -> Any:
    """Means over windows from ``floor(o H / H')`` to ``ceil((o + 1) H / H')``, which together cover the image."""
    rows, columns = (_borders(n, m) for n, m in zip(input.shape[-2:], _lengths(input.shape, output_size), strict=True))
    means = [[np.mean(input[..., a:b, c:d], axis=(-2, -1)) for c, d in columns] for a, b in rows]
    return np.stack([np.stack(row, axis=-1) for row in means], axis=-2)


def adaptive_avg_pool2d_by_sides(input: Any, *, output_size: Any) -> Any:
    """The same, the sum divided by the window's height, then by its width."""
    rows, columns = (_borders(n, m) for n, m in zip(input.shape[-2:], _lengths(input.shape, output_size), strict=True))
    means = [[np.sum(input[..., a:b, c:d], axis=(-2, -1)) / (b - a) / (d - c) for c, d in columns] for a, b in rows]
    return np.stack([np.stack(row, axis=-1) for row in means], axis=-2)


adaptive_avg_pool2d.legal = (adaptive_avg_pool2d_by_sides,)  # type: ignore[attr-defined]


def interpolate_area_by_sides(input: Any, *, size: Sequence[int]) -> Any:
    """The same, the sum divided by the height, then by the width of what is covered."""
    return adaptive_avg_pool2d_by_sides(input, output_size=size)


def interpolate_area(input: Any, *, size: Sequence[int]) -> Any:
    """The mean of what each pixel covers: adaptive pooling."""
    return adaptive_avg_pool2d(input, output_size=size)


interpolate_area.legal = (interpolate_area_by_sides,)  # type: ignore[attr-defined]


@lru_cache(maxsize=64)
def _covered(height: int, width: int, rows: int, columns: int) -> Places:
    """Flat places of every window's entries, (rows, columns, most in a window); one past the end where it has fewer."""
    found = [
        [(np.arange(a, b)[:, None] * width + np.arange(c, d)).ravel() for c, d in _borders(width, columns)]
        for a, b in _borders(height, rows)
    ]
    most = max(len(window) for row in found for window in row)
    return np.array([[np.pad(w, (0, most - len(w)), constant_values=height * width) for w in row] for row in found])


def adaptive_max_pool2d(input: Any, *, output_size: Any) -> tuple[Any, Any]:
    """The largest entry of each window of ``adaptive_avg_pool2d``, and its flat place in the image.

    The first of equals; of several NaN the last.
    """
    *_, h, w = input.shape
    return largest_of(input, _covered(h, w, *_lengths(input.shape, output_size)))
