"""Words of a command line -> a run, a table, an exit code: the only door that prints.

Exit codes: 0 conforms, 1 deviates or judged nothing, 2 a bad spec or usage, 3 our own bug, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from harness.execution.task import Judged
    from harness.model import CandidateSpec, Case, Spec, Verdict
    from harness.runs import Plan
    from harness.store import Store

CONFORMS, DEVIATES, BAD_USE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

#: Seconds between lines that say a run goes on, where no terminal shows its progress.
HEARTBEAT = 30.0

RUN_FILE = "run.sqlite"

#: Where a run is written unless it says otherwise.
LATEST = Path("reports/latest")

#: What later runs are compared with, from where the harness is run.
BASELINE = Path("reports/baseline/verdicts.csv.gz")

#: Runs that were the baseline, one line each.
BASELINES = BASELINE.with_name("history.jsonl")

#: Changes that a comparison prints as a table.
CHANGES = 200

#: What the release gate found, from where the harness is run.
KILLS = Path("docs/kill_matrix.md")

#: Verdicts beyond which page and table are made in a process of their own.
PAGE_ROWS = 200_000

#: Wrong rows of each op, candidate, law and status that evidence is chosen from, and cases asked of a store at once.
WORST, ASKED = 20, 500

#: Those whose candidates there are.
LIBRARIES = frozenset({"numpy", "scipy", "torch"})

#: Earlier runs of the same specs that a page remembers, and red rows of a run beyond which it is not remembered.
REMEMBERED, REMEMBERED_RED = 20, 20_000


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="conformance-harness")
def main() -> None:
    """Judge implementations of numerical operations against what the operations are.

    Specs in specs/ say what an op means. `harness run` judges every candidate they name, `harness check` a function
    of yours. Importing a candidate runs its code.
    """


def entry() -> None:
    """The console script: `main` with exit codes for what goes wrong."""
    try:
        main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(BAD_USE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; `harness run --resume` goes on", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CONFORMS)
    except Exception:
        traceback.print_exc()
        click.echo(
            "harness: this is a fault of the harness, no verdict on anybody: report it with what is above", err=True
        )
        sys.exit(BUG)


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
    "--timeout", type=float, default=30.0, show_default=True, help="Seconds a candidate may take at a case."
)
_memory = click.option("--memory", type=float, default=4.0, show_default=True, help="GiB a worker may take.")


@main.command()
@click.argument("spec", nargs=-1)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("reports/latest"), show_default=True
)
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
def run(spec: Sequence[str], out: Path, form: str, **options: Any) -> None:
    """Judge specs (by name, file or folder; all of specs/ by default) and write a report to --out."""
    _finish(_run(spec, out, form, **options))


@main.command()
@click.argument("op")
@click.argument("path", nargs=-1, required=True, metavar="MODULE:ATTR...")
@click.option(
    "--library",
    type=click.Choice(["numpy", "scipy", "torch"]),
    default=None,
    help="Whose arrays it takes; guessed by default.",
)
@click.option("--vjp", default=None, metavar="MODULE:ATTR", help="Its hand-written vjp(cotangent, *inputs, **params).")
@click.option(
    "--algorithm",
    default="conventional",
    show_default=True,
    help="fft, winograd, 3m, strassen, blocked, low-precision-accumulation.",
)
@_seed
@_only
@_workers
@_timeout
@_memory
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def check(
    op: str, path: Sequence[str], library: str | None, vjp: str | None, algorithm: str, form: str, **options: Any
) -> None:
    """Is my function that op? Judges MODULE:ATTR with everything a committed candidate gets."""
    given = tuple(_given(p, library, vjp, algorithm) for p in path)
    _prepared({c.library or "torch" for c in given}, options["workers"])
    spec = _one_spec(op)
    rows = _check(spec, given, options, form)
    for name in (unjudged := _unjudged(rows, [c.name for c in given])):
        click.echo(f"harness: nothing of `{name}` was judged: it is unsupported at every case", err=True)
    _finish(DEVIATES if any(r.status in _red() for r in rows) or unjudged else CONFORMS)


@main.command()
@click.argument("case")
@click.option("--candidate", default=None, help="One candidate; all of the spec's by default.")
@click.option("--law", default=None, help="One law; all by default.")
@_seed
@click.option("--script", is_flag=True, help="Print the reproducing script alone.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def show(case: str, candidate: str | None, law: str | None, seed: int, script: bool, form: str) -> None:
    """The whole evidence of one case, and a standalone script that repeats its worst row."""
    from harness.cases import CaseError

    spec = _one_spec(case.split("/")[0])
    try:
        _show(spec, case, candidate, law, seed, script, form)
    except CaseError as error:
        _refuse(str(error))


@main.command()
@click.argument("case")
@click.option("--candidate", required=True, help="One of the spec's, or MODULE:ATTR of yours.")
@click.option("--law", default="", help="The law it breaks; the first that it breaks by default.")
@_seed
@click.option("--budget", type=click.IntRange(1), default=40, show_default=True, help="Judgements at most.")
@_timeout
@click.option("--script", is_flag=True, help="Print the reproducing script of the smallest case alone.")
def shrink(case: str, candidate: str, law: str, seed: int, budget: int, timeout: float, script: bool) -> None:
    """The smallest case at which a candidate breaks the same law in the same way."""
    from harness.cases import CaseError
    from harness.shrinking import Unbroken

    try:
        _shrink(_one_spec(case.split("/")[0]), case, candidate, law, seed, budget, timeout, script)
    except CaseError as error:
        _refuse(str(error))
    except Unbroken as error:
        click.echo(f"harness: {error}", err=True)
        _finish(DEVIATES)


@main.command("list")
@click.argument("what", type=click.Choice(["specs", "cases", "candidates", "laws"]), default="specs")
@click.argument("spec", nargs=-1)
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
def list_(what: str, spec: Sequence[str], form: str) -> None:
    """What there is: specs (what is judged of each op, from the specs and the last run), cases, candidates or laws.

    --format markdown prints what stands in the repository alone, without the last run: docs/ops.md is made so.
    """
    head, rows = _listing(what, spec) if (what, form) != ("specs", "markdown") else _capabilities(spec)
    if form == "markdown":
        from harness import capabilities

        click.echo(capabilities.markdown(head, rows))
    elif form == "json":
        for row in rows:
            click.echo(json.dumps(dict(zip(head, row, strict=True))))
    elif what == "cases":
        for row in rows:
            click.echo(row[0])
    else:
        _table(head, rows)


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
    """Write page and CSV of any run file again, or print its table."""
    from harness.store import Store, StoreError

    path = run / RUN_FILE if run.is_dir() else run
    try:
        with Store.open(path) as store:
            if baseline:
                _write_baseline(store)
            elif form == "page":
                _write(store, store.verdicts(), out or path.parent, against)
            else:
                _print(store, store.verdicts(), form)
    except StoreError as error:
        _refuse(str(error))


@main.command()
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--baseline", is_flag=True, help="Compare the one run given with reports/baseline.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def diff(old: Path, new: Path | None, baseline: bool, form: str) -> None:
    """What is new, fixed, regressed, grew, or no longer run between two runs."""
    from harness import diff as differences

    renamed = {a: b for s in _specs((), quiet=True) for a, b in s.renamed.items()}
    if (new is None) != baseline:
        _refuse("name two runs, or one and --baseline")
    if baseline and not BASELINE.exists():
        _refuse(f"{BASELINE}: is not there; `harness report RUN --baseline` makes one")
    later = _verdicts(new or old)
    earlier = _verdicts(old) if new else _baseline(_header(old), later)
    table = differences.diff(earlier, later, renamed)
    if form == "json":
        click.echo(table.to_json(orient="records", lines=True).rstrip())
    else:
        shown = table.head(CHANGES)
        _table([str(c) for c in table.columns], [[str(v) for v in row] for row in shown.to_numpy()])
        counts = [(kind, int((table["kind"] == kind).sum())) for kind in differences.KINDS]
        said = ", ".join(f"{n} {kind}" for kind, n in counts if n) or "nothing changed"
        click.echo(
            said + (f"; the {CHANGES} worst are shown, --format json prints all" if len(table) > CHANGES else "")
        )
    _finish(DEVIATES if differences.regressions(table) else CONFORMS)


@main.command()
@click.argument("run", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("reports/latest"), show_default=True
)
def merge(run: Sequence[Path], out: Path) -> None:
    """Make one run of the run files of its shards."""
    from harness.store import Store, StoreError
    from harness.store import merge as merged

    parts = [r / RUN_FILE if r.is_dir() else r for r in run]
    if (out / RUN_FILE).resolve() in [p.resolve() for p in parts]:
        _refuse(f"--out {out}: is one of the parts; write the whole elsewhere")
    out.mkdir(parents=True, exist_ok=True)
    try:
        (out / RUN_FILE).unlink(missing_ok=True)
        merged(parts, out / RUN_FILE)
        with Store.open(out / RUN_FILE) as store:
            store.append(_stale_of_parts(store))
            store.finish(store.footer)
            red = _is_red(store)
            _tell(store, out)
    except StoreError as error:
        _refuse(str(error))
    _finish(DEVIATES if red else CONFORMS)


@main.command()
def schema() -> None:
    """JSON Schema of a spec, for editors."""
    from harness import specs

    click.echo(json.dumps(specs.schema(), indent=2))


@main.command()
@click.argument("op")
def new(op: str) -> None:
    """Print a spec to start from."""
    click.echo(
        f"""op: {op}
