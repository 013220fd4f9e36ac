"""Case -> arrays, each fill with the regime of rounding its data stand for.

A fill is a function (generator, shape, context) -> real values in float64 or wider; dtype, domain and complex parts
are added here. The regime is the tier of ``bounds`` that judges: ``random`` for i.i.d. data, ``any`` for structured,
``worst`` for constant ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log2, log10, prod
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from harness import bounds, cases
from harness.model import Case, Input, Spec
from harness.vocabulary import VALUES

Array = NDArray[Any]
Rng = np.random.Generator


@dataclass(frozen=True)
class Context:
    """What a fill may depend on: the input's place among its op's, the judged precision, the longest sum, the domain."""

    place: int
    p: bounds.Precision
    terms: int
    domain: str = "real"

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
    """The first input so large that longer sums would overflow, the others normal."""
    scale = at.p.largest / (16 * max(at.terms, 1)) if at.place == 0 else 1.0
    return np.clip(rng.standard_normal(shape), -3, 3) * scale


def literal(given: Input) -> bool:
    """Whether such a fill gives the entries of an input: those of other domains or dtypes are drawn."""
    return given.domain == "real" and given.dtype in ("same", "real")


def _written(fill: str, start: int) -> Make:
    numbers = np.array([complex(text) for text in fill.removeprefix(VALUES).split("_")])

    def make(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
        return np.asarray(numbers[(start + np.arange(prod(shape))) % len(numbers)].reshape(shape))

    return make


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


def edges(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The ends of what functions take: where exp over- and underflows, and 0, 1 and their neighbours of probabilities."""
    facts = bounds.finfo(at.p.dtype)
    if at.domain == "unit":
        near = [0.0, 1.0, float(facts.smallest_subnormal), float(facts.smallest_normal), 1 - at.p.u, 0.5]
        return rng.choice(near, shape)
    ends = np.log([float(facts.max), float(facts.smallest_normal), float(facts.smallest_subnormal)])
    return rng.choice([*ends, *-ends], shape) + rng.uniform(-1.0, 1.0, shape)


