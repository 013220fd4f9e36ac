"""A baseline of several capabilities: what stands once, what stands apart, and what a run is compared with."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
import pytest

from harness import baseline, builds, diff
from harness.cli import earlier

HERE = {"versions": {}, "builds": {"torch cpu capability": "AVX2"}, "specs": {"gelu": ""}}


def table(*rows: tuple[str, str, str, float]) -> pandas.DataFrame:
    """Rows of gelu: case, candidate, status, margin."""
    return pandas.DataFrame(
        [("gelu", case, by, "agrees", "output y", "", status, margin) for case, by, status, margin in rows],
        columns=list(baseline.UNFOLDED),
    )


#: Of three cases one is the same everywhere, one is known under the older capability, and one is judged there alone.
OLD = table(
    ("gelu", "torch", "conforms", 0.5), ("gelu/N:1", "torch", "known", 4.0), ("gelu/N:2", "torch", "conforms", 0.5)
)
NEW = table(("gelu", "torch", "conforms", 0.5), ("gelu/N:1", "torch", "conforms", 0.25))


def both() -> tuple[pandas.DataFrame, dict[str, set[str]]]:
    """A baseline of both, and the ops recorded."""
    first = baseline.merged(baseline.folded(OLD).iloc[:0], baseline.folded(OLD), "AVX512", {})
    whole = baseline.merged(first, baseline.folded(NEW), "AVX2", {"AVX512": {"gelu"}})
    return whole, {"AVX512": {"gelu"}, "AVX2": {"gelu"}}


def told(small: pandas.DataFrame) -> set[tuple[str, str, float]]:
    rows = baseline.unfolded(small, {"gelu"})
    return set(rows[["case", "status", "margin"]].itertuples(index=False, name=None))


def test_what_is_the_same_everywhere_stands_once_and_what_is_judged_no_more_goes() -> None:
    whole, _ = both()
    assert whole[["case", "capability", "verdicts"]].to_numpy().tolist() == [
        ["gelu", "", "agrees|output y||2^-1"],
        ["gelu/N:1", "AVX2", "agrees|output y||2^-2"],
        ["gelu/N:1", "AVX512", "agrees|output y||known 2^2"],
    ]


def test_each_capability_is_compared_with_its_own_rows_and_another_with_the_common_ones() -> None:
    whole, made = both()
    assert told(baseline.under(whole, "AVX2", made)) == {("gelu", "conforms", 0.5), ("gelu/N:1", "conforms", 0.25)}
    assert told(baseline.under(whole, "AVX512", made)) == {("gelu", "conforms", 0.5), ("gelu/N:1", "known", 4.0)}
    assert told(baseline.under(whole, "DEFAULT", made)) == {("gelu", "conforms", 0.5)}


def test_a_run_takes_the_place_of_the_one_of_its_capability_alone() -> None:
    whole, made = both()
    again = baseline.merged(whole, baseline.folded(NEW.assign(margin=0.5)), "AVX2", made)
    assert told(baseline.under(again, "AVX2", made)) == {("gelu", "conforms", 0.5), ("gelu/N:1", "conforms", 0.5)}
    assert told(baseline.under(again, "AVX512", made)) == {("gelu", "conforms", 0.5), ("gelu/N:1", "known", 4.0)}


def test_one_capability_alone_needs_no_rows_of_its_own() -> None:
    alone = baseline.merged(baseline.folded(OLD).iloc[:0], baseline.folded(OLD), "AVX512", {})
    assert set(alone["capability"]) == {""}
    assert told(alone) == told(baseline.folded(OLD))


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A baseline of AVX512 alone."""
    monkeypatch.chdir(tmp_path)
    earlier.BASELINE.parent.mkdir(parents=True)
    alone = baseline.merged(baseline.folded(OLD).iloc[:0], baseline.folded(OLD), "AVX512", {})
    alone.to_csv(earlier.BASELINE, index=False)
    builds.RECORDED.write_text(json.dumps({"AVX512": {"ops": ["gelu"]}}), encoding="utf-8")


@pytest.mark.usefixtures("committed")
def test_a_run_of_another_capability_is_told_so_and_has_no_margins_compared() -> None:
    assert earlier.told_of_capabilities(HERE) == (
        "the baseline was made under AVX512, this run under AVX2:"
        " what is the same under each of them is compared, margins are not"
    )
    now = table(
        ("gelu", "torch", "conforms", 0.99),
        ("gelu/N:1", "torch", "deviates", 0.25),
        ("gelu/N:2", "torch", "conforms", 0.9),
    )
    older = earlier.of_baseline(HERE, now, {})
    assert diff.diff(older, now, {})[["kind", "case"]].to_numpy().tolist() == [["regressed", "gelu/N:1"]]


@pytest.mark.usefixtures("committed")
def test_a_check_is_compared_with_the_rows_of_its_own_candidates() -> None:
    now = table(("gelu", "mine:gelu", "conforms", 0.5))
    assert earlier.of_baseline(HERE | {"asked": {"mine:gelu": []}}, now, {}).empty
    assert not earlier.of_baseline(HERE | {"asked": {"torch": []}}, now, {}).empty


@pytest.mark.usefixtures("committed")
def test_a_run_of_the_same_capability_is_compared_whole() -> None:
    header = HERE | {"builds": {"torch cpu capability": "AVX512"}}
    now = OLD.assign(margin=[4.0, 4.0, 0.5])
    assert earlier.told_of_capabilities(header) == ""
    assert list(diff.diff(earlier.of_baseline(header, now, {}), now, {})["kind"]) == ["grew"]
