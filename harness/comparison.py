"""Equation -> Evidence: one comparator, one number, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds
from harness.model import Relation
from harness.oracles import Answer
from harness.subjects import Output, Subject

Array = NDArray[Any]

#: The sharpest tier beyond which a result is accused: `random` supposes an order of summation that is blind to the data.
ACCUSED = "any"

#: What two answers have in common that are compared by their bits.
SAME_BITS = "same bits"


@dataclass(frozen=True)
class Reading:
    """How an equation's number or word comes of what was asked: a function of outcomes by label, the labels, the rest."""

    function: Callable[..., Any]
    labels: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Numbers:
    """Something measured must be within the bound of what is due, entry by entry, of one subject under one scenario.

    ``scale`` is what a bound must be narrower than where what is due is a difference that vanishes; ``tier`` the one
    that data of its own stand for, where they have more structure than the case's. ``own`` is the candidate's first
    answer to the same question: where that is wrong, the equation is about the relation between its two answers.
    """

    subject: Subject
    actual: Array
    answer: Answer
    scenario: str = ""
    scale: Array | None = None
    tier: str = "random"
    reading: Reading | None = None
    again: bool = False
    own: Array | None = None


@dataclass(frozen=True)
class Fact:
    """Something that is so must be what is due: no number says how wrong it is. ``message`` speaks where it is not."""

    subject: Subject
    actual: Any
    expected: Any
    message: str
    reading: Reading | None = None
    scenario: str = ""


@dataclass(frozen=True)
class Testimony:
    """What a witness says: recorded, never convicting. ``grade`` and ``actual`` are the row's, where it has them.

    ``orders`` are plain values that picture what it says, for the row's notes.
    """

    subject: Subject
    agrees: bool
    message: str
    grade: str = ""
    actual: str = ""
    orders: Sequence[Mapping[str, Any]] = ()


Equation = Numbers | Fact | Testimony


@dataclass(frozen=True)
class Evidence:
    """The worst entry of one equation. ``margin`` is error over bound; ``believable`` whether it could have failed.

    ``blind`` is the share of entries whose bound is not narrower than what a wrong answer would be off by. ``place``
    is where that entry stands in the numbers of ``equation``; texts are written when somebody reads them. ``stepwise``
    is whether a deviation is within what rounding half types at each step may be off by.
    """

    equation: Numbers | Fact
    margin: float
    grade: str
    ulps: float = float("nan")
    allowed: float | None = None
    place: tuple[int, ...] = ()
    message: str = ""
    believable: bool = True
    doubt: str = ""
    blind: float = 0.0
    stepwise: bool = False

    @property
    def entries(self) -> int:
        """How many numbers were compared."""
        return self.equation.actual.size if isinstance(self.equation, Numbers) else 0

    @property
    def actual(self) -> str:
        """What is there, as text that reads back to itself."""
        if isinstance(self.equation, Fact):
            return str(self.equation.actual)
        if self.allowed is None:
            return "" if self.margin == 0 else str(self.equation.actual.shape)
        return write(self.equation.actual[self.place])

    @property
    def expected(self) -> str:
        """What is due, as text that reads back to itself."""
        if isinstance(self.equation, Fact):
            return str(self.equation.expected)
        if self.allowed is None:
            return "" if self.margin == 0 else str(self.equation.answer.expected.shape)
        return write(self.equation.answer.expected[self.place])

    @property
    def bound(self) -> str:
        """How far from what is due the entry may be."""
        return "" if self.allowed is None else repr(self.allowed)

    @property
    def at(self) -> str:
        """The entry's indices, with spaces between."""
        return " ".join(str(i) for i in self.place)


def relation(equation: Equation) -> Relation:
    """What an equation that holds says of the bits of two answers of a candidate."""
    match equation:
        case Fact(actual=actual, expected=expected):
            return "same" if actual == expected == SAME_BITS else "right"
        case Numbers(actual=actual, own=np.ndarray() as own):
            same = (own.shape, own.dtype) == (actual.shape, actual.dtype) and own.tobytes() == actual.tobytes()
            return "same" if same else "other"
        case _:
            return "right"


def alike(
    found: Mapping[str, Array],
    due: Mapping[str, Answer],
    read: Callable[[str], Reading],
    scenario: str = "",
    own: Mapping[str, Array] = MappingProxyType({}),
) -> Iterator[Numbers]:
    """Each output must be what is due of it, where it has the shape that is due: what has not, the law `shape` says.

    ``read`` says how an output's numbers came about, ``own`` what the candidate gave at first.
    """
    for name, actual in found.items():
        if actual.shape == due[name].expected.shape:
            yield Numbers(Output(name), actual, due[name], scenario, reading=read(name), own=own.get(name))


