"""Rows of one cause -> where in the arrays it is wrong, and how far off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, log2

from harness.model import Place, Span, Verdict

#: Roundings that a wrong result may have gone through: name, unit roundoff.
ROUNDINGS = (("bfloat16", 2.0**-8), ("float16 or TF32", 2.0**-11), ("float32", 2.0**-24), ("float64", 2.0**-53))

#: Errors larger than this part of what was due are no roundings: their size tells nothing.
LARGE = 2.0**-4

#: Kinds of places that say what came back, and not where.
CAME = ("NaN", "infinite", "0")


@dataclass(frozen=True)
class Pattern:
    """What the wrong entries of all rows of a cause have in common."""

    places: tuple[Place, ...] = ()
    span: Span | None = None
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
        if isfinite(self.relative) and 0 < self.relative < LARGE:
            size = f"off by at most 2^{log2(self.relative):.1f} of the value"
            where.append(f"{size} (one rounding to {self.rounding})" if self.rounding else size)
        return "; ".join(where)


def pattern(rows: Sequence[Verdict], plain: Sequence[Verdict]) -> Pattern:
    """What the wrong entries of some rows have in common; sizes and spans are those of rows with ``plain`` data, if any."""
    seen = [r.traits for r in rows if r.traits.wrong]
    if not seen:
        return Pattern()
    common = frozenset.intersection(*(t.places for t in seen))
    if max(t.entries for t in seen) < 2:
        common = frozenset(p for p in common if p.kind in CAME)
    sized = [r.traits for r in plain if r.traits.wrong] or seen
    relative = max(t.relative for t in sized) if all(isfinite(t.relative) for t in sized) else float("nan")
    return Pattern(_chosen(common), _span([t.spans for t in sized if t.wrong < t.entries]), relative)


def _chosen(common: frozenset[Place]) -> tuple[Place, ...]:
    """The place that says most, and what came back there."""
    ends = {p.axis for p in common if p.kind == "first"} & {p.axis for p in common if p.kind == "last"}
    where = [p for p in common if p.kind not in CAME and not (p.kind in ("first", "last") and p.axis in ends)]
    order = ("NaN due", "infinite due", "0 due", "negative due", "positive due", "last", "first", "every", "border")
    where.sort(key=lambda p: (order.index(p.kind) if p.kind in order else len(order), -p.axis, -p.k))
    return (*where[:1], *sorted((p for p in common if p.kind in CAME), key=lambda p: p.kind)[:1])


def _span(found: Sequence[tuple[Span, ...]]) -> Span | None:
    names = set.intersection(*({s.name for s in some} for some in found)) if found else set()
    for name in sorted(names):
        spans = [s for some in found for s in some if s.name == name]
        whole = Span(
            name,
            min(s.low for s in spans),
            max(s.high for s in spans),
            max(s.below for s in spans),
            min(s.above for s in spans),
        )
        low, high = whole.below < whole.low or whole.below == -inf, whole.above > whole.high or whole.above == inf
        if low and high:
            return whole
    return None


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
            return f"every {place.k}th entry {_along(place.axis)}{start}"
        case "border":
            return "the border alone" if place.axis == -2 else "both ends of the last axis alone"
        case kind if kind in CAME:
            return f"gives {kind}"
        case due:
            return f"wherever {due.removesuffix(' due')} is expected"


def _along(axis: int) -> str:
    return {-1: "of the last axis", -2: "of the last axis but one"}.get(axis, f"of axis {axis}")


def _between(span: Span) -> str:
    ends = (
        f"`{span.name}` = {span.low:.4g}"
        if span.low == span.high
        else f"{span.low:.4g} <= `{span.name}` <= {span.high:.4g}"
    )
    near = [f"{x:.4g}" for x in (span.below, span.above) if isfinite(x)]
    return f"wrong where {ends}" + (f", right at {' and '.join(near)}" if near else "")
