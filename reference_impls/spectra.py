"""Spectra of signals: NumPy, SciPy and torch candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def hilbert(x: Array) -> Array:
    """The spectrum, its positive frequencies twice, negative ones cut."""
    n = x.shape[-1]
    if n < 1 or np.iscomplexobj(x):
        raise ValueError("there is an entry, and it is real")
    spectrum = fft.fft(x)
    spectrum[..., 1 : (n + 1) // 2] *= 2
    spectrum[..., n // 2 + 1 :] = 0
    return np.asarray(fft.ifft(spectrum))


def scipy_hilbert(x: Array) -> Array:
    """``scipy.signal.hilbert`` along the last axis."""
    y: Array = signal.hilbert(x)
    return y


def torch_hilbert(x: torch.Tensor) -> torch.Tensor:
    """``torch.fft`` and a vector of counts."""
    import torch

    n = x.shape[-1]
    if x.is_complex():
        raise ValueError("signals are real")
    k = torch.arange(n)
    counted = torch.where((k == 0) | (2 * k == n), 1, torch.where(2 * k < n, 2, 0))
    return torch.fft.ifft(torch.fft.fft(x) * counted)


def stft(input: Array, window: Array, hop_length: int, normalized: bool = False, onesided: bool = True) -> Array:
    """Frames of a sliding view, windowed, transformed."""
    if window.ndim != 1 or not 0 < len(window) <= input.shape[-1] or hop_length < 1:
        raise ValueError("the window is a vector no longer than the signal, hops are positive")
    frames = np.lib.stride_tricks.sliding_window_view(input, len(window), axis=-1)[..., ::hop_length, :] * window
    of = fft.rfft if onesided else fft.fft
    spectrum = np.asarray(of(frames, norm="ortho" if normalized else None))
    return np.ascontiguousarray(np.swapaxes(spectrum, -1, -2))


def scipy_stft(input: Array, window: Array, hop_length: int, normalized: bool = False, onesided: bool = True) -> Array:
    """``scipy.signal.ShortTimeFFT``, its first piece begun with the signal."""
    n = len(window)
    if window.ndim != 1 or not 0 < n <= input.shape[-1] or hop_length < 1:
        raise ValueError("the window is a vector no longer than the signal, hops are positive")
    mode = "onesided" if onesided else "twosided"
    of = signal.ShortTimeFFT(window, hop_length, 1.0, fft_mode=mode, scale_to=None, phase_shift=None)
    found = of.stft(input, 0, (input.shape[-1] - n) // hop_length + 1, k_offset=of.m_num_mid)
    narrow = np.result_type(input.dtype, np.complex64)
    return np.asarray(found / np.sqrt(n) if normalized else found).astype(narrow)


def torch_stft(
    input: torch.Tensor, window: torch.Tensor, hop_length: int, normalized: bool = False, onesided: bool = True
) -> torch.Tensor:
    """``torch.stft`` without centring."""
    import torch

    return torch.stft(
        input,
        len(window),
        hop_length,
        window=window,
        center=False,
        normalized=normalized,
        onesided=onesided,
        return_complex=True,
    )


def istft(input: Array, window: Array, hop_length: int, center: bool = True, normalized: bool = False) -> Array:
    """Inverse transforms, windowed, added where they overlap, over the added squares of the window."""
    n, frames = _framed(input, window, hop_length, center)
    pieces = np.asarray(fft.irfft(input, n, axis=-2, norm="ortho" if normalized else None)) * window[:, None]
    length = n + hop_length * (frames - 1)
    y, envelope = np.zeros((*input.shape[:-2], length), pieces.dtype), np.zeros(length, pieces.dtype)
    for t in range(frames):
        y[..., t * hop_length : t * hop_length + n] += pieces[..., t]
        envelope[t * hop_length : t * hop_length + n] += window**2
    y /= envelope
    return y[..., n // 2 : length - n // 2].copy() if center else y


def scipy_istft(input: Array, window: Array, hop_length: int, center: bool = True, normalized: bool = False) -> Array:
    """``scipy.signal.istft``, whose spectra are divided by the window's sum."""
    n, _ = _framed(input, window, hop_length, center)
    scaled = input / window.sum() * (window.dtype.type(np.sqrt(n)) if normalized else 1)
    _, y = signal.istft(scaled, window=window, nperseg=n, noverlap=n - hop_length, nfft=n, boundary=center)
    return np.ascontiguousarray(y)


