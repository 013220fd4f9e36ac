"""Words of a command line -> a command: what each takes, and what it says of itself."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.asking.registry import LIBRARIES
from harness.cli import checking, endings, files, given, judging, leaving, listing, running, showing
from harness.cli.earlier import BASELINE, of_baseline, told_of_capabilities, write_baseline
from harness.cli.printing import columns, outlast_readers, print_run
from harness.cli.refusals import BAD_USE, BUG, CONFORMS, DEVIATES, INTERRUPTED, finish, refuse

#: Changes that a comparison prints as a table.
CHANGES = 200


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="conformance-harness")
def main() -> None:
    """Judge implementations of numerical operations against what the operations are.

    Specs in specs/ say what an op means. `harness run` judges every candidate they name, `harness check` a function
    of yours. Importing a candidate runs its code.
    """


def entry() -> None:
    """The console script: `main` with exit codes for what goes wrong."""
    outlast_readers()
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(BAD_USE)
    except (click.Abort, KeyboardInterrupt) as stopped:
        click.echo("; ".join(["interrupted", *map(str, (stopped.__cause__ or stopped).args)]), err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        refuse(f"{error.filename or 'a file'}: {error.strerror or error}")
    except Exception as error:
        from harness.cases import CaseError
        from harness.execution import ExecutionError

        if isinstance(error, (CaseError, ExecutionError)):
            refuse(str(error))
        traceback.print_exc()
        click.echo(
            "harness: this is a fault of the harness, no verdict on anybody: report it with what is above", err=True
        )
        sys.exit(BUG)


_POSITIVE = click.FloatRange(min=0, min_open=True)

_workers = click.option(
    "-j",
    "--workers",
    type=click.IntRange(0),
    default=None,
    help="Worker processes; 0 judges in this process. [default: cores]",
)
_seed = click.option("--seed", type=int, default=0, show_default=True, help="Of all inputs.")
_only = click.option(
    "--only", default="", metavar="'AXIS=VALUE ...'", help="Judge these alone: op=conv2d dtype=float16 candidate=torch."
)
_timeout = click.option(
    "--timeout",
    type=_POSITIVE,
    default=judging.TIMEOUT,
    show_default=True,
    help="Seconds a candidate may take at a case.",
)
_memory = click.option(
    "--memory", type=_POSITIVE, default=judging.MEMORY, show_default=True, help="GiB a worker may take."
)


@main.command()
@click.argument("spec", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=files.LATEST, show_default=True)
@_seed
@_only
@_workers
@_timeout
@_memory
@click.option(
    "--budget",
    default="",
    metavar="N|Ns|Nm",
    help="Judge N cases, or for N seconds or minutes: first what the run in --out before has not seen.",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted run in --out.")
@click.option(
    "--shard", default="", metavar="I/N", help="Judge the I-th of N parts of the cases; merge them afterwards."
)
@click.option(
    "--dask", "dask", default=None, metavar="ADDRESS", help="Judge on a Dask cluster; `local` starts one here."
)
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def run(
    spec: Sequence[str],
    out: Path,
    form: str,
    seed: int,
    only: str,
    budget: str,
    shard: str,
    resume: bool,
    **means: Any,
) -> None:
    """Judge specs (by name, file or folder; all of specs/ by default) and write a report to --out."""
    part = running.Part(seed, only, budget, shard)
    finish(running.run(spec, out, form, part, judging.Means(**means), resume))


_spec = click.option(
    "--spec", default="", metavar="FILE", help="The case's spec, where its op's name does not find it."
)
_library = click.option(
    "--library",
    type=click.Choice(sorted(LIBRARIES)),
    default=None,
    help="Whose arrays it takes; by default it is called once with each kind.",
)
_vjp = click.option(
    "--vjp", default=None, metavar="MODULE:ATTR", help="Its hand-written vjp(cotangent, *inputs, **params)."
)
_algorithm = click.option(
    "--algorithm",
    default="conventional",
    show_default=True,
    help="fft, winograd, 3m, strassen, blocked, step-by-step, low-precision-accumulation, polynomial-erf.",
)


_offers = click.option(
    "--offers", default="", metavar="SELECTION", help='The cases it takes, as "dtype=float32,float64 groups=1".'
)
_python = click.option(
    "--python", default="", metavar="PATH", help="The interpreter that holds it; this one by default."
)


@main.command()
@click.argument("words", nargs=-1, required=True, metavar="[OP] MODULE:ATTR|FILE.py:ATTR...")
@_library
@_vjp
@_algorithm
@_offers
@_python
@click.option("--outputs", default="", metavar="NAMES", help="The outputs it returns, where they are not all.")
@click.option("--with", "arguments", default="", metavar="'NAME=VALUE ...'", help="What a class is built with.")
@_seed
@_only
@_workers
@_timeout
@_memory
@click.option("--budget", default="", metavar="N|Ns|Nm", help="Judge N cases, or for N seconds or minutes.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first deviation.")
@click.option(
    "--accept",
    default="",
    metavar="LEVELS",
    help="Levels it need not keep, as `refusals,second`; the exit code follows.",
)
@click.option("--page", is_flag=True, help="Write page, table and scripts to --out.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="[default with --page: reports/check]")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "markdown", "rows"]), default="table", show_default=True
)
def check(
    words: Sequence[str],
    library: str | None,
    vjp: str | None,
    algorithm: str,
    offers: str,
    python: str,
    arguments: str,
    outputs: str,
    page: bool,
    out: Path | None,
    workers: int | None,
    timeout: float,
    memory: float,
    **wanted: Any,
) -> None:
    """Is my function that op? Says so on one screen: the causes of what is wrong, and what was judged.

    Without OP it is the op that the function is called like. --format json is one document, rows one verdict a line.
    """
    op, paths = given.op_of(words)
    means = judging.Means(workers, timeout, memory)
    candidates = tuple(given.given(p, library, vjp, algorithm, offers, python, arguments, outputs) for p in paths)
    judging.prepared({c.library or "numpy" for c in candidates}, workers)
    out = out or (leaving.PAGES if page else None)
    finish(checking.check(files.one_spec(op), candidates, checking.Wanted(out=out, **wanted), means))


@main.command()
@click.argument("case", required=False)
@click.option("--candidate", default=None, help="One candidate; all of the spec's by default.")
@click.option("--law", default=None, help="One law; all by default.")
@_spec
@_seed
@click.option("--script", is_flag=True, help="Print the reproducing script alone.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def show(
    case: str | None, candidate: str | None, law: str | None, spec: str, seed: int, script: bool, form: str
) -> None:
    """The whole evidence of one case, and a standalone script that repeats its worst row.

    Without CASE, of what the last `harness check` found first.
    """
    from harness.cases import CaseError

    if case is None:
        found, last = leaving.last()
        showing.show(found, last.case, last.candidate, law or last.law, last.seed, script, form)
        return
    try:
        showing.show(files.one_spec(spec or case.split("/")[0]), case, candidate, law, seed, script, form)
    except CaseError as error:
        refuse(str(error))


@main.command()
@click.argument("case", required=False)
@click.option("--candidate", default="", help="One of the spec's, or MODULE:ATTR of yours.")
@click.option("--law", default="", help="The law it breaks; the first that it breaks by default.")
@_library
@_vjp
@_algorithm
@_spec
@_seed
@click.option("--budget", type=click.IntRange(1), default=40, show_default=True, help="Judgements at most.")
@_timeout
@click.option("--script", is_flag=True, help="Print the reproducing script of the smallest case alone.")
def shrink(
    case: str | None,
    candidate: str,
    law: str,
    library: str | None,
    vjp: str | None,
    algorithm: str,
    spec: str,
    script: bool,
    **effort: Any,
) -> None:
    """The smallest case at which a candidate breaks the same law in the same way.

    Without CASE, from the nearest case of what the last `harness check` found first.
    """
    from harness.cases import CaseError
    from harness.shrinking import Unbroken

    if case is None:
        found, last = leaving.last()
        (named,), case, law = found.candidates, last.start, law or last.law
        effort["seed"] = last.seed
    else:
        if not candidate:
            refuse("--candidate: name one of the spec's, or MODULE:ATTR of yours")
        found = files.one_spec(spec or case.split("/")[0])
        there = next((c for c in found.candidates if c.name == candidate), None)
        named = there or given.asked(
            found, given.given(candidate, library, vjp, algorithm), effort["seed"], quiet=script
        )
    try:
        showing.shrink(found, case, named, law, script, **effort)
    except CaseError as error:
        refuse(str(error))
    except Unbroken as error:
        click.echo(f"harness: {error}", err=True)
        finish(DEVIATES)


@main.command()
@_python
@click.option(
    "--library", type=click.Choice(sorted(LIBRARIES)), default="numpy", show_default=True, help="Whose arrays."
)
def smoke(python: str, library: str) -> None:
    """Whether an interpreter can hold candidates of a library: starts a host there and asks it one call."""
    from harness.cli import smoking

    smoking.smoke(python, library)


@main.command("list")
@click.argument("what", type=click.Choice(["specs", "cases", "candidates", "laws", "language"]), default="specs")
@click.argument("spec", nargs=-1)
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def list_(what: str, spec: Sequence[str], form: str) -> None:
    """What there is: specs (what is judged of each op, from the specs and the last run), cases, candidates, laws, or the
    language of definitions.

    --format markdown prints what stands in the repository alone, without the last run: docs/ops.md is made so.
    """
    if what == "language":
        from harness.language.page import page

        click.echo(page())
        return
    head, rows = listing.listing(what, spec) if (what, form) != ("specs", "markdown") else listing.capabilities(spec)
    if form == "markdown":
        from harness import capabilities

        click.echo(capabilities.markdown(head, rows))
    elif form == "json":
        for row in rows:
            click.echo(json.dumps(dict(zip(head, row, strict=True))))
    elif what == "cases":
        for row in rows:
            click.echo(row[0])
    elif rows:
        columns(head, rows)


@main.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=None, help="[default: beside the run file]"
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["page", "table", "json", "markdown", "badge"]),
    default="page",
    show_default=True,
)
@click.option("--baseline", is_flag=True, help="Make this run the one that later ones are compared with.")
@click.option(
    "--against",
    type=click.Path(exists=True, path_type=Path),
    help="A run to compare the page with. [default: the baseline]",
)
def report(run: Path, out: Path | None, form: str, baseline: bool, against: Path | None) -> None:
    """Write page and CSV of any run file again, or a badge of each candidate to badges/, or print its table."""
    from harness.store import Store, StoreError

    path = files.run_file(run)
    try:
        with Store.open(path) as store:
            if baseline:
                write_baseline(store)
            elif form == "page":
                endings.write(store, store.verdicts(), out or path.parent, against)
            elif form == "badge":
                endings.write_badges(store.verdicts(), out or path.parent)
            else:
                print_run(store, store.verdicts(), form)
    except StoreError as error:
        refuse(str(error))


@main.command()
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--baseline", is_flag=True, help="Compare the one run given with reports/baseline.")
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def diff(old: Path, new: Path | None, baseline: bool, form: str) -> None:
    """What is new, fixed, regressed, grew, or no longer run between two runs."""
    from harness import cases
    from harness import diff as differences

    if (new is None) != baseline:
        refuse("name two runs, or one and --baseline")
    if baseline and not BASELINE.exists():
        refuse(f"{BASELINE}: is not there; `harness report RUN --baseline` makes one")
    later, facts = files.verdicts(new or old), files.header(new or old)
    renamed = facts.get("renamed", {}) | {a: b for s in files.unimported(()) for a, b in cases.renames(s).items()}
    if baseline and (said := told_of_capabilities(facts)):
        click.echo(f"harness: {said}", err=True)
    earlier = files.verdicts(old) if new else of_baseline(facts, later, renamed)
    table = differences.diff(earlier, later, renamed)
    if form == "json":
        click.echo(table.to_json(orient="records", lines=True).rstrip())
    else:
        counts = [(kind, int((table["kind"] == kind).sum())) for kind in differences.KINDS]
        said = ", ".join(f"{n} {kind}" for kind, n in counts if n) or "nothing changed"
        said += f"; the {CHANGES} worst are shown, --format json prints all" if len(table) > CHANGES else ""
        _print_changes(table.head(CHANGES), said, form)
    finish(DEVIATES if differences.regressions(table) else CONFORMS)


def _print_changes(table: Any, said: str, form: str) -> None:
    head, rows = [str(c) for c in table.columns], [[str(v) for v in row] for row in table.to_numpy()]
    if form == "markdown":
        from harness import capabilities

        click.echo(f"**{said}**")
        if rows:
            click.echo("\n" + capabilities.markdown(head, rows))
    else:
        columns(head, rows)
        click.echo(said)


@main.command()
@click.argument("run", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=files.LATEST, show_default=True)
def merge(run: Sequence[Path], out: Path) -> None:
    """Make one run of the run files of its shards."""
    from harness.store import Store, StoreError, writing
    from harness.store import merge as merged

    parts = [files.run_file(r) for r in run]
    if (out / files.RUN_FILE).resolve() in [p.resolve() for p in parts]:
        refuse(f"--out {out}: is one of the parts; write the whole elsewhere")
    out.mkdir(parents=True, exist_ok=True)
    try:
        with writing(out / files.RUN_FILE):
            merged(parts, out / files.RUN_FILE)
            with Store.open(out / files.RUN_FILE) as store:
                store.append(endings.stale_of_parts(store))
                store.finish(store.footer)
                red = endings.is_red(store)
                endings.tell(store, out)
    except StoreError as error:
        refuse(str(error))
    finish(DEVIATES if red else CONFORMS)


@main.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where there is no run.")
def rescue(run: Path, out: Path) -> None:
    """Write the whole cases that can still be read of a damaged run file to --out, where `run --resume` goes on."""
    from harness.store import StoreError, writing
    from harness.store import rescue as rescued
    from harness.vocabulary import counted

    path = files.run_file(run)
    out.mkdir(parents=True, exist_ok=True)
    try:
        with writing(out / files.RUN_FILE):
            saved = rescued(path, out / files.RUN_FILE)
    except StoreError as error:
        refuse(str(error))
    cases = len({(row.op, row.case) for row in saved.whole})
    click.echo(
        f"{out / files.RUN_FILE}: {counted(cases, 'whole case')}; left out: {counted(len(saved.loose), 'verdict')} of broken ones"
    )
    click.echo(f"it began as `{saved.header.get('command')}`: say the same with --resume --out {out}")


@main.command()
@click.option("--format", "form", type=click.Choice(["json", "markdown"]), default="json", show_default=True)
def schema(form: str) -> None:
    """Every key of a spec: as JSON Schema for editors, or as the page that docs/specs.md is."""
    from harness import specs

    if form == "json":
        click.echo(json.dumps(specs.schema(), indent=2))
    else:
        from harness.reference import reference

        click.echo(reference())


@main.command()
@click.argument("op", default="")
@click.option("--from", "source", default="", metavar="MODULE:ATTR", help="A function whose signature fills it.")
def new(op: str, source: str) -> None:
    """Write a spec and a definition to start from, which run as they stand.

    They are written to specs/; where the output is redirected, as in `> specs/op.yaml`, the spec goes there.
    """
    from harness.cli import starting

    if not (op or source):
        refuse("new: expected the name of an op, or --from MODULE:ATTR")
    starting.start(op, source)
