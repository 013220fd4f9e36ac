"""Known deviations: of which versions and builds they speak, what they mark, and what they leave red."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from harness import cases, ledger, runs, specs
from harness.builds import Answer, Build
from harness.expressions import parse
from harness.model import Known, Verdict

SPECS = Path(__file__).parents[1] / "specs"
SPEC = specs.read(SPECS / "linear.yaml", runs.LAW_NAMES)
CASE = cases.find(SPEC, "linear")
HERE = Build({"torch": "2.13.0"})
ENTRY = Known(by=("torch",), law=("agrees",), because="it is so", when=parse("True"))


def row(status: str, candidate: str = "torch", law: str = "agrees", subject: str = "output") -> Verdict:
    """A row of the case."""
    return Verdict("linear", "linear", candidate, law, subject, "", status)


def marked(entry: Known, *rows: Verdict, build: Build = HERE) -> list[str]:
    """The statuses of rows once the entry has been applied."""
    return [r.status for r in ledger.applied(replace(SPEC, known=(entry,)), CASE, rows, build)]


PROBE = "reference_impls.probes:torch_fft_refuses_an_empty_batch"


@pytest.mark.parametrize(("answer", "speaks"), [("found", True), ("not found", False), ("unanswered", True)])
def test_an_entry_speaks_where_its_probe_finds_the_behaviour_or_says_nothing(answer: Answer, speaks: bool) -> None:
    assert ledger.matters(replace(ENTRY, probe=PROBE), Build(probes={PROBE: answer})) == speaks


def test_an_entry_whose_probe_finds_nothing_neither_excuses_nor_accuses_and_says_so() -> None:
    here = Build(probes={PROBE: "not found"})
    entry = replace(ENTRY, probe=PROBE, line=31)
    assert marked(entry, row("deviates"), row("conforms"), build=here) == ["deviates", "conforms"]
    spec = replace(SPEC, path="specs/linear.yaml", known=(entry,))
    (said,) = runs.stale(runs.Plan({"linear": spec}, {}, 0), [row("conforms")], whole=True, here=here)
    assert (said.subject, said.status) == ("ledger", "inconclusive")
    assert said.message == (
        "specs/linear.yaml:31: the known deviation of `torch` under `agrees` is inactive:"
        f" `{PROBE}` does not find it in this build"
    )


@pytest.mark.parametrize(
    "here",
    [Build(elsewhere=frozenset({"linear"})), Build(probes={PROBE: "unanswered"})],
    ids=["elsewhere", "unanswered"],
)
def test_where_an_entry_was_not_learned_or_its_probe_died_a_case_may_conform(here: Build) -> None:
    entry = replace(ENTRY, probe=PROBE) if here.probes else ENTRY
    assert marked(entry, row("conforms"), row("deviates"), build=here) == ["conforms", "known"]
    spec = replace(SPEC, known=(entry,))
    (said,) = runs.stale(runs.Plan({"linear": spec}, {}, 0), [row("conforms")], whole=True, here=here)
    assert said.status == "inconclusive"


def test_an_entry_that_matches_nothing_is_red_where_it_was_learned() -> None:
    spec = replace(SPEC, known=(ENTRY,))
    here = Build(elsewhere=frozenset({"conv2d"}))
    (said,) = runs.stale(runs.Plan({"linear": spec}, {}, 0), [row("conforms")], whole=True, here=here)
    assert said.status == "fixed"


def test_an_entry_about_cases_that_are_asked_by_name_alone_is_not_missed_where_they_are_not() -> None:
    spec = specs.read(SPECS / "erf.yaml", runs.LAW_NAMES)
    of_all_numbers = replace(ENTRY, when=parse("fill == 'finite_patterns'"))
    of_none = replace(ENTRY, when=parse("fill == 'finite_patterns' and dtype == 'float64'"))
    plan = runs.Plan({"erf": replace(spec, known=(of_all_numbers, of_none))}, {}, 0)
    judged = Verdict("erf", "erf", "torch", "agrees", "output", "", "conforms")
    (said,) = runs.stale(plan, [judged], whole=True, here=HERE)
    assert (said.status, said.message.rpartition(": ")[2]) == ("fixed", "its `when` selects no case")


@pytest.mark.parametrize(
    "path", [p for p in sorted(SPECS.glob("*.yaml")) if "\nknown:" in p.read_text()], ids=lambda p: p.stem
)
def test_every_entry_of_a_spec_selects_a_case(path: Path) -> None:
    spec = specs.read(path, runs.LAW_NAMES)
    assert [e.line for e in spec.known if not ledger.selects(spec, e) and not ledger.on_request(spec, e)] == []


@pytest.mark.parametrize(("version", "speaks"), [("2.13.0", True), ("2.14.0.dev2026", False), ("2.14.0", False)])
def test_an_entry_speaks_of_its_versions(version: str, speaks: bool) -> None:
    assert ledger.matters(replace(ENTRY, versions="torch<2.14"), Build({"torch": version})) == speaks


def test_an_entry_that_has_expired_speaks_of_nothing() -> None:
    assert not ledger.matters(replace(ENTRY, expires="2001-01-01"), HERE)


def test_what_is_known_is_no_longer_red_and_what_conforms_after_all_is() -> None:
    assert marked(ENTRY, row("deviates"), row("conforms"), row("unsupported")) == ["known", "fixed", "unsupported"]


def test_what_conforms_after_all_names_the_line_of_its_entry_and_what_to_do() -> None:
    spec = replace(SPEC, path="specs/linear.yaml", known=(replace(ENTRY, line=31),))
    (fixed,) = ledger.applied(spec, CASE, [row("conforms")], HERE)
    assert fixed.message == (
        "specs/linear.yaml:31: known as deviating, but it conforms: narrow the entry, or remove it (it is so)"
    )


def test_what_an_entry_does_not_speak_of_stays_as_it_is() -> None:
    assert marked(ENTRY, row("deviates", candidate="numpy"), row("deviates", law="shape")) == ["deviates"] * 2


def test_another_failure_than_the_known_one_stays_red() -> None:
    assert marked(replace(ENTRY, status="fails"), row("deviates"), row("fails")) == ["deviates", "known"]


def test_what_is_another_number_in_each_process_may_conform_and_has_no_margin() -> None:
    entry = replace(ENTRY, nondeterministic=True)
    assert marked(entry, row("conforms"), row("deviates")) == ["conforms", "known"]
    (known,) = ledger.applied(replace(SPEC, known=(entry,)), CASE, [replace(row("deviates"), margin=7.0)], HERE)
    assert math.isnan(known.margin)


def test_where_the_data_decide_a_case_may_conform() -> None:
    assert marked(replace(ENTRY, sometimes=True), row("conforms"), row("deviates")) == ["conforms", "known"]
