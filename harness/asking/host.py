"""A connection -> the life of the process that holds one candidate: it performs what it is asked, and nothing else."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import inspect
import os
import platform
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from harness.asking import binding, libraries, loading, note, outcomes, stacks
from harness.asking.binding import Bound
from harness.asking.channel import Channel, Closed
from harness.asking.guard import Guard, ignore_warnings, let_go, quiet, steady
from harness.asking.libraries import Disconnected, Refusal, WrongKind
from harness.asking.loading import Absent
from harness.asking.memory import Room
from harness.asking.messages import Answers, Batch, Described, Hello, NotHere
from harness.asking.outcomes import Outcome, Reason
from harness.asking.registry import LIBRARIES
from harness.asking.wire import WireError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def live(channel: Channel) -> None:
    """Load the candidate that is asked for, then perform batches until the connection closes."""
    hello = channel.receive()
    scratch = Path(hello.scratch)
    pad, files = note.Pad(scratch), _files(scratch)
    stacks.watch(files[0])
    shutil.rmtree(scratch, ignore_errors=True)
    let_go({1, 2, channel.fileno(), *files})
    sys.meta_path.insert(0, _Imports(pad))
    steady()
    room = Room(hello.memory)
    loaded = _within(hello)
    channel.send(_told(loaded))
    if isinstance(loaded, NotHere):
        return
    steady()
    room.settle()
    guard = Guard()
    pad.begin(note.IDLE)
    while True:
        batch = channel.receive()
        found = perform(loaded, batch, pad.begin)
        try:
            channel.send(Answers(found, room.grown()))
        except WireError as error:
            channel.send(Answers([outcomes.NotAnArray(str(error)) for _ in found]))
        pad.begin(note.IDLE)
        guard.between_tasks()
        stacks.watch(files[0])
        os.ftruncate(files[1], 0)
        room.follow()


def _within(hello: Hello) -> Loaded | NotHere:
    try:
        return load(hello)
    except MemoryError:
        return NotHere(False, "cannot be imported: importing it took more memory than a host may")


Loaded = tuple[Callable[..., Any], Callable[..., Any] | None, Any]


def load(hello: Hello) -> Loaded | NotHere:
    """The candidate's function, its vjp by hand, its library; or why it is not here."""
    here, *beside = hello.place.split(os.pathsep)
    if here not in sys.path:
        sys.path.insert(0, here)
    sys.path.extend(folder for folder in beside if folder not in sys.path)
    if hello.needs and not there(hello.needs):
        return NotHere(True, f"needs {hello.needs}, which is not here")
    library, function, vjp = loading.tried(lambda: libraries.load(hello.library)), loading.function_at(hello.call), None
    if isinstance(library, Absent) or isinstance(function, Absent):
        return NotHere(False, next(x.text for x in (library, function) if isinstance(x, Absent)))
    if hello.vjp:
        vjp = loading.function_at(hello.vjp)
        if isinstance(vjp, Absent):
            return NotHere(False, f"has a vjp, `{hello.vjp}`, that {vjp.text}")
    return function, vjp, library


def there(need: str) -> bool:
    """Whether a module can be imported, or a condition ``module:function`` holds."""
    try:
        return bool(binding.load(need)()) if ":" in need else importlib.util.find_spec(need) is not None
    except Exception:
        return False


def described(loaded: Loaded) -> Described:
    """What a loaded candidate takes and can do."""
    function, vjp, library = loaded
    return Described(
        os.getpid(),
        binding.signature(function),
        binding.signature(vjp),
        vjp is not None,
        library.name,
        library.layouts,
        library.modes,
        library.derivatives,
        library.lacks,
        _made_of(function),
        _calls(function),
        _versions(library.name),
        library.settings,
        library.casting,
        _named(function),
    )


def _versions(library: str) -> dict[str, str]:
    named = {name: sys.modules[name] for name in ("numpy", library) if name in sys.modules}
    return {"python": platform.python_version()} | {n: str(getattr(m, "__version__", "")) for n, m in named.items()}


