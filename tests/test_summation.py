"""The order of summation: hand-written orders are revealed as they are written, and what is predicted has equal bits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import cases, runs, specs
from harness.arithmetic import leaf
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.asking.scenarios import Call
from harness.bench import Bench
from harness.bounds import precision
from harness.candidates import Candidate
from harness.judgement import Judge
from harness.laws import LAWS
from harness.laws.summation import orders_of
from harness.model import CandidateSpec, Spec, Verdict
from harness.summation import SCALES, Draw, NotOneSum, Revealing, drawn, masks, products, signature, words
from harness.summation.predictions import orders
from harness.summation.replaying import Manner, Summand, fma, replayed
from harness.summation.trees import canonical
from harness.trial import Trial

ROOT = Path(__file__).resolve().parents[1]
SEED = 0

Array = Any
Sum = Callable[[Array], Any]


# --- sums, each in an order of its own --------------------------------------------------------------------------------


def in_turn(x: Array) -> Any:
    """One after the other."""
    total = x[0]
    for value in x[1:]:
        total = total + value
    return total


def from_the_last(x: Array) -> Any:
    """The last two first."""
    return in_turn(x[::-1])


def in_strides(x: Array) -> Any:
    """Every third one first."""
    return in_turn(np.concatenate([x[k::3] for k in range(3)]))


def by_halves(x: Array) -> Any:
    """Each half by itself."""
    if len(x) == 1:
        return x[0]
    return by_halves(x[: len(x) // 2]) + by_halves(x[len(x) // 2 :])


def in_lanes(x: Array) -> Any:
    """Four lanes, each every fourth summand, and then the lanes pairwise."""
    return by_halves(np.array([in_turn(x[k::4]) for k in range(4)], x.dtype))


def in_blocks(x: Array) -> Any:
    """Blocks of four, and then the blocks one after the other."""
    return in_turn(np.array([in_turn(x[k : k + 4]) for k in range(0, len(x), 4)], x.dtype))


def four_at_once(x: Array) -> Any:
    """The sum so far and four more at once: aligned to the largest, cut off below its last place, added exactly."""
    total = x.dtype.type(0)
    for k in range(0, len(x), 4):
        parts = np.array([total, *x[k : k + 4]], np.float64)
        last = 2.0 ** (np.frexp(np.abs(parts).max())[1] - 24)
        total = x.dtype.type((np.trunc(parts / last) * last).sum())
    return total


def last_first(x: Array) -> Any:
    """What is last, as a bias, before all others."""
    return in_turn(np.concatenate([x[-1:], x[:-1]]))


def compensated(x: Array) -> Any:
    """No rounding is lost: there is no order."""
    return x.dtype.type(math.fsum(x.astype(np.float64)))


def largest_first(x: Array) -> Any:
    """The data say in which order."""
    return in_turn(x[np.argsort(-np.abs(x), kind="stable")])


def tree(add: Sum, count: int, dtype: str = "float32") -> Any:
    """The tree of a sum of so many numbers, None where none is found."""
    scale = SCALES[dtype]

    def sizes(pairs: Sequence[tuple[int, int]]) -> Array:
        found = []
        for i, j in pairs:
            x = np.full(count, scale.unit, dtype)
            x[i], x[j] = scale.large, -scale.large
            left = float(add(x)) / scale.unit
            found.append([count - round(left) if left == round(left) else -1])
        return np.array(found)

    return next((found for found, _ in Revealing(sizes, np.ones((1, count), bool)).trees()), None)


@pytest.mark.parametrize(
    ("add", "count", "said", "picture"),
    [
        (in_turn, 5, "one after the other", "0 + 1 + 2 + 3 + 4"),
        (from_the_last, 5, "from the last to the first", "4 + 3 + 2 + 1 + 0"),
        (last_first, 5, "number 4, then one after the other", "4 + 0 + 1 + 2 + 3"),
        (in_strides, 7, "one after the other, in strides of 3", "0 + 3 + 6 + 1 + 4 + 2 + 5"),
        (by_halves, 8, "pairwise", "┬ ┬ 0 + 1\n│ └ 2 + 3\n└ ┬ 4 + 5\n  └ 6 + 7"),
        (
            in_lanes,
            12,
            "4 strided lanes, then pairwise",
            "┬ ┬ 0 + 4 + 8\n│ └ 1 + 5 + 9\n└ ┬ 2 + 6 + 10\n  └ 3 + 7 + 11",
        ),
        (
            in_blocks,
            12,
            "3 blocks of 4, then one after the other",
            "┬ ┬ 0 + 1 + 2 + 3\n│ └ 4 + 5 + 6 + 7\n└ 8 + 9 + 10 + 11",
        ),
        (four_at_once, 4, "all at once", "┬ 0\n├ 1\n├ 2\n└ 3"),
        (four_at_once, 6, "up to 4 at once, in 2 sums", "┬ ┬ 0\n│ ├ 1\n│ ├ 2\n│ └ 3\n├ 4\n└ 5"),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_an_order_is_revealed_as_it_is_written(add: Sum, count: int, said: str, picture: str) -> None:
    found = tree(add, count)
    assert (words(canonical(found)), drawn(found)) == (said, picture)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("add", [in_turn, by_halves, in_lanes, in_blocks], ids=lambda f: f.__name__)
def test_a_revealed_order_predicts_every_sum(add: Sum, dtype: str) -> None:
    rows = np.random.default_rng(SEED).standard_normal((50, 37)).astype(dtype)
    found = replayed(tree(add, 37, dtype), [Summand([x]) for x in rows.T], Manner(np.dtype(dtype)))
    assert found.tolist() == [add(x) for x in rows]


def test_an_adder_of_several_predicts_every_sum() -> None:
    rows = np.random.default_rng(SEED).standard_normal((50, 36)).astype(np.float32)
    found = replayed(tree(four_at_once, 36), [Summand([x]) for x in rows.T], Manner(np.dtype(np.float32)))
    assert found.tolist() == [four_at_once(x) for x in rows]


@pytest.mark.parametrize("count", [3, 8, 17, 100, 200])
def test_the_sum_of_numpy_is_predicted(count: int) -> None:
    rows = np.random.default_rng(SEED).standard_normal((50, count)).astype(np.float32)
    found = replayed(tree(np.sum, count), [Summand([x]) for x in rows.T], Manner(np.dtype(np.float32)))
    assert found.tolist() == [np.sum(x) for x in rows]


def test_a_half_type_tells_what_it_is_accumulated_in() -> None:
    rows = np.random.default_rng(SEED).standard_normal((50, 40)).astype(np.float16)
    for kind in (np.float16, np.float32):
        wide = partial(lambda x, kind: in_turn(x.astype(kind)).astype(np.float16), kind=kind)
        found = replayed(tree(wide, 40, "float16"), [Summand([x]) for x in rows.T], Manner(np.dtype(kind)))
        assert found.astype(np.float16).tolist() == [wide(x) for x in rows]


def test_a_sum_that_is_stored_before_its_bias_is_predicted() -> None:
    x, w, bias = (np.random.default_rng(k).standard_normal((9, 50)).astype(np.float16) for k in range(3))
    products = x.astype(np.float32) * w.astype(np.float32)
    expected = in_turn(products).astype(np.float16) + bias[0]
    summands = [*(Summand(pair) for pair in zip(x, w, strict=True)), Summand([bias[0]])]
    manner = Manner(np.dtype(np.float32), stored=np.dtype(np.float16))
    chain = (((((((((0, 1), 2), 3), 4), 5), 6), 7), 8), 9)
    assert replayed(chain, summands, manner).astype(np.float16).tolist() == expected.tolist()


@pytest.mark.parametrize("add", [compensated, largest_first], ids=lambda f: f.__name__)
def test_what_has_no_order_has_no_tree(add: Sum) -> None:
    assert tree(add, 12) is None


def test_operands_have_no_order_and_trees_do() -> None:
    assert signature([((0, 1), 2)], [()]) == signature([(2, (1, 0))], [()]) != signature([((0, 2), 1)], [()])
    assert signature([((0, 1), 2)], [()]) != signature([((0, 1), 2)], [("FIRST",)])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_fused_multiply_add_rounds_once(dtype: str) -> None:
    g = np.random.default_rng(SEED)
    a, b, c = (g.standard_normal(500).astype(dtype) for _ in range(3))
    c[::2] = -(a * b)[::2]
    c[1::4] *= np.finfo(dtype).eps
    for x, y, z, found in zip(a, b, c, fma(a, b, c), strict=True):
        exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        near = [np.nextafter(found, np.asarray(side, dtype)) for side in (-np.inf, np.inf)]
        assert all(abs(Fraction(float(found)) - exact) <= abs(Fraction(float(other)) - exact) for other in near)


# --- definitions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "count"),
    [
        (lambda x, w: np.einsum("ij,kj->ik", x, w), 4),
        (lambda x, w: x @ np.transpose(w), 4),
        (lambda x, w: np.mean(x * w[:3], axis=1), 4),
        (lambda x, w: np.sum(np.pad(x, 1), axis=1), 4),
        (lambda x, w: np.concatenate([x, -w]).sum(axis=0), 8),
        (lambda x, w: x[:, 0] * w[0] + x[:, 1] * w[1] - x[:, 2] * w[2], 3),
    ],
)
def test_a_definition_is_taken_apart_into_its_products(definition: Callable[..., Any], count: int) -> None:
    p = precision("float32")
    g = np.random.default_rng(SEED)
    x, w = g.integers(-9, 9, (3, 4)).astype(np.float32), g.integers(-9, 9, (5, 4)).astype(np.float32)
    w = w[:, :3] if count == 3 else w
    leaves = {"x": leaf(x, p), "w": leaf(w, p)}
    found = products(definition(*leaves.values()), leaves)
    flat = np.append(np.concatenate([x.ravel(), w.ravel()]), 1)
    total = np.zeros(math.prod(found.shape))
    np.add.at(total, found.entry, found.coefficient * flat[found.factors].prod(axis=1))
    assert total.reshape(found.shape).tolist() == definition(x.astype(np.float64), w.astype(np.float64)).tolist()
    assert set(found.counts.tolist()) <= {0, count}


@pytest.mark.parametrize("definition", [np.exp, lambda x: np.sum(x) * np.sum(x), lambda x: np.sum(x) / x[0]])
def test_what_is_no_sum_of_products_is_not_taken_for_one(definition: Callable[..., Any]) -> None:
    x = leaf(np.arange(4.0), precision("float64"))
    with pytest.raises(NotOneSum):
        products(definition(x), {"x": x})


@pytest.mark.parametrize(
    "definition", [lambda x: np.sum(x * x), lambda x: x[:2] + x[2:], lambda x: x[0] + 3 * np.sum(x[1:])]
)
def test_sums_whose_order_cannot_be_asked_for_are_not(definition: Callable[..., Any]) -> None:
    x = leaf(np.arange(4.0), precision("float64"))
    with pytest.raises(NotOneSum):
        masks(products(definition(x), {"x": x}), [4])


# --- candidates -------------------------------------------------------------------------------------------------------


def spec(op: str) -> Spec:
    return specs.read(ROOT / "specs" / f"{op}.yaml", {*LAWS, "status"})


def held(call: Callable[..., Any], of: Spec) -> Candidate:
    given = CandidateSpec("candidate", "nowhere:candidate", library="numpy")
    return Candidate("candidate", of, given, Inline.function(call, None, libraries.load("numpy")))


def judged(call: Callable[..., Any], address: str) -> list[Verdict]:
    of = spec(address.split("/")[0])
    rows = Judge(of, (held(call, of),)).verdicts(cases.find(of, address), SEED, lambda name, law: None)
    return [row for row in rows if row.law == "summation"]


def linear_by(add: Sum) -> Callable[..., Any]:
    """``input @ weight.T + bias``, its products added in an order, the bias last."""

    def linear(input: Any, weight: Any, bias: Any) -> Any:
        lead = input.reshape(-1, input.shape[-1])
        rows = [[add(x * w) + b for w, b in zip(weight, bias, strict=True)] for x in lead]
        return np.array(rows, input.dtype).reshape(*input.shape[:-1], len(weight))

    return linear


@pytest.mark.parametrize(
    ("add", "said"),
    [
        (in_turn, "one after the other"),
        (in_lanes, "4 strided lanes, then pairwise, then 1 more"),
        (by_halves, "pairwise, then 1 more"),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_entry_of_a_known_order_is_predicted(add: Sum, said: str, dtype: str) -> None:
    (row,) = judged(linear_by(add), "linear" if dtype == "float64" else f"linear/dtype:{dtype}")
    assert (row.status, row.grade) == ("conforms", "predicted")
    assert row.message.removeprefix("order of summation: ").startswith(said)
    assert row.message.endswith("each product rounded; 30 of 30 entries predicted to the last bit")


def test_another_order_has_another_signature() -> None:
    found = [judged(linear_by(add), "linear")[0].actual for add in (in_turn, in_turn, from_the_last, in_lanes)]
    assert found[0] == found[1]
    assert len(set(found)) == 3


def flips_the_last_bit(input: Any, weight: Any, bias: Any) -> Any:
    """The first entry has another last bit, where it uses the last ones at all."""
    y = linear_by(in_turn)(input, weight, bias)
    bits = y.reshape(-1)[:1].view(np.int32 if y.dtype == np.float32 else np.int64)
    bits ^= (bits & 0xFF) != 0
    return y


def test_a_last_bit_that_no_bound_sees_is_said_and_nobody_is_accused() -> None:
    (row,) = judged(flips_the_last_bit, "linear/dtype:float32")
    assert (row.status, row.grade) == ("inconclusive", "")
    assert "29 of 30 entries predicted to the last bit; at [0, 0] it gives" in row.message


@pytest.mark.parametrize("add", [compensated, largest_first], ids=lambda f: f.__name__)
def test_a_sum_without_an_order_is_not_accused(add: Sum) -> None:
    (row,) = judged(linear_by(add), "linear")
    assert row.status == "unsupported"


@pytest.mark.parametrize("op", ["conv2d", "conv1d", "matmul", "linear", "avg_pool2d", "conv_transpose2d"])
def test_what_is_predicted_of_a_library_holds_at_other_data(op: str) -> None:
    """An order is found with units and large numbers: that it predicts another draw's last bits is no accident."""
    of = spec(op)
    judge = runs.ready(replace(of, candidates=of.candidates[:1]), runs.holders(str(ROOT), "", None))
    first = cases.find(of, op if of.dtypes[0] == "float32" else f"{op}/dtype:float32")
    trial = Trial(Bench(of, first, SEED), judge.candidates[0])
    found = orders_of(trial, "output")
    assert found is not None
    third = {n: x[::-1].copy() for n, x in trial.bench.others.items()}
    other = trial.ask("third", Call(third)).values["output"]
    run = trial.bench.due("conventional").oracle.run
    taken = products(run.outputs[0], run.leaves)
    of_case = masks(taken, [x.size for x in third.values()])
    draw = Draw(np.concatenate([x.ravel() for x in third.values()]), other.ravel())
    places = [(o.tree, np.isin(np.arange(found.size), o.entries[o.right])) for o in found.found]
    again = orders(places, taken, of_case, [draw])
    if found.predicted == found.size:
        assert again.predicted == found.size
