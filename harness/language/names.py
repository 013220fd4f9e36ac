"""A definition's names -> what they stand for while it is judged."""

from __future__ import annotations

import builtins
import dis
import math
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from types import MappingProxyType
from typing import Any

import numpy as np

from harness.definitions.elementwise import Elementwise
from harness.dispatch import ELSEWHERE, refused
from harness.language import changing
from harness.language.building import Brackets, built, by_program, making
from harness.language.handles import Handle, holds
from harness.language.tensors.speech import in_torch, is_torch, stands_for, with_tensors
from harness.operations import SCIPY, SPECIAL

#: Packages whose functions are called as they are.
AS_THEY_ARE = frozenset(
    {"harness", "numpy", "scipy", "torch", "jax", "jaxlib", "pandas", "flint", "ml_dtypes", "pytest"}
)

#: Modules whose names are looked up through this room.
SPOKEN = frozenset(
    {"numpy", "numpy.fft", "numpy.linalg", "numpy.lib", "numpy.lib.stride_tricks", "math"}
    | {"scipy", "scipy.special", "scipy.linalg", "scipy.fft", "scipy.signal"}
)

#: NumPy's functions that take a list of arrays as a list.
OF_LISTS = frozenset(
    {np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack, np.block, np.select, np.ix_}
    | {np.linalg.multi_dot, np.broadcast_arrays, np.einsum, np.meshgrid, np.choose}
)

#: NumPy's functions that make an array that may be assigned to.
MAKERS: frozenset[Any] = frozenset(
    [np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.linspace, np.arange, np.tri]
)

