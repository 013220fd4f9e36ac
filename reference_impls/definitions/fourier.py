"""Discrete Fourier transforms: pad or trim, transform, scale, and keep the half or the real part.

Each is composed of exact moves of entries and one transform over the axes, ``numpy.fft.fftn``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: The norm under which the opposite transform is the conjugate transpose.
OTHER_NORM = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def lengths(shape: Sequence[int], s: Any, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The transformed axes and their lengths: all axes where neither is given, the last ones where s alone is."""
    if axes is None:
        axes = range(len(shape)) if s is None else range(len(shape) - len(s), len(shape))
    where = tuple(a % len(shape) for a in axes)
    sizes = tuple(shape[a] for a in where) if s is None else tuple(s)
    return where, tuple(shape[a] if n in (None, -1) else n for a, n in zip(where, sizes, strict=True))


def along(axis: int, index: Any) -> tuple[Any, ...]:
    """The index that applies to one axis alone."""
    return (slice(None),) * axis + (index,)


def fit(x: Any, axis: int, n: int) -> Any:
    """The axis trimmed to its first n entries or padded with zeros to n."""
    have = x.shape[axis]
    if n <= have:
        return x[along(axis, slice(0, n))] if n < have else x
    widths = [(0, 0)] * x.ndim
    widths[axis] = (0, n - have)
    return np.pad(x, widths)


def fit_all(x: Any, axes: Sequence[int], sizes: Sequence[int]) -> Any:
    """Each of the axes trimmed or padded to its length."""
    for axis, n in zip(axes, sizes, strict=True):
        x = fit(x, axis, n)
    return x


def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """``y[k] = scale * sum over n of x[n] exp(-2 pi i k n / N)``: scale 1, 1/sqrt(N) or 1/N as the norm says."""
    where, sizes = lengths(a.shape, s, axes)
    return np.fft.fftn(fit_all(a, where, sizes), axes=where, norm=norm)


