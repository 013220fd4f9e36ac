"""Trial -> Equations on linear maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.asking.outcomes import Returned, as_array
from harness.asking.scenarios import Call
from harness.comparison import Equation, Numbers, Reading, own_error
from harness.laws.readings import sum_less_parts
from harness.oracles import Answer, combined
from harness.subjects import Output
from harness.trial import POSED, Posed, Trial


def linear(trial: Trial, of: str) -> Iterator[Equation | Posed]:
    """``f(x + x') - f(x) - f(x')`` is what the rounding of ``x + x'`` makes it, in the argument ``of``."""
    if of not in trial.arrays or not trial.bench.finite or trial.departures > 2:
        return
    x, other = trial.arrays[of], trial.bench.others[of]
    with np.errstate(all="ignore"):
        inputs = {
            f"sum of {of}": {**trial.arrays, of: np.asarray(x + other, dtype=x.dtype)},
            f"first of {of}": trial.arrays,
            f"other {of}": {**trial.arrays, of: other},
        }
    layout = trial.case.layout
    parts = {name: trial.bench.draw(name, lambda arrays=arrays: arrays) for name, arrays in inputs.items()}  # type: ignore[misc]
    asked = [trial.ask(name, Call(arrays, layout)) for name, arrays in parts.items()]
    yield POSED
    draws = [name if n != 1 else "" for n, name in enumerate(inputs)]
    answers = [trial.due_at(name).values for name in draws]
    results = {a.label: a.returned for a in asked}
    for name in trial.outputs:
        due = [a[name] for a in answers]
        got = [r.arrays[name] for r in results.values()]
        if any(as_array(g).shape != due[0].expected.shape for g in got):
            continue
        wide = due[0].expected.dtype
        with np.errstate(all="ignore"):
            read = Reading(sum_less_parts, tuple(results), {"name": name, "kind": wide.name})
            actual = sum_less_parts(results, read.labels, name, wide.name)
            expected = due[0].expected - due[1].expected - due[2].expected
            answer = _summed(Answer(expected, due[0].error, due[0].p, combined(due, (1, -1, -1))), due)
            equation = Numbers(Output(name), actual, answer, of, scale=due[0].expected, reading=read)
            yield _of_another(trial, of, name, due, results) if trial.wrong else equation


def _summed(answer: Answer, due: Sequence[Answer]) -> Answer:
    """An answer with the errors of several others, each by the first formula, or by any."""
    first = answer.within(np.asarray(sum(a.error for a in due)))
    return replace(first, others=lambda: [answer.within(np.asarray(sum(a.whole.error for a in due)))])


def _of_another(trial: Trial, of: str, name: str, due: Sequence[Answer], found: Mapping[str, Returned]) -> Numbers:
    """The same of a candidate whose values are another function's: ``f(x + x') - f(x) - f(x') + f(0)`` is 0, rounded."""
    zeros = {**trial.arrays, of: np.zeros_like(trial.arrays[of])}
    asked = trial.ask(f"zero {of}", Call(zeros, trial.case.layout))
    found = {**found, asked.label: asked.returned}
    got = [as_array(r.arrays[name]) for r in found.values()]
    wide = due[0].expected.dtype
    read = Reading(sum_less_parts, tuple(found), {"name": name, "kind": wide.name})
    with np.errstate(all="ignore"):
        rounded = due[0].p.u * np.max(np.abs(got[0]), initial=0)
        error = sum((own_error(a, y) for a, y in zip(due, got, strict=False)), start=rounded)
        actual = sum_less_parts(found, read.labels, name, wide.name)
    answer = Answer(np.zeros_like(due[0].expected), error, due[0].p)
    return Numbers(Output(name), actual, answer, of, scale=due[0].expected, reading=read)
