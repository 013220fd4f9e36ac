"""The law vmap -> the lines of a script that repeat a row of its."""

from __future__ import annotations

from harness.laws.mapping import LAST, PER_SAMPLE, THROUGH
from harness.libraries import autograd
from harness.model import Verdict
from harness.repro.calls import output_at
from harness.repro.derivatives import DERIVING, cotangents
from harness.repro.text import literals, sources
from harness.trial import Trial


def vmap(trial: Trial, row: Verdict) -> list[str]:
    """Two draws along a new axis, mapped over in one call."""
    axis = -1 if row.about.endswith(LAST) else 0
    way = next((lines for how, lines in _GRADIENTS.items() if row.about.endswith(how)), None)
    if way:
        name = row.about.removesuffix(PER_SAMPLE).removesuffix(THROUGH)
        at = trial.differentiable.index(name)
        mapped = [
            *sources(autograd.torch_vmap, autograd.torch_vmapped_vjp, autograd.torch_vjp),
            *cotangents(trial, row),
            DERIVING,
            *_PAIRS,
            f"wrt = {trial.places!r}",
            *way,
            f"mapped = mapped[{at}]",
        ]
    else:
        mapped = [
            DERIVING,
            *_PAIRS,
            "mapped = torch.func.vmap(derive, in_dims=axes)(*pairs)",
            f"mapped = mapped[{output_at(trial, row)}]",
        ]
    return [
        f"others = {literals(trial.bench.others)}",
        f"axes = {tuple(axis if n in _over(trial, row) else None for n in trial.arrays)!r}",
        *mapped,
        *_shown_of_two(row),
    ]


_PAIRS = (
    "both = [(x, others[n], axis) for (n, x), axis in zip(arrays.items(), axes)]",
    "pairs = [own(np.array(x) if axis is None else np.stack([x, y], axis)) for x, y, axis in both]",
)

_GRADIENTS = {
    PER_SAMPLE: ("mapped = torch_vmapped_vjp(derive, pairs, wrt, upstream)",),
    THROUGH: (
        "twice = [None if g is None else torch.stack([g, g]) for g in cotangents]",
        "through = lambda *xs: tuple(torch_vmap(derive, xs, axes))",
        "mapped = torch_vjp(through, pairs, wrt, lambda outputs: twice)",
    ),
}


def _over(trial: Trial, row: Verdict) -> list[str]:
    """The inputs that are mapped over: all, or the one that the row names."""
    _, alone, name = row.about.removesuffix(" alone").partition(" over ")
    return [name] if alone and not row.about.endswith(LAST) else list(trial.arrays)


def _shown_of_two(row: Verdict) -> list[str]:
    """Lines that print of the two mapped results the one that the row tells of."""
    if not row.bound:
        return ["print(tuple(mapped.shape))" if row.actual.startswith("(") else 'print("returns")']
    at = tuple(int(i) for i in row.at.split())
    return [
        f"for y in sorted(mapped, key=lambda y: written(values(y)[{at!r}]) == {row.actual!r}):",
        f"    show(y, {at!r})",
    ]
