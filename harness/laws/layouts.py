"""Trial -> Equations on memory: the same values placed otherwise give the same answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from harness.asking.outcomes import NotOffered, Raised, Returned
from harness.asking.scenarios import InLayout, OneArray
from harness.comparison import Equation, Fact, Numbers, Reading, alike
from harness.laws import readings
from harness.laws.readings import entry_of
from harness.subjects import Input, Output
from harness.trial import MOST_SHARED, POSED, Asked, Posed, Trial


def layout(trial: Trial) -> Iterator[Equation | Posed]:
    """Transposed, strided, offset, reversed, channels-last, conjugate and negated views change no value."""
    asked = {name: trial.ask(name, InLayout(name, trial.arrays)) for name in _chosen(trial)}
    mixed = list(_mixed(trial, asked))
    shared = []
    if trial.departures <= 2 and trial.bench.finite:
        for a, b, draw in trial.alike():
            shared.append((a, b, draw, trial.ask(f"{a} as {b}", OneArray(a, b, trial.arrays))))
    yield POSED
    for name, placed in asked.items():
        match placed.outcome:
            case Returned():
                yield from _in(trial, name, placed)
            case NotOffered():
                continue
            case Raised() if name in FOREIGN:
                continue
            case Raised(kind, text):
                message = f"{kind}: {text} for {name} inputs"
                read = entry_of(placed, trial.outputs[0])
                yield Fact(Output(trial.outputs[0]), "raised", "a result", message, read, name)
            case _:
                _ = placed.returned
    for name, of, one in mixed:
        yield from _beside_contiguous(trial, name, of, one, asked[name])
    for a, b, draw, one in shared:
        match one.outcome:
            case Raised(kind, text):
                message = f"{kind}: {text} for one array as `{a}` and `{b}`"
                read = entry_of(one, trial.outputs[0])
                yield Fact(Output(trial.outputs[0]), "raised", "a result", message, read, "shared")
            case _:
                if not trial.wrong:
                    yield from alike(one.values, trial.due_at(draw).values, partial(entry_of, one), "shared")


#: Layouts of another machine's arrays: who refuses them does not offer them.
FOREIGN = frozenset({"swapped"})


def _mixed(trial: Trial, asked: Mapping[str, Asked]) -> Iterator[tuple[str, str, Asked]]:
    """One input in a layout, the others contiguous: all layouts at the first case, one of each case near it."""
    several = len(trial.arrays) > 1
    if not several or trial.departures > 1 or len(trial.arrays) > MOST_SHARED:
        return
    names = list(asked) if not trial.departures else list(asked)[sum(trial.case.id.encode()) % max(len(asked), 1) :][:1]
    for name in names:
        for of in trial.arrays:
            yield name, of, trial.ask(f"{name} {of} alone", InLayout(name, trial.arrays, of))


def _beside_contiguous(trial: Trial, name: str, of: str, one: Asked, whole: Asked) -> Iterator[Equation]:
    """What is taken of all inputs and of none is taken of one."""
    match one.outcome:
        case Returned():
            own = trial.first.values if trial.wrong else {}
            yield from alike(one.values, trial.due.values, partial(entry_of, one), f"{name} {of} alone", own)
        case Raised(kind, text) if isinstance(whole.outcome, Returned):
            message = f"{kind}: {text} for {name} `{of}` beside contiguous inputs"
            read = entry_of(one, trial.outputs[0])
            yield Fact(Output(trial.outputs[0]), "raised", "a result", message, read, f"{name} {of} alone")
        case Raised() | NotOffered():
            return
        case _:
            _ = one.returned


def _in(trial: Trial, name: str, placed: Asked) -> Iterator[Equation]:
    overwritten = placed.returned.notes["overwritten"]
    if name in ("strided", "offset"):
        for of in trial.arrays:
            words = ("kept", "overwritten")
            read = Reading(readings.listed, (placed.label,), {"key": "overwritten", "name": of, "words": words})
            message = f"the memory that holds the {name} input `{of}` was written to"
            yield Fact(Input(of), words[of in overwritten], "kept", message, read, name)
    due = trial.due.values
    for output, actual in placed.values.items():
        expected = due[output].expected
        if actual.shape == expected.shape:
            own = trial.first.values[output]
            yield Numbers(Output(output), actual, due[output], name, reading=entry_of(placed, output), own=own)
        elif trial.first.values[output].shape == expected.shape:
            read = Reading(readings.shape, (placed.label,), {"name": output})
            message = f"{name} inputs change the result's shape"
            yield Fact(Output(output), actual.shape, expected.shape, message, read, name)


def _chosen(trial: Trial) -> Sequence[str]:
    """All layouts near the first case; a third of them, in turn from case to case, where several axes have moved."""
    every = trial.candidate.described.layouts
    chosen = every if trial.departures <= 2 else every[sum(trial.case.id.encode()) % 3 :: 3]
    flat = all(x.ndim < 3 for x in trial.arrays.values())
    return [name for name in chosen if not (flat and name == "channels_last")]
