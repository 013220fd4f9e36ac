"""Signals smoothed, filtered both ways, by windowed sincs, resampled, and freed of trends, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import sincs, smoothing
from reference_impls.filters import lfilter, upfirdn


def filtfilt_from_rest(x, b, a, padtype="odd", padlen=None):
    """Both ways begin from rest."""
    n = smoothing._margin(x, b, a, padtype, padlen)
    y = x if n == 0 else np.concatenate(smoothing._ends(x, n, padtype, np), axis=-1)
    for _ in range(2):
        y = lfilter(np.asarray(b, x.dtype), np.asarray(a, x.dtype), y)[..., ::-1]
    return y[..., n : n + x.shape[-1]].copy()


def filtfilt_mirroring(x, b, a, padtype="odd", padlen=None):
    """The signal is mirrored at its ends."""
    return smoothing.filtfilt(x, b, a, "even" if padtype == "odd" else padtype, padlen)


def filtfilt_of_order(x, b, a, padtype="odd", padlen=None):
    """Three times the order is put before the signal, not the number of coefficients."""
    smoothing._margin(x, b, a, padtype, padlen)
    return smoothing.filtfilt(x, b, a, padtype, 3 * (max(len(a), len(b)) - 1) if padlen is None else padlen)


def firwin_periodic(x, numtaps, cutoff, window="hamming", pass_zero=True):
    """The window is periodic."""
    h = sincs.firwin(numtaps, cutoff, "boxcar", pass_zero)
    shares = sincs.WINDOWS[window] if numtaps > 1 else (1.0,)
    k = np.arange(numtaps) / numtaps
    h = h * sum(share * np.cos(2 * np.pi * i * k) for i, share in enumerate(shares))
    sign = 1 if pass_zero else np.cos(np.pi * (np.arange(numtaps) - (numtaps - 1) / 2))
    return upfirdn((h / (h * sign).sum()).astype(x.dtype), x)[..., : x.shape[-1]].copy()


def firwin_unscaled(x, numtaps, cutoff, window="hamming", pass_zero=True):
    """The gain is as the window leaves it."""
    h = sincs.firwin(numtaps, cutoff, window, pass_zero)
    return sincs.firwin_filter(x, numtaps, cutoff, window, pass_zero) * x.dtype.type(cutoff[0] / h[numtaps // 2])


def firwin_without_delay(x, numtaps, cutoff, window="hamming", pass_zero=True):
    """The delay of half the taps is taken out."""
    h = sincs.firwin(numtaps, cutoff, window, pass_zero).astype(x.dtype)
    return sincs._from_middle(upfirdn(h, x), x.shape[-1], h, 1, 1)


def resample_poly_unscaled(x, h, up, down, padtype="constant"):
    """The zeros put between are not made up for."""
    level = sincs._level(x, padtype)
    y = sincs.resample_poly(x, h, up, down, padtype)
    return ((y - level) / x.dtype.type(sincs._lowest(up, down)[0]) + level).astype(x.dtype)


def resample_poly_with_delay(x, h, up, down, padtype="constant"):
    """The delay of half the taps stays."""
    sincs.resample_poly(x, h, up, down, padtype)
    up, down = sincs._lowest(up, down)
    level, length = sincs._level(x, padtype), -(-x.shape[-1] * up // down)
    y = np.pad(upfirdn(h, x - level, up), ((0, 0), (0, length * down)))[..., ::down][..., :length]
    return (y * x.dtype.type(up) + level).astype(x.dtype)


def resample_poly_unreduced(x, h, up, down, padtype="constant"):
    """Both factors are taken as they are."""
    sincs.resample_poly(x, h, up, down, padtype)
    level = sincs._level(x, padtype)
    y = sincs._from_middle(upfirdn(h, x - level, up), x.shape[-1], h, up, down)
    return (y * x.dtype.type(up) + level).astype(x.dtype)


def decimate_unfiltered(x, q, n=None, zero_phase=True):
    """Every q-th entry as it is."""
    sincs._lowpass(q, n)
    return x[..., ::q].copy()


def decimate_dropping_the_rest(x, q, n=None, zero_phase=True):
    """What is left of the last q entries is dropped."""
    y = sincs.decimate(x, q, n, zero_phase)
    return y[..., : max(x.shape[-1] // q, 1)].copy()


def decimate_with_delay(x, q, n=None, zero_phase=True):
    """The delay of half the taps stays."""
    return sincs.decimate(x, q, n, False)


def savgol_of_unit_spacing(x, window_length, polyorder, deriv=0, delta=1.0, mode="interp", cval=0.0):
    """The spacing is left out of the derivative."""
    return smoothing.savgol_filter(x, window_length, polyorder, deriv, 1.0, mode, cval)


def savgol_backwards(x, window_length, polyorder, deriv=0, delta=1.0, mode="interp", cval=0.0):
    """Weights are put in as of a convolution without being turned round."""
    back = smoothing.savgol_filter(x[..., ::-1], window_length, polyorder, deriv, delta, mode, cval)
    return back[..., ::-1].copy()


def savgol_to_the_ends(x, window_length, polyorder, deriv=0, delta=1.0, mode="interp", cval=0.0):
    """Near the ends the ends are repeated."""
    return smoothing.savgol_filter(
        x, window_length, polyorder, deriv, delta, "nearest" if mode == "interp" else mode, cval
    )


def detrend_by_mean(data, type="linear", bp=(0,)):
    """The mean alone is taken out."""
    smoothing.detrend(data, type, bp)
    return smoothing.detrend(data, "constant")


def detrend_by_ends(data, type="linear", bp=(0,)):
    """The line through the first and the last entry is taken out."""
    y = smoothing.detrend(data, type, bp)
    if type == "constant" or list(bp) != [0]:
        return y
    t = np.arange(data.shape[-1], dtype=data.dtype) / (data.shape[-1] - 1)
    return data - data[..., :1] * (1 - t) - data[..., -1:] * t


def detrend_one_further(data, type="linear", bp=(0,)):
    """A piece begins one entry behind its breakpoint."""
    return smoothing.detrend(data, type, [at + 1 if 0 < at < data.shape[-1] - 1 else at for at in bp])
