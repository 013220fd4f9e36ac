"""Naming: each kind of mistake is called what it is, and what only looks like it is called nothing of the kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from gate import ROOT, every, spec
from miniatures import filters as wrong_filters
from naming_gate import separated

from harness import cases
from harness.asking import libraries
from harness.asking.hosts import Inline
from harness.bench import Bench
from harness.candidates import Candidate
from harness.model import CandidateSpec, Verdict
from harness.naming import Level, Name, named, of_rows
from harness.naming.literals import instead, literals
from harness.naming.proposals import proposed
from harness.naming.samples import sampled
from harness.naming.search import fit
from harness.naming.steps import Along, Instead, LeftOut, Other, OtherDivisor, Periodic, Squared, Step, Swapped, steps
from reference_impls import activations, conv, normalization, optim

Array = np.ndarray[Any, Any]

#: Processor seconds that a search may take here: more than any takes, so that no test depends on the machine.
SECONDS = 120.0


def held(
    op: str, function: Callable[..., Any], vjp: Callable[..., Any] | None = None, library: str = "numpy"
) -> Candidate:
    """A function as a candidate in this process."""
    holder = Inline.function(function, vjp, libraries.load(library))
    return Candidate("mine", spec(op), CandidateSpec("mine", "mine:f", "mine:g" if vjp else None, library), holder)


def name(candidate: Candidate, level: Level = "values", near: str = "") -> Name | None:
    """What a candidate is called after a look at some of its cases, those like ``near`` among them."""
    found = every(candidate.spec.op)
    wrong, right = separated(candidate, found.values(), level, found[near or candidate.spec.op])
    assert wrong, "expected a wrong function"
    return named(candidate.spec, candidate, wrong, right, level=level, seconds=SECONDS)


def said(candidate: Candidate, level: Level = "values", near: str = "") -> str:
    found = name(candidate, level, near)
    return found.text if found else ""


# --- values ---------------------------------------------------------------------------------------------------------


def conv2d(
    input: Array, weight: Array, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Array:
    return conv.conv2d_im2col(input, weight, bias, stride, padding, dilation, groups)


def turned(input: Array, weight: Array, *rest: Any, **params: Any) -> Array:
    return conv2d(input, np.ascontiguousarray(weight[..., ::-1, ::-1]), *rest, **params)


def turned_across(input: Array, weight: Array, *rest: Any, **params: Any) -> Array:
    return conv2d(input, np.ascontiguousarray(weight[..., ::-1]), *rest, **params)


def turned_in_the_first_filter(input: Array, weight: Array, *rest: Any, **params: Any) -> Array:
    w = weight.copy()
    w[:1] = w[:1, :, ::-1, ::-1]
    return conv2d(input, w, *rest, **params)


def paddings_exchanged(
    input: Array, weight: Array, bias: Any = None, stride: Any = 1, padding: Any = 0, **params: Any
) -> Array:
    return conv2d(input, weight, bias, stride, padding[::-1] if isinstance(padding, tuple) else padding, **params)


def one_padding(
    input: Array, weight: Array, bias: Any = None, stride: Any = 1, padding: Any = 0, **params: Any
) -> Array:
    return conv2d(input, weight, bias, stride, padding[0] if isinstance(padding, tuple) else padding, **params)


def without_bias(input: Array, weight: Array, bias: Any = None, *rest: Any, **params: Any) -> Array:
    return conv2d(input, weight, None, *rest, **params)


def bias_of_one_channel(input: Array, weight: Array, bias: Any = None, *rest: Any, **params: Any) -> Array:
    kept = None if bias is None else np.where(np.arange(bias.size) == 0, bias, 0).astype(bias.dtype)
    return conv2d(input, weight, kept, *rest, **params)


def turned_without_bias(input: Array, weight: Array, bias: Any = None, *rest: Any, **params: Any) -> Array:
    return turned(input, weight, None, *rest, **params)


def coarse_weight_in_single(input: Array, weight: Array, *rest: Any, **params: Any) -> Array:
    if weight.dtype == np.float32:
        bits = weight.view(np.uint32)
        weight = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).view(np.float32)
        weight = weight.reshape(bits.shape)
    return conv2d(input, weight, *rest, **params)


def noisy(input: Array, weight: Array, *rest: Any, **params: Any) -> Array:
    y = conv2d(input, weight, *rest, **params)
    places = np.arange(y.size).reshape(y.shape)
    return (y * (1 + 1e-3 * np.sin(places))).astype(y.dtype)


def layer(change: Callable[..., Any]) -> Callable[..., Array]:
    def layer_norm(
        input: Array, weight: Any = None, bias: Any = None, normalized_shape: Any = (), eps: float = 1e-5
    ) -> Array:
        return change(input, weight, bias, normalized_shape, eps)

    return layer_norm


def eps_fixed(x: Array, w: Any, b: Any, shape: Any, eps: float) -> Array:
    return normalization.layer_norm(x, w, b, normalized_shape=shape, eps=1e-6)


def eps_fixed_in_rows_of_one(x: Array, w: Any, b: Any, shape: Any, eps: float) -> Array:
    y = normalization.layer_norm(x, w, b, normalized_shape=shape, eps=eps)
    other = normalization.layer_norm(x, w, b, normalized_shape=shape, eps=1e-6)
    y.reshape(-1)[::5] = other.reshape(-1)[::5]
    return y


def eps_outside(x: Array, w: Any, b: Any, shape: Any, eps: float) -> Array:
    axes = tuple(range(x.ndim - len(tuple(shape)), x.ndim))
    wide = x.astype(np.longdouble)
    centred = wide - wide.mean(axes, keepdims=True)
    y = centred / (np.sqrt((centred**2).mean(axes, keepdims=True)) + eps)
    y = y if w is None else y * w
    return (y if b is None else y + b).astype(x.dtype)


def fft_ortho_as_forward(a: Array, n: Any = None, axis: int = -1, norm: Any = None) -> Array:
    return np.fft.fft(a, n, axis, "forward" if norm == "ortho" else norm)


def fft_forward_always(a: Array, n: Any = None, axis: int = -1, norm: Any = None) -> Array:
    return np.fft.fft(a, n, axis, "forward")


def sigmoid_rounded(input: Array) -> Array:
    wide = activations.sigmoid(input.astype(np.float64))  # half types are rounded once
    return wide.astype(np.float32).astype(input.dtype)


def sigmoid_doubled_of_finite(input: Array) -> Array:
    right = activations.sigmoid(input)
    return np.where(np.isfinite(input), 2 * right, right)


def log_of_sum(input: Array) -> Array:
    return np.log(1 + input)


def l2_guarded(input: Array, dim: int = 1, eps: float = 1e-12) -> Array:
    size = np.sqrt((input * input).sum(dim, keepdims=True) + input.dtype.type(1e-4))
    return np.asarray(input / np.maximum(size, input.dtype.type(eps)), input.dtype)


def softmax_bare(input: Array, dim: int) -> Array:
    powers = np.exp(input)
    return powers / powers.sum(dim, keepdims=True)


def sigmoid_doubled(input: Array) -> Array:
    return (2 * activations.sigmoid(input)).astype(input.dtype)


def sigmoid_doubled_at_every_second(input: Array) -> Array:
    y = activations.sigmoid(input).copy()
    y.reshape(-1)[::2] *= 2
    return y


def relu_to_six(input: Array) -> Array:
    return np.where(np.isnan(input), input, np.clip(input, 0, 6)).astype(input.dtype)


def relu_of_plain_numbers(input: Array) -> Array:
    return np.fmax(input, 0).astype(input.dtype)


def adam_of_single_betas(*arrays: Array, betas: tuple[float, ...], **params: Any) -> tuple[Array, ...]:
    return optim.adam_step(*arrays, betas=tuple(float(np.float32(beta)) for beta in betas), **params)


def leaky_from_the_lowest(input: Array, negative_slope: float = 0.01) -> Array:
    x = np.where(input == -np.inf, ml_dtypes.finfo(input.dtype).min, input)
    return np.where(x > 0, x, x * negative_slope).astype(input.dtype)


def convolve_conjugated(a: Array, v: Array, mode: str = "full") -> Array:
    return np.convolve(a, v.conj(), mode)


def reciprocal_of_unsigned(input: Array) -> Array:
    return np.asarray(1 / (input + input.dtype.type(0)))


def quantized_otherwise(how: Callable[[Array, int], Array]) -> Callable[..., Array]:
    def quantized(input: Array, scale: float, zero_point: int, quant_min: int, quant_max: int) -> Array:
        return np.clip(how(input / input.dtype.type(scale), zero_point), quant_min, quant_max).astype(np.int8)

    return quantized


def away_from_zero(x: Array, zero_point: int) -> Array:
    return np.sign(x) * np.floor(np.abs(x) + 0.5) + zero_point


def after_the_zero_point(x: Array, zero_point: int) -> Array:
    return np.rint(x + zero_point)


VALUES = {
    "flipped": ("conv2d", turned, "computes conv2d with `weight` flipped along its last two axes"),
    "flipped along one axis": ("conv2d", turned_across, "computes conv2d with `weight` flipped along its last axis"),
    "axes of a param swapped": ("conv2d", paddings_exchanged, "swaps the axes of `padding`"),
    "first of a param": ("conv2d", one_padding, "takes the first of `padding` for all axes"),
    "input left out": ("conv2d", without_bias, "leaves out `bias`"),
    "two at once": (
        "conv2d",
        turned_without_bias,
        "computes conv2d with `weight` flipped along its last two axes, and leaves out `bias`",
    ),
    "input rounded": (
        "conv2d",
        coarse_weight_in_single,
        "computes conv2d with `weight` rounded to bfloat16, where dtype is float32",
    ),
    "param ignored": ("layer_norm", layer(eps_fixed), "ignores `eps` (computes with 1e-06)"),
    "mistake of the spec": (
        "layer_norm",
        layer(eps_outside),
        "adds eps to the standard deviation, not to the variance",
    ),
    "word for another": ("fft", fft_ortho_as_forward, "takes `norm` ortho for forward"),
    "one word always": ("fft", fft_forward_always, "ignores `norm` (computes with forward)"),
    "result rounded": ("sigmoid", sigmoid_rounded, "the result is rounded to float32"),
    "result scaled": ("sigmoid", sigmoid_doubled, "the result is doubled"),
    "result clipped": ("relu", relu_to_six, "the result is clipped to [0, 6]"),
    "input conjugated": ("convolve", convolve_conjugated, "computes convolve with `v` conjugated"),
    "special data aside": (
        "sigmoid",
        sigmoid_doubled_of_finite,
        "the result is doubled, but for data called `inf`",
    ),
    "digits lost": ("log1p", log_of_sum, "computes log(1 + x), which loses digits near zero"),
    "overflown": (
        "softmax",
        softmax_bare,
        "does not subtract the largest entry, so that exponentials overflow, but for data called `huge` in half types",
    ),
    "guarded": ("l2_normalize", l2_guarded, "adds 0.0001 in `np.sqrt`"),
    "ties broken otherwise": ("quantize_affine", quantized_otherwise(away_from_zero), "rounds ties away from zero"),
    "ties broken at another place": (
        "quantize_affine",
        quantized_otherwise(after_the_zero_point),
        "adds the zero point before it rounds",
    ),
    "sign of zero lost": ("reciprocal", reciprocal_of_unsigned, "computes reciprocal with `input` with -0 taken for 0"),
    "NaN lost": ("relu", relu_of_plain_numbers, "computes relu with `input` with 0 in the place of NaN"),
    "radius cut down": (
        "gaussian_filter",
        wrong_filters.gaussian_without_its_half,
        "cuts the radius of the weights down to a whole number",
    ),
    "list of params rounded": ("adam_step", adam_of_single_betas, "rounds `betas` to float32"),
    "infinity of one sign lost": (
        "leaky_relu",
        leaky_from_the_lowest,
        "computes leaky_relu with `input` with the lowest number in the place of -inf",
    ),
}


#: Where those deviate that do so in special data alone.
NEAR = {
    "ties broken otherwise": "quantize_affine/grid:ties/N:8/M:33/fill:simple",
    "ties broken at another place": "quantize_affine/grid:ties/N:8/M:33/zero_point:-5/quant_min:-8/dtype:float64/fill:simple",
    "sign of zero lost": "reciprocal/fill:negative_zero",
    "NaN lost": "relu/fill:nan",
    "infinity of one sign lost": "leaky_relu/fill:inf",
    "radius cut down": "gaussian_filter/sigma:0.5/truncate:3.0",
    "result clipped": "relu/fill:decades",
    "overflown": "softmax/fill:huge",
    "special data aside": "sigmoid/fill:inf",
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_mistake_is_named(kind: str) -> None:
    op, function, text = VALUES[kind]
    found = name(held(op, function), near=NEAR.get(kind, ""))
    assert found is not None
    assert found.text == text
    assert found.fits > 3


ALMOST = {
    "flipped in one filter": ("conv2d", turned_in_the_first_filter),
    "bias of one channel": ("conv2d", bias_of_one_channel),
    "noise": ("conv2d", noisy),
    "eps of some entries": ("layer_norm", layer(eps_fixed_in_rows_of_one)),
    "every second entry doubled": ("sigmoid", sigmoid_doubled_at_every_second),
}


@pytest.mark.parametrize("kind", ALMOST)
def test_what_only_looks_like_a_mistake_is_not_named(kind: str) -> None:
    op, function = ALMOST[kind]
    assert name(held(op, function)) is None


@pytest.mark.parametrize("op", sorted(p.stem for p in ROOT.glob("specs/*.yaml") if spec(p.stem).mistakes))
def test_the_mistakes_of_a_spec_compute(op: str) -> None:
    """Each gives something of its own at the op's first case, in values, in their bound or in the slope."""
    due = Bench(spec(op), cases.find(spec(op), op), 0).due("conventional").oracle
    for mistake, path in spec(op).mistakes.items():
        altered = replace(due, spec=replace(due.spec, oracle=path))
        assert altered.shapes.keys() == due.shapes.keys(), mistake


