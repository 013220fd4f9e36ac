"""Spec -> cases of sizes that no grid names: equal ones, long ones, and those that a run draws."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from itertools import islice
from math import prod
from random import Random
from typing import Any

from harness.asking.binding import load
from harness.cases.addresses import axes, case_at, first, listed, names, numbers, point, results, shape, valid
from harness.expressions import ExpressionError
from harness.model import Case, Input, Spec, Value

#: Sizes that all axes of a case may have alike.
EQUAL = (3, 2, 4, 5, 8)

#: Cases of equal sizes of each spec.
EQUALS = 4

#: What a grown axis is long: channels of one vector unit's block, one more than blocks of a kernel, and than 16 bits count.
GROWN = (128, 1_025, 65_537)

#: The length from which on an axis is judged in double precision: the bound of a long sum in single hides one term of it.
IN_DOUBLE = GROWN[1]

#: Most numbers that the inputs of a case may have in which one axis has grown.
MOST_GROWN = 300_000

#: The same of an axis that has not grown to the longest, beside others as long as in the first case.
MOST_BESIDE = 30_000

#: Most numbers that the inputs of a case of drawn sizes may have, and how many such cases a run asks of a spec.
MOST_DRAWN, DRAWN = 6_000, 4

#: Most numbers of drawn sizes, also between two calls, where a definition goes through them one by one.
MOST_LOOPED = 120

#: Most inputs of an op that is no composition of others.
MOST_INPUTS = 5

#: Draws made for each case that is wanted: constraints leave few of them.
TRIES = 40

Point = dict[str, Value]


def equal(spec: Spec, wide: Mapping[str, Sequence[Value]]) -> Iterator[Case]:
    """Cases all of whose sizes are alike, other values drawn: who takes one axis for another goes wrong there."""
    draw = Random(f"{spec.op} equal")
    lengths = growing(spec, first(spec, axes(spec)))
    if len(lengths) >= 2:
        tries = (_all_alike(lengths, _drawn(spec, wide, draw), EQUAL[n % len(EQUAL)]) for n in range(TRIES))
        yield from islice(_distinct(spec, tries, MOST_DRAWN), EQUALS)


def grown(spec: Spec) -> Iterator[Case]:
    """For every axis that may grow, cases in which it alone is long and the other sizes are small."""
    lengths = growing(spec, first(spec, axes(spec)))
    looped = _loops(spec.oracle)
    long = GROWN[:1] if looped else GROWN
    for axis, length in ((axis, length) for axis in _free(spec, lengths) for length in long):
        start = first(spec, axes(spec)) | {"dtype": _of(spec, DOUBLE if length >= IN_DOUBLE else SINGLE)}
        if not any(_longest(v) >= length for v in listed(spec, axis)):
            most = MOST_GROWN if length == GROWN[-1] else 2 * GROWN[0] if looped else MOST_BESIDE
            yield from islice(_distinct(spec, _small_but(lengths, start, axis, length), most), 1)


def _loops(definition: str) -> bool:
    """Whether a definition goes through an axis in Python, which takes too long on a long one."""
    try:
        function = load(definition)
        return getattr(function, "by_entries", False) or _has_loop(inspect.unwrap(function))
    except (ImportError, AttributeError, TypeError, ValueError):
        return False


@cache
def _has_loop(function: Callable[..., Any]) -> bool:
    try:
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return False
    if not isinstance(body, ast.FunctionDef):
        return False
    inputs = {a.arg for a in (*body.args.posonlyargs, *body.args.args)}
    return any(_goes_through(node, inputs) for node in ast.walk(body))


#: Functions that go through an axis, and what a list is made of that goes through one.
_WALKERS = frozenset({"vectorize", "apply_along_axis", "frompyfunc"})
_FOLDS = frozenset({"reduce", "accumulate", "map"})
_COUNTERS = frozenset({"range", "enumerate", "ndindex", "ndenumerate"})


def _goes_through(node: ast.AST, inputs: Set[str]) -> bool:
    """Whether a step of a definition is a loop, or a list made entry by entry of an input or by counting."""
    match node:
        case ast.For() | ast.While():
            return True
        case ast.Attribute(attr=name) if name in _WALKERS:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name, value=ast.Name(id="functools" | "itertools")) if (
            name in _FOLDS
        ):
            return True
        case ast.comprehension(iter=made):
            called = {
                getattr(c.func, "id", getattr(c.func, "attr", "")) for c in ast.walk(made) if isinstance(c, ast.Call)
            }
            given = made.args if isinstance(made, ast.Call) and "zip" in called else [made]
            return bool(called & _COUNTERS) or any(isinstance(x, ast.Name) and x.id in inputs for x in given)
    return False


def drawn(spec: Spec, wide: Mapping[str, Sequence[Value]], seed: int) -> Iterator[Case]:
    """Cases drawn for one run: sizes even over the magnitudes, powers of two and their neighbours, primes, and alike;
    params that have a fraction anywhere between those that the spec names."""
    draw = Random(f"{spec.op} {seed}")
    lengths = growing(spec, first(spec, axes(spec)))
    tries = (_drawn(spec, wide, draw) | _between(wide, spec.params, draw) for _ in range(TRIES * DRAWN))
    points = (_with_sizes(lengths, one, draw) for one in tries)
    if lengths:
        yield from islice(_distinct(spec, points, MOST_LOOPED if _loops(spec.oracle) else MOST_DRAWN), DRAWN)


#: Dtypes that share what is kept of a shape when it is kept of the shape alone.
KIN_DTYPES = ("float32", "float64", "complex64", "complex128", "float16", "bfloat16")

#: Most numbers that the inputs of a case may have that is asked between two calls.
MOST_KIN = 2_000


def kin(spec: Spec, wide: Mapping[str, Sequence[Value]], case: Case, seed: int) -> Iterator[Case]:
    """Cases to ask between two calls of a case: other sizes in two precisions, the lower one first, and other params.

    Each param has another value in turn, between two calls of the first case; one of them between those of any other.
    """
    draw = Random(f"{case.id} {seed}")
    start = point(spec, case) | {"layout": "contiguous", "fill": "normal"}
    lengths = growing(spec, start)
    dtypes = [d for d in KIN_DTYPES if d in wide["dtype"]][:2]
    tries = (
        _with_sizes(lengths, start | {"dtype": dtypes[0]}, draw) for _ in range(TRIES if dtypes and lengths else 0)
    )
    most = MOST_LOOPED if _loops(spec.oracle) else MOST_KIN
    for other in islice(_distinct(spec, tries, most), 1):
        at = point(spec, other)
        yield from (case_at(spec, "", at | {"dtype": d}) for d in dtypes)
    turned = [axis for axis in spec.params if len(wide[axis]) > 1]
    draw.shuffle(turned)
    each = (_turned(spec, start, axis, draw.sample(wide[axis], len(wide[axis])), case, most) for axis in turned)
    yield from islice((c for c in each if c is not None), 1 if case.departures else len(turned))


def _turned(spec: Spec, start: Point, axis: str, values: Sequence[Value], case: Case, most: int) -> Case | None:
    """The case with another value of one param."""
    points = (start | {axis: value} for value in values)
    return next((c for c in _distinct(spec, points, most) if c.params != case.params), None)


def _free(spec: Spec, lengths: Sequence[str]) -> list[str]:
    """The lengths that a definition's work grows with no faster than they do: those of the first input or of a declared
    output, and none of a whole network."""
    if len(spec.inputs) > MOST_INPUTS:
        return []
    start = first(spec, axes(spec))
    outputs = frozenset[str]().union(*(e.names for o in spec.outputs for e in o.shape or ()))
    return [axis for axis in lengths if axis in outputs or _grows(spec, start, axis, spec.inputs[:1])]


def _distinct(spec: Spec, points: Iterator[Point], most: int) -> Iterator[Case]:
    seen = set[str]()
    for one in points:
        case = case_at(spec, "", one)
        if case.id in seen or not valid(spec, case):
            continue
        if numbers(spec, case) <= most and results(spec, case) <= MOST_GROWN:
            seen.add(case.id)
            yield case


def _drawn(spec: Spec, wide: Mapping[str, Sequence[Value]], draw: Random) -> Point:
    """Params, dtype, layout and fill from anywhere, each with an even chance as in the first case; sizes as there."""
    start = first(spec, axes(spec))
    free = (axis for axis in wide if axis not in spec.sizes)
    return start | {axis: draw.choice(wide[axis]) for axis in free if draw.random() < 0.5}


#: Digits of a number that is drawn for a param.
DIGITS = 4


def _between(wide: Mapping[str, Sequence[Value]], params: Iterable[str], draw: Random) -> Point:
    """For about half of the params that have a fraction a number between two neighbours of those that a spec names."""
    found: Point = {}
    for axis in params:
        columns = _columns(wide[axis])
        if columns and draw.random() < 0.5:
            numbers = tuple(_number(column, draw) for column in columns)
            found[axis] = numbers if isinstance(wide[axis][0], tuple) else numbers[0]
    return found


def _columns(values: Sequence[Value]) -> list[list[float]]:
    """The numbers at each place of some values, sorted; none where they are no numbers, of one length, one with a fraction."""
    lists = [value if isinstance(value, tuple) else (value,) for value in values]
    kinds = {type(x) for numbers in lists for x in numbers}
    if float not in kinds or not kinds <= {int, float} or len(set(map(len, lists))) > 1 or len(values) < 2:
        return []
    return [sorted(set(column)) for column in zip(*lists, strict=True)]


def _number(column: Sequence[float], draw: Random) -> float:
    """One of a few numbers where they are whole, else one between two neighbours."""
    if len(column) < 2 or all(isinstance(x, int) for x in column):
        return draw.choice(column)
    at = draw.randrange(len(column) - 1)
    return float(f"{draw.uniform(*column[at : at + 2]):.{DIGITS}g}")


def _all_alike(lengths: Sequence[str], point: Point, length: int) -> Point:
    return point | {axis: _alike(point[axis], length) for axis in lengths}


def _alike(value: Value, length: int) -> Value:
    return (length,) * len(value) if isinstance(value, tuple) else length


def _small_but(lengths: Sequence[str], start: Point, axis: str, length: int) -> Iterator[Point]:
    """Points in which one axis is long: where that is not too much beside the others' own lengths, else beside short ones."""
    others = [name for name in lengths if name != axis]
    value = start[axis]
    if value == ():
        return
    long = {axis: (*(1,) * (len(value) - 1), length) if isinstance(value, tuple) else length}
    yield from (start | long,) if length < GROWN[-1] else ()
    yield from (start | {name: _alike(start[name], n) for name in others} | long for n in (1, 2))
    for kept in others:
        yield start | {name: _alike(start[name], 1) for name in others if name != kept} | long
    yield start | long


