"""Each law -> the miniature that breaks it and only it, and the right implementation that keeps them all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness import cases, runs, specs
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.bench import Bench
from harness.candidates import Candidate
from harness.expressions import parse
from harness.judgement import Judge
from harness.laws import LAWS, statement
from harness.model import CandidateSpec, Law, Output, Spec, Verdict
from reference_impls.filters import medfilt

ROOT = Path(__file__).resolve().parents[1]
SEED = 0

# The first use of torch's forward mode in a process compiles a few formulas of its own and warns about how.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

#: The cases the miniatures are judged at: the first one, its neighbours in dtype and presence of the bias, wrong calls.
ADDRESSES = (
    "linear",
    "linear/dtype:float32",
    "linear/bias:none",
    "linear/invalid:lengths-differ",
    "linear/invalid:bias-too-long",
)


# --- the op, right, in both libraries -------------------------------------------------------------------------------


def linear_numpy(input: Any, weight: Any, bias: Any) -> Any:
    """``input @ weight.T + bias``, nothing wrong."""
    product = np.matmul(input, weight.T)
    return product if bias is None else product + np.broadcast_to(bias, weight.shape[:1])


def linear_numpy_vjp(cotangent: Any, input: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    """The vector-Jacobian product of ``linear_numpy``, nothing wrong."""
    rows, columns = cotangent.reshape(-1, weight.shape[0]), input.reshape(-1, weight.shape[1])
    return cotangent @ weight, rows.T @ columns, None if bias is None else rows.sum(axis=0)


class Linear(torch.autograd.Function):
    """``input @ weight.T + bias`` with a backward and a forward mode of its own, nothing wrong."""

    @staticmethod
    def forward(input: Any, weight: Any, bias: Any) -> Any:
        """The value."""
        return torch.nn.functional.linear(input, weight, bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keeps what the derivatives need."""
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """The vector-Jacobian product."""
        input, weight, bias = ctx.saved_tensors
        rows, columns = g.reshape(-1, weight.shape[0]), input.reshape(-1, weight.shape[1])
        return g @ weight.conj(), rows.T @ columns.conj(), None if bias is None else rows.sum(0)

    @staticmethod
    def jvp(ctx: Any, input_t: Any, weight_t: Any, bias_t: Any) -> Any:
        """The Jacobian-vector product."""
        input, weight, _ = ctx.saved_tensors
        moved = input_t @ weight.T + input @ weight_t.T
        return moved if bias_t is None else moved + bias_t


def linear_torch(input: Any, weight: Any, bias: Any) -> Any:
    """``Linear`` applied, nothing wrong."""
    return Linear.apply(input, weight, bias)


# --- one miniature for each law -------------------------------------------------------------------------------------


def cuts_a_long_bias(input: Any, weight: Any, bias: Any) -> Any:
    """A bias of the wrong length is cut instead of refused."""
    return linear_numpy(input, weight, None if bias is None else bias[: weight.shape[0]])


def one_part_in_a_million(input: Any, weight: Any, bias: Any) -> Any:
    """The first entry is too large by 2**-20 of itself."""
    y = linear_numpy(input, weight, bias)
    y.reshape(-1)[0] *= 1 + 2.0**-20
    return y


def cast_to_the_narrowest(input: Any, weight: Any, bias: Any) -> Any:
    """All is rounded to the type of the narrowest input, the result widened again."""
    given = [x for x in (input, weight, bias) if x is not None]
    narrow = min((x.dtype for x in given), key=lambda kind: kind.itemsize)
    y = linear_numpy(*(x if x is None else x.astype(narrow) for x in (input, weight, bias)))
    return y.astype(np.result_type(*given))


def whole_through_double(input: Any, weight: Any, bias: Any) -> Any:
    """Integers are multiplied as numbers in double precision."""
    if input.dtype.kind not in "iu":
        return linear_numpy(input, weight, bias)
    floats = (x if x is None else x.astype(np.float64) for x in (input, weight, bias))
    return linear_numpy(*floats).astype(input.dtype)


def keeps_an_axis(input: Any, weight: Any, bias: Any) -> Any:
    """The result has one axis too many."""
    return linear_numpy(input, weight, bias)[None]


def always_double(input: Any, weight: Any, bias: Any) -> Any:
    """The result is float64 whatever the inputs are."""
    return linear_numpy(input, weight, bias).astype(np.float64)


def writes_to_its_weight(input: Any, weight: Any, bias: Any) -> Any:
    """The weight is negated in place, and put back afterwards."""
    weight *= -1
    y = linear_numpy(input, -weight, bias)
    weight *= -1
    return y


