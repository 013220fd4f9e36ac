"""Trial -> Equations on linear maps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.asking.outcomes import as_array
from harness.asking.scenarios import Call
from harness.comparison import Equation, Numbers, Reading
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
    answers = [{n: a.whole for n, a in trial.due_at(name).values.items()} for name in draws]
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
            error = due[0].error + due[1].error + due[2].error
            answer = Answer(expected, error, due[0].p, combined(due, (1, -1, -1)))
            yield Numbers(Output(name), actual, answer, of, scale=due[0].expected, reading=read)
