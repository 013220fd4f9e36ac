"""Trial -> Equations on what comes back: values, shape, dtype."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.candidates import Failed
from harness.comparison import Equation, Fact, alike
from harness.libraries.arrays import NotAnArray, NotOffered, dtype_name
from harness.model import Case
from harness.trial import Trial


def agrees(trial: Trial) -> Iterator[Equation]:
    """Every entry is within the derived bound of the definition's value, also where params are left out."""
    yield from alike(trial.values(trial.first), trial.due.values)
    if not trial.case.departures and trial.shortened:
        yield from _by_default(trial, *trial.shortened)


def _by_default(trial: Trial, whole: Case, rest: Case) -> Iterator[Equation]:
    """Params that are left out, at the first case, are what the definition takes them for; some take no such call."""
    try:
        found = trial.candidate.run(rest, trial.arrays, trial.case.layout)
    except (NotOffered, NotAnArray, Failed):
        return
    yield from alike(trial.values(found), replace(trial.due.oracle, case=whole).values, "{} by default")


def shape(trial: Trial) -> Iterator[Equation]:
    """The result has the definition's shape."""
    due = trial.due.oracle.shapes
    for name, actual in trial.values(trial.first).items():
        expected = due[name]
        yield Fact(name, actual.shape, expected, f"{name} has shape {actual.shape} where {expected} is due")


def dtype(trial: Trial) -> Iterator[Equation]:
    """The result has the dtype the spec declares for the case's."""
    for name, actual in zip(trial.outputs, trial.first, strict=True):
        got, expected = dtype_name(actual), trial.output_dtype(name)
        yield Fact(name, got, expected, f"{name} is {got} where {expected} is due")
