"""Sums of products, each given as its terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import frexp
from typing import Any, NamedTuple

import numpy as np

from harness import bounds
from harness.arithmetic.roundings import Array, all_tiers, all_whole, plus
from harness.arithmetic.sums import sizes_of_sum
from harness.arithmetic.tracked import Chain, Deferred, Tracked
from harness.bounds import Precision
from harness.definitions.terms import Group, Terms, evaluate


def contract(*arrays: Tracked, terms: Terms, names: Sequence[str]) -> Tracked:
    """A sum of products, given as its terms and the names of its factors."""
    p, factors = arrays[0].p, dict(zip(names, arrays, strict=True))
    kinds = [f.dtype for f in factors.values()] + ([np.dtype(np.complex64)] if terms.complex else [])

    def sizes(value: Array, at: tuple[int, ...]) -> dict[str, float]:
        return sizes_of_sum(np.broadcast_to(terms.lengths, terms.shape)[at], parts().absolute[at], parts().squared[at])

    parts = cache(lambda: _parts(terms, factors, p))
    chain = cache(lambda: _chain(terms, factors, parts(), p)) if p.exact_sums and p.u == p.u_compute else None
    return Deferred(
        terms.shape, np.result_type(*kinds), lambda: _contracted(terms, factors, parts(), p), p, sizes, chain=chain
    )


class _Parts(NamedTuple):
    """A sum of products, the sums of their magnitudes and of their squares, and what the factors' errors make of it."""

    value: Array
    absolute: Array
    squared: Array
    arriving: Array | None
    sizes: dict[str, Array]


def _parts(terms: Terms, factors: dict[str, Tracked], p: Precision) -> _Parts:
    values = {name: f.value for name, f in factors.items()}
    with np.errstate(all="ignore"):
        sizes = {name: np.abs(v).astype(np.float64) for name, v in values.items()}
        sums = _sums(terms, values, sizes, p)
        arriving = None
        for name, f in factors.items():
            if f.error is not None:
                used = _holding(terms_of_size(terms), name)
                there = {n: s for n, s in sizes.items() if n != name}
                arriving = plus(arriving, evaluate(used, {**there, name: np.asarray(f.error)}))
        for part in (g for g in terms.groups if _is_rounded(g.coefficient, p)):
            held = evaluate(Terms(terms.shape, terms.sizes, (part,)), values)
            arriving = plus(arriving, all_tiers(p.u_given * np.abs(held).astype(np.float64)))
    return _Parts(*sums, arriving, sizes)


def _is_rounded(coefficient: Any, p: Precision) -> bool:
    """Whether a number that stands before all products is none of the type in which it may be held."""
    if np.ndim(coefficient):
        return False
    return any(frexp(part)[0] / p.u_given % 1 != 0 for part in (np.real(coefficient), np.imag(coefficient)))


def _chain(terms: Terms, factors: dict[str, Tracked], parts: _Parts, p: Precision) -> Chain:
    """The products as terms of a larger sum. What a complex product is off by is sqrt(2) that of two real ones."""
    with np.errstate(all="ignore"):
        empty = _empty(terms, factors, parts.absolute)
        times = 2 if p.complex else 1
        whole = _whole(terms, factors.values())
        exact = _copied(terms) | empty | (whole & (parts.absolute <= 1 / p.u))
        lost = (times * terms.lengths + 1) * p.eta + bounds.gamma(terms.lengths + 1, p.u_wide) * parts.absolute
        arriving = plus(parts.arriving, all_tiers(np.where(exact, 0.0, lost)))
        count = np.where(exact, 1, times * terms.lengths + 1)
        absolute, squared = (np.asarray(s, np.float64) for s in (parts.absolute, parts.squared))
        return Chain(count, np.sqrt(times) * absolute, times * squared, arriving, whole)


def _whole(terms: Terms, factors: Iterable[Tracked]) -> bool:
    """Whether all products are exact whole numbers, but for their size."""
    return all(f.error is None and all_whole(f.value) for f in factors) and all(
        all_whole(np.asarray(g.coefficient)) for g in terms.groups
    )


def _contracted(terms: Terms, factors: dict[str, Tracked], parts: _Parts, p: Precision) -> tuple[Array, Array | None]:
    value, absolute, squared, arriving, sizes = parts
    with np.errstate(all="ignore"):
        local = _sum_error(terms, factors, value, sizes, absolute, squared, p)
        copied = not (_three(p) and len(terms.sizes) > 1) and _copied(terms)
        local = np.where(copied, 0.0, bounds.stored(p, value, local))
        if any(name in terms.padded and not np.isfinite(f.value).all() for name, f in factors.items()):
            local = np.where(terms.lengths < max(terms.full, terms.lengths.max(initial=0)), np.inf, local)
    return value, plus(arriving, local)


