"""What is left of sums with two large summands -> the tree in which the summands are added.

FPRev (USENIX ATC 2025, arXiv 2411.00442): with +M at i, -M at j and units elsewhere, all units are swallowed that are added
before both meet: how many tells the size of the smallest subtree that holds both. From these sizes the tree follows,
adders of several summands at once included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from harness.arithmetic.roundings import Array

#: A summand by its number, or what is added at once, each the sum of a tree itself.
Tree = Any

#: Pairs of summands -> how many summands the smallest subtree with both has, (pairs, entries).
Sizes = Callable[[Sequence[tuple[int, int]]], Array]

#: Most pairs of summands that are asked for, and most trees that the entries of one output are told apart by.
MOST_PAIRS, MOST_TREES = 2_000, 8


class NotATree(Exception):
    """The answers are those of no order of summation that is the same for all data."""


class Revealing:
    """The trees of all entries of an output, each pair of summands asked once, for all entries."""

    def __init__(self, sizes: Sizes, present: Array) -> None:
        self._sizes, self.present = sizes, present
        self.asked: dict[tuple[int, int], Array] = {}

    def trees(self) -> Iterator[tuple[Tree, Array]]:
        """Trees, each with the entries that it is the order of."""
        pending: Array = np.asarray(self.present.any(axis=1))
        counts = self.present.sum(axis=1)
        for _ in range(MOST_TREES):
            if not pending.any():
                return
            entry = int(np.argmax(np.where(pending, counts, -1)))
            try:
                tree = self._tree(np.flatnonzero(self.present[entry]).tolist(), entry)
                fitting = pending & self._fits(tree)
            except NotATree:
                fitting = np.zeros(pending.size, bool)
            pending[entry] = False
            if fitting[entry]:
                pending &= ~fitting
                yield tree, fitting

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

    def _fits(self, tree: Tree) -> Array:
        """The entries whose every answer is the tree's, of the summands that they have."""
        joint, summands = meeting(tree, self.present.shape[1]), self.present.shape[1]
        foreign = sorted(set(range(summands)) - set(leaves(tree)))
        fits = [~self.present[:, foreign].any(axis=1)]
        for (i, j), sizes in self.asked.items():
            if (i, j) in joint:
                both = self.present[:, i] & self.present[:, j]
                fits.append(~both | (sizes == self.present @ joint[i, j]))
        found: Array = np.logical_and.reduce(fits)
        return found


def leaves(tree: Tree) -> list[int]:
    """The summands of a tree, in its order."""
    if isinstance(tree, int):
        return [tree]
    return [n for part in tree for n in leaves(part)]


def several(tree: Tree) -> bool:
    """Whether more than two are added at once anywhere."""
    return not isinstance(tree, int) and (len(tree) > 2 or any(map(several, tree)))


def meeting(tree: Tree, summands: int) -> dict[tuple[int, int], Array]:
    """For two summands, in either order, which others are in the smallest subtree with both."""
    found: dict[tuple[int, int], Array] = {}

    def walk(node: Tree) -> list[int]:
        if isinstance(node, int):
            return [node]
        parts = [walk(part) for part in node]
        under = [n for part in parts for n in part]
        inside = np.zeros(summands, np.intp)
        inside[under] = 1
        for k, part in enumerate(parts):
            others = [n for m, other in enumerate(parts) if m != k for n in other]
            found.update(((i, j), inside) for i in part for j in others)
        return under

    walk(tree)
    return found


def canonical(tree: Tree) -> Tree:
    """The tree with the operands of each sum in the order of their first summands: adding two numbers has none."""
    if isinstance(tree, int):
        return tree
    return tuple(sorted(map(canonical, tree), key=least))


@cache
def least(tree: Tree) -> int:
    """The smallest number of a summand."""
    return tree if isinstance(tree, int) else min(map(least, tree))