def compare(equation: Numbers | Fact, tier: str) -> Evidence:
    """Judge one equation under the tier its data stand for: the case's or its own, whichever allows more.

    The line of accusation is `any`: a right order of summation may look at the data, and `random` only grades. What
    deviates from the definition's formula is held against the bounds of all right formulas. The same numbers are
    judged once: most calls of one function give the same.
    """
    if isinstance(equation, Fact):
        if bool(equation.actual == equation.expected):
            return Evidence(equation, 0.0, "exact")
        return Evidence(equation, np.inf, "deviates", message=equation.message)
    with np.errstate(all="ignore"):
        index = max(map(bounds.TIERS.index, (tier, equation.tier, ACCUSED)))
        found = _kept(equation, index)
        return (
            _related(equation, found, equation.own, index) if found.margin > 1 and equation.own is not None else found
        )


def _kept(equation: Numbers, tier: int) -> Evidence:
    if equation.scale is not None:
        return _widened(equation, tier)
    bits = tier, equation.actual.shape, equation.actual.dtype, equation.actual.tobytes()
    before = equation.answer.judged.get("last")
    if before and before[0] == bits:
        again: Evidence = before[1]
        return replace(again, equation=replace(again.equation, subject=equation.subject, scenario=equation.scenario))
    found = _widened(equation, tier)
    equation.answer.judged["last"] = bits, found
    return found


def _related(equation: Numbers, found: Evidence, own: Array, tier: int) -> Evidence:
    """The evidence about two answers of one candidate, where its first one is wrong."""
    due = equation.answer
    if own.shape != due.expected.shape or _widened(replace(equation, actual=own), tier).margin <= 1:
        return found
    answer = Answer(_wide(own, due.expected), own_error(due, own), due.p)
    held = _numbers(replace(equation, answer=answer), tier)
    return replace(held, message="it is not its own first answer, which is wrong too" if held.margin > 1 else "")


def own_error(due: Answer, own: Array) -> Array:
    """How far two evaluations of one wrong function may be apart, in tiers, shape (3, *shape).

    Two right ones differ by twice the bound at most. A wrong one has its roundings elsewhere: what counts is the largest
    bound of all entries, as a part of the largest entry. Where no right answer is a number, nothing is known.
    """
    error = due.whole.error
    if not own.size:
        return error
    known = np.isfinite(error) & np.isfinite(due.expected)
    if not known.all(axis=0).any():
        return np.full_like(error, np.inf)
    sizes = [float(np.max(np.abs(x), initial=0, where=np.isfinite(x))) for x in (due.expected, own)]
    grown = max(1.0, sizes[1] / sizes[0]) if sizes[0] > 0 else 1.0
    largest = np.max(error, axis=tuple(range(1, error.ndim)), initial=0, where=known, keepdims=True)
    both: Array = 2 * np.maximum(np.where(known, error, 0), grown * largest)
    return both


def excess(equation: Numbers, tier: str) -> Array:
    """Which entries of an equation are farther from what is due than its tier allows."""
    due = equation.answer
    index = max(map(bounds.TIERS.index, (tier, equation.tier, ACCUSED)))
    with np.errstate(all="ignore"):
        if due.expected.dtype.kind in "iub":
            margins = np.where(equation.actual != due.expected, np.inf, 0.0)
        else:
            got = _wide(equation.actual, due.expected)
            margins = _kinds(got, due.expected, due, _margins(np.abs(got - due.expected), due.error))[index]
        wrong: Array = np.isnan(margins) | (margins > 1)
    return wrong


def _widened(equation: Numbers, tier: int) -> Evidence:
    """The evidence by the first formula that the whole array fits: the definition's, a legal one, one that cancels."""
    tried = [_numbers(equation, tier)]
    if tried[0].margin <= 1:
        return tried[0]
    for answer in equation.answer.others() if equation.answer.others else ():
        tried.append(_numbers(replace(equation, answer=answer), tier))
        if tried[-1].margin <= 1:
            return tried[-1]
    for answer in equation.answer.cancelling() if equation.answer.cancelling else ():
        found = _numbers(replace(equation, answer=answer), tier)
        if found.margin <= 1:
            return _cancelled(found, tier)
    return _explained(min(tried, key=lambda e: e.margin), equation, tier)


