"""Functions entry by entry: each from its value, its largest slope nearby, its derivative and its ULPs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.operators import add, conj, divide, multiply, negative, subtract
from harness.arithmetic.roundings import Array, rounding
from harness.arithmetic.tracked import Deferred, Tracked, Vjp, lift


def _unary(
    function: Callable[[Array], Array],
    slope: Callable[[Array, Array, Array], Array],
    derivative: Callable[[Tracked, Tracked], Tracked],
    units: float,
) -> Callable[[Tracked], Tracked]:
    """An elementwise function from its value, its largest slope (x, y, error of x), its derivative (x, y), its ULPs."""

    def apply(x: Tracked) -> Tracked:
        def make() -> tuple[Array, Array | None]:
            with np.errstate(all="ignore"):
                value = function(x.value)
                error = rounding(value, x.p, units)
                if x.error is not None:
                    steepest = slope(_narrow(x.value), _narrow(value), x.error)
                    error = error + np.where(x.error == 0, 0.0, x.error * steepest)
            return value, error

        back: Vjp = lambda g: multiply(g, conj(derivative(x, y)))  # noqa: E731
        back.__qualname__ = function.__name__
        y = Deferred(x.shape, x.dtype, make, x.p, ((x, back),))
        return y

    return apply


def _narrow(value: Array) -> Array:
    return value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)


_ULPS = 2.0 * bounds.TRANSCENDENTAL_ULPS
_TWO_OVER_ROOT_PI = 2 / np.sqrt(np.arctan2(np.longdouble(0), np.longdouble(-1)))

exp = _unary(
    np.exp,
    lambda x, y, e: np.abs(y) * np.where(e < 1e-300, 1.0, np.expm1(e) / np.maximum(e, 1e-300)),
    lambda x, y: y,
    _ULPS,
)
expm1 = _unary(np.expm1, lambda x, y, e: np.exp(x.real + e), lambda x, y: add(y, lift(1, y.p)), _ULPS)
log = _unary(np.log, lambda x, y, e: _inverse(np.abs(x) - e), lambda x, y: divide(lift(1, x.p), x), _ULPS)
log1p = _unary(
    np.log1p, lambda x, y, e: _inverse(1 + x - e), lambda x, y: divide(lift(1, x.p), add(lift(1, x.p), x)), _ULPS
)
tanh = _unary(
    np.tanh,
    lambda x, y, e: 1 - np.tanh(np.maximum(np.abs(x) - e, 0)) ** 2,
    lambda x, y: subtract(lift(1, y.p), multiply(y, y)),
    _ULPS,
)
sqrt = _unary(
    np.sqrt,
    lambda x, y, e: np.fmin(  # |sqrt(x + e) - sqrt(x)| <= sqrt(e) bounds it where the slope does not
        _inverse(np.abs(y) + np.sqrt(np.maximum(np.abs(x) - e, 0))), _inverse(np.sqrt(np.maximum(e, 0)))
    ),
    lambda x, y: divide(lift(0.5, y.p), y),
    1.0,
)
sin: Callable[[Tracked], Tracked] = _unary(np.sin, lambda x, y, e: np.ones_like(e), lambda x, y: cos(x), _ULPS)
cos: Callable[[Tracked], Tracked] = _unary(
    np.cos, lambda x, y, e: np.ones_like(e), lambda x, y: negative(sin(x)), _ULPS
)


def _inverse(x: Array) -> Array:
    return np.where(x > 0, 1 / np.where(x > 0, x, 1), np.inf)


def _erf_value(x: Array) -> Array:
    """erf in the wide type, each entry by Arb's ball arithmetic to 128 bits."""
    from flint import arb, ctx

    def one(v: Any) -> Any:
        if not np.isfinite(v):
            return np.sign(v)
        high = float(v)
        y = (arb(high) + arb(float(v - np.longdouble(high)))).erf()
        top = float(y.mid())
        return np.longdouble(top) + np.longdouble(float((y - arb(top)).mid()))

    before, ctx.prec = ctx.prec, 128
    try:
        return np.array([one(v) for v in x.ravel()], dtype=np.longdouble).reshape(x.shape).astype(x.dtype)
    finally:
        ctx.prec = before


def _erf_slope(x: Tracked, y: Tracked) -> Tracked:
    return multiply(lift(_TWO_OVER_ROOT_PI, x.p), exp(negative(multiply(x, x))))


erf = _unary(
    _erf_value,
    lambda x, y, e: float(_TWO_OVER_ROOT_PI) * np.exp(-(np.maximum(np.abs(x) - e, 0) ** 2)),
    _erf_slope,
    _ULPS,
)


def square(x: Tracked) -> Tracked:
    """``x^2``."""
    return multiply(x, x)


def power(x: Tracked, n: Tracked) -> Tracked:
    """``x^n`` for a constant scalar n: products for a whole one, whatever the sign of x."""
    if n.size != 1:
        raise TypeError("the oracle's arithmetic raises to constant scalar powers only")
    exponent = float(n.value.reshape(()))
    if exponent == 0.5:
        return sqrt(x)
    if not exponent.is_integer():
        return exp(multiply(n, log(x)))
    product = _product(x, abs(int(exponent)))
    return divide(lift(1, x.p), product) if exponent < 0 else product


def _product(x: Tracked, n: int) -> Tracked:
    """x, n times as a factor; 1 for none, of NaN too."""
    if n < 2:
        return x if n else lift(np.ones(x.shape), x.p)
    y = square(_product(x, n // 2))
    return multiply(y, x) if n % 2 else y
