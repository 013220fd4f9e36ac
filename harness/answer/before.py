"""Cause -> the same, as dependent on earlier calls, where the candidate is right when it is asked nothing before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from harness.answer.causes import Cause
from harness.answer.groups import Manner
from harness.answer.levels import Level
from harness.candidates import Candidate
from harness.model import Case, Spec
from harness.naming.samples import sampled
from harness.vocabulary import counted

#: Calls that are made again before the one in question, those of the cases before it.
BEFORE = 12


def dependent(
    cause: Cause, spec: Spec, held: Callable[[], Candidate], order: Mapping[str, Case], seed: int
) -> tuple[Cause, Candidate]:
    """The cause at the level of repeats, with the calls after which it is wrong; and a candidate that may be asked more.

    ``held`` gives the candidate in a process in which it was asked nothing yet: of a second question it may remember
    the first one.
    """
    candidate, row, case = held(), cause.example, order.get(cause.example.case)
    valued = cause.level in (Level.VALUES, Level.SPECIALS) and cause.manner is Manner.NUMBER
    if case is None or not valued or row.law != "agrees" or row.scenario or not _right(spec, candidate, case, seed):
        return cause, candidate
    earlier = list(takewhile(lambda c: c.id != case.id, (c for c in order.values() if not c.invalid)))[:BEFORE]
    first = f"right at {case.id} when it is asked first, in a process of its own"
    for calls in (earlier[:1], earlier[1:]):
        candidate = held()
        for other in calls:
            sampled(spec, candidate, other, "values", seed)
        if calls and not _right(spec, candidate, case, seed):
            return _after(cause, f"{first}, wrong after {', '.join(c.id for c in calls[:1])}{_more(calls)}"), candidate
    return _after(cause, first), candidate


def _more(calls: Sequence[Case]) -> str:
    return f" and {counted(len(calls) - 1, 'case')} more" if len(calls) > 1 else ""


def _after(cause: Cause, said: str) -> Cause:
    beside = {cause.level: frozenset(cause.wrong), **cause.beside}
    name = f"depends on what was called before: {said}"
    plain = replace(cause, rule=None, rate=None, neighbour=None, smallest=None, subjects=())
    return replace(plain, level=Level.REPEATS, name=name, beside=beside)


def _right(spec: Spec, candidate: Candidate, case: Case, seed: int) -> bool:
    """Whether a candidate gives what is expected at a case, now."""
    sample = sampled(spec, candidate, case, "values", seed)
    return sample is not None and not sample.deviating
