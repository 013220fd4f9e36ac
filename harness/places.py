"""Wrong entries -> what they have in common: where they stand, what was due there, how large the inputs are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.chance import choices
from harness.comparison import Evidence, Numbers, excess
from harness.model import Binades, Place, Span, Traits

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
        places=dict([*_axes(wrong), *_border(wrong), *_kinds(wrong, expected, actual)]),
        spans=tuple(_spans(wrong, inputs)),
        binades=tuple(_binades(wrong, inputs)),
        relative=_relative(wrong, actual, expected),
        relation=numbers.own is not None,
        stepwise=evidence.stepwise,
    )


#: A place, and the bits by which it is no accident that all wrong entries stand there.
Found = tuple[Place, float]


def _axes(wrong: Array) -> Iterator[Found]:
    """Parts of one axis, counted from the last, in which all wrong entries stand and of which every index has some."""
    for axis in range(wrong.ndim):
        hit = np.asarray(wrong.any(axis=tuple(a for a in range(wrong.ndim) if a != axis)))
        n, last = hit.size, axis - wrong.ndim
        if n == 1:
            yield from ((Place(kind, last), 0.0) for kind in ("first", "last"))
        if n < 2 or hit.all():
            continue
        there = np.flatnonzero(hit)
        low, high = int(there[0]), int(there[-1])
        bits = _bits(wrong, wrong.size // n * there.size)
        if low == high == n - 1:
            yield Place("last", last), bits
        if low == high == 0:
            yield Place("first", last), bits
        if high == n - 1 and hit[low:].all():
            yield Place("from", last, low), bits
        if low == 0 and hit[: high + 1].all():
            yield Place("below", last, high + 1), bits
        for k in PERIODS:
            residue = low % k
            if k < n and np.array_equal(np.arange(n) % k == residue, hit):
                yield Place("every", last, k, residue), bits


def _bits(wrong: Array, inside: int) -> float:
    """How unlikely chance puts all wrong entries among so many."""
    count = int(wrong.sum())
    return choices(wrong.size, count) - choices(inside, count)


def _border(wrong: Array) -> Iterator[Found]:
    """How near to the ends of the last axis, or of the last two, all wrong entries stand; nowhere if in the middle as well."""
    depths = [np.minimum(np.arange(n), np.arange(n)[::-1]) for n in wrong.shape[-2:]]
    found = {-1: depths[-1]} if depths else {}
    found |= {-2: np.minimum.outer(*depths)} if len(depths) > 1 else {}
    for axis, depth in found.items():
        if (bits := _nearest(wrong, np.broadcast_to(depth, wrong.shape))) is not None:
            yield Place("border", axis), bits


#: Depths of an array so small that what goes wrong near its ends may reach its middle.
SHALLOW = 4


def _nearest(wrong: Array, depth: Array) -> float | None:
    """How unlikely chance puts all wrong entries as near to an end as they are, of any depth; None in a deep middle."""
    reached, deepest = int(depth[wrong].max()), int(depth.max())
    if reached == deepest > SHALLOW:
        return None
    return max(0.0, _bits(wrong, int((depth <= reached).sum())) - log2(deepest + 1))


def _kinds(wrong: Array, expected: Array, actual: Array) -> Iterator[Found]:
    """What was due at exactly the wrong entries, and what came at all of them: that is no accident."""
    real = expected.dtype.kind == "f"
    with np.errstate(all="ignore"):
        due = {"NaN due": np.isnan(expected), "infinite due": np.isinf(expected), "0 due": expected == 0}
        due |= {"negative due": expected < 0, "positive due": expected > 0} if real else {}
        came = {"NaN": np.isnan(actual), "infinite": np.isinf(actual), "0": actual == 0}
    bits = _bits(wrong, int(wrong.sum()))
    yield from (
        (Place(name, 0), bits) for name, holds in due.items() if np.array_equal(holds, wrong) and not wrong.all()
    )
    yield from ((Place(name, 0), np.inf) for name, holds in came.items() if bool(holds[wrong].all()))


def _elementwise(wrong: Array, inputs: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """The inputs of which each entry of the result may be the image."""
    for name, x in inputs.items():
        if x.shape == wrong.shape and x.dtype.kind == "f" and not wrong.all() and not np.isnan(x[wrong]).any():
            yield name, x


def _spans(wrong: Array, inputs: Mapping[str, Array]) -> Iterator[Span]:
    """Between which values the inputs lie at the wrong entries, and which are next to these where it is right."""
    for name, x in _elementwise(wrong, inputs):
        for magnitude, sizes in ((False, x), (True, np.abs(x))):
            values, right = sizes[wrong].astype(np.float64), sizes[~wrong].astype(np.float64)
            low, high = float(values.min()), float(values.max())
            if not ((right >= low) & (right <= high)).any():
                below, above = right[right < low], right[right > high]
                ends = float(below.max()) if below.size else -np.inf, float(above.min()) if above.size else np.inf
                windows = right.size + 1 if below.size and above.size else 2
                bits = choices(wrong.size, values.size) - np.log2(windows)
                yield Span(name, low, high, *ends, magnitude, float(bits))


def _binades(wrong: Array, inputs: Mapping[str, Array]) -> Iterator[Binades]:
    """How many entries are wrong by the exponents of inputs."""
    for name, x in _elementwise(wrong, inputs):
        there = np.isfinite(x) & (x != 0)
        exponents = np.frexp(x[there].astype(np.float64))[1]
        found, index = np.unique(exponents, return_inverse=True)
        total, bad = np.bincount(index), np.bincount(index, weights=wrong[there])
        yield Binades(name, {int(e): (int(b), int(n)) for e, b, n in zip(found, bad, total, strict=True)})


def _relative(wrong: Array, actual: Array, expected: Array) -> float:
    """The largest error of the wrong entries as a part of what was due; NaN where some are no numbers."""
    with np.errstate(all="ignore"):
        wide = expected[wrong]
        parts = np.abs(actual[wrong].astype(wide.dtype) - wide) / np.abs(wide) if wide.dtype.kind in "fc" else [np.nan]
    return float(np.max(parts)) if np.isfinite(parts).all() else float("nan")