def test_one_entry_is_no_evidence() -> None:
    doubled = held("sigmoid", sigmoid_doubled)
    alone = cases.find(spec("sigmoid"), "sigmoid/N:1/M:1")
    assert named(doubled.spec, doubled, [alone], []) is None


def test_a_candidate_that_conforms_has_no_name() -> None:
    right = held("conv2d", conv2d)
    assert named(right.spec, right, [cases.find(spec("conv2d"), "conv2d")], []) is None


def test_a_name_fits_where_the_candidate_is_right() -> None:
    """What is turned at all cases but those of two strides is not just turned."""

    def but_at_some(input: Array, weight: Array, bias: Any = None, stride: Any = 1, **params: Any) -> Array:
        return (conv2d if stride in (3, (2, 1)) else turned)(input, weight, bias, stride, **params)

    assert said(held("conv2d", but_at_some), near="conv2d/stride:3") != VALUES["flipped"][2]


# --- algorithms -----------------------------------------------------------------------------------------------------


def by_spectra(in1: Array, in2: Array, mode: str = "full", axes: Any = None) -> Array:
    from scipy.signal import fftconvolve

    return fftconvolve(in1, in2, mode, axes)


def test_an_undeclared_transform_is_called_by_its_algorithm() -> None:
    assert said(held("fftconvolve", by_spectra)) == "conforms as --algorithm fft"


