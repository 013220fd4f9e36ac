"""Cases: ids are addresses, grids are what specs say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations, islice, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import cases, fills, specs, vocabulary
from harness.asking.libraries.numpy_arrays import LAYOUTS
from harness.model import Case, Spec, Value

SPECS = Path(__file__).parents[1] / "specs"
Axes = Mapping[str, tuple[Value, ...]]


@pytest.fixture(scope="module")
def conv2d() -> Spec:
    return specs.read(SPECS / "conv2d.yaml")


def test_every_case_is_found_again_by_its_id(conv2d: Spec) -> None:
    for case in cases.cases(conv2d):
        assert cases.find(conv2d, case.id) == case


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_ids_are_unique_and_need_no_quoting(path: Path) -> None:
    ids = [case.id for case in cases.cases(specs.read(path))]
    assert len(set(ids)) == len(ids)
    assert not set("".join(ids)) & set("=,[]() '\"")


def test_the_posts_grids_are_there_by_name(conv2d: Spec) -> None:
    found = cases.cases(conv2d)
    post64 = [c for c in found if c.grid == "post64"]
    for channels, kernel in ((3, 3), (3, 5), (2, 3), (2, 5)):
        group = [c for c in post64 if c.sizes["C_in"] == channels and c.sizes["kH"] == c.sizes["kW"] == kernel]
        assert {c.params["stride"] for c in group} == {1, 2}
        assert {c.params["groups"] for c in group} >= {1, channels}
    published = [
        c
        for c in post64
        if c.sizes["kH"] == c.sizes["kW"]
        and c.sizes["C_out"] == 2 * c.sizes["C_in"] - 2 * (c.sizes["C_in"] == 2)
        and c.params["groups"] in (1, c.sizes["C_in"])
    ]
    assert len(published) == 64
    assert len({c.id for c in found if c.grid == "post16"}) >= 16


def test_what_an_id_leaves_out_has_its_first_value(conv2d: Spec) -> None:
    base = cases.find(conv2d, "conv2d")
    assert base.params["stride"] == 1
    assert cases.find(conv2d, "conv2d/stride:2x1").params["stride"] == (2, 1)


def test_an_id_may_name_values_the_grid_does_not_hold(conv2d: Spec) -> None:
    assert cases.find(conv2d, "conv2d/W:1001").sizes["W"] == 1001


@pytest.mark.parametrize("address", ["rfft2", "conv2d/colour:3", "conv2d/invalid:nothing"])
def test_an_id_of_no_case_says_which_part_is_wrong(conv2d: Spec, address: str) -> None:
    with pytest.raises(cases.CaseError) as error:
        cases.find(conv2d, address)
    assert address.split("/")[-1].split(":")[-1] in str(error.value) or "colour" in str(error.value)


numbers = st.one_of(st.integers(-99, 99), st.floats(allow_nan=False, allow_infinity=False))
rows = st.lists(numbers, min_size=1, max_size=3).map(tuple)
values = st.one_of(
    st.none(), st.booleans(), numbers, rows, st.just(()), st.lists(rows, min_size=1, max_size=3).map(tuple)
)


@given(values)
def test_a_written_value_reads_back(value: object) -> None:
    assert cases.read(cases.write(value)) == value


def test_arrays_depend_on_seed_and_address_alone(conv2d: Spec) -> None:
    case = cases.find(conv2d, "conv2d/fill:wide")
    first, again, other = (fills.arrays(conv2d, case, seed) for seed in (0, 0, 1))
    assert all((first[n] == again[n]).all() for n in first)
    assert any((first[n] != other[n]).any() for n in first)


def test_scattered_points_are_the_same_each_time_and_valid(conv2d: Spec) -> None:
    drawn = [list(islice(cases.scattered(conv2d), 50)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len({case.id for case in drawn[0]}) == 50
    assert all(cases.valid(conv2d, case) for case in drawn[0])
    assert max(case.departures for case in drawn[0]) >= 4


def test_three_values_meet_that_no_sweep_brings_together(conv2d: Spec) -> None:
    found = cases.thorough(conv2d)
    assert any(c.sizes["kH"] == c.sizes["kW"] == 1 and c.params["padding"] != 0 for c in found)
    assert any(c.dtype == "complex64" and c.layout != "contiguous" and c.params["groups"] > 1 for c in found)


def test_a_budget_is_spent_on_pairs_that_nothing_has_shown(conv2d: Spec) -> None:
    found = cases.cases(conv2d)
    order = list(cases.spread(conv2d, found))
    assert sorted(c.id for c in order) == sorted(c.id for c in found)

    def shown(some: Sequence[Case]) -> int:
        return len(set().union(*(cases.pairs(conv2d, c) for c in some)))

    assert shown(order[:40]) > shown(found[:40])
    judged = [c.id for c in order[:40]]
    again = list(cases.spread(conv2d, found, judged))
    assert not {c.id for c in again[:20]} & set(judged)


#: Points that are drawn to show that two values that have not met never meet.
DRAWN = 200

#: Seeds of runs whose drawn cases are looked at.
SEEDS = 12


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_two_values_meet_that_can(path: Path) -> None:
    spec = specs.read(path)
    wide = cases.widest(spec)
    found = [c for c in cases.cases(spec) if not c.invalid]
    assert all(cases.valid(spec, case) for case in found)
    for one, other in _unmet(spec, wide, found):
        assert not _meet(spec, wide, dict([one, other]), found), (one, other)


def test_params_with_a_fraction_are_drawn_between_those_that_are_named() -> None:
    spec = specs.read(SPECS / "gaussian_filter.yaml")
    found = [case for seed in range(SEEDS) for case in cases.drawn(spec, seed)]
    sigmas = {case.params["sigma"] for case in found} - {0.5, 1.0, 1.5}
    assert sigmas
    assert all(0.5 < sigma < 1.5 for sigma in sigmas)
    assert {int(c.params["sigma"] * c.params["truncate"] % 1 * 2) for c in found} == {0, 1}  # both halves of the radius
    assert {case.params["mode"] for case in found} <= {*spec.params["mode"]}
    assert all(cases.find(spec, case.id) == case for case in found)


def test_lists_with_a_fraction_are_drawn_place_by_place() -> None:
    spec = specs.read(SPECS / "adam_step.yaml")
    found = {case.params["betas"] for seed in range(SEEDS) for case in cases.drawn(spec, seed)}
    fresh = found - {*cases.widest(spec)["betas"]}
    assert fresh
    assert all(0 <= first <= 0.99 and 0 <= second <= 0.9999 for first, second in fresh)


def test_two_params_depart_beside_the_first_cases_others() -> None:
    spec = specs.read(SPECS / "savgol_filter.yaml")
    first, found = cases.nearest(spec), {case.id for case in cases.cases(spec)}
    assert first.params["mode"] == "interp"
    assert first.params["polyorder"] == 2
    assert "savgol_filter/deriv:2/delta:0.5" in found
    assert "savgol_filter/polyorder:1/window_length:3" not in found  # ids have one order of axes
    assert "savgol_filter/window_length:3/polyorder:1" in found


def _unmet(spec: Spec, wide: Axes, found: Sequence[Case]) -> list[tuple[tuple[str, Value], tuple[str, Value]]]:
    met = set()
    for case in found:
        texts = [(axis, repr(value)) for axis, value in cases.point(spec, case).items()]
        met.update(combinations(texts, 2))
    every = [[(axis, value) for value in values] for axis, values in wide.items()]
    pairs = [pair for one, other in combinations(every, 2) for pair in product(one, other)]
    return [(x, y) for x, y in pairs if ((x[0], repr(x[1])), (y[0], repr(y[1]))) not in met]


def _meet(spec: Spec, wide: Axes, two: dict[str, Value], found: Sequence[Case]) -> bool:
    """Whether some point with two values is a case, of those near every case and of points drawn anywhere."""
    draw = Random(repr(two))
    near = (cases.point(spec, case) for case in found if not case.grid)
    anywhere = ({axis: draw.choice(values) for axis, values in wide.items()} for _ in range(DRAWN))
    return any(cases.valid(spec, cases.at(spec, {**point, **two})) for point in (*near, *anywhere))


def test_every_two_values_meet_within_what_is_offered(conv2d: Spec) -> None:
    offered = {"kH": ["3"], "kW": ["1", "2"], "stride": ["1"], "padding": ["0"], "dtype": ["float32", "float64"]}
    wide = {
        axis: tuple(v for v in values if axis not in offered or cases.write(v) in offered[axis])
        for axis, values in cases.widest(conv2d).items()
    }
    wide["groups"] = (1, 2)
    found = cases.inside(conv2d, wide, [])
    assert len(found) > 100
    assert all(
        cases.write(v) in offered.get(a, [cases.write(v)]) for c in found for a, v in cases.point(conv2d, c).items()
    )
    assert not any(case.params["groups"] > 2 for case in found)
    for one, other in _unmet(conv2d, wide, found):
        assert not _meet(conv2d, wide, dict([one, other]), found), (one, other)


def test_a_run_asks_half_of_what_crossed_grids_hold(conv2d: Spec) -> None:
    assert 2 * len(cases.cases(conv2d)) < len(cases.thorough(conv2d))
    assert {case.id for case in cases.cases(conv2d)} <= {case.id for case in cases.thorough(conv2d)}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("relu/dtype:float31", "there is no dtype `float31`"),
        ("relu/fill:bogus", "there is no fill `bogus`"),
        ("relu/fill:values_1_x", "there is no fill `values_1_x`"),
        ("relu/layout:bogus", "there is no layout `bogus`"),
        ("relu/M:-1", "`-1`, expected a size, 0 or more"),
        ("relu/M:abc", "`abc`, expected a size, 0 or more"),
        ("conv2d/bias:maybe", "`maybe`, expected given or none"),
        ("conv2d/groups:3", "`where: groups > 0"),
    ],
)
def test_an_address_of_no_case_says_which_part_is_wrong(address: str, said: str) -> None:
    spec = specs.read(SPECS / f"{address.split('/')[0]}.yaml")
    with pytest.raises(cases.CaseError, match=re.escape(said)):
        cases.find(spec, address)


def test_the_words_of_specs_are_those_that_make_arrays() -> None:
    assert tuple(fills.FILLS) == vocabulary.FILLS
    assert set(vocabulary.DOMAINS) == set(fills.DOMAINS)
    assert set(vocabulary.LAYOUTS) == set(LAYOUTS)


ENDLESS = """
op: endless
doc: as it is
see: https://numpy.org
inputs: {x: [N]}
outputs: {y: [N]}
sizes: %s
params: {}
dtype: [float32]
error: {model: exact}
oracle: numpy:positive
candidates:
  numpy: {call: numpy:positive}
"""


@pytest.mark.parametrize(
    ("sizes", "said", "planned"),
    [
        ("{N: [4, 1000000000000]}", "have 1,000,000,000,000 numbers; at most", cases.cases),
        (
            f"{{N: 4, {', '.join(f'a{i}: {list(range(10))}' for i in range(9))}}}",
            "has 1,000,000,000 cases",
            cases.thorough,
        ),
    ],
)
def test_what_no_machine_judges_is_refused_with_its_count(tmp_path: Path, sizes: str, said: str, planned: Any) -> None:
    (tmp_path / "endless.yaml").write_text(ENDLESS % sizes)
    spec = specs.read(tmp_path / "endless.yaml", frozenset())
    with pytest.raises(cases.CaseError, match=said):
        planned(spec)
