"""Entries moved: every move is a gather, and a sum over axes a scatter."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from harness.balls.enclosures import Array, Balls, Number, added, made


def flat_places(x: Balls) -> Array:
    return np.arange(x.size).reshape(x.shape)


def moved(x: Balls, move: Callable[[Array], Array]) -> Balls:
    """What a move does to an array, done to the flat places of the entries."""
    return gather(x, move(flat_places(x)))


def gather(x: Balls, places: Array) -> Balls:
    """The entries of x at flat places."""
    flat = places.reshape(-1)
    value = None
    if x.value is not None:
        value = (x.value.reshape(-1)[flat] if x.size else np.zeros(flat.shape, x.dtype)).reshape(places.shape)
    return made(places.shape, x.kind, x.work, lambda i: x.at(int(flat[i])), value=value)


def broadcast(x: Balls, shape: tuple[int, ...]) -> Callable[[int], Number]:
    """The ball at each flat place of x repeated to a larger shape."""
    if x.shape == shape:
        return x.at
    flat = np.broadcast_to(flat_places(x), shape).reshape(-1)
    return lambda i: x.at(int(flat[i]))


def scatter(x: Balls, index: Any, shape: tuple[int, ...]) -> Balls:
    """The transpose of indexing: entries added into zeros where the index takes them from."""
    target = np.arange(int(np.prod(shape))).reshape(shape)[index]
    return scattered(x, target, tuple(shape))


def scattered(x: Balls, target: Array, shape: tuple[int, ...]) -> Balls:
    """The entries of x added into zeros at flat places."""
    flat = target.reshape(-1)

    @cache
    def inverse() -> tuple[Array, Array]:
        order = np.argsort(flat, kind="stable")
        return order, flat[order]

    def entry(j: int) -> Number:
        order, sorted_ = inverse()
        low, high = np.searchsorted(sorted_, [j, j + 1])
        x.work.spend(max(int(high - low) - 1, 0))
        return added(x.at(int(i)) for i in order[low:high])

    return made(shape, x.kind, x.work, entry, value=_alone(x, flat, shape))


def _alone(x: Balls, flat: Array, shape: tuple[int, ...]) -> Array | None:
    """The value, where x is exact and no two of its entries meet."""
    if x.value is None or np.unique(flat).size < flat.size:
        return None
    value = np.zeros(int(np.prod(shape)), x.value.dtype)
    value[flat] = x.value.reshape(-1)
    return value.reshape(shape)


def concatenate(*xs: Balls, axis: int) -> Balls:
    """Arrays joined along an axis."""
    starts = np.cumsum([0, *(x.size for x in xs)])
    joined = np.concatenate([flat_places(x) + start for x, start in zip(xs, starts, strict=False)], axis=axis)
    flat = joined.reshape(-1)
    owner = np.searchsorted(starts[1:], flat, side="right")
    exact = [x.value for x in xs if x.value is not None]
    value = np.concatenate(exact, axis=axis) if len(exact) == len(xs) else None
    kind = "c" if any(x.kind == "c" for x in xs) else "f"

    def entry(i: int) -> Number:
        return xs[owner[i]].at(int(flat[i] - starts[owner[i]]))

    return made(joined.shape, kind, xs[0].work, entry, value=value)
