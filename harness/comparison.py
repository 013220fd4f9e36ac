"""Equation -> Evidence: one comparator, one number, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds
from harness.oracles import Answer

Array = NDArray[Any]


@dataclass(frozen=True)
class Reading:
    """How an equation's number or word comes of what was asked: a function of outcomes by label, the labels, the rest."""

    function: Callable[..., Any]
    labels: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Numbers:
    """Something measured must be within the bound of what is due, entry by entry, about one input or output.

    ``scale`` is what a bound must be narrower than where what is due is a difference that vanishes; ``tier`` the one
    that data of its own stand for, where they have more structure than the case's. ``own`` is the candidate's first
    answer to the same question: where that is wrong, the equation is about the relation between its two answers.
    """

    about: str
    actual: Array
    answer: Answer
    scale: Array | None = None
    tier: str = "random"
    reading: Reading | None = None
    again: bool = False
    own: Array | None = None


@dataclass(frozen=True)
class Fact:
    """Something that is so must be what is due: no number says how wrong it is. ``message`` speaks where it is not."""

    about: str
    actual: Any
    expected: Any
    message: str
    reading: Reading | None = None


@dataclass(frozen=True)
class Testimony:
    """What a witness says: recorded, never convicting."""

    about: str
    agrees: bool
    message: str


Equation = Numbers | Fact | Testimony


@dataclass(frozen=True)
class Evidence:
    """The worst entry of one equation. ``margin`` is error over bound; ``believable`` whether it could have failed.

    ``place`` is where that entry stands in the numbers of ``equation``; texts are written when somebody reads them.
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


def alike(
    found: Mapping[str, Array],
    due: Mapping[str, Answer],
    read: Callable[[str], Reading],
    about: str = "{}",
    own: Mapping[str, Array] = MappingProxyType({}),
) -> Iterator[Numbers]:
    """Each output must be what is due of it, where it has the shape that is due: what has not, the law `shape` says.

    ``read`` says how an output's numbers came about, ``own`` what the candidate gave at first.
    """
    for name, actual in found.items():
        if actual.shape == due[name].expected.shape:
            yield Numbers(about.format(name), actual, due[name], reading=read(name), own=own.get(name))


def compare(equation: Numbers | Fact, tier: str) -> Evidence:
    """Judge one equation under the tier its data stand for: the case's or its own, whichever allows more.

    What deviates from the definition's formula is held against the bounds of all right formulas. The same numbers are
    judged once: most calls of one function give the same.
    """
    if isinstance(equation, Fact):
        if bool(equation.actual == equation.expected):
            return Evidence(equation, 0.0, "exact")
        return Evidence(equation, np.inf, "deviates", message=equation.message)
    with np.errstate(all="ignore"):
        index = max(bounds.TIERS.index(tier), bounds.TIERS.index(equation.tier))
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
        return replace(again, equation=replace(again.equation, about=equation.about))
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
    bound of all entries, as a part of the largest entry.
    """
    error = due.whole.error
    if not own.size:
        return error
    sizes = [float(np.max(np.abs(x), initial=0, where=np.isfinite(x))) for x in (due.expected, own)]
    grown = max(1.0, sizes[1] / sizes[0]) if sizes[0] > 0 else 1.0
    largest = np.max(error, axis=tuple(range(1, error.ndim)), initial=0, where=np.isfinite(error), keepdims=True)
    both: Array = 2 * np.maximum(error, grown * largest)
    return both


def excess(equation: Numbers, tier: str) -> Array:
    """Which entries of an equation are farther from what is due than its tier allows."""
    due = equation.answer
    index = max(bounds.TIERS.index(tier), bounds.TIERS.index(equation.tier))
    with np.errstate(all="ignore"):
        if due.expected.dtype.kind in "iub":
            margins = np.where(equation.actual != due.expected, np.inf, 0.0)
        else:
            got = _wide(equation.actual, due.expected)
            margins = _kinds(got, due.expected, due, _margins(np.abs(got - due.expected), due.error))[index]
        wrong: Array = np.isnan(margins) | (margins > 1)
    return wrong


def _widened(equation: Numbers, tier: int) -> Evidence:
    found = _numbers(equation, tier)
    if found.margin > 1 and equation.answer.wider:
        return _numbers(replace(equation, answer=equation.answer.whole), tier)
    return found


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
    believable, doubt = _believable(due.expected if equation.scale is None else equation.scale, due, tier)
    allowed = float(due.error[tier][place])
    return Evidence(equation, 0.0, "exact", 0.0, allowed, place, believable=believable, doubt=doubt)


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

    An infinite bound leaves a finite expected entry unspecified and lets any non-finite one stand for another; what
    lies beyond the dtype's largest number is due as infinity, or as itself where a bound reaches back.
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
    either = unspecified & (due_finite | ~finite)
    specials = ~finite | ~due_finite
    return np.where(either, 0.0, np.where(specials, np.where(same, 0.0, np.inf), margins))


def _evidence(equation: Numbers, errors: Array, margins: Array, tier: int) -> Evidence:
    due = equation.answer
    judged = margins[tier]
    flat = int(np.argmax(np.where(np.isnan(judged), np.inf, judged)))
    place = tuple(int(i) for i in np.unravel_index(flat, judged.shape)) if judged.ndim else ()
    worst = float(judged[place])
    if np.isnan(worst):
        worst = np.inf
    believable, doubt = True, ""
    if worst <= 1:
        believable, doubt = _believable(due.expected if equation.scale is None else equation.scale, due, tier)
    return Evidence(
        equation,
        worst,
        _grade(margins, errors, due.expected, due, worst),
        _ulps(errors[place], due.expected[place], due),
        float(due.error[tier][place]),
        place,
        believable=believable,
        doubt=doubt,
    )


def _believable(expected: Array, due: Answer, tier: int) -> tuple[bool, str]:
    """Whether a wrong answer would have been seen: the right one is no constant, and its bound narrower than itself."""
    numbers = expected[np.isfinite(expected)] if expected.dtype.kind not in "iub" else expected
    if expected.size > 1 and numbers.size == expected.size and bool(np.all(expected == expected.flat[0])):
        return False, "the right answer is constant: many wrong ones are equal to it"
    if expected.dtype.kind in "iub" or numbers.size < expected.size:
        return True, ""
    if bool(np.all(due.error[tier] >= np.abs(expected))):
        return False, "the bound is wider than the answer"
    return True, ""


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


def _ulps(error: Any, expected: Any, due: Answer) -> float:
    """The error in units in the last place of the judged dtype at the unrounded expected value."""
    size = float(np.abs(expected))
    if not np.isfinite(size) or not np.isfinite(float(error)):
        return float("nan") if float(error) != 0 else 0.0
    spacing = max(2.0 * due.p.u * 2.0 ** np.floor(np.log2(size)) if size > 0 else 0.0, due.p.eta)
    return float(error / spacing)


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
