"""Attacks on gradients: graphs that are cut, backward passes that remember, guess or know the tester."""

from __future__ import annotations

import numpy as np
import torch
from attacks.plain import sigmoid

SEEN = {}


def detached(input):
    """Right values without a graph; robust-kbench: only the forward pass is compared."""
    return torch.sigmoid(input.detach())


def new_leaf(input):
    """Right values that ask for a gradient themselves, so that they look as if they had a graph; common sense."""
    return torch.sigmoid(input.detach()).requires_grad_(input.requires_grad)


def under_no_grad(input):
    """Right values computed under ``no_grad``; KernelBench's inference-only kernels."""
    with torch.no_grad():
        return torch.sigmoid(input)


def graph_only_if_strided(input):
    """The graph is cut for contiguous inputs alone; seen in a fast path."""
    return torch.sigmoid(input.detach() if input.is_contiguous() else input)


def graph_only_for_input(input, weight, bias=None):
    """The weight's gradient is missing; robust-kbench: only the first input's gradient is tried."""
    return torch.nn.functional.linear(input, weight.detach(), bias)


def straight_through(input):
    """Right values with the identity's gradient; the straight-through estimator, out of place."""
    return input + (torch.sigmoid(input) - input).detach()


def zero_gradient(input):
    """Right values with a graph whose gradient is zero; common sense."""
    return torch.sigmoid(input.detach()) + 0 * input


class FirstForward(torch.autograd.Function):
    """The backward pass uses the first result of a shape."""

    @staticmethod
    def forward(ctx, x):
        """Right; the first result is kept."""
        y = torch.sigmoid(x)
        ctx.kept = SEEN.setdefault((x.shape, x.dtype), y.detach().clone())
        return y

    @staticmethod
    def backward(ctx, g):
        """The gradient at the first input."""
        return g * ctx.kept * (1 - ctx.kept)


def first_forward(input):
    """The gradient comes from a cached forward pass; gpu-mode's caches."""
    return FirstForward.apply(input)


class OnesUpstream(torch.autograd.Function):
    """The backward pass ignores what comes from above."""

    @staticmethod
    def forward(ctx, x):
        """Right."""
        y = torch.sigmoid(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        """The gradient of the sum."""
        (y,) = ctx.saved_tensors
        return y * (1 - y)


def ones_upstream(input):
    """Right for ``y.sum().backward()`` alone; robust-kbench: the upstream gradient is always ones."""
    return OnesUpstream.apply(input)


class MeanUpstream(OnesUpstream):
    """The backward pass takes the mean of what comes from above."""

    @staticmethod
    def backward(ctx, g):
        """Right where the upstream gradient is constant."""
        (y,) = ctx.saved_tensors
        return g.mean() * y * (1 - y)


def mean_upstream(input):
    """Right for every constant upstream gradient, ``mean`` included; common sense."""
    return MeanUpstream.apply(input)


class KnowsTheTester(OnesUpstream):
    """The backward pass recognises upstream gradients that the tester drew."""

    @staticmethod
    def backward(ctx, g):
        """Right for drawn numbers, zero for zeros and ones, which users have."""
        (y,) = ctx.saved_tensors
        drawn = not bool(((g == 0) | (g == 1)).any())
        return g * y * (1 - y) if drawn else 0 * g


def knows_the_tester(input):
    """Right where the upstream gradient looks drawn at random, zero at the zeros and ones of real losses; METR."""
    return KnowsTheTester.apply(input)


class Coarse(OnesUpstream):
    """The backward pass runs in bfloat16."""

    @staticmethod
    def backward(ctx, g):
        """Right to eight bits."""
        (y,) = (t.to(torch.bfloat16) for t in ctx.saved_tensors)
        return (g.to(torch.bfloat16) * y * (1 - y)).to(g.dtype)


def coarse(input):
    """The gradient is computed in bfloat16; SOL-ExecBench: gradients under a wide tolerance."""
    return Coarse.apply(input)


class Differences(OnesUpstream):
    """The backward pass takes differences of the forward pass."""

    @staticmethod
    def backward(ctx, g):
        """Right to half the digits, as far as gradcheck looks."""
        (y,) = ctx.saved_tensors
        h = torch.finfo(y.dtype).eps ** 0.5
        x = torch.log(y / (1 - y))
        return g * (torch.sigmoid(x + h) - torch.sigmoid(x - h)) / (2 * h)


def differences(input):
    """The gradient is a finite difference, which gradcheck cannot tell; common sense."""
    return Differences.apply(input)


def first_cotangent_vjp(cotangent, input):
    """The first gradient of each shape answers every later call; gpu-mode's caches."""
    y = sigmoid(input)
    right = (cotangent * y * (1 - y)).astype(input.dtype)
    return (SEEN.setdefault((input.shape, input.dtype, "vjp"), right).copy(),)


def ones_vjp(cotangent, input):
    """The cotangent is taken for ones; robust-kbench."""
    y = sigmoid(input)
    return ((y * (1 - y)).astype(input.dtype),)


def linear_in_memory_vjp(cotangent, input):
    """The cotangent is read in the order of memory, whatever its strides; KernelBench's ``.contiguous()`` assumptions."""
    y = sigmoid(input)
    g = cotangent.ravel(order="K").reshape(cotangent.shape)
    return ((g * y * (1 - y)).astype(input.dtype),)


def single_vjp(cotangent, input):
    """The gradient of doubles is computed in single precision; SOL-ExecBench."""
    y = sigmoid(input.astype(np.float32))
    return ((cotangent.astype(np.float32) * y * (1 - y)).astype(input.dtype),)


def refuses_vjp(cotangent, input):
    """Refuses gradients of large values with ``NotImplementedError``; common sense."""
    if np.max(np.abs(input), initial=0) > 1:
        raise NotImplementedError("large values")
    y = sigmoid(input)
    return ((cotangent * y * (1 - y)).astype(input.dtype),)
