"""What models are put together of: products, norms, rotations, attention, gated units, tables and losses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.special

from harness.definitions.derivatives import settled
from reference_impls.definitions.activations import (
    gelu,
    gelu_by_erf,
    swish,
    swish_by_quotient,
    swish_by_tanh,
)


def matmul(input: Any, other: Any) -> Any:
    """``y[n, m] = sum over k of a[n, k] b[k, m]``, of matrices or stacks of them."""
    return np.matmul(input, other)


def rms_norm(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """``x / sqrt(mean(x^2) + eps) weight`` over the last axis (Zhang and Sennrich 2019)."""
    y = input / np.sqrt(np.mean(input * input, axis=-1, keepdims=True) + eps)
    return y if weight is None else y * weight


def rms_norm_by_reciprocal(input: Any, weight: Any = None, *, eps: float = 1e-5) -> Any:
    """``x (1 / sqrt(mean(x^2) + eps)) weight``."""
    y = input * (1 / np.sqrt(np.mean(input * input, axis=-1, keepdims=True) + eps))
    return y if weight is None else y * weight


rms_norm.legal = (rms_norm_by_reciprocal,)  # type: ignore[attr-defined]


def l2_normalize(input: Any, *, dim: int = 1, eps: float = 1e-12) -> Any:
    """``x / max(|x|, eps)`` along an axis."""
    return input / np.maximum(np.sqrt(np.sum(input * input, axis=dim, keepdims=True)), eps)


def rope(input: Any, angle: Any, *, interleaved: bool) -> Any:
    """Pairs of entries turned by angles (Su et al. 2021): neighbours, or an entry of each half."""
    cosine, sine, half = np.cos(angle), np.sin(angle), input.shape[-1] // 2
    if not interleaved:
        a, b = input[..., :half], input[..., half:]
        return np.concatenate([a * cosine - b * sine, a * sine + b * cosine], axis=-1)
    a, b = input[..., 0::2], input[..., 1::2]
    pairs = np.stack([a * cosine - b * sine, a * sine + b * cosine], axis=-1)
    return pairs.reshape(input.shape)


def rope_apart(input: Any, angle: Any, *, interleaved: bool) -> Any:
    """The same with an angle's cosine and sine for each of a pair: the four products of its slope are one sum."""
    half = input.shape[-1] // 2
    a, b = (input[..., 0::2], input[..., 1::2]) if interleaved else (input[..., :half], input[..., half:])
    first, second = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
    if not interleaved:
        return np.concatenate([first, second], axis=-1)
    return np.stack([first, second], axis=-1).reshape(input.shape)


rope.legal_slopes = (rope_apart,)  # type: ignore[attr-defined]


def _log_softmax(x: Any, axis: int) -> Any:
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def logsumexp(input: Any, *, dim: int, keepdim: bool = False) -> Any:
    """``log(sum exp(x))`` along an axis, the largest entry taken out."""
    return scipy.special.logsumexp(input, axis=dim, keepdims=keepdim)


def logsumexp_by_constant(input: Any, *, dim: int, keepdim: bool = False) -> Any:
    """The same with the result as a constant in the exponent of the slope: ``exp(x - y)``."""
    y = settled(scipy.special.logsumexp(input, axis=dim, keepdims=True))
    total = np.log(np.sum(np.exp(input - y), axis=dim, keepdims=keepdim))
    return total + (y if keepdim else np.reshape(y, total.shape))


#: Most entries that are taken in one by one: of more, that is no formula anybody should use.
MOST_IN_TURN = 512


def logsumexp_in_turn(input: Any, *, dim: int, keepdim: bool = False) -> Any:
    """The same entry by entry: ``log(exp(y) + exp(x))`` with each next one, as `np.logaddexp.reduce` does."""
    rows = np.moveaxis(input, dim, 0)
    if not 0 < rows.shape[0] <= MOST_IN_TURN:
        return logsumexp(input, dim=dim, keepdim=keepdim)
    y = rows[0]
    for k in range(1, rows.shape[0]):
        y = np.logaddexp(y, rows[k])
    return np.expand_dims(y, dim) if keepdim else y


logsumexp.legal_slopes = (logsumexp_by_constant, logsumexp_in_turn)  # type: ignore[attr-defined]
logsumexp.legal_values = (logsumexp_in_turn,)  # type: ignore[attr-defined]


def reduced(loss: Any, reduction: str) -> Any:
    """A loss as it is, its sum or its mean."""
    match reduction:
        case "none":
            return loss
        case "sum":
            return np.sum(loss)
        case _:
            return np.mean(loss)


