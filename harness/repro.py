"""Verdict -> a standalone script that repeats it, bit for bit, with nothing of the harness.

The script imports NumPy, the candidate's own library and the candidate; inputs stand in it as bytes. Its last line is
the row's ``actual``; where the candidate raised, the script does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.candidates import Candidate
from harness.libraries import BFLOAT16
from harness.model import Case, Spec, Verdict
from harness.trial import Bench, Trial

Array = NDArray[Any]

#: Laws whose rows come from the hand-written vjp where a candidate has one.
VJP_LAWS = frozenset({"gradient", "subsets", "upstream", "adjoint"})


def script(spec: Spec, case: Case, candidate: Candidate, seed: int, row: Verdict) -> str:
    """A script that prints the row's ``actual`` (its worst entry, or what was raised)."""
    trial = Trial(Bench(spec, case, seed), candidate)
    torch = candidate.library.name == "torch"
    vjp = row.law in VJP_LAWS and not _autograd(trial)
    body = _BODIES.get(row.law, _value)(trial, row)
    parts = [
        _head(spec, case, candidate, row, vjp),
        _TORCH if torch else _BFLOAT16_ARRAYS if case.dtype == "bfloat16" else _NUMPY,
        _placing(row.about.split()[-1] if row.law == "layout" and row.about else case.layout, torch),
        _SHOW,
        f"arrays = {_literals(trial.arrays)}",
        _call(trial, vjp),
        *body,
    ]
    return "\n".join(parts) + "\n"


def _autograd(trial: Trial) -> bool:
    return trial.is_torch and trial.candidate.vjp_function is None


# --- the script's beginning -----------------------------------------------------------------------------------------

_HEAD = '''"""{title}

{said}
"""

import importlib
import sys
{imports}
import numpy as np

sys.path.insert(0, ".")
np.seterr(all="ignore")
{settings}
candidate = importlib.import_module("{module}")
for part in "{attribute}".split("."):
    candidate = getattr(candidate, part)


def array(dtype, shape, text):
    """An array from the bytes of its entries."""
    return np.frombuffer(bytes.fromhex(text), dtype=dtype).reshape(shape).copy()

'''


def _head(spec: Spec, case: Case, candidate: Candidate, row: Verdict, vjp: bool) -> str:
    path = candidate.given.vjp if vjp and candidate.given.vjp else candidate.given.call
    module, _, attribute = path.partition(":")
    torch = candidate.library.name == "torch"
    about = f" of {row.about}" if row.about else ""
    said = f"expected {row.expected}, bound {row.bound}: {row.message}" if row.bound else row.message
    safe = said.replace("\\", " ").replace('"""', "'''").rstrip('"')
    return _HEAD.format(
        title=f"{spec.op}: {candidate.name} at {case.id}, law {row.law}{about}.",
        said=safe or f"due: {row.expected}",
        imports="import torch\n" if torch else "",
        settings="torch.set_num_threads(1)\ntorch.manual_seed(0)\n" if torch else "",
        module=module,
        attribute=attribute,
    )


_NUMPY = '''
def own(x):
    """The array as the candidate takes it."""
    return x


def values(y):
    """What the candidate gives, as an array."""
    return np.asarray(y)

'''

_BFLOAT16_ARRAYS = _NUMPY.replace(
    "    return x\n",
    '    import ml_dtypes\n\n    return x.view(ml_dtypes.bfloat16) if x.dtype == "int16" else x\n',
)

_TORCH = '''
def own(x):
    """The array as a tensor."""
    return torch.from_numpy(x).view(torch.bfloat16) if x.dtype == "int16" else torch.from_numpy(x)


def values(y):
    """The tensor as an array."""
    y = y.detach().resolve_conj().resolve_neg().cpu()
    if y.dtype is torch.bfloat16:
        return y.contiguous().float().numpy()
    return (y.to(torch.complex64) if y.dtype is torch.complex32 else y).numpy()

'''

