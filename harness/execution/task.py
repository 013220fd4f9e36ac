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

#: Marks, among the rows of a death, those that are known.
Explain = Callable[["Task", list[Verdict]], list[Verdict]]


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
    """How each process makes its own `Work`: a function by dotted path ``module:attribute``, and its arguments.

    ``explain``, of the same arguments, makes what the runner passes the rows of a death through; the work does not live
    to do so itself.
    """

    path: str
    arguments: tuple[Any, ...] = ()
    explain: str = ""

    def __call__(self) -> Work:
        """The work, made in this process. Raises what importing or calling the function raises."""
        work: Work = named(self.path)(*self.arguments)
        return work

    def explained(self, task: Task, rows: list[Verdict]) -> list[Verdict]:
        """The rows of a death as the ledger sees them."""
        if not self.explain:
            return rows
        explain: Explain = named(self.explain)(*self.arguments)
        return explain(task, rows)


def named(path: str) -> Any:
    """The object at ``module:attribute``. Raises what importing it raises."""
    module, _, attribute = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found
