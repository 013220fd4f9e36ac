"""Filters of signals and of images, and spectra, right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import filters, spectra


def lfilter_in_extended(b, a, x):
    """In extended precision."""
    return filters.lfilter(*(v.astype(np.longdouble) for v in (b, a, x))).astype(x.dtype)


def sosfilt_in_extended(x, sos):
    """In extended precision."""
    return filters.sosfilt(x.astype(np.longdouble), sos).astype(x.dtype)


def upfirdn_by_parts(h, x, up=1, down=1):
    """Each result from the taps that meet an entry, the last one first."""
    if h.ndim != 1 or up < 1 or down < 1:
        raise ValueError("the filter is a vector, both factors are positive")
    length = (x.shape[-1] - 1) * up + len(h)
    y = np.zeros((*x.shape[:-1], -(-length // down)), x.dtype)
    for m in range(y.shape[-1]):
        for k in range(len(h) - 1, -1, -1):
            n, left = divmod(m * down - k, up)
            if not left and 0 <= n < x.shape[-1]:
                y[..., m] += h[k] * x[..., n]
    return y


def medfilt_by_partition(volume, kernel_size):
    """``numpy.partition``, window after window."""
    if volume.ndim != 1 or kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError("a vector, and an odd number of entries")
    half = kernel_size // 2
    padded = np.pad(volume, half)
    return np.array([np.partition(padded[i : i + kernel_size], half)[half] for i in range(len(volume))], volume.dtype)


def hilbert_by_matrix(x):
    """The transform as a matrix, in extended precision."""
    if np.iscomplexobj(x):
        raise ValueError("signals are real")
    n = x.shape[-1]
    k = np.arange(n)
    turn = np.exp(-2j * np.arccos(np.longdouble(-1)) * (np.outer(k, k) % n) / n)
    counts = np.where((k == 0) | (2 * k == n), 1, np.where(2 * k < n, 2, 0))
    y = (x.astype(np.longdouble) @ turn * counts) @ np.conj(turn) / n
    return y.astype(np.result_type(x.dtype, np.complex64))


def stft_piece_by_piece(input, window, hop_length, normalized=False, onesided=True):
    """One piece after the other, in double precision."""
    n = len(window)
    if n > input.shape[-1] or hop_length < 1:
        raise ValueError("the window is no longer than the signal, hops are positive")
    pieces = [input[..., s : s + n].astype(float) * window for s in range(0, input.shape[-1] - n + 1, hop_length)]
    y = np.stack([(np.fft.rfft if onesided else np.fft.fft)(p) for p in pieces], axis=-1)
    return (y / np.sqrt(n) if normalized else y).astype(np.result_type(input.dtype, np.complex64))


def resample_by_kernel(x, num):
    """Sums of Dirichlet kernels, in extended precision."""
    if num < 1:
        raise ValueError("there is a place")
    n, least = x.shape[-1], min(x.shape[-1], num)
    pi = np.arccos(np.longdouble(-1))
    apart = np.arange(num)[:, None].astype(np.longdouble) / num - np.arange(n) / np.longdouble(n)
    kernel = np.ones_like(apart)
    for k in range(1, (least - 1) // 2 + 1):
        kernel += 2 * np.cos(2 * pi * k * apart)
    if least % 2 == 0:
        t, s = np.arange(num) / np.longdouble(num), np.arange(n) / np.longdouble(n)
        middle = np.cos(pi * least * t)[:, None] * np.cos(pi * least * s)
        kernel += middle * (2 if num < n else 1)
    return (x.astype(np.longdouble) @ kernel.T / n).astype(x.dtype)


def welch_in_extended(x, window, fs=1.0, noverlap=0, detrend=True):
    """Squares of real and imaginary parts, in double precision."""
    n, hop = spectra.hopping(x, window, noverlap)
    wide, w = x.astype(float), window.astype(float)
    pieces = np.stack([wide[..., s : s + n] for s in range(0, x.shape[-1] - n + 1, hop)], axis=-2)
    if detrend:
        pieces = pieces - pieces.mean(axis=-1, keepdims=True)
    z = np.fft.rfft(pieces * w)
    power = (z.real**2 + z.imag**2).mean(axis=-2)
    power[..., 1 : (n + 1) // 2] *= 2
    return (power / (fs * (w**2).sum())).astype(x.dtype)


def uniform_columns_first(input, size, mode="reflect", cval=0.0):
    """Columns first."""
    return filters.uniform_filter(input.T, size, mode, cval).T.copy()


def gaussian_columns_first(input, sigma, mode="reflect", cval=0.0, truncate=4.0):
    """Columns first."""
    return filters.gaussian_filter(input.T, sigma, mode, cval, truncate).T.copy()


def median_by_partition(input, size, mode="reflect", cval=0.0):
    """``numpy.partition`` of every square."""
    windows = np.lib.stride_tricks.sliding_window_view(filters._continued(input, size, mode, cval), (size, size))
    middle = size * size // 2
    flat = windows.reshape(*input.shape, size * size)
    return np.partition(flat, middle, axis=-1)[..., middle].copy()
