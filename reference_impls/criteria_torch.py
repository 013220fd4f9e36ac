"""torch's losses of distances, pairs and overlaps under the names of the specs, and those people write by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """``torch.nn.functional.l1_loss`` with a readable signature."""
    return functional.l1_loss(input, target, reduction=reduction)


def smooth_l1_loss(input: Tensor, target: Tensor, beta: float = 1.0, reduction: str = "mean") -> Tensor:
    """``torch.nn.functional.smooth_l1_loss`` with a readable signature."""
    return functional.smooth_l1_loss(input, target, reduction=reduction, beta=beta)


def smooth_l1_by_hand(input: Tensor, target: Tensor, beta: float = 1.0, reduction: str = "mean") -> Tensor:
    """As detection libraries write it (fvcore): plain distances where beta is tiny."""
    size = torch.abs(input - target)
    if beta < 0:
        raise ValueError("beta is not negative")
    loss = size if beta < 1e-5 else torch.where(size < beta, 0.5 * size**2 / beta, size - 0.5 * beta)
    return _reduced(loss, reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """``torch.nn.functional.margin_ranking_loss`` with a readable signature."""
    return functional.margin_ranking_loss(input1, input2, target, margin=margin, reduction=reduction)


def margin_ranking_by_hand(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """``relu(margin - t (x - y))``."""
    if not input1.shape == input2.shape == target.shape:
        raise ValueError("both inputs and the target have one shape")
    return _reduced(torch.relu(margin - target * (input1 - input2)), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``torch.nn.functional.triplet_margin_loss`` with a readable signature."""
    return functional.triplet_margin_loss(anchor, positive, negative, margin, p, 1e-6, swap, reduction=reduction)


