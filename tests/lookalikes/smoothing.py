"""Signals smoothed, filtered both ways, by windowed sincs, resampled, and freed of trends, right in another way."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.polynomial import legendre

from reference_impls import sincs, smoothing


def filtfilt_in_extended(x, b, a, padtype="odd", padlen=None):
    """In extended precision."""
    return smoothing.filtfilt(x.astype(np.longdouble), b, a, padtype, padlen).astype(x.dtype)


def firwin_by_correlation(x, numtaps, cutoff, window="hamming", pass_zero=True):
    """``numpy.correlate`` with the taps turned round, in double precision."""
    h = sincs.firwin(numtaps, cutoff, window, pass_zero)
    rows = [np.correlate(np.pad(row.astype(float), (numtaps - 1, 0)), h[::-1], "valid") for row in x]
    return np.array(rows, x.dtype)


def _by_places(x, h, up, down, before, length):
    """Each result from the taps that meet an entry, the last one first, in double precision."""
    y = np.zeros((*x.shape[:-1], length))
    for m in range(length):
        for n in range(x.shape[-1] - 1, -1, -1):
            k = m * down + before - n * up
            if 0 <= k < len(h):
                y[..., m] += float(h[k]) * x[..., n].astype(float)
    return y


def resample_poly_by_places(x, h, up, down, padtype="constant"):
    """Result after result."""
    sincs.resample_poly(x, h, up, down, padtype)
    up, down = sincs._lowest(up, down)
    level = sincs._level(x, padtype)
    y = _by_places(x - level, h, up, down, (len(h) - 1) // 2, -(-x.shape[-1] * up // down))
    return (y * up + level).astype(x.dtype)


def decimate_by_places(x, q, n=None, zero_phase=True):
    """Result after result."""
    h = sincs._lowpass(q, n)
    return _by_places(x, h, 1, q, (len(h) - 1) // 2 if zero_phase else 0, -(-x.shape[-1] // q)).astype(x.dtype)


def savgol_by_polynomials(x, window_length, polyorder, deriv=0, delta=1.0, mode="interp", cval=0.0):
    """Legendre polynomials fitted to all windows at once."""
    smoothing._weights(x.shape[-1], window_length, polyorder, deriv, delta, mode)
    half, t = window_length // 2, (np.arange(window_length) - window_length // 2) / (window_length // 2)
    wide = x.astype(float)
    if mode != "interp":
        end = {"constant_values": cval} if mode == "constant" else {}
        wide = np.pad(wide, ((0, 0), (half, half)), mode=smoothing.PADS[mode], **end)
    windows = np.lib.stride_tricks.sliding_window_view(wide, window_length, axis=-1)
    y = np.empty(x.shape)
    for out, row in zip(y, windows, strict=True):
        slopes = legendre.legder(legendre.legfit(t, row.T, polyorder), deriv, axis=0)
        inner = legendre.legval(0.0, slopes)
        if mode == "interp":
            first, last = (legendre.legval(t, slopes[:, at]) for at in (0, -1))
            inner = np.concatenate([first[:half], inner, last[half + 1 :]])
        out[:] = inner / (half * delta) ** deriv
    return y.astype(x.dtype)


def detrend_by_projection(data, type="linear", bp=(0,)):
    """Legendre's first two polynomials are projected out, in extended precision."""
    smoothing.detrend(data, type, bp)
    y = data.astype(np.longdouble)
    borders = sorted({0, data.shape[-1], *(bp if type == "linear" else ())})
    for a, b in pairwise(borders):
        for basis in (
            np.ones(b - a),
            *([np.arange(b - a) - (b - a - 1) / 2] if type == "linear" and b - a > 1 else []),
        ):
            unit = basis.astype(np.longdouble) / np.sqrt((basis.astype(np.longdouble) ** 2).sum())
            y[..., a:b] -= (y[..., a:b] @ unit)[..., None] * unit
    return y.astype(data.dtype)
