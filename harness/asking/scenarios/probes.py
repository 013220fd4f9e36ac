"""Calls on inputs that are made where the candidate is: too large to send, or too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.asking.binding import Arrays, Bound
from harness.asking.outcomes import Array, Returned


@dataclass(frozen=True)
class Vast:
    """A call on one row of some inputs repeated by a stride of 0; ``most`` is how many different rows are kept of a result."""

    inputs: Arrays
    rows: tuple[str, ...]
    count: int
    most: int

    def perform(self, bound: Bound) -> Returned:
        """``K NAME`` of each different row of each output, and how long the outputs are as the note ``lengths``."""
        library = bound.library
        given = [library.repeat(x, self.count) if n in self.rows else library.wrap(x) for n, x in self.inputs.items()]
        outputs = dict(zip(bound.arguments.outputs, bound.outputs(bound(*given)), strict=True))
        found: dict[str, Array | None] = {}
        for name, y in outputs.items():
            found |= {f"{k} {name}": row for k, row in enumerate(self._different(y, library))}
        return Returned(found, {"lengths": {n: len(y) for n, y in outputs.items()}})

    def _different(self, y: Any, library: Any) -> list[Array]:
        """The different rows of an output, bit for bit, in the order in which they come."""
        found: list[Array] = []
        step = max(1, 2**22 // max(1, int(np.prod(y.shape[1:]))))  # some millions of entries at a time
        for start in range(0, len(y), step):
            part = np.ascontiguousarray(library.unwrap(y[start : start + step]))
            plain = part.reshape(len(part), -1).view(np.uint8)
            left = np.arange(len(part))
            for row in found:
                left = left[(plain[left] != row.reshape(1, -1).view(np.uint8)).any(axis=1)]
            while left.size and len(found) < self.most:
                found.append(part[left[0] : left[0] + 1].copy())
                left = left[(plain[left] != plain[left[0]]).any(axis=1)]
        return found


@dataclass(frozen=True)
class Masked:
    """Calls on small inputs, in each of which some entries are large, and others as large below 0.

    ``numbers`` has a number for each entry of some inputs, ``pairs`` the number that is large and the one below 0, by call.
    """

    inputs: Arrays
    numbers: Arrays
    pairs: Array
    large: float

    def perform(self, bound: Bound) -> Returned:
        """The outputs of all calls, one call after the other along their first axis."""
        found = [bound.run(bound.wrapped(self._masked(*pair))).present for pair in self.pairs.tolist()]
        return Returned({n: np.stack([each[n] for each in found]) for n in found[0]})

    def _masked(self, plus: int, minus: int) -> Arrays:
        inputs = {n: x.copy() for n, x in self.inputs.items()}
        for name, numbers in self.numbers.items():
            for number, large in ((plus, self.large), (minus, -self.large)):
                at = numbers == number
                inputs[name][at] = large * np.sign(inputs[name][at].astype(np.float64))
        return inputs
