"""What came of scenarios -> the number or word that an equation is about. A script that repeats a row prints these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.asking.binding import bits, load
from harness.asking.outcomes import Array, Returned, as_array
from harness.comparison import Reading
from harness.trial import Asked

Found = Mapping[str, Returned]


def entry_of(asked: Asked, name: str) -> Reading:
    """An array that came back."""
    return Reading(array, (asked.label,), {"name": name})


def noted(asked: Asked, *keys: str) -> Reading:
    """Something that the host noted."""
    return Reading(note, (asked.label,), {"keys": keys})


def array(found: Found, labels: Sequence[str], name: str) -> Any:
    """An array that came back."""
    return found[labels[0]].arrays[name]


def shape(found: Found, labels: Sequence[str], name: str) -> Any:
    """The shape of an array that came back."""
    return tuple(as_array(found[labels[0]].arrays[name]).shape)


def part(found: Found, labels: Sequence[str], name: str, index: int) -> Any:
    """One of several along the first axis of an array that came back."""
    return as_array(found[labels[0]].arrays[name])[index]


def joined(found: Found, labels: Sequence[str], name: str, places: Sequence[int]) -> Array:
    """The rows of arrays that came back, one after the other, as many as there are places."""
    return np.concatenate([as_array(found[label].arrays[name]) for label in labels])[: len(places)]


def same_rows(found: Found, labels: Sequence[str], name: str, places: Sequence[int]) -> str:
    """Whether rows have the bits that they have in the first answer, the last of the labels."""
    own = as_array(found[labels[-1]].arrays[name])[list(places)]
    return "same bits" if bits(joined(found, labels[:-1], name, places)) == bits(own) else "other bits"


def note(found: Found, labels: Sequence[str], keys: Sequence[str]) -> Any:
    """Something that was noted."""
    value = found[labels[0]].notes
    for key in keys:
        value = value[key]
    return value


def listed(found: Found, labels: Sequence[str], key: str, name: str, words: Sequence[str]) -> Any:
    """The second word where a name is noted under a key, the first where it is not."""
    return words[name in found[labels[0]].notes[key]]


def all_noted(found: Found, labels: Sequence[str], keys: Sequence[str]) -> Any:
    """All that is noted under some keys, in one list."""
    return [name for key in keys for name in found[labels[0]].notes[key]]


def of_gradient(found: Found, labels: Sequence[str], function: str, argument: int, what: str) -> Any:
    """What a Function's own backward returned for one of its arguments."""
    told = found[labels[0]].notes["gradients"]
    return next(g[what] for g in told if (g["function"], g["argument"]) == (function, argument))


def missing(found: Found, labels: Sequence[str], name: str) -> Any:
    """None, for a gradient that is not there."""
    return found[labels[0]].arrays.get(name)


def hidden(found: Found, labels: Sequence[str], name: str, depends: Array) -> Any:
    """How many entries are no NaN of those that depend on one."""
    return int(np.count_nonzero(depends & ~np.isnan(as_array(found[labels[0]].arrays[name]))))


def sum_less_parts(found: Found, labels: Sequence[str], name: str, kind: str) -> Any:
    """``f(x + x') - f(x) - f(x')`` in a wider type, and ``+ f(0)`` where that was asked for."""
    whole, one, two, *none = (as_array(found[label].arrays[name]).astype(kind) for label in labels)
    with np.errstate(all="ignore"):
        return sum(none, start=whole - one - two)


def inner(a: Array, b: Array) -> Any:
    """The real inner product ``Re <a, b>``, in the widest arithmetic at hand."""
    a, b = (x.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble) for x in (a, b))
    return np.sum(np.conj(a) * b).real


def inner_products(found: Found, labels: Sequence[str], directions: Mapping[str, Array], kind: str) -> Any:
    """The sum of the real inner products of gradients with directions."""
    total = np.zeros((), kind)
    for name, x in directions.items():
        g = found[labels[0]].arrays[name]
        if g is not None:
            total = total + inner(x, g)
    return np.asarray(total)


def left_side(
    found: Found,
    labels: Sequence[str],
    path: str,
    arrays: Mapping[str, Array],
    params: Mapping[str, Any],
    kind: str,
    index: int,
) -> Any:
    """The left side of one pair of an identity, from what the candidate gave at each of its calls in turn."""
    calls = iter(labels)

    def call(_: Any) -> Any:
        outputs = tuple(widened(as_array(y), kind) for y in found[next(calls)].arrays.values())
        return outputs[0] if len(outputs) == 1 else outputs

    given = {name: widened(x, kind) for name, x in arrays.items()}
    pairs = list(load(path)(call, given, **params))
    return np.asarray(pairs[index][0])


