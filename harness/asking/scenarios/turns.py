"""Several calls one after the other: what a function keeps of one may not be seen in the next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from harness.asking.binding import Arguments, Arrays, Bound, load
from harness.asking.libraries import Refusal
from harness.asking.outcomes import Array, Returned


@dataclass(frozen=True)
class AfterOthers:
    """The call on other inputs, then again on these."""

    inputs: Arrays
    others: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """``others NAME`` and ``again NAME`` of each output; the caller's name is one that benchmarks have."""
        others = bound.run(bound.wrapped(self.others, self.layout))

        def timed_benchmark_repeats_again() -> Returned:
            return bound.run(bound.wrapped(self.inputs, self.layout))

        parts = (("others", others), ("again", timed_benchmark_repeats_again()))
        return Returned({f"{how} {n}": y for how, part in parts for n, y in part.arrays.items()})


@dataclass(frozen=True)
class Kin:
    """A call of the same function with other kinds of arguments: other dtype, shapes, params."""

    inputs: Arrays
    arguments: Arguments
    layout: str = "contiguous"


@dataclass(frozen=True)
class InTurn:
    """Calls of other kinds, each followed by the call on these inputs: what a function keeps may not be taken for another."""

    inputs: Arrays
    kin: tuple[Kin, ...]
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """``K NAME`` of each call of another kind that returned, and ``again K NAME`` of the one after it."""
        found: dict[str, Array | None] = {}
        for k, other in enumerate(self.kin):
            kindred = replace(bound, arguments=other.arguments)
            self.before(k, kindred)
            with suppress(Exception):  # who raises there is told so where that is asked alone
                returned = kindred.run(kindred.wrapped(other.inputs, other.layout))
                found |= {f"{k} {n}": y for n, y in returned.arrays.items()}
            again = bound.run(bound.wrapped(self.inputs, self.layout))
            found |= {f"again {k} {n}": y for n, y in again.arrays.items()}
        return Returned(found)

    def before(self, k: int, kindred: Bound) -> None:
        """What happens before a call of another kind."""


@dataclass(frozen=True)
class AfterSiblings(InTurn):
    """Calls of kinds that were never asked, each after another op's function beside this one was called with them: what two
    functions keep together may not be taken for each other's. ``siblings`` are dotted paths, of which some lead nowhere."""

    siblings: tuple[str, ...] = ()

    def perform(self, bound: Bound) -> Returned:
        """The same, each call of another kind after one of a function beside this one; nothing where there is none."""
        return InTurn.perform(self, bound) if self.there else Returned({})

    def before(self, k: int, kindred: Bound) -> None:
        """A sibling is called with what comes next, and with these inputs."""
        other, functions = self.kin[k], self.there
        sibling = replace(kindred, function=functions[k % len(functions)])
        for inputs in (other.inputs, {n: x.real for n, x in other.inputs.items()}, self.inputs):
            with suppress(Exception):  # it may want other inputs: then it keeps nothing of these
                sibling(*sibling.wrapped(inputs))

    @cached_property
    def there(self) -> list[Callable[..., Any]]:
        """The functions that the paths lead to."""
        found = []
        for path in self.siblings:
            with suppress(Exception):
                function = load(path)
                if callable(function) and not isinstance(function, type):
                    found.append(function)
        return found


@dataclass(frozen=True)
class Overwritten:
    """Arrays that a first call has seen, with other values in their place."""

    inputs: Arrays
    others: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs of the second call."""
        inputs = bound.wrapped(self.inputs, self.layout)
        bound.outputs(bound(*inputs))
        for x, values in zip(inputs, self.others.values(), strict=True):
            bound.library.overwrite(x, values)
        return bound.run(inputs)


@dataclass(frozen=True)
class Scribbled:
    """The call again once its first result was written over: a result belongs to whoever asked for it."""

    inputs: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs of the second call; of a result that cannot be written over, of the first one."""
        first = bound.outputs(bound(*bound.wrapped(self.inputs, self.layout)))
        for y in first:
            try:
                bound.library.overwrite(y, np.zeros_like(bound.library.unwrap(y)))
            except (TypeError, ValueError, RuntimeError, Refusal):  # a number of NumPy is no array
                continue
        return bound.run(bound.wrapped(self.inputs, self.layout))