_SHOW = '''
def written(x):
    """The shortest digits that read back to the same number."""
    if x.dtype.kind == "c":
        return f"{written(x.real)}{'-' if np.signbit(x.imag) else '+'}{written(abs(x.imag))}j"
    if x.dtype.kind in "iub":
        return str(x)
    if not np.isfinite(x):
        return "nan" if np.isnan(x) else "inf" if x > 0 else "-inf"
    return np.format_float_scientific(x, unique=True, trim="-") if x.dtype.kind == "f" else str(float(x))


def show(y, at):
    """Print one entry."""
    x = np.asarray(values(y)[at])[()]
    print(str(float(x)) if str(y.dtype).endswith("bfloat16") and np.isfinite(x) else written(x))

'''

_POISONED = """    poison = np.nan if x.dtype.kind in "fc" else 32704 if x.dtype == "int16" else 0
"""

#: Each layout as the body of a function of a contiguous array.
_LAYOUTS: Mapping[str, str] = {
    "contiguous": '    return own(np.array(x, order="C"))\n',
    "transposed": '    return own(np.array(x.T, order="C").T)\n',
    "strided": _POISONED
    + """    buffer = np.full((*x.shape[:-1], 2 * x.shape[-1] + 1) if x.ndim else (3,), poison, x.dtype)
    view = buffer[..., 1::2][..., : x.shape[-1]] if x.ndim else buffer[1:2].reshape(())
    view[...] = x
    return own(view)
""",
    "offset": _POISONED
    + """    buffer = np.full(x.size + 6, poison, x.dtype)
    view = buffer[3 : 3 + x.size].reshape(x.shape)
    view[...] = x
    return own(view)
""",
    "channels_last": "    return own(np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1))\n",
    "negative": """    i = (..., *(slice(None, None, -1),) * x.ndim)
    return own(np.array(x[i], order="C")[i])
""",
    "swapped": '    return own(x.astype(x.dtype.newbyteorder(">")))\n',
    "expanded": """    whole = x.ndim == 0 or len(x) < 2
    return own(x.copy() if whole else np.broadcast_to(x[:1].copy(), x.shape))
""",
    "conj_view": "    return torch.conj(own(np.conj(x)))\n",
    "neg_view": """    negative = x ^ np.int16(-32768) if x.dtype == "int16" else -x
    return torch._neg_view(own(negative))
""",
}

_EXPANDED_TENSOR = """    return own(x[:1].copy()).expand(x.shape) if x.ndim and len(x) > 1 else own(np.array(x))
"""


def _placing(layout: str, torch: bool, name: str = "place") -> str:
    body = _LAYOUTS.get(layout, _LAYOUTS["contiguous"])
    if torch and layout == "expanded":
        body = _EXPANDED_TENSOR
    return f'\ndef {name}(x):\n    """The same values, {layout} in memory."""\n{body}\n'


def _literals(arrays: Mapping[str, Array]) -> str:
    return "{\n" + "".join(f"    {name!r}: {_literal(x)},\n" for name, x in arrays.items()) + "}"


def _literal(x: Array) -> str:
    flat = np.array(x, order="C")
    plain = flat.view(np.int16) if x.dtype == BFLOAT16 else flat
    return f"array({plain.dtype.str!r}, {plain.shape!r}, {plain.tobytes().hex()!r})"


def _call(trial: Trial, vjp: bool) -> str:
    """The function ``call`` of placed inputs (and, of a vjp, the cotangent), with this case's params."""
    named, first, params = trial.candidate.arguments(trial.case, vjp)
    names = [i.name for i in trial.spec.inputs]
    given = [f"inputs.get({n!r})" for n in names]
    words = [f"{n}={g}" for n, g in zip(names, given, strict=True)] if named else given
    upstream = [f"{first}=cotangent" if named else "cotangent"] if vjp else []
    lines = [f"params = {params!r}"]
    if "inf" in lines[0] or "nan" in lines[0]:
        lines.insert(0, "inf, nan = np.inf, np.nan")
    return "\n".join(
        [
            *lines,
            "",
            "",
            f"def call(arrays{', cotangent' if vjp else ''}):",
            '    """What the candidate gives for fresh inputs: a tuple."""',
            "    inputs = {name: place(x) for name, x in arrays.items()}",
            f"    result = candidate({', '.join([*upstream, *words, '**params'])})",
            "    return result if isinstance(result, (tuple, list)) else (result,)",
            "",
            "",
        ]
    )


