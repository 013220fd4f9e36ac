"""Parameters, gradients and moments -> the next ones: NumPy and torch candidates."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import narrowed, widened

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]


def adam_step(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    t: Any = 1,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Array, Array, Array]:
    """``p - lr m_hat / (sqrt(v_hat) + eps)``: step ``t`` = 1, 2, ... of Adam (Kingma and Ba 2015, algorithm 1).

    ``m' = b1 m + (1 - b1) g'``, ``v' = b2 v + (1 - b2) g'**2``, ``m_hat = m' / (1 - b1**t)``,
    ``v_hat = v' / (1 - b2**t)``, ``g' = g + weight_decay p``. Returns ``(p', m', v')``. Raises ValueError where the
    four arrays differ in shape.
    """
    if not p.shape == g.shape == m.shape == v.shape:
        raise ValueError(
            f"parameters, gradient and moments differ in shape: {p.shape}, {g.shape}, {m.shape}, {v.shape}"
        )
    step, _, root, m_next, v_next = _parts(p, g, m, v, t, lr, betas, eps, weight_decay)
    moved = widened(p) - step * m_next / (root + eps)
    return narrowed(moved, p), narrowed(m_next, m), narrowed(v_next, v)


def adam_step_vjp(
    cotangent: tuple[Array, Array, Array],
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    t: Any = 1,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Array | None, ...]:
    """The chain rule through ``p'``, ``m'`` and ``v'``, with 0 for the slope of ``sqrt(v_hat)`` at 0."""
    by_p, by_m, by_v = (widened(c) for c in cotangent)
    step, gradient, root, m_next, _ = _parts(p, g, m, v, t, lr, betas, eps, weight_decay)
    below = root + eps
    correction = 1 - betas[1] ** int(t)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(root > 0, step * m_next / (below * below * 2 * root * correction), 0)
    through_m, through_v = by_m - by_p * step / below, by_v + by_p * slope
    through_g = (1 - betas[0]) * through_m + 2 * (1 - betas[1]) * gradient * through_v
    decayed = weight_decay * through_g if weight_decay else 0
    gradients = (by_p + decayed, through_g, betas[0] * through_m, betas[1] * through_v)
    return *(narrowed(of, like) for of, like in zip(gradients, (p, g, m, v), strict=True)), None


def torch_adam_step_by_hand(
    p: torch.Tensor,
    g: torch.Tensor,
    m: torch.Tensor,
    v: torch.Tensor,
    t: Any = 1,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """``p - lr m_hat / (sqrt(v_hat) + eps)`` in torch's own operations, so that autograd sees it."""
    gradient = g + weight_decay * p if weight_decay else g
    m_next = betas[0] * m + (1 - betas[0]) * gradient
    v_next = betas[1] * v + (1 - betas[1]) * gradient * gradient
    m_hat, v_hat = m_next / (1 - betas[0] ** int(t)), v_next / (1 - betas[1] ** int(t))
    return p - lr * m_hat / (v_hat.sqrt() + eps), m_next, v_next


def _parts(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    t: Any,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
) -> tuple[float, Array, Array, Array, Array]:
    """``lr / (1 - b1**t)``, ``g'``, ``sqrt(v_hat)``, ``m'`` and ``v'``."""
    if lr < 0 or eps < 0 or weight_decay < 0 or not all(0 <= beta < 1 for beta in betas) or int(t) < 1:
        raise ValueError(f"lr {lr}, eps {eps}, weight_decay {weight_decay} >= 0, betas {betas} in [0, 1), t {t} >= 1")
    gradient = widened(g) + weight_decay * widened(p) if weight_decay else widened(g)
    m_next = betas[0] * widened(m) + (1 - betas[0]) * gradient
    v_next = betas[1] * widened(v) + (1 - betas[1]) * (gradient * gradient)
    root = np.sqrt(v_next / (1 - betas[1] ** int(t)))
    return lr / (1 - betas[0] ** int(t)), gradient, root, m_next, v_next


def torch_adam_step(
    p: torch.Tensor,
    g: torch.Tensor,
    m: torch.Tensor,
    v: torch.Tensor,
    t: Any = 1,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    **how: Any,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One step of ``torch.optim.Adam``, its default on this device: its state put in before and taken out after it."""
    import torch

    parameter = torch.nn.Parameter(p.detach().clone())
    parameter.grad = g.detach().clone()
    optimizer = torch.optim.Adam([parameter], lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, **how)
    optimizer.state[parameter] = {
        "step": torch.tensor(float(int(t) - 1), dtype=torch.float32),
        "exp_avg": m.detach().clone(),
        "exp_avg_sq": v.detach().clone(),
    }
    optimizer.step()
    state = optimizer.state[parameter]
    return parameter.detach(), state["exp_avg"], state["exp_avg_sq"]


torch_adam_step_foreach = partial(torch_adam_step, foreach=True)
#: One kernel.
torch_adam_step_fused = partial(torch_adam_step, fused=True)


def adamw_step(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    t: Any = 1,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
) -> tuple[Array, Array, Array]:
    """Adam's step from parameters that have decayed by ``1 - lr weight_decay`` (Loshchilov and Hutter 2019)."""
    if weight_decay < 0:
        raise ValueError(f"weight_decay is {weight_decay}; it is not negative")
    kept = widened(p) * (1 - lr * weight_decay) if weight_decay else widened(p)
    moved, m_next, v_next = adam_step(kept, g, m, v, t, lr, betas, eps)
    return narrowed(moved, p), m_next, v_next


def torch_adamw_step(
    p: torch.Tensor,
    g: torch.Tensor,
    m: torch.Tensor,
    v: torch.Tensor,
    t: Any = 1,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One step of ``torch.optim.AdamW``: Adam's own step with its decay apart."""
    if not p.shape == g.shape == m.shape == v.shape:
        raise ValueError("parameters, gradient and moments differ in shape")
    return torch_adam_step(p, g, m, v, t, lr, betas, eps, weight_decay, decoupled_weight_decay=True)
