"""Spec -> Cases: the crossed grid, sweeps from its first point, crossed sweeps, named grids, scattered points, invalid
calls."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import combinations, islice, product
from math import prod
from random import Random
from typing import Any

from harness.expressions import ExpressionError
from harness.model import GIVEN, NONE, Case, Input, Output, Spec, Value
from harness.vocabulary import DTYPES, FILLS, LAYOUTS, is_fill

#: Axes that every op has, after its own, with the value that an id leaves out.
COMMON = {"layout": "contiguous", "fill": "normal"}


#: Scattered points per axis that varies. Three values that must meet, each drawn with a chance of one in four, meet in
#: eight points of each of twelve axes with a chance of 78 %, and with one of 97 % where each is one of three.
SCATTERED = 8

#: Most numbers that the inputs of a scattered point may have: what is long is long on purpose, in a sweep or a grid.
SCATTERED_NUMBERS = 10_000

#: Draws among which a scattered point is chosen.
RIVALS = 4

#: Points drawn for each one wanted before a spec is taken to have no more: its `where` may allow few.
DRAWS = 30


class CaseError(Exception):
    """An id that addresses no case of its spec, or a spec without cases."""


def command(case: str, candidate: str = "", law: str = "", seed: int = 0, spec: str = "") -> str:
    """The words that show the evidence at a case; ``spec`` is the file of one that its op's name does not find."""
    named = {"--candidate": candidate, "--law": law, "--seed": str(seed or ""), "--spec": spec}
    return shlex.join(["harness", "show", case, *(word for option in named.items() if option[1] for word in option)])


def renames(spec: Spec) -> dict[str, str]:
    """What a spec says is called otherwise now, as `harness.diff.rename` takes it: an axis behind its op and two slashes."""
    return {
        old if "/" in old or spec.op in (old, new.partition("/")[0]) else f"{spec.op}//{old}": new
        for old, new in spec.renamed.items()
    }


def axes(spec: Spec) -> dict[str, tuple[Value, ...]]:
    """Every axis of the op with its grid values; an id leaves out the first of them."""
    optional = {i.name: (GIVEN, NONE) for i in spec.inputs if i.optional}
    common = {name: (value,) for name, value in COMMON.items()}
    return {**spec.sizes, **optional, **spec.params, "dtype": spec.dtypes, **common}


def cases(spec: Spec) -> tuple[Case, ...]:
    """All cases of a spec, each once, in a fixed order. Raises CaseError where there is none."""
    found: dict[str, Case] = {}
    for grid, point in _points(spec):
        case = _case(spec, grid, point)
        if case.id not in found and valid(spec, case):
            found[case.id] = case
    for case in islice(scattered(spec), SCATTERED * sum(len(v) > 1 for v in widest(spec).values())):
        found.setdefault(case.id, case)
    for case in map(_invalid(spec), (i.name for i in spec.invalid)):
        found[case.id] = case
    if not found:
        raise CaseError(f"{spec.path}: no case of `{spec.op}` satisfies `where: {spec.where}`")
    return tuple(found.values())


def widest(spec: Spec) -> dict[str, tuple[Value, ...]]:
    """Every axis of the op with all values that its grid and sweeps name."""
    return {name: tuple(dict.fromkeys((*values, *spec.sweep.get(name, ())))) for name, values in axes(spec).items()}


def scattered(spec: Spec) -> Iterator[Case]:
    """Cases anywhere in the space of all axes, the same for a spec each time: where more than two values must meet.

    Half of the values come from the grid, where nothing is degenerate, half from all; of a few such draws the one is
    taken whose pairs of values have met least. Ends where `where` allows hardly any.
    """
    base, wide, draw = axes(spec), widest(spec), Random(spec.op)
    first, seen, met = _first(spec, base), set[str](), set[tuple[str, str]]()
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
        shows = [set(combinations([text for _, text in point.values()], 2)) for point in drawn]
        best = max(range(RIVALS), key=lambda i: len(shows[i] - met))
        case = _case(spec, "", first | {name: value for name, (value, _) in drawn[best].items()})
        lost += 1
        if case.id not in seen and valid(spec, case) and numbers(spec, case) <= SCATTERED_NUMBERS:
            seen.add(case.id)
            met |= shows[best]
            lost = 0
            yield case


def nearest(spec: Spec, found: Iterable[Case]) -> tuple[Case, ...]:
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


