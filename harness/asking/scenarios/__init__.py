"""What a candidate is asked to do: a closed union, each member a value that performs itself where the candidate is.

Arrays are given by the input's or output's name. ``perform`` imports nothing of the judge: the host runs it, and a
script that repeats a row prints its source.
"""

from __future__ import annotations

from harness.asking.scenarios.calls import Call, Pure, Refused, Watched
from harness.asking.scenarios.derivatives import Gradcheck, Jvp, Mapped, MappedVjp, Second
from harness.asking.scenarios.probes import Masked, Vast
from harness.asking.scenarios.reverse import (
    ONE_VALUE,
    Backward,
    Pulled,
    Vjp,
    VjpAfter,
    VjpAgain,
    VjpBetween,
    VjpKept,
    VjpLate,
    VjpOfOne,
)
from harness.asking.scenarios.settings import InLayout, InMode, InThreads, Lists, OneArray
from harness.asking.scenarios.turns import AfterOthers, AfterSiblings, InTurn, Kin, Overwritten, Scribbled

__all__ = [
    "ONE_VALUE",
    "SCENARIOS",
    "AfterOthers",
    "AfterSiblings",
    "Backward",
    "Call",
    "Gradcheck",
    "InLayout",
    "InMode",
    "InThreads",
    "InTurn",
    "Jvp",
    "Kin",
    "Lists",
    "Mapped",
    "MappedVjp",
    "Masked",
    "OneArray",
    "Overwritten",
    "Pulled",
    "Pure",
    "Refused",
    "Scenario",
    "Scribbled",
    "Second",
    "Vast",
    "Vjp",
    "VjpAfter",
    "VjpAgain",
    "VjpBetween",
    "VjpKept",
    "VjpLate",
    "VjpOfOne",
    "Watched",
]

Scenario = (
    Call
    | Watched
    | Refused
    | Pure
    | AfterOthers
    | InTurn
    | AfterSiblings
    | Vast
    | Overwritten
    | Scribbled
    | InMode
    | InThreads
    | InLayout
    | OneArray
    | Lists
    | Masked
    | Vjp
    | VjpAgain
    | VjpBetween
    | VjpAfter
    | VjpLate
    | VjpOfOne
    | VjpKept
    | Backward
    | Jvp
    | Second
    | Mapped
    | MappedVjp
    | Gradcheck
)

#: Every member of the union.
SCENARIOS: tuple[type, ...] = Scenario.__args__
