"""A candidate -> what came of what it was asked: in a host of its own, and in a fresh one after a death."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from harness.asking.imports import libraries_of
from harness.asking.inline import Inline
from harness.asking.memory import plenty
from harness.asking.messages import Batch, Described, NotHere
from harness.asking.outcomes import Died, Escaped, Outcome, OutOfMemory, Skipped, TimedOut
from harness.asking.processes import IMPORT_TIMES, Host
from harness.asking.registry import LIBRARIES
from harness.asking.servers import MEMORY, TIMEOUT, HostError, Limits, Servers, Wanted

__all__ = [
    "IMPORT_TIMES",
    "MEMORY",
    "MOST_DEATHS",
    "TIMEOUT",
    "Holder",
    "HostError",
    "Hosts",
    "Inline",
    "Limits",
    "Servers",
    "Wanted",
    "loaded",
]

#: Deaths or time-outs of a candidate under one kind of scenario after which that is not asked of it any more.
MOST_DEATHS = 3

#: Hosts that a judge keeps at once, however little memory there is, and however much.
HOSTS, MOST_HOSTS = 16, 256

#: The libraries, those first whose import takes longest.
HEAVIEST = tuple(LIBRARIES)[::-1]

Tell = Callable[[str], None]


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
        while len(self._kept) > HOSTS and (len(self._kept) > MOST_HOSTS or not plenty()):
            oldest = next(iter(self._kept))
            self._kept.pop(oldest).close()
        return found

    def close(self) -> None:
        """End all hosts and servers."""
        for holder in self._kept.values():
            holder.close()
        self._kept.clear()
        self._servers.close()
