"""A candidate may do to its process what it likes: it is one outcome of its host, and nothing else changes."""

from __future__ import annotations

import ctypes
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import cases, runs, specs
from harness.asking import libraries
from harness.asking.binding import Arguments
from harness.asking.guard import Guard
from harness.asking.hosts import IMPORT_TIMES, MOST_DEATHS, Holder, Hosts, Inline, Limits, Servers, Wanted
from harness.asking.messages import Batch, Described, NotHere
from harness.asking.outcomes import (
    Died,
    Escaped,
    NotAnArray,
    NotOffered,
    Outcome,
    OutOfMemory,
    Raised,
    Reason,
    Returned,
    Skipped,
    TimedOut,
)
from harness.asking.registry import LIBRARIES
from harness.asking.scenarios import Call, Watched
from harness.model import CandidateSpec, Spec, Verdict

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="hosts are forked"),
    # The first use of torch's forward mode in a process compiles a few formulas of its own and warns about how.
    pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning"),
]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

LIMITS = Limits(timeout=1.0, memory=2**28)

#: What foreign code may do.
FOREIGN = """
import ctypes, gc, os, random, signal, socket, stat, struct, subprocess, sys, threading, time, warnings
from pathlib import Path
import numpy as np

BEGUN = Path(__file__).with_name("begun")


def begun():
    with BEGUN.open("a") as lines:
        lines.write("once\\n")


def right(input):
    return input + 1


def segfault(input):
    begun()
    ctypes.string_at(0)


def abort(input):
    os.write(2, b"terminate called after throwing at 0x7ffd12\\n")
    os.abort()


def exit_3(input):
    os._exit(3)


def exit_0(input):
    os._exit(0)


def exit_255(input):
    os._exit(255)


def sys_exit(input):
    sys.exit(4)


def interrupt(input):
    signal.raise_signal(signal.SIGINT)


def self_kill(input):
    os.kill(os.getpid(), signal.SIGKILL)


def kill_group(input):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    os.killpg(0, signal.SIGKILL)


def orphan_and_die(input):
    if os.fork() == 0:
        time.sleep(600)
    ctypes.string_at(0)


def close_everything(input):
    os.closerange(0, 256)
    return input


def hang_in_c(input):
    ctypes.PyDLL(None).sleep(600)


def hang_busy(input):
    begun()
    while True:
        pass


def hang_deaf(input):
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    time.sleep(600)


def stop(input):
    os.kill(os.getpid(), signal.SIGSTOP)


def bomb(input):
    hoard = []
    while True:
        hoard.append(np.ones(2**24, np.uint8))


def recurse(input):
    return recurse(input)


def print_megabytes(input):
    for _ in range(8):
        print("x" * 2**20)
    return input + 1


def fork_and_return(input):
    os.fork()
    return input + 1


def warn_strictly(input):
    warnings.warn("once more", DeprecationWarning)
    warnings.simplefilter("error")
    return input + 1


def leak(input):
    gc.garbage.append(np.ones(2**27, np.uint8))
    return input + 1


def kill_parent(input):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)


def slow(input):
    begun()
    time.sleep(0.5)
    return input + 1


def slow_at_first(input):
    begun()
    if len(BEGUN.read_text().split()) == 1:
        time.sleep(600)
    return input + 1


def crash_later(input):
    def crash():
        time.sleep(0.15)
        ctypes.string_at(0)

    threading.Thread(target=crash).start()
    return input + 1


def written_later(input):
    result = input + 1

    def write():
        while True:
            result[...] = -7
            time.sleep(0.001)

    threading.Thread(target=write, daemon=True).start()
    return result


def of_objects(input):
    return np.array([object()] * input.size)


def of_text(input):
    return np.array(["text"] * input.size)


def of_fields(input):
    return np.zeros(input.size, [("a", "f8"), ("b", "i4")])


def declines(input):
    raise NotImplementedError("not of these")


def raises(input):
    raise ValueError("\\n\\n  of one line\\nof another")


def raises_unprintable(input):
    class Bad(Exception):
        def __str__(self):
            raise RuntimeError

    raise Bad


# --- what it may write where its judge listens


def tell(data):
    for number in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, data)
        except OSError:
            pass


def frame(header, body=b""):
    return struct.pack("<4sQQ", b"\\x93HA\\x01", len(header), len(body)) + header + body


def points_elsewhere(input):
    note = sys.meta_path[0]._pad._map
    struct.pack_into("<q", note, 0, int(Path(__file__).with_name("bystander").read_text()))
    ctypes.string_at(0)


def spoil_pipes(input):
    for number in range(3, 64):
        try:
            os.write(number, b"\\0\\0\\0\\x08nonsense")
        except OSError:
            pass
    os._exit(5)


def says_nonsense(input):
    tell(b"HTTP/1.1 200 OK and so on and so on")
    return input + 1


def says_no_json(input):
    tell(frame(b"{"))
    return input + 1


def says_another_type(input):
    tell(frame(b\'{"$type": "Popen", "args": ["true"]}\'))
    return input + 1


def says_another_message(input):
    tell(frame(b\'{"$type": "Ended", "process": 1}\'))
    return input + 1


def says_no_message(input):
    tell(frame(b"3"))
    return input + 1


def says_no_outcomes(input):
    tell(frame(b\'{"$type": "Answers", "outcomes": 5}\'))
    return input + 1


def says_other_outcomes(input):
    tell(frame(b\'{"$type": "Answers", "outcomes": ["yes"]}\'))
    return input + 1


def says_two_outcomes(input):
    tell(frame(b\'{"$type": "Answers", "outcomes": [{"$type": "Skipped"}, {"$type": "Skipped"}]}\'))
    return input + 1


def says_no_arrays(input):
    tell(frame(b\'{"$type": "Answers", "outcomes": [{"$type": "Returned", "arrays": 3}]}\'))
    return input + 1


def says_other_arrays(input):
    tell(frame(b\'{"$type": "Answers", "outcomes": [{"$type": "Returned", "arrays": {"output": "text"}}]}\'))
    return input + 1


def says_half_and_waits(input):
    tell(frame(b"x" * 100)[:50])
    time.sleep(600)


def promises_too_much(input):
    tell(struct.pack("<4sQQ", b"\\x93HA\\x01", 10, 2**62))
    time.sleep(600)
"""


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The servers of all these tests."""
    with closing(Servers()) as kept:
        kept.start("numpy")
        yield kept


Asking = Callable[..., Holder]


@pytest.fixture
def asking(servers: Servers, tmp_path: Path) -> Iterator[Asking]:
    """What makes the holder of a function of the foreign module, in a folder of its own."""
    (tmp_path / "foreign.py").write_text(FOREIGN, encoding="utf-8")
    held: list[Holder] = []

    def make(name: str, limits: Limits = LIMITS, module: str = "foreign", **wanted: str) -> Holder:
        given = Wanted(f"{module}:{name}", "", **{"library": "numpy", **wanted})
        held.append(Holder(servers, given, limits, str(tmp_path)))
        return held[-1]

    yield make
    for holder in held:
        holder.close()


X = np.arange(4.0)
ARGUMENTS = Arguments(("input",), ("output",))


def ask(holder: Any, *scenarios: Any, gated: bool = False) -> list[Outcome]:
    """What comes of scenarios in one batch; of a call where there are none."""
    holder.send(Batch(ARGUMENTS, scenarios or (Call({"input": X}),), gated))
    found: list[Outcome] = holder.answers()
    return found


def output(outcome: Outcome) -> list[float]:
    """The entries of the output that came back."""
    assert isinstance(outcome, Returned), outcome
    found: list[float] = outcome.present["output"].tolist()
    return found


DUE = (X + 1).tolist()


# --- deaths ------------------------------------------------------------------------------------------------------------

#: What it may do that ends or stops a process: what comes of it, but for where that was.
DEADLY: dict[str, Outcome] = {
    "segfault": Died(signal="SIGSEGV"),
    "abort": Died(signal="SIGABRT", words="terminate called after throwing at 0x…"),
    "exit_3": Died(code=3),
    "exit_0": Died(code=0),
    "exit_255": Died(code=255),
    "sys_exit": Escaped("SystemExit", "4"),
    "interrupt": Escaped("KeyboardInterrupt", ""),
    "self_kill": Died(signal="SIGKILL"),
    "kill_group": Died(signal="SIGKILL"),
    "orphan_and_die": Died(signal="SIGSEGV"),
    "close_everything": Died(code=0),
    "spoil_pipes": Died(code=5),
    "hang_in_c": TimedOut(LIMITS.timeout),
    "hang_busy": TimedOut(LIMITS.timeout),
    "hang_deaf": TimedOut(LIMITS.timeout),
    "stop": TimedOut(LIMITS.timeout),
    "bomb": OutOfMemory(),
}

#: Deaths of which the Python stack is told.
PLACED = ("segfault", "abort", "hang_in_c", "hang_busy", "orphan_and_die")


@pytest.mark.parametrize("deed", DEADLY)
def test_a_death_is_an_outcome(deed: str, asking: Asking) -> None:
    (found,) = ask(asking(deed))
    where = getattr(found, "where", "")
    assert (replace(found, where="") if where else found) == DEADLY[deed]
    assert deed not in PLACED or f"in {deed}" in where
    assert str(ROOT) not in where


@pytest.mark.parametrize("deed", ["segfault", "hang_busy", "bomb", "sys_exit"])
def test_after_a_death_a_host_is_asked_anew(deed: str, asking: Asking) -> None:
    holder = asking(deed)
    (first,), (again,) = ask(holder), ask(holder)
    told = [replace(found, where="") if getattr(found, "where", "") else found for found in (first, again)]
    assert told[0] == told[1] == DEADLY[deed]


def test_what_comes_after_a_death_in_a_batch_is_skipped(asking: Asking) -> None:
    call = Call({"input": X})
    first, second, third = ask(asking("segfault"), call, call, call)
    assert isinstance(first, Died)
    assert (second, third) == (Skipped(), Skipped())


def test_nothing_more_is_asked_where_the_first_call_does_not_return(asking: Asking) -> None:
    call = Call({"input": X})
    first, second = ask(asking("raises"), call, call, gated=True)
    assert isinstance(first, Raised)
    assert second == Skipped()


ENDLESS = """
import ctypes
from pathlib import Path


