"""Systems of equations, each enclosed by Arb's solver."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

from flint import acb_mat, arb_mat

from harness.balls.enclosures import Balls, NoProof, Number, kind_of, made


def solve(a: Balls, b: Balls) -> Balls:
    """``A^-1 B`` of stacks of matrices."""
    n, m = b.shape[-2:]

    @cache
    def solved(k: int) -> Any:
        a.work.spend(n * n * (n + m))
        try:
            return _matrix(a, k, n, n).solve(_matrix(b, k, n, m))
        except ZeroDivisionError:
            raise NoProof("a matrix that may be singular") from None

    def entry(i: int) -> Number:
        k, place = divmod(i, n * m)
        return solved(k)[place // m, place % m]

    return made(b.shape, kind_of(a, b), a.work, entry)


def determinant(a: Balls) -> Balls:
    """The determinants of a stack of matrices."""
    n = a.shape[-1]

    def entry(k: int) -> Number:
        a.work.spend(n**3)
        return _matrix(a, k, n, n).det()

    return made(a.shape[:-2], a.kind, a.work, entry)


def _matrix(x: Balls, k: int, rows: int, columns: int) -> Any:
    """The k-th matrix of a stack."""
    entries = [x.at(k * rows * columns + i) for i in range(prod((rows, columns)))]
    return (acb_mat if x.kind == "c" else arb_mat)(rows, columns, entries)
