"""A definition that was run -> the products that each entry of an output is the sum of, where it is one sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from harness.arithmetic import Tracked
from harness.arithmetic.roundings import Array
from harness.definitions.terms import Terms
from harness.differentiation import operands
from harness.dispatch import Move, Primitive
from harness.operations import primitives

#: Products beyond which an output is not taken apart.
MOST_PRODUCTS = 2**16


class NotOneSum(Exception):
    """The definition is something else than one sum of products per entry."""


@dataclass(frozen=True, eq=False)
class Products:
    """The products of an array of a shape: the flat entry that each belongs to, its factors, its coefficient.

    ``factors`` has one row per product: places in all inputs laid one after the other, and -1 for no factor.
    """

    shape: tuple[int, ...]
    entry: Array
    factors: Array
    coefficient: Array

    @property
    def counts(self) -> Array:
        """How many products each entry has."""
        return np.bincount(self.entry, minlength=prod(self.shape))

    def taken(self, places: Array) -> Products:
        """The array whose entries are this one's at flat ``places``."""
        order, counts = np.argsort(self.entry, kind="stable"), self.counts
        flat = places.ravel()
        many = counts[flat]
        if int(many.sum()) > MOST_PRODUCTS:
            raise NotOneSum
        begins = np.cumsum(counts) - counts
        rank = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
        rows = order[np.repeat(begins[flat], many) + rank]
        return Products(places.shape, np.repeat(np.arange(flat.size), many), self.factors[rows], self.coefficient[rows])

    def added(self, places: Array, shape: tuple[int, ...]) -> Products:
        """The array of a shape into whose flat ``places`` this one's entries are added."""
        return replace(self, shape=shape, entry=places.ravel()[self.entry])


def products(y: Tracked, inputs: Mapping[str, Tracked]) -> Products:
    """The products of an output, of inputs in their order. Raises NotOneSum."""
    found, first = dict[int, Products](), 0
    for x in inputs.values():
        places = np.arange(first, first + x.size)
        found[x.order] = Products(x.shape, np.arange(x.size), places[:, None], np.ones(x.size))
        first += x.size
    pending = [y]
    while pending:
        node = pending[-1]
        before = [x for x in operands(node) if x.order not in found]
        pending.extend(before)
        if not before:
            pending.pop()
            if node.order not in found:
                found[node.order] = _of(node, [found[x.order] for x in operands(node)])
    return found[y.order]


def _of(node: Tracked, parts: Sequence[Products]) -> Products:
    """The products of what a step made, from those of its operands."""
    if node.dtype.kind == "c":
        raise NotOneSum
    if node.origin is None:
        return _constant(np.asarray(node.value))
    of, params = node.origin.primitive, node.origin.params
    if isinstance(of, Move):
        (x,) = parts
        return x.taken(of.move(np.arange(prod(x.shape)).reshape(x.shape), **params))
    if of not in _RULES:
        raise NotOneSum
    return _RULES[of](*parts, **params)


def _constant(value: Array) -> Products:
    """Numbers of the definition's, which are products of none; zeros are no products."""
    entry = np.flatnonzero(value)
    return Products(value.shape, entry, np.zeros((entry.size, 0), np.intp), value.ravel()[entry].astype(np.float64))


def _together(shape: tuple[int, ...], parts: Sequence[Products]) -> Products:
    """All products of arrays of one shape."""
    width = max(x.factors.shape[1] for x in parts)
    factors = [np.pad(x.factors, ((0, 0), (0, width - x.factors.shape[1])), constant_values=-1) for x in parts]
    entry = np.concatenate([x.entry for x in parts])
    if entry.size > MOST_PRODUCTS:
        raise NotOneSum
    return Products(shape, entry, np.concatenate(factors), np.concatenate([x.coefficient for x in parts]))


def _spread(shape: tuple[int, ...], x: Products) -> Products:
    return x if x.shape == shape else x.taken(np.broadcast_to(np.arange(prod(x.shape)).reshape(x.shape), shape))


