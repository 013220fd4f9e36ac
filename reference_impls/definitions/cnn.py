"""The cats-and-dogs network of convolutions, batch normalizations and affine maps: output, loss, gradients, training.

Conv(stride), BatchNorm, ReLU, MaxPool(2), Conv, BatchNorm, ReLU, MaxPool(2), Conv(padding 1), BatchNorm, ReLU, Conv,
BatchNorm, ReLU, MaxPool(2), Flatten, Linear, ReLU, Linear, Sigmoid. Every definition is composed of its layers', so
that bounds and derivatives of the whole follow from theirs.

Arrays go by position: per convolution its weight and bias, then its normalization's weight and bias; weight and bias
of both affine maps; then, where they are given, running mean and variance of each normalization.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from harness.definitions.derivatives import confined, settled
from harness.definitions.derivatives import gradients as derivatives
from reference_impls.definitions.activations import relu, sigmoid, sigmoid_by_tanh
from reference_impls.definitions.conv import conv2d
from reference_impls.definitions.linear import flatten, linear
from reference_impls.definitions.losses import bce
from reference_impls.definitions.normalization import batch_norm
from reference_impls.definitions.optim import adam_step
from reference_impls.definitions.pooling import max_pool2d

#: Convolutions, and which of them are pooled after.
BLOCKS = ({"pool": True}, {"pool": True}, {"pool": False, "padding": 1}, {"pool": True})

#: Arrays of the four blocks and the two affine maps.
PARAMETERS = 4 * len(BLOCKS) + 4

#: Where the convolutions' biases stand among them.
CONV_BIASES = tuple(range(1, 4 * len(BLOCKS), 4))

BETAS = (0.9, 0.999)


@dataclass(frozen=True)
class Forms:
    """Which of its equally right formulas each layer is."""

    norm: Callable[..., Any]
    squash: Callable[..., Any]


#: Implementations use one form in all layers of a kind: the textbook's, or all that can be is folded together.
LEGAL = (Forms(batch_norm, sigmoid), Forms(batch_norm.legal[-1], sigmoid_by_tanh))  # type: ignore[attr-defined]


def _network(
    forms: Forms, x: Any, parameters: Sequence[Any], running: Sequence[Any], training: bool, stride: Any
) -> tuple[Any, list[Any]]:
    """The probability (N, 1), and the running statistics afterwards."""
    after: list[Any] = []
    for number, block in enumerate(BLOCKS):
        weight, bias, scale, shift = parameters[4 * number : 4 * number + 4]
        x = conv2d(x, weight, bias, stride=stride if number == 0 else 1, padding=block.get("padding", 0))
        mean, var = running[2 * number : 2 * number + 2] or (np.zeros(x.shape[1]), np.ones(x.shape[1]))
        x, mean, var = forms.norm(x, mean, var, scale, shift, training=training)
        after += [mean, var]
        x = relu(x)
        if block["pool"]:
            x, _ = max_pool2d(x, kernel_size=2, stride=2)
    first, second = parameters[4 * len(BLOCKS) :][:2], parameters[4 * len(BLOCKS) :][2:]
    return forms.squash(linear(relu(linear(flatten(x, start_dim=1), *first)), *second)), after


def _forward(forms: Forms, input: Any, *state: Any, training: bool = True, stride: Any = 3) -> tuple[Any, ...]:
    output, running = _network(forms, input, state[:PARAMETERS], state[PARAMETERS:], training, stride)
    return output, *running


def _loss(forms: Forms, input: Any, target: Any, *parameters: Any, stride: Any = 3) -> Any:
    return bce(_network(forms, input, parameters, (), True, stride)[0], target)


def _gradients(forms: Forms, input: Any, target: Any, *parameters: Any, stride: Any = 3) -> tuple[Any, ...]:
    loss = _loss(forms, input, target, *parameters, stride=stride)
    return loss, *derivatives(loss, parameters)


def _train_moves(
    forms: Forms, input: Any, target: Any, *state: Any, steps: int = 5, lr: float = 5e-4, stride: Any = 3
) -> tuple[Any, ...]:
    parameters, running = list(state[:PARAMETERS]), list(state[PARAMETERS:])
    zeros = [np.zeros(p.shape) for p in parameters]
    moments = [(zero, zero) for zero in zeros]
    for t in range(1, steps + 1):
        # A batch's mean takes a convolution's bias away again: of all, only the running means depend on it.
        held = [settled(p) if n in CONV_BIASES else p for n, p in enumerate(parameters)]
        output, running = _network(forms, input, held, running, True, stride)
        for number, bias in enumerate(CONV_BIASES):
            running[2 * number] = running[2 * number] + MOMENTUM * (parameters[bias] - held[bias])
        slopes = derivatives(bce(output, target), held)
        longest = lr * _longest_step(t)
        for n, (p, g) in enumerate(zip(parameters, slopes, strict=True)):
            step, *after = adam_step(0 * p, g, *moments[n], t=t, lr=lr, betas=BETAS)
            parameters[n] = p + confined(step, -longest, longest)
            moments[n] = (after[0], after[1])
    return *(after - before for after, before in zip(parameters, state[:PARAMETERS], strict=True)), *running


#: Share of a new batch in the running statistics.
MOMENTUM = 0.1


def _longest_step(t: int) -> float:
    """Twice the most that ``|m_hat| / sqrt(v_hat)`` can be at step t, so that roundings stay inside.

    ``m = sum of a_i g_i`` and ``v = sum of c_i g_i^2``, so ``m^2 <= v sum of a_i^2 / c_i`` (Cauchy and Schwarz).
    """
    age = np.arange(t)
    first, second = ((1 - beta) * beta**age for beta in BETAS)
    corrections = np.sqrt(1 - BETAS[1] ** t) / (1 - BETAS[0] ** t)
    return 2 * float(np.sqrt(np.sum(first * first / second)) * corrections)


def _legal(of: Callable[..., Any]) -> tuple[Callable[..., Any], ...]:
    return tuple(partial(of, forms) for forms in LEGAL[1:])


def forward(input: Any, *state: Any, training: bool = True, stride: Any = 3) -> tuple[Any, ...]:
    """``(probability (N, 1), running statistics afterwards)`` of images (N, 3, H, W)."""
    return _forward(LEGAL[0], input, *state, training=training, stride=stride)


def loss(input: Any, target: Any, *parameters: Any, stride: Any = 3) -> Any:
    """``mean BCE(probability, target)`` in training, target (N, 1)."""
    return _loss(LEGAL[0], input, target, *parameters, stride=stride)


def gradients(input: Any, target: Any, *parameters: Any, stride: Any = 3) -> tuple[Any, ...]:
    """``(loss, d loss / d parameter for every parameter)``."""
    return _gradients(LEGAL[0], input, target, *parameters, stride=stride)


def train_moves(
    input: Any, target: Any, *state: Any, steps: int = 5, lr: float = 5e-4, stride: Any = 3
) -> tuple[Any, ...]:
    """How far some steps of Adam on one mini-batch move every parameter, and the running statistics afterwards.

    A step never goes further than ``lr`` times its limit, however uncertain its gradient's sign is: what is near zero by
    cancellation moves by rounding noise (Kingma and Ba 2015, section 2.1).
    """
    return _train_moves(LEGAL[0], input, target, *state, steps=steps, lr=lr, stride=stride)


forward.legal = _legal(_forward)  # type: ignore[attr-defined]
loss.legal = _legal(_loss)  # type: ignore[attr-defined]
gradients.legal = _legal(_gradients)  # type: ignore[attr-defined]
train_moves.legal = _legal(_train_moves)  # type: ignore[attr-defined]
