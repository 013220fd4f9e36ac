"""Where a run's time goes: waiting for hosts and in oracles, which no harness can spare, and everything else.

Cases evenly spread over all specs are judged in this process, their candidates in hosts, stored, and written as table
and page, with a clock at the door of each part. Time counts for the innermost part that is open; that of hosts is what
this process writes to them, waits for and reads, for they work while it computes what is due. The ratio is the share
that hosts and oracles have of the whole, after one pass that imports and compiles.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import measuring

measuring.prepare()

from harness import builds, comparison, execution, fills, judgement, ledger, report, runs, specs  # noqa: E402
from harness import cases as addresses  # noqa: E402
from harness.asking.hosts import Holder, Limits  # noqa: E402
from harness.builds import Build  # noqa: E402
from harness.execution import Task  # noqa: E402
from harness.model import Spec, Verdict  # noqa: E402
from harness.oracles import Oracle  # noqa: E402
from harness.store import Store  # noqa: E402

#: Cases judged, of all that the specs have.
CASES, FEW = 1_000, 20

#: Of the specs, every so-many-th one is read for the small version.
SOME = 10

#: Statuses of a candidate that ended its host.
DEATHS = ("crashed", "timed out")

HOSTS, ORACLES = "hosts", "oracles and bounds"


class Clock:
    """Seconds by part; time counts for the innermost open one."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._open = ["laws and rows"]
        self._since = time.perf_counter()

    def turn(self) -> None:
        """Give the innermost part the time since the last turn."""
        now = time.perf_counter()
        self.spent[self._open[-1]] += now - self._since
        self._since = now

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What happens inside is that part's."""
        self.turn()
        self._open.append(name)
        try:
            yield
        finally:
            self.turn()
            self._open.pop()

    def door(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time being that part's."""

        @wraps(function)
        def through(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return through


def doors(clock: Clock) -> Iterator[tuple[Any, str, Any]]:
    """Each place where a part is entered: its owner, its name there, and the function with the clock around it."""
    for name in ("send", "answers"):
        yield Holder, name, clock.door(HOSTS, getattr(Holder, name))
    for name in ("vjp", "jvp", "second", "curved"):
        yield Oracle, name, clock.door(ORACLES, getattr(Oracle, name))
    for name in ("values", "shapes"):
        timed = cached_property(clock.door(ORACLES, Oracle.__dict__[name].func))
        timed.__set_name__(Oracle, name)
        yield Oracle, name, timed
    for owner, names, part in (
        (comparison, ("compare",), "comparison"),
        (judgement, ("compare",), "comparison"),
        (fills, ("arrays", "like"), "inputs"),
        (ledger, ("applied",), "ledger"),
        (addresses, ("find", "cases"), "cases"),
        (specs, ("read",), "reading specs"),
    ):
        for name in names:
            yield owner, name, clock.door(part, getattr(owner, name))


@contextlib.contextmanager
def watched(clock: Clock) -> Iterator[None]:
    """The doors in place, and the plain functions again afterwards."""
    placed = [(owner, name, owner.__dict__[name], new) for owner, name, new in doors(clock)]
    for owner, name, _, new in placed:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, old, _ in placed:
            setattr(owner, name, old)


def spread(count: int, every: int) -> tuple[runs.Plan, list[Any]]:
    """The plan of every so-many-th spec, and that many of its tasks, evenly spread; none at which a candidate is known to
    die, for a time limit would outweigh the rest."""
    found, _ = specs.read_all(specs.find((), measuring.ROOT / "specs")[::every], runs.LAW_NAMES)
    plan = runs.plan([s for s in found if not specs.importable(s)], 0)
    tasks = plan.tasks
    return plan, [task for task in tasks[:: max(1, len(tasks) // count)] if not deadly(plan.specs[task.op], task)]


def deadly(spec: Spec, task: Task) -> bool:
    """Whether the ledger knows a candidate that would end its host."""
    case = addresses.find(spec, task.case)
    deaths = [Verdict(spec.op, case.id, by, "status", "", "", s) for by in task.candidates for s in DEATHS]
    told = replace(spec, known=tuple(entry for entry in spec.known if entry.status in DEATHS))
    return any(r.status == "known" for r in ledger.applied(told, case, deaths, Build(builds.versions())))


def run(plan: runs.Plan, tasks: list[Any], folder: Path, clock: Clock) -> int:
    """Judge, store and write, as a judge of `harness run` does; how many verdicts."""
    setup = runs.setup(plan.specs.values(), Limits())
    header = runs.header(
        replace(plan, cases=dict.fromkeys(plan.cases, ())),
        "harness run",
        runs.measured(True).facts,
        Build(builds.versions()),
    )
    folder.mkdir()
    with Store.create(folder / "run.sqlite", header) as store:
        for _, rows in execution.inline(tasks, setup):
            with clock.part("store, table and page"):
                store.append(rows)
        with clock.part("store, table and page"):
            store.finish({})
            table = store.verdicts()
            store.export_csv(folder / "verdicts.csv")
            (folder / "index.html").write_text(report.page(header | {"complete": True}, table), encoding="utf-8")
    return len(table)


def main() -> None:
    chosen = measuring.arguments(__doc__)
    warnings.simplefilter("ignore")
    plan, tasks = spread(FEW, SOME) if chosen.small else spread(CASES, 1)
    measured: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name:
        verdicts = run(plan, tasks, Path(name) / "first", Clock())
        for repetition in range(chosen.repetitions):
            clock = Clock()
            with watched(clock):
                run(plan, tasks, Path(name) / str(repetition), clock)
            clock.turn()
            measured.append(dict(clock.spent))
    found = {part: statistics.median(m.get(part, 0.0) for m in measured) for part in measured[0]}
    whole = sum(found.values())
    rows = [
        [part, f"{t:.2f}", f"{t / whole:.0%}", f"{t / len(tasks) * 1e3:.2f}"]
        for part, t in sorted(found.items(), key=lambda item: -item[1])
    ]
    measuring.table([f"{len(tasks)} cases, {verdicts} verdicts", "s", "share", "ms per case"], rows)
    measuring.ratio((found[HOSTS] + found[ORACLES]) / whole)


if __name__ == "__main__":
    main()
