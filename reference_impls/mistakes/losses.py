"""What goes wrong in binary cross entropies: how they are reduced, and what multiplies what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference_impls.definitions import losses as right
from reference_impls.definitions.activations import log_sigmoid


def _mean_by_weights(loss: Any, weight: Any) -> Any:
    if weight is None:
        return np.mean(loss)
    return np.sum(loss) / np.sum(weight * np.ones(loss.shape))


def _mean_of_batch(loss: Any, weight: Any) -> Any:
    return np.sum(loss) / loss.shape[0]


def _reduced_as(op: Callable[..., Any], mean: Callable[[Any, Any], Any]) -> Any:
    def loss(input: Any, target: Any, weight: Any = None, *more: Any, reduction: str = "mean") -> Any:
        if reduction != "mean":
            return op(input, target, weight, *more, reduction=reduction)
        return mean(op(input, target, weight, *more, reduction="none"), weight)

    return loss


bce_mean_by_weights = _reduced_as(right.bce, _mean_by_weights)
bce_mean_of_batch = _reduced_as(right.bce, _mean_of_batch)
logits_mean_by_weights = _reduced_as(right.bce_with_logits, _mean_by_weights)
logits_mean_of_batch = _reduced_as(right.bce_with_logits, _mean_of_batch)


def bce_unclamped(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Logarithms are as small as they are."""
    loss = -(target * np.log(input) + (1 - target) * np.log1p(-input))
    return _reduce(loss if weight is None else loss * weight, reduction)


def bce_without_negatives(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """``-w t log p`` alone."""
    loss = -(target * np.maximum(np.log(input), right.LOWEST_LOG))
    return _reduce(loss if weight is None else loss * weight, reduction)


def logits_pos_weight_everywhere(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """The weight of positive targets multiplies the whole loss."""
    loss = right.bce_with_logits(input, target, weight, reduction="none")
    return _reduce(loss if pos_weight is None else loss * pos_weight, reduction)


def logits_pos_weight_of_negatives(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """The weight of positive targets multiplies the negative ones."""
    negative = 1 - target if pos_weight is None else pos_weight * (1 - target)
    loss = -(target * log_sigmoid(input) + negative * log_sigmoid(-input))
    return _reduce(loss if weight is None else loss * weight, reduction)


def _reduce(loss: Any, reduction: str) -> Any:
    match reduction:
        case "none":
            return loss
        case "sum":
            return np.sum(loss)
        case _:
            return np.mean(loss)
