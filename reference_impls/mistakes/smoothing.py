"""What goes wrong where signals are freed of trends, smoothed, filtered both ways, and resampled by windowed sincs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.signal

from reference_impls.definitions import smoothing


def filtered_from_rest(
    x: Any, *, b: Sequence[float], a: Sequence[float], padtype: str = "odd", padlen: int | None = None
) -> Any:
    """Both ways begin from rest."""
    n = 0 if padtype == "none" else 3 * max(len(a), len(b)) if padlen is None else padlen
    longer = smoothing.extended(x, n, padtype)
    for _ in range(2):
        longer = scipy.signal.lfilter(np.array(b), np.array(a), longer)[..., ::-1]
    return longer[..., n : n + x.shape[-1]]


def filtered_once(
    x: Any, *, b: Sequence[float], a: Sequence[float], padtype: str = "odd", padlen: int | None = None
) -> Any:
    """The way back is left out."""
    n = 0 if padtype == "none" else 3 * max(len(a), len(b)) if padlen is None else padlen
    return smoothing.filtered(b, a, smoothing.extended(x, n, padtype))[..., n : n + x.shape[-1]]


def filtered_in_place_of_ends(
    x: Any, *, b: Sequence[float], a: Sequence[float], padtype: str = "odd", padlen: int | None = None
) -> Any:
    """The signal is mirrored at its ends, not through them."""
    return smoothing.filtfilt(x, b=b, a=a, padtype="even" if padtype == "odd" else padtype, padlen=padlen)


def sinc_periodic(zero: Any, numtaps: int, cutoff: Sequence[float], window: str, pass_zero: bool) -> Any:
    """The taps of a window that is one entry longer, its last one left out."""
    longer = smoothing.tapered(zero, numtaps + 1, window)[:-1]
    plain = smoothing.firwin(zero, numtaps, cutoff, "boxcar", pass_zero) * longer
    middle = 0.0 if pass_zero else 1.0 if len(cutoff) == 1 else (cutoff[0] + cutoff[1]) / 2
    at = np.arange(numtaps) - (numtaps - 1) / 2
    return plain / np.sum(plain * np.cos(np.pi * middle * (zero + at)))


def sinc_filter_periodic(
    x: Any, *, numtaps: int, cutoff: Sequence[float], window: str = "hamming", pass_zero: bool = True
) -> Any:
    """The window is periodic, not symmetric."""
    return smoothing.convolved(x, sinc_periodic(smoothing.zero_of(x), numtaps, cutoff, window, pass_zero))


def sinc_filter_of_hertz(
    x: Any, *, numtaps: int, cutoff: Sequence[float], window: str = "hamming", pass_zero: bool = True
) -> Any:
    """Cutoffs are taken for shares of the sampling rate."""
    halves = [c * 2 if c * 2 < 1 else c for c in cutoff]
    return smoothing.firwin_filter(x, numtaps=numtaps, cutoff=halves, window=window, pass_zero=pass_zero)


def sinc_filter_centred(
    x: Any, *, numtaps: int, cutoff: Sequence[float], window: str = "hamming", pass_zero: bool = True
) -> Any:
    """The delay of half the taps is taken out."""
    h = smoothing.firwin(smoothing.zero_of(x), numtaps, cutoff, window, pass_zero)
    return smoothing.resampled(x, h, 1, 1, (numtaps - 1) // 2)


def resampled_unscaled(x: Any, h: Any, *, up: int, down: int, padtype: str = "constant") -> Any:
    """The zeros put between are not made up for."""
    return smoothing.resample_poly(x, h / (up // np.gcd(up, down)), up=up, down=down, padtype=padtype)


def resampled_from_the_first_tap(x: Any, h: Any, *, up: int, down: int, padtype: str = "constant") -> Any:
    """The delay of half the taps stays."""
    g = int(np.gcd(up, down))
    return smoothing.resampled(x, h * (up // g), up // g, down // g, 0)


def resampled_from_the_upper_middle(x: Any, h: Any, *, up: int, down: int, padtype: str = "constant") -> Any:
    """Of an even number of taps the second one in the middle is taken for it."""
    g = int(np.gcd(up, down))
    return smoothing.resampled(x, h * (up // g), up // g, down // g, h.shape[0] // 2)


def decimated_with_delay(x: Any, *, q: int, n: int | None = None, zero_phase: bool = True) -> Any:
    """The delay of half the taps stays."""
    return smoothing.decimate(x, q=q, n=n, zero_phase=False)


def decimated_unfiltered(x: Any, *, q: int, n: int | None = None, zero_phase: bool = True) -> Any:
    """Every q-th entry is kept as it is."""
    return x[..., ::q]


def smoothed_by_spacing(x: Any, **params: Any) -> Any:
    """The spacing of entries is left out of the derivative."""
    return smoothing.savgol_filter(x, **{**params, "delta": 1.0})


def smoothed_backwards(x: Any, **params: Any) -> Any:
    """The derivative has the other sign."""
    return (-1) ** params.get("deriv", 0) * smoothing.savgol_filter(x, **params)


def smoothed_undifferentiated(x: Any, **params: Any) -> Any:
    """The derivative's factorial is left out: the coefficient is given for it."""
    return smoothing.savgol_filter(x, **params) / (2 if params.get("deriv", 0) == 2 else 1)


def detrended_by_mean(data: Any, *, type: str = "linear", bp: Sequence[int] = (0,)) -> Any:
    """The mean alone is taken out."""
    return smoothing.detrend(data, type="constant")


def detrended_by_ends(data: Any, *, type: str = "linear", bp: Sequence[int] = (0,)) -> Any:
    """The line through the first and the last entry is taken out."""
    n = data.shape[-1]
    t = np.arange(n) / max(n - 1, 1)
    return data - data[..., :1] * (1 - t) - data[..., -1:] * t


def detrended_whole(data: Any, *, type: str = "linear", bp: Sequence[int] = (0,)) -> Any:
    """Breakpoints are ignored."""
    return smoothing.detrend(data, type=type)
