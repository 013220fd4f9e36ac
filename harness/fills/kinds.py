"""The kinds of fill, each with the regime of rounding its data stand for.

A fill is a function (generator, shape, context) -> real values in float64 or wider; dtype, domain and complex parts are
added by ``arrays``. The regime is the tier of ``bounds`` that judges: ``random`` for i.i.d. data, ``any`` for structured,
``worst`` for constant ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log2, log10, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds

Array = NDArray[Any]
Rng = np.random.Generator


@dataclass(frozen=True)
class Context:
    """What a fill may depend on.

    The input's place among its op's, the judged precision, the longest sum, the domain, whether there is no other input,
    and the numbers with a fraction among the params.
    """

    place: int
    p: bounds.Precision
    terms: int
    domain: str = "real"
    alone: bool = False
    params: tuple[float, ...] = ()

    @property
    def amplitude(self) -> int:
        """Largest integer whose sums of ``terms`` products with -1, 0, 1 stay exact and finite."""
        room = min(2.0 ** (self.p.digits - 1), self.p.largest / 4) / max(self.terms, 1)
        return max(1, int(2 ** int(log2(max(min(room, 2.0 ** (-log2(self.p.u))), 1.0)))))


Make = Callable[[Rng, tuple[int, ...], Context], Array]


def normal(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Independent standard normal entries."""
    return rng.standard_normal(shape)


