"""Points of an affine map, and convolutions whose taps are moved: NumPy, SciPy and torch candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]
Pair = int | Sequence[int]


def affine_grid(theta: Array, size: Sequence[int], align_corners: bool = False) -> Array:
    """Rows and columns times their coefficients, added."""
    y, x = (_evenly(n, align_corners).astype(theta.dtype) for n in _lengths(theta, size))
    at = theta[:, None, None]
    return np.asarray(at[..., 0] * x[:, None] + at[..., 1] * y[:, None, None] + at[..., 2])


def affine_grid_vjp(cotangent: Array, theta: Array, size: Sequence[int], align_corners: bool = False) -> tuple[Array]:
    """Sums over all pixels, times what the coefficient was multiplied by."""
    y, x = (_evenly(n, align_corners).astype(theta.dtype) for n in size)
    parts = cotangent * x[:, None], cotangent * y[:, None, None], cotangent
    return (np.stack([part.sum(axis=(1, 2)) for part in parts], axis=-1),)


def torch_affine_grid(theta: torch.Tensor, size: Sequence[int], align_corners: bool = False) -> torch.Tensor:
    """``torch.nn.functional.affine_grid`` of images of one channel."""
    import torch

    return torch.nn.functional.affine_grid(theta, [len(theta), 1, *size], align_corners)


def deform_conv2d(
    input: Array,
    offset: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> Array:
    """The four entries about every moved tap, gathered and weighed, then a product with the weights."""
    row, column = _taps(input, offset, weight, stride, padding, dilation, np)
    top, left = np.floor(row), np.floor(column)
    s, t = (row - top)[:, None], (column - left)[:, None]
    found = np.zeros((len(input), input.shape[1], *row.shape[1:]), input.dtype)
    for down, share in ((0, 1 - s), (1, s)):
        for along, other in ((0, 1 - t), (1, t)):
            found += share * other * _entries(input, top + down, left + along)
    return _weighed(found, weight, bias)


def scipy_deform_conv2d(
    input: Array,
    offset: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> Array:
    """``scipy.ndimage.map_coordinates`` of each channel at the moved taps, then a product with the weights."""
    from scipy.ndimage import map_coordinates

    row, column = _taps(input, offset, weight, stride, padding, dilation, np)
    found = np.empty((len(input), input.shape[1], *row.shape[1:]), input.dtype)
    for n, c in np.ndindex(input.shape[:2]):
        found[n, c] = map_coordinates(input[n, c], (row[n], column[n]), order=1, mode="grid-constant")
    return _weighed(found, weight, bias)


def torch_deform_conv2d(
    input: torch.Tensor,
    offset: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> torch.Tensor:
    """The four entries about every moved tap by ``gather``, then a product with the weights."""
    import torch

    row, column = _taps(input, offset, weight, stride, padding, dilation, torch)
    (images, channels, height, width), taps = input.shape, row.shape[1:]
    flat = input.reshape(images, channels, height * width)
    found: Any = 0
    for down in (0, 1):
        for along in (0, 1):
            i, j = row.detach().floor() + down, column.detach().floor() + along
            share = (1 - (row - i).abs()) * (1 - (column - j).abs())
            inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
            place = torch.where(inside, i * width + j, 0).long().reshape(images, 1, -1)
            entries = flat.gather(2, place.expand(-1, channels, -1)).reshape(images, channels, *taps)
            found = found + torch.where(inside, share, 0)[:, None] * entries
    y = torch.einsum("nctij,oct->noij", found, weight.flatten(2))
    return y if bias is None else y + bias[:, None, None]


def _evenly(size: int, align_corners: bool) -> Array:
    whole = np.linspace(-1, 1, size) if size > 1 else np.zeros(1)
    return whole if align_corners else whole * (size - 1) / size


def _lengths(theta: Array, size: Sequence[int]) -> Sequence[int]:
    if theta.ndim != 3 or theta.shape[1:] != (2, 3) or len(size) != 2 or min(size) < 1:
        raise ValueError("maps are 2 x 3, and an image has rows and columns")
    return size


def _pair(value: Pair) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int) else value
    return first, second


def _taps(
    input: Any, offset: Any, weight: Any, stride: Pair, padding: Pair, dilation: Pair, library: Any
) -> tuple[Any, Any]:
    """Rows and columns that the taps of every window read, (N, taps, rows, columns)."""
    _, taps, kh, kw = weight.shape
    (sh, sw), (ph, pw), (dh, dw) = _pair(stride), _pair(padding), _pair(dilation)
    if min(sh, sw, dh, dw) < 1 or min(ph, pw) < 0 or input.shape[1] != taps:
        raise ValueError("strides and dilations are positive, and weights have the image's channels")
    spans = (input.shape[2] + 2 * ph - dh * (kh - 1) - 1, input.shape[3] + 2 * pw - dw * (kw - 1) - 1)
    out = (spans[0] // sh + 1, spans[1] // sw + 1)
    if tuple(offset.shape) != (len(input), 2 * kh * kw, *out):
        raise ValueError("there are two numbers for every tap of every window")
    a, b = library.arange(kh)[:, None] * dh, library.arange(kw) * dw
    rows, columns = library.arange(out[0])[:, None] * sh - ph, library.arange(out[1]) * sw - pw
    first = (a + 0 * b).reshape(kh * kw)[:, None, None] + rows
    second = (b + 0 * a).reshape(kh * kw)[:, None, None] + columns
    return offset[:, 0::2] + first, offset[:, 1::2] + second


def _entries(image: Array, row: Array, column: Array) -> Array:
    """Entries at whole places, (N, C, taps, rows, columns); beyond the image there are zeros."""
    inside = (row >= 0) & (row < image.shape[2]) & (column >= 0) & (column < image.shape[3])
    i, j = np.where(inside, row, 0).astype(int), np.where(inside, column, 0).astype(int)
    n = np.arange(len(image))[:, None, None, None]
    return np.where(inside[:, None], np.moveaxis(image[n, :, i, j], -1, 1), 0)


def _weighed(taps: Array, weight: Array, bias: Array | None) -> Array:
    y = np.einsum("nctij,oct->noij", taps, weight.reshape(*weight.shape[:2], taps.shape[2]), optimize=True)
    return np.ascontiguousarray(y if bias is None else y + bias[:, None, None])