def _points(spec: Spec) -> Iterator[tuple[str, dict[str, Value]]]:
    base = axes(spec)
    yield from (("", point) for point in _crossed(base))
    first = _first(spec, base)
    for axis, values in spec.sweep.items():
        yield from (("", first | {axis: value}) for value in values)
    for names in spec.combine:
        wider = {name: tuple(dict.fromkeys((first[name], *base[name], *spec.sweep.get(name, ())))) for name in names}
        yield from (("", first | point) for point in _crossed(wider))
    for name, changed in spec.grids.items():
        yield from ((name, point) for point in _crossed({a: changed.get(a, v[:1]) for a, v in base.items()}))


def _first(spec: Spec, base: Mapping[str, tuple[Value, ...]]) -> dict[str, Value]:
    for point in _crossed(base):
        if valid(spec, _case(spec, "", point)):
            return point
    return {axis: values[0] for axis, values in base.items()}


def _crossed(axes: Mapping[str, tuple[Value, ...]]) -> Iterator[dict[str, Value]]:
    for values in product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def _case(spec: Spec, grid: str, point: Mapping[str, Value]) -> Case:
    defaults = {axis: values[0] for axis, values in axes(spec).items()}
    parts = [f"{axis}:{write(value)}" for axis, value in point.items() if write(value) != write(defaults[axis])]
    return Case(
        op=spec.op,
        id="/".join([spec.op, *([f"grid:{grid}"] if grid else []), *parts]),
        sizes={name: point[name] for name in spec.sizes},
        params={name: point[name] for name in spec.params},
        absent=frozenset(i.name for i in spec.inputs if i.optional and point[i.name] == NONE),
        dtype=point["dtype"],
        layout=point["layout"],
        fill=point["fill"],
        grid=grid,
    )


def point(spec: Spec, case: Case) -> dict[str, Value]:
    """A case's value on every axis, in the order ids are written."""
    known = {**case.sizes, **case.params, "dtype": case.dtype, "layout": case.layout, "fill": case.fill}
    known |= {i.name: NONE if i.name in case.absent else GIVEN for i in spec.inputs if i.optional}
    return {axis: known[axis] for axis in axes(spec)}


def at(spec: Spec, point: Mapping[str, Value]) -> Case:
    """The case at a point, by its own address outside any named grid."""
    return _case(spec, "", point)


def _invalid(spec: Spec) -> Any:
    first = _case(spec, "", _first(spec, axes(spec)))

    def case(name: str) -> Case:
        fault = next(i for i in spec.invalid if i.name == name)
        return Case(
            op=spec.op,
            id=f"{spec.op}/invalid:{name}",
            sizes={**first.sizes, **fault.sizes},
            params={**first.params, **fault.params},
            absent=frozenset(n for n in first.absent if n not in fault.shapes),
            dtype=first.dtype,
            invalid=name,
        )

    return case


def find(spec: Spec, address: str) -> Case:
    """The case an id addresses, whether or not the grid holds it. Raises CaseError saying which part is wrong.

    A case that the spec's ``where`` leaves out is none.
    """
    op, *parts = address.split("/")
    if op != spec.op:
        raise CaseError(f"`{address}` is a case of `{op}`, not of `{spec.op}`")
    if len(parts) == 1 and parts[0].startswith("invalid:"):
        name = parts[0].removeprefix("invalid:")
        if name not in {i.name for i in spec.invalid}:
            raise CaseError(f"`{spec.op}` has no invalid call named `{name}`")
        case: Case = _invalid(spec)(name)
        return case
    known = axes(spec)
    point = {axis: values[0] for axis, values in known.items()}
    grid = ""
    for part in parts:
        axis, _, text = part.partition(":")
        if axis == "grid" and text in spec.grids:
            grid = text
        elif axis not in known:
            raise CaseError(f"`{part}` in `{address}`: `{spec.op}` has no axis `{axis}`; it has {', '.join(known)}")
        else:
            point[axis] = _read(spec, axis, text)
            if wrong := _amiss(spec, axis, point[axis]):
                raise CaseError(f"`{part}` in `{address}`: {wrong}")
    if grid:
        explicit = {part.partition(":")[0] for part in parts}
        point |= {a: v[0] for a, v in spec.grids[grid].items() if a not in explicit and len(v) == 1}
    case = _case(spec, grid, point)
    try:
        names(spec, case)
    except ExpressionError as error:
        raise CaseError(f"`{address}`: {error}") from None
    if not valid(spec, case):
        raise CaseError(
            f"`{address}` is no case of `{spec.op}`: `where: {spec.where}` does not hold, or a shape is negative"
        )
    return case


