"""Tasks -> Verdicts, in this process: for debugging, and for the smallest runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.asking.guard import Guard, ignore_warnings, quiet, steady
from harness.execution.task import Judged, Setup, Task


def inline(tasks: Iterable[Task], setup: Setup) -> Iterator[Judged]:
    """Judge each task here, restoring what it changed in the process. A crash, a hang or an error ends the run."""
    home = Guard()
    work = setup()
    steady()
    guard = Guard()
    try:
        for task in tasks:
            noted = ""

            def note(candidate: str, law: str) -> None:
                nonlocal noted
                if candidate != noted:
                    guard.between_candidates()
                    ignore_warnings()
                    noted = candidate

            try:
                with quiet():
                    verdicts = work(task, note)
            finally:
                guard.between_tasks()
            yield task, verdicts
    finally:
        home.between_tasks()
