"""Answers, verdicts -> a card for each cause: what a candidate does wrong, where, and an example of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy
import pandas

from harness.answer import Answer, Cause, Manner, told
from harness.model import BAD, KEY
from harness.report.addresses import size
from harness.report.headline import NUMBER, in_order
from harness.vocabulary import counted

#: Known causes that a page has cards of, and cases that a card names.
MOST_KNOWN, MOST_CASES = 60, 5_000


@dataclass(frozen=True)
class Card:
    """One cause: ``title`` names it, ``said`` is a sentence each, ``example`` addresses the row to look at first.

    ``smallest`` is how the smallest input reads, where one was found; ``right`` and ``wrong`` are the cases on either side
    of the nearest difference.
    """

    op: str
    candidate: str
    title: str
    said: tuple[str, ...]
    laws: tuple[str, ...]
    cases: tuple[str, ...]
    count: int
    example: Mapping[str, str]
    known: bool = False
    smallest: str = ""
    neighbour: tuple[str, str, str] = ("", "", "")

    @property
    def query(self) -> str:
        """What the list shows of it, but for the number of the card."""
        return f"op:{self.op} candidate:{self.candidate}"


def of_answer(found: Answer) -> list[dict[str, Any]]:
    """The causes of an answer as plain values."""
    return [asdict(_card(cause, found)) for cause in found.causes]


def read(card: Mapping[str, Any]) -> Card:
    """A card from its plain values."""
    texts = {name: tuple(card[name]) for name in ("said", "laws", "cases", "neighbour")}
    return Card(**{**card, **texts})


def _card(cause: Cause, found: Answer) -> Card:
    first, *rest = list(told(cause, found))[bool(cause.name) :]
    row = cause.example
    title = cause.name or (cause.detail if cause.manner is Manner.RAISES and cause.detail else "")
    near = None if cause.name else cause.neighbour  # what a name says better
    return Card(
        op=found.op,
        candidate=found.candidate,
        title=title or f"{cause.level.value}: {cause.manner.value}",
        said=(f"{cause.level.value}: {first}" if title else first, *rest),
        laws=tuple(in_order(cause.laws)),
        cases=tuple(cause.wrong[:MOST_CASES]),
        count=len(cause.wrong),
        example={name: str(getattr(row, name)) for name in KEY if name != "candidate"},
        smallest=cause.smallest.text if cause.smallest else "",
        neighbour=(near.axis, str(near.right), str(near.wrong)) if near else ("", "", ""),
    )


def known(verdicts: pandas.DataFrame) -> list[Card]:
    """A card for each known entry that some row showed, by op and candidate, the most cases first."""
    rows = verdicts[verdicts["status"] == "known"]
    rows = rows.assign(because=rows["known"].str.replace(NUMBER, "", regex=True))
    found = [_known(str(op), str(by), str(why), group) for (op, by, why), group in _groups(rows)]
    return sorted(found, key=lambda card: (-card.count, card.op, card.candidate))[:MOST_KNOWN]


def _groups(rows: pandas.DataFrame) -> Iterable[tuple[Any, pandas.DataFrame]]:
    return rows.groupby(["op", "candidate", "because"], sort=True, observed=True)


def _known(op: str, candidate: str, because: str, rows: pandas.DataFrame) -> Card:
    laws, ids = in_order(set(rows["law"])), sorted(set(rows["case"]), key=size)
    first = min(rows[rows["law"] == laws[0]].to_dict("records"), key=lambda row: size(str(row["case"])))
    example = {name: str(first[name]) for name in KEY if name != "candidate"}
    said = (f"{counted(len(ids), 'case')}: {', '.join(laws)}", f"nearest: {ids[0]}")
    return Card(
        op, candidate, because or "known", said, tuple(laws), tuple(ids[:MOST_CASES]), len(ids), example, known=True
    )


def numbered(verdicts: pandas.DataFrame, cards: Sequence[Card]) -> numpy.ndarray:
    """For each row the number of its card, from 1; 0 where it has none. A row of the card's laws comes before others."""
    found = numpy.zeros(len(verdicts), dtype=numpy.uint16)
    status = verdicts["status"]
    for listed, statuses in ((False, BAD), (True, {"known"})):
        mask = status.isin(statuses).to_numpy()
        rows = verdicts.loc[mask, ["op", "candidate", "case", "law"]]
        at = numpy.flatnonzero(mask)
        for by_law in (True, False):
            for number, card in enumerate(cards, 1):
                if card.known is listed:
                    here = _here(rows, card, by_law) & (found[at] == 0)
                    found[at[here]] = number
    return found


def _here(rows: pandas.DataFrame, card: Card, by_law: bool) -> numpy.ndarray:
    mine = (rows["op"] == card.op) & (rows["candidate"] == card.candidate)
    mine &= rows["case"].isin(card.cases)
    found: numpy.ndarray = (mine & rows["law"].isin(card.laws) if by_law else mine).to_numpy()
    return found
