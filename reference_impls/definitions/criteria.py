"""Losses of distances, of pairs and of overlaps, and the cosine of two vectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference_impls.definitions.activations import (
    log_sigmoid,
    log_sigmoid_by_mirrored_softplus,
    log_sigmoid_by_softplus,
    sigmoid,
    sigmoid_by_exponential,
    sigmoid_by_tanh,
)
from reference_impls.definitions.models import reduced


def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``|x - t|``."""
    return reduced(np.abs(input - target), reduction)


def smooth_l1_loss(input: Any, target: Any, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """``(x - t)^2 / (2 beta)`` within beta, ``|x - t| - beta / 2`` beyond (Girshick 2015)."""
    off = input - target
    size = np.abs(off)
    if beta == 0:
        return reduced(size, reduction)
    return reduced(np.where(size < beta, 0.5 * (off * off) / beta, size - 0.5 * beta), reduction)


def smooth_l1_loss_by_clamping(input: Any, target: Any, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """``q^2 / (2 beta) + |x - t| - q`` with ``q = min(|x - t|, beta)``; its slope in q takes 1 away and adds it again."""
    size = np.abs(input - target)
    if beta == 0:
        return reduced(size, reduction)
    near = np.minimum(size, beta)
    return reduced(0.5 * (near * near) / beta + (size - near), reduction)


smooth_l1_loss.cancelling_slopes = (smooth_l1_loss_by_clamping,)  # type: ignore[attr-defined]


def margin_ranking_loss(input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean") -> Any:
    """``max(0, -t (x - y) + margin)``."""
    return reduced(np.maximum(-target * (input1 - input2) + margin, 0.0), reduction)


#: What torch adds to every difference of a distance.
DISTANCE_EPS = 1e-6


def _distance(x: Any, y: Any, p: float, eps: float) -> Any:
    """The sum of the p-th powers of the differences, and its p-th root; of p = 0 how many there are."""
    size = np.abs(x - y + eps)
    if p == 0:
        return np.sum(np.where(size > 0, 1.0, 0.0), axis=-1)
    if p == 1:
        return np.sum(size, axis=-1)
    return np.sqrt(np.sum(size * size, axis=-1)) if p == 2 else np.sum(size**p, axis=-1) ** (1 / p)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = DISTANCE_EPS,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """``max(0, |a - p + eps| - |a - n + eps| + margin)``; with ``swap`` the nearer of a and p to n counts (Balntas 2016)."""
    near, far = _distance(anchor, positive, p, eps), _distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, _distance(positive, negative, p, eps))
    return reduced(np.maximum(near - far + margin, 0.0), reduction)


def _size(x: Any, dim: int) -> Any:
    return np.sqrt(np.sum(x * x, axis=dim, keepdims=True))


def cosine_similarity(x1: Any, x2: Any, *, dim: int = 1, eps: float = 1e-8) -> Any:
    """``x . y / (max(|x|, eps) max(|y|, eps))`` along an axis."""
    sizes = np.maximum(_size(x1, dim), eps) * np.maximum(_size(x2, dim), eps)
    return np.sum(x1 * x2, axis=dim) / np.squeeze(sizes, dim)


def cosine_similarity_of_units(x1: Any, x2: Any, *, dim: int = 1, eps: float = 1e-8) -> Any:
    """Each vector divided by its size first."""
    x, y = (z / np.maximum(_size(z, dim), eps) for z in (x1, x2))
    return np.sum(x * y, axis=dim)


cosine_similarity.legal = (cosine_similarity_of_units,)  # type: ignore[attr-defined]


#: Without an eps: a vector of zeros has no direction.
PLAIN, PLAIN_OF_UNITS = (partial(f, eps=0.0) for f in (cosine_similarity, cosine_similarity_of_units))


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    *,
    margin: float = 0.0,
    reduction: str = "mean",
    cosine: Callable[..., Any] = PLAIN,
) -> Any:
    """``1 - cos(x, y)`` of pairs of target 1, ``max(0, cos(x, y) - margin)`` of target -1, 0 of target 0."""
    found = cosine(input1, input2, dim=1)
    apart = np.where(target == -1, np.maximum(found - margin, 0.0), 0.0)
    return reduced(np.where(target == 1, 1 - found, apart), reduction)


cosine_embedding_loss.legal = (partial(cosine_embedding_loss, cosine=PLAIN_OF_UNITS),)  # type: ignore[attr-defined]


def _focal(loss: Any, miss: Any, target: Any, alpha: float, gamma: float, reduction: str) -> Any:
    loss = loss if gamma == 0 else loss * (miss if gamma == 1 else miss**gamma)
    if alpha >= 0:
        loss = np.where(target > 0.5, np.longdouble(alpha), 1 - np.longdouble(alpha)) * loss
    return reduced(loss, reduction)


def focal_loss(
    input: Any,
    target: Any,
    *,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
    logistic: Callable[[Any], Any] = sigmoid,
    logarithm: Callable[[Any], Any] = log_sigmoid,
) -> Any:
    """``-a (1 - q)^gamma log q`` with ``q = s(x)`` of target 1 and ``s(-x)`` of target 0 (Lin et al. 2017).

    ``a`` is alpha of target 1 and ``1 - alpha`` of target 0; a negative alpha weighs nothing.
    """
    signed = np.where(target > 0.5, input, -input)
    return _focal(-logarithm(signed), logistic(-signed), target, alpha, gamma, reduction)


def _missed(input: Any, target: Any) -> Any:
    p = sigmoid(input)
    return 1 - (p * target + (1 - p) * (1 - target))


def focal_loss_by_difference(
    input: Any, target: Any, *, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Any:
    """The miss as ``1 - (p t + (1 - p)(1 - t))``, which loses digits where the prediction is right."""
    signed = np.where(target > 0.5, input, -input)
    return _focal(-log_sigmoid(signed), _missed(input, target), target, alpha, gamma, reduction)


def focal_loss_by_logits(
    input: Any, target: Any, *, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Any:
    """The cross-entropy as ``(1 - t) x - log s(x)``, which loses the digits that both have in common; the miss as above."""
    return _focal((1 - target) * input - log_sigmoid(input), _missed(input, target), target, alpha, gamma, reduction)


focal_loss.legal = (partial(focal_loss, logistic=sigmoid_by_exponential),)  # type: ignore[attr-defined]
focal_loss.cancels = (focal_loss_by_difference, focal_loss_by_logits)  # type: ignore[attr-defined]
focal_loss.cancelling_slopes = (  # type: ignore[attr-defined]
    partial(focal_loss, logistic=sigmoid_by_tanh),
    partial(focal_loss, logarithm=log_sigmoid_by_softplus),
    partial(focal_loss, logarithm=log_sigmoid_by_mirrored_softplus),
    partial(focal_loss, logistic=sigmoid_by_tanh, logarithm=log_sigmoid_by_softplus),
)


def dice_loss(input: Any, target: Any, *, smooth: float = 1.0, reduction: str = "mean") -> Any:
    """``1 - (2 sum p t + smooth) / (sum p + sum t + smooth)`` of each sample (Milletari et al. 2016, without squares)."""
    p, t = input.reshape((input.shape[0], -1)), target.reshape((input.shape[0], -1))
    total = np.sum(p, axis=1) + np.sum(t, axis=1)
    return reduced(1 - (2 * np.sum(p * t, axis=1) + smooth) / (total + smooth), reduction)
