"""What may be wrong: a closed union of alterations of a definition. Values only; nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from harness.model import Value
from harness.naming.changes import Change
from harness.naming.literals import Number
from harness.naming.steps import Step

#: What of a candidate is compared: its values, its gradients, its output tangents.
Level = Literal["values", "gradients", "forward"]


class Twist(Enum):
    """What may be made of a param's value."""

    REVERSED = "reversed"
    SIDES = "sides"
    FIRST = "first"
    LAST = "last"
    NEGATED = "negated"
    ABSOLUTE = "absolute"
    OPPOSITE = "opposite"
    COMPLEMENT = "complement"
    MORE = "more"
    LESS = "less"
    SQUARED = "squared"
    ROOT = "root"
    DOUBLED = "doubled"
    HALVED = "halved"
    SINGLE = "single"


@dataclass(frozen=True)
class ParamIgnored:
    """A param has one value whatever is given."""

    param: str
    value: Value


@dataclass(frozen=True)
class ParamIgnoredAlong:
    """One entry of a param has one value whatever is given."""

    param: str
    axis: int
    value: Value


@dataclass(frozen=True)
class ParamTwisted:
    """A param's value is made into another one."""

    param: str
    twist: Twist


@dataclass(frozen=True)
class ParamOff:
    """A param's value is off by a number."""

    param: str
    by: float


@dataclass(frozen=True)
class ParamEntriesSwapped:
    """Two entries of a param are each taken for the other."""

    param: str
    first: int
    second: int


@dataclass(frozen=True)
class ParamTaken:
    """One value of a param is taken for another."""

    param: str
    value: Value
    instead: Value


@dataclass(frozen=True)
class InputAbsent:
    """An optional input is left out."""

    input: str


@dataclass(frozen=True)
class InputsSwapped:
    """Two inputs are each taken for the other."""

    first: str
    second: str


@dataclass(frozen=True)
class InputReplaced:
    """An input is taken from where another one stands."""

    input: str
    by: str


@dataclass(frozen=True)
class InputChanged:
    """An input is changed before it is used."""

    input: str
    change: Change


@dataclass(frozen=True)
class InputsChanged:
    """Some inputs are changed before they are used, all alike."""

    inputs: tuple[str, ...]
    change: Change


@dataclass(frozen=True)
class InputRegrouped:
    """Along an axis of an input, groups are taken for what runs through the groups; ``count`` is how many there are.

    With ``within`` it is how many entries each has.
    """

    input: str
    axis: int
    count: str
    within: bool


@dataclass(frozen=True)
class ResultRegrouped:
    """Along an axis of a result, groups come out as what runs through the groups; as of an input."""

    result: str
    axis: int
    count: str
    within: bool


@dataclass(frozen=True)
class Quantity:
    """A number that a case has: n, the product of sizes, params and lengths by name over that of others, in some form."""

    names: tuple[str, ...]
    over: tuple[str, ...]
    form: Literal["n", "sqrt(n)", "n/(n-1)", "(n-1)/n"]


@dataclass(frozen=True)
class ResultChanged:
    """A result is changed once it is there."""

    result: str
    change: Change


@dataclass(frozen=True)
class ResultScaled:
    """A result is multiplied by a number that the case has."""

    result: str
    by: Quantity


@dataclass(frozen=True)
class ResultsSwapped:
    """Two results are each returned for the other."""

    first: str
    second: str


@dataclass(frozen=True)
class ResultIsInput:
    """An input is returned as it came."""

    result: str
    input: str


@dataclass(frozen=True)
class UpstreamChanged:
    """Upstream gradients, or the tangents that go in, are changed before they are used."""

    of: tuple[str, ...]
    change: Change


@dataclass(frozen=True)
class ResultIsUpstream:
    """An upstream gradient, or a tangent, is returned as it came."""

    result: str
    upstream: str


@dataclass(frozen=True)
class ComputedIn:
    """Everything is computed in another dtype."""

    dtype: str


@dataclass(frozen=True)
class ByAlgorithm:
    """It is computed as a declared algorithm is, which has bounds of its own."""

    algorithm: str


@dataclass(frozen=True)
class StepChanged:
    """A step of the definition, a function of NumPy's, is computed otherwise."""

    step: str
    change: Step


@dataclass(frozen=True)
class NumberTaken:
    """One number is taken for another that stands in the text of the definition."""

    taken: Number
    number: Number


@dataclass(frozen=True)
class KnownMistake:
    """One of the mistakes that the spec names."""

    name: str


@dataclass(frozen=True)
class Where:
    """An alteration at the cases that have one value on an axis."""

    axis: str
    value: Value
    what: Alteration


@dataclass(frozen=True)
class Both:
    """Two alterations at once."""

    first: Alteration
    second: Alteration


OfParam = ParamIgnored | ParamIgnoredAlong | ParamTwisted | ParamOff | ParamEntriesSwapped | ParamTaken
OfInputs = InputAbsent | InputsSwapped | InputReplaced | InputChanged | InputsChanged | InputRegrouped
OfDefinition = OfParam | OfInputs | KnownMistake | StepChanged | NumberTaken
OfResult = ResultChanged | ResultScaled | ResultRegrouped | ResultsSwapped | ResultIsInput | ResultIsUpstream
Alteration = OfDefinition | OfResult | UpstreamChanged | ComputedIn | ByAlgorithm | Where | Both


def params(alteration: Alteration) -> frozenset[str]:
    """The params that an alteration is about."""
    match alteration:
        case ParamIgnored() | ParamIgnoredAlong() | ParamTwisted() | ParamOff() | ParamEntriesSwapped() | ParamTaken():
            return frozenset({alteration.param})
        case Where(_, _, what):
            return params(what)
        case Both(first, second):
            return params(first) | params(second)
        case _:
            return frozenset()
