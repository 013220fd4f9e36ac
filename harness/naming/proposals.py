"""Spec, a sample that deviates -> the alterations to try there, the simplest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from math import log2, pi, sqrt
from typing import Any

import numpy as np

from harness import cases
from harness.model import Spec, Value
from harness.naming import changes
from harness.naming.alterations import (
    Alteration,
    ByAlgorithm,
    ComputedIn,
    InputAbsent,
    InputChanged,
    InputRegrouped,
    InputReplaced,
    InputsChanged,
    InputsSwapped,
    KnownMistake,
    NumberTaken,
    OfDefinition,
    ParamEntriesSwapped,
    ParamIgnored,
    ParamIgnoredAlong,
    ParamOff,
    ParamTaken,
    ParamTwisted,
    Quantity,
    ResultChanged,
    ResultIsInput,
    ResultIsUpstream,
    ResultRegrouped,
    ResultScaled,
    ResultsSwapped,
    StepChanged,
    Twist,
    UpstreamChanged,
)
from harness.naming.arguments import same, upstream
from harness.naming.changes import Change, Inapplicable
from harness.naming.literals import instead, literals
from harness.naming.quantities import numbers, quantity
from harness.naming.samples import Sample
from harness.naming.steps import STEPS, steps
from harness.oracles import defaults
from harness.vocabulary import HALF

#: Numbers that a result is wrongly multiplied with: a factor of a formula, forgotten or doubled.
FACTORS = (
    0.0,
    2.0,
    0.5,
    3.0,
    1 / 3,
    4.0,
    0.25,
    10.0,
    0.1,
    100.0,
    0.01,
    pi,
    1 / pi,
    2 * pi,
    0.5 / pi,
    sqrt(2),
    sqrt(0.5),
)

#: Numbers that are wrongly added to a result, and intervals that it is wrongly cut to.
SUMMANDS = (1.0, -1.0, 0.5, -0.5)
INTERVALS = ((0.0, float("inf")), (0.0, 1.0), (-1.0, 1.0), (0.0, 6.0), (-6.0, 6.0), (-float("inf"), 0.0))

#: A number that a formula fixes where a param belongs is a power of ten: the first and those down to the last.
DECADES = 13

#: What is wrongly added to a param is a power of ten, too.
OFF = 17

#: Algorithms whose bounds are another algorithm's declared ones.
DECLARED = ("low-precision-accumulation", "3m", "polynomial-erf", "fft", "winograd", "strassen")

#: Entries of a param of which two may be exchanged.
MOST_ENTRIES = 6

#: Ends that probabilities are kept from.
MARGINS = tuple(float(f"1e-{n}") for n in range(3, 17))

#: Quantities of a case that are combined with each other.
MOST_QUANTITIES = 14


def proposed(sample: Sample, about: tuple[str, ...]) -> Iterator[Alteration]:
    """Every alteration that may explain some results of a sample."""
    yield from (KnownMistake(name) for name in sample.trial.spec.mistakes)
    if sample.level == "values":
        yield from of_definition(sample)
        yield from of_results(sample, about)
    else:
        yield from _upstream_itself(sample, about)
        yield from _of_upstream(sample, _UPSTREAM_FIRST)
        yield from of_results(sample, about)
        yield from _of_upstream(sample, (*_UPSTREAM, *_formats(sample)))
        yield from of_definition(sample)
    yield from (InputsChanged(names, change) for names in _several(sample) for change in _formats(sample))
    yield from (ResultChanged(name, change) for name in about for change in _formats(sample))
    yield from (ComputedIn(dtype) for dtype in _narrower(sample.trial.case.dtype))
    yield from (ByAlgorithm(name) for name in DECLARED)


def _several(sample: Sample) -> Iterator[tuple[str, ...]]:
    """All inputs, and all but one, the last one left out first."""
    names = tuple(n for n, x in sample.trial.arrays.items() if x.dtype.kind not in "iub")
    if len(names) > 1:
        yield names
    if len(names) > 2:
        yield from (tuple(n for n in names if n != out) for out in reversed(names))


def of_definition(sample: Sample) -> Iterator[OfDefinition]:
    """The alterations of what the definition is given."""
    spec = sample.trial.spec
    for name, value in sample.trial.case.params.items():
        yield from _of_param(spec, name, value)
    yield from _of_inputs(sample)
    yield from (StepChanged(step, how) for step in steps(spec.oracle) for how in STEPS[step])
    yield from (NumberTaken(taken, x) for x in literals(spec.oracle) for taken in instead(x))


# --- params ---------------------------------------------------------------------------------------------------------


def _of_param(spec: Spec, name: str, value: Value) -> Iterator[OfDefinition]:
    known = _known(spec, name)
    yield from (ParamIgnored(name, v) for v in known if not same(v, value))
    yield from (ParamTwisted(name, twist) for twist in Twist)
    if isinstance(value, float):
        yield from (ParamOff(name, side * float(f"1e-{n}")) for n in range(1, OFF) for side in (1, -1))
    if isinstance(value, tuple):
        for axis in range(len(value)):
            yield from (ParamIgnoredAlong(name, axis, v) for v in (0, 1) if v != value[axis])
        pairs = combinations(range(len(value)), 2) if 2 < len(value) <= MOST_ENTRIES else ()
        yield from (ParamEntriesSwapped(name, i, j) for i, j in pairs)
    yield from (ParamTaken(name, value, v) for v in known if not same(v, value))


def _known(spec: Spec, name: str) -> list[Value]:
    """The values that a param may be taken to have: the definition's default, the spec's, those that do nothing."""
    named = cases.listed(spec, name)
    default = defaults(spec.oracle)
    found = [default[name]] if name in default else []
    neutral: tuple[Value, ...] = ()
    if any(isinstance(v, float) for v in named):
        neutral = (0.0, 1.0, *(float(f"1e-{n}") for n in range(1, DECADES)))
    elif any(isinstance(v, int) and not isinstance(v, bool) for v in named):
        neutral = (0, 1, -1)
    elif any(isinstance(v, bool) for v in named):
        neutral = (False, True)
    kept: list[Value] = []
    for v in (*found, *named, *neutral):
        if not any(same(v, w) for w in kept):
            kept.append(v)
    return kept


# --- inputs ---------------------------------------------------------------------------------------------------------


def _of_inputs(sample: Sample) -> Iterator[OfDefinition]:
    spec, arrays = sample.trial.spec, sample.trial.arrays
    there = [i for i in spec.inputs if i.name in arrays]
    yield from (InputAbsent(i.name) for i in there if i.optional)
    yield from (InputsSwapped(a.name, b.name) for a, b in combinations(there, 2))
    for given in there:
        x = arrays[given.name]
        yield from (InputChanged(given.name, change) for change in _of_array(x))
        yield from (InputRegrouped(given.name, *how) for how in _regrouped(x.shape, sample))
        if given.domain == "unit":
            yield from (InputChanged(given.name, changes.Clipped(end, 1 - end)) for end in MARGINS)
    for a, b in combinations(there, 2):
        if arrays[a.name].shape == arrays[b.name].shape:
            yield InputReplaced(a.name, b.name)
            yield InputReplaced(b.name, a.name)
    for given in there:
        yield from (InputChanged(given.name, change) for change in _formats(sample))


def _of_array(x: Any) -> Iterator[Change]:
    yield from _moves(x.ndim)
    if x.dtype.kind not in "iub":
        yield from (changes.Negated(), changes.Scaled(2.0), changes.Scaled(0.5), changes.Absolute(), changes.Squared())
        yield from (
            changes.Filled(0.0),
            changes.Filled(1.0),
            changes.Whole(),
            changes.Nearest(),
            changes.Shifted(1.0),
            changes.Shifted(-1.0),
        )
        yield from (*_specials(), changes.Unsigned())
        if x.dtype.kind == "c":
            yield from (changes.Conjugated(), changes.Real())


def _moves(ndim: int) -> Iterator[Change]:
    yield from (changes.Flipped((axis - ndim,)) for axis in range(ndim))
    if ndim > 1:
        yield from (changes.Flipped((-2, -1)), changes.Transposed(), changes.TransposedWhereSquare())
    if ndim > 0:
        yield changes.Flipped(())
    if ndim > 2:
        yield changes.Reversed()
    yield from (changes.Mirrored(axis - ndim) for axis in range(ndim))
    yield from (changes.Rolled(axis - ndim, by) for axis in range(ndim) for by in (1, -1))


def _specials() -> Iterator[Change]:
    yield from (changes.NanReplaced(by) for by in (0.0, -float("inf"), float("inf")))
    yield from (changes.InfinityReplaced(sign) for sign in (-1, 1, 0))
    yield changes.Flushed()


def _regrouped(shape: tuple[int, ...], sample: Sample) -> Iterator[tuple[int, str, bool]]:
    """Every number of the case that divides a length: by axis, its name, and whether it is that of groups or of entries."""
    known = numbers(sample)
    for axis, n in enumerate(shape):
        for name, count in known.items():
            if 1 < count < n and count == int(count) and n % int(count) == 0:
                yield from ((axis, name, within) for within in (False, True))


def _formats(sample: Sample) -> Iterator[Change]:
    digits = round(1 - log2(2 * sample.trial.due.oracle.p.u))
    for name, bits in changes.FORMATS.items():
        if bits < digits:
            yield changes.Rounded(name)
            yield changes.Truncated(name)


def _narrower(dtype: str) -> tuple[str, ...]:
    if dtype in ("complex128", "clongdouble"):
        return ("complex64",)
    return {"float64": ("float32", "float16", "bfloat16"), "longdouble": ("float64", "float32")}.get(
        dtype, HALF if dtype == "float32" else ()
    )


# --- results --------------------------------------------------------------------------------------------------------


def of_results(sample: Sample, about: tuple[str, ...]) -> Iterator[Alteration]:
    """The alterations of results once they are there."""
    names = list(sample.due)
    for name in (n for n in about if n in sample.got):
        due, x = sample.due[name].expected, sample.got[name]
        yield from (ResultChanged(name, change) for change in _of_result(due))
        yield from (ResultRegrouped(name, *how) for how in _regrouped(due.shape, sample))
        if due.dtype.kind not in "iub":
            yield from (ResultScaled(name, q) for q in _quantities(sample) if _may_scale(sample, name, q))
        for other, given in sample.trial.arrays.items():
            if given.shape == x.shape:
                yield ResultIsInput(name, other)
    yield from (ResultsSwapped(a, b) for a, b in combinations(names, 2) if {a, b} & set(about))


def _of_result(due: Any) -> Iterator[Change]:
    yield from _moves(due.ndim)
    yield from (changes.Halved(axis - due.ndim) for axis, n in enumerate(due.shape) if n > 2)
    if not due.ndim:
        yield changes.Extended()
    if due.ndim > 1:
        yield changes.Flat()
    yield from (changes.Squeezed(axis) for axis, n in enumerate(due.shape) if n == 1)
    if due.dtype.kind not in "iub":
        yield from (changes.Negated(), changes.Absolute(), changes.Squared())
        yield from (changes.Scaled(factor) for factor in FACTORS)
        yield from (changes.Shifted(by) for by in SUMMANDS)
        yield from (changes.Clipped(*ends) for ends in INTERVALS)
        yield from _specials()
        if due.dtype.kind == "c":
            yield from (changes.Conjugated(), changes.Real(), changes.Scaled(-1.0))


def _quantities(sample: Sample) -> Iterator[Quantity]:
    known = [n for n, v in numbers(sample).items() if v not in (0.0, 1.0)][:MOST_QUANTITIES]
    groups = [*((n,) for n in known), *combinations(known, 2), *combinations(known, 3)]
    for names in groups:
        yield from (Quantity(names, (), form) for form in ("n", "sqrt(n)", "n/(n-1)", "(n-1)/n"))
        yield from (Quantity((), names, form) for form in ("n", "sqrt(n)"))
    for a, b in permutations(known, 2):
        yield from (Quantity((a,), (b,), form) for form in ("n", "sqrt(n)"))


def _may_scale(sample: Sample, name: str, by: Quantity) -> bool:
    """Whether one entry, the largest, is multiplied with that number."""
    place = sample.largest.get(name)
    if place is None:
        return False
    due, got = sample.due[name].whole, sample.got[name]
    with np.errstate(all="ignore"):
        try:
            factor = quantity(by, sample)
        except Inapplicable:
            return False
        scaled = due.expected[place] * factor
        allowed = due.error[sample.tier][place] * abs(factor) + 2 * due.p.u * abs(scaled)
        return bool(abs(got[place].astype(due.expected.dtype) - scaled) <= allowed)


def _upstream_itself(sample: Sample, about: tuple[str, ...]) -> Iterator[Alteration]:
    for name in (n for n in about if n in sample.got):
        shape = sample.got[name].shape
        yield from (ResultIsUpstream(name, given) for given, x in upstream(sample).items() if x.shape == shape)


def _of_upstream(sample: Sample, tried: Sequence[Change]) -> Iterator[Alteration]:
    there = upstream(sample)
    for names in dict.fromkeys((tuple(there), *((n,) for n in there))):
        yield from (UpstreamChanged(names, change) for change in tried)


#: What may become of an upstream gradient: what is commonest, and the rest.
_UPSTREAM_FIRST: tuple[Change, ...] = (changes.Filled(1.0), changes.Conjugated())
_UPSTREAM: tuple[Change, ...] = (
    changes.Negated(),
    changes.Filled(0.0),
    changes.Scaled(2.0),
    changes.Flipped((-1,)),
    changes.TransposedWhereSquare(),
    changes.Reversed(),
    changes.Absolute(),
    changes.Clipped(-1.0, 1.0),
    changes.Clipped(0.0, float("inf")),
    changes.Real(),
)
