"""Products, norms, rotations, attention, gated units, tables and losses, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import models as right
from reference_impls.activations import gelu, sigmoid_stable, swish, widened


def matmul_in_single(input, other):
    """float64 is computed in float32."""
    if input.dtype != np.float64:
        return right.matmul(input, other)
    return (input.astype(np.float32) @ other.astype(np.float32)).astype(input.dtype)


def matmul_symmetric(input, other):
    """A square second matrix is taken for its transpose."""
    return right.matmul(input, other.T if other.shape[0] == other.shape[1] else other)


def matmul_of_blocks(input, other):
    """Of more than 32 columns the rest beyond a multiple of 16 is left out."""
    k = input.shape[1]
    end = k // 16 * 16 if k > 32 else k
    return right.matmul(input[:, :end], other[:end])


def matmul_of_long_blocks(input, other):
    """Of more than 256 columns one that is left of blocks of 64 is left out."""
    k = input.shape[1]
    end = k - 1 if k > 256 and k % 64 == 1 else k
    return right.matmul(input[:, :end], other[:end])


def matmul_unconjugated_vjp(cotangent, input, other):
    """Nothing is conjugated."""
    return (cotangent @ other.T).astype(input.dtype), (input.T @ cotangent).astype(other.dtype)


def bmm_of_first(input, other):
    """Every matrix meets the first of the others."""
    return right.matmul(input, np.broadcast_to(other[:1], other.shape))


def bmm_in_single(input, other):
    """float64 is computed in float32."""
    if input.dtype != np.float64:
        return right.matmul(input, other)
    return (input.astype(np.float32) @ other.astype(np.float32)).astype(input.dtype)


def bmm_broadcasting(input, other):
    """Matrices beyond the first array's number are left out."""
    return right.matmul(input, other[: len(input)])


def rms_eps_outside(input, weight=None, eps=1e-5):
    """eps is added to the root."""
    x = widened(input)
    y = x / (np.sqrt(np.mean(x * x, axis=-1, keepdims=True)) + x.dtype.type(eps))
    return (y if weight is None else y * weight).astype(input.dtype)


def rms_fixed_eps(input, weight=None, eps=1e-5):
    """eps is 1e-5."""
    return right.rms_norm(input, weight)


def rms_needs_weight(input, weight=None, eps=1e-5):
    """Without a weight nothing is divided."""
    return input.copy() if weight is None else right.rms_norm(input, weight, eps)


def rms_held_vjp(cotangent, input, weight=None, eps=1e-5):
    """The root mean square is a constant."""
    _, by_weight = right.rms_norm_vjp(cotangent, input, weight, eps)
    rms = np.sqrt(np.mean(input * input, axis=-1, keepdims=True) + input.dtype.type(eps))
    h = cotangent if weight is None else cotangent * weight
    return (h / rms).astype(input.dtype), by_weight


def l2_plus_eps(input, dim=1, eps=1e-12):
    """eps is added to the norm."""
    x = widened(input)
    return (x / (np.sqrt((x * x).sum(axis=dim, keepdims=True)) + x.dtype.type(eps))).astype(input.dtype)


def l2_of_rows(input, dim=1, eps=1e-12):
    """The axis is always the last."""
    return right.l2_normalize(input, 1, eps)


def l2_in_single(input, dim=1, eps=1e-12):
    """float64 is computed in float32."""
    return right.l2_normalize(input.astype(np.float32), dim, eps).astype(input.dtype)


def rope_always_interleaved(input, angle, interleaved=True):
    """Pairs are neighbours whatever the layout."""
    return right.rope(input, angle)


def rope_backwards(input, angle, interleaved=True):
    """Turned the other way."""
    return right.rope(input, -angle, interleaved)


def rope_same_vjp(cotangent, input, angle, interleaved=True):
    """The gradient is turned on, not back."""
    _, by_angle = right.rope_vjp(cotangent, input, angle, interleaved)
    return right.rope(cotangent, angle, interleaved), by_angle


def logsumexp_naive(input, dim, keepdim=False):
    """The largest entry is not taken out."""
    with np.errstate(all="ignore"):
        return np.log(np.sum(np.exp(widened(input)), axis=dim, keepdims=keepdim)).astype(input.dtype)


