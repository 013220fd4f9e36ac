"""A candidate -> its host, as the judge sees it: started, asked, watched, ended, asked again in a fresh one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from harness.asking import note, outcomes
from harness.asking.channel import Channel, Closed, reachable
from harness.asking.host import ASK_SIGNAL, described, load, perform
from harness.asking.imports import libraries_of
from harness.asking.messages import Answers, Batch, Described, Ended, Ending, Hello, NotHere
from harness.asking.outcomes import Died, Escaped, Outcome, OutOfMemory, Skipped, TimedOut
from harness.asking.registry import LIBRARIES
from harness.asking.wire import WireError

#: Seconds one scenario may take, and bytes a host may take beyond its size, unless a command says otherwise.
TIMEOUT, MEMORY = 30.0, 4 * 2**30

#: How many times as long as a scenario a candidate's import may take.
IMPORT_TIMES = 10

#: Seconds between looks at the clock of a host that does not answer.
TICK = 0.1

#: Seconds a server may be waited for whose interpreter and library start, of its own time on a processor.
START_SECONDS = 600.0

#: Deaths or time-outs of a candidate under one kind of scenario after which that is not asked of it any more.
MOST_DEATHS = 3

#: Hosts that a judge keeps at once.
MOST_HOSTS = 16

#: The libraries, those first whose import takes longest.
HEAVIEST = tuple(LIBRARIES)[::-1]

#: Bytes of output that are kept, frames of a stack and characters of last words in a message.
OUTPUT_BYTES, FRAMES, WORDS = 2**20, 6, 200

#: Stacks asked of a hanging process, and seconds between them: what they have in common is where it hangs.
ASKED, ASKED_SECONDS = 4, 0.02

#: The folder of this package, which a server of any interpreter finds the protocol in.
_PACKAGE = Path(__file__).resolve().parents[1]

#: What a server's interpreter is told first: `harness` is that folder, and nothing else of it is imported.
_BOOT = (
    "import sys, types; package = types.ModuleType('harness'); package.__path__ = [sys.argv[1]]; "
    "sys.modules['harness'] = package; from harness.asking.server import main; main(*sys.argv[2:])"
)

_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "BLIS_NUM_THREADS",
    ),
    "1",
)

Tell = Callable[[str], None]


class HostError(Exception):
    """No host can be had: the machine's or the installation's fault, never a candidate's."""


@dataclass(frozen=True)
class Limits:
    """What a host may take: seconds a scenario, not counting those it waits for a processor; bytes beyond its size."""

    timeout: float = TIMEOUT
    memory: int = MEMORY


@dataclass(frozen=True)
class Wanted:
    """Which candidate a host is wanted for, and of which interpreter ("": this one).

    ``loaded`` is the library that its server has loaded: the candidate's own, or a heavier one that its module imports too.
    """

    call: str
    vjp: str
    library: str
    needs: str = ""
    python: str = ""
    loaded: str = ""


# --- servers --------------------------------------------------------------------------------------------------------


