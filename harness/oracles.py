"""Case, arrays -> what is due: values, derivatives, and how far from them a right implementation may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import arithmetic, bounds
from harness.arithmetic import Tracked
from harness.bounds import Precision
from harness.candidates import load
from harness.model import Case, Spec

Array = NDArray[Any]


class OracleError(Exception):
    """The definition itself fails: the spec's fault, never a candidate's."""


@dataclass(frozen=True)
class Answer:
    """What is due: ``expected`` unrounded, ``error`` (3, *shape) in tiers, and the precision it is judged in."""

    expected: Array
    error: Array
    p: Precision

    @classmethod
    def of(cls, tracked: Tracked) -> Answer:
        """The answer a tracked array holds."""
        error = np.zeros((3, *tracked.shape)) if tracked.error is None else np.asarray(tracked.error)
        return cls(tracked.value, np.broadcast_to(error, (3, *tracked.shape)), tracked.p)


def _either(a: Answer, b: Answer) -> Answer:
    lost = ~np.isfinite(a.expected) & np.isfinite(b.expected)
    error = np.where(lost, b.error, np.fmax(a.error, b.error))
    return Answer(np.where(lost, b.expected, a.expected), error, a.p)


def definition(path: str) -> tuple[Callable[..., Any], ...]:
    """The definition at a dotted path, and the other formulas it declares equally right (its ``legal`` attribute)."""
    function = load(path)
    return (function, *getattr(function, "legal", ()))


def slopes(path: str) -> tuple[Callable[..., Any], ...]:
    """Formulas whose derivatives alone are equally right (its ``legal_slopes``): their values would lose too much."""
    return tuple(getattr(load(path), "legal_slopes", ()))


@dataclass(frozen=True)
class Oracle:
    """A spec's definition evaluated at one case's inputs, in the arithmetic that tracks errors and derivatives."""

    spec: Spec
    case: Case
    arrays: Mapping[str, Array]
    algorithm: str = "conventional"

    @cached_property
    def p(self) -> Precision:
        """The judged precision."""
        return bounds.precision(self.case.dtype, self.algorithm)

    @cached_property
    def _runs(self) -> list[tuple[dict[str, Tracked], list[Any]]]:
        return [self._run(f) for f in definition(self.spec.oracle)]

    @cached_property
    def _derived(self) -> list[tuple[dict[str, Tracked], list[Any]]]:
        return self._runs + [self._run(f) for f in slopes(self.spec.oracle)]

    def _run(self, function: Callable[..., Any]) -> tuple[dict[str, Any], list[Any]]:
        leaves: dict[str, Any] = {
            n: arithmetic.leaf(x, self.p) if x.dtype.kind not in "iub" else x for n, x in self.arrays.items()
        }
        given = [leaves.get(i.name) for i in self.spec.inputs]
        try:
            returned = function(*given, **self.case.params)
        except Exception as error:
            raise OracleError(f"{self.spec.oracle} at {self.case.id}: {type(error).__name__}: {error}") from error
        outputs = list(returned) if len(self.spec.outputs) > 1 else [returned]
        return leaves, [self._output(y) for y in outputs]

    def _output(self, y: Any) -> Any:
        if isinstance(y, Tracked) or np.asarray(y).dtype.kind in "iub":
            return y
        return arithmetic.lift(y, self.p)

    @cached_property
    def values(self) -> dict[str, Answer]:
        """Every output by name."""
        return self._merged([dict(zip(self._outputs, ys, strict=True)) for _, ys in self._runs])

    @property
    def _outputs(self) -> list[str]:
        return [o.name for o in self.spec.outputs]

    def _merged(self, runs: Sequence[Mapping[str, Any]]) -> dict[str, Answer]:
        """The first formula's values, with the entry-wise largest of all legal formulas' errors.

        Where the first formula's own steps overflow, another's finite value stands.
        """
        first, *others = ({n: self._answer(y) for n, y in run.items() if y is not None} for run in runs)
        for other in others:
            first = {n: _either(a, other[n]) if n in other else a for n, a in first.items()}
        return first

    def _answer(self, y: Any) -> Answer:
        if isinstance(y, Tracked):
            return Answer.of(y)
        exact = np.asarray(y)
        return Answer(exact, np.zeros((3, *exact.shape)), self.p)

    def _live(self, ys: Sequence[Any]) -> list[tuple[str, Tracked]]:
        return [
            (o.name, y)
            for o, y in zip(self.spec.outputs, ys, strict=True)
            if o.differentiable and isinstance(y, Tracked)
        ]

    def vjp(self, cotangents: Mapping[str, Array]) -> dict[str, Answer]:
        """Gradients of the differentiable inputs, by name; of an input the outputs do not depend on, zeros."""
        return self._merged([self._vjp(leaves, ys, cotangents) for leaves, ys in self._derived])

    def _vjp(
        self, leaves: Mapping[str, Tracked], ys: Sequence[Any], cotangents: Mapping[str, Array]
    ) -> dict[str, Tracked]:
        live = [(n, y) for n, y in self._live(ys) if n in cotangents]
        given = [arithmetic.leaf(cotangents[n], self.p) for n, _ in live]
        return self._pulled(leaves, [y for _, y in live], given)

    def _pulled(
        self, leaves: Mapping[str, Tracked], ys: Sequence[Tracked], cotangents: Sequence[Tracked]
    ) -> dict[str, Tracked]:
        names = [n for n in self.differentiable if n in leaves]
        gradients = arithmetic.vjp(ys, cotangents, [leaves[n] for n in names])
        return {
            n: arithmetic.leaf(np.zeros(leaves[n].shape, leaves[n].dtype), self.p) if g is None else g
            for n, g in zip(names, gradients, strict=True)
        }

    @property
    def differentiable(self) -> list[str]:
        """The inputs that are there and have gradients."""
        return [
            i.name
            for i in self.spec.inputs
            if i.differentiable and i.name in self.arrays and self.arrays[i.name].dtype.kind not in "iub"
        ]

    def jvp(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The outputs' tangents, by name."""
        return self._merged([self._jvp(leaves, ys, tangents) for leaves, ys in self._derived])

    def _jvp(
        self, leaves: Mapping[str, Tracked], ys: Sequence[Any], tangents: Mapping[str, Array]
    ) -> dict[str, Tracked]:
        live = self._live(ys)
        directions = [arithmetic.leaf(x, self.p) for x in tangents.values()]
        moved = arithmetic.jvp([y for _, y in live], [leaves[n] for n in tangents], directions)
        return dict(zip((n for n, _ in live), moved, strict=True))

    def second(self, cotangents: Mapping[str, Array], directions: Mapping[str, Array]) -> dict[str, Answer]:
        """Gradients of ``<vjp(x; g), v>`` in the inputs and, under ``cotangent NAME``, in the cotangents."""
        return self._merged([self._second(leaves, ys, cotangents, directions) for leaves, ys in self._derived])

    def _second(
        self,
        leaves: Mapping[str, Tracked],
        ys: Sequence[Any],
        cotangents: Mapping[str, Array],
        directions: Mapping[str, Array],
    ) -> dict[str, Tracked]:
        live = [(n, y) for n, y in self._live(ys) if n in cotangents]
        upstream = [arithmetic.leaf(cotangents[n], self.p) for n, _ in live]
        names = [n for n in self.differentiable if n in directions]
        first = self._pulled(leaves, [y for _, y in live], upstream)
        found = arithmetic.vjp(
            [first[n] for n in names],
            [arithmetic.leaf(directions[n], self.p) for n in names],
            [*(leaves[n] for n in names), *upstream],
        )
        keys = [*names, *(f"cotangent {n}" for n, _ in live)]
        spaces = [*(leaves[n] for n in names), *upstream]
        return {
            k: arithmetic.leaf(np.zeros(s.shape, s.dtype), self.p) if g is None else g
            for k, g, s in zip(keys, found, spaces, strict=True)
        }
