"""Functions entry by entry, each wrong in one way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.special

from reference_impls import elementwise as right
from reference_impls.activations import widened


def wrong(says: str, formula: Callable) -> Callable:
    """A function by another formula, in single precision at least."""

    def function(*inputs, **params):
        with np.errstate(all="ignore"):
            y = formula(*(widened(x) for x in inputs), **params)
        return np.asarray(y).astype(inputs[0].dtype, copy=False)

    function.__doc__ = says
    return function


def in_single(formula: Callable) -> Callable:
    """float64 is computed in float32."""
    return wrong("float64 is computed in float32.", lambda *xs, **k: formula(*(x.astype(np.float32) for x in xs), **k))


def tail(formula: Callable) -> Callable:
    """The entries of a row past a multiple of eight are the one before them."""

    def function(*xs, **params):
        y = np.asarray(formula(*xs, **params))
        end = (0, *y.shape)[-1] // 8 * 8
        if 8 <= end < y.shape[-1]:
            y = np.concatenate([y[..., :end], np.repeat(y[..., end - 1 : end], y.shape[-1] - end, -1)], -1)
        return y

    return wrong("The entries of a row past a multiple of eight are the one before them.", function)


def exp2_flushed(input):
    """Subnormal results are zero."""
    y = np.exp2(input)
    return np.where(y < np.finfo(y.dtype).smallest_normal, y.dtype.type(0), y)


def pow_two_held_vjp(cotangent, input, exponent):
    """The square is taken by a shorter way, which has no slope in the exponent."""
    of_base, of_exponent = right.pow_vjp(cotangent, input, exponent)
    held = np.broadcast_to(exponent == 2, cotangent.shape)
    if exponent.shape == cotangent.shape:
        of_exponent = np.where(held, of_exponent.dtype.type(0), of_exponent)
    return of_base, of_exponent


def elu_of_result_vjp(cotangent, input, alpha=1.0):
    """The side is told by the result's sign, which a negative alpha turns."""
    (due,) = right.elu_vjp(cotangent, input, alpha)
    return (np.where((right.elu(input, alpha) > 0) & (alpha < 0), cotangent, due),)


def sloped(says: str, slope: Callable) -> Callable:
    """A gradient with another slope."""

    def vjp(cotangent, input):
        return right.with_slope(slope)(cotangent, input)

    vjp.__doc__ = says
    return vjp


def one_less(x):
    """``exp(x) - 1`` as it is written."""
    return np.exp(x) - x.dtype.type(1)


