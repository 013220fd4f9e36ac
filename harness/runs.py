"""Specs, candidates -> a run: its tasks, what judges them in any process, its header, its red rows."""

from __future__ import annotations

import atexit
import importlib.metadata
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice, zip_longest
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from harness import builds, cases, ledger
from harness.asking.hosts import Hosts, Inline, Limits, Wanted
from harness.asking.messages import Measured
from harness.asking.servers import HostError, shared
from harness.builds import Build
from harness.candidates import Candidate, Holder
from harness.execution.task import Explain, Note, Setup, Task, Work
from harness.laws import LAWS
from harness.model import RED, CandidateSpec, Case, Known, Spec, Status, Verdict
from harness.subjects import LEDGER

if TYPE_CHECKING:
    from harness.judgement import Judge

#: Names that specs may give as laws: those of the registry, and the one that judgement itself keeps.
LAW_NAMES = frozenset({*LAWS, "status"})

#: What selects beside the axes and names of a spec: of specs and their candidates, and of cases.
_OF_SPECS, _OF_CASES = frozenset({"op", "candidate"}), frozenset({"case", "grid", "invalid"})


class Unselected(LookupError):
    """A selection that nothing satisfies, or that cannot be read."""


@dataclass(frozen=True)
class Plan:
    """What a run judges: specs by op, each with its candidates and cases."""

    specs: Mapping[str, Spec]
    cases: Mapping[str, tuple[Case, ...]]
    seed: int
    in_turn: bool = False

    @property
    def tasks(self) -> list[Task]:
        """One task per case, in the specs' order, or a case of each spec ``in_turn``."""
        whole = [(op, case) for op in self.specs for case in self._ordered(op)]
        return [
            Task(op, self.specs[op].path, case.id, tuple(c.name for c in self.specs[op].candidates), self.seed)
            for op, case in (_in_turn(self.cases) if self.in_turn else whole)
        ]

    def _ordered(self, op: str) -> Sequence[Case]:
        """The cases of an op: as they are planned under the seed 0, else in an order that the seed draws, the first one
        first: what a candidate keeps of earlier calls may not matter."""
        first, *rest = self.cases[op]
        if self.seed:
            Random(f"{op} {self.seed}").shuffle(rest)
        return first, *rest


def _in_turn(found: Mapping[str, Sequence[Case]]) -> Iterator[tuple[str, Case]]:
    """A case of each kind after the other, until all are through."""
    for turn in zip_longest(*([(kind, case) for case in some] for kind, some in found.items())):
        yield from (pair for pair in turn if pair)


def nearest(chosen: Plan) -> Plan:
    """The plan with the cases nearest to each op's first one first, and wrong calls last."""
    return replace(chosen, cases={op: cases.ordered(chosen.specs[op], found) for op, found in chosen.cases.items()})


#: Cases nearest to an op's first one that come before any other where time may be short.
NEAREST = 4


def near_and_far(chosen: Plan) -> Plan:
    """The plan for as many cases as time allows: the nearest few, then by turns the next nearest, what differs most from all
    before, and a wrong call, so that other dtypes and special data are among what is reached."""
    near, far = nearest(chosen).cases, budgeted(chosen, None, ()).cases
    wrong = {op: [case for case in found if case.invalid] for op, found in near.items()}
    mixed = {}
    for op in near:
        turns = _in_turn({"near": near[op], "far": far[op], "wrong": wrong[op]})
        found = {case.id: case for case in (*near[op][:NEAREST], *(case for _, case in turns))}
        mixed[op] = tuple(found.values())
    return replace(chosen, cases=mixed)


