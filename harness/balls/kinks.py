"""Comparisons, choices, and functions with kinks, of which every subgradient is enclosed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import acb, arb

from harness.balls.enclosures import Array, Balls, NoProof, Number, kind_of, made
from harness.balls.moving import broadcast
from harness.balls.sums import reduced


def compared(ufunc: np.ufunc, operands: Sequence[Balls]) -> Any:
    """A comparison as plain booleans. Raises NoProof where the balls do not decide it."""
    exact = [x.value for x in operands if x.value is not None]
    if len(exact) == len(operands):
        return ufunc(*exact)
    if len(operands) != 2:
        raise NoProof(f"numpy.{ufunc.__name__} of what is not exact")
    shape = np.broadcast_shapes(*(x.shape for x in operands))
    a, b = (broadcast(x, shape) for x in operands)
    found = [_decided(ufunc, a(i), b(i)) for i in range(int(np.prod(shape)))]
    return np.array(found, dtype=bool).reshape(shape)


def _decided(ufunc: np.ufunc, a: Number, b: Number) -> bool:
    holds, fails = _DECIDED_BY[ufunc]
    if holds(a, b):
        return True
    if fails(a, b):
        return False
    raise NoProof("a comparison that is too close to decide")


def where(a: Balls, b: Balls, condition: Any) -> Balls:
    """``a`` where the condition holds, else ``b``."""
    shape = np.broadcast_shapes(np.shape(condition), a.shape, b.shape)
    mask = np.broadcast_to(condition, shape).reshape(-1)
    on, off = broadcast(a, shape), broadcast(b, shape)
    value = None if a.value is None or b.value is None else np.where(condition, a.value, b.value)
    return made(shape, kind_of(a, b), a.work, lambda i: (on if mask[i] else off)(i), value=value)


def _share() -> Number:
    """Anything from 0 to 1."""
    return arb(0.5, 0.5)


def _sign() -> Number:
    """Anything from -1 to 1."""
    return arb(0, 1)


def maximum(a: Balls, b: Balls) -> Balls:
    """The larger of each pair."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    left, right = broadcast(a, shape), broadcast(b, shape)
    value = None if a.value is None or b.value is None else np.maximum(a.value, b.value)
    return made(shape, "f", a.work, lambda i: left(i).max(right(i)), value=value)


def share_of_first(a: Balls, b: Balls) -> Balls:
    """1 where a is the larger, 0 where b is; at a tie anything between."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    left, right = broadcast(a, shape), broadcast(b, shape)

    def entry(i: int) -> Number:
        x, y = left(i), right(i)
        return arb(1) if x > y else arb(0) if x < y else _share()

    return made(shape, "f", a.work, entry)


def _members(x: Balls, axes: tuple[int, ...]) -> tuple[Array, tuple[int, ...], list[Array]]:
    """The result's place of each entry in a reduction over axes, the result's shape, and each result's entries."""
    target, shape = reduced(x, axes)
    flat = target.reshape(-1)
    order = np.argsort(flat, kind="stable")
    return flat, shape, np.split(order, np.flatnonzero(np.diff(flat[order])) + 1)


def steps(of_balls: Callable[[Number], Number]) -> Callable[[Balls], Balls]:
    """A function of steps, from what it does to a ball."""
    return lambda x: made(x.shape, "f", x.work, lambda i: of_balls(x.at(i)))


def sign(z: Number) -> Number:
    """-1, 0 or 1; anything between where it is not decided."""
    return arb(1) if z > 0 else arb(-1) if z < 0 else arb(0) if z == 0 else _sign()


def trunc(z: Number) -> Number:
    """The whole number next to z towards 0."""
    return z.floor() if z >= 0 else z.ceil() if z < 0 else z.floor().union(z.ceil())


def rint(z: Number) -> Number:
    """The whole number nearest to z, the even one of two."""
    up = (z + arb(0.5)).floor()
    tie = (z + arb(0.5)) == up and not (up / 2).is_integer()
    return up - 1 if tie else up


def largest(x: Balls, axes: tuple[int, ...]) -> Balls:
    """The maximum over axes, kept."""
    _, shape, members = _members(x, axes)

    def entry(o: int) -> Number:
        x.work.spend(len(members[o]))
        top, *rest = (x.at(int(i)) for i in members[o])
        for z in rest:
            top = top.max(z)
        return top

    value = None if x.value is None else x.value.max(axis=axes, keepdims=True)
    return made(shape, "f", x.work, entry, value=value)


def share_of_largest(x: Balls, axes: tuple[int, ...]) -> Balls:
    """1 for the maximum over axes, 0 for the others; rivals share it in any proportion."""
    flat, _, members = _members(x, axes)

    def entry(i: int) -> Number:
        others = [x.at(int(j)) for j in members[flat[i]] if j != i]
        x.work.spend(len(others))
        z = x.at(i)
        return arb(0) if any(other > z for other in others) else arb(1) if all(z > o for o in others) else _share()

    return made(x.shape, "f", x.work, entry)


def sort(x: Balls, order: Any) -> Balls:
    """The entries along the last axis in rising order: each between the ends of that rank."""
    n = x.shape[-1]

    def entry(i: int) -> Number:
        line = [x.at(i // n * n + j) for j in range(n)]
        x.work.spend(n)
        low, high = (sorted(ends)[i % n] for ends in ([z.lower() for z in line], [z.upper() for z in line]))
        return low.union(high)

    value = None if x.value is None else np.take_along_axis(x.value, order, -1)
    return made(x.shape, "f", x.work, entry, value=value)


def tied(x: Balls, order: Any) -> Balls:
    """0; anything from -1 to 1 where another entry of the last axis may be equal."""
    n = x.shape[-1]

    def entry(i: int) -> Number:
        z = x.at(i)
        others = [x.at(i // n * n + j) for j in range(n) if j != i % n]
        return _sign() if any(z.overlaps(o) for o in others) else arb(0)

    return made(x.shape, "f", x.work, entry)


def absolute(x: Balls) -> Balls:
    """``|x|``, of a complex number its modulus."""
    value = None if x.value is None or x.kind == "c" else np.abs(x.value)
    return made(x.shape, "f", x.work, lambda i: abs(x.at(i)), value=value)


def direction(x: Balls) -> Balls:
    """``x / |x|``; where x may be 0, everything of modulus 1 at most."""

    def entry(i: int) -> Number:
        z = x.at(i)
        if not z.contains(0):
            return z / abs(z)
        return acb(_sign(), _sign()) if x.kind == "c" else _sign()

    return made(x.shape, x.kind, x.work, entry)


#: Each comparison of two arrays with what decides it, and what decides its opposite.
_DECIDED_BY: dict[Any, Any] = {
    np.greater: (operator.gt, operator.le),
    np.greater_equal: (operator.ge, operator.lt),
    np.less: (operator.lt, operator.ge),
    np.less_equal: (operator.le, operator.gt),
    np.equal: (operator.eq, operator.ne),
    np.not_equal: (operator.ne, operator.eq),
}
