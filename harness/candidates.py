"""Dotted path, case -> a candidate bound to its op's arguments: call it, differentiate it.

Inputs go by name where the function's signature names them all, otherwise by position in declared order; absent
optional inputs are None; params go by keyword. A param the signature lacks is left out where it has the spec's first
value; elsewhere the candidate does not offer the case.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import cases
from harness.libraries import arrays
from harness.libraries.arrays import NotAnArray, NotOffered
from harness.model import CandidateSpec, Case, Spec
from harness.vocabulary import LIBRARIES

Array = NDArray[Any]


class Failed(Exception):
    """The candidate raised, or returned something that cannot be judged: what it said."""


def load(path: str) -> Any:
    """The object at ``module:attribute``. Raises ImportError saying which part is missing."""
    module, _, attribute = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in attribute.split("."):
        if not hasattr(found, part):
            from harness.specs.errors import nearest

            raise ImportError(f"`{module}` has no `{attribute}`{nearest(part, dir(found))}")
        found = getattr(found, part)
    return found


@dataclass(frozen=True)
class Candidate:
    """An implementation of a spec's op. ``call`` and ``vjp`` are the functions themselves."""

    name: str
    spec: Spec
    given: CandidateSpec
    function: Callable[..., Any]
    vjp_function: Callable[..., Any] | None

    @cached_property
    def library(self) -> arrays.NumPy | arrays.Torch:
        """Whose arrays it takes."""
        return arrays.library(self.given.library)

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter] | None:
        return _parameters(self.function)

    @property
    def speaks_for_library(self) -> bool:
        """Whether it is the library's own function, or this project's adapter to it, and not built of it elsewhere."""
        return self.given.call.split(".")[0].split(":")[0] in (*LIBRARIES, "reference_impls")

    def offers(self, case: Case) -> None:
        """Raises NotOffered where the candidate says beforehand that it does not do this case."""
        if self.given.dtypes is not None and case.dtype not in self.given.dtypes:
            raise NotOffered(f"declares {', '.join(self.given.dtypes)} only")
        if self.library.name == "numpy" and case.dtype == "bfloat16" and self.given.dtypes is None:
            raise NotOffered("NumPy has no bfloat16")
        if self.given.unsupported:
            known = cases.names(self.spec, case)
            for when, because in self.given.unsupported:
                if when(known):
                    raise NotOffered(because)

    def bind(self, case: Case) -> Callable[..., Any]:
        """A function of the inputs that are there, in declared order, with this case's params. Raises NotOffered."""
        return self._bound(self.function, self._parameters, case, cotangent=False)

    def bind_vjp(self, case: Case) -> Callable[..., Any]:
        """The hand-written vjp as a function (cotangent, *inputs). Raises NotOffered where there is none."""
        if self.vjp_function is None:
            raise NotOffered("has no vjp")
        return self._bound(self.vjp_function, _parameters(self.vjp_function), case, cotangent=True)

    def _bound(
        self,
        function: Callable[..., Any],
        parameters: Mapping[str, inspect.Parameter] | None,
        case: Case,
        cotangent: bool,
    ) -> Callable[..., Any]:
        inputs = [i.name for i in self.spec.inputs]
        there = [n for n in inputs if n not in case.absent]
        keywords = self._keywords(parameters, case)
        named, first = self._convention(parameters, case, cotangent)

        def call(*arrays: Any) -> Any:
            upstream, rest = (arrays[:1], arrays[1:]) if cotangent else ((), arrays)
            full = dict.fromkeys(inputs) | dict(zip(there, rest, strict=True))
            if named:
                return function(**dict(zip([first] * cotangent, upstream, strict=True)), **full, **keywords)
            return function(*upstream, *full.values(), **keywords)

        return call

    def _convention(
        self, parameters: Mapping[str, inspect.Parameter] | None, case: Case, cotangent: bool
    ) -> tuple[bool, str]:
        """Whether arguments go by name, and what name the cotangent goes by."""
        inputs = [i.name for i in self.spec.inputs]
        if parameters is None or not all(n in parameters for n in inputs):
            return False, ""
        others = [n for n in parameters if n not in inputs and n not in case.params]
        by_name = [*inputs, *others[:1]] if cotangent else inputs
        if cotangent and not others:
            return False, ""
        allowed = all(parameters[n].kind is not inspect.Parameter.POSITIONAL_ONLY for n in by_name)
        return allowed, others[0] if cotangent else ""

    def arguments(self, case: Case, cotangent: bool = False) -> tuple[bool, str, dict[str, Any]]:
        """How a call is written: by name or not, the cotangent's name, the params that are passed. Raises NotOffered."""
        function = self.vjp_function if cotangent else self.function
        parameters = None if function is None else _parameters(function)
        return *self._convention(parameters, case, cotangent), self._keywords(parameters, case)

    def _keywords(self, parameters: Mapping[str, inspect.Parameter] | None, case: Case) -> dict[str, Any]:
        if parameters is None or any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            return dict(case.params)
        lacking = [n for n in case.params if n not in parameters]
        for name in lacking:
            if cases.write(case.params[name]) != cases.write(self.spec.params[name][0]):
                raise NotOffered(f"takes no `{name}`")
        return {n: v for n, v in case.params.items() if n in parameters}

    def outputs(self, returned: Any) -> list[Any]:
        """The returned arrays, one per declared output. Raises NotAnArray for another number."""
        if len(self.spec.outputs) == 1:
            return [returned]
        if not isinstance(returned, (tuple, list)) or len(returned) != len(self.spec.outputs):
            names = ", ".join(o.name for o in self.spec.outputs)
            raise NotAnArray(f"returned {arrays.described(returned)} where a tuple ({names}) is due")
        return list(returned)

    def run(self, case: Case, arrays: Mapping[str, Array], layout: str | None = None) -> list[Any]:
        """Call on fresh arrays of the case's layout, and give the library's own arrays back.

        Raises NotOffered, or Failed with what the candidate raised or returned instead.
        """
        call = self.bind(case)
        inputs = [self.library.wrap(x, layout or case.layout) for x in arrays.values()]
        return self.checked(lambda: call(*inputs))

    def checked(self, call: Callable[[], Any]) -> list[Any]:
        """The outputs of a call, each verified to be an array. Raises as ``run``."""
        outputs = self.outputs_of(call)
        for y in outputs:
            self.library.unwrap(y)
        return outputs

    def outputs_of(self, call: Callable[[], Any]) -> list[Any]:
        """The outputs of a call. Raises as ``run``."""
        return self.outputs(guarded(call))


