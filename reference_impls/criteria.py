"""Losses of distances, pairs and overlaps, and the cosine of two vectors: NumPy and SciPy candidates with their vjps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import log_sigmoid, narrowed, sigmoid_stable, widened
from reference_impls.models import reduced

Array = npt.NDArray[Any]


def _each(cotangent: Array, entries: int, reduction: str) -> Array:
    """What each entry of the loss before its reduction is given."""
    g = widened(cotangent)
    return np.asarray(g / g.dtype.type(max(entries, 1))) if reduction == "mean" else g


def _positive(margin: float) -> None:
    if margin <= 0:
        raise ValueError("margin is above zero")


def l1_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """``|x - t|``."""
    return reduced(np.abs(widened(input) - widened(target)), reduction, input)


def l1_loss_vjp(cotangent: Array, input: Array, target: Array, reduction: str = "mean") -> tuple[Array, Array]:
    """``g sign(x - t)``, the other way for the target."""
    g = _each(cotangent, input.size, reduction) * np.sign(widened(input) - widened(target))
    return narrowed(g, input), narrowed(-g, target)


def smooth_l1_loss(input: Array, target: Array, beta: float = 1.0, reduction: str = "mean") -> Array:
    """A parabola within beta, straight lines beyond."""
    x = widened(input)
    if beta < 0:
        raise ValueError("beta is not negative")
    b, size = x.dtype.type(beta), np.abs(x - widened(target))
    half = x.dtype.type(0.5)
    loss = np.where(size < b, half * size * size / b, size - half * b) if beta else size
    return reduced(np.asarray(loss), reduction, input)


def smooth_l1_loss_vjp(
    cotangent: Array, input: Array, target: Array, beta: float = 1.0, reduction: str = "mean"
) -> tuple[Array, Array]:
    """``g (x - t) / beta`` within beta, ``g sign(x - t)`` beyond."""
    off = widened(input) - widened(target)
    slope = np.where(np.abs(off) < beta, off / off.dtype.type(beta), np.sign(off)) if beta else np.sign(off)
    g = _each(cotangent, off.size, reduction) * slope
    return narrowed(g, input), narrowed(-g, target)


def margin_ranking_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """``max(0, -t (x - y) + margin)``, zero as it is where NaN is not."""
    x, y = widened(input1), widened(input2)
    if not x.shape == y.shape == target.shape:
        raise ValueError("both inputs and the target have one shape")
    return reduced(np.maximum(-target.astype(x.dtype) * (x - y) + x.dtype.type(margin), 0), reduction, input1)


def margin_ranking_loss_vjp(
    cotangent: Array, input1: Array, input2: Array, target: Array, margin: float = 0.0, reduction: str = "mean"
) -> tuple[Array, Array, None]:
    """``-g t`` where the order is not kept by the margin, the other way for the second."""
    x, t = widened(input1), target.astype(widened(input1).dtype)
    late = -t * (x - widened(input2)) + x.dtype.type(margin) > 0
    g = np.where(late, -_each(cotangent, x.size, reduction) * t, 0)
    return narrowed(g, input1), narrowed(-g, input2), None


def _distance(x: Array, y: Array, p: float, eps: float) -> Array:
    return np.asarray(np.linalg.norm(x - y + x.dtype.type(eps), ord=p, axis=-1))


def triplet_margin_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: float = 1.0,
    p: float = 2.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """``max(0, |a - p| - |a - n| + margin)``; with ``swap`` the nearer of a and p to n counts."""
    _positive(margin)
    if not anchor.shape == positive.shape == negative.shape:
        raise ValueError("anchor, positive and negative have one shape")
    a, b, c = (widened(x) for x in (anchor, positive, negative))
    near, far = _distance(a, b, p, 1e-6), _distance(a, c, p, 1e-6)
    if swap:
        far = np.minimum(far, _distance(b, c, p, 1e-6))
    return reduced(np.maximum(near - far + a.dtype.type(margin), 0), reduction, anchor)


def _parts(x1: Array, x2: Array, dim: int, eps: float) -> tuple[Array, Array, Array, Array, Array]:
    x, y = widened(x1), widened(x2)
    if x.shape != y.shape:
        raise ValueError("both have one shape")
    n, m = (np.sqrt(np.sum(z * z, axis=dim, keepdims=True)) for z in (x, y))
    return (
        x,
        y,
        np.sum(x * y, axis=dim, keepdims=True),
        np.maximum(n, x.dtype.type(eps)),
        np.maximum(m, x.dtype.type(eps)),
    )


def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    """``x . y / (max(|x|, eps) max(|y|, eps))``."""
    _, _, product, n, m = _parts(x1, x2, dim, eps)
    return narrowed((product / (n * m)).squeeze(dim), x1)


def cosine_similarity_vjp(
    cotangent: Array, x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8
) -> tuple[Array, Array]:
    """``g (y / (n m) - c x / n^2)``, without the second term where eps stands for the size; the same of the other."""
    x, y, product, n, m = _parts(x1, x2, dim, eps)
    g, c = np.expand_dims(widened(cotangent), dim), product / (n * m)
    by_x = y / (n * m) - np.where(n > eps, c * x / (n * n), 0)
    by_y = x / (n * m) - np.where(m > eps, c * y / (m * m), 0)
    return narrowed(g * by_x, x1), narrowed(g * by_y, x2)


def scipy_cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    """``1 - scipy.spatial.distance.cosine`` of each pair of vectors, which knows no eps."""
    from scipy.spatial.distance import cosine

    if not eps >= 0:
        raise ValueError("eps is not negative")
    if x1.shape != x2.shape:
        raise ValueError("both have one shape")
    x, y = (np.moveaxis(widened(z), dim, -1) for z in (x1, x2))
    pairs = zip(x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1]), strict=True)
    return np.asarray([1 - cosine(a, b) for a, b in pairs], x1.dtype).reshape(x.shape[:-1])


def cosine_embedding_loss(
    input1: Array, input2: Array, target: Array, margin: float = 0.0, reduction: str = "mean"
) -> Array:
    """``1 - cos`` of pairs of target 1, ``max(0, cos - margin)`` of target -1."""
    x, _, product, n, m = _parts(input1, input2, 1, 0.0)
    if target.shape != x.shape[:1]:
        raise ValueError("every pair has one target")
    c = (product / (n * m))[:, 0]
    apart = np.where(target == -1, np.maximum(c - x.dtype.type(margin), 0), 0)
    return reduced(np.where(target == 1, 1 - c, apart), reduction, input1)


def _weights(target: Array, alpha: float, kind: Any) -> Array:
    if alpha < 0:
        return np.ones(target.shape, kind)
    return np.where(target > 0.5, kind.type(alpha), kind.type(1 - alpha))


def focal_loss(input: Array, target: Array, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> Array:
    """``-a (1 - q)^gamma log q``, q the probability of what is true."""
    x = widened(input)
    if input.shape != target.shape:
        raise ValueError("every input has one target")
    signed = np.where(target > 0.5, x, -x)
    loss = -_weights(target, alpha, x.dtype) * sigmoid_stable(-signed) ** x.dtype.type(gamma) * log_sigmoid(signed)
    return reduced(loss, reduction, input)


def focal_loss_vjp(
    cotangent: Array, input: Array, target: Array, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> tuple[Array, None]:
    """``g a (1 - q)^gamma (gamma q log q - (1 - q))``, with the sign of the target."""
    x = widened(input)
    signed = np.where(target > 0.5, x, -x)
    q, miss = sigmoid_stable(signed), sigmoid_stable(-signed)
    power = _weights(target, alpha, x.dtype) * miss ** x.dtype.type(gamma)
    slope = power * (x.dtype.type(gamma) * q * log_sigmoid(signed) - miss)
    return narrowed(_each(cotangent, x.size, reduction) * np.where(target > 0.5, slope, -slope), input), None


def _overlap(input: Array, target: Array) -> tuple[Array, Array]:
    if input.shape != target.shape:
        raise ValueError("every input has one target")
    p, t = widened(input).reshape(len(input), -1), widened(target).reshape(len(input), -1)
    return (p * t).sum(axis=1), p.sum(axis=1) + t.sum(axis=1)


def dice_loss(input: Array, target: Array, smooth: float = 1.0, reduction: str = "mean") -> Array:
    """``1 - (2 sum p t + smooth) / (sum p + sum t + smooth)`` of each sample."""
    shared, total = _overlap(input, target)
    s = shared.dtype.type(smooth)
    return reduced(1 - (2 * shared + s) / (total + s), reduction, input)


def dice_loss_vjp(
    cotangent: Array, input: Array, target: Array, smooth: float = 1.0, reduction: str = "mean"
) -> tuple[Array, None]:
    """``g ((2 sum p t + smooth) / (sum p + sum t + smooth) - 2 t) / (sum p + sum t + smooth)``."""
    shared, total = _overlap(input, target)
    rows = (len(input), *(1,) * (input.ndim - 1))
    s = shared.dtype.type(smooth)
    ratio, total = ((2 * shared + s) / (total + s)).reshape(rows), (total + s).reshape(rows)
    g = _each(cotangent, len(input), reduction)
    return narrowed(
        (g if reduction != "none" else g.reshape(rows)) * (ratio - 2 * widened(target)) / total, input
    ), None
