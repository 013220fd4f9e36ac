"""An answer -> the same where the definition's own steps left the range of numbers, though the result is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from harness import balls
from harness.balls import NoProof, Number
from harness.oracles.answers import Answer, Array

#: Bits of a number's enclosure that are known where it is taken: those of float64, the widest type of an expected value but one.
WANTED_BITS = np.finfo(np.float64).nmant + 1


def returned(answer: Answer, enclose: Callable[[tuple[int, ...]], Number]) -> Answer:
    """Where ``expected`` is no finite number and its enclosure is one of the judged type, that number: ``log(1 + exp(x))``
    of a large x. What a right implementation may be off by is not known there, as the formula's steps say nothing."""
    lost = ~np.isfinite(answer.expected)
    if not lost.any():
        return answer
    expected, error = answer.expected.copy(), answer.error.copy()
    for at in np.argwhere(lost):
        place = tuple(int(i) for i in at)
        try:
            found = _number(enclose(place), answer.expected.dtype)
        except NoProof:
            break
        if abs(found) <= answer.p.largest:
            expected[place] = found
            error.reshape(len(error), -1)[:, np.ravel_multi_index(place, expected.shape) if place else 0] = np.inf
    return replace(answer, expected=expected, error=error)


def finite(arrays: Iterable[Array | None]) -> bool:
    """Whether all numbers are finite."""
    return all(x is None or bool(np.isfinite(x).all()) for x in arrays)


def entry(enclosed: Callable[[], Any], at: tuple[int, ...]) -> Number:
    """The ball at one place of an array of balls. Raises NoProof."""
    try:
        with balls.digits():
            found = enclosed()
            return found.at(int(np.ravel_multi_index(at, found.shape)) if at else 0)
    except NoProof:
        raise
    except Exception as error:
        raise NoProof(f"{type(error).__name__}: {error}") from error


def _number(ball: Number, dtype: np.dtype[Any]) -> complex | float:
    """The midpoint of a ball, infinite where the ball is not a number or is wider than it."""
    with balls.digits():
        if not ball.is_finite() or ball.rel_accuracy_bits() < WANTED_BITS:
            return np.inf
        return complex(ball.mid()) if dtype.kind == "c" else float(ball.mid())
