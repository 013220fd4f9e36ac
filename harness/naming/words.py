"""Alteration -> what it is called, in words."""

from __future__ import annotations

from collections.abc import Collection

from harness.cases import write
from harness.model import Spec
from harness.naming import changes
from harness.naming.alterations import (
    Alteration,
    Both,
    ByAlgorithm,
    ComputedIn,
    InputAbsent,
    InputChanged,
    InputRegrouped,
    InputReplaced,
    InputsChanged,
    InputsSwapped,
    KnownMistake,
    Level,
    NumberTaken,
    OfResult,
    ParamEntriesSwapped,
    ParamIgnored,
    ParamIgnoredAlong,
    ParamOff,
    ParamTaken,
    ParamTwisted,
    Quantity,
    ResultChanged,
    ResultIsInput,
    ResultIsUpstream,
    ResultRegrouped,
    ResultScaled,
    ResultsSwapped,
    StepChanged,
    Twist,
    UpstreamChanged,
    Where,
)
from harness.naming.changes import Change
from harness.naming.steps import Along, LeftOut, Other, OtherDivisor, Periodic, Plus, Squared, Step, Swapped
from harness.vocabulary import HALF

_NUMERALS = {2: "two", 3: "three", 4: "four", 5: "five"}


def text(alteration: Alteration, spec: Spec, level: Level, about: tuple[str, ...]) -> str:
    """What a candidate does, as the end of a sentence that begins with it; ``about`` are the results that are wrong."""
    said = _said(alteration, spec, level)
    if level == "values" or _names_result(alteration):
        return said
    kind = "gradient" if level == "gradients" else "tangent"
    match _inner(alteration):
        case UpstreamChanged() | ComputedIn():
            return f"the {kind} of {_listed(about)} {said}"
        case _:
            return f"the {kind} of {_listed(about)} is that of a function that {said}"


def aside(apart: Collection[tuple[str, str]]) -> str:
    """What is said of a name that does not fit some special data, given as fills in dtypes."""
    fills = tuple(sorted({fill for fill, _ in apart}))
    half = all(dtype in HALF for _, dtype in apart)
    return f", but for data called {_listed(fills)}{' in half types' if half else ''}" if apart else ""


def _inner(alteration: Alteration) -> Alteration:
    return _inner(alteration.what) if isinstance(alteration, Where) else alteration


def _names_result(alteration: Alteration) -> bool:
    return isinstance(_inner(alteration), OfResult | ByAlgorithm)


def _said(alteration: Alteration, spec: Spec, level: Level) -> str:
    match alteration:
        case ParamIgnored(param, value):
            return f"ignores `{param}` (computes with {write(value)})"
        case ParamIgnoredAlong(param, axis, value):
            return f"ignores entry {axis} of `{param}` (computes with {write(value)})"
        case ParamTwisted(param, twist):
            return _TWISTS[twist].format(f"`{param}`")
        case ParamOff(param, by):
            return f"takes `{param}` {abs(by):g} too {'large' if by > 0 else 'small'}"
        case ParamEntriesSwapped(param, first, second):
            return f"swaps entries {first} and {second} of `{param}`"
        case ParamTaken(param, value, instead):
            return f"takes `{param}` {write(value)} for {write(instead)}"
        case InputAbsent(name):
            return f"leaves out `{name}`"
        case InputsSwapped(a, b):
            return f"swaps `{a}` and `{b}`"
        case InputReplaced(name, by):
            return f"reads `{by}` in the place of `{name}`"
        case InputChanged(name, change):
            return f"computes {spec.op} with `{name}` {words(change)}"
        case InputsChanged(names, change):
            return f"computes {spec.op} with {_listed(names)} {words(change)}"
        case InputRegrouped(name, axis, count, within):
            return f"computes {spec.op} with axis {axis} of `{name}` {_grouped(count, within)}"
        case ResultRegrouped(name, axis, count, within):
            return f"axis {axis} of {_result(name, spec, level)} is {_grouped(count, within)}"
        case KnownMistake(name):
            return name
        case StepChanged(step, how):
            return _stepped(f"`np.{step}`", how)
        case NumberTaken(taken, number):
            return f"takes {taken} for the {number} of the definition"
        case UpstreamChanged(names, change):
            kind = "upstream gradient" if level == "gradients" else "tangent"
            return f"is computed with the {kind} of {_listed(names)} {words(change)}"
        case ComputedIn(dtype):
            return f"computes in {dtype}"
        case ByAlgorithm(name):
            return _DECLARED.get(name, f"conforms as --algorithm {name}")
        case ResultChanged(name, change):
            return f"{_result(name, spec, level)} is {words(change)}"
        case ResultScaled(name, by):
            return f"{_result(name, spec, level)} is {_scaled(by)}"
        case ResultsSwapped(a, b):
            return f"{_result(a, spec, level)} and {_result(b, spec, level)} are swapped"
        case ResultIsInput(name, given):
            return f"{_result(name, spec, level)} is `{given}` as it came"
        case ResultIsUpstream(name, given):
            kind = "upstream gradient" if level == "gradients" else "tangent"
            return f"{_result(name, spec, level)} is the {kind} of `{given}` as it came"
        case Where(axis, value, what):
            return f"{_said(what, spec, level)}, where {axis} is {write(value)}"
        case Both(first, second):
            return f"{_said(first, spec, level)}, and {_said(second, spec, level)}"


