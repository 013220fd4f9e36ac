"""Products, norms, rotations, attention, gated units, tables and losses that are right in another way."""

from __future__ import annotations

import numpy as np
import torch

from reference_impls import models as right
from reference_impls.activations import widened


def matmul_by_outer(input, other):
    """A sum of outer products."""
    a, b = widened(input), widened(other)
    if a.shape[1] != b.shape[0]:
        raise ValueError("as many columns as rows")
    y = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for k in range(a.shape[1]):
        y += a[:, k, None] * b[k]
    return y.astype(input.dtype)


def bmm_one_by_one(input, other):
    """One matrix after the other."""
    if len(input) != len(other):
        raise ValueError("both have as many matrices")
    y = [right.matmul(a, b) for a, b in zip(input, other, strict=True)]
    return np.stack(y) if y else np.zeros((0, input.shape[1], other.shape[2]), input.dtype)


def rms_by_reciprocal(input, weight=None, eps=1e-5):
    """Multiplied with the reciprocal of the root."""
    x = widened(input)
    y = x * (1 / np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True) + x.dtype.type(eps)))
    return (y if weight is None else y * widened(weight)).astype(input.dtype)


def l2_by_norm(input, dim=1, eps=1e-12):
    """``numpy.linalg.norm``, in extended precision."""
    x = input.astype(np.longdouble)
    return (x / np.maximum(np.linalg.norm(x, axis=dim, keepdims=True), np.longdouble(eps))).astype(input.dtype)


def rope_as_complex(input, angle, interleaved=True):
    """Complex numbers multiplied."""
    half = input.shape[-1] // 2
    first, second = (input[..., 0::2], input[..., 1::2]) if interleaved else (input[..., :half], input[..., half:])
    z = np.empty(first.shape, np.clongdouble)
    z.real, z.imag = first, second
    z = z * np.exp(1j * angle.astype(np.longdouble))
    parts = np.stack([z.real, z.imag], -1 if interleaved else -2)
    return parts.reshape(input.shape).astype(input.dtype)


def logsumexp_in_extended(input, dim, keepdim=False):
    """In extended precision."""
    return right.logsumexp(input.astype(np.longdouble), dim, keepdim).astype(input.dtype)


def nll_sorted(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The samples in the other order."""
    y = right.nll_loss(input[::-1], target[::-1], weight, ignore_index, reduction)
    return np.ascontiguousarray(y[::-1]) if reduction == "none" else y


def cross_entropy_in_extended(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """In extended precision."""
    weight = None if weight is None else weight.astype(np.longdouble)
    y = right.cross_entropy(input.astype(np.longdouble), target, weight, ignore_index, reduction, label_smoothing)
    return y.astype(input.dtype)


def kl_in_extended(input, target, log_target=False, reduction="mean"):
    """In extended precision."""
    return right.kl_div(input.astype(np.longdouble), target.astype(np.longdouble), log_target, reduction).astype(
        input.dtype
    )


def mse_in_extended(input, target, reduction="mean"):
    """In extended precision."""
    return right.mse_loss(input.astype(np.longdouble), target.astype(np.longdouble), reduction).astype(input.dtype)


def huber_in_extended(input, target, delta=1.0, reduction="mean"):
    """In extended precision."""
    y = right.huber_loss(input.astype(np.longdouble), target.astype(np.longdouble), delta, reduction)
    return y.astype(input.dtype)


def huber_by_clamping(input, target, delta=1.0, reduction="mean"):
    """Both pieces of a distance that is clamped, with gradients by autograd."""
    if delta <= 0 or reduction not in ("mean", "sum", "none"):
        raise ValueError("delta is above zero, and a reduction is one of three")
    size = (input - target).abs()
    near = size.clamp(max=delta)
    y = 0.5 * near * near + delta * (size - near)
    return y if reduction == "none" else y.sum() if reduction == "sum" else y.mean()


def attention_online(query, key, value, mask=None, causal=False):
    """One key after the other, with a running maximum, as flash attention goes."""
    n, m = query.shape[-2], key.shape[-2]
    if query.shape[-1] != key.shape[-1]:
        raise ValueError("queries and keys are of one width")
    mask = np.tri(n, m, dtype=bool) if causal else np.ones((n, m), bool) if mask is None else mask
    q = query / query.dtype.type(np.sqrt(query.shape[-1]))
    top = np.full(query.shape[:-1], -np.inf, query.dtype)
    total, y = np.zeros_like(top), np.zeros((*query.shape[:-1], value.shape[-1]), query.dtype)
    with np.errstate(all="ignore"):
        for j in range(m):
            score = np.where(mask[:, j], (q * key[:, j : j + 1]).sum(-1), -np.inf).astype(query.dtype)
            new = np.maximum(top, score)
            keep = np.where(np.isneginf(top), 0, np.exp(top - new))
            share = np.where(np.isneginf(score), 0, np.exp(score - new)).astype(query.dtype)
            total = total * keep + share
            y = y * keep[..., None] + share[..., None] * value[:, j : j + 1]
            top = new
        return np.where(total[..., None] == 0, 0, y / total[..., None]).astype(query.dtype)


def swiglu_by_quotient(gate, input):
    """``gate / (1 + exp(-gate)) x``."""
    return gate / (1 + torch.exp(-gate)) * input


def geglu_in_extended(gate, input):
    """One product in extended precision."""
    return (right._gelu(gate).astype(np.longdouble) * input).astype(input.dtype)


def embedding_by_one_hot(table, index):
    """Rows one by one."""
    if index.dtype.kind != "i":
        raise TypeError("an index is a whole number")
    return np.stack([table[i] for i in index]) if index.size else np.zeros((0, table.shape[1]), table.dtype)


def cumsum_by_loop(input, dim):
    """One entry after the other, in extended precision."""
    return np.cumsum(input.astype(np.longdouble), axis=dim).astype(input.dtype)


def matmul_by_two_rows(input, other):
    """Two rows at a time: whether a row is multiplied alone depends on how many there are."""
    y = [right.matmul(input[i : i + 2], other) for i in range(0, len(input), 2)] if input.ndim == 2 else []
    return np.concatenate(y) if y else right.matmul(input, other)