def sigmoid(input):
    with Path(__file__).with_name("begun").open("a") as lines:
        lines.write("once\\n")
    ctypes.string_at(0)
"""


def test_a_candidate_that_dies_again_and_again_is_asked_no_more(servers: Servers, tmp_path: Path) -> None:
    (tmp_path / "dies_always.py").write_text(ENDLESS, encoding="utf-8")
    given = CandidateSpec("dies", "dies_always:sigmoid")
    spec = replace(sigmoid(), candidates=(given,), known=())
    with closing(Hosts(str(servers.folder), LIMITS, str(tmp_path))) as hosts:
        judge = runs.ready(spec, lambda c: hosts.holder(Wanted(c.call, "", c.library)))
        found = [
            row
            for case in cases.cases(spec)[: MOST_DEATHS + 4]
            for row in judge.verdicts(case, 0, lambda name, law: None)
            if row.candidate == "dies"
        ]
    assert [row.law for row in found] == ["status"] * (MOST_DEATHS + 4)
    assert [row.status for row in found[:MOST_DEATHS]] == ["crashed"] * MOST_DEATHS
    assert {row.status for row in found[MOST_DEATHS + 1 :]} <= {"inconclusive", "crashed"}
    assert len((tmp_path / "begun").read_text().split()) <= 2 * MOST_DEATHS


@pytest.mark.parametrize("deed", ["print_megabytes", "fork_and_return", "warn_strictly", "leak", "right"])
def test_what_does_no_harm_returns_like_anything_else(deed: str, asking: Asking) -> None:
    holder = asking(deed)
    for _ in range(3):
        assert output(ask(holder)[0]) == DUE


def test_a_message_is_its_first_line_that_says_something(asking: Asking) -> None:
    (found,) = ask(asking("raises"))
    assert isinstance(found, Raised)
    assert (found.type, found.text) == ("ValueError", "of one line")
    assert found.where.endswith(" in raises")
    assert str(ROOT) not in found.where


def test_a_message_that_cannot_be_read_is_said_to_be_so(asking: Asking) -> None:
    (found,) = ask(asking("raises_unprintable"))
    assert isinstance(found, Raised)
    assert (found.type, found.text) == ("Bad", "its message cannot be read")


def test_endless_recursion_is_an_exception(asking: Asking) -> None:
    (found,) = ask(asking("recurse"))
    assert isinstance(found, Raised)
    assert found.type == "RecursionError"


def test_who_declines_does_not_offer_it(asking: Asking) -> None:
    (found,) = ask(asking("declines"))
    assert found == NotOffered(Reason.DECLINED, "NotImplementedError: not of these")


@pytest.mark.parametrize("deed", ["of_objects", "of_text", "of_fields"])
def test_what_is_no_array_of_numbers_is_said_to_be_none(deed: str, asking: Asking) -> None:
    (found,) = ask(asking(deed))
    assert isinstance(found, NotAnArray), found


# --- imports ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import ctypes; ctypes.string_at(0)", Died),
        ("while True: pass", TimedOut),
        ("import numpy; hoard = numpy.empty(2**31, 'u1')", OutOfMemory | NotHere),
        ("import os; os._exit(3)", Died),
        ("raise SystemExit(2)", Escaped | Died | NotHere),
    ],
    ids=["segfault", "hang", "memory", "exit", "SystemExit"],
)
def test_an_import_that_ends_its_process_is_told_and_not_tried_for_ever(
    text: str, told: Any, asking: Asking, tmp_path: Path
) -> None:
    lines = f"with open({str(tmp_path / 'begun')!r}, 'a') as lines: lines.write('once\\n')\n{text}\nright = abs\n"
    (tmp_path / "imported.py").write_text(lines, encoding="utf-8")
    holder = asking("right", Limits(1.0 / IMPORT_TIMES, LIMITS.memory), "imported")
    assert isinstance(holder.told, told), holder.told
    assert holder.told is holder.told
    assert ask(holder) == [Skipped()]
    assert len((tmp_path / "begun").read_text().split()) <= 2


@pytest.mark.parametrize(
    ("module", "name", "words"),
    [
        ("foreign", "segfalt", "cannot be imported: `foreign` has no `segfalt`; did you mean `segfault`?"),
        ("foreign", "zzz", "cannot be imported: `foreign` has no `zzz`"),
        ("foreign", "np.exq", "cannot be imported: `foreign` has no `np.exq`; did you mean `exp`?"),
        ("no_such_module", "right", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("foreign", "__name__", "is the text 'foreign', expected a function"),
    ],
)
def test_what_cannot_be_loaded_says_why(module: str, name: str, words: str, asking: Asking) -> None:
    assert asking(name, module=module).told == NotHere(False, words)


def test_what_needs_something_that_is_not_here_says_so(asking: Asking) -> None:
    assert asking("right", needs="no_such_module").told == NotHere(True, "needs no_such_module, which is not here")
    assert isinstance(asking("right", needs="numpy").told, Described)


def test_one_holder_describes_what_the_other_does(asking: Asking, tmp_path: Path) -> None:
    here = Inline.of(Wanted("foreign:right", "", "numpy"), str(tmp_path))
    try:
        told, mine = asking("right").told, here.told
    finally:
        sys.modules.pop("foreign", None)
        sys.path.remove(str(tmp_path))
    assert isinstance(told, Described)
    assert isinstance(mine, Described)
    assert replace(told, process=0) == replace(mine, process=0)


# --- what comes from outside ---------------------------------------------------------------------------------------------


def killed(process: int) -> threading.Thread:
    """What kills a process in a moment."""

    def kill() -> None:
        time.sleep(0.2)
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_a_host_killed_from_outside_convicts_nobody(asking: Asking, tmp_path: Path) -> None:
    holder = asking("slow")
    told = holder.told
    assert isinstance(told, Described)
    kill = killed(told.process)
    (found,) = ask(holder)
    kill.join()
    assert output(found) == DUE
    assert holder.deaths == {}
    assert len((tmp_path / "begun").read_text().split()) == 2


def test_a_call_that_is_slow_but_once_convicts_nobody(asking: Asking) -> None:
    holder = asking("slow_at_first")
    assert output(ask(holder)[0]) == DUE
    assert holder.deaths == {}


def test_a_death_that_an_earlier_call_prepared_is_not_put_down_to_the_question_it_falls_in(asking: Asking) -> None:
    holder, slow = asking("crash_later"), Call({"input": X})
    assert output(ask(holder)[0]) == DUE
    time.sleep(0.4)
    assert output(ask(holder, slow)[0]) == DUE
    assert holder.deaths == {}


def test_a_server_that_is_killed_comes_back(tmp_path: Path) -> None:
    (tmp_path / "foreign.py").write_text(FOREIGN, encoding="utf-8")
    with closing(Hosts("", LIMITS, str(tmp_path))) as hosts:
        holder = hosts.holder(Wanted("foreign:right", "", "numpy"))
        assert output(ask(holder)[0]) == DUE
        (server,) = hosts._servers._started.values()
        server.kill()
        server.wait()
        assert output(ask(holder)[0]) == DUE
        assert holder.deaths == {}
        other = hosts.holder(Wanted("foreign:segfault", "", "numpy"))
        (found,) = ask(other)
        assert isinstance(found, Died)
        assert found.signal == "SIGSEGV"


def test_a_candidate_that_kills_its_server_harms_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "foreign.py").write_text(FOREIGN, encoding="utf-8")
    with closing(Hosts("", LIMITS, str(tmp_path))) as hosts:
        right = hosts.holder(Wanted("foreign:right", "", "numpy"))
        assert output(ask(right)[0]) == DUE
        (found,) = ask(hosts.holder(Wanted("foreign:kill_parent", "", "numpy")))
        assert isinstance(found, (Died, TimedOut))
        assert output(ask(right)[0]) == DUE
        assert right.deaths == {}


def marked(mark: str) -> list[int]:
    """Processes with that mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if f"HARNESS_TEST_MARK={mark}".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


