"""Functions that are taken for another, and slopes with a factor left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from harness.definitions.derivatives import held
from reference_impls.definitions import elementwise as right
from reference_impls.definitions.activations import sigmoid
from reference_impls.mistakes.activations import moved

Unary = Callable[[Any], Any]


def _another(function: Unary) -> Unary:
    """Another function in the place of the op."""

    def op(input: Any) -> Any:
        return function(input)

    return op


def _sloped(function: Unary, slope: Unary) -> Unary:
    """The right value with another slope."""

    def op(input: Any) -> Any:
        x = held(input)
        return held(function(input)) + held(slope(x)) * moved(input)

    return op


sqrt_of_size = _another(lambda x: np.sqrt(np.abs(x)))
sqrt_of_clamped = _another(lambda x: np.sqrt(np.maximum(x, 0)))
sqrt_slope_without_half = _sloped(right.sqrt, lambda x: 1 / np.sqrt(x))
rsqrt_plus_eps = _another(lambda x: 1 / np.sqrt(x + 1e-5))
rsqrt_plus_small_eps = _another(lambda x: 1 / (np.sqrt(x) + 1e-8))
rsqrt_slope_without_minus = _sloped(right.rsqrt, lambda x: 0.5 / (x * np.sqrt(x)))
reciprocal_plus_eps = _another(lambda x: 1 / (x + 1e-8))
reciprocal_slope_without_minus = _sloped(right.reciprocal, lambda x: 1 / (x * x))
exponential = _another(np.exp)
power_of_two = _another(np.exp2)
exp2_slope_of_exp = _sloped(right.exp2, np.exp2)
expm1_slope_of_value = _sloped(right.expm1, np.expm1)
natural_log = _another(np.log)
log_of_sum = _another(lambda x: np.log(1 + x))
exponential_less_one = _another(lambda x: np.exp(x) - 1)
binary_log = _another(np.log2)
decimal_log = _another(np.log10)
log_of_size = _another(lambda x: np.log(np.abs(x)))
log_plus_eps = _another(lambda x: np.log(x + 1e-8))
log2_slope_of_log = _sloped(right.log2, lambda x: 1 / x)
log10_slope_of_log = _sloped(right.log10, lambda x: 1 / x)
log1p_slope_of_log = _sloped(right.log1p, lambda x: 1 / x)
sine_of_degrees = _another(lambda x: np.sin(np.radians(x)))
cosine_of_degrees = _another(lambda x: np.cos(np.radians(x)))
tangent_of_degrees = _another(lambda x: np.tan(np.radians(x)))
sine, cosine, tangent = _another(np.sin), _another(np.cos), _another(np.tan)
sin_slope_with_minus = _sloped(right.sin, lambda x: -np.cos(x))
cos_slope_without_minus = _sloped(right.cos, np.sin)
tan_slope_of_cosine = _sloped(right.tan, lambda x: 1 / np.cos(x))
sinh_slope_with_minus = _sloped(right.sinh, lambda x: -np.cosh(x))
cosh_slope_with_minus = _sloped(right.cosh, lambda x: -np.sinh(x))
sinh_without_half = _another(lambda x: 2 * np.sinh(x))
cosh_without_half = _another(lambda x: 2 * np.cosh(x))
logistic = _another(sigmoid)
tanh_of_half = _another(lambda x: np.tanh(x / 2))
tanh_slope_without_square = _sloped(right.tanh, lambda x: 1 - np.tanh(x))
asin_slope_of_asinh = _sloped(right.asin, lambda x: 1 / np.sqrt(1 + x * x))
asin_in_degrees = _another(lambda x: np.degrees(np.arcsin(x)))
acos_slope_without_minus = _sloped(right.acos, lambda x: 1 / np.sqrt((1 - x) * (1 + x)))
acos_in_degrees = _another(lambda x: np.degrees(np.arccos(x)))
atan_slope_of_atanh = _sloped(right.atan, lambda x: 1 / ((1 - x) * (1 + x)))
atan_in_degrees = _another(lambda x: np.degrees(np.arctan(x)))
error_function, complement = _another(right.erf), _another(right.erfc)
normal_distribution = _another(lambda x: scipy.special.ndtr(x))
erf_slope_without_constant = _sloped(right.erf, lambda x: np.exp(-x * x))
erfc_slope_without_minus = _sloped(right.erfc, lambda x: np.exp(-x * x) * (2 / np.sqrt(np.pi)))
erfinv_slope_without_constant = _sloped(right.erfinv, lambda x: np.exp(right.erfinv(x) ** 2))
log_factorial = _another(lambda x: scipy.special.gammaln(x + 1))
lgamma_slope_of_log = _sloped(right.lgamma, np.log)


def atan2_swapped(input: Any, other: Any) -> Any:
    """``atan2(x, y)``."""
    return np.arctan2(other, input)


def atan2_of_quotient(input: Any, other: Any) -> Any:
    """``atan(y / x)``."""
    return np.arctan(input / other)


def hypot_of_sizes(input: Any, other: Any) -> Any:
    """``|x| + |y|``."""
    return np.abs(input) + np.abs(other)


def hypot_of_squares(input: Any, other: Any) -> Any:
    """The root of the sum of squares, which overflow."""
    return np.sqrt(input * input + other * other)


def hypot_without_root(input: Any, other: Any) -> Any:
    """``x^2 + y^2``."""
    return input * input + other * other


def pow_swapped(input: Any, exponent: Any) -> Any:
    """``n^x``."""
    return np.power(exponent, input)


def pow_of_size(input: Any, exponent: Any) -> Any:
    """``|x|^n``."""
    return np.power(np.abs(input), exponent)


def pow_exponent_held(input: Any, exponent: Any) -> Any:
    """The right value; the exponent has no derivative."""
    return np.power(input, held(exponent))


def softplus_without_beta(input: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(x))`` whatever beta is."""
    return right.softplus(input, threshold=threshold)


