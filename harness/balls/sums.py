"""Sums, means and sums of products."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from flint import arb

from harness.balls.enclosures import Array, Balls, Number, Vjp, Work, added, exactly, lift, made
from harness.balls.moving import scatter
from harness.balls.operators import conj, divide
from harness.dispatch import axes_of
from reference_impls.definitions.terms import Terms


def reduced(x: Balls, axis: Any, keepdims: bool) -> tuple[Array, tuple[int, ...]]:
    """Where each entry goes in a reduction over axes, and the shape of that."""
    axes = axes_of(axis, x.ndim)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    target = np.broadcast_to(np.arange(prod(kept)).reshape(kept), x.shape)
    return target, kept if keepdims else tuple(n for i, n in enumerate(x.shape) if i not in axes)


def total(x: Balls, axis: Any = None, *, keepdims: bool = False) -> Balls:
    """The sum over axes."""
    return scatter(x, *reduced(x, axis, keepdims))


def mean(x: Balls, axis: Any = None, *, keepdims: bool = False) -> Balls:
    """The mean over axes."""
    y = total(x, axis, keepdims=keepdims)
    return divide(y, lift(x.size // max(y.size, 1), x.work))


def contract(terms: Terms, factors: dict[str, Balls]) -> Balls:
    """A sum of products, given as its terms: an entry gathers and sums its own."""
    work = next(iter(factors.values())).work
    complexes = [f.kind == "c" for f in factors.values()] + [np.iscomplexobj(g.coefficient) for g in terms.groups]

    def entry(o: int) -> Number:
        return added(_products(terms, factors, work, o))

    def back(of: str) -> Vjp:
        def pull(g: Balls) -> Balls:
            used = terms.derivative(of, conjugate=True)
            names = {n for part in used.groups for n in part.factors}
            others = {n: conj(f) for n, f in factors.items() if n != of and n in names}
            return contract(used, {terms.cotangent: g} | others)

        return pull

    kind = "c" if any(complexes) else "f"
    return made(terms.shape, kind, work, entry, *((f, back(name)) for name, f in factors.items()))


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
