"""Rows of one candidate -> causes: one for each kind of wrongness, what follows from it folded under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import cases
from harness.answer.columns import Columns, columns, largest, number
from harness.answer.groups import DEFAULTS, EFFECTS, Group, Manner, folded, groups, manner
from harness.answer.levels import Level, level, wrong
from harness.answer.patterns import Pattern, pattern
from harness.answer.rules import Rule, parts, rule
from harness.chance import CHANCE, none_of
from harness.fills import SPECIAL
from harness.model import Case, Spec, Value, Verdict

Array = NDArray[Any]

#: Fills of data as any: what they hide is hidden by chance alone.
NORMAL = "normal"
PLAIN = frozenset({NORMAL, "wide", "cancelling"})


#: The levels in the order in which a cause of one may bring about one of another: who writes to inputs is wrong later.
RANKED: list[Level] = [one for one in Level if one is not Level.EFFECTS]
RANKED.insert(RANKED.index(Level.MAPPING), Level.EFFECTS)


@dataclass(frozen=True)
class Neighbour:
    """Two cases that differ in one axis, the one right and the other wrong."""

    axis: str
    right: Value
    wrong: Value


@dataclass(frozen=True)
class Smallest:
    """The smallest input found at which it is wrong in the same way: its address, how it reads, and its row."""

    case: str
    text: str
    row: Verdict


@dataclass(frozen=True)
class Cause:
    """One kind of wrongness: at which cases, by which rule, where in the arrays, how far off, and what follows from it.

    ``detail`` is an exception's type, ``example`` the row at the nearest case, ``beside`` the levels at which its
    consequences stand and their cases, ``name`` what the candidate computes instead, where somebody knows.
    ``rate`` is the share of entries that are wrong, where that alone says why some cases are right.
    """

    level: Level
    manner: Manner
    laws: tuple[str, ...]
    detail: str
    subjects: tuple[str, ...]
    wrong: tuple[str, ...]
    right: tuple[str, ...]
    rule: Rule | None
    pattern: Pattern
    example: Verdict
    neighbour: Neighbour | None
    beside: Mapping[Level, frozenset[str]]
    rate: float | None = None
    name: str | None = None
    smallest: Smallest | None = None

    @property
    def judged(self) -> int:
        """How many cases tell of it."""
        return len(self.wrong) + len(self.right)


#: Says what a candidate computes instead, or None.
Name = Callable[[Cause], str | None]


def named(found: Iterable[Cause], name: Name) -> tuple[Cause, ...]:
    """The causes, each with what the candidate computes instead where ``name`` knows it; those of one name as one."""
    kept: list[Cause] = []
    for cause in (replace(cause, name=name(cause)) for cause in found):
        place = next((n for n, other in enumerate(kept) if other.name is not None and other.name == cause.name), None)
        if place is None:
            kept.append(cause)
        else:
            kept[place] = _with(kept[place], cause)
    return tuple(kept)


def _with(first: Cause, other: Cause) -> Cause:
    """A cause with another that is the same mistake."""
    beside = dict(first.beside)
    for at, those in (*other.beside.items(), (other.level, frozenset(other.wrong))):
        if at is not first.level:
            beside[at] = beside.get(at, frozenset()) | those
    more = tuple(case for case in other.wrong if case not in first.wrong) if other.level is first.level else ()
    return replace(first, wrong=(*first.wrong, *more), beside=beside, rule=first.rule if not more else None)


def causes(spec: Spec, order: Mapping[str, Case], rows: Sequence[Verdict]) -> tuple[Cause, ...]:
    """The causes of one candidate's red rows: those near the first case first, of these those of the first levels.

    ``order`` has the nearest case first.
    """
    grouped = groups(order, rows)
    if not grouped:
        return ()
    facts = _Facts(spec, order, rows)
    roots, after = folded(grouped)
    made = [_Made(root, [root, *after.get(id(root), [])], facts.rule(root)) for root in roots]
    made = _merged(made, facts)
    found = [facts.cause(one) for one in made]
    near = {c for c, case in order.items() if case.departures <= 1}

    def rank(c: Cause) -> tuple[bool, bool, int, int]:
        return c.manner is Manner.STEPS, near.isdisjoint(c.wrong), RANKED.index(c.level), -len(c.wrong)

    return tuple(sorted(found, key=rank))


@dataclass(frozen=True, eq=False)
class _Made:
    """A root, itself and all that follows from it, its rule."""

    root: Group
    parts: list[Group]
    rule: Rule | None


def _merged(made: list[_Made], facts: _Facts) -> list[_Made]:
    """Roots that one rule separates better than several do are one."""
    kept: list[_Made] = []
    for one in made:
        for n, other in enumerate(kept):
            if (both := _one_of_two(other, one, facts)) is not None:
                kept[n] = both
                break
        else:
            kept.append(one)
    return kept


def _one_of_two(a: _Made, b: _Made, facts: _Facts) -> _Made | None:
    families = {a.root.family, b.root.family}
    if "refusals" in families or (families & {EFFECTS, DEFAULTS} and len(families) > 1):
        return None
    rows, laws = (*a.root.rows, *b.root.rows), a.root.laws | b.root.laws
    larger = max((a.root, b.root), key=lambda g: (g.manner is not Manner.STEPS, len(g.cases)))
    together = replace(larger, rows=rows, cases=a.root.cases | b.root.cases, laws=laws)
    found = facts.rule(together)
    same = a.rule is not None and b.rule is not None and a.rule.text == b.rule.text
    everywhere = found is None and a.rule is None and b.rule is None and not facts.right(together)
    apart = a.root.manner is not b.root.manner and Manner.STEPS in (a.root.manner, b.root.manner)
    better = found is not None and found.exact and not (_is_exact(a) and _is_exact(b)) and not apart
    return _Made(together, [*a.parts, *b.parts], found) if same or better or everywhere else None


def _is_exact(one: _Made) -> bool:
    return one.rule is not None and one.rule.exact


class _Facts:
    """What is known of all cases of a candidate."""

    def __init__(self, spec: Spec, order: Mapping[str, Case], rows: Sequence[Verdict]) -> None:
        self._spec, self._order = spec, order
        self._place = {case: n for n, case in enumerate(order)}
        self._conforms: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._red: dict[str, set[str]] = defaultdict(set)
        self._stepwise: set[str] = set()
        for row in rows:
            if row.status in ("conforms", "known"):
                for of in row.traits.of or {row.of}:
                    self._conforms[row.law, of].add(row.case)
            elif wrong(row):
                self._red[row.law].add(row.case)
                self._stepwise.update([row.case] if manner(row) is Manner.STEPS else ())

    def right(self, group: Group) -> list[str]:
        """The cases at which what the group breaks was judged and is kept."""
        gathered = () if group.family == DEFAULTS else ("",)  # a file has gathered rows alone
        about = {(r.law, of) for r in group.rows for of in (r.of, *gathered)}
        kept = set[str]().union(*(self._conforms[one] for one in about))
        laws = {*group.laws, "agrees"} if group.family == "layout" else group.laws
        broken = group.cases.union(*(self._red[law] for law in laws))
        invalid = group.family == "refusals"
        return self._sorted(c for c in kept - broken if c in self._order and bool(self._order[c].invalid) == invalid)

    def _sorted(self, found: Iterable[str]) -> list[str]:
        return sorted(found, key=lambda c: self._place.get(c, len(self._place)))

    def rule(self, group: Group) -> Rule | None:
        """The rule that separates a group's cases from those that keep what it breaks."""
        if group.family == "refusals":
            return None
        valid = [c for c in group.cases if c in self._order and not self._order[c].invalid]
        bad, good = self._sorted(valid), self.right(group)
        if not bad or not good:
            return None
        named = {"layout"} if group.family == "layout" else set()  # its rows name the layouts
        known = self._columns.without(named)
        found = self._best(known, group, bad, good)
        if (found and found.exact) or self.rate(group) is None:
            return found
        return self._best(replace(known.without(self._sizes), numbers={}), group, bad, good)

    def _best(self, known: Columns, group: Group, bad: Sequence[str], good: Sequence[str]) -> Rule | None:
        """The rule of what is known; of other numbers one that leaves rounded steps out, too, where that is exact."""
        steps = self._stepwise - group.cases if group.manner is Manner.NUMBER else set()
        found = self._separating(known, bad, self._sorted({*good, *steps} & self._at.keys())) if steps else None
        return found if found and found.exact else self._separating(known, bad, good) or found

    def _separating(self, known: Columns, bad: Sequence[str], good: Sequence[str]) -> Rule | None:
        """The simplest rule of all cases, or without right ones of special data, which may hide what is wrong."""
        found = rule(*self._of(known, bad, good))
        plain = [c for c in good if self._order[c].fill in PLAIN]
        ordinary = rule(*self._of(known, bad, plain))
        if ordinary is None or (found and (not ordinary.exact or (found.exact and found.cost <= ordinary.cost))):
            return found
        return replace(ordinary, hidden=len(good) - len(plain))

    def _of(self, known: Columns, bad: Sequence[str], good: Sequence[str]) -> tuple[Columns, Array]:
        """What is known of some cases, and which of them are wrong."""
        chosen = np.array([self._at[c] for c in (*bad, *good)])
        return known[chosen], np.arange(len(chosen)) < len(bad)

    @cached_property
    def _columns(self) -> Columns:
        return columns(self._spec, [c for c in self._order.values() if not c.invalid])

    @cached_property
    def _at(self) -> dict[str, int]:
        return {c.id: n for n, c in enumerate(c for c in self._order.values() if not c.invalid)}

    @property
    def _sizes(self) -> set[str]:
        """The axes of sizes, and what `let` makes of them."""
        return {*self._spec.sizes, *self._spec.let}

    def rate(self, group: Group) -> float | None:
        """The share of entries that are wrong, where few are and as many cases would be right if each were so by chance."""
        seen = {r.case: r.traits for r in group.rows if r.traits.wrong and self._is_normal(r.case)}
        if not seen or group.manner is not Manner.NUMBER:
            return None
        found = sum(t.wrong for t in seen.values()) / sum(t.entries for t in seen.values())
        kept = sum(largest(self._spec, self._order[c]) for c in self.right(group) if self._is_normal(c))
        accident = kept and 2 * found < 1 and none_of(found, kept) > CHANCE
        return found if accident and not pattern(group.rows, ()).places else None

    def _is_normal(self, case: str) -> bool:
        return case in self._at and self._order[case].fill == NORMAL

    def cause(self, made: _Made) -> Cause:
        """A root as people read it."""
        root, right = made.root, self.right(made.root)
        found = self._sorted(root.cases)
        nearest = min(
            root.rows, key=lambda r: (manner(r) != root.manner, self._place.get(r.case, len(self._place)), r.of)
        )
        alike = [r for r in root.rows if r.law == nearest.law and r.subject == nearest.subject and not r.scenario]
        alike = alike or [r for r in root.rows if r.law == nearest.law and r.of == nearest.of]
        plain = [r for r in alike if r.case in self._order and self._order[r.case].fill == NORMAL]
        beside: dict[Level, set[str]] = defaultdict(set)
        for part in made.parts:
            for row in part.rows:
                beside[level(row, self._order.get(row.case))].add(row.case)
        own = _own_level(root, self._order)
        beside.pop(own, None)
        return Cause(
            level=own,
            manner=root.manner,
            laws=tuple(sorted(root.laws)),
            detail=root.detail,
            subjects=tuple(
                dict.fromkeys(
                    (own in (Level.LAYOUTS, Level.REPEATS) and r.scenario) or r.of
                    for r in sorted(root.rows, key=lambda r: self._place.get(r.case, 0))
                )
            ),
            wrong=tuple(found),
            right=tuple(right),
            rule=made.rule,
            pattern=pattern(alike, plain),
            example=nearest,
            neighbour=self._neighbour(found, right),
            rate=None if made.rule and made.rule.exact else self.rate(root),
            beside={one: frozenset(beside[one]) for one in Level if beside.get(one)},
        )

    def _neighbour(self, bad: Sequence[str], good: Sequence[str]) -> Neighbour | None:
        """The nearest two cases that differ in one axis, the one right and the other wrong, if the axis parts the others."""
        points = {c: cases.point(self._spec, self._order[c]) for c in (*bad, *good) if c in self._at}
        kept: dict[tuple[object, ...], list[str]] = defaultdict(list)
        for c in good:
            for axis in points.get(c, {}):
                kept[_without(axis, points[c])].append(c)
        near: list[tuple[float, int, Neighbour]] = []
        for n, c in enumerate(c for c in bad if c in points):
            for axis, value in points[c].items():
                for other in kept.get(_without(axis, points[c]), ()):
                    near.append((_apart(points[other][axis], value), n, Neighbour(axis, points[other][axis], value)))
        if not near:
            return None
        known = self._of(self._columns, [c for c in bad if c in points], [c for c in good if c in points])
        ranked = (one for _, _, one in sorted(near, key=lambda found: found[:2]))
        return next((one for one in ranked if parts(*known, one.axis, cases.write(one.wrong), number(one.wrong))), None)


def _without(axis: str, point: Mapping[str, Value]) -> tuple[object, ...]:
    return (axis, *(cases.write(v) for name, v in point.items() if name != axis))


def _apart(a: Value, b: Value) -> float:
    """How far two values are apart: numbers by their ratio, anything else farther than those."""
    plain = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (a, b))
    return abs(np.log2((abs(a) + 1) / (abs(b) + 1))) if plain else 100.0


def _own_level(root: Group, order: Mapping[str, Case]) -> Level:
    """The first level at which it shows: values, where it is not special ones alone."""
    found = {level(row, order.get(row.case)) for row in root.rows}
    if root.family == "values" and all(order[c].fill in SPECIAL for c in root.cases if c in order):
        return Level.SPECIALS
    return next(one for one in Level if one in found)
