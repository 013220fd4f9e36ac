"""State that foreign code shares with us -> the way back to it.

Every function below takes a snapshot of one part of this process and returns what restores it. NumPy and torch are
looked after only once somebody else has imported them.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Restore = Callable[[], None]

#: Where every process starts its global generators, so that no verdict depends on which worker gave it.
GENERATOR_SEED = 0

#: Room for the C library's `fenv_t`: 32 bytes on x86-64 with glibc, fewer elsewhere.
FENV_BYTES = 256

#: Bytes of the Mersenne Twister's state in NumPy: 624 words and a position, 32 bits each.
MT19937_BYTES = 625 * 4

_SIGNALS = tuple(
    getattr(signal, name)
    for name in (
        "SIGINT",
        "SIGTERM",
        "SIGABRT",
        "SIGSEGV",
        "SIGFPE",
        "SIGBUS",
        "SIGILL",
        "SIGALRM",
        "SIGCHLD",
        "SIGPIPE",
        "SIGUSR1",
        "SIGUSR2",
        "SIGHUP",
    )
    if hasattr(signal, name)
)

#: Getter and setter of each of torch's global settings that is one plain value.
_TORCH_SETTINGS = (
    ("get_default_dtype", "set_default_dtype"),
    ("get_num_threads", "set_num_threads"),
    ("get_float32_matmul_precision", "set_float32_matmul_precision"),
    ("is_anomaly_enabled", "autograd.set_detect_anomaly"),
)


class Guard:
    """A snapshot of this process's shared state, taken when made, and the ways back to it."""

    def __init__(self) -> None:
        self._lasting: list[Restore] = [snapshot() for snapshot in LASTING]
        self._scoped: list[Restore] = [snapshot() for snapshot in SCOPED]
        self._missing = dict(WHEN_IMPORTED)
        self._extend()

    def between_candidates(self) -> None:
        """Restore all but what the caller may be holding changed on purpose, in a ``with`` block around the call."""
        for restore in self._lasting:
            restore()

    def between_tasks(self) -> None:
        """Restore everything, and look after libraries imported since."""
        for restore in self._lasting:
            restore()
        for restore in self._scoped:
            restore()
        if self._missing:
            self._extend()

    def _extend(self) -> None:
        for name in [name for name in self._missing if name in sys.modules]:
            lasting, scoped = self._missing.pop(name)
            self._lasting.append(lasting())
            self._scoped.append(scoped())


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Warnings are no verdict: where the caller turns them into errors, a candidate's would fail it."""
    with warnings.catch_warnings():
        ignore_warnings()
        yield


def ignore_warnings() -> None:
    """Once more, for the last candidate may have filters of its own; by a filter that no candidate is likely to set."""
    warnings.filterwarnings("ignore", message="(?s:.*)")


def steady() -> None:
    """Give the libraries that are loaded one thread, and their global generators one fixed state."""
    random.seed(GENERATOR_SEED)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(GENERATOR_SEED)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(GENERATOR_SEED)
        torch.set_num_threads(1)


def _directory() -> Restore:
    look = os.getcwd  # three times as fast as Path.cwd, and called for every candidate
    home = look()

    def restore() -> None:
        try:
            moved = look() != home
        except OSError:
            moved = True
        if moved:
            with contextlib.suppress(OSError):
                os.chdir(home)

    return restore


def _environment() -> Restore:
    saved = dict(os.environ)
    raw: Any = getattr(os.environ, "_data", os.environ)
    saved_raw = dict(raw)

    def restore() -> None:
        if raw != saved_raw:
            for name in [name for name in os.environ if name not in saved]:
                del os.environ[name]
            os.environ.update(saved)

    return restore


def _python_random() -> Restore:
    saved = random.getstate()
    return lambda: random.setstate(saved)


def _streams() -> Restore:
    saved = (sys.stdin, sys.stdout, sys.stderr)

    def restore() -> None:
        sys.stdin, sys.stdout, sys.stderr = saved

    return restore


def _interpreter() -> Restore:
    limit, path, collecting, hook = sys.getrecursionlimit(), list(sys.path), gc.isenabled(), sys.excepthook

    def restore() -> None:
        if sys.getrecursionlimit() != limit:
            sys.setrecursionlimit(limit)
        if sys.path != path:
            sys.path[:] = path
        if gc.isenabled() != collecting:
            (gc.enable if collecting else gc.disable)()
        sys.excepthook = hook

    return restore


