"""Trial -> Testimony on the order of summation: where it is known, every entry is predicted to the last bit.

Nobody is accused: an order may depend on the data or on where an entry stands, a sum may be made otherwise (in parts, by
transforms, with compensation). What differs in its last bit from the order that was revealed at its own place is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.arithmetic import Tracked
from harness.asking.outcomes import Array, Reason, Returned
from harness.asking.scenarios import Call, Masked
from harness.bounds import PLAIN
from harness.candidates import Undeclared
from harness.comparison import Equation, Testimony
from harness.model import PREDICTED
from harness.subjects import Output
from harness.summation import (
    SCALES,
    Draw,
    Masks,
    NotATree,
    NotOneSum,
    Orders,
    Products,
    Revealing,
    masks,
    orders,
    products,
)
from harness.trial import POSED, Posed, Trial

#: Calls in one message: each message has a clock, which a slow candidate must keep.
CALLS = 2

#: Of so many entries at most one may differ from an order that is said to be the candidate's: of fewer, or where more differ,
#: it may be another's, of which chance makes most last bits equal.
FEW = 30


def summation(trial: Trial) -> Iterator[Equation | Posed]:
    """Each entry is the sum of its products to the last bit, in the order in which the candidate adds units."""
    yield POSED
    if not _asked(trial):
        return
    for name in trial.outputs:
        sums = _sums(trial, name)
        if sums is not None:
            yield _testimony(trial, name, revealed(trial, name, sums))


def _asked(trial: Trial) -> bool:
    """Whether a case is one at which an order is asked for: the first one, of ordinary numbers, where all is right."""
    first = not trial.departures and trial.case.layout == "contiguous" and trial.case.fill == "normal"
    plain = trial.case.dtype in SCALES and trial.candidate.given.algorithm in PLAIN
    return first and plain and trial.bench.finite and not trial.wrong


@dataclass(frozen=True, eq=False)
class Sums:
    """The products of an output, and the inputs of which they are, by name."""

    products: Products
    masks: Masks
    inputs: dict[str, Array]


def _sums(trial: Trial, name: str) -> Sums | None:
    """An output's sums; None where the definition is something else."""
    run = trial.bench.due("conventional").oracle.run
    leaves = {n: x for n, x in run.leaves.items() if isinstance(x, Tracked)}
    outputs = dict(zip((o.name for o in trial.spec.outputs), run.outputs, strict=True))
    given = {n: trial.arrays[n] for n in leaves}
    kinds = {x.dtype.name for x in (trial.first.values[name], *given.values())}
    if not isinstance(outputs[name], Tracked) or kinds != {trial.case.dtype}:
        return None
    try:
        found = products(outputs[name], leaves)
        return Sums(found, masks(found, [x.size for x in given.values()]), given)
    except NotOneSum:
        return None


def orders_of(trial: Trial, name: str) -> Orders | None:
    """The orders in which a candidate adds the products of an output; None where it is not asked or not found."""
    sums = _sums(trial, name) if _asked(trial) else None
    return None if sums is None else revealed(trial, name, sums)


def revealed(trial: Trial, name: str, sums: Sums) -> Orders:
    """The orders in which a candidate adds the products of an output, and what they predict."""
    of = sums.masks
    trees = Revealing(lambda pairs: _sizes(trial, name, sums, pairs), of.present).trees()
    return orders(trees, sums.products, of, list(_draws(trial, name, sums)))


def _draws(trial: Trial, name: str, sums: Sums) -> Iterator[Draw]:
    """The case's inputs, and another draw of those that the products are of."""
    first, others = trial.first.values[name], {n: trial.bench.others[n] for n in sums.inputs}
    yield Draw(_laid(sums.inputs), first.ravel())
    came = trial.ask("others in order", Call({**trial.arrays, **others})).outcome
    found = came.present.get(name) if isinstance(came, Returned) else None
    if found is not None and (found.shape, found.dtype) == (first.shape, first.dtype):
        yield Draw(_laid(others), found.ravel())


def _laid(arrays: Mapping[str, Array]) -> Array:
    """Arrays flat, one after the other."""
    return np.concatenate([x.ravel() for x in arrays.values()])


def _sizes(trial: Trial, name: str, sums: Sums, pairs: Sequence[tuple[int, int]]) -> Array:
    """How many summands of each entry were swallowed, where two are large; -1 where nothing tells."""
    of, scale = sums.masks, SCALES[trial.case.dtype]
    parts = [np.array(pairs[k : k + CALLS]) for k in range(0, len(pairs), CALLS)]
    rows = [_masked(trial, name, sums, part) for part in parts]
    with np.errstate(all="ignore"):
        left = np.concatenate(rows).astype(np.float64) / (scale.unit * of.scales)
        counts = of.present.sum(axis=1)
        known = np.isfinite(left) & (np.abs(left) <= counts) & (counts <= scale.most)
        known &= (left == np.rint(left)) | (of.scales != 1)
        found: Array = np.where(known, counts - np.rint(np.where(known, left, 0)), -1).astype(np.int64)
    return found


def _masked(trial: Trial, name: str, sums: Sums, pairs: Array) -> Array:
    """The output, flat, of a few calls. Raises NotATree where none came back."""
    units, numbers = dict(trial.arrays), dict[str, Array]()
    scale, of, start = SCALES[trial.case.dtype], sums.masks, 0
    for n, x in sums.inputs.items():
        part = slice(start, start := start + x.size)
        numbers[n] = of.numbers[part].reshape(x.shape)
        small = np.where(numbers[n] >= 0, scale.unit * of.signs[part].reshape(x.shape), 1.0)
        units[n] = small.astype(x.dtype)
    asked = trial.ask(f"masked {name} {pairs.tolist()}", Masked(units, numbers, pairs, scale.large))
    found = asked.outcome.present.get(name) if isinstance(asked.outcome, Returned) else None
    if found is None or found.shape[1:] != trial.first.values[name].shape:
        raise NotATree
    return found.reshape(len(pairs), -1)


def _testimony(trial: Trial, name: str, found: Orders) -> Testimony:
    """What the orders come to. Raises Undeclared where they say nothing of the whole output."""
    if found.predicted == found.size:
        return Testimony(
            Output(name), True, f"order of summation: {found.words}", PREDICTED, found.signature, found.pictured
        )
    missed = list(found.missed)
    if found.revealed < found.size or len(missed) * FEW > found.size:
        raise Undeclared(Reason.LACKS, f"its order of summation is not known: {_known(found)}")
    worst = missed[0]
    at = ", ".join(map(str, np.unravel_index(worst.entry, trial.first.values[name].shape)))
    other = "of another draw " if worst.draw else ""
    words = f"at [{at}] {other}it gives {worst.actual}, and its order {worst.predicted}"
    return Testimony(
        Output(name), False, f"order of summation: {found.words}; {words}", "", found.signature, found.pictured
    )


def _known(found: Orders) -> str:
    if not found.revealed:
        return "what is left of units beside large numbers is that of no order"
    return f"an order that was found for {found.revealed:,} of {found.size:,} entries predicts {found.predicted:,}"
