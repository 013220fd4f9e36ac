"""Case -> arrays: what a fill gives, in the dtype, the domain and the layout of each input."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod
from typing import Any

import ml_dtypes
import numpy as np

from harness import bounds, cases
from harness.expressions import Expression, ExpressionError
from harness.fills.kinds import EVERY, FILLS, Array, Context, Make, Rng
from harness.model import Case, Input, Spec, Value
from harness.vocabulary import VALUES


def literal(given: Input) -> bool:
    """Whether such a fill gives the entries of an input: those of other domains or dtypes are drawn."""
    return given.domain == "real" and given.dtype in ("same", "real")


def _written(fill: str, start: int) -> Make:
    numbers = np.array([complex(text) for text in fill.removeprefix(VALUES).split("_")])

    def make(rng: Rng, shape: tuple[int, ...], at: Context) -> Array:
        return np.asarray(numbers[(start + np.arange(prod(shape))) % len(numbers)].reshape(shape))

    return make


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
    "signed_unit": np.tanh,
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
    fault = cases.fault(spec, case.invalid) if case.invalid else None
    there = [(k, i) for k, i in enumerate(spec.inputs) if i.name not in case.absent]
    shapes = {i.name: cases.shape(i, known, fault.shapes.get(i.name) if fault else None) for _, i in there}
    terms = max((prod(s) for s in shapes.values()), default=1)
    result: dict[str, Array] = {}
    written = case.fill.startswith(VALUES)
    params = tuple(sorted({float(abs(v)) for v in _floats(case.params.values())}))
    start = 0
    for place, given in there:
        name = _dtype_name(given, case, fault.dtypes.get(given.name) if fault else None)
        precision = bounds.precision(name if name in PRECISE else case.dtype)
        at = Context(place, precision, terms, given.domain, len(there) == 1, params)
        rng = generator(seed, case.id, given.name, variant)
        make = FILLS["normal" if written else case.fill][0]
        if written and literal(given) and not variant:
            make = _written(case.fill, start)
            start += prod(shapes[given.name])
        result[given.name] = _values(make, rng, shapes[given.name], at, case, given, dtype(name), known)
        if fault and given.name in fault.values and result[given.name].size:
            result[given.name].reshape(-1)[0] = fault.values[given.name](known)
    return result


def _floats(values: Iterable[Value]) -> Iterator[float]:
    """The finite numbers with a fraction among some values, tuples opened: where a definition may turn."""
    for value in values:
        match value:
            case tuple():
                yield from _floats(value)
            case float() if np.isfinite(value) and value:
                yield value


#: Dtypes that have a precision at all.
PRECISE = ("float16", "bfloat16", "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble")


def _dtype_name(given: Input, case: Case, instead: str | None) -> str:
    if instead:
        return instead
    if given.dtype == "real":
        return bounds.REAL.get(case.dtype, case.dtype)
    if given.dtype == "complex":
        return bounds.COMPLEX.get(case.dtype, case.dtype)
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
    if to.kind in "iub" or given.least is not None:
        return _whole_numbers(rng, shape, case, given, known, to)
    within = case.fill in EVERY or (case.fill, given.domain) in ALREADY_WITHIN
    domain = _itself if within else DOMAINS[given.domain]
    with np.errstate(over="ignore", invalid="ignore"):  # beyond the type; NaN that signals
        values = domain(make(rng, shape, at))
        if values.dtype.kind == "c" and to.kind != "c":
            values = values.real
        if to.kind == "c" and values.dtype.kind != "c":
            values = _complex(values, domain(make(rng, shape, at)))
        if case.layout == "expanded" and values.ndim and values.shape[0] > 1:
            values = np.broadcast_to(values[:1], values.shape)
        if case.layout == "repeated" and values.ndim:
            values = np.broadcast_to(values[..., :1], values.shape)
        return np.array(values, dtype=to, order="C")


#: Fills that give entries of a domain by themselves.
ALREADY_WITHIN = frozenset(
    {
        ("edges", "unit"),
        ("simple", "signed_unit"),
        ("decades", "unit"),
        ("decades", "positive"),
        ("decades", "near_one"),
        ("decades", "near_zero"),
        ("outside", "unit"),
        ("outside", "signed_unit"),
        ("outside", "positive"),
        ("outside", "nonnegative"),
    }
)


def _whole_numbers(
    rng: Rng, shape: tuple[int, ...], case: Case, given: Input, known: Mapping[str, Any], to: np.dtype[Any]
) -> Array:
    """Integers all over the input's domain, both ends always among them where there is room; 0 or 1 without a domain.

    `zeros` gives the first value everywhere, `constant` one value, `edges` the two ends alone.
    """
    low, high = _end(given.least, 0, case, known), _end(given.most, 1, case, known)
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


def _end(of: Expression | None, otherwise: int, case: Case, known: Mapping[str, Any]) -> int:
    """One end of a domain; what a param of the wrong kind leaves without a value is as without a domain."""
    try:
        return otherwise if of is None else int(of(known))
    except (ExpressionError, ArithmeticError, TypeError, ValueError):
        if not case.invalid:
            raise
        return otherwise


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
