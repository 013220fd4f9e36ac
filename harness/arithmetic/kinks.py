"""Choices and kinks: where the error does not decide the branch, the bound covers every subgradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.arithmetic import chains
from harness.arithmetic.roundings import Array, all_tiers, plus, rounding, shaped
from harness.arithmetic.tracked import Tracked, aligned, all_exact, made, with_axes


def _compared(a: Tracked, b: Tracked) -> tuple[Array, Array, Array, Array]:
    """The errors of a pair, where they leave open which is the larger (by tiers), and where the first is."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    ea, eb = (np.zeros((1, *(1,) * len(shape))) if e is None else e for e in aligned(a, b))
    with np.errstate(invalid="ignore"):
        near = ea + eb
        undecided = np.abs(a.value - b.value).astype(np.float64) <= near
        first = np.broadcast_to(a.value > b.value, shape)
    return ea, eb, undecided, first


def maximum(a: Tracked, b: Tracked) -> Tracked:
    """The larger of each pair."""
    value = np.maximum(a.value, b.value)
    ea, eb, undecided, first = _compared(a, b)
    return made(value, np.where(undecided, np.maximum(ea, eb), np.where(first, ea, eb)), a.p)


def share_of_first(a: Tracked, b: Tracked) -> Tracked:
    """1 where a is the larger, 0 where b is; anything between where the error leaves it open."""
    _, _, undecided, first = _compared(a, b)
    either = undecided.any(axis=0)
    value = np.where(either, 0.5, np.where(first, 1.0, 0.0)).astype(a.p.wide)
    return Tracked(value, all_tiers(np.where(either, 0.5, 0.0)) if either.any() else None, a.p)


def _rivals(x: Tracked, axes: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """The maximum over axes, kept; its error; and where an entry may be the maximum."""
    value = x.value.max(axis=axes, keepdims=True)
    e = np.zeros((1, *x.shape)) if x.error is None else x.error
    top = e.max(axis=tuple(a + 1 for a in axes), keepdims=True)
    with np.errstate(invalid="ignore"):
        near = (x.value == value) | ((value - x.value).astype(np.float64) <= (e + top).max(axis=0))
    return value, top, near


def largest(x: Tracked, axes: tuple[int, ...]) -> Tracked:
    """The maximum over axes, kept."""
    value, top, _ = _rivals(x, axes)
    return made(value, None if x.error is None else top, x.p)


def share_of_largest(x: Tracked, axes: tuple[int, ...]) -> Tracked:
    """1 for the maximum over axes, 0 for the others; rivals share it in any proportion."""
    _, _, near = _rivals(x, axes)
    if x.p.ties == "first":
        near = near & (_running(near, axes) == 1)
    rivals = near.sum(axis=axes, keepdims=True)
    value = np.where(near, 1 / np.maximum(rivals, 1), 0.0).astype(x.p.wide)
    open_ = all_tiers(np.where(near & (rivals > 1), 1.0, 0.0)) if (rivals > 1).any() else None
    return Tracked(value, open_, x.p)


def _running(near: Array, axes: tuple[int, ...]) -> Array:
    """The how many-th rival over axes each entry is."""
    last = tuple(range(-len(axes), 0))
    rows = np.moveaxis(near, axes, last)
    counted = np.cumsum(rows.reshape(*rows.shape[: near.ndim - len(axes)], -1), axis=-1)
    return np.moveaxis(counted.reshape(rows.shape), last, axes)


def where(a: Tracked, b: Tracked, condition: Any) -> Tracked:
    """``a`` where the condition holds, else ``b``."""
    value = np.where(condition, a.value, b.value)
    errors = [np.zeros(()) if e is None else with_axes(e, value.ndim) for e in aligned(a, b)]
    error = None if all_exact(a, b) else np.where(condition, *errors)
    return replace(made(value, shaped(error, value), a.p), chain=chains.chosen(a, b, condition))


def confined(x: Tracked, low: float, high: float) -> Tracked:
    """x, which lies within the limits: no error reaches beyond them."""
    value = np.clip(x.value, low, high)
    room = np.maximum(high - value, value - low).astype(np.float64)
    return made(value, None if x.error is None else np.fmin(x.error, room), x.p)


def absolute(x: Tracked) -> Tracked:
    """``|x|``; of a complex number its modulus (hypot: within one ULP)."""
    value = np.abs(x.value)
    local = rounding(value, x.p, 2.0) if x.value.dtype.kind == "c" else None
    return made(value, plus(x.error, local), x.p)


def nonzero_modulus(x: Tracked) -> Tracked:
    """``|x|``, and 1 where the value is 0."""
    size = absolute(x)
    error = None if size.error is None else np.where(size.value == 0, 0.0, size.error)
    return made(np.where(size.value == 0, 1, size.value).astype(x.p.wide), error, x.p)


def unknown_at_zero(x: Tracked) -> Tracked:
    """0, with no bound where the value of x is 0."""
    return made(np.zeros(x.shape, x.p.wide), all_tiers(np.where(x.value == 0, np.inf, 0.0)), x.p)


def one_off_zero(x: Tracked) -> Tracked:
    """1, and 0 where the value of x is 0."""
    return made((x.value != 0).astype(x.p.wide), None, x.p)


def direction(x: Tracked) -> Tracked:
    """``x / |x|``, 0 at 0; where the error reaches 0 the bound covers the unit disc: every subgradient of the modulus."""
    size = np.abs(x.value)
    with np.errstate(all="ignore"):
        value = np.where(size > 0, x.value / np.where(size > 0, size, 1), 0)
        e = np.zeros((1, *x.shape)) if x.error is None else np.asarray(x.error)
        if x.value.dtype.kind == "c":
            spread = np.where(e == 0, 0.0, np.minimum(2 * e / np.maximum(size.astype(np.float64), 1e-300), 2.0))
            error = spread + np.where(size > 0, 4 * x.p.u, 1.0)
        else:
            error = np.where(size > e, 0.0, np.where(size > 0, 2.0, 1.0 + e * 0))
    return made(value, error, x.p)


def sort(x: Tracked, order: Any) -> Tracked:
    """The entries along the last axis in rising order: no further off than the entry that is furthest off."""
    value = np.take_along_axis(x.value, order, -1)
    if x.error is None:
        return made(value, None, x.p)
    return made(value, np.broadcast_to(x.error.max(axis=-1, keepdims=True), x.error.shape), x.p)


def tied(x: Tracked, order: Any) -> Tracked:
    """0, off by 1 where errors or ties leave the place of an entry open."""
    line = np.take_along_axis(x.value, order, -1)
    e = np.zeros(x.shape) if x.error is None else np.take_along_axis(x.error.max(axis=0), order, -1)
    with np.errstate(invalid="ignore"):
        near = np.diff(line, axis=-1).astype(np.float64) <= e[..., 1:] + e[..., :-1]
    no = np.zeros((*x.shape[:-1], 1), bool)
    open_ = np.concatenate([near, no], -1) | np.concatenate([no, near], -1)
    back = np.take_along_axis(open_, np.argsort(order, axis=-1), -1)
    return made(np.zeros(x.shape, x.p.wide), all_tiers(back.astype(np.float64)), x.p)
