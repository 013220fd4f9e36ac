"""What a host is doing, in memory shared with its judge: the scenario, since when, what it printed, where it stands."""

from __future__ import annotations

import mmap
import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path

#: Names of the files that a host shares with its judge.
NOTE, STACK, OUTPUT = "note", "stack", "output"

#: The number of the scenario, and the clock when it was begun or a module was last imported.
LAYOUT = struct.Struct("<qd")

#: The number while the candidate is imported, and between batches.
IMPORTING, IDLE = -1, -2


@dataclass(frozen=True)
class Note:
    """Which scenario of a batch is under way, and since when its clock runs (``time.monotonic``)."""

    number: int
    since: float


class Pad:
    """The host's side of a note."""

    def __init__(self, scratch: Path) -> None:
        with (scratch / NOTE).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), LAYOUT.size)
        self._number = IMPORTING
        self.imported()

    def begin(self, number: int) -> None:
        """Start the clock of a scenario."""
        self._number = number
        LAYOUT.pack_into(self._map, 0, number, time.monotonic())

    def imported(self) -> None:
        """Start the clock anew: what a library loads at the first use is not charged."""
        LAYOUT.pack_into(self._map, 0, self._number, time.monotonic())


def create(scratch: Path) -> None:
    """Make the files that a host and its judge share."""
    (scratch / NOTE).write_bytes(LAYOUT.pack(IMPORTING, time.monotonic()))
    for name in (STACK, OUTPUT):
        (scratch / name).touch(mode=0o600)


def read(file: int) -> Note:
    """The note in an open file."""
    return Note(*LAYOUT.unpack(os.pread(file, LAYOUT.size, 0)))
