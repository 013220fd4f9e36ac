"""Spectra at any points of the unit circle: NumPy, SciPy and torch candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def czt(x: Array, m: int, start: float = 0.0, step: float | None = None) -> Array:
    """A sum of exponentials, as a product with their matrix."""
    turns = start + np.arange(_points(x, m)) * (1 / m if step is None else step)
    y = x @ np.exp(-2j * np.pi * np.multiply.outer(np.arange(x.shape[-1]), turns))
    return np.asarray(y).astype(np.result_type(x.dtype, np.complex64), copy=False)


def scipy_czt(x: Array, m: int, start: float = 0.0, step: float | None = None) -> Array:
    """``scipy.signal.czt`` along the last axis."""
    from scipy.signal import czt as of

    w = None if step is None else np.exp(-2j * np.pi * step)
    y = of(x, m, w, np.exp(2j * np.pi * start))
    return np.asarray(y).astype(np.result_type(x.dtype, np.complex64), copy=False)


def torch_czt(x: torch.Tensor, m: int, start: float = 0.0, step: float | None = None) -> torch.Tensor:
    """A sum of exponentials, as a product with their matrix."""
    import torch

    turns = start + torch.arange(_points(x, m), dtype=torch.float64) * (1 / m if step is None else step)
    angle = -2 * torch.pi * torch.outer(torch.arange(x.shape[-1], dtype=torch.float64), turns)
    matrix = torch.complex(angle.cos(), angle.sin())
    wide = x.dtype if x.is_complex() else x.dtype.to_complex()
    return x.to(wide) @ matrix.to(wide)


def zoom_fft(x: Array, fn: Sequence[float], m: int, fs: float = 2.0, endpoint: bool = False) -> Array:
    """The transform at evenly spaced frequencies, piece by piece of the signal."""
    f = np.linspace(*_band(fn), _points(x, m), endpoint=endpoint)
    total = np.zeros((*x.shape[:-1], m), np.complex128)
    for n in range(x.shape[-1]):
        total += x[..., n, None] * np.exp(-2j * np.pi * n * f / fs)
    return total.astype(np.result_type(x.dtype, np.complex64), copy=False)


def scipy_zoom_fft(x: Array, fn: Sequence[float], m: int, fs: float = 2.0, endpoint: bool = False) -> Array:
    """``scipy.signal.zoom_fft`` along the last axis."""
    from scipy.signal import zoom_fft as of

    y = of(x, fn, m, fs=fs, endpoint=endpoint)
    return np.asarray(y).astype(np.result_type(x.dtype, np.complex64), copy=False)


def torch_zoom_fft(
    x: torch.Tensor, fn: Sequence[float], m: int, fs: float = 2.0, endpoint: bool = False
) -> torch.Tensor:
    """The transform at evenly spaced points of the circle."""
    first, last = _band(fn)
    return torch_czt(x, m, first / fs, (last - first) / fs / (m - 1 if endpoint else m) if m > 0 else None)


def _points(x: Any, m: int) -> int:
    if m < 1 or x.shape[-1] < 1:
        raise ValueError("there is an entry, and a point to find its spectrum at")
    return m


def _band(fn: Sequence[float]) -> tuple[float, float]:
    first, last = fn
    return first, last
