"""Arrays <-> NumPy, SciPy and torch, behind one small face: the only room that imports torch.

A library wraps our arrays in its own type, unwraps what comes back, and differentiates. Torch is imported when the
first of its functions is called, never when this module is.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Call = Callable[..., Any]

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


class NotOffered(Exception):
    """A library or candidate that cannot do something by its nature, and says so: a reason, never an accusation."""


class NotAnArray(Exception):
    """Something came back that is no array of the library."""


class NoGradient(Exception):
    """The result does not depend on the inputs as far as the library knows."""


# --- layouts: the same values, placed otherwise in memory -----------------------------------------------------------


def _poison(x: Array) -> Any:
    return np.nan if x.dtype.kind in "fc" or x.dtype == BFLOAT16 else 0


def _transposed(x: Array) -> Array:
    return np.array(x.T, order="C").T


def _strided(x: Array) -> Array:
    buffer = np.full((*x.shape[:-1], 2 * x.shape[-1] + 1) if x.ndim else (3,), _poison(x), x.dtype)
    view = buffer[..., 1::2][..., : x.shape[-1]] if x.ndim else buffer[1:2].reshape(())
    view[...] = x
    return view


def _offset(x: Array) -> Array:
    buffer = np.full(x.size + 6, _poison(x), x.dtype)
    view = buffer[3 : 3 + x.size].reshape(x.shape)
    view[...] = x
    return view


def _negative(x: Array) -> Array:
    index: Any = (..., *(slice(None, None, -1),) * x.ndim)
    view: Array = np.array(x[index], order="C")[index]
    return view


def _channels_last(x: Array) -> Array:
    if x.ndim < 3:
        return np.array(x, order="C")
    return np.moveaxis(np.array(np.moveaxis(x, 1, -1), order="C"), -1, 1)


def _expanded(x: Array) -> Array:
    if x.ndim and x.shape[0] > 1:
        return np.broadcast_to(x[:1].copy(), x.shape)
    return x.copy()


def _repeated(x: Array) -> Array:
    if x.ndim and x.shape[-1] > 1:
        return np.broadcast_to(x[..., :1].copy(), x.shape)
    return x.copy()


def _unaligned(x: Array) -> Array:
    if x.itemsize == 1:
        raise NotOffered("single bytes are always aligned")
    view = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def _swapped(x: Array) -> Array:
    if x.dtype == BFLOAT16:
        raise NotOffered("bfloat16 has one byte order")
    return x.astype(x.dtype.newbyteorder(">"))


#: Each layout as a function of a contiguous array to a fresh one of the same values.
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": lambda x: np.array(x, order="C"),
    "transposed": _transposed,
    "strided": _strided,
    "offset": _offset,
    "channels_last": _channels_last,
    "expanded": _expanded,
    "negative": _negative,
    "repeated": _repeated,
    "swapped": _swapped,
    "unaligned": _unaligned,
}


class NumPy:
    """NumPy and what builds on its arrays."""

    name = "numpy"
    layouts = ("transposed", "strided", "offset", "channels_last", "negative", "swapped", "unaligned")

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh array of the same values in a layout. Raises NotOffered where the layout does not apply."""
        return LAYOUTS[layout](x)

    def unwrap(self, x: Any) -> Array:
        """The returned array itself. Raises NotAnArray for anything else, also for what only derives from it."""
        if type(x) is np.ndarray or isinstance(x, np.generic):
            return np.asarray(x)
        raise NotAnArray(f"returned {_described(x)} where a NumPy array is due")

    def shares(self, a: Any, b: Any) -> bool:
        """Whether two arrays overlap in memory."""
        return bool(np.shares_memory(a, b))

    def surroundings(self, x: Any) -> bytes:
        """The bytes of the whole buffer an array is a view into."""
        while isinstance(x.base, np.ndarray):
            x = x.base
        return bytes(x.tobytes())

    def freeze(self, x: Any) -> None:
        """Make an array read-only."""
        x.flags.writeable = False

    def spread(self, x: Array) -> Any:
        """An array whose entries are all one number in memory, of which all entries of x are."""
        return np.broadcast_to(x.reshape(-1)[:1].copy().reshape((1,) * x.ndim), x.shape)

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in an array's place."""
        x[...] = values

    def modes(self) -> dict[str, Callable[[Call, Sequence[Any]], Any]]:
        """Ways to call that must not change a value: NumPy has none."""
        return {}


