"""Rows -> contract levels: what of an op a candidate keeps, in a fixed order, each with its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from harness.asking.registry import LIBRARIES
from harness.fills import SPECIAL
from harness.model import BAD, RED, CandidateSpec, Case, Spec, Verdict


class Level(StrEnum):
    """What somebody may answer for, in the order in which it is read."""

    VALUES = "values"
    SPECIALS = "special values"
    TYPES = "shapes and dtypes"
    GRADIENTS = "gradients"
    FORWARD = "forward mode"
    SECOND = "second order"
    MAPPING = "mapping"
    LAYOUTS = "layouts"
    REPEATS = "repeats and threads"
    BITS = "bits of rows"
    EFFECTS = "side effects"
    REFUSALS = "refusals"


#: The word by which a command names a level.
WORDS: Mapping[str, Level] = {level.value.split()[0]: level for level in Level}

#: The level of each law; a row of the status is one of values, or of refusals where the call is invalid.
OF_LAW: Mapping[str, Level] = {
    "status": Level.VALUES,
    "agrees": Level.VALUES,
    "linear": Level.VALUES,
    "identity": Level.VALUES,
    "containers": Level.VALUES,
    "distribution": Level.VALUES,
    "mask": Level.VALUES,
    "summation": Level.VALUES,
    "shape": Level.TYPES,
    "dtype": Level.TYPES,
    "mixed": Level.TYPES,
    "integers": Level.TYPES,
    "gradient": Level.GRADIENTS,
    "subsets": Level.GRADIENTS,
    "upstream": Level.GRADIENTS,
    "backward": Level.GRADIENTS,
    "adjoint": Level.GRADIENTS,
    "gradcheck": Level.GRADIENTS,
    "forward": Level.FORWARD,
    "second": Level.SECOND,
    "vmap": Level.MAPPING,
    "layout": Level.LAYOUTS,
    "repeatable": Level.REPEATS,
    "invariance": Level.BITS,
    "vast": Level.VALUES,
    "pure": Level.EFFECTS,
}

#: Laws that look at one thing, the ones that others follow from first.
FAMILIES: Mapping[str, str] = {
    "status": "call",
    "shape": "shape",
    "agrees": "values",
    "dtype": "dtype",
    "mixed": "promotion",
    "integers": "promotion",
    "distribution": "distribution",
    "mask": "distribution",
    "linear": "identities",
    "identity": "identities",
    "invariance": "invariance",
    "summation": "summation",
    "vast": "values",
    "containers": "containers",
    "gradient": "gradient",
    "upstream": "upstream",
    "subsets": "subsets",
    "backward": "backward",
    "adjoint": "adjoint",
    "gradcheck": "adjoint",
    "forward": "forward",
    "second": "second",
    "vmap": "mapping",
    "layout": "layout",
    "repeatable": "repeatable",
    "pure": "pure",
}

#: Levels that need somebody who differentiates.
DERIVATIVES = (Level.GRADIENTS, Level.FORWARD, Level.SECOND)


def level(row: Verdict, case: Case | None) -> Level:
    """The one level a row belongs to."""
    found = OF_LAW.get(row.law, Level.VALUES)
    if case is None or found is not Level.VALUES:
        return found
    if case.invalid:
        return Level.REFUSALS
    return Level.SPECIALS if case.fill in SPECIAL else found


@dataclass(frozen=True)
class Tally:
    """The cases of one level: each is right, wrong, known to be wrong, not offered, or not judged for a reason."""

    level: Level
    right: int = 0
    wrong: int = 0
    known: int = 0
    not_offered: int = 0
    not_judged: int = 0
    why: Mapping[str, int] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        """How many cases were decided."""
        return self.right + self.wrong + self.known


#: From the worst to the least: what speaks for a case at a level where its rows differ.
_RANKS: Mapping[str, int] = {**dict.fromkeys(RED, 4), "known": 3, "conforms": 2, "unsupported": 1}


def tallies(spec: Spec, given: CandidateSpec, by_id: Mapping[str, Case], rows: Iterable[Verdict]) -> tuple[Tally, ...]:
    """Every level of one candidate's rows, in order."""
    best: dict[Level, dict[str, tuple[float, Verdict]]] = {one: {} for one in Level}
    done = set()
    for row in rows:
        done.add(row.case)
        case = by_id.get(row.case)
        if row.law == "status" and row.status == "conforms" and not (case and case.invalid):
            continue  # that something returned says nothing of its values
        at, rank = best[level(row, case)], _rank(row)
        if row.case not in at or rank > at[row.case][0]:
            at[row.case] = rank, row
    unasked = "no case asks for it" if done >= by_id.keys() else "no case that was done asks for it"
    return tuple(_tally(one, spec, given, tuple(at.values()), unasked) for one, at in best.items())


def _rank(row: Verdict) -> float:
    """What a row says of its case: one relation with other bits, within the bound, and the case has not those of its rows."""
    return _OTHER if _other_bits(row) else _RANKS.get(row.status, 0)


def _other_bits(row: Verdict) -> bool:
    return row.law == "invariance" and row.status == "conforms" and row.grade == "varies"


#: The rank of a case whose rows have other bits: above those of relations that are right.
_OTHER = _RANKS["conforms"] + 0.5

#: What is said of a level of which nothing was asked.
UNASKED = {Level.BITS: "asked where rows are right and apart"}

#: What is said of a case whose rows have other bits.
OTHER_BITS = "rows have other bits beside others, within the bound"


def _tally(one: Level, spec: Spec, given: CandidateSpec, found: Sequence[tuple[float, Verdict]], unasked: str) -> Tally:
    ranks = Counter(rank for rank, _ in found)
    unoffered = [row for rank, row in found if rank == 1]
    lacks = one not in (Level.VALUES, Level.SPECIALS, Level.REFUSALS)
    open_ = [row for rank, row in found if rank in (0, _OTHER)] + (unoffered if lacks else [])
    without = missing(one, spec, given)
    why = Counter(without or (OTHER_BITS if _other_bits(row) else row.message or row.status) for row in open_)
    if not found:
        why = Counter({without or UNASKED.get(one, unasked): 0})
    offered = 0 if lacks else len(unoffered)
    return Tally(one, ranks[2], ranks[4], ranks[3], offered, len(open_), dict(why.most_common()))


def missing(one: Level, spec: Spec, given: CandidateSpec) -> str:
    """Why nothing of a level can be judged of a candidate; empty where it can."""
    entry, differentiable = LIBRARIES[given.library or "numpy"], any(o.differentiable for o in spec.outputs)
    if one is Level.REFUSALS and not spec.invalid:
        return "the spec names no invalid call"
    if one in DERIVATIVES and not differentiable:
        return "the op has no derivative"
    if one is Level.GRADIENTS and not entry.differentiates and given.vjp is None:
        return "no --vjp given"
    if one in (Level.FORWARD, Level.SECOND, Level.MAPPING) and not entry.differentiates:
        return f"{NAMES.get(given.library, given.library)} has none"
    return ""


#: Libraries as their makers write them.
NAMES = {"numpy": "NumPy", "scipy": "SciPy", "torch": "torch", "jax": "JAX"}


def red(found: Iterable[Tally], accepted: Collection[Level] = ()) -> bool:
    """Whether something is wrong at a level that is not accepted."""
    return any(t.wrong for t in found if t.level not in accepted)


def wrong(row: Verdict) -> bool:
    """Whether a row is wrong and unexplained."""
    return row.status in BAD
