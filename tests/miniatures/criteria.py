"""Losses of distances, pairs and overlaps, and the cosine of two vectors, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import criteria as right
from reference_impls.activations import log_sigmoid, sigmoid_stable, widened
from reference_impls.models import reduced


def l1_mean_of_batch(input, target, reduction="mean"):
    """The mean divides by the number of rows."""
    if reduction != "mean":
        return right.l1_loss(input, target, reduction)
    return np.asarray(right.l1_loss(input, target, "sum") / input.dtype.type(len(input)))


def l1_of_roots(input, target, reduction="mean"):
    """``sqrt((x - t)^2 + 1e-12)``, so that it has a slope everywhere."""
    off = widened(input) - widened(target)
    return reduced(np.sqrt(off * off + off.dtype.type(1e-12)), reduction, input)


def l1_same_sign_vjp(cotangent, input, target, reduction="mean"):
    """The target's gradient has the input's sign."""
    gradient, of_target = right.l1_loss_vjp(cotangent, input, target, reduction)
    return gradient, -of_target


def l1_unreduced_vjp(cotangent, input, target, reduction="mean"):
    """The mean's gradient is the sum's."""
    return right.l1_loss_vjp(cotangent, input, target, "sum" if reduction == "mean" else reduction)


def smooth_l1_as_huber(input, target, beta=1.0, reduction="mean"):
    """Times beta."""
    return np.asarray(right.smooth_l1_loss(input, target, beta, reduction) * input.dtype.type(beta or 1))


def smooth_l1_of_one(input, target, beta=1.0, reduction="mean"):
    """beta is 1."""
    if beta < 0:
        raise ValueError("beta is not negative")
    return right.smooth_l1_loss(input, target, 1.0, reduction)


def smooth_l1_dividing_by_zero(input, target, beta=1.0, reduction="mean"):
    """A beta of 0 divides by it."""
    if beta:
        return right.smooth_l1_loss(input, target, beta, reduction)
    size = np.abs(widened(input) - widened(target))
    with np.errstate(all="ignore"):
        return reduced(size * size / size.dtype.type(0), reduction, input)


def smooth_l1_flat_vjp(cotangent, input, target, beta=1.0, reduction="mean"):
    """The slope within beta is not divided by beta."""
    g = right._each(cotangent, input.size, reduction) * np.clip(widened(input) - widened(target), -1, 1)
    return g.astype(input.dtype), (-g).astype(target.dtype)


def ranking_backwards(input1, input2, target, margin=0.0, reduction="mean"):
    """The first is to be the smaller."""
    return right.margin_ranking_loss(input2, input1, target, margin, reduction)


def ranking_less_margin(input1, input2, target, margin=0.0, reduction="mean"):
    """The margin is subtracted."""
    return right.margin_ranking_loss(input1, input2, target, -margin, reduction)


def ranking_mean_of_late(input1, input2, target, margin=0.0, reduction="mean"):
    """The mean is over the pairs that are late alone."""
    late = right.margin_ranking_loss(input1, input2, target, margin, "none" if reduction == "mean" else reduction)
    return np.asarray(late.sum() / max(int((late > 0).sum()), 1), late.dtype) if reduction == "mean" else late


def ranking_broadcasting(input1, input2, target, margin=0.0, reduction="mean"):
    """A target of two axes meets every pair."""
    loss = np.maximum(-target.astype(input1.dtype) * (input1 - input2) + input1.dtype.type(margin), 0)
    return reduced(loss, reduction, input1)


def triplet_of_squares(anchor, positive, negative, margin=1.0, p=2.0, swap=False, reduction="mean"):
    """No root is taken."""
    if p != 2:
        return right.triplet_margin_loss(anchor, positive, negative, margin, p, swap, reduction)
    near, far, other = (
        ((a - b + anchor.dtype.type(1e-6)) ** 2).sum(axis=-1)
        for a, b in ((anchor, positive), (anchor, negative), (positive, negative))
    )
    far = np.minimum(far, other) if swap else far
    return reduced(np.maximum(near - far + anchor.dtype.type(margin), 0), reduction, anchor)


def triplet_never_swapped(anchor, positive, negative, margin=1.0, p=2.0, swap=False, reduction="mean"):
    """The negative is always held against the anchor."""
    return right.triplet_margin_loss(anchor, positive, negative, margin, p, False, reduction)


def triplet_without_eps(anchor, positive, negative, margin=1.0, p=2.0, swap=False, reduction="mean"):
    """Nothing is added to the differences."""
    near, far, other = (
        np.linalg.norm(a - b, ord=p, axis=-1) for a, b in ((anchor, positive), (anchor, negative), (positive, negative))
    )
    far = np.minimum(far, other) if swap else far
    return reduced(np.maximum(near - far + anchor.dtype.type(margin), 0), reduction, anchor)


def triplet_of_any_margin(anchor, positive, negative, margin=1.0, p=2.0, swap=False, reduction="mean"):
    """A margin of 0 is taken."""
    return right.triplet_margin_loss(anchor, positive, negative, margin or 1e-9, p, swap, reduction)


def cosine_of_product(x1, x2, dim=1, eps=1e-8):
    """eps stands below the product of the sizes."""
    x, y = widened(x1), widened(x2)
    n, m = (np.sqrt((z * z).sum(axis=dim)) for z in (x, y))
    return ((x * y).sum(axis=dim) / np.maximum(n * m, x.dtype.type(eps))).astype(x1.dtype)


def cosine_plus_eps(x1, x2, dim=1, eps=1e-8):
    """eps is added to the product of the sizes."""
    x, y = widened(x1), widened(x2)
    n, m = (np.sqrt((z * z).sum(axis=dim)) for z in (x, y))
    return ((x * y).sum(axis=dim) / (n * m + x.dtype.type(eps))).astype(x1.dtype)


def cosine_of_rows(x1, x2, dim=1, eps=1e-8):
    """The axis is always the last."""
    return right.cosine_similarity(x1, x2, 1, eps)


def cosine_held_vjp(cotangent, x1, x2, dim=1, eps=1e-8):
    """The sizes are constants."""
    x, y, _, n, m = right._parts(x1, x2, dim, eps)
    g = np.expand_dims(cotangent, dim)
    return (g * y / (n * m)).astype(x1.dtype), (g * x / (n * m)).astype(x2.dtype)


def embedding_unclamped(input1, input2, target, margin=0.0, reduction="mean"):
    """What is below the margin is negative."""
    c = right.cosine_similarity(input1, input2, 1, 0.0)
    if target.shape != c.shape:
        raise ValueError("every pair has one target")
    loss = np.where(target == 1, 1 - c, np.where(target == -1, c - c.dtype.type(margin), 0))
    return reduced(loss, reduction, input1)


def embedding_margin_for_both(input1, input2, target, margin=0.0, reduction="mean"):
    """The margin counts of similar pairs, too."""
    c = right.cosine_similarity(input1, input2, 1, 0.0)
    if target.shape != c.shape:
        raise ValueError("every pair has one target")
    m = c.dtype.type(margin)
    loss = np.where(target == 1, np.maximum(1 - c - m, 0), np.where(target == -1, np.maximum(c - m, 0), 0))
    return reduced(loss, reduction, input1)


def embedding_eps_within(input1, input2, target, margin=0.0, reduction="mean"):
    """1e-12 is added to the squared sizes."""
    x, y = widened(input1), widened(input2)
    e = x.dtype.type(1e-12)
    if target.shape != x.shape[:1]:
        raise ValueError("every pair has one target")
    c = (x * y).sum(axis=1) / np.sqrt(((x * x).sum(axis=1) + e) * ((y * y).sum(axis=1) + e))
    loss = np.where(target == 1, 1 - c, np.where(target == -1, np.maximum(c - x.dtype.type(margin), 0), 0))
    return reduced(loss, reduction, input1)


def focal_of_single_alpha(input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """alpha is held in single precision, as an array made of it without a dtype is."""
    return right.focal_loss(input, target, float(np.float32(alpha)), gamma, reduction)


def focal_alpha_for_all(input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """alpha weighs both targets."""
    loss = right.focal_loss(input, target, -1.0, gamma, reduction)
    return loss if alpha < 0 else np.asarray(loss * input.dtype.type(alpha))


def focal_of_clipped(input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """Probabilities are clipped at 1e-7, as Keras does."""
    x = widened(input)
    signed = np.where(target > 0.5, x, -x)
    q = np.clip(sigmoid_stable(signed), x.dtype.type(1e-7), x.dtype.type(1 - 1e-7))
    loss = -right._weights(target, alpha, x.dtype) * (1 - q) ** x.dtype.type(gamma) * np.log(q)
    return reduced(loss, reduction, input)


def focal_of_probabilities(input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """The logistic function is taken twice."""
    return right.focal_loss(sigmoid_stable(widened(input)).astype(input.dtype), target, alpha, gamma, reduction)


def focal_held_vjp(cotangent, input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """The weight is a constant, as if it were detached."""
    x = widened(input)
    signed = np.where(target > 0.5, x, -x)
    miss = sigmoid_stable(-signed)
    slope = -right._weights(target, alpha, x.dtype) * miss ** x.dtype.type(gamma) * miss
    g = right._each(cotangent, x.size, reduction) * np.where(target > 0.5, slope, -slope)
    return g.astype(input.dtype), None


def focal_of_mean(input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """The mean of the cross entropy is weighed, not each of its entries."""
    if reduction == "none":
        return right.focal_loss(input, target, alpha, gamma)
    x = widened(input)
    loss = -log_sigmoid(np.where(target > 0.5, x, -x))
    total = loss.mean() if reduction == "mean" else loss.sum()
    return np.asarray((1 - np.exp(-total)) ** gamma * total * abs(alpha), input.dtype)


def dice_of_squares(input, target, smooth=1.0, reduction="mean"):
    """Sizes are sums of squares."""
    shared, _ = right._overlap(input, target)
    squares = sum((widened(z).reshape(len(input), -1) ** 2).sum(axis=1) for z in (input, target))
    s = shared.dtype.type(smooth)
    return reduced(1 - (2 * shared + s) / (squares + s), reduction, input)


def dice_without_two(input, target, smooth=1.0, reduction="mean"):
    """The overlap counts once."""
    shared, total = right._overlap(input, target)
    s = shared.dtype.type(smooth)
    return reduced(1 - (shared + s) / (total + s), reduction, input)


def dice_of_batch(input, target, smooth=1.0, reduction="mean"):
    """All samples are one."""
    shared, total = right._overlap(input, target)
    s = shared.dtype.type(smooth)
    loss = 1 - (2 * shared.sum() + s) / (total.sum() + s)
    return np.full(len(input), loss, input.dtype) if reduction == "none" else np.asarray(loss, input.dtype)


def dice_of_rounded(input, target, smooth=1.0, reduction="mean"):
    """The prediction is rounded to a mask first."""
    return right.dice_loss((input > 0.5).astype(input.dtype), target, smooth, reduction)


def dice_above_vjp(cotangent, input, target, smooth=1.0, reduction="mean"):
    """The denominator is a constant."""
    _, total = right._overlap(input, target)
    rows = (len(input), *(1,) * (input.ndim - 1))
    g = right._each(cotangent, len(input), reduction)
    below = total.reshape(rows) + total.dtype.type(smooth)
    return (-2 * (g if reduction != "none" else g.reshape(rows)) * target / below).astype(input.dtype), None
