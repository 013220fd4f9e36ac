"""Filters of signals and of images, and spectra, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import filters, spectra


def lfilter_adding(b, a, x):
    """Earlier results are added."""
    return filters.lfilter(b, np.concatenate([a[:1], -a[1:]]), x)


def lfilter_undivided(b, a, x):
    """The first coefficient is taken for 1."""
    return filters.lfilter(b, np.concatenate([np.ones_like(a[:1]), a[1:]]), x)


def lfilter_in_single(b, a, x):
    """float64 is computed in float32."""
    return filters.lfilter(*(v.astype(np.float32) for v in (b, a, x))).astype(x.dtype)


def sosfilt_of_first(x, sos):
    """There is one section."""
    filters._sections(sos)
    return filters.sosfilt(x, sos[:1])


def sosfilt_accepting_any(x, sos):
    """The fourth coefficient is not looked at."""
    return filters.sosfilt(x, [[*s[:3], 1.0, *s[4:]] for s in sos])


def upfirdn_backwards(h, x, up=1, down=1):
    """The filter is read from its end on."""
    return filters.upfirdn(h[::-1], x, up, down)


def upfirdn_from_second(h, x, up=1, down=1):
    """The second of those that are dropped is kept."""
    y = filters.upfirdn(h, x, up)
    if down < 1:
        raise ValueError("factors are positive")
    kept = y[..., ::down].copy()
    if down > 1 and y.shape[-1] > 1:
        kept[..., 0] = y[..., 1]
    return kept


def medfilt_to_the_ends(volume, kernel_size):
    """Beyond the ends there are the ends."""
    y = filters.medfilt(volume, kernel_size)
    longer = np.pad(volume, kernel_size // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(longer, kernel_size), axis=-1).astype(y.dtype)


def medfilt_of_even(volume, kernel_size):
    """An even number of entries is made odd."""
    return filters.medfilt(volume, kernel_size + (kernel_size > 0 and kernel_size % 2 == 0))


def hilbert_doubling_the_middle(x):
    """The middle frequency of an even number is counted twice."""
    n = x.shape[-1]
    k = np.arange(n)
    counts = np.where(k == 0, 1, np.where(2 * k <= n, 2, 0))
    return (np.fft.ifft(np.fft.fft(x) * counts)).astype(np.result_type(x.dtype, np.complex64))


def hilbert_conjugated(x):
    """Negative frequencies are kept."""
    return np.conj(spectra.hilbert(x))


def stft_unscaled(input, window, hop_length, normalized=False, onesided=True):
    """normalized is ignored."""
    return spectra.stft(input, window, hop_length, False, onesided)


def stft_without_last(input, window, hop_length, normalized=False, onesided=True):
    """A last piece that ends with the signal is left out."""
    y = spectra.stft(input, window, hop_length, normalized, onesided)
    return y[..., :-1].copy() if (input.shape[-1] - len(window)) % hop_length == 0 and y.shape[-1] > 1 else y


def resample_plain_middle(x, num):
    """The middle frequency is neither doubled nor halved."""
    spectra.resample(x, num)
    least = min(num, x.shape[-1])
    return (np.fft.irfft(np.fft.rfft(x)[..., : least // 2 + 1], num) * (num / x.shape[-1])).astype(x.dtype)


def resample_unscaled(x, num):
    """The spectrum is not scaled."""
    return spectra.resample(x, num) * x.dtype.type(x.shape[-1] / num)


def welch_doubling_the_middle(x, window, fs=1.0, noverlap=0, detrend=True):
    """The middle frequency of an even number is counted twice."""
    y = spectra.welch(x, window, fs, noverlap, detrend)
    if len(window) % 2 == 0:
        y[..., -1] *= 2
    return y


def welch_of_spectrum(x, window, fs=1.0, noverlap=0, detrend=True):
    """Scaled by the square of the window's sum."""
    y = spectra.welch(x, window, fs, noverlap, detrend)
    return (y * (window**2).sum() / window.sum() ** 2).astype(x.dtype)


def uniform_from_before(input, size, mode="reflect", cval=0.0):
    """Of an even window the odd entry lies after the middle."""
    return filters.uniform_filter(input[::-1, ::-1], size, mode, cval)[::-1, ::-1].copy()


def uniform_repeating(input, size, mode="reflect", cval=0.0):
    """The border is mirrored without being repeated."""
    return filters.uniform_filter(input, size, "mirror" if mode == "reflect" else mode, cval)


def gaussian_of_density(input, sigma, mode="reflect", cval=0.0, truncate=4.0):
    """The weights' sum is not one."""
    y = filters.gaussian_filter(input, sigma, mode, cval, truncate)
    reach = int(truncate * sigma + 0.5)
    total = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).sum() / (sigma * np.sqrt(2 * np.pi))
    return (y * total**2).astype(y.dtype)


def gaussian_without_its_half(input, sigma, mode="reflect", cval=0.0, truncate=4.0):
    """The radius is cut down to a whole number, not rounded."""
    return filters.gaussian_filter(input, sigma, mode, cval, int(truncate * sigma) / sigma)


def gaussian_of_four(input, sigma, mode="reflect", cval=0.0, truncate=4.0):
    """Cut off at four whatever is asked for."""
    return filters.gaussian_filter(input, sigma, mode, cval)


def median_of_lower(input, size, mode="reflect", cval=0.0):
    """Of two in the middle the lower one."""
    return -filters.median_filter(-input, size, mode, -cval)


def median_at_zero(input, size, mode="reflect", cval=0.0):
    """Beyond the border there is always zero."""
    return filters.median_filter(input, size, mode)
