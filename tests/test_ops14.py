"""Ordinary ops, written as textbooks do: right functions conform, one mistake in each is found."""

from __future__ import annotations

import importlib
import math
import sys
from functools import cache
from pathlib import Path

import pytest

import harness
from harness import runs, specs
from harness.execution import inline
from harness.model import RED, Verdict
from harness.oracles import oracle

FOLDER = Path(__file__).parent / "ops14"
OPS = sorted(p.stem for p in FOLDER.glob("*.yaml"))

#: Cases that are judged of each op: those that differ most come first. Of an axis beyond 2^16 the catalogue's ops are asked.
CASES, LONG = 6, "65537"

#: How close to its bound a right function comes at its worst entry: a bound that is never reached would prove nothing.
SHARP = 0.02

#: Ops of which every step of a right function may be exact.
EXACT = {"embedding"}


@cache
def rows(op: str) -> tuple[Verdict, ...]:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = specs.read(FOLDER / f"{op}.yaml", runs.LAW_NAMES)
        chosen = [t for t in runs.budgeted(runs.plan([spec], 0), CASES, ()).tasks if LONG not in t.case]
        return tuple(row for _, found in inline(chosen, runs.setup([spec], None)) for row in found)
    finally:
        sys.path.remove(str(FOLDER))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("op", OPS)
def test_right_functions_conform_close_to_their_bounds(op: str) -> None:
    right = [r for r in rows(op) if r.candidate != "numpy.mistaken"]
    wrong = [f"{r.case} {r.candidate} {r.law} {r.of}: {r.message}" for r in right if r.status in RED]
    assert not wrong
    assert not [r.message for r in right if r.blame == "oracle"]
    margins = [r.margin for r in right if r.law in ("agrees", "gradient") and math.isfinite(r.margin)]
    assert margins
    assert op in EXACT or SHARP <= max(margins) <= 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("op", OPS)
def test_a_mistake_is_found(op: str) -> None:
    assert any(r.status == "deviates" for r in rows(op) if r.candidate == "numpy.mistaken")


def test_a_case_at_which_a_definition_takes_too_many_steps_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(oracle, "STEPS", 5_000)
    found = harness.check(FOLDER / "lfilter.yaml", importlib.import_module("candidates").lfilter, cases=CASES)
    assert found
    assert "not judged: definitions:lfilter takes more than 5,000 steps at lfilter/" in " ".join(str(found).split())
