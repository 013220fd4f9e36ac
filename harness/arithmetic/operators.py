"""The four operations, and the parts of complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from harness import bounds
from harness.arithmetic.chains import joined
from harness.arithmetic.roundings import (
    Array,
    all_tiers,
    all_whole,
    by_kind,
    nearest,
    plus,
    rounded,
    rounding,
    scaled,
    shaped,
    subnormal,
)
from harness.arithmetic.tracked import Chain, Deferred, Tracked, aligned, all_exact, complex_units, together, with_axes
from harness.bounds import Precision


def add(a: Tracked, b: Tracked) -> Tracked:
    """``a + b``; where a or b is a sum itself, of whatever kind, one sum of all terms, in any order."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(invalid="ignore"):
            value = a.value + b.value
        parts = plus(*aligned(a, b), rounded(value, a.p, all_exact(a, b)))
        return value, shaped(one_sum(value, parts, chain, a, b), value)

    chain = cache(lambda: joined(a, b))
    return Deferred(*together(a, b), make, a.p, chain=chain)


def one_sum(value: Array, parts: Array | None, chain: Callable[[], Chain], *xs: Tracked) -> Array | None:
    """The error of a sum by its parts or, where one is a sum itself and no order is fixed, of all their terms at once."""
    if xs[0].p.fixed_order or all(x.chain is None for x in xs):
        return parts
    of = chain()
    together = plus(of.arriving, _any_order(value, of, xs[0].p))
    return together if parts is None else parts if together is None else np.maximum(parts, together)


def _any_order(value: Array, of: Chain, p: Precision) -> Array | None:
    """What rounding each addition adds, whatever their order: two roundings of three terms, none of whole numbers."""
    with np.errstate(all="ignore"):
        if of.whole and p.exact_sums and of.sizes.max(initial=0) <= 1 / p.u:
            return None
        return bounds.additions(p, value, of.sizes, np.sqrt(of.squares).astype(np.float64), of.terms - 1)


def negative(a: Tracked) -> Tracked:
    """``-a``, exactly."""
    return Deferred(a.shape, a.dtype, lambda: (-a.value, a.error), a.p, chain=a.chain)


def multiply(a: Tracked, b: Tracked) -> Tracked:
    """``a b``; an operand beyond the largest number may have become infinite, and the product no number."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            value = a.value * b.value
            of_a, of_b = aligned(a, b)
            size_a, size_b = np.abs(a.value), np.abs(b.value)
            propagated = plus(scaled(of_a, size_b), scaled(of_b, size_a), _product(of_a, of_b))
            if _shifts(a) or _shifts(b):
                local = subnormal(value, a.p)
            else:
                local = rounded(value, a.p, all_exact(a, b), complex_units(a, b))
            error = plus(propagated, local, _lost(value, size_a, size_b, a.p))
            return value, shaped(by_kind(value, error, of_a, of_b), value)

    return Deferred(*together(a, b), make, a.p, chain=_distributed(a, b) or _distributed(b, a))


def _lost(value: Array, a: Array, b: Array, p: Precision) -> Array | None:
    """No bound where an operand of a size beyond the largest number may have become infinite, and the product has not."""
    if a.max(initial=0) <= p.reach and b.max(initial=0) <= p.reach:
        return None
    lost = (np.maximum(a, b) > p.reach) & (np.abs(value) <= p.largest) & np.isfinite(a) & np.isfinite(b)
    return all_tiers(np.where(lost, np.inf, 0.0)) if lost.any() else None


def _distributed(a: Tracked, b: Tracked) -> Callable[[], Chain] | None:
    """The terms of a sum times a number: to multiply each before they are added is as right as to multiply the sum."""
    return _each_term(a, b, lambda: np.abs(b.value).astype(np.float64), lambda: all_whole(b.value))


def _divided(a: Tracked, b: Tracked) -> Callable[[], Chain] | None:
    """The terms of a sum over a number: to divide each before they are added is as right as to divide the sum."""
    return _each_term(a, b, lambda: 1 / np.abs(b.value).astype(np.float64), lambda: False)


def _each_term(
    a: Tracked, b: Tracked, factor: Callable[[], Array], keeps_whole: Callable[[], bool]
) -> Callable[[], Chain] | None:
    """The terms of a sum, each times the size of a number."""
    of = a.chain
    if of is None or a.p.fixed_order or b.origin is not None or b.ndim:
        return None

    def terms() -> Chain:
        with np.errstate(all="ignore"):
            sums, size = of(), factor()
            sizes, whole = sums.sizes * size, sums.whole and keeps_whole()
            exact = (_shifts(b) and size.item() >= 1) or (
                whole and a.p.exact_sums and sizes.max(initial=0) <= 1 / a.p.u
            )
            local = None if exact else all_tiers(complex_units(a, b) * a.p.u * sizes + sums.terms * a.p.eta)
            of_b = None if b.error is None else with_axes(b.error, a.ndim) * (size / np.abs(b.value).astype(np.float64))
            arriving = plus(scaled(sums.arriving, size), scaled(of_b, sums.sizes), local)
            return Chain(sums.terms, sizes, sums.squares * size**2, arriving, whole)

    return cache(terms)


def _shifts(x: Tracked) -> bool:
    """Whether it is powers of two alone: to multiply with them, or to divide by them, is exact but for what underflows."""
    if x.size == 0 or x.error is not None or np.frexp(np.abs(x.value.flat[0]))[0] != 0.5:
        return False
    share, _ = np.frexp(np.abs(x.value))
    return bool(np.all(share == 0.5) and np.all(x.value.real * x.value.imag == 0))


def _product(a: Array | None, b: Array | None) -> Array | None:
    return None if a is None or b is None else a * b


def divide(a: Tracked, b: Tracked) -> Tracked:
    """``a / b``; a divisor beyond the largest number may have become infinite, and the quotient zero."""

    def make() -> tuple[Array, Array | None]:
        with np.errstate(all="ignore"):
            value = a.value / b.value
            of_a, of_b = aligned(a, b)
            room = np.abs(b.value).astype(np.float64) - (0.0 if of_b is None else of_b)
            per = np.where(room > 0, 1 / np.where(room > 0, room, 1), np.inf)
            propagated = plus(scaled(of_a, per), scaled(scaled(of_b, per), np.abs(value)))
            units = 3 * complex_units(a, b) if complex_units(a, b) > 1 else 1.0
            if _shifts(b):
                local = subnormal(value, a.p)
            else:
                local = nearest(value, a.p) if units == 1.0 and all_exact(a, b) else rounding(value, a.p, units)
            error = plus(propagated, local)
            flushed = np.isfinite(b.value) & (np.abs(b.value) > a.p.largest) & np.isfinite(value)
            if flushed.any():
                error = plus(error, np.where(flushed, np.abs(value).astype(np.float64), 0.0))
            return value, shaped(by_kind(value, error, of_a, of_b), value)

    return Deferred(*together(a, b), make, a.p, chain=_divided(a, b))


def conj(x: Tracked) -> Tracked:
    """The complex conjugate, exactly."""
    return Deferred(x.shape, x.dtype, lambda: (np.conj(x.value), x.error), x.p)


def real(x: Tracked) -> Tracked:
    """The real part, exactly."""
    return Deferred(x.shape, x.p.wide, lambda: (x.value.real.copy(), x.error), x.p)


def imag(x: Tracked) -> Tracked:
    """The imaginary part, exactly."""
    return Deferred(x.shape, x.p.wide, lambda: (x.value.imag.copy(), x.error), x.p)
