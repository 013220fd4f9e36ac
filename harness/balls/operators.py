"""What is computed entry by entry."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import arb

from harness.balls.enclosures import Balls, NoProof, Number, conjugate, kind_of, made
from harness.balls.moving import broadcast


def _pairwise(a: Balls, b: Balls, of_balls: Callable[[Number, Number], Number]) -> Balls:
    """Two arrays combined entry by entry."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    left, right = broadcast(a, shape), broadcast(b, shape)
    return made(shape, kind_of(a, b), a.work, lambda i: of_balls(left(i), right(i)))


def add(a: Balls, b: Balls) -> Balls:
    """``a + b``."""
    return _pairwise(a, b, lambda x, y: x + y)


def multiply(a: Balls, b: Balls) -> Balls:
    """``a b``."""
    return _pairwise(a, b, lambda x, y: x * y)


def divide(a: Balls, b: Balls) -> Balls:
    """``a / b``."""
    return _pairwise(a, b, lambda x, y: x / y)


def power(a: Balls, b: Balls) -> Balls:
    """``a^b``."""
    return _pairwise(a, b, lambda x, y: x**y)


def logaddexp(a: Balls, b: Balls) -> Balls:
    """``log(e^a + e^b)``."""
    return _pairwise(a, b, lambda x, y: x + (y - x).exp().log1p() if x.mid() > y.mid() else y + (x - y).exp().log1p())


def hypot(a: Balls, b: Balls) -> Balls:
    """``sqrt(a^2 + b^2)``."""
    return _pairwise(a, b, lambda x, y: (x * x + y * y).sqrt())


def arctan2(a: Balls, b: Balls) -> Balls:
    """The angle of ``b + i a``. Raises NoProof on the negative half of the real axis, whose side a zero's sign tells."""
    return _pairwise(a, b, _angle)


def _angle(y: Number, x: Number) -> Number:
    if y.contains(0) and not x > 0:
        raise NoProof("the sign of a zero decides")
    return arb.atan2(y, x)


def summed(*xs: Balls) -> Balls:
    """The sum of arrays of one shape."""

    def entry(i: int) -> Number:
        y = xs[0].at(i)
        for x in xs[1:]:
            y = y + x.at(i)
        return y

    return made(xs[0].shape, kind_of(*xs), xs[0].work, entry)


def negative(x: Balls) -> Balls:
    """``-x``."""
    return made(x.shape, x.kind, x.work, lambda i: -x.at(i), value=None if x.value is None else -x.value)


def method(name: str) -> Callable[[Balls], Balls]:
    """A function that balls have by name."""
    return lambda x: made(x.shape, x.kind, x.work, lambda i: getattr(x.at(i), name)())


def by(of_balls: Callable[[Number], Number]) -> Callable[[Balls], Balls]:
    """A function entry by entry, from what it does to a ball."""
    return lambda x: made(x.shape, x.kind, x.work, lambda i: of_balls(x.at(i)))


def cbrt(z: Number) -> Number:
    """The real cube root."""
    return z.root(3) if z >= 0 else -((-z).root(3))


def expit(z: Number) -> Number:
    """``1 / (1 + exp(-z))``."""
    return 1 / (1 + (-z).exp())


def log_expit(z: Number) -> Number:
    """``-log(1 + exp(-z))``."""
    return -((-z).exp().log1p()) if z.mid() > 0 else z - z.exp().log1p()


def log_ndtr(z: Number) -> Number:
    """``log(erfc(-z / sqrt(2)) / 2)``."""
    return ((-z / arb(2).sqrt()).erfc() / 2).log()


def polygamma(x: Balls, order: int) -> Balls:
    """The derivative of that order of digamma, by Hurwitz's zeta function: ``(-1)^(n+1) n! zeta(n+1, z)``."""

    def entry(i: int) -> Number:
        z = x.at(i)
        if not order:
            return z.digamma()
        return (-1) ** (order + 1) * arb(order).fac() * arb(order + 1).zeta(z)

    return made(x.shape, "f", x.work, entry)


def two_over_root_pi(x: Balls) -> Balls:
    """``2 / sqrt(pi)``."""
    return made((), "f", x.work, lambda i: 2 / arb.const_sqrt_pi())


def conj(x: Balls) -> Balls:
    """The complex conjugate."""
    value = None if x.value is None else np.conj(x.value)
    return made(x.shape, "c", x.work, lambda i: conjugate(x.at(i)), value=value)


def real(x: Balls) -> Balls:
    """The real part."""
    return made(x.shape, "f", x.work, lambda i: x.at(i).real, value=None if x.value is None else x.value.real)


def imag(x: Balls) -> Balls:
    """The imaginary part."""
    return made(x.shape, "f", x.work, lambda i: x.at(i).imag, value=None if x.value is None else x.value.imag)
