"""Elementwise functions and softmax, in the form that loses least; ``legal`` names other formulas that are as right.

``cancels`` names textbook forms that lose digits, such as ``1 + erf(x)`` where erf is near -1: who uses one conforms with
that grade as long as the first digit of each value is right. ``cancelling_slopes`` are those that lose digits of slopes.
Choices by sign that do not change the function are made with ``where``; true kinks stand in ``maximum`` or ``minimum``,
where an arithmetic that tracks errors knows every subgradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erf, erfc

from harness.definitions.derivatives import settled

#: ``sqrt(2 / pi)`` and ``sqrt(1 / 2)`` beyond double precision.
ROOT_TWO_OVER_PI = np.sqrt(2 / np.arctan2(np.longdouble(0), np.longdouble(-1)))
ROOT_HALF = np.sqrt(np.longdouble(0.5))

#: Coefficient of the tanh form of GELU (Hendrycks and Gimpel 2016, section 2).
GELU_CUBIC = 0.044715


def sigmoid_by_tanh(input: Any) -> Any:
    """``(1 + tanh(x / 2)) / 2``."""
    return 0.5 * (1 + np.tanh(input * 0.5))


def sigmoid_by_exponential(input: Any) -> Any:
    """``1 / (1 + exp(-x))``: zero where the exponential overflows."""
    return 1 / (1 + np.exp(-input))


def sigmoid(input: Any) -> Any:
    """``1 / (1 + exp(-x))``, with no exponential of a positive number."""
    positive = input > 0
    power = np.exp(np.where(positive, -input, input))
    return np.where(positive, 1.0, power) / (1 + power)


sigmoid.legal = (sigmoid_by_exponential,)  # type: ignore[attr-defined]
sigmoid.cancels = (sigmoid_by_tanh,)  # type: ignore[attr-defined]


def log_sigmoid_by_softplus(input: Any) -> Any:
    """``x - log(1 + exp(x))``: its second derivative contains ``s - s^2`` with s the logistic function."""
    return input - np.log(1 + np.exp(input))


def log_sigmoid_by_mirrored_softplus(input: Any) -> Any:
    """``-log(1 + exp(-x))``: the same of the other sign."""
    return -np.log(1 + np.exp(-input))


def log_sigmoid(input: Any) -> Any:
    """``log(1 / (1 + exp(-x)))`` as ``min(x, 0) - log(1 + exp(-|x|))``."""
    positive = input > 0
    size = np.where(positive, input, -input)
    return np.where(positive, 0.0, input) - np.log1p(np.exp(-size))


log_sigmoid.cancels = (log_sigmoid_by_softplus, log_sigmoid_by_mirrored_softplus)  # type: ignore[attr-defined]


def relu(input: Any) -> Any:
    """``max(x, 0)``."""
    return np.maximum(input, 0)


def leaky_relu(input: Any, *, negative_slope: float = 0.01) -> Any:
    """``x`` where x > 0 and ``negative_slope x`` elsewhere."""
    below = negative_slope * np.minimum(input, 0)
    return np.maximum(input, below) if negative_slope <= 1 else np.maximum(input, 0) + below


def swish_by_quotient(input: Any) -> Any:
    """``x / (1 + exp(-x))``."""
    return input / (1 + np.exp(-input))


def swish_by_tanh(input: Any) -> Any:
    """``x (1 + tanh(x / 2)) / 2``: its slope contains ``1 - sigmoid(x)``, as hand-written ones do."""
    return input * sigmoid_by_tanh(input)


def swish(input: Any) -> Any:
    """``x sigmoid(x)``, with no exponential of a positive number."""
    return input * sigmoid(input)


swish.legal = (swish_by_quotient,)  # type: ignore[attr-defined]
swish.cancels = (swish_by_tanh,)  # type: ignore[attr-defined]


def gelu_by_erf(input: Any, *, approximate: str = "none") -> Any:
    """``x (1 + erf(x / sqrt(2))) / 2``, or with ``tanh(sqrt(2 / pi) (x + 0.044715 x^3))`` in erf's place."""
    inner = np.tanh(_gelu_argument(input)) if approximate == "tanh" else erf(input * ROOT_HALF)
    return input * (0.5 * (1 + inner))


def gelu(input: Any, *, approximate: str = "none") -> Any:
    """``x erfc(-x / sqrt(2)) / 2``, or ``x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))``."""
    share = sigmoid(2 * _gelu_argument(input)) if approximate == "tanh" else 0.5 * erfc(-input * ROOT_HALF)
    return input * share


def gelu_by_quotient(input: Any, *, approximate: str = "none") -> Any:
    """The hyperbolic form as ``x / (1 + exp(-2 z))``, zero where the exponential overflows; the other as it is."""
    if approximate != "tanh":
        return gelu(input)
    return input * sigmoid_by_exponential(2 * _gelu_argument(input))


def _gelu_argument(x: Any) -> Any:
    return ROOT_TWO_OVER_PI * (x + GELU_CUBIC * (x * x * x))


gelu.legal = (gelu_by_quotient,)  # type: ignore[attr-defined]
gelu.cancels = (gelu_by_erf,)  # type: ignore[attr-defined]


def softmax(input: Any, *, dim: int) -> Any:
    """``exp(x - max x) / sum exp(x - max x)`` over the axis ``dim``."""
    if input.size == 0:
        return input * 1.0
    powers = np.exp(input - np.max(input, axis=dim, keepdims=True))
    return powers / np.sum(powers, axis=dim, keepdims=True)


def softmax_by_logarithm(input: Any, *, dim: int) -> Any:
    """``exp(x - log sum exp x)``, as SciPy had it before 1.8: off by the rounding of the largest entry."""
    if input.size == 0:
        return input * 1.0
    top = np.max(input, axis=dim, keepdims=True)
    return np.exp(input - (_log_of_powers(input, top, dim) + top))


def softmax_by_the_slope_of_its_logarithm(input: Any, *, dim: int) -> Any:
    """``exp(x - log sum exp x)``, the logarithm's slope being ``exp(x - log sum exp x)``, as torch.logsumexp has it."""
    if input.size == 0:
        return input * 1.0
    top = np.max(input, axis=dim, keepdims=True)
    total = settled(_log_of_powers(input, top, dim)) + settled(top)
    return np.exp(input - (_log_of_powers(input, total, dim) + total))


def _log_of_powers(input: Any, shift: Any, dim: int) -> Any:
    return np.log(np.sum(np.exp(input - shift), axis=dim, keepdims=True))


def softmax_by_constant(input: Any, *, dim: int) -> Any:
    """The same with the largest entry as a constant, as its shift is by the mathematics."""
    if input.size == 0:
        return input * 1.0
    powers = np.exp(input - settled(np.max(input, axis=dim, keepdims=True)))
    return powers / np.sum(powers, axis=dim, keepdims=True)


def softmax_by_powers_of_two(input: Any, *, dim: int) -> Any:
    """``2^((x - max x) log2 e)``: the constant and the product are rounded, each by as much as the exponent is large."""
    if input.size == 0:
        return input * 1.0
    exponents = (input - np.max(input, axis=dim, keepdims=True)) * _LOG2_E
    powers = np.exp(exponents / _LOG2_E)
    return powers / np.sum(powers, axis=dim, keepdims=True)


_LOG2_E = 1 / np.log(np.longdouble(2))

softmax.legal_slopes = (softmax_by_constant, softmax_by_the_slope_of_its_logarithm)  # type: ignore[attr-defined]
softmax.legal = (softmax_by_logarithm, softmax_by_powers_of_two)  # type: ignore[attr-defined]
