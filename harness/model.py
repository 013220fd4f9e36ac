"""The nouns: what is read, what is judged, what is written. Values only; nothing here computes.

A spec is on disk, a case is an address, a verdict is one flat row. Arrays never stand in any of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from harness.expressions import Expression

#: Values an axis of the grid may take: YAML scalars, and tuples of them.
Value = Any

Status = Literal[
    "conforms",
    "deviates",
    "fails",
    "crashed",
    "timed out",
    "unsupported",
    "inconclusive",
    "not believed",
    "known",
    "fixed",
]

#: What the judge notes of a row while it is on its way: that the candidate raised, is not there, or was proved wrong, that the
#: definition takes an invalid call, or that it takes too many steps.
Mark = Literal["", "raised", "absent", "proved", "taken", "long"]

#: How bad a candidate is by each status that judges it, the first that speaks for all it did.
SEVERITY: Mapping[str, int] = {
    "crashed": 5,
    "timed out": 4,
    "fails": 3,
    "deviates": 2,
    "fixed": 0,
    "known": 1,
    "conforms": 0,
}

#: Statuses that judge nothing.
UNJUDGED = ("not believed", "inconclusive", "unsupported")

#: Every status, in the order in which the one that is there speaks for many rows.
STATUSES = (*SEVERITY, *UNJUDGED)

#: Statuses of a candidate that is wrong and unexplained.
BAD = frozenset(status for status, severity in SEVERITY.items() if severity > 1)

#: Statuses that turn a run red, each because something is wrong that nobody has explained.
RED = BAD | {"fixed"}

#: What addresses a row of an op, but for rows that share it; ``TAB`` stands between its parts where it is one text.
KEY, TAB = ("case", "candidate", "law", "subject", "scenario"), "\t"

#: The grade of a row whose every entry is known to the last bit.
PREDICTED = "predicted"

#: Grades from best to worst; a verdict carries the best one its error reached.
GRADES = (
    *(PREDICTED, "exact", "correctly rounded", "random", "any", "worst", "norm-wise", "cancels", "varies"),
    "deviates",
)

#: The law whose rows have the signature of an order of summation for what is there.
SUMMATION = "summation"

#: What a candidate may promise: a row of a batch has the same ``bits`` whatever rows stand beside it.
Promise = Literal["bits"]
PROMISES: tuple[Promise, ...] = get_args(Promise)

#: The grid, which any spec has, of cases whose one row is asked for so often that its place needs more than 32 bits.
VAST = "vast"

#: The axis values that stand for an optional input being there or not.
GIVEN, NONE = "given", "none"


@dataclass(frozen=True)
class Input:
    """One array argument: ``shape`` is expressions over sizes; an element ``*name`` splats a tuple.

    ``least`` and ``most`` are the ends of a domain of whole numbers, None of any other.
    """

    name: str
    shape: tuple[Expression, ...]
    optional: bool = False
    domain: str = "real"
    dtype: str = "same"
    differentiable: bool = True
    least: Expression | None = None
    most: Expression | None = None


@dataclass(frozen=True)
class Output:
    """One returned array: ``shape`` None means as the oracle says; ``dtype`` is relative to the case's."""

    name: str
    shape: tuple[Expression, ...] | None
    dtype: str = "same"
    differentiable: bool = True


@dataclass(frozen=True)
class CandidateSpec:
    """An implementation as a spec names it: ``call`` and ``vjp`` are dotted paths ``module:attribute``.

    ``python`` is the interpreter that holds it, empty for this one. ``offers`` maps axes of the grid to the values, as
    addresses write them, that its user says it takes; ``outputs`` are those it returns, where they are not all.
    ``nearest`` is the case that it takes nearest to the op's first one, empty where it takes that. ``promises`` are what it
    says of itself beyond the op.
    """

    name: str
    call: str
    vjp: str | None = None
    library: str = "numpy"
    algorithm: str = "conventional"
    dtypes: tuple[str, ...] | None = None
    needs: str | None = None
    unsupported: tuple[tuple[Expression, str], ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nearest: str = ""
    outputs: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True)