doc: One sentence that says what it computes.
see: https://the.defining/documentation

inputs:
  input: [N, M]
outputs:
  output: [N, M]

sizes: {{N: 3, M: [5, 8]}}
params: {{}}
dtype: [float64, float32]

where: True

sweep:
  M:      [0, 1, 2, 16, 17]
  layout: [transposed, strided, offset]
  fill:   [positive, wide, zeros, nan, inf]

error:  {{model: formula}}
oracle: reference_impls.definitions.activations:sigmoid

candidates:
  torch: torch:sigmoid"""
    )


# --- judging --------------------------------------------------------------------------------------------------------


def _run(
    names: Sequence[str],
    out: Path,
    form: str,
    *,
    seed: int,
    only: str,
    workers: int | None,
    timeout: float,
    memory: float,
    budget: str,
    resume: bool,
    shard: str,
    dask: str | None,
) -> int:
    from harness import runs
    from harness.store import Store, StoreError

    count, seconds = _budget(budget)

    _one_thread()
    if told := _told_libraries(names, only):
        _prepared(told, workers)
    found, broken = _readable(names)
    chosen = _planned(found, seed, only)
    if not told:
        _prepared(_libraries(chosen), workers)
    path, began = out / RUN_FILE, time.monotonic()
    if budget:
        chosen = runs.budgeted(chosen, count, _judged_before(path, resume))
    tasks = _sharded(chosen.tasks, shard)
    with _loading("harness.evidence", "harness.report") if workers != 0 else nullcontext():
        facts = _facts_of(chosen, workers)
    header = runs.header(chosen, _command(), facts)
    header |= {"shard": shard, "only": only, "budget": budget}
    out.mkdir(parents=True, exist_ok=True)
    try:
        if not resume:
            for old in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                old.unlink(missing_ok=True)
        with Store.resume(path, header) if resume else Store.create(path, header) as store:
            _refuse_another_part(store, header)
            done = store.done()
            left = [t for t in tasks if (t.op, t.case) not in done]
            judged = _judged(left, chosen, workers, timeout, memory, dask)
            for _, rows in _within(_watched(judged, len(left), quiet=form != "table"), seconds):
                store.append(rows)
            store.flush()
            store.append(_unsaid(runs.stale(chosen, store.marks(), whole=not (only or shard or budget)), store))
            red = _is_red(store)
            _conclude(store, chosen, _Ending(out, form, len(store.done()), time.monotonic() - began))
    except StoreError as error:
        _refuse(str(error))
    return BAD_USE if broken else DEVIATES if red else CONFORMS


@dataclass(frozen=True)
class _Ending:
    """How a run ends: where its page goes, how its table is printed, its cases, the seconds that judging took."""

    out: Path
    form: str
    cases: int
    spent: float


def _conclude(store: Store, chosen: Plan, ending: _Ending) -> None:
    """Evidence, page and table."""
    if store.count() <= PAGE_ROWS:
        _concluded(store, chosen, ending)
        return
    _elsewhere(store, _conclude_there, tuple(chosen.specs.values()), chosen.seed, ending)
    # Said again by the last who has the file open, which folds it into one.
    store.finish(store.footer if store.complete else {"cases": ending.cases, "finished": _now(), "evidence": {}})


def _tell(store: Store, out: Path) -> None:
    """Page and table of a run that has ended."""
    if store.count() <= PAGE_ROWS:
        _told(store, out)
    else:
        _elsewhere(store, _tell_there, out)


def _elsewhere(store: Store, target: Callable[..., None], *arguments: Any) -> None:
    """Read a large run in a process of its own, so that this one's memory stays as it was."""
    import multiprocessing

    sys.stdout.flush()
    there = multiprocessing.get_context("spawn").Process(target=target, args=(store.path, *arguments))
    there.start()
    there.join()
    if there.exitcode:
        said = f"the page is not written (exit code {there.exitcode}); harness report {store.path}"
        click.echo(f"harness: {said}", err=True)


