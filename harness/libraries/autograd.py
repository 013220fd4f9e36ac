"""torch's derivatives of a call: reverse and forward mode, the second order along four paths, what comes between, the
witness."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.libraries.arrays import Call, NoGradient, NotOffered, dtype_name
from harness.libraries.machine import global_state, unsettle


def torch_vjp(
    call: Call, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Any]:
    """Reverse mode: gradients of the inputs at ``wrt``, None where there is none. Raises NoGradient without a graph."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    return _grad(ys, chosen, upstream)


def _recorded(call: Call, inputs: Sequence[Any], wrt: Sequence[int]) -> tuple[tuple[Any, ...], list[Any]]:
    """The outputs of a call under autograd, and the inputs at ``wrt``."""
    chosen = [inputs[i] for i in wrt]
    for x in chosen:
        x.requires_grad_(True)
    return _tuple(call(*inputs)), chosen


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

    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    torch.autograd.grad(ys, chosen, upstream, allow_unused=True, retain_graph=True)
    return _grad(ys, chosen, [g for _, g in _live(outputs, cotangents)])


def torch_changed_by_backward(
    call: Call,
    inputs: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
    names: Sequence[str],
) -> list[str]:
    """What reverse mode changed: inputs and outputs, by ``names``, gradients that they hold, what all code shares."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    watched = dict(zip(names, (*inputs, *outputs), strict=True))
    bits = {name: _bits(x) for name, x in watched.items()}
    unsettle()
    state = global_state()
    _grad(ys, chosen, upstream)
    after = global_state()
    changed = [name for name, x in watched.items() if _bits(x) != bits[name]]
    changed += [f"the gradient held by {name}" for name, x in watched.items() if x.is_leaf and x.grad is not None]
    return changed + [name for name, was in state.items() if after.get(name) != was]


def _bits(x: Any) -> bytes:
    import torch

    flat = x.detach().resolve_conj().resolve_neg().reshape(-1).clone(memory_format=torch.contiguous_format)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def torch_vjp_late(
    call: Call,
    inputs: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
    others: Mapping[int, Any],
) -> list[Any]:
    """Reverse mode once the inputs at some places hold ``others``. Raises NotOffered where autograd notices and refuses."""
    import torch

    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    with torch.no_grad():
        for i, y in others.items():
            inputs[i].copy_(y)
    try:
        return _grad(ys, chosen, upstream)
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
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    _recorded(call, others, wrt)
    return _grad(ys, chosen, upstream)


def torch_vjp_after(
    call: Call, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Any]:
    """Reverse mode once the outputs hold other numbers. Raises NotOffered where autograd notices and refuses."""
    outputs, chosen = _recorded(call, inputs, wrt)
    ys, upstream = zip(*_live(outputs, cotangents), strict=True)
    try:
        for y in ys:
            y.detach().add_(1)
        return _grad(ys, chosen, upstream)
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
        said = str(error).splitlines()[0] if str(error) else ""
        raise NotOffered(f"{type(error).__name__}: {said}; no vmap") from error


def torch_vmapped_vjp(
    call: Call,
    stacked: Sequence[Any],
    wrt: Sequence[int],
    cotangents: Callable[[Sequence[Any]], Sequence[Any]],
) -> list[Any]:
    """Gradients of the inputs at ``wrt``, mapped over the first axis of each, for cotangents that are not mapped."""
    import torch

    def pulled(*inputs: Any) -> Any:
        def chosen(*some: Any) -> Any:
            given = dict(zip(wrt, some, strict=True))
            outputs = _tuple(call(*(given.get(i, x) for i, x in enumerate(inputs))))
            return tuple(y for y, g in zip(outputs, cotangents(outputs), strict=True) if g is not None)

        outputs, pull = torch.func.vjp(chosen, *(inputs[i] for i in wrt))
        return pull(tuple(g for g in cotangents(outputs) if g is not None))

    return list(torch.func.vmap(pulled)(*stacked))


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