class Torch:
    """torch tensors and their derivatives."""

    name = "torch"
    layouts = ("transposed", "strided", "offset", "channels_last", "conj_view", "neg_view")

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh tensor of the same values in a layout. Raises NotOffered where the layout does not apply."""
        import torch

        if layout in ("negative", "swapped", "unaligned"):
            raise NotOffered(f"torch has no {layout} layout")
        if layout == "conj_view":
            if x.dtype.kind != "c":
                raise NotOffered("conjugate views are complex")
            return torch.conj(self.wrap(np.conj(x)))
        if layout == "neg_view":
            if x.dtype.kind not in "fc" and x.dtype != BFLOAT16:
                raise NotOffered("negated views are of floating point numbers")
            return torch._neg_view(self.wrap(-x))
        if layout == "expanded" and x.ndim and x.shape[0] > 1:
            return _tensor(x[:1].copy()).expand(x.shape)
        if layout == "repeated" and x.ndim and x.shape[-1] > 1:
            return _tensor(x[..., :1].copy()).expand(x.shape)
        placed = LAYOUTS[layout](x)
        tensor = _tensor(placed)
        tensor.placed = placed
        return tensor

    def unwrap(self, x: Any) -> Array:
        """The tensor's values as an array. Raises NotAnArray for anything else."""
        import torch

        if not isinstance(x, torch.Tensor):
            raise NotAnArray(f"returned {_described(x)} where a torch tensor is due")
        plain: Any = x.detach().resolve_conj().resolve_neg().cpu()
        if plain._is_zerotensor():  # what forward mode gives where nothing moves: a tensor without memory
            plain = torch.zeros(plain.shape, dtype=plain.dtype)
        if plain.dtype is torch.bfloat16:
            return np.asarray(plain.contiguous().view(torch.int16).numpy().view(BFLOAT16))
        return np.asarray((plain.to(torch.complex64) if plain.dtype is torch.complex32 else plain).numpy())

    def shares(self, a: Any, b: Any) -> bool:
        """Whether two tensors have the same storage."""
        if not (a.numel() and b.numel()):
            return False
        return bool(a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr())

    def surroundings(self, x: Any) -> bytes:
        """The bytes of the whole buffer that ``wrap`` made a tensor of."""
        return NumPy().surroundings(x.placed)

    def freeze(self, x: Any) -> None:
        """Nothing: tensors cannot be made read-only."""

    def spread(self, x: Array) -> Any:
        """A tensor whose entries are all one number in memory, of which all entries of x are."""
        return self.wrap(x.reshape(-1)[:1].reshape(())).expand(x.shape)

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in a tensor's place."""
        x.copy_(self.wrap(values))

    def modes(self) -> dict[str, Callable[[Call, Sequence[Any]], Any]]:
        """Ways to call that must not change a value: while gradients are recorded, without, in inference mode."""
        return {
            "with gradients": lambda call, xs: call(*(x.requires_grad_(_has_slope(x)) for x in xs)),
            "without gradients": lambda call, xs: _within("no_grad", call, xs),
            "in inference mode": lambda call, xs: _within("inference_mode", call, xs),
        }


def _has_slope(x: Any) -> bool:
    return bool(x.is_floating_point() or x.is_complex())


def _within(mode: str, call: Call, xs: Sequence[Any]) -> Any:
    import torch

    with getattr(torch, mode)():
        return call(*xs)


def _tensor(x: Array) -> Any:
    import torch

    return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16) if x.dtype == BFLOAT16 else torch.from_numpy(x)


def global_state() -> dict[str, Any]:
    """What a call must leave as it was: generators, floating point modes, settings, directory, environment."""
    import random
    import warnings

    generator: Any = np.random.get_state()
    state: dict[str, Any] = {
        "random's generator": random.getstate(),
        "NumPy's global generator": (generator[1].tobytes(), generator[2]),
        "NumPy's error modes": tuple(np.geterr().items()),
        "NumPy's print options": tuple(np.get_printoptions().values()),
        "how subnormals are computed": float(np.float32(1e-45) * np.ones(1, np.float32)[0]),
        "the filters of warnings": tuple(warnings.filters),
        "the working directory": os.getcwd(),
        "the environment": tuple(os.environ.items()),
    }
    if "torch" in sys.modules:
        import torch

        state |= {
            "torch's generator": torch.get_rng_state().numpy().tobytes(),
            "torch's default dtype": torch.get_default_dtype(),
            "torch's gradient mode": torch.is_grad_enabled(),
            "torch's number of threads": torch.get_num_threads(),
            "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
            "torch's matmul precision": torch.get_float32_matmul_precision(),
            "torch's choice of algorithms": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
        }
    return state