def _conclude_there(path: Path, found: Sequence[Spec], seed: int, ending: _Ending) -> None:
    from harness.runs import Plan
    from harness.store import Store

    with Store.open(path) as store:
        _concluded(store, Plan({spec.op: spec for spec in found}, {}, seed), ending)


def _concluded(store: Store, chosen: Plan, ending: _Ending) -> None:
    table = store.verdicts()
    evidence = _gathered(chosen, store, table, ending.spent)
    store.finish({"cases": ending.cases, "finished": _now(), "evidence": evidence})
    _write(store, table, ending.out)
    _print(store, table, ending.form)


def _tell_there(path: Path, out: Path) -> None:
    from harness.store import Store

    with Store.open(path) as store:
        _told(store, out)


def _told(store: Store, out: Path) -> None:
    table = store.verdicts()
    _write(store, table, out)
    _print(store, table, "table")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _refuse_another_part(store: Store, header: Mapping[str, Any]) -> None:
    """A resumed run goes on with the cases it began with."""
    for option in ("only", "shard", "budget"):
        began, wanted = store.header.get(option, ""), header[option]
        if began != wanted:
            _refuse(f"{store.path}: began with --{option} `{began}`, not `{wanted}`; say the same, or start a new run")


def _unsaid(stale: Sequence[Verdict], store: Store) -> list[Verdict]:
    """Those rows about the ledger that an interrupted run has not stored already."""
    said = {(r.op, r.message) for r in store.rows(about=["ledger"])}
    return [r for r in stale if (r.op, r.message) not in said]


