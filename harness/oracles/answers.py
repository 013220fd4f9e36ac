"""What is due, entry by entry: a number, what a right one may be off by, a ball that holds it; several as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import balls, bounds
from harness.arithmetic import Tracked
from harness.balls import NoProof, Number, Work
from harness.bounds import Precision

Array = NDArray[Any]
#: The ball that contains one entry of an answer. Raises NoProof.
Enclose = Callable[[tuple[int, ...]], Number]

#: Entries and terms that ball arithmetic may compute for all proofs at one draw of a case's inputs (a fraction of a
#: second); what needs more is not proved.
PROOF_WORK = 60_000


@dataclass(frozen=True)
class Answer:
    """What is due: ``expected`` unrounded, ``error`` (3, *shape) in tiers, and the precision it is judged in.

    ``enclose`` proves one entry without recourse to ``expected``; None where no arithmetic of ours made it.
    ``others`` are the same by other formulas, equally right, of which one must fit the whole array; ``cancelling``
    those by formulas that lose digits. ``limits`` gives what stands where the definition is NaN though a limit
    exists, and what that may be off by; ``stepwise`` is the answer where half types are rounded at each step,
    ``ties`` what entries that share a maximum take together. ``made`` is how it came about, where it was computed
    as it stands. ``judged`` is for whoever compares to keep what was found.
    """

    expected: Array
    error: Array
    p: Precision
    enclose: Enclose | None = None
    others: Others | None = None
    cancelling: Others | None = None
    limits: Limits | None = None
    stepwise: Callable[[], Answer] | None = None
    ties: Ties | None = None
    made: Tracked | None = None
    judged: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def whole(self) -> Answer:
        """With what any right formula may be off by, entry by entry."""
        return self if self.others is None else reduce(either, self.others(), self)

    @property
    def loosest(self) -> Answer:
        """With what any formula may be off by, those that lose digits among them."""
        return self.whole if self.cancelling is None else reduce(either, self.cancelling(), self.whole)

    @classmethod
    def of(cls, tracked: Tracked, stored: Precision | None = None) -> Answer:
        """The answer a tracked array holds, once it is stored in the judged type."""
        p = tracked.p if stored is None else stored
        shape = (3, *tracked.shape)
        error = np.zeros(shape) if tracked.error is None else np.asarray(tracked.error)
        error = error if error.shape == shape else np.broadcast_to(error, shape)
        if tracked.p.u != p.u:
            error = bounds.stored(p, tracked.value, error)
        return cls(tracked.value, error, p, made=tracked)

    def at(self, rows: Array) -> Answer:
        """The answer at some rows of the first axis, by every formula; no entry of it is enclosed."""
        return replace(
            self,
            expected=self.expected[rows],
            error=self.error[:, rows],
            enclose=None,
            others=_each_at(self.others, rows),
            cancelling=_each_at(self.cancelling, rows),
            limits=None,
            stepwise=None,
            ties=None,
            made=None,
        )

    def within(self, error: Array) -> Answer:
        """With another error, and no other formulas."""
        return replace(self, error=error, others=None, cancelling=None, stepwise=None)  # the limits stay


def _each_at(others: Others | None, rows: Array) -> Others | None:
    return None if others is None else lambda: [answer.at(rows) for answer in others()]


#: Answers of other formulas, computed when somebody asks.
Others = Callable[[], Sequence[Answer]]

#: Groups of a gradient's entries that share maxima, and what is due of their sums, computed when somebody asks.
Ties = Callable[[], tuple[Sequence[Array], "Answer"]]

#: The limits at infinite inputs and their errors, NaN where there are none, computed when somebody asks.
Limits = Callable[[], tuple[Array, Array]]


def either(a: Answer, b: Answer) -> Answer:
    lost = ~np.isfinite(a.expected) & np.isfinite(b.expected)
    error = np.where(lost, b.error, np.fmax(a.error, b.error))
    return replace(a, expected=np.where(lost, b.expected, a.expected), error=error)


def losing(sharp: Answer, loose: Answer) -> Answer:
    """What a formula that loses digits may be off by, as long as the first digit of a normal number is right."""
    with np.errstate(all="ignore"):
        size = np.abs(sharp.expected).astype(np.float64)
        kept = np.where(size >= float(bounds.finfo(loose.p.dtype).smallest_normal), (1 - loose.p.u) * size, np.inf)
        return sharp.within(np.maximum(sharp.error, np.minimum(_errors(sharp, loose), kept)))


def loose(sharp: Answer, loose: Answer) -> Answer:
    """What a formula that loses digits may be off by, or a sharper one."""
    return sharp.within(np.maximum(sharp.error, _errors(sharp, loose)))


def beside(first: Answer, answers: Callable[[], Sequence[Mapping[str, Answer]]], name: str) -> list[Answer]:
    """The first formula's values with the errors of each of the others; where they differ in kind, it is left open."""
    return [first.within(np.where(_differ(first, a), np.inf, _errors(first, a))) for a in named(answers, name)]


