"""Every benchmark -> docs/performance.md: machine, versions, tables, ratios, and a word on each goal that is missed."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import measuring

measuring.prepare()

from harness import machine  # noqa: E402

DOCS = measuring.ROOT / "docs" / "performance.md"

#: What was measured here, by script, so that one can be measured again alone.
KEPT = measuring.ROOT / "reports" / "performance.json"


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
        "Ours evaluates an independent definition where OpInfo calls one more kernel, and with it the sums of absolute "
        "values and of squares that the bound is made of. At these sizes (a few hundred entries) it is about a hundred "
        "NumPy calls of a microsecond or two each that cost, half of them in the bound, a quarter in the comparison; "
        "OpInfo's own cost is mostly the making of its samples. The second rows show the judging alone. What would reach "
        "the goal is judging cases of one shape as one stacked batch, which the harness does not do.",
    ),
    Goal(
        "against_gradcheck.py",
        "slow gradcheck's time to ours, conv2d (2, 8, 16, 16)",
        "at least 500 (and 20 on small inputs)",
        lambda r: r >= 500,
        "The oracle of float64 works in the 80-bit type, which no vector unit knows: the 295,000 products of this case "
        "are formed for each of the gradients and their bounds, and that is most of the time. In the "
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
        "share of hosts and oracles in a run's time",
        "at least 0.5",
        lambda r: r >= 0.5,
        "The table says where the rest is: mostly in the laws' own NumPy calls and the rows made of them, which at "
        "inputs of a hundred entries cost as much as the candidates. Page and table cost half a second whatever the run: "
        "of the default run, sixteen times as large, they are a smaller share.",
    ),
    Goal(
        "isolation.py",
        "wall time of questions to a host to those to this process",
        "at most 1.05",
        lambda r: r <= 1.05,
        "A question's way to a host and back costs what the table says in microseconds, here beside calls of about 5 ms.",
        ("--questions", "400", "--ordinary", "300"),
    ),
    Goal(
        "shrinking.py",
        "40 judgements to those that shrinking takes in the median, over the gate's miniatures",
        "at least 1",
        lambda r: r >= 1,
        "Each axis that departs from the spec's first case costs a few judgements, each entry written into the address one.",
    ),
)


@dataclass(frozen=True)
class Measured:
    """What a script printed, its ratio, and how long it took."""

    text: str
    ratio: float
    repetitions: int
    load: float


def measured(goal: Goal, repetitions: int) -> Measured:
    """Run one script as it is run by hand. Raises SystemExit with its words where it fails."""
    options = goal.options or ("--repetitions", str(repetitions))
    done = measuring.python(str(Path("benchmarks") / goal.script), *options)
    *lines, last = done.stdout.strip().splitlines() or [""]
    if done.returncode or not last.startswith("ratio: "):
        raise SystemExit(f"{goal.script}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    print(f"{goal.script}: {last}", flush=True)
    return Measured("\n".join(lines), float(last.removeprefix("ratio: ")), repetitions, os.getloadavg()[0])


def page(found: dict[str, Measured], facts: dict[str, Any]) -> str:
    """The whole document."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    lines = [
        "# Performance",
        "",
        "Written by `python benchmarks/report.py`; each script measures both sides in one run, in turns, and takes medians of "
        f"its repetitions ({measuring.REPETITIONS}; fewer are a **reduced** run). Where both sides are one process the clock "
        "is its CPU time, else the wall's, which load from others bends: it stands beside, as processes wanting a core when "
        "the script ended, its own among them.",
        "",
        f"- machine: {facts['cpu']}, {os.cpu_count()} cores, {facts['platform']}",
        f"- versions: {versions}",
        "- threads: one per process",
        "",
        "| benchmark | ratio | is | goal | | repetitions | load |",
        "|---|---|---|---|---|---|---|",
    ]
    goals = [goal for goal in GOALS if goal.script in found]
    for goal in goals:
        m = found[goal.script]
        end = f"{_verdict(goal, m)} | {_repeated(m)} | {m.load:.1f} |"
        lines.append(f"| `{goal.script}` | {m.ratio:.3g} | {goal.what} | {goal.asked} | {end}")
    for goal in goals:
        m = found[goal.script]
        lines += ["", f"## {goal.script}", "", "```text", m.text, "```", ""]
        lines.append("The goal is reached." if goal.reached(m.ratio) else f"The goal is missed. {goal.word}")
    return "\n".join(lines) + "\n"


def _repeated(m: Measured) -> str:
    return f"{m.repetitions}, reduced" if m.repetitions < measuring.REPETITIONS else str(m.repetitions)


def _verdict(goal: Goal, m: Measured) -> str:
    return "reached" if goal.reached(m.ratio) else "missed"


def remembered() -> dict[str, Measured]:
    """What earlier calls measured here."""
    if not KEPT.exists():
        return {}
    return {name: Measured(**m) for name, m in json.loads(KEPT.read_text(encoding="utf-8")).items()}


def replaced(path: Path, text: str) -> None:
    """Write beside, then take its place."""
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    goals = {goal.script.removesuffix(".py"): goal for goal in GOALS}
    parser.add_argument(
        "script",
        nargs="*",
        type=lambda name: name.removesuffix(".py"),
        choices=[*goals, []],
        metavar="SCRIPT",
        help=f"measure these alone ({', '.join(goals)}); the others stand as they were measured here last",
    )
    parser.add_argument("--repetitions", type=int, default=measuring.REPETITIONS)
    chosen = parser.parse_args()
    found = remembered()
    for name, goal in goals.items():
        if not chosen.script or name in chosen.script:
            found[goal.script] = measured(goal, chosen.repetitions)
            replaced(KEPT, json.dumps({name: asdict(m) for name, m in found.items()}, indent=1))
    replaced(DOCS, page(found, machine.facts(with_torch=True)))


if __name__ == "__main__":
    main()
