"""Row, what is due -> how its bound came about: the formula with its numbers, the steps that added to it, the digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import arithmetic, bounds, proofs, subjects
from harness.arithmetic import Step
from harness.bounds import Precision
from harness.comparison import Numbers, compare, write
from harness.model import Verdict
from harness.oracles import Oracle
from harness.trial import Trial

Array = NDArray[Any]

#: Steps of a definition that are told, those that add most to the bound.
STEPS = 8

#: What each tier supposes of the data.
_TIERS = (
    "entries drawn independently, in no order that matters",
    "any data, random roundings",
    "any data, any roundings",
)

#: What each model's bounds are made of, before the steps of the definition add theirs.
_MODELS = {
    "multilinear": "a sum of K products is off by lambda u hypot(sqrt(K/3 + 1) |y|, sqrt(K/6 + 1) sqrt(sum of squares)),"
    " lambda u sqrt(K) S or gamma_(K+1) S, S = sum of magnitudes",
    "fft": "a transform is off by c lambda u sqrt(t) rms(y) or 2 u t ||y||, t = sum of log2 of its length's factors",
    "exact": "every step is exact: any difference is wrong",
    "formula": "each step of the formula is rounded once, and passes on what it was given",
}

_SUM = (
    "lambda u hypot(sqrt(K/3 + 1) |y|, sqrt(K/6 + 1) sqrt(Q)) or gamma_(K+1) S, if less",
    "lambda u sqrt(K) S or gamma_(K+1) S, if less",
    "gamma_(K+1) S",
)
_TRANSFORM = (
    f"{bounds.FFT_CONSTANT:g} lambda u sqrt(t) rms or 2 u t norm, if less",
    f"{bounds.FFT_CONSTANT:g} lambda u sqrt(t) rms of a residue class or 2 u t norm, if less",
    "2 u t norm",
)
_FUNCTION = (f"{2 * bounds.TRANSCENDENTAL_ULPS} u |y|",) * 3

#: What a step adds in each tier, by the name of what made it; one rounding, ``u |y|``, where it is not named.
_ADDS = {
    "contract": _SUM,
    "total": _SUM,
    "running_total": _SUM,
    "scatter": _SUM,
    "fftn": _TRANSFORM,
    "absolute": ("2 u |y|",) * 3,
    "hypot": ("2 u |y|",) * 3,
    "logaddexp": (f"u |y|, and {2 * bounds.TRANSCENDENTAL_ULPS} u of the logarithm and the exponential",) * 3,
    "direction": ("4 u, and what the error of x turns x / |x| by",) * 3,
    "unknown_at_zero": ("no bound where x is 0",) * 3,
}
_ADDS |= dict.fromkeys(("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "erf", "power", "arctan2"), _FUNCTION)
_ADDS |= dict.fromkeys(("sign", "floor", "ceil", "trunc", "rint"), ("the jumps that the error of x reaches",) * 3)
_ADDS |= dict.fromkeys(
    ("share_of_first", "share_of_largest"), ("any share of the gradient where it is not decided",) * 3
)

#: The same of complex numbers.
_ADDS_COMPLEX = {"multiply": "sqrt(5) u |y|", "divide": "3 sqrt(5) u |y|"}

#: Part of a bound below which a step is not told.
_LEAST = 1e-3

#: Steps that are called otherwise than what made them.
_CALLED = {"contract": "sum of products", "total": "sum", "fftn": "transform", "summed": "add"}


def told(trial: Trial, numbers: Numbers, row: Verdict) -> dict[str, str]:
    """``formula``: the bound in words and numbers. ``digits``: what was measured, with all digits and the proof."""
    p, at = numbers.answer.p, place(row)
    level = tier(numbers, row)
    lines = [
        f"margin = |actual - expected| / bound = {row.margin:.6g}",
        f"bound  = {row.bound} at [{', '.join(map(str, at))}], tier `{bounds.TIERS[level]}`: {_TIERS[level]}",
        "tiers  : "
        + ", ".join(f"{n} {float(e[at]):.6g}" for n, e in zip(bounds.TIERS, numbers.answer.error, strict=True)),
        f"model  : {trial.spec.model}, {p.algorithm}; {_MODELS.get(trial.spec.model, _MODELS['formula'])}",
        *_filled_in(trial, numbers, row),
        f"where  u = {p.u_compute:.6g} ({p.dtype}), eta = {p.eta:.6g},",
        f"       lambda = sqrt(2 ln(2 M / delta)) = {bounds.lam(numbers.actual.size):.4g},"
        f" M = {numbers.actual.size} entries, delta = {bounds.DELTA:g}",
        *_arising(numbers, at, level),
    ]
    proof = proofs.prove(numbers, compare(numbers, trial.bench.tier)) if row.margin > 1 else None
    digits = [
        f"enclosed {proof.inequality}" if isinstance(proof, proofs.Proved) else "",
        f"expected {write(numbers.answer.expected[at])}   ({numbers.answer.expected.dtype}, unrounded)",
        f"actual   {write(numbers.actual[at])}   ({numbers.actual.dtype})",
        f"error    {row.ulps:.6g} units in the last place of {p.dtype}" if row.ulps == row.ulps else "",
    ]
    return {"formula": "\n".join(lines), "digits": "\n".join(filter(None, digits))}


def place(row: Verdict) -> tuple[int, ...]:
    """The entry that a row tells of."""
    return tuple(int(i) for i in row.at.split())


def tier(numbers: Numbers, row: Verdict) -> int:
    """The tier whose bound the row states."""
    tiers = [repr(float(level[place(row)])) for level in numbers.answer.error]
    return tiers.index(row.bound) if row.bound in tiers else 0


def _arising(numbers: Numbers, at: tuple[int, ...], level: int) -> Iterator[str]:
    """The steps that add most to the bound of this entry, in their order, each with what it adds and of what."""
    made, bound = numbers.answer.made, float(numbers.answer.error[level][at])
    if made is None or made.shape != numbers.answer.expected.shape or not 0 < bound < np.inf:
        return
    with suppress(Exception):  # a derivative that was never asked for need not exist
        found = arithmetic.steps(made, at, level)
        most = sorted(found, key=lambda s: -s.added)[:STEPS]
        lines = [_step(s, bound, level, numbers.answer.p) for s in found if s in most and s.added > _LEAST * bound]
        if lines:
            yield "of it  arises, by the steps of the definition, as far as they reach this entry:"
            yield from lines


def _step(step: Step, bound: float, level: int, p: Precision) -> str:
    own = _ADDS_COMPLEX if np.iscomplexobj(step.value) else {}
    rule = own.get(step.name) or _ADDS.get(step.name, ("u |y|",) * 3)[level]
    if step.name == "erf_value" and p.polynomial_erf:
        rule += f" + {bounds.POLYNOMIAL_ERF:g} and the roundings of five terms"
    sizes = "".join(f", {name} = {value:.6g}" for name, value in step.sizes.items())
    name = _CALLED.get(step.name, step.name)
    return f"  {step.added:10.4g}  {step.added / bound:4.0%}  {name}: {rule}, y = {_short(step.value)}{sizes}"


def _short(value: Any) -> str:
    return f"{complex(value):.6g}" if np.iscomplexobj(value) else f"{float(value):.6g}"


#: Laws that hold an output, or an input's gradient, against the definition's.
_VALUES, _GRADIENTS = frozenset({"agrees", "layout", "repeatable", "vmap"}), frozenset({"gradient", "subsets"})


def _filled_in(trial: Trial, numbers: Numbers, row: Verdict) -> list[str]:
    """The bound's formula with this entry's numbers; of a sum of products its length, magnitudes and squares."""
    p, at = numbers.answer.p, place(row)
    y, bound = numbers.answer.expected, float(row.bound)
    lines = []
    if y[at] != 0 and np.isfinite(bound):
        lines = [f"that is  bound = {bound / (p.u * float(abs(y[at]))):.4g} u |expected| = {bound / p.u:.4g} u"]
    with suppress(Exception):  # a definition need not make sense at magnitudes
        if trial.spec.model == "multilinear" and row.law in _VALUES | _GRADIENTS:
            length, total, squares = (
                _elsewhere(trial, row, f) for f in (np.ones_like, np.abs, lambda x: np.abs(x) ** 2)
            )
            tiers = [level[at] for level in bounds.summation(p, y, total, np.sqrt(squares), length)]
            k, s, q = (float(abs(x[at])) for x in (length, total, squares))
            lines += [
                f"here   K = {k:g} products, S = sum of their magnitudes = {s:.6g}, Q = sum of their squares = {q:.6g}",
                f"  random = lambda u hypot(sqrt(K/3 + 1) |y|, sqrt(K/6 + 1) sqrt(Q)) = {tiers[0]:.6g}",
                f"  any    = lambda u sqrt(K) S = {tiers[1]:.6g}",
                f"  worst  = gamma_(K+1) S = (K+1) u / (1 - (K+1) u) S = {tiers[2]:.6g}",
            ]
    return lines


def _elsewhere(trial: Trial, row: Verdict, change: Callable[[Array], Array]) -> Array:
    """What the definition gives for changed inputs and upstream gradients: its products' number, magnitudes, squares."""

    def changed(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {n: x if x.dtype.kind in "iub" else np.asarray(change(x)).astype(x.dtype) for n, x in arrays.items()}

    oracle = Oracle(trial.spec, trial.case, changed(trial.arrays), "conventional")
    name = subjects.name(row.subject)
    if row.law in _GRADIENTS:
        return np.abs(oracle.vjp(changed(trial.due.cotangents))[name].expected)
    return np.abs(oracle.values[name if name in oracle.values else trial.outputs[0]].expected)
