"""Images resized by cubics and by triangles as wide as what a pixel covers: NumPy candidates with their vjp.

Along an axis either is a product with a matrix of weights, which the vjp transposes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened
from reference_impls.resizing import sized

Array = npt.NDArray[Any]
Weights = Callable[[int, int], Array]


def interpolate_bicubic(input: Array, size: Sequence[int], align_corners: bool = False) -> Array:
    """Rows, then columns, each by a matrix of cubics' values."""
    return _resized(input, size, _cubics(align_corners))


def interpolate_bicubic_vjp(
    cotangent: Array, input: Array, size: Sequence[int], align_corners: bool = False
) -> tuple[Array]:
    """The transposed matrices."""
    return (_spread(cotangent, input, size, _cubics(align_corners)),)


def interpolate_antialias(input: Array, size: Sequence[int]) -> Array:
    """Rows, then columns, each by a matrix of triangles' values."""
    return _resized(input, size, _triangles)


def interpolate_antialias_vjp(cotangent: Array, input: Array, size: Sequence[int]) -> tuple[Array]:
    """The transposed matrices."""
    return (_spread(cotangent, input, size, _triangles),)


def _cubics(align_corners: bool) -> Weights:
    def weights(size: int, out: int) -> Array:
        o = np.arange(out)
        place = o * (size - 1) / max(out - 1, 1) if align_corners else (o + 0.5) * size / out - 0.5
        first = np.floor(place)
        found = np.zeros((out, size))
        for step in (-1, 0, 1, 2):
            at = np.clip(first + step, 0, size - 1).astype(int)
            np.add.at(found, (o, at), _cubic(np.abs(place - first - step)))
        return found

    return weights


def _cubic(d: Array) -> Array:
    """The cubic convolution of slope -3/4."""
    a = -0.75
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    return np.where(d <= 1, near, a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a)


def _triangles(size: int, out: int) -> Array:
    wide = max(size / out, 1)
    middle = (np.arange(out) + 0.5) * size / out
    weights = np.maximum(1 - np.abs(np.arange(size) + 0.5 - middle[:, None]) / wide, 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _resized(input: Array, size: Sequence[int], weights: Weights) -> Array:
    sized(input, size)
    rows, columns = (weights(n, m).astype(widened(input).dtype) for n, m in zip(input.shape[-2:], size, strict=True))
    return np.asarray(rows @ widened(input) @ columns.T).astype(input.dtype, copy=False)


def _spread(cotangent: Array, input: Array, size: Sequence[int], weights: Weights) -> Array:
    g = widened(cotangent)
    rows, columns = (weights(n, m).astype(g.dtype) for n, m in zip(input.shape[-2:], size, strict=True))
    return np.asarray(rows.T @ g @ columns).astype(input.dtype, copy=False)
