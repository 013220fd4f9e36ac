"""Functions entry by entry: each from its value, its largest slope nearby and its ULPs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.operators import add, divide, multiply, negative
from harness.arithmetic.roundings import Array, by_kind, nearest, rounding
from harness.arithmetic.tracked import Deferred, Tracked, aligned, leaf, lift, made


def unary(
    function: Callable[[Array], Array],
    slope: Callable[[Array, Array, Array], Array],
    units: float,
    approximation: Callable[[Tracked], Array | None] = lambda x: None,
    positive: bool = False,
    correctly_rounded: bool = False,
) -> Callable[[Tracked], Tracked]:
    """An elementwise function from its value, its largest slope (x, y, error of x) and its ULPs.

    ``approximation`` is the error of what an algorithm evaluates in the function's place at x, None where it does not.
    What is ``positive`` everywhere and 0 here has underflowed. What IEEE 754 wants ``correctly_rounded`` is off by half a
    unit in the last place of exact operands.
    """

    def apply(x: Tracked) -> Tracked:
        def make() -> tuple[Array, Array | None]:
            with np.errstate(all="ignore"):
                value = function(x.value)
                exact = correctly_rounded and x.error is None and x.dtype.kind != "c"
                error = nearest(value, x.p) if exact else rounding(value, x.p, units)
                if positive:
                    error = error + np.where((value == 0) & np.isfinite(x.value), x.p.eta, 0.0)
                error = error + _overflowed(function, x, value)
                if (off := approximation(x)) is not None:
                    error = error + off
                if x.error is not None:
                    steepest = slope(_narrow(x.value), _narrow(value), x.error)
                    error = error + np.where(x.error == 0, 0.0, x.error * steepest)
            return value, by_kind(value, error, x.error)

        return Deferred(x.shape, x.dtype, make, x.p)

    return apply


def _overflowed(function: Callable[[Array], Array], x: Tracked, value: Array) -> Any:
    """Infinite where x is beyond the largest number, and its function at infinity is another finite number or none."""
    beyond = (np.abs(x.value) > x.p.largest) & np.isfinite(x.value)
    if x.dtype.kind == "c" or not beyond.any():
        return 0.0
    at_end = function(np.where(beyond, np.copysign(np.inf, x.value), x.value))
    return np.where(beyond & (np.abs(value) <= x.p.largest) & (at_end != value), np.inf, 0.0)


def _narrow(value: Array) -> Array:
    return value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)


_ULPS = 2.0 * bounds.TRANSCENDENTAL_ULPS
_TWO_OVER_ROOT_PI = 2 / np.sqrt(np.arctan2(np.longdouble(0), np.longdouble(-1)))

exp = unary(
    np.exp,
    lambda x, y, e: np.fmin(  # the mean slope up to x + e, or the last one where that one is 0 times infinity
        np.abs(y) * np.where(e < 1e-300, 1.0, np.expm1(e) / np.maximum(e, 1e-300)), np.exp(x.real + e)
    ),
    _ULPS,
    positive=True,
)
expm1 = unary(np.expm1, lambda x, y, e: np.exp(x.real + e), _ULPS)
log = unary(np.log, lambda x, y, e: _inverse(np.abs(x) - e), _ULPS)
log1p = unary(np.log1p, lambda x, y, e: _inverse(1 + x - e), _ULPS)
tanh = unary(np.tanh, lambda x, y, e: 1 - np.tanh(np.maximum(np.abs(x) - e, 0)) ** 2, _ULPS)
sqrt = unary(
    np.sqrt,
    lambda x, y, e: np.fmin(  # |sqrt(x + e) - sqrt(x)| <= sqrt(e) bounds it where the slope does not
        _inverse(np.abs(y) + np.sqrt(np.maximum(np.abs(x) - e, 0))), _inverse(np.sqrt(np.maximum(e, 0)))
    ),
    1.0,
    correctly_rounded=True,
)
sin = unary(np.sin, lambda x, y, e: np.ones_like(e), _ULPS)
cos = unary(np.cos, lambda x, y, e: np.ones_like(e), _ULPS)


def _to_pole(x: Array) -> Array:
    """How far x is from the nearest odd multiple of ``pi / 2``."""
    return np.asarray(np.abs(np.remainder(x, np.pi) - np.pi / 2))


def _beyond(x: Array, e: Array) -> Array:
    """The least size that x may have."""
    return np.asarray(np.maximum(np.abs(x) - e, 0))


def _to_one(x: Array, e: Array) -> Array:
    """How little ``1 - x^2`` may be."""
    return 1 - (np.abs(x) + e) ** 2


def _root_or(slope: Array, most: float, e: Array) -> Array:
    """A slope, or what ``|f(x + e) - f(x)| <= most sqrt(e)`` makes of it where that is less."""
    return np.fmin(slope, most / np.sqrt(np.maximum(e, 1e-300)))


tan = unary(np.tan, lambda x, y, e: _inverse(np.sin(np.maximum(_to_pole(x) - e, 0)) ** 2), _ULPS)
arcsin = unary(np.arcsin, lambda x, y, e: _root_or(_inverse(np.sqrt(np.maximum(_to_one(x, e), 0))), 2.3, e), _ULPS)
arccos = unary(np.arccos, lambda x, y, e: _root_or(_inverse(np.sqrt(np.maximum(_to_one(x, e), 0))), 2.3, e), _ULPS)
arctan = unary(np.arctan, lambda x, y, e: 1 / (1 + _beyond(x, e) ** 2), _ULPS)
sinh = unary(np.sinh, lambda x, y, e: np.cosh(np.abs(x) + e), _ULPS)
cosh = unary(np.cosh, lambda x, y, e: np.sinh(np.abs(x) + e), _ULPS)
arcsinh = unary(np.arcsinh, lambda x, y, e: 1 / np.sqrt(1 + _beyond(x, e) ** 2), _ULPS)
arccosh = unary(np.arccosh, lambda x, y, e: _inverse(np.sqrt(np.maximum((x - e) ** 2 - 1, 0))), _ULPS)
arctanh = unary(np.arctanh, lambda x, y, e: _inverse(_to_one(x, e)), _ULPS)
exp2 = unary(np.exp2, lambda x, y, e: np.log(2) * np.exp2(x + e), _ULPS)
log2 = unary(np.log2, lambda x, y, e: _inverse(np.abs(x) - e) / np.log(2), _ULPS)
log10 = unary(np.log10, lambda x, y, e: _inverse(np.abs(x) - e) / np.log(10), _ULPS)
cbrt = unary(np.cbrt, lambda x, y, e: _inverse(3 * np.cbrt(_beyond(x, e)) ** 2), _ULPS)


def _inverse(x: Array) -> Array:
    return np.where(x > 0, 1 / np.where(x > 0, x, 1), np.inf)


def by_balls(function: Callable[[Any], Any]) -> Callable[[Array], Array]:
    """A function of real numbers in the wide type, each entry by Arb's ball arithmetic to 128 bits."""
    from flint import arb, ctx

    def one(v: Any) -> Any:
        share, exponent = np.frexp(v) if np.isfinite(v) else (v, 0)  # a longdouble may be beyond all doubles
        high = float(share)
        low = float(share - np.longdouble(high)) if np.isfinite(v) else 0.0
        y = function((arb(high) + arb(low)) * arb(2) ** int(exponent))
        return _from_ball(y) if y.is_finite() else np.longdouble(float(y.mid()))

    def of_arrays(x: Array) -> Array:
        before, ctx.prec = ctx.prec, 128
        try:
            return np.array([one(v) for v in x.ravel()], dtype=np.longdouble).reshape(x.shape).astype(x.dtype)
        finally:
            ctx.prec = before

    return of_arrays


