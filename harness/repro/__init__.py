"""Row, trial -> a standalone script that repeats it, bit for bit, with nothing of the harness installed.

The script imports NumPy, the candidate's library and the candidate; inputs stand in it as bytes. It performs the row's
scenarios with the very functions that the host performs them with, whose text it carries, and its last line is the row's
``actual``; where the candidate raised, the script does; where its process ended, the script ends so too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from harness import subjects
from harness.asking.binding import Arguments
from harness.asking.hosts import MEMORY
from harness.asking.outcomes import Array, OutOfMemory, Returned, TimedOut
from harness.asking.scenarios import Kin
from harness.asking.wire import BFLOAT16
from harness.candidates import Undeclared
from harness.comparison import Fact, Numbers, compare
from harness.laws import IMPLIED, posed
from harness.model import Law, Verdict
from harness.oracles import OracleError
from harness.repro.sources import carried
from harness.trial import Asked, Trial, Unanswered

#: What a row of an equation says, found again.
Equation = Numbers | Fact


def script(trial: Trial, row: Verdict) -> str:
    """A script that prints the row's ``actual`` (its worst entry, or what was raised). Asks the candidate again."""
    asked, equation = _of(trial, row)
    writing = _Literals()
    calls = [f"found[{a.label!r}] = {writing.scenario(a.scenario)}.perform(candidate)" for a in asked]
    given = trial.candidate.given
    library = type(_library(trial)).__name__
    wanted = {"Bound", "Arguments", "load", library, *(type(a.scenario).__name__ for a in asked), *writing.names}
    shown = _shown(row, equation, writing, wanted)
    imports, pieces = carried(wanted, _library(trial).name)
    vjp = f"load({given.vjp!r})" if given.vjp else "None"
    return "\n".join(
        [
            _head(trial, row, imports),
            pieces,
            _SHOW,
            *writing.lines,
            f"candidate = Bound(load({given.call!r}), {vjp}, {library}(), {_arguments(trial.arguments)})",
            "found = {}",
            *_limits(trial),
            *(_short_of_memory(calls) if _ended_for_memory(trial) else calls),
            *shown,
            "",
        ]
    )


def _library(trial: Trial) -> Any:
    from harness.asking import libraries  # a library is loaded only where a script needs its text

    return libraries.load(trial.candidate.described.library)


def _of(trial: Trial, row: Verdict) -> tuple[list[Asked], Equation | None]:
    """What was asked for a row, in order, and the equation that judged it; the first call came before all others."""
    _ = trial.first.outcome
    if row.law == "status" or row.death:
        return ([trial.first] if trial.ended or not row.death else _until_the_end(trial)), None
    read = [e for e in equations(trial, row) if e.reading]
    found = next((e for e in read if isinstance(e, Numbers) == bool(row.bound)), next(iter(read), None))
    if found is not None:
        reading = found.reading
        labels = [n for n in (reading.labels if reading else ()) if n != trial.first.label]
        before = [] if trial.case.invalid and labels else [trial.first]  # a call that must raise would end the script
        return [*before, *(trial.asked[label] for label in labels)], found
    first = trial.first
    of_law = [a for a in trial.asked.values() if a.law == row.law]
    stopped = next((a for a in of_law if not isinstance(a.outcome, Returned)), next(iter(of_law), first))
    return [first] if stopped is first else [first, stopped], None


def _until_the_end(trial: Trial) -> list[Asked]:
    """The first call; or, where a later question ends the process, that one: all laws ask until it does."""
    for law in (*(Law(name) for name in IMPLIED), *trial.spec.laws):
        trial.under(law.name)
        with suppress(Undeclared, Unanswered, OracleError):
            for _ in posed(law, trial):
                pass
        if trial.ended:
            return [trial.first, trial.ended]
    return [trial.first]


def equations(trial: Trial, row: Verdict) -> Iterator[Equation]:
    """The equations that a row may tell of, worst first."""
    ranked: list[tuple[float, Equation]] = []
    for law in [law for law in trial.spec.laws if law.name == row.law] or [Law(row.law)]:
        trial.under(law.name)
        with suppress(Undeclared, Unanswered, OracleError):
            for equation in posed(law, trial):
                if isinstance(equation, (Numbers, Fact)) and _speaks_of(equation, row):
                    held = compare(equation, trial.bench.tier)
                    ranked.append((held.margin, dataclasses.replace(held.equation, reading=equation.reading)))
    ranked.sort(key=lambda pair: -pair[0])
    return iter([equation for _, equation in ranked])


def _speaks_of(equation: Numbers | Fact, row: Verdict) -> bool:
    return (subjects.text(equation.subject), equation.scenario) == (row.subject, row.scenario)


def _shown(row: Verdict, equation: Equation | None, writing: _Literals, wanted: set[str]) -> list[str]:
    """Lines that print what the row has for ``actual``."""
    reading = equation.reading if equation else None
    if reading is None:
        return ['print("returns")']
    wanted.add(reading.function.__name__)
    given = "".join(f", {name}={writing.value(name, value)}" for name, value in reading.arguments.items())
    result = f"result = {reading.function.__name__}(found, {reading.labels!r}{given})"
    if not row.bound:
        return [result, "print(tuple(result.shape))" if isinstance(equation, Numbers) else "print(result)"]
    at = tuple(int(i) for i in row.at.split())
    return [result, f"print(written(np.asarray(result)[{at!r}][()]))"]


