"""Discrete Fourier transforms of balls, by the definition."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import lcm, prod
from typing import Any

import numpy as np
from flint import acb, arb

from harness.balls.enclosures import Balls, Number, added, made
from harness.balls.moving import flat_places
from harness.dispatch import NORMS


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
    places = flat_places(x)

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
        return added(terms) * scale

    return made(x.shape, "c", x.work, entry, (x, lambda g: fftn(g, where, not inverse, norm)))


def numpy_fftn(x: Balls, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Balls:
    return fftn(x, range(x.ndim) if axes is None else axes, norm=NORMS[norm])
