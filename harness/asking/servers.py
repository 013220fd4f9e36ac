"""An interpreter, a library -> the server that forks hosts of it: started, reached, ended."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import getpass
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.asking.channel import Channel, Closed, reachable
from harness.asking.messages import Measure, Measured
from harness.asking.wire import WireError

#: Seconds one scenario may take, and bytes a host may take beyond its size, unless a command says otherwise.
TIMEOUT, MEMORY = 30.0, 4 * 2**30

#: Open files a judge asks for.
OPEN_FILES = 65_536

#: Seconds between looks at the clock of a process that does not answer.
TICK = 0.1

#: Seconds a server may be waited for whose interpreter and library start, of its own time on a processor.
START_SECONDS = 600.0

#: The folder of this package, which a server of any interpreter finds the protocol in.
_PACKAGE = Path(__file__).resolve().parents[1]

#: What a server's interpreter is told first: `harness` is that folder, whose own module loads nothing else before it is asked.
_BOOT = (
    "import sys, importlib.util as of; place = sys.argv[1]; "
    "found = of.spec_from_file_location('harness', place + '/__init__.py', submodule_search_locations=[place]); "
    "package = sys.modules['harness'] = of.module_from_spec(found); found.loader.exec_module(package); "
    "from harness.asking.server import main; main(*sys.argv[2:])"
)

#: What has libraries compute in one thread.
ONE_THREAD = dict.fromkeys(
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


def _allow_many_files() -> None:
    """A judge holds several open files for each candidate: as many as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Servers:
    """The servers that hosts are forked from, one for each interpreter and library, shared through a folder.

    Whoever needs one first starts it; it ends with that process, and the next one starts another.
    """

    def __init__(self, folder: str = "") -> None:
        _allow_many_files()
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

    def measured(self, library: str, probes: Sequence[str], place: str) -> Measured:
        """What the server of a library finds of the machine. Raises HostError where it does not answer."""
        channel = self.connect(Wanted("", "", library), b"M")
        try:
            channel.send(Measure(probes, place))
            answer = channel.receive()
        except (Closed, WireError, OSError) as error:
            raise HostError(f"the server of {library} does not say what it finds: {error}") from None
        finally:
            channel.close()
        if not isinstance(answer, Measured):
            raise HostError(f"the server of {library} says {answer!r}, expected what it finds")
        return answer

    def _key(self, wanted: Wanted) -> str:
        python = re.sub(r"\W", "-", wanted.python)[-40:]
        return f"{wanted.loaded or wanted.library}{python}"

    def _start(self, key: str, wanted: Wanted, path: Path) -> None:
        path.unlink(missing_ok=True)
        if key in self._started:
            _end(self._started.pop(key))
        python = wanted.python or sys.executable
        environment = {**_compiling(), **os.environ, **ONE_THREAD}
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


def _compiling() -> dict[str, str]:
    """Where torch's compiler keeps what it made: apart for a capability that is asked for, whose code others cannot use."""
    capability = os.environ.get("ATEN_CPU_CAPABILITY", "")
    folder = Path(tempfile.gettempdir()) / f"torchinductor_{getpass.getuser()}_{capability}"
    return {"TORCHINDUCTOR_CACHE_DIR": str(folder)} if capability else {}


@cache
def shared() -> Servers:
    """The servers of this process, ended with it."""
    kept = Servers()
    atexit.register(kept.close)
    return kept


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
