"""Functions entry by entry, in the form that loses least; ``legal`` and ``cancels`` name other formulas in use."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

#: SELU's two constants (Klambauer et al. 2017, equation 14).
SELU_ALPHA = np.longdouble("1.6732632423543772848170429916717")
SELU_SCALE = np.longdouble("1.0507009873554804934193349852946")


def sqrt(input: Any) -> Any:
    """``x^(1/2)``."""
    return np.sqrt(input)


def rsqrt(input: Any) -> Any:
    """``1 / sqrt(x)``."""
    return 1 / np.sqrt(input)


def rsqrt_of_reciprocal(input: Any) -> Any:
    """``sqrt(1 / x)``."""
    return np.sqrt(1 / input)


def rsqrt_by_power(input: Any) -> Any:
    """``sqrt(x)^-1``, whose slope may be half the cube of the result."""
    return np.power(np.sqrt(input), np.full_like(input, -1.0))


def rsqrt_by_root_of_power(input: Any) -> Any:
    """``x^(-1/2)``, whose slope is ``-x^(-3/2) / 2``: at minus zero minus infinity."""
    return np.power(input, np.full_like(input, -0.5))


rsqrt.legal = (rsqrt_of_reciprocal,)  # type: ignore[attr-defined]
rsqrt.legal_slopes = (rsqrt_by_power, rsqrt_by_root_of_power)  # type: ignore[attr-defined]


def reciprocal(input: Any) -> Any:
    """``1 / x``."""
    return 1 / input


def reciprocal_by_power(input: Any) -> Any:
    """``x^-1``, whose slope is ``-x^-2``: that of the reciprocal may be its own square."""
    return np.power(input, np.full_like(input, -1.0))


reciprocal.legal_slopes = (reciprocal_by_power,)  # type: ignore[attr-defined]


def exp2(input: Any) -> Any:
    """``2^x``."""
    return np.exp2(input)


def expm1(input: Any) -> Any:
    """``exp(x) - 1``."""
    return np.expm1(input)


def expm1_by_exponential(input: Any) -> Any:
    """``exp(x) - 1``, whose slope is the exponential itself."""
    return np.exp(input) - 1


expm1.legal_slopes = (expm1_by_exponential,)  # type: ignore[attr-defined]


def log(input: Any) -> Any:
    """The natural logarithm."""
    return np.log(input)


def log2(input: Any) -> Any:
    """The logarithm to base 2."""
    return np.log2(input)


def log10(input: Any) -> Any:
    """The logarithm to base 10."""
    return np.log10(input)


def log1p(input: Any) -> Any:
    """``log(1 + x)``."""
    return np.log1p(input)


def sin(input: Any) -> Any:
    """The sine of radians."""
    return np.sin(input)


def cos(input: Any) -> Any:
    """The cosine of radians."""
    return np.cos(input)


def tan(input: Any) -> Any:
    """The tangent of radians."""
    return np.tan(input)


def sinh(input: Any) -> Any:
    """``(exp(x) - exp(-x)) / 2``."""
    return np.sinh(input)


def cosh(input: Any) -> Any:
    """``(exp(x) + exp(-x)) / 2``."""
    return np.cosh(input)


def tanh(input: Any) -> Any:
    """``sinh(x) / cosh(x)``."""
    return np.tanh(input)


def asin(input: Any) -> Any:
    """The angle whose sine is x."""
    return np.arcsin(input)


def asin_by_angle(input: Any) -> Any:
    """The angle of ``sqrt(1 - x^2) + i x``: its slope contains ``1 - x^2``, which cancels next to 1."""
    return np.arctan2(input, np.sqrt(1 - input * input))


asin.cancelling_slopes = (asin_by_angle,)  # type: ignore[attr-defined]


def acos(input: Any) -> Any:
    """The angle whose cosine is x."""
    return np.arccos(input)


def acos_by_angle(input: Any) -> Any:
    """The angle of ``x + i sqrt(1 - x^2)``: its slope contains ``1 - x^2``, which cancels next to 1."""
    return np.arctan2(np.sqrt(1 - input * input), input)


acos.cancelling_slopes = (acos_by_angle,)  # type: ignore[attr-defined]


def atan(input: Any) -> Any:
    """The angle whose tangent is x."""
    return np.arctan(input)


def atan2(input: Any, other: Any) -> Any:
    """The angle of ``other + i input``."""
    return np.arctan2(input, other)


def hypot(input: Any, other: Any) -> Any:
    """``sqrt(x^2 + y^2)``, though the squares may overflow."""
    return np.hypot(input, other)


def hypot_scaled(input: Any, other: Any) -> Any:
    """``b sqrt(1 + (s / b)^2)`` of the larger b and the smaller s (LAPACK's dlapy2)."""
    large, small = np.maximum(np.abs(input), np.abs(other)), np.minimum(np.abs(input), np.abs(other))
    share = np.where(small == large, 1.0, small / np.where(large > 0, large, 1.0))
    return large * np.sqrt(1.0 + share * share)


hypot.legal_values = (hypot_scaled,)  # type: ignore[attr-defined]


def pow(input: Any, exponent: Any) -> Any:
    """``x^n``."""
    return np.power(input, exponent)


def erf(input: Any) -> Any:
    """The error function."""
    return scipy.special.erf(input)


def erfc(input: Any) -> Any:
    """``1 - erf(x)``, with no difference where it is small."""
    return scipy.special.erfc(input)


def erfinv(input: Any) -> Any:
    """The inverse of the error function."""
    return scipy.special.erfinv(input)


def lgamma(input: Any) -> Any:
    """``log |gamma(x)|``."""
    return scipy.special.gammaln(input)


def softplus(input: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta x)) / beta``, x itself where ``beta x`` is above the threshold."""
    z = input * beta
    positive = z > 0
    smooth = (np.where(positive, z, 0.0) + np.log1p(np.exp(np.where(positive, -z, z)))) / beta
    return np.where(z > threshold, input, smooth)


def softplus_by_log1p(input: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log1p(exp(beta x)) / beta``."""
    z = input * beta
    above = z > threshold
    return np.where(above, input, np.log1p(np.exp(np.where(above, 0.0, z))) / beta)


