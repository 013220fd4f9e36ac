"""Trial -> Equations on derivatives: reverse, forward, their transposition, second order, subsets, the witness."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.bounds import Precision, gamma
from harness.candidates import Failed, guarded
from harness.comparison import Equation, Fact, Numbers, Testimony
from harness.fills import EXTREME
from harness.libraries.arrays import NoGradient, NotOffered, dtype_name
from harness.libraries.autograd import (
    torch_backward,
    torch_changed_by_backward,
    torch_forward_of_forward,
    torch_forward_of_reverse,
    torch_gradcheck,
    torch_reverse_of_forward,
    torch_second,
    torch_vjp,
    torch_vjp_after,
    torch_vjp_again,
    torch_vjp_between,
    torch_vjp_late,
)
from harness.oracles import Answer, paired
from harness.trial import Trial

Array = NDArray[Any]

#: Most numbers (inputs and outputs together) a case may have for the witness to be asked: its cost grows with both.
WITNESS_NUMBERS = 300


def gradient(trial: Trial) -> Iterator[Equation]:
    """Reverse mode gives the definition's vector-Jacobian product, for every input, in its shape and dtype."""
    yield from _judged(trial, trial.reverse, "")
    if trial.is_torch and trial.plain:
        again = partial(torch_vjp_again, trial.bound_call, trial.wrapped(), trial.places, trial.upstream)
        yield from _judged(trial, dict(zip(trial.differentiable, guarded(again), strict=True)), " again")
        yield from _shared(trial)
        yield from _between(trial)
        yield from _late(trial)
    if trial.plain:
        yield from _kept(trial)
        if not trial.is_torch:
            yield from _after_others(trial)


def _after_others(trial: Trial) -> Iterator[Equation]:
    """A vjp by hand is of its inputs, whatever the last forward call was of; that one is made again for other laws."""
    inputs, others = trial.wrapped(), [trial.candidate.library.wrap(x) for x in trial.bench.others.values()]
    for given in (inputs, others):
        guarded(partial(trial.bound_call, *given))
    found = trial.vjp(inputs=inputs)
    guarded(partial(trial.bound_call, *inputs))
    yield from _judged(trial, found, " between")


def _kept(trial: Trial) -> Iterator[Equation]:
    """Reverse mode changes nothing besides; that it does not is no row of its own."""
    inputs = trial.wrapped()
    if trial.is_torch and trial.candidate.vjp_function is None:
        names = [*trial.arrays, *trial.outputs]
        find = partial(torch_changed_by_backward, trial.bound_call, inputs, trial.places, trial.upstream, names)
        changed = guarded(find)
    else:
        unwrap = trial.candidate.library.unwrap
        before = [unwrap(x).tobytes() for x in inputs]
        trial.vjp(inputs=inputs)
        changed = [n for n, x, was in zip(trial.arrays, inputs, before, strict=True) if unwrap(x).tobytes() != was]
    if changed:
        yield Fact("side effects", changed, [], f"the backward changed {', '.join(changed)}")


def _between(trial: Trial) -> Iterator[Equation]:
    """Another call between forward and backward, and outputs overwritten there: the gradient is the first call's."""
    wrap = trial.candidate.library.wrap
    others = [wrap(x, trial.case.layout) for x in trial.bench.others.values()]
    found = partial(torch_vjp_between, trial.bound_call, trial.wrapped(), trial.places, trial.upstream, others)
    yield from _judged(trial, dict(zip(trial.differentiable, guarded(found), strict=True)), " between")
    try:
        after = guarded(partial(torch_vjp_after, trial.bound_call, trial.wrapped(), trial.places, trial.upstream))
    except NotOffered:
        return
    yield from _judged(trial, dict(zip(trial.differentiable, after, strict=True)), " after")


def _late(trial: Trial) -> Iterator[Equation]:
    """Inputs overwritten between forward and backward, at the first case: autograd refuses, or the gradient is theirs.

    All at once, then each alone: what autograd watches of one hides what it does not of another.
    """
    if trial.case.departures:
        return
    others = {i: trial.candidate.library.wrap(x) for i, x in enumerate(trial.bench.others.values())}
    ways = {" late": others}
    if len(others) > 1:
        ways |= {f" late in {name}": {i: others[i]} for i, name in enumerate(trial.arrays)}
    for how, some in ways.items():
        found = partial(torch_vjp_late, trial.bound_call, trial.wrapped(), trial.places, trial.upstream, some)
        with suppress(NotOffered):
            yield from _judged(trial, dict(zip(trial.differentiable, guarded(found), strict=True)), how)


