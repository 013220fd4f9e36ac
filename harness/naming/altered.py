"""Alteration, sample -> what the altered definition would give there, with its bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds, cases, fills
from harness.model import Case, Value
from harness.naming import changes
from harness.naming.alterations import (
    Alteration,
    Both,
    ByAlgorithm,
    ComputedIn,
    InputAbsent,
    InputChanged,
    InputRegrouped,
    InputReplaced,
    InputsChanged,
    InputsSwapped,
    KnownMistake,
    OfInputs,
    OfParam,
    OfResult,
    ParamEntriesSwapped,
    ParamIgnored,
    ParamIgnoredAlong,
    ParamOff,
    ParamTaken,
    ParamTwisted,
    Quantity,
    ResultChanged,
    ResultIsInput,
    ResultRegrouped,
    ResultScaled,
    ResultsSwapped,
    Twist,
    UpstreamChanged,
    Where,
)
from harness.naming.changes import Change, Inapplicable
from harness.naming.samples import Sample, answers
from harness.oracles import Answer, Oracle
from harness.trial import Due

Array = NDArray[Any]
Answers = Mapping[str, Answer]


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
        case UpstreamChanged(change):
            return _with_upstream(sample, change)
        case ResultChanged() | ResultScaled() | ResultRegrouped() | ResultsSwapped() | ResultIsInput():
            return results(alteration, sample, sample.due)
        case Where(axis, value, what):
            here = cases.point(sample.trial.spec, sample.trial.case)
            return _given(what, sample) if same(here[axis], value) else sample.due
        case Both(
            first, (ResultChanged() | ResultScaled() | ResultRegrouped() | ResultsSwapped() | ResultIsInput()) as second
        ):
            return results(second, sample, _of(oracle(first, sample, sample.trial.due.oracle), sample))
        case _:
            return _of(oracle(alteration, sample, sample.trial.due.oracle), sample)


def _of(altered: Oracle, sample: Sample) -> Answers:
    """What an altered definition gives; of an input that it leaves out, no gradient."""
    found = answers(Due(sample.trial.bench, altered), sample.trial, sample.level)
    return {**{n: _nothing(due) for n, due in sample.due.items() if n not in found}, **found}


def oracle(alteration: Alteration, sample: Sample, of: Oracle) -> Oracle:
    """The altered definition with what it is given. Raises Inapplicable, also for what alters no definition."""
    match alteration:
        case ParamIgnored() | ParamIgnoredAlong() | ParamTwisted() | ParamOff() | ParamEntriesSwapped() | ParamTaken():
            return replace(of, case=params(alteration, of.case))
        case InputAbsent() | InputsSwapped() | InputReplaced() | InputChanged() | InputsChanged() | InputRegrouped():
            return replace(of, arrays=inputs(alteration, sample, of.arrays))
        case KnownMistake(name):
            return replace(of, spec=replace(of.spec, oracle=of.spec.mistakes[name]))
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


# --- params ---------------------------------------------------------------------------------------------------------


def params(alteration: OfParam, case: Case) -> Case:
    """The case with a param's value altered. Raises Inapplicable."""
    value = case.params[alteration.param]
    match alteration:
        case ParamIgnored(_, instead):
            new = instead
        case ParamIgnoredAlong(_, axis, instead):
            if not isinstance(value, tuple) or len(value) <= axis:
                raise Inapplicable
            new = tuple(instead if n == axis else v for n, v in enumerate(value))
        case ParamEntriesSwapped(_, i, j):
            if not isinstance(value, tuple) or len(value) <= j:
                raise Inapplicable
            new = tuple(value[{i: j, j: i}.get(n, n)] for n in range(len(value)))
        case ParamOff(_, by):
            if not isinstance(value, float):
                raise Inapplicable
            new = value + by
        case ParamTwisted(_, twist):
            new = twisted(value, twist)
        case ParamTaken(_, taken, instead):
            new = instead if same(value, taken) else value
    if same(new, value):
        raise Inapplicable
    return replace(case, params={**case.params, alteration.param: new})


