"""Evidence -> its proof: the worst entry again in ball arithmetic, or the rule that was broken.

A wrong number is proved by its distance from an enclosure of the right one, which exceeds the bound; where there is no
enclosure, its row says that it is not proved. Where the enclosure contradicts the oracle instead, the spec is at fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import numpy as np

from harness import subjects
from harness.balls import NoProof, Number, digits, exactly
from harness.comparison import Evidence, Numbers
from harness.model import Case, Verdict
from harness.oracles import Answer
from harness.subjects import Subject

#: Decimal digits of an enclosure in a message: more than longdouble has.
DIGITS = 25

#: Confidence is high above this margin, or where the margin is so many times the next candidate's (both measured on
#: 15,054 runs of subtly wrong implementations).
SURE_MARGIN, SURE_RATIO = 3, 5

#: One case in so many has its oracle checked, and the first case of every op.
SAMPLE = 50


@dataclass(frozen=True)
class Proved:
    """The candidate is wrong: ``inequality`` holds with certainty."""

    inequality: str

    @property
    def words(self) -> str:
        return f"proved: {self.inequality}"


@dataclass(frozen=True)
class Refuted:
    """The oracle is wrong, or the candidate within the bound of the enclosure: nobody but the spec is at fault."""

    words: str


@dataclass(frozen=True)
class Unproved:
    """There is no enclosure, or none that decides."""

    words: str


@dataclass(frozen=True)
class Broken:
    """A rule about special numbers or integers is broken, which needs no arithmetic."""

    words: str


Proof = Proved | Refuted | Unproved | Broken


def prove(numbers: Numbers, evidence: Evidence) -> Proof:
    """The proof of an equation's worst entry, whose margin is above 1."""
    due, at = numbers.answer, tuple(int(n) for n in evidence.at.split())
    if numbers.actual.shape != due.expected.shape:
        return Broken("rule broken: the result has the definition's shape")
    actual, expected = numbers.actual[at], due.expected[at]
    rule = _rule(actual, expected, due)
    if rule:
        return Broken(f"rule broken: {rule}")
    if due.enclose is None:
        return Unproved("not proved: no definition encloses it")
    try:
        ball = due.enclose(at)
    except NoProof as reason:
        return Unproved(f"not proved: {reason}")
    with digits():
        bound = exactly(np.float64(evidence.bound))
        return _held(exactly(actual), exactly(expected), ball, bound, _noise(due, at))


def _rule(actual: Any, expected: Any, due: Answer) -> str:
    """What is due where numbers are not compared by distance, or nothing."""
    if np.asarray(expected).dtype.kind in "iub":
        return "expected the integer itself"
    if np.isnan(expected):
        return "expected NaN where the definition is NaN"
    if np.isinf(expected):
        return "expected an infinity where the definition is infinite"
    if abs(expected) > due.p.largest:
        return "expected an infinity of its sign beyond the largest number"
    if not np.isfinite(actual):
        return "expected a finite number where the definition is finite"
    return ""


def _held(actual: Number, expected: Number, ball: Number, bound: Number, noise: Number) -> Proof:
    """``noise`` is what the oracle may be off by, whatever the candidate may."""
    if not ball.is_finite():
        return Unproved("not proved: the enclosure is not finite")
    distance, off = abs(actual - ball), abs(expected - ball)
    text = ball.str(DIGITS)
    if off > bound + noise:
        return Refuted(f"the oracle contradicts ball arithmetic: |expected - {text}| >= {_in_bounds(off, bound)}")
    if distance > bound:
        return Proved(f"|actual - {text}| >= {_in_bounds(distance, bound)}")
    if distance <= bound:
        most = f"<= {_upper(distance / bound)} bounds" if bound > 0 else "is 0"
        return Refuted(f"ball arithmetic acquits: |actual - {text}| {most}")
    return Unproved(f"not proved: |actual - {text}| is too close to the bound to decide")


def _in_bounds(distance: Number, bound: Number) -> str:
    return f"{_lower(distance / bound)} bounds" if bound > 0 else f"{_lower(distance)} where nothing is allowed"