def _sum(*parts: Products) -> Products:
    shape = np.broadcast_shapes(*(x.shape for x in parts))
    return _together(shape, [_spread(shape, x) for x in parts])


def _negative(x: Products) -> Products:
    return replace(x, coefficient=-x.coefficient)


def _same(x: Products, **params: Any) -> Products:
    return x


def _product(a: Products, b: Products) -> Products:
    """Two arrays entry by entry: neither has sums, or one has plain numbers."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = _spread(shape, a), _spread(shape, b)
    if b.counts.max(initial=0) > 1:
        a, b = b, a
    if b.counts.max(initial=0) > 1 or (a.counts.max(initial=0) > 1 and b.factors.shape[1]):
        raise NotOneSum
    return _multiplied(a.entry, a, np.arange(a.entry.size), [(b, a.entry)], shape)


def _multiplied(
    entry: Array, first: Products, rows: Array, others: Sequence[tuple[Products, Array]], shape: tuple[int, ...]
) -> Products:
    """Rows of ``first`` times the only product at a place of each of ``others``; none where there is none."""
    there, factors, coefficient = np.ones(entry.size, bool), [first.factors[rows]], first.coefficient[rows]
    for x, places in others:
        row = np.full(prod(x.shape), -1)
        row[x.entry] = np.arange(x.entry.size)
        at = row[places]
        there &= at >= 0
        if x.entry.size:
            factors.append(x.factors[at])
            coefficient = coefficient * x.coefficient[at]
    return Products(shape, entry[there], np.concatenate(factors, axis=1)[there], coefficient[there])


def _total(x: Products, axes: tuple[int, ...]) -> Products:
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return x.added(np.broadcast_to(np.arange(prod(kept)).reshape(kept), x.shape), kept)


def _mean(x: Products, axes: tuple[int, ...]) -> Products:
    found = _total(x, axes)
    return replace(found, coefficient=found.coefficient / prod(x.shape[a] for a in axes))


def _quotient(x: Products, by: Products) -> Products:
    """A quotient by plain numbers."""
    if by.factors.shape[1]:
        raise NotOneSum
    return _product(x, replace(by, coefficient=1 / by.coefficient))


def _scattered(x: Products, index: Any, shape: tuple[int, ...]) -> Products:
    return x.added(np.asarray(np.arange(prod(shape)).reshape(shape)[index]), tuple(shape))


def _joined(*parts: Products, axis: int) -> Products:
    starts = np.cumsum([0, *(x.shape[axis] for x in parts)])
    shape = tuple(int(starts[-1]) if i == axis else n for i, n in enumerate(parts[0].shape))
    whole = np.moveaxis(np.arange(prod(shape)).reshape(shape), axis, 0)
    pieces = [np.moveaxis(whole[a:b], 0, axis) for a, b in pairwise(starts.tolist())]
    return _together(shape, [x.added(piece, shape) for x, piece in zip(parts, pieces, strict=True)])


def _contracted(*factors: Products, terms: Terms, names: Sequence[str]) -> Products:
    by_name = dict(zip(names, factors, strict=True))
    if terms.count > MOST_PRODUCTS or any(x.counts.max(initial=0) > 1 for x in factors):
        raise NotOneSum
    found = []
    for group in terms.groups:
        c = np.broadcast_to(np.asarray(group.coefficient, np.float64), group.out.shape)
        none = Products((1,), group.out, np.zeros((group.out.size, 0), np.intp), c)
        pairs = [(by_name[name], places) for name, places in group.factors.items()]
        found.append(_multiplied(group.out, none, np.arange(group.out.size), pairs, terms.shape))
    return _together(terms.shape, found)


_RULES: Mapping[Primitive, Callable[..., Products]] = {
    primitives.add: _sum,
    primitives.summed: _sum,
    primitives.negative: _negative,
    primitives.multiply: _product,
    primitives.divide: _quotient,
    primitives.stored: _same,
    primitives.confined: _same,
    primitives.total: _total,
    primitives.mean: _mean,
    primitives.scatter: _scattered,
    primitives.concatenate: _joined,
    primitives.contract: _contracted,
}
