"""Dotted path -> a candidate bound to the arguments of a call.

Inputs go by name where the function's signature names them all, otherwise by position in declared order; absent
optional inputs are None; params go by keyword.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MethodType
from typing import Any, TypeGuard

import numpy as np

from harness.asking.libraries import WrongKind, described
from harness.asking.outcomes import Array, Returned

Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a signature: whether it may be given by name, and whether it must be given, having no default."""

    name: str
    named: bool
    needed: bool = False

    def __str__(self) -> str:
        return self.name if self.needed else f"{self.name}=..."


@dataclass(frozen=True)
class Signature:
    """What a function takes: parameters by name, None where nothing tells; whether it takes any keyword."""

    parameters: tuple[Parameter, ...] | None
    anything: bool = False

    @property
    def names(self) -> tuple[str, ...] | None:
        """The parameters' names."""
        return None if self.parameters is None else tuple(p.name for p in self.parameters)


@dataclass(frozen=True)
class Arguments:
    """How the calls of one case are written: declared inputs and outputs, what is absent, params by keyword.

    ``taken`` and ``vjp_taken`` are the inputs that the function has a parameter for, ``by_name`` and ``vjp_by_name`` say
    whether they go by name; ``cotangent`` is what the vjp calls its first one.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    absent: tuple[str, ...] = ()
    taken: tuple[str, ...] | None = None
    vjp_taken: tuple[str, ...] | None = None
    keywords: Mapping[str, Any] = field(default_factory=dict)
    by_name: bool = False
    vjp_keywords: Mapping[str, Any] = field(default_factory=dict)
    vjp_by_name: bool = False
    cotangent: str = ""

    @property
    def there(self) -> tuple[str, ...]:
        """The inputs that are given."""
        return tuple(n for n in self.inputs if n not in self.absent)


@dataclass(frozen=True)
class Bound:
    """A candidate's function, its vjp by hand where there is one, its library, and the arguments of a case."""

    function: Callable[..., Any]
    vjp: Callable[..., Any] | None
    library: Any
    arguments: Arguments
    earliest: list[tuple[Any, bytes]] = field(default_factory=list, compare=False)

    def __call__(self, *inputs: Any) -> Any:
        """Call the function on the inputs that are there, in declared order."""
        full = self._full(inputs, self.arguments.taken)
        if self.arguments.by_name:
            return self.function(**full, **self.arguments.keywords)
        return self.function(*full.values(), **self.arguments.keywords)

    def pull(self, cotangents: Sequence[Any], inputs: Sequence[Any]) -> Any:
        """Call the vjp by hand: one cotangent, or a tuple of them, then the inputs."""
        assert self.vjp is not None
        upstream = cotangents[0] if len(cotangents) == 1 else tuple(cotangents)
        full = self._full(inputs, self.arguments.vjp_taken)
        if self.arguments.vjp_by_name:
            return self.vjp(**{self.arguments.cotangent: upstream}, **full, **self.arguments.vjp_keywords)
        return self.vjp(upstream, *full.values(), **self.arguments.vjp_keywords)

    def _full(self, inputs: Sequence[Any], taken: tuple[str, ...] | None) -> dict[str, Any]:
        given = dict(zip(self.arguments.there, inputs, strict=True))
        return {name: given.get(name) for name in (self.arguments.inputs if taken is None else taken)}

    def with_keywords(self, keywords: Mapping[str, Any] | None) -> Bound:
        """The same with other params, or as it is."""
        return self if keywords is None else replace(self, arguments=replace(self.arguments, keywords=keywords))

    def wrapped(self, inputs: Arrays, layout: str = "contiguous") -> list[Any]:
        """Fresh arrays of the library."""
        return [self.library.wrap(x, layout) for x in inputs.values()]

    def outputs(self, returned: Any) -> list[Any]:
        """The returned arrays, one per declared output. Raises WrongKind for another number."""
        names = self.arguments.outputs
        if len(names) == 1:
            return [returned]
        if not isinstance(returned, (tuple, list)) or len(returned) != len(names):
            raise WrongKind(f"returned {described(returned)}, expected a tuple ({', '.join(names)})")
        return list(returned)

    def found(self, outputs: Sequence[Any], **notes: Any) -> Returned:
        """The outputs as arrays by name, with their dtypes in the library's words among the notes."""
        arrays = dict(zip(self.arguments.outputs, map(self.library.unwrap, outputs), strict=True))
        dtypes = {n: self.library.dtype(y) for n, y in zip(self.arguments.outputs, outputs, strict=True)}
        return Returned(arrays, {"dtypes": dtypes, **notes})

    def run(self, inputs: Sequence[Any], **notes: Any) -> Returned:
        """A call on arrays of the library."""
        return self.found(self.outputs(self(*inputs)), **notes)

    def gradients(self, names: Sequence[str], found: Sequence[Any], **notes: Any) -> Returned:
        """Gradients by name as arrays, None where there is none."""
        arrays = {n: None if g is None else self.library.unwrap(g) for n, g in zip(names, found, strict=True)}
        dtypes = {n: self.library.dtype(g) for n, g in zip(names, found, strict=True) if g is not None}
        return Returned(arrays, {"dtypes": dtypes, **notes})

    def remembered(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """The inputs of a call, remembered where it is the first one."""
        if not self.earliest:
            self.earliest.extend((x, bits(self.library.unwrap(x))) for x in inputs)
        return inputs

    def overwritten(self) -> list[str]:
        """The inputs of the first call that are not what they were."""
        pairs = zip(self.arguments.there, self.earliest, strict=False)
        return [n for n, (x, was) in pairs if bits(self.library.unwrap(x)) != was]

    def places(self, names: Sequence[str]) -> list[int]:
        """Where inputs stand among those that are there."""
        return [self.arguments.there.index(n) for n in names]


def load(path: str) -> Any:
    """The object at ``module:attribute`` or ``file.py:attribute``; raises ImportError saying which part is missing.

    A class is called with the arguments that stand behind it, as in ``layers:Softmax(dim=1)``, which raises NotAClass for
    anything else; of an autograd Function it is what calls of it are.
    """
    module, _, attribute = path.partition(":")
    attribute, _, given = attribute.partition("(")
    found: Any = _of_file(module) if module.endswith(".py") else importlib.import_module(module)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise Missing(module, attribute, part, tuple(dir(found)))
        found = getattr(found, part)
    keywords = _keywords(given)
    if keywords and (is_function(found) or not isinstance(found, type)):
        raise NotAClass(found)
    if isinstance(found, type):
        return _applied(found) if is_function(found) else found(**keywords)
    return found


def is_function(found: Any) -> TypeGuard[type]:
    """Whether it is the class of an autograd Function."""
    return isinstance(found, type) and all(hasattr(found, name) for name in ("apply", "forward", "backward"))


def _of_file(path: str) -> Any:
    """The module in a file, whose neighbours it may import."""
    file = os.path.abspath(path)
    folder, name = os.path.split(file)
    name = f"file {name}"
    if name not in sys.modules or getattr(sys.modules[name], "__file__", "") != file:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None or not os.path.exists(file):
            raise ImportError(f"`{path}`: no such file")
        if folder not in sys.path:
            sys.path.insert(0, folder)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def _keywords(text: str) -> dict[str, Any]:
    """The arguments in ``dim=1, bias=False)``. Raises ImportError where they are none."""
    if not text:
        return {}
    try:
        call: Any = ast.parse(f"given({text}", mode="eval").body
        return {k.arg: ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError, AttributeError) as error:
        raise ImportError(f"`({text}`: expected arguments by name, as in (dim=1): {error}") from None


def _applied(found: Any) -> Callable[..., Any]:
    """The call of an autograd Function, whose arguments go by position."""
    taken = tuple(inspect.signature(found.forward).parameters.values())
    taken = taken[1:] if not hasattr(found, "setup_context") or [p.name for p in taken[:1]] == ["ctx"] else taken
    names = tuple(p.name for p in taken)

    def apply(function: Any, *inputs: Any, **params: Any) -> Any:
        return function.apply(*inputs, *(params[name] for name in names[len(inputs) :] if name in params))

    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("function", either), *(p.replace(kind=either) for p in taken)]
    apply.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return MethodType(apply, found)


class NotAClass(TypeError):
    """Arguments to build with were given for what is no class."""

    def __init__(self, found: Any) -> None:
        super().__init__(f"{described(found)}, expected a class: only a class is built with arguments")


class Missing(ImportError):
    """A module has no such attribute."""

    def __init__(self, module: str, attribute: str, part: str, there: tuple[str, ...]) -> None:
        super().__init__(f"`{module}` has no `{attribute}`")
        self.part, self.there = part, there


def signature(function: Callable[..., Any] | None) -> Signature:
    """What a function takes; nothing is known where it has no signature or takes anything by position."""
    try:
        parameters = list(inspect.signature(function).parameters.values()) if function is not None else None
    except (TypeError, ValueError):
        return Signature(None)
    if parameters is None or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return Signature(None)
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters)
    told = (
        Parameter(p.name, p.kind is not p.POSITIONAL_ONLY, p.default is p.empty)
        for p in parameters
        if p.kind is not p.VAR_KEYWORD
    )
    return Signature(tuple(told), anything)


def bits(x: Array) -> bytes:
    """An array's bytes in C order: equal where it is bit for bit the same."""
    return np.ascontiguousarray(x).tobytes()
