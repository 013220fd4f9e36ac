"""Every sentence of the page against the rows: runs with every status, every way of being wrong, shared addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from test_page_in_browser import browser, matching, missing, ready, settled
from test_report import HEADER, row, rows

from harness import report
from harness.diff import diff
from harness.model import BAD, STATUSES
from harness.report.census import LEVELS, Census, census
from harness.report.counts import table
from harness.report.manners import WITHOUT_RESULT, Manner, manners
from harness.subjects import LEDGER

#: How each manner of being wrong stands in the columns: law, actual, expected, bound, margin.
COLUMNS_OF: dict[Manner, tuple[str, str, str, str, float]] = {
    Manner.NUMBER: ("agrees", "2.0", "1.0", "0.25", 4.0),
    Manner.UNEQUAL: ("agrees", "81.0", "82.0", "0.0", float("inf")),
    Manner.BEYOND: ("agrees", "1.0", "0e+00", "5e-324", float("inf")),
    Manner.NOT_FINITE: ("gradient", "nan-nanj", "1.5+2j", "1e-14", float("inf")),
    Manner.SPECIAL: ("agrees", "1.0", "nan", "inf", float("inf")),
    Manner.UNMEASURED: ("agrees", "6.9e-310", "0e+00", "8e-323", float("nan")),
    Manner.RAISES: ("status", "ValueError: no", "returns", "", float("inf")),
    Manner.NOTHING: ("adjoint", "", "", "", float("inf")),
    Manner.RETURNS: ("status", "returns", "raises", "", float("inf")),
    Manner.FACT: ("dtype", "float32", "float64", "", float("inf")),
    Manner.ENDS: ("status", "agrees", "", "", float("inf")),
    Manner.SILENT: ("status", "gradient", "", "", float("inf")),
    Manner.GONE: ("status", "agrees", "", "", float("inf")),
}

#: The status of a row that is wrong so, where it is not known.
STATUS_OF = {
    **dict.fromkeys((Manner.RAISES, Manner.NOTHING, Manner.RETURNS), "fails"),
    Manner.ENDS: "crashed",
    Manner.SILENT: "timed out",
}

#: A known row has lost its status, by which one ending differs from another.
NEVER = {(Manner.ENDS, "known"), (Manner.SILENT, "known"), (Manner.GONE, "deviates")}

OPS, CANDIDATES, CASES = ("f", "g", "h"), ("one", "two.x", "three"), 6


def generated(seed: int) -> pandas.DataFrame:
    """A run of a few hundred rows: each row one status, some addresses shared, text that turns the line around."""
    rng = numpy.random.default_rng(seed)
    made = []
    for op in OPS:
        for case in [f"{op}/n:{n}" for n in range(CASES)] + [f"{op}/invalid:n-zero", f"{op}/n:2/fill:nan"]:
            for by in CANDIDATES:
                made += [_row(rng, op, case, by, str(status)) for status in rng.choice(STATUSES, 3)]
    made += [made[int(at)] | {"status": "conforms", "margin": 0.5} for at in rng.integers(0, len(made), 9)]
    made += [
        _of_ledger(op, CANDIDATES[0], status)
        for op, status in zip(OPS, ("fixed", "fixed", "inconclusive"), strict=True)
    ]
    order = ["op", "case", "candidate", "law", "subject", "scenario"]
    return table(rows(*(row(**one) for one in made))).sort_values(order, kind="stable", ignore_index=True)


def _row(rng: numpy.random.Generator, op: str, case: str, by: str, status: str) -> dict[str, Any]:
    made = {"op": op, "case": case, "candidate": by, "law": str(rng.choice(["agrees", "gradient", "layout"]))}
    made |= {
        "status": status,
        "subject": "output y",
        "margin": 0.25,
        "actual": "1.0",
        "expected": "1.0",
        "bound": "1.0",
    }
    made |= {"message": "\u202eturned\u0007", "known": "", "scenario": "", "blame": "", "grade": "any", "ulps": 1.0}
    if status not in BAD | {"known"}:
        return made | ({"known": "2: why"} if status == "fixed" else {})
    fit = [m for m in Manner if (m, status) not in NEVER]
    fit = [m for m in fit if status == "known" or STATUS_OF.get(m, "deviates") == status]
    law, actual, expected, bound, margin = COLUMNS_OF[fit[int(rng.integers(len(fit)))]]
    known = f"1: reason {law}" if status == "known" else ""
    wrong = {"law": law, "actual": actual, "expected": expected, "bound": bound, "margin": margin, "grade": "deviates"}
    return made | wrong | {"known": known, "blame": by}


def _of_ledger(op: str, by: str, status: str) -> dict[str, Any]:
    """A known entry that matched nothing, or is inactive here: of no case, whatever the address."""
    said = {"law": "gradient", "subject": LEDGER, "scenario": "", "message": "matches nothing", "known": "why"}
    numbers = {"margin": float("nan"), "actual": "", "expected": "", "bound": "", "grade": "", "blame": ""}
    return {"op": op, "case": op, "candidate": by, "status": status} | said | numbers


class _Words(HTMLParser):
    """The page's words by the class of what they stand in, scripts and styles aside."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(f"{tag}.{dict(attrs).get('class') or ''}")
            self.found.append((self.open[-1], ""))

    def handle_endtag(self, tag: str) -> None:
        while self.open and not self.open.pop().startswith(f"{tag}."):
            pass

    def handle_data(self, data: str) -> None:
        for n in range(len(self.found) - 1, -1, -1):
            if self.open and self.found[n][0] == self.open[-1]:
                self.found[n] = (self.found[n][0], self.found[n][1] + data)
                return


