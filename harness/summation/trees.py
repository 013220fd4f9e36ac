"""What is left of sums with two large summands -> the tree in which the summands are added.

FPRev (USENIX ATC 2025, arXiv 2411.00442): with +M at i, -M at j and units elsewhere, all units are swallowed that are added
before both meet: how many tells the size of the smallest subtree that holds both. From these sizes the tree follows,
adders of several summands at once included.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from harness.arithmetic.roundings import Array

#: A summand by its number, or what is added at once, each the sum of a tree itself.
Tree = Any

#: Pairs of summands -> how many summands the smallest subtree with both has, (pairs, entries).
Sizes = Callable[[Sequence[tuple[int, int]]], Array]

#: Most pairs of summands that are asked for, kinds of entries that are told apart, and entries that have no tree.
MOST_PAIRS, MOST_KINDS, MOST_FAILED = 2_000, 64, 2


class NotATree(Exception):
    """The answers are those of no order of summation that is the same for all data."""


class Revealing:
    """The trees of all entries of an output, each pair of summands asked once, for all entries."""

    def __init__(self, sizes: Sizes, present: Array) -> None:
        self._sizes, self.present = sizes, present
        self.asked: dict[tuple[int, int], Array] = {}

    def trees(self) -> list[tuple[Tree, Array]]:
        """Trees, each with the entries that it is the order of, those that lack some of its summands among them."""
        found: list[tuple[Tree, Array]] = []
        counts, pending, failed = self.present.sum(axis=1), np.asarray(self.present.any(axis=1)), 0
        for _ in range(MOST_KINDS):
            if not pending.any() or failed > MOST_FAILED:
                break
            entry = int(np.argmax(np.where(pending, counts, -1)))
            pending[entry] = False
            try:
                tree = self._tree(np.flatnonzero(self.present[entry]).tolist(), entry)
            except NotATree:
                failed += 1
                continue
            alike = self._alike(entry, pending)
            pending = pending & ~alike
            _merge(found, tree, alike)
        return found

    def _alike(self, entry: int, pending: Array) -> Array:
        """An entry, and the pending ones with the same summands and the same answers about them."""
        mine = self.present[entry]
        alike = [pending, (self.present == mine).all(axis=1)]
        alike += [sizes == sizes[entry] for (i, j), sizes in self.asked.items() if mine[i] and mine[j]]
        found: Array = np.logical_and.reduce(alike)
        found[entry] = True
        return found

    def _of(self, first: int, rest: Sequence[int], entry: int) -> list[int]:
        new = [(first, j) for j in rest if (first, j) not in self.asked]
        if len(self.asked) + len(new) > MOST_PAIRS:
            raise NotATree
        if new:
            self.asked |= dict(zip(new, self._sizes(new), strict=True))
        return [int(self.asked[first, j][entry]) for j in rest]

    def _tree(self, summands: Sequence[int], entry: int) -> Tree:
        """The tree of an entry's summands, built up from the first of them."""
        first, *rest = summands
        return self._grown(first, rest, self._of(first, rest, entry), entry)

    def _grown(self, first: int, rest: Sequence[int], sizes: Sequence[int], entry: int) -> Tree:
        tree: Tree = first
        count = 1
        for size in sorted(set(sizes)):
            beside = [j for j, s in zip(rest, sizes, strict=True) if s == size]
            count += len(beside)
            if count != size:
                raise NotATree
            tree = (tree, *self._beside(beside, size, entry))
        return tree

    def _beside(self, summands: Sequence[int], size: int, entry: int) -> Iterator[Tree]:
        """What is added at one node of a size: one tree, or several where its adder takes more than two."""
        while summands:
            first, *rest = summands
            sizes = self._of(first, rest, entry)
            own = [(j, s) for j, s in zip(rest, sizes, strict=True) if s < size]
            yield self._grown(first, [j for j, _ in own], [s for _, s in own], entry)
            summands = [j for j, s in zip(rest, sizes, strict=True) if s >= size]


def _merge(found: list[tuple[Tree, Array]], tree: Tree, entries: Array) -> None:
    """Put entries to the tree that theirs is a part of, or to a new one."""
    kept = frozenset(leaves(tree))
    for k, (other, those) in enumerate(found):
        if canonical(pruned(other, kept)) == canonical(tree):
            found[k] = other, those | entries
            return
    found.append((tree, entries))


def pruned(tree: Tree, kept: Collection[int]) -> Tree:
    """The tree of some summands alone; an empty one of none."""
    if isinstance(tree, int):
        return tree if tree in kept else ()
    parts = [part for part in (pruned(part, kept) for part in tree) if part != ()]
    return parts[0] if len(parts) == 1 else tuple(parts)


def leaves(tree: Tree) -> list[int]:
    """The summands of a tree, in its order."""
    if isinstance(tree, int):
        return [tree]
    return [n for part in tree for n in leaves(part)]


def several(tree: Tree) -> bool:
    """Whether more than two are added at once anywhere."""
    return not isinstance(tree, int) and (len(tree) > 2 or any(map(several, tree)))


def chain(tree: Tree) -> list[int] | None:
    """The summands in order, where each is added to the sum of those before it; None of any other tree."""
    after = list[int]()
    while not isinstance(tree, int):
        if len(tree) != 2 or not any(isinstance(part, int) for part in tree):
            return None
        first, last = tree if isinstance(tree[1], int) else tree[::-1]
        after.append(last)
        tree = first
    order = [tree, *after[::-1]]
    if len(order) > 1 and (order[0] > order[1]) != (len(order) > 2 and order[1] > order[2]):
        order[:2] = order[1::-1]
    return order


def canonical(tree: Tree) -> Tree:
    """The tree with the operands of each sum in the order of their first summands: adding two numbers has none."""
    if isinstance(tree, int):
        return tree
    return tuple(sorted(map(canonical, tree), key=least))


@cache
def least(tree: Tree) -> int:
    """The smallest number of a summand."""
    return tree if isinstance(tree, int) else min(map(least, tree))
