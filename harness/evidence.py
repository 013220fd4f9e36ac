"""Verdicts -> what a page shows of the worst of them: arrays, numbers, a script, a smaller address.

Candidates are called again in an isolated worker alone. What cannot be had within the time is left out: evidence never
decides anything.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds, cases, explanation, repro, runs, shrinking, specs
from harness.asking.hosts import Limits
from harness.asking.servers import shared
from harness.bench import Bench
from harness.comparison import Numbers, compare, write
from harness.execution import Isolated, Note, Setup, Task
from harness.model import KEY, RED, TAB, Spec, Verdict
from harness.oracles import Answer
from harness.subjects import Whole
from harness.trial import Trial
from harness.vocabulary import counted

Array = NDArray[Any]
Evidence = dict[str, Any]

#: Cells (op, candidate, law) that get evidence, each by its worst row, by its worst one that a number measures, and by
#: the examples asked for; what is red comes before what is known.
CELLS = 400

#: Entries of an array that a page draws: a window around the worst one where there are more.
ENTRIES = 400

#: Characters of a script that a page carries.
SCRIPT = 60_000

#: Part of a run's seconds that evidence may take, and the seconds that each half of it may always take.
SHARE, LEAST = 0.06, 2.0

#: Looks that shrinking may take for one row.
LOOKS = 25

#: Wall seconds a candidate may take at a case, once more.
TIMEOUT = 10.0

#: Statuses of rows with nothing to measure: calling again would end the worker.
_DEATHS = frozenset({"crashed", "timed out"})


def key(row: Verdict) -> str:
    """What a page knows a row by."""
    return TAB.join(getattr(row, name) for name in KEY)


def gather(
    chosen: runs.Plan,
    rows: Iterable[Verdict],
    spent: float,
    examples: Collection[str] = (),
    first: Collection[str] = (),
) -> dict[str, Evidence]:
    """Evidence by row's key: of the rows that come ``first`` in any case, then within a share of the ``spent`` seconds of the
    ``examples`` and the worst.

    Raises ExecutionError.
    """
    rows = list(rows)
    worst = worst_of_cells(chosen, rows, {*first, *examples})
    worst.sort(key=lambda row: key(row) not in first)  # stable
    if not worst:
        return {}
    places = {(row.case, row.law) for row in worst}
    beside: dict[tuple[str, str], list[Verdict]] = {place: [] for place in places}
    for row in rows:
        if (row.case, row.law) in places:
            beside[row.case, row.law].append(row)
    found = {key(row): _said(row, beside[row.case, row.law], chosen) for row in worst}
    half = max(LEAST, SHARE * spent / 2)
    cells = {key(row): _cell(chosen, row, first) for row in worst}
    small = _shrunk(chosen, worst, cells, time.monotonic() + half)
    for row in worst:
        if (shrunk := small.get(cells[key(row)])) is not None:
            found[key(row)] |= _smaller(chosen, row, shrunk)
    smallest = {c: s.row for r, c in ((r, cells[key(r)]) for r in worst) if (s := small.get(c)) and s.case.id != r.case}
    named: dict[str, list[str]] = {}
    for row in worst:
        found_at = smallest.get(cells[key(row)])
        if found_at is not None and found_at.case != row.case:
            named.setdefault(key(found_at), []).append(key(row))
    ahead = sum(key(row) in first for row in worst)
    for name, measured in _measured(chosen, [*worst, *smallest.values()], time.monotonic() + half, ahead):
        if name in found:
            found[name] |= measured
        for shown in named.get(name, []):
            found[shown] |= {"smallest": measured["repro"]} if "repro" in measured else {}
    return found


def of(chosen: runs.Plan, row: Verdict) -> Evidence:
    """The arrays, numbers and script of one row. Raises ExecutionError."""
    return dict(_measured(chosen, [row], time.monotonic() + TIMEOUT)).get(key(row), {})


def worst_of_cells(chosen: runs.Plan, rows: Iterable[Verdict], examples: Collection[str] = ()) -> list[Verdict]:
    """The ``examples``, by row's key, the worst wrong row of each op, candidate and law, and the worst measured one.

    Red rows come first; of equals the shortest address.
    """
    there = {(op, c.name) for op, spec in chosen.specs.items() for c in spec.candidates}
    wrong = [r for r in rows if (r.op, r.candidate) in there and (r.status in RED or r.status == "known")]
    wrong = [r for r in wrong if r.status != "fixed" and r.law != "ledger"]
    wrong.sort(key=lambda r: (r.op, r.candidate, r.law, r.status == "known", -_margin(r), len(r.case), r.case))
    cells = [list(group) for _, group in groupby(wrong, key=lambda r: (r.op, r.candidate, r.law))]
    cells = sorted(cells, key=lambda rows: rows[0].status == "known")[:CELLS]
    measured = [next((r for r in cell if r.bound), cell[0]) for cell in cells]
    asked = [r for r in wrong if key(r) in examples]
    return list(dict.fromkeys([*asked, *(cell[0] for cell in cells), *measured]))


def _margin(row: Verdict) -> float:
    """How wrong a row is, for an order: what has no margin comes last."""
    return row.margin if row.margin == row.margin else 0.0


def _command(chosen: runs.Plan, row: Verdict, case: str) -> str:
    path = specs.elsewhere(row.op, chosen.specs[row.op].path)
    given = next(c for c in chosen.specs[row.op].candidates if c.name == row.candidate)
    law = row.law if row.law != "status" else ""
    return cases.command(case, row.candidate, law, chosen.seed, path, cases.options(given))


def _said(row: Verdict, rows: Sequence[Verdict], chosen: runs.Plan) -> Evidence:
    same = [r for r in rows if r.of in (row.of, "")]
    peers = {r.candidate: r.margin for r in sorted(same, key=lambda r: r.of) if r.margin == r.margin}
    return {"command": _command(chosen, row, row.case), "margins": peers}


# --- what takes another call ----------------------------------------------------------------------------------------


def _measured(
    chosen: runs.Plan, worst: Sequence[Verdict], until: float, ahead: int = 0
) -> Iterator[tuple[str, Evidence]]:
    """Evidence of rows until a moment, of the first ``ahead`` ones also after it."""
    wanted: dict[tuple[str, str, str], list[Verdict]] = {}
    for row in worst:
        wanted.setdefault((row.op, row.case, row.candidate), []).append(row)
    pending = {(row.op, row.case, row.candidate) for row in worst[:ahead]}
    tasks = [Task(op, chosen.specs[op].path, case, (by,), chosen.seed) for op, case, by in wanted]
    timeout = TIMEOUT if pending else max(LEAST, min(TIMEOUT, until - time.monotonic()))
    places, folder = runs.places(chosen.specs.values()), str(shared().folder)
    setup = Setup("harness.evidence:work", (dict(chosen.specs), wanted, places, folder, timeout))
    with Isolated(setup, timeout=timeout) as worker:
        for task, told in worker.judged(tasks):
            yield from ((key(row), json.loads(row.expected)) for row in told if row.status == "conforms")
            pending.discard((task.op, task.case, task.candidates[0]))
            if not pending and time.monotonic() > until:
                return


def work(
    specs: Mapping[str, Spec],
    wanted: Mapping[tuple[str, str, str], Sequence[Verdict]],
    place: str,
    folder: str,
    timeout: float,
) -> Callable[[Task, Note], list[Verdict]]:
    """What gathers evidence in this process: one row per wanted one, with JSON where a verdict has ``expected``."""
    runs.reach(place)
    holders = runs.holders(place, folder, Limits(timeout))

    def rows(task: Task, note: Note) -> list[Verdict]:
        (name,) = task.candidates
        spec = specs[task.op]
        spec = replace(spec, candidates=tuple(c for c in spec.candidates if c.name == name))
        (candidate,) = runs.ready(spec, holders).candidates
        bench = Bench(spec, cases.find(spec, task.case), task.seed)
        told = []
        for row in wanted[task.op, task.case, name]:
            note(name, row.law)
            said = json.dumps(measured(Trial(bench, candidate), row), allow_nan=False)
            told.append(replace(row, status="conforms", expected=said))
        return told

    return rows


def measured(trial: Trial, row: Verdict) -> Evidence:
    """The arrays, numbers and script of one row, as JSON can hold them. Calls the candidate unless it died there."""
    text = repro.script(trial, row)
    found: Evidence = {"repro": text} if len(text) <= SCRIPT else {}
    if row.status in _DEATHS or not row.bound or row.margin != row.margin:
        return found
    numbers = _numbers(trial, row)
    if numbers is None:
        return found
    told = explanation.told(trial, numbers, row)
    if numbers.actual.size > ENTRIES:
        shape = numbers.actual.shape
        places = ", ".join(f"{s.start}:{s.stop}" for s in _window(shape, explanation.place(row)))
        told["formula"] += f"\ndrawn  : [{places}] of shape {shape}"
    return found | _drawn(numbers, row) | told


def _numbers(trial: Trial, row: Verdict) -> Numbers | None:
    """The equation that the row judges: of those of its subject and scenario, the worst."""
    return next((e for e in repro.equations(trial, row) if isinstance(e, Numbers)), None)


def _drawn(numbers: Numbers, row: Verdict) -> Evidence:
    at = explanation.place(row)
    if numbers.actual.shape != numbers.answer.expected.shape:
        return {}
    window: Any = _window(numbers.actual.shape, at)
    actual, expected = np.asarray(numbers.actual[window]), np.asarray(numbers.answer.expected[window])
    errors = [np.asarray(tier)[window] for tier in numbers.answer.error]
    tier = bounds.TIERS[explanation.tier(numbers, row)]
    part = [
        compare(Numbers(Whole(), a, Answer(e, np.stack([np.asarray(x)[i] for x in errors]), numbers.answer.p)), tier)
        for i, a, e in _entries(actual, expected)
    ]
    margins = np.array([p.margin for p in part]).reshape(actual.shape)
    origin = [s.start or 0 for s in window]
    return {name: _plain(x) for name, x in (("expected", expected), ("actual", actual), ("margin", margins))} | (
        {"origin": origin} if any(origin) else {}
    )


def _entries(actual: Array, expected: Array) -> Iterator[tuple[tuple[int, ...], Array, Array]]:
    for i in np.ndindex(actual.shape):
        yield i, np.asarray(actual[i]), np.asarray(expected[i])


def _window(shape: tuple[int, ...], at: tuple[int, ...]) -> tuple[slice, ...]:
    """The slice of an array that is drawn: all of it, or what is around its worst entry."""
    if int(np.prod(shape)) <= ENTRIES:
        return tuple(slice(None) for _ in shape)
    side = ENTRIES if len(shape) == 1 else isqrt(ENTRIES)
    starts = [max(0, min(i - side // 2, n - side)) for i, n in zip(at, shape, strict=True)]
    fixed = [slice(i, i + 1) for i in at[:-2]]
    return (*fixed, *(slice(s, min(s + side, n)) for s, n in zip(starts[-2:], shape[-2:], strict=True)))


def _plain(x: Array) -> Any:
    """Nested lists of numbers; what is complex or not finite as text."""
    if x.ndim:
        return [_plain(part) for part in x]
    value = x[()]
    if x.dtype.kind in "iub":
        return int(value)
    if x.dtype.kind != "c" and np.isfinite(value) and abs(value) < np.finfo(np.float64).max:
        return float(value)
    return write(value)


# --- smaller addresses ----------------------------------------------------------------------------------------------


#: What is shrunk once: op, candidate, law, subject, scenario, whether a number measures how wrong it is, the dtype, and the
#: row's key where it is the example of a cause: rows of other causes break the same law otherwise.
Cell = tuple[str, str, str, str, str, bool, str, str]


def _cell(chosen: runs.Plan, row: Verdict, first: Collection[str]) -> Cell:
    own, case = key(row) if key(row) in first else "", cases.find(chosen.specs[row.op], row.case)
    return row.op, row.candidate, row.under, row.subject, row.scenario, bool(row.bound), case.dtype, own


def _shrunk(
    chosen: runs.Plan, worst: Sequence[Verdict], cells: Mapping[str, Cell], until: float
) -> dict[Cell, shrinking.Shrunk]:
    """The smallest case of each cell, from its row with fewest entries, as far as time goes."""
    given = {(op, c.name): c for op, spec in chosen.specs.items() for c in spec.candidates}
    starts: dict[Cell, tuple[int, Verdict]] = {}
    for row in worst:
        most = shrinking.entries(chosen.specs[row.op], cases.find(chosen.specs[row.op], row.case))
        cell = cells[key(row)]
        if cell not in starts or most < starts[cell][0]:
            starts[cell] = most, row
    asked = dict.fromkeys((op, by, law) for op, by, law, *_ in starts)
    timeout = max(LEAST, min(TIMEOUT, until - time.monotonic()))
    found: dict[Cell, shrinking.Shrunk] = {}
    with shrinking.Looks([(chosen.specs[o], given[o, c], law) for o, c, law in asked], timeout) as looks:
        for cell, (_, row) in starts.items():
            if time.monotonic() > until:
                break
            spec, candidate = chosen.specs[row.op], given[row.op, row.candidate]
            with suppress(shrinking.Unbroken):
                start = cases.find(spec, row.case)
                again = shrinking.broken(looks, spec, start, candidate, cell[2], row.of, chosen.seed)
                if _alike(again, row):
                    found[cell] = shrinking.descend(
                        looks, spec, start, candidate, again, seed=chosen.seed, budget=LOOKS, until=until
                    )
    return found


def _alike(again: Verdict, row: Verdict) -> bool:
    """Whether a row that was judged again is wrong as it was; what is known has lost its own status."""
    return (again.law, again.of, bool(again.bound)) == (row.law, row.of, bool(row.bound))


def _smaller(chosen: runs.Plan, row: Verdict, small: shrinking.Shrunk) -> Evidence:
    """What a page says of the smallest case, where it is another than the row's own."""
    looks = counted(small.looks, "judgement")
    if small.case.id == row.case:
        return {"shrunk": f"none smaller found in {looks}"}
    spec = chosen.specs[row.op]
    before, after = (shrinking.entries(spec, c) for c in (cases.find(spec, row.case), small.case))
    margin = f", margin {small.row.margin:.4g}" if small.row.bound else ""
    lines = [
        f"{small.case.id}   ({counted(after, 'number')} instead of {before}{margin}; {looks})",
        small.row.message,
        _command(chosen, small.row, small.case.id),
    ]
    return {"shrunk": "\n".join(filter(None, lines))}
