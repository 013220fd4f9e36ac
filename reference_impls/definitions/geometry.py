"""Images moved, resized and mapped affinely: values between entries, by the spline of order 0, 1 or 3 through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference_impls.definitions.images import zero_of
from reference_impls.definitions.padding import circular, nearest, reflected, symmetric

#: Where entries beyond the border are found, by scipy.ndimage's names of the ways to continue an axis.
BEYOND = {
    "grid-wrap": circular,
    "reflect": symmetric,
    "grid-mirror": symmetric,
    "mirror": reflected,
    "nearest": nearest,
}

#: Where a value is wanted along an axis, in two parts: a whole number, and what is beyond it in the arithmetic.
Place = tuple[NDArray[np.intp], Any]


#: Places that are whole multiples of its inverse are found without a rounding.
FINEST = 1024


def placed(zero: Any, place: Any, found: Any) -> Place:
    """A place as a number, and as the arithmetic finds it, whose roundings count where it has more than a few digits."""
    first = np.floor(place).astype(int)
    few = bool(np.all(place * FINEST % 1 == 0))
    return first, zero + (place - first) if few else found - first


def _mapped(found: Any, size: int) -> Any:
    """A place with the rounding of one within the axis: from beyond it is mapped there by its length."""
    return (found + size) - size


def basis(share: Any, order: int) -> list[tuple[int, Any]]:
    """Neighbours, by their distance from the whole place, and the B-spline's values there."""
    if order == 0:
        return [(0, np.where(share < 0.5, 1.0, 0.0)), (1, np.where(share < 0.5, 0.0, 1.0))]
    if order == 1:
        # at a whole place, which may be rounded below itself, the entry before counts as far as the rounding goes
        return [(-1, np.maximum(-share, 0)), (0, 1 - np.abs(share)), (1, np.maximum(share, 0))]
    t, s = share, 1 - share
    cubic = (s**3, 4 - 6 * t**2 + 3 * t**3, 4 - 6 * s**2 + 3 * s**3, t**3)
    return [(k - 1, weight / 6) for k, weight in enumerate(cubic)]


def coefficients(zero: Any, lined: Any, mode: str) -> Any:
    """What B-splines through the entries of a last axis are multiplied by: ``(c[i-1] + 4 c[i] + c[i+1]) / 6 = x[i]``."""
    n = lined.shape[-1]
    if n == 1:
        return lined
    i = np.arange(n)
    matrix = np.zeros((n, n))
    for step, weight in ((-1, 1), (0, 4), (1, 1)):
        np.add.at(matrix, (i, BEYOND[mode](i + step, n)), weight)
    return np.matmul(lined, 6 * np.linalg.inv(matrix + zero).T)


def between(lined: Any, place: Place, order: int, mode: str, cval: float) -> Any:
    """Values of a last axis at places: sums of entries, continued by ``mode``, times the spline's values."""
    first, share = place
    n = lined.shape[-1]
    lined = coefficients(zero_of(lined), lined, mode) if order == 3 else lined
    longer = np.concatenate([lined, np.full((*lined.shape[:-1], 1), cval)], axis=-1)
    total = np.zeros((*lined.shape[:-1], *first.shape))
    for step, weight in basis(share, order):
        at = first + step
        inside = BEYOND[mode](at, n) if mode in BEYOND else np.where((at >= 0) & (at < n), at, n)
        total = total + longer[..., inside] * weight
    return total


def outside(place: Any, size: int) -> Any:
    """Where a place is not between the first and the last entry."""
    return (place < 0) | (place > size - 1)


def moved(input: Any, places: Sequence[tuple[Place, Any]], order: int, mode: str, cval: float) -> Any:
    """Values at the places of each axis, one axis after the other; beyond the outermost entries ``constant`` gives cval."""
    found = input
    for axis, (place, _) in enumerate(places):
        lined = between(np.moveaxis(found, axis, -1), place, order, mode, cval)
        found = np.moveaxis(lined, -1, axis)
    if mode != "constant":
        return found
    rows, columns = (beyond for _, beyond in places)
    return np.where(rows[:, None] | columns, cval, found)


def shift(input: Any, *, shift: Sequence[float], order: int = 1, mode: str = "constant", cval: float = 0.0) -> Any:
    """``y[i] = x(i - shift)``."""
    zero = zero_of(input)
    pairs = []
    for n, s in zip(input.shape, shift, strict=True):
        o = np.arange(n)
        place = o - np.longdouble(s)
        pairs.append((placed(zero, place, _mapped((zero + o) - s, n)), outside(place, n)))
    return moved(input, pairs, order, mode, cval)


def lengthened(size: int, factor: float) -> int:
    """How many entries an axis has after it was resized: rounded, halves to the even number."""
    return round(size * factor)


def spread(zero: Any, size: int, out: int, grid_mode: bool) -> tuple[Place, Any]:
    """Places of ``out`` entries over an axis: from the first to the last one, or from border to border."""
    o = np.arange(out)
    if grid_mode:
        above, below = (2 * o + 1) * size - out, 2 * out
        place = _mapped((zero + size) / out * (o + 0.5) - 0.5, size)
    else:
        above, below = o * (size - 1), max(out - 1, 1)
        place = (zero + (size - 1)) / below * o
    return (above // below, place - above // below), np.zeros(out, bool)


def zoom(
    input: Any, *, zoom: Sequence[float], mode: str = "constant", cval: float = 0.0, grid_mode: bool = False
) -> Any:
    """``y[o] = x(o (n - 1) / (m - 1))``, or of ``grid_mode`` ``x((o + 1/2) n / m - 1/2)``; ``m = round(n zoom)``."""
    zero = zero_of(input)
    sizes = [lengthened(n, factor) for n, factor in zip(input.shape, zoom, strict=True)]
    places = [spread(zero, n, m, grid_mode) for n, m in zip(input.shape, sizes, strict=True)]
    return moved(input, places, 1, mode, cval)


def affine_transform(
    input: Any,
    *,
    matrix: Sequence[Sequence[float]],
    offset: Sequence[float] = (0.0, 0.0),
    output_shape: Sequence[int] | None = None,
    order: int = 1,
    mode: str = "constant",
    cval: float = 0.0,
) -> Any:
    """``y[o] = x(matrix o + offset)``."""
    height, width = input.shape if output_shape is None else output_shape
    o = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"))
    place = np.einsum("ij,jab->iab", np.array(matrix, np.longdouble), o) + np.reshape(offset, (2, 1, 1))
    zero = zero_of(input)
    found = [
        _mapped((zero + o[0]) * a + (zero + o[1]) * b + start, n)
        for (a, b), start, n in zip(matrix, offset, input.shape, strict=True)
    ]
    (up, s), (left, t) = (placed(zero, p, f) for p, f in zip(place, found, strict=True))
    framed = np.pad(input, [(0, 1), (0, 1)], constant_values=cval)
    total = np.zeros((height, width))
    for down, row in basis(s, order):
        for along, column in basis(t, order):
            i, j = (_inside(at, n, mode) for at, n in ((up + down, input.shape[0]), (left + along, input.shape[1])))
            total = total + framed[i, j] * (row * column)
    if mode != "constant":
        return total
    return np.where(outside(place[0], input.shape[0]) | outside(place[1], input.shape[1]), cval, total)


def _inside(at: NDArray[np.intp], size: int, mode: str) -> NDArray[np.intp]:
    return BEYOND[mode](at, size) if mode in BEYOND else np.where((at >= 0) & (at < size), at, size)
