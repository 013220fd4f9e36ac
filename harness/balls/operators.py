"""What is computed entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from harness.balls.enclosures import Balls, NoProof, Number, conjugate, exactly, kind_of, leaf, made
from harness.balls.moving import together


def add(a: Balls, b: Balls) -> Balls:
    """``a + b``."""
    a, b = together(a, b)
    return made(a.shape, kind_of(a, b), a.work, lambda i: a.at(i) + b.at(i), (a, lambda g: g), (b, lambda g: g))


def negative(a: Balls) -> Balls:
    """``-a``."""
    value = None if a.value is None else -a.value
    return made(a.shape, a.kind, a.work, lambda i: -a.at(i), (a, negative), value=value)


def subtract(a: Balls, b: Balls) -> Balls:
    """``a - b``."""
    return add(a, negative(b))


def multiply(a: Balls, b: Balls) -> Balls:
    """``a b``."""
    a, b = together(a, b)
    to_a, to_b = (lambda g: multiply(g, conj(b))), (lambda g: multiply(g, conj(a)))
    return made(a.shape, kind_of(a, b), a.work, lambda i: a.at(i) * b.at(i), (a, to_a), (b, to_b))


def divide(a: Balls, b: Balls) -> Balls:
    """``a / b``."""
    a, b = together(a, b)

    def to_b(g: Balls) -> Balls:
        return negative(multiply(g, conj(divide(divide(a, b), b))))

    to_a = lambda g: divide(g, conj(b))  # noqa: E731
    return made(a.shape, kind_of(a, b), a.work, lambda i: a.at(i) / b.at(i), (a, to_a), (b, to_b))


def _unary(name: str, derivative: Callable[[Balls, Balls], Balls]) -> Callable[[Balls], Balls]:
    """A function that balls have by name, from its derivative at (x, y)."""

    def apply(x: Balls) -> Balls:
        def entry(i: int) -> Number:
            return getattr(x.at(i), name)()

        y = made(x.shape, x.kind, x.work, entry, (x, lambda g: multiply(g, conj(derivative(x, y)))))
        return y

    return apply


def number(x: Any, like: Balls) -> Balls:
    return leaf(np.asarray(x), like.work)


exp = _unary("exp", lambda x, y: y)

expm1 = _unary("expm1", lambda x, y: add(y, number(1, y)))

log = _unary("log", lambda x, y: divide(number(1, x), x))

log1p = _unary("log1p", lambda x, y: divide(number(1, x), add(number(1, x), x)))

tanh = _unary("tanh", lambda x, y: subtract(number(1, y), multiply(y, y)))

sqrt = _unary("sqrt", lambda x, y: divide(number(0.5, y), y))

sin: Callable[[Balls], Balls] = _unary("sin", lambda x, y: cos(x))

cos: Callable[[Balls], Balls] = _unary("cos", lambda x, y: negative(sin(x)))


def _erf_slope(x: Balls, y: Balls) -> Balls:
    scale = made((), "f", x.work, lambda i: 2 / arb.const_sqrt_pi())
    return multiply(scale, exp(negative(multiply(x, x))))


erf = _unary("erf", _erf_slope)


def power(x: Balls, n: Balls) -> Balls:
    """``x^n`` for a constant scalar n."""
    if n.value is None or n.size != 1:
        raise NoProof("a power that is no constant")
    exponent = float(n.value.reshape(()))
    whole = int(exponent) if exponent == int(exponent) else exactly(np.float64(exponent))

    def back(g: Balls) -> Balls:
        slope = multiply(number(exponent, x), power(x, number(exponent - 1, x)))
        return multiply(g, conj(slope))

    return made(x.shape, x.kind, x.work, lambda i: x.at(i) ** whole, (x, back))


def conj(x: Balls) -> Balls:
    """The complex conjugate; a real array itself."""
    if x.kind != "c":
        return x
    value = None if x.value is None else np.conj(x.value)
    return made(x.shape, "c", x.work, lambda i: conjugate(x.at(i)), (x, conj), value=value)


def real(x: Balls) -> Balls:
    """The real part."""
    if x.kind != "c":
        return x
    value = None if x.value is None else x.value.real
    return made(x.shape, "f", x.work, lambda i: x.at(i).real, (x, lambda g: g), value=value)


def imag(x: Balls) -> Balls:
    """The imaginary part."""
    value = np.zeros(x.shape, np.longdouble) if x.kind != "c" else None if x.value is None else x.value.imag
    back = lambda g: multiply(g, number(1j, g))  # noqa: E731
    return made(x.shape, "f", x.work, lambda i: x.at(i).imag, (x, back), value=value)