# --- one body per law -----------------------------------------------------------------------------------------------


def _value(trial: Trial, row: Verdict) -> list[str]:
    """One call, one output."""
    return [f"result = call(arrays)[{_place(trial, row)}]", *_shown(row)]


def _place(trial: Trial, row: Verdict) -> int:
    words = row.about.split()
    return trial.outputs.index(words[0]) if words and words[0] in trial.outputs else 0


def _shown(row: Verdict) -> list[str]:
    """Lines that print of ``result`` what the row says of it."""
    at = tuple(int(i) for i in row.at.split())
    if row.bound:
        return [f"show(result, {at!r})"]
    if row.actual.startswith("("):
        return ["print(tuple(result.shape))"]
    if row.actual in ("None", "returns"):
        return ["print(result)" if row.actual == "None" else 'print("returns")']
    return ['print(str(result.dtype).removeprefix("torch."))']


def _linear(trial: Trial, row: Verdict) -> list[str]:
    of = row.about
    x, other = trial.arrays[of], trial.bench.others[of]
    with np.errstate(all="ignore"):
        both = np.asarray(x + other, dtype=x.dtype)
    wide = np.result_type(next(iter(trial.due.values.values())).expected.dtype)
    at = tuple(int(i) for i in row.at.split())
    return [
        f"other = {_literal(other)}",
        f"both = {_literal(both)}",
        f"parts = [arrays | {{{of!r}: both}}, arrays, arrays | {{{of!r}: other}}]",
        f"of_sum, one, two = (values(call(part)[{_place(trial, row)}]).astype({wide.name!r}) for part in parts)",
        "result = of_sum - one - two",
        f"print(written(np.asarray(result[{at!r}])[()]))",
    ]


def _repeatable(trial: Trial, row: Verdict) -> list[str]:
    place = _place(trial, row)
    lines = [f"others = {_literals(trial.bench.others)}", f"first = values(call(arrays)[{place}]).copy()"]
    if row.about.endswith("twice"):
        return [*lines, f"result = call(arrays)[{place}]", *_shown(row)]
    lines += ["call(arrays)", f"result = call(others)[{place}]"]
    if row.about.endswith("other inputs") and "after" not in row.about:
        return [*lines, *_shown(row)]
    lines += [f"result = call(arrays)[{place}]"]
    if row.about.endswith("threads"):
        lines += [
            "from concurrent.futures import ThreadPoolExecutor",
            "with ThreadPoolExecutor(2) as pool:",
            f"    found = list(pool.map(lambda _: call(arrays)[{place}], range(2)))",
            "result = next((y for y in found if values(y).tobytes() != first.tobytes()), found[0])",
        ]
    return [*lines, *_shown(row)]


def _vmap(trial: Trial, row: Verdict) -> list[str]:
    at = tuple(int(i) for i in row.at.split())
    return [
        f"others = {_literals(trial.bench.others)}",
        "kept, place = place, lambda x: x",
        "names = list(arrays)",
        "stacked = [own(np.stack([arrays[n], others[n]])) for n in names]",
        "mapped = torch.func.vmap(lambda *xs: call(dict(zip(names, xs))))(*stacked)",
        f"for y in sorted(mapped[{_place(trial, row)}], key=lambda y: written(values(y)[{at!r}]) == {row.actual!r}):",
        f"    show(y, {at!r})",
    ]


_STATE = """def state():
    import random

    found = {
        "random's generator": random.getstate(),
        "NumPy's global generator": [str(x) for x in np.random.get_state(legacy=True)[1:3]],
    }
    if "torch" in sys.modules:
        import torch

        found |= {
            "torch's generator": torch.get_rng_state().numpy().tobytes(),
            "torch's default dtype": torch.get_default_dtype(),
            "torch's gradient mode": torch.is_grad_enabled(),
            "torch's number of threads": torch.get_num_threads(),
        }
    return found

"""


