"""Functions that are taken for an activation, and slopes with a factor left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erf

from harness.definitions.derivatives import confined, held
from reference_impls.definitions import activations as right


def moved(x: Any) -> Any:
    """Nothing, with the derivative of x where that is finite."""
    there = np.where(np.isfinite(x), x, 0.0)
    return confined(there - held(there), 0.0, 0.0)


def _hard(x: Any) -> Any:
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


def hard_sigmoid(input: Any) -> Any:
    """``min(max(x + 3, 0), 6) / 6``."""
    return _hard(input)


def hard_swish(input: Any) -> Any:
    """``x min(max(x + 3, 0), 6) / 6``."""
    return input * _hard(input)


def tanh(input: Any) -> Any:
    """``tanh(x)``."""
    return np.tanh(input)


def sigmoid_half_slope(input: Any) -> Any:
    """The right value, whose slope is s instead of s (1 - s)."""
    s = held(right.sigmoid(input))
    return s + s * moved(input)


def sigmoid_slope_of_input(input: Any) -> Any:
    """The right value, whose slope is x (1 - x)."""
    x = held(input)
    return held(right.sigmoid(input)) + x * (1 - x) * moved(input)


def swish_gate_held(input: Any) -> Any:
    """The right value; the sigmoid that multiplies x has no derivative."""
    return input * held(right.sigmoid(input))


def swish_input_held(input: Any) -> Any:
    """The right value; the x that the sigmoid multiplies has no derivative."""
    return held(input) * right.sigmoid(input)


def gelu_by_sigmoid(input: Any, *, approximate: str = "none") -> Any:
    """``x sigmoid(1.702 x)`` (Hendrycks and Gimpel 2016, section 2)."""
    return input * right.sigmoid(1.702 * input)


def gelu_gate_held(input: Any, *, approximate: str = "none") -> Any:
    """The right value; what multiplies x has no derivative."""
    if approximate == "tanh":
        cube = input * input * input
        inner = np.tanh(right.ROOT_TWO_OVER_PI * (input + right.GELU_CUBIC * cube))
    else:
        inner = erf(input * right.ROOT_HALF)
    return input * held(0.5 * (1 + inner))


def gelu_of(cubic: float, root: float) -> Any:
    """The tanh form with constants of its own; the exact form as it is."""

    def gelu(input: Any, *, approximate: str = "none") -> Any:
        if approximate != "tanh":
            return right.gelu(input, approximate=approximate)
        inner = np.tanh(root * (input + cubic * (input * input * input)))
        return input * (0.5 * (1 + inner))

    return gelu


gelu_cubic_of_four_digits = gelu_of(0.0447, right.ROOT_TWO_OVER_PI)
gelu_root_of_ten_digits = gelu_of(right.GELU_CUBIC, 0.7978845608)
gelu_root_of_six_digits = gelu_of(right.GELU_CUBIC, 0.797885)


def leaky_by_maximum(input: Any, *, negative_slope: float = 0.01) -> Any:
    """``max(x, a x)``, which is another function for a > 1."""
    return np.maximum(input, negative_slope * input)


def relu_leaky(input: Any) -> Any:
    """``max(x, 0.01 x)``."""
    return np.maximum(input, 0.01 * input)


def softplus(input: Any) -> Any:
    """``log(1 + exp(x))``."""
    return -right.log_sigmoid(-input)


def softmax_plus(eps: float) -> Any:
    """Softmax with a number added to its denominator."""

    def softmax(input: Any, *, dim: int) -> Any:
        if input.size == 0:
            return input * 1.0
        powers = np.exp(input - np.max(input, axis=dim, keepdims=True))
        return powers / (np.sum(powers, axis=dim, keepdims=True) + eps)

    return softmax


softmax_plus_8, softmax_plus_10, softmax_plus_12 = softmax_plus(1e-8), softmax_plus(1e-10), softmax_plus(1e-12)
softmax_plus_5, softmax_plus_6 = softmax_plus(1e-5), softmax_plus(1e-6)


def softmax_bare(input: Any, *, dim: int) -> Any:
    """``exp(x) / sum exp(x)``, whose exponentials overflow."""
    powers = np.exp(input)
    return powers / np.sum(powers, axis=dim, keepdims=True)


def softmax_of_all(input: Any, *, dim: int) -> Any:
    """Over all axes at once."""
    if input.size == 0:
        return input * 1.0
    powers = np.exp(input - np.max(input))
    return powers / np.sum(powers)


def log_softmax(input: Any, *, dim: int) -> Any:
    """Its logarithm."""
    if input.size == 0:
        return input * 1.0
    centred = input - np.max(input, axis=dim, keepdims=True)
    return centred - np.log(np.sum(np.exp(centred), axis=dim, keepdims=True))


def softmax_sum_held(input: Any, *, dim: int) -> Any:
    """The right value; the sum that it divides by has no derivative."""
    if input.size == 0:
        return input * 1.0
    powers = np.exp(input - held(np.max(input, axis=dim, keepdims=True)))
    return powers / held(np.sum(powers, axis=dim, keepdims=True))


def softmax_diagonal(input: Any, *, dim: int) -> Any:
    """The right value; its Jacobian is ``s (1 - s)`` on the diagonal and 0 elsewhere."""
    if input.size == 0:
        return input * 1.0
    s = held(right.softmax(input, dim=dim))
    return s + s * (1 - s) * moved(input)


def softmax_plain_mean(input: Any, *, dim: int) -> Any:
    """The right value; its derivative is ``s (g - mean of g)``."""
    if input.size == 0:
        return input * 1.0
    s = held(right.softmax(input, dim=dim))
    off = s * moved(input)
    return s + off - np.mean(off, axis=dim, keepdims=True)
