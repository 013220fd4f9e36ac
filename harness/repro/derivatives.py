"""Laws on derivatives -> the lines of a script that repeat a row of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.laws.gradients import dependent, enlarging
from harness.libraries import autograd
from harness.model import Verdict
from harness.repro.calls import likest, output_at, shown
from harness.repro.text import LAYOUTS, literal, literals, placing, sources
from harness.trial import Trial

Array = NDArray[Any]


def by_autograd(trial: Trial) -> bool:
    """Whether torch differentiates the candidate: it has no vjp written by hand."""
    return trial.is_torch and trial.candidate.vjp_function is None


#: The inputs made, and the call of them alone; ``upstream`` follows the lines of `cotangents`.
DERIVING = """
inputs = [place(x) for x in arrays.values()]
place = lambda x: x
names = list(arrays)
derive = lambda *xs: call(dict(zip(names, xs)))
upstream = lambda outputs: cotangents"""


def cotangents(trial: Trial, row: Verdict) -> list[str]:
    """Lines after which ``cotangents`` holds one for each output, or None."""
    given = dict(trial.due.cotangents)
    words = row.about.split() if row.law == "upstream" else []
    layout = words[-1] if words and words[-1] in LAYOUTS else "contiguous"
    if row.law == "second" and row.about.startswith("upstream transposed"):
        layout = "transposed"
    if layout == "expanded":
        given = {n: np.array(np.broadcast_to(g[:1], g.shape)) if g.ndim else g for n, g in given.items()}
    by = {"NaN": np.nan, "zeros": 0.0, "enlarged": enlarging(trial.due.oracle.p)}.get(words[-1]) if words else None
    if by is not None:
        given = {n: (g * g.dtype.type(by)).astype(g.dtype) for n, g in given.items()}
    if words and words[-1] == "alone":
        given = {words[-2]: given[words[-2]]}
    spread = row.law == "upstream" and row.about.endswith("of one value")
    if spread:
        given = {n: g for n, g in given.items() if g.size}
    texts = [f"placed({literal(given[n])})" if n in given else "None" for n in trial.outputs]
    return [
        _SPREAD[trial.is_torch] if spread else placing(layout, trial.is_torch, "placed"),
        "cotangents = [",
        *(f"    {t}," for t in texts),
        "]",
        *(_BEFORE if row.actual == "changed" else []),
    ]


#: Every entry the first one, once in memory: in NumPy's arrays, in torch's.
_SPREAD = tuple(
    f"\ndef placed(x):\n    one = x.reshape(-1)[:1].copy()\n    return {made}\n\n"
    for made in (
        "np.broadcast_to(one.reshape((1,) * x.ndim), x.shape)",
        "own(np.array(one.reshape(()))).expand(x.shape)",
    )
)

_BEFORE = [
    "bits = lambda given: [None if g is None else values(g).tobytes() for g in given]",
    "before = bits(cotangents)",
]

_KEEPING = """kept, made = place, {}


def place(x):
    name = next(n for n, y in arrays.items() if y is x)
    made[name] = kept(x).requires_grad_(name in asked)
    return made[name]

