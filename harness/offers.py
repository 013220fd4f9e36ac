"""What came of a candidate's cases -> further ones, inside what it offers.

A candidate that offers less than its spec asks is asked again: each value of each axis beside the values of the case
nearest to the first one that it takes, then every two of the values that it takes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from harness import cases
from harness.model import Case, Spec, Value, Verdict


@dataclass(frozen=True)
class Offered:
    """The cases that a candidate was asked and took, and the ids of those it refused."""

    spec: Spec
    taken: tuple[Case, ...]
    refused: frozenset[str]

    @property
    def nearest(self) -> Case | None:
        """The case nearest to the op's first one that it takes; None where it takes none."""
        return min(self.taken, key=lambda case: (case.departures, bool(case.grid)), default=None)

    def around(self) -> tuple[Case, ...]:
        """Every value of every axis beside the nearest case's others, and the invalid calls made of it."""
        near = self.nearest
        return () if near is None or near.grid else cases.around(self.spec, near, cases.widest(self.spec))

    def inside(self) -> tuple[Case, ...]:
        """Cases in which every two values meet but for those that it does not take beside the nearest case's others."""
        near = self.nearest
        if near is None:
            return ()
        start = cases.point(self.spec, near)
        values: dict[str, Sequence[Value]] = {
            axis: [v for v in (start[axis], *given) if cases.at(self.spec, start | {axis: v}).id not in self.refused]
            for axis, given in cases.widest(self.spec).items()
        }
        return cases.inside(self.spec, {axis: tuple(dict.fromkeys(v)) for axis, v in values.items()}, self.taken)


def offered(spec: Spec, name: str, asked: Iterable[Case], rows: Collection[Verdict]) -> Offered:
    """What a candidate offers, from the rows on it: a case is not offered where nothing of it was judged."""
    refused = frozenset(row.case for row in rows if row.candidate == name and _is_refusal(row))
    seen = {row.case for row in rows if row.candidate == name} - refused
    return Offered(spec, tuple(c for c in asked if not c.invalid and c.id in seen), refused)


def _is_refusal(row: Verdict) -> bool:
    return row.law == "status" and row.status == "unsupported"
