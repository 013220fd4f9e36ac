"""This process -> room for what it is asked: a limit of memory that follows its size, so that each task has all of it."""

from __future__ import annotations

import contextlib
import os

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

#: Where Linux says how much memory the machine has.
MEMINFO = "/proc/meminfo"

#: A change of size worth moving the limit for, in bytes.
STEP = 2**26


def plenty() -> bool:
    """Whether half of the machine's memory is available; False where it does not say."""
    try:
        with open(MEMINFO, encoding="ascii") as lines:
            sizes = dict(line.split(":", 1) for line in lines)
        total, available = (int(sizes[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError):
        return False
    return 2 * available > total


class Room:
    """Memory for one task or batch, in bytes beyond the process's size."""

    def __init__(self, memory: int) -> None:
        self._memory, self._statm = memory, -1
        with contextlib.suppress(OSError):
            self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        self._page: int = resource.getpagesize() if resource is not None else 0
        self._limited = -STEP
        self.settle()

    def settle(self) -> None:
        """Count what is taken from here on."""
        self._start = self._size()
        self.follow()

    def grown(self) -> bool:
        """Whether the process has grown by half of what one task may take."""
        return self._size() - self._start > self._memory // 2

    def _size(self) -> int:
        if self._statm < 0:
            return 0
        return int(os.pread(self._statm, 64, 0).split(b" ", 1)[0]) * self._page

    def follow(self) -> None:
        """Move the limit along with the process's size."""
        if self._statm < 0 or resource is None:
            return
        size = self._size()
        if abs(size - self._limited) < STEP:
            return
        self._limited = size
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        due = size + self._memory
        resource.setrlimit(resource.RLIMIT_AS, (due if hard == resource.RLIM_INFINITY else min(due, hard), hard))
