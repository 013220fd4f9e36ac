"""One row seen more often than an index counts: which ops are asked so, and who is found by it. The count is small here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness import cases, runs, specs
from harness.builds import Build
from harness.laws import invariance
from harness.model import VAST, CandidateSpec, Spec, Verdict
from harness.subjects import Output, text

SPECS = Path(__file__).parents[1] / "specs"

#: Entries that the indices of these tests count.
FEW = 2**16


def relu_up_to_an_end(input: Any) -> Any:
    """Zero from the entry on that 16 bits do not count."""
    y = np.maximum(input, 0)
    y.reshape(-1)[FEW:] = 0
    return y


def relu_begun_again(input: Any) -> Any:
    """What lies beyond the entries that 16 bits count is written over the first ones, and stays as it was."""
    y = np.full(input.shape, np.nan, input.dtype).reshape(-1)
    flat = np.maximum(input, 0).reshape(-1)
    y[:FEW] = flat[:FEW]
    y[: flat.size - FEW] = flat[FEW:]
    return y.reshape(input.shape)


def relu_cut_off(input: Any) -> Any:
    """There are only as many rows as 16 bits count entries of."""
    return np.maximum(input, 0)[: FEW // input.shape[1]]


def relu_by_torch(input: Any) -> Any:
    """Nothing wrong."""
    return torch.relu(input)


def relu_in_place_of_a_view(input: Any) -> Any:
    """Nothing wrong: the result repeats one row as the input does."""
    return torch.relu(input[:1]).expand(input.shape)


def read(op: str) -> Spec:
    return specs.read(SPECS / f"{op}.yaml")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariance, "ENTRIES", FEW)


def rows(function: str, library: str = "numpy") -> list[Verdict]:
    given = (CandidateSpec("mine", f"{__file__}:{function}", library=library),)
    spec = replace(read("relu"), candidates=given, known=())
    judge = runs.judge(spec, given, runs.holders(str(Path.cwd()), "", None), Build())
    (case,) = cases.vast(spec)
    return judge.verdicts(case, 0, lambda *_: None)


@pytest.mark.parametrize("function", ["relu_up_to_an_end", "relu_begun_again", "relu_cut_off"])
def test_rows_beyond_what_an_index_counts_are_judged(function: str) -> None:
    (row, *_) = runs.red(rows(function))
    assert (row.law, row.subject, row.scenario) == ("vast", text(Output("output")), invariance.FAR_ALONG)


@pytest.mark.parametrize("function", ["relu_by_torch", "relu_in_place_of_a_view"])
def test_who_computes_each_row_alike_is_right(function: str) -> None:
    found = rows(function, "torch")
    assert runs.red(found) == []
    assert {row.law for row in found} == {"status", "vast"}


@pytest.mark.parametrize("op", ["relu", "linear", "conv2d", "fft", "bmm", "cumsum"])
def test_ops_that_compute_rows_apart_have_such_a_case(op: str) -> None:
    spec = read(op)
    (case,) = runs.ON_REQUEST[VAST].cases(spec, 0)
    assert cases.find(spec, case.id) == case
    assert case.id not in {c.id for c in runs.cases_of(spec, 0)}


@pytest.mark.parametrize("op", ["batch_norm", "mse_loss", "convolve"])
def test_ops_whose_rows_are_not_apart_have_none(op: str) -> None:
    assert runs.ON_REQUEST[VAST].cases(read(op), 0) == ()
