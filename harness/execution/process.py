"""One worker process, as its runner sees it: started, fed, listened to, watched, ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from harness.asking import stacks
from harness.asking.servers import ONE_THREAD
from harness.execution import worker as life
from harness.execution.task import ExecutionError, Setup, Task
from harness.execution.worker import Limits
from harness.model import Verdict

#: What the fork server loads before the first judge: its rooms, and the command line, which is its main module.
PRELOAD = ("numpy", "harness.judgement", "harness.runs", "harness.cli.doors")

#: Times a process is tried to be started again, and seconds between.
START_TRIES, START_SECONDS = 20, 0.05

#: The exit code that multiprocessing gives where the fork server is not there to tell it.
UNKNOWN_EXIT = 255


@dataclass
class Case:
    """A task as it was given, the verdicts there are, and how many parts of it are still under way."""

    task: Task
    rows: list[Verdict] = field(default_factory=list)
    parts: int = 1


@dataclass
class Item:
    """A case on its way: its number, the candidates in it, and how many judges died of it before."""

    number: int
    case: Case
    candidates: tuple[str, ...]
    deaths: int = 0

    @property
    def task(self) -> Task:
        whole = self.case.task
        return whole if self.candidates == whole.candidates else replace(whole, candidates=self.candidates)


def prepare() -> None:
    """Have the fork server load the judge now, while the caller does something else."""
    if _method() == "forkserver":
        from multiprocessing import forkserver  # not there on Windows

        with _starting():
            multiprocessing.get_context("forkserver").set_forkserver_preload(["__main__", *PRELOAD])
            forkserver.ensure_running()


class Worker:
    """One process as its runner sees it."""

    def __init__(self, setup: Setup, limits: Limits) -> None:
        self.outstanding: dict[int, Item] = {}
        self.ready = self.gone = self.buried = self._orphan = False
        self.fresh = True
        self._stack = self._output = ""
        self._burying = threading.Lock()
        self._begun: tuple[int, str] = (0, "")
        self._spent: float | None = None
        self.started = self.since = time.monotonic()
        self._scratch = tempfile.mkdtemp(prefix="harness-")
        (Path(self._scratch) / life.NOTE).write_bytes(bytes(life.NOTE_BYTES))
        self._files = {name: self._open(name) for name in (life.NOTE, life.STACK, life.OUTPUT)}
        self._connection, theirs = multiprocessing.Pipe()
        pulse, self._lifeline = multiprocessing.Pipe(duplex=False)
        self._process = _begun(life.live, (theirs, pulse, self._scratch, setup, limits))
        theirs.close()
        pulse.close()
        assert self._process.pid is not None
        self._pid = self._process.pid

    def _open(self, name: str) -> int:
        return os.open(Path(self._scratch) / name, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    def handles(self) -> list[Any]:
        """What to wait for: a message, or the end of the process."""
        return [self._connection] if self._orphan else [self._connection, self._process.sentinel]

    def send(self, items: Sequence[Item]) -> None:
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
        except Exception:  # the pipe broke, perhaps within a message that foreign code spoilt
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
        return life.read_note(_read_at(self._files[life.NOTE], 0, life.NOTE_BYTES))

    def processor_seconds(self) -> float | None:
        """Seconds it has computed; None where the system does not tell."""
        try:
            fields = Path(f"/proc/{self._pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def processor_seconds_since(self, begun: tuple[int, str]) -> float | None:
        """Seconds it has computed since it was first seen at that task and candidate; None where nobody knows."""
        now = self.processor_seconds()
        if begun != self._begun:
            self._begun, self._spent = begun, now
        return None if now is None or self._spent is None else now - self._spent

    def bound_output(self) -> None:
        """Drop what was printed, where it is too much."""
        if os.fstat(self._files[life.OUTPUT]).st_size > stacks.KEPT:
            os.ftruncate(self._files[life.OUTPUT], 0)

    def kill(self) -> None:
        """End it and all it started."""
        if self.gone:
            self._process.join(1.0)
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._pid, signal.SIGKILL)
        if self._process.exitcode is None or self._orphan:
            with contextlib.suppress(OSError):
                os.kill(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.join(5.0)

    def bury(self) -> None:
        """Give back its pipes and files, once, whoever asks; what it said last is kept."""
        with self._burying:
            if self.buried:
                return
            self.buried = True
        self._stack, self._output = (stacks.tail(self._files[name]) for name in (life.STACK, life.OUTPUT))
        for file in self._files.values():
            os.close(file)
        self._connection.close()
        self._lifeline.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

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
        return _at(stacks.told(self._stack, life.own))

    def last_words(self) -> str:
        """The last line printed by a process that ended itself through `abort`; addresses left out."""
        aborted = self._process.exitcode == -getattr(signal, "SIGABRT", 0)
        words = stacks.last_words(self._output) if aborted else ""
        return f"; last words: {words}" if words else ""

    def hanging_stack(self) -> str:
        """Where it hangs: the outer frames that several looks have in common."""
        return _at(stacks.hanging(self._pid, self._files[life.STACK], self.note, life.own))


def _read_at(file: int, start: int, size: int) -> bytes:
    os.lseek(file, start, os.SEEK_SET)
    return os.read(file, size)


def _at(stack: str) -> str:
    return f"; at {stack}" if stack else ""


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _method() -> str:
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _begun(target: Callable[..., None], arguments: tuple[Any, ...]) -> BaseProcess:
    """A new process, tried again and again: a killed fork server is brought back once the system reports its death."""
    if multiprocessing.current_process().daemon:
        raise ExecutionError(
            "a daemonic process may not start workers; under Dask set distributed.worker.daemon to false"
        )
    context: Any = multiprocessing.get_context(_method())
    if _method() == "forkserver":
        context.set_forkserver_preload(["__main__", *PRELOAD])
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
    saved = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    masked = None
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # where a start has to start it too, it unblocks what is blocked here
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
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