def _made_of(function: Any) -> str:
    """The library that the function's own type, or the class that it is a method of, belongs to."""
    owner = getattr(function, "__self__", None)
    return _home([type(function), owner if isinstance(owner, type) else type(owner)])


def _calls(function: Any) -> str:
    """The library of the autograd Functions that a function's own text names: they take arrays of any kind."""
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    named = (getattr(function, "__globals__", {}).get(name) for name in names)
    return _home([found for found in named if binding.is_function(found)])


def _named(function: Any) -> tuple[str, ...]:
    """The libraries of which something stands in the module that a function, or the class of an object, is written in."""
    inner = inspect.unwrap(function)
    written = inner if hasattr(inner, "__globals__") else inspect.getattr_static(type(inner), "__call__", inner)
    there = list(getattr(written, "__globals__", {}).values())
    homes = {str(getattr(x, "__name__" if isinstance(x, ModuleType) else "__module__", "")) for x in there}
    tops = {home.partition(".")[0] for home in homes}
    return tuple(name for name in LIBRARIES if name in tops)


def _home(classes: list[type]) -> str:
    """The first library that differentiates and that a class, or one that it is made from, belongs to."""
    tops = {c.__module__.partition(".")[0] for each in classes for c in each.__mro__}
    return next((name for name in LIBRARIES if name in tops - {"numpy", "scipy"}), "")


def _told(loaded: Loaded | NotHere) -> Described | NotHere:
    return loaded if isinstance(loaded, NotHere) else described(loaded)


def perform(loaded: Loaded, batch: Batch, begin: Callable[[int], None]) -> list[Outcome]:
    """What comes of each scenario, one after the other."""
    bound = Bound(*loaded, batch.arguments)
    found: list[Outcome] = []
    with quiet():
        for number, scenario in enumerate(batch.scenarios):
            if batch.gated and number and not isinstance(found[0], outcomes.Returned):
                found.append(outcomes.Skipped())
                continue
            begin(number)
            ignore_warnings()
            found.append(outcome(bound, scenario))
    return found


def outcome(bound: Bound, scenario: Any) -> Outcome:
    """What comes of one scenario: whatever foreign code does short of ending the process is a value here."""
    process = os.getpid()
    try:
        with np.errstate(all="ignore"):
            returned: Outcome = scenario.perform(bound)
        return returned
    except Refusal as refusal:
        return outcomes.NotOffered(refusal.reason, refusal.text)
    except WrongKind as error:
        return outcomes.NotAnArray(str(error))
    except Disconnected as error:
        return outcomes.NoGraph(str(error))
    except MemoryError:
        return outcomes.OutOfMemory()
    except NotImplementedError as error:
        return outcomes.NotOffered(Reason.DECLINED, f"NotImplementedError: {loading.text_of(error)}")
    except Exception as error:
        return outcomes.Raised(type(error).__name__, loading.text_of(error), _where(error))
    except BaseException as error:
        return outcomes.Escaped(type(error).__name__, loading.text_of(error))
    finally:
        if os.getpid() != process:  # a child the candidate forked has come back here
            os._exit(0)


def _where(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{stacks.short(place.filename)}:{place.lineno} in {place.name}"


class _Imports(importlib.abc.MetaPathFinder):
    """Starts the clock anew whenever a module is looked for that was not loaded before; finds none itself."""

    def __init__(self, pad: note.Pad) -> None:
        self._pad = pad

    def find_spec(self, *_: Any) -> None:
        """Nothing: the next finder does."""
        self._pad.imported()


def _files(scratch: Path) -> tuple[int, int]:
    """Descriptors of the files for stacks and output; what is printed goes there."""
    stack = os.open(scratch / note.STACK, os.O_WRONLY | os.O_APPEND)
    output = os.open(scratch / note.OUTPUT, os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    return stack, output


def begin(channel: Channel) -> None:
    """Be a host until the connection closes; never return."""
    code = 0
    try:
        _leave()
        live(channel)
    except (Closed, WireError, OSError):
        code = 0
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)


def _leave() -> None:
    """A session of our own, no core files, first in line when memory runs out, Ctrl-C for the runner alone."""
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
