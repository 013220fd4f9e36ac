"""Steps of recurrent cells and of optimizers, each wrong in one way."""

from __future__ import annotations

import numpy as np

from reference_impls import optim
from reference_impls import steps as right


def _swapped(weight, order, count):
    parts = np.split(weight, count)
    return np.concatenate([parts[i] for i in order])


def lstm_gates_of_keras(input, h, c, w_ih, w_hh, b_ih, b_hh):
    """The output gate stands before the candidate."""
    return right.lstm_cell(input, h, c, *(_swapped(w, (0, 1, 3, 2), 4) for w in (w_ih, w_hh, b_ih, b_hh)))


def lstm_of_one_bias(input, h, c, w_ih, w_hh, b_ih, b_hh):
    """The second bias is left out."""
    return right.lstm_cell(input, h, c, w_ih, w_hh, b_ih, np.zeros_like(b_hh))


def lstm_cell_in_place(input, h, c, w_ih, w_hh, b_ih, b_hh):
    """The cell's state is updated in place."""
    h_next, c_next = right.lstm_cell(input, h, c, w_ih, w_hh, b_ih, b_hh)
    c[...] = c_next
    return h_next, c_next


def gru_reset_before(input, h, w_ih, w_hh, b_ih, b_hh):
    """The state is reset before its product."""
    own, past = input @ w_ih.T + b_ih, h @ w_hh.T + b_hh
    n = h.shape[1]
    r, z = (right.sigmoid_stable(own[:, s] + past[:, s]) for s in (slice(n), slice(n, 2 * n)))
    new = np.tanh(own[:, 2 * n :] + (r * h) @ w_hh[2 * n :].T + b_hh[2 * n :])
    return ((1 - z) * new + z * h).astype(h.dtype)


def gru_gates_swapped(input, h, w_ih, w_hh, b_ih, b_hh):
    """The update gate stands first."""
    return right.gru_cell(input, h, *(_swapped(w, (1, 0, 2), 3) for w in (w_ih, w_hh, b_ih, b_hh)))


def gru_in_single(input, h, w_ih, w_hh, b_ih, b_hh):
    """float64 is computed in float32."""
    return right.gru_cell(*(x.astype(np.float32) for x in (input, h, w_ih, w_hh, b_ih, b_hh))).astype(h.dtype)


def sgd_undampened(p, g, m, lr, momentum, dampening, weight_decay, nesterov):
    """Nothing is dampened."""
    return right.sgd_step(p, g, m, lr, momentum, 0.0, weight_decay, nesterov)


def sgd_plain(p, g, m, lr, momentum, dampening, weight_decay, nesterov):
    """Nesterov's step is plain."""
    return right.sgd_step(p, g, m, lr, momentum, dampening, weight_decay)


def sgd_decoupled(p, g, m, lr, momentum, dampening, weight_decay, nesterov):
    """Weight decay does not enter the momentum."""
    q, moved = right.sgd_step(p, g, m, lr, momentum, dampening, 0.0, nesterov)
    return (q - lr * weight_decay * p).astype(p.dtype), moved


def rmsprop_eps_inside(p, g, v, lr, alpha, eps, weight_decay):
    """eps is added below the root."""
    _, moved = right.rmsprop_step(p, g, v, lr, alpha, eps, weight_decay)
    return (p - lr * (g + weight_decay * p) / np.sqrt(moved + eps)).astype(p.dtype), moved


def rmsprop_before(p, g, v, lr, alpha, eps, weight_decay):
    """The mean square before this gradient divides."""
    with np.errstate(all="ignore"):
        _, moved = right.rmsprop_step(p, g, v, lr, alpha, eps, weight_decay)
        return (p - lr * (g + weight_decay * p) / (np.sqrt(v) + eps)).astype(p.dtype), moved


def rmsprop_state_in_place(p, g, v, lr, alpha, eps, weight_decay):
    """The mean square is updated in place."""
    q, moved = right.rmsprop_step(p, g, v, lr, alpha, eps, weight_decay)
    v[...] = moved
    return q, v


def lion_betas_swapped(p, g, m, lr, betas, weight_decay):
    """Each beta is in the other's place."""
    return right.lion_step(p, g, m, lr, betas[::-1], weight_decay)


def lion_of_next_moment(p, g, m, lr, betas, weight_decay):
    """The sign is that of the next moment."""
    return right.lion_step(p, g, m, lr, (betas[1], betas[1]), weight_decay)


def lion_coupled(p, g, m, lr, betas, weight_decay):
    """Weight decay is added to the gradient."""
    return right.lion_step(p, (g + weight_decay * p).astype(g.dtype), m, lr, betas)


def adamw_coupled(p, g, m, v, t, lr, betas, eps, weight_decay):
    """Weight decay is added to the gradient."""
    return optim.adam_step(p, g, m, v, t, lr, betas, eps, weight_decay)


def adamw_without_rate(p, g, m, v, t, lr, betas, eps, weight_decay):
    """The decay is not multiplied with the rate."""
    q, *moments = optim.adam_step(p, g, m, v, t, lr, betas, eps)
    return (q - weight_decay * p).astype(p.dtype), *moments


def adamw_uncorrected(p, g, m, v, t, lr, betas, eps, weight_decay):
    """The moments are not corrected for their start."""
    return optim.adamw_step(p, g, m, v, 10**6, lr, betas, eps, weight_decay)