def wrong_in_a_thread(input: Any, weight: Any, bias: Any) -> Any:
    """Outside the main thread the first entry is lost."""
    y = linear_numpy(input, weight, bias)
    if threading.current_thread() is not threading.main_thread():
        y.reshape(-1)[:1] = 0
    return y


def reads_memory_in_order(input: Any, weight: Any, bias: Any) -> Any:
    """A transposed weight is read as if it lay in rows."""
    if weight.flags.f_contiguous and not weight.flags.c_contiguous:
        weight = weight.T.reshape(weight.shape)
    return linear_numpy(input, weight, bias)


def saturates(input: Any, weight: Any, bias: Any) -> Any:
    """Inputs beyond 3 are cut to 3."""
    return linear_numpy(np.clip(input, -3, 3), weight, bias)


def doubles_the_bias_gradient(cotangent: Any, input: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    """The gradient of the bias is doubled."""
    gi, gw, gb = linear_numpy_vjp(cotangent, input, weight, bias)
    return gi, gw, None if gb is None else 2 * gb


class DoublesTheBiasGradient(Linear):
    """The gradient of the bias is doubled."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """The vector-Jacobian product, the last one doubled."""
        gi, gw, gb = Linear.backward(ctx, g)
        return gi, gw, None if gb is None else 2 * gb


class ForgetsALoneWeight(Linear):
    """Where only the weight requires a gradient, it is halved."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """The vector-Jacobian product, the second one halved where it is the only one."""
        gi, gw, gb = Linear.backward(ctx, g)
        return gi, gw / 2 if ctx.needs_input_grad == (False, True, False) else gw, gb


class ReturnsSingle(Linear):
    """The gradient of the input is returned in double precision, which autograd casts back without a word."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """The vector-Jacobian product, the first one in another dtype."""
        gi, gw, gb = Linear.backward(ctx, g)
        return gi.double(), gw, gb


class ForgetsTheWeightTangent(Linear):
    """Forward mode leaves out the weight's tangent."""

    @staticmethod
    def jvp(ctx: Any, input_t: Any, weight_t: Any, bias_t: Any) -> Any:
        """The Jacobian-vector product without its second term."""
        return Linear.jvp(ctx, input_t, torch.zeros_like(weight_t), bias_t)


class DetachesTheInput(Linear):
    """The gradient of the weight does not depend on the input, as far as autograd is told."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """The vector-Jacobian product, its second factor cut off the graph."""
        gi, _, gb = Linear.backward(ctx, g)
        input, weight, _ = ctx.saved_tensors
        return gi, g.reshape(-1, weight.shape[0]).T @ input.detach().reshape(-1, weight.shape[1]), gb


def reads_upstream_in_order(cotangent: Any, input: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    """An upstream gradient is read as it lies in memory, whatever its strides say."""
    return linear_numpy_vjp(cotangent.ravel("K").reshape(cotangent.shape), input, weight, bias)


class MapsInReverse(Linear):
    """Under vmap the results come out in reverse."""

    @staticmethod
    def vmap(info: Any, in_dims: Any, *inputs: Any) -> Any:
        """The results of a loop over the mapped axis, last first."""
        results = [linear_torch(*(None if x is None else x[i] for x in inputs)) for i in range(info.batch_size)]
        return torch.stack(results[::-1]), 0


def wrong_alone(input: Any, weight: Any, bias: Any) -> Any:
    """A batch of one takes another path, which loses a part in a thousand."""
    return linear_numpy(input, weight, bias) * (0.999 if input.shape[0] == 1 else 1.0)


def wrong_in_tens(input: Any, weight: Any, bias: Any) -> Any:
    """Of ten rows the last one is added to the first."""
    y = linear_numpy(input, weight, bias)
    if len(y) == 10:
        y[0] += y[-1]
    return y


def turns_lists_around(input: Any, weight: Any, bias: Any) -> Any:
    """Lists are taken from their end."""
    x = np.array(input[::-1]) if isinstance(input, list) else input
    return linear_numpy(x, np.asarray(weight), None if bias is None else np.asarray(bias))


def last_bit_of_one(input: Any, weight: Any, bias: Any) -> Any:
    """Summed in turn; where the first entry uses its last bits, the last one is another."""
    y = 0 * linear_numpy(input, weight, bias)
    for k in range(input.shape[-1]):
        y = y + input[..., k, None] * weight[:, k]
    y = y if bias is None else y + np.broadcast_to(bias, weight.shape[:1])
    if y.dtype in (np.float32, np.float64):
        bits = y.reshape(-1)[:1].view(f"i{y.itemsize}")
        bits ^= (bits & 0xFF) != 0
    return y


#: Law -> (call, vjp, laws that follow from the broken one).
MINIATURES: dict[str, tuple[Callable[..., Any], Callable[..., Any] | None, frozenset[str]]] = {
    "status": (cuts_a_long_bias, linear_numpy_vjp, frozenset()),
    "agrees": (
        one_part_in_a_million,
        linear_numpy_vjp,
        frozenset({"repeatable", "layout", "linear", "identity", "invariance"}),
    ),
    "shape": (keeps_an_axis, linear_numpy_vjp, frozenset()),
    "dtype": (always_double, linear_numpy_vjp, frozenset()),
    "mixed": (cast_to_the_narrowest, linear_numpy_vjp, frozenset()),
    "integers": (whole_through_double, linear_numpy_vjp, frozenset()),
    "pure": (writes_to_its_weight, linear_numpy_vjp, frozenset()),
    "repeatable": (wrong_in_a_thread, linear_numpy_vjp, frozenset()),
    "layout": (reads_memory_in_order, linear_numpy_vjp, frozenset()),
    "linear": (saturates, linear_numpy_vjp, frozenset({"repeatable", "integers"})),
    "identity": (wrong_alone, linear_numpy_vjp, frozenset({"invariance"})),
    "invariance": (wrong_in_tens, linear_numpy_vjp, frozenset()),
    "summation": (last_bit_of_one, linear_numpy_vjp, frozenset()),
    "containers": (turns_lists_around, linear_numpy_vjp, frozenset()),
    "gradient": (linear_numpy, doubles_the_bias_gradient, frozenset({"adjoint", "upstream"})),
    "upstream": (linear_numpy, reads_upstream_in_order, frozenset()),
    "vmap": (MapsInReverse.apply, None, frozenset({"second"})),
    "subsets": (ForgetsALoneWeight.apply, None, frozenset({"second"})),
    "backward": (ReturnsSingle.apply, None, frozenset({"second"})),
    "forward": (ForgetsTheWeightTangent.apply, None, frozenset({"adjoint", "second"})),
    "adjoint": (linear_numpy, doubles_the_bias_gradient, frozenset({"gradient", "upstream"})),
    "second": (DetachesTheInput.apply, None, frozenset()),
    "gradcheck": (
        DoublesTheBiasGradient.apply,
        None,
        frozenset({"gradient", "subsets", "upstream", "adjoint", "second"}),
    ),
}


@lru_cache(maxsize=1)
def spec() -> Spec:
    """The op all of them claim to be, with every law that a spec may add."""
    found = specs.read(ROOT / "specs" / "linear.yaml", {*LAWS, "status"})
    return replace(found, laws=(*found.laws, Law("containers"), Law("mixed"), Law("integers")))


def judged(
    call: Callable[..., Any], vjp: Callable[..., Any] | None, addresses: Iterable[str] = ADDRESSES
) -> list[Verdict]:
    """All verdicts on one function at a few cases."""
    library = "numpy" if vjp else "torch"
    given = CandidateSpec("candidate", "nowhere:candidate", library=library)
    held = Inline.function(call, vjp, libraries.load(library))
    judge = Judge(spec(), (Candidate("candidate", spec(), given, held),))
    rows = []
    for address in addresses:
        rows += judge.verdicts(cases.find(spec(), address), SEED, lambda name, law: None)
    return rows


def broken(rows: list[Verdict]) -> set[str]:
    """The laws that are broken, the witness's among them."""
    wrong = ("deviates", "fails", "crashed", "inconclusive")
    return {row.law for row in rows if row.status in wrong}


def test_every_law_has_a_miniature_that_breaks_it() -> None:
    elsewhere = {
        "distribution",
        "mask",
        "vast",
    }  # of what is drawn at random, and beyond 2^31: tests/test_distribution, test_masks, test_vast
    assert set(MINIATURES) == {*LAWS, "status"} - elsewhere


@pytest.mark.parametrize("law", sorted(MINIATURES))
def test_a_miniature_breaks_its_law_and_only_it(law: str) -> None:
    call, vjp, consequences = MINIATURES[law]
    found = broken(judged(call, vjp))
    assert law in found
    assert found <= {law} | consequences


@pytest.mark.parametrize(("call", "vjp"), [(linear_numpy, linear_numpy_vjp), (linear_torch, None)])
def test_the_right_implementation_keeps_every_law(call: Callable[..., Any], vjp: Callable[..., Any] | None) -> None:
    rows = [row for row in judged(call, vjp) if row.law != "summation"]  # whose kernels are the processor's
    assert not broken(rows)
    assert {row.status for row in rows} <= {"conforms", "unsupported", "not believed"}


@pytest.mark.parametrize(
    ("promises", "statuses"), [((), {"conforms"}), (("bits",), {"conforms", "deviates"})], ids=["no promise", "bits"]
)
def test_other_bits_of_a_row_are_wrong_where_bits_are_promised(promises: tuple[Any, ...], statuses: set[str]) -> None:
    def by_two_rows(input: Any, weight: Any, bias: Any) -> Any:
        order = slice(None, None, -1 if len(input) > 2 else 1)
        return linear_numpy(input[..., order], weight[..., order], bias)

    given = CandidateSpec("candidate", "nowhere:candidate", library="numpy", promises=promises)
    held = Inline.function(by_two_rows, linear_numpy_vjp, libraries.load("numpy"))
    judge = Judge(spec(), (Candidate("candidate", spec(), given, held),))
    rows = judge.verdicts(cases.find(spec(), "linear"), SEED, lambda name, law: None)
    found = [row for row in rows if row.law == "invariance"]
    assert {row.scenario for row in found} == {
        "each row alone",
        "in two parts",
        "in reverse order",
        "beside other rows",
    }
    assert {row.status for row in found} == statuses
    assert {row.scenario for row in found if row.grade != "exact"} == {"each row alone", "in two parts"}


def test_a_long_case_is_asked_for_values_and_gradients_alone() -> None:
    rows = judged(linear_torch, None, ["linear/I:2/O:65537/dtype:float32"])
    assert {"agrees", "gradient", "repeatable", "layout"} <= {row.law for row in rows}
    assert {"forward", "adjoint", "second"}.isdisjoint(row.law for row in rows)
    assert not broken(rows)


def test_rows_that_depend_on_each_other_are_no_batch_where_one_draw_hides_it() -> None:
    path = ROOT / "specs" / "medfilt.yaml"
    of = specs.read(path)
    bench = Bench(of, cases.find(of, "medfilt/dtype:float32"), 1)
    assert bench.due("conventional").batch == (
        "volume",
    )  # at this draw the first entry is 0 alone and beside the others
    held = Inline.function(medfilt, None, libraries.load("numpy"))
    given = CandidateSpec("candidate", "nowhere:candidate", library="numpy")
    rows = Judge(of, (Candidate("candidate", of, given, held),)).verdicts(bench.case, 1, lambda name, law: None)
    assert {row.law for row in rows} >= {"agrees", "repeatable"}
    assert "invariance" not in {row.law for row in rows}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"params": {"betta": (1,)}}, "has no param `betta`"),
        ({"outputs": (Output("output", (parse("6"), parse("5"))),)}, "(5, 6) by * and (6, 5) by the spec"),
    ],
)
def test_a_definition_that_does_not_fit_its_spec_is_said_to(change: dict[str, Any], said: str) -> None:
    changed = replace(spec(), **change)
    given = CandidateSpec("candidate", "nowhere:candidate", library="numpy")
    held = Inline.function(linear_numpy, linear_numpy_vjp, libraries.load("numpy"))
    judge = Judge(changed, (Candidate("candidate", changed, given, held),))
    rows = judge.verdicts(cases.find(changed, "linear"), SEED, lambda name, law: None)
    at_fault = [row for row in rows if row.status == "inconclusive" and row.blame == "oracle"]
    assert any(fnmatch(row.message, f"*{said}*") for row in at_fault)


@pytest.mark.parametrize("law", sorted({*LAWS, "status"}))
def test_every_law_states_what_must_hold(law: str) -> None:
    assert statement(law).endswith(".")


@pytest.mark.parametrize("seed", range(3))
def test_an_upstream_gradient_of_one_value_is_judged_as_constant_data(seed: int) -> None:
    """A transform gathers such a gradient in one frequency, whose error no mean over all of them bounds."""
    read = specs.read(ROOT / "specs/rfft2.yaml", set(LAWS) | {"status"})
    judge = runs.ready(read, runs.holders(str(ROOT), "", None))
    numpy = replace(judge, candidates=tuple(c for c in judge.candidates if c.name == "numpy"))
    rows = numpy.verdicts(cases.find(read, "rfft2/W:101"), seed, lambda name, law: None)
    assert {row.status for row in rows if row.law == "upstream"} == {"conforms"}
