"""Trial -> Equations on memory: the same values placed otherwise give the same answer."""

from __future__ import annotations

from collections.abc import Iterator

from harness.candidates import Failed
from harness.comparison import Equation, Fact, Numbers
from harness.libraries import NotOffered
from harness.trial import Trial


def layout(trial: Trial) -> Iterator[Equation]:
    """Transposed, strided, offset, reversed, channels-last, conjugate and negated views change no value."""
    due = trial.due.values
    for name in trial.candidate.library.layouts:
        try:
            returned = trial.values(trial.call(layout=name))
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
