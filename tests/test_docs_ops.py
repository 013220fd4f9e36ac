"""The pages of docs/ that commands print are what those print."""

from __future__ import annotations

from pathlib import Path

from harness import runs, specs
from harness.capabilities import HEAD, capabilities, markdown
from harness.language.page import page
from harness.reference import reference

ROOT = Path(__file__).parents[1]
FOUND, BROKEN = specs.read_all(specs.find((), ROOT / "specs"), runs.LAW_NAMES)


def test_the_table_of_ops_is_the_one_that_the_specs_give() -> None:
    page = (ROOT / "docs" / "ops.md").read_text(encoding="utf-8")
    due = markdown(HEAD, capabilities(FOUND))
    stale = "docs/ops.md is stale: put the output of `harness list specs --format markdown` in its table's place"
    assert not BROKEN
    assert due in page, stale


def test_every_spec_stands_in_the_table() -> None:
    assert FOUND
    assert {row[0] for row in capabilities(FOUND)} == {s.op for s in FOUND}


def test_the_reference_of_specs_is_the_one_that_their_reader_gives() -> None:
    page = (ROOT / "docs" / "specs.md").read_text(encoding="utf-8")
    assert page == reference() + "\n", "docs/specs.md is stale: `harness schema --format markdown` prints it"


def test_the_page_of_the_language_is_the_one_that_its_tables_give() -> None:
    there = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert there == page() + "\n", "docs/language.md is stale: `harness list language --format markdown` prints it"
