"""Discrete Fourier transforms: pad or trim, transform, scale, and keep the half or the real part.

Each is composed of exact moves of entries and one unnormalised transform over the axes, ``numpy.fft.fftn``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

import numpy as np


def lengths(shape: Sequence[int], s: Any, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The transformed axes and their lengths: all axes where neither is given, the last ones where s alone is."""
    if axes is None:
        axes = range(len(shape)) if s is None else range(len(shape) - len(s), len(shape))
    where = tuple(a % len(shape) for a in axes)
    sizes = tuple(shape[a] for a in where) if s is None else tuple(s)
    return where, tuple(shape[a] if n in (None, -1) else n for a, n in zip(where, sizes, strict=True))


def fit(x: Any, axis: int, n: int) -> Any:
    """The axis trimmed to its first n entries or padded with zeros to n."""
    have = x.shape[axis]
    if n <= have:
        return x[(slice(None),) * axis + (slice(0, n),)] if n < have else x
    widths = [(0, 0)] * x.ndim
    widths[axis] = (0, n - have)
    return np.pad(x, widths)


def scale(norm: str | None, sizes: Sequence[int], inverse: bool) -> float:
    """What a transform over these lengths is multiplied with under a norm."""
    n = prod(sizes)
    if norm == "ortho":
        return 1 / sqrt(n)
    whole = (norm or "backward") == ("backward" if inverse else "forward")
    return 1 / n if whole else 1.0


def scaled(y: Any, factor: float) -> Any:
    """The product with a factor, left out where it is one."""
    return y if factor == 1 else y * factor


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """``y[k] = scale * sum over n of x[n] exp(-2 pi i k n / N)``, the last axis kept to ``N // 2 + 1`` entries."""
    where, sizes = lengths(a.shape, s, axes)
    x = a
    for axis, n in zip(where, sizes, strict=True):
        x = fit(x, axis, n)
    y = np.fft.fftn(x, axes=where)
    half = y[(slice(None),) * where[-1] + (slice(0, sizes[-1] // 2 + 1),)]
    return scaled(half, scale(norm, sizes, inverse=False))


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """``rfftn`` over two axes."""
    return rfftn(a, s, axes, norm)


def abs_rfft2(input: Any) -> Any:
    """``|rfft2(x)|`` of a real matrix."""
    return np.abs(rfftn(input, None, (-2, -1)))
