"""Sums, means and sums of products."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
from flint import arb

from harness.balls.enclosures import Array, Balls, Number, Work, added, exactly, lift, made
from harness.balls.moving import scattered
from harness.balls.operators import divide
from harness.definitions.terms import Terms


def reduced(x: Balls, axes: tuple[int, ...]) -> tuple[Array, tuple[int, ...]]:
    """Where each entry goes in a reduction over axes, which are kept, and the shape of that."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return np.broadcast_to(np.arange(prod(kept)).reshape(kept), x.shape), kept


def total(x: Balls, axes: tuple[int, ...]) -> Balls:
    """The sum over axes, kept."""
    return scattered(x, *reduced(x, axes))


def running_total(x: Balls, axis: int) -> Balls:
    """The sums of the entries so far along an axis."""
    step = prod(x.shape[axis + 1 :])

    def entry(o: int) -> Number:
        so_far = o // step % x.shape[axis]
        x.work.spend(so_far)
        return added(x.at(i) for i in range(o - so_far * step, o + 1, step))

    return made(x.shape, x.kind, x.work, entry)


def mean(x: Balls, axes: tuple[int, ...]) -> Balls:
    """The mean over axes, kept."""
    return divide(total(x, axes), lift(prod(x.shape[a] for a in axes), x.work))


def contract(*arrays: Balls, terms: Terms, names: Sequence[str]) -> Balls:
    """A sum of products, given as its terms and the names of its factors: an entry gathers and sums its own."""
    work, factors = arrays[0].work, dict(zip(names, arrays, strict=True))
    complexes = [f.kind == "c" for f in arrays] + [np.iscomplexobj(g.coefficient) for g in terms.groups]
    kind = "c" if any(complexes) else "f"
    return made(terms.shape, kind, work, lambda o: added(_products(terms, factors, work, o)))


def _products(terms: Terms, factors: dict[str, Balls], work: Work, o: int) -> Iterator[Number]:
    for part in terms.groups:
        low, high = np.searchsorted(part.out, [o, o + 1])
        work.spend(int(high - low))
        chosen = [(factors[name], places[low:high].tolist()) for name, places in part.factors.items()]
        for t in range(high - low):
            term = _coefficient(part.coefficient, low + t)
            for factor, places in chosen:
                term = factor.at(places[t]) if term is None else term * factor.at(places[t])
            yield arb(1) if term is None else term


def _coefficient(given: Any, t: int) -> Number | None:
    """The coefficient of term t, or None for 1."""
    c = given[t] if np.ndim(given) else given
    return None if c == 1 else exactly(np.asarray(c)[()])
