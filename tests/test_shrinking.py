"""A case goes down while the same law breaks in the same way, also where that ends the process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import cases, runs, shrinking, specs
from harness.model import CandidateSpec, Spec

ROOT = Path(__file__).parents[1]

DIES = """
import ctypes


def sigmoid(input):
    if input.shape[0] > 1:
        ctypes.string_at(0)
    return 1 / (1 + (-input).exp())
"""


def read(op: str) -> Spec:
    return specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)


def named(spec: Spec, name: str) -> CandidateSpec:
    return next(c for c in spec.candidates if c.name == name)


def test_a_wrong_gradient_shrinks_to_a_tiny_image() -> None:
    spec = read("abs_rfft2")
    start = cases.find(spec, "abs_rfft2/dtype:float32/fill:wide")
    small = shrinking.shrink(spec, start, named(spec, "torch.BadFFT"), law="gradient")
    assert (small.row.status, small.row.law) == ("deviates", "gradient")
    assert small.row.margin > 1
    assert shrinking.entries(spec, small.case) <= 4
    assert (small.case.dtype, small.case.fill) == ("float64", "normal")
    assert cases.find(spec, small.case.id) == small.case


def test_an_exception_shrinks_to_the_same_exception() -> None:
    spec = read("abs_rfft2")
    start = cases.find(spec, "abs_rfft2/H:17/W:33")
    small = shrinking.shrink(spec, start, named(spec, "torch.BadFFT"), law="gradient")
    assert small.row.status == "fails"
    assert small.case.sizes["W"] % 2 == 1
    assert small.looks <= shrinking.BUDGET


def test_a_crash_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dies_of_rows.py").write_text(DIES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    given = CandidateSpec("dies", "dies_of_rows:sigmoid", None, "torch")
    spec = replace(read("sigmoid"), candidates=(given,), known=())
    small = shrinking.shrink(spec, cases.find(spec, "sigmoid/N:64/M:17/fill:wide"), given)
    assert small.row.status == "crashed"
    assert dict(small.case.sizes) == {"N": 2, "M": 1}
    assert small.case.fill == "normal"


def test_what_is_right_does_not_shrink() -> None:
    spec = read("sigmoid")
    with pytest.raises(shrinking.Unbroken, match="does not break"):
        shrinking.shrink(spec, cases.find(spec, "sigmoid"), named(spec, "torch"), law="agrees")


@pytest.mark.parametrize("budget", [1, 2, 3])
def test_no_budget_is_passed_and_nothing_grows(budget: int) -> None:
    spec = read("scipy_conv2d")
    start = cases.find(spec, "scipy_conv2d/H:20/kH:5/layout:strided/fill:wide")
    small = shrinking.shrink(spec, start, named(spec, "torch.published"), law="gradient", budget=budget)
    assert small.looks <= budget
    assert shrinking.entries(spec, small.case) <= shrinking.entries(spec, start)
