"""Products of an output -> the entries of inputs by which each can be made large, under one number in all entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from itertools import product as every

import numpy as np

from harness.arithmetic.roundings import Array
from harness.summation.products import NotOneSum, Products

#: Most products of one entry whose order is asked for.
MOST_SUMMANDS = 512

#: Most ways of choosing an input for each kind of product that are tried.
MOST_CHOICES = 16


@dataclass(frozen=True)
class Scale:
    """What products are set to: one that is ``large`` swallows all that are a ``unit``, of at most so many summands."""

    unit: float
    large: float
    most: int


#: A large summand swallows K units where ``K * unit`` is at most half a unit in its last place; a sum of units is to be
#: exact in the stored type. What a half type is accumulated in may be single precision, single double, and double more.
SCALES: Mapping[str, Scale] = {
    "float16": Scale(2.0**-24, 2.0**15, 2**10),
    "bfloat16": Scale(1.0, 2.0**100, 2**8),
    "float32": Scale(1.0, 2.0**100, 2**24),
    "float64": Scale(1.0, 2.0**200, 2**53),
}


@dataclass(frozen=True, eq=False)
class Masks:
    """``rows`` (entries, summands) says which product of an entry has which number, -1 for none.

    ``numbers`` has the number of each place of all inputs laid one after the other, -1 for none, ``signs`` the sign that
    makes its product positive. ``scales`` is what an entry's sum is multiplied by.
    """

    rows: Array
    numbers: Array
    signs: Array
    scales: Array

    @property
    def present(self) -> Array:
        """Which summands an entry has, (entries, summands)."""
        found: Array = self.rows >= 0
        return found


def masks(of: Products, sizes: Sequence[int]) -> Masks:
    """The masks of an output; entries that no choice of inputs tells apart have no summands. Raises NotOneSum.

    ``sizes`` are the numbers of entries of the inputs, in their order.
    """
    counts, size = of.counts, np.abs(of.coefficient)
    most = counts.max(initial=0)
    if not 3 <= most <= MOST_SUMMANDS or not 1 <= of.factors.shape[1] <= 2:
        raise NotOneSum
    scales = np.ones(counts.size)
    scales[of.entry] = size
    if np.any(scales[of.entry] != size):
        raise NotOneSum
    found = [_numbered(of, handles, sum(sizes)) for handles in islice(_handles(of, sizes), MOST_CHOICES)]
    if not found:
        raise NotOneSum
    best = max(found, key=lambda pair: (int((pair[0] >= 0).sum()), _in_order(pair[0])))
    if not (best[0] >= 0).any() or best[0].shape[1] > MOST_SUMMANDS:
        raise NotOneSum
    return Masks(*best, _signs(of, *best), scales)


def _handles(of: Products, sizes: Sequence[int]) -> Iterator[Array]:
    """For each product a factor of which it has one, by the kinds of products: small inputs first."""
    bounds = np.cumsum(sizes)
    inputs = np.where(of.factors >= 0, np.searchsorted(bounds, of.factors, side="right"), -1)
    kinds, kind = np.unique(np.sort(inputs, axis=1), axis=0, return_inverse=True)
    choices = [
        sorted((i for i in set(row.tolist()) if i >= 0 and (row == i).sum() == 1), key=lambda i: (sizes[i], i))
        for row in kinds
    ]
    for chosen in every(*choices):
        column = np.argmax(inputs == np.array(chosen)[kind.ravel()][:, None], axis=1)
        yield np.take_along_axis(of.factors, column[:, None], axis=1)[:, 0]


def _numbered(of: Products, handles: Array, places: int) -> tuple[Array, Array]:
    """Numbers of products and places, so that those of one entry differ: the entries with most products first."""
    order, counts = np.argsort(of.entry, kind="stable"), of.counts
    ends = np.cumsum(counts)
    numbers = np.full(places, -1)
    rows: dict[int, tuple[Array, Array]] = {}
    for entry in np.argsort(-counts, kind="stable").tolist():
        mine = order[ends[entry] - counts[entry] : ends[entry]]
        at = handles[mine]
        taken = numbers[at]
        known = taken[taken >= 0]
        if len(set(at.tolist())) < at.size or len(set(known.tolist())) < known.size:
            continue
        numbers[at[taken < 0]] = list(_free(known.tolist(), int((taken < 0).sum())))
        rows[entry] = mine, numbers[at]
    table = np.full((counts.size, int(numbers.max(initial=-1)) + 1), -1)
    for entry, (mine, columns) in rows.items():
        table[entry, columns] = mine
    return table, numbers


def _in_order(rows: Array) -> int:
    """How many entries have their products numbered in the order of the definition."""
    before = np.maximum.accumulate(rows, axis=1)
    return int(np.all((rows < 0) | (rows == before), axis=1).sum())


def _free(used: Iterable[int], count: int) -> Iterator[int]:
    """The smallest numbers that are not used."""
    taken = set(used)
    return islice((n for n in range(len(taken) + count) if n not in taken), count)


def _signs(of: Products, rows: Array, numbers: Array) -> Array:
    """The sign of each place that makes its products positive. Raises NotOneSum where it would have to be both."""
    asked = np.zeros(of.entry.size, bool)
    asked[rows[rows >= 0]] = True
    places, sign = of.factors[asked], np.sign(of.coefficient[asked])
    at = np.where((places >= 0) & (numbers[places] >= 0), places, -1).max(axis=1)
    signs: Array = np.ones(numbers.size)
    signs[at] = sign
    if np.any(signs[at] != sign):
        raise NotOneSum
    return signs
