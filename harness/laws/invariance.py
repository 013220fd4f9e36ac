"""Trial -> Equations on a batch: rows that do not depend on each other are the same however they are put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from harness.asking.binding import bits
from harness.asking.outcomes import Array, NotOffered
from harness.asking.scenarios import Call, Vast
from harness.comparison import SAME_BITS, Equation, Fact, Numbers, Reading
from harness.laws import readings
from harness.laws.readings import entry_of, noted
from harness.subjects import Output
from harness.trial import FIRST, POSED, Posed, Trial

#: How the rows of a batch are put together otherwise.
ALONE, PARTS, REVERSED, BESIDE = "each row alone", "in two parts", "in reverse order", "beside other rows"

#: Most rows that are asked for alone, from the first on.
MOST_ALONE = 4


def invariance(trial: Trial) -> Iterator[Equation | Posed]:
    """A row is the same alone, in a part of its batch, in another order and beside other rows."""
    yield POSED
    if trial.departures or not trial.bench.finite or trial.wrong or not (inputs := trial.due.batch):
        return
    rows = trial.arrays[inputs[0]].shape[0]
    ways = _ways(rows)
    if not all(trial.due.apart(inputs, at) for pieces in ways.values() for at in pieces):
        return
    for how, pieces in ways.items():
        asked = [
            trial.ask(f"{how} {k}", Call(trial.due.rows(inputs, at), trial.case.layout)) for k, at in enumerate(pieces)
        ]
        for name in trial.outputs:
            parts = [one.values[name] for one in asked]
            places = np.concatenate([at[at < rows] for at in pieces])
            labels, arguments = tuple(one.label for one in asked), {"name": name, "places": places.tolist()}
            yield _same_rows(trial, name, how, parts, places, Reading(readings.joined, labels, arguments))


#: Entries of a result of which the last ones' places need more than 32 bits, and how many different rows are kept of it: as
#: many as the places of one entry in the widest vectors, several times.
ENTRIES, MOST_DIFFERENT = 2**31, 64

#: Where rows stand whose places need so many bits.
FAR_ALONG = "far along"


def vast(trial: Trial) -> Iterator[Equation | Posed]:
    """A row is the same wherever it stands, also where its place needs more than 32 bits."""
    row = max(1, max(int(np.prod(shape[1:])) for shape in trial.due.oracle.shapes.values()))
    count = ENTRIES // row + 2
    asked = trial.ask("vast", Vast(trial.arrays, trial.due.in_rows, count, MOST_DIFFERENT))
    yield POSED
    if isinstance(asked.outcome, NotOffered) or trial.wrong:
        return
    for name in trial.outputs:
        length, read = asked.returned.notes["lengths"][name], noted(asked, "lengths", name)
        yield Fact(Output(name), length, count, f"`{name}` has {length} rows, expected {count}", read, FAR_ALONG)
        due = trial.due.values[name]
        for k in range(MOST_DIFFERENT):
            y = asked.values.get(f"{k} {name}")
            if y is not None and y.shape == due.expected.shape:
                yield Numbers(Output(name), y, due, FAR_ALONG, reading=entry_of(asked, f"{k} {name}"))


def _same_rows(trial: Trial, name: str, how: str, parts: list[Array], places: Array, read: Reading) -> Equation:
    due, first = trial.due.values[name], trial.first.values[name]
    if any(y.ndim != first.ndim or y.shape[1:] != first.shape[1:] for y in parts):
        shapes = [y.shape for y in parts]
        message = f"{how}, `{name}` has another shape"
        return Fact(Output(name), shapes, [(len(y), *first.shape[1:]) for y in parts], message, None, how)
    joined = np.concatenate(parts)[: len(places)]
    own = first[places]
    if bits(joined) == bits(own):
        return Fact(Output(name), SAME_BITS, SAME_BITS, "", read, how)
    if "bits" in trial.candidate.given.promises:
        message = f"{how}, {_differ(joined, own)} of {own.size} numbers have other bits"
        whole = Reading(readings.same_rows, (*read.labels, FIRST), read.arguments)
        return Fact(Output(name), "other bits", SAME_BITS, message, whole, how)
    return Numbers(Output(name), joined, due.at(places), how, reading=read, again=True, own=own)


def _differ(a: Array, b: Array) -> int:
    return int(np.count_nonzero((a != b) & ~((a != a) & (b != b))))


def _ways(rows: int) -> Mapping[str, list[Array]]:
    """Scenarios -> the rows of each call; a row beyond the last one is one of another draw."""
    every, half = np.arange(rows), rows // 2
    return {
        ALONE: [every[k : k + 1] for k in range(min(rows, MOST_ALONE))],
        PARTS: [every[:half], every[half:]],
        REVERSED: [every[::-1]],
        BESIDE: [np.arange(2 * rows)],
    }
