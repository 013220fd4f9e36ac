"""Known deviations: of which versions and processors they speak, what they mark, and what they leave red."""

from __future__ import annotations

import math
import platform
from dataclasses import replace
from pathlib import Path

import pytest

from harness import cases, ledger, runs, specs
from harness.expressions import parse
from harness.model import Known, Verdict

SPEC = specs.read(Path(__file__).parents[1] / "specs" / "linear.yaml", runs.LAW_NAMES)
CASE = cases.find(SPEC, "linear")
ENTRY = Known(by=("torch",), law=("agrees",), because="it is so", when=parse("True"))


def row(status: str, candidate: str = "torch", law: str = "agrees", about: str = "output") -> Verdict:
    """A row of the case."""
    return Verdict("linear", "linear", candidate, law, about, status)


def marked(entry: Known, *rows: Verdict) -> list[str]:
    """The statuses of rows once the entry has been applied."""
    return [r.status for r in ledger.applied(replace(SPEC, known=(entry,)), CASE, rows, {"torch": "2.13.0"})]


@pytest.mark.parametrize(
    ("cpu", "isa", "speaks"),
    [
        (None, "", True),
        ("avx512", "X86_V3 AVX512_ICL", True),
        ("avx512", "SSE AVX2", False),
        (platform.machine().lower().replace("amd64", "x86_64").replace("arm64", "aarch64"), "", True),
        ("m68k", "SSE AVX2", False),
    ],
)
def test_an_entry_speaks_of_a_processor_by_its_instructions_or_its_kind(cpu: str, isa: str, speaks: bool) -> None:
    assert ledger.matters(replace(ENTRY, cpu=cpu), {}, isa) == speaks


@pytest.mark.parametrize(("machine", "cpu"), [("AMD64", "x86"), ("arm64", "aarch64"), ("x86_64", "x86")])
def test_a_kind_of_processor_has_one_name_on_every_system(
    machine: str, cpu: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert ledger.matters(replace(ENTRY, cpu=cpu), {})


@pytest.mark.parametrize(("version", "speaks"), [("2.13.0", True), ("2.14.0.dev2026", False), ("2.14.0", False)])
def test_an_entry_speaks_of_its_versions(version: str, speaks: bool) -> None:
    assert ledger.matters(replace(ENTRY, versions="torch<2.14"), {"torch": version}) == speaks


def test_an_entry_that_has_expired_speaks_of_nothing() -> None:
    assert not ledger.matters(replace(ENTRY, expires="2001-01-01"), {})


def test_what_is_known_is_no_longer_red_and_what_conforms_after_all_is() -> None:
    assert marked(ENTRY, row("deviates"), row("conforms"), row("unsupported")) == ["known", "fixed", "unsupported"]


def test_what_conforms_after_all_names_the_line_of_its_entry_and_what_to_do() -> None:
    spec = replace(SPEC, path="specs/linear.yaml", known=(replace(ENTRY, line=31),))
    (fixed,) = ledger.applied(spec, CASE, [row("conforms")], {})
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
    (known,) = ledger.applied(replace(SPEC, known=(entry,)), CASE, [replace(row("deviates"), margin=7.0)], {})
    assert math.isnan(known.margin)


def test_where_the_data_decide_a_case_may_conform() -> None:
    assert marked(replace(ENTRY, sometimes=True), row("conforms"), row("deviates")) == ["conforms", "known"]
