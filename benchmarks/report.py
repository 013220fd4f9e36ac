"""Every benchmark -> docs/performance.md: machine, versions, tables, ratios, and a word on each goal that is missed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measuring

measuring.prepare()

from harness import libraries  # noqa: E402

DOCS = measuring.ROOT / "docs" / "performance.md"


@dataclass(frozen=True)
class Goal:
    """One script: what its ratio is, what is asked of it, and what to say where that is missed."""

    script: str
    what: str
    asked: str
    reached: Callable[[float], bool]
    word: str
    options: tuple[str, ...] = ()


GOALS = (
    Goal(
        "against_opinfo.py",
        "samples per second, ours to OpInfo's way",
        "at least 2",
        lambda r: r >= 2,
        "Ours evaluates an independent definition three times where OpInfo calls one more kernel: the value, the sum of "
        "absolute values and that of squares that the bound is made of. At these sizes (a few hundred entries) it is "
        "about a hundred NumPy calls of a microsecond or two each that cost, half of them in the bound, a quarter in "
        "the comparison; OpInfo's own cost is mostly the making of its samples. The second rows show the judging alone. "
        "What would reach the goal is judging cases of one shape as one stacked batch, which the harness does not do.",
    ),
    Goal(
        "against_gradcheck.py",
        "slow gradcheck's time to ours, conv2d (2, 8, 16, 16)",
        "at least 500 (and 20 on small inputs)",
        lambda r: r >= 500,
        "The oracle of float64 works in the 80-bit type, which no vector unit knows: the 295,000 products of this case "
        "are formed for the value, the bound and each of three gradients, and that is nine tenths of the time. In the "
        "smallest case it is the number of calls into NumPy, not their size.",
    ),
    Goal(
        "against_pytest_grid.py",
        "pytest's wall time to ours",
        "above 1",
        lambda r: r > 1,
        "Both sides import torch, which is most of the user's time. Ours loads, besides, what torch imports at the first "
        "gradient and the first forward derivative (half as long as torch itself takes), asks the loops, a hundred times as "
        "slow as torch, three times forward and once backward where the user asks once, and writes store, table and page.",
    ),
    Goal(
        "scaling.py",
        "wall time of one worker to that of two",
        "at least 1.7",
        lambda r: r >= 1.7,
        "Two workers and the runner, which stores and counts, share two cores; what else the machine does comes on top.",
    ),
    Goal(
        "startup.py",
        "a one-case check's time to that of `import torch`",
        "at most 1.5",
        lambda r: r <= 1.5,
        "The worker imports torch and, at the first gradient and the first forward derivative, half as much again of it; "
        "the runner reads the spec meanwhile and imports no library.",
    ),
    Goal(
        "overhead.py",
        "share of candidates and oracles in a run's CPU time",
        "at least 0.5",
        lambda r: r >= 0.5,
        "The table says where the rest is: mostly in the laws' own NumPy calls and the rows made of them, which at "
        "inputs of a hundred entries cost as much as the candidates. Page and table cost half a second whatever the run: "
        "of the default run, sixteen times as large, they are a smaller share.",
    ),
    Goal(
        "isolation.py",
        "wall time of isolated tasks to inline ones",
        "at most 1.05",
        lambda r: r <= 1.05,
        "What is above is the machine's other load: the cost per task is in the table, in microseconds.",
        ("--tasks", "400", "--ordinary", "300"),
    ),
)


@dataclass(frozen=True)
class Measured:
    """What a script printed, its ratio, and how long it took."""

    goal: Goal
    text: str
    ratio: float
    seconds: float


def measured(goal: Goal, options: tuple[str, ...]) -> Measured:
    """Run one script as it is run by hand. Raises SystemExit with its words where it fails."""
    started = time.perf_counter()
    done = measuring.python(str(Path("benchmarks") / goal.script), *(goal.options or options))
    *lines, last = done.stdout.strip().splitlines() or [""]
    if done.returncode or not last.startswith("ratio: "):
        raise SystemExit(f"{goal.script}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    found = Measured(goal, "\n".join(lines), float(last.removeprefix("ratio: ")), time.perf_counter() - started)
    print(f"{goal.script}: {last}, {found.seconds:.0f} s", flush=True)
    return found


def page(found: list[Measured], facts: dict[str, Any], repetitions: int) -> str:
    """The whole document."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    reduced = repetitions < measuring.REPETITIONS
    lines = [
        "# Performance",
        "",
        "Written by `python benchmarks/report.py`; each script measures both sides in one run, in turns, and takes medians "
        f"of {repetitions} repetitions. Where both sides are one process the clock is its CPU time, else the wall.",
        "",
        *([f"**Reduced**: {repetitions} instead of {measuring.REPETITIONS} repetitions.", ""] * reduced),
        f"- machine: {facts['cpu']}, {os.cpu_count()} cores, {facts['platform']}",
        f"- versions: {versions}",
        "- threads: one per process",
        f"- load while it ran: {os.getloadavg()[2]:.1f} processes wanting a core, those of the benchmarks among them",
        "",
        "| benchmark | ratio | is | goal | |",
        "|---|---|---|---|---|",
    ]
    for m in found:
        lines.append(f"| `{m.goal.script}` | {m.ratio:.3g} | {m.goal.what} | {m.goal.asked} | {_verdict(m)} |")
    for m in found:
        lines += ["", f"## {m.goal.script}", "", "```text", m.text, "```", ""]
        lines.append("The goal is reached." if m.goal.reached(m.ratio) else f"The goal is missed. {m.goal.word}")
    return "\n".join(lines) + "\n"


def _verdict(m: Measured) -> str:
    return "reached" if m.goal.reached(m.ratio) else "missed"


def main() -> None:
    chosen = measuring.arguments(__doc__)
    options = ("--small",) * chosen.small or ("--repetitions", str(chosen.repetitions))
    found = [measured(goal, options) for goal in GOALS]
    text = page(found, libraries.facts(with_torch=True), chosen.repetitions)
    if chosen.small:
        print(text)
        return
    beside = DOCS.with_name(DOCS.name + ".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, DOCS)


if __name__ == "__main__":
    main()
