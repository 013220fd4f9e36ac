"""Powers of spectra and of pairs of them, in pieces and on average: NumPy, SciPy and torch candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from reference_impls.spectra import hopping

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def spectrogram(
    x: Array, window: Array, fs: float = 1.0, noverlap: int = 0, detrend: bool = True, scaling: str = "density"
) -> Array:
    """Squares of transforms of a sliding view, one-sided."""
    z = _transformed(x, window, noverlap, detrend)
    power = np.square(z.real) + np.square(z.imag)
    power[..., 1 : (len(window) + 1) // 2] *= 2
    found = power / _divisor(window, fs, scaling)
    return np.ascontiguousarray(np.swapaxes(found, -1, -2)).astype(x.dtype, copy=False)


def scipy_spectrogram(
    x: Array, window: Array, fs: float = 1.0, noverlap: int = 0, detrend: bool = True, scaling: str = "density"
) -> Array:
    """``scipy.signal.spectrogram`` of powers."""
    n, _ = hopping(x, window, noverlap)
    how = "constant" if detrend else False
    *_, found = signal.spectrogram(x, fs, window, n, noverlap, detrend=how, scaling=scaling)
    return np.asarray(found)


def torch_spectrogram(
    x: torch.Tensor,
    window: torch.Tensor,
    fs: float = 1.0,
    noverlap: int = 0,
    detrend: bool = True,
    scaling: str = "density",
) -> torch.Tensor:
    """Unfolded segments and ``torch.fft``."""
    z = _torch_transformed(x, window, noverlap, detrend)
    found = (z.real**2 + z.imag**2) * _torch_counts(window)
    if scaling not in ("density", "spectrum"):
        raise ValueError("the scaling is density or spectrum")
    scale = fs * (window**2).sum() if scaling == "density" else window.sum() ** 2
    return (found / scale).transpose(-1, -2).contiguous()


def csd(x: Array, y: Array, window: Array, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Array:
    """Products of transforms of sliding views, averaged."""
    first, second = (_transformed(v, window, noverlap, detrend) for v in _alike(x, y))
    mean = np.mean(np.conj(first) * second, axis=-2)
    mean[..., 1 : (len(window) + 1) // 2] *= 2
    narrow = np.result_type(x.dtype, np.complex64)
    return np.asarray(mean / _divisor(window, fs, "density")).astype(narrow, copy=False)


def scipy_csd(x: Array, y: Array, window: Array, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Array:
    """``scipy.signal.csd``, one-sided, as a density."""
    n, _ = hopping(x, window, noverlap)
    how = "constant" if detrend else False
    _, found = signal.csd(*_alike(x, y), fs, window=window, nperseg=n, noverlap=noverlap, detrend=how)
    return np.asarray(found)


def torch_csd(
    x: torch.Tensor, y: torch.Tensor, window: torch.Tensor, fs: float = 1.0, noverlap: int = 0, detrend: bool = True
) -> torch.Tensor:
    """Unfolded segments and ``torch.fft``."""
    first, second = (_torch_transformed(v, window, noverlap, detrend) for v in _alike(x, y))
    mean = (first.conj() * second).mean(-2)
    return mean * _torch_counts(window) / (fs * (window**2).sum())


def coherence(x: Array, y: Array, window: Array, noverlap: int = 0, detrend: bool = True) -> Array:
    """The square of the mean product over the product of the mean squares."""
    first, second = (_transformed(v, window, noverlap, detrend) for v in _alike(x, y))
    both = np.mean(np.conj(first) * second, axis=-2)
    squares = [np.mean(z.real**2 + z.imag**2, axis=-2) for z in (first, second)]
    return np.asarray((both.real**2 + both.imag**2) / (squares[0] * squares[1])).astype(x.dtype, copy=False)


def scipy_coherence(x: Array, y: Array, window: Array, noverlap: int = 0, detrend: bool = True) -> Array:
    """``scipy.signal.coherence``."""
    n, _ = hopping(x, window, noverlap)
    how = "constant" if detrend else False
    _, found = signal.coherence(*_alike(x, y), window=window, nperseg=n, noverlap=noverlap, detrend=how)
    return np.asarray(found)


def torch_coherence(
    x: torch.Tensor, y: torch.Tensor, window: torch.Tensor, noverlap: int = 0, detrend: bool = True
) -> torch.Tensor:
    """Unfolded segments and ``torch.fft``."""
    first, second = (_torch_transformed(v, window, noverlap, detrend) for v in _alike(x, y))
    both = (first.conj() * second).mean(-2)
    squares = [(z.real**2 + z.imag**2).mean(-2) for z in (first, second)]
    return (both.real**2 + both.imag**2) / squares[0] / squares[1]


def _alike(x: Any, y: Any) -> tuple[Any, Any]:
    if x.shape != y.shape:
        raise ValueError("both signals have the same shape")
    return x, y


def _transformed(x: Array, window: Array, noverlap: int, detrend: bool) -> Array:
    n, hop = hopping(x, window, noverlap)
    segments = np.lib.stride_tricks.sliding_window_view(x, n, axis=-1)[..., ::hop, :]
    if detrend:
        segments = segments - segments.mean(axis=-1, keepdims=True)
    return np.asarray(fft.rfft(segments * window))


def _divisor(window: Array, fs: float, scaling: str) -> Any:
    if scaling not in ("density", "spectrum"):
        raise ValueError("the scaling is density or spectrum")
    return window.dtype.type(fs) * np.sum(window**2) if scaling == "density" else np.sum(window) ** 2


def _torch_transformed(x: torch.Tensor, window: torch.Tensor, noverlap: int, detrend: bool) -> torch.Tensor:
    import torch

    n, hop = hopping(x, window, noverlap)
    segments = x.unfold(-1, n, hop)
    if detrend:
        segments = segments - segments.mean(-1, keepdim=True)
    return torch.fft.rfft(segments * window)


def _torch_counts(window: torch.Tensor) -> torch.Tensor:
    import torch

    n = len(window)
    k = torch.arange(n // 2 + 1)
    return torch.where((k == 0) | (2 * k == n), 1, 2)