class Servers:
    """The servers that hosts are forked from, one for each interpreter and library, shared through a folder.

    Whoever needs one first starts it; it ends with that process, and the next one starts another.
    """

    def __init__(self, folder: str = "") -> None:
        self._own = "" if folder else tempfile.mkdtemp(prefix="harness-")
        self.folder = Path(folder or self._own)
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, library: str) -> None:
        """Have the server of a library ready before it is needed. Raises HostError."""
        self.connect(Wanted("", "", library), b"").close()

    def connect(self, wanted: Wanted, kind: bytes = b"H", most: int = MEMORY) -> Channel:
        """A connection to the server for a candidate. Raises HostError where it does not come up."""
        key = self._key(wanted)
        path = self.folder / f"{key}.socket"
        connection = _connected(path)
        if connection is None:
            with (self.folder / f"{key}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                connection = _connected(path)
                if connection is None:
                    self._start(key, wanted, path)
                    connection = _connected(path)
        if connection is None:
            raise HostError(f"{wanted.python or sys.executable}: its server is not there; was it killed?")
        with contextlib.suppress(OSError):
            connection.sendall(kind)
        return Channel(connection, most)

    def _key(self, wanted: Wanted) -> str:
        python = re.sub(r"\W", "-", wanted.python)[-40:]
        return f"{wanted.loaded or wanted.library}{python}"

    def _start(self, key: str, wanted: Wanted, path: Path) -> None:
        path.unlink(missing_ok=True)
        if key in self._started:
            _end(self._started.pop(key))
        python = wanted.python or sys.executable
        environment = {**os.environ, **_ONE_THREAD}
        if not wanted.python:  # modules are found where this process finds them
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        try:
            process = subprocess.Popen(
                [python, "-c", _BOOT, str(_PACKAGE), str(path), wanted.loaded or wanted.library, self._own],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise HostError(f"`{python}` does not start: {error.strerror}") from None
        assert process.stdout is not None
        assert process.stderr is not None
        if not process.stdout.readline():
            process.wait()
            said = process.stderr.read().decode(errors="replace").strip().splitlines()
            raise HostError(f"`{python}` cannot hold a candidate: {said[-1] if said else 'it said nothing'}")
        process.stdout.close()
        os.set_blocking(process.stderr.fileno(), False)
        self._started[key] = process

    def close(self) -> None:
        """End the servers started here, and their hosts with them."""
        for process in self._started.values():
            _end(process)
        self._started.clear()
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _connected(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        with reachable(path) as address:
            connection.connect(address)
    except OSError:
        connection.close()
        return None
    return connection


# --- one host -------------------------------------------------------------------------------------------------------


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
            if clock.charged(note.read(self._files[note.NOTE])) > seconds:
                arrived, value = self._channel.received(0)  # it may be done, and only we late to notice
                if arrived:
                    return value
                where = self._hanging_stack()
                self.close()
                return TimedOut(seconds, where)
            if os.fstat(self._files[note.OUTPUT]).st_size > OUTPUT_BYTES:
                os.ftruncate(self._files[note.OUTPUT], 0)

    def _death(self) -> Outcome:
        """How the process ended."""
        code = self._code()
        self.close()
        if code is not None and code == -signal.SIGKILL and _kills_for_memory() > self._oom:
            return OutOfMemory()
        stack = _text_of(self._read(note.STACK))
        if code is None or code >= 0:
            return Died(code=code or 0, where=stack)
        name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else f"signal {-code}"
        words = _last_words(self._read(note.OUTPUT)) if -code == signal.SIGABRT else ""
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

    def _hanging_stack(self) -> str:
        """Where it hangs: the outer frames that several looks have in common."""
        if ASK_SIGNAL is None:
            return ""
        stacks: list[list[str]] = []
        asked = note.read(self._files[note.NOTE])
        while len(stacks) < ASKED and note.read(self._files[note.NOTE]) == asked:  # being asked may end the hang
            os.ftruncate(self._files[note.STACK], 0)
            with contextlib.suppress(OSError):
                os.kill(self._process, ASK_SIGNAL)
            time.sleep(ASKED_SECONDS)
            dump = self._read(note.STACK).replace("\0", "")
            found = [f"{file} in {function}" for file, _, function in frames(dump)][::-1]
            if stacks and not found:
                break
            stacks.append(found)
        shared = takewhile(lambda places: len(set(places)) == 1, zip(*stacks, strict=False))
        return " < ".join([places[0] for places in shared][::-1][:FRAMES])

    def _read(self, name: str) -> str:
        file = self._files[name]
        size = os.fstat(file).st_size
        return os.pread(file, OUTPUT_BYTES, max(0, size - OUTPUT_BYTES)).decode(errors="replace")

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


def frames(dump: str) -> Iterator[tuple[str, str, str]]:
    """File, line and function of each frame `faulthandler` wrote, innermost first, down to the host's own."""
    for line in dump.splitlines():
        words = line.split('"')
        if len(words) != 3 or not words[2].startswith(", line "):
            continue
        place, _, function = words[2].removeprefix(", line ").partition(" in ")
        path = Path(words[1])
        if path.parent.name == "asking":
            return
        yield "/".join(path.parts[-2:]), place, function


def _text_of(dump: str) -> str:
    return " < ".join([f"{file}:{line} in {function}" for file, line, function in frames(dump)][:FRAMES])


def _last_words(output: str) -> str:
    """The last line printed; addresses left out."""
    lines = [" ".join(line.split()) for line in output.split("\n") if line.strip()]
    return re.sub("0x[0-9a-fA-F]+", "0x…", lines[-1])[:WORDS] if lines else ""


# --- asking ---------------------------------------------------------------------------------------------------------


class Holder:
    """A candidate that can be asked: in a host that is started when it is needed, and anew after a death.

    A death or a time-out convicts nobody: the batch is asked again, alone, in a fresh host, and what comes of that counts,
    until a candidate is convicted under the same kind of scenario. After ``MOST_DEATHS`` that kind is not asked any more.
    """

    def __init__(self, servers: Servers, wanted: Wanted, limits: Limits, place: str, tell: Tell = lambda line: None):
        self._servers, self._wanted, self._limits, self._place, self._tell = servers, wanted, limits, place, tell
        self._host: Host | None = None
        self._told: Any = None
        self._pending: Batch | None = None
        self.deaths: dict[str, list[Outcome]] = {}

    @property
    def told(self) -> Described | NotHere | Died | TimedOut | OutOfMemory:
        """What the candidate takes, or why it is not there."""
        if self._told is None:
            self._told = self._started().told
            if isinstance(self._told, (Died, TimedOut, OutOfMemory)):
                self._drop()
                self._told = self._started().told
        return self._told  # type: ignore[no-any-return]

    def _started(self) -> Host:
        if self._host is None:
            self._host = Host(self._servers, self._wanted, self._limits, self._place)
        return self._host

    def _drop(self) -> None:
        if self._host is not None:
            self._host.bury()
            self._host = None

    def send(self, batch: Batch) -> None:
        """Have a batch performed while the judge goes on; `answers` gives what came of it."""
        self._pending = batch
        _ = self.told
        if isinstance(self._told, Described):
            self._started().send(batch)

    def answers(self) -> list[Outcome]:
        """What came of the batch that was sent last."""
        batch, self._pending = self._pending, None
        assert batch is not None
        if not isinstance(self._told, Described):
            return [Skipped() for _ in batch.scenarios]
        found = self._started().answers(batch)
        ended = _ended(found)
        if ended is None:
            if self._started().grown:
                self._drop()
            return found
        self._drop()
        kind = _kind(batch, found, ended)
        if kind in self.deaths and ended != Died(signal=signal.SIGKILL.name):  # which anybody may send
            self.deaths[kind].append(ended)
            return found
        self._tell(f"{self._wanted.call}: {ended} when asked {kind}; asked again in a fresh process")
        again = self._asked_anew(batch)
        convicted = _ended(again)
        if convicted is not None:
            self._drop()
            self.deaths.setdefault(_kind(batch, again, convicted), []).append(convicted)
        return again

    def _asked_anew(self, batch: Batch) -> list[Outcome]:
        host = self._started()
        told = host.told
        if not isinstance(told, Described):
            ended = Died(words=told.text) if isinstance(told, NotHere) else told
            return [ended if n == 0 else Skipped() for n in range(len(batch.scenarios))]
        host.send(batch)
        return host.answers(batch)

    def close(self) -> None:
        """End the host."""
        self._drop()


def _kind(batch: Batch, found: Sequence[Outcome], ended: Outcome) -> str:
    """The name of the kind of scenario that something ended."""
    return next(type(s).__name__ for s, o in zip(batch.scenarios, found, strict=True) if o is ended)


def _ended(found: Sequence[Outcome]) -> Outcome | None:
    """The outcome that ended a process, if there is one."""
    return next((o for o in found if isinstance(o, (Died, TimedOut, OutOfMemory, Escaped))), None)


def loaded(call: str, library: str, place: str) -> str:
    """The heaviest library that a candidate needs anyway, so that its hosts need not load it each."""
    named = {library, *libraries_of(call, place)}
    return next(name for name in HEAVIEST if name in named)


class Hosts:
    """The holders of a judge's candidates, those used last kept."""

    def __init__(self, folder: str, limits: Limits, place: str, tell: Tell = lambda line: None) -> None:
        self._servers, self._limits, self._place, self._tell = Servers(folder), limits, place, tell
        self._kept: dict[Wanted, Holder] = {}

    def holder(self, wanted: Wanted) -> Holder:
        """The holder of a candidate."""
        wanted = replace(
            wanted, loaded=wanted.library if wanted.python else loaded(wanted.call, wanted.library, self._place)
        )
        found = self._kept.pop(wanted, None)
        if found is None:
            found = Holder(self._servers, wanted, self._limits, self._place, self._tell)
        self._kept[wanted] = found
        while len(self._kept) > MOST_HOSTS:
            oldest = next(iter(self._kept))
            self._kept.pop(oldest).close()
        return found

    def close(self) -> None:
        """End all hosts and servers."""
        for holder in self._kept.values():
            holder.close()
        self._kept.clear()
        self._servers.close()


# --- in this process ------------------------------------------------------------------------------------------------


@dataclass
class Inline:
    """A candidate held in this process: for debugging, and unsafe. What it does to the process it does to the judge."""

    hello: Hello
    _loaded: Any = field(default=None, init=False)
    _batch: Batch | None = field(default=None, init=False)
    deaths: Mapping[str, list[Outcome]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, wanted: Wanted, place: str) -> Inline:
        """The holder of a candidate."""
        return cls(Hello(wanted.call, wanted.vjp, wanted.library, wanted.needs, place, MEMORY, ""))

    @classmethod
    def function(cls, function: Any, vjp: Any, library: Any) -> Inline:
        """The holder of functions that have no path."""
        made = cls(Hello("", "", library.name, "", "", MEMORY, ""))
        made._loaded = (function, vjp, library)
        return made

    @property
    def told(self) -> Described | NotHere:
        """What the candidate takes, or why it is not there."""
        if self._loaded is None:
            self._loaded = load(self.hello)
        return self._loaded if isinstance(self._loaded, NotHere) else described(self._loaded)

    def send(self, batch: Batch) -> None:
        """Remember what is to be performed."""
        self._batch = batch

    def answers(self) -> list[Outcome]:
        """Perform it."""
        assert self._batch is not None
        if not isinstance(self.told, Described):
            return [Skipped() for _ in self._batch.scenarios]
        copied = [_apart(o) for o in perform(self._loaded, self._batch, lambda number: None)]
        self._batch = None
        return copied

    def close(self) -> None:
        """Nothing to end."""


def _apart(outcome: Outcome) -> Outcome:
    """The outcome with arrays of its own: whoever returned them may write to them later."""
    if isinstance(outcome, outcomes.Returned):
        return replace(outcome, arrays={n: None if x is None else x.copy() for n, x in outcome.arrays.items()})
    return outcome