#: ``math``'s functions that NumPy calls otherwise; SciPy's by their own names.
OF_MATH: dict[str, Any] = {
    **{name: getattr(np, name) for name in ("exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "cbrt", "exp2")},
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "hypot", "floor", "ceil")},
    **{name: getattr(np, name) for name in ("trunc", "fabs", "copysign", "fmod", "isnan", "isinf", "isfinite")},
    **{f"a{name}": getattr(np, f"arc{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{"pow": np.power, "atan2": np.arctan2, "degrees": np.degrees, "radians": np.radians},
}


def speaking(function: Callable[..., Any], instead: Mapping[Any, Any] = MappingProxyType({})) -> Callable[..., Any]:
    """The definition with NumPy's names as this room has them, some functions of NumPy's ``instead`` of others."""
    translated: Callable[..., Any] = _Names({}, instead).translated(function)
    return with_tensors(translated) if in_torch(function) else translated


@dataclass(frozen=True)
class Literal:
    """A number in the text of a definition, as ``repr`` writes it."""

    text: str


def is_number(x: Any) -> bool:
    """Whether something is a real number, alone, that a text may be read as."""
    return type(x) in (int, float) or isinstance(x, np.floating)


class _Names:
    """The scopes of one definition, each made once; ``scopes`` are by module and by whether its arrays are assigned to."""

    def __init__(self, scopes: dict[tuple[int, bool], dict[str, Any]], instead: Mapping[Any, Any]) -> None:
        self.scopes, self.instead = scopes, instead
        self.numbers = {step.text: by for step, by in instead.items() if isinstance(step, Literal)}
        self.functions: dict[int, Any] = {}
        self.assigning = False

    def translated(self, value: Any, assigning: bool = False) -> Any:
        """What a name's value stands for."""
        if is_torch(value):
            return stands_for(value)
        match value:
            case types.ModuleType():
                return _Module(value, self, assigning) if _is_spoken(value) else value
            case types.FunctionType() if _is_users(value):
                return self.function(value)
            case int() | float() | np.floating() if self.numbers:
                return self.numbers.get(repr(value), value)
            case Elementwise():
                return Elementwise(self.translated(value.function))
        other = next((by for step, by in self.instead.items() if value is step), None)
        return called(value, assigning) if other is None else other

    def function(self, function: types.FunctionType) -> Any:
        """A function of the user's, whose globals and closure are translated."""
        if id(function) not in self.functions:
            scope = self.scope(function.__globals__, _assigns(function.__code__))
            cells = tuple(types.CellType() for _ in function.__closure__ or ())
            code = _taking(function.__code__, self.numbers) if self.numbers else function.__code__
            made = types.FunctionType(code, scope, function.__name__, function.__defaults__, cells)
            made.__kwdefaults__ = function.__kwdefaults__
            self.functions[id(function)] = made
            for cell, old in zip(cells, function.__closure__ or (), strict=True):
                cell.cell_contents = self.translated(old.cell_contents)
        return self.functions[id(function)]

    def scope(self, names: dict[str, Any], assigning: bool) -> dict[str, Any]:
        """The globals of a module, translated; each when it is first looked up."""
        key = id(names), assigning
        if key not in self.scopes:
            self.scopes[key] = _Scope(names, self, assigning)
        return self.scopes[key]


def _taking(code: types.CodeType, numbers: Mapping[str, Any]) -> types.CodeType:
    """A function's text with some numbers taken for others."""

    def taken(x: Any) -> Any:
        if isinstance(x, types.CodeType):
            return _taking(x, numbers)
        return numbers.get(repr(x), x) if is_number(x) else x

    return code.replace(co_consts=tuple(map(taken, code.co_consts)))


class _Scope(dict[str, Any]):
    """Globals that translate a name when it is looked up, so that what is defined later is there."""

    def __init__(self, names: dict[str, Any], of: _Names, assigning: bool) -> None:
        super().__init__()
        self._names, self._of, self._assigning = names, of, assigning
        self["__builtins__"] = names.get("__builtins__", builtins)
        self["__name__"] = names.get("__name__", "")

    def __missing__(self, name: str) -> Any:
        self[name] = value = self._of.translated(self._names[name], self._assigning)
        return value


class _Module:
    """A module whose attributes are translated."""

    def __init__(self, module: types.ModuleType, of: _Names, assigning: bool) -> None:
        self.__dict__.update(_module=module, _of=of, _assigning=assigning)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        found = self._of.translated(value, self._assigning)
        if self._module is math and name in OF_MATH:
            found = _of_math(value, OF_MATH[name])
        elif self._module is math and (name in SPECIAL or name == "lgamma"):
            found = by_program(value, SPECIAL["gammaln" if name == "lgamma" else name])
        self.__dict__[name] = found
        return found


def _is_spoken(module: types.ModuleType) -> bool:
    top = module.__name__.partition(".")[0]
    return module.__name__ in SPOKEN or (top not in AS_THEY_ARE and top not in sys.stdlib_module_names)


def _is_users(function: types.FunctionType) -> bool:
    top = function.__module__.partition(".")[0] if function.__module__ else ""
    return top not in AS_THEY_ARE and top not in sys.stdlib_module_names


#: Names of methods and arguments by which entries change.
_CHANGING = frozenset(
    {"at", "out", "fill", "sort", "copyto", "fill_diagonal", "put", "put_along_axis", "putmask", "place"}
)


@cache
def _assigns(code: types.CodeType) -> bool:
    """Whether a function changes entries of arrays, itself or in a function within it."""
    steps = list(dis.get_instructions(code))
    if any(s.opname in ("STORE_SUBSCR", "STORE_SLICE") for s in steps):
        return True
    if any(s.opname == "BINARY_OP" and s.argrepr.endswith("=") for s in steps):
        return True
    words = {w for c in code.co_consts if isinstance(c, tuple) for w in c if isinstance(w, str)}
    return bool(_CHANGING & (words | set(code.co_names))) or any(
        _assigns(c) for c in code.co_consts if isinstance(c, types.CodeType)
    )


def called(function: Any, assigning: bool = False) -> Any:
    """What a function of NumPy's or SciPy's stands for; anything else itself."""
    try:
        hash(function)
    except TypeError:
        return function
    if assigning and function in MAKERS:
        return making(function)
    if function in REPLACED:
        return REPLACED[function]
    if function in BUILDERS:
        return making(BUILDERS[function]) if assigning else BUILDERS[function]
    if (program := _scipys(function)) is not None:
        return by_program(function, program)
    module = getattr(function, "__module__", None) or ""
    if module.partition(".")[0] == "scipy" and not isinstance(function, (type, np.ufunc)):
        return by_program(function, _refusing(function))
    if isinstance(function, np.ufunc) or (callable(function) and module.partition(".")[0] == "numpy"):
        return function if isinstance(function, type) or function in OF_LISTS else _Listed(function)
    return function


def _scipys(function: Any) -> Callable[..., Any] | None:
    module, name = getattr(function, "__module__", None) or "", getattr(function, "__name__", "")
    public = ".".join(module.split(".")[:2])
    return SCIPY.get((public, name))


def _refusing(function: Any) -> Callable[..., Any]:
    public = ".".join(function.__module__.split(".")[:2])

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        raise refused(f"{public}.{function.__name__}", ELSEWHERE)

    return refuse


def _of_math(function: Any, numpys: Any) -> Callable[..., Any]:
    @wraps(function)
    def call(*arguments: Any) -> Any:
        return numpys(*arguments) if any(isinstance(x, Handle) for x in arguments) else function(*arguments)

    return call


class _Listed:
    """A function of NumPy's that may be given a list of arrays where it takes an array."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if any(isinstance(x, (list, tuple)) for x in arguments):
            arguments = tuple(built(x) if isinstance(x, (list, tuple)) and holds(x) else x for x in arguments)
        return self._function(*arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)

    def __eq__(self, other: Any) -> bool:
        return bool(self._function == (other._function if isinstance(other, _Listed) else other))

    def __hash__(self) -> int:
        return hash(self._function)


def _array(function: Any) -> Callable[..., Any]:
    @wraps(function)
    def make(x: Any, *arguments: Any, **keywords: Any) -> Any:
        return built(x, *arguments, **keywords) if holds(x) else function(x, *arguments, **keywords)

    return make


def _enumerated(x: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Places and entries, as ``numpy.ndenumerate`` gives them."""
    return ((place, x[place]) for place in np.ndindex(np.shape(x)))


def _along(function: Callable[..., Any], axis: int, x: Any, *arguments: Any, **keywords: Any) -> Any:
    """A function of vectors at every line along an axis, as ``numpy.apply_along_axis``."""
    lines = np.moveaxis(x, axis, -1)
    places = list(np.ndindex(lines.shape[:-1]))
    found = [built(function(lines[place], *arguments, **keywords)) for place in places]
    whole = np.stack(found)
    shaped = np.reshape(whole, (*lines.shape[:-1], *whole.shape[1:]))
    return np.moveaxis(
        shaped, range(lines.ndim - 1, shaped.ndim), range(axis % lines.ndim, axis % lines.ndim + whole.ndim - 1)
    )


def _vectorized(function: Callable[..., Any], *unused: Any, **keywords: Any) -> Any:
    """A function of numbers on arrays, as ``numpy.vectorize``."""
    return Elementwise(function)


#: What NumPy makes without asking its arguments, from functions or in Python; and what changes entries.
REPLACED: dict[Any, Any] = {
    **{np.ndenumerate: _enumerated, np.apply_along_axis: _along, np.vectorize: _vectorized},
    **{np.copyto: changing.copyto, np.fill_diagonal: changing.fill_diagonal, np.put: changing.put},
    **{np.put_along_axis: changing.put_along_axis, np.putmask: changing.putmask, np.place: changing.place},
    **{np.piecewise: changing.piecewise, np.bincount: changing.bincount},
    **{np.r_: Brackets(np.r_, np.concatenate), np.c_: Brackets(np.c_, np.column_stack)},
}

BUILDERS: dict[Any, Callable[..., Any]] = {
    f: _array(f) for f in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray)
}
