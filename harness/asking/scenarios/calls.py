"""One call, and what it does besides: to its inputs, to earlier results, to what all code of the process shares."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.asking.binding import Arrays, Bound, bits
from harness.asking.outcomes import Returned
from harness.asking.state import changed_between, global_state, unsettle


@contextmanager
def watching(changed: list[str]) -> Iterator[None]:
    """Note what is changed within that all code of the process shares; `unsettle` first, outside of any mode."""
    with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
        modules, before = len(sys.modules), global_state()
        try:
            yield
        finally:
            changed.extend(changed_between(before, global_state(), modules))


@dataclass(frozen=True)
class Call:
    """One call on fresh arrays, ``keywords`` in place of the case's params where there are any."""

    inputs: Arrays
    layout: str = "contiguous"
    keywords: Mapping[str, Any] | None = None

    def perform(self, bound: Bound) -> Returned:
        """The outputs."""
        return bound.with_keywords(self.keywords).run(bound.remembered(bound.wrapped(self.inputs, self.layout)))


@dataclass(frozen=True)
class Watched:
    """One call on fresh arrays, and what it changes that all code of the process shares."""

    inputs: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs; note ``state``: what was changed."""
        inputs, changed = bound.remembered(bound.wrapped(self.inputs, self.layout)), list[str]()
        unsettle()
        with watching(changed):
            returned = bound(*inputs)
        return bound.found(bound.outputs(returned), state=changed)


@dataclass(frozen=True)
class Refused:
    """A call that must raise, and what it changes nevertheless."""

    inputs: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """No array; notes ``state`` and ``changed``: the inputs that were written to."""
        inputs, changed = bound.wrapped(self.inputs, self.layout), list[str]()
        before = [bits(bound.library.unwrap(x)) for x in inputs]
        unsettle()
        try:
            with watching(changed):
                bound(*inputs)
        except Exception:
            pass
        return Returned({}, {"state": changed, "changed": changed_inputs(bound, inputs, before)})


def changed_inputs(bound: Bound, inputs: Sequence[Any], before: Sequence[bytes]) -> list[str]:
    pairs = zip(bound.arguments.there, inputs, before, strict=True)
    return [n for n, x, was in pairs if bits(bound.library.unwrap(x)) != was]


@dataclass(frozen=True)
class Pure:
    """A call between two others: what it does to inputs, to earlier results, and whose memory it returns."""

    inputs: Arrays
    others: Arrays
    layout: str = "contiguous"

    def perform(self, bound: Bound) -> Returned:
        """The outputs; notes of what was changed, by whom, and what is shared."""
        library, names = bound.library, bound.arguments.there
        earlier = bound.wrapped(self.inputs, self.layout)
        bound.outputs(bound(*earlier))
        inputs = bound.wrapped(self.inputs, self.layout)
        before = [bits(library.unwrap(x)) for x in inputs]
        for x in inputs:
            library.freeze(x)
        beside = [library.marks(x) for x in inputs]
        refused = ""
        try:
            returned = bound.outputs(bound(*inputs))
        except Exception as error:
            for x in inputs:
                library.thaw(x)
            returned = bound.outputs(bound(*inputs))  # what raises here as well raises whatever the inputs allow
            refused = f"{type(error).__name__}: {error}"
        notes: dict[str, Any] = {"refused": refused, "changed": changed_inputs(bound, inputs, before)}
        pairs = [(n, library.marks(x), was) for n, x, was in zip(names, inputs, beside, strict=True)]
        notes["marks"] = {n: [what for what, v in now.items() if v != was[what]] for n, now, was in pairs}
        outputs = dict(zip(bound.arguments.outputs, returned, strict=True))
        given = list(zip(names, inputs, strict=True))
        notes["shared"] = {n: [m for m, x in given if library.shares(x, y)] for n, y in outputs.items()}
        first = bound.found(returned)
        kept = {n: bits(y) for n, y in first.present.items()}
        bound.outputs(bound(*bound.wrapped(self.others, self.layout)))
        notes["later inputs"] = ([] if notes["changed"] else bound.overwritten()) or [
            n
            for n, x, y, was in zip(names, inputs, earlier, before, strict=True)
            if bits(library.unwrap(x)) != was or bits(library.unwrap(y)) != was
        ]
        notes["later outputs"] = [n for n, y in outputs.items() if bits(library.unwrap(y)) != kept[n]]
        return Returned(first.arrays, {**first.notes, **notes})
