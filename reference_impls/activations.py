"""Arrays -> their activation: NumPy, SciPy and torch candidates, each NumPy one with its vjp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]

#: Coefficients of the tanh form of GELU (Hendrycks and Gimpel 2016, section 2).
GELU_CUBIC = 0.044715
SQRT_2_OVER_PI = np.sqrt(2 / np.pi).item()
SQRT_HALF = np.sqrt(0.5).item()
SQRT_2_PI = np.sqrt(2 * np.pi).item()


def widened(x: Array) -> Array:
    """``x`` in the dtype to compute in: float32 for narrower floats, unchanged otherwise."""
    x = np.asarray(x)
    return x if x.dtype.kind in "iub" else x.astype(np.promote_types(x.dtype, np.float32), copy=False)


def narrowed(y: Any, like: Array) -> Array:
    """What was computed wider, in the dtype of ``like``."""
    return np.asarray(y).astype(like.dtype, copy=False)


def sigmoid(input: Array) -> Array:
    """``1 / (1 + exp(-x))`` as written, in the dtype of the input.

    ``exp(-x)`` overflows for x < -11.09 (float16), -88.72 (float32), -709.78 (float64): the result is then 0 where
    the sigmoid is still a subnormal number.
    """
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-input)))


def sigmoid_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g s (1 - s)`` with ``s`` the sigmoid as written."""
    s = sigmoid(input)
    return (cotangent * (s * (1 - s)),)


def sigmoid_stable(input: Array) -> Array:
    """``exp(min(x, 0)) / (1 + exp(-|x|))``: no exponential of a positive number."""
    x = widened(input)
    return np.asarray(np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))).astype(input.dtype, copy=False)


def sigmoid_stable_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g e / (1 + e)**2`` with ``e = exp(-|x|)``."""
    e = np.exp(-np.abs(widened(input)))
    return (np.asarray(cotangent * (e / ((1 + e) * (1 + e)))).astype(input.dtype, copy=False),)


def torch_sigmoid_by_hand(input: torch.Tensor) -> torch.Tensor:
    """``1 / (1 + exp(-x))`` as written, in torch."""
    return 1 / (1 + (-input).exp())


def scipy_sigmoid(input: Array) -> Array:
    """``expit(x)`` in the dtype of the input (SciPy computes float16 as float32)."""
    from scipy.special import expit

    return np.asarray(expit(input)).astype(input.dtype, copy=False)


def log_sigmoid(input: Array) -> Array:
    """``min(x, 0) - log1p(exp(-|x|))``."""
    x = widened(input)
    return np.asarray(np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))).astype(input.dtype, copy=False)


def log_sigmoid_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g sigmoid(-x)``."""
    return (np.asarray(cotangent * sigmoid_stable(-widened(input))).astype(input.dtype, copy=False),)


def scipy_log_sigmoid(input: Array) -> Array:
    """``log_expit(x)`` in the dtype of the input."""
    from scipy.special import log_expit

    return np.asarray(log_expit(input)).astype(input.dtype, copy=False)


def relu(input: Array) -> Array:
    """``max(x, 0)``; NaN stays NaN."""
    return np.asarray(np.maximum(input, 0))