def _is_red(store: Store) -> bool:
    """Whether something is wrong that nobody has explained, an oracle among it, or nothing was judged at all."""
    wrong_oracle = any(store.rows(status=["inconclusive"], blame=["oracle"]))
    return not store.count() or wrong_oracle or any(status in _red() for _, _, status in store.tally())


def _red() -> frozenset[str]:
    from harness.model import RED

    return RED


def _budget(text: str) -> tuple[int | None, float]:
    """Cases (None: any) and seconds of a budget such as `500`, `90s` or `10m`."""
    found = re.fullmatch(r"(\d+)([sm]?)", text) if text else None
    if text and (found is None or int(found[1]) == 0):
        _refuse(f"--budget `{text}`: a number of cases is due, or seconds as `90s`, or minutes as `10m`")
    if found is None:
        return None, float("inf")
    return (int(found[1]), float("inf")) if not found[2] else (None, int(found[1]) * (60.0 if found[2] == "m" else 1.0))


def _judged_before(path: Path, resume: bool) -> set[tuple[str, str]]:
    """The cases of an earlier run of the same command, which a budget need not be spent on first."""
    from harness.store import Store, StoreError

    if resume or not path.exists():
        return set()
    try:
        with Store.open(path) as store:
            return set(store.done())
    except StoreError:
        return set()


def _within(judged: Generator[Judged, None, None], seconds: float) -> Iterator[Judged]:
    """The same until the time is over."""
    over = time.monotonic() + seconds
    with closing(judged):
        for item in judged:
            yield item
            if time.monotonic() > over:
                return


def _planned(found: Sequence[Spec], seed: int, only: str) -> Plan:
    from harness import runs
    from harness.cases import CaseError

    try:
        return runs.plan(found, seed, only)
    except runs.Unselected as error:
        click.echo(f"harness: {error.args[0]}", err=True)
        sys.exit(BAD_USE if isinstance(error, runs.Unreadable) else DEVIATES)
    except CaseError as error:
        _refuse(str(error))


def _stale_of_parts(store: Store) -> list[Verdict]:
    """What no part of a run could know: the known deviations that matched nothing in the whole."""
    from harness import runs

    if store.header.get("only"):
        return []
    digests = store.header.get("specs", {})
    found = {s.op: s for s in _specs((), quiet=True) if digests.get(s.op) == s.digest}
    for op in sorted(set(digests) - set(found)):
        click.echo(
            f"harness: the spec of `{op}` is not here as it was judged: its ledger is not looked through", err=True
        )
    return _unsaid(runs.stale(runs.Plan(found, {}, store.header.get("seed", 0)), store.marks(), True), store)


def _sharded(tasks: list[Any], shard: str) -> list[Any]:
    if not shard:
        return tasks
    try:
        index, count = (int(n) for n in shard.split("/"))
        if not 1 <= index <= count:
            raise ValueError
    except ValueError:
        _refuse(f"--shard {shard}: write I/N with 1 <= I <= N, as in 1/4")
    return tasks[index - 1 :: count]


def _prepared(libraries: set[str], workers: int | None) -> None:
    """Have the libraries loaded for the workers while this process reads on."""
    from harness.execution import preload, prepare

    if workers != 0:
        prepare(preload(libraries))


def _facts_of(chosen: Plan, workers: int | None) -> dict[str, Any]:
    """Versions, builds, processor and threads, of a process that judges: this one then needs no library."""
    from harness import execution, runs

    with_torch = runs.needs_torch(chosen.specs.values())
    if workers == 0:
        from harness import libraries

        return libraries.facts(with_torch)
    found: dict[str, Any] = execution.asked(
        "harness.libraries:facts", (with_torch,), execution.preload(_libraries(chosen))
    )
    return found


def _libraries(chosen: Plan) -> set[str]:
    return {c.library or "torch" for spec in chosen.specs.values() for c in spec.candidates}


def _told_libraries(names: Sequence[str], only: str) -> set[str]:
    """What a run needs, where that is plain before its specs are read; empty where it is not."""
    named = [word.removeprefix("candidate=") for word in only.split() if word.startswith("candidate=")]
    found = {name.partition(".")[0] for names_ in named for name in names_.split(",")}
    if found and found <= LIBRARIES:
        return found
    return set() if names else set(LIBRARIES)


@contextmanager
def _loading(*modules: str) -> Iterator[None]:
    """Import what the end of a run needs while this process waits for another: it may import nothing itself."""
    import importlib
    import threading

    def load() -> None:
        for name in modules:
            importlib.import_module(name)

    beside = threading.Thread(target=load, daemon=True)
    beside.start()
    try:
        yield
    finally:
        beside.join()


