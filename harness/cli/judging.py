"""Specs -> a plan -> its verdicts as they come, in the processes that were asked for."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from harness.asking import registry
from harness.cli.refusals import refuse

if TYPE_CHECKING:
    from harness.asking.hosts import Servers
    from harness.execution.task import Judged
    from harness.model import CandidateSpec, Spec
    from harness.runs import Plan

#: Seconds between lines that say a run goes on, where no terminal shows its progress.
HEARTBEAT = 30.0

#: Seconds a candidate may take at a case, and GiB a worker may take, unless a command says otherwise.
TIMEOUT, MEMORY = 30.0, 4.0

#: Those whose candidates there are.
LIBRARIES = frozenset(registry.LIBRARIES)


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
    """Have judges and libraries loaded while this process reads on."""
    from harness.execution import prepare

    if workers != 0:
        prepare()
        beside = threading.Thread(target=_serving, args=(sorted(libraries),), daemon=True)
        beside.start()


def _serving(libraries: Sequence[str]) -> None:
    """Start the servers of hosts; who needs one sooner waits for it."""
    from harness.asking.hosts import HostError

    for library in libraries:
        with suppress(HostError, OSError):
            servers().start(library)


def servers() -> Servers:
    """The servers of this command, ended with it."""
    from harness.asking.servers import shared

    return shared()


def libraries_of(candidates: Iterable[CandidateSpec], place: str) -> set[str]:
    """The libraries whose servers candidates are held by, as far as that is known before they are asked."""
    from harness.asking.hosts import loaded

    return {loaded(c.call, c.library or "numpy", place) for c in candidates if not c.python}


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


def judged(tasks: list[Any], chosen: Plan, means: Means, over: Callable[[], bool] = lambda: False) -> Iterator[Judged]:
    """Every task with its verdicts as they come, until ``over``: in this process, in isolated ones or on a cluster."""
    from harness import execution, runs
    from harness.asking.hosts import Limits

    specs, memory = chosen.specs.values(), int(means.memory * 2**30)
    limits = Limits(means.timeout, memory)
    if not tasks:
        return iter(())
    if means.dask is not None:
        return execution.on_dask(
            tasks,
            runs.setup(specs, limits),
            address="" if means.dask == "local" else means.dask,
            workers=means.workers or 0,
            timeout=means.timeout,
            memory=memory,
        )
    count = (os.cpu_count() or 1) if means.workers is None else means.workers
    if count == 0:
        return execution.inline(tasks, runs.setup(specs, None))
    return execution.isolated(
        tasks,
        runs.setup(specs, limits, str(servers().folder)),
        workers=min(count, len(tasks)),
        timeout=means.timeout,
        memory=memory,
        tell=lambda line: click.echo(line, err=True),
        over=over,
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


def budget(text: str) -> tuple[int | None, float]:
    """Cases (None: any) and seconds of a budget such as `500`, `90s` or `10m`."""
    found = re.fullmatch(r"(\d+)([sm]?)", text) if text else None
    if text and (found is None or int(found[1]) == 0):
        refuse(f"--budget `{text}`: expected a number of cases, or seconds as `90s`, or minutes as `10m`")
    if found is None:
        return None, float("inf")
    return (int(found[1]), float("inf")) if not found[2] else (None, int(found[1]) * (60.0 if found[2] == "m" else 1.0))


def within(judged: Generator[Judged, None, None], over: Callable[[], bool]) -> Iterator[Judged]:
    """The same until ``over``."""
    with closing(judged):
        for item in judged:
            yield item
            if over():
                return


def red() -> frozenset[str]:
    """The statuses of what is wrong and not explained."""
    from harness.model import RED

    return RED
