"""Trial -> Equations between several calls, or between results and inputs: what follows from the definition.

An identity is a NumPy program of the spec's (reference_impls/definitions/identities.py): ``identity(call, arrays,
**params)`` yields pairs that must be equal. ``call`` gives the candidate's outputs at any arrays, each entry with the
bound it is due to keep there, so that a pair may differ by what both sides together may be off, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import arithmetic
from harness.arithmetic import Tracked
from harness.asking.binding import load
from harness.asking.outcomes import Raised, Reason
from harness.asking.scenarios import Call, Lists
from harness.bounds import Precision
from harness.candidates import Undeclared
from harness.comparison import Equation, Fact, Numbers, Reading, own_error
from harness.fills import EXTREME
from harness.laws import readings
from harness.laws.readings import entry_of
from harness.oracles import Answer
from harness.subjects import Output, Whole
from harness.trial import POSED, Posed, Trial

Array = NDArray[Any]


class _Elsewhere(Exception):
    """A result that has no place in an identity: its shape or finiteness is judged by other laws."""


def identity(trial: Trial, of: str) -> Iterator[Equation | Posed]:
    """What follows from the definition holds between the candidate's own results."""
    yield POSED
    if not trial.bench.finite or trial.departures > 1 or trial.case.fill in EXTREME:
        return
    name, wide = of.split(":")[-1], widest(trial.due.oracle.p)
    calls, labels = iter(range(1000)), list[str]()

    def call(arrays: Mapping[str, Array]) -> Any:
        outputs = _due_there(trial, f"{name} {next(calls)}", arrays, wide, labels)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    arrays = {name: x if x.dtype.kind in "iub" else arithmetic.leaf(x, wide) for name, x in trial.arrays.items()}
    try:
        pairs = [(_tracked(a, wide), _tracked(b, wide)) for a, b in load(of)(call, arrays, **trial.case.params)]
    except _Elsewhere:
        return
    given = {"path": of, "arrays": trial.arrays, "params": dict(trial.case.params), "kind": wide.wide.name}
    for index, (left, right) in enumerate(pairs):
        zero = np.zeros((3, *right.shape))
        error = sum((zero if x.error is None else np.asarray(x.error) for x in (left, right)), start=zero)
        p = trial.due.oracle.p
        read = Reading(readings.left_side, tuple(labels), {**given, "index": index})
        answer = Answer(right.value, error + _rest(left, right, wide), p)
        yield Numbers(Whole(), left.value, answer, name, reading=read)


def widest(p: Precision) -> Precision:
    """The oracle's own precision: what relates two results adds no more rounding than that."""
    return replace(p, u=p.u_wide, u_compute=p.u_wide, u_given=p.u_wide, algorithm="conventional")


def _rest(left: Tracked, right: Tracked, wide: Precision) -> Array:
    """What the comparison itself may be off by."""
    return 2 * wide.u * (np.abs(left.value) + np.abs(right.value)).astype(np.float64)


def _tracked(x: Any, wide: Precision) -> Tracked:
    return arithmetic.lift(np.asarray(x) if not isinstance(x, Tracked) else x, wide)


def _due_there(trial: Trial, name: str, arrays: Mapping[str, Any], wide: Precision, labels: list[str]) -> list[Tracked]:
    """The candidate's outputs at some arrays, with the errors that are due there; adds the label of the call."""
    narrow = {n: _narrowed(x, trial.arrays[n].dtype) for n, x in arrays.items()}
    same = all(x.shape == trial.arrays[n].shape and np.array_equal(x, trial.arrays[n]) for n, x in narrow.items())
    draw = "" if same else name
    asked = trial.first if same else trial.ask(name, Call(trial.bench.draw(draw, lambda: narrow), trial.case.layout))
    labels.append(asked.label)
    returned = asked.values
    outputs = []
    for of, answer in ((n, a.whole) for n, a in trial.due_at(draw).values.items()):
        actual = returned[of]
        if actual.shape != answer.expected.shape or (actual.dtype.kind not in "iub" and not np.isfinite(actual).all()):
            raise _Elsewhere
        if actual.dtype.kind in "iub":
            outputs.append(Tracked(actual, None, wide))
            continue
        if not np.isfinite(answer.error).all() or not np.isfinite(answer.expected).all():
            raise _Elsewhere
        kind = np.result_type(wide.wide, np.complex64) if actual.dtype.kind == "c" else wide.wide
        error = own_error(answer, actual) if trial.wrong else answer.error
        outputs.append(Tracked(actual.astype(kind), error, wide))
    return outputs


def _narrowed(x: Any, dtype: Any) -> Array:
    return np.array(x.value if isinstance(x, Tracked) else x).astype(dtype)


def containers(trial: Trial) -> Iterator[Equation | Posed]:
    """Lists and Python numbers in place of arrays give the same result, where they are taken at all."""
    kinds = {x.dtype.name for x in trial.arrays.values()}
    if trial.by_library or trial.departures > 1 or not kinds <= {"float64", "complex128", "int64", "bool"}:
        return
    if any(x.size == 0 for x in trial.arrays.values()):
        return
    asked = trial.ask("lists", Lists(trial.arrays))
    yield POSED
    if isinstance(asked.outcome, Raised):
        raise Undeclared(Reason.LACKS, f"takes arrays alone: {asked.outcome.type}: {asked.outcome.text}")
    for name, actual in asked.values.items():
        due = trial.due.values[name]
        if actual.shape == due.expected.shape:
            yield Numbers(Output(name), actual, due, reading=entry_of(asked, name), own=trial.first.values[name])
        else:
            read = Reading(readings.shape, (asked.label,), {"name": name})
            yield Fact(Output(name), actual.shape, due.expected.shape, f"`{name}` of lists has another shape", read)
