"""Specs -> pytest items: one per case, one report each, judged in a worker process that may die.

A YAML file is collected where it lies in a folder named ``specs`` or is named on the command line, and says both
``op:`` and ``oracle:`` at its top level: other people's YAML is left alone. Collecting imports no judged library.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.execution import Isolated
    from harness.model import Case, Spec, Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--conformance-seed``, ``--conformance-timeout``, ``--conformance-every``."""
    group = parser.getgroup("conformance", "conformance of numerical operations")
    group.addoption("--conformance-seed", type=int, default=0, help="seed of all inputs (default: 0)")
    group.addoption("--conformance-timeout", type=float, default=30.0, help="seconds a candidate may take at a case")
    group.addoption(
        "--conformance-every", type=int, default=1, help="judge every N-th case of a spec alone (default: 1)"
    )


@pytest.fixture
def conforms() -> Any:
    """``harness.assert_conforms``: ``conforms("conv2d", actual, inputs, params)`` in a test."""
    from harness import api

    return api.assert_conforms


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The spec in a YAML file, if it is one."""
    if file_path.suffix not in (".yaml", ".yml") or not _ours(file_path, parent.config):
        return None
    return SpecFile.from_parent(parent, path=file_path)


def _ours(path: Path, config: pytest.Config) -> bool:
    named = {(config.invocation_params.dir / a.split("::")[0]).resolve() for a in config.args}
    if path.parent.name != "specs" and not named & {path.resolve(), path.parent.resolve()}:
        return False
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    starts = {line.split(":")[0] for line in lines if line[:1].isalpha()}
    return {"op", "oracle"} <= starts or ("op" in starts and path.parent.name == "specs")


class SpecFile(pytest.File):
    """A spec file: an item per case."""

    def collect(self) -> Iterator[pytest.Item]:
        """The cases, in the spec's order. A file that is no spec fails with its own words."""
        from harness import cases, runs, specs

        try:
            spec = specs.read(Path(os.path.relpath(self.path)), runs.LAW_NAMES)
            runs.reach(runs.places([spec]))
            problems = specs.importable(spec)
            found = runs.cases_of(spec, self.config.getoption("--conformance-seed"))
        except (specs.SpecErrors, cases.CaseError) as error:
            raise self.CollectError(str(error)) from None
        if problems:
            raise self.CollectError("\n".join(map(str, problems)))
        self.config.stash.setdefault(_SPECS, {})[spec.op] = spec
        self.config.stash.setdefault(_SHOWN, {})[spec.op] = Shown(str(self.path), len(found))
        for case in found[:: max(self.config.getoption("--conformance-every"), 1)]:
            yield CaseItem.from_parent(self, name=case.id, spec=spec, case=case)


@dataclass
class Shown:
    """What a session saw of one spec: of how many cases how many were judged, and the ledger's marks on their rows."""

    path: str
    cases: int
    judged: int = 0
    marks: set[tuple[str, str]] = field(default_factory=set)
    rows: list[Verdict] = field(default_factory=list)

    def add(self, other: Shown) -> None:
        """What another process of the same session saw of it."""
        self.judged += other.judged
        self.marks |= other.marks
        self.rows += other.rows

    @property
    def wrong(self) -> list[str]:
        """The candidates that are wrong somewhere."""
        from harness.model import RED

        return list(dict.fromkeys(r.candidate for r in self.rows if r.status in RED))


class Deviation(Exception):
    """Red rows of one case."""


