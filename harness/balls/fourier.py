"""Discrete Fourier transforms of balls, by the definition."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import lcm, prod
from typing import Any

import numpy as np
from flint import acb, arb

from harness.balls.enclosures import Balls, Number, added, made
from harness.balls.moving import flat_places


@lru_cache(maxsize=4096)
def _root(n: int, m: int) -> Number:
    """``exp(-2 pi i m / n)``, made under ``digits``."""
    return (-2 * acb(m) / n).exp_pi_i()


def fftn(x: Balls, axes: tuple[int, ...], inverse: bool, norm: str) -> Balls:
    """The discrete Fourier transform over axes as its sum."""
    sizes = [x.shape[a] for a in axes]
    length, around = prod(sizes), lcm(*sizes)
    steps = [around // n if n else 0 for n in sizes]
    places = flat_places(x)

    def entry(o: int) -> Number:
        x.work.spend(length)
        k = np.unravel_index(o, x.shape)
        turns = [int(k[a]) * step for a, step in zip(axes, steps, strict=True)]
        index: list[Any] = [int(i) for i in k]
        terms = []
        for n in product(*(range(size) for size in sizes)):
            for a, i in zip(axes, n, strict=True):
                index[a] = i
            turn = sum(i * t for i, t in zip(n, turns, strict=True))
            terms.append(x.at(int(places[tuple(index)])) * _root(around, (-turn if inverse else turn) % around))
        scale = {"none": arb(1), "ortho": arb(length).rsqrt(), "whole": 1 / arb(length)}[norm]
        return added(terms) * scale

    return made(x.shape, "c", x.work, entry)
