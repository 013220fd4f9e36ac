"""Images and labels -> the cats-and-dogs network: its output, loss, gradients and training steps, in NumPy and torch.

Conv(stride 3), BatchNorm, ReLU, MaxPool(2), Conv, BatchNorm, ReLU, MaxPool(2), Conv(padding 1), BatchNorm, ReLU, Conv,
BatchNorm, ReLU, MaxPool(2), Flatten, Linear, ReLU, Linear, Sigmoid. Channel widths and kernel sizes are those of the
weights that are given, so that the same functions are the network of 224 x 224 images and of small ones.

``parameters`` are arrays in the order of ``PARAMETERS``, ``state`` the parameters and then those of ``RUNNING``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference_impls.activations import relu, relu_vjp, sigmoid_stable, sigmoid_stable_vjp
from reference_impls.conv import conv2d_im2col, conv2d_im2col_vjp
from reference_impls.initializers import constant, normal, xavier_normal
from reference_impls.linear import flatten, flatten_vjp, linear, linear_vjp
from reference_impls.losses import bce, bce_vjp
from reference_impls.normalization import batch_norm, batch_norm_vjp
from reference_impls.optim import adam_step
from reference_impls.pooling import max_pool2d, max_pool2d_vjp

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]

#: Deviation that BatchNorm's weights are drawn with.
NORM_STD = 0.02


@dataclass(frozen=True)
class Layer:
    """One step of the network: what it is, the name its weight and bias begin with (or none), and its keywords."""

    kind: str
    name: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of its weight and bias."""
        return (f"{self.name}_weight", f"{self.name}_bias") if self.name else ()

    @property
    def running(self) -> tuple[str, ...]:
        """Names of its running statistics."""
        return (f"{self.name}_mean", f"{self.name}_var") if self.kind == "norm" else ()


def _block(number: int, *, pool: bool, **params: int) -> tuple[Layer, ...]:
    block = Layer("conv", f"conv{number}", params), Layer("norm", f"norm{number}"), Layer("relu")
    return (*block, Layer("pool")) if pool else block


LAYERS: tuple[Layer, ...] = (
    *_block(1, pool=True),
    *_block(2, pool=True),
    *_block(3, pool=False, padding=1),
    *_block(4, pool=True),
    Layer("flatten"),
    Layer("linear", "linear1"),
    Layer("relu"),
    Layer("linear", "linear2"),
    Layer("sigmoid"),
)
PARAMETERS: tuple[str, ...] = tuple(name for layer in LAYERS for name in layer.parameters)
RUNNING: tuple[str, ...] = tuple(name for layer in LAYERS for name in layer.running)
STATE: tuple[str, ...] = PARAMETERS + RUNNING


