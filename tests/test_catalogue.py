"""The specs as a whole: everything that one of them writes down is judged by some case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import cases, runs, specs
from harness.model import Spec

ROOT = Path(__file__).parents[1]
FOUND, BROKEN = specs.read_all(specs.find((), ROOT / "specs"), runs.LAW_NAMES)

#: Ops that take whatever they are given: no call of theirs violates a precondition.
TOTAL = {
    "acos",
    "asin",
    "atan",
    "channel_norm",
    "constant",
    "cos",
    "cosh",
    "cube",
    "cube_alone",
    "elu",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "hardswish",
    "identity",
    "identity_pair",
    "leaky_relu",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "mish",
    "reciprocal",
    "relu",
    "rsqrt",
    "selu",
    "sigmoid",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "swish",
    "tan",
    "tanh",
}

every_spec = pytest.mark.parametrize("spec", FOUND, ids=lambda s: s.op)


def test_every_file_is_a_spec() -> None:
    assert not BROKEN


def test_there_are_as_many_specs_and_candidates_as_users_were_told() -> None:
    assert len(FOUND) >= 130
    assert sum(len(spec.candidates) for spec in FOUND) >= 300


def unjudged(spec: Spec) -> set[tuple[str, str]]:
    """Axes with their values that stand in the spec but in no case of it."""
    wanted = {
        (axis, cases.write(value))
        for place in (cases.axes(spec), spec.sweep, *spec.grids.values())
        for axis, values in place.items()
        for value in values
    }
    valid = [case for case in cases.cases(spec) if not case.invalid]
    return wanted - {(axis, cases.write(value)) for case in valid for axis, value in cases.point(spec, case).items()}


@every_spec
def test_every_value_of_an_axis_is_judged_by_some_case(spec: Spec) -> None:
    assert not unjudged(spec)


@every_spec
def test_every_named_grid_has_a_case(spec: Spec) -> None:
    assert set(spec.grids) <= {case.grid for case in cases.cases(spec)}


@every_spec
def test_an_op_with_preconditions_has_calls_that_violate_them(spec: Spec) -> None:
    assert bool(spec.invalid) != (spec.op in TOTAL), "give it an invalid call, or add it to TOTAL"


@every_spec
def test_a_deviation_that_comes_from_elsewhere_has_a_reason_in_words(spec: Spec) -> None:
    for entry in spec.known:
        assert len(entry.because.split()) > 3, entry.because


def test_a_value_that_no_case_judges_is_found() -> None:
    spec = next(spec for spec in FOUND if spec.op == "conv1d")
    wider = replace(spec, sweep={**spec.sweep, "groups": (*spec.sweep.get("groups", ()), 5)})
    assert unjudged(wider) == {("groups", "5")}