def relu_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g`` where x > 0 and 0 elsewhere: the subgradient at 0 is 0."""
    return (np.where(input <= 0, np.zeros((), cotangent.dtype), cotangent),)


def leaky_relu(input: Array, negative_slope: float = 0.01) -> Array:
    """``x`` where x > 0 and ``negative_slope x`` elsewhere."""
    return np.where(input > 0, input, input * np.asarray(negative_slope, input.dtype))


def leaky_relu_vjp(cotangent: Array, input: Array, negative_slope: float = 0.01) -> tuple[Array]:
    """``g`` where x > 0 and ``negative_slope g`` elsewhere."""
    return (np.where(input > 0, cotangent, cotangent * np.asarray(negative_slope, cotangent.dtype)),)


def swish(input: Array) -> Array:
    """``x sigmoid(x)``."""
    x = widened(input)
    return np.asarray(x * sigmoid_stable(x)).astype(input.dtype, copy=False)


def swish_vjp(cotangent: Array, input: Array) -> tuple[Array]:
    """``g (s + x s (1 - s))``, ``1 - s`` as ``sigmoid(-x)``."""
    x = widened(input)
    s = sigmoid_stable(x)
    return (np.asarray(cotangent * (s * (1 + x * sigmoid_stable(-x)))).astype(input.dtype, copy=False),)


def scipy_swish(input: Array) -> Array:
    """``x expit(x)``."""
    from scipy.special import expit

    return np.asarray(input * expit(input)).astype(input.dtype, copy=False)


def gelu(input: Array, approximate: str = "none") -> Array:
    """``x Phi(x)``, Phi by ``erfc``; with ``approximate='tanh'`` by ``tanh(sqrt(2/pi) (x + 0.044715 x**3))``."""
    x = widened(input)
    return np.asarray(x * _gate(x, approximate)).astype(input.dtype, copy=False)


def gelu_vjp(cotangent: Array, input: Array, approximate: str = "none") -> tuple[Array]:
    """``g (Phi + x Phi')`` for the chosen form of Phi."""
    x = widened(input)
    slope = _gate(x, approximate) + x * _gate_slope(x, approximate)
    return (np.asarray(cotangent * slope).astype(input.dtype, copy=False),)


def torch_gelu(input: torch.Tensor, approximate: str = "none") -> torch.Tensor:
    """``torch.nn.functional.gelu`` with a readable signature."""
    import torch

    return torch.nn.functional.gelu(input, approximate=approximate)


def scipy_gelu(input: Array, approximate: str = "none") -> Array:
    """``x ndtr(x)``; the tanh form as ``x expit(2 u)``."""
    from scipy.special import expit, ndtr

    x = widened(input)
    gate = ndtr(x) if _exact(approximate) else expit(2 * _tanh_argument(x))
    return np.asarray(x * gate).astype(input.dtype, copy=False)


def softmax(input: Array, dim: int) -> Array:
    """``exp(x - max) / sum(exp(x - max))`` over the axis ``dim``."""
    x = widened(input)
    if not x.size:
        return x.astype(input.dtype)
    shifted = np.exp(x - x.max(axis=dim, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=dim, keepdims=True)).astype(input.dtype, copy=False)


def softmax_vjp(cotangent: Array, input: Array, dim: int) -> tuple[Array]:
    """``y (g - sum(g y))``."""
    y = softmax(widened(input), dim)
    inner = (cotangent * y).sum(axis=dim, keepdims=True)
    return (np.asarray(y * (cotangent - inner)).astype(input.dtype, copy=False),)


def scipy_softmax(input: Array, dim: int) -> Array:
    """``scipy.special.softmax`` over the axis ``dim``."""
    from scipy.special import softmax as of

    return np.asarray(of(widened(input), axis=dim)).astype(input.dtype, copy=False)


def _gate(x: Array, approximate: str) -> Array:
    if _exact(approximate):
        from scipy.special import erfc

        return np.asarray(0.5 * erfc(-x * SQRT_HALF))
    return sigmoid_stable(np.asarray(2 * _tanh_argument(x)))


def _gate_slope(x: Array, approximate: str) -> Array:
    if _exact(approximate):
        return np.asarray(np.exp(-0.5 * x * x) / SQRT_2_PI)
    s = sigmoid_stable(np.asarray(2 * _tanh_argument(x)))
    return np.asarray(2 * s * (1 - s) * SQRT_2_OVER_PI * (1 + 3 * GELU_CUBIC * x * x))


def _tanh_argument(x: Array) -> Array:
    return np.asarray(SQRT_2_OVER_PI * (x + GELU_CUBIC * (x * x * x)))


def _exact(approximate: str) -> bool:
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is {approximate!r}; it may be 'none' or 'tanh'")
    return approximate == "none"
