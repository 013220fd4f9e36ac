"""One result of a call that nobody can repeat -> the mistakes that it may be of, where they are few."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from typing import Any

import numpy as np

from harness import cases, oracles
from harness.asking.messages import Batch, NotHere
from harness.asking.outcomes import Outcome
from harness.bench import Bench, frozen
from harness.candidates import Candidate
from harness.expressions import ExpressionError
from harness.model import GIVEN, NONE, CandidateSpec, Case, Spec, Value
from harness.naming.alterations import Alteration
from harness.naming.altered import given
from harness.naming.proposals import proposed
from harness.naming.results import Answers
from harness.naming.samples import Array, Sample
from harness.naming.search import Clock, Search, enough
from harness.naming.words import text
from harness.oracles import OracleError
from harness.trial import Trial

#: Processor seconds that the search may take.
SECONDS = 3.0

#: Other draws of the inputs at which alterations are one that give the same, and most different ones that are told.
DRAWS, MOST_TOLD = 2, 3

#: Most sizes that are tried where shapes do not say them.
MOST_SIZES = 5_000


@dataclass(frozen=True)
class _Given(Bench):
    """A case whose inputs somebody gave."""

    inputs: Mapping[str, Array]

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The inputs, by name."""
        return frozen({n: x.copy() for n, x in self.inputs.items()})


class _Nobody:
    """What holds no function."""

    deaths: Mapping[str, list[Outcome]] = {}
    told = NotHere(True, "one result is all that is known of it")

    def send(self, batch: Batch) -> None:
        """Nothing is performed."""

    def answers(self) -> list[Outcome]:
        """Nothing comes of it."""
        return []


def of_result(
    spec: Spec, inputs: Mapping[str, Array], params: Mapping[str, Value], results: Sequence[Array], dtype: str
) -> str:
    """The mistakes that wrong results of one call may be of, in words; nothing where none fits, or many."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if (case := _case(spec, inputs, params, dtype)) is not None:
            return _told(spec, case, inputs, results)
        if oracles.entrywise(spec):
            inputs, results = {n: x.ravel() for n, x in inputs.items()}, [y.ravel() for y in results]
            case = _case(spec, inputs, params, dtype)
        return "" if case is None else _told(spec, case, inputs, results)


def _told(spec: Spec, case: Case, inputs: Mapping[str, Array], results: Sequence[Array]) -> str:
    candidate = Candidate("result", spec, CandidateSpec("result", "result:result", library="numpy"), _Nobody())
    sample = _sample(Trial(_Given(spec, case, 0, inputs), candidate), results)
    if sample is None or not sample.wrong:
        return ""
    search = Search(sample.wrong, [sample], [], Clock(SECONDS))
    alterations = list(proposed(sample, sample.wrong))
    found = [s.alteration for s in search.standing(alterations) if enough(s, len(alterations))]
    told = _apart(found, [Trial(Bench(spec, case, draw), candidate) for draw in range(DRAWS)])
    return ", or: ".join(text(x, spec, "values", sample.wrong) for x in told) if len(told) <= MOST_TOLD else ""


def _sample(trial: Trial, results: Sequence[Array]) -> Sample | None:
    try:
        due = trial.due.values
    except OracleError:
        return None
    got = dict(zip((o.name for o in trial.spec.outputs), results, strict=False))
    return Sample(trial, "values", {n: x for n, x in got.items() if n in due}, due)


def _apart(found: Sequence[Alteration], draws: Sequence[Trial]) -> list[Alteration]:
    """The first of those alterations that are one: which give the same at other inputs, too."""
    kept: list[tuple[Alteration, list[Answers]]] = []
    try:
        samples = [Sample(trial, "values", {}, trial.due.values) for trial in draws if len(found) > 1]
        for one in found:
            gives = [given(one, sample) for sample in samples]
            if not any(all(map(_same, gives, others)) for _, others in kept):
                kept.append((one, gives))
    except (OracleError, ArithmeticError):
        return []
    return [one for one, _ in kept]


def _same(a: Answers, b: Answers) -> bool:
    return a.keys() == b.keys() and all(_near(a[n], b[n]) for n in a)


def _near(a: oracles.Answer, b: oracles.Answer) -> bool:
    if a.expected.shape != b.expected.shape:
        return False
    with np.errstate(all="ignore"):
        apart = np.abs(a.expected - b.expected).astype(np.float64)
        near = apart <= a.error[-1] + b.error[-1]
    return bool(np.all(near | (a.expected == b.expected) | (np.isnan(a.expected) & np.isnan(b.expected))))


def _case(spec: Spec, inputs: Mapping[str, Array], params: Mapping[str, Value], dtype: str) -> Case | None:
    """The case whose inputs have such shapes; None where they do not say, or it is none of the spec's.

    Sizes that no axis has by itself are looked for among the spec's own values, all lengths, and the ends of all shapes.
    """
    start = {axis: values[0] for axis, values in cases.axes(spec).items()}
    there = {i.name: GIVEN if i.name in inputs else NONE for i in spec.inputs if i.optional}
    sizes: dict[str, Value] = {}
    for i in (i for i in spec.inputs if i.name in inputs):
        sizes |= _sizes(spec, [e.text for e in i.shape], inputs[i.name].shape)
    shapes = [x.shape for x in inputs.values()]
    lengths = list(dict.fromkeys(n for shape in shapes for n in shape))
    parts = list(
        dict.fromkeys(part for shape in shapes for k in range(len(shape) + 1) for part in (shape[:k], shape[k:]))
    )
    unknown = {
        name: (*values, *(parts if isinstance(values[0], tuple) else lengths))
        for name, values in cases.widest(spec).items()
        if name in spec.sizes and name not in sizes
    }
    for values in islice(product(*unknown.values()), MOST_SIZES):
        others = dict(zip(unknown, values, strict=True))
        case = cases.at(spec, {**start, **there, **params, **sizes, **others, "dtype": dtype})
        if _has(spec, case, inputs):
            return case
    return None


def _has(spec: Spec, case: Case, inputs: Mapping[str, Array]) -> bool:
    """Whether inputs have the shapes of a case."""
    try:
        known = cases.names(spec, case)
        alike = all(cases.shape(i, known) == inputs[i.name].shape for i in spec.inputs if i.name in inputs)
    except (ExpressionError, ZeroDivisionError, TypeError):
        return False
    return alike and cases.valid(spec, case)


def _sizes(spec: Spec, written: Sequence[str], shape: tuple[int, ...]) -> dict[str, Value]:
    """The sizes that the lengths of one input's axes are; an axis that is written as an expression says nothing."""
    splats = [k for k, name in enumerate(written) if name.startswith("*")]
    if len(splats) > 1 or (not splats and len(written) != len(shape)) or len(written) - 1 > len(shape):
        return {}
    lengths: list[Any] = list(shape)
    if splats:
        (at,) = splats
        beyond = at + len(shape) - len(written) + 1
        lengths[at:beyond] = [tuple(shape[at:beyond])]
    pairs = zip(written, lengths, strict=True)
    return {name.removeprefix("*"): n for name, n in pairs if name.removeprefix("*") in spec.sizes}
