"""One step of a recurrent cell or an optimizer: NumPy candidates, and torch's own and those written by hand of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import narrowed, sigmoid_stable, widened

if TYPE_CHECKING:
    from torch import Tensor

Array = npt.NDArray[Any]


def _checked(*conditions: bool) -> None:
    if not all(conditions):
        raise ValueError("a parameter is out of its range, or the arrays differ in shape")


def _affine(x: Array, weight: Array, bias: Array) -> Array:
    return np.asarray(widened(x) @ widened(weight).T + widened(bias))


def lstm_cell(
    input: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array
) -> tuple[Array, Array]:
    """``c' = s(f) c + s(i) tanh(g)``, ``h' = s(o) tanh(c')``."""
    i, f, g, o = np.split(_affine(input, w_ih, b_ih) + _affine(h, w_hh, b_hh), 4, axis=1)
    cell = sigmoid_stable(f) * widened(c) + sigmoid_stable(i) * np.tanh(g)
    return narrowed(sigmoid_stable(o) * np.tanh(cell), h), narrowed(cell, c)


def gru_cell(input: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Array:
    """``h' = (1 - z) n + z h``."""
    own, past = np.split(_affine(input, w_ih, b_ih), 3, axis=1), np.split(_affine(h, w_hh, b_hh), 3, axis=1)
    r, z = sigmoid_stable(own[0] + past[0]), sigmoid_stable(own[1] + past[1])
    n = np.tanh(own[2] + r * past[2])
    return narrowed((1 - z) * n + z * widened(h), h)


def torch_lstm_cell(
    input: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor]:
    """``torch.lstm_cell``, the function of ``torch.nn.LSTMCell``."""
    import torch

    found: tuple[Tensor, Tensor] = torch.lstm_cell(input, (h, c), w_ih, w_hh, b_ih, b_hh)
    return found


def torch_lstm_cell_by_hand(
    input: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor]:
    """The gates in one product each, and chunks of them."""
    i, f, g, o = (input @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, 1)
    cell = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * cell.tanh(), cell


def torch_gru_cell(input: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
    """``torch.gru_cell``, the function of ``torch.nn.GRUCell``."""
    import torch

    found: Tensor = torch.gru_cell(input, h, w_ih, w_hh, b_ih, b_hh)
    return found


def sgd_step(
    p: Array,
    g: Array,
    m: Array,
    lr: float = 1e-3,
    momentum: float = 0.9,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[Array, Array]:
    """``m' = momentum m + (1 - dampening) g'``, ``p' = p - lr m'``."""
    _checked(p.shape == g.shape == m.shape, lr >= 0, momentum >= 0, weight_decay >= 0)
    x, gradient, old = widened(p), widened(g), widened(m)
    gradient = gradient + weight_decay * x if weight_decay else gradient
    moved = momentum * old + (1 - dampening) * gradient
    step = gradient + momentum * moved if nesterov else moved
    return narrowed(x - lr * step, p), narrowed(moved, m)


def lion_step(
    p: Array,
    g: Array,
    m: Array,
    lr: float = 1e-4,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> tuple[Array, Array]:
    """``p' = p (1 - lr wd) - lr sign(b1 m + (1 - b1) g)``."""
    _checked(p.shape == g.shape == m.shape, lr >= 0, weight_decay >= 0, all(0 <= b < 1 for b in betas))
    x, gradient, old = widened(p), widened(g), widened(m)
    decayed = x * (1 - lr * weight_decay) if weight_decay else x
    sign = np.sign(betas[0] * old + (1 - betas[0]) * gradient)
    return narrowed(decayed - lr * sign, p), narrowed(betas[1] * old + (1 - betas[1]) * gradient, m)


def rmsprop_step(
    p: Array,
    g: Array,
    v: Array,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Array, Array]:
    """``p' = p - lr g' / (sqrt(v') + eps)``."""
    _checked(p.shape == g.shape == v.shape, lr >= 0, eps >= 0, weight_decay >= 0, alpha >= 0)
    x, gradient, old = widened(p), widened(g), widened(v)
    gradient = gradient + weight_decay * x if weight_decay else gradient
    moved = alpha * old + (1 - alpha) * gradient * gradient
    return narrowed(x - lr * (gradient / (np.sqrt(moved) + eps)), p), narrowed(moved, v)


def torch_sgd_step(
    p: Tensor,
    g: Tensor,
    m: Tensor,
    lr: float = 1e-3,
    momentum: float = 0.9,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[Tensor, Tensor]:
    """A step of ``torch.optim.SGD`` with its buffer put in place; without momentum it keeps none."""
    import torch

    _checked(p.shape == g.shape == m.shape)
    parameter = torch.nn.Parameter(p.detach().clone())
    parameter.grad = g.detach().clone()
    optimizer = torch.optim.SGD([parameter], lr, momentum, dampening, weight_decay, nesterov, foreach=False)
    buffer = m.detach().clone()
    optimizer.state[parameter]["momentum_buffer"] = buffer
    optimizer.step()
    return parameter.detach(), buffer


def torch_rmsprop_step(
    p: Tensor,
    g: Tensor,
    v: Tensor,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """A step of ``torch.optim.RMSprop`` with its state put in place."""
    import torch

    _checked(p.shape == g.shape == v.shape)
    parameter = torch.nn.Parameter(p.detach().clone())
    parameter.grad = g.detach().clone()
    optimizer = torch.optim.RMSprop([parameter], lr, alpha, eps, weight_decay, foreach=False)
    square = v.detach().clone()
    optimizer.state[parameter] = {"step": torch.tensor(0.0), "square_avg": square}
    optimizer.step()
    return parameter.detach(), square


def torch_lion_step(
    p: Tensor,
    g: Tensor,
    m: Tensor,
    lr: float = 1e-4,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """As lion-pytorch writes it: decay, the sign of an interpolation, then the moment."""
    _checked(p.shape == g.shape == m.shape, lr >= 0, weight_decay >= 0, all(0 <= b < 1 for b in betas))
    decayed = p * (1 - lr * weight_decay)
    sign = (m * betas[0] + g * (1 - betas[0])).sign()
    return decayed - lr * sign, m * betas[1] + g * (1 - betas[1])