class CaseItem(pytest.Item):
    """One case, judged for every candidate."""

    def __init__(self, spec: Spec, case: Case, **options: Any) -> None:
        super().__init__(**options)
        self.spec, self.case = spec, case
        self.rows: list[Verdict] = []

    def runtest(self) -> None:
        """Judge the case. Raises Deviation where a row is red."""
        from harness.execution.task import Task
        from harness.model import RED

        names = tuple(c.name for c in self.spec.candidates)
        seed = self.config.getoption("--conformance-seed")
        task = Task(self.spec.op, self.spec.path, self.case.id, names, seed)
        self.rows = _worker(self.config).judge(task)
        shown = self.config.stash[_SHOWN][self.spec.op]
        shown.judged += 1
        shown.marks |= {(r.candidate, r.known) for r in self.rows}
        shown.rows += self.rows
        red = [r for r in self.rows if r.status in RED or (r.status == "inconclusive" and r.blame == "oracle")]
        if red:
            raise Deviation("\n".join(_line(r) for r in red))
        if self.rows and all(r.status in ("unsupported", "inconclusive") for r in self.rows):
            pytest.skip(f"no candidate is judged: {self.rows[0].message}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The red rows, without a traceback."""
        if isinstance(excinfo.value, Deviation):
            from harness import cases, specs

            seed, path = self.config.getoption("--conformance-seed"), specs.elsewhere(self.spec.op, self.spec.path)
            return f"{excinfo.value}\nreproduce: {cases.command(self.case.id, seed=seed, spec=path)}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item comes from."""
        return self.path, None, self.name


def _line(row: Verdict) -> str:
    numbers = f" (actual {row.actual}, expected {row.expected}, bound {row.bound}, at [{row.at}])" if row.actual else ""
    return f"{row.candidate}: {row.law} {row.of}: {row.status}: {row.message}{numbers}"


_SPECS: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
_SHOWN: pytest.StashKey[dict[str, Shown]] = pytest.StashKey()
_STALE: pytest.StashKey[list[str]] = pytest.StashKey()
_WORKER: pytest.StashKey[Any] = pytest.StashKey()


def _worker(config: pytest.Config) -> Isolated:
    """The process that judges this session's cases, started at the first of them."""
    if _WORKER not in config.stash:
        from harness import runs
        from harness.asking.hosts import Limits
        from harness.asking.servers import shared
        from harness.execution import Isolated

        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        found = config.stash[_SPECS].values()
        timeout = config.getoption("--conformance-timeout")
        config.stash[_WORKER] = Isolated(runs.setup(found, Limits(timeout), str(shared().folder)), timeout=timeout)
    worker: Isolated = config.stash[_WORKER]
    return worker


# --- at the session's end: known deviations that matched nothing, as `harness run` tells them ------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take in what a process of pytest-xdist saw."""
    seen = node.config.stash.setdefault(_SHOWN, {})
    from harness.model import Verdict

    for op, path, cases, judged, marks, rows in getattr(node, "workeroutput", {}).get("conformance", ()):
        there = Shown(path, cases, judged, {(by, known) for by, known in marks}, [Verdict(*row) for row in rows])
        seen.setdefault(op, Shown(path, cases)).add(there)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session that judged a whole spec and found one of its known deviations nowhere."""
    config, shown = session.config, session.config.stash.get(_SHOWN, {})
    if hasattr(config, "workeroutput"):
        told = [[op, s.path, s.cases, s.judged, sorted(map(list, s.marks)), _sent(s)] for op, s in shown.items()]
        config.workeroutput["conformance"] = told
        return
    whole = {op: s for op, s in shown.items() if s.judged >= s.cases}
    config.stash[_STALE] = [line for op, s in whole.items() for line in _stale(op, s)]
    if config.stash[_STALE] and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _sent(shown: Shown) -> list[list[Any]]:
    """The rows of the candidates that are wrong somewhere, as another process can be sent them."""
    wrong = set(shown.wrong)
    return [list(row.columns.values()) for row in shown.rows if row.candidate in wrong]


def _causes(shown: Shown) -> Iterator[str]:
    """A line for each cause of what is wrong with the candidates of a spec, and one for its nearest case."""
    from harness import answer, runs, specs

    spec = specs.read(Path(os.path.relpath(shown.path)), runs.LAW_NAMES)
    for name in shown.wrong:
        rows = [row for row in shown.rows if row.candidate == name]
        found = answer.answered(spec, name, rows)
        for what, example in answer.causes_of(found) if found else ():
            yield f"{name} is not {spec.op}: {what}"
            yield f"    {example}"


def _stale(op: str, shown: Shown) -> list[str]:
    from harness import runs, specs
    from harness.model import Verdict

    spec = specs.read(Path(os.path.relpath(shown.path)), runs.LAW_NAMES)
    rows = [Verdict(op, "", by, "", "", "", "", known=known) for by, known in shown.marks]
    stale = runs.stale(runs.Plan({op: spec}, {}, 0), rows, whole=True, here=runs.build([spec]))
    return [row.message for row in runs.red(stale)]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what is wrong, a cause at a time, and which known deviations matched nothing."""
    if wrong := [s for s in config.stash.get(_SHOWN, {}).values() if s.wrong]:
        terminalreporter.section("conformance", red=True, bold=True)
        for line in (line for shown in wrong for line in _causes(shown)):
            terminalreporter.line(line)
    if stale := config.stash.get(_STALE, []):
        terminalreporter.section("known deviations that match nothing", red=True, bold=True)
        for line in stale:
            terminalreporter.line(line, red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the judging process."""
    if _WORKER in config.stash:
        config.stash[_WORKER].close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A case has no fixtures to set up or tear down: one phase, one report."""
    if not isinstance(item, CaseItem):
        return None
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    call = pytest.CallInfo.from_call(item.runtest, when="call", reraise=(KeyboardInterrupt, pytest.exit.Exception))
    report = hook.pytest_runtest_makereport(item=item, call=call)
    hook.pytest_runtest_logreport(report=report)
    item.session._setupstate.teardown_exact(nextitem)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
