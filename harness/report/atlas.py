"""Cells -> one tile for each op, all ops on one screen, those first that have something to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas

from harness.report.counts import Cell
from harness.vocabulary import counted

#: What the worst cell of an op makes it say, the loudest first.
RANKS = ("wrong", "stale", "known", "not judged", "not offered", "right")


@dataclass(frozen=True)
class Tile:
    """An op and its candidates' cells; ``margin`` is the largest of them, ``seconds`` what judging it took."""

    op: str
    cells: tuple[Cell, ...]
    seconds: float
    margin: float

    @property
    def rank(self) -> int:
        """Its place in RANKS."""
        return min(RANKS.index(state(cell)) for cell in self.cells)

    @property
    def said(self) -> str:
        """What it says, in words: of how many candidates, and which are not right."""
        loud = [f"{cell.candidate} {state(cell)}" for cell in self.cells if state(cell) != "right"]
        return counted(len(self.cells), "candidate") + (f": {', '.join(loud)}" if loud else ", all right")


def state(cell: Cell) -> str:
    """How a candidate fares in an op: stale where all is right and an entry says otherwise."""
    found = cell.counted.whole.state
    return "stale" if found == "right" and cell.counts.get("fixed") else found


def tiles(verdicts: pandas.DataFrame, cells: Iterable[Cell]) -> list[Tile]:
    """The tiles of a run, the loudest first; the oracle has no cell."""
    seconds = verdicts.groupby("op", sort=True, observed=True)["seconds"].sum()
    of: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.candidate != "oracle":
            of.setdefault(cell.op, []).append(cell)
    found = [Tile(op, tuple(some), float(seconds[op]), max(c.margin for c in some)) for op, some in of.items()]
    return sorted(found, key=lambda tile: (tile.rank, tile.op))