#: What a library may set when it is imported: no fault of the call that was the first to need it.
SET_BY_IMPORTS = ("the filters of warnings", "the environment")


def unsettle() -> None:
    """Move every global generator on, and settings back: what an earlier call set is set by the next one again."""
    import random

    random.random()
    np.random.random()
    if "torch" in sys.modules:
        import torch

        torch.rand(())
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        if torch.are_deterministic_algorithms_enabled():
            torch.use_deterministic_algorithms(False)
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.benchmark = torch.backends.cudnn.deterministic = False


def library(name: str) -> NumPy | Torch:
    """The library of that name; SciPy speaks NumPy's arrays."""
    return Torch() if name == "torch" else NumPy()


def dtype_name(x: Any) -> str:
    """The dtype of an array or tensor as specs write it."""
    return str(x.dtype).removeprefix("torch.")


def _described(x: Any) -> str:
    if isinstance(x, (tuple, list)):
        return f"a {type(x).__name__} of {len(x)}"
    return "None" if x is None else f"{type(x).__module__}.{type(x).__qualname__}".removeprefix("builtins.")


# --- torch's derivatives --------------------------------------------------------------------------------------------

#: What torch says where a kernel or derivative does not exist for a dtype or function, rather than going wrong.
_MISSING = re.compile(
    r"not implemented for '|is not implemented for|not supported for|forward AD|forward-mode|jvp|"
    r"does not support automatic differentiation|Unsupported dtype|unsupported scalarType|not currently implemented|"
    r"only supports? |setup_context|generate_vmap_rule|expected scalar type|array type .* not supported|"
    r"unsupported ScalarType|more than one element of the written-to tensor|is not (?:currently )?supported"
)


def is_missing(error: BaseException) -> bool:
    """Whether an exception says that something does not exist, rather than that it went wrong."""
    return isinstance(error, NotImplementedError) or (
        isinstance(error, (RuntimeError, TypeError)) and bool(_MISSING.search(str(error)))
    )


def torch_vjp(
    call: Call, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Any]:
    """Reverse mode: gradients of the inputs at ``wrt``, None where there is none. Raises NoGradient without a graph."""

    for i in wrt:
        inputs[i].requires_grad_(True)
    outputs = _tuple(call(*inputs))
    live = _live(outputs, cotangents)
    return _grad([y for y, _ in live], [inputs[i] for i in wrt], [g for _, g in live])


def _grad(outputs: Sequence[Any], inputs: Sequence[Any], upstream: Sequence[Any], **options: Any) -> list[Any]:
    """``torch.autograd.grad``. Raises NoGradient where a Function of several inputs has a backward that returns None."""
    import torch

    try:
        return list(torch.autograd.grad(outputs, inputs, upstream, allow_unused=True, **options))
    except RuntimeError as error:
        if "incorrect number of gradients" not in str(error):
            raise
        for node in _graph([y.grad_fn for y in outputs]):
            if hasattr(node, "_forward_cls") and _says_nothing(node):
                raise NoGradient(f"{node._forward_cls.__name__}.backward returns nothing") from error
        raise


def _says_nothing(node: Any) -> bool:
    import torch

    zeros = [torch.zeros(tuple(m.shape), dtype=m.dtype, device=m.device) for m in node._input_metadata]
    try:
        with torch.no_grad():
            return node._forward_cls.backward(node, *zeros) is None
    except Exception:
        return False


def torch_vjp_again(
    call: Call, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Any]:
    """Reverse mode a second time through a graph that was kept."""
    import torch

    for i in wrt:
        inputs[i].requires_grad_(True)
    outputs = _tuple(call(*inputs))
    live = _live(outputs, cotangents)
    ys, chosen = [y for y, _ in live], [inputs[i] for i in wrt]
    torch.autograd.grad(ys, chosen, [g for _, g in live], allow_unused=True, retain_graph=True)
    return list(torch.autograd.grad(ys, chosen, [g for _, g in _live(outputs, cotangents)], allow_unused=True))


