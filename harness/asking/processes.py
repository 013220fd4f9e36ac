"""One host -> its answers, or how it ended: greeted, asked, watched, buried."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from harness.asking import note, outcomes, stacks
from harness.asking.channel import Closed
from harness.asking.messages import Answers, Batch, Described, Ended, Ending, Hello, NotHere
from harness.asking.outcomes import Died, Escaped, Outcome, OutOfMemory, Skipped, TimedOut
from harness.asking.servers import TICK, HostError, Limits, Servers, Wanted
from harness.asking.wire import WireError

#: How many times as long as a scenario a candidate's import may take.
IMPORT_TIMES = 10


class Host:
    """A process that holds a candidate. ``told`` says what it is, or why it is not there."""

    def __init__(self, servers: Servers, wanted: Wanted, limits: Limits, place: str) -> None:
        self._servers, self._wanted, self._limits = servers, wanted, limits
        scratch = Path(tempfile.mkdtemp(prefix="host-", dir=servers.folder))
        note.create(scratch)
        self._files = {n: os.open(scratch / n, os.O_RDWR) for n in (note.NOTE, note.STACK, note.OUTPUT)}
        self._oom = _kills_for_memory()
        self.grown = False
        self._channel = servers.connect(wanted, most=limits.memory)
        self._process = self._numbered()
        hello = Hello(wanted.call, wanted.vjp, wanted.library, wanted.needs, place, limits.memory, str(scratch))
        self.told: Described | NotHere | Died | TimedOut | OutOfMemory = self._greeted(hello)
        shutil.rmtree(scratch, ignore_errors=True)

    def _numbered(self) -> int:
        """The host's process, as the server that forked it says; 0 where it is gone already."""
        try:
            return self._channel.number()
        except Closed:
            return 0

    def _greeted(self, hello: Hello) -> Any:
        try:
            self._channel.send(hello)
            answer = self._awaited(self._limits.timeout * IMPORT_TIMES)
        except (Closed, WireError):
            return self._death()
        if isinstance(answer, (TimedOut, NotHere, Described)):
            return answer
        return Died(words="it did not keep to the protocol")

    def send(self, batch: Batch) -> None:
        """Have a batch performed; a host that has just died is noticed when it is listened to."""
        with contextlib.suppress(Closed):
            self._channel.send(batch)

    def answers(self, batch: Batch) -> list[Outcome]:
        """What came of a batch that was sent; after a death or time-out, what ended it where it did, the rest skipped."""
        try:
            answer = self._awaited(self._limits.timeout)
        except (Closed, WireError):
            answer = self._death()
        if _sound(answer, batch):
            self.grown = bool(answer.grown)
            return list(answer.outcomes)
        if not isinstance(answer, (Died, TimedOut, OutOfMemory)):
            self.close()
            answer = Died(words="it did not keep to the protocol")
        place = min(max(note.read(self._files[note.NOTE]).number, 0), len(batch.scenarios) - 1)
        return [answer if n == place else Skipped() for n in range(len(batch.scenarios))]

    def _awaited(self, seconds: float) -> Any:
        """The next value, or how long it took in vain. Raises Closed where the process is gone."""
        clock = _Clock(self._process)
        while True:
            arrived, value = self._channel.received(TICK)
            if arrived:
                return value
            if not _alive(self._process):  # a child of its own may hold the connection open
                raise Closed
            if clock.charged(self._noted()) > seconds:
                arrived, value = self._channel.received(0)  # it may be done, and only we late to notice
                if arrived:
                    return value
                where = stacks.hanging(self._process, self._files[note.STACK], self._noted, _own)
                self.close()
                return TimedOut(seconds, where)
            if os.fstat(self._files[note.OUTPUT]).st_size > stacks.KEPT:
                os.ftruncate(self._files[note.OUTPUT], 0)

    def _noted(self) -> note.Note:
        """What it is doing."""
        return note.read(self._files[note.NOTE])

    def _death(self) -> Outcome:
        """How the process ended."""
        code = self._code()
        self.close()
        if code is not None and code == -signal.SIGKILL and _kills_for_memory() > self._oom:
            return OutOfMemory()
        stack = stacks.told(stacks.tail(self._files[note.STACK]), _own)
        if code is None or code >= 0:
            return Died(code=code or 0, where=stack)
        name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else f"signal {-code}"
        words = stacks.last_words(stacks.tail(self._files[note.OUTPUT])) if -code == signal.SIGABRT else ""
        return Died(signal=name, where=stack, words=words)

    def _code(self) -> int | None:
        """The exit code, from the server that forked the process; None where nobody knows."""
        for _ in range(20):
            try:
                channel = self._servers.connect(self._wanted, b"E")
                channel.send(Ended(self._process))
                ending = channel.receive()
                channel.close()
            except (Closed, WireError, HostError):
                return None
            if isinstance(ending, Ending) and ending.known:
                return ending.code
            time.sleep(TICK / 4)
        return None

    def close(self) -> None:
        """End the process and all that it started."""
        if self._process:
            with contextlib.suppress(OSError):
                os.killpg(self._process, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.kill(self._process, signal.SIGKILL)
        self._channel.close()

    def bury(self) -> None:
        """End it and give back its files."""
        self.close()
        for file in self._files.values():
            with contextlib.suppress(OSError):
                os.close(file)
        self._files = {}


class _Clock:
    """Seconds of a process, not counting those in which it waits for a processor that others have."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._began, self._waited = time.monotonic(), _waiting(process)

    def charged(self, told: note.Note) -> float:
        """Seconds since the note was written, or since this clock was made where that is later."""
        waiting = _waiting(self._process)
        if self._began < told.since <= time.monotonic():
            self._began, self._waited = told.since, waiting
        return time.monotonic() - self._began - (waiting - self._waited)


def _waiting(process: int) -> float:
    """The longest that one thread of a process has waited, in seconds (Linux: scheduler/sched-stats.rst, field 2)."""
    found = 0.0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            found = max(found, int((thread / "schedstat").read_text().split()[1]) / 1e9)
    return found


def _alive(process: int) -> bool:
    """Whether a process is there; its server takes those that ended away at once."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


#: Outcomes that a host may tell of; the others are the judge's to find out.
_TOLD = (
    outcomes.Returned,
    outcomes.Raised,
    outcomes.NotAnArray,
    outcomes.NoGraph,
    Escaped,
    OutOfMemory,
    outcomes.NotOffered,
    Skipped,
)


def _sound(answer: Any, batch: Batch) -> bool:
    """Whether an answer is what the protocol says: one outcome for each scenario, of the kinds that a host may tell of."""
    if not isinstance(answer, Answers) or not isinstance(answer.outcomes, list):
        return False
    if len(answer.outcomes) != len(batch.scenarios):
        return False
    return all(isinstance(o, _TOLD) and _fields_sound(o) for o in answer.outcomes)


def _fields_sound(outcome: Any) -> bool:
    if isinstance(outcome, outcomes.Returned):
        arrays = outcome.arrays
        there = isinstance(arrays, dict) and isinstance(outcome.notes, dict)
        return there and all(x is None or isinstance(x, np.ndarray) for x in arrays.values())
    return all(isinstance(getattr(outcome, f.name), str) for f in fields(outcome))


def _kills_for_memory() -> int:
    """How many processes the kernel has killed for want of memory."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


def _own(file: Path) -> bool:
    return file.parent.name == "asking"
