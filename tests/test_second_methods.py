"""Specs -> their definitions against formulas in mpmath's numbers: value, gradient, second order; and who has no formula.

A definition's own bound, as if its wide type were the candidate's, must hold the exact number. Derivatives are held against
differences of exact values along random directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf
from test_operations import DIGITS, STEP, numbers
from test_oracles_functions import SAMPLES
from test_oracles_signals import TEXTBOOK
from textbook_arrays import FORMULAS, Formula, Numbers, complex_numbers, mp_abs, mp_conj

from harness import cases, fills, runs, specs
from harness.model import Spec
from harness.oracles import Answer, Oracle

ROOT = Path(__file__).parents[1]
#: Bounds are of float64: what underflows there is below its smallest normal number.
UNDERFLOW = mpf(float(np.finfo(np.float64).smallest_normal))

WHERE = [(op, at) for op, formula in FORMULAS.items() for at in formula.at]


@dataclass(frozen=True)
class Held:
    """A case of a spec in extended precision, its inputs, and what the formula makes of them."""

    oracle: Oracle
    formula: Formula

    @property
    def spec(self) -> Spec:
        return self.oracle.spec

    def exact(self, steps: int, vs: Mapping[str, np.ndarray]) -> list[Numbers]:
        """The outputs at the inputs moved by so many steps along directions."""
        given = [
            numbers(x) + steps * STEP * numbers(vs[n]) if n in vs else x if x.dtype.kind in "iub" else numbers(x)
            for n, x in self.oracle.arrays.items()
        ]
        found = self.formula.of(*given, **self.oracle.case.params)
        return [np.asarray(y, dtype=object) for y in (found if isinstance(found, list) else [found])]

    def directions(self) -> dict[str, np.ndarray]:
        names = [(k, n) for k, n in enumerate(self.oracle.arrays) if n in self.oracle.differentiable]
        return {n: np.random.default_rng(20 + k).standard_normal(self.oracle.arrays[n].shape) for k, n in names}

    def upstream(self) -> dict[str, np.ndarray]:
        """Signed numbers, complex for complex outputs."""
        found = {}
        for k, output in enumerate(o for o in self.spec.outputs if o.differentiable):
            rng, shape = np.random.default_rng(9 + k), self.oracle.shapes[output.name]
            g = rng.standard_normal(shape)
            found[output.name] = g + 1j * rng.standard_normal(shape) if output.dtype == "complex" else g
        return found

    def along(self, g: Mapping[str, np.ndarray], vs: Mapping[str, np.ndarray], steps: int) -> Any:
        """``Re <g, f(x + steps STEP v)>``, exactly."""
        outputs = zip(self.spec.outputs, self.exact(steps, vs), strict=True)
        inner = (np.sum(mp_conj(complex_numbers(g[o.name])) * y) for o, y in outputs if o.name in g)
        return mpmath.re(sum(inner, mpf(0)))


def held(op: str, at: str) -> Held:
    spec = specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)
    case = cases.find(spec, "/".join([op, *([at] if at else [])]))
    arrays = fills.arrays(spec, case, 0)
    wide = {n: x.astype(np.longdouble) if x.dtype.kind == "f" else x for n, x in arrays.items()}
    return Held(Oracle(spec, replace(case, dtype="longdouble"), wide), FORMULAS[op])


@pytest.fixture(autouse=True)
def _many_digits() -> Any:
    with mpmath.workdps(DIGITS):
        yield


def assert_within(found: Mapping[str, Answer], vs: Mapping[str, np.ndarray], exact: Any) -> None:
    total = slack = mpf(0)
    for name, v in vs.items():
        answer = found[name]
        total += np.sum(numbers(answer.expected) * numbers(v))
        slack += np.sum(numbers(answer.error[-1]) * mp_abs(numbers(v)))
    assert mpmath.isfinite(slack), "an infinite bound holds anything"
    # what differences leave out: of the order of the step's square, or of the digits that cancel
    assert abs(total - exact) <= slack + STEP


@pytest.mark.parametrize(("op", "at"), WHERE, ids=lambda v: v or "first")
def test_a_definition_is_within_its_own_bound_of_the_formula(op: str, at: str) -> None:
    sample = held(op, at)
    due = sample.exact(0, {})
    for (name, answer), exact in zip(sample.oracle.values.items(), due, strict=True):
        assert answer.expected.shape == exact.shape, name
        assert np.isfinite(answer.error[-1]).all(), f"{name}: an infinite bound holds anything"
        off = mp_abs(complex_numbers(answer.expected) - exact)
        assert np.all(off <= numbers(answer.error[-1]) + UNDERFLOW), (
            f"{name}: off by up to {mpmath.nstr(np.max(off), 5)}"
        )


@pytest.mark.parametrize(("op", "at"), WHERE, ids=lambda v: v or "first")
def test_its_derivatives_are_those_of_the_formula(op: str, at: str) -> None:
    sample = held(op, at)
    g, vs = sample.upstream(), sample.directions()
    if not vs:
        return
    back, here, on = (sample.along(g, vs, k) for k in (-1, 0, 1))
    assert_within(sample.oracle.vjp(g), vs, (on - back) / (2 * STEP))
    assert_within(sample.oracle.second(g, vs), vs, (on - 2 * here + back) / STEP**2)


# --- which spec has which second method ------------------------------------------------------------------------------

#: Transforms, each held against its sum in balls of 256 bits, value and gradient, and their inverses and frequencies.
TRANSFORMS = frozenset(
    [
        "fft",
        "ifft",
        "rfft",
        "irfft",
        "hfft",
        "ihfft",
        "fft2",
        "ifft2",
        "rfft2",
        "irfft2",
        "hfft2",
        "ihfft2",
        "fftn",
        "ifftn",
        "rfftn",
        "irfftn",
        "hfftn",
        "ihfftn",
        "dct",
        "idct",
        "dctn",
        "idctn",
        "dst",
        "idst",
        "dstn",
        "idstn",
        "fftshift",
        "ifftshift",
        "fftfreq",
        "rfftfreq",
    ]
)

#: Numbers of few bits, held against all numbers of their formats.
FEW_BITS = frozenset({"cast_float8", "mxfp4", "quantize_affine", "dequantize"})

#: What only moves, chooses or repeats entries: each result is an entry of the input, and every bound of its value is 0.
MOVED = frozenset(
    [
        "adaptive_max_pool2d",
        "circular_pad2d",
        "constant",
        "flatten",
        "interpolate_nearest",
        "max_pool2d",
        "medfilt",
        "median_filter",
        "pixel_shuffle",
        "pixel_unshuffle",
        "reflect_pad2d",
        "replicate_pad2d",
        "select",
        "sort",
        "sort_values",
        "unfold",
    ]
)

#: Why a spec has no second method.
WITHOUT = {
    "dropout": "drawn: its mask is judged, and a product with a number",
    "cnn_forward": "a network put together of ops that have one",
    "cnn_gradients": "a network put together of ops that have one",
    "cnn_loss": "a network put together of ops that have one",
    "cnn_train": "a network put together of ops that have one",
    "fold": "the transpose of unfold, which the law adjoint holds it against",
    "kaiming_normal": "drawn: only the ends and the distribution are judged",
    "kaiming_uniform": "drawn: only the ends and the distribution are judged",
    "normal": "drawn: only the ends and the distribution are judged",
    "uniform": "drawn: only the ends and the distribution are judged",
    "xavier_normal": "drawn: only the ends and the distribution are judged",
    "xavier_uniform": "drawn: only the ends and the distribution are judged",
}

METHODS: Mapping[str, frozenset[str]] = {
    "a formula in mpmath's numbers, with derivatives": frozenset(FORMULAS),
    "a sum in mpmath's numbers, with derivatives": frozenset(name.partition(" ")[0] for name in SAMPLES),
    "the textbook's sum in forty digits": frozenset(TEXTBOOK),
    "a sum in balls, with gradients": TRANSFORMS,
    "all numbers of a format": FEW_BITS,
    "an entry of the input": MOVED,
    "none": frozenset(WITHOUT),
}


def test_every_spec_has_a_second_method_or_a_reason() -> None:
    there = {path.stem for path in (ROOT / "specs").glob("*.yaml")}
    named = frozenset[str]().union(*METHODS.values())
    assert there - named == set()
    assert named - there == set()
    told = METHODS["none"] | METHODS["an entry of the input"]
    assert not told & frozenset[str]().union(
        *(ops for how, ops in METHODS.items() if ops is not METHODS["none"] and ops is not MOVED)
    )


@pytest.mark.parametrize("op", sorted(MOVED))
def test_what_only_moves_entries_gives_entries_of_its_input(op: str) -> None:
    spec = specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)
    case = cases.nearest(spec)
    arrays = fills.arrays(spec, case, 0)
    oracle = Oracle(spec, case, arrays)
    given = {0.0, *(float(v) for x in arrays.values() for v in x.ravel())}
    for name, answer in oracle.values.items():
        if answer.expected.dtype.kind == "f":
            assert set(map(float, answer.expected.ravel())) <= given, name
            assert not answer.error.any(), name
