"""A definition, inputs -> expected values with their bounds, and whether a result lies within them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from harness import arithmetic, balls, bounds, cases, comparison, language, oracles, runs, specs
from harness.api import inputs as given_inputs
from harness.api.arrays import dtype_name, judged_dtype, plain
from harness.arithmetic import Tracked
from harness.bench import due_dtype
from harness.model import Spec
from harness.oracles import Answer as Due
from harness.oracles import overflows
from harness.oracles.answers import PROOF_WORK
from harness.subjects import Output
from harness.vocabulary import counted

Array = NDArray[Any]

#: Which assumption a bound rests on: ``worst`` on none; ``any`` that roundings are independent, for large sums sharper.
Tier = Literal["any", "worst"]


@dataclass(frozen=True)
class Bounded:
    """What a result should be, rounded nowhere, and how far each entry of a right one may be from it."""

    expected: Array
    bound: Array


@dataclass(frozen=True)
class Definition:
    """An op that has no spec: its formula, a NumPy program of the inputs by position and of params by keyword.

    >>> import numpy as np
    >>> from harness import Definition
    >>> norm = Definition(lambda x: np.sqrt(np.sum(x * x)))
    >>> float(norm.bound(np.array([3.0, 4.0])).expected)
    5.0
    """

    function: Callable[..., Any]
    fixed_order: bool = False
    algorithm: str = "conventional"
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(getattr(self.function, "__name__", "the definition"))

    def bound(self, *inputs: Any, tier: Tier = "worst", **params: Any) -> Any:
        """Expected values and bounds: a ``Bounded``, or a tuple of them where the definition gives several arrays."""
        _refuse_tier(tier)
        found = [_bounded(a, tier) for a in self.due([plain_or_none(x) for x in inputs], [], params)]
        return found[0] if len(found) == 1 else tuple(found)

    def due(self, inputs: Sequence[Array | None], actual: Sequence[Array], params: Mapping[str, Any]) -> list[Due]:
        """The answers of the definition, one per output."""
        dtype = judged_dtype([x for x in inputs if x is not None], list(actual))
        p = bounds.precision(dtype, self.algorithm, self.fixed_order)
        formulas = [self.function, *getattr(self.function, "legal", ()), *getattr(self.function, "legal_values", ())]
        runs_ = [_evaluated(f, inputs, {**self.params, **params}, p) for f in formulas]
        return [_widest(list(answers)) for answers in zip(*runs_, strict=True)]


@dataclass(frozen=True)
class _Asked:
    """What a result is held against: an op's name, its definition, the dtypes of its outputs and its spec where known."""

    name: str
    definition: Definition
    dtypes: tuple[str, ...] = ()
    spec: Spec | None = None


def plain_or_none(x: Any) -> Array | None:
    """An input as NumPy's array; an optional one may be absent."""
    return None if x is None else plain(x)


def _evaluated(
    function: Callable[..., Any], inputs: Sequence[Array | None], params: Mapping[str, Any], p: bounds.Precision
) -> list[Due]:
    found = [_answer(y, p) for y in _computed(function, inputs, params, partial(arithmetic.leaf, p=p))]
    if not overflows.finite(inputs):
        return found

    @cache
    def enclosed() -> list[Any]:
        return _computed(function, inputs, params, partial(balls.leaf, work=balls.Work(PROOF_WORK)))

    def place(k: int) -> Callable[[], Any]:
        return lambda: enclosed()[k]

    return [overflows.returned(a, partial(overflows.entry, place(k))) for k, a in enumerate(found)]


def _computed(
    function: Callable[..., Any],
    inputs: Sequence[Array | None],
    params: Mapping[str, Any],
    leaf: Callable[[Array], Any],
) -> list[Any]:
    """The outputs of a definition in an arithmetic; whole numbers and truth values stay as they are."""
    given = [x if x is None or x.dtype.kind in "iub" else leaf(x) for x in inputs]
    returned = oracles.spoken(function)(*map(language.given, given), **params)
    if isinstance(returned, list) and all(np.ndim(y) == 0 for y in returned):
        returned = language.built(returned)
    returned = language.unwrapped(returned)
    return list(returned) if isinstance(returned, (tuple, list)) else [returned]


