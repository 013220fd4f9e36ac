"""A socket -> whole frames, and back."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.asking import wire
from harness.asking.messages import CODEC

#: Bytes read at a time.
CHUNK = 2**20

#: Bytes of buffers that a frame may have, unless a channel says otherwise.
MOST_BODY = 2**36


#: Bytes that the path of a socket may have everywhere (unix(7): 108 on Linux, 104 on BSD, with the closing zero).
MOST_PATH = 100


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A socket's path as the system takes it: a long one by way of its folder, opened."""
    if len(os.fsencode(path)) <= MOST_PATH or not Path("/proc/self/fd").exists():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """A connected socket that carries frames of at most ``most`` bytes of buffers."""

    def __init__(self, connection: socket.socket, most: int = MOST_BODY) -> None:
        self._socket, self._most = connection, most
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._pieces: list[bytes] = []
        self._have = 0

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def send(self, value: Any) -> None:
        """Write a value's frame. Raises Closed, or WireError for what no frame can hold."""
        pieces = CODEC.encode(value)
        try:
            for piece in pieces:
                self._socket.sendall(piece)
        except OSError as error:
            raise Closed from error

    def receive(self) -> Any:
        """Read a value, however long it takes. Raises Closed, or WireError where what comes is no frame."""
        while True:
            arrived, value = self.received(3600.0)
            if arrived:
                return value

    def received(self, seconds: float) -> tuple[bool, Any]:
        """Whether a whole value has arrived within so many seconds, and the value. Raises as ``receive``."""
        until = time.monotonic() + seconds
        while (needed := self._needed()) > 0:
            left = until - time.monotonic()
            if not self._readable(max(left, 0.0)):
                return False, None
            self._read(needed)
        raw = b"".join(self._pieces)
        header, body = wire.head(raw[: wire.FRAME.size])
        start = wire.FRAME.size + header
        self._pieces, self._have = [], 0
        return True, CODEC.decode(raw[wire.FRAME.size : start], raw[start : start + body])

    def _readable(self, seconds: float) -> bool:
        """Whether something arrives within so many seconds; `select` knows no descriptor above 1023."""
        return bool(self._poll.poll(seconds * 1000))

    def _needed(self) -> int:
        """How many bytes the frame lacks, as far as its head tells."""
        if self._have < wire.FRAME.size:
            return wire.FRAME.size - self._have
        if len(self._pieces[0]) < wire.FRAME.size:
            self._pieces = [b"".join(self._pieces)]
        header, body = wire.head(self._pieces[0][: wire.FRAME.size])
        if body > self._most:
            raise wire.WireError(f"expected at most {self._most} bytes of arrays, got {body}")
        return wire.FRAME.size + header + body - self._have

    def _read(self, most: int) -> None:
        try:
            piece = self._socket.recv(min(most, CHUNK))
        except OSError as error:
            raise Closed from error
        if not piece:
            raise Closed
        self._pieces.append(piece)
        self._have += len(piece)

    def number(self) -> int:
        """A number of eight bytes that comes before any frame. Raises Closed."""
        raw = b""
        while len(raw) < 8:
            try:
                piece = self._socket.recv(8 - len(raw))
            except OSError as error:
                raise Closed from error
            if not piece:
                raise Closed
            raw += piece
        return int.from_bytes(raw, "little")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