def budgeted(chosen: Plan, count: int | None, judged: Collection[tuple[str, str]]) -> Plan:
    """The plan for ``count`` cases in all (None: as many as time allows), a case of each spec in turn.

    Each spec begins with the cases whose pairs of values neither an earlier run has seen, which ``judged`` (op, case),
    nor those before them; where there are fewer cases than the count, further points are scattered.
    """
    seen: dict[str, list[str]] = {op: [] for op in chosen.specs}
    for op, name in judged:
        seen.setdefault(op, []).append(name)
    ordered = {op: tuple(cases.spread(spec, chosen.cases[op], seen[op])) for op, spec in chosen.specs.items()}
    if count is None:
        return replace(chosen, cases=ordered, in_turn=True)
    lacking = count - sum(map(len, ordered.values()))
    if lacking > 0:
        more = -(-lacking // len(ordered))
        ordered = {op: (*found, *_further(chosen.specs[op], found, more)) for op, found in ordered.items()}
    kept: dict[str, list[Case]] = {op: [] for op in ordered}
    for op, case in islice(_in_turn(ordered), count):
        kept[op].append(case)
    specs = {op: spec for op, spec in chosen.specs.items() if kept[op]}
    return replace(chosen, specs=specs, cases={op: tuple(kept[op]) for op in specs}, in_turn=True)


def _further(spec: Spec, found: Collection[Case], count: int) -> Iterator[Case]:
    known = {case.id for case in found}
    return islice((case for case in cases.scattered(spec) if case.id not in known), count)


def plan(found: Collection[Spec], seed: int, only: str = "") -> Plan:
    """All cases of the specs, or those that ``only`` selects (``"op=conv2d dtype=float16 candidate=torch"``).

    Raises Unselected where a word is no axis of a spec or nothing is left, CaseError where a spec has no case.
    """
    wanted = selection(only)
    kept: dict[str, Spec] = {}
    chosen: dict[str, tuple[Case, ...]] = {}
    for spec in found:
        if spec.op not in wanted.get("op", (spec.op,)):
            continue
        _refuse_unknown(spec, wanted)
        names = wanted.get("candidate", tuple(c.name for c in spec.candidates))
        spec = replace(spec, candidates=tuple(c for c in spec.candidates if c.name in names))
        selected = tuple(c for c in _asked(spec, seed, wanted) if _selected(spec, c, wanted))
        if selected and spec.candidates:
            kept[spec.op], chosen[spec.op] = spec, selected
    if not kept:
        raise Unselected(f"nothing to judge: {_why_nothing(found, wanted, seed)}")
    return Plan(kept, chosen, seed)


def _thorough(spec: Spec, seed: int) -> tuple[Case, ...]:
    """The cases of a spec with all its grids crossed, and those of sizes that the seed draws."""
    return _once(*cases.thorough(spec), *cases.drawn(spec, seed))


def _exhaustive(spec: Spec, seed: int) -> tuple[Case, ...]:
    """Every number of the half types, of a spec whose definition is a function of each entry by itself."""
    from harness.oracles import entrywise  # with all arithmetics, which commands that only read need not load

    found = cases.exhaustive(spec)
    return found if found and entrywise(spec) else ()


def _vast(spec: Spec, seed: int) -> tuple[Case, ...]:
    """One row seen more often than 32 bits count, of a spec whose definition computes rows apart."""
    from harness.bench import Bench  # with all arithmetics, which commands that only read need not load

    two = cases.vast(spec, 2)
    return cases.vast(spec) if two and Bench(spec, two[0], seed).due("conventional").batch else ()


@dataclass(frozen=True)
class OnRequest:
    """Cases beside those of a spec's own run, asked for by a name that stands for a grid; and of which specs there are any."""

    cases: Callable[[Spec, int], tuple[Case, ...]]
    wants: str


#: What any spec may be asked for by name: `--only grid=NAME`.
ON_REQUEST: Mapping[str, OnRequest] = {
    "thorough": OnRequest(_thorough, "any spec"),
    "vast": OnRequest(_vast, "ops that compute each row by itself; it takes `--memory 24 --timeout 600`"),
    "exhaustive": OnRequest(_exhaustive, "ops of one input, in float16 or bfloat16, that are functions entry by entry"),
}


def cases_of(spec: Spec, seed: int) -> tuple[Case, ...]:
    """The cases that a run at a seed asks of a spec: its own, and those of sizes that the seed draws."""
    return _once(*cases.cases(spec), *cases.drawn(spec, seed))


def _asked(spec: Spec, seed: int, wanted: Mapping[str, tuple[str, ...]]) -> tuple[Case, ...]:
    """The cases among which a selection chooses."""
    name = _by_name(spec, wanted)
    return ON_REQUEST[name].cases(spec, seed) if name else cases_of(spec, seed)


def _by_name(spec: Spec, wanted: Mapping[str, tuple[str, ...]]) -> str:
    """The grid of any spec that a selection asks for, where the spec has none of its own by that name."""
    match wanted.get("grid"):
        case (name,) if name in ON_REQUEST and name not in spec.grids:
            return name
    return ""


def _once(*found: Case) -> tuple[Case, ...]:
    return tuple({case.id: case for case in found}.values())


def _why_nothing(found: Collection[Spec], wanted: Mapping[str, tuple[str, ...]], seed: int) -> str:
    """Why a selection leaves no case, with the nearest right word where an op, a candidate or a value is not there."""
    from harness.specs.errors import nearest

    there = {"op": {s.op for s in found}, "candidate": {c.name for s in found for c in s.candidates}}
    for word, names in there.items():
        for name in wanted.get(word, ()):
            if name not in names:
                return f"no {word} `{name}`{nearest(name, names)}"
    of = [(s, c) for s in found if s.op in wanted.get("op", (s.op,)) for c in _asked(s, seed, wanted)]
    name = next((name for spec in found if (name := _by_name(spec, wanted))), "")
    if not of and name:
        return f"none of these specs has a case of the grid `{name}`, which is of {ON_REQUEST[name].wants}"
    known = [cases.names(spec, case) | {"case": case.id} for spec, case in of]
    for axis, values in wanted.items():
        values_there = {cases.write(names[axis]) for names in known if axis in names}
        for value in values if axis not in _OF_SPECS else ():
            if value not in values_there:
                return f"no case has {axis}={value}{nearest(value, values_there)}"
    told = " ".join(f"{axis}={','.join(values)}" for axis, values in wanted.items())
    return f"no case has all of `{told}` together" if wanted else "no spec has a case"


def selection(text: str) -> dict[str, tuple[str, ...]]:
    """``"axis=value,value axis=value"`` as a mapping. Raises Unselected where a word is no such pair, or an axis comes twice."""
    wanted: dict[str, tuple[str, ...]] = {}
    for word in text.split():
        axis, sign, values = word.partition("=")
        if not (axis and sign and values):
            raise Unselected(f"`{word}` selects nothing: write axis=value, as in `dtype=float16`")
        if axis in wanted:
            both = ",".join((*wanted[axis], values))
            raise Unselected(f"`{axis}` is given twice: write `{axis}={both}` for any of these")
        wanted[axis] = tuple(values.split(","))
    return wanted


def _refuse_unknown(spec: Spec, wanted: Iterable[str]) -> None:
    known = {*cases.axes(spec), *spec.let, *_OF_SPECS, *_OF_CASES}
    for axis in wanted:
        if axis not in known:
            from harness.specs.errors import nearest  # pydantic comes with it, which workers need not load

            told = nearest(axis, known) or f"; known are {', '.join(sorted(known))}"
            raise Unselected(f"`{axis}` selects no case of `{spec.op}`{told}")


def _selected(spec: Spec, case: Case, wanted: Mapping[str, tuple[str, ...]]) -> bool:
    known = cases.names(spec, case) | {"case": case.id}
    return all(
        cases.write(known[axis]) in values
        for axis, values in wanted.items()
        if axis not in _OF_SPECS and (axis != "grid" or not _by_name(spec, wanted))
    )


def setup(found: Iterable[Spec], limits: Limits | None, folder: str = "") -> Setup:
    """How any process makes itself ready to judge these specs with these candidates: it needs no file of specs.

    ``limits`` is what a host may take; without it candidates are held in the judge's own process, which is unsafe. Hosts
    are forked from servers whose sockets stand in ``folder``; judges of one machine may share it.
    """
    specs = tuple(found)
    arguments = (specs, places(specs), build(specs), folder, limits)
    return Setup("harness.runs:work", arguments, "harness.runs:explained")


def build(found: Collection[Spec]) -> Build:
    """The libraries here, as far as the ledgers of these specs ask."""
    with_torch, probes = needs_torch([spec for spec in found if spec.known]), _probes(found)
    if not (with_torch or probes):
        return Build(builds.versions())
    told = measured(with_torch, probes)
    elsewhere = builds.learned_elsewhere(told.capability, builds.recorded() if told.capability else {})
    return Build(builds.versions(), told.capability, told.probes, elsewhere)


def facts(found: Collection[Spec]) -> Mapping[str, Any]:
    """Versions, builds, processor and threads: what a run of these specs depends on."""
    return measured(needs_torch(found), _probes(found)).facts


def _probes(found: Collection[Spec]) -> tuple[str, ...]:
    return tuple(sorted({entry.probe for spec in found for entry in spec.known if entry.probe}))


@cache
def measured(with_torch: bool, probes: tuple[str, ...] = ()) -> Measured:
    """The facts of this machine, torch's capability, what ``probes`` say: asked once, of the library's server."""
    try:
        return shared().measured("torch" if with_torch else "numpy", probes, places(()))
    except HostError:
        return Measured()


def places(found: Iterable[Spec]) -> str:
    """The folders where specs' modules are looked for beside what is installed: this one, then those of the specs."""
    beside = (str(Path(spec.path).resolve().parent) for spec in found if Path(spec.path).is_file())
    return os.pathsep.join(dict.fromkeys((str(Path.cwd()), *beside)))


def reach(place: str) -> None:
    """Have the modules of the first folder found before any others of their names, those of further ones after."""
    here, *beside = place.split(os.pathsep)
    if here not in sys.path:
        sys.path.insert(0, here)
    sys.path.extend(folder for folder in beside if folder not in sys.path)


def work(found: Sequence[Spec], place: str, here: Build, folder: str = "", limits: Limits | None = None) -> Work:
    """What judges tasks in this process, each candidate in a host of its own; without ``limits`` in this process."""
    reach(place)
    told = {spec.op: (spec, {c.name: c for c in spec.candidates}) for spec in found}
    held = holders(place, folder, limits)

    def verdicts(task: Task, note: Note) -> list[Verdict]:
        spec, given = told[task.op]
        judging = judge(spec, [given[name] for name in task.candidates], held, here)
        return judging.verdicts(cases.find(spec, task.case), task.seed, note)

    return verdicts


#: What gives the holder of a candidate.
Holders = Callable[[CandidateSpec], "Holder"]


def holders(place: str, folder: str, limits: Limits | None) -> Holders:
    """The holders of candidates: in hosts, or in this process where nothing limits them."""
    kept: dict[Wanted, Inline] = {}
    hosts = None if limits is None else Hosts(folder, limits, place)
    if hosts is not None:
        atexit.register(hosts.close)

    def holder(given: CandidateSpec) -> Holder:
        wanted = Wanted(given.call, given.vjp or "", given.library, given.needs or "", given.python)
        if hosts is not None:
            return hosts.holder(wanted)
        if wanted not in kept:
            kept[wanted] = Inline.of(wanted, place)
        return kept[wanted]

    return holder


def explained(found: Sequence[Spec], place: str, here: Build, *_: Any) -> Explain:
    """What marks, among the rows of a candidate that died, those that are known."""
    told = {spec.op: spec for spec in found}

    def rows_of(task: Task, rows: list[Verdict]) -> list[Verdict]:
        spec = told[task.op]
        return ledger.applied(spec, cases.find(spec, task.case), rows, here) if spec.known else rows

    return rows_of


def ready(spec: Spec, held: Holders) -> Judge:
    """A spec's judge, its candidates held as ``held`` says. It asks no probe."""
    return judge(spec, spec.candidates, held, Build(builds.versions()))


def judge(spec: Spec, given: Iterable[CandidateSpec], held: Holders, here: Build) -> Judge:
    """The judge of a spec's candidates, held as ``held`` says."""
    from harness.judgement import Judge  # with all laws and arithmetics, which commands that only read need not load

    candidates = tuple(Candidate(c.name, spec, c, held(c)) for c in given)
    return Judge(spec, candidates, here)


def header(chosen: Plan, command: str, facts: Mapping[str, Any], here: Build) -> dict[str, Any]:
    """What all rows of a run share; ``facts`` are of the process that judges, by `libraries.facts`."""
    from harness.specs import elsewhere  # pydantic comes with it, which workers need not load

    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "seed": chosen.seed,
        "harness": importlib.metadata.version("conformance-harness"),
        "specs": {op: spec.digest for op, spec in chosen.specs.items()},
        "cases": {op: len(found) for op, found in chosen.cases.items()},
        "first": {op: {a: cases.write(v[0]) for a, v in cases.axes(s).items()} for op, s in chosen.specs.items()},
        "models": {op: spec.model for op, spec in chosen.specs.items()},
        "sizes": {op: list(spec.sizes) for op, spec in chosen.specs.items()},
        "sees": {op: {k.because: k.see for k in spec.known if k.see} for op, spec in chosen.specs.items()},
        "renamed": {old: new for spec in chosen.specs.values() for old, new in cases.renames(spec).items()},
        "elsewhere": {op: path for op, spec in chosen.specs.items() if (path := elsewhere(op, spec.path))},
        "probes": dict(here.probes),
        "learned elsewhere": sorted(here.elsewhere & chosen.specs.keys()),
        **facts,
    }


