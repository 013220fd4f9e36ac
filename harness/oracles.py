"""Case, arrays -> what is due: values, derivatives, and how far from them a right implementation may be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import arithmetic, balls, bounds, cases, language
from harness.arithmetic import Tracked
from harness.asking.binding import load
from harness.balls import Balls, NoProof, Number, Work
from harness.bounds import Precision
from harness.differentiation import jvp, vjp
from harness.dispatch import Refused
from harness.model import Case, Spec

Array = NDArray[Any]
#: The ball that contains one entry of an answer. Raises NoProof.
Enclose = Callable[[tuple[int, ...]], Number]
#: An array -> an input of a definition.
Leaf = Callable[[Array], Any]

#: Entries and terms that ball arithmetic may compute for all proofs at one draw of a case's inputs (a fraction of a
#: second); what needs more is not proved.
PROOF_WORK = 60_000


class OracleError(Exception):
    """The definition itself fails: the spec's fault, never a candidate's."""


@dataclass(frozen=True)
class Answer:
    """What is due: ``expected`` unrounded, ``error`` (3, *shape) in tiers, and the precision it is judged in.

    ``enclose`` proves one entry without recourse to ``expected``; None where no arithmetic of ours made it. ``wider``
    is the same with the errors that other formulas, equally right, may make; None where there is no other. ``made`` is
    how it came about, where it was computed as it stands. ``judged`` is for whoever compares to keep what was found.
    """

    expected: Array
    error: Array
    p: Precision
    enclose: Enclose | None = None
    wider: Callable[[], Answer] | None = None
    made: Tracked | None = None
    judged: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def whole(self) -> Answer:
        """With what any right formula may be off by."""
        return self if self.wider is None else self.wider()

    @classmethod
    def of(cls, tracked: Tracked) -> Answer:
        """The answer a tracked array holds."""
        shape = (3, *tracked.shape)
        error = np.zeros(shape) if tracked.error is None else np.asarray(tracked.error)
        error = error if error.shape == shape else np.broadcast_to(error, shape)
        return cls(tracked.value, error, tracked.p, made=tracked)


def _either(a: Answer, b: Answer) -> Answer:
    lost = ~np.isfinite(a.expected) & np.isfinite(b.expected)
    error = np.where(lost, b.error, np.fmax(a.error, b.error))
    return replace(a, expected=np.where(lost, b.expected, a.expected), error=error)


def _named(answers: Callable[[], Mapping[str, Answer]], name: str) -> Answer:
    return answers()[name]


@cache
def definition(path: str) -> tuple[Callable[..., Any], ...]:
    """The definition at a dotted path, and the other formulas it declares equally right (its ``legal`` attribute)."""
    function = load(path)
    return (function, *getattr(function, "legal", ()))


def _signature(path: str) -> inspect.Signature | None:
    """How the definition at a dotted path is called; a function of C may have no signature to read."""
    try:
        return inspect.signature(definition(path)[0], follow_wrapped=False)
    except (TypeError, ValueError):
        return None


def defaults(path: str) -> dict[str, Any]:
    """What the definition at a dotted path takes its keyword arguments for where they are left out."""
    signature = _signature(path)
    given = signature.parameters.values() if signature else ()
    return {p.name: p.default for p in given if p.default is not p.empty}


def mismatch(spec: Spec) -> str:
    """Where the definition does not take the spec's inputs by position and its params by keyword: what it says."""
    params, signature = dict.fromkeys(spec.params), _signature(spec.oracle)
    if signature is None:
        return ""
    try:
        signature.bind(*spec.inputs, **params)
    except TypeError as error:
        return f"{spec.path}: {spec.oracle} takes {signature}; with the params {', '.join(params) or 'none'}: {error}"
    return ""


@cache
def spoken(function: Callable[..., Any]) -> Callable[..., Any]:
    """A definition as it is called with arrays that carry errors."""
    return language.speaking(function)


@cache
def values(path: str) -> tuple[Callable[..., Any], ...]:
    """Formulas whose values alone are equally right (its ``legal_values``): their derivatives are the definition's."""
    return tuple(getattr(load(path), "legal_values", ()))


@cache
def slopes(path: str) -> tuple[Callable[..., Any], ...]:
    """Formulas whose derivatives alone are equally right (its ``legal_slopes``): their values would lose too much."""
    return tuple(getattr(load(path), "legal_slopes", ()))