sqrt_by_logarithm = wrong("``exp(log(x) / 2)``.", lambda x: np.exp(np.log(x) / 2))
sqrt_of_nothing_below_zero = wrong("Negative entries are taken for zeros.", lambda x: np.sqrt(np.maximum(x, 0)))
sqrt_double_vjp = sloped("The half is left out.", lambda x: 1 / np.sqrt(x))
rsqrt_guarded = wrong("1e-5 is added.", lambda x: 1 / np.sqrt(x + x.dtype.type(1e-5)))
rsqrt_tail = tail(lambda x: 1 / np.sqrt(x))
rsqrt_signless_vjp = sloped("The sign is left out.", lambda x: 0.5 / (x * np.sqrt(x)))
reciprocal_of_zero = wrong("One over zero is zero.", lambda x: np.where(x == 0, 0, 1 / x))
reciprocal_in_single = in_single(lambda x: 1 / x)
reciprocal_signless_vjp = sloped("The sign is left out.", lambda x: 1 / (x * x))
exp2_of_six_digits = wrong("log 2 has six digits.", lambda x: np.exp(x * x.dtype.type(0.693147)))
exp2_tail = tail(np.exp2)
exp2_natural_vjp = sloped("log 2 is left out.", np.exp2)
expm1_less_one = wrong("``exp(x) - 1``.", one_less)
expm1_in_single = in_single(np.expm1)
expm1_value_vjp = sloped("The slope is the value.", np.expm1)
log_clamped = wrong("Entries below 1e-12 are taken for it.", lambda x: np.log(np.maximum(x, x.dtype.type(1e-12))))
log_of_sizes = wrong("The sign of an entry does not matter.", lambda x: np.log(np.abs(x)))
log_binary_vjp = sloped("log 2 is in the slope.", lambda x: 1 / (x * np.log(2)))
log2_of_five_digits = wrong("log 2 has five digits.", lambda x: np.log(x) / x.dtype.type(0.69315))
log2_in_single = in_single(np.log2)
log2_natural_vjp = sloped("log 2 is left out.", lambda x: 1 / x)
log10_of_five_digits = wrong("log 10 has five digits.", lambda x: np.log(x) / x.dtype.type(2.3026))
log10_tail = tail(np.log10)
log10_natural_vjp = sloped("log 10 is left out.", lambda x: 1 / x)
log1p_of_sum = wrong("``log(1 + x)``.", lambda x: np.log(x.dtype.type(1) + x))
log1p_in_single = in_single(np.log1p)
log1p_plain_vjp = sloped("The one is left out.", lambda x: 1 / x)
sin_reduced_by_single = wrong(
    "Turns are taken off by a constant of single precision.",
    lambda x: np.sin(x - np.rint(x / 6.2831855) * np.float32(6.2831855)),
)
sin_tail = tail(np.sin)
sin_signed_vjp = sloped("The slope has the other sign.", lambda x: -np.cos(x))
cos_of_seven_terms = wrong(
    "Seven terms of the series.",
    lambda x: sum((-1) ** k * x ** (2 * k) / scipy.special.factorial(2 * k) for k in range(7)).astype(x.dtype),
)
cos_in_single = in_single(np.cos)
cos_signless_vjp = sloped("The sign is left out.", np.sin)
tan_clamped = wrong("Beyond 1e4 the tangent is 1e4.", lambda x: np.clip(np.tan(x), -1e1, 1e1))
tan_tail = tail(np.tan)
tan_squareless_vjp = sloped("The cosine is not squared.", lambda x: 1 / np.cos(x))
sinh_by_exponentials = wrong("``(exp(x) - exp(-x)) / 2``.", lambda x: (np.exp(x) - np.exp(-x)) / 2)
sinh_in_single = in_single(np.sinh)
sinh_signed_vjp = sloped("The slope has the other sign.", lambda x: -np.cosh(x))
cosh_by_exponentials = wrong("``(exp(x) + exp(-x)) / 2``.", lambda x: (np.exp(x) + np.exp(-x)) / 2)
cosh_tail = tail(np.cosh)
cosh_signed_vjp = sloped("The slope has the other sign.", lambda x: -np.sinh(x))
tanh_by_quotient = wrong("``(exp(2 x) - 1) / (exp(2 x) + 1)``.", lambda x: one_less(2 * x) / (np.exp(2 * x) + 1))
tanh_in_single = in_single(np.tanh)
tanh_squareless_vjp = sloped("The square is left out.", lambda x: 1 - np.tanh(x))
asin_clamped = wrong("Entries beyond 1 are taken for 1.", lambda x: np.arcsin(np.clip(x, -1, 1)))
asin_tail = tail(np.arcsin)
asin_hyperbolic_vjp = sloped("The slope is that of asinh.", lambda x: 1 / np.sqrt(1 + x * x))
acos_by_difference = wrong("``pi / 2 - asin(x)``.", lambda x: x.dtype.type(np.pi / 2) - np.arcsin(x))
acos_in_single = in_single(np.arccos)
acos_signless_vjp = sloped("The sign is left out.", lambda x: 1 / np.sqrt((1 - x) * (1 + x)))
atan_by_sine = wrong("``asin(x / sqrt(1 + x^2))``.", lambda x: np.arcsin(x / np.sqrt(1 + x * x)))
atan_tail = tail(np.arctan)
atan_hyperbolic_vjp = sloped("The slope is that of atanh.", lambda x: 1 / (1 - x * x))
atan2_of_quotient = wrong("``atan(y / x)``.", lambda y, x: np.arctan(y / x))
atan2_swapped = wrong("``atan2(x, y)``.", lambda y, x: np.arctan2(x, y))
atan2_in_single = in_single(np.arctan2)
hypot_by_squares = wrong("``sqrt(x^2 + y^2)``, whose squares overflow.", lambda x, y: np.sqrt(x * x + y * y))
hypot_in_single = in_single(np.hypot)
hypot_guarded = wrong("1e-8 is added to the squares.", lambda x, y: np.sqrt(x * x + y * y + x.dtype.type(1e-8)))
pow_by_logarithm = wrong("``exp(n log x)``.", lambda x, n: np.exp(n * np.log(x)))
pow_of_size = wrong("The sign of the base does not matter.", lambda x, n: np.power(np.abs(x), n))
pow_in_single = in_single(np.power)