@pytest.mark.parametrize("manner", list(Manner))
def test_a_manner_is_read_off_the_columns(manner: Manner) -> None:
    law, actual, expected, bound, margin = COLUMNS_OF[manner]
    for status in ("known", STATUS_OF.get(manner, "deviates")):
        if (manner, status) in NEVER:
            continue
        found = row(law=law, actual=actual, expected=expected, bound=bound, margin=margin, status=status)
        assert list(manners(table(rows(found)))) == [manner.value]


@pytest.mark.parametrize("seed", range(4))
def test_a_census_counts_each_case_once_by_its_worst_row(seed: int) -> None:
    verdicts = generated(seed)
    counted = census(verdicts, manners(verdicts), {})
    for (op, by), found in counted.items():
        here = verdicts[(verdicts["op"] == op) & (verdicts["candidate"] == by) & (verdicts["subject"] != LEDGER)]
        assert found.whole.cases == here["case"].nunique()
        wrong, known = (set(here[here["status"].isin(s)]["case"]) for s in (BAD, {"known"}))
        assert (found.whole.wrong, found.whole.known) == (len(wrong), len(known - wrong))
        without = manners(here).isin([m.value for m in WITHOUT_RESULT])
        assert found.whole.raised == here[without]["case"].nunique()
        alone = set(here[without & (here["status"] == "known")]["case"]) - wrong
        assert found.whole.raised_known == len(alone)
        assert sum(level.wrong for level in found.levels.values()) >= len(wrong)


def test_the_parts_of_a_census_add_up_to_its_cases() -> None:
    said = str(Census(right=5, wrong=3, known=2, not_offered=1, not_judged=4, raised=3, raised_known=1))
    assert said == ("5 right, 3 wrong (2 without a result), 2 known (1 without a result), 1 not offered, 4 not judged")
    assert sum(map(int, re.findall(r"\d+", re.sub(r"\(.*?\)", "", said)))) == 15


def test_new_rows_are_not_said_to_be_wrong_since_a_run_that_knew_them() -> None:
    def told(before: dict[str, Any], now: dict[str, Any]) -> str:
        wrong = {"op": "f", "case": "f/n:1", "candidate": "one", "margin": 3.0, "subject": "y", "scenario": ""}
        old = report.moment({**HEADER, "started": "2025-11-01T08:00:00+00:00"}, rows(row(**wrong, **before)))
        return report.page(HEADER, rows(row(**wrong, **now)), history=[old])

    red, known = {"status": "deviates"}, {"status": "known", "known": "1: rounds"}
    since = 'Since <span class="nums">2025-11-01 08:00 UTC or earlier</span>'
    assert [since in told(*pair) for pair in ((red, red), (known, known), (known, red))] == [True, True, False]


