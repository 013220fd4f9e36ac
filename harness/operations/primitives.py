"""Operand, cotangent -> the cotangent of the operand: every derivative, once, as a program of NumPy's functions.

``g`` is the cotangent of the result ``y``. What is returned may still have the result's shape and kind: it is fitted to
its operand. Complex numbers: a cotangent of A x is ``A^H g``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from harness.definitions.terms import Terms, sum_of_products
from harness.dispatch import Flat, Move, Primitive, Vjp

A = Any


def primitive(name: str, *vjps: Vjp) -> Primitive:
    """A primitive from its name and its vjp in each operand."""
    return Primitive(name, lambda i: vjps[i])


def move(name: str, of_plain_arrays: Callable[..., Any], vjp: Vjp) -> Move:
    """A primitive that moves entries, from what it does to a plain array and its vjp."""
    return Move(name, lambda i: vjp, of_plain_arrays)


def flat(name: str) -> Flat:
    """A primitive that is constant between its jumps."""
    return Flat(name, _nothing)


def _nothing(i: int) -> Vjp:
    raise AssertionError("no cotangent passes a jump")


def _entrywise(name: str, slope: Callable[[A, A], A]) -> Primitive:
    """A function entry by entry, from its derivative at (x, y)."""
    return primitive(name, lambda g, y, x: g * np.conj(slope(x, y)))


# --- the four operations and complex numbers --------------------------------------------------------------------------

add: Primitive = primitive("add", lambda g, y, a, b: g, lambda g, y, a, b: g)
negative: Primitive = primitive("negative", lambda g, y, x: -g)
multiply: Primitive = primitive("multiply", lambda g, y, a, b: g * np.conj(b), lambda g, y, a, b: g * np.conj(a))
divide: Primitive = primitive("divide", lambda g, y, a, b: g / np.conj(b), lambda g, y, a, b: -(g * np.conj(a / b / b)))
conj: Primitive = primitive("conj", lambda g, y, x: np.conj(g))
real: Primitive = primitive("real", lambda g, y, x: g)
imag: Primitive = primitive("imag", lambda g, y, x: g * np.asarray(1j))

#: The sum of what arrives at one place, in any order.
summed = Primitive("summed", lambda i: lambda g, y, *parts: g)

# --- functions entry by entry -----------------------------------------------------------------------------------------

exp: Primitive = _entrywise("exp", lambda x, y: y)
expm1: Primitive = _entrywise("expm1", lambda x, y: y + 1)
log: Primitive = _entrywise("log", lambda x, y: 1 / x)
log1p: Primitive = _entrywise("log1p", lambda x, y: 1 / (1 + x))
tanh: Primitive = _entrywise("tanh", lambda x, y: 1 - y * y)
sqrt: Primitive = _entrywise("sqrt", lambda x, y: 0.5 / y)
sin: Primitive = _entrywise("sin", lambda x, y: np.cos(x))
cos: Primitive = _entrywise("cos", lambda x, y: -np.sin(x))
erf: Primitive = _entrywise("erf", lambda x, y: two_over_root_pi(x) * np.exp(-(x * x)))
tan: Primitive = _entrywise("tan", lambda x, y: 1 + y * y)
arcsin: Primitive = _entrywise("arcsin", lambda x, y: 1 / np.sqrt((1 - x) * (1 + x)))
arccos: Primitive = _entrywise("arccos", lambda x, y: -1 / np.sqrt((1 - x) * (1 + x)))
arctan: Primitive = _entrywise("arctan", lambda x, y: 1 / (1 + x * x))
sinh: Primitive = _entrywise("sinh", lambda x, y: np.cosh(x))
cosh: Primitive = _entrywise("cosh", lambda x, y: np.sinh(x))
arcsinh: Primitive = _entrywise("arcsinh", lambda x, y: 1 / np.sqrt(1 + x * x))
arccosh: Primitive = _entrywise("arccosh", lambda x, y: 1 / np.sqrt((x - 1) * (x + 1)))
arctanh: Primitive = _entrywise("arctanh", lambda x, y: 1 / ((1 - x) * (1 + x)))
exp2: Primitive = _entrywise("exp2", lambda x, y: y * np.log(np.full_like(x, 2.0)))
log2: Primitive = _entrywise("log2", lambda x, y: 1 / (x * np.log(np.full_like(x, 2.0))))
log10: Primitive = _entrywise("log10", lambda x, y: 1 / (x * np.log(np.full_like(x, 10.0))))
cbrt: Primitive = _entrywise("cbrt", lambda x, y: 1 / (3 * y * y))
#: The logistic function, and its logarithm.
expit: Primitive = _entrywise("expit", lambda x, y: y * (1 - y))
log_expit: Primitive = _entrywise("log_expit", lambda x, y: expit(-x))
#: The logarithm of the normal distribution.
log_ndtr: Primitive = _entrywise(
    "log_ndtr", lambda x, y: two_over_root_pi(x) * np.sqrt(np.full_like(x, 0.125)) * np.exp(-(x * x) / 2 - y)
)
#: The logarithm of |gamma|, and its derivatives: ``order`` more of them.
gammaln: Primitive = _entrywise("gammaln", lambda x, y: polygamma(x, order=0))
polygamma: Primitive = primitive("polygamma", lambda g, y, x, order: g * polygamma(x, order=order + 1))

#: ``1 - erf(x)``, with no difference where it is small.
erfc: Primitive = _entrywise("erfc", lambda x, y: -(two_over_root_pi(x) * np.exp(-(x * x))))

#: The inverse of erf.
erfinv: Primitive = _entrywise("erfinv", lambda x, y: np.exp(y * y) / two_over_root_pi(x))

#: ``2 / sqrt(pi)`` in the arithmetic of an array.
two_over_root_pi: Flat = flat("two_over_root_pi")

#: ``x^y``, of which the logarithm's slope at 0 is left out: ``0^y`` is flat in y above 0, and no number's slope below.
power: Primitive = primitive(
    "power",
    lambda g, y, x, n: g * np.conj(n * np.power(x, n - 1)),
    lambda g, y, x, n: g * np.conj(np.where(x == 0, 0.0 * y, y * np.log(np.where(x == 0, 1.0, x)))),
)
logaddexp: Primitive = primitive(
    "logaddexp", lambda g, y, a, b: g * np.exp(a - y), lambda g, y, a, b: g * np.exp(b - y)
)
hypot: Primitive = primitive("hypot", lambda g, y, a, b: g * (a / y), lambda g, y, a, b: g * (b / y))
arctan2: Primitive = primitive(
    "arctan2",
    lambda g, y, a, b: g * (b / (a * a + b * b)),
    lambda g, y, a, b: -(g * (a / (a * a + b * b))),
)

#: Steps: exact where the error reaches no jump.
sign: Flat = flat("sign")
floor: Flat = flat("floor")
ceil: Flat = flat("ceil")
trunc: Flat = flat("trunc")
rint: Flat = flat("rint")

# --- choices and kinks ------------------------------------------------------------------------------------------------

where: Primitive = primitive(
    "where",
    lambda g, y, a, b, condition: np.where(condition, g, 0.0),
    lambda g, y, a, b, condition: np.where(condition, 0.0, g),
)

#: The larger of each pair.
maximum: Primitive = primitive(
    "maximum",
    lambda g, y, a, b: g * y.origin.once(share_of_first),
    lambda g, y, a, b: g * (1 - y.origin.once(share_of_first)),
)
#: 1 where the first of a pair is the larger, 0 where the second is; between where that is not decided.
share_of_first: Flat = flat("share_of_first")

#: The maximum over ``axes``, which are kept with length 1.
largest: Primitive = primitive(
    "largest", lambda g, y, x, axes: y.origin.once(share_of_largest) * np.broadcast_to(g, x.shape)
)
#: How much of the maximum's gradient an entry takes: any share where it has rivals.
share_of_largest: Flat = flat("share_of_largest")

#: Entries along the last axis in rising order; ``order`` is theirs by value.
sort: Primitive = primitive("sort", lambda g, y, x, order: _unsorted(g, x, order) + tied(x, order=order) * _all_of(g))
#: 0; where the order of an entry among the others is open, anything from -1 to 1.
tied: Flat = flat("tied")


def _unsorted(g: A, x: A, order: Any) -> A:
    return np.take_along_axis(g, np.argsort(order, axis=-1), -1)


def _all_of(g: A) -> A:
    return np.sum(np.abs(g), axis=-1, keepdims=True)


absolute: Primitive = primitive("absolute", lambda g, y, x: g * (direction(x) if x.dtype.kind == "c" else sign_at(x)))
#: ``x / |x|`` of real numbers; at 0 everything from -1 to 1.
sign_at: Flat = flat("direction")
#: ``x / |x|`` of complex numbers; at 0 the whole unit disc.
direction: Primitive = primitive(
    "direction", lambda g, y, x: (g - y * np.real(np.conj(y) * g)) / nonzero_modulus(x) + unknown_at_zero(x)
)
#: ``|x|``, and 1 at 0.
nonzero_modulus: Primitive = primitive("nonzero_modulus", lambda g, y, x: g * one_off_zero(x) * direction(x))
#: 0; where x is 0 a number of which nothing is known.
unknown_at_zero: Flat = flat("unknown_at_zero")
#: 1, and 0 at 0.
one_off_zero: Flat = flat("one_off_zero")

#: x, of which it is known that it lies within limits.
confined: Primitive = primitive("confined", lambda g, y, x, low, high: g)

#: x, kept in the stored type.
stored: Primitive = primitive("stored", lambda g, y, x: g)

# --- entries moved ----------------------------------------------------------------------------------------------------

reshape: Move = move("reshape", lambda a, shape: a.reshape(shape), lambda g, y, x, shape: np.reshape(g, x.shape))
transpose: Move = move(
    "transpose", lambda a, order: a.transpose(order), lambda g, y, x, order: np.transpose(g, np.argsort(order))
)
broadcast: Move = move("broadcast", lambda a, shape: np.broadcast_to(a, shape).copy(), lambda g, y, x, shape: g)
take: Move = move(
    "take", lambda a, index: np.asarray(a[index]).copy(), lambda g, y, x, index: scatter(g, index=index, shape=x.shape)
)
roll: Move = move(
    "roll", lambda a, shift, axis: np.roll(a, shift, axis), lambda g, y, x, shift, axis: _rolled(g, shift, axis)
)

#: The transpose of ``take``: entries added into zeros where the index takes them from.
scatter: Primitive = primitive("scatter", lambda g, y, x, index, shape: g[index])


def _rolled(g: A, shift: Any, axis: Any) -> A:
    return np.roll(g, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, axis)


def _part(i: int) -> Vjp:
    def vjp(g: A, y: A, *xs: A, axis: int) -> A:
        start = sum(x.shape[axis] for x in xs[:i])
        return g[(slice(None),) * axis + (slice(start, start + xs[i].shape[axis]),)]

    return vjp


#: Arrays joined along an axis.
concatenate = Primitive("concatenate", _part)

# --- sums -------------------------------------------------------------------------------------------------------------

#: The sum over ``axes``, which are kept with length 1.
total: Primitive = primitive("total", lambda g, y, x, axes: np.broadcast_to(g, x.shape))

#: The sums so far along ``axis``. Their gradient is the sums from the end.
running_total: Primitive = primitive(
    "running_total", lambda g, y, x, axis: np.flip(running_total(np.flip(g, axis), axis=axis), axis)
)

#: The mean over ``axes``, kept. Its gradient is each entry's share: a derivative of that adds up rounded shares.
mean: Primitive = primitive("mean", lambda g, y, x, axes: np.broadcast_to(g, x.shape) / prod(x.shape[a] for a in axes))


def _transposed(i: int) -> Vjp:
    def vjp(g: A, y: A, *factors: A, terms: Terms, names: Sequence[str]) -> A:
        used = terms.derivative(names[i], conjugate=True)
        held = {n for part in used.groups for n in part.factors}
        others = {n: np.conj(f) for n, f in zip(names, factors, strict=True) if n != names[i] and n in held}
        return sum_of_products(used, **({terms.cotangent: g} | others))

    return vjp


#: A sum of products, given as its terms; ``names`` are the factors'.
contract = Primitive("contract", _transposed)


#: The discrete Fourier transform over ``axes``: ``scale * sum of x[n] exp(-+ 2 pi i k n / N)``, ``norm`` none (scale 1),
#: ortho (``1 / sqrt(N)``) or whole (``1 / N``).
fftn: Primitive = primitive(
    "fftn", lambda g, y, x, axes, inverse, norm: fftn(g, axes=axes, inverse=not inverse, norm=norm)
)

# --- systems of equations ---------------------------------------------------------------------------------------------


def _adjoint(x: A) -> A:
    return np.conj(np.swapaxes(x, -1, -2))


def _solved_matrix(g: A, y: A, a: A, b: A) -> A:
    return -(np.linalg.solve(_adjoint(a), g) @ _adjoint(y))


#: ``A^-1 B`` of stacks of matrices of one shape.
solve: Primitive = primitive("solve", _solved_matrix, lambda g, y, a, b: np.linalg.solve(_adjoint(a), g))
determinant: Primitive = primitive(
    "determinant",
    lambda g, y, a: np.expand_dims(g * np.conj(y), (-2, -1)) * _adjoint(np.linalg.inv(a)),
)