def test_noise_of_one_size_is_no_algorithm() -> None:
    def coarse(in1: Array, in2: Array, mode: str = "full", axes: Any = None) -> Array:
        from scipy.signal import convolve

        y = convolve(in1, in2, mode, "direct")
        return (y * (1 + 1e-6 * np.sin(np.arange(y.size)).reshape(y.shape))).astype(y.dtype)

    assert "algorithm" not in said(held("convolve2d", coarse))


# --- derivatives ----------------------------------------------------------------------------------------------------


def vjp_of(change: Callable[..., Any]) -> Callable[..., Any]:
    def conv2d_vjp(g: Array, input: Array, weight: Array, bias: Any = None, **params: Any) -> Any:
        return change(g, input, weight, bias, params)

    return conv2d_vjp


def _right(g: Array, x: Array, w: Array, b: Any, params: Any) -> list[Any]:
    return list(conv.conv2d_im2col_vjp(g, x, w, b, **params))


def unconjugated(g: Array, x: Array, w: Array, b: Any, params: Any) -> Any:
    first, *rest = _right(g, x, w, b, params)
    return [_right(g, x, w.conj(), b, params)[0], *rest] if first is not None else rest


def of_ones(g: Array, x: Array, w: Array, b: Any, params: Any) -> Any:
    return _right(np.ones_like(g), x, w, b, params)


