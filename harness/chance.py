"""Counts -> how likely chance makes them: what is believed of a rule, a place, a pair of neighbours."""

from __future__ import annotations

from math import comb, exp, lgamma, log

#: How likely a pattern may be by chance alone that is still said: one of so many would be noise.
CHANCE = 0.01


def choices(count: int, chosen: int) -> float:
    """The bits it takes to say which of ``count`` things are ``chosen``."""
    return (lgamma(count + 1) - lgamma(chosen + 1) - lgamma(count - chosen + 1)) / log(2)


def among(count: int, bad: int, inside: int, caught: int) -> float:
    """The chance that of ``bad`` of ``count`` cases at least ``caught`` are among ``inside`` given ones."""
    least, most = max(caught, bad + inside - count, 0), min(bad, inside)
    ways = sum(comb(inside, n) * comb(count - inside, bad - n) for n in range(least, most + 1))
    return ways / comb(count, bad)


def none_of(rate: float, entries: float) -> float:
    """The chance that none of so many entries is wrong where each is at a rate."""
    return exp(-rate * entries)
