"""A definition -> its steps that may be computed otherwise: functions of NumPy's, and what may stand in their place."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

import numpy as np

from harness.definitions.elementwise import Elementwise
from harness.oracles import definition


@dataclass(frozen=True)
class LeftOut:
    """The step's largest argument as it is."""


@dataclass(frozen=True)
class Squared:
    """The square of what the step gives."""


@dataclass(frozen=True)
class Other:
    """Another function of NumPy's with the same arguments."""

    function: str


@dataclass(frozen=True)
class Along:
    """The step along another axis than the one that is named."""

    axis: int


@dataclass(frozen=True)
class Plus:
    """The step of its argument plus a number, which is to keep it from zero."""

    by: float


@dataclass(frozen=True)
class Swapped:
    """The step with its first two arguments in the other order."""


@dataclass(frozen=True)
class OtherDivisor:
    """A variance divided by n - 1 instead of n, or by n instead of n - 1."""


@dataclass(frozen=True)
class Periodic:
    """A window one entry longer, without its last one."""


Step = LeftOut | Squared | Other | Along | Plus | Swapped | OtherDivisor | Periodic

_ENDS = (Along(0), Along(-1))

#: Methods of NumPy's functions that take an axis.
METHODS = frozenset({"accumulate", "reduce"})

#: Numbers that are added to what may be zero.
GUARDS = tuple(Plus(float(f"1e-{n}")) for n in range(3, 17))

#: What may become of functions of NumPy's.
STEPS: Mapping[str, tuple[Step, ...]] = {
    **dict.fromkeys(("abs", "absolute", "clip", "round", "conj", "sign"), (LeftOut(),)),
    "sqrt": (LeftOut(), *GUARDS),
    "linalg.norm": (Squared(), *_ENDS),
    "sum": (Other("mean"), *_ENDS),
    "mean": (Other("sum"), Other("median"), *_ENDS),
    "median": (Other("mean"), *_ENDS),
    "max": (Other("min"), *_ENDS),
    "min": (Other("max"), *_ENDS),
    "argmax": (Other("argmin"), *_ENDS),
    "argmin": (Other("argmax"), *_ENDS),
    "maximum": (Other("minimum"), LeftOut(), *_ENDS),
    "minimum": (Other("maximum"), LeftOut(), *_ENDS),
    "var": (OtherDivisor(), Other("std"), *_ENDS),
    "std": (OtherDivisor(), Other("var"), *_ENDS),
    "floor": (Other("ceil"), Other("trunc"), Other("rint")),
    "ceil": (Other("floor"), Other("rint")),
    "rint": (Other("floor"), Other("trunc")),
    "round": (Other("floor"), Other("trunc")),
    "exp": (Other("exp2"), Other("expm1")),
    "exp2": (Other("exp"),),
    "expm1": (Other("exp"),),
    "log": (LeftOut(), Other("log2"), Other("log10"), Other("log1p"), *GUARDS),
    "log2": (Other("log"), Other("log10")),
    "log10": (Other("log"), Other("log2")),
    "log1p": (Other("log"),),
    "sin": (Other("cos"), Other("sinh"), Other("arcsin")),
    "cos": (Other("sin"), Other("cosh"), Other("arccos")),
    "tan": (Other("tanh"), Other("arctan")),
    "sinh": (Other("cosh"), Other("sin"), Other("arcsinh")),
    "cosh": (Other("sinh"), Other("cos"), Other("arccosh")),
    "tanh": (LeftOut(), Other("tan"), Other("arctanh"), Other("arctan")),
    "arcsin": (Other("arccos"), Other("arcsinh"), Other("sin")),
    "arccos": (Other("arcsin"), Other("arccosh"), Other("cos")),
    "arctan": (Other("arctanh"), Other("tan")),
    "arcsinh": (Other("arccosh"), Other("arcsin"), Other("sinh")),
    "arccosh": (Other("arcsinh"), Other("arccos"), Other("cosh")),
    "arctanh": (Other("arctan"), Other("tanh")),
    "arctan2": (Swapped(),),
    "floor_divide": (Other("true_divide"),),
    "remainder": (Other("fmod"), Swapped()),
    "fmod": (Other("remainder"), Swapped()),
    **dict.fromkeys(("cumsum", "cumprod", "flip", "diff", "sort", "argsort", "prod", "roll", "concatenate"), _ENDS),
    **dict.fromkeys(("hanning", "hamming", "blackman", "bartlett"), (Periodic(),)),
}


@cache
def steps(path: str) -> tuple[str, ...]:
    """The functions of NumPy's in a definition that may be computed otherwise, by name."""
    said = {name for function in functions(path) for name in looked_up(function.__code__)}
    return tuple(name for name in STEPS if set(name.split(".")) <= said)


@cache
def functions(path: str) -> tuple[types.FunctionType, ...]:
    """A definition and the functions that it calls by name, each once."""
    one = definition(path)[0]
    found: dict[int, types.FunctionType] = {}
    pending: list[Any] = [one.function if isinstance(one, Elementwise) else one]
    while pending:
        function = pending.pop()
        if isinstance(function, types.FunctionType) and id(function) not in found:
            found[id(function)] = function
            pending.extend(function.__globals__.get(name) for name in looked_up(function.__code__))
    return tuple(found.values())


def looked_up(code: types.CodeType) -> Iterator[str]:
    """The names that a function's text looks up, also within functions that it makes."""
    yield from code.co_names
    for within in (c for c in code.co_consts if isinstance(c, types.CodeType)):
        yield from looked_up(within)


@dataclass(frozen=True)
class Instead:
    """What is called in the place of a function of NumPy's, by name."""

    name: str
    change: Step

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What comes of the arguments."""
        function = numpys(self.name)
        match self.change:
            case LeftOut():
                return max(arguments, key=lambda x: getattr(x, "size", 0))
            case Squared():
                found = function(*arguments, **keywords)
                return found * found
            case Other(name):
                return numpys(name)(*arguments, **keywords)
            case Along(axis):
                return _along(function, axis, arguments, keywords)
            case Plus(by):
                return function(arguments[0] + by, *arguments[1:], **keywords)
            case Swapped():
                return function(arguments[1], arguments[0], *arguments[2:], **keywords)
            case OtherDivisor():
                return function(*arguments, **{**keywords, "ddof": 1 - keywords.get("ddof", 0)})
            case Periodic():
                return function(arguments[0] + 1)[:-1]

    def __getattr__(self, name: str) -> Any:
        """A method of a ufunc: along another axis, or as it is."""
        found = getattr(numpys(self.name), name)
        return (
            Instead(f"{self.name}.{name}", self.change) if name in METHODS and isinstance(self.change, Along) else found
        )


def _along(function: Callable[..., Any], axis: int, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The function with another axis where one is named."""
    named = {"axis": axis} if isinstance(keywords.get("axis"), int) else {}
    return function(*arguments, **{**keywords, **named})


def numpys(name: str) -> Any:
    """A function of NumPy's by name."""
    return attrgetter(name)(np)
