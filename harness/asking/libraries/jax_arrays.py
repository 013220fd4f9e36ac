"""Arrays <-> JAX's, and JAX's derivatives of a call.

JAX pulls a complex cotangent g back to ``A^T g``; the harness, as torch, means ``A^H g``. Cotangents and gradients are
conjugated on their way in and out (docs.jax.dev, "Autodiff cookbook", complex numbers).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp

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
from harness.asking.outcomes import Array, Reason
from harness.asking.state import changed_between, global_state, unsettle

jax.config.update("jax_enable_x64", True)

#: Modules that hosts have loaded before they are forked; no backend is started before the first call.
PRELOAD = ("numpy", "jax", "jax.numpy")


class Jax:
    """JAX arrays, which nobody can write to and which have one layout."""

    name = "jax"
    layouts: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    casting: tuple[tuple[str, str], ...] = ()
    derivatives = True
    lacks: tuple[str, ...] = ("longdouble", "clongdouble")

    def wrap(self, x: Array, layout: str = "contiguous") -> Any:
        """A fresh array of the same values; layouts that only differ in memory are all the same to JAX."""
        if layout == "expanded" and x.ndim and x.shape[0] > 1:
            return jnp.broadcast_to(jnp.array(x[:1]), x.shape)
        if layout == "repeated" and x.ndim and x.shape[-1] > 1:
            return jnp.broadcast_to(jnp.array(x[..., :1]), x.shape)
        return jnp.array(x)

    def unwrap(self, x: Any) -> Array:
        """The array's values. Raises WrongKind for anything else."""
        if not isinstance(x, jax.Array):
            raise WrongKind(f"returned {described(x)}, expected a JAX array")
        return np.array(x)

    def dtype(self, x: Any) -> str:
        """An array's dtype as specs write it."""
        return str(x.dtype)

    def shares(self, a: Any, b: Any) -> bool:
        """Never: what nobody can write to may be shared."""
        return False

    def surroundings(self, x: Any) -> bytes:
        """Nothing: there is no buffer around an array."""
        return b""

    def freeze(self, x: Any) -> None:
        """Nothing: no array can be written to."""

    def thaw(self, x: Any) -> None:
        """Nothing."""

    def spread(self, x: Array) -> Any:
        """An array whose entries are all one number, of which all entries of x are."""
        return jnp.broadcast_to(jnp.array(x.reshape(-1)[0]), x.shape)

    def repeat(self, x: Array, count: int) -> Any:
        """Raises Refusal: JAX has no array that repeats what is once in memory."""
        raise Refusal(Reason.LAYOUT, "JAX has no array that repeats what is once in memory")

    def overwrite(self, x: Any, values: Array) -> None:
        """Raises Refusal."""
        raise Refusal(Reason.PROTECTED, "JAX arrays cannot be overwritten")

    def marks(self, x: Any) -> dict[str, Any]:
        """Shape and dtype."""
        return {"shape": x.shape, "dtype": str(x.dtype)}

    def mode(self, name: str) -> Mode:
        """There are none. Raises Refusal."""
        raise Refusal(Reason.LACKS, f"JAX has no mode `{name}`")


LIBRARY = Jax


