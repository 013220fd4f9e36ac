"""The discrete Fourier transform."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.roundings import Array, of_tier, rounding
from harness.arithmetic.tracked import Deferred, Tracked


def fftn(x: Tracked, axes: tuple[int, ...], inverse: bool, norm: str) -> Tracked:
    """The discrete Fourier transform over axes; its scale is two roundings wherever an implementation puts it."""
    kind = np.result_type(x.dtype, np.complex64)
    return Deferred(
        x.shape,
        kind,
        lambda: _transformed(x, axes, inverse, norm, kind),
        x.p,
        lambda value, at: bounds.transform_sizes(value, axes, at),
    )


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
    return np.stack([of_tier(typical, 0), of_tier(typical, 1), of_tier(whole, 2)])
