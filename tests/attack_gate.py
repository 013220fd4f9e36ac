"""Attacks, honest look-alikes -> which are found: every attack must be, no look-alike may be.

``python tests/attack_gate.py [-k NAME] [-j N]`` gives each function of tests/attack_table.py to ``harness check`` in a
temporary copy of the project, with a session, a home and a temporary folder of its own, so that whatever an attack
writes or ends is there alone. It prints attack -> found or passed, with the row that found it, and exits with 1 where
an attack passes, where it ends the judge, or where a look-alike is accused.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from attack_table import ATTACKS, HONEST, Attack  # noqa: E402
from attacks.mark import MARK  # noqa: E402

from harness.model import RED  # noqa: E402

#: What a copy of the project needs to check a function.
COPIED = ("harness", "reference_impls", "specs", "tests/attacks")

#: Seconds after which a check is ended: an attack has made it hang.
PATIENCE = 240.0

#: Threads of numerical libraries: one, as many checks run beside each other.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Passed:
    """The check says that the function conforms."""

    rows: int

    def __str__(self) -> str:
        return f"conforms by {self.rows} rows"


@dataclass(frozen=True)
class Found:
    """The check says that the function deviates, by this row."""

    row: dict[str, Any]

    def __str__(self) -> str:
        row = self.row
        return f"{row['law']} {row['subject']}: {row['status']} at {row['case']}: {str(row['message'])[:100]}"


@dataclass(frozen=True)
class Refused:
    """The check says that the function cannot be judged, and why."""

    words: str

    def __str__(self) -> str:
        return f"refused: {self.words}"


@dataclass(frozen=True)
class Unjudged:
    """The check says that nothing was judged, which is no way to conform."""

    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Killed:
    """The whole check was killed, as any code with its rights may do: nobody takes that for a verdict."""

    number: int

    def __str__(self) -> str:
        return f"the check was killed by {signal.Signals(self.number).name}"


@dataclass(frozen=True)
class Broken:
    """The check itself came to harm: it had no end, or an exit code that is none of its own."""

    code: str
    words: str

    def __str__(self) -> str:
        return f"the check ended with {self.code}: {self.words}"


Ending = Passed | Found | Refused | Unjudged | Killed | Broken


@dataclass(frozen=True)
class Checked:
    """An attack with the end of its check, and the seconds that it took."""

    attack: Attack
    ending: Ending
    seconds: float

    @property
    def due(self) -> bool:
        """Whether it ended as it must: look-alikes conform, attacks do not, refused only where no import succeeds."""
        match self.ending:
            case Passed():
                return self.attack.right
            case Refused():
                return self.attack.unimportable
            case Found() | Unjudged() | Killed():
                return not self.attack.right
            case Broken():
                return False

    @property
    def word(self) -> str:
        """The verdict in a word."""
        match self.ending:
            case Passed():
                return "conforms" if self.attack.right else "PASSED"
            case Refused():
                return "refused" if self.attack.unimportable else "REFUSED"
            case Unjudged():
                return "UNJUDGED" if self.attack.right else "unjudged"
            case Killed():
                return "KILLED" if self.attack.right else "killed"
            case Found():
                return "ACCUSED" if self.attack.right else "found"
            case Broken():
                return "BROKEN"


@contextlib.contextmanager
def copy() -> Iterator[Path]:
    """A marked temporary copy of the project."""
    with tempfile.TemporaryDirectory(prefix="attacked-", ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve() / "project"
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name)
        (root / MARK).touch()
        for name in ("home", "tmp"):
            (root.parent / name).mkdir()
        yield root


def environment(root: Path) -> dict[str, str]:
    """The variables of a check in a copy: nothing of the real checkout, home or temporary folder is named in them."""
    path = os.pathsep.join([str(root), str(root / "tests")])
    own = {"PYTHONPATH": path, "HOME": str(root.parent / "home"), "TMPDIR": str(root.parent / "tmp")}
    return {**os.environ, **ONE_THREAD, **own}


def checked(attack: Attack) -> Checked:
    """One attack, checked in a copy of its own."""
    started = time.perf_counter()
    with copy() as root:
        words = [sys.executable, "-m", "harness", "check", *attack.arguments, "--format", "rows", "-j", "1"]
        said, complained = root.parent / "stdout", root.parent / "stderr"
        with said.open("wb") as out, complained.open("wb") as err:
            process = subprocess.Popen(
                words,
                cwd=root,
                env=environment(root),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            code = _waited(process)
        _end_leftovers(root)
        rows = list(_rows(said, attack.path))
        lines = complained.read_text(errors="replace").strip().splitlines()
    return Checked(attack, ending(code, rows, lines[-1] if lines else ""), time.perf_counter() - started)


def _waited(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code, or None where patience ended; what is left of its group is ended."""
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _end_leftovers(root: Path) -> None:
    """End what a check left running outside its group: the processes whose environment names its own home."""
    own = f"HOME={root.parent / 'home'}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if own in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def _rows(said: Path, candidate: str) -> Iterator[dict[str, Any]]:
    """The rows on a candidate among the lines on stdout, whatever else a function printed there."""
    for line in said.read_text(errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            row = json.loads(line)
            if isinstance(row, dict) and row.get("candidate") == candidate and {"law", "case", "message"} <= row.keys():
                yield row


def ending(code: int | None, rows: Sequence[dict[str, Any]], words: str) -> Ending:
    """What an exit code and the rows say together: 0 conforms, 1 deviates or was not judged, 2 cannot be used."""
    red = [row for row in rows if row.get("status") in RED]
    match code:
        case None:
            return Broken("no end", words)
        case 0:
            return Passed(len(rows))
        case 1:
            return Found(red[0]) if red else Unjudged(words)
        case 2:
            return Refused(words)
        case _ if code < 0:
            return Killed(-code)
        case _:
            return Broken(f"exit code {code}", words)


def gate(attacks: Sequence[Attack], workers: int) -> Iterator[Checked]:
    """All attacks in order, so many at once."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(checked, attacks)


def says(attack: Attack) -> str:
    """The first sentence about an attack, read without importing it: its function's, or its module's."""
    module, _, name = (attack.vjp or attack.path).partition(":")
    tree = ast.parse((ROOT / "tests" / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
    own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
    return (ast.get_docstring(own[0] if own else tree) or "").partition("\n")[0]


def main() -> int:
    """Check, print; 0 where every attack is found and no look-alike accused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-j", "--workers", type=int, default=os.cpu_count() or 1, help="checks at a time")
    parser.add_argument("-k", default="", help="only entries whose name contains this")
    parser.add_argument("--right", action="store_true", help="look-alikes alone")
    options = parser.parse_args()
    chosen = [a for a in (*(() if options.right else ATTACKS), *HONEST) if options.k in a.name]
    started, done = time.perf_counter(), []
    for one in gate(chosen, options.workers):
        print(f"{one.attack.name:<42} {one.word:<9} {one.seconds:5.1f} s  {one.ending}", flush=True)
        done.append(one)
    return report(done, time.perf_counter() - started)


def report(done: Sequence[Checked], seconds: float) -> int:
    """Print the counts; the exit code."""
    for right, title in ((False, "attacks"), (True, "look-alikes")):
        counts = Counter(one.word for one in done if one.attack.right == right)
        print(f"{title}: {', '.join(f'{n} {word}' for word, n in counts.items()) or 'none'}")
    print(f"{len(done)} checked in {seconds:.0f} s")
    return int(not done or not all(one.due for one in done))


if __name__ == "__main__":
    sys.exit(main())
