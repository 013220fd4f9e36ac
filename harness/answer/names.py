"""Answer -> the same with the mistakes that its causes are, by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

from harness import naming
from harness.answer.before import dependent
from harness.answer.causes import Cause, Name, named
from harness.answer.groups import Manner
from harness.answer.levels import Level
from harness.answer.summary import Answer
from harness.candidates import Candidate
from harness.model import Case, Spec

#: Gives a candidate in a process of its own.
Held = Callable[[], Candidate]

#: What names know of: numbers of some levels, and shapes, which are those of another function's values.
NAMED: Mapping[tuple[Level, Manner], naming.Level] = {
    (Level.VALUES, Manner.NUMBER): "values",
    (Level.SPECIALS, Manner.NUMBER): "values",
    (Level.TYPES, Manner.FACT): "values",
    (Level.GRADIENTS, Manner.NUMBER): "gradients",
    (Level.FORWARD, Manner.NUMBER): "forward",
}


def with_names(found: Answer, spec: Spec, held: Held, order: Mapping[str, Case], seed: int) -> Answer:
    """The answer, each cause with what the candidate computes instead, where that is known.

    What keeps something between calls is given no name: which other function it is depends on what it was asked before.
    ``held`` gives the candidate in a process of its own, in which it was asked nothing yet.
    """
    if not found.causes or any(cause.level is Level.REPEATS for cause in found.causes):
        return found
    told, candidate = dependent(found.causes[0], spec, held, order, seed)
    if told.level is Level.REPEATS:
        return replace(found, causes=(told, *found.causes[1:]))
    first = sorted(found.causes, key=lambda c: c.manner is Manner.RAISES)
    return replace(found, causes=named(first, _namer(spec, candidate, order, seed)))


def _namer(spec: Spec, candidate: Candidate, order: Mapping[str, Case], seed: int) -> Name:
    """What says which mistake a cause is: of what raises, one that an earlier cause has."""
    known: list[naming.Name] = []

    def name(cause: Cause) -> str | None:
        wrong, right = ([order[id] for id in ids if id in order] for ids in (cause.wrong, cause.right))
        if cause.manner is Manner.RAISES:
            return next((n.text for n in known if naming.refused(spec, n, wrong)), None)
        if (cause.level, cause.manner) not in NAMED:
            return None
        try:
            found = naming.named(spec, candidate, wrong, right, level=NAMED[cause.level, cause.manner], seed=seed)
        except Exception as error:  # a fault of the names is not to lose the answer
            warnings.warn(f"a name for the mistake was not found: {error!r}", RuntimeWarning, stacklevel=2)
            return None
        known.extend([found] if found else [])
        return found.text if found else None

    return name
