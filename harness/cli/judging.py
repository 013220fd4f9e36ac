"""Specs -> a plan -> its verdicts as they come, in the processes that were asked for."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from harness.cli.refusals import refuse

if TYPE_CHECKING:
    from harness.execution.task import Judged
    from harness.model import Spec
    from harness.runs import Plan

#: Seconds between lines that say a run goes on, where no terminal shows its progress.
HEARTBEAT = 30.0

#: Seconds a candidate may take at a case, and GiB a worker may take, unless a command says otherwise.
TIMEOUT, MEMORY = 30.0, 4.0

#: Those whose candidates there are.
LIBRARIES = frozenset({"numpy", "scipy", "torch"})


def planned(found: Sequence[Spec], seed: int, only: str) -> Plan:
    """The plan of a run; what cannot be planned is refused."""
    from harness import runs
    from harness.cases import CaseError

    try:
        return runs.plan(found, seed, only)
    except runs.Unselected as error:
        refuse(error.args[0])
    except CaseError as error:
        refuse(str(error))


def prepared(libraries: set[str], workers: int | None) -> None:
    """Have the libraries loaded for the workers while this process reads on."""
    from harness.execution import preload, prepare

    if workers != 0:
        prepare(preload(libraries))


def libraries_of(chosen: Plan) -> set[str]:
    """The libraries whose candidates a plan judges."""
    return {c.library or "torch" for spec in chosen.specs.values() for c in spec.candidates}


def one_thread() -> None:
    """Have every library compute in one thread, unless the environment says otherwise."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@dataclass(frozen=True)
class Means:
    """What judges: so many worker processes (0: this one; None: a core each) or a cluster, and what each may take.

    ``timeout`` is in seconds a candidate may take at a case, ``memory`` in GiB of a worker.
    """

    workers: int | None = None
    timeout: float = TIMEOUT
    memory: float = MEMORY
    dask: str | None = None


def judged(tasks: list[Any], chosen: Plan, means: Means) -> Iterator[Judged]:
    """Every task with its verdicts as they come: in this process, in isolated ones or on a cluster."""
    from harness import execution, runs

    setup = runs.setup(chosen.specs.values())
    if not tasks:
        return iter(())
    preload, memory = execution.preload(libraries_of(chosen)), int(means.memory * 2**30)
    if means.dask is not None:
        return execution.on_dask(
            tasks,
            setup,
            address="" if means.dask == "local" else means.dask,
            workers=means.workers or 0,
            timeout=means.timeout,
            memory=memory,
            preload=preload,
        )
    count = (os.cpu_count() or 1) if means.workers is None else means.workers
    if count == 0:
        return execution.inline(tasks, setup)
    return execution.isolated(
        tasks,
        setup,
        workers=min(count, len(tasks)),
        timeout=means.timeout,
        memory=memory,
        preload=preload,
        tell=lambda line: click.echo(line, err=True),
    )


def watched(judged: Iterable[Judged], count: int, quiet: bool) -> Generator[Judged, None, None]:
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


def red() -> frozenset[str]:
    """The statuses of what is wrong and not explained."""
    from harness.model import RED

    return RED
