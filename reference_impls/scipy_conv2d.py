"""y[p] = b + sum over k of x[p + k] * w[k] with SciPy, as autograd Functions of 2-D tensors.

``ScipyConv2dFunction`` is the layer with weights of PyTorch's tutorial on extensions with NumPy and SciPy, as
published: the gradients of filter and bias are float32 whatever the input's dtype. ``ScipyConv2dTypedFunction`` keeps
the dtypes. ``ScipyTrueConv2dFunction`` flips the filter: the convolution of signal processing.

A filter larger than the image on both axes makes SciPy swap its operands and return a view with negative strides, on
which the published cast raises ValueError; the other two refuse such a filter themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.signal import convolve2d, correlate2d

Array = np.ndarray[Any, np.dtype[Any]]


class ScipyConv2dFunction(torch.autograd.Function):
    """y = correlate2d(x, w, 'valid') + b, as published: gradients of filter and bias rounded to float32."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """correlate2d(x, w, 'valid') + b, in the dtype of the input; ``bias`` is (1, 1)."""
        input, filter, bias = input.detach(), filter.detach(), bias.detach()
        result = correlate2d(input.numpy(), filter.numpy(), mode="valid")
        result += bias.numpy()
        ctx.save_for_backward(input, filter, bias)
        return torch.as_tensor(result, dtype=input.dtype)

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(convolve2d(g, w, 'full'), correlate2d(x, g, 'valid') in float32, sum of g in float32)."""
        g = grad_output.detach().numpy()
        input, filter, _ = (saved.numpy() for saved in ctx.saved_tensors)
        grad_bias = np.sum(g, keepdims=True)
        grad_input = convolve2d(g, filter, mode="full")
        grad_filter = correlate2d(input, g, mode="valid")
        return (
            torch.from_numpy(grad_input),
            torch.from_numpy(grad_filter).to(torch.float32),
            torch.from_numpy(grad_bias).to(torch.float32),
        )


class ScipyConv2dTypedFunction(torch.autograd.Function):
    """y = correlate2d(x, w, 'valid') + b, every gradient in the dtype of what it is the gradient of."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """correlate2d(x, w, 'valid') + b, in the dtype of the input."""
        ctx.save_for_backward(input, filter, bias)
        return _tensor(scipy_conv2d_numpy(*map(_array, (input, filter, bias))))

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(convolve2d(g, w, 'full'), correlate2d(x, g, 'valid'), sum of g)."""
        d_input, d_filter, d_bias = scipy_conv2d_numpy_vjp(*map(_array, (grad_output, *ctx.saved_tensors)))
        return _tensor(d_input), _tensor(d_filter), _tensor(d_bias)


class ScipyTrueConv2dFunction(torch.autograd.Function):
    """y = convolve2d(x, w, 'valid') + b: the filter is flipped, as signal processing means convolution."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """convolve2d(x, w, 'valid') + b, in the dtype of the input."""
        ctx.save_for_backward(input, filter, bias)
        return _tensor(scipy_true_conv2d_numpy(*map(_array, (input, filter, bias))))

    @staticmethod
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(correlate2d(g, w, 'full'), correlate2d(x, g, 'valid') flipped, sum of g)."""
        d_input, d_filter, d_bias = scipy_true_conv2d_numpy_vjp(*map(_array, (grad_output, *ctx.saved_tensors)))
        return _tensor(d_input), _tensor(d_filter), _tensor(d_bias)


class ForwardOnlyScipyConv2dFunction(torch.autograd.Function):
    """y = correlate2d(x, w, 'valid') + b with a backward that returns nothing: the tutorial's early form."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """correlate2d(x, w, 'valid') + b, in the dtype of the input."""
        return _tensor(scipy_conv2d_numpy(*map(_array, (input, filter, bias))))

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> None:
        """Nothing: there is no gradient."""


class ScipyConv2d(torch.nn.Module):
    """y = correlate2d(x, filter, 'valid') + bias with a learnable filter (width, height) and bias (1, 1)."""

    def __init__(self, filter_width: int, filter_height: int) -> None:
        """Parameters drawn from the standard normal distribution."""
        super().__init__()
        self.filter = torch.nn.Parameter(torch.randn(filter_width, filter_height))
        self.bias = torch.nn.Parameter(torch.randn(1, 1))

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The published Function, applied to the input and this module's parameters."""
        result: torch.Tensor = ScipyConv2dFunction.apply(input, self.filter, self.bias)
        return result


