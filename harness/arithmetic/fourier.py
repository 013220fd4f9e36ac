"""The discrete Fourier transform."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.roundings import Array, rounding
from harness.arithmetic.tracked import Deferred, Tracked, Vjp, fit
from harness.dispatch import NORMS


def fftn(x: Tracked, axes: Sequence[int], inverse: bool = False, norm: str = "none") -> Tracked:
    """The discrete Fourier transform over axes: ``scale * sum of x[n] exp(-+ 2 pi i k n / N)``.

    ``norm`` none, ortho or whole: scale 1, ``1 / sqrt(N)`` or ``1 / N``, two roundings wherever an implementation
    puts it.
    """
    where = tuple(a % x.ndim for a in axes)
    kind = np.result_type(x.dtype, np.complex64)
    back: Vjp = lambda g: fit(fftn(g, where, not inverse, norm), x)  # noqa: E731
    y = Deferred(
        x.shape,
        kind,
        lambda: _transformed(x, where, inverse, norm, kind),
        x.p,
        ((x, back),),
        lambda at: bounds.transform_sizes(y.value, where, at),
    )
    return y


def _transformed(x: Tracked, where: tuple[int, ...], inverse: bool, norm: str, kind: Any) -> tuple[Array, Array | None]:
    import scipy.fft

    wide = x.value.astype(kind)
    with np.errstate(all="ignore"):
        if wide.size == 0 or not where:
            value = wide.copy()
        elif inverse:
            value = scipy.fft.ifftn(wide, axes=where, norm={"none": "forward", "whole": "backward"}.get(norm, norm))
        else:
            value = scipy.fft.fftn(wide, axes=where, norm={"none": "backward", "whole": "forward"}.get(norm, norm))
        error = bounds.transform(x.p, value, where)
        length = prod(x.shape[a] for a in where)
        if length > 1 and norm != "none":
            error = error + rounding(value, x.p, 2)
        if x.error is not None:
            by = {"none": 1.0, "ortho": length**-0.5, "whole": 1 / max(length, 1)}[norm]
            error = error + _through_transform(x.error, tuple(a + 1 for a in where), value.size) * by
        broken = ~np.isfinite(x.value).all(axis=where, keepdims=True)
        if broken.any():
            value = np.where(broken, np.nan, value)
            error = np.where(broken, np.inf, error)
    return value, error


def _through_transform(error: Array, axes: tuple[int, ...], outputs: int) -> Array:
    whole = np.broadcast_to(error.sum(axis=axes, keepdims=True), error.shape)
    rss = np.broadcast_to(bounds.lam(outputs) * np.sqrt((error**2).sum(axis=axes, keepdims=True)), error.shape)
    typical = np.minimum(whole, rss)
    return np.stack([typical[0], typical[1], whole[2]])


def numpy_fft(x: Tracked, n: Any = None, axis: int = -1, norm: Any = None) -> Tracked:
    """``numpy.fft.fft`` without its n."""
    if n is not None:
        raise TypeError("the oracle's fft takes no n: pad in the definition")
    return fftn(x, (axis,), norm=NORMS[norm])


def numpy_fftn(x: Tracked, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Tracked:
    """``numpy.fft.fftn`` without its s."""
    if s is not None or out is not None:
        raise TypeError("the oracle's fftn takes no s: pad in the definition")
    return fftn(x, range(x.ndim) if axes is None else axes, norm=NORMS[norm])
