"""Case -> a smaller one at which the same candidate breaks the same law in the same way.

Axis descent over addresses: fill, layout, dtype and params toward the spec's first values, optional inputs away, sizes
down; then the entries themselves: ones, zeros, few digits. Every look is a judgement in an isolated worker, so that a
segmentation fault shrinks like a wrong number.
"""

from __future__ import annotations

import time
from cmath import isfinite
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Self

import numpy as np

from harness import cases, fills, runs
from harness.asking.hosts import Limits
from harness.asking.servers import shared
from harness.execution import Isolated, Task
from harness.laws import LAWS
from harness.model import NONE, RED, UNJUDGED, CandidateSpec, Case, Spec, Value, Verdict
from harness.vocabulary import VALUES

#: Looks taken at most; the descent needs about two per axis that departs from the spec's first case.
BUDGET = 40

#: Wall seconds a candidate may take at a look.
TIMEOUT = 10.0

#: Entries that an address may carry one by one, and significant digits tried for them.
WRITTEN, DIGITS = 12, (1, 2, 4)

#: Statuses of a row that says only how it ended: the message's beginning says which way.
_ENDED = frozenset({"fails", "crashed", "timed out"})

#: All verdicts of the candidate at a case, known deviations unmarked.
Judging = Callable[[Case], list[Verdict]]


class Unbroken(Exception):
    """A case that cannot be shrunk: nothing is broken there, or it has no smaller ones."""


@dataclass(frozen=True)
class Shrunk:
    """Where a descent began and ended, the row that is still broken there, and how many looks it took."""

    start: Case
    case: Case
    row: Verdict
    looks: int


#: What a descent looks under: a spec's candidate, and one law or all of them ("").
Asked = tuple[Spec, CandidateSpec, str]


class Looks:
    """One isolated worker that judges each of some candidates under one law alone; no deviation is known to it."""

    def __init__(self, asked: Iterable[Asked], timeout: float = TIMEOUT) -> None:
        kept: dict[str, Spec] = {}
        for spec, candidate, law in asked:
            there = kept.get(spec.op, replace(spec, candidates=(), known=()))
            kept[spec.op] = replace(there, candidates=(*there.candidates, _alone(candidate, law)))
        setup = runs.setup(kept.values(), Limits(timeout), str(shared().folder))
        self._worker = Isolated(setup, timeout=timeout)

    def judging(self, spec: Spec, candidate: CandidateSpec, law: str, seed: int) -> Judging:
        """What judges that candidate at a case. The three must be among those asked for."""
        name = _alone(candidate, law).name

        def rows(case: Case) -> list[Verdict]:
            found = self._worker.judge(Task(spec.op, spec.path, case.id, (name,), seed))
            return [replace(row, candidate=candidate.name) for row in found if row.candidate == name]

        return rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._worker.close()


def _alone(candidate: CandidateSpec, law: str) -> CandidateSpec:
    others = {name: "not asked" for name in LAWS if law and name != law}
    return replace(candidate, name=f"{candidate.name} {law}".strip(), exempt={**candidate.exempt, **others})


def shrink(
    spec: Spec,
    start: Case,
    candidate: CandidateSpec,
    *,
    law: str = "",
    seed: int = 0,
    budget: int = BUDGET,
    timeout: float = TIMEOUT,
) -> Shrunk:
    """The smallest case found at which ``candidate`` breaks the law as it does at ``start`` (its first by default).

    Raises Unbroken where it breaks none there.
    """
    with Looks([(spec, candidate, law)], timeout) as looks:
        first = broken(looks, spec, start, candidate, law, seed=seed)
        if law:
            return descend(looks, spec, start, candidate, first, seed=seed, budget=budget)
    with Looks([(spec, candidate, first.under)], timeout) as looks:
        return descend(looks, spec, start, candidate, first, seed=seed, budget=budget)


