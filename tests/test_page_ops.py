"""The atlas, the cards of causes, the page of an op and the site, in a real browser."""

from __future__ import annotations

import json
import xml.dom.minidom
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from test_page_in_browser import browser, copied, matching, missing, ready, settled
from test_report import HEADER, row, rows, synthetic

from harness import report
from harness.comparison import SAME_BITS

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "never")

#: A card as `report.cards` makes it of an answer.
CARD: dict[str, Any] = {
    "op": "conv2d",
    "candidate": "numpy.loops",
    "title": "computes conv2d with `weight` flipped",
    "said": ["values wrong at 2 of 3 cases", "stride 1 is right, 2 is wrong"],
    "laws": ["agrees"],
    "known": False,
    "smallest": "",
    "neighbour": ["stride", "1", "2"],
}


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as driver:
        yield driver


def many(ops: int) -> pandas.DataFrame:
    """A run of so many ops of five candidates, all but some right."""
    made = [
        row(op=f"op_number_{n}", case=f"op_number_{n}/N:{c}", candidate=by, seconds=float(n))
        for n in range(ops)
        for by in ("numpy", "scipy", "torch", "torch.compiled", "mine")
        for c in range(2)
    ]
    made += [
        row(op="op_number_7", case="op_number_7/N:3", candidate="mine", status="deviates", margin=9.0),
        row(op="op_number_9", case="op_number_9/N:3", candidate="mine", status="known", known="1: so", margin=9e4),
    ]
    return rows(*made)


def size(chrome: Any, width: int, height: int) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.mark.parametrize(("width", "most"), [(1400, 450), (390, 2 * 844)])
def test_a_hundred_ops_stand_on_one_screen(chrome: Any, tmp_path: Path, width: int, most: int) -> None:
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, many(100)), encoding="utf-8")
    try:
        size(chrome, width, 844)
        ready(chrome, written)
        assert chrome.execute_script("return document.getElementById('atlas').offsetHeight") <= most
        assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_atlas_has_what_is_new_first_and_other_orders(chrome: Any, tmp_path: Path) -> None:
    verdicts = many(12)
    older = verdicts.assign(status=verdicts["status"].replace("deviates", "conforms"))
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, verdicts, baseline=older), encoding="utf-8")
    ready(chrome, written)
    first = "return document.querySelector('#tiles li').dataset.op"
    assert chrome.execute_script(first) == "op_number_7"
    assert "regressed" in chrome.find_element("css selector", "#tiles li").text
    assert len(chrome.find_elements("css selector", "#tiles i.fresh")) == 1
    for order, op in (("margin", "op_number_9"), ("time", "op_number_11"), ("name", "op_number_0")):
        chrome.find_element("css selector", f"[data-order={order}]").click()
        assert chrome.execute_script(first) == op


def test_a_tile_opens_its_op_and_back_leads_to_all(chrome: Any, tmp_path: Path) -> None:
    verdicts = synthetic(3_000)
    written = tmp_path / "index.html"
    texts = {"conv2d": {"doc": "Correlate.", "spec": "op: conv2d", "definition": "def conv2d(): ...", "known": ""}}
    written.write_text(report.page({**HEADER, "texts": texts}, verdicts), encoding="utf-8")
    ready(chrome, written)
    chrome.find_element("css selector", "#tiles li[data-op=conv2d] a").click()
    settled(chrome, "document.querySelector('#op .strips') && report.cold")
    said = chrome.find_element("id", "op").get_attribute("textContent")
    for part in (
        "Contract levels",
        "Margins",
        "ULPs",
        "Seconds per law",
        "what nobody judged",
        "The spec",
        "The definition",
    ):
        assert part in said
    assert matching(chrome, "op:conv2d") == int((verdicts["op"] == "conv2d").sum())
    assert not chrome.find_element("id", "atlas").is_displayed()
    chrome.find_element("css selector", "#op .back a").click()
    settled(chrome, "document.getElementById('op').hidden")
    assert chrome.find_element("id", "atlas").is_displayed()


def test_the_levels_of_an_op_count_its_cases(chrome: Any, tmp_path: Path) -> None:
    found = rows(
        *(row(case=f"f/n:{n}", law="agrees") for n in (1, 2)),
        row(case="f/n:3", law="agrees", status="deviates", margin=3.0),
        row(case="f/n:4", law="status", status="unsupported", message="declares float32 only"),
        row(case="f/n:1", law="gradient", status="not believed", message="constant"),
        row(case="f/invalid:n-zero", law="status", subject="", actual="ValueError", expected="raises"),
    )
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, found), encoding="utf-8")
    ready(chrome, written, "#op=f")
    cells = [
        c.get_attribute("textContent") for c in chrome.find_elements("css selector", "#op tbody tr:first-child td")
    ]
    assert cells[0] == "1 wrong2 of 3 right1 not offered"
    assert cells[3] == "1 not judged"
    assert cells[11] == "1 of 1 right"


