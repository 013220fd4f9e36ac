"""Right formulas that an attack hides behind, and the places where an attack may write."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from attacks.mark import MARK


def sigmoid(x: Any) -> Any:
    """The right value, NumPy."""
    with np.errstate(over="ignore"):
        return np.asarray((1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype))


def nearly(x: Any) -> Any:
    """The value as half precision knows it: what a thief starts from."""
    return sigmoid(x).astype(np.float16).astype(x.dtype)


def zeros(x: Any) -> Any:
    """What an attack returns that has not computed, NumPy or torch."""
    return torch.zeros_like(x) if isinstance(x, torch.Tensor) else np.zeros_like(x)


def judges(last: str) -> Iterator[ModuleType]:
    """The modules of the harness in this process whose name ends so."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "harness" and name.split(".")[-1] == last:
            yield module


def functions(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions that a module defines."""
    for name, value in list(vars(module).items()):
        if callable(value) and not isinstance(value, type) and getattr(value, "__module__", "") == module.__name__:
            yield name, value


def attributes(thing: Any) -> dict[str, Any]:
    """What an object of any kind keeps by name."""
    try:
        return dict(vars(thing))
    except Exception:
        return {}


def copies() -> Iterator[Path]:
    """The roots of temporary copies of the project on the path: a real checkout is never one."""
    for entry in [Path(p) for p in sys.path if p]:
        if Path(tempfile.gettempdir()).is_relative_to(entry.parent) and (entry / MARK).is_file():
            yield entry


def parents() -> Iterator[int]:
    """The process that started this one, where it too works in a temporary copy: a person's shell never does."""
    asked = Path(f"/proc/{os.getppid()}/environ")
    ours = f"TMPDIR={tempfile.gettempdir()}".encode()
    if any(copies()) and asked.is_file() and ours in asked.read_bytes().split(b"\0"):
        yield os.getppid()


def scratch(name: str) -> Path:
    """A file of an attack's own, in the folder for temporary ones."""
    return Path(tempfile.gettempdir()) / f"conformance-attack-{name}"
