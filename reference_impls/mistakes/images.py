"""What goes wrong at the borders of images: where padding stands, and how an image is continued."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reference_impls.definitions import conv as right
from reference_impls.definitions import padding as pads
from reference_impls.definitions import pooling


def _zeros(input: Any, sides: Sequence[tuple[int, int]]) -> Any:
    return np.pad(input, [(0, 0)] * (input.ndim - len(sides)) + list(sides))


def conv_pads_before(
    input: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """All padding is put before the data, none after it."""
    rank = input.ndim - 2
    if isinstance(padding, str):
        return right.conv(input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)
    padded = _zeros(input, [(2 * p, 0) for p in right.per_axis(padding, rank)])
    return right.conv(padded, weight, bias, stride=stride, padding=0, dilation=dilation, groups=groups)


def conv_same_before(
    input: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Of an odd number of zeros, ``same`` puts the odd one before the data."""
    if padding != "same":
        return right.conv(input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups)
    kernel = tuple(weight.shape[2:])
    sides = right.same_padding(kernel, right.per_axis(dilation, len(kernel)))
    padded = _zeros(input, [(after, before) for before, after in sides])
    return right.conv(padded, weight, bias, stride=stride, padding=0, dilation=dilation, groups=groups)


def _continued(name: str) -> Callable[..., Any]:
    def circular(
        input: Any,
        weight: Any,
        bias: Any = None,
        *,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        top, left = right.per_axis(padding, 2)
        image = _padded(name)(input, pad=(left, left, top, top))
        return right.conv(image, weight, bias, stride=stride, padding=0, dilation=dilation, groups=groups)

    return circular


def _padded(how: str) -> Callable[..., Any]:
    def pad2d(input: Any, *, pad: Sequence[int]) -> Any:
        terms = pads._copies(tuple(input.shape), tuple(pad), how)
        return pads.sum_of_products(terms, input=input)

    return pad2d


def padded_with_zeros(input: Any, *, pad: Sequence[int]) -> Any:
    """Beyond the border there are zeros."""
    left, right_, top, bottom = pad
    image = input[..., _kept(top, bottom), _kept(left, right_)]
    return _zeros(image, [(max(top, 0), max(bottom, 0)), (max(left, 0), max(right_, 0))])


def _kept(before: int, after: int) -> slice:
    """What is left of an axis where a padding is negative."""
    return slice(max(-before, 0), min(after, 0) or None)


circular_conv_nearest, circular_conv_symmetric = _continued("nearest"), _continued("symmetric")
circular_conv_reflected = _continued("reflected")
padded_circular, padded_symmetric = _padded("circular"), _padded("symmetric")
padded_reflected, padded_nearest = _padded("reflected"), _padded("nearest")


def fold_of_means(
    input: Any, *, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """Where windows overlap, their mean is taken for their sum."""
    given = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    total = pads.fold(input, output_size=output_size, **given)
    count = pads.fold(np.ones(input.shape), output_size=output_size, **given)
    return total / np.maximum(count, 1)


def max_pool_of_zeros(
    input: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> tuple[Any, Any]:
    """Padding is zero, and may be the maximum; the place is that of the largest entry of the image nevertheless."""
    given = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation, "ceil_mode": ceil_mode}
    _, places = pooling.max_pool2d(input, padding=padding, **given)
    top, left = right.per_axis(padding, 2)
    output, _ = pooling.max_pool2d(_zeros(input, [(top, top), (left, left)]), padding=0, **given)
    return output, places


def average_of_whole_windows(
    input: Any,
    *,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Windows that hang over the end are divided by the size of the whole window."""
    kh, kw = right.per_axis(kernel_size, 2)
    divisor = divisor_override if divisor_override is not None or not count_include_pad else kh * kw
    return pooling.avg_pool2d(
        input,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor,
    )