@dataclass(frozen=True)
class Run:
    """A definition run once: its inputs and outputs in one arithmetic, and what makes an array one of its inputs."""

    leaf: Leaf
    leaves: Mapping[str, Any]
    outputs: Sequence[Any]


def combined(answers: Sequence[Answer], weights: Sequence[int]) -> Enclose:
    """Encloses a weighted sum of answers, entry by entry."""

    def enclose(at: tuple[int, ...]) -> Number:
        parts = [_ball(answer, at) for answer in answers]
        with balls.digits():
            return sum(w * part for w, part in zip(weights, parts, strict=True))

    return enclose


def paired(pairs: Sequence[tuple[Answer | Array, Array]]) -> Enclose:
    """Encloses the sum of the real inner products ``Re <a, b>`` of answers, or of arrays as they are, with arrays."""

    def enclose(at: tuple[int, ...]) -> Number:
        Work(PROOF_WORK).spend(sum(b.size for _, b in pairs))
        with balls.digits():
            return sum((_inner(a, b) for a, b in pairs), balls.exactly(0.0))

    return enclose


def _inner(a: Answer | Array, b: Array) -> Number:
    total = balls.exactly(0.0)
    for place in np.ndindex(b.shape):
        left, right = _ball(a, place) if isinstance(a, Answer) else balls.exactly(a[place]), balls.exactly(b[place])
        total = total + left.real * right.real + left.imag * right.imag
    return total


def _ball(answer: Answer, at: tuple[int, ...]) -> Number:
    if answer.enclose is None:
        raise NoProof("no definition encloses it")
    return answer.enclose(at)


