"""Case, candidate -> everything a law may ask for, computed once and shared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import cases, fills
from harness.candidates import Candidate, Failed, guarded
from harness.libraries.arrays import NoGradient, NotOffered
from harness.libraries.autograd import torch_functions, torch_jvp, torch_vjp
from harness.libraries.machine import SET_BY_IMPORTS, global_state, unsettle
from harness.model import Case, Spec
from harness.oracles import Answer, Oracle, defaults

Array = NDArray[Any]

#: Most inputs an op may have for two of them to be given as one array.
MOST_SHARED = 5


@dataclass(frozen=True)
class Due:
    """What is due at one draw of a case's inputs under one algorithm: shared by every candidate that uses it."""

    bench: Bench
    oracle: Oracle

    @property
    def values(self) -> dict[str, Answer]:
        """The outputs, by name."""
        return self.oracle.values

    @cached_property
    def cotangents(self) -> dict[str, Array]:
        """A signed upstream gradient for each differentiable output, in the dtype that is due."""
        spec, dtype = self.bench.spec, self.bench.case.dtype
        kinds = {o.name: fills.dtype(due_dtype(o.dtype, dtype)) for o in spec.outputs if o.differentiable}
        shapes = {n: np.zeros(self.oracle.shapes[n], kind) for n, kind in kinds.items()}
        return self.bench.directions("cotangent", shapes)

    @cached_property
    def tangents(self) -> dict[str, Array]:
        """A signed direction for each differentiable input."""
        return self.bench.directions("tangent", {n: self.oracle.arrays[n] for n in self.oracle.differentiable})

    @cached_property
    def gradients(self) -> dict[str, Answer]:
        """The inputs' gradients for ``cotangents``."""
        return self._open(self.oracle.vjp(self.cotangents))

    @cached_property
    def moved(self) -> dict[str, Answer]:
        """The outputs' tangents for ``tangents``."""
        return self._open(self.oracle.jvp(self.tangents))

    @cached_property
    def second(self) -> dict[str, Answer]:
        """The gradients of ``<vjp(x; cotangents), tangents>``."""
        return self._open(self.oracle.second(self.cotangents, self.tangents))

    @cached_property
    def curved(self) -> dict[str, Answer]:
        """The outputs' second derivatives along ``tangents``."""
        return self._open(self.oracle.curved(self.tangents))

    def curved_in(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The gradients of ``<vjp(x; cotangents), tangents>`` for some inputs' tangents."""
        return self._open(self.oracle.second(self.cotangents, tangents))

    def moved_by(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The outputs' tangents for some inputs' tangents."""
        return self._open(self.oracle.jvp(tangents))

    def pulled(self, cotangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The inputs' gradients for other cotangents."""
        return self._open(self.oracle.vjp(cotangents))

    def _open(self, derivatives: dict[str, Answer]) -> dict[str, Answer]:
        """Derivatives with any number allowed where none exists: where finite inputs give the definition no slope."""
        return {n: _unspecified(a) for n, a in derivatives.items()} if self.bench.finite else derivatives


@dataclass(frozen=True)
class Bench:
    """One case, ready to be judged: its inputs, further draws of them, and oracles. Shared by all candidates."""

    spec: Spec
    case: Case
    seed: int

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The inputs, by name."""
        return frozen(fills.arrays(self.spec, self.case, self.seed))

    @cached_property
    def others(self) -> dict[str, Array]:
        """Another draw of the inputs."""
        return frozen(fills.arrays(self.spec, self.case, self.seed, "others"))

    @cached_property
    def tier(self) -> str:
        """The tier of bounds that judges this case."""
        return fills.regime(self.case)

    @cached_property
    def finite(self) -> bool:
        """Whether every input is finite."""
        return all(bool(np.isfinite(x.astype(np.float64)).all()) for x in self._floats)

    @property
    def _floats(self) -> list[Array]:
        return [x.real for x in self.arrays.values()] + [x.imag for x in self.arrays.values() if x.dtype.kind == "c"]

    @cached_property
    def _draws(self) -> dict[str, dict[str, Array]]:
        return {"": self.arrays, "others": self.others}

    @cached_property
    def _due(self) -> dict[tuple[str, str], Due]:
        return {}

    def draw(self, name: str, make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """Inputs made once and kept under a name."""
        if name not in self._draws:
            self._draws[name] = frozen(make())
        return self._draws[name]

    def due(self, algorithm: str, draw: str = "") -> Due:
        """What is due under an algorithm at a draw of the inputs: the case's own, ``others``, or a kept one."""
        key = (algorithm, draw)
        if key not in self._due:
            self._due[key] = Due(self, Oracle(self.spec, self.case, self._draws[draw], algorithm))
        return self._due[key]

    def directions(self, label: str, like: Mapping[str, Array]) -> dict[str, Array]:
        """Signed random arrays of the given kinds: tangents, cotangents."""
        return {
            n: fills.like(fills.generator(self.seed, self.case.id, label, n), x, self.case) for n, x in like.items()
        }


@dataclass(frozen=True)
class Trial:
    """One candidate at one case. Laws are generators of equations over it."""

    bench: Bench
    candidate: Candidate

    @property
    def spec(self) -> Spec:
        return self.bench.spec

    @property
    def case(self) -> Case:
        return self.bench.case

    @property
    def arrays(self) -> dict[str, Array]:
        return self.bench.arrays

    @cached_property
    def due(self) -> Due:
        """What is due of this candidate's algorithm."""
        return self.due_at("")

    def due_at(self, draw: str) -> Due:
        """What is due at another draw of the inputs."""
        return self.bench.due(self.candidate.given.algorithm, draw)

    @property
    def plain(self) -> bool:
        """Whether the case is the first one or a step from it, with data as any: where laws look at more than values."""
        return self.case.departures <= 1 and self.case.fill == "normal"

    @property
    def outputs(self) -> list[str]:
        """The names of the declared outputs."""
        return [o.name for o in self.spec.outputs]

    @property
    def first(self) -> list[Any]:
        """What the first call returned, in the library's own arrays."""
        return self._watched[0]

    @property
    def changed(self) -> list[str]:
        """What the first call changed that all code of the process shares, seen near the op's first case."""
        return self._watched[1]

    @cached_property
    def given(self) -> list[Any]:
        """What the first call was given, in the library's own arrays."""
        return self.wrapped()

    @cached_property
    def _watched(self) -> tuple[list[Any], list[str]]:
        call, inputs = self.bound_call, self.given
        if self.case.departures > 1:
            return self.candidate.checked(lambda: call(*inputs)), []
        noted, changed = self.noted(inputs)
        return self.candidate.checked(noted), changed

    def noted(self, inputs: Sequence[Any]) -> tuple[Callable[[], Any], list[str]]:
        """A call on inputs, and what it changed that all code of the process shares, once it was made."""
        call, changed = self.bound_call, list[str]()

        def watched() -> Any:
            with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
                modules, before = len(sys.modules), global_state()
                try:
                    return call(*inputs)
                finally:
                    after = global_state()
                    excused = SET_BY_IMPORTS if len(sys.modules) > modules else ()
                    changed.extend(n for n in before if before[n] != after.get(n) and n not in excused)

        unsettle()
        return watched, changed

    def call(self, arrays: Mapping[str, Array] | None = None, layout: str | None = None) -> list[Any]:
        """What a call on fresh arrays returns, in the library's own arrays."""
        return self.candidate.run(self.case, self.arrays if arrays is None else arrays, layout)

    def values(self, returned: Sequence[Any]) -> dict[str, Array]:
        """Returned arrays as NumPy's, by output's name."""
        return {n: self.candidate.library.unwrap(y) for n, y in zip(self.outputs, returned, strict=True)}

    @cached_property
    def shortened(self) -> tuple[Case, Case] | None:
        """The case with every param at the definition's default that has one, and without those; None without any."""
        left_out = {n: v for n, v in defaults(self.spec.oracle).items() if n in self.case.params}
        whole = replace(self.case, params={**self.case.params, **left_out})
        rest = {n: v for n, v in self.case.params.items() if n not in left_out}
        return (whole, replace(self.case, params=rest)) if left_out and cases.valid(self.spec, whole) else None

    def alike(self) -> Iterator[tuple[str, str, str]]:
        """Two inputs that may be one array, the first two there are, and the name of the draw in which they are.

        Nothing of ops with more inputs than a layer has: they are compositions, whose parts are judged by themselves.
        """
        there = [i for i in self.spec.inputs if i.name in self.arrays]
        for a, b in combinations(there, 2) if len(there) <= MOST_SHARED else ():
            x, y = self.arrays[a.name], self.arrays[b.name]
            if (a.domain, x.shape, x.dtype) == (b.domain, y.shape, y.dtype) and x.dtype.kind not in "iub":
                draw = f"{a.name} for {b.name}"
                self.bench.draw(draw, partial(dict, {**self.arrays, b.name: x.copy()}))
                yield a.name, b.name, draw
                return

    # --- derivatives ---

    @property
    def is_torch(self) -> bool:
        return self.candidate.library.name == "torch"

    @property
    def differentiable(self) -> list[str]:
        """The inputs whose gradients are judged."""
        return self.due.oracle.differentiable

    @property
    def places(self) -> list[int]:
        """Where the differentiable inputs stand among those that are there."""
        names = list(self.arrays)
        return [names.index(n) for n in self.differentiable]

    def output_dtype(self, name: str) -> str:
        """The dtype that is due for an output."""
        return due_dtype({o.name: o.dtype for o in self.spec.outputs}[name], self.case.dtype)

    @cached_property
    def bound_call(self) -> Callable[..., Any]:
        """The candidate as a function of the inputs that are there."""
        return self.candidate.bind(self.case)

    def prepare(self) -> None:
        """Compute what foreign code will be given, so that no failure of the oracle is taken for its own."""
        _ = self.due.cotangents, self.due.tangents

    def wrapped(self, layout: str | None = None) -> list[Any]:
        """Fresh arrays of the library, in declared order."""
        chosen = layout or self.case.layout
        return [self.candidate.library.wrap(x, chosen) for x in self.arrays.values()]

    @cached_property
    def has_functions(self) -> bool:
        """Whether a custom Function takes part in the results."""
        return bool(guarded(partial(torch_functions, self.bound_call, self.wrapped(), self.places)))

    def upstream(self, outputs: Sequence[Any], layout: str = "contiguous") -> list[Any]:
        """The cotangents in the library's arrays, one per output (None where it has no gradient)."""
        given = self.due.cotangents
        return [self.candidate.library.wrap(given[n], layout) if n in given else None for n in self.outputs]

    @cached_property
    def reverse(self) -> dict[str, Any]:
        """The candidate's gradients of all differentiable inputs, asked for at once."""
        return self.vjp()

    @cached_property
    def forward(self) -> dict[str, Array]:
        """The candidate's output tangents."""
        return self.jvp()

    def vjp(
        self,
        wrt: Sequence[int] | None = None,
        given: Callable[[Sequence[Any]], list[Any]] | None = None,
        inputs: Sequence[Any] | None = None,
    ) -> dict[str, Any]:
        """The candidate's gradients, by input's name, in the library's arrays (None where none).

        ``wrt`` are the places of the inputs asked for (all by default); ``given`` makes the upstream gradients, one per
        output (the case's cotangents by default, None where an output has none); ``inputs`` are fresh ones by default.
        """
        self.prepare()
        made = self.upstream if given is None else given
        xs = self.wrapped() if inputs is None else list(inputs)
        places = self.places if wrt is None else list(wrt)
        names = [list(self.arrays)[i] for i in places]
        if self.is_torch and self.candidate.vjp_function is None:
            return dict(
                zip(
                    names,
                    guarded(lambda: torch_vjp(self.bound_call, xs, places, made)),
                    strict=True,
                )
            )
        call = self.candidate.bind_vjp(self.case)
        upstream = [g for g in made([]) if g is not None]
        cotangent = upstream[0] if len(upstream) == 1 else tuple(upstream)
        returned = guarded(lambda: call(cotangent, *xs))
        found = returned if isinstance(returned, (tuple, list)) else (returned,)
        declared = [i.name for i in self.spec.inputs]
        if isinstance(returned, dict):
            pairs = returned
        elif returned is None or _short_or_long(found, len(declared), len(self.arrays)):
            there = "None" if returned is None else f"{len(found)}"
            raise Failed(f"its vjp returned {there} where {len(declared)} gradients are due, one per input")
        else:
            order = declared if len(found) >= len(declared) else [n for n in declared if n in self.arrays]
            pairs = dict(zip(order, found, strict=False))
        return {n: pairs.get(n) for n in names}

    def jvp(self, tangents: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """The candidate's output tangents for the case's, or some. Raises NotOffered where it has no forward mode."""
        if not self.is_torch:
            raise NotOffered("has no forward mode")
        names = list(self.arrays)
        wrap = self.candidate.library.wrap
        directions = self.due.tangents if tangents is None else tangents
        given = [wrap(directions[n]) if n in directions else None for n in names]
        moved = guarded(lambda: torch_jvp(self.bound_call, self.wrapped(), given))
        if all(t is None for t in moved):
            raise NoGradient("forward mode carries nothing to the result")
        return {n: self.candidate.library.unwrap(t) for n, t in zip(self.outputs, moved, strict=True) if t is not None}


def _short_or_long(found: Sequence[Any], declared: int, there: int) -> bool:
    """Whether these are no gradients of the inputs; None may follow for what is no input."""
    return len(found) != there and (len(found) < declared or any(g is not None for g in found[declared:]))


def _unspecified(answer: Answer) -> Answer:
    missing = np.isnan(answer.expected)
    if not missing.any():
        return answer
    error, expected = np.where(missing, np.inf, answer.error), np.where(missing, 0, answer.expected)
    return replace(answer, expected=expected, error=error, wider=None)


def frozen(arrays: dict[str, Array]) -> dict[str, Array]:
    """The arrays, read-only from now on: all candidates and laws share them."""
    for x in arrays.values():
        x.flags.writeable = False
    return arrays


def due_dtype(relation: str, case: str) -> str:
    """The dtype an output is due in, from how the spec relates it to the case's."""
    real = {"complex64": "float32", "complex128": "float64", "clongdouble": "longdouble"}
    up = {"float32": "complex64", "float64": "complex128", "float16": "complex32", "longdouble": "clongdouble"}
    if relation == "real":
        return real.get(case, case)
    if relation == "complex":
        return case if case in real else up[case]
    return case if relation == "same" else relation
