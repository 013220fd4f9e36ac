"""Every number of a half type: the cases that hold them, which ops have them, and who is found by them alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from harness import cases, fills, oracles, runs, specs
from harness.builds import Build
from harness.model import CandidateSpec, Spec, Verdict

SPECS = Path(__file__).parents[1] / "specs"

#: The bits of one number, one half above 100 in float16.
ONE_NUMBER = int(np.float16(100.5).view(np.uint16))


def sqrt_but_for_one_number(input: Any) -> Any:
    """The square root, but for one number the next one."""
    y = np.sqrt(input)
    if input.dtype != np.float16:
        return y
    return np.where(input.view(np.uint16) == ONE_NUMBER, np.nextafter(y, np.float16(np.inf)), y)


def sqrt_but_for_the_last_entries(input: Any) -> Any:
    """The square root; what is left of blocks of sixteen entries is rounded down."""
    y = np.sqrt(np.ascontiguousarray(input)).reshape(-1)
    if input.dtype == np.float16 and input.size > 16:
        tail = slice(input.size // 16 * 16, None)
        y[tail] = np.nextafter(y[tail], np.float16(0))
    return y.reshape(input.shape)


def sqrt_by_table(input: Any) -> Any:
    """The square root looked up among those of all numbers of float16, nothing wrong."""
    if input.dtype != np.float16:
        return np.sqrt(input)
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    with np.errstate(invalid="ignore"):
        return np.sqrt(every.astype(np.float64)).astype(np.float16)[np.ascontiguousarray(input).view(np.uint16)]


def read(op: str) -> Spec:
    return specs.read(SPECS / f"{op}.yaml")


def wrong(function: str, case: str) -> list[Verdict]:
    spec = read("sqrt")
    given = (CandidateSpec("mine", f"{__file__}:{function}"),)
    spec = replace(spec, candidates=given, known=())
    judge = runs.judge(spec, given, runs.holders(str(Path.cwd()), "", None), Build())
    return runs.red(judge.verdicts(cases.find(spec, case), 0, lambda *_: None))


def test_every_bit_pattern_of_both_half_types_stands_in_a_case() -> None:
    spec = read("sqrt")
    for dtype in cases.exhaustive(spec)[0].dtype, "bfloat16":
        case = cases.find(spec, f"sqrt/N:1/M:65551/dtype:{dtype}/fill:patterns")
        assert case in cases.exhaustive(spec)
        (x,) = fills.arrays(spec, case, 0).values()
        assert np.array_equal(np.unique(x.view(np.uint16)), np.arange(2**16))


def test_the_last_entries_of_a_case_fill_no_vector() -> None:
    (case, *_) = cases.exhaustive(read("exp2"))
    assert all(cases.numbers(read("exp2"), case) % width for width in (4, 8, 16, 32, 64))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_finite_patterns_are_all_finite_numbers_and_zeros(dtype: str) -> None:
    spec = read("sqrt")
    case = cases.find(spec, f"sqrt/N:1/M:65551/dtype:{dtype}/fill:finite_patterns")
    (x,) = fills.arrays(spec, case, 0).values()
    kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    every = np.arange(2**16, dtype=np.uint16).view(kind)
    with np.errstate(invalid="ignore"):
        assert set(x.view(np.uint16).ravel().tolist()) == set(every[np.isfinite(every)].view(np.uint16).tolist())


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "longdouble", "complex64"])
@pytest.mark.parametrize("length", [0, 1, 2, 7, 1000])
def test_fewer_entries_are_drawn_from_equal_parts_of_the_patterns(dtype: str, length: int) -> None:
    spec = read("identity")
    case = replace(cases.nearest(spec), sizes={"N": 1, "M": length, "rank": 2}, dtype=dtype, fill="patterns")
    (x,) = fills.arrays(spec, case, 0).values()
    assert x.shape == (1, length)
    if dtype in ("float16", "float32", "float64"):
        part = 2 ** (8 * x.itemsize) // max(length, 1)
        assert [int(bits) // part for bits in x.reshape(-1).view(f"u{x.itemsize}")] == list(range(length))


@pytest.mark.parametrize(
    ("op", "due"),
    [
        ("gelu", True),
        ("erf", True),
        ("identity", True),
        ("cast_float8", True),
        ("softmax", False),
        ("cumsum", False),
        ("fftshift", False),
        ("local_response_norm", False),
        ("normal", False),
        ("multiply", False),
    ],
)
def test_only_functions_of_each_entry_by_itself_have_such_cases(op: str, due: bool) -> None:
    assert oracles.entrywise(read(op)) == due
    assert bool(runs.ON_REQUEST["exhaustive"].cases(read(op), 0)) == due


def test_the_grid_is_asked_by_its_name_alone() -> None:
    found = (read("sqrt"), read("softmax"))
    plan = runs.plan(found, 0, "grid=exhaustive dtype=bfloat16")
    assert {(case.op, case.dtype) for some in plan.cases.values() for case in some} == {("sqrt", "bfloat16")}
    assert not {case.id for case in runs.cases_of(found[0], 0)} & {case.id for case in plan.cases["sqrt"]}
    with pytest.raises(runs.Unselected, match="functions entry by entry"):
        runs.plan(found[1:], 0, "grid=exhaustive")


def test_one_wrong_number_among_all_is_found() -> None:
    (row,) = [
        r for r in wrong("sqrt_but_for_one_number", "sqrt/N:1/M:65551/dtype:float16/fill:patterns") if r.law == "agrees"
    ]
    assert row.at == f"0 {ONE_NUMBER}"


def test_last_entries_that_are_computed_otherwise_are_found() -> None:
    assert wrong("sqrt_but_for_the_last_entries", "sqrt/N:1/M:65551/dtype:float16/fill:patterns")


def test_a_table_of_all_numbers_is_right() -> None:
    for case in cases.exhaustive(read("sqrt")):
        if case.dtype == "float16":
            assert wrong("sqrt_by_table", case.id) == []