def _signal_handlers() -> Restore:
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    saved = [(number, signal.getsignal(number)) for number in _SIGNALS]
    timed = hasattr(signal, "setitimer")

    def restore() -> None:
        if timed:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in saved:
            if signal.getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)

    return restore


def _floating_point() -> Restore:
    """Rounding mode, traps, flushing of subnormals: C99 `fegetenv` and `fesetenv` save and restore them all."""
    try:
        library = ctypes.CDLL(None)
        load, store = library.fesetenv, library.fegetenv
    except (OSError, AttributeError, TypeError):
        return lambda: None
    environment = ctypes.create_string_buffer(FENV_BYTES)
    store(environment)

    def restore() -> None:
        load(environment)

    return restore


def _warning_filters() -> Restore:
    saved, show = list(warnings.filters), warnings.showwarning

    def restore() -> None:
        if warnings.filters != saved:
            warnings.filters[:] = saved  # type: ignore[index]  # a list at run time, typed as a sequence
            with warnings.catch_warnings():  # leaving it tells the module that its filters changed
                pass
        warnings.showwarning = show

    return restore


def _numpy_lasting() -> Restore:
    numpy = sys.modules["numpy"]
    saved = numpy.random.get_state()
    address = numpy.random.mtrand._rand._bit_generator.ctypes.state_address
    raw = ctypes.string_at(address, MT19937_BYTES) if saved[0] == "MT19937" else b""

    def restore() -> None:
        if not raw or ctypes.string_at(address, MT19937_BYTES) != raw:
            numpy.random.set_state(saved)

    return restore


def _numpy_scoped() -> Restore:
    numpy = sys.modules["numpy"]
    errors, printing = numpy.geterr(), numpy.get_printoptions()

    def restore() -> None:
        if numpy.geterr() != errors:
            numpy.seterr(**errors)
        if numpy.get_printoptions() != printing:
            numpy.set_printoptions(**printing)

    return restore


def _torch_lasting() -> Restore:
    torch = sys.modules["torch"]
    settings = [(_attribute(torch, get), _attribute(torch, put)) for get, put in _TORCH_SETTINGS]
    saved = [(get, put, get()) for get, put in settings]
    generator, device = torch.get_rng_state(), torch.get_default_device()
    deterministic = _torch_deterministic(torch)

    def restore() -> None:
        torch.set_rng_state(generator)
        for get, put, value in saved:
            if get() != value:
                put(value)
        if _torch_deterministic(torch) != deterministic:
            torch.use_deterministic_algorithms(deterministic[0], warn_only=deterministic[1])
        if torch.get_default_device() != device:
            torch.set_default_device(None)

    return restore


def _torch_deterministic(torch: Any) -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _torch_scoped() -> Restore:
    torch = sys.modules["torch"]
    gradients, onednn, autocast = torch.is_grad_enabled(), torch.backends.mkldnn.enabled, _autocast(torch)

    def restore() -> None:
        if torch.is_grad_enabled() != gradients:
            torch.set_grad_enabled(gradients)
        if torch.backends.mkldnn.enabled != onednn:
            torch.backends.mkldnn.enabled = onednn
        if _autocast(torch) != autocast:
            torch.set_autocast_enabled("cpu", autocast)

    return restore


def _autocast(torch: Any) -> bool:
    return bool(torch.is_autocast_enabled("cpu"))


def _attribute(root: Any, path: str) -> Any:
    for part in path.split("."):
        root = getattr(root, part)
    return root


#: What outlives a call, and no ``with`` block of the harness changes.
LASTING = (_directory, _environment, _python_random, _streams, _interpreter, _signal_handlers, _floating_point)

#: What the harness itself may hold changed around a call.
SCOPED = (_warning_filters,)

#: The same two, for libraries.
WHEN_IMPORTED = {
    "numpy": (_numpy_lasting, _numpy_scoped),
    "torch": (_torch_lasting, _torch_scoped),
}


def let_go(ours: set[int]) -> None:
    """Point all descriptors but ours at nothing: foreign code could reach other processes through them."""
    with contextlib.suppress(OSError), Path(os.devnull).open("r+b") as nothing:
        for number in {int(file.name) for file in Path("/dev/fd").iterdir()} - ours - {nothing.fileno()}:
            with contextlib.suppress(OSError):
                os.fstat(number)
                os.dup2(nothing.fileno(), number)