def scipy_conv2d_published(input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """correlate2d(x, w, 'valid') + b, the published Function."""
    result: torch.Tensor = ScipyConv2dFunction.apply(input, filter, bias)
    return result


def scipy_conv2d_typed(input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """correlate2d(x, w, 'valid') + b, the Function that keeps dtypes."""
    result: torch.Tensor = ScipyConv2dTypedFunction.apply(input, filter, bias)
    return result


def scipy_true_conv2d(input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """convolve2d(x, w, 'valid') + b, the Function with the flipped filter."""
    result: torch.Tensor = ScipyTrueConv2dFunction.apply(input, filter, bias)
    return result


def scipy_conv2d_forward_only(input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """correlate2d(x, w, 'valid') + b, the early Function without a gradient."""
    result: torch.Tensor = ForwardOnlyScipyConv2dFunction.apply(input, filter, bias)
    return result


def scipy_conv2d_module(input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """correlate2d(x, filter, 'valid') + bias, the Module called with these parameters instead of its own."""
    module = ScipyConv2d(*filter.shape)
    return torch.func.functional_call(module, {"filter": filter, "bias": bias}, (input,))  # type: ignore[no-any-return]


def torch_scipy_conv2d(input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """correlate2d(x, w, 'valid') + b by torch's own convolution; a filter no larger than the image."""
    return torch.nn.functional.conv2d(input[None, None], filter[None, None])[0, 0] + bias


def torch_true_conv2d(input: torch.Tensor, filter: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """convolve2d(x, w, 'valid') + b by torch's own convolution with the filter flipped."""
    return torch_scipy_conv2d(input, filter.flip(0, 1), bias)


def scipy_conv2d_numpy(input: Array, filter: Array, bias: Array) -> Array:
    """correlate2d(x, w, 'valid') + b on arrays, in the dtype of the input; ValueError for a filter that does not fit."""
    _require_fit(input, filter)
    return _cast(correlate2d(_widen(input), _widen(filter.conj()), mode="valid") + _widen(bias), input)


def scipy_conv2d_numpy_vjp(cotangent: Array, input: Array, filter: Array, bias: Array) -> tuple[Array, Array, Array]:
    """(convolve2d(g, conj(w), 'full'), conj(correlate2d(x, g, 'valid')), sum of g), each in its own dtype."""
    g, x, w = _widen(cotangent), _widen(input), _widen(filter)
    d_input = convolve2d(g, w.conj(), mode="full")
    d_filter = correlate2d(x, g, mode="valid").conj()
    return _cast(d_input, input), _cast(d_filter, filter), _cast(g.sum(keepdims=True), bias)


def scipy_true_conv2d_numpy(input: Array, filter: Array, bias: Array) -> Array:
    """convolve2d(x, w, 'valid') + b on arrays, in the dtype of the input; ValueError for a filter that does not fit."""
    _require_fit(input, filter)
    return _cast(convolve2d(_widen(input), _widen(filter), mode="valid") + _widen(bias), input)


def scipy_true_conv2d_numpy_vjp(
    cotangent: Array, input: Array, filter: Array, bias: Array
) -> tuple[Array, Array, Array]:
    """The gradients of correlation with the filter flipped, that of the filter flipped back."""
    d_input, d_filter, d_bias = scipy_conv2d_numpy_vjp(cotangent, input, filter[::-1, ::-1], bias)
    return d_input, d_filter[::-1, ::-1].copy(), d_bias


def _require_fit(input: Array, filter: Array) -> None:
    if filter.shape[0] > input.shape[0] or filter.shape[1] > input.shape[1]:
        raise ValueError(f"the filter {filter.shape} is larger than the image {input.shape}")


def _widen(x: Array) -> Array:
    return x.astype(np.float32) if x.dtype == np.float16 else x


def _array(tensor: torch.Tensor) -> Array:
    array: Array = tensor.detach().resolve_conj().resolve_neg().numpy()
    return array


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _cast(gradient: Array, like: Array) -> Array:
    return gradient.astype(like.dtype, copy=False)
