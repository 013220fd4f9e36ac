"""Bench, candidate -> everything a law may ask for, asked once and shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import combinations
from typing import Any

from numpy.typing import NDArray

from harness import cases
from harness.asking import scenarios
from harness.asking.binding import Arguments
from harness.asking.hosts import MOST_DEATHS
from harness.asking.messages import Batch
from harness.asking.outcomes import Died, Escaped, GivenUp, Outcome, OutOfMemory, Returned, Skipped, TimedOut
from harness.bench import Bench, Due, due_dtype
from harness.candidates import Candidate
from harness.comparison import Numbers, compare
from harness.fills import EVERY
from harness.model import Case, Spec
from harness.oracles import Answer, defaults
from harness.subjects import Output

Array = NDArray[Any]

#: Most inputs an op may have for two of them to be given as one array.
MOST_SHARED = 5

#: Most numbers that the inputs of a case have near the first one: a larger case is asked what cases far from it are, its
#: values, gradients and their first repetitions, for what relates two answers shows at small ones.
MOST_NEAR = 4_000

#: Most numbers that the inputs of a case have of which more is asked than values and gradients: what goes wrong beyond so many
#: places goes wrong in how they are counted, by the one function that a library has for it.
MOST_DERIVED = 30_000

#: Departures from which on no law asks more than of any case.
FAR = 3


class Posed:
    """What a law yields once it has asked all that it can before anything is answered."""


POSED = Posed()


class Unanswered(Exception):
    """A law needed arrays, and something else came of what it asked."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.label)
        self.asked = asked


@dataclass(eq=False)
class Asked:
    """Something asked of a candidate: what it is called within its case, the scenario, and what came of it."""

    trial: Trial
    law: str
    label: str
    scenario: Any
    came: Outcome | None = None

    @property
    def outcome(self) -> Outcome:
        """What came of it; whatever else was asked of the candidate is performed with it."""
        if self.came is None:
            self.trial.perform()
        assert self.came is not None
        return self.came

    @property
    def returned(self) -> Returned:
        """The arrays that came back. Raises Unanswered where something else did."""
        came = self.outcome
        if not isinstance(came, Returned):
            raise Unanswered(self)
        return came

    @property
    def values(self) -> dict[str, Array]:
        """The arrays that came back, by name. Raises Unanswered where something else did."""
        return self.returned.present