"""


def _reverse(trial: Trial, row: Verdict, asked: list[str]) -> list[str]:
    """Lines after which ``gradients`` holds what reverse mode gives for the inputs ``asked``, by name."""
    if by_autograd(trial):
        return [
            *cotangents(trial, row),
            f"asked = {asked!r}",
            _KEEPING,
            "chosen = [(y, g) for y, g in zip(call(arrays), cotangents) if g is not None]",
            "live = [(y, g) for y, g in chosen if y.requires_grad]",
            "wanted = [made[n] for n in asked]",
            "found = torch.autograd.grad([y for y, _ in live], wanted, [g for _, g in live], allow_unused=True)",
            "gradients = dict(zip(asked, found))",
        ]
    declared, there = [i.name for i in trial.spec.inputs], list(trial.arrays)
    return [
        *cotangents(trial, row),
        "live = [g for g in cotangents if g is not None]",
        "found = pull(arrays, live[0] if len(live) == 1 else tuple(live))",
        f"order = {declared!r} if len(found) == {len(declared)} else {there!r}",
        "gradients = found[0] if isinstance(found[0], dict) else dict(zip(order, found))",
    ]


def gradient(trial: Trial, row: Verdict) -> list[str]:
    if row.about.endswith(" as one"):
        return _as_one(trial, row)
    if row.about.endswith(" again"):
        return _again(trial, row)
    if " late" in row.about:
        return _late(trial, row)
    if row.about.endswith((" between", " after")):
        return _between(trial, row) if by_autograd(trial) else _after_others(trial, row)
    if " with " in row.about:
        return _some(trial, row)
    about = row.about.split()[0] if row.about else (trial.differentiable or [""])[0]
    asked = [about] if row.law == "subsets" and row.about else trial.differentiable
    if row.actual == "changed":
        return [*_reverse(trial, row, asked), 'print("changed" if bits(cotangents) != before else "kept")']
    if row.about == "side effects":
        return _kept(trial, row)
    if row.about.endswith(" of NaN"):
        depends = literal(dependent(trial.due.gradients[about]))
        hidden = f"depends & ~np.isnan(values(gradients[{about!r}]))"
        return [*_reverse(trial, row, asked), f"depends = {depends}", f"print(int(np.count_nonzero({hidden})))"]
    return [*_reverse(trial, row, asked), f"result = gradients[{about!r}]", *shown(row)]


def _again(trial: Trial, row: Verdict) -> list[str]:
    """A second time through a graph that was kept."""
    return [
        *sources(autograd.torch_vjp_again),
        *cotangents(trial, row),
        DERIVING,
        f"found = torch_vjp_again(derive, inputs, {trial.places!r}, upstream)",
        f"result = found[{trial.differentiable.index(row.about.removesuffix(' again'))}]",
        *shown(row),
    ]


def _kept(trial: Trial, row: Verdict) -> list[str]:
    """What reverse mode changed besides."""
    if by_autograd(trial):
        names = [*trial.arrays, *trial.outputs]
        return [
            *sources(autograd.torch_changed_by_backward),
            *cotangents(trial, row),
            DERIVING,
            f"print(torch_changed_by_backward(derive, inputs, {trial.places!r}, upstream, {names!r}))",
        ]
    return [
        "made = {name: place(x) for name, x in arrays.items()}",
        "before = {name: values(x).tobytes() for name, x in made.items()}",
        "keep, place = place, lambda x: next((made[n] for n, y in arrays.items() if y is x), x)",
        *_reverse(trial, row, trial.differentiable),
        "print([name for name, x in made.items() if values(x).tobytes() != before[name]])",
    ]


def _late(trial: Trial, row: Verdict) -> list[str]:
    """The inputs, or one of them, overwritten between forward and backward."""
    about, _, which = row.about.partition(" late")
    names = list(trial.arrays)
    places = [names.index(which.removeprefix(" in "))] if which else list(range(len(names)))
    return [
        *sources(autograd.torch_vjp_late),
        *cotangents(trial, row),
        DERIVING,
        f"others = [own(x) for x in {literals(trial.bench.others)}.values()]",
        f"others = {{i: others[i] for i in {places!r}}}",
        f"found = torch_vjp_late(derive, inputs, {trial.places!r}, upstream, others)",
        f"result = found[{trial.differentiable.index(about)}]",
        *shown(row),
    ]


def _after_others(trial: Trial, row: Verdict) -> list[str]:
    """A vjp by hand after calls on its inputs and on others."""
    about = row.about.removesuffix(" between")
    return [
        "made = {name: place(x) for name, x in arrays.items()}",
        f"others = {{name: place(x) for name, x in {literals(trial.bench.others)}.items()}}",
        "keep, place = place, lambda x: next((made[n] for n, y in arrays.items() if y is x), x)",
        "call(made)",
        "call(others)",
        *_reverse(trial, row, trial.differentiable),
        f"result = gradients[{about!r}]",
        *shown(row),
    ]


def _between(trial: Trial, row: Verdict) -> list[str]:
    """Another call between forward and backward, or the outputs overwritten there."""
    name, _, how = row.about.rpartition(" ")
    between = how == "between"
    called = autograd.torch_vjp_between if between else autograd.torch_vjp_after
    others = [f"others = [place_first(x) for x in {literals(trial.bench.others)}.values()]"] if between else []
    return [
        *sources(called),
        *cotangents(trial, row),
        "place_first = place",
        DERIVING,
        *others,
        f"found = {called.__name__}(derive, inputs, {trial.places!r}, upstream{', others' if between else ''})",
        f"result = found[{trial.differentiable.index(name)}]",
        *shown(row),
    ]


def _some(trial: Trial, row: Verdict) -> list[str]:
    """Some inputs' gradients at once: every choice of so many that has the one the row is about."""
    name, _, others = row.about.partition(" with ")
    count, place = int(others.split()[0]) + 1, list(trial.arrays).index(name)
    chosen = [list(places) for places in combinations(trial.places, count) if place in places]
    return [
        *sources(autograd.torch_vjp),
        *cotangents(trial, row),
        DERIVING,
        "found, kept = [], inputs",
        f"for places in {chosen!r}:",
        "    inputs = [x.detach() for x in kept]",
        f"    found.append(torch_vjp(derive, inputs, places, upstream)[places.index({place})])",
        *likest(row),
        *shown(row),
    ]