def shapes(
    image: int = 224,
    widths: Sequence[int] = (16, 32, 64, 64),
    kernels: Sequence[int] = (11, 5, 3, 3),
    hidden: int = 2048,
    stride: int = 3,
) -> dict[str, tuple[int, ...]]:
    """Name -> shape of everything in ``STATE``; ValueError where the image is too small to be pooled three times."""
    side = ((image - kernels[0]) // stride + 1) // 2
    side = ((side - kernels[1] + 1) // 2 + 2 - kernels[2] + 1 - kernels[3] + 1) // 2
    if side < 1:
        raise ValueError(f"an image of {image} x {image} is too small for kernels {tuple(kernels)}, stride {stride}")
    of: dict[str, tuple[int, ...]] = {}
    for number, ((c_in, c_out), k) in enumerate(zip(pairwise((3, *widths)), kernels, strict=True), 1):
        of |= {f"conv{number}_weight": (c_out, c_in, k, k), f"conv{number}_bias": (c_out,)}
        of |= {f"norm{number}_{what}": (c_out,) for what in ("weight", "bias", "mean", "var")}
    of |= {"linear1_weight": (hidden, widths[-1] * side * side), "linear1_bias": (hidden,)}
    of |= {"linear2_weight": (1, hidden), "linear2_bias": (1,)}
    return {name: of[name] for name in STATE}


def forward(input: Array, *state: Array, training: bool = True, stride: int = 3) -> tuple[Array, ...]:
    """``(probability (N, 1), running statistics afterwards)``."""
    _, output, running = _walk(input, _named(state, STATE), training, stride)
    return output, *running


def loss(input: Array, target: Array, *parameters: Array, stride: int = 3) -> Array:
    """``mean BCE(probability, target)`` in training, target (N, 1)."""
    _, output, _ = _walk(input, _named(parameters, PARAMETERS), True, stride)
    return bce(output, target)


def loss_vjp(cotangent: Array, input: Array, target: Array, *parameters: Array, stride: int = 3) -> tuple[Array, ...]:
    """The chain rule back from the loss to the input, the target and every parameter."""
    named = _named(parameters, PARAMETERS)
    steps, output, _ = _walk(input, named, True, stride)
    by_output, by_target = bce_vjp(cotangent, output, target)[:2]
    by_input, gradients = _back(by_output, steps, named, stride)
    return by_input, by_target, *(gradients[name] for name in PARAMETERS)


def gradients(input: Array, target: Array, *parameters: Array, stride: int = 3) -> tuple[Array, ...]:
    """``(loss, d loss / d parameter for every parameter)`` as values."""
    _, _, *by_parameter = loss_vjp(np.ones((), input.dtype), input, target, *parameters, stride=stride)
    return loss(input, target, *parameters, stride=stride), *by_parameter


def train(
    input: Array, target: Array, *state: Array, steps: int = 5, lr: float = 5e-4, stride: int = 3
) -> tuple[Array, ...]:
    """``STATE`` after some steps of Adam on one mini-batch."""
    named = _named(state, STATE)
    moments = {name: (np.zeros_like(named[name]), np.zeros_like(named[name])) for name in PARAMETERS}
    for t in range(1, steps + 1):
        taken, output, running = _walk(input, named, True, stride)
        by_output, _, _ = bce_vjp(np.ones((), input.dtype), output, target)
        _, by_parameter = _back(by_output, taken, named, stride)
        for name, g in by_parameter.items():
            named[name], *pair = adam_step(named[name], g, *moments[name], t=t, lr=lr)
            moments[name] = (pair[0], pair[1])
        named |= zip(RUNNING, running, strict=True)
    return tuple(np.array(named[name]) for name in STATE)


def train_moves(
    input: Array, target: Array, *state: Array, steps: int = 5, lr: float = 5e-4, stride: int = 3
) -> tuple[Array, ...]:
    """How far every parameter moves in some steps of ``train``, and the running statistics afterwards."""
    return _moved(train(input, target, *state, steps=steps, lr=lr, stride=stride), state)


def torch_forward(
    input: torch.Tensor, *state: torch.Tensor, training: bool = True, stride: int = 3
) -> tuple[torch.Tensor, ...]:
    """``(probability (N, 1), running statistics afterwards)`` by ``torch.nn`` modules."""
    import torch

    named = _named(state, STATE)
    module = _torch_module(named, stride).train(training)
    running = {name: named[name].detach().clone() for name in RUNNING}
    renamed = {_torch_name(name): value for name, value in (named | running).items()}
    output = torch.func.functional_call(module, renamed, (input,))
    return output, *(running[name] for name in RUNNING)


def torch_loss(input: torch.Tensor, target: torch.Tensor, *parameters: torch.Tensor, stride: int = 3) -> torch.Tensor:
    """``BCELoss`` of the same modules in training."""
    import torch

    named = _named(parameters, PARAMETERS)
    module = _torch_module(named, stride)
    renamed = {_torch_name(name): named[name] for name in PARAMETERS}
    output = torch.func.functional_call(module, renamed, (input,))
    value: torch.Tensor = torch.nn.BCELoss()(output, target)
    return value


def torch_gradients(
    input: torch.Tensor, target: torch.Tensor, *parameters: torch.Tensor, stride: int = 3
) -> tuple[torch.Tensor, ...]:
    """``(loss, d loss / d parameter for every parameter)`` as values, by autograd."""
    import torch

    with torch.enable_grad():
        leaves = [parameter.detach().clone().requires_grad_() for parameter in parameters]
        value = torch_loss(input.detach(), target.detach(), *leaves, stride=stride)
        return value.detach(), *torch.autograd.grad(value, leaves)


def torch_train(
    input: torch.Tensor,
    target: torch.Tensor,
    *state: torch.Tensor,
    steps: int = 5,
    lr: float = 5e-4,
    stride: int = 3,
) -> tuple[torch.Tensor, ...]:
    """``STATE`` after some steps of ``torch.optim.Adam`` on one mini-batch."""
    import torch

    named = _named(state, STATE)
    module = _torch_module(named, stride)
    module.load_state_dict({_torch_name(name): value.detach() for name, value in named.items()}, strict=False)
    optimizer, criterion = torch.optim.Adam(module.parameters(), lr=lr), torch.nn.BCELoss()
    with torch.enable_grad():
        for _ in range(steps):
            optimizer.zero_grad()
            criterion(module(input.detach()), target.detach()).backward()
            optimizer.step()
    after = module.state_dict()
    return tuple(after[_torch_name(name)].detach().clone() for name in STATE)


def _initial(name: str, empty: Array, seed: int) -> Array:
    match name.removesuffix("_weight"), name.rpartition("_")[2]:
        case (layer, "weight") if layer.startswith("norm"):
            return normal(empty, 1.0, NORM_STD, seed)
        case (_, "weight"):
            return xavier_normal(empty, seed=seed)
        case (_, "var"):
            return constant(empty, 1.0)
    return constant(empty, 0.0)


def torch_train_moves(
    input: torch.Tensor,
    target: torch.Tensor,
    *state: torch.Tensor,
    steps: int = 5,
    lr: float = 5e-4,
    stride: int = 3,
) -> tuple[torch.Tensor, ...]:
    """How far every parameter moves in some steps of ``torch_train``, and the running statistics afterwards."""
    return _moved(torch_train(input, target, *state, steps=steps, lr=lr, stride=stride), state)


def _moved(after: Sequence[Any], before: Sequence[Any]) -> tuple[Any, ...]:
    count = len(PARAMETERS)
    moves = (a - b for a, b in zip(after[:count], before[:count], strict=True))
    return *moves, *after[count:]


def _named(arrays: Sequence[Any], names: tuple[str, ...]) -> dict[str, Any]:
    if len(arrays) != len(names):
        raise ValueError(f"{len(arrays)} arrays, expected {len(names)}: {', '.join(names)}")
    return dict(zip(names, map(_native, arrays), strict=True))


def _native(array: Any) -> Any:
    """The array in this machine's byte order, which all that layers return is in; tensors have no other."""
    swapped = isinstance(array, np.ndarray) and not array.dtype.isnative
    return array.astype(array.dtype.newbyteorder("=")) if swapped else array


def _params(layer: Layer, stride: int) -> dict[str, Any]:
    return {**layer.params, "stride": stride} if layer.name == "conv1" else dict(layer.params)


def _walk(
    x: Array, named: Mapping[str, Array], training: bool, stride: int
) -> tuple[list[Array], Array, tuple[Array, ...]]:
    """What each layer was given, what the last one gave, and the running statistics afterwards."""
    given: list[Array] = []
    running: list[Any] = []
    x = _native(x)
    for layer in LAYERS:
        given.append(x)
        own = [named[name] for name in layer.parameters]
        if layer.kind == "norm":
            weight, bias = own
            mean, var = (named.get(name) for name in layer.running)
            x, mean, var = batch_norm(x, mean, var, weight, bias, training)
            running += [mean, var]
        else:
            x = FORWARD[layer.kind](x, *own, **_params(layer, stride))
    return given, x, tuple(running)


def _back(g: Array, given: Sequence[Array], named: Mapping[str, Array], stride: int) -> tuple[Array, dict[str, Array]]:
    """From the gradient of the output to those of the input and of every parameter."""
    gradients: dict[str, Array] = {}
    for layer, x in zip(reversed(LAYERS), reversed(given), strict=True):
        own = [named[name] for name in layer.parameters]
        g, *by_own = BACKWARD[layer.kind](g, x, *own, **_params(layer, stride))
        gradients |= zip(layer.parameters, by_own, strict=True)
    return g, gradients


def _pool(x: Array) -> Array:
    return max_pool2d(x, 2, 2)[0]


def _pool_vjp(g: Array, x: Array) -> tuple[Array, ...]:
    return max_pool2d_vjp(g, x, 2, 2)


def _norm_vjp(g: Array, x: Array, weight: Array, bias: Array) -> tuple[Array | None, ...]:
    by_input, _, _, by_weight, by_bias = batch_norm_vjp(g, x, None, None, weight, bias, training=True)
    return by_input, by_weight, by_bias


def _flatten(x: Array) -> Array:
    return flatten(x, 1)


def _flatten_vjp(g: Array, x: Array) -> tuple[Array, ...]:
    return flatten_vjp(g, x, 1)


FORWARD: Mapping[str, Callable[..., Array]] = {
    "conv": conv2d_im2col,
    "relu": relu,
    "pool": _pool,
    "flatten": _flatten,
    "linear": linear,
    "sigmoid": sigmoid_stable,
}
BACKWARD: Mapping[str, Callable[..., tuple[Any, ...]]] = {
    "conv": conv2d_im2col_vjp,
    "norm": _norm_vjp,
    "relu": relu_vjp,
    "pool": _pool_vjp,
    "flatten": _flatten_vjp,
    "linear": linear_vjp,
    "sigmoid": sigmoid_stable_vjp,
}


def _torch_module(named: Mapping[str, torch.Tensor], stride: int) -> torch.nn.Sequential:
    """The modules, of the sizes that the weights have, their values still to be given."""
    import torch

    first = named["conv1_weight"]
    modules = [_torch_layer(layer, named, stride) for layer in LAYERS]
    return torch.nn.Sequential(*modules).to(first.device, first.dtype)


def _torch_layer(layer: Layer, named: Mapping[str, torch.Tensor], stride: int) -> torch.nn.Module:
    from torch import nn

    size = tuple(named[layer.parameters[0]].shape) if layer.parameters else (0,) * 4
    match layer.kind:
        case "conv":
            return nn.Conv2d(size[1], size[0], (size[2], size[3]), **_params(layer, stride))
        case "norm":
            return nn.BatchNorm2d(size[0])
        case "pool":
            return nn.MaxPool2d(2, 2)
        case "linear":
            return nn.Linear(size[1], size[0])
        case "flatten":
            return nn.Flatten()
        case "sigmoid":
            return nn.Sigmoid()
    return nn.ReLU(inplace=True)


def _torch_name(name: str) -> str:
    """``conv1_weight`` -> ``0.weight``: the place of the layer and torch's name of the tensor."""
    layer, _, what = name.rpartition("_")
    place = next(number for number, other in enumerate(LAYERS) if other.name == layer)
    return f"{place}.{'running_' + what if what in ('mean', 'var') else what}"
