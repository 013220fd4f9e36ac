"""An op, a function -> an answer: whether it conforms, and every verdict."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import runs, trying
from harness.api.definitions import spec_of
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.builds import Build
from harness.model import RED, CandidateSpec, Spec, Verdict

#: Wrong verdicts that an answer prints.
SHOWN = 5


@dataclass(frozen=True)
class Answer:
    """Whether a function is an op. It is true where it conforms; ``rows`` are all verdicts, the wrong ones first."""

    op: str
    name: str
    rows: tuple[Verdict, ...]
    cases: int

    @property
    def red(self) -> tuple[Verdict, ...]:
        """The verdicts that something is wrong."""
        return tuple(row for row in self.rows if row.status in RED)

    @property
    def fault(self) -> str:
        """What is wrong with the definition itself, so that nothing was judged; empty where it works."""
        return next((row.message for row in self.rows if row.blame == "oracle" and row.status == "inconclusive"), "")

    @property
    def conforms(self) -> bool:
        """Whether values were judged and nothing is wrong."""
        judged = any(row.law == "agrees" and row.status == "conforms" for row in self.rows)
        return judged and not self.red and not self.fault

    def __bool__(self) -> bool:
        return self.conforms

    @property
    def worst(self) -> Verdict | None:
        """The verdict that is furthest beyond its bound."""
        return max(self.red, key=lambda row: row.margin, default=None)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        if self.fault:
            return [f"{self.op}: the definition is at fault, and nothing was judged: {self.fault}"]
        counts = ", ".join(f"{n} {status}" for status, n in Counter(row.status for row in self.rows).most_common())
        said = "conforms to" if self.conforms else "deviates from" if self.red else "was not judged as"
        lines = [f"{self.name} {said} {self.op}: {self.cases} cases, {counts}"]
        lines += [f"  {row.case} {row.law} {row.of}: {row.message or row.status}" for row in self.red[:SHOWN]]
        return lines + ([f"  ... and {len(self.red) - SHOWN} more"] if len(self.red) > SHOWN else [])

    def _repr_html_(self) -> str:
        """The answer in a notebook."""
        first, *_ = self._lines()
        colour = "#1a7f37" if self.conforms else "#b42318"
        cells = "".join(
            f"<tr>{''.join(f'<td>{html.escape(str(x))}</td>' for x in _cells(row))}</tr>" for row in self.red[:SHOWN]
        )
        head = "<tr><th>case</th><th>law</th><th>of</th><th>actual</th><th>expected</th><th>bound</th></tr>"
        table = f"<table>{head}{cells}</table>" if cells else ""
        return f'<p style="color:{colour}"><b>{html.escape(first)}</b></p>{table}'


def _cells(row: Verdict) -> tuple[str, ...]:
    return row.case, row.law, row.of, row.actual, row.expected, row.bound


def check(
    op: str | Path | Spec,
    function: Callable[..., Any],
    *,
    vjp: Callable[..., Any] | None = None,
    library: str = "",
    algorithm: str = "conventional",
    only: str = "",
    offers: Mapping[str, tuple[str, ...]] | None = None,
    cases: int | None = None,
    seed: int = 0,
) -> Answer:
    """Judge a function under every law of an op, in this process.

    ``library`` says which arrays the function takes; it is asked where that is left open. ``only`` selects cases as the
    command's option does, and ``cases`` limits how many are judged, those that differ most first. A function that may
    crash or hang is better judged by the command ``harness check``, which holds it in a process of its own.
    """
    spec = spec_of(op)
    name = str(getattr(function, "__name__", "function"))
    taken = dict(offers or {})
    given = CandidateSpec(name, f"{name}:{name}", None, library, algorithm, taken.pop("dtype", None), offers=taken)

    def held(wanted: CandidateSpec) -> Inline:
        return Inline.function(function, vjp, libraries.load(wanted.library))

    if not library:
        found, _ = trying.library(spec, given, held, seed)
        given = replace(given, library=found)
    given = replace(given, offers={**given.offers, **trying.values(spec, given, held, seed)})
    spec = replace(spec, candidates=(given,), known=())
    chosen = runs.plan([spec], seed, only)
    chosen = chosen if cases is None else runs.budgeted(chosen, cases, ())
    judge = runs.judge(spec, spec.candidates, held, Build())
    rows = [r for case in chosen.cases[spec.op] for r in judge.verdicts(case, seed, lambda name, law: None)]
    return Answer(spec.op, name, tuple(sorted(rows, key=lambda r: r.status not in RED)), len(chosen.cases[spec.op]))
