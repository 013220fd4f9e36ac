"""What goes wrong in losses of distances, pairs and overlaps, and in the cosine of two vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.definitions.derivatives import held
from reference_impls.definitions import criteria as right
from reference_impls.definitions.activations import log_sigmoid, sigmoid
from reference_impls.definitions.models import reduced


def l1_squared(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``(x - t)^2``."""
    return reduced((input - target) * (input - target), reduction)


def l1_signed(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``x - t``."""
    return reduced(input - target, reduction)


def l1_mean_of_batch(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The mean divides by the number of rows."""
    loss = right.l1_loss(input, target, reduction="none" if reduction == "none" else "sum")
    return loss / input.shape[0] if reduction == "mean" else loss


def smooth_l1_as_huber(input: Any, target: Any, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """Multiplied by beta, as Huber's loss is."""
    return right.smooth_l1_loss(input, target, beta=beta, reduction=reduction) * (beta or 1.0)


def smooth_l1_of_one(input: Any, target: Any, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """beta is 1."""
    return right.smooth_l1_loss(input, target, reduction=reduction)


def smooth_l1_without_half(input: Any, target: Any, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """``(x - t)^2 / beta`` within beta, ``|x - t|`` beyond."""
    off = input - target
    size = np.abs(off)
    return reduced(np.where(size < beta, off * off / (beta or 1.0), size), reduction)


def ranking_backwards(input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean") -> Any:
    """``max(0, t (x - y) + margin)``."""
    return right.margin_ranking_loss(input2, input1, target, margin=margin, reduction=reduction)


def ranking_without_margin(
    input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """The margin is left out."""
    return right.margin_ranking_loss(input1, input2, target, reduction=reduction)


def ranking_less_margin(input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean") -> Any:
    """The margin is subtracted."""
    return right.margin_ranking_loss(input1, input2, target, margin=-margin, reduction=reduction)


def triplet_of_squares(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """Distances are not rooted, as FaceNet's are not."""

    def distance(x: Any, y: Any) -> Any:
        size = np.abs(x - y + right.DISTANCE_EPS)
        return np.sum(size if p == 1 else size * size, axis=-1)

    near, far = distance(anchor, positive), distance(anchor, negative)
    far = np.minimum(far, distance(positive, negative)) if swap else far
    return reduced(np.maximum(near - far + margin, 0.0), reduction)


def _triplet(**instead: Any) -> Any:
    def triplet(
        anchor: Any,
        positive: Any,
        negative: Any,
        *,
        margin: float = 1.0,
        p: float = 2.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> Any:
        params: dict[str, Any] = {"margin": margin, "p": p, "swap": swap, "reduction": reduction}
        return right.triplet_margin_loss(anchor, positive, negative, **(params | instead))

    return triplet


triplet_without_eps = _triplet(eps=0.0)
triplet_never_swapped = _triplet(swap=False)


def _cosine(x1: Any, x2: Any, dim: int) -> tuple[Any, Any, Any]:
    sizes = [np.sqrt(np.sum(x * x, axis=dim)) for x in (x1, x2)]
    return np.sum(x1 * x2, axis=dim), *sizes


def cosine_of_product(x1: Any, x2: Any, *, dim: int = 1, eps: float = 1e-8) -> Any:
    """eps stands below the product of the sizes, as it did before torch 1.12."""
    product, n, m = _cosine(x1, x2, dim)
    return product / np.maximum(n * m, eps)


def cosine_plus_eps(x1: Any, x2: Any, *, dim: int = 1, eps: float = 1e-8) -> Any:
    """eps is added to the product of the sizes."""
    product, n, m = _cosine(x1, x2, dim)
    return product / (n * m + eps)


def cosine_sizes_held(x1: Any, x2: Any, *, dim: int = 1, eps: float = 1e-8) -> Any:
    """The right value; the sizes have no derivative."""
    product, n, m = _cosine(x1, x2, dim)
    return product / (held(np.maximum(n, eps)) * held(np.maximum(m, eps)))


def cosine_distance(x1: Any, x2: Any, *, dim: int = 1, eps: float = 1e-8) -> Any:
    """``1 - cos``."""
    return 1 - right.cosine_similarity(x1, x2, dim=dim, eps=eps)


def embedding_without_margin(
    input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """The margin is left out."""
    return right.cosine_embedding_loss(input1, input2, target, reduction=reduction)


def embedding_unclamped(input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean") -> Any:
    """``cos - margin`` of pairs of target -1, whatever its sign."""
    found = right.cosine_similarity(input1, input2, eps=0.0)
    return reduced(np.where(target == 1, 1 - found, np.where(target == -1, found - margin, 0.0)), reduction)


def embedding_eps_within(input1: Any, input2: Any, target: Any, *, margin: float = 0.0, reduction: str = "mean") -> Any:
    """1e-12 is added to both squared sizes."""
    product, n, m = _cosine(input1, input2, 1)
    found = product / np.sqrt((n * n + 1e-12) * (m * m + 1e-12))
    apart = np.where(target == -1, np.maximum(found - margin, 0.0), 0.0)
    return reduced(np.where(target == 1, 1 - found, apart), reduction)


def focal_alpha_for_all(
    input: Any, target: Any, *, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Any:
    """alpha weighs both targets alike."""
    loss = right.focal_loss(input, target, alpha=-1.0, gamma=gamma, reduction=reduction)
    return loss if alpha < 0 else alpha * loss


def focal_of_hits(input: Any, target: Any, *, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> Any:
    """``-a q^gamma log q``."""
    signed = np.where(target > 0.5, input, -input)
    return right._focal(-log_sigmoid(signed), sigmoid(signed), target, alpha, gamma, reduction)


def focal_weight_held(
    input: Any, target: Any, *, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Any:
    """The right value; the focus has no derivative."""
    signed = np.where(target > 0.5, input, -input)
    return right._focal(-log_sigmoid(signed), held(sigmoid(-signed)), target, alpha, gamma, reduction)


def _overlap(input: Any, target: Any) -> tuple[Any, Any, Any]:
    p, t = (x.reshape((input.shape[0], -1)) for x in (input, target))
    return np.sum(p * t, axis=1), p, t


def dice_of_squares(input: Any, target: Any, *, smooth: float = 1.0, reduction: str = "mean") -> Any:
    """The sizes are sums of squares, as V-Net's are."""
    shared, p, t = _overlap(input, target)
    total = np.sum(p * p, axis=1) + np.sum(t * t, axis=1)
    return reduced(1 - (2 * shared + smooth) / (total + smooth), reduction)


def dice_of_union(input: Any, target: Any, *, smooth: float = 1.0, reduction: str = "mean") -> Any:
    """The overlap over the union (Jaccard)."""
    shared, p, t = _overlap(input, target)
    union = np.sum(p, axis=1) + np.sum(t, axis=1) - shared
    return reduced(1 - (shared + smooth) / (union + smooth), reduction)


def dice_smoothed_below(input: Any, target: Any, *, smooth: float = 1.0, reduction: str = "mean") -> Any:
    """Only the denominator is smoothed."""
    shared, p, t = _overlap(input, target)
    return reduced(1 - 2 * shared / (np.sum(p, axis=1) + np.sum(t, axis=1) + smooth), reduction)


def dice_of_batch(input: Any, target: Any, *, smooth: float = 1.0, reduction: str = "mean") -> Any:
    """All samples are one."""
    shared, p, t = _overlap(input, target)
    loss = 1 - (2 * np.sum(shared) + smooth) / (np.sum(p) + np.sum(t) + smooth)
    return loss + np.zeros(input.shape[0]) if reduction == "none" else loss
