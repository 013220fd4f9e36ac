"""A budget, a signal -> whether a command goes on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

#: Part of a budget after which nothing more is judged: what is left is for the smallest inputs and names of causes.
JUDGING = 2 / 3


@dataclass
class Until:
    """When a command ends: ``seconds`` after it began, or as soon as SIGTERM asks it to. ``some``: whether a case is done."""

    seconds: float = float("inf")
    began: float = field(default_factory=time.monotonic)
    stopped: bool = False
    some: bool = False

    @property
    def left(self) -> float:
        """Seconds that are left; none once it has been asked to end."""
        return 0.0 if self.stopped else max(0.0, self.began + self.seconds - time.monotonic())

    def over(self) -> bool:
        """Whether it ends now."""
        return not self.left

    def enough(self) -> bool:
        """Whether nothing more is to be judged: however short the time, one case is."""
        if self.stopped or self.seconds == float("inf"):
            return self.over()
        return self.some and self.left <= (1 - JUDGING) * self.seconds

    @contextmanager
    def heeding(self) -> Iterator[None]:
        """Take SIGTERM for the end of judging, so that what has been judged is still told."""

        def stop(number: int, frame: Any) -> None:
            self.stopped = True

        before = signal.signal(signal.SIGTERM, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def given(self, work: Callable[[], T], instead: T) -> T:
        """What some work gives or raises, or ``instead`` where it is not done in time: what comes of it then is dropped."""
        if self.seconds == float("inf") and not self.stopped:
            return work()
        done: Future[T] = Future()

        def do() -> None:
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        threading.Thread(target=do, daemon=True).start()
        try:
            return done.result(self.left)
        except FutureTimeout:
            return instead