def positive(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Uniform in [0.5, 1.5): nothing cancels."""
    return rng.uniform(0.5, 1.5, shape)


def cancelling(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Alternating signs with a small disturbance: sums nearly vanish."""
    signs = 1.0 - 2.0 * (np.arange(prod(shape)) % 2).reshape(shape)
    return signs * (1 + 2.0**-8 * rng.standard_normal(shape))


def wide(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Magnitudes spread evenly over 1e-10 to 1e10, or as far as the dtype's products reach."""
    reach = min(10.0, max(1.0, (log10(at.p.largest) / 2 - log10(max(at.terms, 1))) * 0.9))
    return rng.choice([-1.0, 1.0], shape) * 10.0 ** rng.uniform(-reach, reach, shape)


def offset(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """10,000 (30 for half types) plus standard normal: the mean is far from zero against the spread.

    One-pass variances lose the square of that ratio in units of rounding, right ones the ratio itself. In a partial sum
    whose spacing is above the spread, the terms round alike: no roundings are random.
    """
    return (30.0 if at.p.u > 2.0**-12 else 1e4) + rng.standard_normal(shape)


def zeros(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """All zero (the first input), the others normal."""
    return np.zeros(shape) if at.place == 0 else rng.standard_normal(shape)


def constant(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """One value everywhere."""
    return np.full(shape, rng.uniform(0.5, 1.5))


def integers(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """As many bits as sums stay exact with in the first input, -1, 0, 1 in the others: right answers are exact."""
    limit = at.amplitude if at.place == 0 else 1
    return rng.integers(-limit, limit, shape, endpoint=True).astype(np.float64)


def integers_swapped(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """-1, 0, 1 in the first input, many bits in the others."""
    limit = 1 if at.place == 0 else at.amplitude
    return rng.integers(-limit, limit, shape, endpoint=True).astype(np.float64)


def simple(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """0, 1, 2, 3, a half and a quarter, either sign: where functions have a shorter way; in [-1, 1] quarters.

    Of places in an image that go from -1 to 1 those lie in the middle between two pixels, among others.
    """
    sizes = [0.0, 0.25, 0.5, 0.75, 1.0] if at.domain == "signed_unit" else [0.0, 0.25, 0.5, 1.0, 2.0, 3.0]
    values: Array = rng.choice([-1.0, 1.0], shape) * rng.choice(sizes, shape)
    return values


def taps(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """One entry of 1 among zeros in the second input, many bits elsewhere: a wrong index moves the whole answer."""
    if at.place != 1 or not prod(shape):
        return integers(rng, shape, Context(0, at.p, at.terms))
    result = np.zeros(prod(shape))
    result[rng.integers(result.size)] = 1
    return result.reshape(shape)


def denormal(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The first input among the subnormals, the others normal."""
    if at.place:
        return rng.standard_normal(shape)
    smallest = float(bounds.finfo(at.p.dtype).smallest_subnormal)
    return rng.integers(-64, 64, shape, endpoint=True) * smallest


def huge(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The first input so large that longer sums would overflow, the others normal.

    Where sums are kept in a wider type, each of its rows has a size of its own, up to some at which sums of any length do.
    """
    drawn = np.clip(rng.standard_normal(shape), -3, 3)
    if at.place:
        return drawn
    least = at.p.largest / (16 * max(at.terms, 1))
    if at.p.reach <= at.p.largest:
        return drawn * least
    return drawn * least * (at.p.largest / 4 / least) ** rng.uniform(size=(*shape[:1], *(1,) * (len(shape) - 1)))


def _special(*values: float) -> Make:
    def make(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
        result = rng.standard_normal(shape).reshape(-1)
        if at.place == 0 and result.size:
            places = {0, result.size - 1, int(rng.integers(result.size))}
            for i, place in enumerate(sorted(places)):
                result[place] = values[i % len(values)]
        return result.reshape(shape)

    written = " and ".join(map(str, values))
    make.__doc__ = f"Normal, with {written} first, last and somewhere in the first input."
    return make


def zeros_swapped(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Normal in the first input, all others zero."""
    return np.zeros(shape) if at.place else rng.standard_normal(shape)


#: Bases of exponentials, that of e as often as the others together.
BASES = (np.e, np.e, 2.0, 10.0)


def edges(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The ends of what functions take: where exponentials over- and underflow, of e, 2 and 10, also of a square, and all
    between where they are subnormal; 0, 1 and their neighbours of probabilities.
    """
    facts = bounds.finfo(at.p.dtype)
    if at.domain == "unit":
        near = [0.0, 1.0, float(facts.smallest_subnormal), float(facts.smallest_normal), 1 - at.p.u, 0.5]
        return rng.choice(near, shape)
    ends = np.log([float(facts.max), float(facts.smallest_normal), float(facts.smallest_subnormal)])
    beside = rng.choice([*ends, *-ends], shape) + rng.uniform(-1.0, 1.0, shape)
    gradual = rng.uniform(ends[2], ends[1], shape)
    scaled = np.where(rng.random(shape) < 0.75, beside, gradual) / rng.choice(np.log(BASES), shape)
    return np.asarray(np.where(rng.random(shape) < 0.2, np.copysign(np.sqrt(np.abs(scaled)), scaled), scaled))


def lowest(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The first input minus infinity but for few entries, in a run or at every second place; the others normal."""
    values = rng.standard_normal(shape)
    if at.place:
        return values
    places = np.arange(values.size).reshape(shape)
    match int(rng.integers(3)):
        case 0:
            hidden = rng.random(shape) < 0.8
        case 1:
            hidden = places < min(BLOCK, values.size // 2)
        case _:
            hidden = places % 2 == 1
    return np.where(hidden, -np.inf, values)


def moderate(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Magnitudes from 4 to 100, either sign: where functions have left their middle and are not yet at their ends."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(4.0, 100.0, shape)


#: Where definitions or their implementations turn: halves, thresholds in use, and where exp rounds away, over- or
#: underflows in half, single and double precision.
TURNS = (0.5, 1.0, 2.0, 3.0, 5.5, 6.0, 8.3, 11.0, 16.6, 20.0, 34.0, 36.7, 88.7, 103.9, 709.7, 745.1)

#: Smallest probability, and smallest distance from 1: libraries keep the denominator p (1 - p) above 1e-12.
SMALLEST_PROBABILITY = 2e-12


def decades(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Every decade of the exponents, either sign, and neighbours of where definitions turn; probabilities next to 0 and 1."""
    if at.domain == "unit":
        return _probabilities(rng, shape, at)
    if at.domain in ("near_one", "near_zero"):
        return (1.0 if at.domain == "near_one" else 0.0) + 0.02 * rng.standard_normal(shape)
    facts = bounds.finfo(at.p.dtype)
    low, high = log10(float(facts.smallest_normal)), log10(at.p.largest)
    if not at.alone:
        low, high = 0.45 * low, 0.45 * high  # products of two stay within
    sizes = [10.0 ** rng.uniform(low, high, shape), 10.0 ** rng.uniform(-4.0, 3.0, shape), _beside(rng, shape, at)]
    values: Array = rng.choice([-1.0, 1.0], shape) * np.choose(rng.integers(3, size=shape), sizes)
    values = np.clip(values, -at.p.largest / 2, at.p.largest / 2)
    return np.abs(values) if at.domain in ("positive", "nonnegative") else values


def _beside(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Turning points and halves, those of the params included, and numbers a few units of rounding from them."""
    powers = [v**e for v in at.params for e in (0.5, 1.0, 2.0)]
    known = np.array([*TURNS, *(v for v in powers if v < at.p.largest)])
    points = np.where(rng.random(shape) < 0.25, rng.integers(0, 64, shape) + 0.5, rng.choice(known, shape))
    return np.asarray(points * (1.0 + 2 * at.p.u * rng.integers(-2, 2, shape, endpoint=True)))


def _probabilities(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    least = max(SMALLEST_PROBABILITY, float(bounds.finfo(at.p.dtype).smallest_normal))
    small = np.maximum(10.0 ** rng.uniform(log10(SMALLEST_PROBABILITY), log10(0.5), shape), least)
    return np.where(rng.random(shape) < 0.5, small, 1.0 - np.maximum(small, at.p.u))


def spread(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The first input about one mean, from 0 to 10,000, with a standard deviation from 1e-6 to 1e-2; the others normal."""
    if at.place:
        return rng.standard_normal(shape)
    mean = rng.choice([0.0, 0.0, 1.0] if at.p.u > 2.0**-12 else [0.0, 0.0, 1.0, 100.0, 10_000.0])
    return np.asarray(mean + 10.0 ** rng.uniform(-6.0, -2.0) * rng.standard_normal(shape))


#: Length of a run at the beginning: a block of the threads that one kernel launches.
BLOCK = 256


def runs(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The first input in a pattern: a run of one value, every second row zero, sorted, or with a period; the others normal."""
    values = rng.standard_normal(shape)
    if at.place or not values.size:
        return values
    flat, count = values.reshape(-1), values.size
    match int(rng.integers(5)):
        case 0:
            flat[: min(BLOCK, max(1, count // 2))] = flat[0]
        case 1:
            start = int(rng.integers(count))
            flat[start : start + max(1, count // 2)] = flat[start]
        case 2:
            flat.reshape(shape[0] if shape else 1, -1)[1::2] = 0.0
        case 3:
            flat[::] = np.sort(flat)[::-1]
        case _:
            flat[::] = np.resize(flat[: int(rng.integers(2, 9))].copy(), count)
    return flat.reshape(shape)


def specials_swapped(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Zeros in the first input, NaN and infinities in the others, at other places of each: products of the two are none."""
    values = rng.standard_normal(shape)
    if at.place == 0:
        return np.where(rng.random(shape) < 0.3, 0.0, values)
    flat = values.reshape(-1)
    if flat.size:
        inward = at.place - 1 if flat.size > 2 * at.place else 0
        places = [inward, -1 - inward, int(rng.integers(flat.size))]
        flat[places] = [np.inf, np.nan, -np.inf]
    return flat.reshape(shape)


def outside(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The first input beyond the ends of its domain, at every second place; the others normal."""
    values = rng.standard_normal(shape)
    inside = np.abs(values) if at.domain in ("positive", "nonnegative") else np.tanh(np.abs(values))
    match at.domain:
        case "positive" | "nonnegative":
            beyond = -np.abs(values) - 2.0**-10
        case "unit" | "signed_unit":
            beyond = np.copysign(1.0 + 2.0**-6 + np.abs(values), values)
        case _:
            return values
    return inside if at.place else np.where(np.arange(values.size).reshape(shape) % 2 == 0, beyond, inside)


def patterns(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Bit patterns in order, NaN payloads too: all of them where there is room, else one of each of as many equal parts."""
    kind = _bits_of(at.p.dtype)
    count, every = prod(shape), 2 ** (8 * kind.itemsize)
    places = np.arange(count, dtype=np.uint64)
    if count < every:
        last = every // max(count, 1) - 1
        places += places * np.uint64(last) + rng.integers(last, size=count, dtype=np.uint64, endpoint=True)
    return places.astype(f"u{kind.itemsize}").view(kind).reshape(shape)


def _bits_of(name: str) -> np.dtype[Any]:
    """The real type whose bit patterns are taken: what has more than 64 bits has those of double precision."""
    kind = np.dtype(bounds.finfo(name).dtype)
    return kind if kind.itemsize <= np.dtype(np.uint64).itemsize else np.dtype(np.float64)


def finite_patterns(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The same without infinities and NaN, for which zeros of either sign stand."""
    values = patterns(rng, shape, at)
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(values), values, np.copysign(np.zeros_like(values), values))


#: Each fill with its regime. Adding one is adding a line.
FILLS: dict[str, tuple[Make, str]] = {
    "normal": (normal, "random"),
    "positive": (positive, "any"),
    "cancelling": (cancelling, "any"),
    "wide": (wide, "any"),
    "offset": (offset, "worst"),
    "zeros": (zeros, "worst"),
    "zeros_swapped": (zeros_swapped, "worst"),
    "constant": (constant, "worst"),
    "integers": (integers, "any"),
    "integers_swapped": (integers_swapped, "any"),
    "simple": (simple, "any"),
    "taps": (taps, "any"),
    "denormal": (denormal, "any"),
    "huge": (huge, "any"),
    "nan": (_special(np.nan), "any"),
    "inf": (_special(np.inf, -np.inf), "any"),
    "negative_zero": (_special(-0.0), "any"),
    "edges": (edges, "any"),
    "lowest": (lowest, "any"),
    "specials_swapped": (specials_swapped, "any"),
    "moderate": (moderate, "any"),
    "decades": (decades, "any"),
    "spread": (spread, "worst"),
    "runs": (runs, "worst"),
    "outside": (outside, "any"),
    "patterns": (patterns, "any"),
    "finite_patterns": (finite_patterns, "any"),
}

#: Fills at the ends of the domain: values are defined there, slopes are what each library clamps them to.
WITHOUT_SLOPES = frozenset({"edges", "outside"})

#: Fills that go through the bit patterns of a type, outside its domain too.
EVERY = frozenset({"patterns", "finite_patterns"})

#: Fills at the ends of the range: there the order of operations decides what under- or overflows on the way.
EXTREME = frozenset({"denormal", "huge"})

#: Fills that hold what is not finite, or lies at the ends of the range or the domain.
SPECIAL = frozenset({"nan", "inf", "specials_swapped", "lowest", "negative_zero"}) | EXTREME | WITHOUT_SLOPES
