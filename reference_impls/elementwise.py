"""Arrays -> functions of their entries: NumPy and SciPy candidates, and the slopes of NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import widened
from reference_impls.elementary import summed_to

Array = npt.NDArray[Any]
Vjp = Callable[[Array, Array], tuple[Array]]

LOG_2, LOG_10 = np.log(2.0).item(), np.log(10.0).item()

#: SELU's two constants (Klambauer et al. 2017, equation 14).
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def with_slope(slope: Callable[[Array], Array]) -> Vjp:
    """``g f'(x)``, the slope in single precision at least."""

    def vjp(cotangent: Array, input: Array) -> tuple[Array]:
        with np.errstate(all="ignore"):
            return (np.asarray(cotangent * slope(widened(input))).astype(input.dtype, copy=False),)

    return vjp


def _rounded(y: Array, like: Array) -> Array:
    return np.asarray(y).astype(like.dtype, copy=False)


def rsqrt(input: Array) -> Array:
    """``1 / sqrt(x)``."""
    return _rounded(1 / np.sqrt(widened(input)), input)


def rsqrt_by_power(input: Array) -> Array:
    """``x ** -0.5``."""
    return _rounded(np.power(widened(input), -0.5), input)


def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """``log1p(exp(beta x)) / beta`` by ``logaddexp``, x itself where ``beta x`` is above the threshold."""
    x = widened(input)
    z = x * x.dtype.type(beta)
    smooth = (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / x.dtype.type(beta)
    return _rounded(np.where(z > threshold, x, smooth), input)


def softplus_vjp(cotangent: Array, input: Array, beta: float = 1.0, threshold: float = 20.0) -> tuple[Array]:
    """``g sigmoid(beta x)``, g above the threshold."""
    x = widened(input)
    z = x * x.dtype.type(beta)
    e = np.exp(-np.abs(z))
    slope = np.where(z > threshold, 1, np.where(z > 0, 1, e) / (1 + e))
    return (_rounded(cotangent * slope, input),)


def mish(input: Array) -> Array:
    """``x tanh(log1p(exp(x)))``."""
    x = widened(input)
    return _rounded(x * np.tanh(_softplus(x)), input)


def mish_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g (t + x s (1 - t^2))`` with t the hyperbolic tangent and s the logistic function."""
    x = widened(input)
    e = np.exp(-np.abs(x))
    t, s = np.tanh(_softplus(x)), np.where(x > 0, 1, e) / (1 + e)
    return (_rounded(cotangent * (t + x * s * (1 - t * t)), input),)


def _softplus(x: Array) -> Array:
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def hardswish(input: Array) -> Array:
    """``x clip(x + 3, 0, 6) / 6``."""
    x = widened(input)
    return _rounded(x * np.clip(x + 3, 0, 6) / 6, input)


def hardswish_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g`` above 3, ``g (2 x + 3) / 6`` from -3, 0 below."""
    x = widened(input)
    slope = np.where(x < -3, 0, np.where(x <= 3, x / 3 + np.asarray(0.5, x.dtype), 1))
    return (_rounded(cotangent * np.where(np.isnan(x), x, slope), input),)


def elu(input: Array, alpha: float = 1.0) -> Array:
    """``x`` where x > 0, ``alpha expm1(x)`` elsewhere."""
    x = widened(input)
    return _rounded(np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0))), input)


def elu_vjp(cotangent: Array, input: Array, alpha: float = 1.0) -> tuple[Array]:
    """``g`` where x > 0, ``g alpha exp(x)`` elsewhere."""
    x = widened(input)
    return (_rounded(cotangent * np.where(x > 0, 1, x.dtype.type(alpha) * np.exp(np.minimum(x, 0))), input),)


def selu(input: Array) -> Array:
    """``scale x`` where x > 0, ``scale alpha expm1(x)`` elsewhere."""
    x = widened(input)
    one = x.dtype.type
    return _rounded(
        np.where(x > 0, one(SELU_SCALE) * x, one(SELU_SCALE * SELU_ALPHA) * np.expm1(np.minimum(x, 0))), input
    )


