"""Batches of tasks from one pipe -> their verdicts into it: the life of one isolated process."""

from __future__ import annotations

import contextlib
import gc
import mmap
import os
import shutil
import signal
import struct
import sys
import time
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from harness.asking import stacks
from harness.asking.guard import Guard, let_go, quiet, steady
from harness.asking.memory import Room
from harness.execution.task import Setup, Task, Work
from harness.model import Verdict

try:
    import fcntl
    import resource
except ImportError:  # Windows
    fcntl = resource = None  # type: ignore[assignment]

#: Names of the three files a worker shares with the runner.
NOTE, STACK, OUTPUT = "note", "stack", "output"

#: What the note file starts with: the task's number, when its clock started, and the length of the text after it.
NOTE_HEAD = struct.Struct("<qdH")
NOTE_BYTES = 2048

#: Results wait at most this long for company, in seconds.
FLUSH_SECONDS = 0.05

#: When garbage is collected (``gc.set_threshold``): Python's own thresholds cost a judge a tenth of its time.
COLLECTING = 5_000, 10, 20

#: Linux: how soon a judge is ended when memory runs out: after the hosts (1000), before what is not of a run.
OOM_SCORE = "500"

#: Linux: which signal tells of input on a descriptor (fcntl.h; Python 3.11 does not name it).
F_SETSIG = 10


@dataclass(frozen=True)
class Ready:
    """The worker has made its work and waits for tasks."""


@dataclass(frozen=True)
class Unable:
    """The setup raised, with the traceback's text."""

    text: str


@dataclass(frozen=True)
class Retiring:
    """The worker has grown by as much as one task may, and wants to be replaced."""


@dataclass(frozen=True)
class Failure:
    """The work itself raised: what it said, and under which candidate and law."""

    message: str


#: What a worker sends of finished tasks: their numbers with verdicts or failure.
Results = list[tuple[int, list[Verdict] | Failure]]


@dataclass(frozen=True)
class Limits:
    """What one task may use: wall seconds per candidate, bytes of memory beyond the worker's size."""

    timeout: float
    memory: int


def live(tasks: Connection, lifeline: Connection, scratch: str, setup: Setup, limits: Limits) -> None:
    """Become a worker: set up once, then judge until the pipe closes. Never returns."""
    code = 1
    try:
        desk = _Desk(Path(scratch))
        let_go({0, 1, 2, tasks.fileno(), lifeline.fileno(), *desk.files()})
        _leave_the_runner(lifeline)
        _work(tasks, setup, limits, desk)
        code = 0
    except (EOFError, OSError):
        code = 1
    finally:
        os._exit(code)


class _Desk:
    """The files shared with the runner: what is being done, the stack of a death, and what was printed."""

    def __init__(self, scratch: Path) -> None:
        self.number, self.candidate, self.law = -1, "", ""
        with (scratch / NOTE).open("r+b") as file:
            self._note = mmap.mmap(file.fileno(), NOTE_BYTES)
        self.stack = (scratch / STACK).open("a")
        self._output = os.open(scratch / OUTPUT, os.O_WRONLY | os.O_APPEND)
        os.dup2(self._output, 1)
        os.dup2(self._output, 2)
        shutil.rmtree(scratch, ignore_errors=True)
        self.watch()

    def files(self) -> tuple[int, int]:
        """The descriptors that are to stay open."""
        return self.stack.fileno(), self._output

    def watch(self) -> None:
        """Have the Python stack written when the process is killed by a fault or asked for it."""
        stacks.watch(self.stack)

    def begin(self, number: int) -> None:
        """Start the clock of that task."""
        self.number = number
        self.write("", "")

    def write(self, candidate: str, law: str) -> None:
        """Note who is called next; the clock starts anew with each candidate."""
        self.candidate, self.law = candidate, law
        text = f"{candidate}\0{law}".encode()[: NOTE_BYTES - NOTE_HEAD.size]
        NOTE_HEAD.pack_into(self._note, 0, self.number, time.monotonic(), len(text))
        self._note[NOTE_HEAD.size : NOTE_HEAD.size + len(text)] = text

    def rewrite(self, law: str) -> None:
        """Note the next law of the same candidate; the clock runs on."""
        self.law = law
        text = f"{self.candidate}\0{law}".encode()[: NOTE_BYTES - NOTE_HEAD.size]
        self._note[NOTE_HEAD.size - 2 : NOTE_HEAD.size] = len(text).to_bytes(2, "little")
        self._note[NOTE_HEAD.size : NOTE_HEAD.size + len(text)] = text

    def clear(self) -> None:
        """Forget what was printed."""
        if os.fstat(self._output).st_size:
            os.ftruncate(self._output, 0)


def _leave_the_runner(lifeline: Connection) -> None:
    """A session of our own; death with the runner, even inside a C loop; first in line when memory runs out."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()
    if fcntl is not None:
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        if sys.platform == "linux":
            fcntl.fcntl(lifeline, F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if lifeline.poll(0):
        raise EOFError
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    if hasattr(signal, "pthread_sigmask"):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _work(tasks: Connection, setup: Setup, limits: Limits, desk: _Desk) -> None:
    try:
        steady()
        with quiet():
            work = setup()
        steady()
        gc.freeze()
        gc.set_threshold(*COLLECTING)
    except Exception:  # the runner raises it
        tasks.send(Unable(traceback.format_exc()))
        return
    tasks.send(Ready())
    guard, room = Guard(), Room(limits.memory)
    while True:
        batch: list[tuple[int, Task]] = tasks.recv()
        if not _judge_batch(batch, work, tasks, desk, guard, room):
            tasks.send(Retiring())
            return


def _judge_batch(
    batch: list[tuple[int, Task]], work: Work, tasks: Connection, desk: _Desk, guard: Guard, room: Room
) -> bool:
    """Judge the tasks in turn, sending results now and then; False when the process should be replaced."""
    results: Results = []
    sent = time.monotonic()
    for number, task in batch:
        results.append((number, _judge(number, task, work, desk, guard)))
        room.follow()
        grown = room.grown()
        if grown or time.monotonic() - sent > FLUSH_SECONDS:
            tasks.send(results)
            results, sent = [], time.monotonic()
        if grown:
            return False
    if results:
        tasks.send(results)
    return True


def _judge(number: int, task: Task, work: Work, desk: _Desk, guard: Guard) -> list[Verdict] | Failure:
    def note(candidate: str, law: str) -> None:
        if candidate == desk.candidate:
            desk.rewrite(law)
        else:
            desk.write(candidate, law)

    desk.begin(number)
    try:
        with quiet():
            return work(task, note)
    except BaseException as error:  # the runner reports it
        return Failure(f"{_told(error)} in law {desk.law}, judging {desk.candidate}")
    finally:
        guard.between_tasks()
        desk.watch()
        desk.clear()


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {text}; at {stacks.short(place.filename)}:{place.lineno} in {place.name}"


def read_note(raw: bytes) -> tuple[int, float, str, str]:
    """The task's number, when its clock started, the candidate and the law that a note file tells of."""
    number, since, length = NOTE_HEAD.unpack_from(raw)
    text = raw[NOTE_HEAD.size : NOTE_HEAD.size + length].decode(errors="replace")
    candidate, _, law = text.partition("\0")
    return number, since, candidate, law


def own(file: Path) -> bool:
    """Whether a file is the one below which frames are the harness's own."""
    return file.parts[-2:] == ("execution", "worker.py")