def _answer(y: Any, p: bounds.Precision) -> Due:
    if not isinstance(y, Tracked) and np.asarray(y).dtype.kind in "iub":
        return Due(np.asarray(y), np.zeros((3, *np.shape(y))), p)
    return Due.of(arithmetic.lift(y, p))


def _widest(answers: list[Due]) -> Due:
    first, *others = answers
    error = first.error
    for other in others:
        error = np.fmax(error, other.error)
    return Due(first.expected, error, first.p, made=first.made)


def _bounded(answer: Due, tier: Tier) -> Bounded:
    return Bounded(np.asarray(answer.expected), np.asarray(answer.error[bounds.TIERS.index(tier)]))


def spec_of(op: str | Path | Spec) -> Spec:
    """The spec of an op's name, or in a file. Raises ValueError with what is wrong, TypeError for what names no op."""
    if isinstance(op, Spec):
        return op
    if not isinstance(op, (str, Path)):
        raise TypeError(f"expected an op's name, the path of a spec or a Spec; got {type(op).__name__}")
    try:
        (path,) = specs.find([str(op)], specs.home())
        found = specs.read(path, runs.LAW_NAMES)
    except (specs.UnknownSpec, specs.SpecErrors) as error:
        raise ValueError(str(error)) from None
    runs.reach(runs.places([found]))
    if wrong := specs.importable(replace(found, candidates=(), known=())):
        raise ValueError("\n".join(map(str, wrong)))
    return found


def _of_spec(op: str | Path | Spec | Definition, inputs: Any, params: Mapping[str, Any]) -> tuple[_Asked, list[Any]]:
    """The definition of an op, and its inputs in their order: given by name or by position."""
    if isinstance(op, Definition):
        return _Asked(op.name, op), given_inputs.listed(op.name, inputs)
    spec = spec_of(op)
    given = given_inputs.ordered(spec, inputs)
    if wrong := [n for n in params if n not in spec.params]:
        raise TypeError(f"{spec.op}: expected the params {', '.join(spec.params) or 'none'}; got {', '.join(wrong)}")
    known = {n: values[0] for n, values in spec.params.items()}
    formula = oracles.definition(spec.oracle)[0]
    due = _dtypes(spec, given)
    return _Asked(spec.op, Definition(formula, spec.order == "fixed", params=known), due, spec), given


def _dtypes(spec: Spec, given: Sequence[Any]) -> tuple[str, ...]:
    """The dtype of each output, by the one that the inputs have; none where they differ, or the spec has no such cases."""
    follows = [i.dtype == "same" for i in spec.inputs]
    there = {dtype_name(plain(x)) for x, same in zip(given, follows, strict=True) if same and x is not None}
    judged = {case for case in there if case in cases.widest(spec)["dtype"]}
    return tuple(due_dtype(o.dtype, case) for o in spec.outputs for case in judged) if len(there) == 1 else ()


def _refuse_tier(tier: str) -> None:
    if tier not in get_args(Tier):
        raise ValueError(f"tier: expected one of {', '.join(get_args(Tier))}; got {tier!r}")


def bound(
    op: str | Path | Spec | Definition,
    inputs: Mapping[str, Any] | Sequence[Any],
    params: Mapping[str, Any] | None = None,
    *,
    tier: Tier = "worst",
) -> Any:
    """What an op's result should be at some inputs, and how far a right implementation may be from it.

    ``params`` that are left out have the spec's first values. A tuple of ``Bounded`` where the op has several outputs.
    """
    asked, given = _of_spec(op, inputs, params or {})
    return asked.definition.bound(*given, tier=tier, **(params or {}))


def assert_conforms(
    op: str | Path | Spec | Definition,
    actual: Any,
    inputs: Mapping[str, Any] | Sequence[Any],
    params: Mapping[str, Any] | None = None,
    *,
    tier: Tier = "worst",
) -> None:
    """Raise AssertionError where a result is further from an op's definition than a right implementation can be.

    The bound is derived from the definition, the inputs and their dtype. The message names the worst entry. Where all
    inputs have one dtype of the spec's, the result must have the dtype that the spec declares for it. Where few
    alterations of a spec's definition give the result, the message says which.
    """
    __tracebackhide__ = True
    asked, given = _of_spec(op, inputs, params or {})
    try:
        _assert_within(asked, actual, given, params or {}, tier)
    except AssertionError as error:
        name = _mistake(asked.spec, actual, given, params or {}) if asked.spec else ""
        raise AssertionError(f"{error}; this fits: {name}" if name else str(error)) from None


