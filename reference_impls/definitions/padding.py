"""Images continued beyond their border, cut into windows and put together again, as the lists of the copies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.definitions.terms import Terms, axes, group, sum_of_products

Places = NDArray[np.intp]


def circular(places: Places, size: int) -> Places:
    """Where the entries at ``places`` of a periodic axis are found: ``a b c | a b c | a b c``."""
    return places % size


def symmetric(places: Places, size: int) -> Places:
    """Of an axis mirrored at its ends, which are repeated: ``c b a | a b c | c b a``."""
    return np.r_[0:size, size - 1 : -1 : -1][places % (2 * size)]


def reflected(places: Places, size: int) -> Places:
    """Of an axis mirrored at its outermost entries, which are not repeated: ``c b | a b c | b a``."""
    return np.r_[0:size, size - 2 : 0 : -1][places % max(2 * size - 2, 1)]


def nearest(places: Places, size: int) -> Places:
    """Of an axis continued by its outermost entries: ``a a | a b c | c c``."""
    return np.minimum(np.maximum(places, 0), size - 1)


CONTINUED = {"circular": circular, "symmetric": symmetric, "reflected": reflected, "nearest": nearest}


@lru_cache(maxsize=64)
def _copies(x: tuple[int, ...], pad: tuple[int, ...], how: str) -> Terms:
    left, right, top, bottom = pad
    out = (*x[:-2], x[-2] + top + bottom, x[-1] + left + right)
    *lead, i, j = axes(*out)
    source = CONTINUED[how](i - top, x[-2]), CONTINUED[how](j - left, x[-1])
    shapes = {"out": out, "input": x}
    return Terms(out, {"input": x}, (group(shapes, out=(*lead, i, j), input=(*lead, *source)),))


def circular_pad2d(input: Any, *, pad: Sequence[int]) -> Any:
    """``y[..., i, j] = x[..., (i - top) mod H, (j - left) mod W]``; pad is (left, right, top, bottom)."""
    return sum_of_products(_copies(tuple(input.shape), tuple(pad), "circular"), input=input)


def reflect_pad2d(input: Any, *, pad: Sequence[int]) -> Any:
    """``y`` is x mirrored at its outermost entries; pad is (left, right, top, bottom)."""
    return sum_of_products(_copies(tuple(input.shape), tuple(pad), "reflected"), input=input)


def replicate_pad2d(input: Any, *, pad: Sequence[int]) -> Any:
    """``y[..., i, j]`` is the entry of x nearest to ``(i - top, j - left)``; pad is (left, right, top, bottom)."""
    return sum_of_products(_copies(tuple(input.shape), tuple(pad), "nearest"), input=input)


def _pair(value: Any) -> tuple[int, int]:
    first, second = (value, value) if np.ndim(value) == 0 else value
    return int(first), int(second)


@lru_cache(maxsize=64)
def _windows(x: tuple[int, ...], kernel: Any, dilation: Any, padding: Any, stride: Any) -> Terms:
    """The copies ``unfold`` makes of an image of shape x; ``fold`` is their transpose."""
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = (_pair(v) for v in (kernel, dilation, padding, stride))
    rows, cols = (x[2] + 2 * ph - dh * (kh - 1) - 1) // sh + 1, (x[3] + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    n, c, p, q, i, j = axes(*x[:2], kh, kw, rows, cols)
    row, col = i * sh - ph + p * dh, j * sw - pw + q * dw
    inside = (row >= 0) & (row < x[2]) & (col >= 0) & (col < x[3])
    out = (x[0], x[1] * kh * kw, rows * cols)
    shapes = {"out": out, "input": x}
    place = (n, (c * kh + p) * kw + q, i * cols + j)
    return Terms(out, {"input": x}, (group(shapes, out=place, input=(n, c, row, col), where=inside),))


def unfold(input: Any, *, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """``X[n, (c, k), l] = x[n, c, l*stride - padding + k*dilation]``, zero outside: (N, C*kH*kW, positions)."""
    key = [tuple(p) if isinstance(p, list) else p for p in (kernel_size, dilation, padding, stride)]
    return sum_of_products(_windows(tuple(input.shape), *key), input=input)


def fold(
    input: Any, *, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """``x[n, c, q] = sum of X[n, (c, k), l] over l*stride - padding + k*dilation = q``: the transpose of ``unfold``."""
    key = [tuple(p) if isinstance(p, list) else p for p in (kernel_size, dilation, padding, stride)]
    kh, kw = _pair(kernel_size)
    image = (input.shape[0], input.shape[1] // (kh * kw), *_pair(output_size))
    terms = _windows(image, *key)
    return sum_of_products(terms.derivative("input"), **{terms.cotangent: input})
