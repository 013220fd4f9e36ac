"""Trial -> Equations on entries that are dropped at random: which they are, what the others become, and their slopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.asking.binding import load
from harness.asking.outcomes import Returned
from harness.comparison import Equation, Numbers, Reading
from harness.laws import readings
from harness.laws.distribution import OF_OTHERS, SHARES, TWICE, chance, of_one_seed, of_other_seeds, redrawn, together
from harness.laws.readings import entry_of
from harness.oracles import Answer
from harness.subjects import Gradient, Output, Whole
from harness.trial import FIRST, POSED, Asked, Posed, Trial

Array = NDArray[Any]


def mask(trial: Trial, of: str) -> Iterator[Equation | Posed]:
    """Entries are dropped with the chance that is due, none of which tells of another; the rest is as defined, slopes too.

    The definition is that of an entry that is kept; ``of`` gives the chance that one is dropped. One seed drops the same
    entries, whatever stands in the inputs, and two seeds others.
    """
    dropped = float(load(of)(**trial.case.params))
    again, further = of_one_seed(trial) if 0 < dropped < 1 else {}, of_other_seeds(trial)
    slopes = trial.reverse if trial.reversible and trial.differentiable and trial.bench.finite else None
    yield POSED
    first, due = trial.first.values, trial.due.values
    there = {n: y != 0 for n, y in first.items() if n in due and y.shape == due[n].expected.shape}
    for name, kept in there.items():
        yield Numbers(Output(name), first[name], _where(due[name], kept), "kept", reading=entry_of(trial.first, name))
        finite = np.isfinite(due[name].expected) & (due[name].expected != 0)
        if finite.all() and kept.size > 1:
            yield from _of_chance(trial, name, kept, dropped, further)
            if again:
                yield redrawn(trial, name, TWICE, again[TWICE])
                others = again[OF_OTHERS]
                yield redrawn(trial, name, OF_OTHERS, others, readings.same_places, "keeps other entries")
    if slopes is not None and isinstance(slopes.outcome, Returned):
        yield from _sloped(trial, slopes, there)


def _where(due: Answer, kept: Array) -> Answer:
    """What is due of the entries that are kept, and zero of the others; nothing of what is no number when it is kept."""
    open_ = ~np.isfinite(due.expected)
    error = np.where(open_, np.inf, np.where(kept, due.error, 0.0))
    return replace(due, expected=np.where(kept & ~open_, due.expected, 0), error=error, others=None, cancelling=None)


def _of_chance(trial: Trial, name: str, kept: Array, dropped: float, further: Sequence[Asked]) -> Iterator[Numbers]:
    """The share of entries that are kept, and the largest correlation of two at a distance, of all seeds together."""
    found = {one.label: one.returned for one in (trial.first, *further)}
    bound = 0.0 if dropped in (0.0, 1.0) else chance(kept.size)
    read = Reading(readings.kept, (FIRST,), {"name": name})
    share = Answer(np.asarray(1 - dropped), np.full(3, bound), SHARES)
    yield Numbers(Whole(), readings.kept(found, (FIRST,), name), share, "share", reading=read)
    if not 0 < dropped < 1:
        return
    variance = dropped * (1 - dropped) / max(dropped, 1 - dropped) ** 2
    due = Answer(np.asarray(0.0), np.full(3, together(kept.size * len(found), variance**2)), SHARES)
    read = Reading(readings.kept_together, tuple(found), {"name": name, "dropped": dropped})
    yield Numbers(Whole(), readings.kept_together(found, tuple(found), name, dropped), due, "order", reading=read)


def _sloped(trial: Trial, slopes: Asked, there: Mapping[str, Array]) -> Iterator[Numbers]:
    """Gradients are those of the entries that were kept: what comes from upstream to the others goes nowhere."""
    upstream = {n: np.where(there[n], g, g.dtype.type(0)) for n, g in trial.due.cotangents.items() if n in there}
    due = trial.due.pulled(upstream) if len(upstream) == len(trial.due.cotangents) else {}
    for name, g in slopes.returned.arrays.items():
        if g is not None and name in due and np.asarray(g).shape == due[name].expected.shape:
            yield Numbers(Gradient(name), np.asarray(g), due[name], "of what is kept", reading=entry_of(slopes, name))
