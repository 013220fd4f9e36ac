"""What goes wrong in a step of a recurrent cell or of an optimizer."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_impls.definitions import optim
from reference_impls.definitions import steps as right


def _reordered(weight: Any, order: tuple[int, ...], count: int) -> Any:
    parts = np.split(weight, count, axis=0)
    return np.concatenate([parts[i] for i in order], axis=0)


def _lstm(order: tuple[int, ...]) -> Any:
    def lstm_cell(input: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
        return right.lstm_cell(input, h, c, *(_reordered(w, order, 4) for w in (w_ih, w_hh, b_ih, b_hh)))

    return lstm_cell


lstm_gates_of_keras = _lstm((0, 1, 3, 2))
lstm_gates_swapped = _lstm((1, 0, 2, 3))


def lstm_without_second_bias(input: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """One bias is left out."""
    return right.lstm_cell(input, h, c, w_ih, w_hh, b_ih, np.zeros(b_hh.shape))


def gru_reset_before(input: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """The state is reset before its product, as Cho et al. 2014 write it."""
    (wr, wz, wn), (ur, uz, un) = np.split(w_ih, 3, axis=0), np.split(w_hh, 3, axis=0)
    (br, bz, bn), (dr, dz, dn) = np.split(b_ih, 3), np.split(b_hh, 3)
    r = right.sigmoid(input @ wr.T + br + h @ ur.T + dr)
    z = right.sigmoid(input @ wz.T + bz + h @ uz.T + dz)
    n = np.tanh(input @ wn.T + bn + (r * h) @ un.T + dn)
    return (1 - z) * n + z * h


def gru_update_inverted(input: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """``z n + (1 - z) h``."""
    own, past = np.split(input @ w_ih.T + b_ih, 3, axis=1), np.split(h @ w_hh.T + b_hh, 3, axis=1)
    r, z = (right.sigmoid(own[i] + past[i]) for i in (0, 1))
    n = np.tanh(own[2] + r * past[2])
    return z * n + (1 - z) * h


def gru_gates_swapped(input: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """Update before reset, as Keras keeps them."""
    return right.gru_cell(input, h, *(_reordered(w, (1, 0, 2), 3) for w in (w_ih, w_hh, b_ih, b_hh)))


def sgd_dampening_ignored(p: Any, g: Any, m: Any, *, dampening: float = 0.0, **params: Any) -> Any:
    """Nothing is dampened."""
    return right.sgd_step(p, g, m, **params)


def sgd_nesterov_ignored(p: Any, g: Any, m: Any, *, nesterov: bool = False, **params: Any) -> Any:
    """The step is plain momentum's."""
    return right.sgd_step(p, g, m, **params)


def sgd_decoupled(p: Any, g: Any, m: Any, *, weight_decay: float = 0.0, lr: float = 1e-3, **params: Any) -> Any:
    """Weight decay does not enter the momentum."""
    q, moved = right.sgd_step(p, g, m, lr=lr, **params)
    return q - lr * weight_decay * p, moved


def lion_moment_first(
    p: Any, g: Any, m: Any, *, lr: float = 1e-4, betas: Any = (0.9, 0.99), weight_decay: float = 0.0
) -> Any:
    """The sign is that of the next moment."""
    return right.lion_step(p, g, m, lr=lr, betas=(betas[1], betas[1]), weight_decay=weight_decay)


def lion_betas_swapped(
    p: Any, g: Any, m: Any, *, lr: float = 1e-4, betas: Any = (0.9, 0.99), weight_decay: float = 0.0
) -> Any:
    """Each beta in the other's place."""
    return right.lion_step(p, g, m, lr=lr, betas=(betas[1], betas[0]), weight_decay=weight_decay)


def rmsprop_eps_inside(
    p: Any,
    g: Any,
    v: Any,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Any:
    """eps is added below the root, as TensorFlow does."""
    gradient = g + weight_decay * p
    moved = alpha * v + (1 - np.longdouble(alpha)) * (gradient * gradient)
    return p - lr * (gradient / np.sqrt(moved + eps)), moved


def rmsprop_before(
    p: Any,
    g: Any,
    v: Any,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Any:
    """The step divides by the mean square before this gradient."""
    gradient = g + weight_decay * p
    moved = alpha * v + (1 - np.longdouble(alpha)) * (gradient * gradient)
    return p - lr * (gradient / (np.sqrt(v) + eps)), moved


def adamw_coupled(p: Any, g: Any, m: Any, v: Any, **params: Any) -> Any:
    """Weight decay is added to the gradient, as Adam does."""
    return optim.adam_step(p, g, m, v, **params)


def adamw_decay_without_rate(p: Any, g: Any, m: Any, v: Any, *, weight_decay: float = 1e-2, **params: Any) -> Any:
    """The decay is not multiplied with the rate."""
    q, *moments = optim.adamw_step(p, g, m, v, weight_decay=0.0, **params)
    return q - weight_decay * p, *moments