def _pure(trial: Trial, row: Verdict) -> list[str]:
    if row.about == "state":
        return [
            _STATE,
            "before = state()",
            "call(arrays)",
            "print([name for name, was in before.items() if state()[name] != was])",
        ]
    named = "{name: place(x) for name, x in arrays.items()}"
    if row.about in trial.arrays:
        return [
            "kept = place",
            "made = []",
            "place = lambda x: made.append(kept(x)) or made[-1]",
            "call(arrays)",
            f"x = made[{list(trial.arrays).index(row.about)}]",
            f"same = values(x).tobytes() == values(kept(arrays[{row.about!r}])).tobytes()",
            'print("unchanged" if same else "changed")',
        ]
    if row.about == "inputs":
        return [
            "kept = place",
            "def place(x):",
            "    y = kept(x)",
            "    y.flags.writeable = False",
            "    return y",
            "call(arrays)",
        ]
    place = _place(trial, row)
    if row.actual == "changed":
        return [
            f"others = {_literals(trial.bench.others)}",
            f"result = call(arrays)[{place}]",
            "before = values(result).tobytes()",
            "call(others)",
            'print("unchanged" if values(result).tobytes() == before else "changed")',
        ]
    shared = "values(x).size and np.shares_memory(values(x), values(result))"
    return [
        f"made = {named}",
        "place = lambda x: next(made[n] for n, y in arrays.items() if y is x)",
        f"result = call(arrays)[{place}]",
        f"print([n for n, x in made.items() if {shared}])",
    ]


# --- derivatives ----------------------------------------------------------------------------------------------------


def _upstream(trial: Trial, row: Verdict) -> list[str]:
    given = dict(trial.due.cotangents)
    words = row.about.split() if row.law == "upstream" else []
    layout = words[-1] if words and words[-1] in _LAYOUTS else "contiguous"
    if layout == "expanded":
        given = {n: np.array(np.broadcast_to(g[:1], g.shape)) if g.ndim else g for n, g in given.items()}
    if words and words[-1] == "alone":
        given = {words[-2]: given[words[-2]]}
    texts = [f"placed({_literal(given[n])})" if n in given else "None" for n in trial.outputs]
    return [
        _placing(layout, trial.is_torch, "placed"),
        "cotangents = [",
        *(f"    {t}," for t in texts),
        "]",
    ]


_KEEPING = """kept, made = place, {}


def place(x):
    name = next(n for n, y in arrays.items() if y is x)
    made[name] = kept(x).requires_grad_(name in asked)
    return made[name]

"""


def _reverse(trial: Trial, row: Verdict, asked: list[str]) -> list[str]:
    """Lines after which ``gradients`` holds what reverse mode gives for the inputs ``asked``, by name."""
    if _autograd(trial):
        return [
            *_upstream(trial, row),
            f"asked = {asked!r}",
            _KEEPING,
            "chosen = [(y, g) for y, g in zip(call(arrays), cotangents) if g is not None]",
            "live = [(y, g) for y, g in chosen if y.requires_grad]",
            "wanted = [made[n] for n in asked]",
            "found = torch.autograd.grad([y for y, _ in live], wanted, [g for _, g in live], allow_unused=True)",
            "gradients = dict(zip(asked, found))",
        ]
    declared, there = [i.name for i in trial.spec.inputs], list(trial.arrays)
    return [
        *_upstream(trial, row),
        "live = [g for g in cotangents if g is not None]",
        "found = call(arrays, live[0] if len(live) == 1 else tuple(live))",
        f"order = {declared!r} if len(found) == {len(declared)} else {there!r}",
        "gradients = found[0] if isinstance(found[0], dict) else dict(zip(order, found))",
    ]


def _gradient(trial: Trial, row: Verdict) -> list[str]:
    about = row.about.split()[0] if row.about else (trial.differentiable or [""])[0]
    asked = [about] if row.law == "subsets" and row.about else trial.differentiable
    return [*_reverse(trial, row, asked), f"result = gradients[{about!r}]", *_shown(row)]


