"""Instruction sets: what they are compared by, and that a part of the specs is green under the plainest of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import capabilities
import pytest
from capabilities import judge, page, settings

from harness import runs, specs
from harness.builds import Build, capability_of
from harness.model import Verdict
from harness.store import Store

SPECS = Path(__file__).parents[1] / "specs"

#: Judged on every host: kernels that differ from one instruction set to another. ``tox -e capabilities`` judges all.
FEW = ("gelu", "conv1d", "conv_transpose2d", "conv2d_weight")


def test_a_part_of_the_specs_is_green_without_vector_instructions(tmp_path: Path) -> None:
    part = ("--only", "candidate=torch,torch.half", "--budget", "24", "-j", "1")
    done = judge(FEW, tmp_path, {"ATEN_CPU_CAPABILITY": "default"}, *part)
    with Store.open(tmp_path / "run.sqlite") as store:
        rows = list(store.rows())
        assert capability_of(store.header) == "DEFAULT"
    assert done == 0, [r.message for r in runs.red(rows)]
    assert {row.op for row in rows} == set(FEW)


@pytest.mark.parametrize(
    ("native", "names"),
    [
        (
            "AVX512",
            [
                *("default", "avx2", "avx512", "onednn-sse41", "onednn-avx2", "onednn-avx512_core", "mkl-avx2"),
                "avx2-machine",
            ],
        ),
        ("DEFAULT", ["default"]),
        ("NO AVX", ["no avx"]),
    ],
)
def test_each_step_that_a_machine_has_is_tried(native: str, names: list[str]) -> None:
    assert list(settings(native)) == names


def test_the_machine_is_asked_without_the_settings_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before = capabilities.native()
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    assert capabilities.native() == before


def row(case: str, status: str, margin: float, candidate: str = "torch", known: str = "") -> Verdict:
    return Verdict("gelu", case, candidate, "agrees", "output y", "", status, margin=margin, known=known)


#: One result that deviates without vector instructions alone, one that is the same, one whose error grows, one oracle's.
PLAIN = [
    row("gelu/dtype:float32", "known", 3.0, known="1: it has another kernel"),
    row("gelu/dtype:bfloat16", "conforms", 0.5),
    row("gelu/dtype:float16", "conforms", 0.01),
    row("gelu", "conforms", 0.5, candidate="oracle"),
]


def stored(folder: Path, name: str, rows: list[Verdict]) -> Store:
    spec = specs.read(SPECS / "gelu.yaml", runs.LAW_NAMES)
    builds = {"torch cpu capability": name, "torch onednn": "available", "torch fft": "MKL"}
    facts = {"versions": {"torch": "2.13.0"}, "builds": builds}
    store = Store.create(folder / f"{name}.sqlite", runs.header(runs.plan([spec], 0), "harness run", facts, Build()))
    store.append(rows)
    store.flush()
    return store


def test_the_page_tells_what_depends_on_the_instruction_set_and_nothing_else(tmp_path: Path) -> None:
    vectors = [
        replace(PLAIN[0], status="conforms", margin=0.9, known=""),
        PLAIN[1],
        replace(PLAIN[2], margin=0.2),
        PLAIN[3],
    ]
    found = {"gelu": specs.read(SPECS / "gelu.yaml", runs.LAW_NAMES)}
    with stored(tmp_path, "DEFAULT", PLAIN) as one, stored(tmp_path, "AVX2", vectors) as other:
        text = page({"default": one, "avx2": other}, found)
    assert (
        "| gelu | torch | float32 | agrees | 1 known; 3 | 1 conforms; 0.9 | it has another kernel"
        " | `gelu/dtype:float32` |" in text
    )
    assert "| gelu | torch | float16 | 0.01 | 0.2 | declared: `polynomial-erf` |" in text
    assert "bfloat16" not in text
    assert "oracle" not in text


def test_the_page_says_where_nothing_depends_on_it(tmp_path: Path) -> None:
    found = {"gelu": specs.read(SPECS / "gelu.yaml", runs.LAW_NAMES)}
    with stored(tmp_path, "DEFAULT", PLAIN) as one, stored(tmp_path, "AVX2", PLAIN) as other:
        assert "None: every verdict is the same in all runs." in page({"default": one, "avx2": other}, found)
