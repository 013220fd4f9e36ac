"""A socket -> hosts: a process that has loaded a library and never used it, and is forked for each candidate.

Started with any interpreter that has NumPy and the library. It ends when its standard input closes, and its hosts end
with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.asking import libraries
from harness.asking.channel import Channel, Closed, reachable
from harness.asking.host import begin
from harness.asking.machine import measured
from harness.asking.messages import Ended, Ending, Measure
from harness.asking.wire import WireError

#: Linux: the number of ``prctl`` that names the signal sent when the parent ends.
PR_SET_PDEATHSIG = 1

#: What is written to standard output once hosts can be asked for.
READY = "ready\n"

#: Connections that wait to be taken.
BACKLOG = 64

#: Hosts forked before the server loads what few candidates use: who judges one function waits for none of it.
FEW = 2


def main(path: str, library: str, folder: str) -> None:
    """Listen at a path, with a library loaded; at the end remove ``folder``, where one is named. Never returns."""
    listener = socket.socket(socket.AF_UNIX)
    with reachable(Path(path)) as address:
        listener.bind(address)
    later = _preload(library)
    listener.listen(BACKLOG)
    os.write(1, READY.encode())
    _serve(listener, later)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _preload(library: str) -> Sequence[str]:
    """Load the library's module and what it names first; what it names for later.

    What is not installed is told by the host that needs it.
    """
    try:
        room = importlib.import_module(libraries.module(library))
    except ImportError:
        return ()
    _load(room.PRELOAD)
    later: Sequence[str] = getattr(room, "LATER", ())
    return later


def _load(names: Sequence[str]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _serve(listener: socket.socket, later: Sequence[str]) -> None:
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended: dict[int, int] = {}
    hosts = 0
    while True:
        ready, _, _ = select.select([listener.fileno(), woken.fileno(), 0], [], [])
        if 0 in ready and not os.read(0, 64):
            return
        if woken.fileno() in ready:
            with contextlib.suppress(BlockingIOError):
                woken.recv(4096)
        _reap(ended)
        if listener.fileno() in ready:
            connection, _ = listener.accept()
            hosts += _answer(connection, listener, ended, later if hosts == FEW else ())


def _reap(ended: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            ended[process] = os.waitstatus_to_exitcode(status)


def _answer(connection: socket.socket, listener: socket.socket, ended: dict[int, int], before: Sequence[str]) -> bool:
    """Say how a host ended or what is measured here, or fork a host, once the modules ``before`` it are loaded: the first
    byte tells which. Whether one was forked."""
    connection.settimeout(5.0)
    try:
        kind = connection.recv(1)
    except OSError:
        kind = b""
    connection.settimeout(None)
    if kind == b"E":
        channel = Channel(connection)
        with contextlib.suppress(Closed, WireError):
            asked = channel.receive()
            if isinstance(asked, Ended):
                channel.send(Ending(asked.process in ended, ended.get(asked.process, 0)))
        channel.close()
        return False
    if kind == b"M" and os.fork() == 0:
        _die_with_parent()
        listener.close()
        _measure(Channel(connection))
    if kind == b"H":
        _load(before)
        gc.freeze()  # no host walks through the library's objects, nor copies their pages
        process = os.fork()
        if process == 0:
            _die_with_parent()
            listener.close()
            begin(Channel(connection))
        with contextlib.suppress(OSError):
            connection.sendall(process.to_bytes(8, "little"))
    connection.close()
    return kind == b"H"


def _measure(channel: Channel) -> None:
    """Answer what is measured in this process, a fork of the server's; never return."""
    try:
        asked = channel.receive()
        if isinstance(asked, Measure):
            channel.send(measured(asked.probes, asked.place))
    finally:
        os._exit(0)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