def _amiss(spec: Spec, axis: str, value: Value) -> str:
    """What is wrong with an axis' value, which its kind decides; nothing where none is."""
    words = {"dtype": DTYPES, "layout": LAYOUTS, "fill": FILLS}.get(axis)
    if words is not None:
        right = isinstance(value, str) and (value in words or (axis == "fill" and is_fill(value)))
        return "" if right else f"there is no {axis} `{write(value)}`; there are {', '.join(words)}"
    if axis in spec.sizes:
        numbers = value if isinstance(value, tuple) else (value,)
        whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
        return "" if whole else f"`{write(value)}` where a size, 0 or more, is due"
    if axis in {i.name for i in spec.inputs if i.optional} and value not in (GIVEN, NONE):
        return f"`{write(value)}` where {GIVEN} or {NONE} is due"
    return ""


def _read(spec: Spec, axis: str, text: str) -> Value:
    """The value whose writing is ``text``: one that the spec names, else what the text says by itself."""
    named = [*axes(spec)[axis], *spec.sweep.get(axis, ()), *(v for g in spec.grids.values() for v in g.get(axis, ()))]
    return next((v for v in named if write(v) == text), read(text))


def write(value: Value) -> str:
    """A value as ids write it: ``2x1`` for (2, 1), ``1x`` for (1,), ``none``, ``true``, ``0.1``."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case tuple() | list():
            inner = [write(v) for v in value]
            if any(isinstance(v, (tuple, list)) for v in value):
                return "+".join(inner) + ("+" if len(inner) == 1 else "")
            return "x".join(inner) + "x" * (len(inner) == 1) if inner else "empty"
        case _:
            return str(value)


def read(text: str) -> Value:
    """The value an id's text stands for. Inverse of ``write`` for numbers, tuples of numbers, booleans and None."""
    words: dict[str, Value] = {"none": None, "true": True, "false": False, "empty": ()}
    if text in words:
        return words[text]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"-?\d+(x-?\d+)*x?", text):
        return tuple(int(t) for t in text.strip("x").split("x"))
    if "+" in text and re.fullmatch(r"[-\dx+]+", text):
        return tuple(read(t) for t in text.split("+") if t)
    try:
        return float(text)
    except ValueError:
        return text


def names(spec: Spec, case: Case) -> dict[str, Any]:
    """What expressions may speak of at a case: sizes, params, ``let``, dtype, layout, fill, optional inputs."""
    known: dict[str, Any] = {**case.sizes, **case.params}
    known |= {i.name: NONE if i.name in case.absent else GIVEN for i in spec.inputs if i.optional}
    known |= {"dtype": case.dtype, "layout": case.layout, "fill": case.fill, "grid": case.grid, "invalid": case.invalid}
    for name, expression in spec.let.items():
        try:
            known[name] = expression(known)
        except ExpressionError:
            if not case.invalid:
                raise
            known[name] = None
    return known


def valid(spec: Spec, case: Case) -> bool:
    """Whether the case satisfies the spec's ``where`` and every input's shape makes sense."""
    try:
        known = names(spec, case)
        return bool(spec.where(known)) and all(
            n >= 0 for i in spec.inputs if i.name not in case.absent for n in shape(i, known)
        )
    except (ExpressionError, ZeroDivisionError):
        return False


def asks_for_options(spec: Spec, case: Case) -> bool:
    """Whether a param is a word where its first value is none: a convenience that not every implementation offers."""
    return any(isinstance(v, str) and not isinstance(spec.params[n][0], str) for n, v in case.params.items())


def numbers(spec: Spec, case: Case) -> int:
    """How many numbers the inputs of a case have together."""
    known = names(spec, case)
    return sum(prod(shape(i, known)) for i in spec.inputs if i.name not in case.absent)


def shape(of: Input | Output, known: Mapping[str, Any], instead: Any = None) -> tuple[int, ...]:
    """The shape of an input or output at a case, from ``names``; ``instead`` replaces the declared expressions."""
    result: list[int] = []
    for expression in (of.shape or ()) if instead is None else instead:
        value = expression(known)
        result.extend(value if isinstance(value, (tuple, list)) else (value,))
    return tuple(int(n) for n in result)
