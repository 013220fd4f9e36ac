"""Integer inputs: a domain of whole numbers, all of which are drawn; what is wrong with one is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import harness
from harness import cases, fills, runs, specs

SPEC = """op: picked
doc: Rows of a table, chosen and masked.
inputs:
  table: [V, D]
  index: {shape: [N], dtype: int64, domain: 0..V-1}
  keep?: {shape: [N], dtype: bool}
  signed: {shape: [N], dtype: int32, domain: -2..2}
outputs: {y: [N, D]}
sizes: {V: [5, 1, 40], D: 2, N: [9, 1, 0]}
dtype: [float64, float32]
sweep: {fill: [zeros, constant, edges, wide]}
error: {model: formula}
oracle: numpy:take
"""


def read(folder: Path, text: str = SPEC) -> specs.SpecErrors | object:
    path = folder / "picked.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        return specs.read(path, runs.LAW_NAMES)
    except specs.SpecErrors as error:
        return error


def drawn(folder: Path, case: str, name: str, seed: int = 0) -> np.ndarray:
    spec = read(folder)
    return fills.arrays(spec, cases.find(spec, case), seed)[name]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("fill", ["normal", "wide", "edges"])
def test_the_ends_of_a_domain_are_always_drawn(tmp_path: Path, seed: int, fill: str) -> None:
    index = drawn(tmp_path, f"picked/fill:{fill}", "index", seed)
    assert index.dtype == np.int64
    assert index.min() == 0
    assert index.max() == 4 or fill == "edges"
    assert drawn(tmp_path, "picked", "signed", seed).min() == -2


def test_a_domain_follows_sizes_and_fills(tmp_path: Path) -> None:
    assert set(drawn(tmp_path, "picked/V:1", "index")) == {0}
    assert drawn(tmp_path, "picked/V:40", "index").max() == 39
    assert set(drawn(tmp_path, "picked/fill:zeros", "index")) == {0}
    assert len(set(drawn(tmp_path, "picked/fill:constant", "index"))) == 1
    assert drawn(tmp_path, "picked/N:1", "index").size == 1
    assert drawn(tmp_path, "picked/N:0", "index").size == 0
    assert drawn(tmp_path, "picked", "keep").dtype == bool


@pytest.mark.parametrize(("dtype", "partner"), [("float32", np.complex64), ("complex64", np.complex64)])
def test_a_complex_input_is_as_precise_as_its_case(tmp_path: Path, dtype: str, partner: type) -> None:
    text = SPEC.replace("table: [V, D]", "table: {shape: [V, D], dtype: complex}").replace("float32", dtype)
    spec = read(tmp_path, text)
    assert fills.arrays(spec, cases.find(spec, f"picked/dtype:{dtype}"), 0)["table"].dtype == partner


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", domain: 0..V-1", "", "expected the first and the last value of integers, as `domain: 0..V-1`"),
        ("0..V-1", "0..W-1", "unknown name `W`"),
        ("0..V-1", "0..", "expected `first..last` of whole numbers"),
        ("dtype: int64, domain: 0..V-1", "domain: 0..V-1", "expected an integer dtype with the domain"),
        ("0..V-1", "postive", "unknown domain `postive`; did you mean `positive`?"),
        ("{model: formula}", "{model: formula, order: fixd}", "unknown order `fixd`; did you mean `fixed`?"),
    ],
)
def test_a_wrong_domain_or_order_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in str(read(tmp_path, SPEC.replace(old, new)))


def test_a_chain_of_additions_is_one_sum_unless_the_order_is_fixed() -> None:

    def chain(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        return a + b + c

    a, b, c = (np.float32(v) * np.ones(1, np.float32) for v in (1e8, -1e8, 1.0))
    harness.assert_close_to_definition(a + (b + c), chain, a, b, c)
    fixed = replace(harness.Definition(chain), fixed_order=True)
    with pytest.raises(AssertionError, match="beyond their bounds"):
        harness.assert_close_to_definition(a + (b + c), fixed, a, b, c)
