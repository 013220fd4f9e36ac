"""X[k] = sum over n of x[n] * exp(-2 pi i n k / N): what NumPy lacks, the adapters for torch's names, the gradients.

The spelling is NumPy's: ``n, axis, norm`` for one axis, ``s, axes, norm`` for several. ``numpy.fft`` and ``scipy.fft``
are called as they are; the Hermitian transforms of several axes, which NumPy lacks, stand here. ``torch_*`` renames
``axis`` to ``dim`` for ``torch.fft``; torch is imported when one is called.

With F(norm) the matrix of a transform, F(norm)^H is the opposite transform with the other norm ('backward' and
'forward' change places, 'ortho' stays); cutting to length is the transpose of padding with zeros. Gradients follow the
conjugate Wirtinger convention: y = A x has the vector-Jacobian product A^H g, its real part for a real x.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Lengths = Sequence[int] | None
Axes = Sequence[int] | None
Norm = Literal["backward", "ortho", "forward"] | None

#: The norm under which the opposite transform is the conjugate transpose.
OTHER_NORM: dict[Norm, Norm] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}

LAST_TWO = (-2, -1)


def hfftn(x: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Array:
    """y = irfftn(conj(x)) with the other norm: the real transform of a Hermitian x given by its non-negative half."""
    lengths, over = _resolve(x, s, axes)
    if s is None:
        lengths = (*lengths[:-1], 2 * (lengths[-1] - 1))
    return np.fft.irfftn(x.conj(), lengths, over, OTHER_NORM[norm])


def ihfftn(x: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Array:
    """y = conj(rfftn(x)) with the other norm: the inverse of ``hfftn``, for a real x."""
    lengths, over = _resolve(x, s, axes)
    return np.fft.rfftn(x, lengths, over, OTHER_NORM[norm]).conj()


def hfft2(x: Array, s: Lengths = None, axes: Axes = LAST_TWO, norm: Norm = None) -> Array:
    """y = irfft2(conj(x)) with the other norm."""
    return hfftn(x, s, axes, norm)


def ihfft2(x: Array, s: Lengths = None, axes: Axes = LAST_TWO, norm: Norm = None) -> Array:
    """y = conj(rfft2(x)) with the other norm."""
    return ihfftn(x, s, axes, norm)


def fftn_vjp(cotangent: Array, a: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> tuple[Array]:
    """F^H g: the unscaled inverse transform, cut or padded back to the shape of ``a``."""
    _, over = _resolve(a, s, axes)
    return (_like(np.fft.ifftn(cotangent, axes=over, norm=OTHER_NORM[norm]), a),)


def ifftn_vjp(cotangent: Array, a: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> tuple[Array]:
    """F^H g: the forward transform with the other norm."""
    _, over = _resolve(a, s, axes)
    return (_like(np.fft.fftn(cotangent, axes=over, norm=OTHER_NORM[norm]), a),)


def rfftn_vjp(cotangent: Array, a: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> tuple[Array]:
    """Re(F^H g) = irfftn(g / 2 at frequencies whose mirror image is another one, g elsewhere) with the other norm."""
    lengths, over = _resolve(a, s, axes)
    halved = cotangent * _pairs(lengths[-1], over[-1], cotangent, 0.5)
    return (_like(np.fft.irfftn(halved, lengths, over, OTHER_NORM[norm]), a),)


def irfftn_vjp(cotangent: Array, a: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> tuple[Array]:
    """rfftn(g) with the other norm, doubled at frequencies whose mirror image is another one."""
    _, over = _resolve(a, s, axes)
    spectrum = np.fft.rfftn(cotangent, axes=over, norm=OTHER_NORM[norm])
    return (_like(spectrum * _pairs(cotangent.shape[over[-1]], over[-1], spectrum, 2), a),)


def hfftn_vjp(cotangent: Array, x: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> tuple[Array]:
    """The conjugate of the gradient of irfftn with the other norm."""
    (gradient,) = irfftn_vjp(cotangent, x, s, axes, OTHER_NORM[norm])
    return (gradient.conj(),)


def ihfftn_vjp(cotangent: Array, x: Array, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> tuple[Array]:
    """The gradient of rfftn with the other norm, for the conjugate of g."""
    return rfftn_vjp(cotangent.conj(), x, s, axes, OTHER_NORM[norm])


def fftshift_vjp(cotangent: Array, x: Array, axes: int | Sequence[int] | None = None) -> tuple[Array]:
    """The opposite shift of g."""
    return (np.fft.ifftshift(cotangent, axes),)


def ifftshift_vjp(cotangent: Array, x: Array, axes: int | Sequence[int] | None = None) -> tuple[Array]:
    """The opposite shift of g."""
    return (np.fft.fftshift(cotangent, axes),)


Vjp = Callable[..., tuple[Array]]


def _over_two(vjp: Vjp) -> Vjp:
    def vjp2(cotangent: Array, a: Array, s: Lengths = None, axes: Axes = LAST_TWO, norm: Norm = None) -> tuple[Array]:
        """The gradient of the transform of several axes, over the last two."""
        return vjp(cotangent, a, s, axes, norm)

    return vjp2


def _over_one(vjp: Vjp) -> Vjp:
    def vjp1(cotangent: Array, a: Array, n: int | None = None, axis: int = -1, norm: Norm = None) -> tuple[Array]:
        """The gradient of the transform of several axes, over one."""
        return vjp(cotangent, a, None if n is None else (n,), (axis,), norm)

    return vjp1


fft2_vjp, ifft2_vjp = _over_two(fftn_vjp), _over_two(ifftn_vjp)
rfft2_vjp, irfft2_vjp = _over_two(rfftn_vjp), _over_two(irfftn_vjp)
hfft2_vjp, ihfft2_vjp = _over_two(hfftn_vjp), _over_two(ihfftn_vjp)
fft_vjp, ifft_vjp = _over_one(fftn_vjp), _over_one(ifftn_vjp)
rfft_vjp, irfft_vjp = _over_one(rfftn_vjp), _over_one(irfftn_vjp)
hfft_vjp, ihfft_vjp = _over_one(hfftn_vjp), _over_one(ihfftn_vjp)


def _torch_one(name: str) -> Callable[..., Any]:
    def transform(a: Any, n: int | None = None, axis: int = -1, norm: Norm = None) -> Any:
        """torch.fft's transform of that name with NumPy's keywords."""
        import torch

        return getattr(torch.fft, name)(a, n=n, dim=axis, norm=norm)

    return transform


def _torch_two(name: str) -> Callable[..., Any]:
    def transform(a: Any, s: Lengths = None, axes: Axes = LAST_TWO, norm: Norm = None) -> Any:
        """torch.fft's transform of that name with NumPy's keywords, by default over the last two axes."""
        import torch

        return getattr(torch.fft, name)(a, s=s, dim=axes, norm=norm)

    return transform


def _torch_several(name: str) -> Callable[..., Any]:
    def transform(a: Any, s: Lengths = None, axes: Axes = None, norm: Norm = None) -> Any:
        """torch.fft's transform of that name with NumPy's keywords, by default over all axes."""
        import torch

        return getattr(torch.fft, name)(a, s=s, dim=axes, norm=norm)

    return transform


torch_fft, torch_ifft = _torch_one("fft"), _torch_one("ifft")
torch_rfft, torch_irfft = _torch_one("rfft"), _torch_one("irfft")
torch_hfft, torch_ihfft = _torch_one("hfft"), _torch_one("ihfft")
torch_fft2, torch_ifft2 = _torch_two("fft2"), _torch_two("ifft2")
torch_rfft2, torch_irfft2 = _torch_two("rfft2"), _torch_two("irfft2")
torch_hfft2, torch_ihfft2 = _torch_two("hfft2"), _torch_two("ihfft2")
torch_fftn, torch_ifftn = _torch_several("fftn"), _torch_several("ifftn")
torch_rfftn, torch_irfftn = _torch_several("rfftn"), _torch_several("irfftn")
torch_hfftn, torch_ihfftn = _torch_several("hfftn"), _torch_several("ihfftn")


def torch_fftshift(x: Any, axes: int | Sequence[int] | None = None) -> Any:
    """torch.fft.fftshift with NumPy's keyword."""
    import torch

    return torch.fft.fftshift(x, dim=axes)


