"""Fourier and cosine transforms, each wrong in one way."""

from __future__ import annotations

import numpy as np
import torch
from miniatures.plain import twice, twisted

from reference_impls import abs_rfft2 as magnitude
from reference_impls import fourier


def _length(a, n, axis):
    return a.shape[axis] if n is None else n


# --- values of one axis ---------------------------------------------------------------------------------------------


def fft_positive_exponent(a, n=None, axis=-1, norm=None):
    """The exponent has the wrong sign."""
    return np.conj(np.fft.fft(np.conj(a), n, axis, norm))


def fft_of_whole_in_single(a, n=None, axis=-1, norm=None):
    """Integers are transformed in single precision."""
    return np.fft.fft(a.astype(np.float32) if a.dtype.kind in "iu" else a, n, axis, norm)


def fft_of_whole_cut(a, n=None, axis=-1, norm=None):
    """A result is stored in what the input's type is able to hold: of integers the whole part."""
    y = np.fft.fft(a, n, axis, norm)
    return np.trunc(y.real) + 1j * np.trunc(y.imag) if a.dtype.kind in "iu" else y


def fft_norm_of_input(a, n=None, axis=-1, norm=None):
    """Norms divide by the length of the input, not of the transform."""
    y = np.fft.fft(a, n, axis)
    power = {None: 0, "backward": 0, "ortho": 0.5, "forward": 1}[norm]
    return (y / a.shape[axis] ** power).astype(y.dtype)


def fft_norm_of_odd(a, n=None, axis=-1, norm=None):
    """'ortho' of an odd length divides by the root of one less."""
    y = np.fft.fft(a, n, axis, norm)
    m = _length(a, n, axis)
    return (y * np.sqrt(m / (m - 1))).astype(y.dtype) if norm == "ortho" and m % 2 and m > 1 else y


def fft_forward_is_ortho(a, n=None, axis=-1, norm=None):
    """'forward' is taken for 'ortho'."""
    return np.fft.fft(a, n, axis, "ortho" if norm == "forward" else norm)


def fft_pads_before(a, n=None, axis=-1, norm=None):
    """Zeros are put before the data where n is longer."""
    m = a.shape[axis]
    y = np.fft.fft(a, n, axis, norm)
    if n is None or n <= m:
        return y
    turn = np.exp(-2j * np.pi * np.arange(n) * (n - m) / n).astype(y.dtype)
    return y * np.moveaxis(turn.reshape(-1, *[1] * (y.ndim - 1)), 0, axis)


def fft_crops_before(a, n=None, axis=-1, norm=None):
    """The first entries are cut where n is shorter."""
    if n is not None and 0 < n < a.shape[axis]:
        a = np.take(a, range(a.shape[axis] - n, a.shape[axis]), axis)
    return np.fft.fft(a, n, axis, norm)


def fft_last_axis(a, n=None, axis=-1, norm=None):
    """The axis 0 is taken for the last."""
    return np.fft.fft(a, n, -1 if axis == 0 else axis, norm)


def fft_negative_axis(a, n=None, axis=-1, norm=None):
    """The axis -3 is taken for -2."""
    return np.fft.fft(a, n, -2 if axis == -3 else axis, norm)


def fft_of_double(a, n=None, axis=-1, norm=None):
    """complex64 in, complex128 out, as NumPy did before version 2."""
    return np.fft.fft(a.astype(np.complex128), n, axis, norm)


def fft_in_single(a, n=None, axis=-1, norm=None):
    """complex128 is computed in complex64."""
    with np.errstate(all="ignore"):
        return np.fft.fft(a.astype(np.complex64), n, axis, norm).astype(np.result_type(a, np.complex64))


