"""Modules with state, optimizers, initializers and custom functions, each wrong in one way."""

from __future__ import annotations

import numpy as np
import torch

from reference_impls import conv, normalization, optim
from reference_impls import linear as affine


def state_by_other_momentum(input, running_mean, momentum=0.1):
    """Momentum is the share of the old state."""
    return normalization.running_mean(input, running_mean, 1 - momentum)


def state_before(input, running_mean, momentum=0.1):
    """The state comes back as it was."""
    return normalization.running_mean(input, running_mean, momentum)[0], running_mean.copy()


def state_itself(input, running_mean, momentum=0.1):
    """The state is updated in place."""
    y, state = normalization.running_mean(input, running_mean, momentum)
    running_mean[...] = state
    return y, running_mean


_hidden: dict[object, object] = {}


def state_hidden(input, running_mean, momentum=0.1):
    """The state is kept in the module, and the one given is used the first time only."""
    key = running_mean.shape, str(running_mean.dtype)
    y, state = normalization.running_mean(input, _hidden.get(key, running_mean), momentum)
    _hidden[key] = state
    return y, state.copy()


def state_momentum_zero(input, running_mean, momentum=0.1):
    """A momentum of zero is taken for the default."""
    return normalization.running_mean(input, running_mean, momentum or 0.1)


def state_without_state_vjp(cotangent, input, running_mean, momentum=0.1):
    """The gradient of the returned state is left out."""
    g = cotangent[0], np.zeros_like(cotangent[1])
    return normalization.running_mean_vjp(g, input, running_mean, momentum)


def calls_share_state(input, running_mean, momentum=0.1):
    """Every call starts from the state given."""
    y, state = normalization.running_mean_calls(input, running_mean, momentum)
    if len(input) > 1:
        parts = [normalization.running_mean(x, running_mean, momentum) for x in input]
        return np.stack([p[0] for p in parts]), parts[-1][1]
    return y, state


class _Undefined(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y, state):
        ctx.set_materialize_grads(False)
        return y.clone(), state.clone()

    @staticmethod
    def backward(ctx, g, h):
        return g * 1, h * 1


def state_undefined_gradient(input, running_mean, momentum=0.1):
    """The backward raises where only one of the two results is used."""
    from reference_impls import custom

    return _Undefined.apply(*custom.running_mean(input, running_mean, momentum))


def add_mean_vjp(cotangent, input, vector):
    """The gradient of the vector is a mean over the rows."""
    gi, gv = affine.add_vector_vjp(cotangent, input, vector)
    return gi, (gv / max(len(cotangent), 1)).astype(gv.dtype) if cotangent.ndim > 1 else gv


def add_first_axis_vjp(cotangent, input, vector):
    """The gradient of the vector is summed over the first axis only."""
    gi, gv = affine.add_vector_vjp(cotangent, input, vector)
    return gi, cotangent.sum(axis=0) if cotangent.ndim > 1 else gv


def add_in_place(input, vector):
    """The vector is added to the input itself."""
    input += vector
    return input


def add_alias_of_zero(input, vector):
    """A vector of zeros gives the input back itself."""
    return input if vector.size and not vector.any() else affine.add_vector(input, vector)


def add_long_vector(input, vector):
    """A vector that is too long is cut."""
    return affine.add_vector(input, vector[: input.shape[-1]])


def add_in_double(input, vector):
    """bfloat16 comes back as float32."""
    y = torch.add(input, vector)
    return y.float() if input.dtype == torch.bfloat16 else y


def weight_without_dilation(input, grad_output, weight_size, stride=1, padding=0, dilation=1, groups=1):
    """Dilation and stride are exchanged where they are equal in number."""
    y = conv.conv2d_weight(input, weight_size, grad_output, stride, padding, dilation, groups)
    return y[..., ::-1] if dilation != 1 else y


def weight_groups(input, grad_output, weight_size, stride=1, padding=0, dilation=1, groups=1):
    """Groups of the weight come out in reverse."""
    y = conv.conv2d_weight(input, weight_size, grad_output, stride, padding, dilation, groups)
    return np.concatenate(np.split(y, groups)[::-1])


def adam_uncorrected(p, g, m, v, t, lr, betas, eps, weight_decay):
    """The moments are not corrected for their start."""
    return optim.adam_step(p, g, m, v, t=10**6, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)


def adam_decoupled(p, g, m, v, t, lr, betas, eps, weight_decay):
    """Weight decay is decoupled, as in AdamW."""
    q, m2, v2 = optim.adam_step(p, g, m, v, t=t, lr=lr, betas=betas, eps=eps, weight_decay=0.0)
    return (q - lr * weight_decay * p).astype(p.dtype), m2, v2


def adam_eps_inside(p, g, m, v, t, lr, betas, eps, weight_decay):
    """eps is added under the root."""
    _, m2, v2 = optim.adam_step(p, g, m, v, t=t, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
    step = lr * m2 / (1 - betas[0] ** t) / np.sqrt(v2 / (1 - betas[1] ** t) + eps)
    return (p - step).astype(p.dtype), m2, v2


def adam_moments_in_place(p, g, m, v, t, lr, betas, eps, weight_decay):
    """The first moment is updated in place."""
    q, m2, v2 = optim.adam_step(p, g, m, v, t=t, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
    m[...] = m2
    return q, m, v2


def adam_signed_decay(p, g, m, v, t, lr, betas, eps, weight_decay):
    """Weight decay is subtracted from the gradient."""
    opposite = g - 2 * weight_decay * p
    return optim.adam_step(p, opposite, m, v, t=t, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)


def sort_nan_first(input, dim=-1):
    """What is no number comes first."""
    return np.flip(-np.sort(-input, axis=dim), axis=dim) if np.isnan(input).any() else np.sort(input, axis=dim)
