"""Spec -> cases whose input holds every number of a half type, for ops that are functions entry by entry."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cases.addresses import axes, case_at, first, numbers, valid
from harness.cases.sizes import Point, growing
from harness.model import Case, Spec
from harness.vocabulary import HALF

#: Every bit pattern of sixteen, and some more: no vector unit's width divides the length, so that the last entries are
#: computed one by one.
LENGTH = 2**16 + 15

#: The fills and layouts that every number is seen in: by vectors, one by one, and with gradients.
WAYS = (("patterns", "contiguous"), ("patterns", "strided"), ("finite_patterns", "contiguous"))


def exhaustive(spec: Spec) -> tuple[Case, ...]:
    """The cases of an op of one input whose result may be of each entry by itself; none where `where` allows no such length.

    Each half type that the spec names, each value of each param in turn.
    """
    return tuple({case.id: case for case in _every(spec)}.values())


def _every(spec: Spec) -> Iterator[Case]:
    base = axes(spec)
    start = first(spec, base)
    wide = {name: (*values, *spec.sweep.get(name, ())) for name, values in base.items()}
    if len(spec.inputs) != 1:
        return
    turned = [start, *(start | {name: value} for name in spec.params for value in wide[name])]
    for dtype in (d for d in HALF if d in wide["dtype"]):
        for fill, layout in WAYS:
            for point in turned:
                yield from _long(spec, point | {"dtype": dtype, "fill": fill, "layout": layout})


def _long(spec: Spec, point: Point) -> Iterator[Case]:
    """The case of a point with one size long, the last that may be, and the other lengths 1."""
    free = growing(spec, point)
    for axis in reversed(free):
        value = point[axis]
        long = (*(1,) * (len(value) - 1), LENGTH) if isinstance(value, tuple) else LENGTH
        case = case_at(spec, "", point | dict.fromkeys(free, 1) | {axis: long})
        if value != () and valid(spec, case) and numbers(spec, case) == LENGTH:
            yield case
            return
