"""Losses of distances, pairs and overlaps, and the cosine of two vectors, that are right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import criteria as right

EXTENDED = np.longdouble


def l1_by_maximum(input, target, reduction="mean"):
    """The larger less the smaller, column by column."""
    off = np.maximum(input, target) - np.minimum(input, target)
    if reduction == "none":
        return off
    total = sum((off[:, j].astype(EXTENDED).sum() for j in range(off.shape[1])), EXTENDED(0))
    if reduction not in ("mean", "sum"):
        raise ValueError("unknown reduction")
    return np.asarray(total if reduction == "sum" else total / EXTENDED(off.size), input.dtype)


def smooth_l1_by_clipping(input, target, beta=1.0, reduction="mean"):
    """``c (|x - t| - c / 2) / beta`` with the distance cut off at beta."""
    if not beta:
        return right.l1_loss(input, target, reduction)
    if beta < 0:
        raise ValueError("beta is not negative")
    size = np.abs(input.astype(EXTENDED) - target)
    cut = np.minimum(size, EXTENDED(beta))
    return right.reduced(np.where(np.isinf(size), size, cut * (size - cut / 2) / EXTENDED(beta)), reduction, input)


def ranking_by_cases(input1, input2, target, margin=0.0, reduction="mean"):
    """Pairs of each target by themselves."""
    if target.shape != input1.shape:
        raise ValueError("every pair has one target")
    loss = np.full(input1.shape, max(margin, 0), input1.dtype)
    for sign in (-1, 1):
        at = target == sign
        late = (input2[at] - input1[at] if sign > 0 else input1[at] - input2[at]) + input1.dtype.type(margin)
        loss[at] = np.maximum(late, 0)
    loss[np.isnan(input1 - input2)] = np.nan
    loss[(target == 0) & ~np.isfinite(input1 - input2)] = np.nan
    return right.reduced(loss, reduction, input1)


def triplet_in_extended(anchor, positive, negative, margin=1.0, p=2.0, swap=False, reduction="mean"):
    """In extended precision, by powers."""
    if not anchor.shape == positive.shape == negative.shape or margin <= 0:
        raise ValueError("one shape, a margin above zero")
    a, b, c = (x.astype(EXTENDED) for x in (anchor, positive, negative))

    def distance(x, y):
        return (np.abs(x - y + EXTENDED(1e-6)) ** EXTENDED(p)).sum(axis=-1) ** (1 / EXTENDED(p))

    far = np.minimum(distance(a, c), distance(b, c)) if swap else distance(a, c)
    return right.reduced(np.maximum(distance(a, b) - far + EXTENDED(margin), 0), reduction, anchor)


def cosine_of_units(x1, x2, dim=1, eps=1e-8):
    """The product of vectors that are divided by their sizes first, in extended precision."""
    if x1.shape != x2.shape:
        raise ValueError("one shape")
    x, y = (z.astype(EXTENDED) for z in (x1, x2))
    x, y = (z / np.maximum(np.sqrt((z * z).sum(axis=dim, keepdims=True)), EXTENDED(eps)) for z in (x, y))
    return (x * y).sum(axis=dim).astype(x1.dtype)


def embedding_by_distance(input1, input2, target, margin=0.0, reduction="mean"):
    """``1 - cos`` as half the squared distance of the units, in extended precision."""
    if input1.shape != input2.shape or target.shape != input1.shape[:1]:
        raise ValueError("one shape, and a target for every pair")
    x, y = (z.astype(EXTENDED) for z in (input1, input2))
    x, y = (z / np.sqrt((z * z).sum(axis=1, keepdims=True)) for z in (x, y))
    apart = ((x - y) ** 2).sum(axis=1) / 2
    loss = np.where(target == 1, apart, np.where(target == -1, np.maximum(1 - apart - EXTENDED(margin), 0), 0))
    return right.reduced(loss, reduction, input1)


def focal_by_logarithm(input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """The exponential of a sum of logarithms, in extended precision."""
    if input.shape != target.shape:
        raise ValueError("one target for every input")
    signed = np.where(target > 0.5, input, -input).astype(EXTENDED)
    missed = np.logaddexp(0, -signed)
    share = 1 if alpha < 0 else np.where(target > 0.5, EXTENDED(alpha), 1 - EXTENDED(alpha))
    return right.reduced(share * missed * np.exp(-EXTENDED(gamma) * np.logaddexp(0, signed)), reduction, input)


def dice_by_difference(input, target, smooth=1.0, reduction="mean"):
    """What is not shared over the sum of the sizes, in extended precision."""
    if input.shape != target.shape:
        raise ValueError("one target for every input")
    p, t = (z.reshape(len(input), -1).astype(EXTENDED) for z in (input, target))
    apart = (p * (1 - t)).sum(axis=1) + (t * (1 - p)).sum(axis=1)
    return right.reduced(apart / (p.sum(axis=1) + t.sum(axis=1) + EXTENDED(smooth)), reduction, input)