softplus.legal = (softplus_by_log1p,)  # type: ignore[attr-defined]


def mish(input: Any) -> Any:
    """``x tanh(log(1 + exp(x)))``."""
    positive = input > 0
    return input * np.tanh(np.where(positive, input, 0.0) + np.log1p(np.exp(np.where(positive, -input, input))))


def mish_by_log1p(input: Any) -> Any:
    """``x tanh(log1p(exp(x)))``, whose exponential may overflow: its hyperbolic tangent is 1."""
    return input * np.tanh(np.log1p(np.exp(input)))


mish.legal = (mish_by_log1p,)  # type: ignore[attr-defined]


def hardswish(input: Any) -> Any:
    """``x min(max(x + 3, 0), 6) / 6``."""
    return input * np.minimum(np.maximum(input + 3, 0), 6) / 6


def hardswish_by_gate(input: Any) -> Any:
    """``x (min(max(x + 3, 0), 6) / 6)``."""
    return input * (np.minimum(np.maximum(input + 3, 0), 6) / 6)


def hardswish_by_sixth(input: Any) -> Any:
    """``x min(max(x + 3, 0), 6) (1 / 6)``."""
    return input * np.minimum(np.maximum(input + 3, 0), 6) * (np.longdouble(1) / 6)


hardswish.legal = (hardswish_by_gate, hardswish_by_sixth)  # type: ignore[attr-defined]


def elu(input: Any, *, alpha: float = 1.0) -> Any:
    """``x`` where x > 0, ``alpha (exp(x) - 1)`` elsewhere."""
    return np.maximum(input, 0) + alpha * np.expm1(np.minimum(input, 0))


def selu(input: Any) -> Any:
    """``scale x`` where x > 0, ``scale alpha (exp(x) - 1)`` elsewhere."""
    return SELU_SCALE * np.maximum(input, 0) + SELU_SCALE * (SELU_ALPHA * np.expm1(np.minimum(input, 0)))


def selu_of_one_constant(input: Any) -> Any:
    """The same, the product of both constants rounded first."""
    return SELU_SCALE * np.maximum(input, 0) + (SELU_SCALE * SELU_ALPHA) * np.expm1(np.minimum(input, 0))


selu.legal = (selu_of_one_constant,)  # type: ignore[attr-defined]
