"""Special functions of statistics: the logistic function, the normal distribution and gamma."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.functions import by_balls, unary
from harness.arithmetic.roundings import Array, rounding
from harness.arithmetic.tracked import Tracked, made

_ULPS = 2.0 * bounds.TRANSCENDENTAL_ULPS


def _expit(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def _log_expit(x: Array) -> Array:
    return np.asarray(np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))))


def _log_ndtr(z: Any) -> Any:
    if not z.is_finite():
        return z if z.is_nan() or z < 0 else z - z.abs_upper() if z.is_finite() else type(z)(0)
    return ((-z / type(z)(2).sqrt()).erfc() / 2).log()


def _mills(x: Array) -> Array:
    """A bound of ``phi(x) / Phi(x)``, which falls in x: ``sqrt(2 / pi)`` at 0, below ``-x + sqrt(2 / pi)`` (Mills)."""
    return np.asarray(np.where(x < 0, -x, 0) + np.sqrt(2 / np.pi))


expit = unary(_expit, lambda x, y, e: (z := _expit(np.maximum(np.abs(x) - e, 0))) * (1 - z), _ULPS)
log_expit = unary(_log_expit, lambda x, y, e: _expit(-(x - e)), _ULPS)
log_ndtr = unary(by_balls(_log_ndtr), lambda x, y, e: _mills(x - e), _ULPS)


def _lgamma(z: Any) -> Any:
    if not z.is_finite():
        return z if z.is_nan() else abs(z)
    if z.is_integer() and z <= 0:
        return type(z).pos_inf()
    return z.lgamma() if z > 0 else (abs(z.sin_pi() / type(z).pi()) ** -1).log() - (1 - z).lgamma()


_gammaln = by_balls(_lgamma)


def gammaln(x: Tracked) -> Tracked:
    """``log |gamma(x)|``: near its zeros, as sure as one ULP of x makes it."""
    with np.errstate(all="ignore"):
        value = _gammaln(x.value)
        steep = np.abs(_steepest(x, 0))
        off = rounding(value, x.p, _ULPS) + x.p.u * steep * np.abs(x.value).astype(np.float64)
        return made(value, off if x.error is None else off + np.where(x.error == 0, 0.0, x.error * steep), x.p)


def polygamma(x: Tracked, order: int) -> Tracked:
    """The derivative of an order of digamma."""
    with np.errstate(all="ignore"):
        value = _digamma(order)(x.value)
        steep = np.abs(_steepest(x, order + 1))
        off = rounding(value, x.p, _ULPS) + x.p.u * steep * np.abs(x.value).astype(np.float64)
        return made(value, off if x.error is None else off + np.where(x.error == 0, 0.0, x.error * steep), x.p)


def _digamma(order: int) -> Any:
    def one(z: Any) -> Any:
        if not z.is_finite() or (z.is_integer() and z <= 0):
            return type(z).nan()
        if not order:
            return z.digamma()
        whole = type(z)
        return (-1) ** (order + 1) * whole(order).fac() * whole(order + 1).zeta(z)

    return by_balls(one)


def _steepest(x: Tracked, order: int) -> Array:
    """The slope at the end of each tier's error that lies nearer to 0, where these functions are steepest above 0."""
    e = np.zeros((1, *x.shape)) if x.error is None else np.asarray(x.error)
    ends = [np.stack([_digamma(order)(x.value + s * t) for t in e]).astype(np.float64) for s in (-1, 1)]
    slopes = np.maximum(np.abs(ends[0]), np.abs(ends[1]))
    return np.where(np.isnan(slopes) | (x.value - e <= 0) & (e > 0), np.inf, slopes)
