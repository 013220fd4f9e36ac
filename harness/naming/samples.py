"""Cases, candidate -> samples: what the candidate gave, what is expected, and whether that conforms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds, cases
from harness.asking.outcomes import Returned
from harness.asking.scenarios import Call
from harness.bench import Bench, Due
from harness.candidates import Candidate, Undeclared
from harness.comparison import Numbers, compare
from harness.fills import EVERY, SPECIAL
from harness.model import Case, Spec
from harness.naming.alterations import Level
from harness.oracles import Answer, OracleError
from harness.subjects import Whole
from harness.trial import Trial
from harness.vocabulary import HALF

Array = NDArray[Any]

#: Fills of plain numbers: nothing in them is special, so that many entries tell of an alteration.
PLAIN = ("normal", "positive", "integers", "integers_swapped", "wide", "cancelling", "taps")

#: Fills of what a mistake may treat in a way of its own.
APART = SPECIAL | EVERY | {"zeros_swapped"}

#: Most numbers that the inputs of a sampled case may have, where there are cases that small.
NUMBERS = 2500

#: Times the definition's own bound beyond which no other form of the same formula is asked for its bound, which takes
#: several times as long: what needs more is not named.
FORMS = 2.0**12

#: What params are called that name an axis.
AXES = ("axis", "dim")

#: Cases from which a sample is chosen.
CONSIDERED = 160


@dataclass(frozen=True, eq=False)
class Sample:
    """A candidate's results at one case, and those that are expected."""

    trial: Trial
    level: Level
    got: Mapping[str, Array]
    due: Mapping[str, Answer]

    @property
    def special(self) -> bool:
        """Whether a mistake may treat its data in a way of its own; half types round what is not plain in many ways."""
        case = self.trial.case
        return case.fill in APART or (case.dtype in HALF and case.fill not in PLAIN)

    @property
    def tier(self) -> int:
        """The tier of bounds that judges the case."""
        return bounds.TIERS.index(self.trial.bench.tier)

    @cached_property
    def wrong(self) -> tuple[str, ...]:
        """The results that deviate."""
        return tuple(n for n, x in self.got.items() if not fits(self.trial, x, self.due[n]))

    @cached_property
    def deviating(self) -> tuple[str, ...]:
        """The results that the judge calls wrong; another declaration may explain them."""
        tier = self.trial.bench.tier
        return tuple(n for n, x in self.got.items() if compare(Numbers(Whole(), x, self.due[n]), tier).margin > 1)

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """The numbers of the case, by name: sizes, params, `let`; of lists their product and entries; of results lengths."""
        known = cases.names(self.trial.spec, self.trial.case)
        found: dict[str, float] = {}
        for name, value in known.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found[name] = float(value)
            elif isinstance(value, tuple) and all(isinstance(v, int) for v in value):
                found[name] = float(prod(value))
                found.update((f"{name}[{n}]", float(v)) for n, v in enumerate(value))
        for output, shape in self.trial.due.oracle.shapes.items():
            found[f"{output}.size"] = float(prod(shape))
            for axis in AXES:
                if axis in known and isinstance(known[axis], int) and -len(shape) <= known[axis] < len(shape):
                    found[f"{output}.shape[{axis}]"] = float(shape[known[axis]])
        return found

    @cached_property
    def largest(self) -> Mapping[str, tuple[int, ...]]:
        """Where the largest finite entry of each result stands that is expected, and is finite in what came."""
        return {n: _largest(x, self.due[n].whole.expected) for n, x in self.got.items() if _alike(x, self.due[n])}


def _alike(got: Array, due: Answer) -> bool:
    return bool(got.size) and got.shape == due.whole.expected.shape


def _largest(got: Array, expected: Array) -> tuple[int, ...]:
    with np.errstate(all="ignore"):
        there = np.isfinite(expected) & np.isfinite(got.astype(expected.dtype))
        sizes = np.where(there, np.abs(expected), -1)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(sizes)), sizes.shape))


def fits(trial: Trial, actual: Array, answer: Answer) -> bool:
    """Whether a result has the shape of an answer and is within its bound."""
    return fitting(trial, actual, answer) is not None


def fitting(trial: Trial, actual: Array, answer: Answer) -> Answer | None:
    """The answer that a result conforms to, this one or, in half types, the same rounded at each step; None of neither."""
    if actual.shape != answer.expected.shape or (answer.expected.dtype.kind == "c") != (actual.dtype.kind == "c"):
        return None
    near = compare(Numbers(Whole(), actual, answer.within(answer.error)), trial.bench.tier).margin
    if near <= 1 or near > FORMS:
        return answer if near <= 1 else None
    if compare(Numbers(Whole(), actual, answer), trial.bench.tier).margin <= 1:
        return answer
    stepwise = answer.stepwise() if answer.stepwise else None
    if stepwise is None:
        return None
    return stepwise if compare(Numbers(Whole(), actual, stepwise), trial.bench.tier).margin <= 1 else None


def sampled(spec: Spec, candidate: Candidate, case: Case, level: Level, seed: int) -> Sample | None:
    """What a candidate gives at a case; None where it gives nothing that can be compared, or is given nothing."""
    if case.invalid or not bounds.sharp_enough(bounds.precision(case.dtype)):
        return None
    trial = Trial(Bench(spec, case, seed), candidate)
    if not all(x.size for x in trial.arrays.values()):
        return None
    if level != "values" and not trial.bench.finite:
        return None
    try:
        candidate.offers(case)
        asked = _asked(trial, level)
        if asked is None or not isinstance(asked.outcome, Returned):
            return None
        due = answers(trial.due, trial, level)
    except (Undeclared, OracleError):
        return None
    got = {n: x for n, x in asked.values.items() if n in due}
    return Sample(trial, level, got, due) if got else None


def _asked(trial: Trial, level: Level) -> Any:
    first = trial.ask("call", Call(trial.arrays, trial.case.layout))
    if level == "values":
        return first
    if not any(o.differentiable for o in trial.spec.outputs) or not trial.reversible:
        return None
    if level == "gradients":
        return trial.reverse if trial.differentiable else None
    return trial.forward if trial.by_library and trial.differentiable else None


def answers(due: Due, trial: Trial, level: Level, upstream: Mapping[str, Array] | None = None) -> dict[str, Answer]:
    """What is expected at a level. Raises OracleError."""
    match level:
        case "values":
            return due.values
        case "gradients":
            return due.pulled(upstream or trial.due.cotangents)
        case "forward":
            return due.moved_by(upstream or trial.due.tangents)


def ordered(spec: Spec, found: Iterable[Case]) -> list[Case]:
    """The cases in the order in which to sample them: plain and small ones first, each as unlike those before as can be."""
    kept = [c for c in found if not c.invalid]
    small = [c for c in kept if cases.numbers(spec, c) <= NUMBERS]
    ranked = sorted(small or kept, key=lambda c: (c.layout != "contiguous", c.departures))
    plain = [c for c in ranked if c.fill in PLAIN][:CONSIDERED]
    special = [c for c in ranked if c.fill not in PLAIN][:CONSIDERED]
    return [*cases.spread(spec, plain), *cases.spread(spec, special)]