class Known:
    """A deviation that is known and explained; it must match something, and what it matches must deviate.

    ``by``, ``law``, ``subject`` and ``scenario`` are alternatives (none of the last two: anything). With ``sometimes``
    the data decide whether a case deviates, and it is enough that one does. What is ``nondeterministic`` is another
    number in each process, as where memory is read that is not the array's: how far it is off is not measured, and no
    script repeats it. ``probe`` is a dotted path to a function that says whether this build has the behaviour.
    """

    by: tuple[str, ...]
    law: tuple[str, ...]
    because: str
    when: Expression
    subject: tuple[str, ...] = ()
    scenario: tuple[str, ...] = ()
    see: str | None = None
    status: str | None = None
    versions: str | None = None
    probe: str | None = None
    expires: str | None = None
    sometimes: bool = False
    nondeterministic: bool = False
    line: int = 0


@dataclass(frozen=True)
class Invalid:
    """One call with one violated precondition, which every candidate must refuse by raising.

    ``values`` stand in the place of inputs' first entries. One that is ``open`` must be refused where the definition
    refuses it.
    """

    name: str
    because: str
    sizes: Mapping[str, Value] = field(default_factory=dict)
    params: Mapping[str, Value] = field(default_factory=dict)
    shapes: Mapping[str, tuple[Expression, ...]] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Expression] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True)
class Law:
    """A law a spec adds to the implied ones, with the input it speaks of (or empty)."""

    name: str
    of: str = ""