def part(header: Mapping[str, Any]) -> str:
    """By which options a run is a part of its specs' cases; empty of a whole one."""
    options = ("only", "shard", "budget")
    return ", ".join(f"--{name} '{header[name]}'" for name in options if header.get(name))


def stale(chosen: Plan, rows: Iterable[Verdict], whole: bool, here: Build) -> list[Verdict]:
    """A row for each known deviation that matched nothing, where the whole of its spec was judged.

    It is red unless the entry may conform, as what shows itself `sometimes` only may at another seed, and what was learned
    on another machine on that one. An entry whose probe finds nothing here is inactive, and its row says so.
    """
    if not whole:
        return []
    by_op: dict[str, list[Verdict]] = {}
    for row in rows:
        by_op.setdefault(row.op, []).append(row)
    found: list[Verdict] = []
    for op, spec in chosen.specs.items():
        missing = ledger.unmatched(spec, by_op.get(op, []), here)
        found.extend(_unmatched(spec, entry, here) for entry in missing if not ledger.on_request(spec, entry))
        there = {row.candidate for row in by_op.get(op, [])}
        found.extend(_inactive(spec, entry) for entry in ledger.inactive(spec, here) if there.intersection(entry.by))
    return found


def _unmatched(spec: Spec, entry: Known, here: Build) -> Verdict:
    message = f"{spec.path}:{entry.line}: the known deviation of `{entry.by[0]}` under `{entry.law[0]}` matches nothing"
    selects = ledger.selects(spec, entry)
    lenient = ledger.may_conform(spec, entry, here) and selects
    if not selects:
        message += ": its `when` selects no case"
    elif here.learned(spec.op):
        message += "; it can go"
    else:
        message += f"; it was not learned on such a build ({here.capability})"
    return _of_ledger(spec, entry, "inconclusive" if lenient else "fixed", message)


def _inactive(spec: Spec, entry: Known) -> Verdict:
    message = f"{spec.path}:{entry.line}: the known deviation of `{entry.by[0]}` under `{entry.law[0]}` is inactive"
    return _of_ledger(spec, entry, "inconclusive", f"{message}: `{entry.probe}` does not find it in this build")


def _of_ledger(spec: Spec, entry: Known, status: Status, message: str) -> Verdict:
    by, law = entry.by[0], entry.law[0]
    return Verdict(spec.op, spec.op, by, law, LEDGER, "", status, message=message, known=entry.because)


def needs_torch(found: Iterable[Spec]) -> bool:
    """Whether any candidate takes torch's tensors."""
    return any(c.library == "torch" for spec in found for c in spec.candidates)


def red(rows: Iterable[Verdict]) -> list[Verdict]:
    """The rows that nobody has explained."""
    return [row for row in rows if row.status in RED]
