"""What ends a judge, or keeps it computing for ever, says so of one case; nothing else changes, and nothing is lost."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib.util
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import pytest

from harness.execution import PRELOAD, ExecutionError, Isolated, Note, Setup, Task, inline, isolated, on_dask
from harness.execution.isolated import DEATHS
from harness.model import Verdict

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

SETUP = Setup("test_execution:make")
TIMEOUT, MEMORY = 2.0, 2**28
MARK = "HARNESS_TEST_MARK"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.write(2, b"terminate called after throwing at 0x7ffd12\n")
    os.abort()


def bomb() -> None:
    hoard = []
    while True:
        hoard.append(np.ones(2**24, np.uint8))


def endless() -> None:
    while True:
        pass


def kill_group() -> None:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    os.killpg(0, signal.SIGKILL)


def close_everything() -> None:
    os.closerange(0, 256)


def spoil_pipes() -> None:
    for file in range(3, 64):
        with contextlib.suppress(OSError):
            os.write(file, b"\0\0\0\x08nonsense")
    os._exit(5)


def print_megabytes() -> None:
    for _ in range(8):
        print("x" * 2**20)


def crash_later() -> None:
    def crash() -> None:
        time.sleep(0.15)
        ctypes.string_at(0)

    threading.Thread(target=crash).start()


def leak() -> None:
    gc.garbage.append(np.ones(MEMORY * 3 // 4, np.uint8))


def broken_work() -> None:
    raise AssertionError("our own bug")


#: What a definition may do that no other judge survives either: words of the message of its rows.
DEADLY: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "segfault": (segfault, ("SIGSEGV", "law agrees", "string_at", "in segfault")),
    "abort": (abort, ("SIGABRT", "last words: terminate called after throwing at 0x…")),
    "exit-3": (lambda: os._exit(3), ("exited with code 3",)),
    "exit-0": (lambda: os._exit(0), ("exited with code 0",)),
    "endless": (endless, (f"no end within {TIMEOUT:g} s", "in endless", "law agrees")),
    "self-kill": (lambda: os.kill(os.getpid(), signal.SIGKILL), ("SIGKILL",)),
    "kill-group": (kill_group, ("SIGKILL",)),
    "close-everything": (close_everything, ("exited with code 1",)),
    "spoil-pipes": (spoil_pipes, ("exited with code 5",)),
}

#: What it may raise, which its judge survives.
RAISING: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "broken-work": (broken_work, ("AssertionError: our own bug; at ", "in law agrees, judging first")),
    "sys-exit": (lambda: sys.exit(4), ("SystemExit: 4",)),
    "interrupt": (lambda: signal.raise_signal(signal.SIGINT), ("KeyboardInterrupt",)),
    "bomb": (bomb, ("MemoryError",)),
}

#: What it may do and be judged as if nothing had happened.
HARMLESS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "print-megabytes": print_megabytes,
    "leak": leak,
    "warn": lambda: warnings.warn("once more", DeprecationWarning, stacklevel=1),
    "warn-strictly": lambda: warnings.simplefilter("error"),
}

DEEDS = {name: deed for name, (deed, _) in (DEADLY | RAISING).items()} | HARMLESS | {"crash-later": crash_later}
DEEDS |= {"work": lambda: time.sleep(0.02)}


def make(died: str = "") -> Callable[[Task, Note], list[Verdict]]:
    """The work of these tests: judging a case does what its name says."""
    if died:
        DEEDS[died]()
    return work


def work(task: Task, note: Note) -> list[Verdict]:
    drawn = random.random(), np.random.rand()  # a judge begins every case with the same generators
    return [row for name in task.candidates for row in judged(task, name, note, *drawn)]


def judged(task: Task, candidate: str, note: Note, one: float, other: float) -> Iterator[Verdict]:
    note(candidate, "agrees")
    DEEDS[task.case.split("/")[0]]()
    yield Verdict(task.op, task.case, candidate, "agrees", "output y", "", "conforms", margin=one)
    note(candidate, "repeatable")
    yield Verdict(task.op, task.case, candidate, "repeatable", "output y", "", "conforms", margin=other)


def tasks(*deeds: str, candidates: tuple[str, ...] = ("first", "second")) -> list[Task]:
    return [Task("test", "", f"{deed}/n:{n}", candidates, 0) for n, deed in enumerate(deeds)]


def table(run: Iterator[tuple[Task, list[Verdict]]]) -> list[Verdict]:
    return sorted((row for _, rows in run for row in rows), key=lambda row: (row.case, row.candidate, row.law))


def survived(some: list[Task], workers: int = 2) -> list[Verdict]:
    return table(isolated(some, SETUP, workers=workers, timeout=TIMEOUT, memory=MEMORY))


def text(rows: list[Verdict]) -> list[str]:
    """The rows as text, in which NaN equals NaN."""
    return [repr(row) for row in rows]


@pytest.fixture(scope="module")
def deadly() -> list[Verdict]:
    """One run with every deed there is among ordinary tasks."""
    return survived(tasks(*(deed for name in DEADLY | RAISING for deed in (name, "nothing"))))


@posix
@pytest.mark.parametrize("deed", DEADLY | RAISING)
def test_what_no_judge_survives_is_said_of_its_definition_and_of_no_candidate(deadly: list[Verdict], deed: str) -> None:
    _, words = (DEADLY | RAISING)[deed]
    rows = [row for row in deadly if row.case.startswith(f"{deed}/")]
    assert [row.candidate for row in rows] == ["first", "second"]
    for row in rows:
        assert (row.status, row.blame, row.law, row.of) == ("inconclusive", "oracle", "status", "")
        assert all(word in row.message for word in words), row.message
        assert str(HERE.parent) not in row.message


@posix
def test_all_other_verdicts_are_as_if_the_deadly_cases_had_not_been_there(deadly: list[Verdict]) -> None:
    alone = table(inline(tasks(*("nothing" for _ in DEADLY | RAISING for _ in range(2))), SETUP))
    seen = {(row.case, row.candidate, row.law): row.margin for row in deadly if row.case.startswith("nothing/")}
    due = {(row.case, row.candidate, row.law): row.margin for row in alone}
    assert len(seen) == 4 * len(DEADLY | RAISING)
    assert seen.items() <= due.items()


@posix
def test_a_case_is_tried_by_several_judges_before_its_definition_is_at_fault() -> None:
    lines: list[str] = []
    rows = table(isolated(tasks("segfault"), SETUP, workers=1, tell=lines.append))
    assert {row.status for row in rows} == {"inconclusive"}
    assert len(lines) == DEATHS


@posix
def test_what_a_case_leaves_in_memory_is_not_the_next_ones() -> None:
    rows = survived(tasks("leak", "leak", "nothing", "bomb", "leak", "nothing", candidates=("only",)), workers=1)
    assert {row.case for row in rows if row.status != "conforms"} == {"bomb/n:3"}


@posix
@pytest.mark.parametrize("deed", [name for name in HARMLESS if name != "leak"])
def test_what_does_no_harm_is_judged_like_anything_else(deed: str) -> None:
    rows = survived(tasks("nothing", deed, "nothing"), workers=1)
    assert [row.status for row in rows] == ["conforms"] * 12


@pytest.mark.filterwarnings("error")
def test_a_warning_is_no_verdict_in_this_process_either() -> None:
    rows = table(inline(tasks("warn", "warn-strictly", "warn"), SETUP))
    assert {row.status for row in rows} == {"conforms"}


@linux
def test_what_the_fork_server_loads_starts_no_thread_and_no_torch() -> None:
    program = (
        f"import importlib, os, sys\nfor name in {PRELOAD!r}: importlib.import_module(name)\n"
        "print(len(os.listdir('/proc/self/task')), 'torch' in sys.modules)"
    )
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | one,
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1", "False"]


@posix
def test_a_death_that_an_earlier_case_prepared_is_not_put_down_to_the_case_it_falls_in() -> None:
    lines: list[str] = []
    some = tasks("crash-later", *["work"] * 20)
    rows = table(isolated(some, SETUP, workers=1, tell=lines.append))
    assert {row.status for row in rows} == {"conforms"}
    assert any("SIGSEGV" in line for line in lines)


@linux
def test_a_judge_killed_from_outside_changes_nothing() -> None:
    some = tasks(*["work"] * 30)
    undisturbed = table(isolated(some, SETUP, workers=2))
    before, killed = (
        set(workers_of_this_process()),
        set[int](),
    )  # those that are still ending are no workers of this run
    seen = []
    for n, judgement in enumerate(isolated(some, SETUP, workers=2)):
        seen.append(judgement)
        if n in (5, 15):
            for process in set(workers_of_this_process()) - before - killed:
                os.kill(process, signal.SIGKILL)
                killed.add(process)
    assert len(killed) == 4
    assert text(table(iter(seen))) == text(undisturbed)


def workers_of_this_process() -> list[int]:
    """Session leaders among the children of our fork server: hosts have a parent of their own."""
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    found = [process for process, parent in parentage() if parent == server]
    return [process for process in found if os.getsid(process) == process]


def parentage() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            yield int(entry.name), int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])


def test_inline_and_isolated_give_the_same_table_for_any_number_of_workers() -> None:
    some = tasks(*["nothing"] * 40)
    expected = table(inline(some, SETUP))
    for workers in (1, 2, 3):
        assert text(survived(some, workers)) == text(expected)


def test_a_run_broken_off_leaves_the_generators_where_they_were() -> None:
    random.seed(7)
    due = random.random()
    random.seed(7)
    run = inline(tasks("nothing", "nothing"), SETUP)
    next(run)
    run.close()
    assert random.random() == due


@posix
def test_one_worker_kept_for_a_caller_with_one_task_at_a_time() -> None:
    with Isolated(SETUP, timeout=TIMEOUT, memory=MEMORY) as worker:
        for deed, status in (("nothing", "conforms"), ("segfault", "inconclusive"), ("nothing", "conforms")):
            (task,) = tasks(deed)
            assert {row.status for row in worker.judge(task)} == {status}


@posix
def test_a_worker_that_another_thread_ends_says_so_and_starts_no_more() -> None:
    with Isolated(SETUP, timeout=TIMEOUT, memory=MEMORY) as worker:
        (task,) = tasks("endless")
        ending = threading.Timer(0.5, worker.close)
        ending.start()
        with pytest.raises(ExecutionError, match="the judges were ended"):
            worker.judge(task)
        ending.join()
        with pytest.raises(ExecutionError, match="the judges were ended"):
            worker.judge(task)


@posix
def test_a_worker_that_is_kept_is_ended_once_at_exit_however_many_tasks_it_had() -> None:
    first, *others = tasks("nothing", "nothing", "nothing")
    with Isolated(SETUP, timeout=TIMEOUT, memory=MEMORY) as worker:
        worker.judge(first)
        before = atexit._ncallbacks()
        for task in others:
            worker.judge(task)
        assert atexit._ncallbacks() == before


@posix
@pytest.mark.parametrize(
    ("setup", "words"),
    [
        (Setup("test_execution:missing"), "no attribute 'missing'"),
        (Setup("no_such_module:make"), "No module named 'no_such_module'"),
        (Setup("test_execution:make", ("segfault",)), "each process killed by SIGSEGV while it was set up"),
    ],
)
def test_work_that_cannot_be_set_up_is_an_error_and_not_a_verdict(setup: Setup, words: str) -> None:
    with pytest.raises(ExecutionError, match=words):
        list(isolated(tasks("nothing"), setup, workers=1))


def test_no_worker_is_no_isolation() -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        list(isolated(tasks("nothing"), SETUP, workers=0))


def test_no_task_starts_no_process() -> None:
    assert list(isolated([], Setup("no_such_module:make"), workers=2)) == []


RUNNER = """
import sys
sys.path.insert(0, {here!r})
from test_execution import SETUP, isolated, tasks
if __name__ == "__main__":
    some = tasks("nothing", *["endless"] * 2, *["work"] * 200)
    for task, rows in isolated(some, SETUP, workers=2):
        print(task.case, flush=True)
