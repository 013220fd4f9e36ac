"""What goes wrong in transforms: the sign of the exponent, the length that scales, where data is padded or cut."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from reference_impls.definitions import fourier as right

Transform = Callable[..., Any]


def _other_sign(transform: Transform) -> Transform:
    def mistaken(a: Any, *given: Any, **params: Any) -> Any:
        return np.conj(transform(np.conj(a), *given, **params))

    return mistaken


fft_other_sign, ifft_other_sign = _other_sign(right.fft), _other_sign(right.ifft)
fftn_other_sign, ifftn_other_sign = _other_sign(right.fftn), _other_sign(right.ifftn)
fft2_other_sign, ifft2_other_sign = _other_sign(right.fft2), _other_sign(right.ifft2)


def rfft_other_sign(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    """``exp(2 pi i k n / N)``."""
    return np.conj(right.rfft(a, n, axis, norm))


def _scale(norm: Any, length: float, inverse: bool) -> Any:
    """What a transform of some length is multiplied with."""
    power = {"ortho": 0.5, "forward": 0.0 if inverse else 1.0}.get(norm, 1.0 if inverse else 0.0)
    return np.longdouble(length) ** -np.longdouble(power)


def _by_input(forward: Transform, inverse: bool) -> Transform:
    """Norms divide by the length of the input, not of the transform."""

    def mistaken(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
        unscaled = forward(a, n, axis, "forward" if inverse else "backward")
        return unscaled * _scale(norm, a.shape[axis], inverse)

    return mistaken


fft_by_input, ifft_by_input = _by_input(right.fft, False), _by_input(right.ifft, True)
rfft_by_input, ihfft_by_input = _by_input(right.rfft, False), _by_input(right.ihfft, True)


def _unscaled_inverse(inverse: Transform) -> Transform:
    """No norm divides by anything but as of the opposite transform."""

    def mistaken(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
        return inverse(a, n, axis, right.OTHER_NORM[norm])

    return mistaken


ifft_norm_of_forward, irfft_norm_of_forward = _unscaled_inverse(right.ifft), _unscaled_inverse(right.irfft)
ihfft_norm_of_forward, hfft_norm_of_inverse = _unscaled_inverse(right.ihfft), _unscaled_inverse(right.hfft)


def _fitted_before(transform: Transform) -> Transform:
    """Zeros are put before the data where it is too short, and its first entries are cut where it is too long."""
    return _fitted(transform, before=True, cuts=True)


def _fitted(transform: Transform, before: bool, cuts: bool) -> Transform:
    def mistaken(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
        have = a.shape[axis]
        wanted = have if n is None else n
        if wanted > have and before:
            widths = [(0, 0)] * a.ndim
            widths[axis] = (wanted - have, 0)
            a = np.pad(a, widths)
        elif wanted < have and cuts:
            a = a[right.along(axis % a.ndim, slice(have - wanted, None))]
        return transform(a, n, axis, norm)

    return mistaken


fft_pads_before, ifft_pads_before = _fitted(right.fft, True, False), _fitted(right.ifft, True, False)
fft_crops_before, ifft_crops_before = _fitted(right.fft, False, True), _fitted(right.ifft, False, True)
rfft_pads_before, rfft_crops_before = _fitted(right.rfft, True, False), _fitted(right.rfft, False, True)


def _odd(transform: Transform) -> Transform:
    def mistaken(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
        return transform(a, 2 * a.shape[axis] - 1 if n is None else n, axis, norm)

    return mistaken


irfft_odd, hfft_odd = _odd(right.irfft), _odd(right.hfft)


def fftshift_of_inverse(x: Any, axes: Any = None) -> Any:
    """Shifted as the inverse is: by one entry less where a length is odd."""
    return right.ifftshift(x, axes)


def ifftshift_of_forward(x: Any, axes: Any = None) -> Any:
    """Shifted as by ``fftshift``."""
    return right.fftshift(x, axes)


def rfft2_ortho_of_half(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    """``ortho`` divides by the root of the number of results."""
    if norm != "ortho":
        return right.rfft2(a, s, axes, norm)
    y = right.rfft2(a, s, axes)
    return y * np.longdouble(max(prod(y.shape[k] for k in axes), 1)) ** np.longdouble(-0.5)
