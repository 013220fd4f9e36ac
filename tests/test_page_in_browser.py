"""The page in a real browser: it loads alone, filters, links, copies, and keeps hostile text as text."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
import yaml
from test_report import HEADER, HOSTILE, row, rows, synthetic

from harness import cases, report, specs
from harness.baseline import folded, unfolded
from harness.diff import diff
from harness.expressions import parse
from harness.model import COLUMNS
from harness.report.counts import table
from harness.report.trust import Kills

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1400,1000",
)

#: Where a browser and its driver may be, by name on the path.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

#: Packages that carry axe-core, newest first.
AXE = ("axe_core_python/axe.min.js", "axe_selenium_python/node_modules/axe-core/axe.min.js")


def missing() -> str:
    """Why no browser can be driven here, or nothing."""
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed"
    if not any(map(shutil.which, BROWSERS)):
        return f"no browser is installed: none of {', '.join(BROWSERS)} is on the path"
    return "" if shutil.which("chromedriver") else "chromedriver is not on the path"


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A headless browser with a fresh profile that logs what it asks for."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = Options()
        options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


def ready(driver: Any, path: Path, fragment: str = "") -> None:
    """Open the page afresh and wait until its list can be used."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver.get("about:blank")
    driver.get(path.as_uri() + fragment)
    WebDriverWait(driver, 60).until(lambda d: d.execute_script("return document.documentElement.dataset.ready"))


def baseline(verdicts: pandas.DataFrame) -> pandas.DataFrame:
    """An older run of the same: one of every kind of change lies between."""
    old = verdicts.copy()
    red, right = old.index[old["status"] == "deviates"], old.index[(old["status"] == "conforms") & (old["margin"] > 0)]
    old.loc[red[:20], "status"] = "conforms"
    old.loc[right[:12], "status"] = "deviates"
    old.loc[right[12:30], "margin"] /= 8
    gone = old.iloc[:9].assign(case=old["case"] + "/H:99")
    return pandas.concat([old.drop([*red[20:30], *right[40:60]]), gone], ignore_index=True)


def evidence(verdicts: pandas.DataFrame) -> dict[str, Mapping[str, Any]]:
    """Evidence for every wrong row: arrays, the bound's formula, digits, a script."""
    wrong = verdicts[verdicts["status"].isin(["deviates", "known", "crashed"])].head(1_000)
    return {f"{r.case}\t{r.candidate}\t{r.law}\t{r.subject}\t{r.scenario}": _evidence(r) for r in wrong.itertuples()}


def _evidence(verdict: Any) -> Mapping[str, Any]:
    rng = numpy.random.default_rng(len(verdict.case))
    expected, margin = rng.standard_normal((2, 6, 5)), rng.lognormal(-2, 1, (2, 6, 5))
    margin[:, :, 3:] *= 1e6
    return {
        "expected": expected,
        "actual": expected + margin * 1e-7,
        "margin": margin,
        "formula": "worst = gamma_37 S = 37 * 1.11e-16 / (1 - 37 * 1.11e-16) * 8.25 = 3.39e-14",
        "digits": "0.53718263548172635481726354817263",
        "repro": f"import numpy\n\nprint({verdict.case!r})\n",
        "margins": {"longdouble": 0.001},
        "origin": [0, 40, 0],
        "shrunk": f"{verdict.op}/N:1/fill:values_1   (3 numbers instead of 216; 9 judgements)\noff by 3 bounds",
        "smallest": "import numpy\n\nprint('the smallest')\n",
    }


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "never")


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def verdicts() -> pandas.DataFrame:
    return synthetic(6_000)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, verdicts: pandas.DataFrame) -> Path:
    written = tmp_path_factory.mktemp("page") / "index.html"
    history = [report.moment({**HEADER, "started": "2025-11-01T08:00:00+00:00"}, verdicts)]
    html = report.page(HEADER, verdicts, baseline=baseline(verdicts), evidence=evidence(verdicts), history=history)
    written.write_text(html, encoding="utf-8")
    return written


def ask(chrome: Any, query: str) -> str:
    """Type a query; the sentence that says how much is shown, or what is wrong with the query."""
    chrome.execute_script(
        "const q = document.getElementById('query'); q.value = arguments[0]; q.dispatchEvent(new Event('input'))", query
    )
    error = chrome.find_element("id", "query-error").text
    return str(error or chrome.find_element("id", "shown").text)


def matching(chrome: Any, query: str) -> int:
    return int(ask(chrome, query).split(" of ")[0].replace(",", ""))


def settled(chrome: Any, script: str) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(chrome, 10).until(lambda d: d.execute_script(f"return {script}"))


