"""Address of one case -> what judges it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.model import Verdict

#: Says which candidate is about to be called, under which law, so that a death can be put down to it.
Note = Callable[[str, str], None]

#: Judges one task, calling the note before each call into foreign code. Seed global generators after it, not before.
Work = Callable[["Task", Note], list[Verdict]]


class ExecutionError(Exception):
    """The work could not be set up, or a cluster gave it up; no candidate is to blame."""


@dataclass(frozen=True)
class Task:
    """One case judged for a tuple of candidates: an address only, which any process can work from."""

    op: str
    spec: str
    case: str
    candidates: tuple[str, ...]
    seed: int


Judged = tuple[Task, list[Verdict]]


@dataclass(frozen=True)
class Setup:
    """How each process makes its own `Work`: a function by dotted path ``module:attribute``, and its arguments."""

    path: str
    arguments: tuple[Any, ...] = ()

    def __call__(self) -> Work:
        """The work, made in this process. Raises what importing or calling the function raises."""
        module, _, attribute = self.path.partition(":")
        make: Any = importlib.import_module(module)
        for part in attribute.split("."):
            make = getattr(make, part)
        work: Work = make(*self.arguments)
        return work
