"""Entries moved, exactly, and those added that meet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness import bounds
from harness.arithmetic import chains
from harness.arithmetic.chains import Move
from harness.arithmetic.roundings import Array, all_whole, plus
from harness.arithmetic.tracked import Deferred, Tracked, all_exact, made


def moved(x: Tracked, move: Move) -> Tracked:
    """What a move does to an array, done to the value and to each tier of the error, and to the terms of sums."""

    def make() -> tuple[Array, Array | None]:
        return move(x.value), None if x.error is None else np.stack([move(e) for e in x.error])

    chain = chains.moved(x, move)
    if isinstance(x, Deferred) and x.waiting:
        return Deferred(move(np.broadcast_to(np.int8(0), x.shape)).shape, x.dtype, make, x.p, chain=chain)
    return replace(made(*make(), x.p), chain=chain)


def stored(x: Tracked) -> Tracked:
    """x as it is kept in the stored type, where its step computed in a wider one."""
    p = bounds.precision(x.p.dtype, x.p.algorithm)
    if p.u == x.p.u:
        return x

    def make() -> tuple[Array, Array | None]:
        error = np.zeros((1, *x.shape)) if x.error is None else np.asarray(x.error)
        return x.value, bounds.stored(p, x.value, error)

    return Deferred(x.shape, x.dtype, make, x.p)


def scatter(x: Tracked, index: Any, shape: tuple[int, ...]) -> Tracked:
    """The transpose of indexing: entries added into zeros where the index takes them from, in the stored type."""

    def move(a: Array) -> Array:
        out = np.zeros(shape, a.dtype)
        np.add.at(out, index, a)
        return out

    def make() -> tuple[Array, Array | None]:
        value = move(x.value)
        repeats = move(np.ones(x.shape))
        error = None if x.error is None else np.stack([move(e) for e in x.error])
        if repeats.max(initial=0) > 1:
            size, stored = np.abs(x.value).astype(np.float64), replace(x.p, u_compute=x.p.u)
            local = bounds.summation(stored, value, move(size), np.sqrt(move(size**2)), repeats)
            if x.error is None and x.p.exact_sums and all_whole(x.value):
                local = np.where(move(size) <= 1 / x.p.u, 0.0, local)
            error = plus(error, np.where(repeats > 1, local, 0.0))
        return value, error

    return Deferred(tuple(shape), x.dtype, make, x.p, chain=chains.moved(x, move))


def concatenate(*xs: Tracked, axis: int) -> Tracked:
    """Arrays joined along an axis."""
    value = np.concatenate([x.value for x in xs], axis=axis)
    errors = [np.zeros((1, *x.shape)) if x.error is None else np.asarray(x.error) for x in xs]
    tiers = max(map(len, errors), default=1)
    errors = [np.broadcast_to(e, (tiers, *e.shape[1:])) for e in errors]
    error = None if all_exact(*xs) else np.concatenate(errors, axis=axis + 1)
    return replace(made(value, error, xs[0].p), chain=chains.concatenated(xs, axis))