def _head(trial: Trial, row: Verdict, imports: str) -> str:
    of = f", {row.of}" if row.of else ""
    said = f"expected {row.expected}, bound {row.bound}: {row.message}" if row.bound else row.message
    said += f"\n\nKnown: {row.known.partition(': ')[2]}" if row.known else ""
    safe = said.replace("\\", " ").replace('"""', "'''").rstrip('"')
    title = f"{trial.spec.op}: {trial.candidate.name} at {trial.case.id}, law {row.law}{of}."
    torch = trial.candidate.described.library == "torch"
    lines = [f'"""{title}\n\n{safe or f"expected: {row.expected}"}\n"""', "", "from __future__ import annotations", ""]
    lines += [imports, "import sys", "import numpy as np", "import torch" if torch else "", ""]
    lines += ['sys.path.insert(0, ".")', 'np.seterr(all="ignore")']
    lines += ["torch.set_num_threads(1)", "torch.manual_seed(0)"] if torch else []
    return "\n".join([*lines, "print(__doc__)", 'print("It gives:", flush=True)', "", ""])


_SHOW = '''

def written(x):
    """The shortest digits that read back to the same number."""
    if x.dtype.kind == "c":
        return f"{written(x.real)}{'-' if np.signbit(x.imag) else '+'}{written(abs(x.imag))}j"
    if x.dtype.kind in "iub":
        return str(x)
    if not np.isfinite(x):
        return "nan" if np.isnan(x) else "inf" if x > 0 else "-inf"
    return np.format_float_scientific(x, unique=True, trim="-") if x.dtype.kind == "f" else str(float(x))


def entries(dtype, shape, text):
    """An array from the bytes of its entries."""
    return np.frombuffer(bytes.fromhex(text), dtype=dtype).reshape(shape).copy()

'''


def _limits(trial: Trial) -> list[str]:
    """The seconds and the memory that a host had, where one of them ended it."""
    match trial.ended.outcome if trial.ended else None:
        case TimedOut(seconds):
            return ["import faulthandler", f"faulthandler.dump_traceback_later({seconds}, exit=True)"]
        case OutOfMemory():
            return [
                "import resource",
                'pages = int(open("/proc/self/statm", encoding="ascii").read().split()[0])',
                f"most = pages * resource.getpagesize() + {MEMORY}",
                "resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))",
            ]
    return []


def _ended_for_memory(trial: Trial) -> bool:
    return trial.ended is not None and isinstance(trial.ended.outcome, OutOfMemory)


def _short_of_memory(calls: Sequence[str]) -> list[str]:
    """The calls, and in place of what they say of memory what the row says."""
    said = '    raise MemoryError("took more memory than a host may") from None'
    return ["try:", *(f"    {call}" for call in calls), "except MemoryError:", said]


def _arguments(given: Arguments) -> str:
    fields = ((f.name, getattr(given, f.name)) for f in dataclasses.fields(given))
    return f"Arguments({', '.join(f'{name}={_plain(value)}' for name, value in fields)})"


def _plain(value: Any) -> str:
    """A value of params, written out; what is no finite number by its name in NumPy."""
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{k!r}: {_plain(v)}' for k, v in value.items())}}}"
    return repr(value)


class _Literals:
    """Scenarios as text; what they hold of arrays is written out once, each under a name of its own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: set[str] = set()
        self._known: dict[tuple[Any, ...], str] = {}
        self._taken: set[str] = set()

    def scenario(self, scenario: Any) -> str:
        """A scenario's constructor."""
        fields = [(f.name, getattr(scenario, f.name)) for f in dataclasses.fields(scenario)]
        return f"{type(scenario).__name__}({', '.join(f'{name}={self.value(name, v)}' for name, v in fields)})"

    def value(self, name: str, value: Any) -> str:
        """A field's value."""
        if isinstance(value, np.ndarray):
            return self._named(name, {"": value}, self._array(value))
        if isinstance(value, (Arguments, Kin)):
            self.names.add(type(value).__name__)
            return self.scenario(value)
        if isinstance(value, tuple) and any(isinstance(v, Kin) for v in value):
            return f"({' '.join(f'{self.value(name, v)},' for v in value)})"
        if isinstance(value, Mapping) and value and all(isinstance(v, np.ndarray) for v in value.values()):
            text = "{" + "".join(f"\n    {n!r}: {self._array(x)}," for n, x in value.items()) + "\n}"
            return self._named(name, value, text)
        return _plain(value)

    def _named(self, name: str, value: Mapping[str, Array], text: str) -> str:
        key = tuple((n, x.dtype.str, x.shape, x.tobytes()) for n, x in value.items())
        if key not in self._known:
            numbers: Sequence[str] = ("", *map(str, range(2, 100)))
            chosen = next(name + number for number in numbers if name + number not in self._taken)
            self._taken.add(chosen)
            self._known[key] = chosen
            self.lines.append(f"{chosen} = {text}")
        return self._known[key]

    def _array(self, x: Array) -> str:
        flat = np.array(x, order="C")
        if x.dtype == BFLOAT16:
            self.names.add("BFLOAT16")
            return f"entries('<i2', {x.shape!r}, {flat.tobytes().hex()!r}).view(BFLOAT16)"
        return f"entries({x.dtype.str!r}, {x.shape!r}, {flat.tobytes().hex()!r})"
