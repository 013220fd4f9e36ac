"""Images moved, resized and mapped affinely: NumPy and SciPy candidates, some of the NumPy ones with their vjp.

Along an axis a move or a resizing is a product with a matrix of weights, which their vjps transpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.filters import SOURCES

Array = npt.NDArray[Any]

#: What lies beyond the border, by its name in ``scipy.ndimage``; where there is none, a fill value.
BEYOND = {
    "grid-wrap": SOURCES["wrap"],
    "reflect": SOURCES["reflect"],
    "grid-mirror": SOURCES["reflect"],
    "mirror": SOURCES["mirror"],
    "nearest": SOURCES["nearest"],
}


def shift(input: Array, shift: Sequence[float], order: int = 1, mode: str = "constant", cval: float = 0.0) -> Array:
    """A product with a matrix of weights along either axis."""
    return _resampled(input, _moves(input.shape, shift), order, mode, cval)


def shift_vjp(
    cotangent: Array, input: Array, shift: Sequence[float], order: int = 1, mode: str = "constant", cval: float = 0.0
) -> tuple[Array]:
    """A product with the transposed matrices."""
    return (_spread(cotangent, input, _moves(input.shape, shift), order, mode),)


def scipy_shift(
    input: Array, shift: Sequence[float], order: int = 1, mode: str = "constant", cval: float = 0.0
) -> Array:
    """``scipy.ndimage.shift``."""
    from scipy.ndimage import shift as of

    y: Array = of(input, shift, order=order, mode=mode, cval=cval)
    return y


def zoom(
    input: Array, zoom: Sequence[float], mode: str = "constant", cval: float = 0.0, grid_mode: bool = False
) -> Array:
    """A product with a matrix of weights along either axis."""
    return _resampled(input, _zooms(input.shape, zoom, grid_mode), 1, mode, cval)


def zoom_vjp(
    cotangent: Array,
    input: Array,
    zoom: Sequence[float],
    mode: str = "constant",
    cval: float = 0.0,
    grid_mode: bool = False,
) -> tuple[Array]:
    """A product with the transposed matrices."""
    return (_spread(cotangent, input, _zooms(input.shape, zoom, grid_mode), 1, mode),)


def scipy_zoom(
    input: Array, zoom: Sequence[float], mode: str = "constant", cval: float = 0.0, grid_mode: bool = False
) -> Array:
    """``scipy.ndimage.zoom``."""
    from scipy.ndimage import zoom as of

    y: Array = of(input, zoom, order=1, mode=mode, cval=cval, grid_mode=grid_mode)
    return y


def affine_transform(
    input: Array,
    matrix: Sequence[Sequence[float]],
    offset: Sequence[float] = (0.0, 0.0),
    output_shape: Sequence[int] | None = None,
    order: int = 1,
    mode: str = "constant",
    cval: float = 0.0,
) -> Array:
    """Entries gathered at both neighbours of every place, rows first."""
    _known(input, order, mode)
    place = np.einsum(
        "ij,jab->iab", np.array(matrix), np.indices(input.shape if output_shape is None else output_shape)
    )
    place = place + np.reshape(offset, (2, 1, 1))
    rows, columns = (_neighbours(p, n, order, mode) for p, n in zip(place, input.shape, strict=True))
    framed = np.pad(input.astype(np.float64), ((0, 1), (0, 1)), constant_values=cval)
    y = np.zeros(place.shape[1:])
    for i, s in rows:
        for j, t in columns:
            y += s * t * framed[i, j]
    if mode == "constant":
        last = np.reshape(input.shape, (2, 1, 1)) - 1
        y[((place < 0) | (place > last)).any(axis=0)] = cval
    return y.astype(input.dtype)


def scipy_affine_transform(
    input: Array,
    matrix: Sequence[Sequence[float]],
    offset: Sequence[float] = (0.0, 0.0),
    output_shape: Sequence[int] | None = None,
    order: int = 1,
    mode: str = "constant",
    cval: float = 0.0,
) -> Array:
    """``scipy.ndimage.affine_transform``."""
    from scipy.ndimage import affine_transform as of

    shape = None if output_shape is None else tuple(output_shape)
    y: Array = of(input, np.array(matrix), offset, shape, order=order, mode=mode, cval=cval)
    return y


def _known(input: Array, order: int, mode: str) -> None:
    if input.ndim != 2 or 0 in input.shape or order not in (0, 1):
        raise ValueError("an image that is not empty, and an order of 0 or 1")
    if mode not in (*BEYOND, "constant", "grid-constant"):
        raise ValueError("there is no mode of that name")


def _moves(shape: Sequence[int], shift: Sequence[float]) -> list[tuple[Array, Array]]:
    places = [np.arange(n) - s for n, s in zip(shape, shift, strict=True)]
    return [(p, (p < 0) | (p > n - 1)) for p, n in zip(places, shape, strict=True)]


def _zooms(shape: Sequence[int], zoom: Sequence[float], grid_mode: bool) -> list[tuple[Array, Array]]:
    found = []
    for n, factor in zip(shape, zoom, strict=True):
        m = round(n * factor)
        if m < 1:
            raise ValueError("an entry is left")
        o = np.arange(m)
        place = (o + 0.5) * n / m - 0.5 if grid_mode else o * (n - 1) / max(m - 1, 1)
        found.append((place, np.zeros(m, bool)))
    return found


def _neighbours(place: Array, size: int, order: int, mode: str) -> list[tuple[Array, Array]]:
    """Indices and weights; beyond the border, where nothing continues the axis, the index is its length."""
    if order == 0:
        return [(_index(np.floor(place + 0.5).astype(int), size, mode), np.ones(place.shape))]
    first = np.floor(place).astype(int)
    share = place - first
    return [(_index(first, size, mode), 1 - share), (_index(first + 1, size, mode), share)]


def _index(at: Array, size: int, mode: str) -> Array:
    if mode not in BEYOND:
        return np.where((at >= 0) & (at < size), at, size)
    low, high = min(int(at.min()), 0), max(int(at.max()), size - 1)
    return np.asarray(BEYOND[mode](size, -low, high - size + 1))[at - low]


def _matrix(place: Array, size: int, order: int, mode: str) -> tuple[Array, Array]:
    """Weights of entries at every place, and the weight of what lies beyond."""
    whole = np.zeros((len(place), size + 1))
    for index, weight in _neighbours(place, size, order, mode):
        np.add.at(whole, (np.arange(len(place)), index), weight)
    return whole[:, :size], whole[:, size]


def _resampled(input: Array, places: list[tuple[Array, Array]], order: int, mode: str, cval: float) -> Array:
    _known(input, order, mode)
    (rows, above), (columns, left) = (_matrix(p, n, order, mode) for (p, _), n in zip(places, input.shape, strict=True))
    wide = input.astype(np.float64)
    y = rows @ wide @ columns.T + cval * (np.add.outer(above, left) - np.multiply.outer(above, left))
    if mode == "constant":
        y = np.where(places[0][1][:, None] | places[1][1], cval, y)
    return np.asarray(y).astype(input.dtype)


def _spread(cotangent: Array, input: Array, places: list[tuple[Array, Array]], order: int, mode: str) -> Array:
    g = cotangent.astype(np.float64)
    if mode == "constant":
        g = np.where(places[0][1][:, None] | places[1][1], 0, g)
    (rows, _), (columns, _) = (_matrix(p, n, order, mode) for (p, _), n in zip(places, input.shape, strict=True))
    return np.asarray(rows.T @ g @ columns).astype(input.dtype)