def test_bits_are_told_by_relation_of_the_rows_that_compare_them(chrome: Any, tmp_path: Path) -> None:
    same = {"actual": SAME_BITS, "expected": SAME_BITS, "margin": 0.0, "grade": "exact"}
    notes = json.dumps({"same": ["twice"], "other": ["in two threads"]})
    found = rows(
        row(law="invariance", scenario="each row alone", **same),
        row(law="invariance", scenario="in two parts", grade="varies", actual="1.5", bound="1e-7"),
        row(case="f/n:2", law="invariance", scenario="in two parts", **same),
        row(law="invariance", scenario="in two parts", candidate="other", status="deviates", actual="other bits"),
        row(law="repeatable", subject="", grade="random", candidate="other", notes=notes),
    )
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, found), encoding="utf-8")
    ready(chrome, written, "#op=f")
    settled(chrome, "document.querySelector('#op .bits')")
    told = chrome.execute_script(
        "return [...document.querySelectorAll('#op .bits tr')].map((line) => [...line.cells].map((c) => c.textContent))"
    )
    assert told == [
        ["what is asked", "mine", "other"],
        ["invariance"],
        ["each row alone", "1 same bits", "not asked"],
        ["in two parts", "1 right1 same bits", "1 wrong"],
        ["repeatable"],
        ["in two threads", "not asked", "1 other bits"],
        ["twice", "not asked", "1 same bits"],
    ]
    ready(chrome, written)
    chrome.execute_script("document.getElementById('bits').open = true")
    cells = "[...document.querySelectorAll('#bits tbody td')].map((cell) => cell.textContent)"
    assert settled(chrome, cells) == ["1 same bits", "1 wrong1 right", "1 other bits", "1 same bits"]
    chrome.find_element("css selector", "#bits td.m8 a").click()
    assert settled(chrome, "report.grid.view.length") == 3


def test_an_order_of_summation_is_drawn_once_for_all_that_add_so(chrome: Any, tmp_path: Path) -> None:
    order = {"words": "pairwise, each product rounded", "entries": 6, "tree": [[0, 1], [2, 3]]}
    large = {"words": "one after the other", "entries": 6, "tree": None}
    found = rows(
        *(
            row(law="summation", candidate=by, grade="predicted", notes=json.dumps({"orders": [of]}))
            for by, of in (("mine", order), ("other", order), ("third", large))
        )
    )
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, found), encoding="utf-8")
    ready(chrome, written, "#op=f")
    settled(chrome, "document.querySelector('#op .tree')")
    (tree,) = chrome.find_elements("css selector", "#op .tree")
    assert tree.get_attribute("aria-label") == "4 summands: pairwise, each product rounded"
    assert [text.text for text in tree.find_elements("css selector", "text")] == ["0", "1", "2", "3"]
    said = [p.text for p in chrome.find_elements("css selector", "#op .sums > div > p")]
    assert [("mine" in by, "other" in by, "third" in by) for by in said] == [(1, 1, 0), (0, 0, 1)]
    assert "(0 + 1) + (2 + 3)" in chrome.find_element("id", "op").get_attribute("textContent")
    assert "Too many summands to draw." in chrome.find_element("id", "op").text
    chrome.execute_script("report.open(0)")
    settled(chrome, "document.querySelector('#case[open] .tree')")


def test_coverage_shows_the_pairs_that_nobody_judged(chrome: Any, tmp_path: Path) -> None:
    found = rows(*(row(case=case) for case in ("f/a:1/b:1", "f/a:1/b:2", "f/a:2/b:1")))
    written = tmp_path / "index.html"
    written.write_text(report.page({**HEADER, "first": {}}, found), encoding="utf-8")
    ready(chrome, written, "#op=f")
    assert len(chrome.find_elements("css selector", ".heat .nobody")) == 1
    assert "3 of 4 pairs" in chrome.find_element("id", "op").text


def test_a_card_leads_to_its_verdicts_its_script_and_a_text_for_a_colleague(chrome: Any, tmp_path: Path) -> None:
    wrong = [
        row(op="conv2d", case=f"conv2d/stride:{n}", candidate="numpy.loops", status="deviates", margin=float(n))
        for n in (2, 3)
    ]
    other = row(op="conv2d", case="conv2d/stride:4", candidate="numpy.loops", law="layout", status="deviates")
    example = {name: wrong[0][name] for name in ("case", "law", "subject", "scenario")}
    card = CARD | {"cases": ["conv2d/stride:2", "conv2d/stride:3"], "count": 2, "example": example}
    key = "\t".join((wrong[0]["case"], "numpy.loops", *(wrong[0][n] for n in ("law", "subject", "scenario"))))
    written = tmp_path / "index.html"
    html = report.page(
        {**HEADER, "causes": [card]}, rows(*wrong, other), evidence={key: {"repro": "import numpy\nprint(2)"}}
    )
    written.write_text(html, encoding="utf-8")
    ready(chrome, written)
    said = chrome.find_element("css selector", "#causes .cause").text
    assert "computes conv2d with `weight` flipped" in said
    assert matching(chrome, "cause:1") == 2
    click = "document.querySelector('#causes [data-kind=%s]').click()"
    assert copied(chrome, click % "script") == "import numpy\nprint(2)"
    issue = copied(chrome, click % "issue")
    for part in ("numpy.loops is wrong here", "torch 2.13.0", "harness show conv2d/stride:2", "print(2)"):
        assert part in issue
    told = copied(chrome, click % "colleague")
    for part in (*card["said"], card["title"], "torch 2.13.0", "harness show conv2d/stride:2", "print(2)"):
        assert part in told


