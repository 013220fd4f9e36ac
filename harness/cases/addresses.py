"""An id <-> the case it addresses: axes and their values, as text and as values."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import product
from math import prod
from typing import Any

from harness.expressions import ExpressionError
from harness.model import GIVEN, NONE, VAST, CandidateSpec, Case, Input, Invalid, Output, Spec, Value
from harness.vocabulary import FILLS, JUDGED, LAYOUTS, is_fill

#: Axes that every op has, after its own, with the value that an id leaves out.
COMMON = {"layout": "contiguous", "fill": "normal"}


class CaseError(Exception):
    """An id that addresses no case of its spec, or a spec without cases."""


def command(
    case: str, candidate: str = "", law: str = "", seed: int = 0, spec: str = "", given: Sequence[str] = ()
) -> str:
    """The words that show the evidence at a case.

    ``spec`` is the file of one that its op's name does not find, ``given`` the options of a candidate that no spec names.
    """
    named = {"--candidate": candidate, "--law": law, "--seed": str(seed or ""), "--spec": spec}
    words = (word for option in named.items() if option[1] for word in option)
    return shlex.join(["harness", "show", case, *words, *given])


def options(given: CandidateSpec) -> tuple[str, ...]:
    """The words by which a command is told of a candidate what a spec says of those that it names; none of such a one."""
    if given.name != given.call:
        return ()
    usual = {field.name: field.default for field in fields(given)}
    told = {"library": given.library, "vjp": given.vjp, "algorithm": given.algorithm, "python": given.python}
    told |= {"outputs": ",".join(given.outputs), "promises": ",".join(given.promises)}
    named = {name: value for name, value in told.items() if value and (name == "library" or value != usual[name])}
    return tuple(word for name, value in named.items() for word in (f"--{name}", value))


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


def listed(spec: Spec, axis: str) -> tuple[Value, ...]:
    """The values of an axis that a spec names: in its first grid, its sweep and its named grids."""
    grids = (value for grid in spec.grids.values() for value in grid.get(axis, ()))
    return (*axes(spec)[axis], *spec.sweep.get(axis, ()), *grids)


def first(spec: Spec, base: Mapping[str, tuple[Value, ...]]) -> dict[str, Value]:
    """The first point of some axes that is a case."""
    for point in crossed(base):
        if valid(spec, case_at(spec, "", point)):
            return point
    return {axis: values[0] for axis, values in base.items()}


def crossed(axes: Mapping[str, tuple[Value, ...]]) -> Iterator[dict[str, Value]]:
    """Every point of some axes."""
    for values in product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def case_at(spec: Spec, grid: str, point: Mapping[str, Value]) -> Case:
    """The case at a point of a grid, or of none."""
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


def departures(spec: Spec, case: Case, start: str) -> int:
    """In how many axes but the dtype a case departs from the one at an address, or in being of a grid or invalid."""
    here, there = point(spec, case), point(spec, find_valid(spec, start))
    apart = sum(write(here[axis]) != write(there[axis]) for axis in here if axis != "dtype")
    return apart + bool(case.grid) + bool(case.invalid)


def at(spec: Spec, point: Mapping[str, Value]) -> Case:
    """The case at a point, by its own address outside any named grid."""
    return case_at(spec, "", point)


def invalid(fault: Invalid, near: Case) -> Case:
    """An invalid call made of a case."""
    return replace(
        near,
        id=f"{near.id}/invalid:{fault.name}",
        sizes={**near.sizes, **fault.sizes},
        params={**near.params, **fault.params},
        absent=frozenset(n for n in near.absent if n not in fault.shapes),
        invalid=fault.name,
    )


def nearest(spec: Spec) -> Case:
    """The first case of a spec."""
    return case_at(spec, "", first(spec, axes(spec)))


def find_valid(spec: Spec, address: str) -> Case:
    """The valid case an id addresses, whether or not the grid holds it. Raises CaseError saying which part is wrong.

    A case that the spec's ``where`` leaves out is none.
    """
    op, *parts = address.split("/")
    if op != spec.op:
        raise CaseError(f"`{address}` is a case of `{op}`, not of `{spec.op}`")
    known = axes(spec)
    point = {axis: values[0] for axis, values in known.items()}
    grid = ""
    for part in parts:
        axis, _, text = part.partition(":")
        if axis == "grid" and (text in spec.grids or text == VAST):
            grid = text
        elif axis not in known:
            raise CaseError(f"`{part}` in `{address}`: `{spec.op}` has no axis `{axis}`; it has {', '.join(known)}")
        else:
            point[axis] = _read(spec, axis, text)
            if wrong := _amiss(spec, axis, point[axis]):
                raise CaseError(f"`{part}` in `{address}`: {wrong}")
    if grid in spec.grids:
        explicit = {part.partition(":")[0] for part in parts}
        point |= {a: v[0] for a, v in spec.grids[grid].items() if a not in explicit and len(v) == 1}
    case = case_at(spec, grid, point)
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
    words = {"dtype": JUDGED, "layout": LAYOUTS, "fill": FILLS}.get(axis)
    if words is not None:
        right = isinstance(value, str) and (value in words or (axis == "fill" and is_fill(value)))
        return "" if right else f"there is no {axis} `{write(value)}`; there are {', '.join(words)}"
    if axis in spec.sizes:
        numbers = value if isinstance(value, tuple) else (value,)
        whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
        return "" if whole else f"`{write(value)}`, expected a size, 0 or more"
    if axis in {i.name for i in spec.inputs if i.optional} and value not in (GIVEN, NONE):
        return f"`{write(value)}`, expected {GIVEN} or {NONE}"
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


#: A number as ids write it, its power of ten, and a plus that is none of a power.
_NUMBER, _POWER, _BETWEEN = r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.compile(r"e[-+]\d+"), re.compile(r"(?<!e)\+")


def read(text: str) -> Value:
    """The value an id's text stands for. Inverse of ``write`` for numbers, tuples of numbers, booleans and None."""
    words: dict[str, Value] = {"none": None, "true": True, "false": False, "empty": ()}
    if text in words:
        return words[text]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(rf"{_NUMBER}(x{_NUMBER})*x?", text) and "x" in text:
        return tuple(read(t) for t in text.strip("x").split("x"))
    if re.fullmatch(rf"({_NUMBER}|[x+])+", text) and "+" in _POWER.sub("", text):
        return tuple(read(t) for t in _BETWEEN.split(text) if t)
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


def results(spec: Spec, case: Case) -> int:
    """How many numbers the outputs of a case have together, of those whose shapes the spec says."""
    known = names(spec, case)
    return sum(prod(shape(o, known)) for o in spec.outputs if o.shape is not None)


def shape(of: Input | Output, known: Mapping[str, Any], instead: Any = None) -> tuple[int, ...]:
    """The shape of an input or output at a case, from ``names``; ``instead`` replaces the declared expressions."""
    result: list[int] = []
    for expression in (of.shape or ()) if instead is None else instead:
        value = expression(known)
        result.extend(value if isinstance(value, (tuple, list)) else (value,))
    return tuple(int(n) for n in result)