def lowest(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """The first input minus infinity but for few entries: whole windows and rows of it; the others normal."""
    values = rng.standard_normal(shape)
    return values if at.place else np.where(rng.random(shape) < 0.8, -np.inf, values)


def specials_swapped(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
    """Zeros in the first input, and NaN and infinities in the others: products of the two are no number."""
    values = rng.standard_normal(shape)
    if at.place == 0:
        return np.where(rng.random(shape) < 0.3, 0.0, values)
    flat = values.reshape(-1)
    if flat.size:
        flat[[0, -1, int(rng.integers(flat.size))]] = [np.inf, np.nan, -np.inf][: 3 if flat.size > 2 else None]
    return flat.reshape(shape)


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
    "taps": (taps, "any"),
    "denormal": (denormal, "any"),
    "huge": (huge, "any"),
    "nan": (_special(np.nan), "any"),
    "inf": (_special(np.inf, -np.inf), "any"),
    "negative_zero": (_special(-0.0), "any"),
    "edges": (edges, "any"),
    "lowest": (lowest, "any"),
    "specials_swapped": (specials_swapped, "any"),
}

#: Fills at the ends of the domain: values are defined there, slopes are what each library clamps them to.
WITHOUT_SLOPES = frozenset({"edges"})

#: Fills at the ends of the range: there the order of operations decides what under- or overflows on the way.
EXTREME = frozenset({"denormal", "huge"})


def xavier_scale(shape: tuple[int, ...]) -> float:
    """``sqrt(2 / (fan_in + fan_out))`` of a weight (outputs, inputs, *kernel): Glorot and Bengio 2010, equation 12."""
    fans = sum(shape[:2]) * prod(shape[2:])
    return float(np.sqrt(2 / max(fans, 1)))


#: Inputs' domains: standard fills are mapped into them.
DOMAINS: dict[str, Callable[[Array], Array]] = {
    "real": lambda x: x,
    "positive": lambda x: np.abs(x) + 2.0**-10,
    "nonnegative": np.abs,
    "unit": lambda x: 1 / (1 + np.exp(-np.clip(x, -30, 30))),
    "binary": lambda x: (x > 0).astype(np.float64),
    "xavier": lambda x: x * xavier_scale(x.shape),
    "near_one": lambda x: 1 + 0.02 * x,
    "near_zero": lambda x: 0.02 * x,
}

DTYPES = {"bfloat16": np.dtype(ml_dtypes.bfloat16)}


def dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype of that name, bfloat16 (of ml_dtypes) included."""
    return DTYPES.get(name) or np.dtype(name)


def generator(seed: int, *address: str) -> Rng:
    """A counter-based generator for an address: the same anywhere, whatever was drawn before."""
    digest = hashlib.sha256("\0".join([str(seed), *address]).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def regime(case: Case) -> str:
    """The tier that judges a case: its fill's; the worst where the layout repeats values, whose roundings are alike."""
    if case.fill.startswith(VALUES) or case.layout in ("expanded", "repeated"):
        return "worst"
    return FILLS[case.fill][1]


def arrays(spec: Spec, case: Case, seed: int, variant: str = "") -> dict[str, Array]:
    """Every input that is there, by name, in its dtype. ``variant`` names further draws of the same kind."""
    known = cases.names(spec, case)
    fault = next((i for i in spec.invalid if i.name == case.invalid), None)
    there = [(k, i) for k, i in enumerate(spec.inputs) if i.name not in case.absent]
    shapes = {i.name: cases.shape(i, known, fault.shapes.get(i.name) if fault else None) for _, i in there}
    terms = max((prod(s) for s in shapes.values()), default=1)
    result: dict[str, Array] = {}
    written = case.fill.startswith(VALUES)
    start = 0
    for place, given in there:
        name = _dtype_name(given, case, fault.dtypes.get(given.name) if fault else None)
        at = Context(place, bounds.precision(name if name in PRECISE else case.dtype), terms, given.domain)
        rng = generator(seed, case.id, given.name, variant)
        make = FILLS["normal" if written else case.fill][0]
        if written and literal(given) and not variant:
            make = _written(case.fill, start)
            start += prod(shapes[given.name])
        result[given.name] = _values(make, rng, shapes[given.name], at, case, given, dtype(name), known)
    return result


#: Dtypes that have a precision at all.
PRECISE = ("float16", "bfloat16", "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble")


def _dtype_name(given: Input, case: Case, instead: str | None) -> str:
    if instead:
        return instead
    if given.dtype == "real":
        return bounds.REAL.get(case.dtype, case.dtype)
    return case.dtype if given.dtype == "same" else given.dtype


def _values(
    make: Make,
    rng: Rng,
    shape: tuple[int, ...],
    at: Context,
    case: Case,
    given: Input,
    to: np.dtype[Any],
    known: Mapping[str, Any],
) -> Array:
    if to.kind in "iub":
        return _whole_numbers(rng, shape, case, given, known, to)
    domain = _itself if case.fill == "edges" and given.domain == "unit" else DOMAINS[given.domain]
    values = domain(make(rng, shape, at))
    if values.dtype.kind == "c" and to.kind != "c":
        values = values.real
    if to.kind == "c" and values.dtype.kind != "c":
        values = _complex(values, domain(make(rng, shape, at)))
    if case.layout == "expanded" and values.ndim and values.shape[0] > 1:
        values = np.broadcast_to(values[:1], values.shape)
    if case.layout == "repeated" and values.ndim:
        values = np.broadcast_to(values[..., :1], values.shape)
    with np.errstate(over="ignore"):
        return np.array(values, dtype=to, order="C")


def _whole_numbers(
    rng: Rng, shape: tuple[int, ...], case: Case, given: Input, known: Mapping[str, Any], to: np.dtype[Any]
) -> Array:
    """Integers all over the input's domain, both ends always among them where there is room; 0 or 1 without a domain.

    `zeros` gives the first value everywhere, `constant` one value, `edges` the two ends alone.
    """
    low = 0 if given.least is None else int(given.least(known))
    high = 1 if given.most is None else int(given.most(known))
    if high < low:
        return np.full(shape, low, to)
    match case.fill:
        case "zeros":
            values = np.full(prod(shape), low)
        case "constant":
            values = np.full(prod(shape), rng.integers(low, high, endpoint=True))
        case "edges":
            values = rng.choice([low, high], prod(shape))
        case _:
            values = rng.integers(low, high, prod(shape), endpoint=True)
            if given.most is not None:
                values[rng.permutation(values.size)[:2]] = [low, high][-min(values.size, 2) :] if values.size else []
    return values.reshape(shape).astype(to)


def _itself(x: Array) -> Array:
    return x


def _complex(real: Array, imag: Array) -> Array:
    values = np.empty(real.shape, np.complex128)
    values.real, values.imag = real, imag
    return values


def like(rng: Rng, x: Array, case: Case) -> Array:
    """Signed directions for tangents and cotangents, like an array: small integers where right answers are exact."""

    def draw() -> Array:
        if case.fill in ("integers", "integers_swapped", "taps"):
            return rng.integers(-1, 1, x.shape, endpoint=True).astype(np.float64)
        return rng.standard_normal(x.shape)

    values = _complex(draw(), draw()) if x.dtype.kind == "c" else draw()
    return np.asarray(values).astype(x.dtype)