def torch_vjp_late(
    call: Call,
    inputs: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
    others: Sequence[Any],
) -> list[Any]:
    """Reverse mode once the inputs hold ``others``. Raises NotOffered where autograd notices and refuses."""
    import torch

    for i in wrt:
        inputs[i].requires_grad_(True)
    live = _live(_tuple(call(*inputs)), cotangents)
    with torch.no_grad():
        for x, y in zip(inputs, others, strict=True):
            x.copy_(y)
    try:
        chosen = [inputs[i] for i in wrt]
        return list(torch.autograd.grad([y for y, _ in live], chosen, [g for _, g in live], allow_unused=True))
    except RuntimeError as error:
        if not re.search("modified (by an )?in-?place", str(error)):
            raise
        raise NotOffered("its inputs may not be overwritten before its backward") from error


def torch_vjp_between(
    call: Call,
    inputs: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
    others: Sequence[Any],
) -> list[Any]:
    """Reverse mode once another call, on ``others``, has come between it and its forward pass."""
    import torch

    for i in wrt:
        inputs[i].requires_grad_(True)
        others[i].requires_grad_(True)
    live = _live(_tuple(call(*inputs)), cotangents)
    call(*others)
    chosen = [inputs[i] for i in wrt]
    return list(torch.autograd.grad([y for y, _ in live], chosen, [g for _, g in live], allow_unused=True))


def torch_vjp_after(
    call: Call, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Any]:
    """Reverse mode once the outputs hold other numbers. Raises NotOffered where autograd notices and refuses."""
    import torch

    for i in wrt:
        inputs[i].requires_grad_(True)
    live = _live(_tuple(call(*inputs)), cotangents)
    try:
        for y, _ in live:
            y.detach().add_(1)
        chosen = [inputs[i] for i in wrt]
        return list(torch.autograd.grad([y for y, _ in live], chosen, [g for _, g in live], allow_unused=True))
    except RuntimeError as error:
        if not re.search("in-?place", str(error)):
            raise
        raise NotOffered("its outputs may not be overwritten before its backward") from error


