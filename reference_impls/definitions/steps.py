"""One step of a recurrent cell, or of an optimizer without corrections: state in, state out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference_impls.definitions.activations import sigmoid, sigmoid_by_exponential, sigmoid_by_tanh
from reference_impls.definitions.linear import linear

#: A logistic function.
Gate = Callable[[Any], Any]


def lstm_cell(
    input: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, gate: Gate = sigmoid
) -> tuple[Any, Any]:
    """``c' = s(f) c + s(i) tanh(g)``, ``h' = s(o) tanh(c')`` with ``(i, f, g, o) = W x + b + U h + d``.

    Shapes: input (N, I), h and c (N, H), w_ih (4 H, I), w_hh (4 H, H), biases (4 H). Returns (h', c').
    """
    i, f, g, o = np.split(linear(input, w_ih) + b_ih + linear(h, w_hh) + b_hh, 4, axis=1)
    cell = gate(f) * c + gate(i) * np.tanh(g)
    return gate(o) * np.tanh(cell), cell


lstm_cell.legal = (partial(lstm_cell, gate=sigmoid_by_exponential),)  # type: ignore[attr-defined]
lstm_cell.cancelling_slopes = (partial(lstm_cell, gate=sigmoid_by_tanh),)  # type: ignore[attr-defined]


def gru_cell(
    input: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, gate: Gate = sigmoid, by_difference: bool = False
) -> Any:
    """``h' = (1 - z) n + z h`` with ``r = s(..)``, ``z = s(..)`` and ``n = tanh(W x + b + r (U h + d))``.

    Shapes: input (N, I), h (N, H), w_ih (3 H, I), w_hh (3 H, H), biases (3 H).
    """
    own = np.split(linear(input, w_ih) + b_ih, 3, axis=1)
    past = np.split(linear(h, w_hh) + b_hh, 3, axis=1)
    r, z = gate(own[0] + past[0]), gate(own[1] + past[1])
    n = np.tanh(own[2] + r * past[2])
    return n + z * (h - n) if by_difference else (1 - z) * n + z * h


gru_cell.legal = (  # type: ignore[attr-defined]
    partial(gru_cell, by_difference=True),
    partial(gru_cell, gate=sigmoid_by_exponential),
)
gru_cell.cancelling_slopes = (partial(gru_cell, gate=sigmoid_by_tanh),)  # type: ignore[attr-defined]


def sgd_step(
    p: Any,
    g: Any,
    m: Any,
    *,
    lr: float = 1e-3,
    momentum: float = 0.9,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[Any, Any]:
    """``m' = momentum m + (1 - dampening) g'``, ``p' = p - lr m'``, or ``p - lr (g' + momentum m')`` of Nesterov.

    ``g' = g + weight_decay p``. Returns (p', m').
    """
    gradient = g + weight_decay * p if weight_decay else g
    moved = momentum * m + (1 - np.longdouble(dampening)) * gradient
    return p - lr * (gradient + momentum * moved if nesterov else moved), moved


def lion_step(
    p: Any,
    g: Any,
    m: Any,
    *,
    lr: float = 1e-4,
    betas: Any = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> tuple[Any, Any]:
    """``p' = p (1 - lr wd) - lr sign(b1 m + (1 - b1) g)``, ``m' = b2 m + (1 - b2) g`` (Chen et al. 2023).

    Returns (p', m').
    """
    first, second = (np.longdouble(b) for b in betas)
    decayed = p * (1 - np.longdouble(lr) * np.longdouble(weight_decay)) if weight_decay else p
    moved = second * m + (1 - second) * g
    return decayed - lr * np.sign(first * m + (1 - first) * g), moved


def lion_step_with_decay_added(
    p: Any, g: Any, m: Any, *, lr: float = 1e-4, betas: Any = (0.9, 0.99), weight_decay: float = 0.0
) -> tuple[Any, Any]:
    """``p' = p - lr (sign(..) + wd p)``, as the paper writes it."""
    first, second = (np.longdouble(b) for b in betas)
    moved = second * m + (1 - second) * g
    sign = np.sign(first * m + (1 - first) * g)
    return p - lr * (sign + weight_decay * p if weight_decay else sign), moved


lion_step.legal = (lion_step_with_decay_added,)  # type: ignore[attr-defined]


def rmsprop_step(
    p: Any,
    g: Any,
    v: Any,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Any, Any]:
    """``v' = alpha v + (1 - alpha) g'^2``, ``p' = p - lr g' / (sqrt(v') + eps)``, ``g' = g + weight_decay p``.

    Returns (p', v').
    """
    gradient = g + weight_decay * p if weight_decay else g
    moved = alpha * v + (1 - np.longdouble(alpha)) * (gradient * gradient)
    return p - lr * (gradient / (np.sqrt(moved) + eps)), moved
