"""A run -> what it is compared with: the baseline and the runs before it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from harness.cli import files
from harness.cli.refusals import refuse

#: What later runs are compared with, from where the harness is run.
BASELINE = Path("reports/baseline/verdicts.csv.gz")

#: Runs that were the baseline, one line each.
BASELINES = BASELINE.with_name("history.jsonl")

#: Earlier runs of the same specs that a page remembers, and red rows of a run beyond which it is not remembered.
REMEMBERED, REMEMBERED_RED = 20, 20_000


def of_baseline(header: Mapping[str, Any], table: Any, renamed: Mapping[str, str]) -> Any:
    """What a run is compared with: the committed rows of its ops, or of its cases where it was restricted.

    Where functions were asked for by name, of those alone.

    Of ops that were recorded under other capabilities alone it has what is the same under all of them, without margins:
    how far within its bound a result lies differs from one instruction set to another.
    """
    from harness import baseline, builds, diff, runs

    if not BASELINE.exists():
        return None
    committed, capability, made = _committed(), builds.capability_of(header), builds.recorded()
    here = diff.names(committed["op"], renamed).isin(set(table["op"]))
    older = baseline.unfolded(baseline.under(committed[here], capability, made), set(committed["op"][here]))
    elsewhere = builds.learned_elsewhere(capability, made)
    older["margin"] = older["margin"].where(~older["op"].isin(elsewhere))
    if "asked" in header:
        older = older[older["candidate"].isin(header["asked"].keys())]
    return _of_cases(older, table, renamed) if runs.part(header) else older


def told_of_capabilities(header: Mapping[str, Any]) -> str:
    """That the baseline of a run's ops is of other capabilities alone; empty where it is not."""
    from harness import builds

    capability, made = builds.capability_of(header), builds.recorded()
    elsewhere = builds.learned_elsewhere(capability, made) & set(header.get("specs", ()))
    if not elsewhere:
        return ""
    others = ", ".join(sorted(name or "no capability" for name, ops in made.items() if ops & elsewhere))
    return (
        f"the baseline was made under {others}, this run under {capability}:"
        " what is the same under each of them is compared, margins are not"
    )


def write_baseline(store: Any) -> None:
    """Make a run the one that later ones of its capability are compared with."""
    from harness import baseline, builds, report, runs

    if not store.complete:
        refuse(f"{store.path}: the run has not come to its end; resume it")
    if said := runs.part(store.header):
        refuse(f"{store.path}: is a part ({said}); a baseline is made of all cases of its specs")
    table = store.verdicts()
    BASELINE.parent.mkdir(parents=True, exist_ok=True)
    beside = BASELINE.with_name(BASELINE.name + ".new")
    compression = {"method": "gzip", "compresslevel": 9, "mtime": 0}
    capability, made = builds.capability_of(store.header), builds.recorded()
    kept = {spec.op for spec in files.unimported(())} | set(table["op"])
    committed = _committed()
    whole = baseline.merged(committed[committed["op"].isin(kept)], baseline.folded(table), capability, made)
    whole.to_csv(beside, index=False, compression=compression)
    os.replace(beside, BASELINE)
    made = {name: ops & kept for name, ops in made.items()}
    made[capability] = made.get(capability, frozenset()) | set(table["op"])
    files.replace(builds.RECORDED, json.dumps({n: {"ops": sorted(made[n])} for n in sorted(made)}, indent=1) + "\n")
    header = dict(store.header) | {"complete": True}
    _append(BASELINES, json.dumps({"ops": sorted(header["specs"]), **report.moment(header, table)}))
    click.echo(f"{BASELINE}: {len(table)} verdicts, {BASELINE.stat().st_size / 2**20:.1f} MiB")


def history(out: Path, header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Earlier whole runs of the same specs, oldest first; lines that cannot be read are left out."""
    from harness.diff import rename

    found: list[dict[str, Any]] = []
    specs, renamed = sorted(header["specs"]), header.get("renamed", {})
    for line in (*_lines(BASELINES), *_lines(_history_file(out))):
        try:
            run = json.loads(line)
            ops = sorted(rename(op, renamed) for op in run["ops"])
            if ops == specs and run["started"] < header["started"] and run not in found:
                found.append(run)
        except (ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda run: str(run["started"]))[-REMEMBERED:]


def remember(out: Path, header: Mapping[str, Any], moment: Mapping[str, Any]) -> None:
    """Add a whole run to the history, once."""
    from harness import runs

    file = _history_file(out)
    if not header.get("complete") or runs.part(header) or len(moment["red"]) > REMEMBERED_RED:
        return
    try:
        _append(file, json.dumps({"ops": sorted(header["specs"]), **moment}))
    except OSError as error:
        click.echo(f"{file}: {error.strerror}; this run is not remembered", err=True)


def told_of(run: Path) -> str:
    """Which run it is, in words."""
    return _moment_of(str(run), files.header(run))


def told_of_baseline() -> str:
    """Which run the baseline is, in words."""
    newest = next(reversed(_lines(BASELINES)), "{}")
    try:
        return _moment_of(f"the baseline, {BASELINE}", json.loads(newest))
    except (ValueError, AttributeError):
        return str(BASELINE)


def _committed() -> Any:
    """The committed baseline as it stands in its file; one without rows where there is none."""
    import pandas

    from harness import baseline

    if not BASELINE.exists():
        return pandas.DataFrame(columns=list(baseline.COLUMNS))
    committed = pandas.read_csv(BASELINE, dtype=str, keep_default_na=False)
    if not baseline.readable(committed):
        click.echo(
            f"harness: {BASELINE} was made by an older harness; `harness report RUN --baseline` makes it again",
            err=True,
        )
        return pandas.DataFrame(columns=list(baseline.COLUMNS))
    return committed if "capability" in committed else committed.assign(capability="")


def _of_cases(older: Any, table: Any, renamed: Mapping[str, str]) -> Any:
    """The rows of an older run that a later part of one could hold too."""
    from harness import diff

    cases, candidates = set(table["case"]), set(table["candidate"])
    return older[diff.names(older["case"], renamed).isin(cases) & older["candidate"].isin(candidates)]


def _moment_of(name: str, facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{library} {version}" for library, version in facts.get("versions", {}).items())
    return ", ".join(filter(None, (name, str(facts.get("started", "")), versions)))


def _history_file(out: Path) -> Path:
    return (out.parent if out.resolve().parent.name == "reports" else out) / "history.jsonl"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _append(file: Path, line: str) -> None:
    """Add a line to a file of lines, once."""
    seen = _lines(file)
    if line not in seen:
        files.replace(file, "\n".join([*seen, line]) + "\n")