def negated(g: Array, x: Array, w: Array, b: Any, params: Any) -> Any:
    first, *rest = _right(g, x, w, b, params)
    return [-first, *rest]


def negated_in_the_first_row(g: Array, x: Array, w: Array, b: Any, params: Any) -> Any:
    first, *rest = _right(g, x, w, b, params)
    first = first.copy()
    first[..., 0, :] *= -1
    return [first, *rest]


def upstream_halved_for_parameters(g: Array, x: Array, w: Array, b: Any, params: Any) -> Any:
    first, *_ = _right(g, x, w, b, params)
    return [first, *_right(g / 2, x, w, b, params)[1:]]


def mean_of_bias(g: Array, x: Array, w: Array, b: Any, params: Any) -> Any:
    first, second = _right(g, x, w, b, params)[:2]
    return [first, second] if b is None else [first, second, g.mean(axis=(0, 2, 3)).astype(g.dtype)]


GRADIENTS = {
    "conjugate missing": (
        unconjugated,
        "the gradient of `input` is that of a function that computes conv2d with `weight` conjugated",
    ),
    "upstream ignored": (of_ones, "is computed with the upstream gradient of `output` taken for ones"),
    "negated": (negated, "the gradient of `input` is negated"),
    "mean for sum": (mean_of_bias, "the gradient of `bias` is divided by N*H_out*W_out"),
}


