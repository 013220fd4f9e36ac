"""Programs that move entries, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.dispatch import axes_of, first, refused
from harness.operations import primitives

A = Any


def reshape(x: A, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> A:
    """The same entries in another shape."""
    shape = newshape if shape is None else shape
    if order == "F":
        whole = np.empty(x.shape, np.int8).reshape(shape).shape
        return np.transpose(primitives.reshape(np.transpose(x), shape=tuple(reversed(whole))))
    return primitives.reshape(x, shape=shape)


def transpose(x: A, axes: Any = None) -> A:
    """Axes in another order."""
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(int(a) % x.ndim for a in axes)
    return primitives.transpose(x, order=order)


def broadcast(x: A, shape: Any, subok: bool = False) -> A:
    """The same entries repeated to a larger shape."""
    wanted = (int(shape),) if np.ndim(shape) == 0 else tuple(shape)
    return x if x.shape == wanted else primitives.broadcast(x, shape=wanted)


def take(x: A, index: Any) -> A:
    """NumPy indexing, basic or advanced."""
    return primitives.take(x, index=index)


def concatenate(xs: Sequence[Any], axis: int | None = 0, out: None = None, **casts: Any) -> A:
    """Arrays joined along an axis, or all their entries in a line."""
    like: Any = first(xs)
    if axis is None:
        xs, axis = [np.ravel(like.lifted(x)) for x in xs], 0
        return primitives.concatenate(*xs, axis=0)
    return primitives.concatenate(*xs, axis=axis % like.ndim)


def stack(xs: Sequence[Any], axis: int = 0, out: None = None, **casts: Any) -> A:
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


#: Ways of padding that repeat entries.
_REPEATING = ("edge", "reflect", "symmetric", "wrap")


def pad(x: A, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0, **keywords: Any) -> A:
    """More entries before and after each axis: a number, or entries of the array again."""
    if isinstance(pad_width, Mapping):
        pad_width = [pad_width.get(i, pad_width.get(i - x.ndim, (0, 0))) for i in range(x.ndim)]
        pad_width = [(w, w) if np.ndim(w) == 0 else w for w in pad_width]
    pairs = np.broadcast_to(pad_width, (x.ndim, 2))
    if mode in _REPEATING:
        return as_places_move(np.pad)(x, pairs, mode, **keywords)
    if mode != "constant":
        raise refused(f"numpy.pad with mode {mode!r}", "join what comes before and after with np.concatenate")
    shape = tuple(n + int(a) + int(b) for n, (a, b) in zip(x.shape, pairs, strict=True))
    index = tuple(slice(int(a), int(a) + n) for n, (a, _) in zip(x.shape, pairs, strict=True))
    y = primitives.scatter(x, index=index, shape=shape)
    if np.ndim(constant_values) == 0 and constant_values == 0:
        return y
    frame = np.pad(np.zeros(x.shape), pairs, constant_values=constant_values)
    return np.where(np.pad(np.ones(x.shape, bool), pairs), y, frame)


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
        line = np.reshape(x, (x.size,))
        return tuple(line[p] for p in places) if isinstance(places, (tuple, list)) else line[places]

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


def diagflat(x: A, k: int = 0) -> A:
    """The matrix that has the entries on a diagonal."""
    return diag(np.ravel(x), k)


def diag(x: A, k: int = 0) -> A:
    """The diagonal of a matrix, or the matrix that has it and is zero elsewhere."""
    if x.ndim != 1:
        return np.diagonal(x, k)
    n = x.shape[0] + abs(k)
    rows = np.arange(x.shape[0]) + max(-k, 0)
    return primitives.scatter(x, index=(rows, rows + k), shape=(n, n))


def broadcast_all(*xs: Any, subok: bool = False) -> tuple[A, ...]:
    """Arrays repeated to one shape."""
    like: Any = first(xs)
    lifted = [like.lifted(x) for x in xs]
    shape = np.broadcast_shapes(*(x.shape for x in lifted))
    return tuple(np.broadcast_to(x, shape) for x in lifted)


def meshgrid(*xs: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[A, ...]:
    """Coordinates of a grid from those along its axes."""
    like: Any = first(xs)
    mode: Any = indexing
    places = np.meshgrid(*[np.arange(np.size(x)) for x in xs], sparse=sparse, indexing=mode)
    return tuple(np.ravel(like.lifted(x))[p] for x, p in zip(xs, places, strict=True))


def block(arrays: Any) -> A:
    """Arrays joined along the last axis, rows of them along the one before, and so on."""

    def depth(x: Any) -> int:
        return 1 + depth(x[0]) if isinstance(x, list) else 0

    def joined(x: Any, level: int) -> Any:
        return np.concatenate([joined(y, level - 1) for y in x], axis=-level) if isinstance(x, list) else x

    return joined(arrays, depth(arrays))


def insert(x: A, obj: Any, values: Any, axis: int | None = None) -> A:
    """Entries put in before places along an axis."""
    line, at = (np.ravel(x), 0) if axis is None else (x, axis % x.ndim)
    if isinstance(obj, slice) or np.ndim(obj):
        raise refused("numpy.insert at several places", "join the parts with np.concatenate")
    before = (slice(None),) * at
    shape = tuple(1 if i == at else n for i, n in enumerate(line.shape))
    value = np.broadcast_to(values, shape) if np.ndim(values) < line.ndim else values
    return np.concatenate([line[(*before, slice(obj))], value, line[(*before, slice(obj, None))]], axis=at)


def unstack(x: A, /, *, axis: int = 0) -> tuple[A, ...]:
    """The arrays along an axis."""
    along = np.moveaxis(x, axis, 0)
    return tuple(along[i] for i in range(along.shape[0]))


def choose(index: Any, choices: Any, out: None = None, mode: str = "raise") -> A:
    """At each place the entry of the array that an integer there names."""
    like: Any = first(choices)
    stacked = np.stack([np.broadcast_to(like.lifted(c), np.shape(index)) for c in choices])
    return np.take_along_axis(stacked, np.asarray(index, dtype=np.intp)[None], 0)[0]


def ediff(x: A, to_end: Any = None, to_begin: Any = None) -> A:
    """Neighbours' differences in a line, with more before and after."""
    line = np.ravel(x)
    parts = [e for e in (to_begin, line[1:] - line[:-1], to_end) if e is not None]
    return np.concatenate([np.ravel(p) for p in parts])
