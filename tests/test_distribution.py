"""The law of what is drawn: each way of drawing wrongly breaks it, right ways keep it, whatever the seed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from math import exp, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstwo, poisson

from harness import cases, runs, specs
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.bounds import DELTA
from harness.candidates import Candidate
from harness.judgement import Judge
from harness.laws.distribution import chance, least, repeats
from harness.model import CandidateSpec, Spec
from reference_impls import initializers

SPEC = specs.read(Path(__file__).parents[1] / "specs" / "xavier_uniform.yaml", runs.LAW_NAMES)

Draw = Callable[..., Any]


def right(weight: Any, gain: float, seed: int) -> Any:
    """Nothing wrong."""
    return initializers.xavier_uniform(weight, gain, seed)


def too_wide(weight: Any, gain: float, seed: int) -> Any:
    """Twice the deviation in place of the half-width: the square root of 3 is missing."""
    return right(weight, gain, seed) * 2 / np.sqrt(np.float32(3))


def fans_mixed_up(weight: Any, gain: float, seed: int) -> Any:
    """Twice the fan in, in place of both fans."""
    fan_in, fan_out = initializers._fans(weight.shape)
    return right(weight, gain * np.sqrt((fan_in + fan_out) / (2 * fan_in)), seed)


def of_another_shape(weight: Any, gain: float, seed: int) -> Any:
    """The normal distribution of the same deviation."""
    return initializers.xavier_normal(weight, gain, seed)


def one_far_out(weight: Any, gain: float, seed: int) -> Any:
    """One entry of many is ten times too large."""
    drawn = right(weight, gain, seed)
    drawn.reshape(-1)[7] *= 10
    return drawn


def positive(weight: Any, gain: float, seed: int) -> Any:
    """The sign is lost."""
    return np.abs(right(weight, gain, seed))


def in_order(weight: Any, gain: float, seed: int) -> Any:
    """The right numbers, from the smallest to the largest."""
    return np.sort(right(weight, gain, seed).reshape(-1)).reshape(weight.shape)


def truncated(weight: Any, gain: float, seed: int) -> Any:
    """What lies in the outermost hundredth is drawn anew, further in."""
    drawn = right(weight, gain, seed)
    far = np.abs(drawn) > 0.99 * np.abs(drawn).max()
    return np.where(far, drawn * drawn.dtype.type(0.9), drawn)


def in_blocks(weight: Any, gain: float, seed: int) -> Any:
    """The first 8,192 numbers over and over."""
    return np.resize(right(weight, gain, seed).reshape(-1)[:8192], weight.shape)


def of_one_seed(weight: Any, gain: float, seed: int) -> Any:
    """Whatever the seed."""
    return right(weight, gain, 0)


def of_one_bit(weight: Any, gain: float, seed: int) -> Any:
    """Of the seed one bit is looked at."""
    return right(weight, gain, seed & 1)


def of_16_bits(weight: Any, gain: float, seed: int) -> Any:
    """Of the seed 16 bits are looked at."""
    return right(weight, gain, seed & 0xFFFF)


def mirrored(weight: Any, gain: float, seed: int) -> Any:
    """Every number is followed by its negative."""
    drawn = right(weight, gain, seed).reshape(-1)
    drawn[1::2] = -drawn[::2]
    return drawn.reshape(weight.shape)


def of_no_seed(weight: Any, gain: float, seed: int) -> Any:
    """Fresh entropy at every call, whatever the seed."""
    return right(weight, gain, secrets.randbits(32))


def of_contents(weight: Any, gain: float, seed: int) -> Any:
    """The seed is moved by what stands in the weight."""
    return right(weight, gain, [seed, *weight.reshape(-1)[:8].view(np.uint8)])


def stratified(weight: Any, gain: float, seed: int) -> Any:
    """One entry in each of n equal parts, shuffled."""
    rng, n = np.random.default_rng(seed), weight.size
    shares = (rng.permutation(n) + rng.random(n)) / n
    half = gain * np.sqrt(6 / sum(initializers._fans(weight.shape)))
    return (half * (2 * shares - 1)).reshape(weight.shape).astype(weight.dtype)


def of_few_bits(weight: Any, gain: float, seed: int) -> Any:
    """In steps of the range over 2**24."""
    half = gain * np.sqrt(6 / sum(initializers._fans(weight.shape)))
    whole = np.random.default_rng(seed).integers(-(1 << 23), 1 << 23, weight.shape)
    return (half * whole / (1 << 23)).astype(weight.dtype)


def in_magnitudes(weight: Any, gain: float, seed: int) -> Any:
    """The second half has the magnitudes of the first, and signs of its own."""
    drawn = right(weight, gain, seed).reshape(-1)
    half = drawn.size // 2
    drawn[half:] = np.abs(drawn[:half]) * np.sign(drawn[half:])
    return drawn.reshape(weight.shape)


def loud_after_high(weight: Any, gain: float, seed: int) -> Any:
    """Of each pair the second one is in the outer half where the first one is positive."""
    drawn, width = right(weight, gain, seed).reshape(-1), gain * np.sqrt(6 / sum(initializers._fans(weight.shape)))
    drawn[1::2] = (drawn[1::2] + width * (drawn[::2] > 0) * np.sign(drawn[1::2])) / 2
    return drawn.reshape(weight.shape)


def judging(spec: Spec, draw: Draw) -> Judge:
    """What judges one way of drawing, held in this process."""
    held = Inline.function(draw, None, libraries.load("numpy"))
    return Judge(spec, (Candidate("drawn", spec, CandidateSpec("drawn", "nowhere:drawn"), held),))


def broken(spec: Spec, draw: Draw, address: str, law: str = "distribution") -> set[str]:
    """What the law finds wrong, by the first word after the output's name."""
    rows = judging(spec, draw).verdicts(cases.find(spec, address), 0, lambda name, of: None)
    judged = [row for row in rows if row.law == law]
    assert judged
    assert {row.status for row in judged} <= {"conforms", "deviates"}
    return {row.scenario for row in judged if row.status == "deviates"}


