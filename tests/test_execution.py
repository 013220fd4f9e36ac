"""A candidate may do to its process what it likes: it is one verdict, and nothing else changes."""

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
from pathlib import Path

import numpy as np
import pytest

from harness.execution import ExecutionError, Isolated, Note, Setup, Task, inline, isolated, on_dask, preload
from harness.execution.guard import Guard
from harness.execution.task import IMPORT
from harness.model import Verdict

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

SETUP = Setup("test_execution:make")
TIMEOUT, MEMORY = 2.0, 2**28
PRELOAD = ("numpy", "scipy", "torch", "pytest")
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


def hang_in_c() -> None:
    ctypes.PyDLL(None).sleep(600)


def hang_busy() -> None:
    while True:
        pass


def hang_deaf() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    time.sleep(600)


def kill_group() -> None:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    os.killpg(0, signal.SIGKILL)


def orphan_and_die() -> None:
    if os.fork() == 0:
        time.sleep(600)
    ctypes.string_at(0)


def close_everything() -> None:
    os.closerange(0, 256)


def spoil_pipes() -> None:
    for file in range(3, 64):
        with contextlib.suppress(OSError):
            os.write(file, b"\0\0\0\x08nonsense")
    os._exit(5)


def fork_and_return() -> None:
    os.fork()


def print_megabytes() -> None:
    for _ in range(8):
        print("x" * 2**20)


def kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def crash_later() -> None:
    def crash() -> None:
        time.sleep(0.15)
        ctypes.string_at(0)

    threading.Thread(target=crash).start()


def warn_strictly() -> None:
    warnings.simplefilter("error")