def _shared(trial: Trial) -> Iterator[Equation]:
    """One tensor given for two inputs gets the sum of both gradients."""
    for a, b, draw in trial.alike():
        if a not in trial.differentiable or b not in trial.differentiable:
            continue
        due, names = trial.due_at(draw), list(trial.arrays)
        due = replace(due, oracle=replace(due.oracle, one=(a, b)))
        first, second = names.index(a), names.index(b)
        inputs = trial.wrapped()

        def call(x: Any, *, at: tuple[int, int] = (first, second), rest: list[Any] = inputs) -> Any:
            return trial.bound_call(*(x if i in at else y for i, y in enumerate(rest)))

        answer = due.pulled(trial.due.cotangents)[a]
        (g,) = guarded(partial(torch_vjp, call, [inputs[first]], [0], trial.upstream))
        if g is not None and tuple(g.shape) == answer.expected.shape:
            yield Numbers(f"{a} and {b} as one", trial.candidate.library.unwrap(g), answer)


def subsets(trial: Trial) -> Iterator[Equation]:
    """Asking for some inputs' gradients gives what asking for all of them gives."""
    if not trial.is_torch or len(trial.places) < 2:
        return
    most = min(len(trial.places), 3) if trial.plain else 2
    for count in range(1, most):
        for places in combinations(trial.places, count):
            others = "" if count == 1 else f" with {count - 1} other"
            yield from _judged(trial, trial.vjp(list(places)), f"{others} alone")


def upstream(trial: Trial) -> Iterator[Equation]:
    """Reverse mode takes any upstream gradient: any layout, zero, large, NaN, of one output alone; and changes none."""
    if trial.case.departures > 1:
        return
    cotangents = trial.due.cotangents
    for layout in ("transposed", "strided"):
        yield from _pulled(trial, layout, cotangents, trial.due.gradients)
    for layout in (x for x in trial.candidate.library.layouts if x in _UNUSUAL and trial.plain):
        with suppress(NotOffered, Failed):  # who refuses one does not go wrong in silence
            yield from _pulled(trial, layout, cotangents, trial.due.gradients)
    repeated = {n: _repeated(g) for n, g in cotangents.items()}
    yield from _pulled(trial, "expanded", repeated, trial.due.pulled(repeated))
    if cotangents and all(g.size for g in cotangents.values()):
        same = {n: np.broadcast_to(g.reshape(-1)[:1].reshape((1,) * g.ndim), g.shape) for n, g in cotangents.items()}
        yield from _pulled(trial, "of one value", same, trial.due.pulled(same))
    if trial.plain and not _overflows(trial.due.values):
        by = enlarging(trial.due.oracle.p)
        large = {n: (g * g.dtype.type(by)).astype(g.dtype) for n, g in cotangents.items()}
        yield from _pulled(trial, "enlarged", large, trial.due.pulled(large))
        none = {n: np.zeros_like(g) for n, g in cotangents.items()}
        yield from filter(_is_something, _pulled(trial, "of zeros", none, trial.due.pulled(none)))
        yield from _unhidden(trial)
    if trial.is_torch and len(cotangents) > 1:
        for name, g in cotangents.items():
            yield from _pulled(trial, "contiguous", {name: g}, trial.due.pulled({name: g}))


def _is_something(equation: Equation) -> bool:
    """Whether what should be zeros is not: zeros themselves say little, for many wrong gradients have them there."""
    return not isinstance(equation, Numbers) or bool(np.any(equation.actual != 0))


def _unhidden(trial: Trial) -> Iterator[Equation]:
    """Gradients that depend on upstream gradients are NaN where those are; that they are says little, and no row."""
    wrap, unwrap = trial.candidate.library.wrap, trial.candidate.library.unwrap
    placed = {n: wrap(np.full_like(g, np.nan)) for n, g in trial.due.cotangents.items()}
    for name, g in trial.vjp(given=lambda _: [placed.get(n) for n in trial.outputs]).items():
        depends = dependent(trial.due.gradients[name])
        if g is None or tuple(g.shape) != depends.shape:
            continue
        hidden = int(np.count_nonzero(depends & ~np.isnan(unwrap(g))))
        if hidden:
            message = (
                f"{hidden} entries of the gradient of `{name}` hide that the upstream gradient they depend on is NaN"
            )
            yield Fact(f"{name} of NaN", hidden, 0, message)


