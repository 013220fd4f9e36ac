"""CandidateSpec, its holder -> a candidate as the judge knows it: what is declared of it, how its calls are written.

A param the signature lacks is left out where it has the one value that is offered, or else the spec's first; elsewhere
the candidate does not offer the case. The function itself is in a host, never here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness import cases
from harness.asking.binding import Arguments, Signature
from harness.asking.messages import Batch, Described, NotHere
from harness.asking.outcomes import Died, NotOffered, Outcome, OutOfMemory, Reason, TimedOut
from harness.asking.registry import LIBRARIES as ENTRIES
from harness.expressions import Expression, ExpressionError
from harness.model import CandidateSpec, Case, Spec
from harness.vocabulary import LIBRARIES

#: Beginnings of dotted paths that lead to a library's own functions.
OWN = LIBRARIES


class Holder(Protocol):
    """What holds a candidate's function: a host, or this process (`harness.asking.hosts`)."""

    @property
    def deaths(self) -> Mapping[str, list[Outcome]]:
        """What ended it, by the kind of scenario that was asked."""

    @property
    def told(self) -> Described | NotHere | Died | TimedOut | OutOfMemory:
        """What the candidate takes, or why it is not there."""

    def send(self, batch: Batch) -> None:
        """Have a batch performed."""

    def answers(self) -> list[Outcome]:
        """What came of it."""


class Undeclared(Exception):
    """A case that the candidate does not offer, and why."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.outcome = NotOffered(reason, text)


@dataclass(frozen=True)
class Candidate:
    """An implementation of a spec's op."""

    name: str
    spec: Spec
    given: CandidateSpec
    holder: Holder

    @property
    def described(self) -> Described:
        """What it takes and what its library can do. Raises ValueError where it is not there."""
        told = self.holder.told
        if not isinstance(told, Described):
            raise ValueError(f"`{self.name}` is not there: {told}")
        return told

    @property
    def own(self) -> bool:
        """Whether it is a library's own function."""
        return self.given.call.partition(":")[0].partition(".")[0] in OWN

    @property
    def speaks_for_library(self) -> bool:
        """Whether it is the library's own function, or this project's adapter to it, and not built of it elsewhere."""
        return self.own or self.given.call.startswith("reference_impls.")

    @property
    def siblings(self) -> tuple[str, ...]:
        """Dotted paths that may lead to functions of other ops beside it: its own, with the op's name replaced by that of
        an op named like it."""
        module, _, attribute = self.given.call.partition(":")
        if "(" in attribute or self.spec.op not in attribute:
            return ()
        return tuple(f"{module}:{attribute.replace(self.spec.op, op)}" for op in self.spec.siblings)

    def offers(self, case: Case) -> None:
        """Raises Undeclared where it is said beforehand that the candidate does not do this case."""
        if self.given.dtypes is not None and case.dtype not in self.given.dtypes:
            raise Undeclared(Reason.DECLARED, f"declares {', '.join(self.given.dtypes)} only")
        if self.given.dtypes is None and case.dtype in self.described.lacks:
            arrays = ENTRIES[self.described.library].arrays
            raise Undeclared(Reason.LACKS, f"there are no {arrays} of {case.dtype}")
        if self.given.unsupported or self.given.offers:
            known = cases.names(self.spec, case)
            for axis, values in self.given.offers.items():
                if cases.write(known[axis]) not in values:
                    raise Undeclared(Reason.DECLARED, f"offers {axis} {', '.join(values)} only")
            for when, because in self.given.unsupported:
                if _holds(when, known, case):
                    raise Undeclared(Reason.DECLARED, because)

    def arguments(self, case: Case) -> Arguments:
        """How the calls of a case are written. Raises Undeclared."""
        told, inputs = self.described, tuple(i.name for i in self.spec.inputs)
        taken, vjp_taken = (_taken(s, self.spec, case, n) for n, s in enumerate((told.call, told.vjp)))
        for name in (n for n in inputs if n not in case.absent and n not in taken):
            raise Undeclared(Reason.PARAM, f"takes no `{name}`")
        by_name, _ = _convention(told.call, taken, case, cotangent=False)
        keywords = self._keywords(told.call, case)
        vjp_by_name, cotangent = _convention(told.vjp, vjp_taken, case, cotangent=True)
        vjp_keywords = self._keywords(told.vjp, case) if told.has_vjp else {}
        absent = tuple(n for n in inputs if n in case.absent)
        outputs = self.given.outputs or tuple(o.name for o in self.spec.outputs)
        return Arguments(
            inputs, outputs, absent, taken, vjp_taken, keywords, by_name, vjp_keywords, vjp_by_name, cotangent
        )

    def misfit(self, case: Case) -> str:
        """How the calls of a case do not fit the signatures of the function and its vjp; empty where they do."""
        told, given = self.described, self.arguments(case)
        calls = (
            (self.given.call, told.call, (), given.taken or (), given.by_name, given.keywords),
            (
                self.given.vjp or "",
                told.vjp,
                ("cotangent",),
                given.vjp_taken or (),
                given.vjp_by_name,
                given.vjp_keywords,
            ),
        )
        for path, signature, before, inputs, by_name, keywords in calls:
            names = (*filter(None, [given.cotangent]), *inputs) if by_name else ()
            if path and not _fit(signature, 0 if by_name else len(before) + len(inputs), (*names, *keywords)):
                takes = ", ".join(map(str, signature.parameters or ()))
                called = ", ".join([*before, *inputs, *(f"{name}=..." for name in keywords)])
                return f"`{path}` takes ({takes}); {self.spec.op} calls it with ({called})"
        return ""

    def _keywords(self, signature: Signature, case: Case) -> dict[str, Any]:
        names = signature.names
        if names is None or signature.anything:
            return dict(case.params)
        for name in (n for n in case.params if n not in names):
            offered = self.given.offers.get(name, ())
            alone = offered[0] if len(offered) == 1 else cases.write(self.spec.params[name][0])
            if cases.write(case.params[name]) != alone:
                raise Undeclared(Reason.PARAM, f"takes no `{name}`")
        return {n: v for n, v in case.params.items() if n in names}


