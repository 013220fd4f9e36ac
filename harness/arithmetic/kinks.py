"""Choices and kinks: where the error does not decide the branch, the bound covers every subgradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.arithmetic.moving import broadcast, reshape
from harness.arithmetic.operators import add, conj, divide, multiply, negative, real, subtract
from harness.arithmetic.roundings import all_tiers, plus, rounding, shaped
from harness.arithmetic.tracked import Tracked, aligned, fit, lift, made
from harness.dispatch import axes_of


def maximum(a: Tracked, b: Tracked) -> Tracked:
    """The larger of each pair."""
    value = np.maximum(a.value, b.value)
    ea, eb = (np.zeros(()) if e is None else e for e in aligned(a, b))
    either = np.maximum(np.broadcast_to(ea, (3, *value.shape)), np.broadcast_to(eb, (3, *value.shape)))
    with np.errstate(invalid="ignore"):
        undecided = np.abs(a.value - b.value).astype(np.float64) <= np.broadcast_to(
            np.asarray(ea) + eb, (3, *value.shape)
        )
        first = np.broadcast_to(a.value > b.value, value.shape)
    error = np.where(undecided, either, np.where(first, ea, eb))
    share = Tracked(
        np.where(undecided.any(axis=0), 0.5, np.where(first, 1.0, 0.0)).astype(a.p.wide),
        np.where(undecided.any(axis=0), 0.5, 0.0) * np.ones((3, 1)).reshape(3, *(1,) * value.ndim)
        if undecided.any()
        else None,
        a.p,
    )
    return made(
        value,
        error,
        a.p,
        (a, lambda g: fit(multiply(g, share), a)),
        (b, lambda g: fit(multiply(g, subtract(lift(1, a.p), share)), b)),
    )


def minimum(a: Tracked, b: Tracked) -> Tracked:
    """The smaller of each pair."""
    return negative(maximum(negative(a), negative(b)))


def largest(x: Tracked, axis: Any = None, *, keepdims: bool = False) -> Tracked:
    """The maximum over axes; ties share the gradient in any proportion."""
    axes = axes_of(axis, x.ndim)
    value = x.value.max(axis=axes, keepdims=True)
    e = np.zeros((3, *x.shape)) if x.error is None else x.error
    top = e.max(axis=tuple(a + 1 for a in axes), keepdims=True)
    with np.errstate(invalid="ignore"):
        near = (x.value == value) | ((value - x.value).astype(np.float64) <= (e + top).max(axis=0))
    rivals = near.sum(axis=axes, keepdims=True)
    share = Tracked(
        np.where(near, 1 / np.maximum(rivals, 1), 0.0).astype(x.p.wide),
        all_tiers(np.where(near & (rivals > 1), 1.0, 0.0)) if (rivals > 1).any() else None,
        x.p,
    )
    kept = value.shape
    shape = kept if keepdims else tuple(s for i, s in enumerate(x.shape) if i not in axes)
    return made(
        value.reshape(shape),
        None if x.error is None else top.reshape(3, *shape),
        x.p,
        (x, lambda g: multiply(share, broadcast(reshape(g, kept), x.shape))),
    )


def where(condition: Any, a: Any, b: Any) -> Tracked:
    """``a`` where the condition holds, else ``b``; conditions are decided by values (put kinks in maximum or abs)."""
    p = next(x.p for x in (condition, a, b) if isinstance(x, Tracked))
    mask = np.asarray(condition.value if isinstance(condition, Tracked) else condition, dtype=bool)
    a, b = lift(a, p), lift(b, p)
    value = np.where(mask, a.value, b.value)
    errors = [np.zeros(()) if e is None else e for e in aligned(a, b, lift(mask, p))[:2]]
    error = np.where(mask, *errors) if any(x.error is not None for x in (a, b)) else None
    on, off = (Tracked(m.astype(p.wide), None, p) for m in (mask, ~mask))
    return made(
        value,
        shaped(error, value),
        p,
        (a, lambda g: fit(multiply(g, on), a)),
        (b, lambda g: fit(multiply(g, off), b)),
    )


def absolute(x: Tracked) -> Tracked:
    """``|x|``; of a complex number its modulus (hypot: within one ULP)."""
    value = np.abs(x.value)
    local = rounding(value, x.p, 2.0) if x.value.dtype.kind == "c" else None
    return made(value, plus(x.error, local), x.p, (x, lambda g: multiply(g, direction(x))))


def direction(x: Tracked) -> Tracked:
    """``x / |x|``, 0 at 0; where the error reaches 0 the bound covers the unit disc: every subgradient of the modulus."""
    size = np.abs(x.value)
    with np.errstate(all="ignore"):
        value = np.where(size > 0, x.value / np.where(size > 0, size, 1), 0)
        e = np.zeros((3, *x.shape)) if x.error is None else np.asarray(x.error)
        if x.value.dtype.kind == "c":
            spread = np.where(e == 0, 0.0, np.minimum(2 * e / np.maximum(size.astype(np.float64), 1e-300), 2.0))
            error = spread + np.where(size > 0, 4 * x.p.u, 1.0)
        else:
            error = np.where(size > e, 0.0, np.where(size > 0, 2.0, 1.0 + e * 0))
    if x.value.dtype.kind != "c":
        return made(value, error, x.p)

    def back(g: Tracked) -> Tracked:
        along = multiply(result, real(multiply(conj(result), g)))
        undefined = where(
            size > 0, lift(0.0, x.p), Tracked(np.zeros(x.shape, x.p.wide), all_tiers(np.full(x.shape, np.inf)), x.p)
        )
        return add(divide(subtract(g, along), where(size > 0, absolute(x), lift(1.0, x.p))), undefined)

    result = made(value, error, x.p, (x, back))
    return result


def clip(x: Tracked, low: Any = None, high: Any = None) -> Tracked:
    """x within limits, each of which may be None."""
    above = x if low is None else maximum(x, lift(low, x.p))
    return above if high is None else minimum(above, lift(high, x.p))
