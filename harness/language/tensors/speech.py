"""A definition -> whether it is written in torch, and torch's modules as it finds them."""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from harness.language.tensors.table import DTYPES, METHODS, MODULES, lacking
from harness.language.tensors.tensor import Tensor, tensor

#: Methods of a tensor that NumPy's arrays have not, and what only torch's functions call their arguments.
_ONLY_TENSORS = frozenset(name for name in METHODS if not hasattr(np.ndarray, name)) | {
    "H",
    "mH",
    "dim",
    "keepdim",
    "unbiased",
}


class Module:
    """A module of torch's as a definition finds it: its functions are programs on numbers with errors."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        path = self._module.__name__
        known = MODULES.get(path, {}).get(name)
        if known is not None:
            return known
        if path == "torch" and name in DTYPES:
            return DTYPES[name]
        value = getattr(self._module, name)
        if isinstance(value, types.ModuleType):
            return Module(value)
        return lacking(f"{path}.{name}") if callable(value) and not isinstance(value, type) else value


def is_torch(value: Any) -> bool:
    """Whether a value is one of torch's modules, or a function of one."""
    return _path(value) is not None


def stands_for(value: Any) -> Any:
    """What one of torch's modules or functions is in a definition."""
    if isinstance(value, types.ModuleType):
        return Module(value)
    module, name = _path(value) or ("", "")
    return MODULES.get(module, {}).get(name) or lacking(f"{module}.{name}")


def _path(value: Any) -> tuple[str, str] | None:
    if isinstance(value, types.ModuleType):
        return (value.__name__, "") if value.__name__.partition(".")[0] == "torch" else None
    if not isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.BuiltinMethodType)):
        return None
    return _functions(len(sys.modules)).get(id(value))


@cache
def _functions(loaded: int) -> dict[int, tuple[str, str]]:
    """The functions of torch's modules that are loaded, by identity."""
    there = [(path, sys.modules[path]) for path in MODULES if path in sys.modules]
    return {
        id(value): (path, name) for path, module in there for name, value in vars(module).items() if callable(value)
    }


def in_torch(function: Any) -> bool:
    """Whether a definition, or a function of its author's that it calls, names torch; or else methods of tensors alone."""
    named, words = set[str](), set[str]()
    for kind, word in _names(function, set()):
        named.add(kind)
        words.add(word)
    return "torch" in named or ("numpy" not in named and bool(words & _ONLY_TENSORS))


def _names(function: Any, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Whose each name of a function is: ``torch``, ``numpy``, or anybody's; with the name."""
    if not isinstance(function, types.FunctionType) or id(function) in seen:
        return
    seen.add(id(function))
    cells = zip(function.__code__.co_freevars, (c.cell_contents for c in function.__closure__ or ()), strict=True)
    values = {**function.__globals__, **dict(cells)}
    for named, word in _words(function.__code__):
        value = values.get(word) if named else None
        if is_torch(value):
            yield "torch", word
        elif isinstance(value, types.ModuleType) and value.__name__.partition(".")[0] == "numpy":
            yield "numpy", word
        elif isinstance(value, types.FunctionType) and value.__module__ == function.__module__:
            yield from _names(value, seen)
        elif not named:
            yield "", word


def _words(code: types.CodeType) -> Iterator[tuple[bool, str]]:
    """The names that a function looks up, and, told apart, those of attributes and of arguments that it gives by name."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            yield False, str(step.argval)
        elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"):
            yield True, str(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _words(constant)
        elif isinstance(constant, tuple):
            yield from ((False, word) for word in constant if isinstance(word, str))


def with_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """A definition in torch, given tensors in the place of handles and arrays."""

    def call(*given: Any, **params: Any) -> Any:
        return function(*map(tensor, given), **params)

    return call


__all__ = ["Tensor", "in_torch", "is_torch", "stands_for", "with_tensors"]
