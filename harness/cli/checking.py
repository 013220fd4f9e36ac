"""A user's function -> verdicts on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import judging
from harness.cli.printing import cell, columns, cut, print_red
from harness.cli.refusals import refuse

if TYPE_CHECKING:
    from harness.builds import Build
    from harness.model import CandidateSpec, Case, Spec, Verdict
    from harness.runs import Plan

#: Wrong rows that are printed.
MOST_SHOWN = 20

#: Laws that are kept whatever the values are: they are judged where nobody knows what is due, too.
VALUELESS = frozenset({"status", "dtype", "pure"})


def check(
    spec: Spec, given: tuple[CandidateSpec, ...], seed: int, only: str, means: judging.Means, form: str
) -> list[Verdict]:
    """All verdicts on a user's candidates. What a library's own does, too, where the ledger knows of it, is known."""
    from harness import ledger

    judging.one_thread()
    given = tuple(asked(spec, c, seed, quiet=form == "json") for c in given)
    _refuse_unknown_axes(spec, given)
    libraries = {c.library for c in given}
    here = _build(spec, libraries)
    beside = tuple(c for n in sorted(libraries) for c in ledger.own(spec, n, here))
    algorithm = given[0].algorithm
    differing = {c.name for c in beside if c.algorithm != algorithm}
    beside = tuple(replace(c, name=f"{c.name} (the library's own)", algorithm=algorithm) for c in beside)
    chosen = judging.planned([replace(spec, candidates=(*given, *beside), known=())], seed, only)
    rows: list[Verdict] = []

    def judge(plan: Plan) -> None:
        by_id = {case.id: case for case in plan.cases[spec.op]}
        tasks = [_beside(task, spec, by_id[task.case], beside, differing, here) for task in plan.tasks]
        for _, found in judging.watched(judging.judged(tasks, plan, means), len(tasks), quiet=form == "json"):
            _refuse_absent(found)
            rows.extend(found)

    judge(chosen)
    asked_for = list(chosen.cases[spec.op])
    for further in _further(chosen, spec, given, rows, asked_for) if not only else ():
        judge(further)
        asked_for.extend(further.cases[spec.op])
    rows = ledger.excused(rows, {c.name for c in beside})
    order = {case.id: n for n, case in enumerate(asked_for)}
    rows.sort(key=lambda r: (order.get(r.case, 0), r.candidate))
    _refuse_faulty(spec, rows)
    if form == "json":
        for row in rows:
            click.echo(json.dumps(row.columns))
    else:
        _verdict_table(rows)
    return rows


def _further(
    chosen: Plan, spec: Spec, given: Sequence[CandidateSpec], rows: list[Verdict], asked_for: list[Case]
) -> Iterator[Plan]:
    """Plans of further cases, inside what a candidate offers that offers less than the spec asks; each once the last one
    is judged."""
    from harness import offers

    beside = [c for c in chosen.specs[spec.op].candidates if c not in given]
    for c in given:
        for drawn in (offers.Offered.around, offers.Offered.inside):
            told = offers.offered(spec, c.name, asked_for, rows)
            near = told.nearest
            if near is None or not told.refused:
                break
            seen = {case.id for case in asked_for}
            new = tuple(case for case in drawn(told) if case.id not in seen)
            named = replace(spec, candidates=tuple(replace(x, nearest=near.id) for x in (c, *beside)), known=())
            if new:
                yield replace(chosen, specs={spec.op: named}, cases={spec.op: new})


def given(
    path: str, library: str | None, vjp: str | None, algorithm: str, offers: str = "", python: str = ""
) -> CandidateSpec:
    """The candidate a user names; its library is left open where its name does not tell it."""
    from harness.model import CandidateSpec
    from harness.specs import ALGORITHMS

    for dotted in filter(None, (path, vjp)):
        if ":" not in dotted:
            refuse(f"`{dotted}`: write MODULE:ATTR, as in my_package.layers:conv2d")
        file, _, attribute = dotted.rpartition(":")
        if file.endswith(".py") or "/" in file:
            refuse(f"`{file}` is a file, and a module is due: {_as_module(Path(file), attribute)}")
    if algorithm not in ALGORITHMS:
        refuse(f"--algorithm {algorithm}: one of {', '.join(ALGORITHMS)}")
    taken = dict(_selection(offers))
    dtypes = taken.pop("dtype", None)
    told = library or _told_library(path)
    return CandidateSpec(path, path, vjp, told, algorithm, dtypes=dtypes, python=python, offers=taken)


def _selection(text: str) -> Mapping[str, tuple[str, ...]]:
    from harness import runs

    try:
        return runs.selection(text)
    except runs.Unselected as error:
        refuse(f"--offers: {error.args[0]}")


def asked(spec: Spec, named: CandidateSpec, seed: int, quiet: bool) -> CandidateSpec:
    """The candidate with the library that it takes, where that was left open; says how it is known."""
    from harness import runs
    from harness.asking.hosts import Limits
    from harness.candidates import asked_library

    if named.library:
        return named
    held = runs.holders(runs.places([spec]), str(judging.servers().folder), Limits(judging.TIMEOUT))
    try:
        library, how = asked_library(spec, named, held, seed)
    except LookupError as error:
        refuse(f"`{named.call}` cannot be imported: {error}")
    if not quiet:
        click.echo(f"{named.call}: library {library}: {how} (--library says otherwise)", err=True)
    return replace(named, library=library)


def _refuse_unknown_axes(spec: Spec, given: Iterable[CandidateSpec]) -> None:
    from harness import cases
    from harness.specs.errors import nearest

    for axis in (axis for c in given for axis in c.offers):
        if axis not in cases.axes(spec):
            refuse(f"--offers: `{spec.op}` has no axis `{axis}`{nearest(axis, cases.axes(spec))}")


def unjudged(rows: Sequence[Verdict], names: Sequence[str]) -> list[str]:
    """The candidates of which no value was looked at: refusing everything is no way to conform."""
    judged = {r.candidate for r in rows if _judged(r)}
    seen = judged | {r.candidate for r in rows if r.status in judging.red()}
    return [name for name in names if name not in seen]


def why_unjudged(rows: Iterable[Verdict], name: str) -> str:
    """Why no value of a candidate was looked at: the candidate's own doing, or what is due is not known."""
    from harness.vocabulary import counted

    unknown = [r.message for r in rows if r.candidate == name and r.status == "inconclusive"]
    if not unknown:
        return "it is unsupported at every case"
    return f"{counted(len(unknown), 'verdict')} on it inconclusive: {Counter(unknown).most_common(1)[0][0]}"


