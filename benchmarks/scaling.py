"""How a run's cost grows: with workers, with cases, with verdicts in the store and on the page.

The same cases are judged and stored by one worker and by two, in turns, from the first verdict on. Time per case is
for one cheap candidate at more and more cases, two workers. A million verdicts are stored, looked through and told as
`harness run` does it, in a process whose memory is its peak. The ratio is that of the wall times of one worker and
of two.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from math import ceil, sqrt
from pathlib import Path

import measuring

measuring.prepare()

from harness import builds, execution, runs, specs  # noqa: E402
from harness.asking.hosts import Limits  # noqa: E402
from harness.builds import Build  # noqa: E402
from harness.cli import endings  # noqa: E402
from harness.model import Spec, Verdict  # noqa: E402
from harness.store import Store  # noqa: E402

#: An op that costs next to nothing, at as many cases as two idle axes make.
SPEC = """op: scaled
doc: One cheap op at many cases.
see: https://numpy.org/doc/stable/reference/generated/numpy.negative.html
inputs: {{input: [4]}}
outputs: {{output: [4]}}
sizes: {{K: {many}, L: {many}}}
dtype: [float64]
error: {{model: formula}}
oracle: reference_impls.definitions.activations:relu
candidates:
  numpy: reference_impls.activations:relu
"""

#: Cases for the comparison of workers, for the growth of time, and verdicts in the store.
WORKERS_CASES, MANY, VERDICTS = 1_000, (1_000, 10_000, 100_000), 1_000_000
SMALL_CASES, SMALL_MANY, SMALL_VERDICTS = 60, (60, 120), 3_000

#: What the synthetic verdicts speak of; the facts among the laws have no numbers.
BY, FACTS = ("numpy", "torch"), ("status", "shape", "dtype", "pure")
ALL = (*FACTS, "agrees", "repeatable", "layout", "linear", "gradient", "subsets")

#: What rows of the laws that gather scenarios note of them.
NOTES = (
    '{"same": ["after its result is overwritten", "after other inputs", "in two threads", "of overwritten inputs", "twice"]}',
    '{"other": ["in two threads"], "right": ["of other inputs"], "same": ["after its result is overwritten", "twice"]}',
)

#: The steps on the way from verdicts to the page.
STEPS = {
    "stored": "stored",
    "looked through": "looked through for what is red or stale",
    "told": "sorted, written as CSV and page, told as table",
}

#: Cases that one median may take: more of them are measured once.
ENOUGH = 5_000


def made(folder: Path, count: int) -> Spec:
    """A spec of so many cases that depart from its first one in both axes: laws look at all of them alike."""
    path = folder / f"scaled-{count}.yaml"
    path.write_text(SPEC.format(many=list(range(ceil(sqrt(count)) + 1))), encoding="utf-8")
    return specs.read(path, runs.LAW_NAMES)


def judged(spec: Spec, count: int, workers: int, folder: Path) -> float:
    """Wall seconds of judging and storing that many cases, from the first verdict on."""
    plan = runs.plan([spec], 0)
    alike = {case.id for case in plan.cases[spec.op] if case.departures == 2}
    path = folder / f"{time.monotonic_ns()}.sqlite"
    started = 0.0
    with Store.create(path, {"cases": count}) as store:
        for _, rows in execution.isolated(
            [task for task in plan.tasks if task.case in alike][:count],
            runs.setup([spec], Limits()),
            workers=workers,
        ):
            started = started or time.perf_counter()
            store.append(rows)
        store.finish({})
    return time.perf_counter() - started


def workers(folder: Path, count: int, repetitions: int) -> tuple[float, float]:
    """Seconds with one worker and with two."""
    spec = made(folder, count)
    one, two = measuring.medians([[judged(spec, count, n, folder) for n in (1, 2)] for _ in range(repetitions)])
    return one, two


def per_case(folder: Path, count: int, repetitions: int) -> float:
    """Milliseconds per case with two workers."""
    spec = made(folder, count)
    times = [[judged(spec, count, 2, folder)] for _ in range(1 if count > ENOUGH else repetitions)]
    return measuring.medians(times)[0] / count * 1e3


def verdicts(count: int) -> Iterator[list[Verdict]]:
    """So many verdicts that all conform: two candidates, ten laws to each case, numbers that are not alike."""
    draw = random.Random(0)
    for number in range(count // (len(BY) * len(ALL))):
        case = f"scaled/K:{number % 1000}/L:{number // 1000}/dtype:float32"
        yield [row(case, by, law, draw.random()) for by in BY for law in ALL]


def row(case: str, by: str, law: str, x: float) -> Verdict:
    """A verdict as long as those of a run are."""
    if law in FACTS:
        return Verdict(
            "scaled",
            case,
            by,
            law,
            "",
            "",
            "conforms",
            "exact",
            0.0,
            actual="returns",
            expected="returns",
            seconds=x / 1e3,
        )
    at = f"{int(8 * x)} {int(16 * x)}"
    return Verdict(
        "scaled",
        case,
        by,
        law,
        "output y",
        "",
        "conforms",
        "random",
        x,
        3 * x,
        str(x)[:12],
        str(x),
        str(x / 1e7),
        at,
        seconds=x,
        notes=NOTES[int(2 * x)] if law in ("repeatable", "layout") else "",
    )


def stored(count: int) -> dict[str, float]:
    """Seconds of each step on the way from that many verdicts to their page, and the peak MiB of this process.

    What ends a run is the command line's own; a large page is written by a process that it starts, whose peak counts
    for itself.
    """
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = made(folder, 1)
        started = time.perf_counter()

        def note(step: str) -> None:
            nonlocal started
            found[f"{step} s"] = time.perf_counter() - started
            found[f"{step} MiB"] = peak()
            started = time.perf_counter()

        header = {"seed": 0, "specs": {spec.op: spec.digest}, "started": "2026-01-01T00:00:00+00:00"}
        with Store.create(folder / "run.sqlite", header) as store:
            for rows in verdicts(count):
                store.append(rows)
            store.flush()
            note("stored")
            plan = runs.Plan({spec.op: spec}, {}, 0)
            if runs.stale(plan, store.marks(), whole=True, here=Build(builds.versions())) or endings.is_red(store):
                raise SystemExit("all of these conform")
            note("looked through")
            endings.conclude(store, plan, endings.Ending(folder, "table", count // 20, 0.0))
            note("told")
            found["page s"], found["page MiB"] = 0.0, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**10
        found["size MiB"] = (folder / "run.sqlite").stat().st_size / 2**20
        found["csv MiB"] = (folder / "verdicts.csv").stat().st_size / 2**20
        found["html MiB"] = (folder / "index.html").stat().st_size / 2**20
    return found


def peak() -> float:
    """The most MiB this process has had: what ``getrusage`` says of it begins with the size of the one it was forked from."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM:"))


