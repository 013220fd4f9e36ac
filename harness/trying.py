"""A user's function, called a few times -> the library whose arrays it takes, and what it does where it has no param."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product
from typing import Any

from harness import cases, fills
from harness.asking.messages import Batch, Described, NotHere
from harness.asking.outcomes import Returned
from harness.asking.registry import LIBRARIES
from harness.asking.scenarios import Call
from harness.candidates import Candidate, Holder, Undeclared
from harness.model import NONE, CandidateSpec, Case, Spec, Value
from harness.oracles import Oracle, OracleError

Held = Callable[[CandidateSpec], Holder]

#: The libraries that any function is asked with, in turn; then come those that its module imports.
ASKED = ("numpy", "torch")

#: Most calls with values of params that a function does not take.
MOST_TRIES = 24


def library(spec: Spec, given: CandidateSpec, held: Held, seed: int) -> tuple[str, str]:
    """The library whose arrays a candidate takes, and how that is known: it is called once with each kind of them.

    Raises LookupError with the reason where the candidate cannot be loaded.
    """
    tried, first = [], _candidate(spec, replace(given, library=ASKED[0]), held).holder.told
    calls, named = ((first.calls,), first.named) if isinstance(first, Described) else ((), ())
    for name in dict.fromkeys(filter(None, (*calls, *ASKED, *named))):
        candidate = _candidate(spec, replace(given, library=name), held)
        told = candidate.holder.told
        if isinstance(told, NotHere):
            raise LookupError(told.text)
        if not isinstance(told, Described):
            continue
        if told.made_of:
            return told.made_of, f"it is made of {told.made_of}'s classes"
        case = _taken(candidate, [cases.find(spec, spec.op)]) or _taken(candidate, cases.cases(spec))
        if case is not None and _called(candidate, case, fills.arrays(spec, case, seed)) is not None:
            return name, f"called with {LIBRARIES[name].arrays}, it returned {LIBRARIES[name].arrays}"
        tried.append(LIBRARIES[name].arrays)
    return "numpy", f"called with {' and '.join(dict.fromkeys(tried))}, it returned none of that kind" if tried else ""


def values(spec: Spec, given: CandidateSpec, held: Held, seed: int) -> dict[str, tuple[str, ...]]:
    """The one value, as it is offered, of each param that a function does not take, at which its results have the shapes
    that are due.

    Empty where the params' first values are such, or none is, or a call does not return: then it is judged at the first.
    """
    told = _candidate(spec, given, held).holder.told
    if not isinstance(told, Described) or told.call.names is None or told.call.anything:
        return {}
    lacking = [n for n in spec.params if n not in told.call.names and n not in given.offers]
    for chosen in islice(product(*(spec.params[n] for n in lacking)), MOST_TRIES if lacking else 0):
        found = dict(zip(lacking, chosen, strict=True))
        alone = {n: (cases.write(v),) for n, v in found.items()}
        fits = _fits(
            _candidate(spec, replace(given, offers={**given.offers, **alone}), held), _cases(spec, found), seed
        )
        if fits is None:
            return {}
        if fits:
            return {n: value for n, value in alone.items() if value != (cases.write(spec.params[n][0]),)}
    return {}


def misfit(spec: Spec, given: CandidateSpec, held: Held) -> str:
    """How an op calls a candidate whose signature has no place for that, at the first case that it takes; or nothing."""
    candidate = _candidate(spec, given, held)
    if not isinstance(candidate.holder.told, Described):
        return ""
    case = _taken(candidate, [cases.find(spec, spec.op)]) or _taken(candidate, cases.cases(spec))
    return "" if case is None else candidate.misfit(case)


def _cases(spec: Spec, found: Mapping[str, Value]) -> Iterator[Case]:
    """The first case with other values of some params, and the same without what is optional."""
    start = cases.point(spec, cases.find(spec, spec.op)) | dict(found)
    bare = {i.name: NONE for i in spec.inputs if i.optional}
    tried = (cases.at(spec, point) for point in (start, start | bare))
    return (case for case in tried if cases.valid(spec, case))


def _fits(candidate: Candidate, tried: Iterator[Case], seed: int) -> bool | None:
    """Whether the first case that a candidate takes gives results of the shapes that are due; None where it gives none."""
    if (case := _taken(candidate, tried)) is None:
        return False
    arrays = fills.arrays(candidate.spec, case, seed)
    if (found := _called(candidate, case, arrays)) is None:
        return None
    try:
        due = Oracle(candidate.spec, case, arrays).shapes
    except OracleError:
        return False
    return all(array.shape == due[name] for name, array in found.items() if name in due)


def _candidate(spec: Spec, given: CandidateSpec, held: Held) -> Candidate:
    return Candidate(given.name, spec, given, held(given))


def _taken(candidate: Candidate, tried: Iterable[Case]) -> Case | None:
    """The first valid call among some that a candidate takes."""
    for case in (c for c in tried if not c.invalid):
        with suppress(Undeclared):
            candidate.arguments(case)
            return case
    return None


def _called(candidate: Candidate, case: Case, arrays: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The outputs of one call, None where it returns no arrays."""
    candidate.holder.send(Batch(candidate.arguments(case), [Call(arrays)]))
    (came,) = candidate.holder.answers()
    return came.present if isinstance(came, Returned) else None