def _judged(row: Verdict) -> bool:
    """Whether a row tells of a value that was compared."""
    return row.law not in VALUELESS and _decided(row)


def _decided(row: Verdict) -> bool:
    return row.status not in ("unsupported", "inconclusive")


def _build(spec: Spec, libraries: Collection[str]) -> Build:
    """The libraries here, as far as what is known of their own candidates asks."""
    from harness import runs

    own = tuple(c for c in spec.candidates if c.library in libraries)
    names = {c.name for c in own}
    return runs.build([replace(spec, candidates=own, known=tuple(k for k in spec.known if names.intersection(k.by)))])


def _beside(
    task: Any, spec: Spec, case: Case, beside: Sequence[CandidateSpec], differing: Collection[str], here: Build
) -> Any:
    """A task with the library's own candidates only where the spec knows a deviation of theirs."""
    from harness import ledger

    def shows(c: CandidateSpec) -> bool:
        name = c.name.partition(" (")[0]
        takes = c.dtypes is None or case.dtype in c.dtypes
        return (name in differing and takes) or ledger.shows(spec, case, name, here)

    away = [c.name for c in beside if not shows(c)]
    return replace(task, candidates=tuple(n for n in task.candidates if n not in away))


def _as_module(file: Path, attribute: str) -> str:
    """How a file's attribute is named from here, or else from the file's folder."""
    here, there = Path.cwd(), file.resolve()
    parts = there.relative_to(here).with_suffix("").parts if there.is_relative_to(here) else ()
    if parts and all(part.isidentifier() for part in parts):
        return f"`{'.'.join(parts).removesuffix('.__init__')}:{attribute}`"
    return f"`{file.stem}:{attribute}`, from the folder {file.parent}"


def _told_library(path: str) -> str:
    top = path.partition(":")[0].partition(".")[0]
    return top if top in judging.LIBRARIES else ""


def _refuse_absent(rows: Iterable[Verdict]) -> None:
    """A user's candidate that cannot be imported is a mistake, and no verdict."""
    for row in rows:
        if row.mark == "absent":
            refuse(f"`{row.candidate}` {row.message}")


def _refuse_faulty(spec: Spec, rows: Iterable[Verdict]) -> None:
    """A definition that fails is the whole answer: nothing is graded against it."""
    for row in rows:
        if row.blame == "oracle" and row.status == "inconclusive" and row.law == "agrees":
            refuse(f"{spec.path}: the definition is at fault, and nothing was judged: {row.message}")


def _verdict_table(rows: Sequence[Verdict]) -> None:
    from harness.vocabulary import counted

    wrong = [r for r in rows if r.status in judging.red()]
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for row in rows:
        groups.setdefault((row.candidate, row.law), []).append(row)
    body = []
    for (candidate, law), group in groups.items():
        said = ", ".join(f"{n} {status}" for status, n in Counter(r.status for r in group).items())
        if not any(map(_decided, group)):
            said += f": {cut(Counter(r.message for r in group).most_common(1)[0][0])}"
        margins = [r.margin for r in group if r.margin == r.margin]
        body.append(
            [
                candidate,
                law,
                said,
                cell(max(margins, default=float("nan"))),
            ]
        )
    columns(["candidate", "law", "verdicts", "worst margin"], body)
    if wrong:
        import pandas

        print_red(pandas.DataFrame(row.columns for row in wrong), MOST_SHOWN)
    judged = any(map(_judged, rows))
    refused = Counter(r.message for r in rows if r.law == "status" and r.status == "unsupported")
    cases, without = len({(r.case, r.candidate) for r in rows}), refused.total()
    end = "deviates" if wrong else "conforms" if judged else "not judged"
    if without and not wrong and judged:
        end = f"conforms at {cases - without} of {counted(cases, 'case')}; the others it does not offer:"
    click.echo(f"{counted(len(rows), 'verdict')}, {len(wrong)} red: {end}")
    for message, n in refused.most_common(3) if without else ():
        click.echo(f"  {counted(n, 'case')}: {message}")