def dependent(gradient: Answer) -> Array:
    """Which entries of a gradient are beyond doubt not zero, so that they depend on the upstream gradient."""
    found: Array = np.abs(gradient.expected) > gradient.whole.error[2]
    return found


def enlarging(p: Precision) -> float:
    """A power of two half-way, by exponents, to the largest number: what is scaled by it loses nothing."""
    return float(2.0 ** round(np.log2(p.largest) / 2))


#: Layouts that upstream gradients have less often: conjugate bits and negated views come from autograd itself.
_UNUSUAL = frozenset({"offset", "channels_last", "conj_view", "neg_view"})

#: Ways in which the numbers are others, and the layout is the usual one.
_LAID_OUT = {"of zeros": "contiguous", "enlarged": "contiguous"}

#: The tiers that upstream gradients of repeated values stand for.
_REPEATING = {"expanded": "worst", "of one value": "worst"}


def _pulled(
    trial: Trial, layout: str, cotangents: Mapping[str, Array], due: Mapping[str, Answer]
) -> Iterator[Equation]:
    library = trial.candidate.library
    placed = {
        n: library.spread(g) if layout == "of one value" else library.wrap(g, _LAID_OUT.get(layout, layout))
        for n, g in cotangents.items()
    }
    bits = {n: library.unwrap(g).tobytes() for n, g in placed.items()}
    found = trial.vjp(given=lambda _: [placed.get(n) for n in trial.outputs])
    how = f" {layout}" if len(cotangents) == len(trial.due.cotangents) else f" of {', '.join(cotangents)} alone"
    yield from _judged(trial, found, how, due, _REPEATING.get(layout, "random"))
    for name, g in placed.items():
        if library.unwrap(g).tobytes() != bits[name]:
            yield Fact(f"{name}{how}", "changed", "kept", "the upstream gradient was written to")


def _repeated(g: Array) -> Array:
    return np.array(np.broadcast_to(g[:1], g.shape)) if g.ndim and len(g) > 1 else g


def _judged(
    trial: Trial,
    found: dict[str, Any],
    how: str,
    gradients: Mapping[str, Answer] | None = None,
    tier: str = "random",
) -> Iterator[Equation]:
    if found and all(g is None for g in found.values()):
        raise NoGradient("no input gets a gradient")
    for name, g in found.items():
        due = (trial.due.gradients if gradients is None else gradients)[name]
        if g is None:
            if np.any(due.expected != 0):
                yield Fact(name + how, "None", "a gradient", f"there is no gradient of `{name}`")
            continue
        actual = trial.candidate.library.unwrap(g)
        got, expected = dtype_name(g), trial.arrays[name].dtype.name
        if actual.shape != due.expected.shape:
            message = f"the gradient of `{name}` has shape {actual.shape} where {due.expected.shape} is due"
            yield Fact(name + how, actual.shape, due.expected.shape, message)
            continue
        if got != expected:
            message = f"the gradient of `{name}` is {got} where {expected} is due"
            yield Fact(name + how, got, expected, message)
        yield Numbers(name + how, actual, due, tier=tier)


def backward(trial: Trial) -> Iterator[Equation]:
    """A Function's own backward, called directly, gives gradients of its inputs' shapes and dtypes.

    Autograd's engine sums a gradient of a broader shape and casts one of another dtype without a word.
    """
    if not trial.is_torch:
        return
    trial.prepare()
    names = list(trial.arrays)
    given = partial(torch_backward, trial.bound_call, trial.wrapped(), trial.places, trial.upstream)
    for g in guarded(given):
        of = f"`{names[g.place]}`" if g.place is not None else f"argument {g.argument} of {g.function}"
        about = of.strip("`")
        message = f"{g.function}.backward returns shape {g.shape} for {of}, which is {g.due_shape}"
        yield Fact(f"{about} shape", g.shape, g.due_shape, message)
        message = f"{g.function}.backward returns {g.dtype} for {of}, which is {g.due_dtype}"
        yield Fact(f"{about} dtype", g.dtype, g.due_dtype, message)


