"""How large the page is and how long a reader waits, in headless Chromium: `python benchmarks/page.py [ROWS ...]`.

Prints one line per size. ``ready`` is from the start of navigation until the list can be used; ``filter`` and ``sort``
are from the change to the drawn list, each the median of several different ones, none of them asked before. With
``--screenshots DIR`` it draws the page of a real run instead (of ``--run FILE``, or of one of the tutorials' ops made for
it): light, dark, at a phone's width, and a case.
"""

from __future__ import annotations

import argparse
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from test_page_in_browser import browser, ready
from test_page_tasks import TASKS, Click, Task, Type, done, hand, seconds, written
from test_report import HEADER, synthetic

from harness.report import page

#: What is asked for: (seconds until ready, MiB) by number of verdicts; filter and sort in seconds for each.
WANTED = {100_000: (1.0, 8.0), 1_000_000: (2.0, float("inf"))}
RESPONSE = 0.1

QUERIES = (
    "is:red",
    "margin>0.5",
    "op:conv2d stride>=2 padding:1",
    "torch:conforms numpy.loops:deviates",
    "dtype:float16,float32 -law:gradient",
    "candidate:numpy*",
    "segmentation",
    "",
)
SORTS = ("margin.desc", "case.asc", "ulps.asc", "candidate.desc", "message.asc")

_TIME_QUERY = "const t = performance.now(); report.set({q: arguments[0]}); return performance.now() - t"
_TIME_SORT = "const t = performance.now(); report.set({q: '', sort: arguments[0]}); return performance.now() - t"


def measure(rows: int, folder: Path) -> str:
    """One line of figures for a page of so many verdicts."""
    verdicts = synthetic(rows)
    began = time.perf_counter()
    html = page(HEADER, verdicts)
    made = time.perf_counter() - began
    path = folder / f"{rows}.html"
    path.write_text(html, encoding="utf-8")
    opened = []
    for _ in range(3):
        with browser() as driver:
            ready(driver, path)
            opened.append(float(driver.execute_script("return Number(document.documentElement.dataset.ready)")) / 1e3)
            time.sleep(max(1.0, rows / 100_000))
            filters = [driver.execute_script(_TIME_QUERY, query) for query in QUERIES]
            sorts = [driver.execute_script(_TIME_SORT, sort) for sort in SORTS]
    wait, most = WANTED.get(rows, (float("inf"), float("inf")))
    size, first = path.stat().st_size / 2**20, statistics.median(opened)
    slowest = max(sorts + filters) / 1e3
    shares = f"size {size / most:.0%}, wait {first / wait:.0%}, response {slowest / RESPONSE:.0%}"
    allowed = f"  of what is allowed: {shares}" if rows in WANTED else ""
    figures = (
        f"{len(verdicts):>9,} verdicts",
        f"made in {made:.1f} s",
        f"{size:.1f} MiB",
        f"ready in {first:.2f} s",
        f"filter {statistics.median(filters):.0f} ms, at most {max(filters):.0f}",
        f"sort {statistics.median(sorts):.0f} ms, at most {max(sorts):.0f}{allowed}",
    )
    return "  ".join(figures)


_TRUST, _SEE = Click("nav [data-section=trust]"), Click(".who-list li:has(a[href*=abs_rfft2]) .see")

#: The steps on the page as d97942a wrote it of its own synthetic run, each walked there once in the same browser. What is
#: not here had no way: rows could be copied and not saved, and no time of an op was told.
BEFORE: Mapping[str, tuple[Click | Type, ...]] = {
    "Who is wrong in abs_rfft2, and why?": (),
    "Copy a script that shows it": (Click(".who-list li:has(a[href*=abs_rfft2]) [data-script]"),),
    "All float32 deviations of conv2d": (Type("/"), Type("op:conv2d dtype:float32 is:red\n")),
    "What changed since the baseline?": (Click("nav [data-section=changed]"),),
    "Why is something not believed?": (_TRUST,),
    "A link to one case, for a colleague": (_SEE, Click("#case [data-kind=link]")),
    "The smallest case at which it fails": (_SEE,),
    "What does a margin of 3.2e4 mean?": (Click("#words"),),
    "How well is conv2d covered?": (_TRUST, Click("#trust details:has([aria-label=Coverage]) summary")),
    "Is what is known explained?": (_TRUST,),
}