def _explained(found: Evidence, equation: Numbers, tier: int) -> Evidence:
    """A deviation that another declaration would explain, with the words that say so."""
    if equation.answer.stepwise is None:
        return found
    if _numbers(replace(equation, answer=equation.answer.stepwise()), tier).margin > 1:
        return found
    words = f"off by {found.margin:.3g} bounds, though within those of `algorithm: step-by-step`"
    return replace(found, message=words, stepwise=True)


def _cancelled(found: Evidence, tier: int) -> Evidence:
    """Evidence of a formula that loses digits: at the entry that loses most, in units in the last place."""
    equation = found.equation
    assert isinstance(equation, Numbers)
    due = equation.answer
    errors = np.abs(_wide(equation.actual, due.expected) - due.expected)
    units = _ulps(errors.ravel(), due.expected.ravel(), due)
    flat = int(np.nanargmax(np.where(np.isnan(units), -1.0, units)))
    place = tuple(int(i) for i in np.unravel_index(flat, errors.shape))
    message = f"by a formula that cancels: {units[flat]:.3g} units in the last place are lost"
    lost, allowed = float(units[flat]), float(due.error[tier][place])
    return replace(found, grade="cancels", ulps=lost, allowed=allowed, place=place, message=message)


def _numbers(equation: Numbers, tier: int) -> Evidence:
    actual, due = equation.actual, equation.answer
    expected = due.expected
    if actual.shape != expected.shape:
        return Evidence(equation, np.inf, "deviates", message="shape")
    if not actual.size:
        return Evidence(equation, 0.0, "exact", believable=False, doubt="nothing to compare: the result is empty")
    if expected.dtype.kind in "iub":
        errors = (actual != expected).astype(np.float64)
        margins = np.where(errors > 0, np.inf, 0.0)
        return _evidence(equation, errors, margins[None].repeat(3, 0), tier)
    got = _wide(actual, expected)
    errors = np.abs(got - expected)
    if not errors.any():
        return _equal(equation, tier)
    return _evidence(equation, errors, _kinds(got, expected, due, _margins(errors, due.error)), tier)


def _equal(equation: Numbers, tier: int) -> Evidence:
    """The evidence where every entry is what is due."""
    due = equation.answer
    place = (0,) * due.expected.ndim
    blind, doubt = _blindness(due.expected if equation.scale is None else equation.scale, due, tier)
    allowed = float(due.error[tier][place])
    return Evidence(equation, 0.0, "exact", 0.0, allowed, place, believable=not doubt, doubt=doubt, blind=blind)


def _wide(actual: Array, expected: Array) -> Array:
    """The actual values in a type that holds both them and the oracle's."""
    if expected.dtype.kind in "iub":
        return actual
    kind = np.result_type(expected.dtype, np.complex64) if actual.dtype.kind == "c" else expected.dtype
    return actual.astype(kind)


def _margins(errors: Array, bound: Array) -> Array:
    """error / bound: 0 for no error whatever the bound, inf for an error where none is allowed."""
    safe = np.where(bound > 0, bound, 1.0)
    ratio = (errors / safe).astype(np.float64)
    return np.where(errors == 0, 0.0, np.where(bound > 0, np.where(np.isinf(bound), 0.0, ratio), np.inf))


def _kinds(got: Array, expected: Array, due: Answer, margins: Array) -> Array:
    """Specials by kind: NaN for NaN, infinity for infinity of its sign, finite for finite.

    Where the definition is NaN though a limit exists, either is right. An infinite bound leaves a finite expected
    entry unspecified and lets any non-finite one stand for another; what lies beyond the dtype's largest number is
    due as infinity, or as itself where a bound reaches back.
    """
    finite, due_finite = np.isfinite(got), np.isfinite(expected)
    unspecified = np.isinf(due.error)
    if due_finite.all() and finite.all() and not unspecified.any():
        return margins
    beyond = due_finite & (np.abs(expected) > due.p.largest)
    same = np.isnan(got) & np.isnan(expected)
    if expected.dtype.kind == "c" or got.dtype.kind == "c":
        reached = due_finite & (np.abs(expected) + due.error[2] >= due.p.largest) & ~np.isnan(got.real)
        same = same | (~finite & (~due_finite | reached))
    else:
        side = np.sign(got)
        same = same | (np.isinf(got) & (got == expected))
        same = same | (beyond & np.isinf(got) & (side == np.sign(expected)))
        same = same | (due_finite & np.isinf(got) & (side * expected + due.error[2] >= due.p.largest))
        same = same | _at_limit(got, expected, due)
    either = unspecified & (due_finite | ~finite)
    specials = ~finite | ~due_finite
    return np.where(either, 0.0, np.where(specials, np.where(same, 0.0, np.inf), margins))


