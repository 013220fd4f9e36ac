"""Images sampled at points that are given: NumPy, SciPy and torch candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def grid_sample(
    input: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Array:
    """The four entries about each point, or the nearest one, gathered and weighed."""
    column, row = _points(input, grid, mode, padding_mode, align_corners)
    height, width = input.shape[2:]
    image = widened(input)
    if mode == "nearest":
        y = _entries(image, np.rint(row), np.rint(column), height, width)
        return y.astype(input.dtype, copy=False)
    top, left = np.floor(row), np.floor(column)
    s, t = (row - top)[:, None], (column - left)[:, None]
    y = np.zeros((*input.shape[:2], *grid.shape[1:3]), image.dtype)
    for down, share in ((0, 1 - s), (1, s)):
        for along, other in ((0, 1 - t), (1, t)):
            y += share * other * _entries(image, top + down, left + along, height, width)
    return y.astype(input.dtype, copy=False)


def scipy_grid_sample(
    input: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Array:
    """``scipy.ndimage.map_coordinates`` of each channel: order 1, or order 0 at rounded places."""
    from scipy.ndimage import map_coordinates

    column, row = (p.astype(np.float64) for p in _points(input, grid, mode, padding_mode, align_corners))
    if mode == "nearest":
        column, row = np.rint(column), np.rint(row)
    y = np.empty((*input.shape[:2], *grid.shape[1:3]), input.dtype)
    for n, c in np.ndindex(input.shape[:2]):
        y[n, c] = map_coordinates(input[n, c], (row[n], column[n]), order=int(mode == "bilinear"), mode="grid-constant")
    return y


def torch_grid_sample(
    input: torch.Tensor,
    grid: torch.Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> torch.Tensor:
    """``torch.nn.functional.grid_sample`` with a readable signature."""
    import torch

    return torch.nn.functional.grid_sample(input, grid, mode, padding_mode, align_corners)


def _points(input: Array, grid: Array, mode: str, padding_mode: str, align_corners: bool) -> tuple[Array, Array]:
    """Columns and rows in pixels."""
    if input.ndim != 4 or grid.ndim != 4 or grid.shape[3] != 2 or len(grid) != len(input):
        raise ValueError("an image (N, C, H, W) and points (N, H', W', 2)")
    if mode not in ("bilinear", "nearest") or padding_mode not in ("zeros", "border"):
        raise ValueError("the mode is bilinear or nearest, beyond the border there are zeros or the border")
    if 0 in input.shape[1:]:
        raise ValueError("there is something to sample")
    points = widened(grid)
    found = []
    for axis, size in ((0, input.shape[3]), (1, input.shape[2])):
        g = points[..., axis]
        place = (g + 1) / 2 * (size - 1) if align_corners else ((g + 1) * size - 1) / 2
        found.append(np.clip(place, 0, size - 1) if padding_mode == "border" else place)
    return found[0], found[1]


def _entries(image: Array, row: Array, column: Array, height: int, width: int) -> Array:
    """Entries at whole places, (N, C, H', W'); beyond the image there are zeros."""
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    i, j = np.where(inside, row, 0).astype(int), np.where(inside, column, 0).astype(int)
    n = np.arange(len(image))[:, None, None]
    return np.where(inside[:, None], np.moveaxis(image[n, :, i, j], -1, 1), 0)