def vjp(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Reverse mode: gradients of the inputs at ``wrt``."""
    outputs, pull, live = _pulling(call, inputs, wrt)
    return _pulled(pull, outputs, live, cotangents(outputs))


def _pulling(call: Function, inputs: Sequence[Any], wrt: Sequence[int]) -> tuple[tuple[Any, ...], Any, list[int]]:
    """The outputs of a call, what pulls cotangents of those that have gradients back, and where those stand."""
    every = tupled(call(*inputs))
    live = [i for i, y in enumerate(every) if jnp.issubdtype(y.dtype, jnp.inexact)]
    if not live:
        raise Disconnected("no output has a gradient")

    def chosen(*xs: Any) -> tuple[Any, ...]:
        outputs = tupled(function_of(call, inputs, wrt)(*xs))
        return tuple(outputs[i] for i in live)

    _, pull = jax.vjp(chosen, *(inputs[i] for i in wrt))
    return every, pull, live


def _pulled(pull: Any, outputs: Sequence[Any], live: Sequence[int], given: Sequence[Any]) -> list[Any]:
    cotangents = [jnp.zeros_like(outputs[i]) if given[i] is None else jnp.conj(given[i]) for i in live]
    return [
        _there(jnp.conj(g))
        for g in pull(tuple(c.astype(outputs[i].dtype) for c, i in zip(cotangents, live, strict=True)))
    ]


def _there(g: Any) -> Any:
    """The gradient, None for the zeros of an input that has none."""
    return None if g.dtype == jax.dtypes.float0 else g


def vjp_again(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Reverse mode a second time through what was recorded once."""
    outputs, pull, live = _pulling(call, inputs, wrt)
    _pulled(pull, outputs, live, cotangents(outputs))
    return _pulled(pull, outputs, live, cotangents(outputs))


def vjp_between(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, others: Sequence[Any]
) -> list[Any]:
    """Reverse mode once another call, on ``others``, has come between it and its forward pass."""
    outputs, pull, live = _pulling(call, inputs, wrt)
    _pulling(call, others, wrt)
    return _pulled(pull, outputs, live, cotangents(outputs))


def vjp_after(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Raises Refusal: no output can be overwritten."""
    raise Refusal(Reason.PROTECTED, "JAX arrays cannot be overwritten")


def vjp_late(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, others: Mapping[int, Any]
) -> list[Any]:
    """Raises Refusal: no input can be overwritten."""
    raise Refusal(Reason.PROTECTED, "JAX arrays cannot be overwritten")


def changed_by_backward(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, names: Sequence[str]
) -> list[str]:
    """What reverse mode changed that all code shares; arrays cannot change."""
    outputs, pull, live = _pulling(call, inputs, wrt)
    unsettle()
    state = global_state()
    _pulled(pull, outputs, live, cotangents(outputs))
    return changed_between(state, global_state(), 2**63)


def backward(call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[dict[str, Any]]:
    """Nothing: JAX checks shapes and dtypes of a rule's cotangents itself."""
    return []


def has_functions(call: Function, inputs: Sequence[Any], wrt: Sequence[int]) -> bool:
    """Whether a rule written by hand takes part in the result."""
    made = jax.make_jaxpr(function_of(call, inputs, wrt))(*(inputs[i] for i in wrt))
    return any(e.primitive.name in ("custom_vjp_call", "custom_jvp_call", "custom_vjp_call_jaxpr") for e in made.eqns)


def jvp(call: Function, inputs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    """Forward mode: one tangent per input in (None: zero), one per output out (None: it has none)."""
    wrt = [i for i, t in enumerate(tangents) if t is not None]
    primals, along = tuple(inputs[i] for i in wrt), tuple(tangents[i] for i in wrt)
    _, moved = jax.jvp(lambda *xs: tupled(function_of(call, inputs, wrt)(*xs)), primals, along)
    return [None if t.dtype == jax.dtypes.float0 else t for t in moved]


def _gradient(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], given: Sequence[Any]
) -> Callable[..., tuple[Any, ...]]:
    """The gradients as a function of the inputs at ``wrt``."""

    def gradient(*xs: Any) -> tuple[Any, ...]:
        full = list(inputs)
        for i, x in zip(wrt, xs, strict=True):
            full[i] = x
        outputs, pull, live = _pulling(call, full, wrt)
        return tuple(_pulled(pull, outputs, live, given))

    return gradient


def reverse_of_reverse(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """Gradients of ``<vjp(x; g), v>`` in x and then in g."""
    outputs = tupled(call(*inputs))
    given = cotangents(outputs)
    asked = [i for i, g in enumerate(given) if g is not None]

    def product(xs: tuple[Any, ...], gs: tuple[Any, ...]) -> Any:
        full = [None] * len(given)
        for i, g in zip(asked, gs, strict=True):
            full[i] = g
        first = _gradient(call, inputs, wrt, full)(*xs)
        return sum(jnp.sum(jnp.real(jnp.conj(v) * d)) for d, v in zip(first, directions, strict=True) if d is not None)

    xs, gs = tuple(inputs[i] for i in wrt), tuple(given[i] for i in asked)
    total, pull = jax.vjp(product, xs, gs)
    of_inputs, of_cotangents = pull(jnp.ones_like(total))
    return [jnp.conj(x) for x in (*of_inputs, *of_cotangents)]


def forward_of_reverse(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """The gradients' tangents along ``directions``."""
    given = cotangents(tupled(call(*inputs)))
    gradient = _gradient(call, inputs, wrt, given)
    return list(jax.jvp(gradient, tuple(inputs[i] for i in wrt), tuple(directions))[1])


def reverse_of_forward(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """The gradients of ``<jvp(x; v), g>``."""
    given = cotangents(tupled(call(*inputs)))
    chosen = function_of(call, inputs, wrt)

    def product(*xs: Any) -> Any:
        _, moved = jax.jvp(lambda *ys: tupled(chosen(*ys)), xs, tuple(directions))
        pairs = zip(moved, given, strict=True)
        return sum(jnp.sum(jnp.real(jnp.conj(g) * t)) for t, g in pairs if g is not None)

    total, pull = jax.vjp(product, *(inputs[i] for i in wrt))
    return [jnp.conj(x) for x in pull(jnp.ones_like(total))]


def forward_of_forward(
    call: Function, inputs: Sequence[Any], wrt: Sequence[int], cotangents: Upstream, directions: Sequence[Any]
) -> list[Any]:
    """The outputs' second derivatives along ``directions``; the upstream gradients take no part."""
    chosen, along = function_of(call, inputs, wrt), tuple(directions)
    primals = tuple(inputs[i] for i in wrt)
    nested = jax.jvp(lambda *xs: jax.jvp(lambda *ys: tupled(chosen(*ys)), xs, along)[1], primals, along)
    return list(nested[1])


#: The paths to a second derivative, by name.
PATHS = {
    "reverse of reverse": reverse_of_reverse,
    "forward of reverse": forward_of_reverse,
    "reverse of forward": reverse_of_forward,
    "forward of forward": forward_of_forward,
}


def vmap(call: Function, stacked: Sequence[Any], axes: Sequence[int | None]) -> list[Any]:
    """The call mapped over the axis of each input (None: the same for all)."""
    return list(tupled(jax.vmap(lambda *xs: call(*xs), in_axes=tuple(axes))(*stacked)))


def vmapped_vjp(call: Function, stacked: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Gradients of the inputs at ``wrt``, mapped over the first axis of each, for cotangents that are not mapped."""

    def pulled(*inputs: Any) -> tuple[Any, ...]:
        return tuple(vjp(call, inputs, wrt, cotangents))

    return list(jax.vmap(pulled)(*stacked))


def vjp_of_map(call: Function, stacked: Sequence[Any], wrt: Sequence[int], cotangents: Upstream) -> list[Any]:
    """Gradients of the call mapped over the first axis of each input; each map's cotangent is the same one."""

    def through(*inputs: Any) -> tuple[Any, ...]:
        return tuple(vmap(call, inputs, (0,) * len(inputs)))

    def twice(outputs: Sequence[Any]) -> list[Any]:
        return [None if g is None else jnp.stack([g] * len(stacked[0])) for g in cotangents(outputs)]

    return vjp(through, stacked, wrt, twice)


def gradcheck(call: Function, inputs: Sequence[Any], wrt: Sequence[int]) -> tuple[bool, str]:
    """Raises Refusal: the witness is torch's."""
    raise Refusal(Reason.LACKS, "gradcheck is torch's")
