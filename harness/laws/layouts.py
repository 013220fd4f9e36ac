"""Trial -> Equations on memory: the same values placed otherwise give the same answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from harness.candidates import Failed
from harness.comparison import Equation, Fact, Numbers, alike
from harness.libraries.arrays import NotOffered
from harness.trial import Trial


def layout(trial: Trial) -> Iterator[Equation]:
    """Transposed, strided, offset, reversed, channels-last, conjugate and negated views change no value."""
    due, library, call = trial.due.values, trial.candidate.library, trial.bound_call
    for name in _chosen(trial):
        if name == "channels_last" and all(x.ndim < 3 for x in trial.arrays.values()):
            continue
        try:
            inputs = trial.wrapped(name)
            before = [library.surroundings(x) for x in inputs] if name in ("strided", "offset") else []
            returned = trial.values(trial.candidate.checked(partial(call, *inputs)))
            for of, x, bits in zip(trial.arrays, inputs, before, strict=False):
                kept = library.surroundings(x) == bits
                message = f"memory around the {name} input `{of}` was written to"
                yield Fact(name, "kept" if kept else "overwritten", "kept", message)
        except NotOffered:
            continue
        except Failed as error:
            yield Fact(name, "raised", "a result", f"{error} for {name} inputs")
            continue
        for output, actual in returned.items():
            expected = due[output].expected
            about = name if len(returned) == 1 else f"{output} {name}"
            if actual.shape == expected.shape:
                yield Numbers(about, actual, due[output])
            elif trial.values(trial.first)[output].shape == expected.shape:
                yield Fact(about, actual.shape, expected.shape, f"{name} inputs change the result's shape")
    if trial.case.departures <= 2 and trial.bench.finite:
        yield from _shared(trial)


def _chosen(trial: Trial) -> Sequence[str]:
    """All layouts near the first case; a third of them, in turn from case to case, where several axes have moved."""
    every = trial.candidate.library.layouts
    return every if trial.case.departures <= 2 else every[sum(trial.case.id.encode()) % 3 :: 3]


def _shared(trial: Trial) -> Iterator[Equation]:
    """One array given for two inputs of the same kind."""
    wrap = trial.candidate.library.wrap
    for a, b, draw in trial.alike():
        due, one = trial.due_at(draw).values, wrap(trial.arrays[a])
        inputs = [one if n in (a, b) else wrap(x) for n, x in trial.arrays.items()]
        try:
            returned = trial.values(trial.candidate.checked(partial(trial.bound_call, *inputs)))
        except Failed as error:
            yield Fact("shared", "raised", "a result", f"{error} for one array as `{a}` and `{b}`")
            continue
        yield from alike(returned, due, "shared {}")