def _at_limit(got: Array, expected: Array, due: Answer) -> Array:
    """Where the definition is NaN, the candidate not, and what it gives is the limit."""
    open_ = np.isnan(expected) & ~np.isnan(got)
    if due.limits is None or not open_.any():
        return np.zeros(expected.shape, bool)
    limit, error = due.limits()
    found: Array = open_ & ((got == limit) | (np.abs(got - limit) <= error))
    return found


def _evidence(equation: Numbers, errors: Array, margins: Array, tier: int) -> Evidence:
    due = equation.answer
    judged = margins[tier]
    flat = int(np.argmax(np.where(np.isnan(judged), np.inf, judged)))
    place = tuple(int(i) for i in np.unravel_index(flat, judged.shape)) if judged.ndim else ()
    worst = float(judged[place])
    if np.isnan(worst):
        worst = np.inf
    blind, doubt = 0.0, ""
    if worst <= 1:
        blind, doubt = _blindness(due.expected if equation.scale is None else equation.scale, due, tier)
    return Evidence(
        equation,
        worst,
        _grade(margins, errors, due.expected, due, worst),
        float(_ulps(errors[place], due.expected[place], due)),
        float(due.error[tier][place]),
        place,
        believable=not doubt,
        doubt=doubt,
        blind=blind,
    )


def _blindness(expected: Array, due: Answer, tier: int) -> tuple[float, str]:
    """The share of entries at which a wrong answer would not be seen, and why the whole array proves nothing."""
    if expected.size > 1 and bool(np.all(expected == expected.flat[0])):
        return 1.0, "the right answer is constant: many wrong ones are equal to it"
    if expected.dtype.kind in "iub":
        return 0.0, ""
    blind = _blind(expected, due.error[tier])
    return float(blind.mean()), "the bound is wider than the answer" if bool(blind.all()) else ""


def _blind(expected: Array, bound: Array) -> Array:
    """Where the bound is not narrower than what a wrong answer is off by: the entry, of zeros what entries have.

    What is due as NaN or infinity is compared by kind, which no bound hides.
    """
    size = np.abs(expected).astype(np.float64)
    finite = np.isfinite(size)
    others = size[finite & (size > 0)]
    typical = float(np.median(others)) if others.size else 0.0
    off = np.where(size > 0, size, typical)
    found: Array = finite & (bound > 0) & (bound >= off)
    return found


def _grade(margins: Array, errors: Array, expected: Array, due: Answer, worst: float) -> str:
    if worst > 1:
        return "deviates"
    if not np.any(np.where(np.isnan(errors), 0.0, errors)):
        return "exact"
    if bool(np.all(~(errors > due.p.u * np.abs(expected) + due.p.eta))):
        return "correctly rounded"
    if due.p.algorithm not in bounds.PLAIN:
        return "norm-wise"
    for name, tier in zip(bounds.TIERS, margins, strict=True):
        if bool((tier <= 1).all()):
            return name
    return "worst"


def _ulps(errors: Array, expected: Array, due: Answer) -> Array:
    """The errors in units in the last place of the judged dtype at the unrounded expected values; NaN of specials."""
    size = np.abs(expected).astype(np.float64)
    known = np.isfinite(size) & np.isfinite(errors)
    spacing = np.maximum(2.0 * due.p.u * 2.0 ** np.floor(np.log2(np.where(size > 0, size, 0.0))), due.p.eta)
    return np.where(errors == 0, 0.0, np.where(known, (errors / spacing).astype(np.float64), np.nan))


def write(x: Any) -> str:
    """A number as text that reads back to itself: the shortest digits of its own type, complex as ``a+bj``."""
    scalar = np.asarray(x)[()]
    if scalar.dtype.kind == "c":
        sign = "-" if np.signbit(scalar.imag) else "+"
        return f"{_digits(scalar.real)}{sign}{_digits(abs(scalar.imag))}j"
    return _digits(scalar)


def _digits(x: Any) -> str:
    if np.asarray(x).dtype.kind in "iub":
        return str(x)
    if np.isnan(x):
        return "nan"
    if np.isinf(x):
        return "inf" if x > 0 else "-inf"
    if np.asarray(x).dtype.kind not in "f":
        return str(float(x))
    return str(np.format_float_scientific(x, unique=True, trim="-"))


def worst(evidence: Sequence[Evidence]) -> Evidence:
    """The evidence with the largest margin; the first of equals."""
    return max(evidence, key=lambda e: e.margin)
