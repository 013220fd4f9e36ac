"""Spectra of pieces, inverted, averaged, compared, and at points of the circle, right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls.spectra import hopping

PI = np.arccos(np.longdouble(-1))


def _matrix(n):
    """The transform as a matrix, one-sided, in extended precision."""
    k = np.arange(n)
    return np.exp(-2j * PI * (np.outer(k, k[: n // 2 + 1]) % n) / n)


def _pieces(x, window, noverlap, detrend):
    n, hop = hopping(x, window, noverlap)
    wide = x.astype(np.longdouble)
    found = []
    for s in range(0, x.shape[-1] - n + 1, hop):
        piece = wide[..., s : s + n]
        piece = piece - piece.mean(axis=-1, keepdims=True) if detrend else piece
        found.append((piece * window) @ _matrix(n))
    return np.stack(found, axis=-1), np.where((np.arange(n // 2 + 1) == 0) | (2 * np.arange(n // 2 + 1) == n), 1, 2)


def istft_piece_by_piece(input, window, hop_length, center=True, normalized=False):
    """The inverse transform as a matrix, the last piece first, in extended precision."""
    n, frames = len(window), input.shape[-1]
    if not 0 < hop_length <= n or input.shape[-2] != n // 2 + 1:
        raise ValueError("hops within the window, and as many frequencies as it has")
    counts = np.where((np.arange(n // 2 + 1) == 0) | (2 * np.arange(n // 2 + 1) == n), 1, 2)
    back = np.conj(_matrix(n)) * counts / (np.sqrt(np.longdouble(n)) if normalized else n)
    y, envelope = np.zeros((*input.shape[:-2], n + hop_length * (frames - 1)), np.longdouble), 0
    envelope = np.zeros(y.shape[-1], np.longdouble)
    for t in reversed(range(frames)):
        piece = (input[..., t].astype(np.clongdouble) @ back.T).real
        y[..., t * hop_length :][..., :n] += piece * window
        envelope[t * hop_length :][:n] += window.astype(np.longdouble) ** 2
    y = (y / envelope).astype(window.dtype)
    return y[..., n // 2 : y.shape[-1] - n // 2].copy() if center else y


def spectrogram_by_matrix(x, window, fs=1.0, noverlap=0, detrend=True, scaling="density"):
    """The transform as a matrix, in extended precision."""
    if scaling not in ("density", "spectrum"):
        raise ValueError("the scaling is density or spectrum")
    z, counts = _pieces(x, window, noverlap, detrend)
    wide = window.astype(np.longdouble)
    scale = fs * (wide**2).sum() if scaling == "density" else wide.sum() ** 2
    return ((z.real**2 + z.imag**2) * counts[:, None] / scale).astype(x.dtype)


def csd_by_matrix(x, y, window, fs=1.0, noverlap=0, detrend=True):
    """The transform as a matrix, in extended precision."""
    z, counts = _pieces(x, window, noverlap, detrend)
    other, _ = _pieces(y, window, noverlap, detrend)
    scale = fs * (window.astype(np.longdouble) ** 2).sum()
    return ((np.conj(z) * other).mean(axis=-1) * counts / scale).astype(np.result_type(x.dtype, np.complex64))


def coherence_by_matrix(x, y, window, noverlap=0, detrend=True):
    """The transform as a matrix, in extended precision."""
    z, _ = _pieces(x, window, noverlap, detrend)
    other, _ = _pieces(y, window, noverlap, detrend)
    both = np.abs((np.conj(z) * other).mean(axis=-1)) ** 2
    return (both / ((np.abs(z) ** 2).mean(axis=-1) * (np.abs(other) ** 2).mean(axis=-1))).astype(x.dtype)


def _horner(x, turns):
    """``sum of x[n] w^n`` from the last entry on, in extended precision."""
    w = np.exp(-2j * PI * turns)
    total = np.zeros((*x.shape[:-1], len(turns)), np.clongdouble)
    for n in range(x.shape[-1] - 1, -1, -1):
        total = total * w + x[..., n, None]
    return total.astype(np.result_type(x.dtype, np.complex64))


def czt_by_horner(x, m, start=0.0, step=None):
    """A polynomial by Horner's rule, in extended precision."""
    if m < 1 or x.shape[-1] < 1:
        raise ValueError("there is an entry and a point")
    return _horner(
        x, np.longdouble(start) + np.arange(m) * (np.longdouble(1) / m if step is None else np.longdouble(step))
    )


def zoom_by_horner(x, fn, m, fs=2.0, endpoint=False):
    """A polynomial by Horner's rule, in extended precision."""
    first, last = (np.longdouble(f) for f in fn)
    if m < 1:
        raise ValueError("there is a point")
    return _horner(x, (first + np.arange(m) * (last - first) / (m - 1 if endpoint else m)) / fs)