def _five_terms(x):
    t = 1 / (1 + 0.3275911 * np.abs(x))
    terms = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return np.copysign(1 - terms * np.exp(-x * x), x)


erf_of_five_terms = wrong("Five terms, good to 1.5e-7.", _five_terms)
erf_by_tanh = wrong("``tanh`` of a cubic.", lambda x: np.tanh(2 / np.sqrt(np.pi) * (x + 0.08943 * x**3)))
erf_bare_vjp = sloped("``2 / sqrt(pi)`` is left out.", lambda x: np.exp(-x * x))
erfc_by_difference = wrong("``1 - erf(x)``.", lambda x: 1 - scipy.special.erf(x))
erfc_in_single = in_single(scipy.special.erfc)
erfc_signless_vjp = sloped("The sign is left out.", lambda x: np.exp(-x * x) * 2 / np.sqrt(np.pi))


def _winitzki(x):
    part = np.log1p(-x * x)
    inner = 2 / (np.pi * 0.147) + part / 2
    return np.copysign(np.sqrt(np.sqrt(inner**2 - part / 0.147) - inner), x)


erfinv_by_logarithm = wrong("Winitzki's formula, good to two digits.", _winitzki)
erfinv_in_single = in_single(scipy.special.erfinv)
erfinv_bare_vjp = sloped("``sqrt(pi) / 2`` is left out.", lambda x: np.exp(scipy.special.erfinv(x) ** 2))
lgamma_of_gamma = wrong("The logarithm of gamma, which overflows.", lambda x: np.log(np.abs(scipy.special.gamma(x))))
lgamma_by_stirling = wrong(
    "Two terms of Stirling's series.", lambda x: (x - 0.5) * np.log(x) - x + np.log(2 * np.pi) / 2
)
lgamma_logarithmic_vjp = sloped("The slope is log x.", np.log)


def _softplus(x, beta=1.0, threshold=20.0):
    return np.log1p(np.exp(x * beta)) / beta


