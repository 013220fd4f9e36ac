"""torch's functions under the names of the specs, and what is written by hand of its operations."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def matmul_einsum(input: Tensor, other: Tensor) -> Tensor:
    """``torch.einsum`` over the common index."""
    return torch.einsum("nk,km->nm", input, other)


def bmm_einsum(input: Tensor, other: Tensor) -> Tensor:
    """``torch.einsum`` over the common index of each matrix."""
    return torch.einsum("bnk,bkm->bnm", input, other)


def rms_norm(input: Tensor, weight: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """``torch.nn.functional.rms_norm`` over the last axis."""
    return functional.rms_norm(input, (input.shape[-1],), weight, eps)


def rms_norm_by_hand(input: Tensor, weight: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """``x rsqrt(mean(x^2) + eps) weight`` in single precision, as language models write it."""
    x = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
    y = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
    return (y if weight is None else y * weight).to(input.dtype)


def l2_normalize(input: Tensor, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """``torch.nn.functional.normalize`` with p = 2."""
    return functional.normalize(input, 2.0, dim, eps)


def l2_normalize_by_hand(input: Tensor, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """``x / clamp(sqrt(sum(x^2)), eps)``."""
    return input / input.pow(2).sum(dim, keepdim=True).sqrt().clamp(min=eps)


def rope(input: Tensor, angle: Tensor, interleaved: bool = True) -> Tensor:
    """Pairs turned by products of cosines and sines."""
    c, s = torch.cos(angle), torch.sin(angle)
    if not interleaved:
        a, b = input.chunk(2, -1)
        return torch.cat([a * c - b * s, a * s + b * c], -1)
    a, b = input[..., 0::2], input[..., 1::2]
    return torch.stack([a * c - b * s, a * s + b * c], -1).flatten(-2)


def rope_complex(input: Tensor, angle: Tensor, interleaved: bool = True) -> Tensor:
    """Pairs turned as complex numbers, as LLaMA's first code does."""
    first, second = (input[..., 0::2], input[..., 1::2]) if interleaved else input.chunk(2, -1)
    turned = torch.complex(first, second) * torch.polar(torch.ones_like(angle), angle)
    parts = torch.stack([turned.real, turned.imag], -1 if interleaved else -2)
    return parts.flatten(-2)


def logsumexp(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """``torch.logsumexp``."""
    return torch.logsumexp(input, dim, keepdim)


def cross_entropy_by_hand(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """``nll_loss`` of ``log_softmax``, smoothed by a mean over classes."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError("label_smoothing is a share")
    logs = functional.log_softmax(input, 1)
    own = functional.nll_loss(logs, target, weight, None, ignore_index, None, reduction)
    if not label_smoothing:
        return own
    kept = target != ignore_index
    spread = torch.where(kept, -(logs if weight is None else logs * weight).sum(1), 0)
    if reduction != "none":
        spread = spread.sum()
    if reduction == "mean":
        shares = torch.ones_like(logs[0]) if weight is None else weight
        spread = spread / (shares[target.clamp(min=0)] * kept).sum()
    return (1 - label_smoothing) * own + label_smoothing / input.shape[1] * spread


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """``torch.nn.functional.cross_entropy`` with a readable signature."""
    return functional.cross_entropy(
        input, target, weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
    )


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """``torch.nn.functional.nll_loss`` with a readable signature."""
    return functional.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def kl_div(input: Tensor, target: Tensor, log_target: bool = False, reduction: str = "mean") -> Tensor:
    """``torch.nn.functional.kl_div`` with a readable signature."""
    return functional.kl_div(input, target, reduction=reduction, log_target=log_target)


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """``torch.nn.functional.mse_loss`` with a readable signature."""
    return functional.mse_loss(input, target, reduction=reduction)


def huber_loss(input: Tensor, target: Tensor, delta: float = 1.0, reduction: str = "mean") -> Tensor:
    """``torch.nn.functional.huber_loss`` with a readable signature."""
    return functional.huber_loss(input, target, reduction=reduction, delta=delta)


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
    """``torch.nn.functional.scaled_dot_product_attention``."""
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)


def attention_by_hand(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, causal: bool = False
) -> Tensor:
    """``softmax(q k' / sqrt(D)) v`` in torch's operations."""
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    if causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if mask is None:
        return torch.softmax(scores, -1) @ value
    some = mask.any(-1, keepdim=True)
    shares = torch.softmax(scores.masked_fill(~mask & some, float("-inf")), -1)
    return shares.masked_fill(~some, 0.0) @ value


def swiglu(gate: Tensor, input: Tensor) -> Tensor:
    """``silu(gate) x``."""
    return functional.silu(gate) * input


def geglu(gate: Tensor, input: Tensor) -> Tensor:
    """``gelu(gate) x``."""
    return functional.gelu(gate) * input


def embedding(table: Tensor, index: Tensor) -> Tensor:
    """``torch.nn.functional.embedding``, the index first."""
    return functional.embedding(index, table)


def embedding_by_index(table: Tensor, index: Tensor) -> Tensor:
    """``table[index]``; an index from the end is none."""
    if index.numel() and bool((index < 0).any()):
        raise IndexError("an index is negative")
    return table[index]


def cumsum(input: Tensor, dim: int) -> Tensor:
    """``torch.cumsum``."""
    return torch.cumsum(input, dim)


def swiglu_function(gate: Tensor, input: Tensor) -> Tensor:
    """``silu(gate) x`` through a Function that keeps its inputs and computes the gate again."""
    output: Tensor = SwiGLU.apply(gate, input)  # type: ignore[no-untyped-call]
    return output


class SwiGLU(torch.autograd.Function):
    """``x z s(z)``; slopes ``x s (1 + z s(-z))`` and ``z s``."""

    generate_vmap_rule = True

    @staticmethod
    def forward(z: Tensor, x: Tensor) -> Tensor:
        return z * torch.sigmoid(z) * x

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        z, x = ctx.saved_tensors
        s = torch.sigmoid(z)
        return grad * (x * (s * (1 + z * torch.sigmoid(-z)))), grad * (z * s)

    @staticmethod
    def jvp(ctx: Any, of_z: Tensor, of_x: Tensor) -> Tensor:
        z, x = ctx.saved_tensors
        s = torch.sigmoid(z)
        return of_z * (x * (s * (1 + z * torch.sigmoid(-z)))) + of_x * (z * s)