def triplet_with_distance(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``torch.nn.functional.triplet_margin_with_distance_loss`` of pairwise distances."""

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return functional.pairwise_distance(x, y, p)

    return functional.triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """``torch.nn.functional.cosine_similarity`` with a readable signature."""
    return functional.cosine_similarity(x1, x2, dim, eps)


def cosine_by_normalize(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The sum of products of vectors that are normalized first."""
    if x1.shape != x2.shape:
        raise ValueError("both have one shape")
    return (functional.normalize(x1, dim=dim, eps=eps) * functional.normalize(x2, dim=dim, eps=eps)).sum(dim)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """``torch.nn.functional.cosine_embedding_loss`` with a readable signature."""
    return functional.cosine_embedding_loss(input1, input2, target, margin, reduction=reduction)


def cosine_embedding_by_hand(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """Of products divided by both sizes."""
    if input1.shape != input2.shape or target.shape != input1.shape[:1]:
        raise ValueError("both have one shape, and every pair has one target")
    cosine = (input1 * input2).sum(1) / (input1.norm(dim=1) * input2.norm(dim=1))
    apart = torch.where(target == -1, torch.clamp(cosine - margin, min=0), 0.0)
    return _reduced(torch.where(target == 1, 1 - cosine, apart), reduction)


def focal_loss(
    input: Tensor, target: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    """The sigmoid focal loss as torchvision writes it."""
    p = torch.sigmoid(input)
    loss = functional.binary_cross_entropy_with_logits(input, target, reduction="none")
    p_t = p * target + (1 - p) * (1 - target)
    loss = loss * ((1 - p_t) ** gamma)
    if alpha >= 0:
        loss = (alpha * target + (1 - alpha) * (1 - target)) * loss
    return _reduced(loss, reduction)


def focal_loss_by_logs(
    input: Tensor, target: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    """The miss as the logistic function of the other side, its power by an exponential."""
    if input.shape != target.shape:
        raise ValueError("every input has one target")
    signed = torch.where(target > 0.5, input, -input)
    loss = -torch.exp(gamma * functional.logsigmoid(-signed)) * functional.logsigmoid(signed)
    if alpha >= 0:
        loss = loss * _share(target, alpha)
    return _reduced(loss, reduction)


def focal_loss_function(
    input: Tensor, target: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    """The focal loss through a Function with its slope by hand."""
    if input.shape != target.shape:
        raise ValueError("every input has one target")
    return _reduced(FocalLoss.apply(input, target, alpha, gamma), reduction)  # type: ignore[no-untyped-call]


def _share(target: Tensor, alpha: float) -> Tensor:
    """alpha of what is there, the rest of what is not, in the target's type: of two numbers `torch.where` makes float32."""
    return torch.full_like(target, 1 - alpha).masked_fill(target > 0.5, alpha)


class FocalLoss(torch.autograd.Function):
    """``-a m^gamma log q`` with ``m = 1 - q``; slope ``a m^gamma (gamma q log q - m)`` with the sign of the target."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input: Tensor, target: Tensor, alpha: float, gamma: float) -> Tensor:
        signed = torch.where(target > 0.5, input, -input)
        loss = -(torch.sigmoid(-signed) ** gamma) * functional.logsigmoid(signed)
        return loss if alpha < 0 else loss * _share(target, alpha)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        input, target, ctx.alpha, ctx.gamma = inputs
        ctx.save_for_backward(input, target)
        ctx.save_for_forward(input, target)

    @staticmethod
    def _slope(ctx: Any, input: Tensor, target: Tensor) -> Tensor:
        signed = torch.where(target > 0.5, input, -input)
        q, miss = torch.sigmoid(signed), torch.sigmoid(-signed)
        slope = miss**ctx.gamma * (ctx.gamma * q * functional.logsigmoid(signed) - miss)
        if ctx.alpha >= 0:
            slope = slope * _share(target, ctx.alpha)
        return torch.where(target > 0.5, slope, -slope)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        return grad * FocalLoss._slope(ctx, *ctx.saved_tensors), None, None, None

    @staticmethod
    def jvp(ctx: Any, of_input: Tensor, *_: Any) -> Tensor:
        return of_input * FocalLoss._slope(ctx, *ctx.saved_tensors)


def dice_loss(input: Tensor, target: Tensor, smooth: float = 1.0, reduction: str = "mean") -> Tensor:
    """The soft Dice loss as segmentation code writes it."""
    if input.shape != target.shape:
        raise ValueError("every input has one target")
    p, t = input.flatten(1), target.flatten(1)
    shared = (p * t).sum(1)
    return _reduced(1 - (2 * shared + smooth) / (p.sum(1) + t.sum(1) + smooth), reduction)


def dice_loss_function(input: Tensor, target: Tensor, smooth: float = 1.0, reduction: str = "mean") -> Tensor:
    """The Dice loss through a Function with its slope by hand."""
    if input.shape != target.shape:
        raise ValueError("every input has one target")
    return _reduced(DiceLoss.apply(input, target, smooth), reduction)  # type: ignore[no-untyped-call]


class DiceLoss(torch.autograd.Function):
    """``1 - (2 sum p t + s) / (sum p + sum t + s)``; slope ``((2 sum p t + s) / total - 2 t) / total``."""

    generate_vmap_rule = True

    @staticmethod
    def forward(input: Tensor, target: Tensor, smooth: float) -> Tensor:
        p, t = input.flatten(1), target.flatten(1)
        return 1 - (2 * (p * t).sum(1) + smooth) / (p.sum(1) + t.sum(1) + smooth)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        input, target, ctx.smooth = inputs
        ctx.save_for_backward(input, target)
        ctx.save_for_forward(input, target)

    @staticmethod
    def _slope(ctx: Any, input: Tensor, target: Tensor) -> Tensor:
        p, t = input.flatten(1), target.flatten(1)
        total = (p.sum(1) + t.sum(1) + ctx.smooth).unsqueeze(1)
        ratio = (2 * (p * t).sum(1, keepdim=True) + ctx.smooth) / total
        return ((ratio - 2 * t) / total).reshape(input.shape)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        slope = DiceLoss._slope(ctx, *ctx.saved_tensors)
        return grad.reshape(-1, *(1,) * (slope.dim() - 1)) * slope, None, None

    @staticmethod
    def jvp(ctx: Any, of_input: Tensor, *_: Any) -> Tensor:
        return (of_input * DiceLoss._slope(ctx, *ctx.saved_tensors)).flatten(1).sum(1)


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    match reduction:
        case "none":
            return loss
        case "sum":
            return loss.sum()
        case "mean":
            return loss.mean()
    raise ValueError(f"reduction is {reduction!r}; it may be none, sum or mean")