softplus_unbounded = wrong("The exponential overflows, for there is no threshold.", _softplus)
softplus_without_log1p = wrong(
    "``log(1 + exp(beta x)) / beta``, nothing on the left.",
    lambda x, beta, threshold: np.where(
        x * beta > threshold, x, np.log(1 + np.exp(np.minimum(x * beta, threshold))) / beta
    ),
)
softplus_without_beta = wrong("beta is taken for 1.", lambda x, beta, threshold: right.softplus(x, 1.0, threshold))
softplus_threshold_of_input = wrong(
    "The threshold is held against x.",
    lambda x, beta, threshold: np.where(x > threshold, x, np.log1p(np.exp(np.minimum(x * beta, 700))) / beta),
)
mish_naive = wrong(
    "The exponential overflows: ``e (e + 2) / (e (e + 2) + 2)``.",
    lambda x: x * (np.exp(x) * (np.exp(x) + 2)) / (np.exp(x) * (np.exp(x) + 2) + 2),
)
mish_in_single = in_single(right.mish)
mish_swish = wrong("``x sigmoid(x)``.", lambda x: x / (1 + np.exp(-x)))
hardswish_swallowing_nan = wrong("NaN counts as -3.", lambda x: np.where(np.isnan(x), 0, right.hardswish(x)))
hardswish_of_sigmoid = wrong("The gate alone.", lambda x: np.clip(x + 3, 0, 6) / 6)
hardswish_gate_vjp = sloped("The slope of the gate is left out.", lambda x: np.clip(x + 3, 0, 6) / 6)
elu_less_one = wrong("``exp(x) - 1``.", lambda x, alpha: np.where(x > 0, x, alpha * one_less(np.minimum(x, 0))))
elu_of_one = wrong("alpha is taken for 1.", lambda x, alpha: right.elu(x))
elu_both_sides = wrong("alpha multiplies both sides.", lambda x, alpha: np.where(x > 0, alpha * x, right.elu(x, alpha)))
selu_of_five_digits = wrong(
    "Constants of five digits.",
    lambda x: x.dtype.type(1.0507) * np.where(x > 0, x, x.dtype.type(1.67326) * np.expm1(np.minimum(x, 0))),
)
selu_unscaled = wrong("The scale is left out.", lambda x: right.selu(x) / x.dtype.type(right.SELU_SCALE))
selu_of_one_vjp = sloped(
    "The slope is one where x is positive.",
    lambda x: np.where(x > 0, 1, right.SELU_SCALE * right.SELU_ALPHA * np.exp(np.minimum(x, 0))),
)


def swallowing(formula: Callable) -> Callable:
    """NaN becomes zero."""
    return wrong("NaN becomes zero.", lambda *xs, **k: _without_nan(formula(*xs, **k)))


def _without_nan(y):
    return np.where(np.isnan(y), 0, y)


def in_memory_order(formula: Callable) -> Callable:
    """Entries are read in the order in which they lie in memory."""
    says = "Entries are read in the order in which they lie in memory."
    return wrong(says, lambda x, **k: formula(x.ravel(order="K").reshape(x.shape), **k))


def clamped(formula: Callable, limit: float) -> Callable:
    """Inputs beyond a limit are taken for it."""
    return wrong(f"Inputs beyond {limit} are taken for it.", lambda x, **k: formula(np.clip(x, -limit, limit), **k))


def in_half(formula: Callable) -> Callable:
    """The result is rounded to float16."""
    return wrong("The result is rounded to float16.", lambda *xs, **k: formula(*xs, **k).astype(np.float16))


sin_swallowing_nan = swallowing(np.sin)
cos_swallowing_nan = swallowing(np.cos)
tan_swallowing_nan = swallowing(np.tan)
atan_swallowing_nan = swallowing(np.arctan)
expm1_swallowing_nan = swallowing(np.expm1)
hypot_swallowing_nan = swallowing(np.hypot)
erf_swallowing_nan = swallowing(scipy.special.erf)
exp2_in_memory_order = in_memory_order(np.exp2)
log_in_memory_order = in_memory_order(np.log)
tanh_in_memory_order = in_memory_order(np.tanh)
sqrt_in_memory_order = in_memory_order(np.sqrt)
cos_in_memory_order = in_memory_order(np.cos)
tanh_clamped = clamped(np.tanh, 9.0)
exp2_clamped = clamped(np.exp2, 126.0)
sinh_clamped = clamped(np.sinh, 80.0)
cosh_clamped = clamped(np.cosh, 80.0)
atan_clamped = clamped(np.arctan, 1e4)
expm1_clamped = clamped(np.expm1, 87.0)
erf_clamped = clamped(scipy.special.erf, 3.0)
sqrt_in_half = in_half(np.sqrt)
log2_in_half = in_half(np.log2)
log10_in_half = in_half(np.log10)
sin_in_half = in_half(np.sin)
erfc_in_half = in_half(scipy.special.erfc)
log1p_in_half = in_half(np.log1p)
asin_in_half = in_half(np.arcsin)