def _one_thread() -> None:
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _judged(
    tasks: list[Any], chosen: Plan, workers: int | None, timeout: float, memory: float, dask: str | None
) -> Iterator[Judged]:
    from harness import execution, runs

    setup = runs.setup(chosen.specs.values())
    if not tasks:
        return iter(())
    preload = execution.preload(_libraries(chosen))
    if dask is not None:
        return execution.on_dask(
            tasks,
            setup,
            address="" if dask == "local" else dask,
            workers=workers or 0,
            timeout=timeout,
            memory=int(memory * 2**30),
            preload=preload,
        )
    count = (os.cpu_count() or 1) if workers is None else workers
    if count == 0:
        return execution.inline(tasks, setup)
    return execution.isolated(
        tasks,
        setup,
        workers=min(count, len(tasks)),
        timeout=timeout,
        memory=int(memory * 2**30),
        preload=preload,
        tell=lambda line: click.echo(line, err=True),
    )


def _watched(judged: Iterable[Judged], count: int, quiet: bool) -> Generator[Judged, None, None]:
    """The same, with a progress bar on a terminal and a line now and then elsewhere."""
    if quiet or not count:
        yield from judged
        return
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=count)
            for item in judged:
                bar.advance(task)
                yield item
        return
    said = time.monotonic()
    for number, item in enumerate(judged, 1):
        yield item
        if time.monotonic() - said > HEARTBEAT:
            said = time.monotonic()
            click.echo(f"{number} of {count} cases judged", err=True)


def _unjudged(rows: Sequence[Verdict], names: Sequence[str]) -> list[str]:
    """The candidates of which no value was looked at: refusing everything is no way to conform."""
    judged = {r.candidate for r in rows if r.law != "status" and r.status not in ("unsupported", "inconclusive")}
    seen = judged | {r.candidate for r in rows if r.status in _red()}
    return [name for name in names if name not in seen]


def _check(spec: Spec, given: tuple[CandidateSpec, ...], options: Mapping[str, Any], form: str) -> list[Verdict]:
    """All verdicts on a user's candidates. What a library's own does, too, where the ledger knows of it, is known."""
    from harness import ledger, runs

    libraries = {n for c in given for n in ((c.library,) if c.library else LIBRARIES)}
    beside = tuple(c for n in sorted(libraries) for c in ledger.own(spec, n, runs.versions(), runs.isa()))
    beside = tuple(replace(c, name=f"{c.name} (the library's own)") for c in beside)
    chosen = _planned([replace(spec, candidates=(*given, *beside), known=())], options["seed"], options["only"])
    _one_thread()
    rows: list[Verdict] = []
    by_id = {case.id: case for case in chosen.cases[spec.op]}
    tasks = [_beside(task, spec, by_id[task.case], beside) for task in chosen.tasks]
    judged = _judged(tasks, chosen, options["workers"], options["timeout"], options["memory"], None)
    for _, found in _watched(judged, len(tasks), quiet=form == "json"):
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


def _beside(task: Any, spec: Spec, case: Case, beside: Sequence[CandidateSpec]) -> Any:
    """A task with the library's own candidates only where the ledger knows a deviation of theirs."""
    from harness import ledger, runs

    away = [
        c.name for c in beside if not ledger.shows(spec, case, c.name.partition(" (")[0], runs.versions(), runs.isa())
    ]
    return replace(task, candidates=tuple(n for n in task.candidates if n not in away))


def _given(path: str, library: str | None, vjp: str | None, algorithm: str) -> CandidateSpec:
    """The candidate a user names: imported, and its library guessed where its name does not tell it, by a worker."""
    from harness.model import CandidateSpec
    from harness.specs import ALGORITHMS

    for dotted in filter(None, (path, vjp)):
        if ":" not in dotted:
            _refuse(f"`{dotted}`: write MODULE:ATTR, as in my_package.layers:conv2d")
    if algorithm not in ALGORITHMS:
        _refuse(f"--algorithm {algorithm}: one of {', '.join(ALGORITHMS)}")
    return CandidateSpec(path, path, vjp, library or _told_library(path), algorithm)


def _told_library(path: str) -> str:
    top = path.partition(":")[0].partition(".")[0]
    return top if top in LIBRARIES else ""


def _guessed(path: str) -> str:
    from harness.candidates import guess_library

    try:
        return guess_library(path)
    except Exception as error:
        _refuse(f"`{path}` cannot be imported: {type(error).__name__}: {error}")


def _refuse_absent(rows: Iterable[Verdict]) -> None:
    """A user's candidate that cannot be imported is a mistake, and no verdict."""
    from harness.runs import ABSENT

    for row in rows:
        if row.status == "unsupported" and row.message.startswith(ABSENT):
            _refuse(f"`{row.candidate}` {row.message}")