def broken(
    looks: Looks, spec: Spec, start: Case, candidate: CandidateSpec, law: str, of: str = "", seed: int = 0
) -> Verdict:
    """The row that is to be kept broken: the first red one under the law (any, if empty). Raises Unbroken."""
    if start.invalid:
        raise Unbroken(f"`{start.id}` is one call with one fault: there is no smaller one")
    rows = looks.judging(spec, candidate, law, seed)(start)
    first = next(_broken(rows, law, of), None)
    if first is None:
        unjudged = [r for r in rows if law == r.law and r.status in UNJUDGED]
        why = f"; it was not judged: {unjudged[0].message}" if unjudged else ""
        raise Unbroken(f"`{candidate.name}` does not break {_said(law, of)} at `{start.id}`{why}")
    return first


def descend(
    looks: Looks,
    spec: Spec,
    start: Case,
    candidate: CandidateSpec,
    first: Verdict,
    *,
    seed: int = 0,
    budget: int = BUDGET,
    until: float = float("inf"),
) -> Shrunk:
    """The smallest case found at which ``first``'s law is broken as it is there, before the clock says ``until``."""
    judging = looks.judging(spec, candidate, first.under, seed)
    return _Descent(spec, first, judging, seed, budget - 1, until).down(start)


def _said(law: str, of: str) -> str:
    return (f"`{law}`" if law else "any law") + (f" of `{of}`" if of else "")


def _broken(rows: list[Verdict], law: str, of: str) -> Iterator[Verdict]:
    """Rows of that law that are red, then deaths under it."""
    red = [r for r in rows if r.status in RED]
    yield from (r for r in red if law in ("", r.law) and of in ("", r.of))
    yield from (r for r in red if r.law == "status" and law == r.under)


class _Descent:
    """The search: what was looked at, and how many looks are left."""

    def __init__(self, spec: Spec, row: Verdict, judging: Judging, seed: int, budget: int, until: float) -> None:
        self._spec, self._row, self._judging, self._seed = spec, row, judging, seed
        self._left, self._until = budget, until
        self._looks = 1
        self._seen: dict[str, Verdict | None] = {}

    def down(self, start: Case) -> Shrunk:
        case, row = start, self._row
        while step := self._step(case):
            case, row = step
        case, row = self._written(case, row)
        return Shrunk(start, case, row, self._looks)

    def _written(self, case: Case, row: Verdict) -> tuple[Case, Verdict]:
        """The case with its entries written into its address, as plain as they can be: all alike, few digits, 0, 1."""
        numbers = _literal(self._spec, case, self._seed)
        whole = [["1"], ["0"]] if numbers else []
        short = [[_text(v, digits) for v in numbers] for digits in DIGITS] if len(numbers) <= WRITTEN else []
        texts = next((t for t in [*whole, *short] if self._filled(case, t)), None)
        if texts is None:
            return case, row
        for place, text in enumerate(texts):
            plainer = ([*texts[:place], t, *texts[place + 1 :]] for t in ("0", "1") if t != text and len(texts) > 1)
            texts = next((t for t in plainer if self._filled(case, t)), texts)
        return self._filled(case, texts) or (case, row)

    def _filled(self, case: Case, texts: list[str]) -> tuple[Case, Verdict] | None:
        point = {**cases.point(self._spec, case), "fill": VALUES + "_".join(texts)}
        moved = cases.at(self._spec, point)
        row = self._look(moved) if cases.valid(self._spec, moved) else None
        return (moved, row) if row else None

    def _step(self, case: Case) -> tuple[Case, Verdict] | None:
        """The boldest move to a smaller case that is broken in the same way."""
        most = entries(self._spec, case)
        for point in _moves(self._spec, cases.point(self._spec, case)):
            moved = cases.at(self._spec, point)
            if moved.id == case.id or not cases.valid(self._spec, moved) or entries(self._spec, moved) > most:
                continue
            if row := self._look(moved):
                return moved, row
        return None

    def _look(self, case: Case) -> Verdict | None:
        if case.id not in self._seen:
            if self._looks > self._left or time.monotonic() > self._until:
                return None
            self._looks += 1
            self._seen[case.id] = next((r for r in self._judging(case) if same(r, self._row)), None)
        return self._seen[case.id]


