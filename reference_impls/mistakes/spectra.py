"""What goes wrong in spectra of pieces, their inverse, averages and comparisons, and at points of the circle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference_impls.definitions import spectra


def overlapped_without_window(
    input: Any, window: Any, *, hop_length: int, center: bool = True, normalized: bool = False
) -> Any:
    """The window is divided out, but not put in: pieces enter as they are, over the window's sum."""
    n, frames = window.shape[0], input.shape[-1]
    pieces = np.fft.irfft(np.swapaxes(input, -1, -2), n, norm="ortho" if normalized else "backward")
    length = n + hop_length * (frames - 1)
    total, envelope = np.zeros((*input.shape[:-2], length)), np.zeros(length)
    for t in range(frames):
        at = slice(t * hop_length, t * hop_length + n)
        total[..., at] += pieces[..., t, :]
        envelope[at] += window
    kept = slice(n // 2, length - n // 2) if center else slice(0, length)
    return total[..., kept] / envelope[kept]


def overlapped_undivided(
    input: Any, window: Any, *, hop_length: int, center: bool = True, normalized: bool = False
) -> Any:
    """Windowed pieces are added and not divided by the added squares of the window."""
    n, frames = window.shape[0], input.shape[-1]
    pieces = np.fft.irfft(np.swapaxes(input, -1, -2), n, norm="ortho" if normalized else "backward") * window
    length = n + hop_length * (frames - 1)
    total = np.zeros((*input.shape[:-2], length))
    for t in range(frames):
        total[..., t * hop_length : t * hop_length + n] += pieces[..., t, :]
    return total[..., n // 2 : length - n // 2] if center else total


def overlapped_unscaled(
    input: Any, window: Any, *, hop_length: int, center: bool = True, normalized: bool = False
) -> Any:
    """normalized is ignored."""
    return spectra.istft(input, window, hop_length=hop_length, center=center)


def spectrogram_two_sided(
    x: Any, window: Any, *, fs: float = 1.0, noverlap: int = 0, detrend: bool = True, scaling: str = "density"
) -> Any:
    """Negative frequencies are not counted."""
    found = spectra.spectrogram(x, window, fs=fs, noverlap=noverlap, detrend=detrend, scaling=scaling)
    return found / spectra.counts(window.shape[0])[:, None]


def spectrogram_of_other_scaling(
    x: Any, window: Any, *, fs: float = 1.0, noverlap: int = 0, detrend: bool = True, scaling: str = "density"
) -> Any:
    """A spectrum is scaled as a density, and a density as a spectrum."""
    other = "spectrum" if scaling == "density" else "density"
    return spectra.spectrogram(x, window, fs=fs, noverlap=noverlap, detrend=detrend, scaling=other)


def csd_conjugated(x: Any, y: Any, window: Any, *, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Any:
    """The second signal's transform is conjugated."""
    return np.conj(spectra.csd(x, y, window, fs=fs, noverlap=noverlap, detrend=detrend))


def csd_two_sided(x: Any, y: Any, window: Any, *, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Any:
    """Negative frequencies are not counted."""
    found = spectra.csd(x, y, window, fs=fs, noverlap=noverlap, detrend=detrend)
    return found / spectra.counts(window.shape[0])


def coherence_amplitude(x: Any, y: Any, window: Any, *, noverlap: int = 0, detrend: bool = True) -> Any:
    """The square is left out."""
    return np.sqrt(spectra.coherence(x, y, window, noverlap=noverlap, detrend=detrend))


def coherence_of_each(x: Any, y: Any, window: Any, *, noverlap: int = 0, detrend: bool = True) -> Any:
    """Every segment's product is squared before they are averaged."""
    first, second = (spectra.power(spectra.transformed(v, window, noverlap, detrend)) for v in (x, y))
    return np.mean(first * second, axis=-2) / np.mean(first, axis=-2) / np.mean(second, axis=-2)


def czt_of_other_turn(x: Any, *, m: int, start: float = 0.0, step: float | None = None) -> Any:
    """Points run the other way round the circle."""
    return spectra.czt(x, m=m, start=start, step=-(1 / m) if step is None else -step)


def czt_from_inverse(x: Any, *, m: int, start: float = 0.0, step: float | None = None) -> Any:
    """The first point is taken for its inverse."""
    return spectra.czt(x, m=m, start=-start, step=step)


def zoomed_to_the_end(x: Any, *, fn: Sequence[float], m: int, fs: float = 2.0, endpoint: bool = False) -> Any:
    """The last frequency is the band's end whatever endpoint says."""
    return spectra.zoom_fft(x, fn=fn, m=m, fs=fs, endpoint=m > 1)


def zoomed_in_nyquists(x: Any, *, fn: Sequence[float], m: int, fs: float = 2.0, endpoint: bool = False) -> Any:
    """Frequencies are taken for shares of half the sampling rate."""
    return spectra.zoom_fft(x, fn=fn, m=m, fs=2.0, endpoint=endpoint)
