"""Moving entries, exactly, and adding those that meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic.roundings import Array, all_whole, plus
from harness.arithmetic.tracked import Deferred, Tracked, Vjp, all_exact, fit, lift, made
from harness.dispatch import axes_of


def _moved(x: Tracked, move: Callable[[Array], Array], back: Vjp) -> Tracked:
    def make() -> tuple[Array, Array | None]:
        return move(x.value), None if x.error is None else np.stack([move(e) for e in x.error])

    if isinstance(x, Deferred) and x.waiting:
        return Deferred(move(np.broadcast_to(np.int8(0), x.shape)).shape, x.dtype, make, x.p, ((x, back),))
    return made(*make(), x.p, (x, back))


def reshape(x: Tracked, shape: Any, order: str = "C") -> Tracked:
    """The same entries in another shape."""
    return _moved(x, lambda a: a.reshape(shape), lambda g: reshape(g, x.shape))


def transpose(x: Tracked, axes: Any = None) -> Tracked:
    """Axes in another order."""
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple(a % x.ndim for a in axes)
    return _moved(x, lambda a: a.transpose(order), lambda g: transpose(g, np.argsort(order)))


def broadcast(x: Tracked, shape: Any) -> Tracked:
    """The same entries repeated to a larger shape."""
    return _moved(x, lambda a: np.broadcast_to(a, shape).copy(), lambda g: fit(g, x))


def take(x: Tracked, index: Any) -> Tracked:
    """NumPy indexing, basic or advanced."""
    return _moved(x, lambda a: np.asarray(a[index]).copy(), lambda g: scatter(g, index, x.shape))


def scatter(g: Tracked, index: Any, shape: tuple[int, ...]) -> Tracked:
    """The transpose of indexing: entries added into zeros where the index took them from."""

    def move(a: Array) -> Array:
        out = np.zeros(shape, a.dtype)
        np.add.at(out, index, a)
        return out

    def make() -> tuple[Array, Array | None]:
        value = move(g.value)
        repeats = move(np.ones(g.shape))
        error = None if g.error is None else np.stack([move(e) for e in g.error])
        if repeats.max(initial=0) > 1 and not (g.error is None and all_whole(g.value)):
            size = np.abs(g.value).astype(np.float64)
            local = bounds.summation(g.p, value, move(size), np.sqrt(move(size**2)), repeats)
            error = plus(error, np.where(repeats > 1, local, 0.0))
        return value, error

    return Deferred(tuple(shape), g.dtype, make, g.p, ((g, lambda h: take(h, index)),))


def concatenate(xs: Sequence[Any], axis: int = 0) -> Tracked:
    """Arrays joined along an axis."""
    p = next(x.p for x in xs if isinstance(x, Tracked))
    xs = [lift(x, p) for x in xs]
    axis = axis % xs[0].ndim
    value = np.concatenate([x.value for x in xs], axis=axis)
    errors = [np.zeros((3, *x.shape)) if x.error is None else np.asarray(x.error) for x in xs]
    error = None if all_exact(*xs) else np.concatenate(errors, axis=axis + 1)
    starts = np.cumsum([0, *(x.shape[axis] for x in xs)])

    def part(i: int) -> Vjp:
        index = (slice(None),) * axis + (slice(starts[i], starts[i + 1]),)
        return lambda g: fit(take(g, index), xs[i])

    return made(value, error, p, *((x, part(i)) for i, x in enumerate(xs)))


def stack(xs: Sequence[Any], axis: int = 0) -> Tracked:
    """Arrays joined along a new axis."""
    p = next(x.p for x in xs if isinstance(x, Tracked))
    lifted = [lift(x, p) for x in xs]
    at = axis % (lifted[0].ndim + 1)
    return concatenate([reshape(x, (*x.shape[:at], 1, *x.shape[at:])) for x in lifted], at)


def expand_dims(x: Tracked, axis: int) -> Tracked:
    """A new axis of length one."""
    at = axis % (x.ndim + 1)
    return reshape(x, (*x.shape[:at], 1, *x.shape[at:]))


def moveaxis(x: Tracked, source: Any, destination: Any) -> Tracked:
    """Axes moved to new places."""
    order = np.moveaxis(np.empty(tuple(range(1, x.ndim + 1))), source, destination).shape
    return transpose(x, [n - 1 for n in order])


def pad(x: Tracked, widths: Any) -> Tracked:
    """Zeros before and after each axis."""
    pairs = np.broadcast_to(widths, (x.ndim, 2))
    shape = tuple(n + int(a) + int(b) for n, (a, b) in zip(x.shape, pairs, strict=True))
    return scatter(x, tuple(slice(int(a), int(a) + n) for n, (a, _) in zip(x.shape, pairs, strict=True)), shape)


def flip(x: Tracked, axis: Any = None) -> Tracked:
    """Entries in reverse along axes."""
    axes = axes_of(axis, x.ndim)
    return take(x, tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(x.ndim)))


def roll(x: Tracked, shift: Any, axis: Any = None) -> Tracked:
    """Entries rotated along axes."""
    back = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return _moved(x, lambda a: np.roll(a, shift, axis), lambda g: roll(g, back, axis))