def _show(spec: Spec, address: str, candidate: str | None, law: str | None, seed: int, script: bool, form: str) -> None:
    from harness import cases, evidence, repro, runs

    case = cases.find(spec, address)
    names = [c.name for c in spec.candidates]
    if candidate is not None and candidate not in names:
        _refuse(f"`{spec.op}` has no candidate `{candidate}`; it has {', '.join(names)}")
    kept = replace(spec, candidates=tuple(c for c in spec.candidates if candidate in (None, c.name)))
    chosen = runs.Plan({spec.op: kept}, {spec.op: (case,)}, seed)
    _one_thread()
    rows = [r for _, found in _judged(chosen.tasks, chosen, 1, 30.0, 4.0, None) for r in found]
    rows = [r for r in rows if law in (None, r.law)]
    if form == "json":
        for row in rows:
            click.echo(json.dumps(asdict(row)))
        return
    if not script:
        _facts(spec, case)
        _evidence(rows)
    worst = next((r for r in rows if r.status in _red()), next((r for r in rows if r.status == "known"), None))
    worst = worst or (rows[0] if rows and candidate else None)
    if worst is None:
        return
    if not script and worst.bound:
        told = evidence.of(chosen, worst)
        click.echo("".join(f"\n{told[name]}\n" for name in ("formula", "digits") if name in told), nl=False)
    judge = runs.ready(kept)
    bound = next((c for c in judge.candidates if c.name == worst.candidate), None)
    if bound is not None:
        text = repro.script(spec, case, bound, seed, worst)
        click.echo(text if script else f"\n# --- repro.py ---\n{text}")


def _shrink(
    spec: Spec, address: str, name: str, law: str, seed: int, budget: int, timeout: float, script: bool
) -> None:
    from harness import cases, repro, runs, shrinking

    given = next((c for c in spec.candidates if c.name == name), None)
    if given is None:
        sys.path.insert(0, str(Path.cwd()))
        given = _given(name, None, None, "conventional")
        given = replace(given, library=given.library or _guessed(name))
    _one_thread()
    start = cases.find(spec, address)
    small = shrinking.shrink(spec, start, given, law=law, seed=seed, budget=budget, timeout=timeout)
    row = small.row
    if not script:
        before, after = (shrinking.entries(spec, c) for c in (small.start, small.case))
        click.echo(f"{small.case.id}\n  {after} numbers instead of {before}, found in {small.looks} judgements")
        click.echo(f"  {row.law} {row.about}: {row.status}: {row.message}\n")
        _facts(spec, small.case)
    there = runs.ready(replace(spec, candidates=(given,))).candidates
    if there:
        text = repro.script(spec, small.case, there[0], seed, row)
        click.echo(text if script else f"# --- repro.py ---\n{text}")


def _facts(spec: Spec, case: Any) -> None:
    click.echo(f"{case.id}\n  {spec.doc}\n  {spec.see}")
    click.echo(f"  sizes {dict(case.sizes)}\n  params {dict(case.params)}")
    click.echo(
        f"  dtype {case.dtype}, layout {case.layout}, fill {case.fill}, absent {sorted(case.absent) or 'nothing'}\n"
    )


def _evidence(rows: Sequence[Verdict]) -> None:
    head = ["candidate", "law", "about", "status", "grade", "margin", "ulps", "actual", "expected", "bound", "at"]
    _table(head, [[_cell(getattr(r, name)) for name in head] for r in rows])
    for row in rows:
        if row.message and row.status not in ("conforms", "unsupported"):
            click.echo(f"{row.candidate} at {row.case}: {row.law} {row.about}: {row.message}")


def _verdict_table(rows: Sequence[Verdict]) -> None:
    wrong = [r for r in rows if r.status in _red()]
    counted: dict[tuple[str, str], list[Verdict]] = {}
    for row in rows:
        counted.setdefault((row.candidate, row.law), []).append(row)
    body = []
    for (candidate, law), group in counted.items():
        statuses = {s: sum(r.status == s for r in group) for s in dict.fromkeys(r.status for r in group)}
        margins = [r.margin for r in group if r.margin == r.margin]
        body.append(
            [
                candidate,
                law,
                ", ".join(f"{n} {s}" for s, n in statuses.items()),
                _cell(max(margins, default=float("nan"))),
            ]
        )
    _table(["candidate", "law", "verdicts", "worst margin"], body)
    for row in wrong[:20]:
        click.echo(
            f"{row.candidate} at {row.case}: {row.law} {row.about}: {row.message}"
            + (
                f" (actual {row.actual}, expected {row.expected}, bound {row.bound}, at [{row.at}])"
                if row.actual
                else ""
            )
        )
    if len(wrong) > 20:
        click.echo(f"... and {len(wrong) - 20} more")
    judged = any(r.law != "status" and r.status not in ("unsupported", "inconclusive") for r in rows)
    click.echo(
        f"{len(rows)} verdicts, {len(wrong)} red: {'deviates' if wrong else 'conforms' if judged else 'not judged'}"
    )


