"""Spectra of signals in pieces, inverted, averaged and compared, and spectra at any points of the unit circle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference_impls.definitions.images import zero_of


def istft(input: Any, window: Any, *, hop_length: int, center: bool = True, normalized: bool = False) -> Any:
    """``y[s] = sum over t of w[n] x_t[n] / sum over t of w[n]^2`` with ``n = s - t hop`` and x_t the inverse transforms.

    With ``center`` the first ``N // 2`` entries and the last are left out: they were put before and behind the signal.
    """
    n, frames = window.shape[0], input.shape[-1]
    pieces = np.fft.irfft(np.swapaxes(input, -1, -2), n, norm="ortho" if normalized else "backward") * window
    length = n + hop_length * (frames - 1)
    total, envelope = np.zeros((*input.shape[:-2], length)), np.zeros(length)
    for t in range(frames):
        at = slice(t * hop_length, t * hop_length + n)
        total[..., at] += pieces[..., t, :]
        envelope[at] += np.square(window)
    kept = slice(n // 2, length - n // 2) if center else slice(0, length)
    return total[..., kept] / envelope[kept]


def transformed(x: Any, window: Any, noverlap: int, detrend: bool) -> Any:
    """The one-sided transforms of windowed segments, their means taken out before: (..., segments, frequencies)."""
    n = window.shape[0]
    starts = np.arange((x.shape[-1] - noverlap) // (n - noverlap)) * (n - noverlap)
    segments = x[..., starts[:, None] + np.arange(n)]
    if detrend:
        segments = segments - np.mean(segments, axis=-1, keepdims=True)
    return np.fft.rfft(segments * window)


def counts(n: int) -> Any:
    """How many frequencies each kept one stands for: 2, but at zero and in the middle of an even number 1."""
    k = np.arange(n // 2 + 1)
    return np.where((k == 0) | (2 * k == n), 1.0, 2.0)


def power(z: Any) -> Any:
    """The square of the absolute value."""
    return np.square(z.real) + np.square(z.imag)


def scale(window: Any, fs: float, scaling: str) -> Any:
    """What powers are divided by: of a ``density`` ``fs sum of w^2``, of a ``spectrum`` ``(sum of w)^2``."""
    return fs * np.sum(np.square(window)) if scaling == "density" else np.square(np.sum(window))


def spectrogram(
    x: Any, window: Any, *, fs: float = 1.0, noverlap: int, detrend: bool = True, scaling: str = "density"
) -> Any:
    """``S[k, t] = c_k |sum of w (x_t - mean) e|^2 / (fs sum of w^2)``, one-sided: c_k 2 but at the ends."""
    spectrum = transformed(x, window, noverlap, detrend)
    return np.swapaxes(power(spectrum) * counts(window.shape[0]) / scale(window, fs, scaling), -1, -2)


def csd(x: Any, y: Any, window: Any, *, fs: float = 1.0, noverlap: int, detrend: bool = True) -> Any:
    """``P[k] = mean over segments of c_k conj(X_t[k]) Y_t[k] / (fs sum of w^2)``, one-sided."""
    first, second = (transformed(v, window, noverlap, detrend) for v in (x, y))
    mean = np.mean(np.conj(first) * second, axis=-2)
    return mean * counts(window.shape[0]) / scale(window, fs, "density")


def coherence(x: Any, y: Any, window: Any, *, noverlap: int, detrend: bool = True) -> Any:
    """``|P_xy|^2 / (P_xx P_yy)`` of the cross spectral density and both spectral densities."""
    first, second = (transformed(v, window, noverlap, detrend) for v in (x, y))
    both = np.mean(np.conj(first) * second, axis=-2)
    return power(both) / np.mean(power(first), axis=-2) / np.mean(power(second), axis=-2)


def at_turns(x: Any, start: Any, step: Any, m: int) -> Any:
    """``X[k] = sum of x[n] exp(-2 pi i n (start + k step))``, in turns of the unit circle."""
    turns = np.longdouble(start) + np.arange(m) * np.longdouble(step)
    angle = np.multiply.outer(np.arange(x.shape[-1]), turns) * (2 * np.arccos(np.longdouble(-1)))
    zero = zero_of(x)
    return np.matmul(x, np.cos(zero + angle) - 1j * np.sin(zero + angle))


def czt(x: Any, *, m: int, start: float = 0.0, step: float | None = None) -> Any:
    """``X[k] = sum of x[n] z_k^-n``, ``z_k = exp(2 pi i (start + k step))``; a step left out is ``1 / m``."""
    return at_turns(x, start, np.longdouble(1) / m if step is None else step, m)


def zoom_fft(x: Any, *, fn: Sequence[float], m: int, fs: float = 2.0, endpoint: bool = False) -> Any:
    """``X[k] = sum of x[n] exp(-2 pi i n f_k / fs)`` at m frequencies from ``fn[0]`` to ``fn[1]``."""
    first, last = (np.longdouble(f) for f in fn)
    return at_turns(x, first / fs, (last - first) / fs / (m - 1 if endpoint else m), m)
