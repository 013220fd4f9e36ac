"""Definitions of convolutions: against SciPy on whole numbers, where every right answer is exact, and their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from harness import arithmetic
from harness.bounds import precision
from reference_impls.definitions import conv

Array = NDArray[Any]


def whole(*shape: int, seed: int = 0) -> Array:
    """Small whole numbers: sums of their products are exact in any order."""
    return np.random.default_rng([seed, *shape]).integers(-9, 9, shape, endpoint=True).astype(np.float64)


@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (3, 3), (5, 4)])
def test_a_true_convolution_is_scipys(kernel: tuple[int, int]) -> None:
    image, weights, bias = whole(7, 9), whole(*kernel), whole(1, 1)
    assert np.array_equal(conv.true_conv2d(image, weights, bias), signal.convolve2d(image, weights, "valid") + bias)


@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (5, 4)])
def test_a_correlation_is_the_true_convolution_with_the_filter_turned_round(kernel: tuple[int, int]) -> None:
    image, weights, bias = whole(7, 9), whole(*kernel), whole(1, 1)
    turned = np.ascontiguousarray(np.flip(weights))
    assert np.array_equal(conv.correlate2d(image, weights, bias), conv.true_conv2d(image, turned, bias))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
def test_conv1d_sums_scipys_correlations_over_the_channels(stride: int, dilation: int, groups: int) -> None:
    x, w, b = whole(2, 4, 11), whole(6, 4 // groups, 3), whole(6)
    found = conv.conv1d(x, w, b, stride=stride, padding=2, dilation=dilation, groups=groups)
    padded, spread = np.pad(x, ((0, 0), (0, 0), (2, 2))), np.zeros((*w.shape[:2], dilation * 2 + 1))
    spread[..., ::dilation] = w
    for n, o in np.ndindex(2, 6):
        first = o // (6 // groups) * (4 // groups)
        channels = range(4 // groups)
        sums = sum(signal.correlate(padded[n, first + c], spread[o, c], "valid", "direct") for c in channels)
        assert np.array_equal(found[n, o], np.rint(sums)[::stride] + b[o])


def tangent_of_bias(algorithm: str) -> Any:
    """The error that is due in the output's tangent along the bias alone, of one complex product and a bias."""
    p = precision("complex64", algorithm)
    rng = np.random.default_rng(0)
    x, w, b, v = (arithmetic.leaf(rng.standard_normal((1, 1, 1)) * (1 + 1j), p) for _ in range(4))
    bias, along = (arithmetic.reshape(t, (1,)) for t in (b, v))
    y = conv.conv1d(x, w, bias)
    return arithmetic.jvp([y], [bias], [along])[0].error


def test_a_bias_goes_through_all_three_real_convolutions_and_rounds_there() -> None:
    """``c - a - b`` takes ``b' + b"`` and then ``b'`` away again: a copy only where sums are plain."""
    plain, three = tangent_of_bias("conventional"), tangent_of_bias("3m")
    assert plain is None or not np.any(plain)
    assert np.all(three > 0)


@pytest.mark.parametrize("first", [np.inf, 2.0])
def test_an_infinite_weight_leaves_open_what_touches_the_padding(first: float) -> None:
    """Zero padding times an infinite weight is NaN in some implementations, also where no entry escapes the padding."""
    p = precision("float32")
    x, w = arithmetic.leaf(np.ones((1, 1, 2)), p), arithmetic.leaf(np.array([[[first, 1.0]]]), p)
    y = conv.conv1d(x, w, None, stride=1, padding=1, dilation=2, groups=1)
    assert y.value[0, 0].tolist() == [1.0, first]
    assert bool(y.error is not None and np.isinf(y.error[:, 0, 0, 0]).all()) == np.isinf(first)
