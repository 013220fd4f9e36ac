"""Wrong entries -> what they have in common: where they stand, what was due there, how large the inputs are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.comparison import Evidence, Numbers, excess
from harness.model import Place, Span, Traits

Array = NDArray[Any]

#: Strides at which entries may be wrong: tiles, vectors and blocks are as long.
PERIODS = (2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256)


def traits(evidence: Evidence, tier: str, inputs: Mapping[str, Array]) -> Traits:
    """What the wrong entries of a deviation have in common."""
    numbers = evidence.equation
    if not isinstance(numbers, Numbers) or numbers.actual.shape != numbers.answer.expected.shape:
        return Traits()
    wrong = excess(numbers, tier)
    if not wrong.any():
        return Traits()
    expected, actual = numbers.answer.expected, numbers.actual
    return Traits(
        wrong=int(wrong.sum()),
        entries=wrong.size,
        places=frozenset([*_axes(wrong), *_border(wrong), *_kinds(wrong, expected, actual)]),
        spans=tuple(_spans(wrong, inputs)),
        relative=_relative(wrong, actual, expected),
        relation=numbers.own is not None,
        stepwise=evidence.stepwise,
    )


def _axes(wrong: Array) -> Iterator[Place]:
    """Parts of one axis, counted from the last, in which all wrong entries stand and of which every index has some."""
    for axis in range(wrong.ndim):
        hit = np.asarray(wrong.any(axis=tuple(a for a in range(wrong.ndim) if a != axis)))
        n, last = hit.size, axis - wrong.ndim
        if n == 1:
            yield from (Place("first", last), Place("last", last))
        if n < 2 or hit.all():
            continue
        there = np.flatnonzero(hit)
        low, high = int(there[0]), int(there[-1])
        if low == high == n - 1:
            yield Place("last", last)
        if low == high == 0:
            yield Place("first", last)
        if high == n - 1 and hit[low:].all():
            yield Place("from", last, low)
        if low == 0 and hit[: high + 1].all():
            yield Place("below", last, high + 1)
        for k in PERIODS:
            residue = low % k
            if k < n and np.array_equal(np.arange(n) % k == residue, hit):
                yield Place("every", last, k, residue)


def _border(wrong: Array) -> Iterator[Place]:
    """All wrong entries stand at the ends of the last axis, or of the last two."""
    for count in (1, 2):
        if wrong.ndim < count:
            return
        within: tuple[Any, ...] = (..., *(slice(1, -1) for _ in range(count)))
        inner = wrong[within]
        if inner.size and not inner.any():
            yield Place("border", -count)


def _kinds(wrong: Array, expected: Array, actual: Array) -> Iterator[Place]:
    """What was due at exactly the wrong entries, and what came at all of them."""
    real = expected.dtype.kind == "f"
    with np.errstate(all="ignore"):
        due = {"NaN due": np.isnan(expected), "infinite due": np.isinf(expected), "0 due": expected == 0}
        due |= {"negative due": expected < 0, "positive due": expected > 0} if real else {}
        came = {"NaN": np.isnan(actual), "infinite": np.isinf(actual), "0": actual == 0}
    yield from (Place(name, 0) for name, holds in due.items() if np.array_equal(holds, wrong) and not wrong.all())
    yield from (Place(name, 0) for name, holds in came.items() if bool(holds[wrong].all()))


def _spans(wrong: Array, inputs: Mapping[str, Array]) -> Iterator[Span]:
    """Between which values the inputs lie at the wrong entries, and which are next to these where it is right."""
    for name, x in inputs.items():
        if x.shape != wrong.shape or x.dtype.kind != "f" or wrong.all() or np.isnan(x[wrong]).any():
            continue
        values, right = x[wrong].astype(np.float64), x[~wrong].astype(np.float64)
        low, high = float(values.min()), float(values.max())
        if not ((right >= low) & (right <= high)).any():
            below, above = right[right < low], right[right > high]
            ends = float(below.max()) if below.size else -np.inf, float(above.min()) if above.size else np.inf
            yield Span(name, low, high, *ends)


def _relative(wrong: Array, actual: Array, expected: Array) -> float:
    """The largest error of the wrong entries as a part of what was due; NaN where some are no numbers."""
    with np.errstate(all="ignore"):
        wide = expected[wrong]
        parts = np.abs(actual[wrong].astype(wide.dtype) - wide) / np.abs(wide) if wide.dtype.kind in "fc" else [np.nan]
    return float(np.max(parts)) if np.isfinite(parts).all() else float("nan")