def before(task: Task) -> str:
    """The steps and the hand's seconds on the old page, as cells."""
    steps = BEFORE.get(task.asked)
    return "no way | |" if steps is None else f"{len(steps)} | {hand(steps):.1f} s |"


def tasks() -> str:
    """A table of the twelve questions: steps, what the model says that a hand takes, and what the page took."""
    with tempfile.TemporaryDirectory() as folder, browser() as driver:
        path = written(Path(folder))
        lines = [
            "| question | steps | a hand, by the model | the page | steps on the old page | a hand there |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for task in TASKS:
            took = statistics.median(done(driver, path, task) for _ in range(3))
            lines.append(f"| {task.asked} | {len(task.steps)} | {seconds(task):.1f} s | {took:.1f} s | {before(task)}")
    now = f"{statistics.median(len(t.steps) for t in TASKS):g} | {statistics.median(map(seconds, TASKS)):.1f} s | |"
    steps, hands = (statistics.median(map(of, BEFORE.values())) for of in (len, hand))
    then = f"{steps:g} of {len(BEFORE)} | {hands:.1f} s |"
    return "\n".join([*lines, f"| median | {now} {then}"]) + "\n"


#: The ops whose run is drawn, and the case that is.
DRAWN = ("abs_rfft2", "scipy_conv2d", "sigmoid")
CASE = {
    "q": "op:abs_rfft2 is:wrong",
    "case": "abs_rfft2",
    "candidate": "torch.BadFFT",
    "law": "gradient",
    "subject": "gradient of input",
    "scenario": "",
}

#: Pictures: name, width, height, colour scheme or paper, and what is open.
PICTURES = (
    ("page-light", 1100, 900, "light", {}),
    ("page-dark", 1100, 900, "dark", {}),
    ("page-phone", 390, 700, "light", {}),
    ("page-case", 1100, 900, "light", CASE),
    ("page-op", 1100, 900, "light", {"op": "abs_rfft2"}),
    ("page-print", 794, 1123, "print", {}),
)


def draw(folder: Path, run: Path | None) -> None:
    """Pictures of the page of a run, for docs/."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        command = [sys.executable, "-m", "harness"]
        if run is None:
            subprocess.run([*command, "run", *DRAWN, "--out", made], check=False, stdout=subprocess.DEVNULL)
        else:
            subprocess.run([*command, "report", str(run), "--out", made], check=True)
        for name, width, height, scheme, opened in PICTURES:
            with browser() as driver:
                _screen(driver, width, height, scheme)
                ready(driver, Path(made, "index.html"))
                if opened:
                    driver.execute_script("report.set(arguments[0])", opened)
                time.sleep(1)
                (folder / f"{name}.png").write_bytes(smaller(driver.get_screenshot_as_png()))


def smaller(png: bytes) -> bytes:
    """The same picture, deflated as far as it goes."""
    kept, packed, at = [png[:8]], b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        packed += content if kind == b"IDAT" else b""
        if kind == b"IEND":
            kept.append(_chunk(b"IDAT", zlib.compress(zlib.decompress(packed), 9)))
        if kind != b"IDAT":
            kept.append(_chunk(kind, content))
        at += length + 12
    return b"".join(kept)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _screen(driver: Any, width: int, height: int, scheme: str) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    paper = scheme == "print"
    features = [{"name": "prefers-color-scheme", "value": "light" if paper else scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print" if paper else "", "features": features})


def main() -> None:
    """Measure, or draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--tasks", action="store_true", help="the twelve questions, as docs/page.md has them")
    chosen = parser.parse_args()
    if chosen.tasks:
        print(tasks(), end="")
        return
    if chosen.screenshots:
        draw(chosen.screenshots, chosen.run)
        return
    with tempfile.TemporaryDirectory() as folder:
        for rows in chosen.rows:
            print(measure(rows, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
