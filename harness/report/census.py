"""Verdicts -> of each op and candidate, how many cases are right, wrong, known, not offered or not judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy
import pandas

from harness.answer.levels import OF_LAW, Level
from harness.coding import valued
from harness.fills import SPECIAL
from harness.model import BAD
from harness.report.addresses import axes
from harness.report.manners import WITHOUT_RESULT
from harness.subjects import LEDGER

LEVELS = tuple(Level)

#: What a case comes to, from the least to the worst: of rows that differ the last one speaks for their case.
STATES = ("not judged", "not offered", "right", "known", "wrong")

#: The place of each status among them.
STATE: Mapping[str, int] = {
    **dict.fromkeys(BAD, 4),
    "known": 3,
    "conforms": 2,
    "fixed": 2,
    "unsupported": 1,
    "not believed": 0,
    "inconclusive": 0,
}

#: The state of a row that says nothing of its case: that a call returned tells nothing of what it returned.
_SILENT = -1


@dataclass(frozen=True)
class Census:
    """The cases of one op and candidate, or of one of its levels.

    ``raised`` of the wrong and known ones gave no result, ``raised_known`` of the known ones alone.
    """

    right: int = 0
    wrong: int = 0
    known: int = 0
    not_offered: int = 0
    not_judged: int = 0
    raised: int = 0
    raised_known: int = 0

    @property
    def judged(self) -> int:
        """How many cases were decided."""
        return self.right + self.wrong + self.known

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return self.judged + self.not_offered + self.not_judged

    @property
    def state(self) -> str:
        """What speaks for all its cases: the worst that was judged, else why nothing was."""
        for word, number in (("wrong", self.wrong), ("known", self.known), ("right", self.right)):
            if number:
                return word
        return "not offered" if self.not_offered and self.not_offered >= self.not_judged else "not judged"

    def __str__(self) -> str:
        """What is counted, in words, nothing left out that is there."""
        found = {"right": self.right, "wrong": self.wrong, "known": self.known}
        found |= {"not offered": self.not_offered, "not judged": self.not_judged}
        parts = {"wrong": self.raised - self.raised_known, "known": self.raised_known}
        told = {word: f" ({n:,} without a result)" for word, n in parts.items() if n}
        return ", ".join(f"{n:,} {word}{told.get(word, '')}" for word, n in found.items() if n) or "no case"


@dataclass(frozen=True)
class Counted:
    """The census of one op and candidate as a whole, and of each level that some case asks for."""

    whole: Census
    levels: Mapping[Level, Census]


def census(
    verdicts: pandas.DataFrame, manner: pandas.Series, first: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str, str], Counted]:
    """The cases of every op and candidate, counted; ``first`` gives by op the values that case ids leave out.

    Rows on the ledger are of no case.
    """
    ours = (verdicts["subject"] != LEDGER).to_numpy()
    verdicts = verdicts[["op", "case", "candidate", "law", "status"]]  # few columns: a large table is not copied
    if not ours.all():
        verdicts, manner = verdicts[ours], manner[ours]
    (op, ops), (case, ids), (candidate, names) = (
        (codes, pandas.Index(words)) for codes, words in (verdicts[c].factorize() for c in ("op", "case", "candidate"))
    )
    level = _levels(verdicts["law"], case, ids, first)
    state = valued(verdicts["status"], STATE, 0)
    valid = level != LEVELS.index(Level.REFUSALS)
    state[((verdicts["law"] == "status") & (verdicts["status"] == "conforms")).to_numpy() & valid] = _SILENT
    raised = manner.isin([m.value for m in WITHOUT_RESULT]).to_numpy()
    who = op.astype(numpy.int64) * len(names) + candidate
    of_level = _gathered(numpy.int64(len(LEVELS)) * who + level, case, state, raised)
    whole = _gathered(who, case, state, raised)
    found: dict[tuple[str, str], Counted] = {}
    for at, counted in whole.items():
        levels = {one: of_level[key] for n, one in enumerate(LEVELS) if (key := len(LEVELS) * at + n) in of_level}
        found[str(ops[at // len(names)]), str(names[at % len(names)])] = Counted(counted, levels)
    return found


def _levels(
    laws: pandas.Series, case: numpy.ndarray, ids: pandas.Index, first: Mapping[str, Mapping[str, str]]
) -> numpy.ndarray:
    """The level of each row, as `answer.levels.level` says it."""
    kinds, words = laws.factorize()
    of_law = numpy.array([LEVELS.index(OF_LAW.get(str(law), Level.VALUES)) for law in words], dtype=numpy.int8)
    of_case = numpy.array([_of_case(str(name), first) for name in ids], dtype=numpy.int8)
    if not len(ids):
        return numpy.zeros(0, dtype=numpy.int8)
    level = of_law[kinds]
    values = level == LEVELS.index(Level.VALUES)
    chosen: numpy.ndarray = numpy.where(values, of_case[case], level)
    return chosen


def _of_case(case: str, first: Mapping[str, Mapping[str, str]]) -> int:
    said = axes(case)
    if "invalid" in said:
        return LEVELS.index(Level.REFUSALS)
    fill = said.get("fill", first.get(case.partition("/")[0], {}).get("fill", "normal"))
    return LEVELS.index(Level.SPECIALS if fill in SPECIAL else Level.VALUES)


def _gathered(
    group: numpy.ndarray, case: numpy.ndarray, state: numpy.ndarray, raised: numpy.ndarray
) -> dict[int, Census]:
    """For each group how many of its cases have each state, the worst of a case counting."""
    cases = numpy.int64(case.max() + 1 if len(case) else 1)
    pairs, place = numpy.unique(group * cases + case, return_inverse=True)
    worst = numpy.full(len(pairs), _SILENT, dtype=numpy.int8)
    numpy.maximum.at(worst, place, state)
    without = numpy.zeros(len(pairs), dtype=bool)
    without[place[raised]] = True
    worst[worst == _SILENT] = 0
    groups, at = numpy.unique(pairs // cases, return_inverse=True)
    counted = numpy.zeros((len(groups), len(STATES) + 2), dtype=numpy.int64)
    numpy.add.at(counted, (at, worst), 1)
    numpy.add.at(counted[:, len(STATES)], at[without], 1)
    numpy.add.at(counted[:, len(STATES) + 1], at[without & (worst == STATE["known"])], 1)
    return {
        int(one): Census(right, wrong, known, not_offered, not_judged, out, listed)
        for one, (not_judged, not_offered, right, known, wrong, out, listed) in zip(
            groups, counted.tolist(), strict=True
        )
    }