RUNNER = """
import sys, time
from harness.asking.binding import Arguments
from harness.asking.hosts import Hosts, Limits, Wanted
from harness.asking.messages import Batch
from harness.asking.scenarios import Call
import numpy as np

hosts = Hosts("", Limits(60.0), sys.argv[1])
for name in ("fork_and_return", "hang_in_c"):
    holder = hosts.holder(Wanted(f"foreign:{name}", "", "numpy"))
    holder.send(Batch(Arguments(("input",), ("output",)), [Call({"input": np.ones(3)})]))
    if name == "fork_and_return":
        holder.answers()
time.sleep(0.2)
print("begun", flush=True)
holder.answers()
"""


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_its_judge(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "foreign.py").write_text(FOREIGN, encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    mark = f"{os.getpid()}-{number}-{time.monotonic_ns()}"
    environment = os.environ | {
        "HARNESS_TEST_MARK": mark,
        "TMPDIR": str(tmp_path / "scratch"),
        "PYTHONPATH": str(ROOT),
    }
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", RUNNER, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == b"begun\n"
        assert len(marked(mark)) >= 4
        runner.send_signal(number)
        runner.wait(60)
    deadline = time.monotonic() + 30
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert marked(mark) == []
    assert list((tmp_path / "scratch").iterdir()) == []


@linux
@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_server_has_one_thread(library: str) -> None:
    with closing(Servers()) as kept:
        kept.start(library)
        (server,) = kept._started.values()
        assert len(list(Path(f"/proc/{server.pid}/task").iterdir())) == 1


# --- what crosses ---------------------------------------------------------------------------------------------------------


def test_what_has_arrived_cannot_be_changed_any_more(asking: Asking) -> None:
    holder = asking("written_later")
    (found,) = ask(holder)
    before = output(found)
    time.sleep(0.1)
    assert output(found) == before
    assert isinstance(found, Returned)
    with pytest.raises(ValueError, match="read-only"):
        found.present["output"][...] = 0


def test_in_this_process_too_what_has_arrived_is_a_copy() -> None:
    kept = []

    def keeps(input: Any) -> Any:
        kept.append(input + 1)
        return kept[-1]

    (found,) = ask(Inline.function(keeps, None, libraries.load("numpy")))
    kept[0][...] = -7
    assert output(found) == DUE


SPOKEN = [line.split("(")[0][4:] for line in FOREIGN.splitlines() if line.startswith(("def says_", "def promises_"))]


@pytest.mark.parametrize("deed", SPOKEN)
def test_no_frame_that_is_not_of_the_protocol_is_taken(deed: str, asking: Asking) -> None:
    """What comes is some ending; no exception reaches the judge, and it waits for none of it."""
    holder, found = asking(deed), list[Any]()

    def listen() -> None:
        try:
            found.extend(ask(holder))
        except Exception as error:
            found.append(error)

    told = holder.told
    assert isinstance(told, Described)
    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    listening.join(10 * LIMITS.timeout)
    waits = listening.is_alive()
    if waits:
        os.killpg(told.process, signal.SIGKILL)
        listening.join(10 * LIMITS.timeout)
    assert not waits
    assert [type(outcome) for outcome in found] in ([Died], [TimedOut]), found


@pytest.mark.parametrize("deed", ["points_elsewhere"])
def test_no_process_is_ended_but_the_host(deed: str, asking: Asking, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command, start_new_session=True) as bystander:
        (tmp_path / "bystander").write_text(str(bystander.pid), encoding="ascii")
        (found,) = ask(asking(deed))
        time.sleep(0.1)
        alive = bystander.poll() is None
        bystander.kill()
    assert alive
    assert isinstance(found, Died)


# --- what is left behind ----------------------------------------------------------------------------------------------------

#: What a candidate may leave behind in its process.
LEFT = {
    "gradients off": "torch.set_grad_enabled(False)",
    "saved tensor hooks": "torch._C._autograd._push_saved_tensors_default_hooks(lambda x: x * 0, lambda x: x)",
    "default dtype": "torch.set_default_dtype(torch.float64)",
    "default device": "torch.set_default_device('meta')",
    "subnormals": "torch.set_flush_denormal(True)",
    "torch's generator": "torch.manual_seed(7)",
    "torch's anomaly mode": "torch.autograd.set_detect_anomaly(True)",
    "a mode of torch functions": "Mode().__enter__()",
    "patched torch.exp": "torch.exp = torch.Tensor.exp = torch.sin",
    "patched np.exp": "np.exp = np.sin",
    "error modes": "np.seterr(all='raise')",
    "error callback": "np.seterrcall(lambda *_: 1 / 0); np.seterr(all='call')",
    "warnings": "warnings.simplefilter('error')",
    "environment": "os.environ.clear()",
    "directory": "os.chdir('/')",
    "rounding": "ctypes.CDLL(None).fesetround(0xC00)",
    "generators": "random.seed(7); np.random.seed(7)",
    "path": "sys.path.clear()",
    "modules": "sys.modules.pop('numpy')",
    "streams": "sys.stdout = sys.stderr = None",
    "collector": "gc.disable(); gc.set_threshold(1)",
    "recursion": "sys.setrecursionlimit(60)",
    "threads": "threading.active_count() > 2 or threading.Thread(target=busy, daemon=True).start()",
    "builtins": "builtins.sum = builtins.len = lambda *_: 3",
}

LEAVING = """
import builtins, ctypes, gc, os, random, sys, threading, warnings
import numpy as np
import torch
from torch.overrides import TorchFunctionMode


class Mode(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return torch.zeros(())


def busy():
    while True:
        np.random.rand()


def leaves(input):
    result = torch.sigmoid(input)
    {deed}
    return result
"""


@cache
def sigmoid() -> Spec:
    return specs.read(ROOT / "specs" / "sigmoid.yaml", runs.LAW_NAMES)


#: Who is judged beside it, in either library.
NEIGHBOURS = ("torch", "numpy.by_hand")


def judged(place: Path, folder: Path, before: tuple[CandidateSpec, ...]) -> list[Verdict]:
    """The rows of the neighbours, without their seconds, where others are judged before them."""
    there = {c.name: c for c in sigmoid().candidates}
    given = (*before, *(there[n] for n in NEIGHBOURS))
    spec = replace(sigmoid(), candidates=given)
    with closing(Hosts(str(folder), Limits(), str(place))) as hosts:
        judge = runs.ready(spec, lambda c: hosts.holder(Wanted(c.call, c.vjp or "", c.library)))
        rows = [
            row
            for address in ("sigmoid", "sigmoid/N:64")
            for row in judge.verdicts(cases.find(spec, address), 0, lambda name, law: None)
        ]
    return [replace(row, seconds=0.0) for row in rows if row.candidate in NEIGHBOURS]


@pytest.fixture(scope="module")
def alone(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    """The neighbours' rows where nobody is beside them."""
    rows = judged(tmp_path_factory.mktemp("alone"), servers.folder, ())
    assert len(rows) > 20
    return rows


@pytest.mark.parametrize("kind", LEFT)
def test_what_a_candidate_leaves_behind_reaches_no_neighbour(
    kind: str, servers: Servers, alone: list[Verdict], tmp_path: Path
) -> None:
    name = f"leaving_{list(LEFT).index(kind)}"
    (tmp_path / f"{name}.py").write_text(LEAVING.format(deed=LEFT[kind]), encoding="utf-8")
    given = CandidateSpec("leaving", f"{name}:leaves", None, "torch")
    assert repr(judged(tmp_path, servers.folder, (given,))) == repr(alone)


def test_what_a_call_leaves_behind_is_seen_by_who_watches(asking: Asking, tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text(LEAVING.format(deed="np.seterr(all='raise')"), encoding="utf-8")
    holder = asking("leaves", Limits(), "leaving", library="torch")
    (found,) = ask(holder, Watched({"input": X}))
    assert isinstance(found, Returned)
    assert found.notes["state"] == ["NumPy's error modes"]


# --- the judge ---------------------------------------------------------------------------------------------------------------

JUDGING = """
import sys
from pathlib import Path
from dataclasses import replace
from harness import cases, runs, specs
from harness.asking.hosts import Limits

sys.path.insert(0, "elsewhere")
spec = specs.read(Path(sys.argv[1]), runs.LAW_NAMES)
judge = runs.ready(spec, runs.holders(sys.argv[2], "", Limits()))
rows = judge.verdicts(cases.find(spec, spec.op), 0, lambda name, law: None)
assert {row.candidate for row in rows} >= {c.name for c in spec.candidates}
assert sum(row.status == "conforms" for row in rows) > 20
held = {c.call.partition(":")[0] for c in spec.candidates} & set(sys.modules)
print(sorted(held | {"torch", "jax"} & set(sys.modules)))
"""


def test_a_judge_imports_no_torch_and_holds_no_candidate() -> None:
    done = subprocess.run(
        [sys.executable, "-c", JUDGING, str(ROOT / "specs" / "sigmoid.yaml"), str(ROOT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"


HOSTING = """
import os, sys


def tells(input):
    there = {name.partition(".")[0] + "." + name.split(".")[1] for name in sys.modules if name.startswith("harness.")}
    assert there == {"harness.asking"}, there
    return input + 1
"""


def test_a_host_holds_nothing_of_the_judge(asking: Asking, tmp_path: Path) -> None:
    (tmp_path / "hosting.py").write_text(HOSTING, encoding="utf-8")
    assert output(ask(asking("tells", module="hosting"))[0]) == DUE


# --- state that is put back, in a host between batches and where candidates are held in the judge ------------------------------


def environment_changed() -> None:
    os.environ["HARNESS_TEST"] = "1"
    os.environ.pop("PATH", None)


def handlers_changed() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0.05)


def rounding_changed() -> None:
    ctypes.CDLL(None).fesetround(0xC00 if sys.platform == "linux" and os.uname().machine == "x86_64" else 0)


def torch_changed(change: Callable[[Any], object]) -> Callable[[], object]:
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
        torch_changed(lambda torch: torch.set_default_dtype(torch.float64)),
        torch_changed(lambda torch: torch.get_default_dtype()),
    ),
    "torch threads": (
        torch_changed(lambda torch: torch.set_num_threads(torch.get_num_threads() + 1)),
        torch_changed(lambda torch: torch.get_num_threads()),
    ),
    "torch determinism": (
        torch_changed(lambda torch: torch.use_deterministic_algorithms(True)),
        torch_changed(lambda torch: torch.are_deterministic_algorithms_enabled()),
    ),
    "torch gradients": (
        torch_changed(lambda torch: torch.set_grad_enabled(False)),
        torch_changed(lambda torch: torch.is_grad_enabled()),
    ),
    "torch device": (
        torch_changed(lambda torch: torch.set_default_device("meta")),
        torch_changed(lambda torch: torch.empty(1).device.type),
    ),
    "torch generator": (
        torch_changed(lambda torch: torch.rand(1)),
        torch_changed(lambda torch: torch.get_rng_state().tolist()),
    ),
    "torch subnormals": (
        torch_changed(lambda torch: torch.set_flush_denormal(True)),
        lambda: sys.float_info.min / 2,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_call_changes_in_its_process_is_changed_back(name: str) -> None:
    change, look = CHANGES[name]
    before = look()
    guard = Guard()
    try:
        change()
    finally:
        guard.between_tasks()
    assert look() == before


def test_a_candidate_does_not_undo_what_the_caller_holds_changed() -> None:
    guard = Guard()
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        held = np.geterr(), list(warnings.filters)
        os.chdir("/")
        guard.between_candidates()
        assert (np.geterr(), list(warnings.filters)) == held
        assert Path.cwd() != Path("/")
