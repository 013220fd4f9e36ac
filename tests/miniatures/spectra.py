"""Spectra of pieces, inverted, averaged, compared, and at points of the circle, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import chirps, power_spectra, spectra


def istft_over_window(input, window, hop_length, center=True, normalized=False):
    """Divided by the added windows, not by their squares."""
    y = spectra.istft(input, window, hop_length, False, normalized)
    squares, plain = np.zeros_like(y[0]), np.zeros_like(y[0])
    for t in range(input.shape[-1]):
        squares[t * hop_length :][: len(window)] += window**2
        plain[t * hop_length :][: len(window)] += window
    y = y * squares / plain
    n = len(window) // 2
    return y[..., n : y.shape[-1] - n].copy() if center else y


def istft_trimming_more(input, window, hop_length, center=True, normalized=False):
    """Of an odd window the larger half is cut off."""
    y = spectra.istft(input, window, hop_length, False, normalized)
    n = (len(window) + 1) // 2
    return y[..., n : y.shape[-1] - n].copy() if center else y


def istft_unscaled(input, window, hop_length, center=True, normalized=False):
    """normalized is ignored."""
    return spectra.istft(input, window, hop_length, center)


def spectrogram_doubling_the_middle(x, window, fs=1.0, noverlap=0, detrend=True, scaling="density"):
    """The middle frequency of an even number is counted twice."""
    y = power_spectra.spectrogram(x, window, fs, noverlap, detrend, scaling)
    if len(window) % 2 == 0:
        y[..., -1, :] *= 2
    return y


def spectrogram_of_windowed_mean(x, window, fs=1.0, noverlap=0, detrend=True, scaling="density"):
    """The mean is taken out after the window was put in."""
    y = power_spectra.spectrogram(x, window, fs, noverlap, detrend, scaling)
    if detrend:
        y[..., 0, :] = 0
    return y


def spectrogram_of_amplitude(x, window, fs=1.0, noverlap=0, detrend=True, scaling="density"):
    """The square is left out."""
    return np.sqrt(power_spectra.spectrogram(x, window, fs, noverlap, detrend, scaling))


def csd_of_other_conjugate(x, y, window, fs=1.0, noverlap=0, detrend=True):
    """The second signal's transform is conjugated."""
    return power_spectra.csd(y, x, window, fs, noverlap, detrend)


def csd_keeping_the_last(x, y, window, fs=1.0, noverlap=0, detrend=True):
    """The last frequency is taken for the middle one, also of an odd number."""
    found = power_spectra.csd(x, y, window, fs, noverlap, detrend)
    if len(window) % 2:
        found[..., -1] /= 2
    return found


def csd_per_sample(x, y, window, fs=1.0, noverlap=0, detrend=True):
    """The sampling rate is left out."""
    return power_spectra.csd(x, y, window, 1.0, noverlap, detrend)


def coherence_of_amplitude(x, y, window, noverlap=0, detrend=True):
    """The square is left out."""
    return np.sqrt(power_spectra.coherence(x, y, window, noverlap, detrend))


def coherence_of_one_segment(x, y, window, noverlap=0, detrend=True):
    """Every segment's own coherence is averaged, which is one."""
    return np.ones_like(power_spectra.coherence(x, y, window, noverlap, detrend))


def coherence_of_levelled_signals(x, y, window, noverlap=0, detrend=True):
    """The mean of the whole signal is taken out, not every segment's."""
    if detrend:
        x, y = (v - v.mean(axis=-1, keepdims=True) for v in (x, y))
    return power_spectra.coherence(x, y, window, noverlap, False)


def czt_clockwise(x, m, start=0.0, step=None):
    """Points run the other way round."""
    return chirps.czt(x, m, start, -1 / m if step is None else -step)


def czt_of_length(x, m, start=0.0, step=None):
    """The step left out is that of the signal's own transform."""
    return chirps.czt(x, m, start, 1 / x.shape[-1] if step is None and m > 0 else step)


def czt_from_one(x, m, start=0.0, step=None):
    """The first point is 1."""
    return chirps.czt(x, m, 0.0, step)


def zoom_to_the_end(x, fn, m, fs=2.0, endpoint=False):
    """The band's end is the last frequency."""
    return chirps.zoom_fft(x, fn, m, fs, True)


def zoom_in_nyquists(x, fn, m, fs=2.0, endpoint=False):
    """Frequencies are shares of half the sampling rate whatever it is."""
    return chirps.zoom_fft(x, fn, m, 2.0, endpoint)


def zoom_to_the_nearest(x, fn, m, fs=2.0, endpoint=False):
    """Frequencies are rounded to those of a transform of 1024 points."""
    f = np.linspace(*fn, chirps._points(x, m), endpoint=endpoint)
    at = np.rint(f / fs * 1024).astype(int) % 1024
    return np.fft.fft(x, 1024)[..., at].astype(np.result_type(x.dtype, np.complex64))
