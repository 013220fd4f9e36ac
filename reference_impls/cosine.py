"""y[k] = 2 * sum over n of x[n] * cos(pi * k * (2 n + 1) / (2 N)) and its seven relatives, by one real FFT each.

The signatures of ``scipy.fft``: ``dct, idct, dst, idst`` along one axis and ``dctn, idctn, dstn, idstn`` along
several, of types 1 to 4. ``orthogonalize`` None means True for norm 'ortho' alone. Complex x: real and imaginary part
by themselves. Results keep the input's dtype; float16 is transformed in float32,
and whole numbers in float64.

The matrix of type 2 is the transpose of that of type 3 but for the factor 2 at one end; types 1 and 4 are symmetric but
for the ends. So one function serves forward transforms, inverses and gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod, sqrt
from operator import index
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Lengths = int | Sequence[int] | None
Axes = int | Sequence[int] | None

#: The type whose matrix is the transpose, and up to the scale the inverse.
TRANSPOSED = {1: 1, 2: 3, 3: 2, 4: 4}

#: The norm that scales the forward transform as this one scales the inverse.
OTHER_NORM = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


@dataclass(frozen=True)
class Family:
    """Cosine or sine: the bare sums of the four types, and what distinguishes their ends.

    ``ends`` maps a type to the positions (of x, of y) that orthogonalization scales; ``beyond`` is what type 1 adds to
    the length before doubling it to its period.
    """

    sums: Mapping[int, Callable[[Array], Array]]
    ends: Mapping[int, tuple[tuple[int, ...], tuple[int, ...]]]
    beyond: int

    def period(self, type: int, n: int) -> int:
        """The length of the FFT that computes ``n`` values, whose inverse is the scale of the inverse transform."""
        return 2 * (n + (self.beyond if type == 1 else 0))


def _cosine1(x: Array) -> Array:
    """x[0] + (-1)^k x[N-1] + 2 sum of x[n] cos(pi k n / (N - 1)): the FFT of the even continuation."""
    return np.fft.rfft(np.concatenate([x, x[..., -2:0:-1]], axis=-1)).real


def _cosine2(x: Array) -> Array:
    """2 sum of x[n] cos(pi k (2 n + 1) / (2 N)): the FFT of x and its mirror image, turned by half a step."""
    n = x.shape[-1]
    spectrum = np.fft.rfft(np.concatenate([x, x[..., ::-1]], axis=-1))[..., :n]
    return (spectrum * _turn(n, spectrum)).real


def _cosine3(x: Array) -> Array:
    """x[0] + 2 sum of x[n] cos(pi n (2 k + 1) / (2 N)): the inverse FFT of x turned by half a step."""
    n = x.shape[-1]
    return np.fft.irfft(x * _turn(n, x).conj(), 2 * n, norm="forward")[..., :n]


def _cosine4(x: Array) -> Array:
    """2 sum of x[n] cos(pi (2 k + 1) (2 n + 1) / (4 N)): an FFT of x turned by half a step, turned again."""
    n = x.shape[-1]
    spectrum = np.fft.fft(x * _turn(n, x), 2 * n)[..., :n]
    return 2 * (spectrum * _turn(n, x, 0.5)).real


def _sine1(x: Array) -> Array:
    """2 sum of x[n] sin(pi (k + 1) (n + 1) / (N + 1)): the FFT of the odd continuation."""
    zero = np.zeros((*x.shape[:-1], 1), x.dtype)
    return -np.fft.rfft(np.concatenate([zero, x, zero, -x[..., ::-1]], axis=-1)).imag[..., 1:-1]


def _sine2(x: Array) -> Array:
    """2 sum of x[n] sin(pi (k + 1) (2 n + 1) / (2 N)): cosines of x with alternating signs, read backward."""
    return _cosine2(x * _alternating(x))[..., ::-1]


def _sine3(x: Array) -> Array:
    """(-1)^k x[N-1] + 2 sum of x[n] sin(pi (n + 1) (2 k + 1) / (2 N)): cosines of x read backward, alternating."""
    return _cosine3(x[..., ::-1]) * _alternating(x)


def _sine4(x: Array) -> Array:
    """2 sum of x[n] sin(pi (2 k + 1) (2 n + 1) / (4 N)): cosines of x read backward, alternating."""
    return _cosine4(x[..., ::-1]) * _alternating(x)


COSINE = Family(
    sums={1: _cosine1, 2: _cosine2, 3: _cosine3, 4: _cosine4},
    ends={1: ((0, -1), (0, -1)), 2: ((), (0,)), 3: ((0,), ()), 4: ((), ())},
    beyond=-1,
)
SINE = Family(
    sums={1: _sine1, 2: _sine2, 3: _sine3, 4: _sine4},
    ends={1: ((), ()), 2: ((), (-1,)), 3: ((-1,), ()), 4: ((), ())},
    beyond=1,
)


def _forward(
    family: Family,
    x: Array,
    type: int = 2,
    s: Lengths = None,
    axes: Axes = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
) -> Array:
    """The family's sums along each of the axes, as ``scipy.fft.dctn`` and ``dstn``."""
    x = x if x.dtype.kind in "fc" else x.astype(np.float64)
    lengths, over = _resolve(x, s, axes)
    shape = list(x.shape)
    for axis, n in zip(over, lengths, strict=True):
        shape[axis] = n
    ends = sqrt(2) if _orthogonal(norm, orthogonalize) else 1
    return _along_each(family, _resize(x, tuple(shape)), type, over, norm, ends).astype(x.dtype, copy=False)