def copied(chrome: Any, script: str) -> str:
    """What a click puts on the clipboard."""
    chrome.execute_script(
        "window.taken = null; Object.defineProperty(navigator, 'clipboard',"
        " {configurable: true, value: {writeText: async (t) => { window.taken = t }}});" + script
    )
    return str(settled(chrome, "window.taken"))


def test_the_page_loads_without_a_complaint_or_a_request(chrome: Any, path: Path) -> None:
    chrome.get_log("performance"), chrome.get_log("browser")
    ready(chrome, path)
    settled(chrome, "report.cold")
    events = [json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert {url for url in asked if not url.startswith(("data:", "about:", "blob:"))} == {path.as_uri()}
    assert chrome.get_log("browser") == []


def test_the_first_view_is_what_is_red_worst_first(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    first = chrome.find_element("css selector", "#rows-body .row").text
    assert chrome.find_element("id", "query").get_attribute("value") == "is:red"
    assert first.split()[1] == "crashed"


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("", "status == status"),
        ("op:conv2d candidate:torch", "op == 'conv2d' and candidate == 'torch'"),
        ("candidate:numpy*", "candidate.str.startswith('numpy')"),
        ("status:deviates,known", "status in ('deviates', 'known')"),
        ('status:"not believed"', "status == 'not believed'"),
        ("status:not-believed -op:conv2d", "status == 'not believed' and op != 'conv2d'"),
        ("margin>8", "margin > 8"),
        ("margin<=0", "margin <= 0"),
        ("dtype:float16", "case.str.contains('/dtype:float16')"),
        ("dtype:float64", "not case.str.contains('/dtype:')"),
        ("stride<=1 op:conv2d", "op == 'conv2d' and not case.str.contains('/stride:')"),
        ("stride>=2 padding:0", "case.str.contains('/stride:2') and not case.str.contains('/padding:')"),
        ("fill:default op:sigmoid", "op == 'sigmoid' and not case.str.contains('/fill:')"),
        ("is:wrong", "status in ('deviates', 'known', 'crashed', 'fails', 'timed out')"),
        ("segmentation", "message.str.contains('segmentation')"),
        ('"wrong norm"', "known.str.contains('wrong norm')"),
        ("rfft2/shape:7x9", "case.str.contains('rfft2/shape:7x9')"),
        ("law:gradient subject:weight", "law == 'gradient' and subject == 'weight'"),
    ],
)
def test_a_query_selects_what_pandas_would(
    chrome: Any, path: Path, verdicts: pandas.DataFrame, query: str, same: str
) -> None:
    ready(chrome, path)
    assert matching(chrome, query) == len(table(verdicts).query(same, engine="python"))


def test_a_query_can_hold_one_candidate_against_another(chrome: Any, path: Path, verdicts: pandas.DataFrame) -> None:
    ready(chrome, path)
    key = ["case", "law", "subject", "scenario"]
    sides = [
        verdicts[(verdicts["candidate"] == by) & (verdicts["status"] == status)].set_index(key).index
        for by, status in (("torch", "conforms"), ("numpy.loops", "deviates"))
    ]
    both = sides[0].intersection(sides[1])
    assert matching(chrome, "torch:conforms numpy.loops:deviates") == verdicts.set_index(key).index.isin(both).sum() > 0


