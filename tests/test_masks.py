"""The law of the mask: each way of dropping wrongly breaks it and only it, right ways keep it, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lookalikes import dropping as otherwise
from miniatures import dropping as wrong

from harness import cases, runs, specs
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.candidates import Candidate
from harness.judgement import Judge
from harness.laws.readings import correlation
from harness.model import CandidateSpec, Verdict
from reference_impls import dropping

SPEC = specs.read(Path(__file__).parents[1] / "specs" / "dropout.yaml", runs.LAW_NAMES)

#: The case at which each miniature is wrong, where it is not the first one, and the scenarios that say so.
WRONG: dict[str, tuple[str, set[str]]] = {
    "dropout_unscaled": ("", {"kept"}),
    "dropout_of_keeping": ("/p:0.1", {"share", "order"}),
    "dropout_of_rows": ("", {"share", "order"}),
    "dropout_of_columns": ("", {"share", "order"}),
    "dropout_of_no_seed": ("", {"twice", "of other inputs"}),
    "dropout_of_one_seed": ("", {"order"}),
    "dropout_of_contents": ("", {"of other inputs"}),
    "dropout_in_turn": ("/p:0.1", {"order"}),
    "dropout_always": ("/training:false", {"share", "kept"}),
}


def judged(call: Callable[..., Any], vjp: Callable[..., Any] | None, address: str, seed: int = 0) -> list[Verdict]:
    given = CandidateSpec("candidate", "nowhere:candidate", library="numpy", algorithm="step-by-step")
    held = Inline.function(call, vjp, libraries.load("numpy"))
    judge = Judge(SPEC, (Candidate("candidate", SPEC, given, held),))
    return list(judge.verdicts(cases.find(SPEC, address), seed, lambda name, law: None))


def broken(rows: list[Verdict]) -> set[tuple[str, str]]:
    return {(row.law, row.scenario) for row in rows if row.status in ("deviates", "fails", "inconclusive")}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_each_way_of_dropping_wrongly_breaks_the_law_and_only_it(name: str) -> None:
    where, said = WRONG[name]
    found = broken(judged(getattr(wrong, name), None, f"dropout{where}"))
    assert found
    assert {law for law, _ in found} == {"mask"}
    assert {scenario for _, scenario in found} <= said


@pytest.mark.parametrize("vjp", ["dropout_unscaled_vjp", "dropout_redrawn_vjp"])
def test_slopes_are_those_of_what_was_kept(vjp: str) -> None:
    assert broken(judged(dropping.dropout, getattr(wrong, vjp), "dropout")) == {("mask", "of what is kept")}


@pytest.mark.parametrize("call", [dropping.dropout, otherwise.dropout_by_coins, otherwise.dropout_by_single])
def test_right_ways_keep_the_law_at_every_seed(call: Callable[..., Any]) -> None:
    for seed in range(12):
        for address in (f"dropout/seed:{seed + 3}", f"dropout/p:0.3/seed:{seed + 3}", "dropout/p:1.0"):
            assert not broken(judged(call, None, address, seed)), address


def test_the_largest_correlation_is_that_of_every_distance() -> None:
    c = np.random.default_rng(3).integers(-9, 9, 11)
    plain = [int(np.sum(c * np.roll(c, -k))) for k in range(1, c.size)]
    together = round(
        float(correlation(c.astype(float), c.astype(float))) * c.size
    )  # whole numbers, which no rounding moves
    assert together == max(plain, key=abs)
