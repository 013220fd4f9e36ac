"""Products, norms, rotations, attention, gated units, tables and losses: NumPy and SciPy candidates with their vjps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import gelu as _gelu
from reference_impls.activations import gelu_vjp as _gelu_vjp
from reference_impls.activations import swish as _swish
from reference_impls.activations import swish_vjp as _swish_vjp
from reference_impls.activations import widened

Array = npt.NDArray[Any]


def _as(y: Any, like: Array | np.dtype[Any]) -> Array:
    kind = np.dtype(getattr(like, "dtype", like))
    return np.asarray(y) if kind.kind in "iub" else np.asarray(y).astype(kind, copy=False)


def matmul(input: Array, other: Array) -> Array:
    """``a b`` by BLAS, where it is of floats."""
    return _as(np.matmul(widened(input), widened(other)), np.result_type(input, other))


def matmul_vjp(cotangent: Array, input: Array, other: Array) -> tuple[Array, Array]:
    """``g b^H`` and ``a^H g``."""
    g, a, b = widened(cotangent), widened(input), widened(other)
    by_a, by_b = np.matmul(g, np.conj(np.swapaxes(b, -1, -2))), np.matmul(np.conj(np.swapaxes(a, -1, -2)), g)
    return _as(by_a, input), _as(by_b, other)


def matmul_einsum(input: Array, other: Array) -> Array:
    """``sum over k of a[n, k] b[k, m]`` without BLAS."""
    y = np.einsum("...nk,...km->...nm", widened(input), widened(other), optimize=False)
    return _as(y, np.result_type(input, other))


def rms_norm(input: Array, weight: Array | None = None, eps: float = 1e-5) -> Array:
    """``x / sqrt(mean(x^2) + eps) weight``."""
    x = widened(input)
    y = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + x.dtype.type(eps))
    return _as(y if weight is None else y * weight, input)


def rms_norm_vjp(
    cotangent: Array, input: Array, weight: Array | None = None, eps: float = 1e-5
) -> tuple[Array, Array | None]:
    """``(h - y mean(h y)) / rms`` with ``h = g weight``, and the sum of ``g y``."""
    x, g = widened(input), widened(cotangent)
    rms = np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + x.dtype.type(eps))
    y = x / rms
    h = g if weight is None else g * widened(weight)
    by_input = (h - y * np.mean(h * y, axis=-1, keepdims=True)) / rms
    by_weight = None if weight is None else _as((g * y).reshape(-1, x.shape[-1]).sum(axis=0), weight)
    return _as(by_input, input), by_weight


def l2_normalize(input: Array, dim: int = 1, eps: float = 1e-12) -> Array:
    """``x / max(|x|, eps)``."""
    x = widened(input)
    return _as(x / np.maximum(np.sqrt(np.sum(x * x, axis=dim, keepdims=True)), x.dtype.type(eps)), input)


def rope(input: Array, angle: Array, interleaved: bool = True) -> Array:
    """Pairs turned as complex numbers are, by products."""
    x, c, s = widened(input), np.cos(widened(angle)), np.sin(widened(angle))
    y = np.empty_like(x)
    first, second = _pairs(x, interleaved)
    to_first, to_second = _pairs(y, interleaved)
    to_first[...], to_second[...] = first * c - second * s, first * s + second * c
    return _as(y, input)


def rope_vjp(cotangent: Array, input: Array, angle: Array, interleaved: bool = True) -> tuple[Array, Array]:
    """The gradient turned back, and the product with the pair turned a quarter further."""
    g, x, a = widened(cotangent), widened(input), widened(angle)
    c, s = np.cos(a), np.sin(a)
    (g0, g1), (x0, x1) = _pairs(g, interleaved), _pairs(x, interleaved)
    by_angle = g0 * (-x0 * s - x1 * c) + g1 * (x0 * c - x1 * s)
    return rope(cotangent, np.asarray(-angle), interleaved), _as(by_angle, angle)


def _pairs(x: Array, interleaved: bool) -> tuple[Array, Array]:
    half = x.shape[-1] // 2
    return (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])


def logsumexp(input: Array, dim: int, keepdim: bool = False) -> Array:
    """``m + log(sum exp(x - m))``, m the largest entry where it is finite."""
    x = widened(input)
    top = x.max(axis=dim, keepdims=True)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    y = top + np.log(np.sum(np.exp(x - top), axis=dim, keepdims=True))
    return _as(y if keepdim else y.squeeze(dim), input)


def logsumexp_vjp(cotangent: Array, input: Array, dim: int, keepdim: bool = False) -> tuple[Array]:
    """``g softmax(x)``."""
    x = widened(input)
    e = np.exp(x - x.max(axis=dim, keepdims=True))
    g = cotangent if keepdim else np.expand_dims(cotangent, dim)
    return (_as(g * (e / e.sum(axis=dim, keepdims=True)), input),)


def scipy_logsumexp(input: Array, dim: int, keepdim: bool = False) -> Array:
    """``scipy.special.logsumexp``."""
    from scipy.special import logsumexp as of

    return _as(of(widened(input), axis=dim, keepdims=keepdim), input)


def reduced(loss: Array, reduction: str, like: Array) -> Array:
    match reduction:
        case "none":
            return _as(loss, like)
        case "sum":
            return _as(loss.sum(), like)
        case "mean":
            return _as(loss.mean() if loss.size else np.nan, like)
    raise ValueError(f"reduction is {reduction!r}; it may be none, sum or mean")


def nll_loss(
    input: Array, target: Array, weight: Array | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Array:
    """``-w[t] x[n, t]``, the mean weighed."""
    x = widened(input)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"reduction is {reduction!r}; it may be none, sum or mean")
    kept = target != ignore_index
    if len(target) != len(x) or np.any(kept & ((target < 0) | (target >= x.shape[1]))):
        raise ValueError("each sample has one target, which is a class")
    at = np.where(kept, target, 0)
    shares = np.where(kept, np.ones(x.shape[1], x.dtype)[at] if weight is None else widened(weight)[at], 0)
    losses = np.where(kept, -x[np.arange(len(x)), at] * shares, 0)
    match reduction:
        case "none":
            return _as(losses, input)
        case "sum":
            return _as(losses.sum(), input)
        case _:
            return _as(losses.sum() / shares.sum(), input)


def cross_entropy(
    input: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    """``nll_loss`` of the logarithm of softmax, smoothed."""
    x = widened(input)
    if not 0 <= label_smoothing <= 1:
        raise ValueError("label_smoothing is a share")
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    own = nll_loss(logs, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return _as(own, input)
    kept = target != ignore_index
    spread = np.where(kept, -(logs if weight is None else logs * widened(weight)).sum(axis=1), 0)
    if reduction == "sum":
        spread = spread.sum()
    if reduction == "mean":
        shares = np.ones(x.shape[1], x.dtype) if weight is None else widened(weight)
        spread = spread.sum() / shares[target[kept]].sum()
    share = x.dtype.type(label_smoothing)
    return _as((1 - share) * own + share / x.shape[1] * spread, input)


def kl_div(input: Array, target: Array, log_target: bool = False, reduction: str = "mean") -> Array:
    """``t (log t - x)``."""
    x, t = widened(input), widened(target)
    loss = np.exp(t) * (t - x) if log_target else np.where(t == 0, 0, t * np.log(np.where(t == 0, 1, t))) - t * x
    if reduction == "batchmean":
        return _as(loss.sum() / x.dtype.type(len(x)), input)
    return reduced(loss, reduction, input)


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """``(x - t)^2``."""
    off = widened(input) - widened(target)
    return reduced(off * off, reduction, input)


def mse_loss_vjp(cotangent: Array, input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Array]:
    """``2 g (x - t)``, by the number of entries for the mean; the other way for the target."""
    off = widened(input) - widened(target)
    g = 2 * widened(cotangent) * off
    g = g / max(off.size, 1) if reduction == "mean" else g
    return _as(g, input), _as(-g, target)


def huber_loss(input: Array, target: Array, delta: float = 1.0, reduction: str = "mean") -> Array:
    """A parabola within delta, straight lines beyond."""
    x = widened(input)
    if delta <= 0:
        raise ValueError("delta is above zero")
    d, size = x.dtype.type(delta), np.abs(x - widened(target))
    return reduced(np.where(size < d, size * size / 2, d * (size - d / 2)), reduction, input)


def attention(query: Array, key: Array, value: Array, mask: Array | None = None, causal: bool = False) -> Array:
    """``softmax(q k' / sqrt(D)) v``."""
    q, k, v = widened(query), widened(key), widened(value)
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / q.dtype.type(np.sqrt(q.shape[-1]))
    if causal:
        mask = np.tri(q.shape[-2], k.shape[-2], dtype=bool)
    some = np.ones((1, 1), bool) if mask is None else mask.any(axis=-1, keepdims=True)
    if mask is not None:
        scores = np.where(mask | ~some, scores, q.dtype.type(-np.inf))
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares = np.where(some, powers / powers.sum(axis=-1, keepdims=True), 0)
    return _as(np.matmul(shares.astype(q.dtype), v), query)


def swiglu(gate: Array, input: Array) -> Array:
    """``swish(gate) x``."""
    return _as(_swish(widened(gate)) * widened(input), input)


def swiglu_vjp(cotangent: Array, gate: Array, input: Array) -> tuple[Array, Array]:
    """``g x swish'(gate)`` and ``g swish(gate)``."""
    g, z, x = widened(cotangent), widened(gate), widened(input)
    return _as(_swish_vjp(np.asarray(g * x), z)[0], gate), _as(g * _swish(z), input)


def geglu(gate: Array, input: Array) -> Array:
    """``gelu(gate) x``."""
    return _as(_gelu(widened(gate)) * widened(input), input)


def geglu_vjp(cotangent: Array, gate: Array, input: Array) -> tuple[Array, Array]:
    """``g x gelu'(gate)`` and ``g gelu(gate)``."""
    g, z, x = widened(cotangent), widened(gate), widened(input)
    return _as(_gelu_vjp(np.asarray(g * x), z)[0], gate), _as(g * _gelu(z), input)


def embedding(table: Array, index: Array) -> Array:
    """``table[index]``; an index from the end is none."""
    if index.size and index.min() < 0:
        raise IndexError("an index is negative")
    return np.take(table, index, axis=0)


def embedding_vjp(cotangent: Array, table: Array, index: Array) -> tuple[Array, None]:
    """Rows added up where an index repeats."""
    gradient = np.zeros(table.shape, widened(table).dtype)
    np.add.at(gradient, index, widened(cotangent))
    return _as(gradient, table), None


def cumsum(input: Array, dim: int) -> Array:
    """``numpy.cumsum``."""
    return _as(np.cumsum(widened(input), axis=dim), input)


def cumsum_vjp(cotangent: Array, input: Array, dim: int) -> tuple[Array]:
    """The sums from the end."""
    return (_as(np.flip(np.cumsum(np.flip(widened(cotangent), dim), axis=dim), dim), input),)
