"""Two tables of verdicts -> what changed: each kind, and what must not count as a change."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas
import pytest
from test_report import row, rows, synthetic

from harness import baseline
from harness.diff import COLUMNS, KINDS, REGRESSIONS, diff, regressions, rename
from harness.model import UNJUDGED


def changed(old: dict[str, Any] | None, new: dict[str, Any] | None, renamed: dict[str, str] | None = None) -> list[str]:
    """The kinds of change between two tables of at most one row."""
    before, now = (rows(*([row(**side)] if side is not None else [])) for side in (old, new))
    return diff(before, now, renamed or {})["kind"].tolist()


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (None, {"status": "deviates"}, "new"),
        (None, {"status": "crashed"}, "new"),
        (None, {"status": "conforms"}, "added"),
        ({"status": "conforms"}, {"status": "deviates"}, "regressed"),
        ({"status": "known"}, {"status": "deviates"}, "regressed"),
        ({"status": "unsupported"}, {"status": "fails"}, "regressed"),
        ({"status": "deviates"}, {"status": "crashed"}, "regressed"),
        ({"margin": 0.1}, {"margin": 0.4}, "grew"),
        ({"status": "deviates", "margin": 2.0}, {"status": "deviates", "margin": 9.0}, "grew"),
        ({"margin": 0.0}, {"margin": 0.001}, "grew"),
        ({"margin": 0.5}, {"margin": float("inf")}, "grew"),
        ({"status": "conforms"}, None, "no longer run"),
        ({"status": "deviates"}, None, "no longer run"),
        ({"status": "conforms"}, {"status": "unsupported"}, "no longer run"),
        ({"status": "conforms"}, {"status": "not believed"}, "no longer run"),
        ({"status": "deviates"}, {"status": "conforms"}, "fixed"),
        ({"status": "known"}, {"status": "fixed"}, "fixed"),
        ({"status": "known"}, {"status": "conforms"}, "fixed"),
    ],
)
def test_each_change_has_its_kind(old: dict[str, Any] | None, new: dict[str, Any] | None, kind: str) -> None:
    assert changed(old, new) == [kind]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {}),
        ({"margin": 0.1}, {"margin": 0.39}),
        ({"margin": 0.4}, {"margin": 0.1}),
        ({"margin": float("nan")}, {"margin": 0.5}),
        ({"margin": 0.5}, {"margin": float("nan")}),
        ({"margin": float("inf"), "status": "fails"}, {"margin": float("inf"), "status": "fails"}),
        ({"status": "unsupported"}, {"status": "unsupported"}),
        ({"status": "unsupported"}, None),
        (None, {"status": "unsupported"}),
        ({"status": "deviates"}, {"status": "known"}),
        ({"status": "fixed", "subject": "ledger"}, None),
        ({"seconds": 0.1, "message": "a"}, {"seconds": 9.0, "message": "b"}),
    ],
)
def test_what_is_no_change_is_not_told(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
    assert changed(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ({"actual": "a"}, {"actual": "b"}, ["reordered"]),
        ({"actual": "a"}, {"actual": "a"}, []),
        ({"actual": ""}, {"actual": "b"}, []),
        ({"actual": "a", "law": "agrees"}, {"actual": "b", "law": "agrees"}, []),
        ({"actual": "a"}, {"actual": "b", "status": "unsupported"}, ["no longer run"]),
    ],
)
def test_another_order_of_summation_is_told(old: dict[str, Any], new: dict[str, Any], kinds: list[str]) -> None:
    given = {"law": "summation", "grade": "predicted", "margin": float("nan")}
    before, now = (given | {"message": f"order {side['actual']}"} | side for side in (old, new))
    found = diff(rows(row(**before)), rows(row(**now)), {})
    assert found["kind"].tolist() == kinds
    assert [m for m in found["message"] if "it was" in m] == ["order b; it was order a"] * kinds.count("reordered")


def test_a_run_does_not_differ_from_itself() -> None:
    verdicts = synthetic(3_000)
    assert diff(verdicts, verdicts.sample(frac=1, random_state=0), {}).empty


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ({"": "conforms"}, {"": "conforms", "input": "deviates"}, {"input": "regressed"}),
        ({"": "conforms"}, {"input": "deviates", "weight": "deviates"}, {"input": "regressed", "weight": "regressed"}),
        ({"": "conforms", "input": "deviates"}, {"": "conforms"}, {"": "fixed"}),
        ({"input": "deviates", "weight": "known"}, {"": "conforms"}, {"": "fixed"}),
        ({"": "fails"}, {"input": "conforms", "weight": "conforms"}, {"input": "fixed", "weight": "fixed"}),
        ({"": "fails"}, {"input": "conforms", "weight": "fails"}, {"input": "fixed"}),
        ({"input": "conforms", "weight": "conforms"}, {"": "fails"}, {"": "regressed"}),
        ({"input": "deviates"}, {"weight": "deviates"}, {"input": "no longer run", "weight": "new"}),
        ({"": "conforms", "input": "known"}, {"": "conforms", "input": "known"}, {}),
    ],
)
def test_what_one_run_gathers_and_another_tells_apart_is_the_same(
    old: dict[str, str], new: dict[str, str], kinds: dict[str, str]
) -> None:
    """A law's rows that conform are one without a subject, a wrong one stands alone: neither is new nor gone by that."""
    before, now = (rows(*(row(subject=a, status=s, margin=1.0) for a, s in side.items())) for side in (old, new))
    changes = diff(before, now, {})
    assert dict(zip(changes["subject"], changes["kind"], strict=True)) == kinds


