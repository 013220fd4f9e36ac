"""Tasks -> Verdicts, in several judges: processes that hold no candidate, and may be killed all the same.

A judge that dies is replaced, and what it had not delivered is judged again. Candidates live and die in hosts of their
own (`harness.asking`), so that what ends a judge is an operator, the machine, or a definition: a case at which judges die
or compute without end again and again says so of its definition, never of a candidate.
"""

from __future__ import annotations

import atexit
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from multiprocessing.connection import wait
from typing import Self

from harness.execution.process import Case, Item, Worker
from harness.execution.task import ExecutionError, Judged, Setup, Task
from harness.execution.worker import Failure, Limits, Ready, Retiring, Unable
from harness.model import Status, Verdict

#: Seconds a judge may compute for one candidate at one case, and how many times as long it may seem to.
TIMEOUT, WALL_TIMES = 30.0, 40

#: Bytes one task may take beyond its judge's size.
MEMORY = 4 * 2**30

#: Judges that may die of a case before its definition is said to be at fault.
DEATHS = 3

#: Seconds of work sent to a worker at a time, and tasks at most: what is lost or waits when one of them is slow.
BATCH_SECONDS, BATCH_TASKS = 0.05, 16

#: Deaths outside any task, beyond one for each worker and with no result between them, before the run is given up.
IDLE_DEATHS = 2

#: Seconds between looks at the clocks of the workers.
TICK = 0.1

Tell = Callable[[str], None]
Over = Callable[[], bool]


def isolated(
    tasks: Iterable[Task],
    setup: Setup,
    *,
    workers: int,
    timeout: float = TIMEOUT,
    memory: int = MEMORY,
    tell: Tell = lambda line: None,
    over: Over = lambda: False,
) -> Iterator[Judged]:
    """Judge the tasks in that many processes, each with its own time and memory; no death ends the run.

    ``timeout`` is seconds of computing for one candidate at one case, ``memory`` bytes beyond the judge's size. ``tell``
    gets a line about each process lost. It ends as soon as ``over`` says so, whatever is under way. Raises ExecutionError
    where the work cannot be set up.
    """
    pool = _Pool(setup, workers, Limits(timeout, memory), tell)
    try:
        yield from pool.judged(iter(tasks), over)
    finally:
        pool.close()


