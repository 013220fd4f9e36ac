"""Options of `run` -> a run: its libraries, cases, budget and shard, and its exit code."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import endings, files, judging
from harness.cli.refusals import BAD_USE, CONFORMS, DEVIATES, refuse
from harness.cli.until import Until
from harness.vocabulary import RUN_FILE

if TYPE_CHECKING:
    from harness.model import Spec
    from harness.store import Store


@dataclass(frozen=True)
class Part:
    """What of the specs is judged: the cases that ``only`` selects, that a budget reaches, of a shard."""

    seed: int = 0
    only: str = ""
    budget: str = ""
    shard: str = ""


def run(names: Sequence[str], out: Path, form: str, part: Part, means: judging.Means, resume: bool) -> int:
    """Judge specs, write the run to a folder, and say how it ended: its exit code."""
    from harness import runs
    from harness.store import Store, StoreError, put_aside, writing

    count, seconds = judging.budget(part.budget)

    judging.one_thread()
    found, broken = files.readable(names)
    if not part.only:
        _prepared(found, means)
    chosen = judging.planned(found, part.seed, part.only)
    if part.only:
        _prepared(chosen.specs.values(), means)
    path, began = out / RUN_FILE, time.monotonic()
    if part.budget:
        chosen = runs.budgeted(chosen, count, _judged_before(path, resume))
    tasks = _sharded(chosen.tasks, part.shard)
    with _loading("harness.evidence", "harness.report") if means.workers != 0 else nullcontext():
        here = runs.build(tuple(chosen.specs.values()))
        facts = runs.facts(chosen.specs.values())
    header = runs.header(chosen, _command(), facts, here)
    header |= {"shard": part.shard, "only": part.only, "budget": part.budget, "broken": list(broken)}
    out.mkdir(parents=True, exist_ok=True)
    try:
        with writing(path):
            if not resume:
                put_aside(path, path.with_name(files.PREVIOUS))
            with Store.resume(path, header) if resume else Store.create(path, header) as store:
                _refuse_another_part(store, header)
                left = _left(store, tasks)
                over = Until(seconds).over
                judged = judging.watched(judging.judged(left, chosen, means, over), len(left), quiet=form != "table")
                for _, rows in judging.within(judged, over):
                    store.append(rows)
                store.flush()
                stale = runs.stale(chosen, store.marks(), whole=not runs.part(header), here=here)
                store.append(endings.unsaid(stale, store))
                if part.shard and not tasks:
                    click.echo(f"harness: --shard {part.shard} has no case: there are fewer cases than parts", err=True)
                red = bool(tasks or not part.shard) and endings.is_red(store)
                endings.tell_faults(store, chosen.specs)
                endings.conclude(store, chosen, endings.Ending(out, form, len(store.done()), time.monotonic() - began))
    except StoreError as error:
        refuse(str(error))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"`{_going_on()}` goes on") from None
    return BAD_USE if broken else DEVIATES if red else CONFORMS


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


def _sharded(tasks: list[Any], shard: str) -> list[Any]:
    if not shard:
        return tasks
    try:
        index, count = (int(n) for n in shard.split("/"))
        if not 1 <= index <= count:
            raise ValueError
    except ValueError:
        refuse(f"--shard {shard}: write I/N with 1 <= I <= N, as in 1/4")
    return tasks[index - 1 :: count]


def _left(store: Store, tasks: Sequence[Any]) -> list[Any]:
    """The tasks whose cases are not judged yet."""
    done = store.done()
    return [t for t in tasks if (t.op, t.case) not in done]


def _refuse_another_part(store: Store, header: Mapping[str, Any]) -> None:
    """A resumed run goes on with the cases it began with."""
    for option in ("only", "shard", "budget"):
        began, wanted = store.header.get(option, ""), header[option]
        if began != wanted:
            refuse(f"{store.path}: began with --{option} `{began}`, not `{wanted}`; say the same, or start a new run")


def _prepared(found: Collection[Spec], means: judging.Means) -> None:
    """Have what these specs' candidates need loaded."""
    from harness import runs

    candidates = (c for spec in found for c in spec.candidates)
    judging.prepared(judging.libraries_of(candidates, runs.places(found)), means.workers)


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


def _command() -> str:
    return shlex.join(["harness", *sys.argv[1:]])


def _going_on() -> str:
    """The command that goes on with this one."""
    return _command() + ("" if "--resume" in sys.argv else " --resume")