def _mistake(spec: Spec, actual: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> str:
    """The mistakes that a wrong result may be of, where they are few."""
    from harness.naming import alone  # with all arithmetics, which a test that passes need not load

    with suppress(Exception):  # what is wrong is said, whatever the search for its reason meets
        there = {i.name: plain(x) for i, x in zip(spec.inputs, inputs, strict=True) if x is not None}
        results = [plain(y) for y in _each(actual)]
        return alone.of_result(spec, there, params, results, judged_dtype(list(there.values()), results))
    return ""


def assert_close_to_definition(
    actual: Any, definition: Definition | Callable[..., Any], *inputs: Any, tier: Tier = "worst", **params: Any
) -> None:
    """As ``numpy.testing.assert_allclose``, with a formula in the place of the desired values and of the tolerances."""
    __tracebackhide__ = True
    formula = definition if isinstance(definition, Definition) else Definition(definition)
    _assert_within(_Asked(formula.name, formula), actual, list(inputs), params, tier)


def _assert_within(asked: _Asked, actual: Any, inputs: Sequence[Any], params: Mapping[str, Any], tier: Tier) -> None:
    __tracebackhide__ = True
    _refuse_tier(tier)
    given = _each(actual)
    results = [plain(y) for y in given]
    due = asked.definition.due([plain_or_none(x) for x in inputs], results, params)
    if len(due) != len(results):
        raise AssertionError(f"{asked.name}: expected {counted(len(due), 'array')}, got {_came(actual, given)}")
    told = [_told(y, answer, tier) for y, answer in zip(results, due, strict=True)]
    if asked.dtypes:
        told = [_of_dtype(y, dtype) or line for y, dtype, line in zip(given, asked.dtypes, told, strict=True)]
    wrong = [f"output {k}: {line}" if len(told) > 1 else line for k, line in enumerate(told) if line]
    if wrong:
        raise AssertionError(f"{asked.name}: " + "; ".join(wrong))


def _each(actual: Any) -> list[Any]:
    """The outputs of a call, of which a single one is no list."""
    return list(actual) if isinstance(actual, (tuple, list)) else [actual]


def _came(actual: Any, given: Sequence[Any]) -> str:
    """What came in the place of arrays; a list of numbers is none."""
    if all(hasattr(y, "shape") and np.ndim(y) for y in given):
        return counted(len(given), "array")
    return f"a {type(actual).__name__} of {len(given)} values: make it an array, as numpy.asarray(result)"


def _of_dtype(actual: Any, expected: str) -> str:
    """What is wrong with a result's dtype; Python's own numbers have none."""
    if not hasattr(actual, "dtype") or dtype_name(plain(actual)) == expected:
        return ""
    return f"expected the dtype {expected}, got {dtype_name(plain(actual))}"


def _told(actual: Array, answer: Due, tier: Tier) -> str:
    """What is wrong with a result: the worst entry, and how many are; empty where nothing is."""
    if actual.shape != answer.expected.shape:
        return f"expected the shape {answer.expected.shape}, got {actual.shape}"
    found = comparison.compare(comparison.Numbers(Output("output"), actual, answer), tier)
    if found.margin <= 1:
        return ""
    allowed = answer.error[bounds.TIERS.index(tier)]
    with np.errstate(invalid="ignore"):
        off = np.abs(actual.astype(answer.expected.dtype) - answer.expected)
        count = int(np.sum(~((off <= allowed) | (actual == answer.expected))))
    at = f"[{', '.join(map(str, found.place))}]" if found.place else "the result"
    times = "where no error is possible" if found.allowed == 0 else f"{found.margin:.3g} times the bound {found.bound}"
    return (
        f"{at} is {found.actual}, expected {found.expected}: off by {found.ulps:.3g} ULPs, {times}; "
        f"{count} of {actual.size} entries are beyond their bounds ({answer.p.dtype}, tier {tier!r})"
    )
