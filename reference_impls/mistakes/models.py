"""What goes wrong in products, norms, rotations, attention, gated units, tables and losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.definitions.derivatives import held
from reference_impls.definitions import models as right
from reference_impls.definitions.activations import gelu, sigmoid, swish


def matmul_of_conjugate(input: Any, other: Any) -> Any:
    """The second matrix is conjugated."""
    return np.matmul(input, np.conj(other))


def matmul_second_held(input: Any, other: Any) -> Any:
    """The right value; the second matrix has no derivative."""
    return np.matmul(input, held(other))


def _rms(x: Any) -> Any:
    return np.sqrt(np.mean(x * x, axis=-1, keepdims=True))


def _scaled(y: Any, weight: Any) -> Any:
    return y if weight is None else y * weight


def rms_eps_outside(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """``x / (rms + eps)``."""
    return _scaled(input / (_rms(input) + eps), weight)


def rms_without_eps(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """``x / rms``."""
    return _scaled(input / _rms(input), weight)


def rms_of_sum(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """``x / sqrt(sum(x^2) + eps)``."""
    return _scaled(input / np.sqrt(np.sum(input * input, axis=-1, keepdims=True) + eps), weight)


def rms_of_centred(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """The mean is subtracted first, as layer_norm does."""
    return right.rms_norm(input - np.mean(input, axis=-1, keepdims=True), weight, eps=eps)


def rms_weight_plus_one(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """The weight counts from one, as Gemma's does."""
    return right.rms_norm(input, None if weight is None else weight + 1, eps=eps)