def child(count: int) -> dict[str, float]:
    """The same in a process of its own."""
    done = measuring.python(__file__, "--verdicts", str(count))
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    inside = argparse.ArgumentParser(add_help=False)
    inside.add_argument("--verdicts", type=int, default=0)
    if wanted := inside.parse_known_args()[0].verdicts:
        print(json.dumps(stored(wanted)))
        return
    chosen = measuring.arguments(__doc__)
    count, many, most = (SMALL_CASES, SMALL_MANY, SMALL_VERDICTS) if chosen.small else (WORKERS_CASES, MANY, VERDICTS)
    execution.prepare()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, two = workers(folder, count, chosen.repetitions)
        rows = [[f"{count} cases, 1 worker", f"{one:.2f} s", ""], [f"{count} cases, 2 workers", f"{two:.2f} s", ""]]
        rows += [[f"a case of {n}", f"{per_case(folder, n, chosen.repetitions):.2f} ms", ""] for n in many]
    found = child(most)
    for step, words in STEPS.items():
        rows.append([f"{most} verdicts {words}", f"{found[f'{step} s']:.1f} s", f"{found[f'{step} MiB']:.0f} MiB"])
    rows.append(["the process that writes a large page", "", f"{found['page MiB']:.0f} MiB"])
    for name, words in (("size", "the store"), ("csv", "the CSV"), ("html", "the page")):
        rows.append([words, "", f"{found[f'{name} MiB']:.1f} MiB"])
    measuring.table(["what", "time", "memory, size"], rows)
    measuring.ratio(one / two)


if __name__ == "__main__":
    main()
