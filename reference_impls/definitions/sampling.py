"""Images sampled at points that are given."""

from __future__ import annotations

from typing import Any

import numpy as np


def grid_sample(
    input: Any, grid: Any, *, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """``y[n, c, o, p] = sum over i, j of x[n, c, i, j] k(row - i) k(column - j)`` at the point that the grid gives.

    ``k(d) = max(0, 1 - |d|)``, or of ``nearest`` 1 where the rounded place is meant. The grid's (x, y) go from -1 to
    1, of corner pixels' middles with ``align_corners``, else of their outer borders.
    """
    columns = _kernel(grid[..., 0], input.shape[3], mode, padding_mode, align_corners)
    rows = _kernel(grid[..., 1], input.shape[2], mode, padding_mode, align_corners)
    return np.einsum("nchw,nijh,nijw->ncij", input, rows, columns)


def _kernel(of: Any, size: int, mode: str, padding_mode: str, align_corners: bool) -> Any:
    """How much every entry of an axis counts, along a last axis."""
    place = (of + 1) / 2 * (size - 1) if align_corners else ((of + 1) * size - 1) / 2
    if padding_mode == "border":
        place = np.clip(place, 0, size - 1)
    at = np.arange(size)
    if mode == "nearest":
        return np.where(np.rint(place)[..., None] == at, 1.0, 0.0)
    return np.maximum(1 - np.abs(place[..., None] - at), 0)
