"""Sums of sums, which may be added in any order: their terms, joined, moved and chosen from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from harness.arithmetic.roundings import Array, all_whole, plus
from harness.arithmetic.tracked import Chain, Tracked, with_axes

#: What moves the entries of an array.
Move = Callable[[Array], Array]

#: The terms of a sum, computed when somebody asks.
Terms = Callable[[], Chain]


def terms_of(x: Tracked) -> Chain:
    """The terms of a sum, or the one that anything else is."""
    if x.chain is not None:
        return x.chain()
    size = np.abs(x.value).astype(np.float64)
    return Chain(1, size, size**2, x.error, x.error is None and all_whole(x.value))


def joined(*xs: Tracked) -> Chain:
    """The terms of all sums."""
    with np.errstate(all="ignore"):
        of = [terms_of(x) for x in xs]
        ndim = max(x.ndim for x in xs)
        arriving = plus(*(None if c.arriving is None else with_axes(c.arriving, ndim) for c in of))
        terms, sizes, squares = (
            sum(parts[1:], start=parts[0]) for parts in zip(*((c.terms, c.sizes, c.squares) for c in of), strict=True)
        )
        return Chain(terms, sizes, squares, arriving, all(c.whole for c in of))


def moved(x: Tracked, move: Move) -> Terms | None:
    """The terms of a sum whose entries are moved, and added where they meet."""
    return None if x.chain is None else cache(lambda: _entrywise([x], move))


def chosen(a: Tracked, b: Tracked, condition: Any) -> Terms | None:
    """The terms of a where a condition holds, else of b."""
    if a.chain is None and b.chain is None:
        return None
    return cache(lambda: _entrywise([a, b], lambda x, y: np.asarray(np.where(condition, x, y))))


def concatenated(xs: Sequence[Tracked], axis: int) -> Terms | None:
    """The terms of arrays that are joined along an axis."""
    if all(x.chain is None for x in xs):
        return None
    return cache(lambda: _entrywise(xs, lambda *parts: np.concatenate(parts, axis=axis)))


def _entrywise(xs: Sequence[Tracked], put: Callable[..., Array]) -> Chain:
    """Each number of the terms of some arrays, in the shapes of these, put together."""
    of = [terms_of(x) for x in xs]

    def whole(numbers: Sequence[Any]) -> Array:
        return put(*(np.broadcast_to(a, x.shape) for a, x in zip(numbers, xs, strict=True)))

    arriving = None
    if any(c.arriving is not None for c in of):
        tiers = max(1 if c.arriving is None else len(c.arriving) for c in of)
        errors = [
            np.broadcast_to(0.0 if c.arriving is None else with_axes(c.arriving, x.ndim), (tiers, *x.shape))
            for c, x in zip(of, xs, strict=True)
        ]
        arriving = np.stack([put(*(e[tier] for e in errors)) for tier in range(tiers)])
    return Chain(
        whole([c.terms for c in of]),
        whole([c.sizes for c in of]),
        whole([c.squares for c in of]),
        arriving,
        all(c.whole for c in of),
    )