def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """``x[n] = scale * sum over k of y[k] exp(2 pi i k n / N)``: scale 1/N by default."""
    return np.conj(fftn(np.conj(a), s, axes, OTHER_NORM[norm]))


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """``fftn`` of a real array, the last axis kept to ``N // 2 + 1`` entries."""
    where, sizes = lengths(a.shape, s, axes)
    y = np.fft.fftn(fit_all(a, where, sizes), axes=where, norm=norm)
    return y[along(where[-1], slice(0, sizes[-1] // 2 + 1))]


def ihfftn(x: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """``ifftn`` of a real array, the last axis kept to ``N // 2 + 1`` entries."""
    return np.conj(rfftn(x, s, axes, OTHER_NORM[norm]))


def hfftn(x: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """``fftn`` of the Hermitian array whose last axis is given by its first ``N // 2 + 1`` entries: real.

    N is by default twice the given length less two. What of the given entries is not Hermitian drops out with the
    imaginary part.
    """
    where, sizes = lengths(x.shape, s, axes)
    sizes = (*sizes[:-1], 2 * (x.shape[where[-1]] - 1) if s is None else sizes[-1])
    half = fit_all(x, where, (*sizes[:-1], sizes[-1] // 2 + 1))
    return np.real(np.fft.fftn(completed(half, where, sizes[-1]), axes=where, norm=norm))


def completed(half: Any, axes: Sequence[int], n: int) -> Any:
    """The last axis continued to n entries: ``x[-k] = conj(x[k])``, indices modulo the length of each axis."""
    last = axes[-1]
    mirrored = np.conj(half[along(last, slice((n - 1) // 2, 0, -1))])
    for axis in axes[:-1]:
        mirrored = mirrored[along(axis, -np.arange(mirrored.shape[axis]))]
    if len(axes) == 1:
        half = real_ends(half, last, n)
    return np.concatenate([half, mirrored], axis=last)


def real_ends(half: Any, axis: int, n: int) -> Any:
    """Entries 0 and, of an even length n, n / 2 without their imaginary parts."""
    first, rest = half[along(axis, slice(0, 1))], half[along(axis, slice(1, None))]
    if n % 2:
        return np.concatenate([np.real(first), rest], axis=axis)
    middle, end = rest[along(axis, slice(0, -1))], rest[along(axis, slice(-1, None))]
    return np.concatenate([np.real(first), middle, np.real(end)], axis=axis)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    """``ifftn`` of the Hermitian array whose last axis is given by its first ``N // 2 + 1`` entries: real."""
    return hfftn(np.conj(a), s, axes, OTHER_NORM[norm])


def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """``fftn`` over two axes."""
    return fftn(a, s, axes, norm)


def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """``ifftn`` over two axes."""
    return ifftn(a, s, axes, norm)


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """``rfftn`` over two axes."""
    return rfftn(a, s, axes, norm)


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """``irfftn`` over two axes."""
    return irfftn(a, s, axes, norm)


def hfft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """``hfftn`` over two axes."""
    return hfftn(x, s, axes, norm)


def ihfft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """``ihfftn`` over two axes."""
    return ihfftn(x, s, axes, norm)


def _length(n: int | None) -> tuple[int] | None:
    return None if n is None else (n,)


def fft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """``fftn`` over one axis."""
    return fftn(a, _length(n), (axis,), norm)


def ifft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """``ifftn`` over one axis."""
    return ifftn(a, _length(n), (axis,), norm)


def rfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """``rfftn`` over one axis."""
    return rfftn(a, _length(n), (axis,), norm)


def irfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """``irfftn`` over one axis."""
    return irfftn(a, _length(n), (axis,), norm)


def hfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """``hfftn`` over one axis."""
    return hfftn(a, _length(n), (axis,), norm)


def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """``ihfftn`` over one axis."""
    return ihfftn(a, _length(n), (axis,), norm)


def abs_rfft2(input: Any) -> Any:
    """``|rfft2(x)|`` of a real matrix."""
    return np.abs(rfftn(input, None, (-2, -1)))


def _shifted(x: Any, axes: Any, direction: int) -> Any:
    over = range(x.ndim) if axes is None else (axes,) if np.ndim(axes) == 0 else axes
    where = tuple(a % x.ndim for a in over)
    halves = tuple(direction * (x.shape[a] // 2) for a in where)
    return np.roll(x, halves, where)


def fftshift(x: Any, axes: Any = None) -> Any:
    """``y[(j + N // 2) mod N] = x[j]`` along each axis: frequency 0 in the middle."""
    return _shifted(x, axes, 1)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """``y[j] = x[(j + N // 2) mod N]`` along each axis: the inverse of ``fftshift``."""
    return _shifted(x, axes, -1)


def _frequencies(n: int) -> Any:
    return (np.arange(n) + n // 2) % n - n // 2


def fftfreq(d: Any, n: int) -> Any:
    """``f[k] = k / (n d)`` for k = 0, 1, ..., (n - 1) // 2, -(n // 2), ..., -1."""
    return _frequencies(n) / (n * d)


def rfftfreq(d: Any, n: int) -> Any:
    """``f[k] = k / (n d)`` for k = 0, 1, ..., n // 2."""
    return np.arange(n // 2 + 1) / (n * d)


def fftfreq_by_reciprocal(d: Any, n: int) -> Any:
    """``f[k] = k * (1 / (n d))``."""
    return _frequencies(n) * (1 / (n * d))


def rfftfreq_by_reciprocal(d: Any, n: int) -> Any:
    """``f[k] = k * (1 / (n d))``."""
    return np.arange(n // 2 + 1) * (1 / (n * d))


fftfreq.legal = (fftfreq_by_reciprocal,)  # type: ignore[attr-defined]
rfftfreq.legal = (rfftfreq_by_reciprocal,)  # type: ignore[attr-defined]
