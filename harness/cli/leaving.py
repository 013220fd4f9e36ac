"""An answer -> what remains of it: page, table and scripts in a folder, and what was asked last."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import endings, files
from harness.cli.refusals import refuse
from harness.vocabulary import RUN_FILE

if TYPE_CHECKING:
    from harness.answer import Answer, Cause
    from harness.model import Spec, Verdict
    from harness.runs import Plan

#: Where the last answer stands, from where the harness is run.
LAST = Path(".harness") / "last.json"

#: Where `check --page` writes unless `--out` says otherwise.
PAGES = Path("reports/check")


def leave(
    spec: Spec, chosen: Plan, answers: Sequence[Answer], rows: Sequence[Verdict], out: Path | None, spent: float
) -> list[str]:
    """Keep what was asked last, write page, table and scripts where a folder is named, and say where all is."""
    told = _kept(spec, chosen, answers)
    if out is None:
        return told
    table = _page(chosen, rows, out, spent, answers)
    scripts = [path for a in answers for path in _scripts(spec, chosen, a, out)]
    return [*(f"python {path}" for path in scripts), f"{out / endings.PAGE}   {table}", *told]


def _kept(spec: Spec, chosen: Plan, answers: Sequence[Answer]) -> list[str]:
    """Keep the nearest case of the first cause for `show` and `shrink`; how they are called."""
    found = next(((a, a.causes[0]) for a in answers if a.causes), None)
    if found is None:
        return []
    a, cause = found
    given = next(c for c in chosen.specs[spec.op].candidates if c.name == a.candidate)
    row = cause.example
    case = cause.smallest.case if cause.smallest else row.case
    last = Last(spec.path, case, row.case, "" if row.death else row.law, chosen.seed, a.candidate)
    try:
        LAST.parent.mkdir(exist_ok=True)
        files.replace(LAST, json.dumps({**asdict(last), "given": asdict(given)}))
    except OSError as error:
        click.echo(f"{LAST}: {error.strerror}; `harness show` alone will not find it", err=True)
        return []
    return ["harness show (the evidence and a script)   harness shrink (a smaller case)"]


@dataclass(frozen=True)
class Last:
    """What an answer found first: of which spec and candidate, the smallest case and the nearest one, and the law."""

    spec: str
    case: str
    start: str
    law: str
    seed: int
    candidate: str


def last() -> tuple[Spec, Last]:
    """The spec of the last answer, with its candidate alone, and what was found; without one the command is refused."""
    from harness.model import CandidateSpec

    try:
        kept = json.loads(LAST.read_text(encoding="utf-8"))
        fields = {**kept.pop("given"), "unsupported": (), "exempt": {}}
        if fields["dtypes"] is not None:
            fields["dtypes"] = tuple(fields["dtypes"])
        fields |= {name: tuple(fields[name]) for name in ("outputs", "promises")}
        fields["offers"] = {axis: tuple(values) for axis, values in fields["offers"].items()}
        found, given = Last(**kept), CandidateSpec(**fields)
    except (OSError, ValueError, KeyError, TypeError):
        refuse(f"name a case: {LAST} holds none; `harness check` leaves the last one there")
    return replace(files.one_spec(found.spec), candidates=(given,), known=()), found


def _page(chosen: Plan, rows: Sequence[Verdict], out: Path, spent: float, answers: Sequence[Answer]) -> Path:
    """Write the page and the table of the rows as a run's; the path of the table."""
    from harness import runs
    from harness.store import Store, StoreError, put_aside

    here = runs.build(tuple(chosen.specs.values()))
    command = shlex.join(["harness", *sys.argv[1:]])
    header = runs.header(chosen, command, runs.facts(chosen.specs.values()), here)
    header |= {"shard": "", "only": "", "budget": "", "asked": _asked(chosen)}
    out.mkdir(parents=True, exist_ok=True)
    path = out / RUN_FILE
    try:
        put_aside(path, path.with_name(files.PREVIOUS))
        with Store.create(path, header) as store:
            store.append(list(rows))
            store.flush()
            endings.page_of(store, store.table(), chosen, out, len({r.case for r in rows}), spent, answers)
    except StoreError as error:
        refuse(str(error))
    return out / "verdicts.csv"


def _asked(chosen: Plan) -> dict[str, list[str]]:
    """The candidates that were asked, each with the options that `harness show` needs to find it as it was asked."""
    from harness.cases import options

    return {c.name: list(options(c)) for spec in chosen.specs.values() for c in spec.candidates}


def _scripts(spec: Spec, chosen: Plan, found: Answer, out: Path) -> list[Path]:
    """Write a script that repeats each cause, the first ones' at their smallest case."""
    from harness.cli.showing import script

    given = next(c for c in chosen.specs[spec.op].candidates if c.name == found.candidate)
    written = []
    for number, cause in enumerate(found.causes, 1):
        text = script(spec, given, *_at(spec, cause), chosen.seed)
        name = "".join(c if c.isalnum() else "_" for c in found.candidate)
        path = out / f"repro_{name}_{number}.py"
        files.replace(path, text)
        written.append(path)
    return written


def _at(spec: Spec, cause: Cause) -> tuple[Any, Verdict]:
    from harness import cases

    row = cause.smallest.row if cause.smallest else cause.example
    return cases.find(spec, row.case), row
