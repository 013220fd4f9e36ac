"""Signals filtered forwards and backwards, by windowed sincs and by fitted polynomials, resampled, and freed of trends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import factorial
from typing import Any

import numpy as np
import scipy.signal

from reference_impls.definitions.images import zero_of
from reference_impls.definitions.padding import circular, nearest, reflected

#: Where entries beyond the ends are found, by scipy.signal's names of the ways to continue a signal.
BEYOND = {"wrap": circular, "mirror": reflected, "nearest": nearest}


def extended(x: Any, n: int, padtype: str) -> Any:
    """The signal with n entries before and behind it: mirrored through its ends, mirrored at them, or its ends."""
    if n == 0 or padtype == "none":
        return x
    first, last = x[..., :1], x[..., -1:]
    before, after = x[..., n:0:-1], x[..., -2 : -n - 2 : -1]
    if padtype == "odd":
        before, after = 2 * first - before, 2 * last - after
    if padtype == "constant":
        before, after = np.repeat(first, n, axis=-1), np.repeat(last, n, axis=-1)
    return np.concatenate([before, x, after], axis=-1)


def responses(b: Sequence[float], a: Sequence[float], length: int) -> Any:
    """What every entry adds to each result, (entries, results); the first one as if it had always stood before.

    A constant 1 that ends leaves a state behind, which the filter still gives out while zeros follow.
    """
    order = max(len(a), len(b))
    top, below = (np.pad(np.array(c, np.longdouble), (0, order - len(c))) for c in (b, a))
    rest = np.cumsum((top - np.sum(top) / np.sum(below) * below)[::-1])[::-1][1:]
    impulse, after = (scipy.signal.lfilter(c, below, np.eye(1, length)[0]) for c in (top, np.append(rest, 0)))
    apart = np.arange(length) - np.arange(length)[:, None]
    matrix = np.where(apart >= 0, impulse[np.maximum(apart, 0)], 0)
    matrix[0] += after
    return matrix


def filtered(b: Sequence[float], a: Sequence[float], x: Any) -> Any:
    """``a[0] y[n] = sum of b[k] x[n - k] - sum of a[k] y[n - k]``, as if the first entry had always stood before."""
    return np.matmul(x, zero_of(x) + responses(b, a, x.shape[-1]))


def filtfilt(x: Any, *, b: Sequence[float], a: Sequence[float], padtype: str = "odd", padlen: int | None = None) -> Any:
    """A filter forwards, then backwards, over the signal extended at both ends; no phase is left."""
    n = 3 * max(len(a), len(b)) if padlen is None else padlen
    longer = extended(x, n, padtype)
    back = filtered(b, a, filtered(b, a, longer)[..., ::-1])[..., ::-1]
    return back[..., (longer.shape[-1] - x.shape[-1]) // 2 :][..., : x.shape[-1]]


def tapered(zero: Any, numtaps: int, window: str) -> Any:
    """A symmetric window: ``hamming``, ``hann``, ``blackman`` or ``boxcar``."""
    terms = {"hamming": (0.54, 0.46), "hann": (0.5, 0.5), "blackman": (0.42, 0.5, 0.08), "boxcar": (1.0,)}[window]
    angle = zero + 2 * np.arccos(np.longdouble(-1)) * np.arange(numtaps) / max(numtaps - 1, 1)
    found = zero + np.full(numtaps, terms[0]) if numtaps > 1 else zero + np.ones(1)
    for k, share in enumerate(terms[1:] if numtaps > 1 else (), 1):
        found = found + (-1) ** k * share * np.cos(k * angle)
    return found


def firwin(zero: Any, numtaps: int, cutoff: Sequence[float], window: str, pass_zero: bool) -> Any:
    """The windowed sinc of the bands between cutoffs, in shares of the Nyquist frequency, of gain 1 in the first band."""
    edges = [0.0] * pass_zero + list(cutoff) + [1.0] * (pass_zero == (len(cutoff) % 2 == 0))
    at = np.arange(numtaps) - np.longdouble(numtaps - 1) / 2
    ideal = sum(
        right * np.sinc(zero + right * at) - left * np.sinc(zero + left * at)
        for left, right in zip(edges[::2], edges[1::2], strict=True)
    )
    taps = ideal * tapered(zero, numtaps, window)
    middle = 0.0 if edges[0] == 0 else 1.0 if edges[1] == 1 else (edges[0] + edges[1]) / 2
    return taps / np.sum(taps * np.cos(np.arccos(np.longdouble(-1)) * middle * (zero + at)))


def convolved(x: Any, h: Any) -> Any:
    """``y[m] = sum of h[k] x[m - k]``, as long as the signal."""
    tap = np.arange(x.shape[-1])[:, None] - np.arange(x.shape[-1])
    inside = (tap >= 0) & (tap < h.shape[0])
    return np.einsum("...n,mn->...m", x, np.where(inside, h[np.where(inside, tap, 0)], 0))


def firwin_filter(
    x: Any, *, numtaps: int, cutoff: Sequence[float], window: str = "hamming", pass_zero: bool = True
) -> Any:
    """``y[m] = sum of h[k] x[m - k]`` by the windowed sinc of ``numtaps`` entries, from rest."""
    return convolved(x, firwin(zero_of(x), numtaps, cutoff, window, pass_zero))


def resampled(x: Any, h: Any, up: int, down: int, before: int) -> Any:
    """``y[m] = sum of h[m down + before - n up] x[n]``, ``ceil(N up / down)`` entries."""
    m = np.arange(-(-x.shape[-1] * up // down))[:, None]
    tap = m * down + before - np.arange(x.shape[-1]) * up
    inside = (tap >= 0) & (tap < h.shape[0])
    return np.einsum("...n,mn->...m", x, np.where(inside, h[np.where(inside, tap, 0)], 0))


def resample_poly(x: Any, h: Any, *, up: int, down: int, padtype: str = "constant") -> Any:
    """``y[m] = up sum of h[m down + (K - 1) // 2 - n up] x[n]``; the mean or an end value is taken out meanwhile."""
    ground = {"mean": np.mean, "minimum": np.min, "maximum": np.max}.get(padtype)
    level = 0.0 if ground is None else ground(x, axis=-1, keepdims=True)
    g = np.gcd(up, down)
    return resampled(x - level, h * (up // g), up // g, down // g, (h.shape[0] - 1) // 2) + level


def decimate(x: Any, *, q: int, n: int | None = None, zero_phase: bool = True) -> Any:
    """Every q-th entry behind the windowed sinc of ``n + 1`` entries, 20 q + 1 where none are asked for; about its middle."""
    order = 20 * q if n is None else n
    h = firwin(zero_of(x), order + 1, [1 / q], "hamming", True)
    return resampled(x, h, 1, q, order // 2 if zero_phase else 0)


def solved(powers: Any) -> Any:
    """``(A' A)^-1 A'`` by a linear system."""
    return np.linalg.solve(np.matmul(powers.T, powers), powers.T)


def inverted(powers: Any) -> Any:
    """``(A' A)^-1 A'`` by an inverse: as far off as a decomposition of A may be."""
    return np.matmul(np.linalg.inv(np.matmul(powers.T, powers)), powers.T)


def mixed(powers: Any) -> Any:
    """The same by another basis: columns of norm 1, mirrored in their sum, so that each holds something of all.

    About the middle of a window even powers are orthogonal to odd ones, and nothing rounds between them; a decomposition of
    A, as of LAPACK's least squares, rounds in the size of the whole matrix.
    """
    n = powers.shape[-1]
    mirror = (np.eye(n) - 2.0 / n * np.ones((n, n))) / np.sqrt(np.sum(powers * powers, axis=0))[:, None]
    basis = np.matmul(powers, mirror)
    return np.matmul(mirror, solved(basis))


def fits(zero: Any, length: int, polyorder: int, deriv: int, delta: float, by: Callable[[Any], Any] = solved) -> Any:
    """Weights of entries in the derivative, at every place of a window, of the polynomial that fits them best."""
    t, j = np.arange(length) - length // 2, np.arange(polyorder + 1)
    powers = np.power(t[:, None].astype(float), j)
    steps = [factorial(k) // factorial(k - deriv) if k >= deriv else 0 for k in j.tolist()]
    slopes = np.array(steps) * np.power(t[:, None].astype(float), np.maximum(j - deriv, 0)) / delta**deriv
    return np.matmul(slopes, by(powers + zero))


def savgol_filter(
    x: Any,
    *,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    mode: str = "interp",
    cval: float = 0.0,
) -> Any:
    """The middle of the polynomial that fits a window about each entry best, or its derivative there.

    With ``interp`` the entries near the ends are those of the first and the last polynomial.
    """
    return smoothed(x, fits(zero_of(x), window_length, polyorder, deriv, delta), mode, cval)


def savgol_filter_by_inverse(
    x: Any,
    *,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    mode: str = "interp",
    cval: float = 0.0,
) -> Any:
    """The same, the polynomials' coefficients by an inverse."""
    return smoothed(x, fits(zero_of(x), window_length, polyorder, deriv, delta, inverted), mode, cval)


def savgol_filter_by_mixed_powers(
    x: Any,
    *,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    mode: str = "interp",
    cval: float = 0.0,
) -> Any:
    """The same, the polynomials as sums of others."""
    return smoothed(x, fits(zero_of(x), window_length, polyorder, deriv, delta, mixed), mode, cval)


savgol_filter.legal = (savgol_filter_by_inverse, savgol_filter_by_mixed_powers)  # type: ignore[attr-defined]


def smoothed(x: Any, weights: Any, mode: str, cval: float) -> Any:
    """Windows about each entry times the weights of the middle place; near the ends those of their own places."""
    length, n = weights.shape[-1], x.shape[-1]
    half = length // 2
    at = np.arange(n)[:, None] + np.arange(-half, half + 1)
    if mode == "interp":
        inner = np.matmul(x[..., at[half : n - half]], weights[half])
        ends = (x[..., :length], weights[:half]), (x[..., n - length :], weights[half + 1 :])
        first, last = (np.einsum("...n,mn->...m", part, rows) for part, rows in ends)
        return np.concatenate([first, inner, last], axis=-1)
    longer = np.concatenate([x, np.full((*x.shape[:-1], 1), cval)], axis=-1)
    places = BEYOND[mode](at, n) if mode in BEYOND else np.where((at >= 0) & (at < n), at, n)
    return np.matmul(longer[..., places], weights[half])


def detrend(data: Any, *, type: str = "linear", bp: Sequence[int] = (0,)) -> Any:
    """What is left of a signal without its mean, or between breakpoints without the line that fits it best."""
    return _in_pieces(data, type, bp, _levelled)


def detrend_by_coefficients(data: Any, *, type: str = "linear", bp: Sequence[int] = (0,)) -> Any:
    """The same, the line given by its slope and its height before the first entry."""
    return _in_pieces(data, type, bp, _fitted)


detrend.legal = (detrend_by_coefficients,)  # type: ignore[attr-defined]


def _in_pieces(data: Any, type: str, bp: Sequence[int], of: Callable[[Any], Any]) -> Any:
    if type == "constant":
        return data - np.mean(data, axis=-1, keepdims=True)
    borders = sorted({0, data.shape[-1], *bp})
    return np.concatenate([of(data[..., a:b]) for a, b in pairwise(borders)], axis=-1)


def _levelled(x: Any) -> Any:
    """``x - mean - (t - mean of t) sum of (t - mean of t) x / sum of (t - mean of t)^2``."""
    n = x.shape[-1]
    t = np.arange(n) - np.longdouble(n - 1) / 2
    slope = np.sum(x * t, axis=-1, keepdims=True) / (np.sum(t**2) if n > 1 else 1)
    return x - np.mean(x, axis=-1, keepdims=True) - slope * t


def _fitted(x: Any) -> Any:
    """``x - A (A' A)^-1 A' x``, with the columns ``t / n`` and 1."""
    n = x.shape[-1]
    if n == 1:
        return _levelled(x)
    powers = zero_of(x) + np.stack([np.arange(1, n + 1) / n, np.ones(n)], axis=-1)
    inverse = np.linalg.inv(np.matmul(powers.T, powers))
    return x - np.matmul(np.matmul(np.matmul(x, powers), inverse), powers.T)
