"""A tree, the factors of its summands -> the sum, with the roundings that the tree and a manner of adding say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from harness.arithmetic.roundings import Array
from harness.summation.trees import Tree, chain, several


class Fused(Enum):
    """Which products are not rounded before they are added: where two meet, one of them is rounded nevertheless."""

    NONE = "each product rounded"
    FIRST = "fused multiply-add"
    LAST = "fused multiply-add, the last product first"
    CHAINS = "fused multiply-add in chains, single products rounded"


@dataclass(frozen=True)
class Manner:
    """How products are added: in a dtype, rounded or ``fused`` into the sum that they are added to.

    With a ``chain`` type, sums of products alone are accumulated in it, of products rounded to the ``product`` type, and
    rounded when they are whole. With a ``stored`` type, a sum is rounded to it before a bias is added in it. What adds
    several summands at once aligns them to the largest, cuts off what is below its last place and ``guard`` bits more,
    and rounds the sum.
    """

    kind: Any
    fused: Fused = Fused.NONE
    chain: Any = None
    product: Any = None
    stored: Any = None
    guard: int = 0
    words: str = Fused.NONE.value

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from others, whatever its words are."""
        given = (self.kind, self.chain, self.product, self.stored)
        kinds = (str(None if kind is None else np.dtype(kind)) for kind in given)
        return self.fused.name, *kinds, str(self.guard)


#: The type that sums of a dtype may be accumulated in instead.
WIDER = {"float16": np.float32, "bfloat16": np.float32, "float32": np.float64, "float64": np.longdouble}

#: Bits below the last place that adders of several summands may keep.
GUARDS = (0, 1, 2, 3)


def manners(dtype: np.dtype[Any], tree: Tree) -> Iterator[Manner]:
    """The manners in which products of a dtype may be added along a tree, the plain one first."""
    for manner in _of_dtype(dtype):
        for guard in GUARDS if several(tree) else (0,):
            words = f"{manner.words}, {guard} bits kept below the largest" if several(tree) else manner.words
            yield replace(manner, guard=guard, words=words)


def _of_dtype(dtype: np.dtype[Any]) -> Iterator[Manner]:
    yield Manner(dtype)
    if dtype in (np.float16, np.float32, np.float64):
        yield from (Manner(dtype, fused, words=fused.value) for fused in Fused if fused is not Fused.NONE)
    wide = np.dtype(WIDER[dtype.name])
    if wide.itemsize > dtype.itemsize:
        yield Manner(wide, words=f"accumulated in {wide.name}")
        yield Manner(wide, stored=dtype, words=f"accumulated in {wide.name}, rounded, then the bias")
        yield Manner(dtype, chain=wide, product=wide, words=f"chains accumulated in {wide.name}")
        yield Manner(dtype, chain=wide, product=dtype, words=f"rounded products, chains accumulated in {wide.name}")


@dataclass(frozen=True, eq=False)
class Summand:
    """One summand of some entries: its factors, 0 where an entry has it not."""

    factors: Sequence[Array]

    def rounded(self, kind: Any) -> Array:
        """The product, rounded after each factor."""
        value = self.factors[0].astype(kind)
        for x in self.factors[1:]:
            value = (value * x.astype(kind)).astype(kind)
        return value


def replayed(tree: Tree, summands: Sequence[Summand], manner: Manner) -> Array:
    """The sum along a tree, of all entries at once."""

    def value(node: Tree) -> Array:
        if isinstance(node, int):
            return summands[node].rounded(manner.kind)
        if manner.chain is not None and (order := chain(node)) is not None:
            return _accumulated([summands[n].rounded(manner.product) for n in order], manner)
        return added(node)

    def added(parts: Sequence[Tree]) -> Array:
        if len(parts) > 2:
            return _at_once(np.array([value(part) for part in parts]), manner)
        a, b = parts if manner.fused is not Fused.LAST else parts[::-1]
        for product, rest in ((b, a), (a, b)):
            if manner.stored is not None and _is_bias(product, summands):
                total = value(rest).astype(manner.stored) + summands[product].rounded(manner.stored)
                return total.astype(manner.kind)
            if _fusible(product, rest, summands, manner):
                return _into(summands[product], value(rest))
        both: Array = value(a) + value(b)
        return both

    with np.errstate(all="ignore"):
        return value(tree)


def _is_bias(part: Tree, summands: Sequence[Summand]) -> bool:
    """Whether a part is a summand that is no product."""
    return isinstance(part, int) and len(summands[part].factors) == 1


def _fusible(part: Tree, rest: Tree, summands: Sequence[Summand], manner: Manner) -> bool:
    """Whether a part is a product of two factors that is not rounded before it is added to the rest."""
    if manner.fused is Fused.NONE or not isinstance(part, int) or len(summands[part].factors) != 2:
        return False
    return manner.fused is not Fused.CHAINS or chain(rest) is not None


def _accumulated(products: Sequence[Array], manner: Manner) -> Array:
    """A chain in its own type, rounded when it is whole."""
    total = products[0].astype(manner.chain)
    for product in products[1:]:
        total = total + product.astype(manner.chain)
    return total.astype(manner.kind)


def _into(product: Summand, total: Array) -> Array:
    a, b = product.factors
    return fma(a, b, total)


def _at_once(values: Array, manner: Manner) -> Array:
    """Several summands, along the first axis, aligned to the largest and cut off there, added exactly and rounded once."""
    wide = np.result_type(WIDER.get(np.dtype(manner.kind).name, np.longdouble), np.float64)
    _, exponent = np.frexp(np.abs(values).max(axis=0).astype(wide))
    last = np.ldexp(wide.type(1), exponent - (np.finfo(manner.kind).nmant + 1 + manner.guard))
    total: Array = (np.trunc(values.astype(wide) / last).sum(axis=0) * last).astype(manner.kind)
    return total


def fma(a: Array, b: Array, c: Array) -> Array:
    """``a b + c``, rounded once, in the arrays' dtype: float16, float32 or float64.

    Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd" (2008).
    """
    if a.dtype != np.float64:
        product = a.astype(np.float64) * b.astype(np.float64)
        return _odd(*_two_sum(product, c.astype(np.float64))).astype(a.dtype)
    high, low = _two_product(a, b)
    th, tl = _two_sum(c, low)
    vh, vl = _two_sum(high, th)
    return vh + _odd(*_two_sum(tl, vl))


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """A sum and its rounding error (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """A product and its rounding error (Dekker)."""
    (ah, al), (bh, bl) = _halves(a), _halves(b)
    p = a * b
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def _halves(a: Array) -> tuple[Array, Array]:
    """A number of double precision as two of 26 digits (Veltkamp)."""
    c = (2.0**27 + 1) * a
    high = c - (c - a)
    return high, a - high


def _odd(s: Array, error: Array) -> Array:
    """A rounded sum and its error as the sum rounded to odd."""
    even = (np.ascontiguousarray(s).view(np.int64) & 1) == 0
    away = np.nextafter(s, np.where(error > 0, np.inf, -np.inf))
    return np.where((error != 0) & even, away, s)
