"""What every script begins with: the loader, the candidate's arrays, their layouts, its inputs, its call."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.candidates import Candidate
from harness.execution.isolated import MEMORY
from harness.libraries import arrays, autograd, machine
from harness.libraries.arrays import BFLOAT16
from harness.model import Case, Spec, Verdict
from harness.trial import Trial

Array = NDArray[Any]

_HEAD = '''"""{title}

{said}
"""

from __future__ import annotations

import importlib
import os
import sys
{imports}
import numpy as np

sys.path.insert(0, ".")
np.seterr(all="ignore")
{settings}print(__doc__)
print("It gives:", flush=True)
{limits}

def load(path):
    """What stands at module:attribute."""
    module, _, attribute = path.partition(":")
    found = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


def array(dtype, shape, text):
    """An array from the bytes of its entries."""
    return np.frombuffer(bytes.fromhex(text), dtype=dtype).reshape(shape).copy()

'''


def head(spec: Spec, case: Case, candidate: Candidate, row: Verdict) -> str:
    """What the script is about, its imports and settings."""
    torch = candidate.library.name == "torch"
    about = f" of {row.about}" if row.about else ""
    said = f"expected {row.expected}, bound {row.bound}: {row.message}" if row.bound else row.message
    said += f"\n\nKnown: {row.known.partition(': ')[2]}" if row.known else ""
    safe = said.replace("\\", " ").replace('"""', "'''").rstrip('"')
    return _HEAD.format(
        title=f"{spec.op}: {candidate.name} at {case.id}, law {row.law}{about}.",
        said=safe or f"due: {row.expected}",
        imports="import torch\n" if torch else "",
        settings="torch.set_num_threads(1)\ntorch.manual_seed(0)\n" if torch else "",
        limits=_limits(row),
    )


def _limits(row: Verdict) -> str:
    """The seconds that a process had which did not answer, and then says where it stands; the memory one may take."""
    if seconds := re.search(r"no answer within ([\d.]+) s", row.message):
        return _SECONDS.format(seconds=seconds[1])
    return _MEMORY.format(memory=MEMORY) if re.search("MemoryError|allocate memory", row.message) else ""


_SECONDS = """
import faulthandler

faulthandler.dump_traceback_later({seconds}, exit=True)
"""

_MEMORY = """
import resource

pages = int(open("/proc/self/statm", encoding="ascii").read().split()[0])
most = pages * resource.getpagesize() + {memory}
resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
"""


NUMPY = '''
def own(x):
    """The array as the candidate takes it."""
    return x


def values(y):
    """What the candidate gives, as an array."""
    return np.asarray(y)

'''

BFLOAT16_ARRAYS = NUMPY.replace(
    "    return x\n",
    '    import ml_dtypes\n\n    return x.view(ml_dtypes.bfloat16) if x.dtype == "int16" else x\n',
)

TORCH = '''
def own(x):
    """The array as a tensor."""
    return torch.from_numpy(x).view(torch.bfloat16) if x.dtype == "int16" else torch.from_numpy(x)


def values(y):
    """The tensor as an array."""
    y = y.detach().resolve_conj().resolve_neg().cpu()
    y = torch.zeros(y.shape, dtype=y.dtype) if y._is_zerotensor() else y
    if y.dtype is torch.bfloat16:
        return y.contiguous().float().numpy()
    return (y.to(torch.complex64) if y.dtype is torch.complex32 else y).numpy()

'''