def _from_ball(y: Any) -> Any:
    """The middle of a ball as longdouble, however small."""
    mantissa, exponent = (int(n) for n in y.mid().man_exp())
    high = mantissa >> 64
    whole = np.longdouble(high) * np.longdouble(2) ** 64 + np.longdouble(mantissa - (high << 64))
    return np.ldexp(whole, max(exponent, -(2**20)))


#: Beyond it erf is a sign, and erfc underflows every type: ``exp(-200^2)`` is 10 to the power -17,000.
FAR = 200


def two_over_root_pi(x: Tracked) -> Tracked:
    """``2 / sqrt(pi)``, rounded on its way into the judged dtype."""
    return lift(_TWO_OVER_ROOT_PI, x.p)


#: Abramowitz and Stegun 1964, 7.1.26: ``erf(x) = 1 - (a1 t + ... + a5 t^5) exp(-x^2)``, ``t = 1 / (1 + p x)``, x >= 0.
_ERF_P, _ERF_A = 0.3275911, (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


def _erf_polynomial(x: Tracked) -> Array | None:
    """The error of the five terms in single precision: that of the approximation, and the roundings on its way."""
    if not x.p.polynomial_erf:
        return None
    z = leaf(np.where(np.isfinite(x.value), np.abs(x.value), 0.0), x.p)
    one = lift(1, x.p)
    t = divide(one, add(one, multiply(lift(_ERF_P, x.p), z)))
    terms = lift(0, x.p)
    for a in reversed(_ERF_A):
        terms = multiply(t, add(terms, lift(a, x.p)))
    y = add(one, negative(multiply(terms, exp(negative(multiply(z, z))))))
    roundings = np.zeros((1, *x.shape)) if y.error is None else y.error
    return roundings + bounds.POLYNOMIAL_ERF


erf = unary(
    by_balls(lambda z: z.erf() if z.is_finite() or z.is_nan() else z.sgn()),
    lambda x, y, e: float(_TWO_OVER_ROOT_PI) * np.exp(-(np.maximum(np.abs(x) - e, 0) ** 2)),
    _ULPS,
    _erf_polynomial,
)


def _steepest_erfc(x: Array, y: Array, e: Array) -> Array:
    """The largest slope within the error of x."""
    steepest: Array = float(_TWO_OVER_ROOT_PI) * np.exp(-(np.maximum(np.abs(x) - e, 0) ** 2))
    return steepest


erfc = unary(
    by_balls(lambda z: z.erfc() if abs(z) < FAR else z if z.is_nan() else 1 - z.sgn()),
    _steepest_erfc,
    _ULPS,
    _erf_polynomial,
    positive=True,
)


def _erfinv(z: Any) -> Any:
    if abs(z) == 1:
        return z * type(z).pos_inf()
    return z.erfinv() if abs(z) < 1 else type(z).nan()


_erfinv_of_arrays = by_balls(_erfinv)

#: Its slope ``sqrt(pi) / 2 exp(y^2)`` grows outwards: the largest is at the end of the error that lies further out.
erfinv = unary(
    _erfinv_of_arrays,
    lambda x, y, e: np.exp(_erfinv_of_arrays(np.minimum(np.abs(x) + e, 1)) ** 2) / float(_TWO_OVER_ROOT_PI),
    _ULPS,
)


def power(x: Tracked, n: Tracked) -> Tracked:
    """``x^n``: ``|x^n| expm1`` of what the errors turn its logarithm by."""
    with np.errstate(all="ignore"):
        value = np.power(x.value, n.value)
        size, exponent = np.abs(_narrow(x.value)), np.abs(_narrow(n.value))
        of_x, of_n = (np.zeros(()) if e is None else e for e in aligned(x, n))
        relative = np.where(of_x == 0, 0.0, of_x / size)
        turned = (exponent + of_n) * -np.log1p(-np.minimum(relative, 1)) + np.where(
            of_n == 0, 0.0, of_n * np.abs(np.log(size))
        )
        spread = np.where(turned == 0, 0.0, np.abs(_narrow(value)) * np.expm1(turned))
    return made(value, rounding(value, x.p, _ULPS) + spread, x.p)


def logaddexp(a: Tracked, b: Tracked) -> Tracked:
    """``log(e^a + e^b)`` as ``max + log1p(exp(-|a - b|))``: no error of an operand grows."""
    with np.errstate(all="ignore"):
        value = np.logaddexp(a.value, b.value)
        gap = np.abs(_narrow(a.value) - _narrow(b.value))
        share = np.exp(-gap) / (1 + np.exp(-gap))
        steps = _ULPS * np.log1p(np.exp(-gap)) + np.where(share > 0, (gap + _ULPS) * share, 0.0)
        of_a, of_b = (np.zeros(()) if e is None else e for e in aligned(a, b))
        error = rounding(value, a.p) + a.p.u * np.where(np.isfinite(gap), steps, 0.0) + np.maximum(of_a, of_b)
    return made(value, error, a.p)


def hypot(a: Tracked, b: Tracked) -> Tracked:
    """``sqrt(a^2 + b^2)``, within one ULP."""
    with np.errstate(all="ignore"):
        value = np.hypot(a.value, b.value)
        of_a, of_b = (np.zeros(()) if e is None else e for e in aligned(a, b))
        return made(value, rounding(value, a.p, 2.0) + np.hypot(of_a, of_b), a.p)


def arctan2(a: Tracked, b: Tracked) -> Tracked:
    """The angle of ``b + i a``: any where the errors reach the origin, a whole turn more where they reach the cut."""
    with np.errstate(all="ignore"):
        value = np.arctan2(a.value, b.value)
        of_a, of_b = (np.zeros(()) if e is None else e for e in aligned(a, b))
        off, radius = np.hypot(of_a, of_b), np.hypot(_narrow(a.value), _narrow(b.value))
        angle = np.where(off == 0, 0.0, np.where(off < radius, np.arcsin(np.minimum(off / radius, 1)), 2 * np.pi))
        cut = (of_a > 0) & (np.abs(_narrow(a.value)) <= of_a) & (_narrow(b.value) - of_b < 0)
        return made(value, rounding(value, a.p, _ULPS) + np.where(cut, 2 * np.pi, angle), a.p)


def steps(function: Callable[[Array], Array]) -> Callable[[Tracked], Tracked]:
    """A function of steps that go up alone, exact: off by the jumps that the error reaches."""

    def apply(x: Tracked) -> Tracked:
        with np.errstate(all="ignore"):
            value = function(x.value)
            if x.error is None:
                return made(value, None, x.p)
            ends = [np.abs(function(x.value + e) - value) for e in (x.error, -x.error)]
            return made(value, np.maximum(*ends).astype(np.float64), x.p)

    return apply