def test_a_card_shows_its_example_and_is_saved_as_a_page_of_its_own(chrome: Any, tmp_path: Path) -> None:
    wrong = row(op="conv2d", case="conv2d/stride:2", candidate="numpy.loops", status="deviates", margin=9.0)
    example = {name: wrong[name] for name in ("case", "law", "subject", "scenario")}
    card = CARD | {"cases": [wrong["case"]], "count": 1, "example": example}
    key = "\t".join((wrong["case"], "numpy.loops", *(wrong[n] for n in ("law", "subject", "scenario"))))
    arrays = {"expected": [[0.0, 1.0], [2.0, 3.0]], "actual": [[0.0, 1.0], [2.0, 4.0]], "margin": [[0, 0], [0, 9.0]]}
    written = tmp_path / "index.html"
    written.write_text(
        report.page({**HEADER, "causes": [card]}, rows(wrong), evidence={key: {**arrays, "repro": "print(2)"}}),
        encoding="utf-8",
    )
    ready(chrome, written)
    settled(chrome, "document.querySelectorAll('#causes .thumbs canvas').length === 3")
    near = chrome.find_element("css selector", "#causes .near").text
    assert near.split() == ["✓", "stride", "1", "right", "✗", "stride", "2", "wrong"]
    chrome.execute_script(
        "window.saved = null; const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then("
        "(text) => { window.saved = text }); return make(blob) };"
        "document.querySelector('#causes [data-kind=page]').click()"
    )
    saved = settled(chrome, "window.saved")
    own = tmp_path / "own.html"
    own.write_text(saved, encoding="utf-8")
    chrome.get_log("browser")
    chrome.get(own.as_uri())
    assert len(chrome.find_elements("tag name", "img")) == 3
    said = chrome.find_element("tag name", "body").text
    for part in (*card["said"], card["title"], "harness show conv2d/stride:2", "print(2)"):
        assert part in said
    assert chrome.get_log("browser") == []


@pytest.mark.parametrize("candidate", ["", "torch"])
def test_the_map_of_an_op_is_of_one_candidate_or_of_all(chrome: Any, tmp_path: Path, candidate: str) -> None:
    found = rows(
        *(row(case=case, candidate="torch") for case in ("f/a:1/b:1", "f/a:2/b:2")),
        row(case="f/a:1/b:1", candidate="mine", status="deviates", margin=3.0),
    )
    written = tmp_path / "index.html"
    written.write_text(report.page({**HEADER, "first": {}, "sizes": {"f": ["a", "b"]}}, found), encoding="utf-8")
    ready(chrome, written, "#op=f")
    chrome.execute_script(
        "const who = document.querySelector('[aria-label=\"Candidate of the map\"]');"
        "who.value = arguments[0]; who.dispatchEvent(new Event('change'))",
        candidate,
    )
    places = [c.get_attribute("textContent") for c in chrome.find_elements("css selector", ".heat tbody td")]
    assert places == (["1", "", "", "1"] if candidate else ["1/1", "", "", "1"])
    plot = chrome.find_element("css selector", "figure .plot")
    assert "3 margins against sizes of 1 to 4, 1 beyond the bound" in plot.get_attribute("aria-label")


def test_a_site_has_history_badges_and_a_feed(chrome: Any, tmp_path: Path) -> None:
    new = rows(row(status="deviates", margin=5.0), row(candidate="other"))
    old = rows(row(), row(candidate="other"))
    headers = [{**HEADER, "started": f"2026-01-0{n}T00:00:00+00:00"} for n in (1, 2)]
    pasts = [report.past(f"run-{n}", headers[n], table) for n, table in enumerate((old, new))]
    steps = [report.step(*pasts, old, new, {})]
    written = tmp_path / "index.html"
    written.write_text(report.index("Ours", pasts, steps), encoding="utf-8")
    chrome.get(written.as_uri())
    said = chrome.find_element("tag name", "main").text
    assert "1 regressed" in said
    assert len(chrome.find_elements("css selector", ".past i.wrong")) == 1
    feed = xml.dom.minidom.parseString(report.feed("Ours", steps))
    (title,) = feed.getElementsByTagName("entry")[0].getElementsByTagName("title")
    assert "1 regressed" in title.firstChild.nodeValue
