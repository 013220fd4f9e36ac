"""Definition, arrays -> enclosures: arrays of Arb's balls, entry by entry, only as asked.

The definitions that run on ``Tracked`` arrays run on these too, and so do their derivatives. Nothing is computed before
one entry is asked for, and then only what that entry needs; ``Work`` bounds how much that may be. A ball contains the
exact real number whatever was rounded on the way (Johansson 2017, IEEE Trans. Comput. 66(8)), so no error formula
stands here. At a kink the derivative is enclosed together with every other subgradient.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache, reduce
from itertools import count, product
from math import lcm, prod
from typing import Any

import numpy as np
from flint import acb, arb, ctx
from numpy.typing import NDArray

from harness.differentiation import jvp as jvp
from harness.differentiation import vjp as vjp
from harness.dispatch import NORMS, Recorded, Table, axes_of
from reference_impls.definitions.terms import Terms

Array = NDArray[Any]
#: One entry: an ``arb`` or ``acb``.
Number = Any
Vjp = Callable[["Balls"], "Balls"]

#: Bits of the midpoints: three times longdouble's, so that cancellation of half of them still decides.
BITS = 192

_created = count()


class NoProof(Exception):
    """There is no enclosure, and why."""


@dataclass
class Work:
    """How many entries and terms may still be computed."""

    left: int

    def spend(self, n: int = 1) -> None:
        """Raises NoProof where that is more than is left."""
        if n > self.left:
            raise NoProof("too large")
        self.left -= n


@contextmanager
def digits() -> Iterator[None]:
    """The precision of every ball made inside."""
    with ctx.workprec(BITS):
        yield


def exactly(x: Any) -> Number:
    """The number a NumPy scalar of any floating type is, as a ball without radius."""
    if np.iscomplexobj(x):
        return acb(exactly(x.real), exactly(x.imag))
    high = float(x)
    if not isinstance(x, np.longdouble) or np.isinf(x) or np.isnan(x):
        return arb(high)
    mantissa, exponent = np.frexp(x)
    high = float(mantissa)
    return (arb(high) + arb(float(mantissa - np.longdouble(high)))) * arb(2) ** int(exponent)


@dataclass(frozen=True, eq=False)
class Balls(Recorded):
    """An array whose ``entry`` computes the ball at one flat place. ``value`` stands where all entries are exact."""

    shape: tuple[int, ...]
    kind: str
    work: Work
    entry: Callable[[int], Number]
    parents: tuple[tuple[Balls, Vjp], ...] = ()
    value: Array | None = None
    order: int = field(default_factory=lambda: next(_created))
    known: dict[int, Number] = field(default_factory=dict, repr=False)

    def at(self, place: int) -> Number:
        """The ball at one flat place. Raises NoProof."""
        if place not in self.known:
            self.work.spend()
            self.known[place] = self.entry(place)
        return self.known[place]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.clongdouble if self.kind == "c" else np.longdouble)

    def lifted(self, x: Any) -> Balls:
        return lift(x, self.work)

    def compared(self, ufunc: np.ufunc, operands: Sequence[Any]) -> Any:
        return compared(ufunc, [self.lifted(i) for i in operands])

    def lacking(self, name: str) -> Exception:
        return NoProof(f"no numpy.{name} in ball arithmetic")


# --- making ---------------------------------------------------------------------------------------------------------


def leaf(value: Array, work: Work) -> Balls:
    """An input or a constant: exactly the numbers given."""
    wide = value.astype(np.clongdouble if np.iscomplexobj(value) else np.longdouble)
    return Balls(wide.shape, "c" if wide.dtype.kind == "c" else "f", work, _read(wide), value=wide)


def lift(x: Any, work: Work) -> Balls:
    """Anything as Balls."""
    return x if isinstance(x, Balls) else leaf(np.asarray(x), work)


def _read(value: Array) -> Callable[[int], Number]:
    flat = value.reshape(-1)
    return lambda i: exactly(flat[i])


def _make(
    shape: tuple[int, ...],
    kind: str,
    work: Work,
    entry: Callable[[int], Number],
    *parents: tuple[Balls, Vjp],
    value: Array | None = None,
) -> Balls:
    return Balls(shape, kind, work, entry if value is None else _read(value), parents, value)


def _zeros(like: Balls) -> Balls:
    return leaf(np.zeros(like.shape, like.dtype), like.work)


def _sum(terms: Iterable[Number]) -> Number:
    return sum(terms, arb(0))


def _conj(z: Number) -> Number:
    return z.conjugate() if isinstance(z, acb) else z


# --- moving and adding entries: every move is a gather, every sum a scatter, and each is the other's transpose ---------


def _places(x: Balls) -> Array:
    return np.arange(x.size).reshape(x.shape)


def take(x: Balls, index: Any) -> Balls:
    """NumPy indexing, basic or advanced."""
    return gather(x, _places(x)[index])


def gather(x: Balls, source: Any) -> Balls:
    """The entries of x at flat places, zero where a place is negative."""
    places = np.asarray(source)
    flat = places.reshape(-1)
    value = None
    if x.value is not None:
        taken = x.value.reshape(-1)[np.maximum(flat, 0)] if x.size else np.zeros(flat.shape, x.dtype)
        value = np.where(flat < 0, x.value.dtype.type(0), taken).reshape(places.shape)

    def entry(i: int) -> Number:
        return x.at(int(flat[i])) if flat[i] >= 0 else arb(0)

    return _make(places.shape, x.kind, x.work, entry, (x, lambda g: scatter(g, places, x.shape)), value=value)


def scatter(x: Balls, target: Array, shape: tuple[int, ...]) -> Balls:
    """The entries of x added into zeros at flat places; those with a negative place are dropped."""
    flat = target.reshape(-1)

    @cache
    def inverse() -> tuple[Array, Array]:
        order = np.argsort(flat, kind="stable")
        return order, flat[order]

    def entry(j: int) -> Number:
        order, sorted_ = inverse()
        low, high = np.searchsorted(sorted_, [j, j + 1])
        x.work.spend(int(high - low))
        return _sum(x.at(int(i)) for i in order[low:high])

    return _make(shape, x.kind, x.work, entry, (x, lambda g: gather(g, target)))


def reshape(x: Balls, shape: Any) -> Balls:
    """The same entries in another shape."""
    return gather(x, _places(x).reshape(shape))


def transpose(x: Balls, axes: Any = None) -> Balls:
    """Axes in another order."""
    return gather(x, _places(x).transpose(axes))


def broadcast(x: Balls, shape: Any) -> Balls:
    """The same entries repeated to a larger shape."""
    return x if x.shape == tuple(shape) else gather(x, np.broadcast_to(_places(x), shape))


def concatenate(xs: Sequence[Any], axis: int = 0) -> Balls:
    """Arrays joined along an axis."""
    work = next(x.work for x in xs if isinstance(x, Balls))
    parts = [lift(x, work) for x in xs]
    starts = np.cumsum([0, *(x.size for x in parts)])
    joined = np.concatenate([_places(x) + start for x, start in zip(parts, starts, strict=False)], axis=axis)
    pieces: list[Balls] = [
        gather(x, np.where((joined >= low) & (joined < low + x.size), joined - low, -1))
        for x, low in zip(parts, starts, strict=False)
    ]
    owner = np.searchsorted(starts[1:], joined.reshape(-1), side="right")
    exact = [x.value for x in parts if x.value is not None]
    value = np.concatenate(exact, axis=axis) if len(exact) == len(parts) else None
    kind = "c" if any(x.kind == "c" for x in parts) else "f"
    return _make(
        joined.shape,
        kind,
        work,
        lambda i: pieces[owner[i]].at(i),
        *((piece, lambda g: g) for piece in pieces),
        value=value,
    )


def stack(xs: Sequence[Any], axis: int = 0) -> Balls:
    """Arrays joined along a new axis."""
    work = next(x.work for x in xs if isinstance(x, Balls))
    return concatenate([expand_dims(lift(x, work), axis) for x in xs], axis)


def expand_dims(x: Balls, axis: int) -> Balls:
    """A new axis of length one."""
    return gather(x, np.expand_dims(_places(x), axis))


def moveaxis(x: Balls, source: Any, destination: Any) -> Balls:
    """Axes moved to new places."""
    return gather(x, np.moveaxis(_places(x), source, destination))


def pad(x: Balls, widths: Any) -> Balls:
    """Zeros before and after each axis."""
    return gather(x, np.pad(_places(x), widths, constant_values=-1))


def flip(x: Balls, axis: Any = None) -> Balls:
    """Entries in reverse along axes."""
    return gather(x, np.flip(_places(x), axis))


def roll(x: Balls, shift: Any, axis: Any = None) -> Balls:
    """Entries rotated along axes."""
    return gather(x, np.roll(_places(x), shift, axis))


def _reduced(x: Balls, axis: Any, keepdims: bool) -> tuple[Array, tuple[int, ...]]:
    """Where each entry goes in a reduction over axes, and the shape of that."""
    axes = axes_of(axis, x.ndim)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    target = np.broadcast_to(np.arange(prod(kept)).reshape(kept), x.shape)
    return target, kept if keepdims else tuple(n for i, n in enumerate(x.shape) if i not in axes)


def total(x: Balls, axis: Any = None, *, keepdims: bool = False) -> Balls:
    """The sum over axes."""
    return scatter(x, *_reduced(x, axis, keepdims))


def mean(x: Balls, axis: Any = None, *, keepdims: bool = False) -> Balls:
    """The mean over axes."""
    y = total(x, axis, keepdims=keepdims)
    return divide(y, lift(x.size // max(y.size, 1), x.work))


def contract(terms: Terms, factors: dict[str, Balls]) -> Balls:
    """A sum of products, given as its terms: an entry gathers and sums its own."""
    work = next(iter(factors.values())).work
    complexes = [f.kind == "c" for f in factors.values()] + [np.iscomplexobj(g.coefficient) for g in terms.groups]

    def entry(o: int) -> Number:
        return _sum(_products(terms, factors, work, o))

    def back(of: str) -> Vjp:
        def pull(g: Balls) -> Balls:
            used = terms.derivative(of, conjugate=True)
            names = {n for part in used.groups for n in part.factors}
            others = {n: conj(f) for n, f in factors.items() if n != of and n in names}
            return contract(used, {terms.cotangent: g} | others)

        return pull

    kind = "c" if any(complexes) else "f"
    return _make(terms.shape, kind, work, entry, *((f, back(name)) for name, f in factors.items()))


def _products(terms: Terms, factors: dict[str, Balls], work: Work, o: int) -> Iterator[Number]:
    for part in terms.groups:
        low, high = np.searchsorted(part.out, [o, o + 1])
        work.spend(int(high - low))
        chosen = [(factors[name], places[low:high].tolist()) for name, places in part.factors.items()]
        for t in range(high - low):
            term = _coefficient(part.coefficient, low + t)
            for factor, places in chosen:
                term = factor.at(places[t]) if term is None else term * factor.at(places[t])
            yield arb(1) if term is None else term


def _coefficient(given: Any, t: int) -> Number | None:
    """The coefficient of term t, or None for 1."""
    c = given[t] if np.ndim(given) else given
    return None if c == 1 else exactly(np.asarray(c)[()])


# --- Fourier --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _root(n: int, m: int) -> Number:
    """``exp(-2 pi i m / n)``, made under ``digits``."""
    return (-2 * acb(m) / n).exp_pi_i()


def fftn(x: Balls, axes: Sequence[int], inverse: bool = False, norm: str = "none") -> Balls:
    """The discrete Fourier transform over axes as its sum, scaled by 1 (none), ``N^-1/2`` (ortho) or ``1/N`` (whole)."""
    where = tuple(a % x.ndim for a in axes)
    sizes = [x.shape[a] for a in where]
    length, around = prod(sizes), lcm(*sizes)
    steps = [around // n if n else 0 for n in sizes]
    places = _places(x)

    def entry(o: int) -> Number:
        x.work.spend(length)
        k = np.unravel_index(o, x.shape)
        turns = [int(k[a]) * step for a, step in zip(where, steps, strict=True)]
        index: list[Any] = [int(i) for i in k]
        terms = []
        for n in product(*(range(size) for size in sizes)):
            for a, i in zip(where, n, strict=True):
                index[a] = i
            turn = sum(i * t for i, t in zip(n, turns, strict=True))
            terms.append(x.at(int(places[tuple(index)])) * _root(around, (-turn if inverse else turn) % around))
        scale = {"none": arb(1), "ortho": arb(length).rsqrt(), "whole": 1 / arb(length)}[norm]
        return _sum(terms) * scale

    return _make(x.shape, "c", x.work, entry, (x, lambda g: fftn(g, where, not inverse, norm)))


def _np_fftn(x: Balls, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Balls:
    return fftn(x, range(x.ndim) if axes is None else axes, norm=NORMS[norm])


# --- entry by entry -------------------------------------------------------------------------------------------------


def _together(*xs: Balls) -> list[Balls]:
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    return [broadcast(x, shape) for x in xs]


def _kind(*xs: Balls) -> str:
    return "c" if any(x.kind == "c" for x in xs) else "f"


def add(a: Balls, b: Balls) -> Balls:
    """``a + b``."""
    a, b = _together(a, b)
    return _make(a.shape, _kind(a, b), a.work, lambda i: a.at(i) + b.at(i), (a, lambda g: g), (b, lambda g: g))


def negative(a: Balls) -> Balls:
    """``-a``."""
    value = None if a.value is None else -a.value
    return _make(a.shape, a.kind, a.work, lambda i: -a.at(i), (a, negative), value=value)


def subtract(a: Balls, b: Balls) -> Balls:
    """``a - b``."""
    return add(a, negative(b))


def multiply(a: Balls, b: Balls) -> Balls:
    """``a b``."""
    a, b = _together(a, b)
    to_a, to_b = (lambda g: multiply(g, conj(b))), (lambda g: multiply(g, conj(a)))
    return _make(a.shape, _kind(a, b), a.work, lambda i: a.at(i) * b.at(i), (a, to_a), (b, to_b))


def divide(a: Balls, b: Balls) -> Balls:
    """``a / b``."""
    a, b = _together(a, b)

    def to_b(g: Balls) -> Balls:
        return negative(multiply(g, conj(divide(divide(a, b), b))))

    to_a = lambda g: divide(g, conj(b))  # noqa: E731
    return _make(a.shape, _kind(a, b), a.work, lambda i: a.at(i) / b.at(i), (a, to_a), (b, to_b))


def _unary(name: str, derivative: Callable[[Balls, Balls], Balls]) -> Callable[[Balls], Balls]:
    """A function that balls have by name, from its derivative at (x, y)."""

    def apply(x: Balls) -> Balls:
        def entry(i: int) -> Number:
            return getattr(x.at(i), name)()

        y = _make(x.shape, x.kind, x.work, entry, (x, lambda g: multiply(g, conj(derivative(x, y)))))
        return y

    return apply


def _number(x: Any, like: Balls) -> Balls:
    return leaf(np.asarray(x), like.work)


exp = _unary("exp", lambda x, y: y)
expm1 = _unary("expm1", lambda x, y: add(y, _number(1, y)))
log = _unary("log", lambda x, y: divide(_number(1, x), x))
log1p = _unary("log1p", lambda x, y: divide(_number(1, x), add(_number(1, x), x)))
tanh = _unary("tanh", lambda x, y: subtract(_number(1, y), multiply(y, y)))
sqrt = _unary("sqrt", lambda x, y: divide(_number(0.5, y), y))
sin: Callable[[Balls], Balls] = _unary("sin", lambda x, y: cos(x))
cos: Callable[[Balls], Balls] = _unary("cos", lambda x, y: negative(sin(x)))


def _erf_slope(x: Balls, y: Balls) -> Balls:
    scale = _make((), "f", x.work, lambda i: 2 / arb.const_sqrt_pi())
    return multiply(scale, exp(negative(multiply(x, x))))


erf = _unary("erf", _erf_slope)


def power(x: Balls, n: Balls) -> Balls:
    """``x^n`` for a constant scalar n."""
    if n.value is None or n.size != 1:
        raise NoProof("a power that is no constant")
    exponent = float(n.value.reshape(()))
    whole = int(exponent) if exponent == int(exponent) else exactly(np.float64(exponent))

    def back(g: Balls) -> Balls:
        slope = multiply(_number(exponent, x), power(x, _number(exponent - 1, x)))
        return multiply(g, conj(slope))

    return _make(x.shape, x.kind, x.work, lambda i: x.at(i) ** whole, (x, back))


def conj(x: Balls) -> Balls:
    """The complex conjugate; a real array itself."""
    if x.kind != "c":
        return x
    value = None if x.value is None else np.conj(x.value)
    return _make(x.shape, "c", x.work, lambda i: _conj(x.at(i)), (x, conj), value=value)


def real(x: Balls) -> Balls:
    """The real part."""
    if x.kind != "c":
        return x
    value = None if x.value is None else x.value.real
    return _make(x.shape, "f", x.work, lambda i: x.at(i).real, (x, lambda g: g), value=value)


def imag(x: Balls) -> Balls:
    """The imaginary part."""
    value = np.zeros(x.shape, np.longdouble) if x.kind != "c" else None if x.value is None else x.value.imag
    back = lambda g: multiply(g, _number(1j, g))  # noqa: E731
    return _make(x.shape, "f", x.work, lambda i: x.at(i).imag, (x, back), value=value)


# --- kinks and choices ------------------------------------------------------------------------------------------------


def compared(ufunc: np.ufunc, operands: Sequence[Balls]) -> Any:
    """A comparison as plain booleans. Raises NoProof where the balls do not decide it."""
    exact = [x.value for x in operands if x.value is not None]
    if len(exact) == len(operands):
        return ufunc(*exact)
    if len(operands) != 2:
        raise NoProof(f"numpy.{ufunc.__name__} of what is not exact")
    a, b = _together(*operands)
    found = [_decided(ufunc, a.at(i), b.at(i)) for i in range(a.size)]
    return np.array(found, dtype=bool).reshape(a.shape)


def _decided(ufunc: np.ufunc, a: Number, b: Number) -> bool:
    holds, fails = _DECIDED_BY[ufunc]
    if holds(a, b):
        return True
    if fails(a, b):
        return False
    raise NoProof("a comparison that is too close to decide")


def where(condition: Any, a: Any, b: Any) -> Balls:
    """``a`` where the condition holds, else ``b``."""
    work = next(x.work for x in (condition, a, b) if isinstance(x, Balls))
    a, b = lift(a, work), lift(b, work)
    shape = np.broadcast_shapes(np.shape(condition), a.shape, b.shape)
    mask = np.broadcast_to(condition, shape)
    flat = mask.reshape(-1)
    a, b = broadcast(a, shape), broadcast(b, shape)
    value = None if a.value is None or b.value is None else np.where(mask, a.value, b.value)
    return _make(
        shape,
        _kind(a, b),
        work,
        lambda i: (a if flat[i] else b).at(i),
        (a, lambda g: where(mask, g, _zeros(g))),
        (b, lambda g: where(mask, _zeros(g), g)),
        value=value,
    )


def _share() -> Number:
    """Anything from 0 to 1."""
    return arb(0.5, 0.5)


def _sign() -> Number:
    """Anything from -1 to 1."""
    return arb(0, 1)


def maximum(a: Balls, b: Balls) -> Balls:
    """The larger of each pair; at a tie any share of the gradient goes to either."""
    a, b = _together(a, b)

    def first(i: int) -> Number:
        x, y = a.at(i), b.at(i)
        return arb(1) if x > y else arb(0) if x < y else _share()

    share = _make(a.shape, "f", a.work, first)
    value = None if a.value is None or b.value is None else np.maximum(a.value, b.value)
    return _make(
        a.shape,
        "f",
        a.work,
        lambda i: a.at(i).max(b.at(i)),
        (a, lambda g: multiply(g, share)),
        (b, lambda g: multiply(g, subtract(_number(1, g), share))),
        value=value,
    )


def minimum(a: Balls, b: Balls) -> Balls:
    """The smaller of each pair."""
    return negative(maximum(negative(a), negative(b)))


def absolute(x: Balls) -> Balls:
    """``|x|``, of a complex number its modulus."""
    value = None if x.value is None or x.kind == "c" else np.abs(x.value)
    return _make(x.shape, "f", x.work, lambda i: abs(x.at(i)), (x, lambda g: multiply(g, direction(x))), value=value)


def direction(x: Balls) -> Balls:
    """``x / |x|``; where x may be 0, everything of modulus 1 at most."""

    def entry(i: int) -> Number:
        z = x.at(i)
        if not z.contains(0):
            return z / abs(z)
        return acb(_sign(), _sign()) if x.kind == "c" else _sign()

    def back(g: Balls) -> Balls:
        along = multiply(d, real(multiply(conj(d), g)))
        return divide(subtract(g, along), absolute(x))

    d = _make(x.shape, x.kind, x.work, entry, *([(x, back)] if x.kind == "c" else []))
    return d


def largest(x: Balls, axis: Any = None, *, keepdims: bool = False) -> Balls:
    """The maximum over axes; rivals share the gradient in any proportion."""
    target, shape = _reduced(x, axis, keepdims)
    flat = target.reshape(-1)
    order = np.argsort(flat, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(flat[order])) + 1)

    def entry(o: int) -> Number:
        x.work.spend(len(members[o]))
        top, *rest = (x.at(int(i)) for i in members[o])
        for z in rest:
            top = top.max(z)
        return top

    def own(i: int) -> Number:
        others = [x.at(int(j)) for j in members[flat[i]] if j != i]
        x.work.spend(len(others))
        z = x.at(i)
        return arb(0) if any(other > z for other in others) else arb(1) if all(z > o for o in others) else _share()

    share = _make(x.shape, "f", x.work, own)
    value = None if x.value is None else x.value.max(axis=axes_of(axis, x.ndim)).reshape(shape)
    back = lambda g: multiply(gather(g, target), share)  # noqa: E731
    return _make(shape, "f", x.work, entry, (x, back), value=value)


# --- cotangents -----------------------------------------------------------------------------------------------------


def _fit(g: Balls, like: Balls) -> Balls:
    """A cotangent projected to the space of ``like``: broadcasting is a gather, which undoes itself."""
    return real(g) if like.kind != "c" else g


def _summed(parts: Sequence[Balls]) -> Balls:
    return reduce(add, parts)


UFUNCS: dict[Any, Callable[..., Balls]] = {
    np.add: add,
    np.subtract: subtract,
    np.negative: negative,
    np.positive: lambda x: x,
    np.multiply: multiply,
    np.divide: divide,
    np.power: power,
    np.square: lambda x: multiply(x, x),
    np.exp: exp,
    np.expm1: expm1,
    np.log: log,
    np.log1p: log1p,
    np.tanh: tanh,
    np.sqrt: sqrt,
    np.sin: sin,
    np.cos: cos,
    np.conjugate: conj,
    np.maximum: maximum,
    np.minimum: minimum,
    np.absolute: absolute,
}

#: SciPy's special functions by name.
SPECIAL: dict[str, Callable[..., Balls]] = {"erf": erf}

#: Each comparison of two arrays with what decides it, and what decides its opposite.
_DECIDED_BY: dict[Any, Any] = {
    np.greater: (operator.gt, operator.le),
    np.greater_equal: (operator.ge, operator.lt),
    np.less: (operator.lt, operator.ge),
    np.less_equal: (operator.le, operator.gt),
    np.equal: (operator.eq, operator.ne),
    np.not_equal: (operator.ne, operator.eq),
}

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: lambda x, axis=None, keepdims=False: total(x, axis, keepdims=keepdims),
    np.mean: lambda x, axis=None, keepdims=False: mean(x, axis, keepdims=keepdims),
    np.max: lambda x, axis=None, keepdims=False: largest(x, axis, keepdims=keepdims),
    np.where: where,
    np.reshape: reshape,
    np.transpose: transpose,
    np.broadcast_to: broadcast,
    np.concatenate: concatenate,
    np.stack: stack,
    np.expand_dims: expand_dims,
    np.moveaxis: moveaxis,
    np.pad: pad,
    np.flip: flip,
    np.roll: roll,
    np.real: real,
    np.imag: imag,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.fft.fft: lambda a, n=None, axis=-1, norm=None: fftn(a, (axis,), norm=NORMS[norm]),
    np.fft.fftn: _np_fftn,
}

Balls.table = Table(UFUNCS, SPECIAL, FUNCTIONS, take, contract, _fit, _summed)
