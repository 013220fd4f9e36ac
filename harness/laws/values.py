"""Trial -> Equations on what comes back: values, shape, dtype."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.asking.outcomes import Returned
from harness.asking.scenarios import Call
from harness.candidates import Undeclared
from harness.comparison import Equation, Fact, Reading, alike
from harness.laws import readings
from harness.laws.readings import entry_of, noted
from harness.subjects import BY_DEFAULT, Output
from harness.trial import POSED, Asked, Posed, Trial
from harness.vocabulary import HALF


def agrees(trial: Trial) -> Iterator[Equation | Posed]:
    """Every entry is within the derived bound of the definition's value, also where params are left out."""
    shorter, wider = _by_default(trial), _beside_wider(trial)
    yield POSED
    yield from alike(trial.first.values, trial.due.values, partial(entry_of, trial.first))
    if wider is not None and isinstance(wider.outcome, Returned):
        yield from alike(wider.values, trial.due.values, partial(entry_of, wider), "{} beside single precision")
    if shorter is not None and trial.shortened and isinstance(shorter.outcome, Returned):
        due = replace(trial.due.oracle, case=trial.shortened[0]).values
        yield from alike(shorter.values, due, partial(entry_of, shorter), BY_DEFAULT)


def _beside_wider(trial: Trial) -> Asked | None:
    """Near the first case, of half types, the same numbers with all inputs but the first in single precision.

    That is what networks call whose weights stay in single precision. Who refuses it does not offer it.
    """
    half = [n for n, x in trial.arrays.items() if x.dtype.name in HALF]
    if len(half) < 2 or half[0] != next(iter(trial.arrays)) or trial.departures > 1:
        return None
    mixed = {n: x.astype(np.float32) if n in half[1:] else x for n, x in trial.arrays.items()}
    return trial.ask("beside single precision", Call(mixed, trial.case.layout))


def _by_default(trial: Trial) -> Asked | None:
    """Params that are left out, at the first case, are what the definition takes them for; some take no such call."""
    if trial.departures or not trial.shortened:
        return None
    try:
        keywords = trial.candidate.arguments(trial.shortened[1]).keywords
    except Undeclared:
        return None
    return trial.ask(BY_DEFAULT, Call(trial.arrays, trial.case.layout, keywords))


def shape(trial: Trial) -> Iterator[Equation | Posed]:
    """The result has the definition's shape."""
    yield POSED
    due = trial.due.oracle.shapes
    for name, actual in trial.first.values.items():
        expected = due[name]
        read = Reading(readings.shape, (trial.first.label,), {"name": name})
        yield Fact(Output(name), actual.shape, expected, f"{name} has shape {actual.shape}, expected {expected}", read)


def dtype(trial: Trial) -> Iterator[Equation | Posed]:
    """The result has the dtype the spec declares for the case's."""
    yield POSED
    for name, got in trial.first.returned.notes["dtypes"].items():
        expected = trial.output_dtype(name)
        read = noted(trial.first, "dtypes", name)
        yield Fact(Output(name), got, expected, f"{name} is {got}, expected {expected}", read)
