"""Comparisons, choices, and functions with kinks, of which every subgradient is enclosed."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import acb, arb

from harness.balls.enclosures import Balls, NoProof, Number, kind_of, lift, made, zeros
from harness.balls.moving import broadcast, gather, together
from harness.balls.operators import conj, divide, multiply, negative, number, real, subtract
from harness.balls.sums import reduced
from harness.dispatch import axes_of


def compared(ufunc: np.ufunc, operands: Sequence[Balls]) -> Any:
    """A comparison as plain booleans. Raises NoProof where the balls do not decide it."""
    exact = [x.value for x in operands if x.value is not None]
    if len(exact) == len(operands):
        return ufunc(*exact)
    if len(operands) != 2:
        raise NoProof(f"numpy.{ufunc.__name__} of what is not exact")
    a, b = together(*operands)
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
    return made(
        shape,
        kind_of(a, b),
        work,
        lambda i: (a if flat[i] else b).at(i),
        (a, lambda g: where(mask, g, zeros(g))),
        (b, lambda g: where(mask, zeros(g), g)),
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
    a, b = together(a, b)

    def first(i: int) -> Number:
        x, y = a.at(i), b.at(i)
        return arb(1) if x > y else arb(0) if x < y else _share()

    share = made(a.shape, "f", a.work, first)
    value = None if a.value is None or b.value is None else np.maximum(a.value, b.value)
    return made(
        a.shape,
        "f",
        a.work,
        lambda i: a.at(i).max(b.at(i)),
        (a, lambda g: multiply(g, share)),
        (b, lambda g: multiply(g, subtract(number(1, g), share))),
        value=value,
    )


def minimum(a: Balls, b: Balls) -> Balls:
    """The smaller of each pair."""
    return negative(maximum(negative(a), negative(b)))


def clip(x: Balls, low: Any = None, high: Any = None) -> Balls:
    """x within limits, each of which may be None."""
    above = x if low is None else maximum(x, lift(low, x.work))
    return above if high is None else minimum(above, lift(high, x.work))


def absolute(x: Balls) -> Balls:
    """``|x|``, of a complex number its modulus."""
    value = None if x.value is None or x.kind == "c" else np.abs(x.value)
    return made(x.shape, "f", x.work, lambda i: abs(x.at(i)), (x, lambda g: multiply(g, direction(x))), value=value)


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

    d = made(x.shape, x.kind, x.work, entry, *([(x, back)] if x.kind == "c" else []))
    return d


def largest(x: Balls, axis: Any = None, *, keepdims: bool = False) -> Balls:
    """The maximum over axes; rivals share the gradient in any proportion."""
    target, shape = reduced(x, axis, keepdims)
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

    share = made(x.shape, "f", x.work, own)
    value = None if x.value is None else x.value.max(axis=axes_of(axis, x.ndim)).reshape(shape)
    back = lambda g: multiply(gather(g, target), share)  # noqa: E731
    return made(shape, "f", x.work, entry, (x, back), value=value)


#: Each comparison of two arrays with what decides it, and what decides its opposite.
_DECIDED_BY: dict[Any, Any] = {
    np.greater: (operator.gt, operator.le),
    np.greater_equal: (operator.ge, operator.lt),
    np.less: (operator.lt, operator.ge),
    np.less_equal: (operator.le, operator.gt),
    np.equal: (operator.eq, operator.ne),
    np.not_equal: (operator.ne, operator.eq),
}
