"""Alteration, sample -> what the altered definition would give there, with its bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness import bounds, cases, fills
from harness.bench import Due
from harness.language import Literal
from harness.naming import arrays as changed
from harness.naming.alterations import (
    Alteration,
    Both,
    ByAlgorithm,
    ComputedIn,
    KnownMistake,
    NumberTaken,
    OfInputs,
    OfParam,
    OfResult,
    StepChanged,
    UpstreamChanged,
    Where,
)
from harness.naming.arguments import identical, inputs, params, same, upstream
from harness.naming.changes import Change, Inapplicable
from harness.naming.results import Answers, results
from harness.naming.samples import Sample, answers
from harness.naming.steps import Instead, numpys
from harness.oracles import Answer, Oracle


def given(alteration: Alteration, sample: Sample) -> Answers:
    """What the altered definition gives; the sample's own answers where the alteration changes nothing there.

    Raises OracleError where the altered definition fails.
    """
    try:
        return _given(alteration, sample)
    except Inapplicable:
        return sample.due


def _given(alteration: Alteration, sample: Sample) -> Answers:
    match alteration:
        case UpstreamChanged(names, change):
            return _with_upstream(sample, names, change)
        case Where(axis, value, what):
            here = cases.point(sample.trial.spec, sample.trial.case)
            return _given(what, sample) if same(here[axis], value) else sample.due
        case Both(first, second) if isinstance(second, OfResult):
            return results(second, sample, _of(oracle(first, sample, sample.trial.due.oracle), sample))
        case _ if isinstance(alteration, OfResult):
            return results(alteration, sample, sample.due)
        case _:
            return _of(oracle(alteration, sample, sample.trial.due.oracle), sample)


def _of(altered: Oracle, sample: Sample) -> Answers:
    """What an altered definition gives; of an input that it leaves out, no gradient."""
    found = answers(Due(sample.trial.bench, altered), sample.trial, sample.level)
    return {**{n: _nothing(due) for n, due in sample.due.items() if n not in found}, **found}


def oracle(alteration: Alteration, sample: Sample, of: Oracle) -> Oracle:
    """The altered definition with what it is given. Raises Inapplicable, also for what alters no definition."""
    match alteration:
        case _ if isinstance(alteration, OfParam):
            return replace(of, case=params(alteration, of.case))
        case _ if isinstance(alteration, OfInputs):
            return replace(of, arrays=inputs(alteration, sample, of.arrays))
        case KnownMistake(name):
            return replace(of, spec=replace(of.spec, oracle=of.spec.mistakes[name]))
        case StepChanged(step, how):
            return replace(of, instead=(*of.instead, (numpys(step), Instead(step, how))))
        case NumberTaken(taken, number):
            return replace(of, instead=(*of.instead, (Literal(repr(number)), taken)))
        case ComputedIn(dtype):
            return _in_dtype(of, dtype)
        case ByAlgorithm(algorithm):
            return replace(of, algorithm=algorithm)
        case Where(axis, value, what) if same(cases.point(of.spec, sample.trial.case)[axis], value):
            return oracle(what, sample, of)
        case Both(first, second):
            return _both(first, second, sample, of)
        case _:
            raise Inapplicable


def _both(first: Alteration, second: Alteration, sample: Sample, of: Oracle) -> Oracle:
    done = 0
    for alteration in (first, second):
        try:
            of, done = oracle(alteration, sample, of), done + 1
        except Inapplicable:
            continue
    if not done:
        raise Inapplicable
    return of


def _nothing(due: Answer) -> Answer:
    """The gradient of an input that is not used."""
    return Answer(np.zeros_like(due.expected), np.zeros_like(due.error), due.p)


def _with_upstream(sample: Sample, names: tuple[str, ...], change: Change) -> Answers:
    there = upstream(sample)
    new = {n: changed.array(x, change) if n in names else x for n, x in there.items()}
    if all(identical(new[n], x) for n, x in there.items()):
        raise Inapplicable
    return answers(sample.trial.due, sample.trial, sample.level, new)


def _in_dtype(of: Oracle, dtype: str) -> Oracle:
    """Inputs rounded to a dtype, and everything in its bounds."""
    here, there = bounds.precision(of.case.dtype), bounds.precision(dtype)
    if there.u <= here.u or here.complex != there.complex:
        raise Inapplicable
    kinds = {"f": fills.dtype(bounds.REAL.get(dtype, dtype)), "c": fills.dtype(dtype)}
    with np.errstate(all="ignore"):
        arrays = {n: x.astype(kinds[x.dtype.kind]) if x.dtype.kind in "fc" else x for n, x in of.arrays.items()}
    return replace(of, case=replace(of.case, dtype=dtype), arrays=arrays)