def _with_sizes(lengths: Sequence[str], point: Point, draw: Random) -> Point:
    found: Point = {}
    for axis in lengths:
        given = point[axis]
        chosen = [_length(draw, [v for v in found.values() if isinstance(v, int)]) for _ in range(_count(given))]
        found[axis] = tuple(chosen) if isinstance(given, tuple) else chosen[0]
    return point | found


def _length(draw: Random, others: Sequence[int]) -> int:
    if others and draw.random() < 0.3:
        return draw.choice(others)
    match draw.randrange(3):
        case 0:
            return int(2.0 ** draw.uniform(0, 9))
        case 1:
            return max(1, (1 << draw.randrange(1, 9)) + draw.choice([-1, 0, 1]))
        case _:
            return PRIMES[draw.randrange(len(PRIMES))]


PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 127, 251)


def growing(spec: Spec, start: Point) -> list[str]:
    """The sizes that are lengths: the longer they are, the more numbers there are; `rank` and the like are none.

    Where several are lists, how they fit each other is more than `where` may say: none of those is drawn.
    """
    lists = [axis for axis in spec.sizes if isinstance(start[axis], tuple)]
    plain = [axis for axis in spec.sizes if axis not in lists or len(lists) == 1]
    return [axis for axis in plain if _grows(spec, start, axis, spec.inputs)]


def _grows(spec: Spec, start: Point, axis: str, inputs: Sequence[Input]) -> bool:
    try:
        short, long = (_count_in(spec, start | {axis: _alike(start[axis], n)}, inputs) for n in PROBES)
    except ExpressionError:
        return False
    return long > short


def _count_in(spec: Spec, at: Point, inputs: Sequence[Input]) -> int:
    case = case_at(spec, "", at)
    known = names(spec, case)
    return sum(prod(shape(i, known)) for i in inputs if i.name not in case.absent)


#: Two lengths, of which the longer one has more numbers.
PROBES = (64, 128)


def _count(value: Value) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _longest(value: Value) -> int:
    lengths: list[int] = [n for n in (value if isinstance(value, tuple) else (value,)) if isinstance(n, int)]
    return max(lengths, default=0)


SINGLE, DOUBLE = ("float32", "complex64"), ("float64", "complex128")


def _of(spec: Spec, dtypes: Sequence[str]) -> str:
    """The first of some dtypes that a spec has, else its own first one."""
    return next((d for d in dtypes if d in (*spec.dtypes, *spec.sweep.get("dtype", ()))), spec.dtypes[0])
