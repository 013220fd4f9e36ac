"""Wrong in how they are called rather than in what they compute: modes, aliases, memory, what is kept between calls."""

import numpy as np
import torch
from miniatures.plain import Swish

from reference_impls import activations

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


class _OnTheClass(torch.autograd.Function):
    latest = None

    @staticmethod
    def forward(ctx, x):
        _OnTheClass.latest = x.detach().clone()
        return x * torch.sigmoid(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        x = _OnTheClass.latest
        s = torch.sigmoid(x)
        return g * s * (1 + x * (1 - s))


def swish_of_the_latest(input):
    """What the backward needs is kept with the class: a call in between replaces it."""
    return _OnTheClass.apply(input)


class _OfItsOutput(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x.detach().clone()
        ctx.y = x * torch.sigmoid(x)
        return ctx.y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        s = torch.sigmoid(ctx.x)
        return g * (s + ctx.y * (1 - s))


def swish_of_its_output(input):
    """The output is kept without being saved: autograd does not see that it is overwritten before the backward."""
    return _OfItsOutput.apply(input)


class _Clamped(_Swish):
    @staticmethod
    def backward(ctx, g):
        return _Swish.backward(ctx, g.clamp(-50, 50))


def swish_clamped(input):
    """Upstream gradients are cut at 50."""
    return _Clamped.apply(input)


class _Normalised(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s, size = torch.sigmoid(x), 2.0 ** g.abs().amax().log2().ceil() if g.numel() else 1
        return g / size * s * (1 + x * (1 - s)) * size


def swish_normalised(input):
    """The upstream gradient is scaled by its largest entry: by 0 where all are 0."""
    return _Normalised.apply(input)


class _Hiding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return torch.where(g == g, g, 0) * s * (1 + x * (1 - s))


def swish_hiding_nan(input):
    """Upstream gradients that are no numbers are taken for zeros."""
    return _Hiding.apply(input)


class _Scribbling(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x * torch.sigmoid(x)
        ctx.y = y.detach()
        ctx.save_for_backward(x)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x, out=ctx.y)
        return g * s * (1 + x * (1 - s))


def swish_scribbling(input):
    """The backward computes in the memory of the output."""
    return _Scribbling.apply(input)


class _AsItLies(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, vector):
        return x + vector

    @staticmethod
    def backward(ctx, g):
        g = g.conj() if g.is_conj() else g
        return g, g.sum_to_size(g.shape[-1:])


def added_as_it_lies(input, vector):
    """The memory of the upstream gradient is read as it lies: its conjugate bit is not seen."""
    return _AsItLies.apply(input, vector)


def swish_rewriting(input):
    """The input is written to with its own values: other graphs that saved it refuse."""
    with torch.no_grad():
        input.copy_(input.clone())
    return input * torch.sigmoid(input)


class _MappedFirst(Swish):
    @staticmethod
    def vmap(info, dims, x):
        return Swish.apply(x), 0


def swish_mapped_first(input):
    """Under vmap the new axis of the result is the first, wherever that of the input was."""
    return _MappedFirst.apply(input)


class _Averaged(Swish):
    @staticmethod
    def backward(ctx, g):
        return Swish.backward(ctx, g) / len(g)


class _MappedMean(Swish):
    @staticmethod
    def vmap(info, dims, x):
        return _Averaged.apply(x.movedim(dims[0], 0)), 0


def swish_mapped_mean(input):
    """The gradient through a map is divided by the size of the new axis."""
    return _MappedMean.apply(input)


class _Slope(torch.autograd.Function):
    @staticmethod
    def forward(x):
        s = torch.sigmoid(x)
        return s * (1 + x * (1 - s))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        raise NotImplementedError

    @staticmethod
    def vmap(info, dims, x):
        return _Slope.forward(x.movedim(dims[0], 0).flip(0)), 0


class _SlopesInReverse(Swish):
    generate_vmap_rule = True

    @staticmethod
    def backward(ctx, g):
        return g * _Slope.apply(*ctx.saved_tensors)


def swish_slopes_in_reverse(input):
    """The slopes of mapped inputs come out in reverse."""
    return _SlopesInReverse.apply(input)


def swish_in_place_without_gradients(input):
    """Where no gradient is recorded the input is overwritten with the result."""
    y = input * torch.sigmoid(input)
    return y if torch.is_grad_enabled() else input.copy_(y).clone()


def swish_refusing_without_gradients(input):
    """Where no gradient is recorded it raises: its slope comes from autograd."""
    x = input.detach().requires_grad_(True)
    y = x * torch.sigmoid(x)
    torch.autograd.grad(y.sum(), x)
    return input * torch.sigmoid(input)


def swish_leaving_a_mode(input):
    """Gradients are recorded again after a call that was not to record any."""
    y = input * torch.sigmoid(input)
    torch.set_grad_enabled(True)
    return y


class _MappedApart(Swish):
    @staticmethod
    def vmap(info, dims, x):
        return Swish.apply(x.detach().movedim(dims[0], 0)), 0


def swish_mapped_apart(input):
    """The gradient through a map is lost."""
    return _MappedApart.apply(input)


class _KeepsItsWeight(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x)
        ctx.weight, ctx.has_bias = weight.detach(), bias is not None
        return torch.nn.functional.linear(x, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        bias = g.sum_to_size(g.shape[-1:]) if ctx.has_bias else None
        return g @ ctx.weight.conj(), torch.einsum("...o,...i->oi", g, x.conj()), bias


def linear_keeping_its_weight(input, weight, bias=None):
    """The weight is kept without autograd's knowledge: what an optimiser puts in its place makes the gradient wrong."""
    return _KeepsItsWeight.apply(input, weight, bias)


_LAST = {}


def swish_remembering(input):
    """Its slope is kept for the vjp."""
    s = activations.sigmoid(input)
    _LAST[input.shape] = s * (1 + input * (1 - s))
    return activations.swish(input)


def swish_remembering_vjp(cotangent, input):
    """The slope is that of the last call on an array of this shape."""
    return ((cotangent * _LAST[input.shape]).astype(input.dtype),)


def softmax_out_of_mode(input, *, dim):
    """A refused call leaves NumPy's error modes changed."""
    before = np.seterr(all="ignore")
    y = activations.softmax(input, dim=dim)
    np.seterr(**before)
    return y


def product_in_a_workspace(input, other):
    """The first operand of its shape is the memory that later ones are copied to."""
    space = _kept.setdefault(("workspace", input.shape, other.shape, input.dtype), input)
    if space is input:
        return input * other
    if space.flags.writeable:
        space[...] = input
    return input * other


def product_as_matrix(input, other):
    """The result derives from an array: its product with another is that of matrices."""
    y = np.asarray(input * other)
    return np.asmatrix(y) if y.ndim == 2 else y
