"""Rows of one candidate -> its answer: levels and causes, and whether it is the op."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite, log2

from harness.answer.causes import Cause, causes
from harness.answer.groups import Manner, attributed
from harness.answer.levels import Level, Tally, red, tallies
from harness.bounds import precision
from harness.model import CandidateSpec, Case, Spec, Verdict
from harness.vocabulary import IN_NORM


class Said(StrEnum):
    """What an answer comes to."""

    IS = "is"
    IS_NOT = "is not"
    SLOW = "is too slow for"
    OPEN = "is not judged as"


#: The part of a value, in digits of its dtype, beyond which a bound says nothing of how accurate it is.
DIGITS = 1 / 2


@dataclass(frozen=True)
class Accuracy:
    """How far right values of a dtype are off: ``ulps`` units in the last place of the ``allowed`` ones.

    It is so at the entry that uses most of its bound, of those whose bound leaves half of the digits. ``cancels`` counts
    the cases at which a formula loses digits that the definition keeps.
    """

    dtype: str
    ulps: float
    allowed: float
    cancels: int


@dataclass(frozen=True)
class Answer:
    """What was found out about one candidate of an op, at ``cases`` of the ``planned`` ones.

    ``refused`` counts why cases are not offered, ``unasked`` why calls were not made that are; ``accuracy`` is of the values
    that are right. ``ways`` are algorithms that are right in norm, which others of the op declare and this one does not.
    """

    op: str
    candidate: str
    library: str
    said: Said
    cases: int
    refused: Mapping[str, int]
    tallies: tuple[Tally, ...]
    causes: tuple[Cause, ...]
    accepted: frozenset[Level] = frozenset()
    planned: int = 0
    accuracy: tuple[Accuracy, ...] = ()
    unasked: Mapping[str, int] = field(default_factory=dict)
    ways: tuple[str, ...] = ()

    def at(self, level: Level) -> Tally:
        """The tally of a level."""
        return next(t for t in self.tallies if t.level is level)

    @property
    def red(self) -> bool:
        """Whether something is wrong that nobody accepts, or nothing was judged."""
        return self.said is not Said.IS


def answer(
    spec: Spec,
    given: CandidateSpec,
    order: Mapping[str, Case],
    rows: Sequence[Verdict],
    accepted: Collection[Level] = (),
) -> Answer:
    """The answer of one candidate's rows. ``order`` is the cases by id, the nearest to the op's first one first."""
    rows = attributed(order, rows)
    levels = tallies(spec, given, order, rows)
    lacking = (r for r in rows if r.law == "status" and r.status == "unsupported")
    refused = Counter(r.message for r in lacking)
    open_ = (r for r in rows if (r.law, r.status) == ("status", "inconclusive"))
    given_up = (r for r in open_ if r.mark == "long" or (not r.blame and r.mark != "taken"))
    unasked = Counter(r.message for r in given_up)
    compared = any(t.right or t.known for t in levels if t.level in (Level.VALUES, Level.SPECIALS) and _valued(rows))
    said = Said.IS_NOT if red(levels, accepted) else Said.IS if compared else Said.OPEN
    reasons = causes(spec, order, rows)
    if said is Said.IS_NOT and compared and all(c.manner is Manner.SLOW for c in reasons if c.level not in accepted):
        said = Said.SLOW
    return Answer(
        spec.op,
        given.name,
        given.library,
        said,
        len({r.case for r in rows}),
        dict(refused.most_common()),
        levels,
        reasons,
        frozenset(accepted),
        len(order),
        tuple(_accuracies(order, rows)),
        dict(unasked.most_common()),
        tuple(sorted({c.algorithm for c in spec.candidates}.intersection(IN_NORM) - {given.algorithm})),
    )


def _accuracies(order: Mapping[str, Case], rows: Sequence[Verdict]) -> Iterator[Accuracy]:
    right = [r for r in rows if r.law == "agrees" and r.status == "conforms" and isfinite(r.ulps) and r.case in order]
    for dtype in dict.fromkeys(order[r.case].dtype for r in right):
        of = [r for r in right if order[r.case].dtype == dtype]
        most = max((r for r in of if _telling(r, dtype)), key=lambda r: r.margin, default=None)
        cancels = len({r.case for r in of if r.grade == "cancels"})
        if most is not None or cancels:
            ulps, allowed = (most.ulps, most.ulps / most.margin) if most else (0.0, 0.0)
            yield Accuracy(dtype, ulps, allowed, cancels)


def _telling(row: Verdict, dtype: str) -> bool:
    """Whether a right value is off, by a bound that leaves half of its digits."""
    digits = -log2(2 * precision(dtype).u)
    return row.grade != "cancels" and row.margin > 0 and 0 < row.ulps < row.margin * 2 ** (DIGITS * digits)


def _valued(rows: Sequence[Verdict]) -> bool:
    """Whether a value was compared: that something returned is no value."""
    return any(
        r.law not in ("status", "dtype", "pure") and r.status in ("conforms", "known", "not believed") for r in rows
    )