def guarded(call: Callable[[], Any]) -> Any:
    """What a call into foreign code returns. Raises NotOffered or Failed instead of whatever it raised."""
    try:
        with np.errstate(all="ignore"):
            return call()
    except (NotOffered, NotAnArray, arrays.NoGradient):
        raise
    except MemoryError:
        raise
    except Exception as error:
        text = str(error).strip().splitlines()[0] if str(error).strip() else ""
        if arrays.is_missing(error):
            raise NotOffered(f"{type(error).__name__}: {text}") from error
        raise Failed(f"{type(error).__name__}: {text}") from error


def candidate(spec: Spec, given: CandidateSpec) -> Candidate:
    """The candidate a spec names. Raises ImportError where a path leads nowhere."""
    function = load(given.call)
    if not callable(function):
        raise ImportError(f"`{given.call}` is not callable")
    return Candidate(given.name, spec, given, function, load(given.vjp) if given.vjp else None)


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter] | None:
    """The parameters of a signature, or None where it has none to read or takes anything by position."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters.values()):
        return None
    return parameters


def guess_library(path: str) -> str:
    """Whose arrays a function from anywhere takes: its module's name says it, else what its own code speaks of.

    A function of a module with both NumPy and torch is followed into the functions of that module that it calls; what
    says nothing is taken for what its module imports, and for NumPy where that says nothing either.
    """
    top = path.split(".")[0].split(":")[0]
    if top in ("torch", "numpy", "scipy"):
        return top
    function = load(path)
    if any(c.__module__.split(".")[0] == "torch" for c in type(function).__mro__):
        return "torch"
    if _annotated(function, "ndarray"):
        return "numpy"
    if _annotated(function, "Tensor"):
        return "torch"
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and any(c.__module__.split(".")[0] == "torch" for c in owner.__mro__):
        return "torch"
    spoken = _spoken(function, set())
    known = spoken if spoken & {"torch", "numpy", "scipy"} else _imported(function)
    return next((name for name in ("torch", "scipy") if name in known), "numpy")


def _imported(function: Any) -> set[str]:
    seen = getattr(inspect.unwrap(function), "__globals__", {}) if callable(function) else {}
    modules = {getattr(v, "__name__", "").split(".")[0] for v in seen.values() if inspect.ismodule(v)}
    return modules | {str(getattr(v, "__module__", "")).split(".")[0] for v in seen.values() if callable(v)}


def _spoken(function: Any, seen: set[Any]) -> set[str]:
    """The top modules that a function's own code names, and those of the functions and classes it names in turn."""
    plain = inspect.unwrap(function) if callable(function) else function
    codes = [getattr(plain, "__code__", None)]
    names = getattr(plain, "__globals__", {})
    if isinstance(plain, type):
        methods = [m for m in map(inspect.unwrap, filter(callable, vars(plain).values())) if hasattr(m, "__code__")]
        static = [m.__func__ for m in vars(plain).values() if isinstance(m, (staticmethod, classmethod))]
        codes = [m.__code__ for m in (*methods, *static) if hasattr(m, "__code__")]
        names = next((m.__globals__ for m in (*methods, *static) if hasattr(m, "__globals__")), {})
    found: set[str] = set()
    for code in (c for c in codes if c is not None and c not in seen):
        seen.add(code)
        inner = [c for c in code.co_consts if inspect.iscode(c)]
        for word in {w for c in (code, *inner) for w in c.co_names}:
            value = names.get(word)
            if inspect.ismodule(value) or (value is None and word in ("torch", "numpy", "scipy")):
                found.add(getattr(value, "__name__", word).split(".")[0])
            elif callable(value):
                module = str(getattr(value, "__module__", "")).split(".")[0]
                same = module == str(getattr(plain, "__module__", "")).split(".")[0]
                bases = {c.__module__.split(".")[0] for c in getattr(value, "__mro__", ())}
                found |= (bases | ({module} if not same else set())) & {"torch", "numpy", "scipy"}
                found |= _spoken(value, seen) if same else set()
    return found


def _annotated(function: Any, word: str) -> bool:
    return any(word in str(a) for a in getattr(function, "__annotations__", {}).values())