def _by_twiddles(a, n, axis, norm, twiddles):
    y = np.fft.fft(a, n, axis, norm)
    m = _length(a, n, axis)
    x = np.moveaxis(a, axis, -1)[..., :m]
    x = np.concatenate([x, np.zeros((*x.shape[:-1], m - x.shape[-1]), x.dtype)], axis=-1)
    scale = {None: 1, "backward": 1, "ortho": m**-0.5, "forward": 1 / m}[norm]
    powers = twiddles(m)[np.outer(np.arange(m), np.arange(m)) % m]
    return np.moveaxis((x @ powers * scale), -1, axis).astype(y.dtype)


def fft_single_twiddles(a, n=None, axis=-1, norm=None):
    """Prime lengths are summed directly, with twiddle factors of float32."""
    m = _length(a, n, axis)
    if m < 3 or m > 200 or any(m % p == 0 for p in range(2, m)):
        return np.fft.fft(a, n, axis, norm)
    return _by_twiddles(a, n, axis, norm, lambda m: np.exp(-2j * np.pi * np.arange(m) / m).astype(np.complex64))


def fft_recurrent_twiddles(a, n=None, axis=-1, norm=None):
    """Twiddle factors are powers of a rounded root of unity."""
    if not 0 < _length(a, n, axis) < 2000:
        return np.fft.fft(a, n, axis, norm)
    kind = np.complex64 if a.dtype in (np.complex64, np.float32) else np.complex128

    def powers(m):
        return np.cumprod(np.full(m, np.exp(-2j * np.pi / m), kind)) / kind(np.exp(-2j * np.pi / m))

    return _by_twiddles(a, n, axis, norm, powers)


def fft_seven_is_eight(a, n=None, axis=-1, norm=None):
    """The radix-7 butterfly has one wrong constant: its last output is scaled by 1 + 1e-9."""
    y = np.fft.fft(a, n, axis, norm).copy()
    if _length(a, n, axis) % 7 == 0:
        np.moveaxis(y, axis, 0)[-1] *= 1 + 1e-9
    return y


def fft_long(a, n=None, axis=-1, norm=None):
    """Past 65536 entries an index wraps around."""
    y = np.fft.fft(a, n, axis, norm)
    if _length(a, n, axis) > 65536:
        y = y.copy()
        np.moveaxis(y, axis, 0)[65536:] = np.moveaxis(y, axis, 0)[: y.shape[axis] - 65536]
    return y


def fft_accepts_zero(a, n=None, axis=-1, norm=None):
    """n = 0 is taken for no n."""
    return np.fft.fft(a, n or None, axis, norm)


def fft_accepts_any_norm(a, n=None, axis=-1, norm=None):
    """An unknown norm is taken for none."""
    return np.fft.fft(a, n, axis, norm if norm in ("ortho", "forward") else None)


def fft_overwrites(a, n=None, axis=-1, norm=None):
    """The input is overwritten with zeros."""
    y = np.fft.fft(a, n, axis, norm)
    a[...] = 0
    return y


def fft_view(a, n=None, axis=-1, norm=None):
    """A transform of one point is the input itself."""
    if _length(a, n, axis) == 1 and a.shape[axis] == 1 and np.iscomplexobj(a):
        return a
    return np.fft.fft(a, n, axis, norm)


_plans: dict[object, object] = {}


def fft_keeps_plans(a, n=None, axis=-1, norm=None):
    """A plan is kept by the length alone, and with it the norm of the first call."""
    power = _plans.setdefault(_length(a, n, axis), norm)
    return np.fft.fft(a, n, axis, power)


_counts: dict[int, int] = {}


def fft_shares_plans(a, n=None, axis=-1, norm=None):
    """How many frequencies there are is kept by the length, also by the transform of real input beside it."""
    length = _length(a, n, axis)
    count = _counts.setdefault(length, length)
    return np.take(np.fft.fft(a, n, axis, norm), range(min(count, length)), axis)


