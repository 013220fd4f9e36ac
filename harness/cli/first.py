"""The first deviation -> a line at once, and its smallest input while judging goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from harness.answer import Answer, Cause, Level, Manner, Smallest
from harness.cli.until import Until

if TYPE_CHECKING:
    from harness.model import CandidateSpec, Case, Spec, Verdict
    from harness.shrinking import Shrunk

Array = NDArray[Any]

#: Seconds that the search for the smallest input of one cause may take.
SECONDS = 6.0

#: Causes whose smallest inputs are looked for.
MOST = 3

#: What is told by the nearest case: smaller ones break otherwise.
NO_SMALLER = (Manner.ENDS, Manner.SLOW, Manner.RETURNS, Manner.STEPS)

#: Numbers that an input is written out with, and their digits, where those tell them apart.
WRITTEN, DIGITS = 12, 6


@dataclass
class First:
    """The first deviation of each candidate, told when it is seen, and shrunk in a thread of its own."""

    spec: Spec
    seed: int
    given: Mapping[str, CandidateSpec]
    quiet: bool = False
    shrinks: bool = True
    until: Until = field(default_factory=Until)
    began: float = field(default_factory=time.monotonic)
    found: dict[str, tuple[Verdict, list[Shrunk]]] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)

    def look(self, rows: Sequence[Verdict], case: Case) -> None:
        """Take in the rows of a case."""
        from harness.model import BAD

        for row in rows:
            if row.status in BAD and row.candidate in self.given and row.candidate not in self.found:
                self._tell(row)
                small: list[Shrunk] = []
                self.found[row.candidate] = row, small
                if self.shrinks and not case.invalid and not row.death:
                    thread = threading.Thread(target=self._shrink, args=(row, case, small), daemon=True)
                    thread.start()
                    self.threads.append(thread)

    def _tell(self, row: Verdict) -> None:
        if not self.quiet:
            seconds = time.monotonic() - self.began
            said = f"gives {row.actual}, expected {row.expected}, at [{row.at}]" if row.bound else row.message
            of = f", {row.of}" if row.of else ""
            click.echo(f"first, after {seconds:.1f} s: {row.case}: {row.law}{of}: {said}", err=True)

    def _shrink(self, row: Verdict, case: Case, small: list[Shrunk]) -> None:
        found = self._smaller(case, row)
        if found is not None:
            small.append(found)
            if not self.quiet:
                click.echo(f"smallest: {written(self.spec, found, self.seed)}", err=True)

    def smallest(self, answer: Answer) -> Answer:
        """The answer, with the smallest inputs of its first causes."""
        for thread in self.threads:
            thread.join(self.until.left if self.until.left < float("inf") else None)
        found = [self._of(cause, answer) if n < MOST else cause for n, cause in enumerate(answer.causes)]
        return replace(answer, causes=tuple(found))

    def _of(self, cause: Cause, answer: Answer) -> Cause:
        row, case = cause.example, self._case(cause)
        if case is None or cause.level is Level.REFUSALS or cause.manner in NO_SMALLER:
            return cause
        first, done = self.found.get(answer.candidate, (row, []))
        same = (first.law, first.of, first.case) == (row.law, row.of, row.case)
        small = done[0] if same and done else self._smaller(case, row)
        if small is None:
            return cause
        return replace(cause, smallest=Smallest(small.case.id, written(self.spec, small, self.seed), small.row))

    def _smaller(self, case: Case, row: Verdict) -> Shrunk | None:
        """The smallest case at which a row is broken in the same way; None where there is none to be had in time."""
        if self.until.over():
            return None
        return shrunk(self.spec, case, self.given[row.candidate], row, self.seed, min(SECONDS, self.until.left))

    def _case(self, cause: Cause) -> Case | None:
        from harness import cases

        case = cases.find(self.spec, cause.example.case)
        return None if case.invalid else case


def shrunk(spec: Spec, case: Case, given: CandidateSpec, row: Verdict, seed: int, seconds: float) -> Shrunk | None:
    """The smallest case at which a row is broken in the same way; None where there is none to be had."""
    from harness import shrinking
    from harness.execution import ExecutionError

    until = time.monotonic() + seconds
    try:
        with shrinking.Looks([(spec, given, row.under)], min(shrinking.TIMEOUT, seconds)) as looks:
            return shrinking.descend(looks, spec, case, given, row, seed=seed, until=until)
    except (ExecutionError, OSError):  # the command ends, and its processes and folders with it
        return None


def written(spec: Spec, small: Shrunk, seed: int) -> str:
    """A small case as it reads: inputs, params that are not the first ones, what comes and what is expected."""
    from harness import cases, fills
    from harness.answer.text import apart
    from harness.answer.words import about

    arrays = fills.arrays(spec, small.case, seed)
    case, row = small.case, small.row
    told = []
    if sum(x.size for x in arrays.values()) <= WRITTEN:
        told = [f"{name} {_list(x)}" for name, x in arrays.items()]
    told += [
        f"{n} {cases.write(v)}" for n, v in case.params.items() if cases.write(v) != cases.write(spec.params[n][0])
    ]
    address = "" if told and arrays else f" at {case.id}"
    came = f"{about(row)}gives {apart(row.actual, row.expected)}" if row.bound else row.message
    return f"{', '.join([*told, case.dtype])}{address}: {came}"


def _list(x: Array) -> str:
    """An array without the axes of one entry before the others."""
    from harness.answer.digits import apart

    first = next((i for i, n in enumerate(x.shape) if n != 1), x.ndim)
    flat = x.reshape(-1).astype(np.complex128)
    parts = apart(*flat.real.tolist(), *flat.imag.tolist(), fewest=DIGITS)
    texts = [
        _number(real, imag, z.imag != 0) for z, real, imag in zip(flat, parts[: x.size], parts[x.size :], strict=True)
    ]
    return _nested(np.array(texts, dtype=object).reshape(x.shape[first:]))


def _nested(x: Array) -> str:
    return str(x[()]) if x.ndim == 0 else f"[{', '.join(map(_nested, map(np.asarray, x)))}]"


def _number(real: str, imag: str, is_complex: bool) -> str:
    return f"{real}{'' if imag[0] == '-' else '+'}{imag}j" if is_complex else real