def _differ(first: Answer, other: Answer) -> Array:
    """Where two formulas make something else of what is not finite: NaN and an infinity, or infinities of two signs."""
    a, b = first.expected, other.expected
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    found: Array = ~np.isfinite(a) & ~np.isfinite(b) & ~same
    return found


def named(answers: Callable[[], Sequence[Mapping[str, Answer]]], name: str) -> list[Answer]:
    return [found[name] for found in answers() if name in found]


def all_at_once(answer: Answer, summed: Callable[[], Mapping[str, Answer]], name: str) -> list[Answer]:
    """All legal formulas as one: derivatives are made of parts, of which each may be by another, or by itself."""
    parts = summed()
    return [either(answer.whole, answer.within(parts[name].error)) if name in parts else answer.whole]


def sum_of(parts: Sequence[Answer]) -> Answer:
    """The sum of several answers, computed one by one: their errors, and one rounding for each addition."""
    sizes = sum(np.abs(a.expected).astype(np.float64) for a in parts)
    rounding = (len(parts) - 1) * parts[0].p.u * np.asarray(sizes)
    return parts[0].within(np.asarray(sum(a.error for a in parts)) + rounding)


def _errors(first: Answer, other: Answer) -> Array:
    """The errors of another formula's answer: nothing is known where its steps alone overflow."""
    lost = np.isfinite(first.expected) & ~np.isfinite(other.expected)
    return np.where(lost, np.inf, other.error)


def combined(answers: Sequence[Answer], weights: Sequence[int]) -> Enclose:
    """Encloses a weighted sum of answers, entry by entry."""

    def enclose(at: tuple[int, ...]) -> Number:
        parts = [_ball(answer, at) for answer in answers]
        with balls.digits():
            return sum(w * part for w, part in zip(weights, parts, strict=True))

    return enclose


def paired(pairs: Sequence[tuple[Answer | Array, Array]]) -> Enclose:
    """Encloses the sum of the real inner products ``Re <a, b>`` of answers, or of arrays as they are, with arrays."""

    def enclose(at: tuple[int, ...]) -> Number:
        Work(PROOF_WORK).spend(sum(b.size for _, b in pairs))
        with balls.digits():
            return sum((_inner(a, b) for a, b in pairs), balls.exactly(0.0))

    return enclose


def _inner(a: Answer | Array, b: Array) -> Number:
    total = balls.exactly(0.0)
    for place in np.ndindex(b.shape):
        left, right = _ball(a, place) if isinstance(a, Answer) else balls.exactly(a[place]), balls.exactly(b[place])
        total = total + left.real * right.real + left.imag * right.imag
    return total


def _ball(answer: Answer, at: tuple[int, ...]) -> Number:
    if answer.enclose is None:
        raise NoProof("no definition encloses it")
    return answer.enclose(at)