class Isolated:
    """One worker, started at the first task and again when it dies, for callers who bring one task at a time."""

    def __init__(
        self,
        setup: Setup,
        *,
        timeout: float = TIMEOUT,
        memory: int = MEMORY,
        tell: Tell = lambda line: None,
    ) -> None:
        self._pool = _Pool(setup, 1, Limits(timeout, memory), tell)

    def judge(self, task: Task) -> list[Verdict]:
        """The verdicts of that task, whatever its candidates do. Raises ExecutionError where it cannot be set up."""
        ((_, verdicts),) = self._pool.judged(iter([task]))
        return verdicts

    def judged(self, tasks: Iterable[Task]) -> Iterator[Judged]:
        """Every task with its verdicts, as they come; the worker stays for the next call."""
        return self._pool.judged(iter(tasks))

    def close(self) -> None:
        """End the worker."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class _Pool:
    """The workers, and the tasks between them."""

    def __init__(self, setup: Setup, workers: int, limits: Limits, tell: Tell) -> None:
        if workers < 1:
            raise ValueError("isolated work needs at least one worker; inline() needs none")
        self._setup, self._size, self._limits, self._tell = setup, workers, limits, tell
        self._workers: list[Worker] = []
        self._again: deque[Item] = deque()
        self._suspects: deque[Item] = deque()
        self._count = 0
        self._idle_deaths = 0
        self._pace = BATCH_SECONDS
        self._closed = False
        atexit.register(self.close)

    def judged(self, source: Iterator[Task], over: Over = lambda: False) -> Iterator[Judged]:
        """Every task with its verdicts, as they come. Raises ExecutionError where another thread closes the pool."""
        try:
            yield from self._judged(source, over)
        except (OSError, ValueError):
            if not self._closed:
                raise
            raise ExecutionError("the judges were ended") from None

    def _judged(self, source: Iterator[Task], over: Over) -> Iterator[Judged]:
        self._forget()
        while not over():
            if self._closed:
                raise ExecutionError("the judges were ended")
            self._fill(source)
            busy = [worker for worker in self._workers if worker.outstanding]
            if not busy:
                return
            handles = [handle for worker in busy for handle in worker.handles()]
            ready = set(wait(handles, timeout=min(TICK, self._limits.timeout / 4)))
            for worker in busy:
                if not ready.isdisjoint(worker.handles()):
                    yield from self._listen(worker)
                yield from self._watch(worker)

    def close(self) -> None:
        """End every worker and what it started, and wait until they are gone."""
        atexit.unregister(self.close)
        self._closed = True
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.bury()
        self._workers.clear()

    def _forget(self) -> None:
        """Drop what is left of a run that its caller broke off."""
        for worker in [worker for worker in self._workers if worker.outstanding]:
            self._discard(worker)
        self._again.clear()
        self._suspects.clear()

    def _fill(self, source: Iterator[Task]) -> None:
        """Give suspects to fresh workers, and to every worker as much as it does in a moment."""
        if self._suspects and self._workers and not any(w.fresh or w.outstanding for w in self._workers):
            self._discard(self._workers[0])
        for worker in self._workers:
            self._feed(worker, source)
        while len(self._workers) < self._size:
            items = self._next(source, 1, suspects=True)
            if not items:
                return
            worker = self._start()
            worker.send(items)

    def _feed(self, worker: Worker, source: Iterator[Task]) -> None:
        size = max(1, min(BATCH_TASKS, int(BATCH_SECONDS / self._pace)))
        if worker.ready and len(worker.outstanding) < size:
            worker.send(self._next(source, size, suspects=worker.fresh))

    def _next(self, source: Iterator[Task], size: int, *, suspects: bool) -> list[Item]:
        if suspects and self._suspects:
            return [self._suspects.popleft()]
        items = [self._again.popleft() for _ in range(min(size, len(self._again)))]
        return items + [self._begun(task) for task in islice(source, size - len(items))]

    def _begun(self, task: Task) -> Item:
        return self._item(Case(task), task.candidates)

    def _item(self, case: Case, candidates: tuple[str, ...], deaths: int = 0) -> Item:
        self._count += 1
        return Item(self._count, case, candidates, deaths)

    def _start(self) -> Worker:
        worker = Worker(self._setup, self._limits)
        self._workers.append(worker)
        return worker

    def _discard(self, worker: Worker) -> None:
        """End a worker; what it had not delivered is to be done again."""
        worker.kill()
        worker.bury()
        self._workers.remove(worker)
        for item in reversed(worker.outstanding.values()):
            (self._suspects if item.deaths else self._again).appendleft(item)
        worker.outstanding.clear()

    def _listen(self, worker: Worker) -> Iterator[Judged]:
        for message in worker.messages():
            match message:
                case Ready():
                    worker.ready, worker.since = True, time.monotonic()
                case Unable(text):
                    raise ExecutionError(f"{self._setup.path} could not be set up:\n{text}")
                case Retiring():
                    self._discard(worker)
                    return
                case results:
                    self._idle_deaths = 0
                    self._pace_of(worker, len(results))
                    for number, outcome in results:
                        yield from self._delivered(worker.outstanding.pop(number), outcome)
        if worker.gone:
            yield from self._lost(worker)

    def _pace_of(self, worker: Worker, count: int) -> None:
        now = time.monotonic()
        self._pace, worker.since = (self._pace + (now - worker.since) / count) / 2, now

    def _delivered(self, item: Item, outcome: list[Verdict] | Failure) -> Iterator[Judged]:
        match outcome:
            case Failure(message):
                yield from self._at_fault(item, message)
            case verdicts:
                if item.deaths:
                    self._tell(f"{item.case.task.case}: a fresh judge did not end here")
                yield from self._judged_part(item, verdicts)

    def _judged_part(self, item: Item, rows: list[Verdict]) -> Iterator[Judged]:
        item.case.rows += rows
        item.case.parts -= 1
        if not item.case.parts:
            yield item.case.task, item.case.rows

    def _watch(self, worker: Worker) -> Iterator[Judged]:
        """End a judge that computes without end."""
        if worker not in self._workers or not worker.outstanding:
            return
        worker.bound_output()
        if worker.ready and self._overdue(worker):
            yield from list(self._listen(worker))  # it may be done, and only we late to notice
            if worker in self._workers and self._overdue(worker):
                yield from self._lost(
                    worker, f"no end within {self._limits.timeout:g} s, which --timeout sets", worker.hanging_stack()
                )

    def _overdue(self, worker: Worker) -> bool:
        number, since, candidate, _ = worker.note()
        if number not in worker.outstanding:
            return False
        spent = worker.processor_seconds_since((number, candidate))
        wall = time.monotonic() - since
        return wall > WALL_TIMES * self._limits.timeout or (spent or 0.0) > self._limits.timeout

    def _lost(self, worker: Worker, said: str = "", stack: str = "") -> Iterator[Judged]:
        """Have what a judge was at done again, alone, by a fresh one, a few times."""
        number, _, candidate, law = worker.note()
        item = worker.outstanding.pop(number, None)
        self._discard(worker)
        if item is None:
            self._died_idle(worker)
            return
        message = _during(said or worker.end(), law) + (stack if said else worker.last_stack() + worker.last_words())
        again = "tried again" if item.deaths + 1 < DEATHS else "given up: this case is not judged"
        how = f"{said or worker.end()}{stack}"
        self._tell(f"{item.case.task.case}: judging {candidate or 'no candidate'}: {how}; {again}")
        if item.deaths + 1 < DEATHS:
            self._suspects.append(self._item(item.case, item.candidates, item.deaths + 1))
        else:
            yield from self._at_fault(item, message)

    def _died_idle(self, worker: Worker) -> None:
        """Bear with a few processes that die without having begun a task; somebody may be killing them."""
        self._idle_deaths += 1
        death = f"{worker.end()} while it {'waited for a task' if worker.ready else 'was set up'}"
        self._tell(f"a process: {death}")
        if self._idle_deaths >= IDLE_DEATHS + self._size:
            raise ExecutionError(f"{self._setup.path}: each process {death}")

    def _at_fault(self, item: Item, message: str) -> Iterator[Judged]:
        """Say of a case that it could not be judged, for its definition's sake."""
        task = item.case.task
        rows = [_row(task, name, "inconclusive", message, "oracle") for name in item.candidates]
        yield from self._judged_part(item, self._setup.explained(task, rows))


def _row(task: Task, candidate: str, status: Status, message: str, blame: str) -> Verdict:
    return Verdict(task.op, task.case, candidate, "status", "", "", status, blame=blame, message=message)


def _during(text: str, law: str) -> str:
    return f"{text} in law {law}" if law else f"{text} outside any law"