def _inverse(
    family: Family,
    x: Array,
    type: int = 2,
    s: Lengths = None,
    axes: Axes = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
) -> Array:
    """The transform of the transposed type with the other norm: what undoes ``_forward``."""
    return _forward(family, x, TRANSPOSED[type], s, axes, OTHER_NORM[norm], orthogonalize)


def _forward_vjp(
    family: Family,
    cotangent: Array,
    x: Array,
    type: int = 2,
    s: Lengths = None,
    axes: Axes = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
) -> tuple[Array]:
    """D^T g along each of the axes, cut or padded back to the shape of x."""
    _, over = _resolve(x, s, axes)
    ends = sqrt(2) if _orthogonal(norm, orthogonalize) else 2
    gradient = _along_each(family, cotangent, TRANSPOSED[type], over, norm, ends)
    return (_resize(gradient, x.shape).astype(x.dtype, copy=False),)


def _inverse_vjp(
    family: Family,
    cotangent: Array,
    x: Array,
    type: int = 2,
    s: Lengths = None,
    axes: Axes = None,
    norm: str | None = None,
    orthogonalize: bool | None = None,
) -> tuple[Array]:
    """That of the transposed type with the other norm."""
    return _forward_vjp(family, cotangent, x, TRANSPOSED[type], s, axes, OTHER_NORM[norm], orthogonalize)


def _along_one(
    transform: Callable[..., Array],
    x: Array,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    orthogonalize: bool | None = None,
) -> Array:
    """A transform along one axis alone."""
    return transform(x, type, n, axis, norm, orthogonalize)


def _along_one_vjp(
    vjp: Callable[..., tuple[Array]],
    cotangent: Array,
    x: Array,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    orthogonalize: bool | None = None,
) -> tuple[Array]:
    """The gradient of a transform along one axis alone."""
    return vjp(cotangent, x, type, n, axis, norm, orthogonalize)


def _along_each(family: Family, x: Array, type: int, axes: tuple[int, ...], norm: str | None, ends: float) -> Array:
    """The transform with x multiplied and y divided by ``ends`` at the ends: 1 bare, sqrt(2) orthogonal, 2 transposed."""
    if np.iscomplexobj(x):
        parts = [_along_each(family, part, type, axes, norm, ends) for part in (x.real, x.imag)]
        return parts[0] + 1j * parts[1]
    periods = [family.period(type, x.shape[axis]) for axis in axes]
    if min(periods, default=1) < 1:
        raise ValueError(f"type {type} is not defined for lengths of shape {x.shape}")
    y = x.astype(np.result_type(x.dtype, np.float32))
    for axis in axes:
        y = np.moveaxis(_along_last(family, np.moveaxis(y, axis, -1), type, ends), -1, axis)
    return np.ascontiguousarray(y * y.dtype.type(_scale(norm, prod(periods))))


def _along_last(family: Family, x: Array, type: int, ends: float) -> Array:
    before, after = family.ends[type]
    x = x.copy()
    x[..., before] *= ends
    y = np.array(family.sums[type](x), x.dtype)
    y[..., after] /= ends
    return y


def _scale(norm: str | None, period: int) -> float:
    return {None: 1.0, "backward": 1.0, "ortho": 1 / sqrt(period), "forward": 1 / period}[norm]


def _orthogonal(norm: str | None, orthogonalize: bool | None) -> bool:
    return norm == "ortho" if orthogonalize is None else orthogonalize


def _turn(n: int, like: Array, half: float = 0.0) -> Array:
    """exp(-pi i (k + half) / (2 n)) for k below n, in the precision of ``like``."""
    turn: Array = np.exp(-0.5j * np.pi / n * (np.arange(n) + half))
    return turn.astype(np.result_type(like.dtype, np.complex64))


def _alternating(x: Array) -> Array:
    signs = np.ones(x.shape[-1], x.dtype)
    signs[1::2] = -1
    return signs


def _resolve(x: Array, s: Lengths, axes: Axes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The length of every transformed axis and the axes: all of them, or the last ``len(s)``."""
    lengths = tuple(s) if isinstance(s, Sequence) else None if s is None else (index(s),)
    if axes is None:
        axes = range(x.ndim) if lengths is None else range(-len(lengths), 0)
    over = tuple(axes) if isinstance(axes, Sequence) else (index(axes),)
    lengths = tuple(x.shape[axis] for axis in over) if lengths is None else lengths
    if len(lengths) != len(over) or min(lengths, default=1) < 1:
        raise ValueError(f"lengths {lengths} do not fit the axes {over}")
    if len({axis % x.ndim for axis in over}) < len(over):
        raise ValueError(f"axes {over} name an axis twice")
    return lengths, over


def _resize(x: Array, shape: tuple[int, ...]) -> Array:
    """Each axis cut, or padded with zeros, to the shape."""
    kept = tuple(slice(min(have, due)) for have, due in zip(x.shape, shape, strict=True))
    if x[kept].shape == shape:
        return x[kept]
    padded = np.zeros(shape, x.dtype)
    padded[kept] = x[kept]
    return padded


dctn, idctn, dstn, idstn = (partial(way, family) for family in (COSINE, SINE) for way in (_forward, _inverse))
dct, idct, dst, idst = (partial(_along_one, transform) for transform in (dctn, idctn, dstn, idstn))

dctn_vjp, idctn_vjp, dstn_vjp, idstn_vjp = (
    partial(way, family) for family in (COSINE, SINE) for way in (_forward_vjp, _inverse_vjp)
)
dct_vjp, idct_vjp, dst_vjp, idst_vjp = (
    partial(_along_one_vjp, vjp) for vjp in (dctn_vjp, idctn_vjp, dstn_vjp, idstn_vjp)
)
