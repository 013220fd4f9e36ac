"""What goes wrong in filters and spectra: signs, sides, borders, and what is scaled by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import scipy.signal

from reference_impls.definitions import filters


def _turned(a: Any) -> Any:
    return np.concatenate([a[:1], -a[1:]])


def filter_of_other_sign(b: Any, a: Any, x: Any) -> Any:
    """Earlier results are added."""
    return scipy.signal.lfilter(b, _turned(a), x)


def filter_without_recursion(b: Any, a: Any, x: Any) -> Any:
    """Earlier results are left out."""
    return scipy.signal.lfilter(b, a[:1], x)


def filter_undivided(b: Any, a: Any, x: Any) -> Any:
    """The first coefficient is taken for 1."""
    return scipy.signal.lfilter(b, np.concatenate([np.ones(1), a[1:]]), x)


def sections_of_first(x: Any, *, sos: Sequence[Sequence[float]]) -> Any:
    """There is one section."""
    return filters.sosfilt(x, sos=sos[:1])


def sections_of_other_sign(x: Any, *, sos: Sequence[Sequence[float]]) -> Any:
    """Earlier results are added."""
    return filters.sosfilt(x, sos=[[*s[:4], -s[4], -s[5]] for s in sos])


def resampled_backwards(h: Any, x: Any, *, up: int = 1, down: int = 1) -> Any:
    """The filter is read from its end on: correlation."""
    return filters.upfirdn(h[::-1], x, up=up, down=down)


def resampled_by_repeats(h: Any, x: Any, *, up: int = 1, down: int = 1) -> Any:
    """Entries are repeated in the place of zeros."""
    full = filters.upfirdn(h, np.repeat(x, up, axis=-1))
    return full[..., : (x.shape[-1] - 1) * up + h.shape[0] : down]


def median_to_the_ends(volume: Any, *, kernel_size: int) -> Any:
    """Beyond the ends there are the ends."""
    return np.median(volume[filters._around(volume.shape[0], kernel_size, "nearest")], axis=-1)


def median_of_mean(volume: Any, *, kernel_size: int) -> Any:
    """The mean is taken."""
    longer = np.concatenate([volume, np.zeros(1)])
    return np.mean(longer[filters._around(volume.shape[0], kernel_size, "constant")], axis=-1)


def analytic_of_doubled_middle(x: Any) -> Any:
    """The middle frequency of an even number is counted twice."""
    n = x.shape[-1]
    k = np.arange(n)
    return np.fft.ifft(np.fft.fft(x) * np.where(k == 0, 1.0, np.where(2 * k <= n, 2.0, 0.0)))


def analytic_conjugated(x: Any) -> Any:
    """Negative frequencies are kept."""
    return np.conj(filters.hilbert(x))


def pieces_over_length(
    input: Any, window: Any, *, hop_length: int, normalized: bool = False, onesided: bool = True
) -> Any:
    """Normalized is divided by N."""
    found = filters.stft(input, window, hop_length=hop_length, onesided=onesided)
    return found / window.shape[0] if normalized else found


def pieces_without_window(
    input: Any, window: Any, *, hop_length: int, normalized: bool = False, onesided: bool = True
) -> Any:
    """The window is taken for ones."""
    ones = np.ones(window.shape[0])
    return filters.stft(input, ones, hop_length=hop_length, normalized=normalized, onesided=onesided)


def resampled_unscaled(x: Any, *, num: int) -> Any:
    """The spectrum is not scaled by the numbers of places."""
    return filters.resample(x, num=num) * (x.shape[-1] / num)


def resampled_with_plain_middle(x: Any, *, num: int) -> Any:
    """The middle frequency of the shorter one is neither doubled nor halved."""
    least = min(num, x.shape[-1])
    return np.fft.irfft(np.fft.rfft(x)[..., : least // 2 + 1], num) * (num / x.shape[-1])


def density_of_doubled_middle(x: Any, window: Any, *, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Any:
    """The middle frequency of an even number is counted twice."""
    n = window.shape[0]
    found = filters.welch(x, window, fs=fs, noverlap=noverlap, detrend=detrend)
    return found * np.where(2 * np.arange(n // 2 + 1) == n, 2.0, 1.0)


def density_as_spectrum(x: Any, window: Any, *, fs: float = 1.0, noverlap: int = 0, detrend: bool = True) -> Any:
    """Scaled as a spectrum."""
    found = filters.welch(x, window, fs=1.0, noverlap=noverlap, detrend=detrend)
    return found * np.sum(np.square(window)) / np.square(np.sum(window))


def mean_from_before(input: Any, *, size: int, mode: str = "reflect", cval: float = 0.0) -> Any:
    """Of an even window the odd entry lies after the middle."""
    turned = filters.uniform_filter(input[::-1, ::-1], size=size, mode=mode, cval=cval)
    return turned[::-1, ::-1]


def mean_to_zeros(input: Any, *, size: int, mode: str = "reflect", cval: float = 0.0) -> Any:
    """Beyond the border there are zeros."""
    return filters.uniform_filter(input, size=size, mode="constant")


def bell_of_density(
    input: Any, *, sigma: float, mode: str = "reflect", cval: float = 0.0, truncate: float = 4.0
) -> Any:
    """Weights are the density of the normal distribution."""
    reach = int(truncate * sigma + 0.5)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    return filters._weighed(input, bell, mode, cval)


def bell_to_zeros(input: Any, *, sigma: float, mode: str = "reflect", cval: float = 0.0, truncate: float = 4.0) -> Any:
    """Beyond the border there are zeros."""
    return filters.gaussian_filter(input, sigma=sigma, mode="constant", truncate=truncate)


def _bell_reaching(reach: Callable[[float], int]) -> Callable[..., Any]:
    def gaussian_filter(
        input: Any, *, sigma: float, mode: str = "reflect", cval: float = 0.0, truncate: float = 4.0
    ) -> Any:
        whole = reach(truncate * sigma) / sigma
        return filters.gaussian_filter(input, sigma=sigma, mode=mode, cval=cval, truncate=whole)

    return gaussian_filter


bell_cut_down, bell_rounded_up = _bell_reaching(floor), _bell_reaching(ceil)


def median_of_lower(input: Any, *, size: int, mode: str = "reflect", cval: float = 0.0) -> Any:
    """Of two in the middle the lower one is taken."""
    return -filters.median_filter(-input, size=size, mode=mode, cval=-cval)


def median_to_zeros(input: Any, *, size: int, mode: str = "reflect", cval: float = 0.0) -> Any:
    """Beyond the border there are zeros."""
    return filters.median_filter(input, size=size, mode="constant")
