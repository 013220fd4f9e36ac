"""Twelve questions that a reader brings to the page, each answered in a real browser by what a hand does there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas
import pytest
from test_page_in_browser import baseline, browser, evidence, missing, ready, settled
from test_report import HEADER, synthetic

from harness import report

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "never")


@dataclass(frozen=True)
class Click:
    """The pointer is brought to an element, which is pressed."""

    css: str


@dataclass(frozen=True)
class Type:
    """Words are typed where the keyboard is."""

    text: str


@dataclass(frozen=True)
class Task:
    """What is asked, what the hand does from the page's first view, and where the answer stands."""

    asked: str
    steps: tuple[Click | Type, ...]
    answer: str
    says: tuple[str, ...]


#: Seconds that a hand takes, of the keystroke-level model (Card, Moran and Newell 1980): to point, to press, for a key of an
#: average typist, and to think before each step and to read the answer.
POINT, PRESS, KEY, THINK = 1.1, 0.2, 0.28, 1.35

#: What a task may take a reader, in seconds.
MOST = 20.0

WHO = ".who-list li:has(a[href*=abs_rfft2])"
TAKEN = "window.taken"

TASKS = (
    Task(
        "Who is wrong in abs_rfft2, and why?",
        (Click("#tiles li[data-op=abs_rfft2] a"),),
        "#op",
        ("torch.bad", "known", "BadFFTFunction's backward takes the wrong norm"),
    ),
    Task("Copy a script that shows it", (Click(f"{WHO} [data-script]"),), TAKEN, ("import numpy",)),
    Task(
        "All float32 deviations of conv2d",
        (Type("/"), Type("op:conv2d dtype:float32 is:red\n")),
        "#shown",
        (" of ",),
    ),
    Task(
        "What changed since the baseline?",
        (Click("nav [data-section=changed]"),),
        "#changed",
        ("new", "regressed", "fixed"),
    ),
    Task("Why is something not believed?", (Click("nav [data-section=trust]"),), "#trust", ("every output is zero",)),
    Task(
        "A link to one case, for a colleague",
        (Click(f"{WHO} .see"), Click("#case [data-kind=link]")),
        TAKEN,
        ("#", "case=abs_rfft2"),
    ),
    Task(
        "The smallest case at which it fails",
        (Click(f"{WHO} .see"),),
        "#case",
        ("The smallest case that breaks in the same way", "3 numbers instead of 216"),
    ),
    Task(
        "The rows of one op as a file",
        (Type("/"), Type("op:sigmoid is:red\n"), Click("[data-take=file]")),
        "window.saved",
        ("op,case,candidate", "sigmoid"),
    ),
    Task("What does a margin of 3.2e4 mean?", (Click("#words"),), "#glossary", ("The error in units of its bound",)),
    Task(
        "How well is conv2d covered?",
        (Click("#tiles li[data-op=conv2d] a"),),
        "#op",
        ("pairs of values of", "were judged together"),
    ),
    Task("Which op takes longest?", (Click("[data-order=time]"),), "#tiles li:first-child", (" s",)),
    Task(
        "Is what is known explained?",
        (Click("nav [data-section=trust]"),),
        "#trust",
        ("BadFFTFunction's backward takes the wrong norm", "the gradient is rounded to float32"),
    ),
)


def hand(steps: Sequence[Click | Type]) -> float:
    """What the model says that a hand takes."""
    hands = sum(POINT + PRESS if isinstance(step, Click) else KEY * len(step.text) for step in steps)
    return hands + THINK * (len(steps) + 1)


def seconds(task: Task) -> float:
    """What the model says that a hand takes for a task."""
    return hand(task.steps)


def done(driver: Any, path: Path, task: Task) -> float:
    """Do a task from the first view; the seconds that the page took. Raises where the answer does not stand there."""
    from selenium.webdriver.common.action_chains import ActionChains

    ready(driver, path)
    settled(driver, "report.cold")
    driver.execute_script(
        "window.taken = window.saved = '';"
        "Object.defineProperty(navigator, 'clipboard',"
        " {configurable: true, value: {writeText: async (t) => { window.taken = t }}});"
        "const make = URL.createObjectURL;"
        "URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text }); return make(blob) };"
    )
    began = time.monotonic()
    for step in task.steps:
        match step:
            case Click(css):
                settled(driver, f"document.querySelector('{css}')?.checkVisibility()")
                driver.find_element("css selector", css).click()
            case Type(text):
                ActionChains(driver).send_keys(text).perform()
    where = task.answer if task.answer.startswith("window.") else f"document.querySelector('{task.answer}').innerText"
    told = [f"({where}).includes(`{said}`)" for said in task.says]
    settled(driver, " && ".join(told))
    return time.monotonic() - began


def written(folder: Path) -> Path:
    """A page of a run with a bug, known deviations, doubts, a baseline and evidence."""
    verdicts: pandas.DataFrame = synthetic(6_000)
    path = folder / "index.html"
    path.write_text(
        report.page(HEADER, verdicts, baseline=baseline(verdicts), evidence=evidence(verdicts)), encoding="utf-8"
    )
    return path


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("tasks"))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.asked)
def test_a_question_is_answered_in_a_few_steps(chrome: Any, path: Path, task: Task) -> None:
    done(chrome, path, task)
    assert len(task.steps) <= 3
    assert seconds(task) < MOST
