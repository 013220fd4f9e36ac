"""Cases -> columns: every fact of them that a rule may speak of, as arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import cases
from harness.model import Case, Spec
from harness.naming.samples import AXES

Array = NDArray[Any]


@dataclass(frozen=True)
class Columns:
    """Facts of some cases: words by axis, numbers by name (NaN where a case has none)."""

    words: Mapping[str, Array]
    numbers: Mapping[str, Array]
    count: int

    def __getitem__(self, chosen: Array) -> Columns:
        """The same facts of some of the cases."""
        words = {name: column[chosen] for name, column in self.words.items()}
        return Columns(words, {name: column[chosen] for name, column in self.numbers.items()}, len(chosen))

    def without(self, axes: Collection[str]) -> Columns:
        """The facts but the words of some axes."""
        return replace(self, words={name: column for name, column in self.words.items() if name not in axes})


def columns(spec: Spec, found: Sequence[Case]) -> Columns:
    """The facts of cases: their axes, what `let` names, parts of tuples, how many numbers the inputs hold, lengths."""
    known = [cases.names(spec, case) for case in found]
    axes = [*cases.axes(spec), *(n for n in spec.let if n not in cases.axes(spec))]
    words = {
        axis: np.array([cases.write(k[axis]) for k in known], dtype=object) for axis in axes if axis not in spec.let
    }
    numbers: dict[str, Array] = {}
    for axis in axes:
        numbers.update(_numbers(axis, [k[axis] for k in known]))
    for i in spec.inputs:
        shapes = [cases.shape(i, k) if i.name not in c.absent else () for c, k in zip(found, known, strict=True)]
        numbers[f"numbers in {i.name}"] = np.array([float(prod(s)) for s in shapes])
    for axis in AXES:
        if axis in spec.params:
            lengths = np.array([_length(cases.shape(spec.inputs[0], k), k[axis]) for k in known])
            numbers.update({f"length along {axis}": lengths} if np.isfinite(lengths).any() else {})
    return Columns(words, numbers, len(found))


def _length(shape: tuple[int, ...], axis: Any) -> float:
    """How long a shape is along an axis; NaN where it has none such."""
    if isinstance(axis, bool) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        return float("nan")
    return float(shape[axis])


def largest(spec: Spec, case: Case) -> int:
    """How many numbers the largest input of a case holds."""
    known = cases.names(spec, case)
    return max((prod(cases.shape(i, known)) for i in spec.inputs if i.name not in case.absent), default=0)


def _numbers(axis: str, values: Sequence[Any]) -> Mapping[str, Array]:
    """A column of numbers, or several of tuples: the largest and the smallest entry, each entry, and how many."""
    if not any(isinstance(v, tuple) for v in values):
        column = np.array([number(v) for v in values])
        return {axis: column} if np.isfinite(column).any() else {}
    tuples = [v if isinstance(v, tuple) else (v,) for v in values]
    flat = [tuple(number(x) for x in v) for v in tuples]
    found = {
        f"largest of {axis}": np.array([max(v, default=np.nan) for v in flat]),
        f"smallest of {axis}": np.array([min(v, default=np.nan) for v in flat]),
        f"entries of {axis}": np.array([float(len(v)) for v in flat]),
    }
    longest = max((len(v) for v in flat), default=0)
    for place in range(min(longest, 3)):
        entries = [
            v[place] if len(v) > place else v[0] if len(v) == 1 and not isinstance(w, tuple) else np.nan
            for v, w in zip(flat, values, strict=True)
        ]
        found[f"{axis}[{place}]"] = np.array(entries, dtype=float)
    return {name: column for name, column in found.items() if np.isfinite(column).any()}


def number(value: Any) -> float:
    """A value of an axis as a number; NaN where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return float("nan")
    return float(value)
