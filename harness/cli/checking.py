"""A user's function -> verdicts on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import judging
from harness.cli.printing import cell, columns, cut, print_red
from harness.cli.refusals import refuse

if TYPE_CHECKING:
    from harness.model import CandidateSpec, Case, Spec, Verdict

#: Wrong rows that are printed.
MOST_SHOWN = 20

#: Laws that are kept whatever the values are: they are judged where nobody knows what is due, too.
VALUELESS = frozenset({"status", "dtype", "pure"})


def check(
    spec: Spec, given: tuple[CandidateSpec, ...], seed: int, only: str, means: judging.Means, form: str
) -> list[Verdict]:
    """All verdicts on a user's candidates. What a library's own does, too, where the ledger knows of it, is known."""
    from harness import ledger, runs

    libraries = {n for c in given for n in ((c.library,) if c.library else judging.LIBRARIES)}
    beside = tuple(c for n in sorted(libraries) for c in ledger.own(spec, n, runs.versions(), runs.isa()))
    algorithm = given[0].algorithm
    differing = {c.name for c in beside if c.algorithm != algorithm}
    beside = tuple(replace(c, name=f"{c.name} (the library's own)", algorithm=algorithm) for c in beside)
    chosen = judging.planned([replace(spec, candidates=(*given, *beside), known=())], seed, only)
    judging.one_thread()
    rows: list[Verdict] = []
    by_id = {case.id: case for case in chosen.cases[spec.op]}
    tasks = [_beside(task, spec, by_id[task.case], beside, differing) for task in chosen.tasks]
    judged = judging.judged(tasks, chosen, means)
    for _, found in judging.watched(judged, len(tasks), quiet=form == "json"):
        _refuse_absent(found)
        rows.extend(found)
    rows = ledger.excused(rows, {c.name for c in beside})
    order = {case.id: n for n, case in enumerate(chosen.cases[spec.op])}
    rows.sort(key=lambda r: (order.get(r.case, 0), r.candidate))
    if form == "json":
        for row in rows:
            click.echo(json.dumps(asdict(row)))
    else:
        _verdict_table(rows)
    return rows


def given(path: str, library: str | None, vjp: str | None, algorithm: str) -> CandidateSpec:
    """The candidate a user names: imported, and its library guessed where its name does not tell it, by a worker."""
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
    return CandidateSpec(path, path, vjp, library or _told_library(path), algorithm)


def imported(path: str, library: str | None, vjp: str | None, algorithm: str) -> CandidateSpec:
    """The same, its library found out in this process."""
    named = given(path, library, vjp, algorithm)
    return replace(named, library=named.library or _guessed(path))


def _guessed(path: str) -> str:
    """The library of a user's candidate, which is imported for it."""
    from harness.candidates import guess_library

    try:
        return guess_library(path)
    except Exception as error:
        refuse(f"`{path}` cannot be imported: {type(error).__name__}: {error}")


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


def _beside(task: Any, spec: Spec, case: Case, beside: Sequence[CandidateSpec], differing: Collection[str]) -> Any:
    """A task with the library's own candidates only where the spec knows a deviation of theirs."""
    from harness import ledger, runs

    def shows(c: CandidateSpec) -> bool:
        name = c.name.partition(" (")[0]
        here = c.dtypes is None or case.dtype in c.dtypes
        return (name in differing and here) or ledger.shows(spec, case, name, runs.versions(), runs.isa())

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
    from harness.runs import ABSENT

    for row in rows:
        if row.message.startswith(ABSENT):
            refuse(f"`{row.candidate}` {row.message}")


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

        print_red(pandas.DataFrame(map(asdict, wrong)), MOST_SHOWN)
    judged = any(map(_judged, rows))
    refused = Counter(r.message for r in rows if r.law == "status" and r.status == "unsupported")
    cases, without = len({(r.case, r.candidate) for r in rows}), refused.total()
    end = "deviates" if wrong else "conforms" if judged else "not judged"
    if without and not wrong and judged:
        end = f"conforms at {cases - without} of {counted(cases, 'case')}; the others it does not offer:"
    click.echo(f"{counted(len(rows), 'verdict')}, {len(wrong)} red: {end}")
    for message, n in refused.most_common(3) if without else ():
        click.echo(f"  {counted(n, 'case')}: {message}")
