"""The page on what the project grew from is true: each row names what exists, and says what the harness finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import torch

from harness import cases, runs, specs
from harness.asking.libraries import torch_tensors
from harness.model import RED, Spec, Verdict
from reference_impls import function_db
from reference_impls.scipy_conv2d import scipy_conv2d_published

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8")

# The first use of torch's forward mode in a process compiles a few formulas of its own and warns about how.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


@dataclass(frozen=True)
class Row:
    """One line of the page's tables; ``candidates`` empty for all."""

    system: str
    specs: tuple[str, ...]
    candidates: tuple[str, ...]
    found: str

    @property
    def pairs(self) -> Iterator[tuple[Spec, str]]:
        """Every spec with those of the candidates that it has."""
        for op in self.specs:
            there = [c.name for c in spec(op).candidates]
            yield from ((spec(op), name) for name in there if name in (self.candidates or there))


def rows() -> list[Row]:
    """The rows of all tables but their heads."""
    lines = [
        line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| system", "| entry"))
    ]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [Row(c[0], *(tuple(re.findall(r"`([^`]+)`", x)) for x in c[1:3]), c[3]) for c in cells]


@cache
def spec(op: str) -> Spec:
    """The spec of that name."""
    return specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)


@cache
def judged(op: str, address: str) -> tuple[Verdict, ...]:
    """All verdicts at one case."""
    judge = runs.ready(spec(op), runs.holders(str(ROOT), "", None))
    return tuple(judge.verdicts(cases.find(spec(op), address), 0, lambda name, law: None))


every_row = pytest.mark.parametrize("row", rows(), ids=lambda row: row.system[:40])


@every_row
def test_what_a_row_names_exists(row: Row) -> None:
    assert {name for _, name in row.pairs} >= set(row.candidates)
    assert {s.op for s, _ in row.pairs} == set(row.specs)


@every_row
def test_a_row_says_what_the_specs_know(row: Row) -> None:
    known = [any(name in entry.by for entry in s.known) for s, name in row.pairs]
    assert row.found.split(":")[0] in ("conforms", "deviates", "unsupported")
    assert all(known) if row.found.startswith("deviates") else not any(known)


@every_row
def test_the_first_case_comes_out_as_the_row_says(row: Row) -> None:
    for s, name in row.pairs:
        mine = [v for v in judged(s.op, s.op) if v.candidate == name]
        assert mine
        assert not [v for v in mine if v.status in RED]
        if row.found.startswith("conforms"):
            assert {v.status for v in mine} <= {"conforms", "not believed", "unsupported"}
        if row.found.startswith("unsupported"):
            assert {v.status for v in mine if v.law in ("gradient", "subsets", "adjoint")} == {"unsupported"}


def test_every_function_that_ships_with_torch_has_its_row() -> None:
    entries = {row.system for row in rows()}
    try:
        assert set(function_db.functions()) <= entries
    except ModuleNotFoundError as missing:
        pytest.skip(str(missing))


def of(op: str, address: str, candidate: str, law: str) -> dict[str, str]:
    """Status by subject of one candidate under one law."""
    return {v.of: v.status for v in judged(op, address) if v.candidate == candidate and v.law == law}


@pytest.mark.parametrize("width", [8, 9])
def test_the_wrong_transform_is_found_out_by_itself(width: int) -> None:
    address = f"abs_rfft2/W:{width}" if width != 8 else "abs_rfft2"
    assert of("abs_rfft2", address, "torch.BadFFT", "agrees") == {"output": "conforms"}
    gradient = of("abs_rfft2", address, "torch.BadFFT", "gradient")
    subject = "gradient of input" if width == 8 else ""  # of an odd width its shape is wrong, and torch raises
    assert gradient[subject] == "known"
    assert set(of("abs_rfft2", address, "torch.AbsRFFT2", "gradient").values()) == {"conforms"}


def test_the_witness_believes_the_published_layer_where_the_derived_bound_does_not() -> None:
    address = "scipy_conv2d/H:20/W:20"
    inputs = [torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) for shape in SHAPES]
    agrees, _ = torch_tensors.gradcheck(scipy_conv2d_published, inputs, range(3))
    assert agrees
    gradients = of("scipy_conv2d", address, "torch.published", "gradient")
    assert gradients["gradient of input"] == "conforms"
    assert gradients["gradient of filter"] == gradients["gradient of bias"] == "known"


#: The published example: a 3x3 filter on a 20x20 image.
SHAPES = ((20, 20), (3, 3), (1, 1))