def forward(trial: Trial) -> Iterator[Equation]:
    """Forward mode gives the definition's Jacobian-vector product, for all inputs' tangents and for one's alone."""
    yield from _moved(trial.forward, trial.due.moved, "")
    if not trial.plain or len(trial.differentiable) < 2:
        return
    for name in trial.differentiable:
        tangent = {name: trial.due.tangents[name]}
        due = trial.due.moved_by(tangent)
        try:
            found = trial.jvp(tangent)
        except NoGradient:
            continue
        yield from _moved(found, _inexact(due), f" of {name} alone")


def _inexact(due: Mapping[str, Answer]) -> dict[str, Answer]:
    """Those that are no plain copies of complex numbers: three real products in place of four round what they add."""
    return {n: a for n, a in due.items() if a.error.any() or not a.p.complex}


def _moved(found: Mapping[str, Array], due: Mapping[str, Answer], how: str) -> Iterator[Equation]:
    for name, actual in found.items():
        if name in due and actual.shape == due[name].expected.shape:
            yield Numbers(name + how, actual, due[name])
        elif name in due:
            shapes = actual.shape, due[name].expected.shape
            yield Fact(name + how, *shapes, f"the tangent of `{name}` has shape {shapes[0]} where {shapes[1]} is due")


def adjoint(trial: Trial) -> Iterator[Equation]:
    """Reverse mode is the transpose of forward mode: ``<J x, y> = <x, J' y>``, with signed x and y.

    Where the candidate has no forward mode, the definition's stands in.
    """
    due, back = trial.due.moved, trial.reverse
    if all(g is None for g in back.values()):
        raise NoGradient("no input gets a gradient")
    sources: Mapping[str, Answer | Array] = due
    try:
        sources = moved = trial.forward
    except (NotOffered, NoGradient, Failed):
        moved = {n: a.expected for n, a in due.items()}
    forward, reverse = np.zeros((), due_type(due)), np.zeros((), due_type(due))
    parts: list[tuple[Answer, Array, float]] = []
    for name, y in trial.due.cotangents.items():
        if name not in moved or moved[name].shape != y.shape or not _finite(moved[name]):
            return
        forward = forward + inner(moved[name], y)
        parts.append((due[name], y, _noise(moved[name], y)))
    for name, x in trial.due.tangents.items():
        g = back[name]
        if g is None:
            continue
        actual = trial.candidate.library.unwrap(g)
        if actual.shape != x.shape or not _finite(actual):
            return
        reverse = reverse + inner(x, actual)
        parts.append((trial.due.gradients[name], x, _noise(x, actual)))
    slack = sum((_slack(answer, x) + noise for answer, x, noise in parts), start=np.zeros(3))
    if np.isinf(slack).any():
        return  # some entry is unspecified: the order of its sum decides whether it overflows
    enclose = paired([(sources[n], y) for n, y in trial.due.cotangents.items()])
    answer = Answer(np.asarray(forward), slack, trial.due.oracle.p, enclose)

    def wider() -> Answer:
        return replace(answer, error=sum((_slack(a.whole, x) + noise for a, x, noise in parts), start=np.zeros(3)))

    yield Numbers("", np.asarray(reverse), replace(answer, wider=wider))


def _finite(x: Array) -> bool:
    """Whether there are inner products at all: what is not finite is judged entry by entry, by the other laws."""
    return bool(np.isfinite(x).all())


def due_type(due: dict[str, Answer]) -> Any:
    """The real wide type of some answers."""
    return next(iter(due.values())).p.wide


def inner(a: Array, b: Array) -> Any:
    """The real inner product ``Re <a, b>``, in the widest arithmetic at hand."""
    return np.sum(np.conj(_wide(a)) * _wide(b)).real


def _slack(answer: Answer, direction: Array) -> Array:
    size = np.abs(direction.astype(np.complex128 if direction.dtype.kind == "c" else np.float64))
    with np.errstate(invalid="ignore"):
        weighed = answer.error * size
    total: Array = np.where(np.isnan(weighed), np.inf, weighed).reshape(3, -1).sum(axis=1)
    return total


def _noise(a: Array, b: Array) -> float:
    """What ``inner`` itself may be off by."""
    size = np.abs(_wide(a)) * np.abs(_wide(b))
    total = size[np.isfinite(size)].sum()
    return float(gamma(4 * size.size + 4, 2.0 ** -(np.finfo(np.longdouble).nmant + 1)) * total)


def _wide(x: Array) -> Array:
    return x.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble)