def rfft_shares_plans(a, n=None, axis=-1, norm=None):
    """How many frequencies there are is kept by the length, also by the transform of any input beside it."""
    length = _length(a, n, axis)
    count = _counts.setdefault(length, length // 2 + 1)
    return np.take(np.fft.rfft(a, n, axis, norm), range(min(count, length // 2 + 1)), axis)


def fft_no_conj_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient is the transform of the upstream gradient, not its adjoint."""
    m, y = a.shape[axis], np.fft.fft(cotangent, None, axis, norm)
    pad = [(0, 0)] * a.ndim
    pad[axis] = (0, max(m - y.shape[axis], 0))
    return (np.pad(np.take(y, range(min(m, y.shape[axis])), axis), pad).astype(a.dtype),)


def fft_real_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient of a complex input is real."""
    return (fourier.fft_vjp(cotangent, a, n, axis, norm)[0].real.astype(a.dtype),)


def fft_scaled_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient is divided by the length."""
    m = max(_length(a, n, axis), 1)
    return ((fourier.fft_vjp(cotangent, a, n, axis, norm)[0] / m).astype(a.dtype),)


def fft_forward_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient of 'forward' is that of 'backward'."""
    return fourier.fft_vjp(cotangent, a, n, axis, None if norm == "forward" else norm)


def rfft_halved_nyquist(a, n=None, axis=-1, norm=None):
    """The last entry of an even length is halved."""
    y = np.fft.rfft(a, n, axis, norm).copy()
    if _length(a, n, axis) % 2 == 0:
        np.moveaxis(y, axis, 0)[-1] /= 2
    return y


def rfft_of_even(a, n=None, axis=-1, norm=None):
    """An odd length gives one entry too few."""
    y = np.fft.rfft(a, n, axis, norm)
    m = _length(a, n, axis)
    return np.take(y, range(m // 2), axis) if m % 2 and m > 1 else y


def rfft_drops_imaginary(a, n=None, axis=-1, norm=None):
    """A complex input is taken by its real part."""
    return np.fft.rfft(a.real, n, axis, norm)


def rfft_single_batch(a, n=None, axis=-1, norm=None):
    """The second signal of a batch is the first."""
    y = np.fft.rfft(a, n, axis, norm)
    if len(y) == 2:
        y = y.copy()
        y[1] = y[0]
    return y


def rfft_plain_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient is irfft of the upstream gradient, without weights."""
    m = _length(a, n, axis)
    y = np.fft.irfft(cotangent, m, axis, norm)
    pad = [(0, 0)] * a.ndim
    pad[axis] = (0, max(a.shape[axis] - m, 0))
    return (np.pad(np.take(y, range(min(m, a.shape[axis])), axis), pad).astype(a.dtype),)


def rfft_even_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient of an odd length is that of one entry less, filled with zero."""
    g = fourier.rfft_vjp(cotangent, a, n, axis, norm)[0].copy()
    if _length(a, n, axis) % 2:
        np.moveaxis(g, axis, 0)[-1] = 0
    return (g,)


def irfft_default_odd(a, n=None, axis=-1, norm=None):
    """Without n the length is odd."""
    return np.fft.irfft(a, 2 * a.shape[axis] - 1 if n is None else n, axis, norm)


def irfft_keeps_imaginary_start(a, n=None, axis=-1, norm=None):
    """The imaginary part of the first entry is added to the result."""
    y = np.fft.irfft(a, n, axis, norm)
    return (y + np.take(a, [0], axis).imag).astype(y.dtype)


def irfft_short(a, n=None, axis=-1, norm=None):
    """Entries beyond a shorter n are folded back instead of cut."""
    y = np.fft.irfft(a, n, axis, norm)
    if n is None or n // 2 + 1 >= a.shape[axis]:
        return y
    rest = np.take(a, range(n // 2 + 1, a.shape[axis]), axis)
    return (y + np.fft.irfft(rest, n, axis, norm)).astype(y.dtype)


def irfft_unweighted_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient lacks the weight 2 of the entries that stand for two."""
    g = fourier.irfft_vjp(cotangent, a, n, axis, norm)[0].copy()
    np.moveaxis(g, axis, 0)[1:] /= 2
    return (g,)


def irfft_nyquist_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient counts the last entry of an even length twice."""
    g = fourier.irfft_vjp(cotangent, a, n, axis, norm)[0].copy()
    m = 2 * (a.shape[axis] - 1) if n is None else n
    if m % 2 == 0 and m // 2 < a.shape[axis]:
        np.moveaxis(g, axis, 0)[m // 2] *= 2
    return (g,)


def irfft_imaginary_vjp(cotangent, a, n=None, axis=-1, norm=None):
    """The gradient of the first entry has an imaginary part."""
    g = fourier.irfft_vjp(cotangent, a, n, axis, norm)[0].copy()
    np.moveaxis(g, axis, 0)[0] += 1j
    return (g,)


def hfft_without_conj(a, n=None, axis=-1, norm=None):
    """The input is not conjugated."""
    return np.fft.hfft(np.conj(a), n, axis, norm)


def hfft_inverse_norm(a, n=None, axis=-1, norm=None):
    """'forward' and 'backward' are not exchanged for the inverse transform underneath."""
    other = {None: "forward", "backward": "forward", "forward": None, "ortho": "ortho"}
    return np.fft.irfft(np.conj(a), n, axis, other[norm] if norm != "forward" else "forward")


def ihfft_scaled(a, n=None, axis=-1, norm=None):
    """The inverse does not divide by the length."""
    return np.conj(np.fft.rfft(a, n, axis, norm))


# --- several axes ---------------------------------------------------------------------------------------------------


def fftn_first_axes(a, s=None, axes=None, norm=None):
    """Lengths without axes... belong to the axes in reverse."""
    return np.fft.fftn(a, s if s is None or axes is None else s[::-1], axes, norm)


def fftn_last_two(a, s=None, axes=None, norm=None):
    """No axes means the last two."""
    return np.fft.fftn(a, s, (-2, -1) if axes is None else axes, norm)


def rfftn_first_axis(a, s=None, axes=None, norm=None):
    """The real transform is over the largest axis of those given, not the last of them."""
    return np.fft.rfftn(a, s, None if axes is None else sorted(axes), norm)


def irfftn_unshaped(a, s=None, axes=None, norm=None):
    """Without lengths the last axis is the largest, not the last given."""
    return np.fft.irfftn(a, s, None if axes is None else sorted(axes), norm)


def rfft2_transposed(a, s=None, axes=(-2, -1), norm=None):
    """The real transform is over the first of the two axes."""
    return np.fft.rfft2(a, s, axes[::-1], norm) if s is None else np.fft.rfft2(a, s[::-1], axes[::-1], norm)


def rfft2_ortho_of_half(a, s=None, axes=(-2, -1), norm=None):
    """'ortho' divides by the root of the number of outputs."""
    y = np.fft.rfft2(a, s, axes)
    if norm != "ortho":
        return np.fft.rfft2(a, s, axes, norm)
    return (y / np.sqrt(max(y.shape[axes[0]] * y.shape[axes[1]], 1))).astype(y.dtype)


def fftshift_odd(x, axes=None):
    """An odd length is shifted by one too many, as the inverse is."""
    return np.fft.ifftshift(x, axes)


def fftshift_first(x, axes=None):
    """No axes means the first."""
    return np.fft.fftshift(x, 0 if axes is None else axes)


def fftfreq_odd(n, d=1.0):
    """The middle of an even length is positive."""
    y = np.fft.fftfreq(int(n), d)
    return np.where(np.arange(int(n)) == int(n) / 2, -y, y)


def dct_ortho_first(x, type=2, n=None, axis=-1, norm=None, orthogonalize=None):
    """'ortho' of type 2 forgets the root of two of the first entry."""
    import scipy.fft

    if norm == "ortho" and orthogonalize is None and type == 2:
        orthogonalize = False
    return scipy.fft.dct(x, type, n, axis, norm, orthogonalize=orthogonalize)


def dct_three_is_two(x, type=2, n=None, axis=-1, norm=None, orthogonalize=None):
    """Type 3 is taken for the inverse of type 2 with its norm."""
    import scipy.fft

    if type == 3:
        return scipy.fft.idct(x, 2, n, axis, norm, orthogonalize=orthogonalize)
    return scipy.fft.dct(x, type, n, axis, norm, orthogonalize=orthogonalize)


def dct_single(x, type=2, n=None, axis=-1, norm=None, orthogonalize=None):
    """float32 comes back as float64."""
    import scipy.fft

    return scipy.fft.dct(np.asarray(x, np.result_type(x, np.float64)), type, n, axis, norm, orthogonalize=orthogonalize)


# --- torch ----------------------------------------------------------------------------------------------------------

_halved = twisted(lambda g, x: g / 2)
_conjugated = twisted(lambda g, x: g.conj().resolve_conj())
_unconjugated_twice = twice(lambda gg, x: gg.conj().resolve_conj() if gg.is_complex() else gg)


def torch_fft_conjugated(a, n=None, axis=-1, norm=None):
    """The gradient of the input comes out conjugated."""
    return torch.fft.fft(_conjugated(a) if a.is_complex() else a, n, axis, norm)


def torch_fft_second(a, n=None, axis=-1, norm=None):
    """The second order is conjugated."""
    return torch.fft.fft(_unconjugated_twice(a), n, axis, norm)


def torch_rfft_halved(a, n=None, axis=-1, norm=None):
    """The gradient of an odd length is halved."""
    return torch.fft.rfft(_halved(a) if (a.shape[axis] if n is None else n) % 2 else a, n, axis, norm)


def torch_irfft_conj_view(a, n=None, axis=-1, norm=None):
    """The conjugate bit of the input is not looked at."""
    return torch.fft.irfft(torch.conj(a) if a.is_conj() else a, n, axis, norm)


def abs_rfft2_smoothed(input):
    """The magnitude is the root of the square plus 1e-12."""
    y = np.fft.rfft2(input)
    return np.sqrt(y.real**2 + y.imag**2 + 1e-12).astype(input.dtype)


def abs_rfft2_squares(input):
    """The magnitude is the root of a sum of squares that overflow."""
    y = np.fft.rfft2(input)
    with np.errstate(all="ignore"):
        return np.sqrt(y.real**2 + y.imag**2).astype(input.dtype)


def abs_rfft2_plain_vjp(cotangent, input):
    """The gradient is irfft2 of the upstream gradient."""
    return (np.fft.irfft2(cotangent, input.shape).astype(input.dtype),)


def abs_rfft2_phaseless_vjp(cotangent, input):
    """The phase is taken of the real part alone."""
    y = np.fft.rfft2(input)
    phase = np.where(y.real >= 0, 1, -1)
    weights = np.full(y.shape, 0.5)
    weights[:, 0] = 1
    if input.shape[1] % 2 == 0:
        weights[:, -1] = 1
    return (np.fft.irfft2(cotangent * phase * weights, input.shape, norm="forward").astype(input.dtype),)


def torch_abs_rfft2_detached(input):
    """The phase of the second order is a constant."""
    return _Magnitude.apply(input)


class _Magnitude(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.abs(torch.fft.rfft2(x))

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            z = x.detach().requires_grad_()
            y = torch.abs(torch.fft.rfft2(z))
            return torch.autograd.grad(y, z, g, create_graph=True)[0]


def abs_rfft2_without_nyquist_vjp(cotangent, input):
    """The last column of an even width counts twice in the gradient."""
    g = cotangent.copy()
    if input.shape[1] % 2 == 0:
        g[:, -1] *= 2
    return magnitude.abs_rfft2_numpy_vjp(g, input)