def selu_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g scale`` where x > 0, ``g scale alpha exp(x)`` elsewhere."""
    x = widened(input)
    one = x.dtype.type
    slope = np.where(x > 0, one(SELU_SCALE), one(SELU_SCALE * SELU_ALPHA) * np.exp(np.minimum(x, 0)))
    return (_rounded(cotangent * slope, input),)


def scipy_of(name: str) -> Callable[[Array], Array]:
    """One of SciPy's special functions, in the dtype of the input: SciPy computes float16 as float32."""

    def function(input: Array) -> Array:
        import scipy.special

        y = getattr(scipy.special, name)(input)
        return y if np.asarray(input).dtype.kind in "iub" else _rounded(y, input)

    return function


def _erfinv_slope(x: Array) -> Array:
    from scipy.special import erfinv as inverse

    y = inverse(x)
    return np.asarray(np.exp(y * y) * x.dtype.type(np.sqrt(np.pi) / 2))


def _digamma(x: Array) -> Array:
    from scipy.special import digamma

    return np.asarray(digamma(x))


scipy_exp2, scipy_expm1, scipy_log1p = scipy_of("exp2"), scipy_of("expm1"), scipy_of("log1p")
scipy_erf, scipy_erfc, scipy_erfinv, scipy_lgamma = (scipy_of(n) for n in ("erf", "erfc", "erfinv", "gammaln"))

sqrt_vjp = with_slope(lambda x: 0.5 / np.sqrt(x))
rsqrt_vjp = with_slope(lambda x: -0.5 / (x * np.sqrt(x)))
reciprocal_vjp = with_slope(lambda x: -1 / x / x)
exp2_vjp = with_slope(lambda x: np.exp2(x) * x.dtype.type(LOG_2))
expm1_vjp = with_slope(np.exp)
log_vjp = with_slope(lambda x: 1 / x)
log2_vjp = with_slope(lambda x: 1 / (x * x.dtype.type(LOG_2)))
log10_vjp = with_slope(lambda x: 1 / (x * x.dtype.type(LOG_10)))
log1p_vjp = with_slope(lambda x: 1 / (1 + x))
sin_vjp = with_slope(np.cos)
cos_vjp = with_slope(lambda x: -np.sin(x))
tan_vjp = with_slope(lambda x: 1 + np.tan(x) ** 2)
sinh_vjp = with_slope(np.cosh)
cosh_vjp = with_slope(np.sinh)
tanh_vjp = with_slope(lambda x: 1 - np.tanh(x) ** 2)
asin_vjp = with_slope(lambda x: 1 / np.sqrt((1 - x) * (1 + x)))
acos_vjp = with_slope(lambda x: -1 / np.sqrt((1 - x) * (1 + x)))
atan_vjp = with_slope(lambda x: 1 / (1 + x * x))
erf_vjp = with_slope(lambda x: np.exp(-x * x) * x.dtype.type(2 / np.sqrt(np.pi)))
erfc_vjp = with_slope(lambda x: -np.exp(-x * x) * x.dtype.type(2 / np.sqrt(np.pi)))
erfinv_vjp = with_slope(_erfinv_slope)
lgamma_vjp = with_slope(_digamma)


def atan2_vjp(cotangent: Array, input: Array, other: Array) -> tuple[Array, Array]:
    """``g x / (x^2 + y^2)`` and ``-g y / (x^2 + y^2)``."""
    y, x, g = widened(input), widened(other), widened(cotangent)
    square = x * x + y * y
    return summed_to(_rounded(g * (x / square), input), input.shape), summed_to(
        _rounded(-g * (y / square), other), other.shape
    )


def hypot_vjp(cotangent: Array, input: Array, other: Array) -> tuple[Array, Array]:
    """``g x / r`` and ``g y / r``."""
    x, y, g = widened(input), widened(other), widened(cotangent)
    r = np.hypot(x, y)
    return summed_to(_rounded(g * (x / r), input), input.shape), summed_to(_rounded(g * (y / r), other), other.shape)


def pow_vjp(cotangent: Array, input: Array, exponent: Array) -> tuple[Array, Array]:
    """``g n x^(n - 1)`` and ``g x^n log(x)``, 0 where x is 0."""
    x, n, g = widened(input), widened(exponent), widened(cotangent)
    of_exponent = np.where(x == 0, 0, np.power(x, n) * np.log(np.where(x == 0, 1, x)))
    return (
        summed_to(_rounded(g * (n * np.power(x, n - 1)), input), input.shape),
        summed_to(_rounded(g * of_exponent, exponent), exponent.shape),
    )
