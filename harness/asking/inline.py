"""A candidate held in this process -> what came of what it was asked: for debugging, and unsafe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.asking import outcomes
from harness.asking.host import described, load, perform
from harness.asking.messages import Batch, Described, Hello, NotHere
from harness.asking.outcomes import Outcome, Skipped
from harness.asking.servers import MEMORY, Wanted


@dataclass
class Inline:
    """A candidate held in this process: for debugging, and unsafe. What it does to the process it does to the judge."""

    hello: Hello
    _loaded: Any = field(default=None, init=False)
    _batch: Batch | None = field(default=None, init=False)
    deaths: Mapping[str, list[Outcome]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, wanted: Wanted, place: str) -> Inline:
        """The holder of a candidate."""
        return cls(Hello(wanted.call, wanted.vjp, wanted.library, wanted.needs, place, MEMORY, ""))

    @classmethod
    def function(cls, function: Any, vjp: Any, library: Any) -> Inline:
        """The holder of functions that have no path."""
        made = cls(Hello("", "", library.name, "", "", MEMORY, ""))
        made._loaded = (function, vjp, library)
        return made

    @cached_property
    def told(self) -> Described | NotHere:
        """What the candidate takes, or why it is not there."""
        if self._loaded is None:
            self._loaded = load(self.hello)
        return self._loaded if isinstance(self._loaded, NotHere) else described(self._loaded)

    def send(self, batch: Batch) -> None:
        """Remember what is to be performed."""
        self._batch = batch

    def answers(self) -> list[Outcome]:
        """Perform it."""
        assert self._batch is not None
        if not isinstance(self.told, Described):
            return [Skipped() for _ in self._batch.scenarios]
        copied = [_apart(o) for o in perform(self._loaded, self._batch, lambda number: None)]
        self._batch = None
        return copied

    def close(self) -> None:
        """Nothing to end."""


def _apart(outcome: Outcome) -> Outcome:
    """The outcome with arrays of its own: whoever returned them may write to them later."""
    if isinstance(outcome, outcomes.Returned):
        return replace(outcome, arrays={n: None if x is None else x.copy() for n, x in outcome.arrays.items()})
    return outcome
