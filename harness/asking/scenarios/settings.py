"""A call elsewhere: in a mode of the library, in threads, with arrays that lie or are given otherwise."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.asking.binding import Arrays, Bound, bits
from harness.asking.outcomes import Array, Returned
from harness.asking.scenarios.calls import changed_inputs, watching
from harness.asking.state import unsettle


@dataclass(frozen=True)
class InMode:
    """A call in one of the library's modes; ``watched``: also what it changes that all code of the process shares."""

    mode: str
    inputs: Arrays
    layout: str = "contiguous"
    watched: bool = False

    def perform(self, bound: Bound) -> Returned:
        """The outputs; notes ``state`` and ``changed``."""
        mode, changed = bound.library.mode(self.mode), list[str]()
        inputs = mode.prepared(bound.wrapped(self.inputs, self.layout))
        before = [bits(bound.library.unwrap(x)) for x in inputs]
        if self.watched:
            unsettle()
        with mode.context(), watching(changed) if self.watched else nullcontext():
            returned = bound(*inputs)
        return bound.found(bound.outputs(returned), state=changed, changed=changed_inputs(bound, inputs, before))


@dataclass(frozen=True)
class InThreads:
    """So many calls on each of two draws, from two threads that take turns as often as they can."""

    inputs: Arrays
    others: Arrays
    calls: int
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """``inputs K NAME`` and ``others K NAME``: each different result once."""
        draws = (("inputs", self.inputs), ("others", self.others)) * self.calls
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(2) as pool:
                results = list(pool.map(lambda draw: bound.run(bound.wrapped(draw[1], self.layout)), draws))
        finally:
            sys.setswitchinterval(before)
        seen: dict[tuple[Any, ...], tuple[str, Returned]] = {}
        for (draw, _), result in zip(draws, results, strict=True):
            seen.setdefault((draw, *(_identity(y) for y in result.present.values())), (draw, result))
        return Returned(
            {f"{draw} {k} {n}": y for k, (draw, r) in enumerate(seen.values()) for n, y in r.arrays.items()}
        )


def _identity(x: Array) -> tuple[Any, ...]:
    return x.shape, str(x.dtype), bits(x)


@dataclass(frozen=True)
class InLayout:
    """A call on inputs placed otherwise in memory, or on one that is, named ``of``, beside contiguous ones.

    Of views into a buffer also whether the rest of it is kept.
    """

    layout: str
    inputs: Arrays
    of: str = ""

    def perform(self, bound: Bound) -> Returned:
        """The outputs; note ``overwritten``: inputs around which memory was written to."""
        places = {n: self.layout if self.of in ("", n) else "contiguous" for n in self.inputs}
        inputs = [bound.library.wrap(x, places[n]) for n, x in self.inputs.items()]
        around = self.layout in ("strided", "offset")
        before = [bound.library.surroundings(x) for x in inputs] if around else []
        found = bound.run(inputs)
        pairs = zip(bound.arguments.there, inputs, before, strict=False)
        lost = [n for n, x, was in pairs if bound.library.surroundings(x) != was]
        return Returned(found.arrays, {**found.notes, "overwritten": lost})


@dataclass(frozen=True)
class OneArray:
    """One array given for two inputs of the same kind."""

    first: str
    second: str
    inputs: Arrays

    def perform(self, bound: Bound) -> Returned:
        """The outputs."""
        one = bound.library.wrap(self.inputs[self.first])
        both = (self.first, self.second)
        return bound.run([one if n in both else bound.library.wrap(x) for n, x in self.inputs.items()])


@dataclass(frozen=True)
class Lists:
    """Lists and Python numbers in place of arrays."""

    inputs: Arrays

    def perform(self, bound: Bound) -> Returned:
        """The outputs, as arrays."""
        outputs = bound.outputs(bound(*(x.tolist() for x in self.inputs.values())))
        return bound.found([np.asarray(y) for y in outputs])
