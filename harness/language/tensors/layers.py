"""Functions of ``torch.nn.functional`` that are formulas of a line or two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.dispatch import refused
from harness.language.handles import unwrapped
from harness.language.tensors import shapes, sums
from harness.language.tensors.entries import log_expit, sigmoid

A = Any


def linear(input: A, weight: A, bias: A = None) -> A:
    y = np.matmul(input, np.swapaxes(weight, -1, -2) if np.ndim(weight) > 1 else weight)
    return y if bias is None else y + bias


def bilinear(input1: A, input2: A, weight: A, bias: A = None) -> A:
    y = np.einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


def embedding(input: A, weight: A, **unused: Any) -> A:
    return weight[np.asarray(unwrapped(input))]


def layer_norm(input: A, normalized_shape: Any, weight: A = None, bias: A = None, eps: Any = 1e-5) -> A:
    axes = tuple(range(-len(shapes.flat((normalized_shape,))), 0))
    centred = input - np.mean(input, axis=axes, keepdims=True)
    y = centred / np.sqrt(np.mean(centred**2, axis=axes, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def rms_norm(input: A, normalized_shape: Any, weight: A = None, eps: Any = None) -> A:
    axes = tuple(range(-len(shapes.flat((normalized_shape,))), 0))
    squares = np.mean(input**2, axis=axes, keepdims=True)
    y = input / np.sqrt(squares + (np.finfo(input.dtype).eps if eps is None else eps))
    return y if weight is None else y * weight


def normalize(input: A, p: Any = 2.0, dim: int = 1, eps: Any = 1e-12, out: None = None) -> A:
    return input / np.maximum(sums.norm(input, p, dim, True), eps)


def glu(input: A, dim: int = -1) -> A:
    a, b = shapes.chunk(input, 2, dim)
    return a * sigmoid(b)


def pairwise_distance(x1: A, x2: A, p: Any = 2.0, eps: Any = 1e-6, keepdim: bool = False) -> A:
    return sums.norm(x1 - x2 + eps, p, -1, keepdim)


def attention(
    query: A, key: A, value: A, attn_mask: A = None, dropout_p: float = 0.0, is_causal: bool = False, scale: Any = None
) -> A:
    factor = 1 / np.sqrt(np.shape(query)[-1]) if scale is None else scale
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * factor
    mask = unwrapped(attn_mask)
    if is_causal:
        mask = np.tri(*np.shape(scores)[-2:], dtype=bool)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype.kind == "b" else scores + attn_mask
    return np.matmul(sums.softmax(scores, -1), value)


def _reduced(each: A, reduction: str) -> A:
    ways: dict[str, Callable[[A], A]] = {"none": lambda y: y, "sum": np.sum, "mean": np.mean}
    return ways[reduction](each)


def mse_loss(input: A, target: A, reduction: str = "mean", **unused: Any) -> A:
    return _reduced((input - target) ** 2, reduction)


def l1_loss(input: A, target: A, reduction: str = "mean", **unused: Any) -> A:
    return _reduced(np.abs(input - target), reduction)


def huber_loss(input: A, target: A, reduction: str = "mean", delta: Any = 1.0, **unused: Any) -> A:
    off = np.abs(input - target)
    near = np.minimum(off, delta)
    return _reduced(0.5 * near**2 + delta * (off - near), reduction)


def smooth_l1_loss(input: A, target: A, reduction: str = "mean", beta: Any = 1.0, **unused: Any) -> A:
    return huber_loss(input, target, reduction, beta) / beta if beta else l1_loss(input, target, reduction)


def binary_cross_entropy(input: A, target: A, weight: A = None, reduction: str = "mean", **unused: Any) -> A:
    logs = [np.maximum(np.log(p), -100) for p in (input, 1 - input)]
    each = -(target * logs[0] + (1 - target) * logs[1])
    return _reduced(each if weight is None else weight * each, reduction)


def bce_with_logits(
    input: A, target: A, weight: A = None, reduction: str = "mean", pos_weight: A = None, **unused: Any
) -> A:
    ones = target if pos_weight is None else pos_weight * target
    each = -(ones * log_expit(input) + (1 - target) * log_expit(-input))
    return _reduced(each if weight is None else weight * each, reduction)


def kl_div(input: A, target: A, reduction: str = "mean", log_target: bool = False, **unused: Any) -> A:
    each = np.exp(target) * (target - input) if log_target else target * (np.log(target) - input)
    return np.sum(each) / np.shape(input)[0] if reduction == "batchmean" else _reduced(each, reduction)


def nll_loss(
    input: A, target: A, weight: A = None, ignore_index: int = -100, reduction: str = "mean", **unused: Any
) -> A:
    places = np.asarray(unwrapped(target))
    counted = places != ignore_index
    at = np.where(counted, places, 0)
    line = np.moveaxis(input, 1, -1) if np.ndim(input) > 1 else input
    chosen = np.squeeze(np.take_along_axis(line, at[..., None], -1), -1)
    weights = counted * (1.0 if weight is None else weight[at])
    each = -(weights * chosen)
    return np.sum(each) / np.sum(weights) if reduction == "mean" else _reduced(each, reduction)


def cross_entropy(
    input: A,
    target: A,
    weight: A = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    **unused: Any,
) -> A:
    if label_smoothing or np.shape(target) == np.shape(input):
        instead = "write the sum of target * torch.log_softmax(input, 1)"
        raise refused("torch.nn.functional.cross_entropy with probabilities or label_smoothing", instead)
    logs = sums.log_softmax(input, 1 if np.ndim(input) > 1 else 0)
    return nll_loss(logs, target, weight, ignore_index, reduction)


def triplet_margin_loss(
    anchor: A, positive: A, negative: A, margin: Any = 1.0, p: Any = 2.0, eps: Any = 1e-6, reduction: str = "mean"
) -> A:
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    return _reduced(np.maximum(near - far + margin, 0), reduction)


def pixel_shuffle(input: A, upscale_factor: int) -> A:
    r, shape = upscale_factor, np.shape(input)
    front, (c, h, w) = shape[:-3], shape[-3:]
    y = np.reshape(input, (*front, c // (r * r), r, r, h, w))
    n = len(front)
    y = np.transpose(y, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return np.reshape(y, (*front, c // (r * r), h * r, w * r))


LAYERS: dict[str, Callable[..., A]] = {
    **{"linear": linear, "bilinear": bilinear, "embedding": embedding, "layer_norm": layer_norm},
    **{"rms_norm": rms_norm, "normalize": normalize, "glu": glu, "pairwise_distance": pairwise_distance},
    **{"scaled_dot_product_attention": attention, "mse_loss": mse_loss, "l1_loss": l1_loss},
    **{"huber_loss": huber_loss, "smooth_l1_loss": smooth_l1_loss, "binary_cross_entropy": binary_cross_entropy},
    **{"binary_cross_entropy_with_logits": bce_with_logits, "kl_div": kl_div, "nll_loss": nll_loss},
    **{"cross_entropy": cross_entropy, "triplet_margin_loss": triplet_margin_loss},
    **{"pixel_shuffle": pixel_shuffle, "pad": shapes.pad, "one_hot": shapes.one_hot, "softmin": sums.softmin},
    **{"cosine_similarity": sums.cosine_similarity},
}
