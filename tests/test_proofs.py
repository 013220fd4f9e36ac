"""No accusation without proof: balls enclose what the oracle says, unmask a wrong oracle, and convict a wrong candidate."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb

from harness import arithmetic, balls, bounds, cases, proofs, specs
from harness.arithmetic import products
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.balls import Balls, NoProof, Work, digits, exactly
from harness.candidates import Candidate
from harness.comparison import Numbers, compare
from harness.judgement import Judge
from harness.laws import LAWS
from harness.model import CandidateSpec, Spec, Verdict
from harness.oracles import Answer
from reference_impls.definitions import activations, conv, fourier, losses, normalization, pooling

ROOT = Path(__file__).resolve().parents[1]
WIDE = bounds.precision("longdouble")
PLENTY = 10**6

Program = Callable[..., Any]


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def batch_norm(x: Any, w: Any, b: Any) -> Any:
    return normalization.batch_norm(x, np.zeros(3), np.ones(3), w, b, training=True)[0]


PROGRAMS: dict[str, tuple[Program, tuple[tuple[int, ...], ...]]] = {
    "conv2d": (
        lambda x, w, b: conv.conv(x, w, b, stride=(2, 1), padding=1, dilation=(1, 2), groups=2),
        ((2, 4, 5, 6), (6, 2, 3, 2), (6,)),
    ),
    "rfft2": (lambda x: fourier.rfft2(x, (5, 6), (0, 2), "ortho"), ((3, 2, 7),)),
    "irfft": (lambda x: fourier.irfft(x, 7), ((2, 4),)),
    "abs_rfft2": (fourier.abs_rfft2, ((4, 3),)),
    "sigmoid": (activations.sigmoid, ((7,),)),
    "log_sigmoid": (activations.log_sigmoid, ((7,),)),
    "swish": (activations.swish, ((7,),)),
    "gelu": (activations.gelu, ((7,),)),
    "softmax": (lambda x: activations.softmax(x, dim=1), ((3, 4),)),
    "batch_norm": (batch_norm, ((4, 3, 2), (3,), (3,))),
    "layer_norm": (lambda x: normalization.layer_norm(x, normalized_shape=(5,)), ((3, 5),)),
    "bce_with_logits": (lambda x, t: losses.bce_with_logits(x, t), ((3, 2), (3, 2))),
    "max_pool2d": (lambda x: pooling.max_pool2d(x, kernel_size=2, padding=1)[0], ((2, 5, 4),)),
    "avg_pool2d": (lambda x: pooling.avg_pool2d(x, kernel_size=2, padding=1), ((2, 5, 4),)),
}


def enclosed(value: Any, error: Any, ball: Any) -> bool:
    """Whether the oracle's number is as near to the ball as its own error in the wide type says."""
    with digits():
        return bool(abs(exactly(value) - ball) <= arb(float(error)) + ball_radius(ball))


def ball_radius(ball: Any) -> Any:
    return ball.real.rad() + ball.imag.rad()


def assert_encloses(tracked: arithmetic.Tracked, found: Balls) -> None:
    assert found.shape == tracked.shape
    errors = np.zeros(tracked.shape) if tracked.error is None else np.broadcast_to(tracked.error[-1], tracked.shape)
    for place, (value, error) in enumerate(zip(tracked.value.reshape(-1), errors.reshape(-1), strict=True)):
        with digits():
            ball = found.at(place)
        assert enclosed(value, error, ball), f"{value} at {place} lies outside {ball}"


def both(name: str) -> tuple[Any, Any, Any, Any]:
    program, shapes = PROGRAMS[name]
    arrays = [draw(*s, seed=i) for i, s in enumerate(shapes)]
    xs = [arithmetic.leaf(a, WIDE) for a in arrays]
    work = Work(PLENTY)
    zs = [balls.leaf(a, work) for a in arrays]
    return xs, program(*xs), zs, program(*zs)


@pytest.mark.parametrize("name", PROGRAMS)
def test_balls_enclose_every_value(name: str) -> None:
    _, y, _, z = both(name)
    assert_encloses(y, z)