def test_a_misspelt_query_names_the_nearest_word(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    assert "did you mean “candidate”" in ask(chrome, "canddate:torch")
    assert "margin>8" in ask(chrome, "margin>big")


def test_what_changed_agrees_with_the_diff(chrome: Any, path: Path, verdicts: pandas.DataFrame) -> None:
    ready(chrome, path)
    kinds = diff(baseline(verdicts), verdicts, {})["kind"].value_counts()
    assert {"new", "regressed", "grew", "no longer run", "fixed", "added"} == set(kinds.index)
    for kind in ("new", "regressed", "grew", "fixed", "added"):
        assert matching(chrome, f"is:{kind}") == kinds[kind]
        assert f"{kinds[kind]} {kind}" in chrome.find_element("id", "changes").text


def test_a_dropped_run_is_compared_as_the_diff_does(
    chrome: Any, path: Path, verdicts: pandas.DataFrame, tmp_path: Path
) -> None:
    ready(chrome, path)
    older = baseline(verdicts.iloc[::2])
    kinds = diff(older, verdicts, {})["kind"].value_counts()
    (tmp_path / "verdicts.csv").write_text(report.csv(older), encoding="utf-8")
    chrome.find_element("id", "file").send_keys(str(tmp_path / "verdicts.csv"))
    settled(chrome, "document.getElementById('toast').textContent.startsWith('Compared')")
    assert {kind: matching(chrome, f"is:{kind}") for kind in kinds.index if kind != "no longer run"} == {
        kind: n for kind, n in kinds.items() if kind != "no longer run"
    }
    assert f"{kinds['no longer run']} no longer run" in chrome.find_element("id", "changes").text


def test_a_dropped_run_is_followed_to_the_names_of_now(chrome: Any, verdicts: pandas.DataFrame, tmp_path: Path) -> None:
    renamed = {"fold": "conv2d", "conv2d//step": "stride", "conv2d//pad": "padding"}
    cases = verdicts["case"].str.replace("^conv2d", "fold", regex=True)
    cases = cases.str.replace("/stride:", "/step:").str.replace("/padding:", "/pad:")
    older = verdicts.assign(case=cases, op=verdicts["op"].replace("conv2d", "fold"))
    assert not older["case"].equals(verdicts["case"])
    assert diff(older, verdicts, renamed).empty
    path = tmp_path / "index.html"
    path.write_text(report.page({"title": "Renamed", "complete": True, "renamed": renamed}, verdicts), encoding="utf-8")
    ready(chrome, path)
    (tmp_path / "verdicts.csv").write_text(report.csv(older), encoding="utf-8")
    chrome.find_element("id", "file").send_keys(str(tmp_path / "verdicts.csv"))
    settled(chrome, "document.getElementById('toast').textContent.startsWith('Compared')")
    assert chrome.find_element("id", "changes").text == "Nothing, against the run compared with."


def test_a_file_that_is_no_run_is_refused_in_words(chrome: Any, path: Path, tmp_path: Path) -> None:
    ready(chrome, path)
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    chrome.find_element("id", "file").send_keys(str(tmp_path / "notes.csv"))
    assert "no table of verdicts" in settled(chrome, "document.getElementById('toast').textContent")


def test_a_link_reopens_the_same_view(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    ask(chrome, "op:conv2d margin>100")
    chrome.execute_script("report.sortBy('case')")
    shown = "[...document.querySelectorAll('#rows-body .row:not([hidden])')].map(r => r.textContent).join('|')"
    before, fragment = settled(chrome, shown), chrome.execute_script("return location.hash")
    settled(chrome, "report.cold")
    before = settled(chrome, shown)
    ready(chrome, path, fragment)
    settled(chrome, "report.cold")
    assert settled(chrome, shown) == before
    assert chrome.find_element("id", "query").get_attribute("value") == "op:conv2d margin>100"


def test_a_link_to_a_case_opens_it(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    row = chrome.execute_script("return report.linkTo(report.find({candidate: 'torch.bad', law: 'gradient'}))")
    ready(chrome, path, row)
    settled(chrome, "document.getElementById('case').open")
    said = chrome.find_element("id", "case").get_attribute("textContent")
    assert "torch.bad is wrong here" in said
    assert "Under the same law at the same case torch.right conforms." in said
    assert chrome.execute_script(
        "return [...document.getElementById('case').childNodes].every((part) => part instanceof Element)"
    )
    assert len(chrome.find_elements("css selector", "#case canvas")) == 4


def test_a_click_opens_a_case_and_back_closes_it(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    chrome.find_element("css selector", "#rows-body .row .c-candidate").click()
    settled(chrome, "document.getElementById('case').open")
    chrome.back()
    settled(chrome, "!document.getElementById('case').open")


def test_keys_walk_the_list_and_the_cases(chrome: Any, path: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    ready(chrome, path)
    ActionChains(chrome).send_keys("/").perform()
    assert chrome.execute_script("return document.activeElement.id") == "query"
    chrome.find_element("id", "query").send_keys("is:red", Keys.ENTER)
    assert chrome.execute_script("return document.activeElement.id") == "grid"
    ActionChains(chrome).send_keys("jj", Keys.ENTER).perform()
    assert settled(chrome, "report.pane.row") == chrome.execute_script("return report.grid.view[2]")
    ActionChains(chrome).send_keys("k").perform()
    settled(chrome, "report.pane.row === report.grid.view[1]")
    ActionChains(chrome).send_keys(Keys.ESCAPE).perform()
    settled(chrome, "!document.getElementById('case').open")
    settled(chrome, "!location.hash.includes('case=')")
    assert chrome.find_element("id", "query").get_attribute("value") == "is:red"


def test_a_closed_case_gives_the_keyboard_back_to_what_opened_it(chrome: Any, path: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    ready(chrome, path)
    chrome.find_element("css selector", ".who-list .see").send_keys(Keys.ENTER)
    settled(chrome, "document.querySelector('#case[open] h2')")
    ActionChains(chrome).send_keys(Keys.ESCAPE).perform()
    settled(chrome, "!document.getElementById('case').open && document.activeElement.className === 'see'")
    chrome.find_element("css selector", ".skip").send_keys(Keys.ENTER)
    settled(chrome, "document.activeElement.id === 'grid'")


def test_the_repro_of_a_wrong_candidate_is_three_clicks_away(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    chrome.find_element("xpath", "//ul[@class='who-list']//a[contains(., 'abs_rfft2')]").click()
    settled(chrome, "document.getElementById('query').value.includes('abs_rfft2')")
    chrome.execute_script("document.querySelector('#rows-body .row .c-candidate').click()")
    settled(chrome, "document.querySelector('#case [data-kind=repro]')")
    assert copied(chrome, "document.querySelector('#case [data-kind=repro]').click()").startswith("import numpy")


def test_the_repro_of_a_wrong_candidate_is_two_clicks_away(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    chrome.find_element("xpath", "//ul[@class='who-list']/li[contains(., 'abs_rfft2')]//a[@class='see']").click()
    settled(chrome, "document.querySelector('#case[open] [data-kind=repro]')")
    assert "gradient" in chrome.find_element("id", "case-title").get_attribute("textContent")
    assert copied(chrome, "document.querySelector('#case [data-kind=repro]').click()").startswith("import numpy")


@pytest.mark.parametrize(("see", "links"), [("https://example.org/1", 1), ("javascript:document.title=1", 0), ("", 0)])
def test_a_known_row_links_where_its_entry_says_that_more_is_told(
    chrome: Any, tmp_path: Path, see: str, links: int
) -> None:
    written = tmp_path / "index.html"
    header = {**HEADER, "sees": {"f": {"a reason": see} if see else {"another": "https://example.org/2"}}}
    written.write_text(report.page(header, rows(row(status="known", known="3: a reason"))), encoding="utf-8")
    ready(chrome, written, "#q=status%3Aknown")
    chrome.execute_script("report.open(report.grid.view[0])")
    assert "Known: a reason." in settled(chrome, "document.querySelector('#case[open] .blame').textContent")
    found = chrome.find_elements("css selector", "#case .source")
    assert [p.get_attribute("textContent") for p in found] == ([f"See {see}"] if see else [])
    assert [a.get_attribute("href") for p in found for a in p.find_elements("tag name", "a")] == [see] * links


def test_every_copy_button_copies_what_it_says(chrome: Any, path: Path) -> None:
    ready(chrome, path, "#q=candidate%3Anumpy.loops+is%3Ared")
    chrome.execute_script("report.open(report.grid.view[0])")
    settled(chrome, "document.querySelector('#case [data-kind=issue]')")
    click = "document.querySelector('#case [data-kind=%s]').click()"
    command = copied(chrome, click % "command")
    assert command.startswith("harness show conv2d/")
    assert command.endswith("--candidate numpy.loops --law agrees")
    issue = copied(chrome, click % "issue")
    assert all(text in issue for text in (command, "```python", "torch 2.13.0"))
    assert "- {by: numpy.loops, law: agrees" in copied(chrome, click % "ledger")
    assert copied(chrome, click % "link").startswith(path.as_uri() + "#")


def test_the_smallest_case_is_shown_and_its_script_copied(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    chrome.execute_script("report.open(report.find({candidate: 'torch.bad', law: 'gradient'}))")
    settled(chrome, "document.querySelector('#case [data-kind=smallest]')")
    said = chrome.find_element("id", "case").get_attribute("textContent")
    assert "3 numbers instead of 216" in said
    assert re.search(r"\[[01], 4\d, \d\]", said)  # entries are named by their place in the whole array
    script = copied(chrome, "document.querySelector('#case [data-kind=smallest]').click()")
    assert script.endswith("print('the smallest')\n")
    issue = copied(chrome, "document.querySelector('#case [data-kind=issue]').click()")
    assert "Smallest case found: abs_rfft2/N:1/fill:values_1" in issue
    assert "print('the smallest')" in issue


def test_a_row_without_evidence_leads_to_one_that_has_some(chrome: Any, tmp_path: Path) -> None:
    """The command that writes the script is there, and a link to the nearest wrong row of the same cell."""
    wrong = [row(case=f"f/N:{n}", status="deviates", margin=float(n)) for n in (2, 3, 30)]
    gathered = row(case="f/N:3", candidate="other", subject="", margin=0.25)
    verdicts = rows(*wrong, gathered)
    key = "\t".join(str(wrong[0][name]) for name in ("case", "candidate", "law", "subject", "scenario"))
    written = tmp_path / "index.html"
    written.write_text(report.page(HEADER, verdicts, evidence={key: {"repro": "print(2)"}}), encoding="utf-8")
    ready(chrome, written)
    chrome.execute_script("report.open(1)")
    settled(chrome, "document.querySelector('#case[open] [data-kind=script]')")
    command = copied(chrome, "document.querySelector('#case [data-kind=script]').click()")
    assert command == "harness show f/N:3 --candidate mine --law agrees --script > repro.py"
    assert "other" in chrome.find_element("css selector", "#case .peers").get_attribute("textContent")
    chrome.execute_script("document.querySelector('#case p.dim a').click()")
    settled(chrome, "report.pane.row === 0 && document.querySelector('#case [data-kind=repro]')")
    assert "N 2" in chrome.find_element("css selector", "#case .address").get_attribute("textContent")


def test_chips_and_menus_write_the_query_into_the_address(chrome: Any, path: Path) -> None:
    ready(chrome, path, "#q=is%3Ared+op%3Aconv2d+margin%3E8")
    chips = "[...document.querySelectorAll('.chip')].map((chip) => chip.textContent.replace(' ✕', '')).join('|')"
    assert settled(chrome, chips) == "is:red|op:conv2d|margin>8"
    chrome.find_element("css selector", "[aria-label='Remove op:conv2d']").click()
    settled(chrome, f"{chips} === 'is:red|margin>8'")
    assert "op%3Aconv2d" not in chrome.execute_script("return location.hash")
    chrome.execute_script(
        "const menu = document.querySelector('#facets [aria-label=\"Filter by dtype\"]');"
        "menu.value = 'float16'; menu.dispatchEvent(new Event('change'))"
    )
    fragment = chrome.execute_script("return location.hash")
    shown = chrome.find_element("id", "shown").text
    chrome.back()
    settled(chrome, f"{chips} === 'is:red|margin>8'")
    ready(chrome, path, fragment)
    assert settled(chrome, chips) == "is:red|margin>8|dtype:float16"
    assert chrome.find_element("id", "shown").text == shown


def test_a_run_dropped_anywhere_is_compared_also_as_a_gzipped_baseline(
    chrome: Any, path: Path, verdicts: pandas.DataFrame
) -> None:
    ready(chrome, path)
    older = verdicts.drop(verdicts.index[::7])
    chrome.execute_async_script(
        "const [text, done] = arguments;"
        "new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).blob().then((packed) => {"
        "  const carried = new DataTransfer(); carried.items.add(new File([packed], 'verdicts.csv.gz'));"
        "  for (const kind of ['dragover', 'drop'])"
        "    document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));"
        "  done(); })",
        folded(older).to_csv(index=False),
    )
    settled(chrome, "document.getElementById('toast').textContent.startsWith('Compared')")
    kinds = diff(unfolded(folded(older), set(older["op"])), verdicts, {})["kind"].value_counts()
    assert {"new", "added"} <= set(kinds.index)
    assert {kind: matching(chrome, f"is:{kind}") for kind in kinds.index} == kinds.to_dict()
    assert chrome.execute_script("return document.getElementById('drop').hidden")


@pytest.mark.parametrize("lost", [False, True])
def test_what_was_not_judged_beside_a_gathered_row_is_gone_with_it_alone(
    chrome: Any, tmp_path: Path, lost: bool
) -> None:
    every = rows(
        row(law="upstream", subject=""), row(law="upstream", subject="gradient of bias", status="not believed")
    )
    written, older = tmp_path / "gathered.html", tmp_path / "older.csv"
    written.write_text(report.page(HEADER, every.tail(1) if lost else every), encoding="utf-8")
    folded(every).to_csv(older, index=False)
    ready(chrome, written)
    chrome.find_element("id", "file").send_keys(str(older))
    settled(chrome, "document.getElementById('toast').textContent.startsWith('Compared')")
    assert chrome.find_element("id", "against").text == "Against older.csv."
    assert matching(chrome, "is:no-longer-run") == int(lost)


def test_filtered_rows_are_copied_as_csv_selection_and_entries(
    chrome: Any, path: Path, verdicts: pandas.DataFrame
) -> None:
    ready(chrome, path, "#q=op%3Asigmoid+is%3Ared")
    taken = copied(chrome, "document.querySelector('[data-take=csv]').click()")
    read = pandas.read_csv(io.StringIO(taken), **report.READING)
    red = verdicts[(verdicts["op"] == "sigmoid") & verdicts["status"].isin(["crashed", "deviates"])]
    assert list(read.columns) == [name for name in COLUMNS if name != "blind"]  # which a page does not hold
    assert sorted(read["case"]) == sorted(red["case"])
    selection = copied(chrome, "document.querySelector('[data-take=pytest]').click()")
    assert selection.split()[1:] == [f"specs/sigmoid.yaml::{case}" for case in dict.fromkeys(read["case"])]
    assert "dtype == 'float16'" in copied(chrome, "document.querySelector('[data-take=ledger]').click()")


def test_entries_speak_of_what_is_wrong_and_of_no_case_beyond_those_seen(chrome: Any, tmp_path: Path) -> None:
    """A part of an id, or a first value that it leaves out, is written as `when:` compares it."""
    parts = {"a": "2x1", "b": "true", "c": "none", "d": "1x", "e": "0.5", "g": "2x1+3x3", "h": "empty", "w": "given"}
    case = "f/" + "/".join(f"{axis}:{value}" for axis, value in parts.items() if axis != "e")
    verdicts = rows(row(case=case, status="deviates"), row(case=case, law="gradient", status="not believed"))
    written = tmp_path / "index.html"
    header = {**HEADER, "first": {"f": {"e": "0.5", "layout": "contiguous", "a": "7"}}}
    written.write_text(report.page(header, verdicts), encoding="utf-8")
    ready(chrome, written, "#q=op%3Af")
    text = copied(chrome, "document.querySelector('[data-take=ledger]').click()")
    (entry,) = yaml.safe_load(text)["known"]
    assert (entry["by"], entry["law"], entry["status"]) == ("mine", "agrees", "deviates")
    names = {axis: cases.read(value) for axis, value in parts.items()} | {"layout": "contiguous"}
    assert parse(entry["when"])(names)
    for axis in names:
        assert not parse(entry["when"])({**names, axis: "other"})


@pytest.mark.parametrize("seen", [("sigmoid",), ("sigmoid/M:5", "sigmoid/N:2")])
def test_a_copied_entry_is_read_once_its_reason_is_written(chrome: Any, tmp_path: Path, seen: tuple[str, ...]) -> None:
    verdicts = rows(*[row(op="sigmoid", case=case, candidate="torch", status="deviates") for case in seen])
    written = tmp_path / "index.html"
    written.write_text(report.page({**HEADER, "first": {}}, verdicts), encoding="utf-8")
    ready(chrome, written, "#q=op%3Asigmoid")
    entry = copied(chrome, "document.querySelector('[data-take=ledger]').click()")
    spec = (Path(__file__).parents[1] / "specs" / "sigmoid.yaml").read_text(encoding="utf-8")
    (tmp_path / "sigmoid.yaml").write_text(
        spec.partition("known:\n")[0] + entry.replace('because: ""', "because: a reason"), encoding="utf-8"
    )
    (known,) = specs.read(tmp_path / "sigmoid.yaml").known
    assert (known.by, known.status, known.because) == (("torch",), "deviates", "a reason")


def test_nothing_is_copied_where_nothing_matches(chrome: Any, path: Path) -> None:
    ready(chrome, path, "#q=op%3Asigmoid+margin%3C0")
    for what in ("csv", "pytest", "ledger"):
        chrome.execute_script(f"document.getElementById('toast').textContent = ''; report.take('{what}')")
        assert "nothing to copy" in settled(chrome, "document.getElementById('toast').textContent")
    ready(chrome, path, "#q=status%3Aconforms")
    chrome.execute_script("report.take('ledger')")
    assert "None of these is wrong" in settled(chrome, "document.getElementById('toast').textContent")


def test_a_copy_is_confirmed_where_it_was_asked_for(chrome: Any, path: Path) -> None:
    """Over the open case, not under it, and on the button itself; from the headline without opening a case."""
    ready(chrome, path)
    script = "document.querySelector('.who-list [data-script]').click()"
    assert copied(chrome, script).startswith("import numpy")
    chrome.find_element("css selector", ".who-list .see").click()
    settled(chrome, "document.querySelector('#case[open] [data-kind=repro]')")
    copied(chrome, "document.querySelector('#case [data-kind=repro]').click()")
    assert settled(chrome, "document.querySelector('#case #toast').textContent") == "Copied: repro script"
    assert settled(chrome, "document.querySelector('#case [data-kind=repro]').textContent") == "Copied ✓"
    settled(chrome, "document.querySelector('#case [data-kind=repro]').textContent === 'Copy repro script'")


def test_consequences_stand_folded_under_their_cause(chrome: Any, path: Path) -> None:
    ready(chrome, path, "#q=candidate%3Anumpy.loops+is%3Ared")
    folded = chrome.execute_script("return report.grid.view.length")
    chrome.execute_script("document.querySelector('.more-rows:not([hidden])').click()")
    opened = chrome.execute_script("return report.grid.view.length")
    assert folded < opened
    assert chrome.execute_script("return report.isConsequence(report.grid.view[1])")
    chrome.find_element("id", "unfold").click()
    assert chrome.execute_script("return report.grid.view.length") == matching(chrome, "candidate:numpy.loops is:red")


def test_an_op_folds_out_into_its_laws(chrome: Any, path: Path) -> None:
    ready(chrome, path)
    chrome.execute_script("document.querySelector('.fold[data-op=conv2d]').click()")
    said = chrome.find_element("css selector", ".by-law").text
    assert all(law in said for law in ("agrees", "gradient", "repeatable"))
    chrome.execute_script("[...document.querySelectorAll('.by-law a.deviates')][0].click()")
    settled(chrome, "document.getElementById('query').value.includes('status:deviates')")


@pytest.mark.parametrize(
    ("text", "hexadecimal"),
    [("0.1", "0x1.999999999999ap-4"), ("-2", "-0x1p+1"), ("5e-324", "0x0.0000000000001p-1022"), ("0", "0x0p+0")],
)
def test_hex_is_as_python_writes_it(chrome: Any, path: Path, text: str, hexadecimal: str) -> None:
    if chrome.execute_script("return !window.report"):
        ready(chrome, path)
    chrome.execute_script("report.open(report.find({candidate: 'torch.bad', law: 'gradient'}))")
    settled(chrome, "report.pane.fact")
    chrome.execute_script(
        "const kept = report.pane.fact; report.pane.hex = true;"
        "window.drawn = report.pane.numbers({...kept, actual: arguments[0]}).textContent; report.pane.hex = false",
        text,
    )
    assert f"actual{hexadecimal}expected" in chrome.execute_script("return window.drawn")
    assert float.fromhex(hexadecimal) == float(text)


def test_hostile_rows_stay_text(chrome: Any, tmp_path: Path) -> None:
    texts = {name: HOSTILE for name in COLUMNS if name not in ("margin", "ulps", "blind", "seconds", "status")}
    hostile = rows(
        row(**texts, status="deviates", margin=9.0),
        row(status=HOSTILE),
        row(op="__proto__", candidate="constructor", case="__proto__/toString:1", subject="valueOf"),
    )
    key = "\t".join([HOSTILE] * 5)
    said = {
        key: dict.fromkeys(("formula", "digits", "repro", "smallest", "shrunk", "command", "expected"), HOSTILE)
        | {"margins": {HOSTILE: HOSTILE}, "actual": [[HOSTILE]]}
    }
    written = tmp_path / "hostile.html"
    history = [{"started": HOSTILE, "versions": {HOSTILE: HOSTILE}, "counts": {HOSTILE: 1}, "red": [HOSTILE]}]
    hostile_kills = Kills(((HOSTILE, HOSTILE, HOSTILE),), ((HOSTILE, 0, 1),), ((HOSTILE, HOSTILE),))
    header = {
        **HEADER,
        "command": HOSTILE,
        "versions": {HOSTILE: HOSTILE},
        "kills": hostile_kills,
        "models": {HOSTILE: HOSTILE},
        "sees": {HOSTILE: {HOSTILE: HOSTILE}},
    }
    written.write_text(
        report.page(header, hostile, baseline=rows(row(case=HOSTILE, message=HOSTILE)), evidence=said, history=history),
        encoding="utf-8",
    )
    chrome.get_log("browser")
    ready(chrome, written)
    assert ask(chrome, "").startswith("3 of 3")
    for at in range(3):
        chrome.execute_script("report.open(arguments[0])", at)
        settled(chrome, f"report.pane.row === {at} && document.getElementById('case').open")
        chrome.execute_script("document.getElementById('case').close()")
        settled(chrome, "!location.hash.includes('case=')")
    chrome.execute_script("for (const fold of document.querySelectorAll('.fold')) fold.click()")
    assert chrome.execute_script("return typeof boom + document.images.length") == "undefined0"
    assert chrome.execute_script("return document.querySelectorAll('script').length") == 3
    chrome.execute_script("report.open(0)")
    settled(chrome, "document.querySelector('#case[open] [data-kind=repro]')")
    assert copied(chrome, "document.querySelector('#case [data-kind=repro]').click()") == HOSTILE
    assert chrome.get_log("browser") == []


def test_a_page_without_rows_opens(chrome: Any, tmp_path: Path) -> None:
    written = tmp_path / "empty.html"
    written.write_text(report.page({}, rows()), encoding="utf-8")
    chrome.get_log("browser")
    ready(chrome, written)
    assert "PARTIAL" in chrome.find_element("tag name", "main").text
    assert chrome.get_log("browser") == []


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("opened", ["all", "case", "op"])
def test_axe_finds_nothing(chrome: Any, path: Path, width: int, scheme: str, opened: str) -> None:
    axe = axe_core()
    if axe is None:
        pytest.skip("axe-core is not installed: pip install axe-core-python")
    chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    chrome.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]
        },
    )
    try:
        ready(chrome, path, "#op=conv2d" if opened == "op" else "")
        settled(chrome, "report.cold")
        assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
        chrome.execute_script(
            "document.querySelectorAll('.fold, #help').forEach((button) => button.click());"
            "document.querySelectorAll('details').forEach((part) => { part.open = true })"
        )
        if opened == "case":
            chrome.execute_script("report.open(report.find({candidate: 'torch.bad', law: 'gradient'}))")
            settled(chrome, "document.querySelector('#case canvas')")
        chrome.execute_script(axe.read_text(encoding="utf-8"))
        found = chrome.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((r) => done(r.violations))"
        )
    finally:
        chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []


@pytest.mark.parametrize("opened", ["", "report.open(report.grid.view[0])"])
def test_a_printed_page_has_no_page_without_words(chrome: Any, path: Path, opened: str) -> None:
    """The list is as high as its rows on screen: on paper its first rows stand alone, and an open case is printed alone."""
    ready(chrome, path)
    settled(chrome, "report.cold")
    if opened:
        chrome.execute_script(opened)
        settled(chrome, "document.querySelector('#case[open] h2')")
    printed = chrome.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    pages = len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"])))
    assert pages <= (3 if opened else 14)


def axe_core() -> Path | None:
    """axe-core's script: the file named by AXE_CORE, or the one a package carries."""
    if given := os.environ.get("AXE_CORE"):
        return Path(given)
    for inside in AXE:
        spec = importlib.util.find_spec(inside.split("/")[0])
        for folder in (spec.submodule_search_locations or []) if spec else []:
            script = Path(folder, *inside.split("/")[1:])
            if script.is_file():
                return script
    return None


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("op:sigmoid or op:rfft2", "op in ('sigmoid', 'rfft2')"),
        ("(op:sigmoid or op:rfft2) law:agrees", "op in ('sigmoid', 'rfft2') and law == 'agrees'"),
        ("op:conv2d -(law:agrees or law:gradient)", "op == 'conv2d' and law not in ('agrees', 'gradient')"),
        ("status:known or (op:conv2d margin>8)", "status == 'known' or op == 'conv2d' and margin > 8"),
    ],
)
def test_terms_are_combined_by_or_and_parentheses(
    chrome: Any, path: Path, verdicts: pandas.DataFrame, query: str, same: str
) -> None:
    ready(chrome, path)
    assert matching(chrome, query) == len(table(verdicts).query(same, engine="python")) > 0


def test_cases_at_which_candidates_differ_are_found(chrome: Any, path: Path, verdicts: pandas.DataFrame) -> None:
    ready(chrome, path)
    key = ["case", "law", "subject", "scenario"]
    right = verdicts[verdicts["status"] == "conforms"].set_index(key).index
    wrong = verdicts[verdicts["status"].isin(["deviates", "known", "crashed"])].set_index(key).index
    both = right.intersection(wrong)
    assert matching(chrome, "is:different") == verdicts.set_index(key).index.isin(both).sum() > 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("dtype:fp16", "no dtype is “fp16”; did you mean “float16”?"),
        ("dtype:f32", "did you mean “float32”?"),
        ("op:conv", "did you mean “conv2d”?"),
        ("status:deviate", "did you mean “deviates”?"),
        ("is:rde", "did you mean “red”?"),
        ("torch:conform", "did you mean “conforms”?"),
        ("(op:conv2d", "a parenthesis is not closed"),
        ("op:conv2d )", "closed that was not opened"),
        ("op:conv2d or", "“or” stands between two terms"),
    ],
)
def test_what_nothing_has_is_refused_with_the_nearest(chrome: Any, path: Path, query: str, said: str) -> None:
    if chrome.execute_script("return !window.report"):
        ready(chrome, path)
    assert said in ask(chrome, query)


def test_words_are_suggested_as_they_are_typed(chrome: Any, path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    ready(chrome, path, "#q=")
    box = chrome.find_element("id", "query")
    box.send_keys("dty")
    assert chrome.find_element("css selector", "#suggestions li").text == "dtype:"
    box.send_keys(Keys.TAB, "float1", Keys.ARROW_DOWN, Keys.ENTER)
    assert box.get_attribute("value") == "dtype:float16 "
    assert not chrome.find_element("id", "suggestions").is_displayed()
