"""One step of an optimizer: state in, state out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from harness.definitions.derivatives import settled

#: How a moment moves on, or what is taken from p.
Form = Callable[..., Any]


def _corrections(p: Any, t: int, betas: Any) -> tuple[Any, Any]:
    """``1 - beta^t`` for both betas, which implementations compute in double precision whatever the arrays are.

    In double precision itself the roundings of the power count, so that they are made in the arrays' own arithmetic.
    """
    if np.dtype(p.dtype) != np.longdouble:
        return tuple(1 - np.longdouble(beta) ** t for beta in betas)  # type: ignore[return-value]
    nothing = np.sum(p.reshape((-1,))[:0])
    powers = (np.power(nothing + beta, t) if beta > 0 else 0.0 for beta in betas)
    return tuple(1 - power for power in powers)  # type: ignore[return-value]


def _decayed(p: Any, g: Any, weight_decay: float) -> Any:
    return g + weight_decay * p if weight_decay else g


def _weighed(old: Any, new: Any, beta: float) -> Any:
    """``b old + (1 - b) new``."""
    return beta * old + (1 - np.longdouble(beta)) * new


def _from_old(old: Any, new: Any, beta: float) -> Any:
    """``old + (1 - b) (new - old)``."""
    return old + (1 - np.longdouble(beta)) * (new - old)


def _from_new(old: Any, new: Any, beta: float) -> Any:
    """``new - b (new - old)``, as interpolation begins at the nearer end."""
    return new - beta * (new - old)


def _textbook(p: Any, m: Any, v: Any, first: Any, second: Any, lr: float, eps: float) -> Any:
    """``p - lr m_hat / (sqrt(v_hat) + eps)``."""
    return p - lr * (m / first) / (np.sqrt(v / second) + eps)


def _step_size(p: Any, m: Any, v: Any, first: Any, second: Any, lr: float, eps: float) -> Any:
    """``p - (lr / (1 - b1^t)) m / (sqrt(v) / sqrt(1 - b2^t) + eps)``."""
    return p - (lr / first) * (m / (np.sqrt(v) / np.sqrt(second) + eps))


def _reciprocal_root(p: Any, m: Any, v: Any, first: Any, second: Any, lr: float, eps: float) -> Any:
    """``p - (lr / (1 - b1^t)) m (1 / (sqrt(v) (1 / sqrt(1 - b2^t)) + eps))``."""
    return p - (lr / first) * m * (1 / (np.sqrt(v) * (1 / np.sqrt(second)) + eps))


def _stepped(
    mean: Form,
    square: Form,
    step: Form,
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    *,
    t: int,
    lr: float,
    betas: Any,
    **params: Any,
) -> tuple[Any, Any, Any]:
    """One step of Adam in chosen forms of both moments and of what is taken from p."""
    gradient = _decayed(p, g, params["weight_decay"])
    m_next, v_next = mean(m, gradient, betas[0]), square(v, gradient * gradient, betas[1])
    first, second = _corrections(p, t, betas)
    return step(p, m_next, v_next, first, second, lr, params["eps"]), m_next, v_next


def adam_step(
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    *,
    t: int,
    lr: float = 1e-3,
    betas: Any = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Any, Any, Any]:
    """``p - lr m_hat / (sqrt(v_hat) + eps)``: step t = 1, 2, ... of Adam (Kingma and Ba 2015, algorithm 1).

    ``m' = b1 m + (1 - b1) g'``, ``v' = b2 v + (1 - b2) g'^2``, ``m_hat = m' / (1 - b1^t)``, ``v_hat = v' / (1 - b2^t)``,
    ``g' = g + weight_decay p``. Returns (p', m', v').
    """
    params = {"t": t, "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
    return _stepped(_weighed, _weighed, _textbook, p, g, m, v, **params)


def adam_step_by_parts(
    p: Any, g: Any, m: Any, v: Any, *, t: int, lr: float, betas: Any, eps: float, weight_decay: float
) -> tuple[Any, Any, Any]:
    """Slopes as of ``addcdiv``: what comes through m' and what comes through v' are added to p's one after the other."""
    gradient = _decayed(p, g, weight_decay)
    m_next, v_next = _weighed(m, gradient, betas[0]), _weighed(v, gradient * gradient, betas[1])
    first, second = _corrections(p, t, betas)
    mean, per = m_next / first, 1 / (np.sqrt(v_next / second) + eps)
    held = settled(per)
    return p - lr * mean * held - lr * mean * (per - held), m_next, v_next


_MEANS, _STEPS = (_weighed, _from_old, _from_new), (_textbook, _step_size, _reciprocal_root)

#: Those whose derivatives are asked for as well; of the others the values alone.
_DERIVED = ((_from_old, _weighed, _step_size), (_from_old, _from_old, _reciprocal_root))

adam_step.legal = tuple(partial(_stepped, *forms) for forms in _DERIVED)  # type: ignore[attr-defined]
adam_step.legal_values = tuple(  # type: ignore[attr-defined]
    partial(_stepped, *forms) for forms in product(_MEANS, _MEANS, _STEPS) if forms not in _DERIVED
)
adam_step.legal_slopes = (adam_step_by_parts,)  # type: ignore[attr-defined]


def _decoupled(forms: Any, p: Any, g: Any, m: Any, v: Any, **params: Any) -> tuple[Any, Any, Any]:
    """A step of Adam in chosen forms, from parameters that have decayed by themselves."""
    shrunk = 1 - np.longdouble(params["lr"]) * np.longdouble(params["weight_decay"])
    kept = p * shrunk if params["weight_decay"] else p
    return _stepped(*forms, kept, g, m, v, **(params | {"weight_decay": 0.0}))


def adamw_step(
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    *,
    t: int,
    lr: float = 1e-3,
    betas: Any = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
) -> tuple[Any, Any, Any]:
    """``p (1 - lr weight_decay) - lr m_hat / (sqrt(v_hat) + eps)`` (Loshchilov and Hutter 2019, algorithm 2).

    The moments are Adam's, of the gradient alone. Returns (p', m', v').
    """
    params = {"t": t, "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
    return _decoupled((_weighed, _weighed, _textbook), p, g, m, v, **params)


adamw_step.legal = tuple(partial(_decoupled, forms) for forms in _DERIVED)  # type: ignore[attr-defined]
adamw_step.legal_values = tuple(  # type: ignore[attr-defined]
    partial(_decoupled, forms) for forms in product(_MEANS, _MEANS, _STEPS) if forms not in _DERIVED
)