@dataclass(frozen=True)
class Oracle:
    """A spec's definition evaluated at one case's inputs, in the arithmetic that tracks errors and derivatives.

    ``one`` names two inputs that are one array: the gradient of either is then that of the array.
    """

    spec: Spec
    case: Case
    arrays: Mapping[str, Array]
    algorithm: str = "conventional"
    one: tuple[str, str] | None = None

    @cached_property
    def p(self) -> Precision:
        """The judged precision."""
        return bounds.precision(self.case.dtype, self.algorithm, self.spec.order == "fixed")

    @cached_property
    def _kept(self) -> dict[Callable[..., Any], Run]:
        return {}

    def _tracked(self, formula: Callable[..., Any]) -> Run:
        """A formula run with its errors, once."""
        if formula not in self._kept:
            self._kept[formula] = self._run(formula, partial(arithmetic.leaf, p=self.p))
        return self._kept[formula]

    def _run(self, function: Callable[..., Any], leaf: Leaf) -> Run:
        leaves: dict[str, Any] = {n: leaf(x) if x.dtype.kind not in "iub" else x for n, x in self.arrays.items()}
        if self.one:
            leaves[self.one[1]] = leaves[self.one[0]]
        given = [language.given(leaves.get(i.name)) for i in self.spec.inputs]
        try:
            returned = language.unwrapped(self._joined(spoken(function)(*given, **self.case.params)))
        except NoProof:
            raise
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

    @cached_property
    def values(self) -> dict[str, Answer]:
        """Every output by name."""
        formulas = definition(self.spec.oracle) + values(self.spec.oracle)
        return self._merged(formulas, lambda run: dict(zip(self._outputs, run.outputs, strict=True)))

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every output's shape by name; no number is computed for it. Raises OracleError where the spec says another."""
        run = self._tracked(definition(self.spec.oracle)[0])
        found = {n: tuple(np.shape(y)) for n, y in zip(self._outputs, run.outputs, strict=True)}
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
        self, formulas: Sequence[Callable[..., Any]], ask: Callable[[Run], Mapping[str, Any]]
    ) -> dict[str, Answer]:
        """The first formula's answers; ``wider`` ones have the entry-wise largest of all legal formulas' errors.

        The others are asked for when somebody wants to know, and where the first formula's own steps overflow: there
        another's finite value stands.
        """
        enclosed = cache(lambda: ask(self._proving))
        first = {
            n: replace(a, enclose=partial(_entry, enclosed, n)) if a.expected.dtype.kind not in "iub" else a
            for n, a in self._answers(self._tracked(formulas[0]), ask).items()
        }
        if len(formulas) == 1:
            return first

        @cache
        def every() -> dict[str, Answer]:
            found = first
            for formula in formulas[1:]:
                other = self._answers(self._tracked(formula), ask)
                found = {n: _either(a, other[n]) if n in other else a for n, a in found.items()}
            return found

        if not all(np.isfinite(a.expected).all() for a in first.values()):
            return every()
        return {n: replace(a, wider=partial(_named, every, n)) for n, a in first.items()}

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
            return Answer.of(y)
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
        return definition(self.spec.oracle) + slopes(self.spec.oracle)

    def vjp(self, cotangents: Mapping[str, Array]) -> dict[str, Answer]:
        """Gradients of the differentiable inputs, by name; of an input the outputs do not depend on, zeros."""
        return self._merged(self._derived, lambda run: self._vjp(run, cotangents))

    def _vjp(self, run: Run, cotangents: Mapping[str, Array]) -> dict[str, Any]:
        live = [(n, y) for n, y in self._live(run) if n in cotangents]
        given = [run.leaf(cotangents[n]) for n, _ in live]
        return self._pulled(run, [y for _, y in live], given)

    def _pulled(self, run: Run, ys: Sequence[Any], cotangents: Sequence[Any]) -> dict[str, Any]:
        names = [n for n in self.differentiable if n in run.leaves]
        inputs = [run.leaves[n] for n in names]
        found = vjp(ys, cotangents, inputs)
        return {n: _or_zeros(g, x, run.leaf) for n, g, x in zip(names, found, inputs, strict=True)}

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
        return self._merged(self._derived, lambda run: self._jvp(run, tangents))

    def _jvp(self, run: Run, tangents: Mapping[str, Array]) -> dict[str, Any]:
        live = self._live(run)
        directions = [run.leaf(x) for x in tangents.values()]
        moved = jvp([y for _, y in live], [run.leaves[n] for n in tangents], directions)
        return dict(zip((n for n, _ in live), moved, strict=True))

    def second(self, cotangents: Mapping[str, Array], directions: Mapping[str, Array]) -> dict[str, Answer]:
        """Gradients of ``<vjp(x; g), v>`` in the inputs and, under ``cotangent NAME``, in the cotangents."""
        return self._merged(self._derived, lambda run: self._second(run, cotangents, directions))

    def _second(self, run: Run, cotangents: Mapping[str, Array], directions: Mapping[str, Array]) -> dict[str, Any]:
        live = [(n, y) for n, y in self._live(run) if n in cotangents]
        upstream = [run.leaf(cotangents[n]) for n, _ in live]
        names = [n for n in self.differentiable if n in directions]
        first = self._pulled(run, [y for _, y in live], upstream)
        spaces = [*(run.leaves[n] for n in names), *upstream]
        found = vjp([first[n] for n in names], [run.leaf(directions[n]) for n in names], spaces)
        keys = [*names, *(f"cotangent {n}" for n, _ in live)]
        return {k: _or_zeros(g, s, run.leaf) for k, g, s in zip(keys, found, spaces, strict=True)}

    def curved(self, tangents: Mapping[str, Array]) -> dict[str, Answer]:
        """The outputs' second derivatives along ``tangents``, taken twice, by name."""
        return self._merged(self._derived, lambda run: self._curved(run, tangents))

    def _curved(self, run: Run, tangents: Mapping[str, Array]) -> dict[str, Any]:
        live = self._live(run)
        inputs = [run.leaves[n] for n in tangents]
        directions = [run.leaf(x) for x in tangents.values()]
        moved = jvp([y for _, y in live], inputs, directions)
        return dict(zip((n for n, _ in live), jvp(moved, inputs, directions), strict=True))


def _refusal(error: Exception) -> Exception:
    """The refusal that NumPy made another exception of, where there is one."""
    before: BaseException | None = error
    while before is not None and not isinstance(before, Refused):
        before = before.__cause__ or before.__context__
    return before or error


def _or_zeros(g: Any, like: Any, leaf: Leaf) -> Any:
    return leaf(np.zeros(like.shape, like.dtype)) if g is None else g


def _entry(enclosed: Callable[[], Mapping[str, Any]], name: str, at: tuple[int, ...]) -> Number:
    """The ball at one place of one of the enclosed arrays."""
    try:
        with balls.digits():
            found = enclosed()[name]
            return found.at(int(np.ravel_multi_index(at, found.shape)) if at else 0)
    except NoProof:
        raise
    except Exception as error:
        raise NoProof(f"{type(error).__name__}: {error}") from error
