"""Images of another size by cubics through four entries, and by triangles as wide as what a pixel covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference_impls.definitions.images import zero_of

#: The slope that torch and OpenCV give their cubic at distance 1; Keys's, and that of Pillow, is -1/2.
SLOPE = -0.75


def placed(zero: Any, size: int, out: int, align_corners: bool) -> tuple[NDArray[np.intp], Any]:
    """Places of pixels along an axis: the whole number below, exactly, and what is beyond it."""
    o = np.arange(out)
    if align_corners:
        above, below = o * (size - 1), max(out - 1, 1)
        place = (zero + (size - 1)) / below * o
    else:
        above, below = (2 * o + 1) * size - out, 2 * out
        place = (zero + size) / out * (o + 0.5) - 0.5
    return above // below, place - above // below


def cubic(share: Any, slope: float = SLOPE) -> list[Any]:
    """Weights of the entries at -1, 0, 1, 2: ``(a + 2) d^3 - (a + 3) d^2 + 1`` to 1, ``a d^3 - 5 a d^2 + 8 a d - 4 a`` to 2."""
    near = [((slope + 2) * d - (slope + 3)) * d * d + 1 for d in (share, 1 - share)]
    far = [((slope * d - 5 * slope) * d + 8 * slope) * d - 4 * slope for d in (1 + share, 2 - share)]
    return [far[0], near[0], near[1], far[1]]


def by_cubics(input: Any, size: Sequence[int], align_corners: bool, slope: float) -> Any:
    """Columns by cubics through four entries each, then rows; beyond the border there is the border."""
    zero = zero_of(input)
    for axis in (-1, -2):
        first, share = placed(zero, input.shape[axis], size[axis], align_corners)
        lined = np.moveaxis(input, axis, -1)
        at = [np.clip(first + step, 0, lined.shape[-1] - 1) for step in (-1, 0, 1, 2)]
        lined = sum(lined[..., i] * weight for i, weight in zip(at, cubic(share, slope), strict=True))
        input = np.moveaxis(lined, -1, axis)
    return input


def interpolate_bicubic(input: Any, *, size: Sequence[int], align_corners: bool = False) -> Any:
    """``y = sum of x[i, j] k(row - i) k(column - j)`` by the cubic of slope -3/4; beyond the border there is the border.

    Rows are ``o (H - 1) / (H' - 1)`` with ``align_corners``, else ``(o + 1/2) H / H' - 1/2``.
    """
    return by_cubics(input, size, align_corners, SLOPE)


def triangles(zero: Any, size: int, out: int, widest: float | None = None) -> Any:
    """Weights of entries, (out, size): ``max(0, 1 - |i + 1/2 - (o + 1/2) n / m| / max(n / m, 1))`` over their sum."""
    middle = (zero + size) / out * (np.arange(out) + 0.5)
    wide = max(size / out, 1.0) if widest is None else widest
    weights = np.maximum(1 - np.abs(np.arange(size) + 0.5 - middle[:, None]) / wide, 0)
    return weights / np.sum(weights, axis=-1, keepdims=True)


def interpolate_antialias(input: Any, *, size: Sequence[int]) -> Any:
    """``y = sum of x[i, j] v[i] w[j]``: weights fall off to zero over what a pixel covers, and are one in sum."""
    zero = zero_of(input)
    rows, columns = (triangles(zero, n, m) for n, m in zip(input.shape[-2:], size, strict=True))
    return np.einsum("...ij,oi,pj->...op", input, rows, columns)
