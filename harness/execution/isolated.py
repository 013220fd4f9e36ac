"""Tasks -> Verdicts, in worker processes that may die: a death is a verdict of one candidate at one case.

A worker that dies is replaced, and what it had not delivered is judged again. The candidate it was calling is judged
alone in a fresh process: only if it ends that one too is it to blame, for the first death may be an earlier call's
doing, or an operator's. The others are judged without it. POSIX systems have the fork server, loaded with the libraries
but never having used them; elsewhere each worker starts from nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Self

from harness.execution import worker as life
from harness.execution.task import ExecutionError, Judged, Setup, Task
from harness.execution.worker import Failure, Limits, Ready, Retiring, Unable
from harness.model import Status, Verdict

#: Libraries the fork server loads before the first worker; those not installed are left out.
PRELOAD = ("numpy", "scipy", "torch")

#: Wall seconds one candidate may take at one case.
TIMEOUT = 30.0

#: Bytes one task may take beyond its worker's size.
MEMORY = 4 * 2**30

#: Seconds of work sent to a worker at a time, and tasks at most: what is lost or waits when one of them is slow.
BATCH_SECONDS, BATCH_TASKS = 0.05, 16

#: Seconds a worker may take to set up, and how many may die doing it before the setup is given up.
SETUP_SECONDS, SETUP_DEATHS = 120.0, 3

#: Times a process is tried to be started again, and seconds between.
START_TRIES, START_SECONDS = 20, 0.05

#: Seconds between looks at the clocks of the workers.
TICK = 0.1

#: Bytes a candidate may print; what it prints beyond is dropped.
OUTPUT_BYTES = 2**20

#: Frames of a Python stack in a message, and characters of last words.
FRAMES, WORDS = 6, 200

#: Stacks asked of a hanging process, and seconds between them: what they have in common is where it hangs.
ASKED, ASKED_SECONDS = 4, 0.02

#: The exit code that multiprocessing gives where the fork server is not there to tell it.
UNKNOWN_EXIT = 255

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "BLIS_NUM_THREADS",
)

Tell = Callable[[str], None]


def isolated(
    tasks: Iterable[Task],
    setup: Setup,
    *,
    workers: int,
    timeout: float = TIMEOUT,
    memory: int = MEMORY,
    preload: Sequence[str] = PRELOAD,
    tell: Tell = lambda line: None,
) -> Iterator[Judged]:
    """Judge the tasks in that many processes, each with its own time and memory; no death ends the run.

    ``timeout`` is wall seconds for one candidate at one case, ``memory`` bytes beyond the worker's size. ``tell`` gets
    a line about each process lost. Raises ExecutionError where the work cannot be set up.
    """
    pool = _Pool(setup, workers, Limits(timeout, memory), preload, tell)
    try:
        yield from pool.judged(iter(tasks))
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
        preload: Sequence[str] = PRELOAD,
        tell: Tell = lambda line: None,
    ) -> None:
        self._pool = _Pool(setup, 1, Limits(timeout, memory), preload, tell)

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


def prepare(preload: Sequence[str] = PRELOAD) -> None:
    """Have the fork server load its libraries now, while the caller does something else."""
    if _method() == "forkserver":
        from multiprocessing import forkserver  # not there on Windows

        with _starting():
            multiprocessing.get_context("forkserver").set_forkserver_preload(["__main__", *preload])
            forkserver.ensure_running()


@dataclass
class _Case:
    """A task as it was given, the verdicts there are, and how many parts of it are still under way."""

    task: Task
    rows: list[Verdict] = field(default_factory=list)
    parts: int = 1


@dataclass
class _Item:
    """Part of a case on its way: its number, the candidates in it, and whether somebody died of it before."""

    number: int
    case: _Case
    candidates: tuple[str, ...]
    suspected: bool = False

    @property
    def task(self) -> Task:
        whole = self.case.task
        return whole if self.candidates == whole.candidates else replace(whole, candidates=self.candidates)


class _Pool:
    """The workers, and the tasks between them."""

    def __init__(self, setup: Setup, workers: int, limits: Limits, preload: Sequence[str], tell: Tell) -> None:
        if workers < 1:
            raise ValueError("isolated work needs at least one worker; inline() needs none")
        self._setup, self._size, self._limits, self._preload, self._tell = setup, workers, limits, preload, tell
        self._workers: list[_Worker] = []
        self._again: deque[_Item] = deque()
        self._suspects: deque[_Item] = deque()
        self._count = 0
        self._failed_setups = 0
        self._pace = BATCH_SECONDS

    def judged(self, source: Iterator[Task]) -> Iterator[Judged]:
        """Every task with its verdicts, as they come."""
        atexit.register(self.close)
        self._forget()
        while True:
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

    def _feed(self, worker: _Worker, source: Iterator[Task]) -> None:
        size = max(1, min(BATCH_TASKS, int(BATCH_SECONDS / self._pace)))
        if worker.ready and len(worker.outstanding) < size:
            worker.send(self._next(source, size, suspects=worker.fresh))

    def _next(self, source: Iterator[Task], size: int, *, suspects: bool) -> list[_Item]:
        if suspects and self._suspects:
            return [self._suspects.popleft()]
        items = [self._again.popleft() for _ in range(min(size, len(self._again)))]
        return items + [self._item(_Case(task), task.candidates) for task in islice(source, size - len(items))]

    def _item(self, case: _Case, candidates: tuple[str, ...], *, suspected: bool = False) -> _Item:
        self._count += 1
        return _Item(self._count, case, candidates, suspected)

    def _start(self) -> _Worker:
        worker = _Worker(self._setup, self._limits, self._preload)
        self._workers.append(worker)
        return worker

    def _discard(self, worker: _Worker) -> None:
        """End a worker; what it had not delivered is to be done again."""
        worker.kill()
        worker.bury()
        self._workers.remove(worker)
        for item in reversed(worker.outstanding.values()):
            (self._suspects if item.suspected else self._again).appendleft(item)
        worker.outstanding.clear()

    def _listen(self, worker: _Worker) -> Iterator[Judged]:
        for message in worker.messages():
            match message:
                case Ready():
                    worker.ready, worker.since = True, time.monotonic()
                    self._failed_setups = 0
                case Unable(text):
                    raise ExecutionError(f"{self._setup.path} could not be set up:\n{text}")
                case Retiring():
                    self._discard(worker)
                    return
                case results:
                    self._pace_of(worker, len(results))
                    for number, outcome in results:
                        yield from self._delivered(worker.outstanding.pop(number), outcome)
        if worker.gone:
            yield from self._lost(worker)

    def _pace_of(self, worker: _Worker, count: int) -> None:
        now = time.monotonic()
        self._pace, worker.since = (self._pace + (now - worker.since) / count) / 2, now

    def _delivered(self, item: _Item, outcome: list[Verdict] | Failure) -> Iterator[Judged]:
        match outcome:
            case Failure(candidate, law, message, blame):
                yield from self._without(item, candidate, "crashed", _during(message, law), blame)
            case verdicts:
                if item.suspected:
                    self._tell(f"{item.case.task.case}: {', '.join(item.candidates)}: a fresh process did not end here")
                yield from self._judged_part(item, verdicts)

    def _judged_part(self, item: _Item, rows: list[Verdict]) -> Iterator[Judged]:
        item.case.rows += rows
        item.case.parts -= 1
        if not item.case.parts:
            yield item.case.task, item.case.rows

    def _watch(self, worker: _Worker) -> Iterator[Judged]:
        """End a worker whose candidate has had its time, or that does not come up."""
        if worker not in self._workers or not worker.outstanding:
            return
        worker.bound_output()
        if not worker.ready:
            if time.monotonic() - worker.started > SETUP_SECONDS:
                raise ExecutionError(f"{self._setup.path} took more than {SETUP_SECONDS:g} s to set up")
            return
        if self._overdue(worker):
            yield from list(self._listen(worker))  # it may be done, and only we late to notice
            if worker in self._workers and self._overdue(worker):
                yield from self._timed_out(worker)

    def _overdue(self, worker: _Worker) -> bool:
        number, since, _, _ = worker.note()
        return number in worker.outstanding and time.monotonic() - since > self._limits.timeout

    def _timed_out(self, worker: _Worker) -> Iterator[Judged]:
        number, _, candidate, law = worker.note()
        item = worker.outstanding.pop(number)
        stack = worker.hanging_stack()
        self._discard(worker)
        message = _during(f"no answer within {self._limits.timeout:g} s", law) + stack
        self._tell(f"{item.case.task.case}: {candidate or 'no candidate'}: {message}")
        yield from self._without(item, candidate, "timed out", message)

    def _lost(self, worker: _Worker) -> Iterator[Judged]:
        """Put down the death of a worker to the candidate it was calling, once a fresh worker has died of it too."""
        if not worker.ready:
            self._discard(worker)
            self._failed_setups += 1
            if self._failed_setups == SETUP_DEATHS:
                raise ExecutionError(f"{self._setup.path}: each process {worker.end()} while it was set up")
            return
        number, _, candidate, law = worker.note()
        item = worker.outstanding.pop(number, None)
        self._discard(worker)
        if item is None:
            return
        message = _during(worker.end(), law) + worker.last_stack() + worker.last_words()
        self._tell(f"{item.case.task.case}: {candidate or 'no candidate'}: {message}")
        if item.suspected:
            yield from self._without(item, candidate, "crashed", message)
        else:
            self._suspect(item, candidate)

    def _suspect(self, item: _Item, candidate: str) -> None:
        """Have the candidate judged alone in a fresh process, and the others without it."""
        suspects = (candidate,) if candidate in item.candidates else item.candidates
        self._suspects.append(self._item(item.case, suspects, suspected=True))
        self._rest(item, suspects)

    def _rest(self, item: _Item, without: tuple[str, ...]) -> None:
        """Have the other candidates of a part judged again."""
        left = tuple(name for name in item.candidates if name not in without)
        if left:
            item.case.parts += 1
            self._again.appendleft(self._item(item.case, left))

    def _without(
        self, item: _Item, candidate: str, status: Status, message: str, blame: str = "candidate"
    ) -> Iterator[Judged]:
        """Give the culprit its one row, and have the others judged again; all get it, where none was being called."""
        culprits = (candidate,) if candidate in item.candidates else item.candidates
        if candidate not in item.candidates and blame == "candidate":
            blame = "oracle"
        self._rest(item, culprits)
        rows = [_row(item.case.task, culprit, status, message, blame) for culprit in culprits]
        yield from self._judged_part(item, rows)


def _row(task: Task, candidate: str, status: Status, message: str, blame: str) -> Verdict:
    return Verdict(task.op, task.case, candidate, "status", "", status, blame=blame, message=message)


def _during(text: str, law: str) -> str:
    return f"{text} in law {law}" if law else f"{text} outside any law"


class _Worker:
    """One process as its runner sees it."""

    def __init__(self, setup: Setup, limits: Limits, preload: Sequence[str]) -> None:
        self.outstanding: dict[int, _Item] = {}
        self.ready = self.gone = self._orphan = False
        self.fresh = True
        self.started = self.since = time.monotonic()
        self._scratch = tempfile.mkdtemp(prefix="harness-")
        (Path(self._scratch) / life.NOTE).write_bytes(bytes(life.NOTE_BYTES))
        self._files = {name: self._open(name) for name in (life.NOTE, life.STACK, life.OUTPUT)}
        self._connection, theirs = multiprocessing.Pipe()
        pulse, self._lifeline = multiprocessing.Pipe(duplex=False)
        self._process = _begun(life.live, (theirs, pulse, self._scratch, setup, limits), preload)
        theirs.close()
        pulse.close()
        self._pid = self._process.pid or 0

    def _open(self, name: str) -> int:
        return os.open(Path(self._scratch) / name, os.O_RDWR | os.O_CREAT, 0o600)

    def handles(self) -> list[Any]:
        """What to wait for: a message, or the end of the process."""
        return [self._connection] if self._orphan else [self._connection, self._process.sentinel]

    def send(self, items: list[_Item]) -> None:
        """Give it these tasks. A worker that has just died is noticed when it is listened to."""
        if not items:
            return
        self.fresh = False
        if not self.outstanding:
            self.since = time.monotonic()
        self.outstanding.update((item.number, item) for item in items)
        with contextlib.suppress(OSError):
            self._connection.send([(item.number, item.task) for item in items])

    def messages(self) -> Iterator[Any]:
        """What has come from it; sets `gone` when nothing will come any more."""
        try:
            while self._connection.poll(0):
                yield self._connection.recv()
        except Exception:  # noqa: BLE001  # the pipe broke, perhaps within a message that foreign code spoilt
            self.gone = True
        if not self.gone and not self._orphan and wait([self._process.sentinel], 0):
            self._look_for_the_process()

    def _look_for_the_process(self) -> None:
        """Tell the end of the process from the end of the fork server, which a candidate may kill."""
        if self._process.exitcode == UNKNOWN_EXIT and _alive(self._pid):
            self._orphan = True
        else:
            self.gone = True

    def note(self) -> tuple[int, float, str, str]:
        """What it is doing, or did when it died."""
        return life.read_note(os.pread(self._files[life.NOTE], life.NOTE_BYTES, 0))

    def bound_output(self) -> None:
        """Drop what was printed, where it is too much."""
        if os.fstat(self._files[life.OUTPUT]).st_size > OUTPUT_BYTES:
            os.ftruncate(self._files[life.OUTPUT], 0)

    def kill(self) -> None:
        """End it and all it started."""
        if self.gone:
            self._process.join(1.0)
        for end in (getattr(os, "killpg", None), os.kill):
            if end is not None and self._pid:
                with contextlib.suppress(OSError):
                    end(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.join(5.0)

    def bury(self) -> None:
        """Give back its pipes and files; what it said last is kept."""
        self._stack, self._output = self._read(life.STACK), self._read(life.OUTPUT)
        for file in self._files.values():
            os.close(file)
        self._connection.close()
        self._lifeline.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _read(self, name: str) -> str:
        file = self._files[name]
        size = os.fstat(file).st_size
        return os.pread(file, OUTPUT_BYTES, max(0, size - OUTPUT_BYTES)).decode(errors="replace")

    def end(self) -> str:
        """How the process ended: ``killed by SIGSEGV``, ``exited with code 3``."""
        code = self._process.exitcode
        if self._orphan or code is None:
            return "ended, nobody knows how"
        if code >= 0:
            return f"exited with code {code}"
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
        return f"killed by signal {-code}"

    def last_stack(self) -> str:
        """The Python stack at its death, where there is one."""
        return _stack_text([f"{file}:{line} in {function}" for file, line, function in life.frames(self._stack)])

    def last_words(self) -> str:
        """The last line printed by a process that ended itself through `abort`; addresses left out."""
        lines = self._output.split("\n") if self._process.exitcode == -getattr(signal, "SIGABRT", 0) else []
        words = [" ".join(line.split()) for line in lines if line.strip()]
        return f"; last words: {re.sub('0x[0-9a-fA-F]+', '0x…', words[-1])[:WORDS]}" if words else ""

    def hanging_stack(self) -> str:
        """Where it hangs: the outer frames that several looks have in common."""
        if life.ASK_SIGNAL is None:
            return ""
        stacks: list[list[str]] = []
        asked = self.note()
        while len(stacks) < ASKED and self.note() == asked:  # being asked may end a system call, and so the hang
            os.ftruncate(self._files[life.STACK], 0)
            with contextlib.suppress(OSError):
                os.kill(self._pid, life.ASK_SIGNAL)
            time.sleep(ASKED_SECONDS)
            dump = self._read(life.STACK).replace("\0", "")
            stacks.append([f"{file} in {function}" for file, _, function in life.frames(dump)][::-1])
        return _stack_text(os.path.commonprefix(stacks)[::-1])


def _stack_text(places: Sequence[str]) -> str:
    return f"; at {' < '.join(places[:FRAMES])}" if places else ""


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _method() -> str:
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _begun(target: Callable[..., None], arguments: tuple[Any, ...], preload: Sequence[str]) -> BaseProcess:
    """A new process, tried again and again: a killed fork server is brought back once the system reports its death."""
    if multiprocessing.current_process().daemon:
        raise ExecutionError(
            "a daemonic process may not start workers; under Dask set distributed.worker.daemon to false"
        )
    context: Any = multiprocessing.get_context(_method())
    if _method() == "forkserver":
        context.set_forkserver_preload(["__main__", *preload])
    for last in (*(False for _ in range(START_TRIES)), True):
        process: BaseProcess = context.Process(target=target, args=arguments)
        try:
            with _starting():
                process.start()
            break
        except (OSError, EOFError):
            if last:
                raise
            time.sleep(START_SECONDS)
    return process


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """One thread for libraries loaded by what starts now, and no Ctrl-C for it: that is the runner's."""
    saved = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if sys.platform != "win32" else None
    try:
        yield
    finally:
        if masked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
