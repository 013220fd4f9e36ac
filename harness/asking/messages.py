"""What judge and host say to each other: values that `harness.asking.wire` carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.asking import outcomes, scenarios
from harness.asking.binding import Arguments, Parameter, Signature
from harness.asking.outcomes import Outcome
from harness.asking.scenarios import Scenario
from harness.asking.wire import Codec


@dataclass(frozen=True)
class Hello:
    """Which candidate a host is to hold, and what it may take.

    ``call`` and ``vjp`` are dotted paths, ``needs`` a module or ``module:function`` that must be there; modules are looked
    for in ``place``, the first of its folders first of all; ``memory`` is bytes beyond the process's size; ``scratch`` a
    folder for note, stack and output.
    """

    call: str
    vjp: str
    library: str
    needs: str
    place: str
    memory: int
    scratch: str


@dataclass(frozen=True)
class Described:
    """A candidate that is loaded: what it takes, and what its library can do.

    ``made_of`` is the library whose classes the function itself is of, such as a torch module; empty of a plain function.
    ``calls`` is the library of an autograd Function that a plain function names, which takes arrays of any kind; ``named``
    are the libraries that the function's module has imported.
    ``versions`` are those of Python, NumPy and the library.
    """

    process: int
    call: Signature
    vjp: Signature
    has_vjp: bool
    library: str
    layouts: tuple[str, ...]
    modes: tuple[str, ...]
    derivatives: bool
    lacks: tuple[str, ...]
    made_of: str = ""
    calls: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    casting: tuple[tuple[str, str], ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotHere:
    """A candidate that cannot be loaded: ``text`` goes on with a sentence that begins with its name.

    ``needed`` says that it itself said what it needs, and that is not here.
    """

    needed: bool
    text: str


@dataclass(frozen=True)
class Batch:
    """What to perform, one after the other; nothing more once the first has not returned, where ``gated``."""

    arguments: Arguments
    scenarios: Sequence[Scenario]
    gated: bool = False


@dataclass(frozen=True)
class Answers:
    """What came of each scenario of a batch; ``grown`` says that the host takes so much memory that it should be replaced."""

    outcomes: Sequence[Outcome]
    grown: bool = False


@dataclass(frozen=True)
class Ended:
    """Asked of a server: how a host of it ended; answered by `Ending`."""

    process: int


@dataclass(frozen=True)
class Ending:
    """How a process ended, as ``os.waitpid`` tells: negative numbers are signals; ``known`` is false while it lives."""

    known: bool
    code: int = 0


#: What a probe said: this build has the behaviour, it does not, or the probe raised, died or took too long.
Answer = Literal["found", "not found", "unanswered"]

#: The answers, for what comes as text.
ANSWERS: tuple[Answer, ...] = ("found", "not found", "unanswered")


@dataclass(frozen=True)
class Measure:
    """Asked of a server: what its library is built with and what probes, dotted paths, find; answered by `Measured`.

    Probes are looked for in the folder ``place``, where they are not installed.
    """

    probes: Sequence[str]
    place: str


@dataclass(frozen=True)
class Measured:
    """Facts of a machine and of a library, torch's ``capability`` ("" without torch), and each probe's answer."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    capability: str = ""
    probes: Mapping[str, Answer] = field(default_factory=dict)


#: What crosses between judge and host.
CODEC = Codec(
    [
        Arguments,
        Parameter,
        Signature,
        Hello,
        Described,
        NotHere,
        Batch,
        Answers,
        Ended,
        Ending,
        Measure,
        Measured,
        outcomes.Returned,
        outcomes.Raised,
        outcomes.NotAnArray,
        outcomes.NoGraph,
        outcomes.Escaped,
        outcomes.OutOfMemory,
        outcomes.NotOffered,
        outcomes.Skipped,
        scenarios.Kin,
        *scenarios.SCENARIOS,
    ]
)


def message(header: bytes, body: bytes) -> Any:
    """The value of a frame."""
    return CODEC.decode(header, body)
