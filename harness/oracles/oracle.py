"""A definition at the inputs of a case -> what is due of its values and derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial, reduce
from typing import Any

import numpy as np

from harness import arithmetic, balls, bounds, cases, language, ties
from harness.arithmetic import Tracked
from harness.balls import Balls, NoProof, Number, Work
from harness.bounds import Precision
from harness.differentiation import jvp, vjp
from harness.dispatch import Refused, TooLong, at_most
from harness.model import Case, Spec
from harness.oracles import overflows
from harness.oracles.answers import (
    PROOF_WORK,
    Answer,
    Array,
    Limits,
    all_at_once,
    beside,
    either,
    loose,
    losing,
    named,
    sum_of,
)
from harness.oracles.formulas import cancelling, cancelling_slopes, definition, slopes, spoken, values

#: An array -> an input of a definition.
Leaf = Callable[[Array], Any]

#: Formulas of one op.
Formulas = tuple[Callable[..., Any], ...]

#: Root of the wide type's largest number that stands for infinity where limits are looked for.
FAR = 8


#: Most steps of a definition at one case; each keeps what derivatives need of it.
STEPS = 100_000


class OracleError(Exception):
    """The definition itself fails: the spec's fault, never a candidate's."""


class TooManySteps(OracleError):
    """The definition takes more steps at a case than are computed: it goes through a long axis number by number."""


@dataclass(frozen=True)
class Run:
    """A definition run once: its inputs and outputs in one arithmetic, and what makes an array one of its inputs.

    ``first`` keeps derivatives, which those of the second order go on from.
    """

    leaf: Leaf
    leaves: Mapping[str, Any]
    outputs: Sequence[Any]
    first: dict[tuple[Any, ...], First] = field(default_factory=dict, init=False, compare=False, repr=False)


@dataclass(frozen=True)
class First:
    """Derivatives by name, what they were asked along, and that in a run's arithmetic."""

    along: Mapping[str, Array]
    leaves: Sequence[Any]
    found: Mapping[str, Any]


