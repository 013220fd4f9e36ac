"""Convolutions and correlations of signal processing, as the lists of their terms.

All are one sum over the taps t of the second operand, read forward (correlation) or backward (convolution), of the
first one continued beyond its border; they differ in which results they keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from harness.definitions.terms import Group, Terms, axes, group, sum_of_products
from reference_impls.definitions.padding import circular, nearest, reflected, symmetric

Shape = tuple[int, ...]
#: First entry and length along one axis.
Span = tuple[int, int]

#: Where the entries beyond the border are found, by the names SciPy gives the ways to continue an axis.
CONTINUED = {
    "wrap": circular,
    "grid-wrap": circular,
    "symm": symmetric,
    "reflect": symmetric,
    "grid-mirror": symmetric,
    "mirror": reflected,
    "nearest": nearest,
}


@lru_cache(maxsize=64)
def _terms(
    x: Shape, w: Shape, over: Shape, spans: tuple[Span, ...], backward: bool, boundary: str, fillvalue: float
) -> Terms:
    """``y[k] = sum over t of x[k + start - t] * w[t]`` along the axes ``over``; the other axes broadcast.

    Not ``backward``: ``sum over t of x[k + start - (K - 1) + t] * w[t]``.
    """
    kept = dict(zip(over, spans, strict=True))
    out = tuple(kept[a][1] if a in kept else max(m, n) for a, (m, n) in enumerate(zip(x, w, strict=True)))
    indices = axes(*out, *(w[a] for a in over))
    at, taps = indices[: len(out)], dict(zip(over, indices[len(out) :], strict=True))
    places, tap, inside = [], [], np.ones((1,) * len(indices), bool)
    for a, k in enumerate(at):
        if a not in kept:
            places.append(k if x[a] > 1 else 0 * k)
            tap.append(k if w[a] > 1 else 0 * k)
            continue
        t = taps[a]
        place = k + kept[a][0] + (-t if backward else t - (w[a] - 1))
        if boundary in CONTINUED:
            place = CONTINUED[boundary](place, x[a])
        inside = inside & (place >= 0) & (place < x[a])
        places.append(place)
        tap.append(t)
    shapes = {"out": out, "in1": x, "in2": w}
    parts: list[Group] = [group(shapes, out=at, in1=tuple(places), in2=tuple(tap), where=inside)]
    if fillvalue and not inside.all():
        parts.append(group(shapes, out=at, in2=tuple(tap), where=~inside, coefficient=fillvalue))
    return Terms(out, {"in1": x, "in2": w}, tuple(parts), padded=("in1", "in2"), full=prod(w[a] for a in over))


def windowed(
    in1: Any,
    in2: Any,
    spans: Sequence[Span],
    *,
    backward: bool = True,
    over: Sequence[int] | None = None,
    boundary: str = "fill",
    fillvalue: float = 0,
) -> Any:
    along = tuple(range(len(in1.shape)) if over is None else over)
    terms = _terms(tuple(in1.shape), tuple(in2.shape), along, tuple(spans), backward, boundary, fillvalue)
    return sum_of_products(terms, in1=in1, in2=in2)


def _span(m: int, n: int, mode: str, centre: int) -> Span:
    """What a mode keeps of the full result of lengths m and n; 'same' starts at ``centre``."""
    kept = {"full": (0, m + n - 1), "same": (centre, m), "valid": (min(m, n) - 1, abs(m - n) + 1)}
    return kept[mode]


def _spans(in1: Any, in2: Any, mode: str, over: Sequence[int] | None = None) -> list[Span]:
    """SciPy's: 'same' has the first one's length and starts (K - 1) // 2 into the full result."""
    along = range(len(in1.shape)) if over is None else over
    return [_span(in1.shape[a], in2.shape[a], mode, (in2.shape[a] - 1) // 2) for a in along]


def convolve(a: Any, v: Any, *, mode: str = "full") -> Any:
    """``y[k] = sum over t of a[k - t] * v[t]``: vectors; 'same' has the longer one's length."""
    m, n = max(a.shape[0], v.shape[0]), min(a.shape[0], v.shape[0])
    return windowed(a, v, [_span(m, n, mode, (n - 1) // 2)])


def correlate(a: Any, v: Any, *, mode: str = "valid") -> Any:
    """``y[k] = sum over t of a[k + t] * conj(v[t])``: vectors; 'same' has the longer one's length.

    The middle of an even number of results is ``numpy.convolve``'s where v is the shorter one, else one further.
    """
    m, n = a.shape[0], v.shape[0]
    centre = (n - 1) // 2 if n <= m else m // 2
    return windowed(a, np.conj(v), [_span(max(m, n), min(m, n), mode, centre)], backward=False)


def sp_convolve(in1: Any, in2: Any, *, mode: str = "full") -> Any:
    """``y[k] = sum over t of x[k - t] * w[t]`` over any number of axes."""
    return windowed(in1, in2, _spans(in1, in2, mode))


def sp_correlate(in1: Any, in2: Any, *, mode: str = "full") -> Any:
    """``y[k] = sum over t of x[k - (K - 1) + t] * conj(w[t])`` over any number of axes."""
    return windowed(in1, np.conj(in2), _spans(in1, in2, mode), backward=False)


def fftconvolve(in1: Any, in2: Any, *, mode: str = "full", axes: Any = None) -> Any:
    """``y[k] = sum over t of x[k - t] * w[t]`` along ``axes``; the other axes broadcast."""
    rank = len(in1.shape)
    given = range(rank) if axes is None else (axes,) if np.ndim(axes) == 0 else axes
    over = tuple(sorted(a % rank for a in given))
    return windowed(in1, in2, _spans(in1, in2, mode, over), over=over)


oaconvolve = fftconvolve


def convolve2d(in1: Any, in2: Any, *, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Any:
    """``y[k] = sum over t of x[k - t] * w[t]``, x continued by ``boundary`` where the mode reaches beyond it."""
    beyond = ("fill", 0) if mode == "valid" else (boundary, fillvalue)
    return windowed(in1, in2, _spans(in1, in2, mode), boundary=beyond[0], fillvalue=beyond[1])


def correlate2d(in1: Any, in2: Any, *, mode: str = "full", boundary: str = "fill", fillvalue: float = 0) -> Any:
    """``y[k] = sum over t of x[k - (K - 1) + t] * conj(w[t])``; 'same' starts K // 2 into the full result."""
    beyond = ("fill", 0) if mode == "valid" else (boundary, fillvalue)
    spans = [_span(m, k, mode, k // 2) for m, k in zip(in1.shape, in2.shape, strict=True)]
    return windowed(in1, np.conj(in2), spans, backward=False, boundary=beyond[0], fillvalue=beyond[1])


def ndimage_correlate(input: Any, weights: Any, *, mode: str = "reflect", cval: float = 0.0, origin: Any = 0) -> Any:
    """``y[k] = sum over t of x[k + t - K // 2 - origin] * conj(w[t])``, x continued by ``mode``."""
    shifts = (origin,) * len(input.shape) if np.ndim(origin) == 0 else origin
    spans = [(k - 1 - k // 2 - o, n) for n, k, o in zip(input.shape, weights.shape, shifts, strict=True)]
    return windowed(input, np.conj(weights), spans, backward=False, boundary=mode, fillvalue=cval)


def ndimage_convolve(input: Any, weights: Any, *, mode: str = "reflect", cval: float = 0.0, origin: Any = 0) -> Any:
    """``y[k] = sum over t of x[k - t + K // 2 + origin] * w[t]``, x continued by ``mode``."""
    shifts = (origin,) * len(input.shape) if np.ndim(origin) == 0 else origin
    spans = [(k // 2 + o, n) for n, k, o in zip(input.shape, weights.shape, shifts, strict=True)]
    return windowed(input, weights, spans, boundary=mode, fillvalue=cval)


def sepfir2d(input: Any, hrow: Any, hcol: Any) -> Any:
    """``z[i, j] = sum over t of x[i, j + K // 2 - t] * hrow[t]``, then the same along the columns with ``hcol``.

    The image is continued by its mirror image, the border repeated.
    """
    rows = hrow.reshape((1, hrow.shape[0]))
    cols = hcol.reshape((hcol.shape[0], 1))
    between = windowed(input, rows, _spans(input, rows, "same"), boundary="symm")
    return windowed(between, cols, _spans(between, cols, "same"), boundary="symm")