def torch_jvp(call: Call, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    """Forward mode: one tangent per input in (None: zero), one per output out (None: zero)."""
    import torch
    import torch.autograd.forward_ad as fwd

    with fwd.dual_level():
        duals = [x if t is None else fwd.make_dual(x, t) for x, t in zip(inputs, tangents, strict=True)]
        outputs = _tuple(call(*duals))
        return [
            None if not isinstance(y, torch.Tensor) or (t := fwd.unpack_dual(y).tangent) is None else t.clone()
            for y in outputs
        ]


@dataclass(frozen=True)
class Returned:
    """What a Function's own ``backward`` returned for one of its inputs: ``place`` in the call, None of what lies within.

    Shapes and dtypes are those of the gradient and of the tensor it belongs to.
    """

    function: str
    argument: int
    place: int | None
    shape: tuple[int, ...]
    dtype: str
    due_shape: tuple[int, ...]
    due_dtype: str


def torch_backward(
    call: Call, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Returned]:
    """What the ``backward`` of every Function in the graph returns, before the engine sums, casts and hands it on."""
    import torch

    for i in wrt:
        inputs[i].requires_grad_(True)
    outputs = _tuple(call(*inputs))
    pairs = [(y, g) for y, g in zip(outputs, cotangents(outputs), strict=True) if g is not None]
    live = [(y, g) for y, g in pairs if isinstance(y, torch.Tensor) and y.requires_grad]
    nodes = [node for node in _graph([y.grad_fn for y, _ in live]) if hasattr(node, "_forward_cls")]
    if not nodes:
        return []
    arrived: list[tuple[Any, Sequence[Any]]] = []
    for node in nodes:
        node.register_prehook(lambda upstream, node=node: arrived.append((node, upstream)))
    chosen = [inputs[i] for i in wrt]
    _grad([y for y, _ in live], chosen, [g for _, g in live], retain_graph=True)
    return [r for node, upstream in arrived for r in _asked(node, upstream, inputs, wrt)]


def torch_functions(call: Call, inputs: Sequence[Any], wrt: Sequence[int]) -> bool:
    """Whether a custom Function takes part in the result."""
    for i in wrt:
        inputs[i].requires_grad_(True)
    outputs = _tuple(call(*inputs))
    return any(hasattr(node, "_forward_cls") for node in _graph([getattr(y, "grad_fn", None) for y in outputs]))


def _refuses(node: Any) -> bool:
    """Whether a node stands for what may not be differentiated again, as `once_differentiable` leaves it."""
    return str(node.name()).endswith("::Error")


def _graph(roots: Sequence[Any]) -> list[Any]:
    """Every node of autograd's graph below some roots."""
    pending, seen = [r for r in roots if r is not None], dict[int, Any]()
    while pending:
        node = pending.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            pending.extend(n for n, _ in node.next_functions if n is not None)
    return list(seen.values())


def _asked(node: Any, upstream: Sequence[Any], inputs: Sequence[Any], wrt: Sequence[int]) -> list[Returned]:
    """One Function's backward called directly on what arrived at it; nothing where it cannot be called again."""
    import torch

    given = list(upstream)
    if getattr(node, "materialize_grads", True):
        given = [
            torch.zeros(tuple(m.shape), dtype=m.dtype, device=m.device) if g is None else g
            for g, m in zip(given, node._input_metadata, strict=True)
        ]
    try:
        with torch.no_grad():
            gradients = _tuple(node._forward_cls.backward(node, *given))
    except Exception:
        return []
    found = []
    for k, (g, (source, slot)) in enumerate(zip(gradients, node.next_functions, strict=False)):
        if source is None or not isinstance(g, torch.Tensor):
            continue
        place = next((i for i in wrt if inputs[i] is getattr(source, "variable", None)), None)
        due = source._input_metadata[slot]
        name = node._forward_cls.__name__
        found.append(Returned(name, k, place, tuple(g.shape), dtype_name(g), tuple(due.shape), dtype_name(due)))
    return found


def torch_vmap(call: Call, stacked: Sequence[Any], axes: tuple[int | None, ...]) -> list[Any]:
    """The call mapped over the axis of each input (None: the same for all). Raises NotOffered where it cannot be."""
    import torch

    try:
        return list(_tuple(torch.func.vmap(call, in_dims=axes)(*stacked)))
    except Exception as error:
        raise NotOffered(
            f"no vmap: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        ) from error


def torch_second(
    call: Call,
    inputs: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
    directions: Sequence[Any],
) -> list[Any]:
    """Reverse over reverse: gradients of ``<vjp(x; g), v>`` in x and then in g. Raises NotOffered without a graph."""
    import torch

    for i in wrt:
        inputs[i].requires_grad_(True)
    outputs = _tuple(call(*inputs))
    upstream = [None if g is None else g.requires_grad_(True) for g in cotangents(outputs)]
    asked = [(y, g) for y, g in zip(outputs, upstream, strict=True) if g is not None]
    live = [(y, g) for y, g in asked if y.requires_grad]
    if not live:
        raise NoGradient("the result does not require a gradient though the inputs do")
    chosen = [inputs[i] for i in wrt]
    first = _grad([y for y, _ in live], chosen, [g for _, g in live], create_graph=True)
    pairs = [(d, v) for d, v in zip(first, directions, strict=True) if d is not None and d.requires_grad]
    if not pairs or any(_refuses(node) for node in _graph([d.grad_fn for d, _ in pairs])):
        raise NotOffered("its backward is not differentiable")
    # Sums of real inner products keep complex conventions apart from the candidate's own.
    total = sum(
        (torch.real(torch.vdot(v.reshape(-1), d.reshape(-1))) if d.is_complex() else (v * d).sum() for d, v in pairs)
    )
    return list(torch.autograd.grad(total, [*chosen, *(g for _, g in asked)], allow_unused=True))


def torch_forward_of_reverse(
    call: Call,
    inputs: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
    directions: Sequence[Any],
) -> list[Any]:
    """Forward over reverse: the gradients' tangents along ``directions``, None where there is none."""
    import torch
    import torch.autograd.forward_ad as fwd

    with fwd.dual_level():
        duals = _duals(inputs, wrt, directions)
        live = _live(_tuple(call(*duals)), cotangents)
        chosen = [duals[i] for i in wrt]
        first = torch.autograd.grad(
            [y for y, _ in live], chosen, [g for _, g in live], allow_unused=True, create_graph=True
        )
        return [None if g is None else fwd.unpack_dual(g).tangent for g in first]


def torch_reverse_of_forward(
    call: Call,
    inputs: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
    directions: Sequence[Any],
) -> list[Any]:
    """Reverse over forward: the gradients of ``<jvp(x; v), g>``, None where there is none."""
    import torch
    import torch.autograd.forward_ad as fwd

    with fwd.dual_level():
        duals = _duals(inputs, wrt, directions)
        outputs = _tuple(call(*duals))
        tangents = [fwd.unpack_dual(y).tangent for y in outputs]
        pairs = zip(tangents, cotangents(outputs), strict=True)
        live = [(t, g) for t, g in pairs if t is not None and g is not None and t.requires_grad]
        if not live:
            raise NotOffered("its forward mode is not differentiable")
        chosen = [inputs[i] for i in wrt]
        return list(torch.autograd.grad([t for t, _ in live], chosen, [g for _, g in live], allow_unused=True))


def torch_forward_of_forward(
    call: Call, inputs: Sequence[Any], wrt: Sequence[int], directions: Sequence[Any]
) -> list[Any]:
    """Forward over forward: the outputs' second derivatives along ``directions``. Raises NotOffered where torch.func
    cannot nest it."""
    import torch

    chosen = _function_of(call, inputs, wrt)
    primals, along = tuple(inputs[i] for i in wrt), tuple(directions)
    return list(_tuple(torch.func.jvp(lambda *xs: torch.func.jvp(chosen, xs, along)[1], primals, along)[1]))


def _duals(inputs: Sequence[Any], wrt: Sequence[int], directions: Sequence[Any]) -> list[Any]:
    import torch.autograd.forward_ad as fwd

    duals = list(inputs)
    for i, v in zip(wrt, directions, strict=True):
        duals[i] = fwd.make_dual(inputs[i].requires_grad_(True), v)
    return duals


def _live(outputs: Sequence[Any], cotangents: Callable[[Sequence[Any]], Sequence[Any]]) -> list[tuple[Any, Any]]:
    """Outputs in the graph with their upstream gradients. Raises NoGradient where there are none."""
    import torch

    pairs = zip(outputs, cotangents(outputs), strict=True)
    live = [(y, g) for y, g in pairs if g is not None and isinstance(y, torch.Tensor) and y.requires_grad]
    if not live:
        raise NoGradient("the result does not require a gradient though the inputs do")
    return live


def torch_gradcheck(call: Call, inputs: Sequence[Any], wrt: Sequence[int]) -> tuple[bool, str]:
    """The witness: ``torch.autograd.gradcheck`` as the tutorial publishes it, its answer and its words."""
    import warnings

    import torch
    from torch.autograd.gradcheck import GradcheckError

    for i in wrt:
        inputs[i].requires_grad_(True)
    function, chosen = _function_of(call, inputs, wrt), [inputs[i] for i in wrt]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(torch.autograd.gradcheck(function, chosen, eps=1e-6, atol=1e-4)), ""
        except GradcheckError as error:
            return False, str(error).strip().splitlines()[0]
        except Exception as error:
            return False, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _function_of(call: Call, inputs: Sequence[Any], wrt: Sequence[int]) -> Call:
    """The call as a function of the inputs at ``wrt``, the others held."""

    def function(*xs: Any) -> Any:
        full = list(inputs)
        for i, x in zip(wrt, xs, strict=True):
            full[i] = x
        return call(*full)

    return function


def _tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


# --- facts of the machine and the builds ----------------------------------------------------------------------------


def facts(with_torch: bool) -> dict[str, Any]:
    """Versions, build strings, CPU, instruction sets and threads of this process: what a run depends on."""
    import pandas
    import scipy

    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pandas": pandas.__version__,
    }
    config: Any = np.show_config(mode="dicts")
    builds = {"numpy blas": _blas(config)}
    threads: dict[str, Any] = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "")}
    if with_torch:
        import torch

        versions["torch"] = torch.__version__
        builds["torch"] = " ".join(torch.__config__.show().split())[:400]
        builds["torch cpu capability"] = torch.backends.cpu.get_cpu_capability()
        threads["torch"] = torch.get_num_threads()
    simd = config.get("SIMD Extensions", {})
    return {
        "versions": versions,
        "builds": builds,
        "cpu": _cpu(),
        "isa": " ".join([*simd.get("baseline", []), *simd.get("found", [])]),
        "threads": threads,
        "platform": f"{platform.system()} {platform.machine()} {sys.byteorder}",
    }


def _blas(config: Any) -> str:
    blas = config.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', '')} {blas.get('version', '')}".strip()


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
