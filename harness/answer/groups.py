"""Rows of one candidate -> groups: red rows of one family, wrong in one manner, and what follows from each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from harness import subjects
from harness.answer.levels import FAMILIES, wrong
from harness.model import Case, Verdict
from harness.subjects import BY_DEFAULT, OTHER_KINDS, Input, Output

#: The part of a kind's cases at which another, earlier one must be wrong too for it to follow from that one.
FOLLOWS = 2 / 3


#: Families, the second of which is wrong where the first one is: of the same calls, or of values at other inputs.
IMPLIED = frozenset({("layout", "values"), ("values", "identities")})


#: Laws about a first answer: with no scenario their rows follow from nothing that a call leaves behind.
DIRECT = frozenset({"status", "shape", "agrees", "dtype", "distribution", "mask", "gradient", "forward"})

#: The family of what a call leaves behind.
EFFECTS = "pure"

#: The family of values where params are left out that are right where they are given.
DEFAULTS = "defaults"


class Manner(StrEnum):
    """How a row is wrong."""

    NUMBER = "another number"
    STEPS = "rounds at each step"
    FACT = "another fact"
    RAISES = "raises"
    LACKS = "gives nothing"
    RETURNS = "does not refuse"
    ENDS = "ends its process"
    SLOW = "does not answer in time"


_ORDER = tuple(dict.fromkeys([*FAMILIES.values(), DEFAULTS, "refusals"]))


@dataclass(frozen=True, eq=False)
class Group:
    """Red rows of one family that are wrong in one manner."""

    family: str
    manner: Manner
    detail: str
    rows: tuple[Verdict, ...]
    cases: frozenset[str]
    laws: frozenset[str]


def attributed(order: Mapping[str, Case], rows: Sequence[Verdict]) -> Sequence[Verdict]:
    """The rows, where values are wrong with those about further draws of the inputs as what they are: about values.

    Not where values are wrong in other layouts alone: what is wrong between calls of other kinds is so in this one.
    """
    red = [row for row in rows if wrong(row) and (row.law == "agrees" or row.scenario == OTHER_KINDS)]
    placed = all(row.case in order and order[row.case].layout != "contiguous" for row in red)
    if placed or not any(row.law == "agrees" for row in red):
        return rows
    return [replace(row, law="agrees") if _of_another_draw(row) else row for row in rows]


def _elsewhere(row: Verdict) -> bool:
    """Whether it is about values at another point of the grid, of which the rule of the cases knows nothing."""
    return row.law == "agrees" and row.scenario == OTHER_KINDS


def _of_another_draw(row: Verdict) -> bool:
    numbers = row.law in ("repeatable", "layout", "vmap") and bool(row.bound) and wrong(row)
    return numbers and row.traits.wrong > 0 and not row.traits.relation


def manner(row: Verdict) -> Manner:
    """How a red row is wrong."""
    if row.status == "timed out":
        return Manner.SLOW
    if row.death or row.status == "crashed":
        return Manner.ENDS
    if row.expected == "raises":
        return Manner.RETURNS
    if row.traits.raised or (row.law == "status" and row.status == "fails"):
        return Manner.RAISES
    if row.status == "fails":
        return Manner.LACKS
    if row.traits.stepwise:
        return Manner.STEPS
    return Manner.NUMBER if row.bound else Manner.FACT


def groups(order: Mapping[str, Case], rows: Iterable[Verdict]) -> list[Group]:
    """The kinds of wrongness, in the order in which one may follow from another."""
    kinds: dict[tuple[str, Manner, str], list[Verdict]] = defaultdict(list)
    red = [row for row in rows if wrong(row) and not _elsewhere(row)]
    given = {row.case for row in red if row.law == "agrees" and row.scenario != BY_DEFAULT}
    for row in red:
        case = order.get(row.case)
        refused = case is not None and bool(case.invalid)
        family = "refusals" if refused and row.law == "status" else FAMILIES.get(row.law, "values")
        if row.law == "agrees" and row.scenario == BY_DEFAULT and row.case not in given:
            family = DEFAULTS
        how = Manner.RETURNS if family == "refusals" else manner(row)
        kinds[family, how, row.traits.raised].append(row)
    found = [
        Group(*kind, tuple(some), frozenset(r.case for r in some), frozenset(r.law for r in some))
        for kind, some in kinds.items()
    ]
    values = [g for g in found if g.family == "values"]
    placed = all(order[c].layout != "contiguous" for g in values for c in g.cases if c in order)
    alike = {g.manner for g in values}
    # what is wrong in other layouts alone, and in one way, is so of them
    first = [g for g in found if g.family == "layout" and placed and g.manner in alike]
    first = [*(g for g in found if _in_memory(g)), *first]  # so are answers once memory was written to
    rest = [g for g in found if g not in first]
    rest.sort(key=lambda g: (_ORDER.index(g.family), -len(g.cases), g.manner, g.detail))
    return [*first, *rest]


def _in_memory(group: Group) -> bool:
    """Whether inputs or results of calls are written to, which other laws run into."""
    kinds = (Input, Output)
    return group.family == EFFECTS and any(isinstance(subjects.subject(r.subject), kinds) for r in group.rows)


def _direct(group: Group) -> bool:
    """Whether a first answer is wrong: that follows from nothing that calls leave behind."""
    return any(r.law in DIRECT and not r.scenario for r in group.rows)


def _may_come_before(root: Group, group: Group) -> bool:
    """Whether a group may follow from a root; of other values where params are left out nothing follows."""
    return root.family not in (group.family, DEFAULTS) and not (_in_memory(root) and _direct(group))


def folded(found: Iterable[Group]) -> tuple[list[Group], dict[int, list[Group]]]:
    """The groups that stand for themselves, and those that follow from each of them."""
    roots: list[Group] = []
    after: dict[int, list[Group]] = defaultdict(list)

    def reached(root: Group) -> frozenset[str]:
        return root.cases.union(*(group.cases for group in after[id(root)]))

    for group in found:
        before = [root for root in roots if _may_come_before(root, group)]
        covered = group.cases & frozenset[str]().union(*map(reached, before))
        ahead = [r for r in before if (r.family, group.family) in IMPLIED and r.manner == group.manner]
        if before and (ahead or len(covered) >= FOLLOWS * len(group.cases)):
            after[id(max(before, key=lambda r: len(reached(r) & group.cases)))].append(group)
        else:
            roots.append(group)
    return roots, after
