"""Trees of the entries of an output, what a candidate gave there -> which entries the trees predict to the last bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from harness.arithmetic.roundings import Array
from harness.summation.masks import Masks
from harness.summation.products import Products
from harness.summation.replaying import Manner, Summand, manners, replayed
from harness.summation.trees import Tree, canonical, leaves
from harness.summation.wording import drawn, signature, words

#: Most summands of a tree that is drawn, and most orders that are told in words.
MOST_DRAWN, MOST_TOLD = 64, 3


@dataclass(frozen=True, eq=False)
class Draw:
    """Inputs, laid one after the other in their dtype, and what a candidate gave of them, flat."""

    inputs: Array
    actual: Array


@dataclass(frozen=True)
class Missed:
    """A flat entry that is not the sum in its order, at one of the draws: what is there, and that sum."""

    entry: int
    draw: int
    actual: Any
    predicted: Any


@dataclass(frozen=True, eq=False)
class Order:
    """A tree, the flat entries that are added so, and the manner that explains most of them.

    ``predicted`` is what it gives for each, (draws, entries), as ``actual`` is what is there.
    """

    tree: Tree
    entries: Array
    manner: Manner
    predicted: Array
    actual: Array

    @cached_property
    def right(self) -> Array:
        """Which entries are equal to the last bit at every draw."""
        found: Array = np.all(self.predicted == self.actual, axis=0)
        return found

    def of(self, some: Array) -> Order:
        """The same of some of its entries."""
        return replace(self, entries=self.entries[some], predicted=self.predicted[:, some], actual=self.actual[:, some])

    @property
    def words(self) -> str:
        """The order and the manner."""
        return f"{words(self.tree)}, {self.manner.words}"

    @property
    def drawn(self) -> str:
        """The picture of a tree that is small enough."""
        return drawn(self.tree) if len(leaves(self.tree)) <= MOST_DRAWN else ""


@dataclass(frozen=True, eq=False)
class Orders:
    """All orders that were found of an output with so many entries."""

    found: tuple[Order, ...]
    size: int

    @property
    def predicted(self) -> int:
        """How many entries are equal to the last bit."""
        return sum(int(order.right.sum()) for order in self.found)

    @property
    def revealed(self) -> int:
        """How many entries have a tree."""
        return sum(order.entries.size for order in self.found)

    @cached_property
    def signature(self) -> str:
        """A text that is equal where the orders are."""
        return signature([o.tree for o in self.found], [o.manner.key for o in self.found])

    @property
    def words(self) -> str:
        """The orders in a few words, those of most entries first, and what they predict."""
        sizes = Counter[str]()
        for order in self.found:
            sizes[order.words] += order.entries.size
        each = [words + (f" ({n:,} entries)" if len(sizes) > 1 else "") for words, n in sizes.most_common(MOST_TOLD)]
        more = [f"{len(sizes) - MOST_TOLD} more"] if len(sizes) > MOST_TOLD else []
        predicted = f"{self.predicted:,} of {self.size:,} entries predicted to the last bit"
        return "; ".join([*each, *more, predicted])

    @property
    def pictured(self) -> list[dict[str, Any]]:
        """What a picture is made of, the orders of most entries first, as JSON can say it; a large tree is left out."""
        most = sorted(self.found, key=lambda order: -order.entries.size)[:MOST_TOLD]
        return [
            {
                "words": order.words,
                "entries": order.entries.size,
                "tree": canonical(order.tree) if order.drawn else None,
            }
            for order in most
        ]

    @property
    def missed(self) -> Iterator[Missed]:
        """The entries that have a tree and are not what it gives, each at the first draw at which it is not."""
        for order in self.found:
            for k in np.flatnonzero(~order.right).tolist():
                draw = int(np.argmax(order.predicted[:, k] != order.actual[:, k]))
                yield Missed(int(order.entries[k]), draw, order.actual[draw, k], order.predicted[draw, k])


def orders(trees: Iterable[tuple[Tree, Array]], of: Products, masks: Masks, draws: Sequence[Draw]) -> Orders:
    """What trees predict of a candidate's entries at some draws: of the first one, and of others of which nothing was asked.

    Entries of one tree may be added in two manners, as where vectors end: what the best one leaves, another explains whole.
    """
    found = list[Order]()
    for tree, entries in trees:
        tried = list(_tried(tree, np.flatnonzero(entries), of, masks, draws))
        best = max(tried, key=lambda order: int(order.right.sum()))
        others = [order.of(~best.right) for order in tried]
        second = next((order for order in others if order.entries.size and order.right.all()), None)
        found += [best] if second is None else [best.of(best.right), second]
    return Orders(tuple(order for order in found if order.entries.size), draws[0].actual.size)


def _tried(tree: Tree, entries: Array, of: Products, masks: Masks, draws: Sequence[Draw]) -> Iterator[Order]:
    """What the entries of one tree are in each manner."""
    numbers, kind = range(masks.rows.shape[1]), draws[0].actual.dtype
    summands = [[_summand(masks.rows[entries, k], of, draw.inputs) for k in numbers] for draw in draws]
    actual = np.stack([draw.actual[entries] for draw in draws])
    for manner in manners(kind, tree):
        totals = np.stack([replayed(tree, each, manner) for each in summands])
        for finish in _finished(masks.scales[entries]):
            yield Order(tree, entries, manner, finish(totals).astype(kind), actual)


def _summand(rows: Array, of: Products, inputs: Array) -> Summand:
    """One summand of some entries: the factors of its product, with the sign of its coefficient."""
    there = rows >= 0
    places, sign = of.factors[rows], np.sign(of.coefficient[rows])
    columns = np.sort(places, axis=1)[:, ::-1].T
    kept = [c for k, c in enumerate(columns) if k == 0 or np.any(there & (c >= 0))]
    factors = [np.where(there & (c >= 0), inputs[c], there).astype(inputs.dtype) for c in kept]
    return Summand([(factors[0] * sign).astype(inputs.dtype), *factors[1:]])


def _finished(scales: Array) -> Iterator[Callable[[Array], Array]]:
    """What may be made of a sum: itself, or its product with a number or the quotient by the inverse."""
    if np.all(scales == 1):
        yield lambda total: total
        return
    yield lambda total: total / (1 / scales).astype(total.dtype)
    yield lambda total: total * scales.astype(total.dtype)
