"""What a page shows of the worst rows is what was judged: arrays, digits, numbers in the formula, smaller cases."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_repro import Scripts
from test_shrinking import DIES

from harness import bounds, cases, evidence, execution, fills, runs, shrinking, specs
from harness.asking.hosts import Limits
from harness.model import CandidateSpec, Case, Spec, Verdict

ROOT = Path(__file__).parents[1]


def read(op: str) -> Spec:
    return specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)


def judged(spec: Spec, only: str) -> tuple[runs.Plan, list[Verdict]]:
    chosen = runs.plan([spec], 0, only)
    rows = [r for _, found in execution.isolated(chosen.tasks, runs.setup([spec], Limits()), workers=1) for r in found]
    return chosen, rows


def at(nested: object, place: str) -> object:
    for i in place.split():
        nested = nested[int(i)]  # type: ignore[index]
    return nested


@pytest.fixture(scope="module")
def gathered() -> tuple[list[Verdict], dict[str, evidence.Evidence]]:
    spec = replace(read("scipy_conv2d"), known=())
    chosen, rows = judged(spec, "kH=3 kW=3 W=10 layout=contiguous fill=normal dtype=float64 H=10,3")
    return rows, evidence.gather(chosen, rows, 6000.0)


def wrong(rows: list[Verdict], found: dict[str, evidence.Evidence], law: str) -> tuple[Verdict, evidence.Evidence]:
    row = next(r for r in rows if r.law == law and r.bound and r.status == "deviates" and evidence.key(r) in found)
    return row, found[evidence.key(row)]


def test_arrays_and_digits_are_those_of_the_row(gathered: tuple[list[Verdict], dict[str, evidence.Evidence]]) -> None:
    row, shown = wrong(*gathered, "gradient")
    assert repr(np.float64(at(shown["actual"], row.at))) == repr(np.float64(row.actual))
    assert np.max(np.asarray(shown["margin"], dtype=float)) == at(shown["margin"], row.at) == row.margin
    assert row.expected in shown["digits"]
    assert f"enclosed {row.message.partition('proved: ')[2].partition(';')[0]}" in shown["digits"]
    assert "units in the last place of float64" in shown["digits"]


def test_the_formula_with_its_numbers_filled_in_gives_the_bound(
    gathered: tuple[list[Verdict], dict[str, evidence.Evidence]],
) -> None:
    """A sum of K products: the numbers shown, put into the formula shown, are the bound of the row."""
    row, shown = wrong(*gathered, "gradient")
    (here,) = (line for line in shown["formula"].splitlines() if line.startswith("here "))
    numbers = dict(re.findall(r"\b([KSQ]) = (?:sum of their \w+ = )?([-\d.e+]+)", here))
    assert set(numbers) == {"K", "S", "Q"}
    by_tier = dict(re.findall(r"^  (random|any|worst) .*= ([-\d.e+]+)$", shown["formula"], re.MULTILINE))
    told_by_row = dict(re.findall(r"(random|any|worst) ([-\d.e+]+)(?:,|$)", shown["formula"].splitlines()[2]))
    assert by_tier == told_by_row
    assert f"{float(row.bound):.6g}" in by_tier.values()
    k, s = int(numbers["K"]), float(numbers["S"])
    p = bounds.precision("float64")
    worst = float(bounds.gamma(k + 1, p.u) + bounds.gamma(k + 1, p.u_wide)) * s
    assert f"{worst:.4g}" == f"{float(by_tier['worst']):.4g}"


def test_every_candidate_stands_beside_it(gathered: tuple[list[Verdict], dict[str, evidence.Evidence]]) -> None:
    _, shown = wrong(*gathered, "gradient")
    assert {"scipy", "torch", "torch.published", "torch.module", "torch.typed"} <= set(shown["margins"])
    assert shown["margins"]["scipy"] <= 1 < shown["margins"]["torch.published"]


def test_the_smallest_case_breaks_in_the_same_way_and_its_script_says_so(
    gathered: tuple[list[Verdict], dict[str, evidence.Evidence]], tmp_path: Path
) -> None:
    row, shown = wrong(*gathered, "gradient")
    address, command = shown["shrunk"].splitlines()[0].split()[0], shown["shrunk"].splitlines()[-1]
    spec = read("scipy_conv2d")
    small = fills.arrays(spec, cases.find(spec, address), 0)
    assert {v for x in small.values() for v in x.reshape(-1).tolist()} == {1.0}
    assert command == f"harness show {address} --candidate {row.candidate} --law gradient"
    judge = runs.ready(replace(spec, known=()), runs.holders(str(ROOT), "", None))
    again = judge.verdicts(cases.find(spec, address), 0, lambda *_: None)
    (same,) = [
        r
        for r in again
        if (r.candidate, r.law, r.subject, r.scenario) == (row.candidate, row.law, row.subject, row.scenario)
    ]
    assert same.status == "deviates"
    with Scripts() as scripts:
        assert scripts.printed(tmp_path, [shown["smallest"]]) == [same.actual]


def test_examples_that_are_asked_for_get_evidence_too() -> None:
    spec = replace(read("abs_rfft2"), known=())
    chosen, rows = judged(spec, "candidate=torch.BadFFT dtype=float64 fill=normal,wide layout=contiguous W=8 H=8")
    example = next(r for r in rows if r.law == "gradient" and r.case == "abs_rfft2" and r.bound)
    worst = evidence.worst_of_cells(chosen, rows)
    assert example in evidence.worst_of_cells(chosen, rows, {evidence.key(example)})
    assert len({(r.op, r.candidate, r.law) for r in worst}) == len(
        {r.law for r in rows if r.status in ("deviates", "fails")}
    )


def test_each_example_of_a_cause_is_shrunk_from_its_own_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of two causes may break one law: what is small for one of them says nothing of the other."""
    spec, started = replace(read("abs_rfft2"), known=()), list[str]()

    def broken(looks: object, spec: object, start: Case, *_: object) -> Verdict:
        started.append(start.id)
        raise shrinking.Unbroken("")

    chosen, rows = judged(spec, "candidate=torch.BadFFT dtype=float64 fill=normal,wide layout=contiguous W=8 H=8")
    examples = {r.case: r for r in rows if r.law == "gradient" and r.bound and r.status == "deviates"}
    assert len(examples) > 1
    monkeypatch.setattr(shrinking, "broken", broken)
    evidence.gather(chosen, rows, 0.0, first={evidence.key(row) for row in examples.values()})
    assert examples.keys() <= set(started)


def test_a_death_shrinks_and_has_a_script_and_calls_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dies_in_a_run.py").write_text(DIES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    given = CandidateSpec("dies", "dies_in_a_run:sigmoid", None, "torch")
    spec = replace(read("sigmoid"), candidates=(given,), known=())
    chosen, rows = judged(spec, "case=sigmoid")
    (row,) = [r for r in rows if r.status == "crashed"]
    shown = evidence.gather(chosen, rows, 6000.0)[evidence.key(row)]
    assert shown["shrunk"].startswith("sigmoid/N:2/M:1/fill:values_1")
    assert "dies_in_a_run:sigmoid" in shown["repro"]
    assert "actual" not in shown


def test_nothing_wrong_needs_no_evidence() -> None:
    spec = read("sigmoid")
    spec = replace(spec, candidates=tuple(c for c in spec.candidates if c.name == "torch"))
    chosen, rows = judged(spec, "case=sigmoid")
    assert evidence.gather(chosen, rows, 6000.0) == {}
