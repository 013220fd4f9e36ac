"""What goes wrong where images are rearranged, resized, sampled, pooled to a size, or divided by their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference_impls.definitions import images, sampling


def shuffled_by_depth(input: Any, *, upscale_factor: int) -> Any:
    """The place in the block goes before the channel: TensorFlow's depth_to_space."""
    return images.shuffled(input, upscale_factor, "ijc")


def shuffled_across(input: Any, *, upscale_factor: int) -> Any:
    """Rows and columns of a block are swapped."""
    return images.shuffled(input, upscale_factor, "cji")


def unshuffled_by_depth(input: Any, *, downscale_factor: int) -> Any:
    """The place in the block goes before the channel: TensorFlow's space_to_depth."""
    return images.unshuffled(input, downscale_factor, "ijc")


def unshuffled_across(input: Any, *, downscale_factor: int) -> Any:
    """Rows and columns of a block are swapped."""
    return images.unshuffled(input, downscale_factor, "cji")


def response_of_sum(input: Any, *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """alpha is not divided by the number of neighbours: TensorFlow's and the paper's."""
    return images.local_response_norm(input, size=size, alpha=alpha * size, beta=beta, k=k)


def response_of_present(input: Any, *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """The mean is over the neighbours that there are."""
    channels = input.shape[1]
    at = np.arange(channels)
    there = np.minimum(at + (size - 1) // 2 + 1, channels) - np.maximum(at - size // 2, 0)
    total = images.neighbours(input, size, size // 2)
    return input / (k + alpha * (total / there[:, None, None])) ** beta


def response_from_after(input: Any, *, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """Of an even number of neighbours the odd one lies after the channel."""
    return input / (k + alpha * (images.neighbours(input, size, (size - 1) // 2) / size)) ** beta


def nearest_of_middles(input: Any, *, size: Sequence[int], mode: str = "nearest") -> Any:
    """Places are measured from the middles of pixels, whatever the mode."""
    return images.interpolate_nearest(input, size=size, mode="nearest-exact")


def nearest_of_corners(input: Any, *, size: Sequence[int], mode: str = "nearest") -> Any:
    """The corners of both images are put upon each other."""
    rows, columns = (
        np.floor(np.arange(m) * (n - 1) / max(m - 1, 1) + 0.5).astype(int)
        for n, m in zip(input.shape[-2:], size, strict=True)
    )
    return input[..., rows[:, None], columns]


def bilinear_of_other_corners(input: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """align_corners is taken for its opposite."""
    return images.interpolate_bilinear(input, size=size, align_corners=not align_corners)


def bilinear_without_half(input: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """Places are ``o H / H'``: TensorFlow 1's."""
    if align_corners:
        return images.interpolate_bilinear(input, size=size, align_corners=True)
    (up, down, s), (left, right, t) = (_plain(n, m) for n, m in zip(input.shape[-2:], size, strict=True))
    rows = input[..., up, :] * (1 - s)[:, None] + input[..., down, :] * s[:, None]
    return rows[..., left] * (1 - t) + rows[..., right] * t


def _plain(size: int, out: int) -> tuple[Any, Any, Any]:
    above = np.arange(out) * size
    first = above // out
    return first, np.minimum(first + 1, size - 1), above / out - first


def _pooled(input: Any, output_size: Any, start: Any, stop: Any) -> Any:
    height, width = images._lengths(input.shape, output_size)
    rows, columns = (
        [(start(o, n, m), stop(o, n, m)) for o in range(m)]
        for n, m in zip(input.shape[-2:], (height, width), strict=True)
    )
    means = [[np.mean(input[..., a:b, c:d], axis=(-2, -1)) for c, d in columns] for a, b in rows]
    return np.stack([np.stack(row, axis=-1) for row in means], axis=-2)


def averaged_apart(input: Any, *, output_size: Any) -> Any:
    """Windows end where the next one begins."""
    return _pooled(
        input, output_size, lambda o, n, m: o * n // m, lambda o, n, m: max((o + 1) * n // m, o * n // m + 1)
    )


def averaged_evenly(input: Any, *, output_size: Any) -> Any:
    """All windows have the same length, ``ceil(H / H')``, and the last ones begin earlier."""
    return _pooled(
        input,
        output_size,
        lambda o, n, m: min(o * n // m, n + -n // m),
        lambda o, n, m: min(o * n // m, n + -n // m) - (-n // m),
    )


def area_apart(input: Any, *, size: Sequence[int]) -> Any:
    """Windows end where the next one begins."""
    return averaged_apart(input, output_size=size)


def area_of_bilinear(input: Any, *, size: Sequence[int]) -> Any:
    """Interpolated between four neighbours."""
    return images.interpolate_bilinear(input, size=size)


def places_in_windows(input: Any, *, output_size: Any) -> Any:
    """Indices count within rows of the window's width."""
    output, places = images.adaptive_max_pool2d(input, output_size=output_size)
    return output, places // input.shape[-1]


def largest_in_size(input: Any, *, output_size: Any) -> Any:
    """The entry that is largest in absolute value is taken."""
    _, places = images.adaptive_max_pool2d(np.abs(input), output_size=output_size)
    flat = np.reshape(input, (*input.shape[:-2], -1))
    return np.reshape(np.take_along_axis(flat, np.reshape(places, (*places.shape[:-2], -1)), -1), places.shape), places


def sampled_at_other_corners(
    input: Any, grid: Any, *, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """align_corners is taken for its opposite."""
    return sampling.grid_sample(input, grid, mode=mode, padding_mode=padding_mode, align_corners=not align_corners)


def sampled_across(
    input: Any, grid: Any, *, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """Points are taken for (row, column)."""
    turned = grid[..., ::-1]
    return sampling.grid_sample(input, turned, mode=mode, padding_mode=padding_mode, align_corners=align_corners)


def sampled_to_the_border(
    input: Any, grid: Any, *, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """Beyond the border there is the border whatever the mode."""
    return sampling.grid_sample(input, grid, mode=mode, padding_mode="border", align_corners=align_corners)
