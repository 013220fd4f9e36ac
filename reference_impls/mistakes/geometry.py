"""What goes wrong where images are moved, resized, mapped affinely, and convolved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference_impls.definitions import geometry, signal


def moved_back(input: Any, *, shift: Sequence[float], order: int = 1, mode: str = "constant", cval: float = 0.0) -> Any:
    """The image is moved the other way."""
    return geometry.shift(input, shift=[-s for s in shift], order=order, mode=mode, cval=cval)


def moved_around(
    input: Any, *, shift: Sequence[float], order: int = 1, mode: str = "constant", cval: float = 0.0
) -> Any:
    """What leaves at one end comes in at the other."""
    return geometry.shift(input, shift=shift, order=order, mode="grid-wrap")


def moved_between_zeros(
    input: Any, *, shift: Sequence[float], order: int = 1, mode: str = "constant", cval: float = 0.0
) -> Any:
    """Next to the border values lie between its entries and the fill value."""
    other = "grid-constant" if mode == "constant" else mode
    return geometry.shift(input, shift=shift, order=order, mode=other, cval=cval)


def zoomed_by_factor(
    input: Any, *, zoom: Sequence[float], mode: str = "constant", cval: float = 0.0, grid_mode: bool = False
) -> Any:
    """Places are multiples of the factor's inverse."""
    zero = geometry.zero_of(input)
    places = [np.arange(geometry.lengthened(n, f)) / f for n, f in zip(input.shape, zoom, strict=True)]
    pairs = [
        (geometry.placed(zero, p, zero + p), geometry.outside(p, n)) for p, n in zip(places, input.shape, strict=True)
    ]
    return geometry.moved(input, pairs, 1, mode, cval)


def zoomed_from_the_other_ends(
    input: Any, *, zoom: Sequence[float], mode: str = "constant", cval: float = 0.0, grid_mode: bool = False
) -> Any:
    """Borders are taken for the middles of the outermost entries, and these for borders."""
    return geometry.zoom(input, zoom=zoom, mode=mode, cval=cval, grid_mode=not grid_mode)


def mapped_by_inverse(input: Any, *, matrix: Any, offset: Any = (0.0, 0.0), **rest: Any) -> Any:
    """The matrix is taken for the map from the image to the result."""
    inverse = np.linalg.inv(np.array(matrix))
    return geometry.affine_transform(input, matrix=inverse, offset=-inverse @ np.array(offset), **rest)


def mapped_across(input: Any, *, matrix: Any, offset: Any = (0.0, 0.0), **rest: Any) -> Any:
    """The matrix is meant for columns and rows: it is turned about both diagonals."""
    turned = np.array(matrix)[::-1, ::-1]
    return geometry.affine_transform(input, matrix=turned, offset=np.array(offset)[::-1], **rest)


def correlated(input: Any, weights: Any, *, mode: str = "reflect", cval: float = 0.0, origin: Any = 0) -> Any:
    """Weights are not turned round."""
    return signal.ndimage_correlate(input, weights, mode=mode, cval=cval, origin=origin)


def convolved_to_zeros(input: Any, weights: Any, *, mode: str = "reflect", cval: float = 0.0, origin: Any = 0) -> Any:
    """Beyond the border there are zeros."""
    return signal.ndimage_convolve(input, weights, mode="constant", origin=origin)


def convolved_off_centre(input: Any, weights: Any, *, mode: str = "reflect", cval: float = 0.0, origin: Any = 0) -> Any:
    """An even number of weights has its middle before, as of a correlation with the weights turned round."""
    turned = weights[tuple(slice(None, None, -1) for _ in weights.shape)]
    shifts = (origin,) * len(input.shape) if np.ndim(origin) == 0 else origin
    return signal.ndimage_correlate(input, turned, mode=mode, cval=cval, origin=[-o for o in shifts])