def _stepped(step: str, how: Step) -> str:
    match how:
        case LeftOut():
            return f"leaves out {step}"
        case Squared():
            return f"takes the square of {step} for it"
        case Other(function):
            return f"computes `np.{function}` in the place of {step}"
        case Along(0):
            return f"computes {step} along the first axis"
        case Along(axis):
            return f"computes {step} along axis {axis}"
        case Plus(by):
            return f"adds {by:g} in {step}"
        case Swapped():
            return f"gives {step} its arguments in the other order"
        case OtherDivisor():
            return f"divides by the other of n and n - 1 in {step}"
        case Periodic():
            return f"takes {step} periodic, one entry longer and without the last one"


_DECLARED = {"low-precision-accumulation": "accumulates in the half type: declare low-precision-accumulation"}


def _result(name: str, spec: Spec, level: Level) -> str:
    match level:
        case "values":
            return f"`{name}`" if len(spec.outputs) > 1 else "the result"
        case "gradients":
            return f"the gradient of `{name}`"
        case "forward":
            return f"the tangent of `{name}`"


def _grouped(count: str, within: bool) -> str:
    return f"dealt in turn to groups of `{count}`" if within else f"dealt in turn to groups, `{count}` of them"


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{n}`" for n in names)


def _scaled(by: Quantity) -> str:
    above, below = ("*".join(names) for names in (by.names, by.over))
    n = f"{above}/{below}" if above and below else above or below
    way = "multiplied" if above else "divided"
    match by.form:
        case "n":
            return f"{way} by {n}"
        case "sqrt(n)":
            return f"{way} by sqrt({n})"
        case "n/(n-1)" | "(n-1)/n":
            return f"multiplied by {by.form}, n = {n}"


_TWISTS = {
    Twist.REVERSED: "swaps the axes of {0}",
    Twist.SIDES: "swaps before and after in {0}",
    Twist.FIRST: "takes the first of {0} for all axes",
    Twist.LAST: "takes the last of {0} for all axes",
    Twist.NEGATED: "takes {0} with the other sign",
    Twist.ABSOLUTE: "takes {0} without its sign",
    Twist.OPPOSITE: "takes {0} the other way round",
    Twist.COMPLEMENT: "takes 1 - {0} for {0}",
    Twist.MORE: "takes {0} one too large",
    Twist.LESS: "takes {0} one too small",
    Twist.SQUARED: "takes the square of {0} for {0}",
    Twist.ROOT: "takes the root of {0} for {0}",
    Twist.DOUBLED: "takes twice {0} for {0}",
    Twist.HALVED: "takes half of {0} for {0}",
    Twist.SINGLE: "rounds {0} to float32",
}


def words(change: Change) -> str:
    """A change as a participle."""
    match change:
        case changes.Negated() | changes.Scaled(-1.0):
            return "negated"
        case changes.Conjugated():
            return "conjugated"
        case changes.Real():
            return "without its imaginary part"
        case changes.Absolute():
            return "without its sign"
        case changes.Squared():
            return "squared"
        case changes.Whole():
            return "cut to integers"
        case changes.Nearest():
            return "rounded to integers"
        case changes.Filled(0.0) | changes.Scaled(0.0):
            return "taken for zero"
        case changes.Filled(1.0):
            return "taken for ones"
        case changes.Filled(value):
            return f"taken for {value:g}"
        case changes.Scaled(2.0):
            return "doubled"
        case changes.Scaled(0.5):
            return "halved"
        case changes.Scaled(factor):
            return f"multiplied by {factor:.6g}"
        case changes.Shifted(by):
            return f"{abs(by):g} too {'large' if by > 0 else 'small'}"
        case changes.Clipped(low, high):
            return f"clipped to [{_number(low)}, {_number(high)}]"
        case _:
            return _moved(change)


def _number(x: float) -> str:
    """A number in few digits where they are all it has."""
    return f"{x:g}" if float(f"{x:g}") == x else repr(x)


def _moved(change: Change) -> str:
    match change:
        case changes.Flipped((-1,)):
            return "flipped along its last axis"
        case changes.Flipped((axis,)):
            return f"flipped along axis {axis}"
        case changes.Flipped(()):
            return "flipped along all its axes"
        case changes.Flipped(axes):
            return f"flipped along its last {_NUMERALS.get(len(axes), len(axes))} axes"
        case changes.Rolled(axis, by):
            return f"shifted by {by} along axis {axis}"
        case changes.Halved(axis):
            return f"shifted by half its length along axis {axis}"
        case changes.Mirrored(axis):
            return f"mirrored along axis {axis}, entry -n for entry n"
        case changes.Flat():
            return "flat, all entries along one axis"
        case changes.Extended():
            return "given an axis of length 1 where there is none"
        case changes.Transposed():
            return "transposed"
        case changes.TransposedWhereSquare():
            return "transposed where it is square"
        case changes.Reversed():
            return "with its axes reversed"
        case changes.Squeezed(axis):
            return f"without axis {axis} where that has length 1"
        case changes.Regrouped(axis, groups):
            return f"dealt to {groups} groups in turn along axis {axis}"
        case changes.Rounded(to):
            return f"rounded to {to}"
        case changes.Truncated(to):
            return f"cut to {to}"
        case changes.NanReplaced(by):
            return f"with {by:g} in the place of NaN"
        case changes.InfinityReplaced(-1):
            return "with the lowest number in the place of -inf"
        case changes.InfinityReplaced(1):
            return "with the largest number in the place of +inf"
        case changes.InfinityReplaced():
            return "with the largest number in the place of infinity"
        case changes.Flushed():
            return "with subnormal numbers flushed to zero"
        case changes.Unsigned():
            return "with -0 taken for 0"
        case _:
            raise AssertionError(f"expected a change, got {change}")
