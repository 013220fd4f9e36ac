"""Arrays <-> torch's tensors, and torch's derivatives of a call: reverse and forward mode, the second order along four
paths, maps, what comes between."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
import torch.autograd.forward_ad as fwd
from torch.autograd.gradcheck import GradcheckError

from harness.asking.libraries import (
    Disconnected,
    Function,
    Mode,
    Refusal,
    Upstream,
    WrongKind,
    described,
    function_of,
    tupled,
)
from harness.asking.libraries.numpy_arrays import LAYOUTS, NumPy
from harness.asking.outcomes import Array, Reason
from harness.asking.state import changed_between, global_state, unsettle
from harness.asking.wire import BFLOAT16

#: Modules that hosts have loaded before they are forked: torch, and what it imports at the first use of forward mode
#: and of gradients per sample. None of it starts a thread or computes anything.
PRELOAD = (
    "numpy",
    "torch",
    "torch.fx.experimental.symbolic_shapes",
    "torch._decomp.decompositions_for_jvp",
)

#: What a server of many hosts loads too: what torch imports at the first gradient of a forward derivative, and SciPy, on
#: which many Functions are built.
LATER = ("torch._dynamo", "scipy.fft", "scipy.signal")

#: Settings of torch that all code of the process shares: what reads each, what sets it. Deterministic algorithms are set
#: by their debug mode, 2 being "error": ``use_deterministic_algorithms`` sets the same and imports the compiler first.
DEFAULT_DTYPE = (torch.get_default_dtype, torch.set_default_dtype)
DETERMINISTIC = (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode)
THREADS = (torch.get_num_threads, torch.set_num_threads)


class Torch:
    """torch tensors and their derivatives."""

    name = "torch"
    layouts: tuple[str, ...] = ("transposed", "strided", "offset", "channels_last", "conj_view", "neg_view")
    modes: tuple[str, ...] = (
        "with gradients",
        "of results",
        "of parameters",
        "without gradients",
        "in inference mode",
    )
    settings: tuple[str, ...] = (
        "with bfloat16 as default",
        "with float64 as default",
        "deterministically",
        "in three threads",
    )
    casting: tuple[tuple[str, str], ...] = (
        ("under bfloat16 autocast", "bfloat16"),
        ("under float16 autocast", "float16"),
    )
    derivatives = True
    lacks: tuple[str, ...] = ()

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh tensor of the same values in a layout. Raises Refusal where the layout does not apply."""
        if layout in ("negative", "swapped", "unaligned"):
            raise Refusal(Reason.LAYOUT, f"torch has no {layout} layout")
        if layout == "conj_view":
            if x.dtype.kind != "c":
                raise Refusal(Reason.LAYOUT, "conjugate views are complex")
            return torch.conj(self.wrap(np.conj(x)))
        if layout == "neg_view":
            if x.dtype.kind not in "fc" and x.dtype != BFLOAT16:
                raise Refusal(Reason.LAYOUT, "negated views are of floating point numbers")
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
        """The tensor's values as an array. Raises WrongKind for anything else."""
        if not isinstance(x, torch.Tensor):
            raise WrongKind(f"returned {described(x)}, expected a torch tensor")
        plain: Any = x.detach().resolve_conj().resolve_neg().cpu()
        if plain._is_zerotensor():  # what forward mode gives where nothing moves: a tensor without memory
            plain = torch.zeros(plain.shape, dtype=plain.dtype)
        if plain.dtype is torch.bfloat16:
            return np.asarray(plain.contiguous().view(torch.int16).numpy().view(BFLOAT16))
        return np.asarray((plain.to(torch.complex64) if plain.dtype is torch.complex32 else plain).numpy())

    def dtype(self, x: Any) -> str:
        """A tensor's dtype as specs write it."""
        return str(x.dtype).removeprefix("torch.")

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

    def thaw(self, x: Any) -> None:
        """Nothing: tensors are always writable."""

    def spread(self, x: Array) -> Any:
        """A tensor whose entries are all one number in memory, of which all entries of x are."""
        return self.wrap(x.reshape(-1)[:1].reshape(())).expand(x.shape)

    def repeat(self, x: Array, count: int) -> Any:
        """A tensor of so many rows, each the first one of x at its place in memory."""
        return _tensor(x[:1].copy()).expand(count, *x.shape[1:])

    def overwrite(self, x: Any, values: Array) -> None:
        """Put other values in a tensor's place."""
        x.detach().copy_(self.wrap(values))

    def marks(self, x: Any) -> dict[str, Any]:
        """Shape, strides, version, need of a gradient, hooks."""
        found = {"shape": tuple(x.shape), "strides": x.stride(), "version": x._version}
        return found | {"need of a gradient": x.requires_grad, "hooks": bool(x._backward_hooks)}

    def mode(self, name: str) -> Mode:
        """While gradients are recorded of leaves, results and parameters, and without; in a setting; while it casts."""
        modes = {
            "with gradients": Mode(_leaves, nullcontext),
            "of results": Mode(_results, nullcontext),
            "of parameters": Mode(_parameters, torch.no_grad),
            "without gradients": Mode(list, torch.no_grad),
            "in inference mode": Mode(list, torch.inference_mode),
            "with bfloat16 as default": Mode(list, lambda: _set_to(torch.bfloat16, *DEFAULT_DTYPE)),
            "with float64 as default": Mode(list, lambda: _set_to(torch.float64, *DEFAULT_DTYPE)),
            "deterministically": Mode(list, lambda: _set_to(2, *DETERMINISTIC)),
            "in three threads": Mode(list, lambda: _set_to(3, *THREADS)),
            "under bfloat16 autocast": Mode(list, lambda: torch.autocast("cpu", torch.bfloat16)),
            "under float16 autocast": Mode(list, lambda: torch.autocast("cpu", torch.float16)),
        }
        return modes[name]


