"""Names and paths -> the specs and the runs that stand there."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.refusals import BAD_USE, refuse
from harness.vocabulary import RUN_FILE

if TYPE_CHECKING:
    from harness.model import Spec
    from harness.specs import SpecError

#: Where the run is kept that stood there before.
PREVIOUS = "previous.sqlite"

#: The columns without which a table tells no verdict.
DUE = ("case", "candidate", "law", "status")

#: Where a run is written unless it says otherwise.
LATEST = Path("reports/latest")


def specs(names: Sequence[str]) -> tuple[Spec, ...]:
    """The specs that can be judged; every problem of the others is a line on stderr."""
    return readable(names)[0]


def readable(names: Sequence[str]) -> tuple[tuple[Spec, ...], tuple[str, ...]]:
    """The specs that can be judged, and the paths of those that are broken (each problem a line on stderr)."""
    from harness import runs
    from harness.specs import importable

    def problems(spec: Spec) -> tuple[SpecError, ...]:
        runs.reach(runs.places([spec]))
        return importable(spec)

    return _sound(names, problems)


def unimported(names: Sequence[str]) -> tuple[Spec, ...]:
    """The specs that can be read, whether what they name is there or not; the problems of others as lines on stderr."""
    return _sound(names, lambda spec: ())[0]


def _sound(
    names: Sequence[str], problems_of: Callable[[Spec], tuple[SpecError, ...]]
) -> tuple[tuple[Spec, ...], tuple[str, ...]]:
    from harness import specs
    from harness.laws import LAWS

    try:
        found, errors = specs.read_all(specs.find(names, specs.home()), {*LAWS, "status"})
    except specs.UnknownSpec as error:
        refuse(str(error))
    problems = {spec.op: problems_of(spec) for spec in found}
    sound = tuple(spec for spec in found if not problems[spec.op])
    errors = (*errors, *chain.from_iterable(problems.values()))
    for problem in errors:
        click.echo(str(problem), err=True)
    if errors and not sound:
        sys.exit(BAD_USE)
    return sound, tuple(dict.fromkeys(problem.path for problem in errors))


def one_spec(name: str) -> Spec:
    """The one spec of a name."""
    found = specs((name,))
    if len(found) != 1:
        refuse(f"`{name}` is {len(found)} specs; name one")
    return found[0]


def run_file(path: Path) -> Path:
    """The file of a run that is named by it or by its folder; a folder without one is refused."""
    if not path.is_dir():
        return path
    if not (path / RUN_FILE).exists():
        refuse(f"{path}: has no {RUN_FILE}, expected a folder that `harness run` wrote, or a file of one")
    return path / RUN_FILE


def verdicts(path: Path) -> Any:
    """The table of a run file, or of a CSV."""
    from harness.store import Foreign, Store, StoreError

    if path.suffix == ".csv" or path.name.endswith(".csv.gz"):
        return _table(path)
    try:
        with Store.open(run_file(path)) as store:
            return store.verdicts()
    except Foreign as error:
        refuse(f"{error}; a verdicts.csv will do")
    except StoreError as error:
        refuse(str(error))


def _table(path: Path) -> Any:
    """The table of a CSV of verdicts, or of a baseline; what is neither is refused."""
    import pandas

    from harness import baseline
    from harness.report import READING

    try:
        table = pandas.read_csv(path, **READING)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        refuse(f"{path}: cannot be read as a table: {error}")
    due = baseline.COLUMNS if "verdicts" in table else DUE
    if lacking := [name for name in due if name not in table]:
        told = f"has the columns {', '.join(map(str, table.columns))}, and lacks {', '.join(lacking)}"
        refuse(f"{path}: {told}; name a run, its verdicts.csv or a baseline")
    return baseline.unfolded(table, set(table["op"])) if "verdicts" in table else table


def header(path: Path) -> Mapping[str, Any]:
    """The facts of a run file; none of a table."""
    from harness.store import Store, StoreError

    try:
        with Store.open(path / RUN_FILE if path.is_dir() else path) as store:
            return store.header
    except StoreError:
        return {}


#: Characters of a text that are encoded at once.
WRITTEN = 1 << 20


def replace(path: Path, text: str) -> None:
    """Write a file beside its place, then put it there."""
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        for at in range(0, len(text), WRITTEN):  # a large text is never encoded as a whole
            file.write(text[at : at + WRITTEN])
    os.replace(beside, path)