def leak() -> None:
    gc.garbage.append(np.ones(MEMORY * 3 // 4, np.uint8))


def broken_work() -> None:
    raise AssertionError("our own bug")


#: What a foreign candidate may do: the status of its one row, and words of the message.
DEADLY: dict[str, tuple[Callable[[], object], str, tuple[str, ...]]] = {
    "segfault": (segfault, "crashed", ("SIGSEGV", "law agrees", "string_at", "in segfault")),
    "abort": (abort, "crashed", ("SIGABRT", "last words: terminate called after throwing at 0x…")),
    "exit-3": (lambda: os._exit(3), "crashed", ("exited with code 3",)),
    "exit-0": (lambda: os._exit(0), "crashed", ("exited with code 0",)),
    "exit-255": (lambda: os._exit(255), "crashed", ("exited with code 255",)),
    "sys-exit": (lambda: sys.exit(4), "crashed", ("SystemExit: 4",)),
    "interrupt": (lambda: signal.raise_signal(signal.SIGINT), "crashed", ("KeyboardInterrupt",)),
    "hang-in-c": (hang_in_c, "timed out", ("no answer within 2 s in law agrees", "in hang_in_c")),
    "hang-busy": (hang_busy, "timed out", ("no answer within 2 s", "in hang_busy")),
    "hang-deaf": (hang_deaf, "timed out", ("no answer within 2 s",)),
    "stop": (lambda: os.kill(os.getpid(), signal.SIGSTOP), "timed out", ("no answer within 2 s",)),
    "self-kill": (lambda: os.kill(os.getpid(), signal.SIGKILL), "crashed", ("SIGKILL",)),
    "kill-group": (kill_group, "crashed", ("SIGKILL",)),
    "orphan-and-die": (orphan_and_die, "crashed", ("SIGSEGV",)),
    "close-everything": (close_everything, "crashed", ("exited with code 1",)),
    "spoil-pipes": (spoil_pipes, "crashed", ("exited with code 5",)),
    "broken-work": (broken_work, "crashed", ("AssertionError: our own bug; at ",)),
}

#: What it may do and be judged as if nothing had happened.
HARMLESS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "print-megabytes": print_megabytes,
    "fork-and-return": fork_and_return,
    "kill-parent": kill_parent,
    "leak": leak,
    "warn": lambda: warnings.warn("once more", DeprecationWarning, stacklevel=1),
    "warn-strictly": warn_strictly,
}

DEEDS = {name: deed for name, (deed, _, _) in DEADLY.items()} | HARMLESS | {"bomb": bomb, "crash-later": crash_later}
DEEDS |= {"work": lambda: time.sleep(0.02)}


def make(died: str = "") -> Callable[[Task, Note], list[Verdict]]:
    """The work of these tests: the candidate ``foreign`` does what the case says, all others their duty."""
    if died:
        DEEDS[died]()
    return work


def work(task: Task, note: Note) -> list[Verdict]:
    return [row for name in task.candidates for row in judged(task, name, note)]


def make_importing(begun: str) -> Callable[[Task, Note], list[Verdict]]:
    """The work of candidates whose import does what their name says, and leaves a line in the file ``begun``."""

    def importing(task: Task, note: Note) -> list[Verdict]:
        for name in task.candidates:
            note(name, IMPORT)
            if name in DEADLY:
                with Path(begun).open("a") as lines:
                    lines.write(f"{name}\n")
                DEEDS[name]()
        return work(task, note)

    return importing


def judged(task: Task, candidate: str, note: Note) -> Iterator[Verdict]:
    note(candidate, "agrees")
    row = Verdict(task.op, task.case, candidate, "agrees", "output", "conforms", margin=random.random())
    try:
        DEEDS[task.case.split("/")[0] if candidate == "foreign" else "nothing"]()
    except MemoryError:
        row = Verdict(task.op, task.case, candidate, "agrees", "output", "fails", message="MemoryError")
    yield row
    note(candidate, "repeatable")
    yield Verdict(task.op, task.case, candidate, "repeatable", "output", "conforms", margin=np.random.rand())


def tasks(*deeds: str, candidates: tuple[str, ...] = ("before", "foreign", "after")) -> list[Task]:
    return [Task("test", "", f"{deed}/n:{n}", candidates, 0) for n, deed in enumerate(deeds)]


def table(run: Iterator[tuple[Task, list[Verdict]]]) -> list[Verdict]:
    return sorted((row for _, rows in run for row in rows), key=lambda row: (row.case, row.candidate, row.law))


def survived(some: list[Task], workers: int = 2) -> list[Verdict]:
    return table(isolated(some, SETUP, workers=workers, timeout=TIMEOUT, memory=MEMORY, preload=PRELOAD))


def text(rows: list[Verdict]) -> list[str]:
    """The rows as text, in which NaN equals NaN."""
    return [repr(row) for row in rows]


def innocent(rows: list[Verdict]) -> list[Verdict]:
    return [row for row in rows if row.candidate != "foreign"]


@pytest.fixture(scope="module")
def deadly() -> list[Verdict]:
    """One run with every deed there is among ordinary tasks."""
    return survived(tasks(*(deed for name in DEADLY for deed in (name, "nothing"))))


@posix
@pytest.mark.parametrize("deed", DEADLY)
def test_a_death_is_one_row_of_that_case_and_candidate(deadly: list[Verdict], deed: str) -> None:
    _, status, words = DEADLY[deed]
    (row,) = (row for row in deadly if row.case.startswith(f"{deed}/") and row.candidate == "foreign")
    assert (row.status, row.law, row.about) == (status, "status", "")
    assert all(word in row.message for word in words), row.message
    assert row.blame == ("harness" if deed == "broken-work" else "candidate")
    assert str(HERE.parent) not in row.message


@posix
def test_a_candidate_whose_import_ends_processes_is_imported_no_more(tmp_path: Path) -> None:
    some = tasks(*["nothing"] * 40, candidates=("segfault", "hang-in-c", "after"))
    setup = Setup("test_execution:make_importing", (str(tmp_path / "begun"),))
    rows = table(isolated(some, setup, workers=2, timeout=TIMEOUT, memory=MEMORY, preload=PRELOAD))
    by_name = {name: [row for row in rows if row.candidate == name] for name in some[0].candidates}
    assert {(r.status, r.law) for r in by_name["segfault"]} == {("crashed", "status")}
    assert {(r.status, r.law) for r in by_name["hang-in-c"]} == {("timed out", "status")}
    assert all("in law import" in r.message for name in ("segfault", "hang-in-c") for r in by_name[name])
    assert [len(found) for found in by_name.values()] == [40, 40, 80]
    begun = (tmp_path / "begun").read_text().split()
    assert len(begun) < len(some) // 2


@posix
def test_all_other_verdicts_are_as_if_the_deadly_candidates_had_not_been_there(deadly: list[Verdict]) -> None:
    some = tasks(*("nothing" for _ in DEADLY for _ in range(2)))
    alone = innocent(table(inline(some, SETUP)))
    seen = {(row.case.split(":")[1], row.candidate, row.law): row.margin for row in innocent(deadly)}
    assert seen == {(row.case.split(":")[1], row.candidate, row.law): row.margin for row in alone}


@posix
def test_memory_above_the_limit_is_the_candidates_own_failure_and_what_it_leaks_is_not_the_next_ones() -> None:
    rows = survived(tasks("leak", "leak", "nothing", "bomb", "leak", "nothing"), workers=1)
    statuses = [row.status for row in rows if row.candidate == "foreign" and row.law == "agrees"]
    assert statuses.count("fails") == 1
    assert {row.status for row in innocent(rows)} == {"conforms"}
    assert [row.case for row in rows if row.status == "fails"] == ["bomb/n:3"]


@posix
@pytest.mark.parametrize("deed", [name for name in HARMLESS if name != "leak"])
def test_what_does_no_harm_is_judged_like_anything_else(deed: str) -> None:
    rows = survived(tasks("nothing", deed, "nothing"), workers=1)
    assert [row.status for row in rows] == ["conforms"] * 18


@pytest.mark.filterwarnings("error")
def test_a_warning_is_no_verdict_in_this_process_either() -> None:
    rows = table(inline(tasks("warn", "warn-strictly", "warn"), SETUP))
    assert {row.status for row in rows} == {"conforms"}


@linux
def test_what_the_fork_server_loads_starts_no_thread() -> None:
    modules = preload({"numpy", "scipy", "torch"})
    program = (
        f"import importlib, os\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(len(os.listdir('/proc/self/task')))"
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
    assert done.stdout.split() == ["1"]


@posix
def test_a_death_that_an_earlier_call_prepared_is_not_put_down_to_the_case_it_falls_in() -> None:
    lines: list[str] = []
    some = tasks("crash-later", *["work"] * 20)
    rows = table(isolated(some, SETUP, workers=1, preload=PRELOAD, tell=lines.append))
    assert {row.status for row in rows} == {"conforms"}
    assert any("SIGSEGV" in line for line in lines)


@linux
def test_a_worker_killed_from_outside_changes_nothing() -> None:
    some = tasks(*["work"] * 30)
    undisturbed = table(isolated(some, SETUP, workers=2, preload=PRELOAD))
    seen, killed = [], 0
    for n, judgement in enumerate(isolated(some, SETUP, workers=2, preload=PRELOAD)):
        seen.append(judgement)
        if n in (5, 15):
            for process in workers_of_this_process():
                os.kill(process, signal.SIGKILL)
                killed += 1
    assert killed == 4
    assert text(table(iter(seen))) == text(undisturbed)


def workers_of_this_process() -> list[int]:
    """Session leaders among our grandchildren: workers, whose parent is the fork server."""
    parents = dict(parentage())
    found = [process for process, parent in parents.items() if parents.get(parent) == os.getpid()]
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
    with Isolated(SETUP, timeout=TIMEOUT, memory=MEMORY, preload=PRELOAD) as worker:
        for deed, status in (("nothing", "conforms"), ("segfault", "crashed"), ("nothing", "conforms")):
            (task,) = tasks(deed)
            statuses = {row.status for row in worker.judge(task) if row.candidate == "foreign"}
            assert statuses == {status}


@posix
def test_a_worker_that_is_kept_is_ended_once_at_exit_however_many_tasks_it_had() -> None:
    first, *others = tasks("nothing", "nothing", "nothing")
    with Isolated(SETUP, timeout=TIMEOUT, memory=MEMORY, preload=PRELOAD) as worker:
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
        list(isolated(tasks("nothing"), setup, workers=1, preload=PRELOAD))


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
    some = tasks("nothing", *["hang-in-c"] * 2, *["work"] * 200)
    for task, rows in isolated(some, SETUP, workers=2, preload=["numpy"]):
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


def environment_changed() -> None:
    os.environ["HARNESS_TEST"] = "1"
    os.environ.pop("PATH", None)


def handlers_changed() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0.05)


def rounding_changed() -> None:
    ctypes.CDLL(None).fesetround(0xC00 if sys.platform == "linux" and os.uname().machine == "x86_64" else 0)


def torch_changed(change: Callable[[object], object]) -> Callable[[], object]:
    return lambda: change(pytest.importorskip("torch"))


CHANGES: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
    "working directory": (lambda: os.chdir("/"), Path.cwd),
    "environment": (environment_changed, lambda: dict(os.environ)),
    "random": (lambda: random.random(), random.getstate),
    "numpy.random": (lambda: np.random.rand(), lambda: str(np.random.get_state())),
    "warnings": (lambda: warnings.simplefilter("error"), lambda: list(warnings.filters)),
    "errstate": (lambda: np.seterr(all="raise"), np.geterr),
    "print options": (lambda: np.set_printoptions(precision=2), np.get_printoptions),
    "signal handlers": (handlers_changed, lambda: signal.getsignal(signal.SIGTERM)),
    "rounding": (rounding_changed, lambda: 1.0 + 2.0**-60 + 2.0**-53),
    "recursion limit": (lambda: sys.setrecursionlimit(5_000), sys.getrecursionlimit),
    "module path": (lambda: sys.path.append("nowhere"), lambda: list(sys.path)),
    "collector": (gc.disable, gc.isenabled),
    "stdout": (lambda: setattr(sys, "stdout", None), lambda: sys.stdout),
    "torch dtype": (
        torch_changed(lambda torch: torch.set_default_dtype(torch.float64)),  # type: ignore[attr-defined]
        torch_changed(lambda torch: torch.get_default_dtype()),  # type: ignore[attr-defined]
    ),
    "torch threads": (
        torch_changed(lambda torch: torch.set_num_threads(torch.get_num_threads() + 1)),  # type: ignore[attr-defined]
        torch_changed(lambda torch: torch.get_num_threads()),  # type: ignore[attr-defined]
    ),
    "torch determinism": (
        torch_changed(lambda torch: torch.use_deterministic_algorithms(True)),  # type: ignore[attr-defined]
        torch_changed(lambda torch: torch.are_deterministic_algorithms_enabled()),  # type: ignore[attr-defined]
    ),
    "torch gradients": (
        torch_changed(lambda torch: torch.set_grad_enabled(False)),  # type: ignore[attr-defined]
        torch_changed(lambda torch: torch.is_grad_enabled()),  # type: ignore[attr-defined]
    ),
    "torch device": (
        torch_changed(lambda torch: torch.set_default_device("meta")),  # type: ignore[attr-defined]
        torch_changed(lambda torch: torch.empty(1).device.type),  # type: ignore[attr-defined]
    ),
    "torch generator": (
        torch_changed(lambda torch: torch.rand(1)),  # type: ignore[attr-defined]
        torch_changed(lambda torch: torch.get_rng_state().tolist()),  # type: ignore[attr-defined]
    ),
    "torch subnormals": (
        torch_changed(lambda torch: torch.set_flush_denormal(True)),  # type: ignore[attr-defined]
        lambda: sys.float_info.min / 2,
    ),
}


@posix
@pytest.mark.parametrize("name", CHANGES)
def test_what_a_task_changes_in_its_process_is_changed_back(name: str) -> None:
    change, look = CHANGES[name]
    before = look()
    guard = Guard()
    try:
        change()
    finally:
        guard.between_tasks()
    assert look() == before


@posix
def test_a_candidate_does_not_undo_what_the_caller_holds_changed() -> None:
    guard = Guard()
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        held = np.geterr(), list(warnings.filters)
        os.chdir("/")
        guard.between_candidates()
        assert (np.geterr(), list(warnings.filters)) == held
        assert Path.cwd() != Path("/")


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
        run = on_dask(tasks(*deeds), SETUP, address=cluster.scheduler_address, chunk=5, preload=["numpy"])
        for n, judgement in enumerate(run):
            seen.append(judgement)
            if n == 10:
                os.kill(cluster.workers[0].process.pid, signal.SIGKILL)
            if n == 40:
                cluster.scale(4)
    assert text(table(iter(seen))) == text(expected)
    assert sum(row.status == "crashed" for _, rows in seen for row in rows) == 1
