"""A case -> its inputs, further draws of them, and what is due at each, shared by all candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds, cases, fills
from harness.model import Case, Spec
from harness.oracles import Answer, Oracle, OracleError

Array = NDArray[Any]


#: Cases of fresh sizes beside one, of how many that are drawn; and most pairs of numbers of their two largest inputs, which a
#: definition may multiply all.
FRESH, FRESH_DRAWS, MOST_PAIRS = 3, 12, 30_000


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

    @property
    def in_rows(self) -> tuple[str, ...]:
        """The inputs whose first axis has the name of the first input's."""
        there = [i for i in self.bench.spec.inputs if i.name in self.oracle.arrays]
        axis = there[0].shape[:1] if there else ()
        return tuple(i.name for i in there if axis and i.shape[:1] == axis)

    @cached_property
    def batch(self) -> tuple[str, ...]:
        """The inputs whose first axis counts rows that the definition computes apart from each other; none without such.

        They share that axis's name with the first input, and the definition at the first row alone, and at the others
        alone, is what it is at all of them but for what the oracle itself is off by. Raises OracleError of the whole.
        """
        arrays, inputs = self.oracle.arrays, self.in_rows
        rows = {arrays[n].shape[:1] for n in inputs} | {a.expected.shape[:1] for a in self.values.values()}
        if not inputs or len(rows) > 1 or min(rows) < (2,):
            return ()
        ((count,),) = rows
        return inputs if all(self.apart(inputs, at) for at in (np.arange(1), np.arange(1, count))) else ()

    def rows(self, inputs: tuple[str, ...], at: Array) -> dict[str, Array]:
        """The inputs with some rows of those that are batches; a row beyond the last one is one of another draw."""
        both = {n: np.concatenate([self.oracle.arrays[n], self.bench.others[n]]) for n in inputs}
        return {n: np.ascontiguousarray(both[n][at]) if n in both else x for n, x in self.oracle.arrays.items()}

    def apart(self, inputs: tuple[str, ...], at: Array) -> bool:
        """Whether the definition at such rows alone gives of each what it gives in the whole."""
        try:
            alone = replace(self.oracle, arrays=self.rows(inputs, at)).values
        except OracleError:
            return False
        return all(_is_part(alone[n], a, at) for n, a in self.values.items())

    def curved_in(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The gradients of ``<vjp(x; cotangents), tangents>`` for some inputs' tangents."""
        return self._once("curved", tangents, partial(self.oracle.second, self.cotangents))

    def moved_by(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The outputs' tangents for some inputs' tangents."""
        return self._once("moved", tangents, self.oracle.jvp)

    def pulled(self, cotangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The inputs' gradients for other cotangents."""
        return self._once("pulled", cotangents, self.oracle.vjp)

    def of_one(self, a: str, b: str) -> dict[str, Answer]:
        """The inputs' gradients for ``cotangents`` where two inputs are one array."""
        oracle = replace(self.oracle, one=(a, b))
        return self._once(f"pulled, {a} is {b}", self.cotangents, oracle.vjp)

    @cached_property
    def _derived(self) -> dict[tuple[Any, ...], dict[str, Answer]]:
        return {}

    def _once(
        self, what: str, along: Mapping[str, Array], ask: Callable[[Mapping[str, Array]], dict[str, Answer]]
    ) -> dict[str, Answer]:
        """Derivatives along some arrays, computed once for all candidates that ask them along the same numbers."""
        key = (what, *((n, x.shape, x.dtype, x.tobytes()) for n, x in along.items()))
        if key not in self._derived:
            self._derived[key] = self._open(ask(along))
        return self._derived[key]

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
    def _due(self) -> dict[tuple[str, str, str], Due]:
        return {}

    def draw(self, name: str, make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """Inputs made once and kept under a name."""
        if name not in self._draws:
            self._draws[name] = frozen(make())
        return self._draws[name]

    def due(self, algorithm: str, draw: str = "", dtype: str = "") -> Due:
        """What is due under an algorithm at a draw of the inputs: the case's own, ``others``, or a kept one.

        In another ``dtype`` than the case's the inputs are rounded to it, and all that follows is computed in it.
        """
        algorithm = bounds.effective(algorithm, dtype or self.case.dtype)
        key = (algorithm, draw, dtype)
        if key not in self._due:
            case, arrays = self.case, self._draws[draw]
            if dtype:
                case, arrays = replace(case, dtype=dtype), frozen({n: _cast(x, dtype) for n, x in arrays.items()})
            self._due[key] = Due(self, Oracle(self.spec, case, arrays, algorithm))
        return self._due[key]

    @cached_property
    def kin(self) -> tuple[Bench, ...]:
        """Benches of the cases that are asked between two calls of this one."""
        return tuple(Bench(self.spec, case, self.seed) for case in cases.kin(self.spec, self.case, self.seed))

    @cached_property
    def fresh(self) -> tuple[Bench, ...]:
        """Benches of cases of other sizes or params, that nothing else asks: what is kept of a call finds nothing of them."""
        seeds = (fills.generator(self.seed, self.case.id, "fresh", str(n)).integers(2**32) for n in range(FRESH_DRAWS))
        drawn = (case for seed in seeds for case in cases.kin(self.spec, self.case, int(seed))[:1])
        light = {case.id: case for case in drawn if _pairs(self.spec, case) <= MOST_PAIRS}
        return tuple(Bench(self.spec, case, self.seed) for case in islice(light.values(), FRESH))

    def directions(self, label: str, like: Mapping[str, Array]) -> dict[str, Array]:
        """Signed random arrays of the given kinds: tangents, cotangents."""
        return {
            n: fills.like(fills.generator(self.seed, self.case.id, label, n), x, self.case) for n, x in like.items()
        }


def _pairs(spec: Spec, case: Case) -> int:
    """How many pairs of numbers the two largest inputs of a case have."""
    known = cases.names(spec, case)
    sizes = sorted(prod(cases.shape(i, known)) for i in spec.inputs if i.name not in case.absent)
    return prod(sizes[-2:])


def _unspecified(answer: Answer) -> Answer:
    missing = np.isnan(answer.expected)
    if not missing.any():
        return answer
    error, expected = np.where(missing, np.inf, answer.error), np.where(missing, 0, answer.expected)
    return replace(answer, expected=expected, error=error, others=None, cancelling=None)


def _is_part(alone: Answer, whole: Answer, at: Array) -> bool:
    """Whether an answer has rows of another, but for what computing either in the oracle's type is off by."""
    if alone.expected.shape != (len(at), *whole.expected.shape[1:]):
        return False
    known = at < len(whole.expected)
    given, expected, error = alone.expected[known], whole.expected[at[known]], whole.error[2][at[known]]
    if expected.dtype.kind in "iub":
        return bool(np.array_equal(expected, given))
    own = 2 * (whole.p.u_wide / whole.p.u) * (error + whole.p.u * np.abs(expected))
    same = (expected == given) | (np.isnan(expected) & np.isnan(given))
    return bool(np.all(same | (np.abs(expected - given) <= own) | ~np.isfinite(error)))


def _cast(x: Array, dtype: str) -> Array:
    """An input in another of a case's dtypes: what is real stays real, and what is no float as it is."""
    kinds = {"f": "real", "c": "complex"}
    return x.astype(fills.dtype(due_dtype(kinds[x.dtype.kind], dtype))) if x.dtype.kind in kinds else x


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