def test_a_headline_line_leads_to_a_row_whose_script_is_there() -> None:
    wrong = {"op": "f", "candidate": "one", "status": "deviates", "margin": 3.0, "subject": "y", "scenario": ""}
    found = rows(row(**wrong, case="f/n:1", law="agrees"), row(**wrong, case="f/n:2", law="dtype"))
    html = report.page(HEADER, found, evidence={"f/n:2\tone\tdtype\ty\t": {"repro": "print(2)"}})
    assert "Copy repro script" in html
    assert "Copy command that writes the script" not in re.sub(r"<script.*?</script>", "", html, flags=re.S)


@pytest.mark.parametrize("seed", range(4))
def test_the_headline_counts_what_the_rows_hold(seed: int) -> None:
    verdicts = generated(seed)
    html = report.page(HEADER, verdicts)
    bad = verdicts[verdicts["status"].isin(BAD)]
    accused = bad.groupby(["op", "candidate"]).ngroups
    assert f"{accused} of {len(OPS) * len(CANDIDATES)} implementations are wrong somewhere" in html
    known = verdicts[verdicts["status"] == "known"].groupby(["op", "candidate"]).groups.keys()
    only = len(known - bad.groupby(["op", "candidate"]).groups.keys())
    assert (f"wrong somewhere, {only} more only as known" in html) == (only > 0)
    stale = int(((verdicts["status"] == "fixed") & (verdicts["subject"] != LEDGER)).sum())
    assert f"{stale} verdicts are right where a known entry says wrong" in html
    assert "2 known entries match nothing here." in html
    words = [text for kind, text in _Words(html).found if kind == "span.why"]
    assert words
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u0007]", re.sub(r"<script.*?</script>", "", html, flags=re.S))


def test_a_reason_is_said_of_the_laws_that_it_speaks_of() -> None:
    wrong = {"op": "f", "candidate": "one", "status": "known", "margin": 3.0, "subject": "y", "scenario": ""}
    found = rows(
        row(**wrong, case="f/n:1", law="gradient", known="1: rounds"),
        row(**wrong, case="f/n:2", law="gradient", known="1: rounds"),
        row(**wrong, case="f/n:3", law="second", known="2: is not differentiable"),
    )
    html = report.page(HEADER, found)
    assert "Known: <bdi>rounds</bdi> (gradient, 2 cases). " in html
    assert "Known: <bdi>is not differentiable</bdi> (second, 1 case). " in html


# --- in the browser -------------------------------------------------------------------------------------------------

browsed = pytest.mark.skipif(bool(missing()), reason=missing() or "never")


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as driver:
        yield driver


SAID = """const done = arguments[0]; report.coldRows.then(() => done(Array.from({length: report.table.rows}, (_, row) => {
  report.pane.row = row; const fact = report.pane.facts(row);
  return {said: report.pane.sentence(fact), link: report.linkTo(row), repro: fact.evidence.repro ?? ""}; })));"""


@browsed
@pytest.mark.parametrize("seed", range(3))
def test_every_sentence_of_a_case_is_true_of_its_row(chrome: Any, tmp_path: Path, seed: int) -> None:
    verdicts = generated(seed)
    written = tmp_path / "index.html"
    key = ["case", "candidate", "law", "subject", "scenario"]
    wrong = verdicts["status"].isin(BAD | {"known"})
    evidence = {"\t".join(k): {"repro": "print(1)"} for k in verdicts[wrong][key].drop_duplicates().values.tolist()}
    written.write_text(report.page(HEADER, verdicts, evidence=evidence), encoding="utf-8")
    ready(chrome, written)
    told = chrome.execute_async_script(SAID)
    assert len({one["link"] for one in told}) == len(verdicts)  # each row has an address of its own
    how = manners(verdicts)
    for at, (one, here) in enumerate(zip(told, verdicts.to_dict("records"), strict=True)):
        _holds(one["said"], here, how[at], verdicts)
        assert bool(one["repro"]) == bool(wrong[at])
    for at in numpy.flatnonzero(verdicts.duplicated(key, keep=False))[:6]:
        ready(chrome, written, told[at]["link"])
        settled(chrome, "document.getElementById('case').open")
        assert str(verdicts["status"][at]) in chrome.find_element("id", "case-title").get_attribute("textContent")


def _levels(found: Census) -> str:
    """What the page of an op says of a level."""
    counts = [(found.wrong, "wrong"), (found.known, "known"), (found.judged, f"of {found.judged} right")]
    counts += [(found.not_offered, "not offered"), (found.not_judged, "not judged")]
    return ", ".join(f"{found.right if word.startswith('of') else n} {word}" for n, word in counts if n)


