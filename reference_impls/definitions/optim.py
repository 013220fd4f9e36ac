"""One step of an optimizer: state in, state out."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.definitions.derivatives import settled


def _corrections(p: Any, t: int, betas: Any) -> tuple[Any, Any]:
    """``1 - beta^t`` for both betas, which implementations compute in double precision whatever the arrays are.

    In double precision itself the roundings of the power count, so that they are made in the arrays' own arithmetic.
    """
    if np.dtype(p.dtype) != np.longdouble:
        return tuple(1 - np.longdouble(beta) ** t for beta in betas)  # type: ignore[return-value]
    nothing = np.sum(p.reshape((-1,))[:0])
    powers = (np.power(nothing + beta, t) if beta > 0 else 0.0 for beta in betas)
    return tuple(1 - power for power in powers)  # type: ignore[return-value]


def _moments(p: Any, g: Any, m: Any, v: Any, betas: Any, weight_decay: float) -> tuple[Any, Any]:
    gradient = g + weight_decay * p if weight_decay else g
    new = [1 - np.longdouble(beta) for beta in betas]
    return betas[0] * m + new[0] * gradient, betas[1] * v + new[1] * (gradient * gradient)


def adam_step_torch(
    p: Any, g: Any, m: Any, v: Any, *, t: int, lr: float, betas: Any, eps: float, weight_decay: float
) -> tuple[Any, Any, Any]:
    """``p - lr / (1 - b1^t) m' / (sqrt(v') / sqrt(1 - b2^t) + eps)``, ``m' = m + (1 - b1) (g' - m)``."""
    gradient = g + weight_decay * p if weight_decay else g
    m_next = m + (1 - np.longdouble(betas[0])) * (gradient - m)
    v_next = betas[1] * v + (1 - np.longdouble(betas[1])) * gradient * gradient
    first, second = _corrections(p, t, betas)
    below = np.sqrt(v_next) / np.sqrt(second) + eps
    return p - (lr / first) * (m_next / below), m_next, v_next


def adam_step(
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    *,
    t: int = 1,
    lr: float = 1e-3,
    betas: Any = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Any, Any, Any]:
    """``p - lr m_hat / (sqrt(v_hat) + eps)``: step t = 1, 2, ... of Adam (Kingma and Ba 2015, algorithm 1).

    ``m' = b1 m + (1 - b1) g'``, ``v' = b2 v + (1 - b2) g'^2``, ``m_hat = m' / (1 - b1^t)``, ``v_hat = v' / (1 - b2^t)``,
    ``g' = g + weight_decay p``. Returns (p', m', v').
    """
    m_next, v_next = _moments(p, g, m, v, betas, weight_decay)
    first, second = _corrections(p, t, betas)
    return p - lr * (m_next / first) / (np.sqrt(v_next / second) + eps), m_next, v_next


def adam_step_by_parts(
    p: Any, g: Any, m: Any, v: Any, *, t: int, lr: float, betas: Any, eps: float, weight_decay: float
) -> tuple[Any, Any, Any]:
    """Slopes as of ``addcdiv``: what comes through m' and what comes through v' are added to p's one after the other."""
    m_next, v_next = _moments(p, g, m, v, betas, weight_decay)
    first, second = _corrections(p, t, betas)
    mean, per = m_next / first, 1 / (np.sqrt(v_next / second) + eps)
    held = settled(per)
    return p - lr * mean * held - lr * mean * (per - held), m_next, v_next


adam_step.legal = (adam_step_torch,)  # type: ignore[attr-defined]
adam_step.legal_slopes = (adam_step_by_parts,)  # type: ignore[attr-defined]