@pytest.mark.parametrize("kind", GRADIENTS)
def test_a_mistake_in_a_gradient_is_named(kind: str) -> None:
    change, text = GRADIENTS[kind]
    assert text in said(held("conv2d", conv2d, vjp_of(change)), "gradients", "conv2d/dtype:complex64")


def test_results_that_are_not_there_at_every_case_are_named_together() -> None:
    candidate = held("conv2d", conv2d, vjp_of(upstream_halved_for_parameters))
    sample = sampled(candidate.spec, candidate, every("conv2d")["conv2d/bias:none"], "gradients", 0)
    assert sample is not None
    assert set(sample.wrong) == {"weight"}
    tried = list(proposed(sample, ("weight", "bias")))
    assert any(fit(alteration, sample, ("weight", "bias")) for alteration in tried)
    together = name(candidate, "gradients", near="conv2d/bias:none")
    assert together is not None
    assert together.about == ("weight", "bias")


def test_a_gradient_that_is_wrong_in_a_row_is_not_named() -> None:
    assert said(held("conv2d", conv2d, vjp_of(negated_in_the_first_row)), "gradients") == ""


# --- steps of a definition ------------------------------------------------------------------------------------------


def of_twos(input: Array, dim: int = -1) -> Array:
    powers = np.exp2(input - input.max(dim, keepdims=True))
    return powers / powers.sum(dim, keepdims=True)


def test_a_step_of_the_definition_that_is_another_is_named() -> None:
    assert said(held("softmax", of_twos)) == "computes `np.exp2` in the place of `np.exp`"


def test_steps_are_those_that_a_definition_looks_up() -> None:
    assert {"exp", "max"} <= set(steps(spec("softmax").oracle))
    assert "linalg.norm" not in steps(spec("softmax").oracle)


def hardswish_of_two(input: Array) -> Array:
    return input * np.clip(input + 2, 0, 6) / 6


def selu_of_three_digits(input: Array) -> Array:
    scale, alpha = 1.0507009873554805, 1.67
    return np.where(input > 0, scale * input, scale * (alpha * np.expm1(np.minimum(input, 0)))).astype(input.dtype)


@pytest.mark.parametrize(
    ("op", "function", "text"),
    [
        ("hardswish", hardswish_of_two, "takes 2 for the 3 of the definition"),
        ("selu", selu_of_three_digits, "takes 1.67 for the 1.6732632423543772 of the definition"),
    ],
)
def test_a_number_of_the_definition_that_is_another_is_named(op: str, function: Callable[..., Any], text: str) -> None:
    assert said(held(op, function)) == text


def test_numbers_of_a_definition_are_those_in_its_text_and_its_modules() -> None:
    assert set(literals(spec("hardswish").oracle)) == {3, 6}
    assert {round(float(x), 4) for x in literals(spec("selu").oracle)} == {1.0507, 1.6733}
    found = list(instead(0.044715))
    assert {0.0447, 0.0, -0.044715, 1.0} <= set(found)
    assert 0.044715 not in found
    assert len(found) == len(set(map(repr, found)))


@pytest.mark.parametrize(
    ("step", "change", "due"),
    [
        ("sqrt", LeftOut(), 4.0),
        ("linalg.norm", Squared(), 16.0),
        ("exp", Other("exp2"), 16.0),
    ],
)
def test_a_step_is_computed_otherwise(step: str, change: Step, due: float) -> None:
    assert float(Instead(step, change)(np.array(4.0))) == due


def test_a_step_along_another_axis_and_a_window_without_its_end() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert Instead("maximum", Along(0)).accumulate(x, axis=-1).tolist() == np.maximum.accumulate(x, axis=0).tolist()
    assert Instead("remainder", Swapped())(np.array(3.0), np.array(7.0)) == 1.0
    assert Instead("var", OtherDivisor())(x, axis=1).tolist() == x.var(1, ddof=1).tolist()
    assert Instead("hanning", Periodic())(4).tolist() == np.hanning(5)[:-1].tolist()


# --- the door -------------------------------------------------------------------------------------------------------


def test_rows_of_a_check_are_enough() -> None:
    candidate = held("conv2d", turned)
    wrong, right = separated(candidate, every("conv2d").values(), "values")
    rows = [Verdict("conv2d", c.id, "mine", "agrees", "output", "", "deviates") for c in wrong]
    rows += [Verdict("conv2d", c.id, "mine", "agrees", "output", "", "conforms") for c in right]
    rows += [Verdict("conv2d", c.id, "another", "agrees", "output", "", "conforms") for c in wrong]
    found = of_rows(candidate, rows)
    assert found is not None
    assert found.text == VALUES["flipped"][2]
