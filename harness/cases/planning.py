"""Spec -> the cases of a run: what departs from the first one, every two values that can meet, named grids, invalid calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from itertools import combinations, product
from random import Random

from harness.cases import sizes
from harness.cases.addresses import (
    CaseError,
    axes,
    case_at,
    crossed,
    first,
    invalid,
    nearest,
    numbers,
    point,
    valid,
    write,
)
from harness.cases.constraints import clauses
from harness.cases.covering import Covering, Point
from harness.cases.faults import faults
from harness.cases.limits import refuse_huge, refuse_many
from harness.model import Case, Spec, Value

#: Scattered points per axis that varies, of a thorough run. Three values that must meet, each drawn with a chance of one
#: in four, meet in eight points of each of twelve axes with a chance of 78 %, and with one of 97 % where each is one of three.
SCATTERED = 8

#: Most numbers that the inputs of a point may have whose values are put together: what is long is long on purpose.
MOST_NUMBERS = 10_000

#: Draws among which a scattered point is chosen.
RIVALS = 4

#: Points drawn for each one wanted before a spec is taken to have no more: its `where` may allow few.
DRAWS = 30

#: Cases of specs that were planned, by what they follow from.
_PLANNED: dict[tuple[str, str], tuple[Case, ...]] = {}

#: Most specs whose cases are kept.
MOST_PLANNED = 400


def cases(spec: Spec) -> tuple[Case, ...]:
    """The cases of a spec, each once, in a fixed order. Raises CaseError where there is none.

    Each value of each axis beside the first case's others; the named grids, every two of whose values meet, or crossed
    where the spec says so; points in which every two values of the axes meet that can; every two of the grid's own params
    beside the first case's others; equal and long sizes; the invalid calls.
    """
    return _kept(spec, "", lambda: (*_valid(spec), *_invalid(spec)))


def thorough(spec: Spec) -> tuple[Case, ...]:
    """The cases of a spec, its grids crossed whole, sweeps that it combines crossed too, and points scattered."""
    return _kept(spec, "thorough", lambda: (*_thorough(spec), *_invalid(spec)))


def around(spec: Spec, near: Case, values: Mapping[str, Sequence[Value]]) -> tuple[Case, ...]:
    """A case's own departures, one axis at a time, and the invalid calls made of it."""
    start = point(spec, near)
    single = (case_at(spec, "", start | {axis: value}) for axis, given in values.items() for value in given)
    found = {case.id: case for case in single if valid(spec, case)}
    made = (invalid(fault, near) for fault in faults(spec))
    return (*found.values(), *made)


def inside(spec: Spec, values: Mapping[str, Sequence[Value]], judged: Iterable[Case]) -> tuple[Case, ...]:
    """Cases in which every two of some axes' values meet that can, beside those of the cases that were judged."""
    begun = [point(spec, case) for case in judged]
    return tuple(case_at(spec, "", p) for p in _covered(spec, values, begun)[len(begun) :])


def widest(spec: Spec) -> dict[str, tuple[Value, ...]]:
    """Every axis of the op with all values that its grid and sweeps name."""
    return {name: tuple(dict.fromkeys((*values, *spec.sweep.get(name, ())))) for name, values in axes(spec).items()}


def _kept(spec: Spec, how: str, plan: Callable[[], Iterable[Case]]) -> tuple[Case, ...]:
    parts = (spec.op, spec.inputs, spec.sizes, spec.params, spec.dtypes, spec.let, spec.where, spec.sweep)
    key = (how, repr((*parts, spec.combine, spec.grids, spec.crossed, spec.invalid)))
    if key not in _PLANNED:
        refuse_many(spec, how == "thorough")
        found = {case.id: case for case in plan()}
        if not any(not case.invalid for case in found.values()):
            raise CaseError(f"{spec.path}: no case of `{spec.op}` satisfies `where: {spec.where}`")
        refuse_huge(spec, found.values())
        if len(_PLANNED) >= MOST_PLANNED:
            _PLANNED.clear()
        _PLANNED[key] = tuple(found.values())
    return _PLANNED[key]


def _invalid(spec: Spec) -> Iterator[Case]:
    near = nearest(spec)
    yield from (invalid(fault, replace(near, id=spec.op)) for fault in faults(spec))


def _valid(spec: Spec) -> Iterator[Case]:
    wide = widest(spec)
    nearest = first(spec, axes(spec))
    singles = [p for p in (nearest | {a: v} for a, given in wide.items() for v in given) if _is_case(spec, p)]
    yield from (case_at(spec, "", p) for p in singles)
    named = [(name, p) for name in spec.grids for p in _of_grid(spec, name) if valid(spec, case_at(spec, name, p))]
    yield from (case_at(spec, name, p) for name, p in named)
    begun = [*singles, *(p for _, p in named)]
    yield from (case_at(spec, "", p) for p in _covered(spec, wide, begun)[len(begun) :])
    yield from (case_at(spec, "", p) for p in _two_params(spec) if _is_case(spec, p))
    yield from sizes.equal(spec, wide)
    yield from sizes.grown(spec)


def _two_params(spec: Spec) -> Iterator[Point]:
    """The first case with two others of the grid's params, or of what may be absent.

    Where two values meet among others that are drawn, those may hide what is wrong: a second derivative of a constant is 0.
    """
    base, optional = axes(spec), {i.name for i in spec.inputs if i.optional}
    start = first(spec, base)
    others = {
        name: [value for value in values if write(value) != write(start[name])]
        for name, values in base.items()
        if name in spec.params or name in optional
    }
    for one, other in combinations(others, 2):
        yield from (start | {one: a, other: b} for a, b in product(others[one], others[other]))