# --- reading and writing --------------------------------------------------------------------------------------------


def _specs(names: Sequence[str], quiet: bool = False) -> tuple[Spec, ...]:
    return _readable(names, quiet)[0]


def _readable(names: Sequence[str], quiet: bool = False) -> tuple[tuple[Spec, ...], bool]:
    """The specs that can be judged, and whether others are broken (each problem a line on stderr)."""
    from harness import specs
    from harness.laws import LAWS

    try:
        found, errors = specs.read_all(specs.find(names, specs.home()), {*LAWS, "status"})
    except specs.UnknownSpec as error:
        _refuse(str(error))
    sound = []
    for spec in found:
        problems = () if quiet else specs.importable(spec)
        errors = (*errors, *problems)
        if not problems:
            sound.append(spec)
    if not quiet:
        for problem in errors:
            click.echo(str(problem), err=True)
    if errors and not sound:
        sys.exit(BAD_USE)
    return tuple(sound), bool(errors)


def _one_spec(name: str) -> Spec:
    found = _specs((name,))
    if len(found) != 1:
        _refuse(f"`{name}` is {len(found)} specs; name one")
    return found[0]


def _verdicts(path: Path) -> Any:
    from harness.store import Store, StoreError

    if path.suffix == ".csv" or path.name.endswith(".csv.gz"):
        import pandas

        from harness import baseline
        from harness.report import READING

        table = pandas.read_csv(path, **READING)
        return baseline.unfolded(table, set(table["op"])) if "verdicts" in table else table
    try:
        with Store.open(path / RUN_FILE if path.is_dir() else path) as store:
            return store.verdicts()
    except StoreError as error:
        _refuse(str(error))


def _header(path: Path) -> Mapping[str, Any]:
    """The facts of a run file; none of a table."""
    from harness.store import Store, StoreError

    try:
        with Store.open(path / RUN_FILE if path.is_dir() else path) as store:
            return store.header
    except StoreError:
        return {}


def _write(store: Store, table: Any, out: Path, against: Path | None = None) -> None:
    from harness import laws, report

    out.mkdir(parents=True, exist_ok=True)
    header = dict(store.header) | {"complete": store.complete}
    evidence = store.footer.get("evidence", {}) if store.complete else {}
    store.export_csv(out / "verdicts.csv")
    older = _verdicts(against) if against else _baseline(header, table)
    then = "" if older is None else _told_of(against) if against else _told_of_baseline()
    earlier = _history(out, header)
    if KILLS.exists():
        header |= {"kills": report.kills(KILLS.read_text(encoding="utf-8"))}
    header |= {"laws": {law: laws.statement(law) for law in ("status", *laws.LAWS)}}
    _replace(
        out / "index.html", report.page(header, table, baseline=older, against=then, evidence=evidence, history=earlier)
    )
    _remember(out, header, report.moment(header, table))


def _told_of(run: Path) -> str:
    """Which run it is, in words."""
    return _moment_of(str(run), _header(run))


def _told_of_baseline() -> str:
    newest = next(reversed(_lines(BASELINES)), "{}")
    try:
        return _moment_of(f"the baseline, {BASELINE}", json.loads(newest))
    except (ValueError, AttributeError):
        return str(BASELINE)