@dataclass(frozen=True)
class Spec:
    """What an op means and what must hold of every candidate that claims to be it.

    ``grid`` maps each axis to its values, in the order ids are written: sizes, optional inputs (``given`` or
    ``none``), params, then dtype, layout and fill. ``sweep`` departs from the grid's first case one axis at a
    time, and every two values of the axes meet in some case; ``grids`` are further grids, by name, of which a run asks
    every two values, and every point of those that are ``crossed``. A thorough run crosses all grids, and the axes that
    ``combine`` names. ``mistakes`` maps what a wrong implementation does to the definition of that, a dotted path.
    ``siblings`` are the ops of specs here with names like this one's, the most alike first.
    """

    op: str
    doc: str
    see: str
    path: str
    digest: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    sizes: Mapping[str, tuple[Value, ...]]
    params: Mapping[str, tuple[Value, ...]]
    dtypes: tuple[str, ...]
    let: Mapping[str, Expression]
    where: Expression
    sweep: Mapping[str, tuple[Value, ...]]
    combine: tuple[tuple[str, ...], ...]
    grids: Mapping[str, Mapping[str, tuple[Value, ...]]]
    invalid: tuple[Invalid, ...]
    model: str
    oracle: str
    laws: tuple[Law, ...]
    exempt: Mapping[str, str]
    candidates: tuple[CandidateSpec, ...]
    known: tuple[Known, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    order: str = "any"
    mistakes: Mapping[str, str] = field(default_factory=dict)
    crossed: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()

    def input(self, name: str) -> Input:
        """The input of that name. Raises KeyError where the spec has none."""
        return {i.name: i for i in self.inputs}[name]


@dataclass(frozen=True)
class Case:
    """One point of a spec's grid: an address. Everything else about it is recomputed from (spec, id, seed)."""

    op: str
    id: str
    sizes: Mapping[str, Value]
    params: Mapping[str, Value]
    absent: frozenset[str]
    dtype: str
    layout: str = "contiguous"
    fill: str = "normal"
    invalid: str = ""
    grid: str = ""

    @property
    def departures(self) -> int:
        """In how many axes but the dtype it departs from its op's first case: what is dear is asked of the nearest."""
        return sum(not part.startswith("dtype:") for part in self.id.split("/")[1:])


#: Characters that terminals obey, that reverse the text around them, or that no file can hold.
CONTROLS = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069"
_OBEYED = re.compile(f"[{CONTROLS}\\ud800-\\udfff]")

#: A text that is a number, or begins as no formula does.
_PLAIN = re.compile(r"[^=+\-@\t\r]|-[\d.einfaj+-]+$|$")


def visible(text: str) -> str:
    r"""The text with its control characters, and those that turn the direction of writing, written out.

    >>> visible("\x1b[31mred\u202e")
    '\\x1b[31mred\\u202e'
    """
    return _OBEYED.sub(
        lambda found: f"\\u{ord(found[0]):04x}" if found[0] > "\xff" else f"\\x{ord(found[0]):02x}", text
    )


def shown(text: str) -> str:
    r"""Foreign text with its control characters written out; a quote stands before what a spreadsheet would compute.

    >>> shown("=cmd()"), shown("\x1b[31mred"), shown("-1.5")
    ("'=cmd()", '\\x1b[31mred', '-1.5')
    """
    written = visible(text)
    return written if _PLAIN.match(written) else f"'{written}"


@dataclass(frozen=True)
class Place:
    """Where entries of an array stand: a kind of place, the axis counted from the end, and up to two numbers."""

    kind: str
    axis: int
    k: int = 0
    rest: int = 0


@dataclass(frozen=True)
class Span:
    """Between which values of an input, or magnitudes, an elementwise result is wrong, and the nearest right ones.

    ``bits`` is how unlikely chance puts all wrong entries, and no right one, between two values.
    """

    name: str
    low: float
    high: float
    below: float
    above: float
    magnitude: bool = False
    bits: float = 0.0


@dataclass(frozen=True)
class Binades:
    """How many entries of a result are wrong, of how many, where the exponent of an input has each value."""

    name: str
    counts: Mapping[int, tuple[int, int]]


#: What a law finds of an answer that it holds against another one of the candidate, the least first: nothing that proves
#: anything, other bits within the bound, a right answer whose bits nobody compared, the same bits.
Relation = Literal["doubted", "other", "right", "same"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)


@dataclass(frozen=True)
class Traits:
    """What the judge saw of a row besides its worst entry; no file has it.

    ``raised`` is an exception's type, or how the process ended; ``wrong`` of ``entries`` were wrong, in each of
    ``places`` all of them, with the bits by which that is no accident; ``relative`` is the largest error as a part of
    what was due; ``relation`` whether it relates two answers; ``stepwise`` whether rounding half types at each step
    explains it. ``of`` is what several rows spoke of that are one now, ``relations`` by scenario what two answers of the
    candidate had in common there, the least of it where there were several.
    """

    raised: str = ""
    wrong: int = 0
    entries: int = 0
    places: Mapping[Place, float] = field(default_factory=dict, hash=False)
    spans: tuple[Span, ...] = ()
    binades: tuple[Binades, ...] = ()
    relative: float = float("nan")
    relation: bool = False
    stepwise: bool = False
    of: frozenset[str] = frozenset()
    relations: Mapping[str, Relation] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Verdict:
    """One row of the table: one candidate, at one case, under one law, of one subject under one scenario.

    ``margin`` and ``ulps`` are floats (inf where no number says how wrong; NaN where nothing was measured); ``blind``
    is the share of entries at which a wrong answer would not have been seen. ``actual``, ``expected``, ``bound`` and
    ``at`` describe the worst entry, as text. ``notes`` is JSON, empty or an object: by each of RELATIONS the scenarios that
    came out so where rows were gathered, or ``orders`` of summation. ``mark`` and ``traits`` are for the rooms that a row
    passes before it is stored; no file has them.
    """

    op: str
    case: str
    candidate: str
    law: str
    subject: str
    scenario: str
    status: str
    grade: str = ""
    margin: float = float("nan")
    ulps: float = float("nan")
    blind: float = float("nan")
    actual: str = ""
    expected: str = ""
    bound: str = ""
    at: str = ""
    blame: str = ""
    message: str = ""
    known: str = ""
    seconds: float = 0.0
    notes: str = ""
    mark: Mark = ""
    traits: Traits = field(default=Traits(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """What foreign code says is shown and not obeyed: by files, terminals, browsers and spreadsheets."""
        for name in ("message", "actual", "expected"):
            text = getattr(self, name)
            if (safe := shown(text)) != text:
                object.__setattr__(self, name, safe)

    @property
    def columns(self) -> dict[str, Any]:
        """The row as tables and files have it."""
        return {name: getattr(self, name) for name in COLUMNS}

    @property
    def of(self) -> str:
        """What it speaks of and under what, as people read it."""
        return f"{self.subject} {self.scenario}".strip()

    @property
    def death(self) -> bool:
        """Whether it tells of a host that ended, that did not answer, or that had no memory left.

        Such a row of the law status expects nothing, and its ``actual`` is the law that was being asked for.
        """
        return self.law == "status" and bool(self.actual) and not self.expected

    @property
    def under(self) -> str:
        """The law under which it broke; a death is a row on the status, and says where it happened."""
        return self.actual if self.death else self.law


#: The columns of every table of verdicts, in order.
COLUMNS = tuple(name for name in Verdict.__dataclass_fields__ if name not in ("mark", "traits"))
