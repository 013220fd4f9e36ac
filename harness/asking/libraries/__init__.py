"""Arrays <-> those of a library: one module each behind one Protocol.

A library is a module of this folder whose ``LIBRARY`` is a class that keeps `Library` below, and one line in
`harness.asking.registry`. It imports its own library alone; nothing imports it before a candidate needs it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, Protocol

from harness.asking.outcomes import Array, Reason
from harness.asking.registry import LIBRARIES

#: Characters of a number or text in a message.
MOST = 40

Function = Callable[..., Any]

#: Makes the upstream gradients from the outputs, one per output, None where it has none.
Upstream = Callable[[Sequence[Any]], Sequence[Any]]


class Refusal(Exception):
    """A library or candidate that does not do something and says so: a reason, never an accusation."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason, self.text = reason, text


class WrongKind(Exception):
    """Something came back that is no array of the library."""


class Disconnected(Exception):
    """The result does not depend on the inputs as far as the library knows."""


@dataclass(frozen=True)
class Mode:
    """A way to call: what is made of the inputs before, and the context in which the call is."""

    prepared: Callable[[Sequence[Any]], list[Any]]
    context: Callable[[], AbstractContextManager[Any]]


class Library(Protocol):
    """What a library must be able to do. ``derivatives`` says whether it differentiates what it is given.

    ``modes`` are ways to call, ``settings`` what all code of the process shares: in none of them another value is right.
    ``casting`` are modes in which the library computes in another dtype, each with that dtype's name.
    """

    name: str
    layouts: tuple[str, ...]
    modes: tuple[str, ...]
    settings: tuple[str, ...]
    casting: tuple[tuple[str, str], ...]
    derivatives: bool
    lacks: tuple[str, ...]

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh array of the same values in a layout. Raises Refusal where the layout does not apply."""

    def unwrap(self, x: Any) -> Array:
        """The returned array as NumPy's. Raises WrongKind for anything else."""

    def dtype(self, x: Any) -> str:
        """An array's dtype as specs write it."""

    def shares(self, a: Any, b: Any) -> bool:
        """Whether two arrays overlap in memory."""

    def surroundings(self, x: Any) -> bytes:
        """The bytes of the whole buffer that ``wrap`` made an array of."""

    def freeze(self, x: Any) -> None:
        """Make an array read-only, where the library can."""

    def thaw(self, x: Any) -> None:
        """Make it writable again."""

    def spread(self, x: Array) -> Any:
        """An array whose entries are all one number in memory, of which all entries of x are."""

    def repeat(self, x: Array, count: int) -> Any:
        """An array of so many rows, each the first one of x at its place in memory. Raises Refusal where there is none."""

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in an array's place."""

    def marks(self, x: Any) -> dict[str, Any]:
        """What an array is besides its numbers, which a call that is given it may not change either."""

    def mode(self, name: str) -> Mode:
        """One of ``modes``, ``settings`` or ``casting``: a way to call."""


def module(name: str) -> str:
    """The module of a library."""
    return f"{__name__}.{LIBRARIES[name].module}"


def load(name: str) -> Any:
    """The library of that name, its module imported."""
    return importlib.import_module(module(name)).LIBRARY()


def described(x: Any) -> str:
    """What something is, for a message."""
    if isinstance(x, (tuple, list)):
        return f"a {type(x).__name__} of {len(x)}"
    match x:
        case None:
            return "None"
        case bool() | int() | float() | complex() | str():
            return f"the {'text' if isinstance(x, str) else 'number'} {repr(x)[:MOST]}"
        case FunctionType() | BuiltinFunctionType() | MethodType():
            return f"the function `{x.__name__}`"
        case ModuleType():
            return f"the module `{x.__name__}`"
    return f"{type(x).__module__}.{type(x).__qualname__}".removeprefix("builtins.")


def function_of(call: Function, inputs: Sequence[Any], wrt: Sequence[int]) -> Function:
    """The call as a function of the inputs at ``wrt``, the others held."""

    def function(*xs: Any) -> Any:
        full = list(inputs)
        for i, x in zip(wrt, xs, strict=True):
            full[i] = x
        return call(*full)

    return function


def tupled(x: Any) -> tuple[Any, ...]:
    """What a call returned, as a tuple."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)
