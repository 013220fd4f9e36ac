"""Filters and transforms of signals: recursive ones, resampling, neighbourhoods, spectra."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from reference_impls.definitions.padding import circular, nearest, reflected, symmetric
from reference_impls.definitions.signal import windowed

#: Where entries beyond the border are found, by scipy.ndimage's names of the ways to continue an axis.
BEYOND = {"wrap": circular, "reflect": symmetric, "mirror": reflected, "nearest": nearest}


def lfilter(b: Any, a: Any, x: Any) -> Any:
    """``a[0] y[n] = sum of b[k] x[n - k] - sum of a[k] y[n - k]`` along the last axis, starting from rest."""
    return scipy.signal.lfilter(b, a, x)


def lfilter_scaled(b: Any, a: Any, x: Any) -> Any:
    """The same with all coefficients divided by ``a[0]`` first."""
    return scipy.signal.lfilter(b / a[0], np.concatenate([np.ones(1), a[1:] / a[0]]), x)


lfilter.legal = (lfilter_scaled,)  # type: ignore[attr-defined]


def sosfilt(x: Any, *, sos: Sequence[Sequence[float]]) -> Any:
    """One section ``b0, b1, b2, 1, a1, a2`` after the other, each as ``lfilter``."""
    for section in sos:
        x = scipy.signal.lfilter(np.array(section[:3]), np.array(section[3:]), x)
    return x


def upfirdn(h: Any, x: Any, *, up: int = 1, down: int = 1) -> Any:
    """``y[m] = sum of h[m down - n up] x[n]``: zeros put between, filtered, every ``down``-th kept."""
    length = (x.shape[-1] - 1) * up + h.shape[0]
    m = np.arange(-(-length // down))[:, None]
    tap = m * down - np.arange(x.shape[-1]) * up
    inside = (tap >= 0) & (tap < h.shape[0])
    return np.einsum("...n,mn->...m", x, np.where(inside, h[np.where(inside, tap, 0)], 0))


def hilbert(x: Any) -> Any:
    """The analytic signal: positive frequencies twice, negative ones not, those between once."""
    n = x.shape[-1]
    k = np.arange(n)
    counted = np.where((k == 0) | (2 * k == n), 1.0, np.where(2 * k < n, 2.0, 0.0))
    return np.fft.ifft(np.fft.fft(x) * counted)


def stft(input: Any, window: Any, *, hop_length: int, normalized: bool = False, onesided: bool = True) -> Any:
    """``X[k, t] = sum of w[n] x[t hop + n] exp(-2 pi i k n / N)``; normalized by ``1 / sqrt(N)``."""
    n = window.shape[0]
    starts = np.arange((input.shape[-1] - n) // hop_length + 1) * hop_length
    frames = input[..., starts[:, None] + np.arange(n)] * window
    norm = "ortho" if normalized else "backward"
    spectrum = np.fft.rfft(frames, norm=norm) if onesided else np.fft.fft(frames, norm=norm)
    return np.swapaxes(spectrum, -1, -2)


def _around(size: int, length: int, mode: str) -> NDArray[np.intp]:
    """Places of the window about every entry of an axis, (size, length); -1 where there is none."""
    at = np.arange(size)[:, None] + np.arange(length) - length // 2
    return BEYOND[mode](at, size) if mode in BEYOND else np.where((at >= 0) & (at < size), at, -1)


def medfilt(volume: Any, *, kernel_size: int) -> Any:
    """The median of an odd number of entries about each one, zeros beyond the ends."""
    longer = np.concatenate([volume, np.zeros(1)])
    return np.median(longer[_around(volume.shape[0], kernel_size, "constant")], axis=-1)


def median_filter(input: Any, *, size: int, mode: str = "reflect", cval: float = 0.0) -> Any:
    """Of the entries in a square about each one the middle one, the upper of two; continued by ``mode``."""
    rows, columns = (_around(n, size, mode) for n in input.shape)
    framed = np.pad(input, [(0, 1), (0, 1)], constant_values=cval)
    windows = framed[rows[:, None, :, None], columns[None, :, None, :]]
    flat = np.reshape(windows, (*input.shape, size**2))
    return np.sort(flat, axis=-1)[..., size**2 // 2]


def _weighed(input: Any, weights: Any, mode: str, cval: float) -> Any:
    """``y[i] = sum of w[t] x[i + t - K // 2]`` along each axis in turn."""
    for axis in range(input.ndim):
        lined = np.moveaxis(input, axis, -1)
        longer = np.concatenate([lined, np.full((*lined.shape[:-1], 1), cval)], axis=-1)
        windows = longer[..., _around(lined.shape[-1], weights.shape[0], mode)]
        input = np.moveaxis(np.sum(windows * weights, axis=-1), -1, axis)
    return input


def uniform_filter(input: Any, *, size: int, mode: str = "reflect", cval: float = 0.0) -> Any:
    """The mean of ``size`` entries about each one, from ``size // 2`` before it on, along each axis in turn."""
    taps = np.ones(size)
    for shape in ((size, 1), (1, size)):
        spans = [(k - 1 - k // 2, n) for n, k in zip(input.shape, shape, strict=True)]
        boundary = {"constant": "fill"}.get(mode, mode)
        total = windowed(input, np.reshape(taps, shape), spans, backward=False, boundary=boundary, fillvalue=cval)
        input = total / size
    return input


def gaussian_filter(
    input: Any, *, sigma: float, mode: str = "reflect", cval: float = 0.0, truncate: float = 4.0
) -> Any:
    """Weights ``exp(-t^2 / (2 sigma^2))`` up to ``floor(truncate sigma + 1/2)``, of sum one, along each axis in turn."""
    reach = floor(truncate * sigma + 0.5)
    zero = np.sum(np.reshape(input, (-1,))[:0])
    bell = np.exp(-0.5 / sigma**2 * np.arange(-reach, reach + 1) ** 2 + zero)
    return _weighed(input, bell / np.sum(bell), mode, cval)


def welch(x: Any, window: Any, *, fs: float = 1.0, noverlap: int, detrend: bool = True) -> Any:
    """``P[k] = mean over segments of c_k |sum of w (x - mean) e|^2 / (fs sum of w^2)``, one-sided: c_k 2 but at the ends."""
    n = window.shape[0]
    starts = np.arange((x.shape[-1] - noverlap) // (n - noverlap)) * (n - noverlap)
    segments = x[..., starts[:, None] + np.arange(n)]
    if detrend:
        segments = segments - np.mean(segments, axis=-1, keepdims=True)
    spectrum = np.fft.rfft(segments * window)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    k = np.arange(n // 2 + 1)
    twice = np.where((k == 0) | (2 * k == n), 1.0, 2.0)
    return np.mean(power, axis=-2) * twice / (fs * np.sum(np.square(window)))


def resample(x: Any, *, num: int) -> Any:
    """The trigonometric polynomial through x at ``num`` places: its spectrum cut or continued with zeros.

    Of the frequency in the middle of the shorter one, where it is even, both halves are counted.
    """
    n, least = x.shape[-1], min(num, x.shape[-1])
    kept = np.fft.rfft(x)[..., : least // 2 + 1]
    k = np.arange(least // 2 + 1)
    middle = 1.0 if num == n else 2.0 if num < n else 0.5
    spectrum = kept * np.where(2 * k == least, middle, 1.0)
    return np.fft.irfft(spectrum, num) * (num / n)
