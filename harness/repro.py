"""Verdict -> a standalone script that repeats it, bit for bit, with nothing of the harness.

The script imports NumPy, the candidate's own library and the candidate; inputs stand in it as bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.candidates import Candidate
from harness.libraries import BFLOAT16
from harness.model import Case, Spec, Verdict
from harness.trial import Bench, Trial

Array = NDArray[Any]

_HEAD = '''"""{op}: {candidate} at {case}, law {law}{about}.

expected {expected}, bound {bound}: {message}
"""

import importlib
{imports}
import numpy as np

module, attribute = "{module}", "{attribute}"
candidate = importlib.import_module(module)
for part in attribute.split("."):
    candidate = getattr(candidate, part)


def array(dtype, shape, text):
    """An array from the bytes of its entries."""
    return np.frombuffer(bytes.fromhex(text), dtype=dtype).reshape(shape).copy()


{placing}
'''


def script(spec: Spec, case: Case, candidate: Candidate, seed: int, row: Verdict) -> str:
    """A script that prints the row's ``actual`` (its worst entry, or what was raised)."""
    trial = Trial(Bench(spec, case, seed), candidate)
    torch = candidate.library.name == "torch"
    gradient = row.law in GRADIENT_LAWS
    path = candidate.given.vjp if gradient and not torch and candidate.given.vjp else candidate.given.call
    module, _, attribute = path.partition(":")
    head = _HEAD.format(
        op=spec.op,
        candidate=candidate.name,
        case=case.id,
        law=row.law,
        about=f" about {row.about}" if row.about else "",
        expected=row.expected,
        bound=row.bound,
        message=row.message.replace("\\", " ").replace('"""', "'''"),
        imports="import torch" if torch else "",
        module=module,
        attribute=attribute,
        placing=_placing(_layout(row, case), torch),
    )
    names = list(trial.arrays)
    lines = [head, "inputs = {"]
    lines += [f"    {name!r}: place({_literal(x)})," for name, x in trial.arrays.items()]
    lines += ["}", f"params = {dict(case.params)!r}", ""]
    lines += _body(trial, row, torch, gradient, names)
    return "\n".join(lines) + "\n"


#: Laws whose rows speak of reverse-mode gradients.
GRADIENT_LAWS = frozenset({"gradient", "subsets", "backward"})


def _layout(row: Verdict, case: Case) -> str:
    return row.about.split()[-1] if row.law == "layout" and row.about else case.layout


def _placing(layout: str, torch: bool) -> str:
    moves = {
        "contiguous": "    return x",
        "transposed": "    return np.ascontiguousarray(x.T).T",
        "strided": (
            "    buffer = np.full((*x.shape[:-1], 2 * x.shape[-1] + 1), np.nan, x.dtype)\n"
            "    view = buffer[..., 1::2][..., : x.shape[-1]]\n    view[...] = x\n    return view"
        ),
        "offset": (
            "    buffer = np.full(x.size + 6, np.nan, x.dtype)\n"
            "    view = buffer[3 : 3 + x.size].reshape(x.shape)\n    view[...] = x\n    return view"
        ),
        "channels_last": "    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)",
        "negative": "    i = (slice(None, None, -1),) * x.ndim\n    return np.ascontiguousarray(x[i])[i]",
        "swapped": '    return x.astype(x.dtype.newbyteorder(">"))',
        "expanded": "    return np.broadcast_to(x[:1].copy(), x.shape) if x.ndim and len(x) > 1 else x",
        "conj_view": "    return np.conj(x)",
        "neg_view": "    return -x",
    }
    after = {"conj_view": "torch.conj({})", "neg_view": "torch._neg_view({})"}.get(layout, "{}")
    text = f'def place(x):\n    """The same values, {layout} in memory."""\n    x = arranged(x)\n'
    text = f"def arranged(x):\n{moves.get(layout, moves['contiguous'])}\n\n\n" + text
    if not torch:
        return text + "    return x\n"
    if layout == "expanded":
        return (
            text
            + "    t = torch.from_numpy(x[:1].copy() if x.ndim and len(x) > 1 else x)\n    return t.expand(x.shape)\n"
        )
    return text + (
        "    if x.dtype == np.int16:\n        return torch.from_numpy(x).view(torch.bfloat16)\n"
        f"    return {after.format('torch.from_numpy(x)')}\n"
    )