@browsed
@pytest.mark.parametrize("seed", range(2))
def test_the_levels_of_an_op_are_those_that_python_counts(chrome: Any, tmp_path: Path, seed: int) -> None:
    verdicts = generated(seed)
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, verdicts), encoding="utf-8")
    ready(chrome, written, "#op=f")
    lines = chrome.find_elements("css selector", "#op section:first-of-type tbody tr")
    counted = census(verdicts, manners(verdicts), HEADER["first"])
    for line, by in zip(lines, sorted(CANDIDATES), strict=True):
        cells = [cell.get_attribute("title") for cell in line.find_elements("tag name", "td")]
        levels = counted["f", by].levels
        due = [_levels(levels[level]) if level in levels else "no row asks for it" for level in LEVELS]
        assert [cell.partition("; most often")[0] for cell in cells] == due


def _holds(said: str, row: dict[str, Any], how: str, verdicts: pandas.DataFrame) -> None:
    is_wrong, of_ledger = row["status"] in BAD | {"known"}, row["subject"] == LEDGER
    assert ("is wrong here" in said) == is_wrong
    assert ("of a known entry and of no case" in said) == of_ledger
    assert ("is right here" in said) == (row["status"] == "fixed" and not of_ledger)
    assert ("times its bound" in said) == (how in (Manner.NUMBER.value, Manner.BEYOND.value))
    assert ("it raises" in said) == (how == Manner.RAISES.value)
    assert ("its process ended" in said) == (how in (Manner.ENDS.value, Manner.GONE.value))
    assert ("no answer in time" in said) == (how in (Manner.SILENT.value, Manner.GONE.value))
    assert ("no error" in said) == (how == Manner.UNEQUAL.value)
    assert ("NaN or infinity where a finite number" in said) == (how == Manner.NOT_FINITE.value)
    unjudged = row["status"] in ("inconclusive", "not believed", "unsupported")
    assert ("not judged" in said) == (unjudged and not of_ledger)
    assert ("Known: " in said) == bool(row["known"])
    peers = verdicts[(verdicts["case"] == row["case"]) & (verdicts["law"] == row["law"])]
    peers = peers[(peers["subject"] == row["subject"]) & (peers["scenario"] == row["scenario"])]
    others = peers[peers["candidate"] != row["candidate"]]
    for by in set(others[others["status"] == "conforms"]["candidate"]):
        assert re.search(rf"Under the same law[^.]*\b{re.escape(by)}.* conforms?\.", said)
    told_right = re.search(r"Under the same law at the same case (.*?) conforms?\.", said)
    names = set(told_right[1].split(", ")) if told_right else set()
    assert names <= set(peers[peers["status"] == "conforms"]["candidate"])


@browsed
def test_the_diff_of_a_page_counts_each_shared_address_once(chrome: Any, tmp_path: Path) -> None:
    older, newer = generated(1), generated(2)
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, newer, baseline=older), encoding="utf-8")
    ready(chrome, written)
    kinds = diff(older, newer, {})["kind"].value_counts()
    shown = {kind: matching(chrome, f"is:{kind}") for kind in ("new", "regressed", "grew", "fixed", "added")}
    assert shown == {kind: int(kinds.get(kind, 0)) for kind in shown}


@browsed
def test_a_row_without_a_script_is_led_to_one_that_has_it(chrome: Any, tmp_path: Path) -> None:
    """Evidence may hold a command and margins alone: such a row is no answer to who wants a script."""
    wrong = {"op": "f", "candidate": "one", "law": "agrees", "status": "deviates", "margin": 3.0, "bound": "1.0"}
    found = rows(*(row(**wrong, case=f"f/n:{n}", subject="y", scenario="") for n in (1, 2, 3)))
    keys = [f"f/n:{n}\tone\tagrees\ty\t" for n in (1, 2, 3)]
    evidence = {keys[0]: {"margins": {"one": 3.0}}, keys[1]: {"command": "x"}, keys[2]: {"repro": "print(3)"}}
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, found, evidence=evidence), encoding="utf-8")
    ready(chrome, written)
    chrome.execute_script("report.open(0)")
    settled(chrome, "document.querySelector('#case[open] p.dim a')")
    assert chrome.execute_script("return document.querySelector('#case p.dim a').textContent") == "f/n:3 y"