@pytest.mark.parametrize("name", PROGRAMS)
def test_balls_enclose_every_gradient_and_its_derivative(name: str) -> None:
    xs, y, zs, z = both(name)
    g = draw(*y.shape, seed=9) + (1j * draw(*y.shape, seed=10) if y.dtype.kind == "c" else 0)
    upstream, raised = arithmetic.leaf(g, WIDE), balls.leaf(g, zs[0].work)
    first, second = arithmetic.vjp([y], [upstream], xs), balls.vjp([z], [raised], zs)
    for a, b in zip(first, second, strict=True):
        assert a is not None
        assert b is not None
        assert_encloses(a, b)
    v = [draw(*x.shape, seed=20 + i) for i, x in enumerate(xs)]
    tangents = [arithmetic.leaf(a, WIDE) for a in v]
    directions = [balls.leaf(a, zs[0].work) for a in v]
    (again,) = arithmetic.vjp(first, tangents, [upstream])
    (enclosing,) = balls.vjp(second, directions, [raised])
    assert again is not None
    assert enclosing is not None
    assert_encloses(again, enclosing)


@pytest.mark.parametrize("name", ["conv2d", "rfft2", "softmax", "batch_norm"])
def test_balls_enclose_every_tangent(name: str) -> None:
    xs, y, zs, z = both(name)
    v = [draw(*x.shape, seed=20 + i) for i, x in enumerate(xs)]
    (moved,) = arithmetic.jvp([y], xs, [arithmetic.leaf(a, WIDE) for a in v])
    (found,) = balls.jvp([z], zs, [balls.leaf(a, zs[0].work) for a in v])
    assert_encloses(moved, found)


def test_only_what_one_entry_needs_is_computed() -> None:
    work = Work(PLENTY)
    x, w = balls.leaf(draw(8, 16, 32, 32), work), balls.leaf(draw(16, 16, 3, 3), work)
    y = conv.conv(x, w, padding=1)
    with digits():
        y.at(5000)
    terms = 16 * 3 * 3
    assert PLENTY - work.left <= 4 * terms


def test_what_is_too_large_is_not_proved() -> None:
    x = balls.leaf(draw(100, 100), Work(100))
    with digits(), pytest.raises(NoProof, match="too large"):
        x.sum().at(0)


def test_at_a_kink_every_subgradient_is_enclosed() -> None:
    x = balls.leaf(np.array([-1.0, 0.0, 2.0]), Work(PLENTY))
    (g,) = balls.vjp([np.maximum(x, 0)], [balls.leaf(np.ones(3), x.work)], [x])
    assert g is not None
    with digits():
        assert [bool(g.at(i).contains(0)) for i in range(3)] == [True, True, False]
        assert [bool(g.at(i).contains(1)) for i in range(3)] == [False, True, True]


def test_a_comparison_too_close_to_decide_is_no_proof() -> None:
    x = balls.leaf(np.array([2.0]), Work(PLENTY))
    with digits(), pytest.raises(NoProof, match="decide"):
        _ = np.sqrt(x) * np.sqrt(x) > 2


# --- one entry --------------------------------------------------------------------------------------------------------

F64 = bounds.precision("float64")


def one_third(at: tuple[int, ...]) -> Any:
    with digits():
        return arb(1) / 3


def third(expected: float, actual: float, error: float) -> proofs.Proof:
    """The proof that ``actual`` is wrong, where a third is right and the oracle says ``expected``."""
    answer = Answer(np.array([np.longdouble(expected)]), np.full((3, 1), error), F64, one_third)
    numbers = Numbers("output", np.array([actual]), answer)
    return proofs.prove(numbers, compare(numbers, "worst"))


def test_a_wrong_number_is_proved_wrong_with_its_distance() -> None:
    found = third(1 / 3, 0.5, 2.0**-40)
    assert isinstance(found, proofs.Proved)
    assert found.words.startswith("proved: |actual - [0.33333333333333333")
    assert found.words.endswith("bounds")


def test_a_candidate_within_the_bound_of_the_ball_is_acquitted() -> None:
    assert isinstance(third(1 / 3 + 2.0**-40, 1 / 3 - 2.0**-41, 2.0**-40), proofs.Refuted)


def test_a_wrong_oracle_is_contradicted() -> None:
    found = third(0.5, 1 / 3, 2.0**-40)
    assert isinstance(found, proofs.Refuted)
    assert "oracle" in found.words


