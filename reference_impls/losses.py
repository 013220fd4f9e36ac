"""Predictions and targets -> loss: NumPy, SciPy and torch candidates, each NumPy one with its vjp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import log_sigmoid, sigmoid_stable, widened

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]

#: Logarithms are clamped here (torch.nn.BCELoss: "greater than or equal to -100").
LOWEST_LOG = -100.0
#: Smallest p (1 - p) that divides a gradient (torch: aten/src/ATen/native/Loss.cpp, EPSILON).
LEAST_VARIANCE = 1e-12


def bce(input: Array, target: Array, weight: Array | None = None, reduction: str = "mean") -> Array:
    """``-w (t log p + (1 - t) log(1 - p))``, both logarithms clamped at -100, then reduced."""
    p, t = _both(input, target)
    loss = (t - 1) * _clamped_log1p(-p) - t * _clamped_log(p)
    return _reduced(_weighted(loss, weight), reduction, input.dtype)


def bce_vjp(
    cotangent: Array, input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> tuple[Array, Array, Array | None]:
    """``g w (p - t) / max(p (1 - p), 1e-12)``; for the target ``g w (log(1 - p) - log p)``."""
    p, t = widened(input), widened(target)
    g = _expanded(cotangent, p, reduction)
    log_p, log_q = _clamped_log(p), _clamped_log1p(-p)
    h = _weighted(g, weight)
    by_input = h * (p - t) / np.maximum(p * (1 - p), p.dtype.type(LEAST_VARIANCE))
    by_weight = None if weight is None else _summed_to(g * ((t - 1) * log_q - t * log_p), weight)
    return by_input.astype(input.dtype, copy=False), (h * (log_q - log_p)).astype(target.dtype, copy=False), by_weight


def scipy_bce(input: Array, target: Array, weight: Array | None = None, reduction: str = "mean") -> Array:
    """``-w (xlogy(t, p) + xlog1py(1 - t, -p))``, each logarithm clamped at -100, then reduced."""
    from scipy.special import xlog1py, xlogy

    p, t = _both(input, target)
    loss = -np.maximum(xlogy(t, p), LOWEST_LOG * t) - np.maximum(xlog1py(1 - t, -p), LOWEST_LOG * (1 - t))
    return _reduced(_weighted(loss, weight), reduction, input.dtype)


def bce_with_logits(
    input: Array,
    target: Array,
    weight: Array | None = None,
    pos_weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """``-w (pos t log s + (1 - t) log(1 - s))`` with ``s = sigmoid(x)``, then reduced."""
    x, t = _both(input, target)
    loss = (1 - t) * x - _slope(t, pos_weight) * log_sigmoid(x)
    return _reduced(_weighted(loss, weight), reduction, input.dtype)


def bce_with_logits_vjp(
    cotangent: Array,
    input: Array,
    target: Array,
    weight: Array | None = None,
    pos_weight: Array | None = None,
    reduction: str = "mean",
) -> tuple[Array | None, ...]:
    """``g w ((1 - t) s - pos t (1 - s))``; for the target ``g w (log(1 - s) - pos log s)``; and both weights."""
    x, t = widened(input), widened(target)
    g = _expanded(cotangent, x, reduction)
    h, positive = _weighted(g, weight), 1 if pos_weight is None else widened(pos_weight)
    log_s, log_q = log_sigmoid(x), log_sigmoid(-x)
    by_input = h * ((1 - t) * sigmoid_stable(x) - positive * t * sigmoid_stable(-x))
    unweighted = (1 - t) * x - _slope(t, pos_weight) * log_s
    return (
        by_input.astype(input.dtype, copy=False),
        (h * (log_q - positive * log_s)).astype(target.dtype, copy=False),
        None if weight is None else _summed_to(g * unweighted, weight),
        None if pos_weight is None else _summed_to(-h * t * log_s, pos_weight),
    )


def scipy_bce_with_logits(
    input: Array,
    target: Array,
    weight: Array | None = None,
    pos_weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """``-w (pos t log_expit(x) + (1 - t) log_expit(-x))``, then reduced."""
    from scipy.special import log_expit

    x, t = _both(input, target)
    positive = 1 if pos_weight is None else widened(pos_weight)
    loss = -(positive * t * log_expit(x) + (1 - t) * log_expit(-x))
    return _reduced(_weighted(loss, weight), reduction, input.dtype)


def torch_bce(
    input: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None = None, reduction: str = "mean"
) -> torch.Tensor:
    """``torch.nn.functional.binary_cross_entropy`` without its deprecated arguments."""
    import torch

    return torch.nn.functional.binary_cross_entropy(input, target, weight, reduction=reduction)


def torch_bce_with_logits(
    input: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None = None,
    pos_weight: torch.Tensor | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """``torch.nn.functional.binary_cross_entropy_with_logits`` without its deprecated arguments."""
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(
        input, target, weight, reduction=reduction, pos_weight=pos_weight
    )


def _clamped_log(p: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log(p), p.dtype.type(LOWEST_LOG)))


def _clamped_log1p(x: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(np.log1p(x), x.dtype.type(LOWEST_LOG)))


def _slope(t: Array, pos_weight: Array | None) -> Any:
    """``1 + (pos - 1) t``: what multiplies ``-log s`` after ``(1 - t) x`` has been split off."""
    return 1 if pos_weight is None else 1 + (widened(pos_weight) - 1) * t


def _weighted(loss: Array, weight: Array | None) -> Array:
    return loss if weight is None else loss * widened(weight)


def _both(input: Array, target: Array) -> tuple[Array, Array]:
    """Input and target, which have one shape."""
    if input.shape != target.shape:
        raise ValueError(f"a target of shape {target.shape} for an input of shape {input.shape}")
    return widened(input), widened(target)


def _reduced(loss: Array, reduction: str, dtype: npt.DTypeLike) -> Array:
    """The loss itself, its sum or its mean (NaN of nothing)."""
    match reduction:
        case "none":
            value = loss
        case "sum":
            value = loss.sum()
        case "mean":
            value = loss.sum() / loss.size if loss.size else np.asarray(np.nan)
        case _:
            raise ValueError(f"reduction is {reduction!r}; it may be 'none', 'mean' or 'sum'")
    return np.asarray(value).astype(dtype, copy=False)


def _expanded(cotangent: Array, like: Array, reduction: str) -> Array:
    """The cotangent of the loss entry by entry."""
    g = widened(cotangent)
    return np.broadcast_to(g / max(like.size, 1) if reduction == "mean" else g, like.shape)


def _summed_to(gradient: Array, like: Array) -> Array:
    """The transpose of broadcasting ``like`` to the shape of ``gradient``."""
    extra = gradient.ndim - like.ndim
    grad = gradient.sum(axis=tuple(range(extra))) if extra else gradient
    spread = tuple(axis for axis, size in enumerate(like.shape) if size == 1 and grad.shape[axis] != 1)
    return np.asarray(grad.sum(axis=spread, keepdims=True) if spread else grad).astype(like.dtype, copy=False)