def test_only_what_newly_deviates_makes_a_diff_red() -> None:
    kinds = [(kind, regressions(pandas.DataFrame({"kind": [kind]}))) for kind in KINDS]
    assert kinds == [(kind, kind in REGRESSIONS) for kind in KINDS]
    assert not regressions(diff(rows(), rows(), {}))


def test_a_renamed_case_is_followed() -> None:
    old, new = {"case": "f/pad:1/n:2", "margin": 0.1}, {"case": "f/padding:1/n:2", "margin": 0.1}
    assert changed(old, new) == ["added", "no longer run"] or changed(old, new) == ["no longer run", "added"]
    assert changed(old, new, {"f/pad:1": "f/padding:1"}) == []
    assert changed(old, {**new, "status": "deviates"}, {"f/pad:1": "f/padding:1"}) == ["regressed"]


@pytest.mark.parametrize(
    ("case", "now"),
    [
        ("f/a:1/b:2", "f/c:1/b:2"),
        ("f/a:1", "f/c:1"),
        ("f/a:12/b:2", "f/a:12/b:2"),
        ("g/b:1/x:2", "h/b:1/x:2"),
        ("other", "other"),
    ],
)
def test_a_new_name_holds_where_a_part_of_the_id_ends(case: str, now: str) -> None:
    assert rename(case, {"f/a:1": "f/c:1", "f": "f", "g": "wrong", "g/": "h/"}) == now


def test_the_worst_changes_come_first() -> None:
    statuses = ["conforms", "deviates"]
    old = rows(*(row(case=f"f/n:{i}", status=a) for i, (a, _) in enumerate(product(statuses, statuses))))
    new = rows(
        *(row(case=f"f/n:{i}", status=b, margin=float(i)) for i, (_, b) in enumerate(product(statuses, statuses)))
    )
    more = rows(row(case="f/m:1", status="deviates", margin=3.0), row(case="f/m:2", status="deviates", margin=30.0))
    table = diff(old, pandas.concat([new, more]), {})
    assert table["kind"].tolist() == ["new", "new", "regressed", "grew", "fixed"]
    assert table["margin"].head(2).tolist() == [30.0, 3.0]
    assert tuple(table.columns) == COLUMNS


def test_a_baseline_may_hold_only_keys_status_and_margin() -> None:
    verdicts = synthetic(2_000)
    narrow = verdicts[["case", "candidate", "law", "subject", "scenario", "status", "margin"]]
    assert diff(narrow, verdicts, {}).empty
    (gone,) = diff(narrow.head(1), verdicts.head(0), {}).to_dict("records")
    assert (gone["status"], gone["old_status"], gone["old_case"]) == (
        "",
        narrow["status"].iloc[0],
        narrow["case"].iloc[0],
    )


def test_of_rows_told_twice_the_last_judged_one_counts() -> None:
    old = rows(row(status="deviates"), row())
    assert diff(old, rows(row()), {}).empty
    assert diff(old, rows(row(), row(status="not believed")), {}).empty


def test_a_run_does_not_differ_from_the_baseline_made_of_it() -> None:
    verdicts = synthetic(3_000)
    small = baseline.folded(verdicts)
    again = baseline.unfolded(small, set(small["op"]))
    assert diff(again, verdicts, {}).empty
    assert len(small) < len(again) == (~verdicts["status"].isin(UNJUDGED)).sum()


def test_what_was_not_judged_beside_a_gathered_row_is_not_gone() -> None:
    verdicts = rows(
        row(law="upstream", subject=""), row(law="upstream", subject="gradient of bias", status="not believed")
    )
    small = baseline.folded(verdicts)
    assert diff(baseline.unfolded(small, {"f"}), verdicts, {}).empty
    lost = rows(row(law="upstream", subject="gradient of bias", status="not believed"))
    (gone,) = diff(baseline.unfolded(small, {"f"}), lost, {}).to_dict("records")
    assert (gone["kind"], gone["subject"]) == ("no longer run", "gradient of bias")


@pytest.mark.parametrize("status", ["conforms", "known", "timed out", "crashed"])
@pytest.mark.parametrize("margin", [0.0, 1.0, 2.0**-9, 1e300, float("inf"), float("nan")])
@pytest.mark.parametrize(
    ("subject", "scenario"), [("", ""), ("gradient of x", ""), ("", "forward of reverse"), ("input x", "late")]
)
def test_a_row_comes_back_from_a_baseline(status: str, margin: float, subject: str, scenario: str) -> None:
    verdicts = rows(row(status=status, margin=margin, subject=subject, scenario=scenario), row(law="dtype", margin=0.0))
    small = baseline.folded(verdicts)
    again = baseline.unfolded(small, {"f"})
    assert len(small) == 1
    assert set(zip(again["law"], again["subject"], again["scenario"], again["status"], strict=True)) == set(
        zip(verdicts["law"], verdicts["subject"], verdicts["scenario"], verdicts["status"], strict=True)
    )
    (told,) = again.loc[again["law"] == verdicts["law"][0], "margin"]
    assert told == margin or (margin != margin and told != told) or 2**-0.5 <= told / margin <= 2**0.5
    assert baseline.unfolded(small, {"g"}).empty