def softplus_bare(input: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x)) / beta`` wherever it is."""
    return np.log(1 + np.exp(input * beta)) / beta


def softplus_not_divided(input: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x))``."""
    return right.softplus(input * beta, threshold=np.inf)


def softplus_without_threshold(input: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x)) / beta`` everywhere."""
    return right.softplus(input, beta=beta, threshold=np.inf)


def softplus_threshold_of_input(input: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """x itself where x, not ``beta x``, is above the threshold."""
    return np.where(input > threshold, input, right.softplus(input, beta=beta, threshold=np.inf))


def mish_of_sigmoid(input: Any) -> Any:
    """``x sigmoid(x)``."""
    return input * sigmoid(input)


def mish_gate_held(input: Any) -> Any:
    """The right value; what multiplies x has no derivative."""
    return input * held(np.tanh(right.softplus(input)))


def hardswish_without_input(input: Any) -> Any:
    """``min(max(x + 3, 0), 6) / 6``."""
    return np.minimum(np.maximum(input + 3, 0), 6) / 6


def hardswish_gate_held(input: Any) -> Any:
    """The right value; what multiplies x has no derivative."""
    return input * held(hardswish_without_input(input))


def elu_of_one(input: Any, *, alpha: float = 1.0) -> Any:
    """``exp(x) - 1`` for any alpha."""
    return right.elu(input)


def elu_not_shifted(input: Any, *, alpha: float = 1.0) -> Any:
    """``alpha exp(x)`` where x is not positive."""
    positive = input > 0
    return np.where(positive, input, alpha * np.exp(np.where(positive, 0.0, input)))


def elu_alpha_within(input: Any, *, alpha: float = 1.0) -> Any:
    """``exp(x / alpha) - 1``, as CELU without its factor."""
    positive = input > 0
    return np.where(positive, input, np.expm1(np.where(positive, 0.0, input) / alpha))


def selu_without_scale(input: Any) -> Any:
    """``alpha (exp(x) - 1)`` and x."""
    return right.selu(input) / right.SELU_SCALE


def selu_of_five_digits(input: Any) -> Any:
    """Both constants to five digits."""
    positive = input > 0
    return np.where(positive, 1.0507 * input, (1.0507 * 1.67326) * np.expm1(np.where(positive, 0.0, input)))
