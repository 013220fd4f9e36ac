"""Definitions as newcomers write them: what they say is taken, and right functions are not accused."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import harness
from harness import runs, specs
from harness.asking.hosts import Holder
from harness.asking.messages import Described
from harness.asking.servers import Limits, Servers, Wanted
from harness.cases import sizes
from harness.execution import inline
from harness.model import RED

#: Far beyond where an exponential leaves the range of any type, on either side of it, and about the kink.
FAR = np.array([6e5, 800.0, 30.0, 0.5, -3.0, -1e5])


def naive_softplus(x: Any) -> Any:
    return np.log(1 + np.exp(x))


def naive_tanh(x: Any) -> Any:
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_beyond_the_range_of_numbers_hide_no_number(dtype: str) -> None:
    x = FAR.astype(dtype)
    whole = np.sum(np.logaddexp(0, x.astype("float64"))).astype(dtype)
    for naive, right in (
        (naive_softplus, np.logaddexp(0, x)),
        (naive_tanh, np.tanh(x)),
        (lambda x: np.sum(naive_softplus(x)), whole),
    ):
        harness.assert_close_to_definition(right, naive, x)
        assert np.isfinite(harness.Definition(naive).bound(x).expected).all()


def test_what_is_beyond_the_range_itself_stays_infinite() -> None:
    x = FAR.astype("float32")
    with np.errstate(over="ignore"):
        harness.assert_close_to_definition(np.exp(x), lambda x: np.exp(x), x)
    assert np.isinf(harness.Definition(lambda x: np.exp(x)).bound(x).expected[0])


MODULE = """
import math

import harness
import numpy as np


@harness.elementwise
def softplus(x):
    return math.log(1 + math.exp(x))


def candidate(x):
    return np.logaddexp(0, x)
"""

SPEC = """
op: softplus_here
doc: log(1 + exp(x)).
inputs: {x: [N]}
outputs: {y: any}
sizes: {N: [5, 8]}
dtype: [float32, float64]
sweep: {fill: [wide]}
error: {model: formula}
oracle: beside_softplus:softplus
candidates: {numpy: beside_softplus:candidate}
"""


def test_a_candidate_may_stand_beside_an_elementwise_definition(tmp_path: Path) -> None:
    (tmp_path / "beside_softplus.py").write_text(MODULE, encoding="utf-8")
    with closing(Servers()) as servers:
        holder = Holder(servers, Wanted("beside_softplus:candidate", "", "numpy"), Limits(), str(tmp_path))
        assert isinstance(holder.told, Described)
        holder.close()


@pytest.mark.filterwarnings("ignore")
def test_a_naive_definition_accuses_no_right_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "beside_softplus.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "softplus_here.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = specs.read(tmp_path / "softplus_here.yaml", runs.LAW_NAMES)
    rows = [row for _, found in inline(runs.plan([spec], 0).tasks, runs.setup([spec], None)) for row in found]
    assert any("wide" in row.case for row in rows)
    assert [row.message for row in rows if row.status in RED] == []


def sorted_rows(x: Any) -> Any:
    y = np.zeros(x.shape)
    for i in range(len(x)):
        y[i] = sorted(x[i], reverse=True)
    return y


def test_a_list_of_numbers_is_assigned_as_an_array() -> None:
    x = np.random.default_rng(2).standard_normal((2, 5))
    harness.assert_close_to_definition(torch.sort(torch.from_numpy(x), descending=True).values, sorted_rows, x)


def haar_in_two_steps(x: Any) -> Any:
    high = (x[:, ::2] - x[:, 1::2]) / np.sqrt(2)
    return (high[::2] - high[1::2]) / np.sqrt(2)


def test_a_sum_over_a_number_is_still_one_sum_in_any_order() -> None:
    x = np.random.default_rng(3).standard_normal((260, 260)).astype(np.float32)
    p, q, r, s = x[::2, ::2], x[::2, 1::2], x[1::2, ::2], x[1::2, 1::2]
    for found in ((p - q - r + s) / 2, (p + s - (q + r)) / 2, p / 2 - q / 2 - r / 2 + s / 2):
        harness.assert_close_to_definition(found, haar_in_two_steps, x)
    wrong = (p - q - r + s) * np.float32(0.5 + 2**-20)
    with pytest.raises(AssertionError, match="beyond their bounds"):
        harness.assert_close_to_definition(wrong, haar_in_two_steps, x)


def as_a_list(x: Any) -> Any:
    y: list[Any] = []
    for v in x:
        y.append(v if not y else 0.5 * y[-1] + v)
    return y


def test_a_list_of_numbers_is_one_array() -> None:
    x = np.array([1.0, 3.0, -2.0])
    harness.assert_close_to_definition(np.array([1.0, 3.5, -0.25]), as_a_list, x)


def walked(x: Any) -> Any:
    return np.array([np.sum(row * row) for row in x])


def shaped(x: Any) -> Any:
    return np.reshape(x * x, [2 * n // 2 for n in x.shape])


def test_a_list_made_row_by_row_is_a_loop_and_one_of_lengths_is_none() -> None:
    assert sizes._has_loop(walked)
    assert not sizes._has_loop(shaped)
    assert sizes._loops("test_textbook:numbers")


@harness.elementwise
def numbers(x: Any) -> Any:
    return x * x