def test_of_special_numbers_the_rule_is_quoted() -> None:
    found = third(1 / 3, np.nan, 2.0**-40)
    assert isinstance(found, proofs.Broken)
    assert "expected a finite number" in found.words


def test_beyond_the_largest_number_the_rule_is_quoted_and_no_oracle_blamed() -> None:
    with digits():
        ball = arb(2) ** 1030
    answer = Answer(np.array([np.ldexp(np.longdouble(1), 1030)]), np.zeros((3, 1)), F64, lambda at: ball)
    numbers = Numbers("output", np.array([5e34]), answer)
    found = proofs.prove(numbers, compare(numbers, "worst"))
    assert isinstance(found, proofs.Broken)
    assert "beyond the largest number" in found.words


def test_what_underflows_in_the_oracle_contradicts_nothing() -> None:
    with digits():
        ball = arb(2) ** -100_000
    answer = Answer(np.zeros(1, np.longdouble), np.zeros((3, 1)), F64, lambda at: ball)
    numbers = Numbers("output", np.array([0.5]), answer)
    assert isinstance(proofs.prove(numbers, compare(numbers, "worst")), proofs.Proved)


def test_on_the_cut_of_an_angle_nothing_is_proved() -> None:
    zero, one = (balls.leaf(np.array([v]), Work(10)) for v in (-0.0, -1.0))
    with pytest.raises(balls.NoProof, match="sign of a zero"):
        np.arctan2(zero, one).at(0)


@pytest.mark.parametrize(("margins", "word"), [((2.0, 1.9), "low"), ((2.0, 0.1), "high"), ((4.0, 3.9), "high")])
def test_confidence_is_a_large_margin_or_one_far_above_the_next(margins: tuple[float, float], word: str) -> None:
    rows = [
        Verdict(
            "op", "op", name, "agrees", "output y", "", "deviates", margin=m, message="off; proved: far", mark="proved"
        )
        for name, m in zip(("a", "b"), margins, strict=True)
    ]
    assert proofs.confident(rows)[0].message.endswith(f"confidence {word}")


# --- whole cases ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def linear() -> Spec:
    return specs.read(ROOT / "specs" / "linear.yaml", {*LAWS, "status"})


def right(input: Any, weight: Any, bias: Any) -> Any:
    """``input @ weight.T + bias``."""
    product = np.matmul(input, weight.T)
    return product if bias is None else product + np.broadcast_to(bias, weight.shape[:1])


def wrong(input: Any, weight: Any, bias: Any) -> Any:
    """One part in 1e12 too much, which is wrong in float64."""
    return right(input, weight, bias) * (1 + 1e-12)


def judged(function: Program) -> dict[tuple[str, str], Verdict]:
    given = CandidateSpec("candidate", "tests:candidate", None, "numpy")
    held = Inline.function(function, None, libraries.load("numpy"))
    judge = Judge(linear(), (Candidate("candidate", linear(), given, held),))
    rows = judge.verdicts(cases.find(linear(), "linear"), 0, lambda name, law: None)
    return {(row.candidate, row.law): row for row in rows}


def test_a_wrong_candidate_is_accused_with_a_proof() -> None:
    row = judged(wrong)["candidate", "agrees"]
    assert (row.status, row.blame) == ("deviates", "candidate")
    assert "proved: |actual - [" in row.message
    assert row.message.endswith("confidence high")


def test_a_right_candidate_needs_none_and_the_oracle_is_checked() -> None:
    found = judged(right)
    assert found["candidate", "agrees"].status == "conforms"
    assert found["oracle", "proof"].status == "conforms"
    assert found["oracle", "proof"].margin <= 1


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tracked arithmetic sums one part in 1e12 too much: the oracle is wrong, and no ball is."""
    honest = products.evaluate
    monkeypatch.setattr(products, "evaluate", lambda terms, factors: honest(terms, factors) * (1 + 1e-12))


@pytest.mark.usefixtures("lying")
def test_a_wrong_oracle_is_unmasked_and_the_candidate_not_accused() -> None:
    found = judged(right)
    row = found["candidate", "agrees"]
    assert (row.status, row.blame) == ("inconclusive", "oracle")
    assert "the oracle contradicts ball arithmetic" in row.message
    assert (found["oracle", "proof"].status, found["oracle", "proof"].blame) == ("inconclusive", "oracle")