def _lower(x: Number) -> str:
    """Two digits of a number that is not above any in the ball."""
    return str(Decimal(float(np.nextafter(float(x.lower()), -np.inf))).normalize(Context(2, ROUND_FLOOR)))


def _upper(x: Number) -> str:
    return str(Decimal(float(np.nextafter(float(x.upper()), np.inf))).normalize(Context(2, ROUND_CEILING)))


def confident(rows: Sequence[Verdict]) -> list[Verdict]:
    """The rows of one case, each proved deviation with how sure it is that this candidate is the guilty one."""
    return [_confident(row, rows) if row.mark == "proved" else row for row in rows]


def _confident(row: Verdict, rows: Sequence[Verdict]) -> Verdict:
    others = [r.margin for r in rows if (r.law, r.of) == (row.law, row.of) and r.candidate != row.candidate]
    next_one = max((m for m in others if m < row.margin), default=0.0)
    sure = row.margin > SURE_MARGIN or row.margin > SURE_RATIO * next_one > 0
    return replace(row, message=f"{row.message}; confidence {'high' if sure else 'low'}")


# --- the oracle's own check -----------------------------------------------------------------------------------------


def sampled(case: Case) -> bool:
    """Whether this case's oracle is held against ball arithmetic."""
    return not case.invalid and (case.id == case.op or _hash(case.id) % SAMPLE == 0)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def checked(
    case: Case, answers: Mapping[Subject, Answer], seed: int, wider: Callable[[], Mapping[Subject, Answer]]
) -> Iterator[Verdict]:
    """One row per answer of the oracle, of one entry of it; none where there is no enclosure.

    ``wider`` gives the same answers for the oracle's own wide type: asked only where something looks wrong.
    """
    for of, answer in answers.items():
        size = answer.expected.size
        if answer.enclose is None or not size:
            continue
        place = np.unravel_index(_hash(f"{case.id} {subjects.text(of)} {seed}") % size, answer.expected.shape)
        at = tuple(int(i) for i in place)
        expected = answer.expected[at]
        if not abs(expected) <= answer.p.largest or not np.isfinite(answer.error[2][at]):
            continue
        try:
            ball = answer.enclose(at)
        except NoProof:
            continue
        if not ball.is_finite():
            continue
        row = _check(case, of, answer, at, ball, _noise(answer, at))
        if row.margin > 1 and _open(answer, wider()[of], at):
            row = _check(case, of, answer, at, ball, exactly(answer.error[2][at]))
        yield row


def _open(answer: Answer, wider: Answer, at: tuple[int, ...]) -> bool:
    """Whether a kink is open in the judged type alone: there the oracle stands between the branches, in its bound."""
    with digits():
        return bool(abs(exactly(answer.expected[at]) - exactly(wider.expected[at])) > _noise(answer, at))


def _noise(answer: Answer, at: tuple[int, ...]) -> Number:
    """What the oracle may be off by: its bound, were its own wide type the judged one.

    What underflows there is below the smallest normal number of that type.
    """
    p = answer.p
    with digits():
        scaled = exactly(answer.error[2][at]) * exactly(p.u_wide) / exactly(p.u_compute)
        return scaled + exactly(np.finfo(p.wide).smallest_normal)


def _check(case: Case, of: Subject, answer: Answer, at: tuple[int, ...], ball: Number, noise: Number) -> Verdict:
    """The oracle's error against what it may be."""
    expected = answer.expected[at]
    with digits():
        margin = float((abs(exactly(expected) - ball).lower() / noise).max(0).lower())
        text = ball.str(DIGITS)
    right = margin <= 1
    return Verdict(
        case.op,
        case.id,
        "oracle",
        "proof",
        subjects.text(of),
        "",
        "conforms" if right else "inconclusive",
        grade="exact" if margin == 0 else "worst" if right else "deviates",
        margin=margin,
        actual=str(expected),
        expected=text,
        bound=repr(float(noise)),
        at=" ".join(map(str, at)),
        blame="" if right else "oracle",
        message="" if right else f"the oracle is off by {margin:.3g} times its own noise: {text} encloses the answer",
    )
