"""Entries moved: every move is a gather, every sum a scatter, and each is the other's transpose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from flint import arb

from harness.balls.enclosures import Array, Balls, Number, added, lift, made


def flat_places(x: Balls) -> Array:
    return np.arange(x.size).reshape(x.shape)


def take(x: Balls, index: Any) -> Balls:
    """NumPy indexing, basic or advanced."""
    return gather(x, flat_places(x)[index])


def gather(x: Balls, source: Any) -> Balls:
    """The entries of x at flat places, zero where a place is negative."""
    places = np.asarray(source)
    flat = places.reshape(-1)
    value = None
    if x.value is not None:
        taken = x.value.reshape(-1)[np.maximum(flat, 0)] if x.size else np.zeros(flat.shape, x.dtype)
        value = np.where(flat < 0, x.value.dtype.type(0), taken).reshape(places.shape)

    def entry(i: int) -> Number:
        return x.at(int(flat[i])) if flat[i] >= 0 else arb(0)

    return made(places.shape, x.kind, x.work, entry, (x, lambda g: scatter(g, places, x.shape)), value=value)


def scatter(x: Balls, target: Array, shape: tuple[int, ...]) -> Balls:
    """The entries of x added into zeros at flat places; those with a negative place are dropped."""
    flat = target.reshape(-1)

    @cache
    def inverse() -> tuple[Array, Array]:
        order = np.argsort(flat, kind="stable")
        return order, flat[order]

    def entry(j: int) -> Number:
        order, sorted_ = inverse()
        low, high = np.searchsorted(sorted_, [j, j + 1])
        x.work.spend(int(high - low))
        return added(x.at(int(i)) for i in order[low:high])

    return made(shape, x.kind, x.work, entry, (x, lambda g: gather(g, target)))


def reshape(x: Balls, shape: Any) -> Balls:
    """The same entries in another shape."""
    return gather(x, flat_places(x).reshape(shape))


def transpose(x: Balls, axes: Any = None) -> Balls:
    """Axes in another order."""
    return gather(x, flat_places(x).transpose(axes))


def broadcast(x: Balls, shape: Any) -> Balls:
    """The same entries repeated to a larger shape."""
    return x if x.shape == tuple(shape) else gather(x, np.broadcast_to(flat_places(x), shape))


def concatenate(xs: Sequence[Any], axis: int = 0) -> Balls:
    """Arrays joined along an axis."""
    work = next(x.work for x in xs if isinstance(x, Balls))
    parts = [lift(x, work) for x in xs]
    starts = np.cumsum([0, *(x.size for x in parts)])
    joined = np.concatenate([flat_places(x) + start for x, start in zip(parts, starts, strict=False)], axis=axis)
    pieces: list[Balls] = [
        gather(x, np.where((joined >= low) & (joined < low + x.size), joined - low, -1))
        for x, low in zip(parts, starts, strict=False)
    ]
    owner = np.searchsorted(starts[1:], joined.reshape(-1), side="right")
    exact = [x.value for x in parts if x.value is not None]
    value = np.concatenate(exact, axis=axis) if len(exact) == len(parts) else None
    kind = "c" if any(x.kind == "c" for x in parts) else "f"
    return made(
        joined.shape,
        kind,
        work,
        lambda i: pieces[owner[i]].at(i),
        *((piece, lambda g: g) for piece in pieces),
        value=value,
    )


def stack(xs: Sequence[Any], axis: int = 0) -> Balls:
    """Arrays joined along a new axis."""
    work = next(x.work for x in xs if isinstance(x, Balls))
    return concatenate([expand_dims(lift(x, work), axis) for x in xs], axis)


def expand_dims(x: Balls, axis: int) -> Balls:
    """A new axis of length one."""
    return gather(x, np.expand_dims(flat_places(x), axis))


def moveaxis(x: Balls, source: Any, destination: Any) -> Balls:
    """Axes moved to new places."""
    return gather(x, np.moveaxis(flat_places(x), source, destination))


def pad(x: Balls, widths: Any) -> Balls:
    """Zeros before and after each axis."""
    return gather(x, np.pad(flat_places(x), widths, constant_values=-1))


def flip(x: Balls, axis: Any = None) -> Balls:
    """Entries in reverse along axes."""
    return gather(x, np.flip(flat_places(x), axis))


def roll(x: Balls, shift: Any, axis: Any = None) -> Balls:
    """Entries rotated along axes."""
    return gather(x, np.roll(flat_places(x), shift, axis))


def together(*xs: Balls) -> list[Balls]:
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    return [broadcast(x, shape) for x in xs]