"""


def marked(mark: str) -> list[int]:
    """Processes with that mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_the_runner(number: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "runner.py"
    script.write_text(RUNNER.format(here=str(HERE)))
    mark = f"{os.getpid()}-{number}-{time.monotonic_ns()}"
    paths = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {MARK: mark, "TMPDIR": str(tmp_path), "PYTHONPATH": paths}
    with subprocess.Popen(
        [sys.executable, str(script)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as runner:
        assert runner.stdout is not None
        runner.stdout.readline()
        time.sleep(0.2)
        assert len(marked(mark)) >= 4
        runner.send_signal(number)
        runner.wait(60)
    deadline = time.monotonic() + 30
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert marked(mark) == []
    assert not list(tmp_path.glob("harness-*"))


def test_what_is_to_be_installed_for_a_cluster_is_an_extra_of_this_distribution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "dask" in project["optional-dependencies"]
    with pytest.raises(ExecutionError, match=re.escape(f"pip install '{project['name']}[dask]'")):
        list(on_dask([], SETUP))


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="the extra dask is not installed")
@linux
@pytest.mark.filterwarnings("ignore")  # Dask's own, when its workers are killed
def test_a_cluster_may_lose_and_gain_workers_and_a_poison_case_blames_only_itself() -> None:
    import dask  # an extra
    import distributed  # an extra

    deeds = ["segfault" if n == 20 else "work" for n in range(150)]
    expected = survived(tasks(*deeds))
    with (
        dask.config.set({"distributed.worker.daemon": False, "distributed.comm.timeouts.connect": "5s"}),
        distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        seen = []
        run = on_dask(tasks(*deeds), SETUP, address=cluster.scheduler_address, chunk=5)
        for n, judgement in enumerate(run):
            seen.append(judgement)
            if n == 10:
                os.kill(cluster.workers[0].process.pid, signal.SIGKILL)
            if n == 40:
                cluster.scale(4)
    assert text(table(iter(seen))) == text(expected)
    assert [row.case for _, rows in seen for row in rows if row.status == "inconclusive"] == ["segfault/n:20"] * 2
