"""Spec -> its invalid calls: those it names, and those that follow from what each param takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.cases.addresses import CaseError, axes, case_at, find_valid, first, invalid, names, nearest, shape
from harness.expressions import ExpressionError
from harness.model import Case, Invalid, Spec, Value

#: What stands in the place of a word that there is, or of a number.
NO_WORD = "no_such_word"


def faults(spec: Spec) -> tuple[Invalid, ...]:
    """Every invalid call of a spec: the named ones first."""
    key = repr(
        (spec.op, spec.inputs, spec.sizes, spec.params, spec.dtypes, spec.let, spec.where, spec.sweep, spec.invalid)
    )
    if key not in _FOUND:
        named = {one.name for one in spec.invalid}
        given = [one.params for one in spec.invalid if not (one.sizes or one.shapes or one.dtypes or one.values)]
        derived = (one for one in _derived(spec) if one.name not in named and one.params not in given)
        _FOUND[key] = (*spec.invalid, *derived)
    return _FOUND[key]


_FOUND: dict[str, tuple[Invalid, ...]] = {}


def fault(spec: Spec, name: str) -> Invalid:
    """The invalid call of that name. Raises StopIteration where there is none."""
    return next(one for one in faults(spec) if one.name == name)


def find(spec: Spec, address: str) -> Case:
    """The case an id addresses, whether or not the grid holds it. Raises CaseError saying which part is wrong.

    A case that the spec's ``where`` leaves out is none.
    """
    before, mark, name = address.partition("/invalid:")
    if not mark:
        return find_valid(spec, address)
    near = nearest(spec) if before == spec.op else find_valid(spec, before)
    if name not in {one.name for one in faults(spec)}:
        raise CaseError(f"`{spec.op}` has no invalid call named `{name}`")
    return invalid(fault(spec, name), replace(near, id=before))


def _derived(spec: Spec) -> Iterator[Invalid]:
    """Of each param a negative number, zero, one entry too many, another kind.

    What the definition takes is not asked: `where` leaves out legal calls, too.
    """
    start = first(spec, axes(spec))
    for param in spec.params:
        known = (*spec.params[param], *spec.sweep.get(param, ()))
        for kind, value in _wrong(known):
            at = start | {param: value}
            if any(value == v and type(value) is type(v) for v in known) or not _has_shapes(spec, at):
                continue
            yield Invalid(f"{param}-{kind}", f"`{param}` is {kind.replace('-', ' ')}", params={param: value}, open=True)


def _wrong(known: Sequence[Value]) -> Iterator[tuple[str, Value]]:
    numbers = [v for v in known if isinstance(v, (int, float)) and not isinstance(v, bool)]
    lists = [v for v in known if isinstance(v, tuple) and v and all(type(n) is int for n in v)]
    words = [v for v in known if isinstance(v, str)]
    whole = any(isinstance(v, int) for v in numbers)
    if numbers:
        yield "negative", -abs(next((v for v in numbers if v), 1))
        yield "zero", 0 if whole else 0.0
    if lists and len({len(v) for v in lists}) == 1:
        yield "negative-within", (*lists[0][:-1], -max(1, abs(lists[0][-1])))
        yield "zero-within", (*lists[0][:-1], 0)
        if whole:
            yield "too-long", (*lists[0], *lists[0][-1:])
    if (numbers or words) and not any(isinstance(v, bool) for v in known):
        yield "of-another-kind", NO_WORD


def _has_shapes(spec: Spec, at: dict[str, Value]) -> bool:
    """Whether every input still has a shape, and the one it had: else it is not the param alone that is wrong."""
    start = case_at(spec, "", first(spec, axes(spec)))
    try:
        case = case_at(spec, "", at)
        now, before = names(spec, replace(case, invalid=case.id)), names(spec, start)
        there = [i for i in spec.inputs if i.name not in case.absent]
        return all(shape(i, now) == shape(i, before) for i in there)
    except (ExpressionError, TypeError, ValueError, ZeroDivisionError):
        return False