@dataclass(frozen=True)
class Trial:
    """One candidate at one case. Laws are generators of equations over it."""

    bench: Bench
    candidate: Candidate

    @property
    def spec(self) -> Spec:
        return self.bench.spec

    @property
    def case(self) -> Case:
        return self.bench.case

    @property
    def arrays(self) -> dict[str, Array]:
        return self.bench.arrays

    @cached_property
    def due(self) -> Due:
        """What is due of this candidate's algorithm."""
        return self.due_at("")

    def due_at(self, draw: str, dtype: str = "") -> Due:
        """What is due at another draw of the inputs, or of them in another dtype."""
        return self.bench.due(self.candidate.given.algorithm, draw, dtype)

    def composed_at(self, draw: str) -> Due:
        """What is due where a library puts an op together of others, whose results in half types it stores."""
        algorithm = self.candidate.given.algorithm
        return self.bench.due("step-by-step" if algorithm == "conventional" else algorithm, draw)

    @cached_property
    def departures(self) -> int:
        """In how many axes but the dtype the case departs from the nearest one that the candidate offers; far if it is large."""
        start = self.candidate.given.nearest
        found = cases.departures(self.spec, self.case, start) if start else self.case.departures
        return max(found, FAR) if found and self._numbers > MOST_NEAR else found

    @property
    def long(self) -> bool:
        """Whether the case is asked for values and gradients alone, as it is not where every number of a type is asked."""
        return self.departures >= FAR and self._numbers > MOST_DERIVED and self.case.fill not in EVERY

    @property
    def _numbers(self) -> int:
        return sum(x.size for x in self.arrays.values())

    @property
    def plain(self) -> bool:
        """Whether the case is the first one or a step from it, with data as any: where laws look at more than values."""
        return self.departures <= 1 and self.case.fill == "normal"

    @property
    def outputs(self) -> list[str]:
        """The names of the outputs that the candidate returns."""
        return list(self.candidate.given.outputs) or [o.name for o in self.spec.outputs]

    # --- asking ---

    @cached_property
    def arguments(self) -> Arguments:
        """How the candidate's calls are written at this case. Raises Undeclared."""
        return self.candidate.arguments(self.case)

    @cached_property
    def asked(self) -> dict[str, Asked]:
        """All that was asked so far, by label, in order."""
        return {}

    @cached_property
    def _law(self) -> list[str]:
        return ["status"]

    def under(self, law: str) -> None:
        """Say which law asks from now on."""
        self._law[0] = law

    def ask(self, label: str, scenario: Any) -> Asked:
        """Have a scenario performed; the same label is performed once."""
        if label not in self.asked:
            self.asked[label] = Asked(self, self._law[0], label, scenario)
        return self.asked[label]

    def send(self) -> None:
        """Hand what was asked and not performed yet to the candidate's host, which works while the judge goes on."""
        for asked in self.asked.values():
            kind = type(asked.scenario).__name__
            if asked.came is None and len(self.candidate.holder.deaths.get(kind, ())) >= MOST_DEATHS:
                asked.came = GivenUp(kind, MOST_DEATHS)
        first = self.asked.get(FIRST)
        if first is not None and isinstance(first.came, GivenUp):
            for asked in self.asked.values():
                asked.came = asked.came or Skipped()
        waiting = [a for a in self.asked.values() if a.came is None]
        if waiting and not self._sent:
            gated = waiting[0].label == FIRST and not self.case.invalid
            self.candidate.holder.send(Batch(self.arguments, [a.scenario for a in waiting], gated))
            self._sent.extend(waiting)

    @cached_property
    def _sent(self) -> list[Asked]:
        return []

    def perform(self) -> None:
        """Have everything that was asked performed."""
        while any(a.came is None for a in self.asked.values()):
            self.send()
            if not self._sent:
                return
            for asked, outcome in zip(self._sent, self.candidate.holder.answers(), strict=True):
                asked.came = outcome
            self._sent.clear()

    @property
    def ended(self) -> Asked | None:
        """What ended the candidate's process, where something did."""
        return next((a for a in self.asked.values() if isinstance(a.came, ENDINGS)), None)

    @property
    def first(self) -> Asked:
        """The first call; near the op's first case also what it changed that all code of the process shares."""
        kind = scenarios.Call if self.departures > 1 else scenarios.Watched
        return self.ask(FIRST, kind(self.arrays, self.case.layout))

    @cached_property
    def shortened(self) -> tuple[Case, Case] | None:
        """The case with every param at the definition's default that has one, and without those; None without any."""
        left_out = {n: v for n, v in defaults(self.spec.oracle).items() if n in self.case.params}
        whole = replace(self.case, params={**self.case.params, **left_out})
        rest = {n: v for n, v in self.case.params.items() if n not in left_out}
        return (whole, replace(self.case, params=rest)) if left_out and cases.valid(self.spec, whole) else None

    def alike(self) -> Iterator[tuple[str, str, str]]:
        """Two inputs that may be one array, the first two there are, and the name of the draw in which they are.

        Nothing of ops with more inputs than a layer has: they are compositions, whose parts are judged by themselves.
        """
        there = [i for i in self.spec.inputs if i.name in self.arrays]
        for a, b in combinations(there, 2) if len(there) <= MOST_SHARED else ():
            x, y = self.arrays[a.name], self.arrays[b.name]
            if (a.domain, x.shape, x.dtype) == (b.domain, y.shape, y.dtype) and x.dtype.kind not in "iub":
                draw = f"{a.name} for {b.name}"
                self.bench.draw(draw, partial(dict, {**self.arrays, b.name: x.copy()}))
                yield a.name, b.name, draw
                return

    # --- derivatives ---

    @property
    def by_library(self) -> bool:
        """Whether its library differentiates what it is given."""
        return self.candidate.described.derivatives

    @property
    def by_hand(self) -> bool:
        """Whether it has a vjp written by hand."""
        return self.candidate.described.has_vjp

    @property
    def reversible(self) -> bool:
        """Whether anybody differentiates it in reverse mode."""
        return self.by_library or self.by_hand

    @property
    def differentiable(self) -> list[str]:
        """The inputs whose gradients are judged."""
        return self.due.oracle.differentiable

    def output_dtype(self, name: str, case: str = "") -> str:
        """The dtype that is due for an output, of inputs in the case's dtype or in another."""
        return due_dtype({o.name: o.dtype for o in self.spec.outputs}[name], case or self.case.dtype)

    def pulled(
        self,
        upstream: Mapping[str, Array] | None = None,
        wrt: Sequence[str] | None = None,
        kind: type[scenarios.Pulled] = scenarios.Vjp,
        **more: Any,
    ) -> Any:
        """A question about reverse mode: of all differentiable inputs, with the case's cotangents, unless said otherwise."""
        given = self.due.cotangents if upstream is None else upstream
        names = tuple(self.differentiable if wrt is None else wrt)
        return kind(self.arrays, given, names, self.case.layout, **more)

    def deviates(self, asked: Asked, due: Mapping[str, Answer]) -> bool:
        """Whether some array that came back is not what is due: what is said of it elsewhere would be said twice."""
        came = asked.outcome
        found = came.present if isinstance(came, Returned) else {}
        return any(
            x.shape != due[n].expected.shape or compare(Numbers(Output(n), x, due[n]), self.bench.tier).margin > 1
            for n, x in found.items()
        )

    @cached_property
    def wrong(self) -> bool:
        """Whether the first answer deviates."""
        return self.deviates(self.first, self.due.values)

    @cached_property
    def wrong_gradient(self) -> bool:
        """Whether the gradient deviates, as it was asked for first."""
        return self.deviates(self.reverse, self.due.gradients)

    @property
    def reverse(self) -> Asked:
        """The candidate's gradients of all differentiable inputs, asked for at once."""
        return self.ask("vjp", self.pulled())

    @property
    def forward(self) -> Asked:
        """The candidate's output tangents."""
        return self.ask("jvp", scenarios.Jvp(self.arrays, self.due.tangents, self.case.layout))


#: The label of the first call.
FIRST = "call"

#: What ends a process.
ENDINGS = (Died, TimedOut, OutOfMemory, Escaped)
