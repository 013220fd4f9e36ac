"""Tasks -> Verdicts, on a Dask cluster, with the isolation inside each of its workers.

What Dask sees is chunks that always succeed, so that a crash never kills one of its workers: Dask would blame whatever
else that worker was doing. A Dask worker that is lost is made good by judging its chunks again elsewhere.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing.util
import os
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from harness.execution.isolated import MEMORY, TIMEOUT, Isolated
from harness.execution.task import ExecutionError, Judged, Setup, Task

#: Tasks in one chunk: enough to outweigh Dask's millisecond each, few enough to lose.
CHUNK = 100

#: Chunks under way for each of the cluster's threads, so that none of them waits for the scheduler.
AHEAD = 3

#: Times Dask may give up a chunk, because workers died under it, before the run is given up.
GIVEN_UP = 3

#: Any priority not below 0 comes before Python joins the child processes.
AT_EXIT = 10

_here = threading.local()


def on_dask(
    tasks: Iterable[Task],
    setup: Setup,
    *,
    address: str = "",
    workers: int = 0,
    chunk: int = CHUNK,
    timeout: float = TIMEOUT,
    memory: int = MEMORY,
) -> Iterator[Judged]:
    """Judge the tasks in chunks on the cluster at that address, or on a local one of that many workers (all cores).

    Workers may come and go. ``timeout`` and ``memory`` are as for `isolated`, which each chunk is judged by. Raises
    ExecutionError where Dask is not installed, no scheduler answers, the work cannot be set up, or a chunk is given up
    again and again.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise ExecutionError("a cluster needs Dask: pip install 'conformance-harness[dask]'") from None
    with contextlib.ExitStack() as stack:
        if not address:
            address = stack.enter_context(_local(distributed, workers)).scheduler_address
        try:
            client = stack.enter_context(distributed.Client(address, set_as_default=False))
        except (OSError, ValueError) as error:
            what = "start one with `dask scheduler` and name its tcp://HOST:PORT, or use a local one"
            raise ExecutionError(f"no Dask scheduler answers at {address}: {error}; {what}") from None
        yield from _judged(distributed, client, iter(tasks), chunk, (setup, timeout, memory))


def _local(distributed: Any, workers: int) -> Any:
    """A cluster on this machine whose workers may start processes of their own."""
    dask: Any = importlib.import_module("dask")
    with dask.config.set({"distributed.worker.daemon": False}):
        return distributed.LocalCluster(
            n_workers=workers or os.cpu_count(), threads_per_worker=1, processes=True, dashboard_address=None
        )


def _judged(
    distributed: Any, client: Any, source: Iterator[Task], size: int, how: tuple[Setup, float, int]
) -> Iterator[Judged]:
    under_way: dict[Any, tuple[tuple[Task, ...], int]] = {}
    completed = distributed.as_completed(loop=client.loop)

    kept = client.submit(tuple, how, pure=False)  # the specs travel to each worker once, not with every chunk

    def submit(chunk: tuple[Task, ...], tries: int) -> None:
        future = client.submit(judge_chunk, chunk, kept, pure=False)
        under_way[future] = (chunk, tries)
        completed.add(future)

    def fill() -> None:
        room = AHEAD * max(1, sum(client.nthreads().values())) - len(under_way)
        while room > 0 and (chunk := tuple(islice(source, size))):
            submit(chunk, 1)
            room -= 1

    fill()
    try:
        for future in completed:
            chunk, tries = under_way.pop(future)
            try:
                yield from future.result()
            except distributed.KilledWorker:
                if tries == GIVEN_UP:
                    raise ExecutionError(f"Dask workers keep dying under the chunk from {chunk[0].case} on") from None
                submit(chunk, tries + 1)
            fill()
    finally:
        client.cancel([*under_way, kept])


def judge_chunk(chunk: tuple[Task, ...], how: tuple[Setup, float, int]) -> list[Judged]:
    """Judge a chunk where Dask has sent it: in a process of its own, kept for the chunks that follow."""
    setup, timeout, memory = how
    if getattr(_here, "wanted", None) != how:
        if judge := getattr(_here, "judge", None):
            judge.close()
        _here.judge, _here.wanted = Isolated(setup, timeout=timeout, memory=memory), how
        # Python joins its child processes when it ends, and these wait for work: they have to go before that.
        multiprocessing.util.Finalize(None, _here.judge.close, exitpriority=AT_EXIT)
    return list(_here.judge.judged(chunk))