def same(a: Value, b: Value) -> bool:
    """Whether two values of a param are one: of one type, and equal."""
    return type(a) is type(b) and bool(a == b)


def twisted(value: Value, twist: Twist) -> Value:
    """What a twist makes of a param's value. Raises Inapplicable."""
    if isinstance(value, tuple):
        return _twisted_tuple(value, twist)
    if isinstance(value, bool):
        if twist is Twist.OPPOSITE:
            return not value
        raise Inapplicable
    if not isinstance(value, int | float) or twist not in _NUMBERS:
        raise Inapplicable
    if isinstance(value, int) and twist not in _INTEGERS:
        raise Inapplicable
    try:
        new = _NUMBERS[twist](value)
    except ValueError:
        raise Inapplicable from None
    return int(new) if isinstance(value, int) else new


_NUMBERS: Mapping[Twist, Callable[[Any], Any]] = {
    Twist.NEGATED: lambda v: -v,
    Twist.ABSOLUTE: abs,
    Twist.COMPLEMENT: lambda v: 1 - v,
    Twist.MORE: lambda v: v + 1,
    Twist.LESS: lambda v: v - 1,
    Twist.SQUARED: lambda v: v * v,
    Twist.ROOT: sqrt,
    Twist.DOUBLED: lambda v: 2 * v,
    Twist.HALVED: lambda v: v / 2,
    Twist.SINGLE: lambda v: float(np.float32(v)),
}

_INTEGERS = frozenset({Twist.NEGATED, Twist.ABSOLUTE, Twist.MORE, Twist.LESS, Twist.DOUBLED})


def _twisted_tuple(value: tuple[Value, ...], twist: Twist) -> Value:
    match twist:
        case Twist.REVERSED:
            return value[::-1]
        case Twist.SIDES:
            if len(value) % 2 or any(isinstance(v, tuple) for v in value):
                raise Inapplicable
            return tuple(v for n in range(0, len(value), 2) for v in (value[n + 1], value[n]))
        case Twist.FIRST | Twist.LAST if value:
            return (value[0 if twist is Twist.FIRST else -1],) * len(value)
        case Twist.MORE | Twist.LESS | Twist.NEGATED | Twist.COMPLEMENT | Twist.ABSOLUTE:
            return tuple(twisted(v, twist) for v in value)
        case _:
            raise Inapplicable


# --- inputs ---------------------------------------------------------------------------------------------------------


def inputs(
    alteration: OfInputs,
    sample: Sample,
    arrays: Mapping[str, Array],
) -> dict[str, Array]:
    """The inputs, altered. Raises Inapplicable."""
    there = dict(arrays)
    match alteration:
        case InputAbsent(name):
            if name not in there:
                raise Inapplicable
            return {n: x for n, x in there.items() if n != name}
        case InputsSwapped(a, b):
            if a not in there or b not in there:
                raise Inapplicable
            return {**there, a: there[b], b: there[a]}
        case InputReplaced(name, by):
            if name not in there or by not in there or there[name].shape != there[by].shape:
                raise Inapplicable
            return {**there, name: there[by]}
        case InputChanged(name, change):
            if name not in there:
                raise Inapplicable
            new = {**there, name: changes.array(there[name], change)}
        case InputsChanged(names, change):
            new = {n: changes.array(x, change) if n in names else x for n, x in there.items()}
        case InputRegrouped(name, axis, count, within):
            if name not in there:
                raise Inapplicable
            new = {**there, name: changes.array(there[name], _groups(there[name], axis, count, within, sample))}
    if all(_identical(new[n], x) for n, x in there.items()):
        raise Inapplicable
    return new