def _moment_of(name: str, facts: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{library} {version}" for library, version in facts.get("versions", {}).items())
    return ", ".join(filter(None, (name, str(facts.get("started", "")), versions)))


def _of_ops(table: Any) -> Any:
    """The rows of the committed baseline that are about the ops of a run."""
    import pandas

    from harness import baseline
    from harness.report import READING

    return baseline.unfolded(pandas.read_csv(BASELINE, **READING), set(table["op"]))


def _of_cases(older: Any, table: Any) -> Any:
    """The rows of an older run that a later part of one could hold too."""
    return older[older["case"].isin(set(table["case"])) & older["candidate"].isin(set(table["candidate"]))]


def _baseline(header: Mapping[str, Any], table: Any) -> Any:
    """What a run is compared with: the committed rows of its ops, or of its cases where it was restricted."""
    if not BASELINE.exists():
        return None
    older = _of_ops(table)
    return _of_cases(older, table) if header.get("only") or header.get("shard") else older


def _write_baseline(store: Any) -> None:
    from harness import baseline, report

    if not store.complete:
        _refuse(f"{store.path}: the run has not come to its end; resume it")
    table = store.verdicts()
    BASELINE.parent.mkdir(parents=True, exist_ok=True)
    beside = BASELINE.with_name(BASELINE.name + ".new")
    compression = {"method": "gzip", "compresslevel": 9, "mtime": 0}
    baseline.folded(table).to_csv(beside, index=False, compression=compression)
    os.replace(beside, BASELINE)
    header = dict(store.header) | {"complete": True}
    _append(BASELINES, json.dumps({"ops": sorted(header["specs"]), **report.moment(header, table)}))
    click.echo(f"{BASELINE}: {len(table)} verdicts, {BASELINE.stat().st_size / 2**20:.1f} MiB")


def _history_file(out: Path) -> Path:
    return (out.parent if out.resolve().parent.name == "reports" else out) / "history.jsonl"


def _history(out: Path, header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Earlier whole runs of the same specs, oldest first; lines that cannot be read are left out."""
    found: list[dict[str, Any]] = []
    for line in (*_lines(BASELINES), *_lines(_history_file(out))):
        try:
            run = json.loads(line)
            if run["ops"] == sorted(header["specs"]) and run["started"] < header["started"] and run not in found:
                found.append(run)
        except (ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda run: str(run["started"]))[-REMEMBERED:]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _append(file: Path, line: str) -> None:
    """Add a line to a file of lines, once."""
    seen = _lines(file)
    if line not in seen:
        _replace(file, "\n".join([*seen, line]) + "\n")


def _remember(out: Path, header: Mapping[str, Any], moment: Mapping[str, Any]) -> None:
    """Add a whole run to the history, once."""
    file = _history_file(out)
    whole = header.get("complete") and not header.get("only") and not header.get("shard")
    if not whole or len(moment["red"]) > REMEMBERED_RED:
        return
    try:
        _append(file, json.dumps({"ops": sorted(header["specs"]), **moment}))
    except OSError as error:
        click.echo(f"{file}: {error.strerror}; this run is not remembered", err=True)


def _gathered(chosen: Plan, store: Store, table: Any, spent: float) -> dict[str, Any]:
    """Evidence for the page; a run never fails for want of it."""
    from harness import evidence, report
    from harness.report.packing import plain

    try:
        clusters = report.clusters(table, store.header.get("first"))
        examples = {"\t".join((c.example, c.candidate, c.law, c.about)) for c in clusters}
        found: dict[str, Any] = plain(evidence.gather(chosen, _wrong(store, examples), spent, examples))
        return found
    except Exception as error:
        click.echo(f"no evidence: {type(error).__name__}: {error}", err=True)
        return {}


def _wrong(store: Store, examples: Collection[str]) -> list[Verdict]:
    """What evidence is chosen from: the worst wrong rows of each kind, the examples, and what stands beside them."""
    worst = list(store.worst(WORST, [*_red(), "known"]))
    wanted = sorted({*(row.case for row in worst), *(key.partition("\t")[0] for key in examples)})
    return [row for at in range(0, len(wanted), ASKED) for row in store.rows(case=wanted[at : at + ASKED])]


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def _print(store: Store, table: Any, form: str) -> None:
    from harness import report

    header = dict(store.header) | {"complete": store.complete}
    if form == "json":
        click.echo(table.to_json(orient="records", lines=True).rstrip())
    elif form == "markdown":
        click.echo(report.markdown(header, table))
    elif form == "badge":
        for name in sorted(set(table["candidate"])):
            click.echo(report.badge(table, name))
    else:
        head, *rows = report.summary(header, table)
        _table(list(head), [list(r) for r in rows])


def _listing(what: str, names: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    if what == "laws":
        from harness import laws

        names_ = ("status", *laws.LAWS)
        return ["law", "implied", "statement"], [
            [n, "yes" if n == "status" or n in laws.IMPLIED else "named", laws.statement(n)] for n in names_
        ]
    if what == "specs":
        return _capabilities(names, LATEST / RUN_FILE)
    found = _specs(names, quiet=True)
    if what == "candidates":
        return ["op", "candidate", "library", "algorithm", "call"], [
            [s.op, c.name, c.library, c.algorithm, c.call] for s in found for c in s.candidates
        ]
    from harness import cases

    return ["case"], [[c.id] for s in found for c in cases.cases(s)]


def _capabilities(names: Sequence[str], run: Path | None = None) -> tuple[list[str], list[list[str]]]:
    """What is judged of each op, and how the run went where there is one."""
    from harness import capabilities
    from harness.store import Store, StoreError

    found = _specs(names, quiet=True)
    head: Sequence[str] = capabilities.HEAD
    rows: Any = capabilities.capabilities(found)
    if run is not None and run.exists():
        try:
            with Store.open(run) as store:
                head, rows = capabilities.with_run(found, store.tally())
        except StoreError as error:
            click.echo(f"harness: {error}", err=True)
    return list(head), [list(row) for row in rows]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns of text, as wide as they need to be; the same on a terminal and off it."""
    cells = [[str(c) for c in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for number, row in enumerate(cells):
        click.echo("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            click.echo("  ".join("-" * w for w in widths))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}"
    return str(value)


def _command() -> str:
    return shlex.join(["harness", *sys.argv[1:]])


def _refuse(message: str) -> NoReturn:
    click.echo(f"harness: {message}" if not message.startswith("harness") else message, err=True)
    sys.exit(BAD_USE)


def _finish(code: int) -> NoReturn:
    sys.exit(code)