def widened(x: Array, kind: str) -> Array:
    """The same numbers in a wider type; integers as they are."""
    if x.dtype.kind in "iub":
        return x
    return x.astype(np.result_type(kind, np.complex64) if x.dtype.kind == "c" else kind)


def sums_of(found: Found, labels: Sequence[str], name: str, places: Sequence[Array], kind: str) -> Array:
    """The sums of some entries of an array that came back, group by group."""
    return sums(as_array(found[labels[0]].arrays[name]), places, kind)


def sums(x: Array, places: Sequence[Array], kind: str) -> Array:
    """The sums of some entries, group by group."""
    flat = widened(x, kind).reshape(-1)
    return np.array([flat[i].sum() for i in places])


# --- what is drawn at random ----------------------------------------------------------------------------------------


def drawn(found: Found, labels: Sequence[str], name: str) -> Array:
    """All entries that some calls drew, one after the other."""
    return np.concatenate([as_array(found[n].arrays[name]).reshape(-1).astype(np.float64) for n in labels])


def shares(x: Array, found: Found, labels: Sequence[str], name: str, path: str, params: Mapping[str, Any]) -> Array:
    """What share of all numbers that may be drawn lies below some."""
    return np.asarray(load(path)(x, as_array(found[labels[0]].arrays[name]).shape, **params))


def spread(found: Found, labels: Sequence[str], ulp: float, **of: Any) -> Any:
    """The shares of the entries, in order."""
    return shares(np.sort(drawn(found, labels, of["name"])), found, labels, **of)


def distinct(found: Found, labels: Sequence[str], ulp: float, **of: Any) -> Any:
    """How many entries differ."""
    return np.asarray(float(np.unique(drawn(found, labels, of["name"])).size))


def evenness(found: Found, labels: Sequence[str], ulp: float, least: float, **of: Any) -> Any:
    """Whether Kolmogorov's distance is smaller than chance leaves it."""
    ordered = np.sort(drawn(found, labels, of["name"]))
    n, grid = ordered.size, ulp * float(np.max(np.abs(ordered), initial=0))
    below = shares(ordered, found, labels, **of)
    blurred = float(np.max(shares(ordered + grid, found, labels, **of) - shares(ordered - grid, found, labels, **of)))
    distance = float(np.max(np.abs(below - (np.arange(n) + 0.5) / n))) + 1 / (2 * n)
    return "too even" if distance + blurred < least else "by chance"


def tails(found: Found, labels: Sequence[str], ulp: float, delta: float, **of: Any) -> Any:
    """Whether entries lie where chance puts none, or an end is cut off."""
    entries = drawn(found, labels, of["name"])
    grid = ulp * float(np.max(np.abs(entries), initial=0))
    rare, seldom = delta / (4 * entries.size), 1 - (delta / 4) ** (1 / entries.size)
    low, high = shares(entries - grid, found, labels, **of), shares(entries + grid, found, labels, **of)
    if ((high <= rare) | (1 - low <= rare)).any():
        return "outside"
    return "cut off" if low.min() > seldom or 1 - high.max() > seldom else "inside"


def order(found: Found, labels: Sequence[str], ulp: float, degrees: Sequence[int], **of: Any) -> Any:
    """The largest correlation of entries at a distance, of some degrees of their shares."""
    entries = drawn(found, labels, of["name"])
    c = 2 * shares(entries, found, labels, **of) - 1
    one, other = (c if d == 1 else (3 * c**2 - 1) / 2 for d in degrees)
    return (1 + correlation(one, other)) / 2


def correlation(one: Array, other: Array) -> Array:
    """The largest mean product of an entry of one and of another of the other at a distance, round about."""
    each = np.fft.irfft(np.conj(np.fft.rfft(one)) * np.fft.rfft(other), one.size)[1:] / one.size
    return np.asarray(each[np.argmax(np.abs(each))])


def kept(found: Found, labels: Sequence[str], name: str) -> Any:
    """The share of entries that are not zero."""
    return np.asarray(float((drawn(found, labels, name) != 0).mean()))


def kept_together(found: Found, labels: Sequence[str], name: str, dropped: float) -> Any:
    """The largest correlation at a distance of entries that are not zero."""
    there = drawn(found, labels, name) != 0
    c = (there - (1 - dropped)) / max(dropped, 1 - dropped)
    return correlation(c, c)


def same_places(found: Found, labels: Sequence[str], name: str) -> Any:
    """Whether two calls drew zeros at the same places."""
    one, other = (as_array(found[label].arrays[name]) != 0 for label in labels)
    return "the same" if one.shape == other.shape and bool((one == other).all()) else "another"


def same_draw(found: Found, labels: Sequence[str], name: str) -> Any:
    """Whether two calls drew the same."""
    one, other = (as_array(found[label].arrays[name]).tobytes() for label in labels)
    return "the same" if one == other else "another"
