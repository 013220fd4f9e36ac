"""Wrong in how they are called rather than in what they compute: modes, aliases, memory, what is kept between calls."""

import numpy as np
import torch

_kept = {}


class _Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * s * (1 + x * (1 - s))


class _Consuming(_Swish):
    @staticmethod
    def forward(ctx, x):
        s = torch.sigmoid(x)
        ctx.slope = s * (1 + x * (1 - s))
        return x * s

    @staticmethod
    def backward(ctx, g):
        found = g * ctx.slope
        ctx.slope = torch.zeros_like(ctx.slope)
        return found


class _Careless(_Swish):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x.detach()
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        s = torch.sigmoid(ctx.x)
        return g * s * (1 + ctx.x * (1 - s))


class _PackedUpstream(_Swish):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return _Pulled.apply(x, g)


class _Pulled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, g):
        ctx.save_for_backward(x, g)
        s = torch.sigmoid(x)
        return g * s * (1 + x * (1 - s))

    @staticmethod
    def backward(ctx, h):
        x, g = ctx.saved_tensors
        s = torch.sigmoid(x)
        slope = s * (1 - s) * (2 + x * (1 - 2 * s))
        twice = h * g * slope if g.is_contiguous() else h * g * slope * 0.5
        return twice, h * s * (1 + x * (1 - s))


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        ctx.square = a.data_ptr() == b.data_ptr()
        return a * b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        left, right = (g * b).sum_to_size(a.shape), (g * a).sum_to_size(b.shape)
        return left, torch.zeros_like(right) if ctx.square else right


def swish_without_gradients(input):
    """Where no gradient is recorded another kernel is taken, which loses a part in a thousand."""
    y = _Swish.apply(input)
    return y if torch.is_grad_enabled() and not torch.is_inference_mode_enabled() else y * 0.999


def swish_consuming(input):
    """The backward uses its slope up: a second time through a kept graph the gradient is zero."""
    return _Consuming.apply(input)


def swish_careless(input):
    """Its input is kept without autograd's knowledge: what is put in its place later makes the gradient wrong."""
    return _Careless.apply(input)


def swish_packed_upstream(input):
    """The second derivative is halved where the upstream gradient is not contiguous."""
    return _PackedUpstream.apply(input)


def product_of_one(a, b):
    """Of one tensor given twice one of the two gradients is lost."""
    return _Product.apply(a, b)


def product_overlapping(a, b):
    """One array given twice is squared in its first half alone."""
    y = np.multiply(a, b)
    if a is b and a.size > 1:
        y = y.copy()
        y.reshape(-1)[y.size // 2 :] = a.reshape(-1)[y.size // 2 :]
    return y


def product_unaligned(a, b):
    """Of memory that is not aligned the last entry is not read."""
    y = np.array(np.multiply(a, b))
    if y.size > 1 and not (a.flags.aligned and b.flags.aligned):
        y.reshape(-1)[-1] = y.reshape(-1)[0]
    return y


def identity_kept(input):
    """The copy is kept by the array it was made of: other values in its place are not seen."""
    key = input.__array_interface__["data"][0], input.shape, str(input.dtype)
    return _kept.setdefault(key, np.copy(input)).copy()


def relu_silent(input):
    """NumPy is told to keep silent from now on."""
    np.seterr(all="ignore")
    return _relu(input)


def relu_in_another_place(input):
    """The environment is changed."""
    import os

    os.environ["RELU_KERNEL"] = "fast"
    return _relu(input)


def _relu(input):
    """The right value."""
    return np.maximum(input, np.zeros((), input.dtype))