def rms_held(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """The right value; the root mean square has no derivative."""
    return _scaled(input / held(np.sqrt(np.mean(input * input, axis=-1, keepdims=True) + eps)), weight)


def l2_plus_eps(input: Any, *, dim: int = 1, eps: float = 1e-12) -> Any:
    """``x / (|x| + eps)``."""
    return input / (np.sqrt(np.sum(input * input, axis=dim, keepdims=True)) + eps)


def l2_eps_within(input: Any, *, dim: int = 1, eps: float = 1e-12) -> Any:
    """``x / sqrt(|x|^2 + eps)``."""
    return input / np.sqrt(np.sum(input * input, axis=dim, keepdims=True) + eps)


def l2_without_root(input: Any, *, dim: int = 1, eps: float = 1e-12) -> Any:
    """``x / max(|x|^2, eps)``."""
    return input / np.maximum(np.sum(input * input, axis=dim, keepdims=True), eps)


def l2_norm_held(input: Any, *, dim: int = 1, eps: float = 1e-12) -> Any:
    """The right value; the norm has no derivative."""
    return input / held(np.maximum(np.sqrt(np.sum(input * input, axis=dim, keepdims=True)), eps))


def rope_backwards(input: Any, angle: Any, *, interleaved: bool = True) -> Any:
    """Turned the other way."""
    return right.rope(input, -angle, interleaved=interleaved)


def rope_other_pairs(input: Any, angle: Any, *, interleaved: bool = True) -> Any:
    """Pairs of the other layout."""
    return right.rope(input, angle, interleaved=not interleaved)


def rope_angle_held(input: Any, angle: Any, *, interleaved: bool = True) -> Any:
    """The right value; the angle has no derivative."""
    return right.rope(input, held(angle), interleaved=interleaved)


def logsumexp_mean(input: Any, *, dim: int, keepdim: bool = False) -> Any:
    """The logarithm of the mean of exponentials."""
    return right.logsumexp(input, dim=dim, keepdim=keepdim) - np.log(np.longdouble(input.shape[dim]))


def logsumexp_bare(input: Any, *, dim: int, keepdim: bool = False) -> Any:
    """``log sum exp(x)``, whose exponentials overflow."""
    return np.log(np.sum(np.exp(input), axis=dim, keepdims=keepdim))


def logsumexp_plus_eps(input: Any, *, dim: int, keepdim: bool = False) -> Any:
    """1e-6 is added to the sum of shifted exponentials."""
    top = np.max(input, axis=dim, keepdims=True)
    y = top + np.log(np.sum(np.exp(input - top), axis=dim, keepdims=True) + 1e-6)
    return y if keepdim else np.squeeze(y, dim)


def nll_plain_mean(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """The mean divides by the number of samples."""
    losses = right.nll_loss(input, target, weight, ignore_index=ignore_index, reduction="none")
    return right.reduced(losses, reduction)


def nll_ignoring_none(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """No class is left out."""
    return right.nll_loss(input, target, weight, reduction=reduction)


def nll_without_minus(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """The sign is left out."""
    return -right.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def _cross_entropy_of(**instead: Any) -> Any:
    """Cross entropy with params of its own."""

    def cross_entropy(
        input: Any,
        target: Any,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> Any:
        params = {"ignore_index": ignore_index, "reduction": reduction, "label_smoothing": label_smoothing}
        return right.cross_entropy(input, target, weight, **(params | instead))

    return cross_entropy


cross_entropy_unsmoothed = _cross_entropy_of(label_smoothing=0.0)
cross_entropy_ignoring_none = _cross_entropy_of(ignore_index=-100)


def cross_entropy_plain_mean(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """The mean divides by the number of samples."""
    params = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    return right.reduced(right.cross_entropy(input, target, weight, reduction="none", **params), reduction)


def cross_entropy_of_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """The logits are taken for logarithms of probabilities."""
    return right.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def kl_swapped(input: Any, target: Any, *, log_target: bool = False, reduction: str = "mean") -> Any:
    """``exp(x) (x - log t)``."""
    logs = target if log_target else np.log(target)
    loss = np.exp(input) * (input - logs)
    return np.sum(loss) / input.shape[0] if reduction == "batchmean" else right.reduced(loss, reduction)


def kl_mean_of_batch(input: Any, target: Any, *, log_target: bool = False, reduction: str = "mean") -> Any:
    """The mean divides by the batch, as the mathematics wants it."""
    return right.kl_div(
        input, target, log_target=log_target, reduction="batchmean" if reduction == "mean" else reduction
    )


def kl_without_entropy(input: Any, target: Any, *, log_target: bool = False, reduction: str = "mean") -> Any:
    """``-t x``: the cross entropy."""
    loss = -(np.exp(target) if log_target else target) * input
    return np.sum(loss) / input.shape[0] if reduction == "batchmean" else right.reduced(loss, reduction)


def mse_halved(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Half of it."""
    return 0.5 * right.mse_loss(input, target, reduction=reduction)


def mse_root(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Its root."""
    return np.sqrt(right.mse_loss(input, target, reduction=reduction))


def mse_absolute(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The absolute difference."""
    return right.reduced(np.abs(input - target), reduction)


def huber_over_delta(input: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """Divided by delta, as smooth_l1_loss is."""
    return right.huber_loss(input, target, delta=delta, reduction=reduction) / delta


def huber_without_half(input: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """``(x - t)^2`` within delta, ``delta (2 |x - t| - delta)`` beyond."""
    return 2 * right.huber_loss(input, target, delta=delta, reduction=reduction)


def huber_of_one(input: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """delta is taken for 1."""
    return right.huber_loss(input, target, reduction=reduction)


def attention_unscaled(query: Any, key: Any, value: Any, mask: Any = None, *, causal: bool = False) -> Any:
    """Scores are not divided by the root of the width."""
    return right.attention(query * np.sqrt(np.longdouble(query.shape[-1])), key, value, mask, causal=causal)


def attention_over_width(query: Any, key: Any, value: Any, mask: Any = None, *, causal: bool = False) -> Any:
    """Scores are divided by the width of the keys."""
    return right.attention(query / np.sqrt(np.longdouble(query.shape[-1])), key, value, mask, causal=causal)


def attention_masked_by_zero(query: Any, key: Any, value: Any, mask: Any = None, *, causal: bool = False) -> Any:
    """The scores of hidden keys are zeros."""
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) / np.sqrt(np.longdouble(query.shape[-1]))
    if causal:
        mask = np.tri(query.shape[-2], key.shape[-2]) > 0
    if mask is not None:
        scores = np.where(mask, scores, 0.0)
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return np.matmul(powers / np.sum(powers, axis=-1, keepdims=True), value)


def attention_inverted_mask(query: Any, key: Any, value: Any, mask: Any = None, *, causal: bool = False) -> Any:
    """The mask says which keys are hidden."""
    return right.attention(query, key, value, None if mask is None else ~mask, causal=causal)


def attention_causal_from_the_end(query: Any, key: Any, value: Any, mask: Any = None, *, causal: bool = False) -> Any:
    """The last query sees all keys, whatever their numbers."""
    if causal:
        mask = np.tri(query.shape[-2], key.shape[-2], key.shape[-2] - query.shape[-2]) > 0
    return right.attention(query, key, value, mask)


def swiglu_swapped(gate: Any, input: Any) -> Any:
    """``gate swish(x)``."""
    return gate * swish(input)


def swiglu_of_sigmoid(gate: Any, input: Any) -> Any:
    """``sigmoid(gate) x``: GLU."""
    return sigmoid(gate) * input


def swiglu_gate_held(gate: Any, input: Any) -> Any:
    """The right value; the gate has no derivative."""
    return held(swish(gate)) * input


def geglu_swapped(gate: Any, input: Any) -> Any:
    """``gate gelu(x)``."""
    return gate * gelu(input)


def geglu_of_tanh(gate: Any, input: Any) -> Any:
    """The gate is the hyperbolic form."""
    return gelu(gate, approximate="tanh") * input


def embedding_of_next(table: Any, index: Any) -> Any:
    """Rows are counted from one."""
    return table[np.maximum(index - 1, 0)]


def embedding_padded(table: Any, index: Any) -> Any:
    """Row 0 is taken for padding, which is zero."""
    return np.where((index > 0)[..., None], table[index], 0.0)


def cumsum_exclusive(input: Any, *, dim: int) -> Any:
    """An entry is not in its own sum."""
    return np.cumsum(input, axis=dim) - input


def cumsum_reversed(input: Any, *, dim: int) -> Any:
    """From the end."""
    return np.flip(np.cumsum(np.flip(input, dim), axis=dim), dim)
