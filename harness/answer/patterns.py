"""Rows of one cause -> where in the arrays it is wrong, and how far off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, log2

from harness.answer.digits import apart
from harness.chance import CHANCE, choices
from harness.model import Place, Span, Traits, Verdict
from harness.vocabulary import ordinal

#: Roundings that a wrong result may have gone through: name, unit roundoff.
ROUNDINGS = (("bfloat16", 2.0**-8), ("float16 or TF32", 2.0**-11), ("float32", 2.0**-24), ("float64", 2.0**-53))

#: Errors larger than this part of what was due are no roundings: their size tells nothing.
LARGE = 2.0**-4

#: Kinds of places that are looked for in a row: ends, parts and periods of some axes, what was due.
TRIED = 64

#: Bits that a place, a span or a threshold must have: chance may make one of all those that are looked for.
ENOUGH = log2(TRIED / CHANCE)

#: Kinds of places that say what came back, and not where.
CAME = ("NaN", "infinite", "0")


@dataclass(frozen=True)
class Magnitudes:
    """A power of two that parts the entries by the magnitude of an input: ``wrong`` of those ``inside``, few of the rest.

    They lie below it, or from there on.
    """

    name: str
    below: bool
    threshold: float
    wrong: int
    inside: int
    missed: int
    outside: int


@dataclass(frozen=True)
class Pattern:
    """What the wrong entries of all rows of a cause have in common."""

    places: tuple[Place, ...] = ()
    span: Span | None = None
    magnitudes: Magnitudes | None = None
    relative: float = float("nan")

    @property
    def rounding(self) -> str:
        """The rounding that the largest error is the size of; empty where it is of none."""
        if not isfinite(self.relative):
            return ""
        return next((name for name, u in ROUNDINGS if u / 4 < self.relative <= u), "")

    @property
    def text(self) -> str:
        """In words; empty where there is nothing in common."""
        where = [_told(p) for p in self.places]
        if self.span:
            where.append(_between(self.span))
        elif self.magnitudes:
            where.append(_only(self.magnitudes))
        if isfinite(self.relative) and 0 < self.relative < LARGE:
            size = f"off by at most 2^{log2(self.relative):.1f} of the value"
            where.append(f"{size} (as large as a rounding to {self.rounding})" if self.rounding else size)
        return "; ".join(where)


def pattern(rows: Sequence[Verdict], plain: Sequence[Verdict]) -> Pattern:
    """What the wrong entries of some rows have in common; sizes and spans are those of rows with ``plain`` data, if any."""
    seen = [r.traits for r in rows if r.traits.wrong]
    if not seen:
        return Pattern()
    common = _common(seen)
    sized = [r.traits for r in plain if r.traits.wrong] or seen
    relative = max(t.relative for t in sized) if all(isfinite(t.relative) for t in sized) else float("nan")
    parted = [t for t in sized if t.wrong < t.entries]
    return Pattern(_chosen(common), _span(parted), _magnitudes(parted), relative)


def _common(seen: Sequence[Traits]) -> frozenset[Place]:
    """The places that all rows share, and that are no accident."""
    shared = frozenset.intersection(*(frozenset(t.places) for t in seen))
    return frozenset(p for p in shared if sum(t.places[p] for t in seen) > ENOUGH)


def _chosen(common: frozenset[Place]) -> tuple[Place, ...]:
    """The place that says most, and what came back there."""
    where = [p for p in common if p.kind not in CAME]
    due = ("NaN due", "infinite due", "0 due", "negative due", "positive due")
    order = (*due, "last", "first", "every", "from", "below", "border")
    where.sort(key=lambda p: (order.index(p.kind), -p.axis, -p.k))
    return (*where[:1], *sorted((p for p in common if p.kind in CAME), key=lambda p: p.kind)[:1])


def _span(found: Sequence[Traits]) -> Span | None:
    """Between which values of an input, or magnitudes, all wrong entries lie and no right one, where that is no accident.

    Where each row has such a span and together they have one end alone, that is what all share.
    """
    kinds = [{(s.name, s.magnitude) for s in t.spans} for t in found]
    shared = sorted(set.intersection(*kinds), key=lambda kind: (kind[1], kind[0])) if kinds else []
    for kind in shared:
        spans = [s for t in found for s in t.spans if (s.name, s.magnitude) == kind]
        whole = Span(
            kind[0],
            min(s.low for s in spans),
            max(s.high for s in spans),
            max(s.below for s in spans),
            min(s.above for s in spans),
            kind[1],
            sum(s.bits for s in spans),
        )
        low, high = whole.below < whole.low or whole.below == -inf, whole.above > whole.high or whole.above == inf
        if whole.bits <= ENOUGH:
            continue
        if low and high:
            return whole
        if (low and isfinite(whole.below)) or (high and isfinite(whole.above)):
            return _open(whole, low)
    return None


def _open(span: Span, low: bool) -> Span:
    """The span with the one end that it has."""
    return replace(span, high=inf, above=inf) if low else replace(span, low=-inf, below=-inf)


def _magnitudes(found: Sequence[Traits]) -> Magnitudes | None:
    """The magnitude of an input that best parts wrong entries from right ones, where most are wrong on one side alone, and
    most of the wrong ones are there."""
    tried = [one for name in sorted({b.name for t in found for b in t.binades}) for one in _thresholds(name, found)]
    parting = [
        m for m in tried if 2 * m.wrong > m.inside and m.missed < min(m.wrong, m.outside / 2) and _parted(m) > ENOUGH
    ]
    return max(parting, key=_parted, default=None)


def _thresholds(name: str, found: Sequence[Traits]) -> Iterator[Magnitudes]:
    wrong, total = Counter[int](), Counter[int]()
    for counts in (b.counts for t in found for b in t.binades if b.name == name):
        wrong.update({e: bad for e, (bad, _) in counts.items()})
        total.update({e: n for e, (_, n) in counts.items()})
    for end in sorted(total)[:-1]:
        (bad, inside), (missed, outside) = (
            [sum(c[e] for e in total if (e <= end) is low) for c in (wrong, total)] for low in (True, False)
        )
        yield Magnitudes(name, True, 2.0**end, bad, inside, missed, outside)
        yield Magnitudes(name, False, 2.0**end, missed, outside, bad, inside)


def _parted(by: Magnitudes) -> float:
    """The bits that the threshold saves to whoever says which entries are wrong."""
    whole = choices(by.inside + by.outside, by.wrong + by.missed)
    return whole - choices(by.inside, by.wrong) - choices(by.outside, by.missed)


def _told(place: Place) -> str:
    match place.kind:
        case "last" | "first":
            return f"the {place.kind} entry {_along(place.axis)} alone"
        case "from":
            return f"from entry {place.k} on {_along(place.axis)}"
        case "below":
            return f"the first {place.k} entries {_along(place.axis)}"
        case "every":
            start = f", from {place.rest} on" if place.rest else ""
            return f"every {ordinal(place.k)} entry {_along(place.axis)}{start}"
        case "border":
            return "near the border alone" if place.axis == -2 else "near the ends of the last axis alone"
        case kind if kind in CAME:
            return f"gives {kind}"
        case due:
            return f"wherever {due.removesuffix(' due')} is expected"


def _along(axis: int) -> str:
    return {-1: "of the last axis", -2: "of the last axis but one"}.get(axis, f"of axis {axis}")


def _between(span: Span) -> str:
    name = f"|`{span.name}`|" if span.magnitude else f"`{span.name}`"
    low, high, below, above = apart(span.low, span.high, span.below, span.above)
    near = [text for x, text in ((span.below, below), (span.above, above)) if isfinite(x)]
    right = f", right at {' and '.join(near)}" if near else ""
    if inf in (span.high, -span.low):
        return f"wrong only where {name} {f'>= {low}' if span.high == inf else f'<= {high}'}{right}"
    ends = f"{name} = {low}" if span.low == span.high else f"{low} <= {name} <= {high}"
    return f"wrong where {ends}{right}"


def _only(of: Magnitudes) -> str:
    elsewhere = f", and {of.missed:,} of {of.outside:,} elsewhere" if of.missed else ""
    side = "<" if of.below else ">="
    return f"wrong where |`{of.name}`| {side} {of.threshold:g} ({of.wrong:,} of {of.inside:,} entries{elsewhere})"