def _weighed(losses: Any, shares: Any, kept: Any, reduction: str) -> Any:
    """Losses of the samples kept; the mean divides by the sum of their shares."""
    losses = np.where(kept, losses, 0.0)
    if reduction == "none":
        return losses
    total = np.sum(losses)
    return total if reduction == "sum" else total / np.sum(np.where(kept, shares, 0.0))


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """``-w[t] x[n, t]`` of the target class of each sample; samples of one class are left out."""
    kept = target != ignore_index
    at = np.where(kept, target, 0)
    shares = np.ones(target.shape) if weight is None else weight[at]
    return _weighed(-(input[np.arange(target.shape[0]), at] * shares), shares, kept, reduction)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    logarithm: Callable[[Any, int], Any] = _log_softmax,
) -> Any:
    """``nll_loss`` of the logarithm of softmax; a share of each target is spread over all classes."""
    logs = logarithm(input, 1)
    if not label_smoothing:
        return nll_loss(logs, target, weight, ignore_index=ignore_index, reduction=reduction)
    kept, classes = target != ignore_index, input.shape[1]
    at = np.where(kept, target, 0)
    shares = np.ones(target.shape) if weight is None else weight[at]
    own = -(logs[np.arange(target.shape[0]), at] * shares)
    spread = -np.sum(logs if weight is None else logs * weight, axis=1)
    own, spread = (_weighed(part, shares, kept, reduction) for part in (own, spread))
    return (1 - np.longdouble(label_smoothing)) * own + (np.longdouble(label_smoothing) / classes) * spread


def _log_softmax_by_difference(x: Any, axis: int) -> Any:
    """``x - log(sum exp(x))``, which loses the digits that both have in common."""
    return x - logsumexp_in_turn(x, dim=axis, keepdim=True)


cross_entropy.cancels = (partial(cross_entropy, logarithm=_log_softmax_by_difference),)  # type: ignore[attr-defined]


def kl_div(input: Any, target: Any, *, log_target: bool = False, reduction: str = "mean") -> Any:
    """``t (log t - x)``, 0 where t is 0; of logarithms of targets ``exp(t) (t - x)``."""
    loss = np.exp(target) * (target - input) if log_target else scipy.special.xlogy(target, target) - target * input
    return np.sum(loss) / input.shape[0] if reduction == "batchmean" else reduced(loss, reduction)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``(x - t)^2``."""
    off = input - target
    return reduced(off * off, reduction)


def huber_loss(input: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """``(x - t)^2 / 2`` within delta, ``delta (|x - t| - delta / 2)`` beyond."""
    off = input - target
    size = np.abs(off)
    return reduced(np.where(size < delta, 0.5 * (off * off), delta * (size - 0.5 * delta)), reduction)


def huber_loss_by_clamping(input: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """``q^2 / 2 + delta (|x - t| - q)`` with ``q = min(|x - t|, delta)``; its slope in q takes delta away and adds it again."""
    size = np.abs(input - target)
    near = np.minimum(size, delta)
    return reduced(0.5 * (near * near) + delta * (size - near), reduction)


huber_loss.cancelling_slopes = (huber_loss_by_clamping,)  # type: ignore[attr-defined]


def attention(query: Any, key: Any, value: Any, mask: Any = None, *, causal: bool = False) -> Any:
    """``softmax(q k' / sqrt(D)) v`` of the keys that a mask leaves, or those up to the query's own place; 0 of none."""
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) / np.sqrt(np.longdouble(query.shape[-1]))
    if causal:
        mask = np.tri(query.shape[-2], key.shape[-2]) > 0
    if mask is None:
        return np.matmul(_shares(scores), value)
    some = np.any(mask, axis=-1, keepdims=True)
    shares = _shares(np.where(mask | ~some, scores, -np.inf))
    return np.matmul(np.where(some, shares, 0.0), value)


def _shares(scores: Any) -> Any:
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def swiglu(gate: Any, input: Any) -> Any:
    """``swish(gate) x`` (Shazeer 2020)."""
    return swish(gate) * input


def swiglu_by_quotient(gate: Any, input: Any) -> Any:
    """``gate / (1 + exp(-gate)) x``."""
    return swish_by_quotient(gate) * input


def swiglu_by_tanh(gate: Any, input: Any) -> Any:
    """The gate by a hyperbolic tangent: its slope contains ``1 - s``."""
    return swish_by_tanh(gate) * input


swiglu.legal = (swiglu_by_quotient,)  # type: ignore[attr-defined]
swiglu.cancels = (swiglu_by_tanh,)  # type: ignore[attr-defined]


def geglu(gate: Any, input: Any) -> Any:
    """``gelu(gate) x`` (Shazeer 2020)."""
    return gelu(gate) * input


def geglu_by_erf(gate: Any, input: Any) -> Any:
    """``gate (1 + erf(gate / sqrt(2))) / 2 x``."""
    return gelu_by_erf(gate) * input


geglu.cancels = (geglu_by_erf,)  # type: ignore[attr-defined]


def embedding(table: Any, index: Any) -> Any:
    """``table[index]``."""
    return table[index]


def cumsum(input: Any, *, dim: int) -> Any:
    """The sum of the entries so far along an axis."""
    return np.cumsum(input, axis=dim)