def drawn(spec: Spec, seed: int) -> tuple[Case, ...]:
    """Cases of sizes that are drawn for one run; their ids are addresses like all."""
    return tuple(sizes.drawn(spec, widest(spec), seed))


def kin(spec: Spec, case: Case, seed: int) -> tuple[Case, ...]:
    """Cases to ask between two calls of a case."""
    return tuple(sizes.kin(spec, widest(spec), case, seed))


def _of_grid(spec: Spec, name: str) -> Iterator[Point]:
    given = {axis: spec.grids[name].get(axis, values[:1]) for axis, values in axes(spec).items()}
    if name in spec.crossed or sum(len(values) > 1 for values in given.values()) < 3:
        return crossed(given)
    return iter(_covered(spec, given, ()))


def _covered(spec: Spec, wide: Mapping[str, Sequence[Value]], begun: Sequence[Point]) -> list[Point]:
    """The points that there are, and those that it takes for every two values to meet that can."""
    covering = Covering(wide, clauses(spec, tuple(wide)), spec.op)
    for one in begun:
        covering.met(one)
    return [*begun, *covering.points(lambda p: _is_case(spec, p), lambda p: _few(spec, p))]


def _few(spec: Spec, at: Point) -> bool:
    """Whether a point's inputs have few numbers together."""
    return numbers(spec, case_at(spec, "", at)) <= MOST_NUMBERS


def _is_case(spec: Spec, at: Point) -> bool:
    return valid(spec, case_at(spec, "", at))


def _thorough(spec: Spec) -> Iterator[Case]:
    found = list(_crossed(spec))
    yield from (case for case in (case_at(spec, grid, p) for grid, p in found) if valid(spec, case))
    varied = sum(len(values) > 1 for values in widest(spec).values())
    yield from (case for case, _ in zip(scattered(spec), range(SCATTERED * varied), strict=False))
    yield from _valid(spec)


def _crossed(spec: Spec) -> Iterator[tuple[str, Point]]:
    base = axes(spec)
    yield from (("", p) for p in crossed(base))
    start = first(spec, base)
    for names in spec.combine:
        wider = {name: tuple(dict.fromkeys((start[name], *base[name], *spec.sweep.get(name, ())))) for name in names}
        yield from (("", start | p) for p in crossed(wider))
    for name, changed in spec.grids.items():
        yield from ((name, p) for p in crossed({a: changed.get(a, v[:1]) for a, v in base.items()}))


def scattered(spec: Spec) -> Iterator[Case]:
    """Cases anywhere in the space of all axes, the same for a spec each time: where more than two values must meet.

    Half of the values come from the grid, where nothing is degenerate, half from all; of a few such draws the one is
    taken whose pairs of values have met least. Ends where `where` allows hardly any.
    """
    base, wide, draw = axes(spec), widest(spec), Random(spec.op)
    start, seen, met = first(spec, base), set[str](), set[tuple[str, str]]()
    varied = {
        name: tuple((v, f"{name}:{write(v)}") for v in values) for name, values in wide.items() if len(values) > 1
    }
    if len(varied) < 2:
        return
    lost = 0
    while lost < DRAWS * SCATTERED:
        drawn = [
            {n: draw.choice(vs[: len(base[n])] if draw.random() < 0.5 else vs) for n, vs in varied.items()}
            for _ in range(RIVALS)
        ]
        shows = [set(combinations([text for _, text in one.values()], 2)) for one in drawn]
        best = max(range(RIVALS), key=lambda i: len(shows[i] - met))
        case = case_at(spec, "", start | {name: value for name, (value, _) in drawn[best].items()})
        lost += 1
        if case.id not in seen and valid(spec, case) and numbers(spec, case) <= MOST_NUMBERS:
            seen.add(case.id)
            met |= shows[best]
            lost = 0
            yield case


def ordered(spec: Spec, found: Iterable[Case]) -> tuple[Case, ...]:
    """The cases with the fewest departures from the first one first, of these the smallest; wrong calls last."""

    def far(case: Case) -> tuple[bool, int, int]:
        return bool(case.invalid), case.id.count("/"), 0 if case.invalid else numbers(spec, case)

    return tuple(sorted(found, key=far))


def spread(spec: Spec, found: Sequence[Case], judged: Collection[str] = ()) -> Iterator[Case]:
    """The cases in the order in which a budget is best spent: first those whose pairs of values nothing has shown yet.

    ``judged`` are ids that earlier runs have seen. Greedy and lazy: what a case still adds never grows.
    """
    shows = {case.id: pairs(spec, case) for case in found}
    covered = set[tuple[str, str]]().union(*(shows[i] for i in judged if i in shows))
    waiting = [(-len(shows[case.id] - covered), i) for i, case in enumerate(found)]
    heapify(waiting)
    while waiting:
        _, i = heappop(waiting)
        fresh = len(shows[found[i].id] - covered)
        if waiting and (-fresh, i) > waiting[0]:
            heappush(waiting, (-fresh, i))
            continue
        covered |= shows[found[i].id]
        yield found[i]


def pairs(spec: Spec, case: Case) -> set[tuple[str, str]]:
    """What of the space of axes a case shows: every two of its values."""
    values = [f"{axis}:{write(value)}" for axis, value in point(spec, case).items()]
    return set(combinations([*values, f"grid:{case.grid}", f"invalid:{case.invalid}"], 2))
