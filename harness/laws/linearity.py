"""Trial -> Equations on linear maps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.comparison import Equation, Numbers
from harness.oracles import Answer, combined
from harness.trial import Trial


def linear(trial: Trial, of: str) -> Iterator[Equation]:
    """``f(x + x') - f(x) - f(x')`` is what the rounding of ``x + x'`` makes it, in the argument ``of``."""
    if of not in trial.arrays or not trial.bench.finite or trial.case.departures > 2:
        return
    x, other = trial.arrays[of], trial.bench.others[of]
    with np.errstate(all="ignore"):
        inputs = {
            f"sum of {of}": {**trial.arrays, of: np.asarray(x + other, dtype=x.dtype)},
            "": trial.arrays,
            f"other {of}": {**trial.arrays, of: other},
        }
    parts = [trial.bench.draw(name, lambda arrays=arrays: arrays) for name, arrays in inputs.items()]  # type: ignore[misc]
    answers = [{n: a.whole for n, a in trial.due_at(name).values.items()} for name in inputs]
    results = [trial.values(trial.call(p)) for p in parts]
    for name in trial.outputs:
        due = [a[name] for a in answers]
        got = [r[name] for r in results]
        if any(g.shape != due[0].expected.shape for g in got):
            continue
        wide = due[0].expected.dtype
        with np.errstate(all="ignore"):
            actual = got[0].astype(wide) - got[1].astype(wide) - got[2].astype(wide)
            expected = due[0].expected - due[1].expected - due[2].expected
            error = due[0].error + due[1].error + due[2].error
            answer = Answer(expected, error, due[0].p, combined(due, (1, -1, -1)))
            yield Numbers(of, actual, answer, scale=due[0].expected)
