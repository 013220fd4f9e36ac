"""Trial -> Equations on what comes back: values, shape, dtype."""

from __future__ import annotations

from collections.abc import Iterator

from harness.comparison import Equation, Fact, alike
from harness.libraries.arrays import dtype_name
from harness.trial import Trial


def agrees(trial: Trial) -> Iterator[Equation]:
    """Every entry is within the derived bound of the definition's value."""
    yield from alike(trial.values(trial.first), trial.due.values)


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