SHOW = '''
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
LAYOUTS: Mapping[str, str] = {
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
    "channels_last": """    if x.ndim < 3:
        return own(np.array(x, order="C"))
    return own(np.moveaxis(np.array(np.moveaxis(x, 1, -1), order="C"), -1, 1))
""",
    "negative": """    i = (..., *(slice(None, None, -1),) * x.ndim)
    return own(np.array(x[i], order="C")[i])
""",
    "swapped": '    return own(x.astype(x.dtype.newbyteorder(">")))\n',
    "expanded": """    whole = x.ndim == 0 or len(x) < 2
    return own(x.copy() if whole else np.broadcast_to(x[:1].copy(), x.shape))
""",
    "repeated": """    whole = x.ndim == 0 or x.shape[-1] < 2
    return own(x.copy() if whole else np.broadcast_to(x[..., :1].copy(), x.shape))
""",
    "unaligned": """    view = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return own(view)
""",
    "conj_view": "    return torch.conj(own(np.array(np.conj(x))))\n",
    "neg_view": """    negative = x ^ np.int16(-32768) if x.dtype == "int16" else -x
    return torch._neg_view(own(np.array(negative)))
""",
}

_EXPANDED_TENSOR = """    return own(x[:1].copy()).expand(x.shape) if x.ndim and len(x) > 1 else own(np.array(x))
"""
_REPEATED_TENSOR = """    many = x.ndim and x.shape[-1] > 1
    return own(x[..., :1].copy()).expand(x.shape) if many else own(np.array(x))
"""


def own(trial: Trial) -> str:
    """The functions ``own`` and ``values``: arrays as the candidate's library takes them, and back."""
    return TORCH if trial.is_torch else BFLOAT16_ARRAYS if trial.case.dtype == "bfloat16" else NUMPY


def placing(layout: str, torch: bool, name: str = "place") -> str:
    """The function that places an array in memory."""
    body = LAYOUTS.get(layout, LAYOUTS["contiguous"])
    if torch and layout in ("expanded", "repeated"):
        body = _EXPANDED_TENSOR if layout == "expanded" else _REPEATED_TENSOR
    return f'\ndef {name}(x):\n    """The same values, {layout} in memory."""\n{body}\n'


def literals(arrays: Mapping[str, Array]) -> str:
    """Arrays by name, written out."""
    return "{\n" + "".join(f"    {name!r}: {literal(x)},\n" for name, x in arrays.items()) + "}"


def literal(x: Array) -> str:
    """An array, written out."""
    flat = np.array(x, order="C")
    plain = flat.view(np.int16) if x.dtype == BFLOAT16 else flat
    return f"array({plain.dtype.str!r}, {plain.shape!r}, {plain.tobytes().hex()!r})"


def call(trial: Trial) -> str:
    """The function ``call`` of arrays: the candidate's outputs for fresh inputs, with this case's params."""
    return _calling(trial, "call", trial.candidate.given.call, [])


def pull(trial: Trial) -> str:
    """The function ``pull`` of arrays and a cotangent: the hand-written vjp's gradients."""
    return _calling(trial, "pull", trial.candidate.given.vjp or "", ["cotangent"])


def _calling(trial: Trial, function: str, path: str, upstream: list[str]) -> str:
    named, first, params = trial.candidate.arguments(trial.case, bool(upstream))
    given = [(i.name, f"inputs.get({i.name!r})") for i in trial.spec.inputs]
    words = [f"{first}={g}" if named else g for g in upstream] + [f"{n}={g}" if named else g for n, g in given]
    lines = [f"{function}_params = {params!r}"]
    if "inf" in lines[0] or "nan" in lines[0]:
        lines.insert(0, "inf, nan = np.inf, np.nan")
    return "\n".join(
        [
            f"{function}_candidate = load({path!r})",
            *lines,
            "",
            "",
            f"def {function}({', '.join(['arrays', *upstream])}):",
            '    """What the candidate gives for fresh inputs: a tuple."""',
            "    inputs = {name: place(x) for name, x in arrays.items()}",
            f"    result = {function}_candidate({', '.join([*words, f'**{function}_params'])})",
            "    return result if isinstance(result, (tuple, list)) else (result,)",
            "",
            "",
        ]
    )


def sources(*functions: Callable[..., Any]) -> list[str]:
    """The text of functions of the libraries' room and of all that they name there, in the order it stands there."""
    there, found = _definitions(), set[str]()
    pending = [f.__name__ for f in functions]
    while pending:
        name = pending.pop()
        if name in there and name not in found:
            found.add(name)
            pending += [node.id for node in ast.walk(there[name][0]) if isinstance(node, ast.Name)]
    texts = [text for name, (_, text) in there.items() if name in found]
    return ["from dataclasses import dataclass", "from typing import Any", "", *(f"\n{text}\n" for text in texts), ""]


@cache
def _definitions() -> dict[str, tuple[ast.stmt, str]]:
    """The functions and classes of the libraries' room, by name, with their text."""
    found: dict[str, tuple[ast.stmt, str]] = {}
    for module in (arrays, autograd, machine):
        text = inspect.getsource(module)
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                found[node.name] = (node, "\n".join(lines[first - 1 : node.end_lineno]))
    return found