@contextlib.contextmanager
def _set_to(value: Any, now: Callable[[], Any], put: Callable[[Any], None]) -> Iterator[None]:
    """While a setting of torch has another value."""
    before = now()
    put(value)
    try:
        yield
    finally:
        put(before)


def _leaves(xs: Sequence[Any]) -> list[Any]:
    return [x.requires_grad_(_has_slope(x)) for x in xs]


def _results(xs: Sequence[Any]) -> list[Any]:
    return [x.clone() for x in _leaves(xs)]


def _parameters(xs: Sequence[Any]) -> list[Any]:
    return [torch.nn.Parameter(x, _has_slope(x)) for x in xs]


def _has_slope(x: Any) -> bool:
    return bool(x.is_floating_point() or x.is_complex())


def _tensor(x: Array) -> Any:
    return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16) if x.dtype == BFLOAT16 else torch.from_numpy(x)


# --- reverse mode ---------------------------------------------------------------------------------------------------


def vjp(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Reverse mode: gradients of the inputs at ``wrt``, None where there is none. Raises Disconnected without a graph."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    return _grad(ys, chosen, upstream)


def _recorded(call: Function, inputs: Sequence[Any], wrt: Sequence[int]) -> tuple[tuple[Any, ...], list[Any]]:
    """The outputs of a call under autograd, and the inputs at ``wrt``."""
    chosen = [inputs[i] for i in wrt]
    for x in chosen:
        x.requires_grad_(True)
    return tupled(call(*inputs)), chosen


def _grad(outputs: Sequence[Any], inputs: Sequence[Any], upstream: Sequence[Any], **options: Any) -> list[Any]:
    """``torch.autograd.grad``. Raises Refusal where a Function has a backward that returns nothing at all."""
    try:
        found = list(torch.autograd.grad(outputs, inputs, upstream, allow_unused=True, **options))
    except RuntimeError as error:
        _refuse_silent(outputs, error)
        raise
    if all(g is None for g in found):
        _refuse_silent(outputs, None)
    return found


def _refuse_silent(outputs: Sequence[Any], error: Exception | None) -> None:
    for node in _graph([y.grad_fn for y in outputs]):
        if hasattr(node, "_forward_cls") and _says_nothing(node):
            raise Refusal(Reason.LACKS, f"{node._forward_cls.__name__}.backward returns nothing") from error


def _says_nothing(node: Any) -> bool:
    zeros = [torch.zeros(tuple(m.shape), dtype=m.dtype, device=m.device) for m in node._input_metadata]
    try:
        with torch.no_grad():
            return node._forward_cls.backward(node, *zeros) is None
    except Exception:
        return False


def vjp_again(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Reverse mode a second time through a graph that was kept."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    torch.autograd.grad(ys, chosen, upstream, allow_unused=True, retain_graph=True)
    return _grad(ys, chosen, [g for _, g in _live(outputs, cotangents)])


def changed_by_backward(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, names: Sequence[str]
) -> list[str]:
    """What reverse mode changed: inputs and outputs, by ``names``, gradients that they hold, what all code shares."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    watched = dict(zip(names, (*inputs, *outputs), strict=True))
    bits = {name: _bits(x) for name, x in watched.items()}
    unsettle()
    state = global_state()
    _grad(ys, chosen, upstream)
    changed = [name for name, x in watched.items() if _bits(x) != bits[name]]
    changed += [f"the gradient held by {name}" for name, x in watched.items() if x.is_leaf and x.grad is not None]
    return changed + changed_between(state, global_state(), 2**63)


def _bits(x: Any) -> bytes:
    flat = x.detach().resolve_conj().resolve_neg().reshape(-1).clone(memory_format=torch.contiguous_format)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def vjp_late(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, others: Mapping[int, Any]
) -> list[Any]:
    """Reverse mode once the inputs at some places hold ``others``. Raises Refusal where autograd notices."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    saved = _versions(ys)
    with torch.no_grad():
        for i, y in others.items():
            inputs[i].copy_(y)
    return _unless_noticed(ys, chosen, upstream, saved, "its inputs may not be overwritten before its backward")


def vjp_after(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Reverse mode once the outputs hold other numbers. Raises Refusal where autograd notices and refuses."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    saved = _versions(ys)
    said = "its outputs may not be overwritten before its backward"
    try:
        for y in ys:
            y.detach().add_(1)
    except RuntimeError as error:
        raise Refusal(Reason.PROTECTED, said) from error
    return _unless_noticed(ys, chosen, upstream, saved, said)


def _versions(ys: Sequence[Any]) -> list[tuple[Any, int]]:
    """Tensors that the graph below some outputs has saved, each with its version."""
    found = []
    for node in _graph([y.grad_fn for y in ys]):
        for name in dir(node):
            if name.startswith("_saved") or name == "saved_tensors":
                with contextlib.suppress(Exception):
                    found += [(x, x._version) for x in tupled(getattr(node, name)) if isinstance(x, torch.Tensor)]
    return found


def _unless_noticed(
    ys: Sequence[Any], chosen: Sequence[Any], upstream: Sequence[Any], saved: list[tuple[Any, int]], said: str
) -> list[Any]:
    """The gradients; a refusal where reverse mode raises and a saved tensor has another version than when it was saved."""
    try:
        return _grad(ys, chosen, upstream)
    except RuntimeError as error:
        if any(x._version != version for x, version in saved) or any(y._is_view() for y in ys):
            raise Refusal(Reason.PROTECTED, said) from error
        raise


def vjp_between(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, others: Sequence[Any]
) -> list[Any]:
    """Reverse mode once another call, on ``others``, has come between it and its forward pass."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    _recorded(call, others, wrt)
    return _grad(ys, chosen, upstream)


def backward(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[dict[str, Any]]:
    """What the ``backward`` of every Function in the graph returns, before the engine sums, casts and hands it on.

    For each gradient: ``function``, its ``argument`` and ``place`` among the inputs (None of what lies within), shapes
    and dtypes of the gradient and of the tensor it belongs to.
    """
    outputs, chosen = _recorded(call, inputs, wrt)
    pairs = [(y, g) for y, g in zip(outputs, cotangents(outputs), strict=True) if g is not None]
    live = [(y, g) for y, g in pairs if isinstance(y, torch.Tensor) and y.requires_grad]
    nodes = [node for node in _graph([y.grad_fn for y, _ in live]) if hasattr(node, "_forward_cls")]
    if not nodes:
        return []
    arrived: list[tuple[Any, Sequence[Any]]] = []
    for node in nodes:
        node.register_prehook(lambda upstream, node=node: arrived.append((node, upstream)))
    _grad([y for y, _ in live], chosen, [g for _, g in live], retain_graph=True)
    return [r for node, upstream in arrived for r in _asked(node, upstream, inputs, wrt)]


def _asked(node: Any, upstream: Sequence[Any], inputs: Sequence[Any], wrt: Sequence[int]) -> list[dict[str, Any]]:
    """One Function's backward called directly on what arrived at it; nothing where it cannot be called again."""
    given = list(upstream)
    if getattr(node, "materialize_grads", True):
        given = [
            torch.zeros(tuple(m.shape), dtype=m.dtype, device=m.device) if g is None else g
            for g, m in zip(given, node._input_metadata, strict=True)
        ]
    try:
        with torch.no_grad():
            gradients = tupled(node._forward_cls.backward(node, *given))
    except Exception:
        return []
    found = []
    for k, (g, (source, slot)) in enumerate(zip(gradients, node.next_functions, strict=False)):
        if source is None or not isinstance(g, torch.Tensor):
            continue
        due = source._input_metadata[slot]
        found.append(
            {
                "function": node._forward_cls.__name__,
                "argument": k,
                "place": next((i for i in wrt if inputs[i] is getattr(source, "variable", None)), None),
                "shape": tuple(g.shape),
                "dtype": str(g.dtype).removeprefix("torch."),
                "due shape": tuple(due.shape),
                "due dtype": str(due.dtype).removeprefix("torch."),
            }
        )
    return found


def has_functions(call: Function, inputs: Sequence[Any], wrt: Sequence[int]) -> bool:
    """Whether a custom Function takes part in the result."""
    outputs, _ = _recorded(call, inputs, wrt)
    return any(hasattr(node, "_forward_cls") for node in _graph([getattr(y, "grad_fn", None) for y in outputs]))


def _graph(roots: Sequence[Any]) -> list[Any]:
    """Every node of autograd's graph below some roots."""
    pending, seen = [r for r in roots if r is not None], dict[int, Any]()
    while pending:
        node = pending.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            pending.extend(n for n, _ in node.next_functions if n is not None)
    return list(seen.values())


def _live(outputs: Sequence[Any], cotangents: Upstream) -> list[tuple[Any, Any]]:
    """Outputs in the graph with their upstream gradients. Raises Disconnected where there are none."""
    pairs = zip(outputs, cotangents(outputs), strict=True)
    live = [(y, g) for y, g in pairs if g is not None and isinstance(y, torch.Tensor) and y.requires_grad]
    if not live:
        raise Disconnected("the result does not require a gradient though the inputs do")
    return live


# --- forward mode and second order ----------------------------------------------------------------------------------


def jvp(call: Function, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    """Forward mode: one tangent per input in (None: zero), one per output out (None: zero).

    Raises Refusal where torch makes no dual of an input: a tangent has no place in memory that several entries share.
    """
    with fwd.dual_level():
        duals = [x if t is None else _dual(x, t) for x, t in zip(inputs, tangents, strict=True)]
        outputs = tupled(call(*duals))
        return [
            None if not isinstance(y, torch.Tensor) or (t := fwd.unpack_dual(y).tangent) is None else t.clone()
            for y in outputs
        ]


def _dual(x: Any, tangent: Any) -> Any:
    try:
        return fwd.make_dual(x, tangent)
    except RuntimeError as error:
        if any(stride == 0 for stride, n in zip(x.stride(), x.shape, strict=True) if n > 1):
            raise Refusal(Reason.LAYOUT, "a tangent has no place in memory that several entries share") from error
        raise


def reverse_of_reverse(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """Gradients of ``<vjp(x; g), v>`` in x and then in g. Raises Disconnected without a graph, Refusal where the
    backward is not differentiable."""
    for i in wrt:
        inputs[i].requires_grad_(True)
    outputs = tupled(call(*inputs))
    upstream = [None if g is None else g.requires_grad_(True) for g in cotangents(outputs)]
    asked = [(y, g) for y, g in zip(outputs, upstream, strict=True) if g is not None]
    live = [(y, g) for y, g in asked if y.requires_grad]
    if not live:
        raise Disconnected("the result does not require a gradient though the inputs do")
    chosen = [inputs[i] for i in wrt]
    first = _grad([y for y, _ in live], chosen, [g for _, g in live], create_graph=True)
    pairs = [(d, v) for d, v in zip(first, directions, strict=True) if d is not None and d.requires_grad]
    if not pairs or any(_refuses(node) for node in _graph([d.grad_fn for d, _ in pairs])):
        raise Refusal(Reason.LACKS, "its backward is not differentiable")
    # Sums of real inner products keep complex conventions apart from the candidate's own.
    total = sum(
        (torch.real(torch.vdot(v.reshape(-1), d.reshape(-1))) if d.is_complex() else (v * d).sum() for d, v in pairs)
    )
    return list(torch.autograd.grad(total, [*chosen, *(g for _, g in asked)], allow_unused=True))


def _refuses(node: Any) -> bool:
    """Whether a node stands for what may not be differentiated again, as `once_differentiable` leaves it."""
    return str(node.name()) == "torch::autograd::Error"


def forward_of_reverse(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """The gradients' tangents along ``directions``, None where there is none."""
    with fwd.dual_level():
        duals = _duals(inputs, wrt, directions)
        live = _live(tupled(call(*duals)), cotangents)
        chosen = [duals[i] for i in wrt]
        first = torch.autograd.grad(
            [y for y, _ in live], chosen, [g for _, g in live], allow_unused=True, create_graph=True
        )
        return [None if g is None else fwd.unpack_dual(g).tangent for g in first]


def reverse_of_forward(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """The gradients of ``<jvp(x; v), g>``, None where there is none."""
    with fwd.dual_level():
        duals = _duals(inputs, wrt, directions)
        outputs = tupled(call(*duals))
        tangents = [fwd.unpack_dual(y).tangent for y in outputs]
        pairs = zip(tangents, cotangents(outputs), strict=True)
        live = [(t, g) for t, g in pairs if t is not None and g is not None and t.requires_grad]
        if not live:
            raise Refusal(Reason.LACKS, "its forward mode is not differentiable")
        chosen = [inputs[i] for i in wrt]
        return list(torch.autograd.grad([t for t, _ in live], chosen, [g for _, g in live], allow_unused=True))


def forward_of_forward(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """The outputs' second derivatives along ``directions``; the upstream gradients take no part."""
    chosen = function_of(call, inputs, wrt)
    primals, along = tuple(inputs[i] for i in wrt), tuple(directions)
    return list(tupled(torch.func.jvp(lambda *xs: torch.func.jvp(chosen, xs, along)[1], primals, along)[1]))


#: The paths to a second derivative, by name.
PATHS = {
    "reverse of reverse": reverse_of_reverse,
    "forward of reverse": forward_of_reverse,
    "reverse of forward": reverse_of_forward,
    "forward of forward": forward_of_forward,
}


def _duals(inputs: Sequence[Any], wrt: Sequence[int], directions: Sequence[Any]) -> list[Any]:
    duals = list(inputs)
    for i, v in zip(wrt, directions, strict=True):
        duals[i] = _dual(inputs[i].requires_grad_(True), v)
    return duals


# --- maps and the witness -------------------------------------------------------------------------------------------


def vmap(call: Function, stacked: Sequence[Any], axes: Sequence[int | None]) -> list[Any]:
    """The call mapped over the axis of each input (None: the same for all)."""

    def mapped(*inputs: Any) -> Any:  # torch writes out whatever has no name, its tensors included, at each call
        return call(*inputs)

    return list(tupled(torch.func.vmap(mapped, in_dims=tuple(axes))(*stacked)))


def vmapped_vjp(call: Function, stacked: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Gradients of the inputs at ``wrt``, mapped over the first axis of each, for cotangents that are not mapped."""

    def pulled(*inputs: Any) -> Any:
        def chosen(*some: Any) -> Any:
            given = dict(zip(wrt, some, strict=True))
            outputs = tupled(call(*(given.get(i, x) for i, x in enumerate(inputs))))
            return tuple(y for y, g in zip(outputs, cotangents(outputs), strict=True) if g is not None)

        outputs, pull = torch.func.vjp(chosen, *(inputs[i] for i in wrt))
        return pull(tuple(g for g in cotangents(outputs) if g is not None))

    return list(torch.func.vmap(pulled)(*stacked))


def vjp_of_map(call: Function, stacked: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Gradients of the call mapped over the first axis of each input; each map's cotangent is the same one."""

    def through(*inputs: Any) -> Any:
        return tuple(vmap(call, inputs, (0,) * len(inputs)))

    def twice(outputs: Sequence[Any]) -> list[Any]:
        return [None if g is None else torch.stack([g] * len(stacked[0])) for g in cotangents(outputs)]

    return vjp(through, stacked, wrt, twice)


def gradcheck(call: Function, inputs: Sequence[Any], wrt: Sequence[int]) -> tuple[bool, str]:
    """The witness: ``torch.autograd.gradcheck`` as the tutorial publishes it, its answer and its words."""
    for i in wrt:
        inputs[i].requires_grad_(True)
    function, chosen = function_of(call, inputs, wrt), [inputs[i] for i in wrt]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(torch.autograd.gradcheck(function, chosen, eps=1e-6, atol=1e-4)), ""
        except GradcheckError as error:
            return False, str(error).strip().splitlines()[0]
        except Exception as error:
            return False, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


LIBRARY = Torch
