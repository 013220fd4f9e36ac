"""Programs that move entries, exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.dispatch import axes_of, first
from harness.operations import primitives

A = Any


def reshape(x: A, shape: Any, order: str = "C") -> A:
    """The same entries in another shape."""
    if order != "C":
        raise x.lacking(f"reshape in the order {order}")
    return primitives.reshape(x, shape=shape)


def transpose(x: A, axes: Any = None) -> A:
    """Axes in another order."""
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(int(a) % x.ndim for a in axes)
    return primitives.transpose(x, order=order)


def broadcast(x: A, shape: Any) -> A:
    """The same entries repeated to a larger shape."""
    wanted = (int(shape),) if np.ndim(shape) == 0 else tuple(shape)
    return x if x.shape == wanted else primitives.broadcast(x, shape=wanted)


def take(x: A, index: Any) -> A:
    """NumPy indexing, basic or advanced."""
    return primitives.take(x, index=index)


def concatenate(xs: Sequence[Any], axis: int = 0) -> A:
    """Arrays joined along an axis."""
    like: Any = first(xs)
    return primitives.concatenate(*xs, axis=axis % like.ndim)


def stack(xs: Sequence[Any], axis: int = 0) -> A:
    """Arrays joined along a new axis."""
    like: Any = first(xs)
    return concatenate([np.expand_dims(like.lifted(x), axis) for x in xs], axis % (like.ndim + 1))


def expand_dims(x: A, axis: Any) -> A:
    """New axes of length one."""
    return np.reshape(x, np.expand_dims(np.broadcast_to(0, x.shape), axis).shape)


def moveaxis(x: A, source: Any, destination: Any) -> A:
    """Axes moved to new places."""
    order = np.moveaxis(np.empty(tuple(range(1, x.ndim + 1))), source, destination).shape
    return np.transpose(x, [n - 1 for n in order])


def pad(x: A, widths: Any) -> A:
    """Zeros before and after each axis."""
    pairs = np.broadcast_to(widths, (x.ndim, 2))
    shape = tuple(n + int(a) + int(b) for n, (a, b) in zip(x.shape, pairs, strict=True))
    index = tuple(slice(int(a), int(a) + n) for n, (a, _) in zip(x.shape, pairs, strict=True))
    return primitives.scatter(x, index=index, shape=shape)


def flip(x: A, axis: Any = None) -> A:
    """Entries in reverse along axes."""
    axes = axes_of(axis, x.ndim)
    return x[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim))]


def roll(x: A, shift: Any, axis: Any = None) -> A:
    """Entries rotated along axes."""
    return primitives.roll(x, shift=shift, axis=axis)


def as_places_move(function: Callable[..., Any]) -> Callable[..., A]:
    """The program of any NumPy function that moves, leaves out or repeats entries: it is done to their places."""

    def program(x: A, *arguments: Any, **keywords: Any) -> A:
        places = function(np.arange(x.size).reshape(x.shape), *arguments, **keywords)
        return np.reshape(x, (x.size,))[places]

    return program


def as_places_split(function: Callable[..., Any]) -> Callable[..., list[A]]:
    """The program of a NumPy function that makes several arrays of one array's entries."""

    def program(x: A, *arguments: Any, **keywords: Any) -> list[A]:
        line = np.reshape(x, (x.size,))
        return [line[p] for p in function(np.arange(x.size).reshape(x.shape), *arguments, **keywords)]

    return program


def as_places_join(function: Callable[..., Any]) -> Callable[..., A]:
    """The program of a NumPy function that makes one array of several arrays' entries."""

    def program(xs: Sequence[Any], *arguments: Any, **keywords: Any) -> A:
        one: Any = first(xs)
        lifted = [one.lifted(x) for x in xs]
        starts = np.cumsum([0, *(x.size for x in lifted)])
        places = [np.arange(x.size).reshape(x.shape) + start for x, start in zip(lifted, starts, strict=False)]
        line = np.concatenate([np.reshape(x, (x.size,)) for x in lifted])
        return line[function(places, *arguments, **keywords)]

    return program


def take_along_axis(x: A, indices: Any, axis: Any = -1) -> A:
    """The entries at an index per line along an axis."""
    places = np.take_along_axis(np.arange(x.size).reshape(x.shape), indices, axis)
    return np.reshape(x, (x.size,))[places]


def diag(x: A, k: int = 0) -> A:
    """The diagonal of a matrix, or the matrix that has it and is zero elsewhere."""
    if x.ndim != 1:
        return np.diagonal(x, k)
    n = x.shape[0] + abs(k)
    rows = np.arange(x.shape[0]) + max(-k, 0)
    return primitives.scatter(x, index=(rows, rows + k), shape=(n, n))