def _adjoint(trial: Trial, row: Verdict) -> list[str]:
    tangents = _literals(trial.due.tangents)
    wide = next(iter(trial.due.moved.values())).p.wide.name
    return [
        *_reverse(trial, row, trial.differentiable),
        f"tangents = {tangents}",
        "total = np.zeros((), " + repr(wide) + ")",
        "for name, x in tangents.items():",
        "    if gradients[name] is None:",
        "        continue",
        "    a, b = values(own(x)), values(gradients[name])",
        "    a, b = (y.astype(np.clongdouble if y.dtype.kind == 'c' else np.longdouble) for y in (a, b))",
        "    total = total + np.sum(np.conj(a) * b).real",
        "print(written(np.asarray(total)[()]))",
    ]


def _backward(trial: Trial, row: Verdict) -> list[str]:
    name, _, what = row.about.partition(" ")
    return [
        *_upstream(trial, row),
        f"asked = {trial.differentiable!r}",
        _KEEPING,
        "(output,) = call(arrays)",
        "node = output.grad_fn",
        "sources = [getattr(n, 'variable', None) if n is not None else None for n, _ in node.next_functions]",
        "with torch.no_grad():",
        "    found = node._forward_cls.backward(node, cotangents[0])",
        "found = found if isinstance(found, (tuple, list)) else (found,)",
        f"result = next(g for g, source in zip(found, sources) if source is made[{name!r}])" if name else "",
        'print(str(result.dtype).removeprefix("torch."))' if what == "dtype" else "print(tuple(result.shape))",
    ]


def _forward(trial: Trial, row: Verdict) -> list[str]:
    return [
        "import torch.autograd.forward_ad as forward",
        "",
        f"tangents = {_literals(trial.due.tangents)}",
        """kept = place


def place(x):
    name = next(n for n, y in arrays.items() if y is x)
    return forward.make_dual(kept(x), own(tangents[name])) if name in tangents else kept(x)

""",
        "with forward.dual_level():",
        f"    result = forward.unpack_dual(call(arrays)[{_place(trial, row)}]).tangent.clone()",
        *_shown(row),
    ]


def _second(trial: Trial, row: Verdict) -> list[str]:
    names = [*trial.differentiable, *(f"cotangent {n}" for n in trial.due.cotangents)]
    directions = {n: trial.due.tangents[n] for n in trial.differentiable}
    return [
        *_upstream(trial, row),
        f"asked = {trial.differentiable!r}",
        f"directions = {_literals(directions)}",
        _KEEPING,
        "outputs = call(arrays)",
        "upstream = [None if g is None else g.requires_grad_(True) for g in cotangents]",
        "live = [(y, g) for y, g in zip(outputs, upstream) if g is not None]",
        "chosen = [made[n] for n in asked]",
        "first = torch.autograd.grad(",
        "    [y for y, _ in live], chosen, [g for _, g in live], allow_unused=True, create_graph=True",
        ")",
        "pairs = [(d, own(directions[n])) for n, d in zip(asked, first) if d is not None and d.requires_grad]",
        "total = sum(",
        "    torch.real(torch.vdot(v.reshape(-1), d.reshape(-1))) if d.is_complex() else (v * d).sum() for d, v in pairs",
        ")",
        "found = torch.autograd.grad(total, [*chosen, *(g for _, g in live)], allow_unused=True)",
        f"result = found[{names.index(row.about) if row.about in names else 0}]",
        *_shown(row),
    ]


#: Laws whose rows take more than one call to repeat.
_BODIES: Mapping[str, Callable[[Trial, Verdict], list[str]]] = {
    "linear": _linear,
    "repeatable": _repeatable,
    "pure": _pure,
    "gradient": _gradient,
    "subsets": _gradient,
    "upstream": _gradient,
    "vmap": _vmap,
    "adjoint": _adjoint,
    "backward": _backward,
    "forward": _forward,
    "second": _second,
}