def _holds(when: Expression, names: Mapping[str, Any], case: Case) -> bool:
    """Whether a condition holds; of a call that must be refused, one without a value says nothing.

    Raises ExpressionError for any other case.
    """
    try:
        return bool(when(names))
    except ExpressionError:
        if case.invalid:
            return False
        raise


def _taken(signature: Signature, spec: Spec, case: Case, before: int) -> tuple[str, ...]:
    """The inputs that a function has a parameter for, ``before`` parameters coming first; optional ones may lack."""
    inputs = tuple(i.name for i in spec.inputs)
    optional = {i.name for i in spec.inputs if i.optional}
    names = signature.names
    if names is None or all(n in names for n in inputs):
        return inputs
    if all(n in names or n in optional for n in inputs):
        return tuple(n for n in inputs if n in names)
    count = len([n for n in names if n not in case.params]) - before
    return inputs[:count] if 0 < count < len(inputs) and optional.issuperset(inputs[count:]) else inputs


def _fit(signature: Signature, by_place: int, by_name: Sequence[str]) -> bool:
    """Whether a call with so many arguments by place, and some by name, has all that a signature needs and no more."""
    if signature.parameters is None:
        return True
    placed, rest = signature.parameters[:by_place], signature.parameters[by_place:]
    twice = any(p.name in by_name for p in placed)
    return len(placed) == by_place and not twice and all(p.name in by_name for p in rest if p.needed)


def _convention(signature: Signature, inputs: tuple[str, ...], case: Case, cotangent: bool) -> tuple[bool, str]:
    """Whether arguments go by name, and what name the cotangent goes by."""
    if signature.parameters is None:
        return False, ""
    named = {p.name: p.named for p in signature.parameters}
    if not all(n in named for n in inputs):
        return False, ""
    others = [n for n in named if n not in inputs and n not in case.params]
    if cotangent and not others:
        return False, ""
    by_name = [*inputs, *others[:1]] if cotangent else inputs
    return all(named[n] for n in by_name), others[0] if cotangent else ""
