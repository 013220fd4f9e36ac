"""NumPy's Fourier transforms: cut or filled with zeros, transformed, and of real arrays the half that says all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.operations import primitives

A = Any

#: What NumPy calls the scales of a forward transform, and of an inverse one.
NORMS = {None: "none", "backward": "none", "ortho": "ortho", "forward": "whole"}
INVERSE_NORMS = {None: "whole", "backward": "whole", "ortho": "ortho", "forward": "none"}


def fftn(x: A, axes: Any, inverse: bool = False, norm: str = "none") -> A:
    """The discrete Fourier transform over axes, scaled by 1 (none), ``N^-1/2`` (ortho) or ``1/N`` (whole)."""
    return primitives.fftn(x, axes=tuple(a % x.ndim for a in axes), inverse=inverse, norm=norm)


def fitted(x: A, axes: tuple[int, ...], sizes: tuple[int, ...]) -> A:
    """Axes cut to their lengths, or filled with zeros."""
    for axis, n in zip(axes, sizes, strict=True):
        have = x.shape[axis]
        if n < have:
            x = x[(slice(None),) * axis + (slice(n),)]
        elif n > have:
            x = np.pad(x, [(0, n - have if i == axis else 0) for i in range(x.ndim)])
    return x


def _lengths(x: A, s: Any, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes transformed and their lengths: all axes where neither is given, the last ones where s alone is."""
    if axes is None:
        axes = range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim)
    where = tuple(a % x.ndim for a in axes)
    sizes = tuple(x.shape[a] for a in where) if s is None else tuple(s)
    return where, tuple(x.shape[a] if n in (None, -1) else n for a, n in zip(where, sizes, strict=True))


def numpy_fftn(a: A, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> A:
    """``numpy.fft.fftn``."""
    where, sizes = _lengths(a, s, axes)
    return fftn(fitted(a, where, sizes), where, norm=NORMS[norm])


def numpy_ifftn(a: A, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> A:
    """``numpy.fft.ifftn``."""
    where, sizes = _lengths(a, s, axes)
    return fftn(fitted(a, where, sizes), where, inverse=True, norm=INVERSE_NORMS[norm])


def numpy_rfftn(a: A, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> A:
    """``numpy.fft.rfftn``: the last axis kept to ``N // 2 + 1`` entries."""
    where, sizes = _lengths(a, s, axes)
    whole = numpy_fftn(a, sizes, where, norm)
    return whole[(slice(None),) * where[-1] + (slice(sizes[-1] // 2 + 1),)]


def numpy_irfftn(a: A, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> A:
    """``numpy.fft.irfftn``: the last axis from the half that says all, the others before."""
    where, sizes = _lengths(a, s, axes)
    last = sizes[-1] if s is not None and s[-1] not in (None, -1) else 2 * (a.shape[where[-1]] - 1)
    y = fitted(a, where, (*sizes[:-1], last // 2 + 1))
    if len(where) > 1:
        y = fftn(y, where[:-1], inverse=True, norm=INVERSE_NORMS[norm])
    turned = np.moveaxis(np.where(True, y, 0j), where[-1], -1)
    ends = np.array([k == 0 or 2 * k == last for k in range(last // 2 + 1)])
    kept = np.where(ends, np.real(turned), turned)
    whole = np.concatenate([kept, np.conj(kept[..., 1 : (last + 1) // 2][..., ::-1])], axis=-1)
    back = np.real(fftn(whole, (whole.ndim - 1,), inverse=True, norm=INVERSE_NORMS[norm]))
    return np.moveaxis(back, -1, where[-1])


def numpy_hfft(a: A, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> A:
    """``numpy.fft.hfft``: of the half of what is its own conjugate backwards."""
    n = 2 * (a.shape[axis] - 1) if n is None else n
    y = numpy_irfftn(
        np.conj(a), (n,), (axis,), {None: "forward", "backward": "forward", "ortho": "ortho"}.get(norm, "backward")
    )
    return y


def numpy_ihfft(a: A, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> A:
    """``numpy.fft.ihfft``: the inverse of ``hfft``."""
    n = a.shape[axis] if n is None else n
    back = {None: "forward", "backward": "forward", "ortho": "ortho"}.get(norm, "backward")
    return np.conj(numpy_rfftn(a, (n,), (axis,), back))


def over_one(transform: Callable[..., A]) -> Callable[..., A]:
    """The transform over one axis, of a length."""

    def program(a: A, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> A:
        return transform(a, None if n is None else (n,), (axis,), norm)

    return program


def over_two(transform: Callable[..., A]) -> Callable[..., A]:
    """The transform over two axes, the last ones where none are given."""

    def program(a: A, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> A:
        return transform(a, s, axes, norm)

    return program
