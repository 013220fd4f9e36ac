"""Steps of recurrent cells and of optimizers that are right in another way."""

from __future__ import annotations

import numpy as np

from reference_impls import optim
from reference_impls import steps as right


def _wide(*xs):
    return tuple(x.astype(np.longdouble) for x in xs)


def lstm_in_extended(input, h, c, w_ih, w_hh, b_ih, b_hh):
    """In extended precision."""
    return tuple(y.astype(h.dtype) for y in right.lstm_cell(*_wide(input, h, c, w_ih, w_hh, b_ih, b_hh)))


def gru_in_extended(input, h, w_ih, w_hh, b_ih, b_hh):
    """In extended precision."""
    return right.gru_cell(*_wide(input, h, w_ih, w_hh, b_ih, b_hh)).astype(h.dtype)


def sgd_in_extended(p, g, m, lr, momentum, dampening, weight_decay, nesterov):
    """In extended precision."""
    found = right.sgd_step(*_wide(p, g, m), lr, momentum, dampening, weight_decay, nesterov)
    return tuple(y.astype(p.dtype) for y in found)


def rmsprop_in_extended(p, g, v, lr, alpha, eps, weight_decay):
    """In extended precision."""
    return tuple(y.astype(p.dtype) for y in right.rmsprop_step(*_wide(p, g, v), lr, alpha, eps, weight_decay))


def lion_with_decay_added(p, g, m, lr, betas, weight_decay):
    """``lr (sign + wd p)`` in one step."""
    if lr < 0 or p.shape != g.shape:
        raise ValueError("a parameter is out of its range")
    sign = np.sign(betas[0] * m + (1 - betas[0]) * g)
    step = sign + weight_decay * p if weight_decay else sign
    return (p - lr * step).astype(p.dtype), (betas[1] * m + (1 - betas[1]) * g).astype(m.dtype)


def adamw_in_extended(p, g, m, v, t, lr, betas, eps, weight_decay):
    """In extended precision."""
    return tuple(y.astype(p.dtype) for y in optim.adamw_step(*_wide(p, g, m, v), t, lr, betas, eps, weight_decay))
