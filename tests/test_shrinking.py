"""A case goes down while the same law breaks in the same way, also where that ends the process."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness import cases, fills, runs, shrinking, specs
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
    assert small.case.id == "abs_rfft2/H:1/W:2/fill:values_0_1"
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
    assert (small.case.sizes["N"], small.case.sizes["M"]) == (2, 1)
    assert small.case.fill == "values_1"


HALF_FAR_OUT = """
import numpy as np

def sigmoid(input):
    right = 1 / (1 + np.exp(-np.clip(input, -700, 700)))
    return np.where(input < -1e20, 0.5, right).astype(input.dtype)
"""


def test_entries_go_down_to_few_digits_where_neither_ones_nor_zeros_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_far_out.py").write_text(HALF_FAR_OUT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    given = CandidateSpec("half", "half_far_out:sigmoid", None, "numpy")
    spec = replace(read("sigmoid"), candidates=(given,), known=())
    small = shrinking.shrink(spec, cases.find(spec, "sigmoid/fill:huge"), given, law="agrees")
    assert re.fullmatch(r"sigmoid/N:1/M:1/(rank:1/)?fill:values_-\de\+30\d", small.case.id)
    (entry,) = fills.arrays(spec, cases.find(spec, small.case.id), 0)["input"].reshape(-1)
    assert repr(float(entry)) == small.case.id.rpartition("_")[2]


def test_a_fill_can_hold_the_entries_of_every_input() -> None:
    spec = read("scipy_conv2d")
    case = cases.find(spec, "scipy_conv2d/H:2/W:1/kH:1/kW:1/fill:values_1_-2.5_0_3e-05")
    found = {name: x.reshape(-1).tolist() for name, x in fills.arrays(spec, case, 7).items()}
    assert found == {"input": [1.0, -2.5], "filter": [0.0], "bias": [3e-05]}
    again = fills.arrays(spec, cases.find(spec, "scipy_conv2d/fill:values_1"), 7)
    assert {v for x in again.values() for v in x.reshape(-1).tolist()} == {1.0}
    other = fills.arrays(spec, case, 7, "others")
    assert other["input"].tolist() != [[1.0], [-2.5]]


def test_complex_entries_are_held_too() -> None:
    spec = read("fft")
    case = cases.find(spec, "fft/dtype:complex128/fill:values_1+2j_-0.5j")
    (x,) = fills.arrays(spec, case, 0).values()
    assert set(x.reshape(-1).tolist()) == {1 + 2j, -0.5j}


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
