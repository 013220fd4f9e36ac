"""An op, a function -> an answer: whether it conforms, the causes of what is wrong, and every verdict."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import answer, cases, runs, soundness, trying
from harness.answer.names import with_names
from harness.answer.text import cut, heading
from harness.api.definitions import Definition, spec_of
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.builds import Build
from harness.candidates import Candidate
from harness.model import RED, CandidateSpec, Case, Spec, Verdict

#: Wrong verdicts that an answer shows in a notebook, and characters of its one line.
SHOWN, LINE = 5, 230

#: Called after each case with how many are judged, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, repr=False)
class Answer:
    """Whether a function is an op: true where it is. Printed, it is what ``harness check`` says.

    ``rows`` are all verdicts, the wrong ones first; ``summary`` has the causes and every level. ``fault`` says what is
    wrong with the definition itself, so that nothing was judged; empty where it works.
    """

    op: str
    name: str
    rows: tuple[Verdict, ...]
    cases: int
    summary: answer.Answer
    fault: str = ""

    @property
    def red(self) -> tuple[Verdict, ...]:
        """The verdicts that something is wrong."""
        return tuple(row for row in self.rows if row.status in RED)

    @property
    def conforms(self) -> bool:
        """Whether values were judged and nothing is wrong."""
        return not self.summary.red and not self.fault

    def __bool__(self) -> bool:
        return self.conforms

    @property
    def worst(self) -> Verdict | None:
        """The verdict that is furthest beyond its bound."""
        return max(self.red, key=lambda row: row.margin, default=None)

    def __str__(self) -> str:
        return self._fault if self.fault else "\n".join(answer.lines(self.summary)).rstrip()

    def __repr__(self) -> str:
        if self.fault:
            return self._fault
        causes = (": ".join(told) for told in answer.causes_of(self.summary)[:1])
        return cut("; ".join([heading(self.summary), *causes]), LINE)

    @property
    def _fault(self) -> str:
        return f"{self.op}: the definition is at fault, and nothing was judged: {self.fault}"

    def _repr_html_(self) -> str:
        """The answer in a notebook."""
        first = self._fault if self.fault else heading(self.summary)
        others = str(self).partition("\n\n")[2]
        colour = "#1a7f37" if self.conforms else "#b42318"
        cells = "".join(
            f"<tr>{''.join(f'<td>{html.escape(str(x))}</td>' for x in _cells(row))}</tr>" for row in self.red[:SHOWN]
        )
        head = "<tr><th>case</th><th>law</th><th>of</th><th>actual</th><th>expected</th><th>bound</th></tr>"
        table = f"<table>{head}{cells}</table>" if cells else ""
        text = f"<pre>{html.escape(others)}</pre>" if others else ""
        return f'<p style="color:{colour}"><b>{html.escape(first)}</b></p>{text}{table}'


def _cells(row: Verdict) -> tuple[str, ...]:
    return row.case, row.law, row.of, row.actual, row.expected, row.bound


def _silent(judged: int, planned: int) -> None:
    """No progress is shown."""


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
    progress: Progress = _silent,
) -> Answer:
    """Judge a function under every law of an op, in this process.

    ``library`` says which arrays the function takes; it is asked where that is left open. ``only`` selects cases as the
    command's option does, and ``cases`` limits how many are judged, those that differ most first. ``progress=print``
    prints after each case how many are judged. A function that may crash or hang is better judged by the command
    ``harness check``, which holds it in a process of its own.
    """
    if isinstance(op, Definition):
        instead = (
            "assert_close_to_definition judges one result by it, and `harness new OP --from MODULE:ATTR` writes a spec"
        )
        raise TypeError(
            f"check: expected an op's name or a spec's path; got a Definition, which has no cases: {instead}"
        )
    spec = spec_of(op)
    name = str(getattr(function, "__name__", "function"))
    taken = dict(offers or {})
    given = CandidateSpec(name, f"{name}:{name}", None, library, algorithm, taken.pop("dtype", None), offers=taken)

    def held(wanted: CandidateSpec) -> Inline:
        return Inline.function(function, vjp, libraries.load(wanted.library))

    if not library:
        found, _ = trying.library(spec, given, held, seed)
        given = replace(given, library=found)
    if wrong := trying.misfit(spec, given, held):
        raise TypeError(wrong)
    given = replace(given, offers={**given.offers, **trying.values(spec, given, held, seed)})
    spec = replace(spec, candidates=(given,), known=())
    chosen = runs.plan([spec], seed, only)
    chosen = chosen if cases is None else runs.budgeted(chosen, cases, ())
    judge = runs.judge(spec, spec.candidates, held, Build())
    planned, rows = chosen.cases[spec.op], list[Verdict]()
    for number, case in enumerate(planned, 1):
        rows.extend(judge.verdicts(case, seed, lambda name, law: None))
        progress(number, len(planned))
    return _answer(spec, Candidate(name, spec, given, held(given)), planned, rows, seed)


def _answer(spec: Spec, candidate: Candidate, planned: Sequence[Case], rows: list[Verdict], seed: int) -> Answer:
    """The answer of a candidate's rows, its causes by name."""
    order = {case.id: case for case in cases.ordered(spec, planned)}
    summary = answer.answer(spec, candidate.given, order, [r for r in rows if r.candidate == candidate.name])
    faulty = next((r for r in rows if r.blame == "oracle" and r.status == "inconclusive" and r.mark != "long"), None)
    fault = "" if faulty is None else faulty.message + soundness.further(spec, order[faulty.case])
    if not fault:
        summary = with_names(summary, spec, lambda: candidate, order, seed)
    wrong_first = sorted(rows, key=lambda r: r.status not in RED)
    return Answer(spec.op, candidate.name, tuple(wrong_first), len(planned), summary, fault)