def _as_one(trial: Trial, row: Verdict) -> list[str]:
    """One tensor given for two inputs."""
    a, _, b = row.about.removesuffix(" as one").partition(" and ")
    at = tuple(list(trial.arrays).index(n) for n in (a, b))
    return [
        *sources(autograd.torch_vjp),
        *cotangents(trial, row),
        DERIVING,
        f"both = lambda x: derive(*(x if i in {at!r} else y for i, y in enumerate(inputs)))",
        f"(result,) = torch_vjp(both, [inputs[{at[0]}]], [0], upstream)",
        *shown(row),
    ]


def adjoint(trial: Trial, row: Verdict) -> list[str]:
    tangents = literals(trial.due.tangents)
    wide = next(iter(trial.due.moved.values())).p.wide.name
    return [
        *_reverse(trial, row, trial.differentiable),
        f"tangents = {tangents}",
        "total = np.zeros((), " + repr(wide) + ")",
        "for name, x in tangents.items():",
        "    if gradients[name] is None:",
        "        continue",
        "    a, b = values(own(x)), values(gradients[name])",
        "    a, b = (y.astype(np.clongdouble if y.dtype.kind == 'c' else np.longdouble) for y in (a, b))",
        "    total = total + np.sum(np.conj(a) * b).real",
        "print(written(np.asarray(total)[()]))",
    ]


def backward(trial: Trial, row: Verdict) -> list[str]:
    about, _, what = row.about.rpartition(" ")
    told = f"print(next(g.{what} for g in told if of(g) == {about!r} and g.{what} != g.due_{what}))"
    return [
        *sources(autograd.torch_backward),
        *cotangents(trial, row),
        DERIVING,
        f"told = torch_backward(derive, inputs, {trial.places!r}, upstream)",
        "of = lambda g: f'argument {g.argument} of {g.function}' if g.place is None else names[g.place]",
        told if row.about else "",
    ]


def forward(trial: Trial, row: Verdict) -> list[str]:
    return [
        "import torch.autograd.forward_ad as forward",
        "",
        f"tangents = {literals(_tangents(trial, row))}",
        """kept = place


def place(x):
    name = next(n for n, y in arrays.items() if y is x)
    return forward.make_dual(kept(x), own(tangents[name])) if name in tangents else kept(x)

""",
        "with forward.dual_level():",
        f"    result = forward.unpack_dual(call(arrays)[{output_at(trial, row)}]).tangent.clone()",
        *shown(row),
    ]


def gradcheck(trial: Trial, row: Verdict) -> list[str]:
    """What the witness calls; its verdict is no number."""
    return [
        *sources(autograd.torch_gradcheck),
        DERIVING,
        f"print(torch_gradcheck(derive, inputs, {trial.places!r}))",
    ]


def _tangents(trial: Trial, row: Verdict) -> Mapping[str, Array]:
    """The directions of all inputs, or of the one that the row names."""
    _, of, name = row.about.removesuffix(" alone").rpartition(" of ")
    given = trial.due.tangents
    return {name: given[name]} if of and row.about.endswith(" alone") else given


#: The ways to a second derivative, by how a row's subject begins.
PATHS: Mapping[str, Callable[..., Any]] = {
    "forward of reverse": autograd.torch_forward_of_reverse,
    "reverse of forward": autograd.torch_reverse_of_forward,
    "forward of forward": autograd.torch_forward_of_forward,
    "": autograd.torch_second,
}


def second(trial: Trial, row: Verdict) -> list[str]:
    how = next(path for path in PATHS if row.about.startswith(path))
    about = row.about.removeprefix(how).strip().removeprefix("upstream transposed").strip()
    alone, colon, rest = about.partition(" alone: ")
    asked = [alone] if colon else trial.differentiable
    about, places = (rest, [list(trial.arrays).index(alone)]) if colon else (about, trial.places)
    names = [*asked, *(f"cotangent {n}" for n in trial.due.cotangents)]
    nested = PATHS[how] is autograd.torch_forward_of_forward
    names = trial.outputs if nested else names
    upstream = "" if nested else "upstream, "
    return [
        *sources(PATHS[how]),
        *cotangents(trial, row),
        DERIVING,
        f"directions = {literals({n: trial.due.tangents[n] for n in asked})}",
        "along = [own(x) for x in directions.values()]",
        f"found = {PATHS[how].__name__}(derive, inputs, {places!r}, {upstream}along)",
        f"result = found[{names.index(about) if about in names else 0}]",
        *shown(row),
    ]
