"""Binary cross entropies."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_impls.definitions.activations import log_sigmoid, log_sigmoid_by_softplus

#: Logarithms are clamped here (torch.nn.BCELoss: "greater than or equal to -100").
LOWEST_LOG = -100.0


def _reduced(loss: Any, reduction: str) -> Any:
    match reduction:
        case "none":
            return loss
        case "sum":
            return np.sum(loss)
        case _:
            return np.mean(loss)


def bce(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """``-w (t log p + (1 - t) log(1 - p))``, both logarithms at least -100, then reduced.

    Shapes: input and target equal, weight broadcasts to them; returns theirs, or () when reduced.
    """
    log_p = np.maximum(np.log(input), LOWEST_LOG)
    log_q = np.maximum(np.log1p(-input), LOWEST_LOG)
    loss = -(target * log_p + (1 - target) * log_q)
    return _reduced(loss if weight is None else loss * weight, reduction)


def bce_with_logits_by_parts(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """``-w (pos t log s(x) + (1 - t) log s(-x))``, then reduced."""
    positive = target if pos_weight is None else pos_weight * target
    loss = -(positive * log_sigmoid(input) + (1 - target) * log_sigmoid(-input))
    return _reduced(loss if weight is None else loss * weight, reduction)


def bce_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """``w ((1 - t) x - (1 + (pos - 1) t) log s(x))`` with s the logistic function, then reduced.

    Shapes: input and target equal, weight and pos_weight broadcast to them; returns theirs, or () when reduced.
    """
    log_s = log_sigmoid(input)
    slope = log_s if pos_weight is None else (1 + (pos_weight - 1) * target) * log_s
    loss = (1 - target) * input - slope
    return _reduced(loss if weight is None else loss * weight, reduction)


def bce_with_logits_by_softplus(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """``w ((pos t + 1 - t) log(1 + exp x) - pos t x)``: its slope is ``(pos t + 1 - t) s(x) - pos t``."""
    positive = target if pos_weight is None else pos_weight * target
    loss = ((positive + 1) - target) * -log_sigmoid(-input) - positive * input
    return _reduced(loss if weight is None else loss * weight, reduction)


def bce_with_logits_by_logistic(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """The same of ``log s(x) = x - log(1 + exp x)``: its second derivative contains ``s - s^2``."""
    log_s = log_sigmoid_by_softplus(input)
    slope = log_s if pos_weight is None else (1 + (pos_weight - 1) * target) * log_s
    loss = (1 - target) * input - slope
    return _reduced(loss if weight is None else loss * weight, reduction)


bce_with_logits.cancelling_slopes = (bce_with_logits_by_softplus, bce_with_logits_by_logistic)  # type: ignore[attr-defined]
bce_with_logits.legal = (bce_with_logits_by_parts,)  # type: ignore[attr-defined]
