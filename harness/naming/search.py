"""Samples, alterations -> the one that fits every sample, and whether that is evidence.

An alteration is a name only if what the altered definition gives is within its derived bound of what the candidate gave
at every sample, right or wrong, those of special data aside where no other fits them; if it differs from the definition
by more than both bounds at most samples where the candidate is wrong; if a candidate that is wrong at random would hardly
fit so well; and if it fits further cases, too.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log2
from typing import Any

import numpy as np

from harness import bounds
from harness.naming.alterations import Alteration, ByAlgorithm, ComputedIn, KnownMistake, Where
from harness.naming.altered import given, oracle
from harness.naming.changes import Inapplicable
from harness.naming.results import Answers
from harness.naming.samples import FORMS, PLAIN, Sample, fitting
from harness.oracles import Answer, OracleError, entrywise

#: Alterations that are compared with each other once they fit.
MOST_RIVALS = 6

#: Bits that one entry may tell: however exact it is, it is one entry, and wrong functions meet in some.
MOST_BITS = 8.0


@dataclass
class Clock:
    """Processor seconds that a search may take."""

    seconds: float
    began: float = field(default_factory=time.process_time)

    @property
    def over(self) -> bool:
        """Whether they are spent."""
        return time.process_time() - self.began > self.seconds


@dataclass(frozen=True)
class Fit:
    """What an altered definition gives at a sample, where the candidate gives the same."""

    answers: Answers
    bits: float


def fit(alteration: Alteration, sample: Sample, about: Collection[str]) -> Fit | None:
    """How an alteration fits some of a sample's gradients, or all of its values; None where it does not.

    Where the candidate deviates, the altered definition must be another one, too. No algorithm changes a shape.
    """
    got = {n: x for n, x in sample.got.items() if n in about or sample.level == "values"}
    if isinstance(alteration, ByAlgorithm):
        got = {n: x for n, x in got.items() if x.shape == sample.due[n].expected.shape}
    wrong = [n for n in sample.wrong if n in got]
    try:
        if far(alteration, sample, got):
            return None
        found = given(alteration, sample)
        held = {n: fitting(sample.trial, x, found[n]) if n in found else None for n, x in got.items()}
    except (OracleError, ArithmeticError):
        return None
    if any(answer is None for answer in held.values()):
        return None
    if any(found[n] is sample.due[n] or not _accounts(sample, n, held[n]) for n in wrong):
        return None
    told = (evidence(alteration, sample, n, answer) for n, answer in held.items() if answer and n in wrong)
    return Fit(found, sum(told))


def _accounts(sample: Sample, name: str, altered: Answer | None) -> bool:
    """Whether whole numbers that the definition leaves no room for are those of the altered one, not within its bound alone.

    A bound next to a tie holds both of its neighbours, and so every way to break it.
    """
    got, due = sample.got[name], sample.due[name]
    if altered is None or got.dtype.kind not in "iu" or got.shape != due.expected.shape:
        return True
    with np.errstate(all="ignore"):
        deviating = np.abs(got.astype(np.float64) - due.expected.astype(np.float64)) > due.error[sample.tier]
        return not (got[deviating] != altered.expected[deviating]).any()


def far(alteration: Alteration, sample: Sample, got: Mapping[str, Any]) -> bool:
    """Whether an altered definition, in NumPy alone, gives something that no bound of a formula like it reaches.

    It is a tenth of the work that its bound is: most alterations end here. Raises OracleError.
    """
    if sample.level != "values" or isinstance(alteration, ByAlgorithm | ComputedIn | KnownMistake):
        return False  # mistakes of a formula's own digits are far beyond any multiple of the definition's bound
    try:
        plain = oracle(alteration, sample, sample.trial.due.oracle).plain
    except Inapplicable:
        return False
    with np.errstate(all="ignore"):
        return any(_far(x, plain[n], sample.due[n], sample.tier) for n, x in got.items())


def _far(got: Any, plain: Any, due: Answer, tier: int) -> bool:
    if got.shape != plain.shape:
        return True
    if got.dtype.kind in "iub":
        return bool((got != plain).any())
    off = np.abs(got.astype(plain.dtype if plain.dtype.kind == "c" or got.dtype.kind == "f" else got.dtype) - plain)
    size = np.maximum(np.abs(plain), np.abs(got).astype(off.dtype))
    near = due.error[tier] if due.error[tier].shape == off.shape else np.max(due.error[tier], initial=0.0)
    return bool((off > FORMS * (near + due.p.u * size + due.p.eta)).any())


def evidence(alteration: Alteration, sample: Sample, name: str, altered: Answer) -> float:
    """How many bits of a result an alteration explains that the definition does not: 0 where none.

    For each entry log2 of the deviation over the altered definition's bound, at most `MOST_BITS`.
    """
    match alteration:
        case Where(_, _, what):
            return evidence(what, sample, name, altered)
        case ComputedIn(dtype):
            return _representable(sample.got[name], dtype)
        case ByAlgorithm():
            return _roundings(sample, name, altered)
        case KnownMistake():
            found = bits(sample.due[name], altered, sample.tier)
            return found or _roundings(sample, name, altered) + _overflown(sample, name, altered)
        case _:
            return bits(sample.due[name], altered, sample.tier)


def bits(due: Answer, altered: Answer, tier: int) -> float:
    """The bits in which two answers differ beyond both bounds."""
    a, b = altered.expected, due.expected
    most = -log2(due.p.u) if a.shape != b.shape else MOST_BITS
    if a.dtype.kind in "iub" or b.dtype.kind in "iub":
        return float(a.size if a.shape != b.shape else np.sum(a != b))
    with np.errstate(all="ignore"):
        error = altered.whole.error[tier]
        if a.shape != b.shape:
            apart, allowed = np.abs(a).astype(np.float64), np.zeros_like(error)
        else:
            apart, allowed = np.abs(a - b).astype(np.float64), np.where(np.isfinite(b), due.whole.error[tier], 0)
        apart = np.where(np.isfinite(a) & ~np.isfinite(b) if a.shape == b.shape else False, np.inf, apart)
        told = np.minimum(np.log2(apart / error), most)
        seen = (apart > error + allowed) & ~np.isnan(told) & np.isfinite(error)
        lost = np.sum(~np.isfinite(a) & np.isfinite(b) & np.isfinite(due.error[tier])) if a.shape == b.shape else 0
        return float(np.sum(np.where(seen, told, 0.0)) + most * lost)


def _representable(x: Any, dtype: str) -> float:
    """The bits that a narrower dtype lacks, of every entry, if all are zero in all entries."""
    narrow = {"complex64": np.dtype(np.complex64)}.get(dtype)
    with np.errstate(all="ignore"):
        kept = x.astype(narrow or _dtype(dtype)).astype(x.dtype)
    if kept.tobytes() != x.tobytes():
        return 0.0
    lacking = bounds.finfo(x.dtype.name).nmant - bounds.finfo(dtype).nmant
    return float(np.sum(np.isfinite(x) & (x != 0)) * lacking)


def _dtype(name: str) -> Any:
    from harness import fills

    return fills.dtype(name)


def _roundings(sample: Sample, name: str, altered: Answer) -> float:
    """For a bound that is wider about the same value: the entries that use it, beyond what rounding a result allows."""
    due, got = sample.due[name], sample.got[name]
    with np.errstate(all="ignore"):
        error = np.abs(got.astype(due.expected.dtype) - due.expected).astype(np.float64)
        size = np.abs(due.expected).astype(np.float64)
        bound = altered.error[sample.tier]
        if not np.isfinite(bound).all() or not np.max(size, initial=0.0) > np.min(bound, initial=np.inf):
            return 0.0
        return float(np.sum((error > due.whole.error[sample.tier] + 2 * due.p.u * size) & (error <= bound)))


def _overflown(sample: Sample, name: str, altered: Answer) -> float:
    """The bits of a formula whose own steps overflow: of what is no number where only they leave it open."""
    due, got = sample.due[name], sample.got[name]
    if got.dtype.kind in "iub" or altered.error.shape != due.error.shape:
        return 0.0
    alone = np.isinf(altered.error[sample.tier]) & np.isfinite(due.error[sample.tier]) & np.isfinite(due.expected)
    return MOST_BITS * float(np.sum(alone & ~np.isfinite(got)))


def declared(algorithm: str, wrong: Sequence[Sample], right: Sequence[Sample]) -> bool:
    """Whether deviations are those of an algorithm's roundings: in plain data of every precision that it rounds in.

    What is wrong by an amount of its own is so in one precision and not in another, or at some cases alone.
    """
    seen = [s for s in (*wrong, *right) if s.trial.case.fill in PLAIN]
    deviating = [s for s in wrong if s.trial.case.fill in PLAIN and _by_value(s)]
    precisions = {s.trial.case.dtype: s.trial.due.oracle.p for s in seen}
    units = {p.u for name, p in precisions.items() if any(s.trial.case.dtype == name for s in deviating)}
    match algorithm:
        case "low-precision-accumulation":
            return len(deviating) > 1 and all(u > bounds.SINGLE for u in units)
        case "polynomial-erf":
            return len(deviating) > 1 and all(u >= bounds.SINGLE for u in units)
        case "3m":
            if not all(s.trial.due.oracle.p.complex for s in deviating):
                return False
            due = {p.u for p in precisions.values() if p.complex}
        case _:
            due = {p.u for p in precisions.values() if p.u <= bounds.SINGLE}
    return len(deviating) > 2 and len(units) > 1 and due <= units


def _by_value(sample: Sample) -> bool:
    """Whether a result of the right shape deviates."""
    return any(sample.got[n].shape == sample.due[n].expected.shape for n in sample.wrong)


def _of(answer: Answer, chosen: Any) -> Answer:
    """What is due at some entries alone."""
    return Answer(answer.expected[chosen], answer.error[:, chosen], answer.p)


@dataclass
class Standing:
    """An alteration that fits all samples looked at so far, but some ``apart`` that hold special data: fills, dtypes."""

    alteration: Alteration
    bits: float
    apart: frozenset[tuple[str, str]] = frozenset()

    def at(self, sample: Sample, about: Collection[str]) -> bool:
        """Whether it still stands at another sample."""
        return (bool(self.apart) and sample.special) or fit(self.alteration, sample, about) is not None


@dataclass
class Search:
    """The samples of a search and the results it is about; ``partial`` are the alterations that fit the first one alone."""

    about: tuple[str, ...]
    wrong: Sequence[Sample]
    right: Sequence[Sample]
    clock: Clock
    partial: list[tuple[Alteration, Sample]] = field(default_factory=list)

    def standing(self, alterations: Iterable[Alteration]) -> Iterator[Standing]:
        """The alterations that fit every sample, each abandoned at its first misfit."""
        for alteration in alterations:
            if self.clock.over:
                return
            stands = self._through(alteration)
            if stands is not None:
                yield stands

    def _through(self, alteration: Alteration) -> Standing | None:
        told: list[float] = []
        apart: list[Sample] = []
        for n, sample in enumerate((*self.wrong, *self.right)):
            fitting = fit(alteration, sample, self.about)
            if fitting is None:
                if n and told[0] > 0 and not apart:
                    self.partial.append((alteration, sample))
                if not n or not sample.special or self._is_refuted(alteration, sample):
                    return None
                apart.append(sample)
            elif n < len(self.wrong):
                told.append(fitting.bits)
        spoken = sum(bits > 0 for bits in told)
        match alteration:
            case ByAlgorithm(name):
                stands = declared(name, self.wrong, self.right) and not apart
            case _:
                stands = 2 * spoken > len(self.wrong) and spoken > len(apart)
        special = frozenset((s.trial.case.fill, s.trial.case.dtype) for s in apart)
        return Standing(alteration, sum(told), special) if stands else None

    @cached_property
    def _plain(self) -> tuple[float, float] | None:
        """Between which magnitudes the plain data lie, of a function of each entry by itself."""
        plain = [s.trial.arrays for s in (*self.wrong, *self.right) if s.trial.case.fill in PLAIN]
        if not plain or not entrywise(self.wrong[0].trial.spec):
            return None
        sizes = np.concatenate([np.abs(x[x != 0]).astype(np.float64) for arrays in plain for x in arrays.values()])
        return (float(sizes.min()), float(sizes.max())) if sizes.size else None

    def _is_refuted(self, alteration: Alteration, sample: Sample) -> bool:
        """Whether an alteration is far off among special data at a number such as plain data hold: that is nothing special."""
        if self._plain is None or sample.level != "values":
            return False
        ((_, x),) = sample.trial.arrays.items()
        try:
            found = given(alteration, sample)
        except (OracleError, ArithmeticError):
            return False
        low, high = self._plain
        with np.errstate(all="ignore"):
            ordinary = (np.abs(x) >= low) & (np.abs(x) <= high)
            return any(
                sample.got[n].shape == x.shape
                and _far(sample.got[n][ordinary], a.expected[ordinary], _of(a, ordinary), sample.tier)
                for n, a in found.items()
                if n in self.about and n in sample.got and a.expected.shape == x.shape
            )


def enough(standing: Standing, tried: int) -> bool:
    """Whether so many bits are no accident among so many alterations: the chance is below that of a false alarm.

    Of an algorithm, whose bound is about the right value, `declared` decides.
    """
    if isinstance(standing.alteration, ByAlgorithm):
        return standing.bits > 0
    return standing.bits > log2(max(tried, 1)) - log2(bounds.DELTA)