def _holding(terms: Terms, name: str) -> Terms:
    """Those of the terms that have a factor: an error of it reaches no others."""
    key = f"holding {name}"
    if key not in terms._cache:
        terms._cache[key] = Terms(terms.shape, terms.sizes, tuple(g for g in terms.groups if name in g.factors))
    result: Terms = terms._cache[key]
    return result


def _three(p: Precision) -> bool:
    """Whether a complex sum is made of three real ones: then a bias, and a derivative in it, go through all three."""
    return p.algorithm == "3m" and p.complex


def _copied(terms: Terms) -> Any:
    """Where an entry is one entry of the only factor, or none: exact whatever sums the others."""
    if "copied" not in terms._cache:
        products = any(len(g.factors) > 1 or np.any(np.asarray(g.coefficient) != 1) for g in terms.groups)
        terms._cache["copied"] = False if products else terms.lengths <= 1
    return terms._cache["copied"]


def terms_of_size(terms: Terms) -> Terms:
    """The same terms with the coefficients' absolute values."""
    if "sizes" not in terms._cache:
        groups = tuple(
            type(g)(g.out, g.factors, np.abs(g.coefficient)) if np.ndim(g.coefficient) or g.coefficient != 1 else g
            for g in terms.groups
        )
        terms._cache["sizes"] = Terms(terms.shape, terms.sizes, groups)
    result: Terms = terms._cache["sizes"]
    return result


def _squares(terms: Terms) -> Terms:
    plain = terms_of_size(terms)
    if "squares" not in plain._cache:
        groups = tuple(
            type(g)(g.out, g.factors, g.coefficient**2) if np.ndim(g.coefficient) or g.coefficient != 1 else g
            for g in plain.groups
        )
        plain._cache["squares"] = Terms(terms.shape, terms.sizes, groups)
    result: Terms = plain._cache["squares"]
    return result


#: Sizes of factors whose products' squares are neither too large for float64 nor too small.
_MODERATE = 2.0**-250, 2.0**250


def _sums(terms: Terms, values: dict[str, Array], sizes: dict[str, Array], p: Precision) -> tuple[Array, Array, Array]:
    """The sum of products, of their absolute values, and of their squares, in as few passes as may be."""
    real = not p.complex and not any(map(np.iscomplexobj, values.values()))
    if terms.plain and real and len(values) <= 2 and all(map(_moderate, sizes.values())):
        if p.wide == np.float64:
            return tuple(evaluate(terms, {n: np.stack([values[n], s, s * s]) for n, s in sizes.items()}))
        return evaluate(terms, values), *evaluate(terms, {n: np.stack([s, s * s]) for n, s in sizes.items()})
    squares = {name: s.astype(p.wide) ** 2 for name, s in sizes.items()}
    return evaluate(terms, values), evaluate(terms_of_size(terms), sizes), evaluate(_squares(terms), squares)


def _moderate(size: Array) -> bool:
    low, high = _MODERATE
    return bool(size.max(initial=0) <= high and size.min(initial=1, where=size > 0) >= low)


def _sum_error(
    terms: Terms,
    factors: Mapping[str, Tracked],
    value: Array,
    sizes: dict[str, Array],
    absolute_sum: Array,
    squared: Array,
    p: Precision,
) -> Array:
    three = _three(p)
    if p.algorithm == "bf16x3":
        return bounds.by_bfloat16_parts(p, value, absolute_sum, np.sqrt(squared).astype(np.float64), terms.lengths)
    if not p.exact_sums and not three:
        return sum((_norm_wise(g, sizes, terms, p) for g in terms.groups), start=np.zeros((3, *terms.shape)))
    small = _whole(terms, factors.values()) & (absolute_sum <= 1 / p.u_compute / (4 if three else 1))
    if three:
        error = bounds.three_products(p, absolute_sum, terms.lengths)
    else:
        error = bounds.summation(p, value, absolute_sum, np.sqrt(squared).astype(np.float64), terms.lengths)
    return np.where(_empty(terms, factors, absolute_sum) | small, 0.0, error)


def _norm_wise(part: Group, sizes: dict[str, Array], terms: Terms, p: Precision) -> Array:
    """The bound of one group of terms, its coefficients counted as their largest."""
    largest = np.asarray(np.max(np.abs(part.coefficient), initial=0))
    return bounds.norm_wise(p, [largest, *(sizes[n] for n in part.factors)], terms.lengths)


def _empty(terms: Terms, factors: Mapping[str, Tracked], absolute_sum: Array) -> Array:
    """Where every product has a factor of zero: known apart from factors and sums that are too small for float64."""
    if absolute_sum.all():
        return np.zeros(absolute_sum.shape, bool)
    there = {n: (f.value != 0).astype(np.float64) for n, f in factors.items()}
    return np.asarray(evaluate(terms_of_size(terms), there) == 0)