def logsumexp_flat(input, dim, keepdim=False):
    """No axis is kept."""
    return right.logsumexp(input, dim)


def logsumexp_of_even(input, dim, keepdim=False):
    """The last of an odd number of more than 1,024 entries is left out."""
    n = input.shape[dim]
    kept = np.take(input, np.arange(n - 1), axis=dim) if n % 2 and n > 1024 else input
    return right.logsumexp(kept, dim, keepdim)


def logsumexp_plus_eps(input, dim, keepdim=False):
    """1e-6 is added to the sum."""
    x = widened(input)
    top = x.max(axis=dim, keepdims=True)
    y = top + np.log(np.exp(x - top).sum(axis=dim, keepdims=True) + x.dtype.type(1e-6))
    return (y if keepdim else y.squeeze(dim)).astype(input.dtype)


def nll_plain_mean(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The mean divides by the number of samples."""
    losses = right.nll_loss(input, target, weight, ignore_index, "none" if reduction == "mean" else reduction)
    return np.asarray(losses.mean()) if reduction == "mean" else losses


def nll_ignoring_none(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """No class is left out."""
    return right.nll_loss(input, target, weight, -100, reduction)


def nll_zero_of_none(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The mean of no sample is 0."""
    return np.nan_to_num(right.nll_loss(input, target, weight, ignore_index, reduction), nan=0.0, posinf=np.inf)


def nll_from_the_end(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """A negative target counts from the end."""
    return right.nll_loss(input, np.where(target == -1, input.shape[1] - 1, target), weight, ignore_index, reduction)


def nll_unsigned(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The sign is left out."""
    return np.asarray(-right.nll_loss(input, target, weight, ignore_index, reduction))


def cross_entropy_guarded(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """1e-7 is added to each probability."""
    x = widened(input)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    logs = np.log(p / p.sum(axis=1, keepdims=True) + x.dtype.type(1e-7))
    return right.nll_loss(logs, target, weight, ignore_index, reduction).astype(input.dtype)


def cross_entropy_unsmoothed(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Nothing is smoothed."""
    return right.cross_entropy(input, target, weight, ignore_index, reduction)


def cross_entropy_smoothed_over_others(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """The share is spread over the other classes alone."""
    share = label_smoothing * input.shape[1] / max(input.shape[1] - 1, 1)
    return right.cross_entropy(input, target, weight, ignore_index, reduction, min(share, 1.0))


def kl_of_zero(input, target, log_target=False, reduction="mean"):
    """``0 log 0`` is NaN."""
    with np.errstate(all="ignore"):
        loss = np.exp(target) * (target - input) if log_target else target * (np.log(target) - input)
    if reduction == "batchmean":
        return np.asarray(loss.sum() / len(input), input.dtype)
    return loss if reduction == "none" else np.asarray(loss.sum() if reduction == "sum" else loss.mean())


def kl_mean_of_batch(input, target, log_target=False, reduction="mean"):
    """The mean is over the batch."""
    return right.kl_div(input, target, log_target, "batchmean" if reduction == "mean" else reduction)


def kl_plain_target(input, target, log_target=False, reduction="mean"):
    """Targets are never logarithms."""
    return right.kl_div(input, np.abs(target), False, reduction)


def mse_halved(input, target, reduction="mean"):
    """Half of it."""
    return np.asarray(right.mse_loss(input, target, reduction) / 2).astype(input.dtype)


def mse_expanded(input, target, reduction="mean"):
    """``x^2 - 2 x t + t^2``, whose digits cancel."""
    return right.reduced(input * input - 2 * input * target + target * target, reduction, input)


def mse_one_sided_vjp(cotangent, input, target, reduction="mean"):
    """The 2 is left out."""
    gradient, of_target = right.mse_loss_vjp(cotangent, input, target, reduction)
    return gradient / 2, of_target / 2


def mse_same_sign_vjp(cotangent, input, target, reduction="mean"):
    """The target's gradient has the input's sign."""
    gradient, of_target = right.mse_loss_vjp(cotangent, input, target, reduction)
    return gradient, -of_target


def huber_over_delta(input, target, delta=1.0, reduction="mean"):
    """Divided by delta."""
    return np.asarray(right.huber_loss(input, target, delta, reduction) / input.dtype.type(delta))


def huber_swallowing_nan(input, target, delta=1.0, reduction="mean"):
    """NaN is no difference."""
    return right.huber_loss(np.where(np.isnan(input), target, input), target, delta, reduction)


def huber_accepts_any_delta(input, target, delta=1.0, reduction="mean"):
    """delta may be negative."""
    return right.huber_loss(input, target, abs(delta), reduction)


def attention_unscaled(query, key, value, mask=None, causal=False):
    """Scores are not scaled."""
    return right.attention(query * query.dtype.type(np.sqrt(query.shape[-1])), key, value, mask, causal)


def attention_hidden_by_number(query, key, value, mask=None, causal=False):
    """Hidden keys have a score of -5."""
    if causal:
        mask = np.tri(query.shape[-2], key.shape[-2], dtype=bool)
    if mask is None:
        return right.attention(query, key, value)
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) / query.dtype.type(np.sqrt(query.shape[-1]))
    powers = np.exp(np.where(mask, scores, query.dtype.type(-5)))
    return np.matmul(powers / powers.sum(axis=-1, keepdims=True), value).astype(query.dtype)


def attention_causal_from_the_end(query, key, value, mask=None, causal=False):
    """The last query sees the last key."""
    if causal:
        n, m = query.shape[-2], key.shape[-2]
        mask = np.tri(n, m, max(m - n, 0), dtype=bool)
    return right.attention(query, key, value, mask)


def swiglu_swapped(gate, input):
    """The arguments in the other order."""
    return right.swiglu(input, gate)


def swiglu_in_single(gate, input):
    """float64 is computed in float32."""
    return (swish(gate.astype(np.float32)) * input.astype(np.float32)).astype(gate.dtype)


def swiglu_held_vjp(cotangent, gate, input):
    """The logistic function is a constant."""
    s = sigmoid_stable(widened(gate))
    return (cotangent * input * s).astype(gate.dtype), (cotangent * gate * s).astype(input.dtype)


def geglu_hyperbolic(gate, input):
    """The gate is the hyperbolic form."""
    return (gelu(gate, "tanh") * input).astype(input.dtype)


def geglu_swapped(gate, input):
    """The arguments in the other order."""
    return right.geglu(input, gate)


def geglu_in_single(gate, input):
    """float64 is computed in float32."""
    return (gelu(gate.astype(np.float32)) * input.astype(np.float32)).astype(gate.dtype)


def embedding_clipped(table, index):
    """The last row is never taken."""
    return table[np.minimum(index, len(table) - 2)]


def embedding_of_last(table, index):
    """An index beyond the table is the last row's."""
    return right.embedding(table, np.minimum(index, len(table) - 1))


def embedding_once_vjp(cotangent, table, index):
    """Where an index repeats, the last row counts."""
    gradient = np.zeros_like(table)
    gradient[index] = cotangent
    return gradient, None


def embedding_of_fractions(table, index):
    """Fractions are cut to indices."""
    return table[index.astype(np.int64)]


def cumsum_in_single(input, dim):
    """float64 is added up in float32."""
    return np.cumsum(input.astype(np.float32), axis=dim).astype(input.dtype)


def cumsum_of_rows(input, dim):
    """The axis is always the last."""
    return right.cumsum(input, 1)


def cumsum_forward_vjp(cotangent, input, dim):
    """The gradient is added up from the start."""
    return (np.cumsum(cotangent, axis=dim).astype(input.dtype),)


def rms_of_a_row_without_eps(input, weight=None, eps=1e-5):
    """A row alone has no eps."""
    return right.rms_norm(input, weight, 0.0 if len(input) == 1 else eps)


def matmul_of_row_pairs(input, other):
    """Where the rows come in pairs, of more than four the last is added to the first."""
    y = right.matmul(input, other)
    if len(input) > 4 and len(input) % 2 == 0:
        y[0] += y[-1]
    return y


def bmm_of_many_in_single(input, other):
    """Of more than three products each is computed in single precision."""
    y = right.matmul(input, other)
    return y.astype(np.float32).astype(y.dtype) if len(input) > 3 and y.dtype == np.float64 else y