def torch_istft(
    input: torch.Tensor, window: torch.Tensor, hop_length: int, center: bool = True, normalized: bool = False
) -> torch.Tensor:
    """``torch.istft`` with a readable signature."""
    import torch

    return torch.istft(input, len(window), hop_length, window=window, center=center, normalized=normalized)


def _framed(input: Array, window: Array, hop_length: int, center: bool) -> tuple[int, int]:
    n, frames = len(window), input.shape[-1]
    if window.ndim != 1 or input.ndim < 2 or input.shape[-2] != n // 2 + 1 or not 0 < hop_length <= n:
        raise ValueError("a window, as many frequencies as it has, and hops within it")
    if n + hop_length * (frames - 1) <= center * 2 * (n // 2):
        raise ValueError("there is an entry left")
    return n, frames


def welch(x: Array, window: Array, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Array:
    """Segments one after the other, their periodograms averaged."""
    n, hop = hopping(x, window, noverlap)
    total = np.zeros((*x.shape[:-1], n // 2 + 1), x.dtype)
    starts = range(0, x.shape[-1] - n + 1, hop)
    for start in starts:
        segment = x[..., start : start + n]
        if detrend:
            segment = segment - segment.mean(axis=-1, keepdims=True)
        total += np.square(np.abs(fft.rfft(segment * window)))
    total[..., 1 : (n + 1) // 2] *= 2
    return np.asarray(total / (len(starts) * x.dtype.type(fs) * np.sum(np.square(window)))).astype(x.dtype)


def scipy_welch(x: Array, window: Array, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Array:
    """``scipy.signal.welch``, one-sided, as a density."""
    n, _ = hopping(x, window, noverlap)
    _, found = signal.welch(
        x, fs, window=window, nperseg=n, noverlap=noverlap, detrend="constant" if detrend else False
    )
    return np.asarray(found)


def torch_welch(
    x: torch.Tensor, window: torch.Tensor, fs: float = 1.0, noverlap: int = 0, detrend: bool = True
) -> torch.Tensor:
    """Unfolded segments and ``torch.fft``."""
    import torch

    n, hop = hopping(x, window, noverlap)
    segments = x.unfold(-1, n, hop)
    if detrend:
        segments = segments - segments.mean(-1, keepdim=True)
    spectrum = torch.fft.rfft(segments * window)
    power = (spectrum.real**2 + spectrum.imag**2).mean(-2)
    k = torch.arange(n // 2 + 1)
    return power * torch.where((k == 0) | (2 * k == n), 1, 2) / (fs * (window**2).sum())


def resample(x: Array, num: int) -> Array:
    """The whole spectrum cut or continued, its middle put together or halved."""
    n = x.shape[-1]
    if num < 1 or n < 1:
        raise ValueError("there is an entry")
    least = min(n, num)
    spectrum = np.zeros((*x.shape[:-1], num), np.result_type(x.dtype, np.complex64))
    whole = np.asarray(fft.fft(x))
    spectrum[..., : (least + 1) // 2] = whole[..., : (least + 1) // 2]
    if least > 2 or least % 2 == 0:
        upper = (least - 1) // 2
        spectrum[..., num - upper :] = whole[..., n - upper :]
    if least % 2 == 0:
        middle = whole[..., least // 2]
        spectrum[..., least // 2] += (
            middle if n == num else middle + whole[..., n - least // 2] if num < n else middle / 2
        )
        if num > n:
            spectrum[..., num - least // 2] += middle / 2
    return np.asarray(fft.ifft(spectrum).real * x.dtype.type(num / n)).astype(x.dtype)


def scipy_resample(x: Array, num: int) -> Array:
    """``scipy.signal.resample`` along the last axis."""
    y: Array = signal.resample(x, num, axis=-1)
    return y


def torch_resample(x: torch.Tensor, num: int) -> torch.Tensor:
    """``torch.fft.rfft`` and ``irfft``."""
    import torch

    n = x.shape[-1]
    if num < 1 or n < 1:
        raise ValueError("there is an entry")
    least = min(n, num)
    k = torch.arange(least // 2 + 1)
    middle = 1.0 if n == num else 2.0 if num < n else 0.5
    spectrum = torch.fft.rfft(x)[..., : least // 2 + 1] * torch.where(2 * k == least, middle, 1.0)
    return torch.fft.irfft(spectrum, num) * (num / n)


def hopping(x: Any, window: Any, noverlap: int) -> tuple[int, int]:
    n = len(window)
    if window.ndim != 1 or not 0 < n <= x.shape[-1] or not 0 <= noverlap < n:
        raise ValueError("the window is a vector no longer than the signal, and longer than the overlap")
    return n, n - noverlap