def _literal(x: Array) -> str:
    plain = np.ascontiguousarray(x.view(np.int16) if x.dtype == BFLOAT16 else x)
    return f"array({str(plain.dtype)!r}, {plain.shape!r}, {plain.tobytes().hex()!r})"


def _body(trial: Trial, row: Verdict, torch: bool, gradient: bool, names: list[str]) -> list[str]:
    declared = [i.name for i in trial.spec.inputs]
    given = ", ".join(f"inputs[{n!r}]" if n in names else "None" for n in declared)
    if _by_name(trial, gradient and not torch):
        given = ", ".join(f"{n}=inputs[{n!r}]" if n in names else f"{n}=None" for n in declared)
    keywords = trial.candidate._keywords(trial.candidate._parameters, trial.case)
    params = f"**{{n: params[n] for n in {sorted(keywords)!r}}}"
    at = tuple(int(i) for i in row.at.split())
    if not gradient:
        place = (
            [o.name for o in trial.spec.outputs].index(row.about.split()[0])
            if row.about.split()[:1] and row.about.split()[0] in trial.outputs
            else 0
        )
        lines = [f"result = candidate({given}, {params})"]
        lines += [f"result = result[{place}]"] if len(trial.outputs) > 1 else []
        return lines + _printed(at, torch)
    upstream = [f"place_upstream({_literal(g)})" for g in trial.due.cotangents.values()]
    lines = ["", "def place_upstream(x):"]
    lines += [
        "    return torch.from_numpy(x).view(torch.bfloat16) if x.dtype == np.int16 else torch.from_numpy(x)"
        if torch
        else "    return x"
    ]
    lines += ["", "", f"upstream = [{', '.join(upstream)}]"]
    about = row.about.split()[0] if row.about else (trial.differentiable or [""])[0]
    asked = [about] if row.law == "subsets" else trial.differentiable
    if torch:
        lines += [f"for name in {asked!r}:", "    inputs[name].requires_grad_(True)"]
        lines += [
            f"result = candidate({given}, {params})",
            "results = result if isinstance(result, tuple) else (result,)",
        ]
        live = [i for i, o in enumerate(trial.spec.outputs) if o.differentiable]
        lines += [f"results = [results[i] for i in {live!r}]"]
        if row.law == "backward":
            lines += ["result = results[0].grad_fn._forward_cls.backward(results[0].grad_fn, upstream[0])"]
            lines += [
                f"result = result[{declared.index(about) if about in declared else 0}] if isinstance(result, tuple) else result",
                'print(tuple(result.shape), str(result.dtype).removeprefix("torch."))',
            ]
            return lines
        lines += [f"wanted = [inputs[n] for n in {asked!r}]"]
        lines += ["gradients = torch.autograd.grad(results, wanted, upstream, allow_unused=True)"]
        return [*lines, f"result = gradients[{asked.index(about) if about in asked else 0}]", *_printed(at, torch)]
    cotangent = "upstream[0]" if len(upstream) == 1 else "tuple(upstream)"
    first = _first_parameter(trial)
    lines += [f"gradients = candidate({first}{cotangent}, {given}, {params})"]
    place = declared.index(about) if about in declared else 0
    return [*lines, f"result = gradients[{place}]", *_printed(at, torch)]


def _by_name(trial: Trial, vjp: bool) -> bool:
    from harness.candidates import _parameters

    function = trial.candidate.vjp_function if vjp else trial.candidate.function
    parameters = None if function is None else _parameters(function)
    return parameters is not None and all(i.name in parameters for i in trial.spec.inputs)


def _first_parameter(trial: Trial) -> str:
    from harness.candidates import _parameters

    if not _by_name(trial, True) or trial.candidate.vjp_function is None:
        return ""
    inputs = {i.name for i in trial.spec.inputs}
    names = [
        n for n in _parameters(trial.candidate.vjp_function) or {} if n not in inputs and n not in trial.case.params
    ]
    return f"{names[0]}=" if names else ""


def _printed(at: tuple[int, ...], torch: bool) -> list[str]:
    lines = []
    if torch:
        lines = [
            "result = result.detach().resolve_conj().resolve_neg()",
            "exact = result.to(torch.float32) if result.dtype is torch.bfloat16 else result",
            "result = exact.numpy()",
        ]
    return [
        *lines,
        "result = np.asarray(result)",
        "print(result.shape, result.dtype)",
        f"print({at!r}, repr(result[{at!r}]) if result.size else 'empty')",
    ]