@pytest.mark.parametrize(
    ("draw", "found"),
    [
        (too_wide, {"spread", "tails", "magnitudes"}),
        (fans_mixed_up, {"spread", "tails", "magnitudes"}),
        (of_another_shape, {"spread", "tails", "magnitudes"}),
        (one_far_out, {"tails"}),
        (positive, {"spread", "tails", "order"}),
        (truncated, {"tails"}),
        (in_order, {"order", "magnitudes", "crossed"}),
        (in_blocks, {"order", "magnitudes", "distinct"}),
        (of_one_seed, {"order", "magnitudes"}),
        (of_one_bit, {"order", "magnitudes"}),
        (of_16_bits, {"order", "magnitudes"}),
        (mirrored, {"order", "magnitudes"}),
        (stratified, {"evenness"}),
        (in_magnitudes, {"magnitudes", "distinct"}),
        (loud_after_high, {"crossed"}),
        (of_few_bits, {"distinct"}),
        (of_no_seed, {"twice", "of other inputs"}),
        (of_contents, {"of other inputs"}),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_a_wrong_way_to_draw_breaks_the_law(draw: Draw, found: set[str]) -> None:
    assert broken(SPEC, draw, "xavier_uniform/dtype:float64") == found


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_the_right_way_keeps_it_whatever_the_seed(seed: int, dtype: str) -> None:
    assert not broken(SPEC, right, f"xavier_uniform/seed:{seed}/dtype:{dtype}")


@pytest.mark.parametrize("n", [4096, 32_768])
def test_the_bound_is_where_chance_is_as_rare_as_stated(n: int) -> None:
    assert DELTA / 2 < kstwo.sf(chance(n), n) <= DELTA


@pytest.mark.parametrize("bits", [20, 30, 52])
@pytest.mark.parametrize("n", [100, 4096, 32_768])
def test_more_repeat_than_are_allowed_as_seldom_as_stated(n: int, bits: int) -> None:
    most, pairs = repeats(n, 2.0**-bits), n * (n - 1) / 2 * 2.0**-bits
    assert poisson.sf(most, pairs) <= DELTA
    assert most <= 1 or poisson.sf(most // 2, pairs) > DELTA


@pytest.mark.parametrize("n", [100, 4096, 32_768, 1_000_000])
def test_the_least_distance_is_that_of_kolmogorov_s_distribution(n: int) -> None:
    root = least(n) * sqrt(n)
    near = root + 1 / (6 * sqrt(n)) + (root - 1) / (4 * n)  # Vrbik 2018, Pioneer J. Theor. Appl. Stat. 15
    limit = sqrt(2 * pi) / near * exp(-(pi**2) / (8 * near**2))  # the first term of Kolmogorov's series
    assert DELTA / 2 < limit < 2 * DELTA


def test_numbers_that_are_too_few_are_not_believed() -> None:
    few = replace(cases.find(SPEC, "xavier_uniform"), sizes={"shape": (2, 3)})
    rows = judging(SPEC, right).verdicts(few, 0, lambda name, law: None)
    assert {row.status for row in rows if row.of == "output spread"} == {"not believed"}