def _groups(x: Array, axis: int, count: str, within: bool, sample: Sample) -> changes.Regrouped:
    n = numbers(sample).get(count, 0)
    if axis >= x.ndim or n < 2 or x.shape[axis] % int(n):
        raise Inapplicable
    return changes.Regrouped(axis, x.shape[axis] // int(n) if within else int(n))


def _identical(x: Array, y: Array) -> bool:
    return x.shape == y.shape and x.tobytes() == y.tobytes()


def _nothing(due: Answer) -> Answer:
    """The gradient of an input that is not used."""
    return changes.instead(due, np.zeros_like(due.expected), np.zeros_like(due.error))


def _with_upstream(sample: Sample, change: Change) -> Answers:
    if sample.level == "values":
        raise Inapplicable
    trial = sample.trial
    upstream = trial.due.cotangents if sample.level == "gradients" else trial.due.tangents
    new = {n: changes.array(x, change) for n, x in upstream.items()}
    if all(_identical(new[n], x) for n, x in upstream.items()):
        raise Inapplicable
    return answers(trial.due, trial, sample.level, new)


def _in_dtype(of: Oracle, dtype: str) -> Oracle:
    """Inputs rounded to a dtype, and everything in its bounds."""
    here, there = bounds.precision(of.case.dtype), bounds.precision(dtype)
    if there.u <= here.u or here.complex != there.complex:
        raise Inapplicable
    kinds = {"f": fills.dtype(bounds.REAL.get(dtype, dtype)), "c": fills.dtype(dtype)}
    with np.errstate(all="ignore"):
        arrays = {n: x.astype(kinds[x.dtype.kind]) if x.dtype.kind in "fc" else x for n, x in of.arrays.items()}
    return replace(of, case=replace(of.case, dtype=dtype), arrays=arrays)


# --- results --------------------------------------------------------------------------------------------------------


def results(alteration: OfResult, sample: Sample, due: Answers) -> Answers:
    """Answers, altered. Raises Inapplicable."""
    match alteration:
        case ResultChanged(name, change):
            return {**due, name: changes.answer(due[name], change)} if name in due else due
        case ResultScaled(name, by):
            if name not in due:
                return due
            return {**due, name: changes.answer(due[name], changes.Scaled(quantity(by, sample)))}
        case ResultRegrouped(name, axis, count, within):
            if name not in due:
                return due
            change = _groups(due[name].expected, axis, count, within, sample)
            return {**due, name: changes.answer(due[name], change)}
        case ResultsSwapped(a, b):
            if a not in due or b not in due:
                raise Inapplicable
            return {**due, a: due[b], b: due[a]}
        case ResultIsInput(name, given):
            x = sample.trial.arrays.get(given)
            if x is None or name not in due or x.dtype.kind in "iub":
                raise Inapplicable
            expected = x.astype(
                np.result_type(due[name].p.wide, np.complex64) if x.dtype.kind == "c" else due[name].p.wide
            )
            error = np.zeros((3, *x.shape))
            return {
                **due,
                name: changes.instead(due[name], expected, error),
            }


def quantity(of: Quantity, sample: Sample) -> float:
    """The number at a sample's case. Raises Inapplicable where the case has none."""
    known = numbers(sample)
    if any(n not in known for n in (*of.names, *of.over)):
        raise Inapplicable
    try:
        n = prod(known[name] for name in of.names) / prod(known[name] for name in of.over)
        match of.form:
            case "n":
                return n
            case "sqrt(n)":
                return sqrt(n)
            case "n/(n-1)":
                return n / (n - 1)
            case "(n-1)/n":
                return (n - 1) / n
    except (ZeroDivisionError, ValueError):
        raise Inapplicable from None


def numbers(sample: Sample) -> dict[str, float]:
    """The numbers that a case has, by name: sizes, params, `let`; lists of sizes by their product."""
    known = cases.names(sample.trial.spec, sample.trial.case)
    found: dict[str, float] = {}
    for name, value in known.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = float(value)
        elif isinstance(value, tuple) and value and all(isinstance(v, int) for v in value):
            found[name] = float(prod(value))
    return found
