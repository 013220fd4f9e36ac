"""What came of asking a candidate: a closed union, matched on by judgement, ledger, shrinking and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Reason(StrEnum):
    """Why something is not offered."""

    DECLARED = "declared"  # the spec, or the user, says so
    PARAM = "param"  # the signature has no such parameter
    DECLINED = "declined"  # the candidate raised NotImplementedError
    LIBRARY = "library"  # the library's own function raised
    LAYOUT = "layout"  # the library has no such arrays
    PROTECTED = "protected"  # the library noticed what was overwritten and refused
    LACKS = "lacks"  # there is no such derivative or rule
    ABSENT = "absent"  # what it needs is not installed


@dataclass(frozen=True)
class Returned:
    """Arrays by name (None: no such gradient), copied on arrival, and what the host says besides."""

    arrays: Mapping[str, Array | None]
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def present(self) -> dict[str, Array]:
        """The arrays that are there."""
        return {name: x for name, x in self.arrays.items() if x is not None}


@dataclass(frozen=True)
class Raised:
    """An exception: its type, the line of its message that says something, and the innermost frame outside the host."""

    type: str
    text: str
    where: str = ""


@dataclass(frozen=True)
class NotAnArray:
    """Something came back that is no array of the library, or not as many as there are outputs."""

    text: str


@dataclass(frozen=True)
class NoGraph:
    """The result does not depend on the inputs as far as the library knows, though they ask for gradients."""

    text: str


@dataclass(frozen=True)
class Escaped:
    """An exception that ends processes: SystemExit, KeyboardInterrupt and their like."""

    type: str
    text: str


@dataclass(frozen=True)
class Died:
    """The host's process ended: by a signal, or with an exit code; ``where`` it was and what it printed last."""

    signal: str = ""
    code: int = 0
    where: str = ""
    words: str = ""


@dataclass(frozen=True)
class TimedOut:
    """No answer within the time: ``seconds`` allowed, not counting those spent waiting for a processor."""

    seconds: float
    where: str = ""


@dataclass(frozen=True)
class OutOfMemory:
    """It took more memory than a host may."""


@dataclass(frozen=True)
class NotOffered:
    """The candidate or its library does not do this, and says so beforehand or by declining."""

    reason: Reason
    text: str


@dataclass(frozen=True)
class GivenUp:
    """Not asked any more: the candidate has died or not answered so often when this kind of thing was asked."""

    scenario: str
    times: int


@dataclass(frozen=True)
class Skipped:
    """Not performed, because the call that comes first did not return."""


Outcome = (
    Returned | Raised | NotAnArray | NoGraph | Escaped | Died | TimedOut | OutOfMemory | NotOffered | GivenUp | Skipped
)


def as_array(x: Array | None) -> Array:
    """An array that must be there. Raises ValueError for None."""
    if x is None:
        raise ValueError("expected an array, got none")
    return np.asarray(x)