def second(trial: Trial) -> Iterator[Equation]:
    """Second derivatives are the definition's: reverse over reverse, and near the first case the other three paths.

    Forward over forward is not asked of custom Functions: torch itself loses their second tangent (pytorch#197867).
    """
    if not trial.is_torch or trial.case.fill in EXTREME or _overflows(trial.due.values):
        return
    due = trial.due.second
    along = [trial.candidate.library.wrap(trial.due.tangents[n]) for n in trial.differentiable]
    shared = trial.bound_call, trial.wrapped(), trial.places, trial.upstream, along
    names = [*trial.differentiable, *(f"cotangent {n}" for n in trial.due.cotangents)]
    yield from _curved(trial, names, guarded(partial(torch_second, *shared)), due, "")
    if not trial.plain:
        return
    turned = trial.bound_call, trial.wrapped(), trial.places, partial(trial.upstream, layout="transposed"), along
    yield from _curved(trial, names, guarded(partial(torch_second, *turned)), due, "upstream transposed")
    yield from _alone(trial)
    if not trial.has_functions and not trial.candidate.speaks_for_library:
        return  # its nested derivatives are the library's own, whose ops are judged by their own specs
    for path, derive in (
        ("forward of reverse", torch_forward_of_reverse),
        ("reverse of forward", torch_reverse_of_forward),
    ):
        yield from _offered(trial, partial(derive, *shared), trial.differentiable, due, path)
    if not trial.has_functions:
        nested = partial(torch_forward_of_forward, trial.bound_call, trial.wrapped(), trial.places, along)
        yield from _offered(trial, nested, trial.outputs, trial.due.curved, "forward of forward")


def _alone(trial: Trial) -> Iterator[Equation]:
    """Second derivatives where one input alone requires a gradient, at the first case."""
    if trial.case.departures or len(trial.places) < 2:
        return
    for name, place in zip(trial.differentiable, trial.places, strict=True):
        direction = {name: trial.due.tangents[name]}
        due = _inexact(trial.due.curved_in(direction))
        along = [trial.candidate.library.wrap(direction[name])]
        found = partial(torch_second, trial.bound_call, trial.wrapped(), [place], trial.upstream, along)
        names = [name, *(f"cotangent {n}" for n in trial.due.cotangents)]
        try:
            yield from _curved(trial, names, guarded(found), due, f"{name} alone:")
        except (NotOffered, NoGradient):
            continue


def _overflows(due: Mapping[str, Answer]) -> bool:
    """Whether some value is beyond the largest number: whether what is made of it is infinite or no number is open."""
    return any(bool(np.any(np.abs(a.expected) > a.p.largest)) for a in due.values() if a.expected.dtype.kind in "fc")


def _offered(
    trial: Trial, derive: Callable[[], list[Any]], names: Sequence[str], due: Mapping[str, Answer], how: str
) -> Iterator[Equation]:
    """What a path gives that not every implementation has: nothing where this one raises."""
    try:
        found = guarded(derive)
    except (NotOffered, NoGradient, Failed):
        return
    yield from _curved(trial, names, found, due, how)


def _curved(
    trial: Trial, names: Sequence[str], found: Sequence[Any], due: Mapping[str, Answer], how: str
) -> Iterator[Equation]:
    for name, g in zip(names, found, strict=True):
        if name not in due:
            continue
        expected, about = due[name], f"{how} {name}".strip()
        if g is None:
            if np.any(np.abs(expected.expected) > expected.whole.error[2]):
                yield Fact(about, "None", "a gradient", f"the second-order gradient of `{name}` is missing")
            continue
        actual = trial.candidate.library.unwrap(g)
        if actual.shape == expected.expected.shape:
            yield Numbers(about, actual, expected)


def gradcheck(trial: Trial) -> Iterator[Equation]:
    """What ``torch.autograd.gradcheck`` says, as published: eps=1e-6, atol=1e-4, in double precision.

    It is asked near the op's first case only: it costs more than all other laws together.
    """
    plain = trial.plain and trial.case.layout == "contiguous"
    numbers = sum(x.size for x in trial.arrays.values()) + sum(
        prod(a.expected.shape) for a in trial.due.values.values()
    )
    if not trial.is_torch or not plain or not 0 < numbers <= WITNESS_NUMBERS:
        return
    if trial.case.dtype not in ("float64", "complex128"):
        return
    agrees, words = torch_gradcheck(trial.bound_call, trial.wrapped(), trial.places)
    yield Testimony("", agrees, f"gradcheck says {agrees}" + (f": {words}" if words else ""))