def same(row: Verdict, other: Verdict) -> bool:
    """Whether two rows are broken in the same way: status, law, subject, and measured or said alike.

    What is lost altogether, 0 where a number is expected, is not wrong as a number is that is off, and what rounding half types
    at each step explains is not wrong as what nothing explains.
    """
    if (row.status, row.law, row.of) != (other.status, other.law, other.of):
        return False
    if row.status in _ENDED:
        return row.traits.raised == other.traits.raised
    if row.traits.stepwise != other.traits.stepwise:
        return False
    lost = _number(row.actual) == 0 or _number(other.actual) != 0
    return row.margin > 1 and bool(row.bound) == bool(other.bound) and _finite(row) == _finite(other) and lost


def _finite(row: Verdict) -> tuple[bool, ...]:
    """Whether what came and what is expected are finite numbers: a NaN is not wrong as a number is."""
    return tuple(isfinite(_number(text)) for text in (row.actual, row.expected))


def _number(text: str) -> complex:
    """What is written where an entry was measured; NaN where that is no number."""
    try:
        return complex(text)
    except ValueError:
        return complex("nan")


def entries(spec: Spec, case: Case) -> int:
    """How many numbers the inputs of a case hold together."""
    known = cases.names(spec, case)
    return sum(prod(cases.shape(i, known)) for i in spec.inputs if i.name not in case.absent)


def _literal(spec: Spec, case: Case, seed: int) -> list[complex]:
    """The entries of a case that a fill can write out, one input after the other."""
    arrays = fills.arrays(spec, case, seed)
    given = [i.name for i in spec.inputs if i.name in arrays and fills.literal(i)]
    return [complex(v) for name in given for v in arrays[name].astype(np.complex128).reshape(-1)]


def _text(value: complex, digits: int) -> str:
    real, imag = (f"{part:.{digits}g}" for part in (value.real, value.imag))
    return real if value.imag == 0 else f"{real}{'' if imag[0] == '-' else '+'}{imag}j"


def _moves(spec: Spec, point: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
    """Simpler points, boldest first."""
    optional = {i.name: NONE for i in spec.inputs if i.optional}
    plain = {axis: values[0] for axis, values in cases.axes(spec).items() if axis not in spec.sizes} | optional
    sizes = [{axis: _capped(point[axis], n) for axis in spec.sizes} for n in (1, 2, 3)]
    for moved in ({**plain, **sizes[0]}, {**plain, **sizes[1]}, plain, *sizes):
        yield {**point, **moved}
    for axis in ("fill", "layout", "dtype", *optional, *spec.params):
        for value in [NONE] if axis in optional else _earlier(spec, axis, point[axis]):
            yield {**point, axis: value}
    for axis in spec.sizes:
        for value in _smaller(point[axis]):
            yield {**point, axis: value}


def _earlier(spec: Spec, axis: str, value: Value) -> list[Value]:
    """The values that the spec names before this one, its first foremost."""
    named = list(cases.axes(spec)[axis])
    return named[: named.index(value)] if value in named else named


def _capped(value: Value, n: int) -> Value:
    if isinstance(value, tuple):
        return tuple(_capped(v, n) for v in value)
    return min(value, n) if isinstance(value, int) and not isinstance(value, bool) else value


def _smaller(value: Value) -> list[Value]:
    """Smaller sizes, smallest first; of a tuple, one entry smaller or gone."""
    if isinstance(value, tuple):
        shorter = [value[:i] + value[i + 1 :] for i in range(len(value)) if len(value) > 1]
        return shorter + [(*value[:i], v, *value[i + 1 :]) for i, old in enumerate(value) for v in _smaller(old)]
    if isinstance(value, bool) or not isinstance(value, int):
        return []
    tried = {1, 2, 3, value // 2, value - value // 4, value - 2, value - 1}
    return sorted(n for n in tried if 1 <= n < value)
