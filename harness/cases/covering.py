"""Axes, clauses -> points in which every two values that can meet do.

Greedy, as AETG (Cohen et al. 1997), with constraints propagated: sets of values are the bits of one integer, and after
each choice every table of a clause keeps the rows that are left (generalized arc consistency).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from random import Random

import numpy as np

from harness.cases.constraints import Clause
from harness.model import Value

#: Most rows of a clause's table; beyond, it is asked of whole points only.
MOST_ROWS = 60_000

#: Rows of a clause that are tried at random: where all hold it is asked of whole points, until a pair finds none.
SAMPLE = 40

#: Completions tried before what is asked of whole points gets its tables, or two values are taken never to meet.
TRIES = 12

Point = dict[str, Value]


class _Table:
    """A clause's rows, as an array of which hold, an axis each; sets of values are bits."""

    def __init__(self, masks: Sequence[int], holds: Sequence[bool]) -> None:
        self.scope, self.masks = sum(masks), masks
        self.holds = np.array(holds, bool).reshape([mask.bit_count() for mask in masks])
        self.starts = [(mask & -mask).bit_length() - 1 for mask in masks]
        self._seen: dict[int, int] = {}

    def allowed(self, left: int) -> int:
        """The values that some row holds of those that are left."""
        if (known := self._seen.get(left)) is None:
            known = self._seen[left] = self._allowed(left)
        return known

    def _allowed(self, left: int) -> int:
        chosen = [[at - start for at in _places(left & m)] for m, start in zip(self.masks, self.starts, strict=True)]
        rows = self.holds[np.ix_(*chosen)]
        if rows.all():
            return left
        found = 0
        for axis, (places, start) in enumerate(zip(chosen, self.starts, strict=True)):
            there: list[bool] = np.asarray(rows.any(axis=tuple(a for a in range(rows.ndim) if a != axis))).tolist()
            found |= sum(1 << (start + place) for place, held in zip(places, there, strict=True) if held)
        return found


class Covering:
    """The pairs of values of some axes: those that have met, and points for those that have not."""

    def __init__(self, axes: Mapping[str, Sequence[Value]], clauses: Iterable[Clause], seed: str) -> None:
        self.axes, self.draw = {name: tuple(values) for name, values in axes.items()}, Random(seed)
        self.at, self.values, self.masks = dict[tuple[str, str], int](), list[tuple[str, Value]](), dict[str, int]()
        for axis, values in self.axes.items():
            self.masks[axis] = ((1 << len(values)) - 1) << len(self.values)
            for value in values:
                self.at[axis, repr(value)] = len(self.values)
                self.values.append((axis, value))
        self.whole = (1 << len(self.values)) - 1
        self.tables, self.late = list[_Table](), list[Clause]()
        for clause in clauses:
            self._add(clause)
        varied = sum(mask for mask in self.masks.values() if mask.bit_count() > 1)
        self.lacking = [
            varied & ~self.masks[axis] if self.masks[axis].bit_count() > 1 else 0 for axis, _ in self.values
        ]

    def _add(self, clause: Clause) -> None:
        draws = ({axis: self.draw.choice(self.axes[axis]) for axis in clause.scope} for _ in range(SAMPLE))
        if self._rows(clause) <= SAMPLE or not all(map(clause.holds, draws)):
            self._tabulate(clause)
        else:
            self.late.append(clause)

    def _rows(self, clause: Clause) -> int:
        return prod(len(self.axes[axis]) for axis in clause.scope)

    def _tabulate(self, clause: Clause) -> None:
        if self._rows(clause) > MOST_ROWS:
            self.late.append(clause)
            return
        every = product(*(self.axes[axis] for axis in clause.scope))
        holds = [clause.holds(dict(zip(clause.scope, values, strict=True))) for values in every]
        if not any(holds):
            self.whole = 0
        elif not all(holds):
            self.tables.append(_Table([self.masks[axis] for axis in clause.scope], holds))

    def met(self, point: Mapping[str, Value]) -> None:
        """Say that a point's values have met; values that the axes do not have meet nothing."""
        self._met(sum(1 << at for a, v in point.items() if (at := self.at.get((a, repr(v)))) is not None))

    def _met(self, bits: int) -> None:
        for at in _places(bits):
            self.lacking[at] &= ~bits

    @property
    def count(self) -> int:
        """How many pairs have not met."""
        return sum(mask.bit_count() for mask in self.lacking) // 2

    def points(self, right: Callable[[Point], bool], small: Callable[[Point], bool]) -> Iterator[Point]:
        """Points that are ``right`` until every pair has met that can: ``small`` ones wherever one shows a pair."""
        while True:
            at = max(range(len(self.lacking)), key=lambda i: self.lacking[i].bit_count(), default=0)
            if not self.lacking or not self.lacking[at]:
                return
            other = max(_places(self.lacking[at]), key=lambda i: self.lacking[i].bit_count())
            if bits := self._beginning_with(at, other, right, small):
                self._met(bits)
                yield self._point(bits)
            else:
                self.lacking[at] &= ~(1 << other)
                self.lacking[other] &= ~(1 << at)

    def _beginning_with(
        self, at: int, other: int, right: Callable[[Point], bool], small: Callable[[Point], bool]
    ) -> int:
        """A point with two values; none where there is no such point."""
        while True:
            start = self._narrowed(self._with(self._with(self.whole, at), other))
            large = 0
            for _ in range(TRIES) if start else ():
                bits = self._completed(start)
                if bits and right(self._point(bits)):
                    if small(self._point(bits)):
                        return bits
                    large = large or bits
            late = [clause for clause in self.late if self._rows(clause) <= MOST_ROWS]
            if large or not start or not late:
                return large
            self.late = [clause for clause in self.late if clause not in late]
            for clause in late:
                self._tabulate(clause)

    def _completed(self, left: int) -> int:
        """One value of each axis, each the one that meets most of what is settled; none where there is no such point."""
        order = [mask for mask in self.masks.values() if (left & mask).bit_count() > 1]
        self.draw.shuffle(order)
        found = self._search(left, order)
        if found and all(clause.holds(self._point(found)) for clause in self.late):
            return found
        return 0

    def _search(self, left: int, order: Sequence[int]) -> int:
        for depth, mask in enumerate(order):
            if (left & mask).bit_count() == 1:
                continue
            settled = sum(left & m for m in self.masks.values() if (left & m).bit_count() == 1)
            ranked = [
                (-(self.lacking[at] & settled).bit_count(), self.draw.random(), at) for at in _places(left & mask)
            ]
            for _, _, at in sorted(ranked):
                if (further := self._narrowed(self._with(left, at))) and (
                    found := self._search(further, order[depth + 1 :])
                ):
                    return found
            return 0
        return left

    def _with(self, left: int, at: int) -> int:
        mask = self.masks[self.values[at][0]]
        return left & ~mask | (left & (1 << at))

    def _narrowed(self, left: int) -> int:
        """What is left once every table has its say; nothing where an axis has no value left."""
        before = -1
        while left != before:
            before = left
            for table in self.tables:
                left &= table.allowed(left & table.scope) | ~table.scope
        return left if all(left & mask for mask in self.masks.values()) else 0

    def _point(self, bits: int) -> Point:
        return dict(self.values[at] for at in _places(bits))


def _places(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