@dataclass(frozen=True)
class Oracle:
    """A spec's definition evaluated at one case's inputs, in the arithmetic that tracks errors and derivatives.

    ``one`` names two inputs that are one array: the gradient of either is then that of the array. With ``instead``, some
    functions of NumPy's are taken for others, and no other formula is as right.
    """

    spec: Spec
    case: Case
    arrays: Mapping[str, Array]
    algorithm: str = "conventional"
    one: tuple[str, str] | None = None
    instead: tuple[tuple[Any, Any], ...] = ()

    @cached_property
    def p(self) -> Precision:
        """The judged precision."""
        return bounds.precision(self.case.dtype, self.algorithm, self.spec.order == "fixed")

    @cached_property
    def _kept(self) -> dict[tuple[Callable[..., Any], Precision], Run | OracleError]:
        return {}

    def _tracked(self, formula: Callable[..., Any], p: Precision) -> Run:
        """A formula run with its errors, once."""
        if (formula, p) not in self._kept:
            try:
                self._kept[formula, p] = self._run(formula, partial(arithmetic.leaf, p=p))
            except OracleError as error:
                self._kept[formula, p] = error
        found = self._kept[formula, p]
        if isinstance(found, OracleError):
            raise found
        return found

    def _run(self, function: Callable[..., Any], leaf: Leaf) -> Run:
        leaves: dict[str, Any] = {n: leaf(x) if x.dtype.kind not in "iub" else x for n, x in self.arrays.items()}
        if self.one:
            leaves[self.one[1]] = leaves[self.one[0]]
        given = [language.given(leaves.get(i.name)) for i in self.spec.inputs]
        try:
            with at_most(STEPS):
                returned = language.unwrapped(self._joined(spoken(function, self.instead)(*given, **self.case.params)))
        except NoProof:
            raise
        except TooLong:
            told = f"{self.spec.oracle} takes more than {STEPS:,} steps at {self.case.id}"
            raise TooManySteps(f"{told}: it goes through a long axis number by number") from None
        except Exception as error:
            raise self._failed(error) from error
        outputs = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        if len(outputs) != len(self.spec.outputs) or any(y is None for y in outputs):
            came = "nothing" if returned is None else f"{len(outputs)} arrays"
            declared = ", ".join(self._outputs)
            raise OracleError(f"{self.spec.oracle} at {self.case.id} gives {came} where the spec declares {declared}")
        return Run(leaf, leaves, [self._output(y) for y in outputs])

    def _joined(self, returned: Any) -> Any:
        """The only output, where a definition gives it as a list of its entries, as an array."""
        return language.built(returned) if len(self.spec.outputs) == 1 and isinstance(returned, list) else returned

    def _failed(self, error: Exception) -> OracleError:
        """What a definition raised, in one line, with the line of the definition that raised it."""
        error = _refusal(error)
        kind = "" if isinstance(error, Refused) else f"{type(error).__name__}: "
        said = " ".join(str(error).split()) or "no message"
        return OracleError(f"{language.place(error) or self.spec.oracle} at {self.case.id}: {kind}{said}")

    def _output(self, y: Any) -> Any:
        if isinstance(y, Tracked | Balls) or np.asarray(y).dtype.kind in "iub":
            return y
        return arithmetic.lift(y, self.p)

    @property
    def run(self) -> Run:
        """The definition at the case's inputs, with its errors."""
        return self._tracked(definition(self.spec.oracle)[0], bounds.computing(self.p))

    @cached_property
    def values(self) -> dict[str, Answer]:
        """Every output by name; no value of a formula that cancels is lost whole."""
        path = self.spec.oracle

        def ask(run: Run) -> Mapping[str, Any]:
            return dict(zip(self._outputs, run.outputs, strict=True))

        steps = bounds.computing(self.p)
        found = self._merged(self._formulas(values(path)), ask, steps)
        found = self._with_cancelling(found, self._beside(cancelling(path)), ask, steps, losing)
        if steps is not self.p:
            each = replace(self, algorithm="step-by-step")
            found = {n: replace(a, stepwise=partial(_value, each, n)) for n, a in found.items()}
        if not self._infinite:
            return found
        own = self._answers(self._tracked(definition(path)[0], steps), ask)
        return {n: _with_limits(a, own[n], cache(partial(self._limits, n))) for n, a in found.items()}

    def _formulas(self, more: Formulas) -> Formulas:
        """The definition, and the formulas that are as right."""
        first, *legal = definition(self.spec.oracle)
        return (first, *self._beside((*legal, *more)))

    def _beside(self, formulas: Formulas) -> Formulas:
        """Formulas beside the definition; none once it is altered, for they are not alike."""
        return () if self.instead else formulas

    @cached_property
    def _finite(self) -> bool:
        return overflows.finite(self.arrays.values())

    @cached_property
    def _infinite(self) -> bool:
        return any(_is_real(x) and bool(np.isinf(x).any()) for x in self.arrays.values())

    @cached_property
    def _far(self) -> list[dict[str, Answer]]:
        """What is due where large numbers stand for infinities, in two proportions of theirs."""
        return [replace(self, arrays={n: self._far_out(x, k) for n, x in self.arrays.items()}).values for k in (0, 1)]

    def _far_out(self, x: Array, draw: int) -> Array:
        if not _is_real(x) or not np.isinf(x).any():
            return x
        wide = x.astype(self.p.wide)
        ranks = np.arange(x.size).reshape(x.shape) % 7
        large = np.finfo(self.p.wide).max ** (1 / FAR) * (1 + (ranks if draw else 6 - ranks))
        return np.where(np.isinf(wide), np.sign(wide) * large, wide)

    def _limits(self, name: str) -> tuple[Array, Array]:
        """The limits at infinite inputs: what does not depend on how fast they are approached."""
        a, b = (found[name] for found in self._far)
        with np.errstate(all="ignore"):
            error = np.where(np.isfinite(a.error[-1]), a.error[-1], 0.0)
            far = np.finfo(self.p.wide).max ** (1 / (2 * FAR))
            both = (
                (np.abs(a.expected) > far) & (np.abs(b.expected) > far) & (np.sign(a.expected) == np.sign(b.expected))
            )
            alike = np.abs(a.expected - b.expected) <= error + a.p.u_wide * np.abs(a.expected)
            limit = np.where(both, np.sign(a.expected) * np.inf, np.where(alike, a.expected, np.nan))
        return limit, error

    @cached_property
    def plain(self) -> dict[str, Array]:
        """Every output by name as NumPy alone computes it in the oracle's type: no bound is known of it."""
        run = self._run(definition(self.spec.oracle)[0], self._wide)
        return {
            n: y.value if isinstance(y, Tracked) else np.asarray(y)
            for n, y in zip(self._outputs, run.outputs, strict=True)
        }

    def _wide(self, x: Array) -> Array:
        return x.astype(np.result_type(self.p.wide, np.complex64) if x.dtype.kind == "c" else self.p.wide)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every output's shape by name; no number is computed for it. Raises OracleError where the spec says another."""
        found = {n: tuple(np.shape(y)) for n, y in zip(self._outputs, self.run.outputs, strict=True)}
        known = cases.names(self.spec, self.case)
        for output in self.spec.outputs:
            due = None if output.shape is None else cases.shape(output, known)
            if due not in (None, found[output.name]):
                there = f"`{output.name}` is {found[output.name]} by {self.spec.oracle}, and {due} by the spec"
                raise OracleError(f"{there}, at {self.case.id}: one of them is wrong")
        return found

    @property
    def _outputs(self) -> list[str]:
        return [o.name for o in self.spec.outputs]

    def _merged(
        self, formulas: Sequence[Callable[..., Any]], ask: Callable[[Run], Mapping[str, Any]], p: Precision
    ) -> dict[str, Answer]:
        """The first formula's answers, with those of the other legal ones.

        The others are asked for when somebody wants to know, and where the first formula's own steps overflow: there
        another's finite value stands.
        """
        enclosed = cache(lambda: ask(self._proving))
        first = {
            n: replace(a, enclose=partial(_entry, enclosed, n)) if a.expected.dtype.kind not in "iub" else a
            for n, a in self._answers(self._tracked(formulas[0], p), ask).items()
        }
        if len(formulas) == 1:
            return self._in_range(first)

        @cache
        def others() -> list[dict[str, Answer]]:
            return [self._answers(self._tracked(formula, p), ask) for formula in formulas[1:]]

        if not all(np.isfinite(a.expected).all() for a in first.values()):
            first = self._in_range({n: reduce(either, named(others, n), a) for n, a in first.items()})
        return {n: replace(a, others=partial(beside, a, others, n)) for n, a in first.items()}

    def _in_range(self, found: dict[str, Answer]) -> dict[str, Answer]:
        """The answers, with the finite numbers that steps beyond the range of numbers hide, of finite inputs."""
        if not self._finite:
            return found
        return {n: a if a.enclose is None else overflows.returned(a, a.enclose) for n, a in found.items()}

    def _with_cancelling(
        self,
        found: dict[str, Answer],
        formulas: Sequence[Callable[..., Any]],
        ask: Callable[[Run], Any],
        p: Precision,
        widened: Callable[[Answer, Answer], Answer],
    ) -> dict[str, Answer]:
        """The answers with those of formulas that lose digits."""
        if not formulas:
            return found

        @cache
        def lossy() -> list[dict[str, Answer]]:
            each = [self._answers(self._tracked(formula, p), ask) for formula in formulas]
            return [{n: widened(a.whole, answers[n]) for n, a in found.items() if n in answers} for answers in each]

        return {n: replace(a, cancelling=partial(named, lossy, n)) for n, a in found.items()}

    def _answers(self, run: Run, ask: Callable[[Run], Mapping[str, Any]]) -> dict[str, Answer]:
        try:
            return {n: self._answer(y) for n, y in ask(run).items() if y is not None}
        except Exception as error:
            raise self._failed(error) from error

    @cached_property
    def _proving(self) -> Run:
        return self._run(definition(self.spec.oracle)[0], partial(balls.leaf, work=Work(PROOF_WORK)))

    def _answer(self, y: Any) -> Answer:
        if isinstance(y, Tracked):
            return Answer.of(y, self.p)
        exact = np.asarray(y)
        return Answer(exact, np.zeros((3, *exact.shape)), self.p)

    def _live(self, run: Run) -> list[tuple[str, Any]]:
        return [
            (o.name, y)
            for o, y in zip(self.spec.outputs, run.outputs, strict=True)
            if o.differentiable and isinstance(y, Tracked | Balls)
        ]

    @property
    def _derived(self) -> tuple[Callable[..., Any], ...]:
        return self._formulas(slopes(self.spec.oracle))

    def _derivatives(
        self, ask: Callable[[Run], Mapping[str, Any]], parts: Sequence[Callable[[Run], Mapping[str, Any]]] = ()
    ) -> dict[str, Answer]:
        """Derivatives of a library keep what is between the steps in the stored type, whatever it computes in.

        ``parts`` ask for what the derivative is the sum of, by direction: libraries may compute each by itself.
        """
        path = self.spec.oracle
        found = self._merged(self._derived, ask, self.p)

        @cache
        def summed() -> dict[str, Answer]:
            run = self._tracked(self._derived[0], self.p)
            each = [self._answers(run, part) for part in parts]
            there = {n: [answers[n] for answers in each if n in answers] for n in found}
            return {n: sum_of(answers) for n, answers in there.items() if len(answers) > 1}

        whole = {
            n: a if a.others is None and len(parts) < 2 else replace(a, others=partial(all_at_once, a, summed, n))
            for n, a in found.items()
        }
        formulas = self._beside(cancelling(path) + cancelling_slopes(path))
        return self._with_cancelling(whole, formulas, ask, self.p, loose)

    def vjp(self, cotangents: Mapping[str, Array]) -> dict[str, Answer]:
        """Gradients of the differentiable inputs, by name; of an input the outputs do not depend on, zeros."""
        found = self._derivatives(lambda run: self._vjp(run, cotangents))
        tied = {n: places for n in found if (places := self._tied(n))}
        shared = {n: partial(self._together, n, places, cotangents) for n, places in tied.items()}
        return {n: replace(a, ties=shared.get(n)) for n, a in found.items()}

    def _tied(self, name: str) -> list[Array]:
        run = self._tracked(definition(self.spec.oracle)[0], self.p)
        return ties.groups([y for _, y in self._live(run)], run.leaves[name])

    def _together(
        self, name: str, places: Sequence[Array], cotangents: Mapping[str, Array]
    ) -> tuple[Sequence[Array], Answer]:
        """What tied entries take together: any choice among them says it, the first of each tie for instance."""
        run = self._tracked(definition(self.spec.oracle)[0], replace(self.p, ties="first"))
        due = self._answers(run, lambda run: self._vjp(run, cotangents))[name]
        flat, error = due.expected.reshape(-1), due.error.reshape(3, -1)
        sums, errors = [flat[i].sum() for i in places], [error[:, i].sum(axis=1) for i in places]
        return places, Answer(np.array(sums), np.stack(errors, axis=1), self.p)

    def _vjp(self, run: Run, cotangents: Mapping[str, Array]) -> Mapping[str, Any]:
        return self._pulled(run, cotangents).found

    def _pulled(self, run: Run, cotangents: Mapping[str, Array]) -> First:
        live = [(n, y) for n, y in self._live(run) if n in cotangents]
        key = ("pulled", *((n, id(cotangents[n])) for n, _ in live))
        if key not in run.first:
            names = [n for n in self.differentiable if n in run.leaves]
            inputs, given = [run.leaves[n] for n in names], [run.leaf(cotangents[n]) for n, _ in live]
            found = vjp([y for _, y in live], given, inputs)
            gradients = {n: _or_zeros(g, x, run.leaf) for n, g, x in zip(names, found, inputs, strict=True)}
            run.first[key] = First(cotangents, given, gradients)
        return run.first[key]

    @property
    def differentiable(self) -> list[str]:
        """The inputs that are there and have gradients."""
        return [
            i.name
            for i in self.spec.inputs
            if i.differentiable and i.name in self.arrays and self.arrays[i.name].dtype.kind not in "iub"
        ]

    def jvp(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The outputs' tangents, by name."""
        parts = [partial(self._jvp, tangents={n: x}) for n, x in tangents.items()]
        return self._derivatives(lambda run: self._jvp(run, tangents), parts)

    def _jvp(self, run: Run, tangents: Mapping[str, Array]) -> Mapping[str, Any]:
        return self._pushed(run, tangents).found

    def _pushed(self, run: Run, tangents: Mapping[str, Array]) -> First:
        key = ("pushed", *((n, id(x)) for n, x in tangents.items()))
        if key not in run.first:
            live, directions = self._live(run), [run.leaf(x) for x in tangents.values()]
            moved = jvp([y for _, y in live], [run.leaves[n] for n in tangents], directions)
            run.first[key] = First(tangents, directions, dict(zip((n for n, _ in live), moved, strict=True)))
        return run.first[key]

    def second(self, cotangents: Mapping[str, Array], directions: Mapping[str, Array]) -> dict[str, Answer]:
        """Gradients of ``<vjp(x; g), v>`` in the inputs and, under ``cotangent NAME``, in the cotangents."""
        names = [n for n in self.differentiable if n in directions]
        parts = [partial(self._second, cotangents=cotangents, directions=directions, along=[n]) for n in names]
        return self._derivatives(lambda run: self._second(run, cotangents, directions, names), parts)

    def _second(
        self, run: Run, cotangents: Mapping[str, Array], directions: Mapping[str, Array], along: Sequence[str]
    ) -> dict[str, Any]:
        live = [(n, y) for n, y in self._live(run) if n in cotangents]
        names = [n for n in self.differentiable if n in directions]
        first = self._pulled(run, cotangents)
        spaces = [*(run.leaves[n] for n in names), *first.leaves]
        found = vjp([first.found[n] for n in along], [run.leaf(directions[n]) for n in along], spaces)
        keys = [*names, *(f"cotangent {n}" for n, _ in live)]
        return {k: _or_zeros(g, s, run.leaf) for k, g, s in zip(keys, found, spaces, strict=True)}

    def curved(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The outputs' second derivatives along ``tangents``, taken twice, by name."""
        parts = [partial(self._curved, tangents=tangents, along=[n]) for n in tangents]
        return self._derivatives(lambda run: self._curved(run, tangents, [*tangents]), parts)

    def _curved(self, run: Run, tangents: Mapping[str, Array], along: Sequence[str]) -> dict[str, Any]:
        first = self._pushed(run, tangents)
        inner = self._pushed(run, {n: tangents[n] for n in along})
        curved = jvp([*inner.found.values()], [run.leaves[n] for n in tangents], first.leaves)
        return dict(zip(inner.found, curved, strict=True))


def _refusal(error: Exception) -> Exception:
    """The refusal that NumPy made another exception of, where there is one."""
    before: BaseException | None = error
    while before is not None and not isinstance(before, Refused):
        before = before.__cause__ or before.__context__
    return before or error


def _is_real(x: Array) -> bool:
    """Whether an array holds real numbers of limited precision: bfloat16 is of a kind that NumPy does not know."""
    return x.dtype.kind not in "iubc"


def _with_limits(merged: Answer, own: Answer, limits: Limits) -> Answer:
    """An answer at infinite inputs. Where the definition is NaN and has no limit, another formula's number is no value:
    ``sqrt(1 / x)`` gives one at minus infinity."""
    borrowed = np.isnan(own.expected) & np.isfinite(merged.expected)
    if not borrowed.any():
        return replace(merged, limits=limits)
    return replace(merged, limits=limits, expected=np.where(borrowed & np.isnan(limits()[0]), np.nan, merged.expected))


def _value(oracle: Oracle, name: str) -> Answer:
    return oracle.values[name]


def _or_zeros(g: Any, like: Any, leaf: Leaf) -> Any:
    return leaf(np.zeros(like.shape, like.dtype)) if g is None else g


def _entry(enclosed: Callable[[], Mapping[str, Any]], name: str, at: tuple[int, ...]) -> Number:
    """The ball at one place of one of the enclosed arrays."""
    return overflows.entry(lambda: enclosed()[name], at)