def torch_ifftshift(x: Any, axes: int | Sequence[int] | None = None) -> Any:
    """torch.fft.ifftshift with NumPy's keyword."""
    import torch

    return torch.fft.ifftshift(x, dim=axes)


def torch_fftfreq(n: int, d: float = 1.0) -> Any:
    """torch.fft.fftfreq in float64, as NumPy gives it."""
    import torch

    return torch.fft.fftfreq(n, float(d), dtype=torch.float64)


def torch_rfftfreq(n: int, d: float = 1.0) -> Any:
    """torch.fft.rfftfreq in float64, as NumPy gives it."""
    import torch

    return torch.fft.rfftfreq(n, float(d), dtype=torch.float64)


def _resolve(a: Array, s: Lengths, axes: Axes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The length of every transformed axis and the axes: all of them, or the last ``len(s)``."""
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(a.ndim)
    return tuple(a.shape[axis] for axis in axes) if s is None else tuple(s), tuple(axes)


def _pairs(n: int, axis: int, spectrum: Array, value: float) -> Array:
    """``value`` where frequency k of n differs from its mirror image n - k, 1 at k = 0 and k = n / 2, along ``axis``."""
    weights = np.full(n // 2 + 1, value, spectrum.real.dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return np.moveaxis(weights.reshape(-1, *(1,) * (spectrum.ndim - 1)), 0, axis)


def _like(gradient: Array, a: Array) -> Array:
    """The gradient cut or padded with zeros to the shape of ``a``, real where ``a`` is, in its dtype."""
    gradient = gradient if np.iscomplexobj(a) else gradient.real
    kept = tuple(slice(min(have, due)) for have, due in zip(gradient.shape, a.shape, strict=True))
    if gradient[kept].shape == a.shape:
        return gradient[kept].astype(a.dtype)
    padded = np.zeros(a.shape, a.dtype)
    padded[kept] = gradient[kept]
    return padded
