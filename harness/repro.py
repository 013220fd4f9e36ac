"""Verdict -> a standalone script that repeats it, bit for bit, with nothing of the harness.

The script imports NumPy, the candidate's own library and the candidate; inputs stand in it as bytes. Its last line is
the row's ``actual``; where the candidate raised, the script does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import bounds, libraries
from harness.candidates import Candidate
from harness.laws.purity import CALLS_AT_ONCE
from harness.libraries import BFLOAT16
from harness.model import Case, Spec, Verdict
from harness.trial import Bench, Trial

Array = NDArray[Any]

#: Laws whose rows come from the hand-written vjp where a candidate has one.
VJP_LAWS = frozenset({"gradient", "subsets", "upstream", "adjoint"})

#: Laws that look at a case's first call; the others come after it.
FIRST_CALL = frozenset({"status", "agrees", "shape", "dtype", "distribution"})


def script(spec: Spec, case: Case, candidate: Candidate, seed: int, row: Verdict) -> str:
    """A script that prints the row's ``actual`` (its worst entry, or what was raised)."""
    trial = Trial(Bench(spec, case, seed), candidate)
    torch = candidate.library.name == "torch"
    vjp = row.law in VJP_LAWS and not _autograd(trial)
    parts = [
        _head(spec, case, candidate, row),
        _TORCH if torch else _BFLOAT16_ARRAYS if case.dtype == "bfloat16" else _NUMPY,
        _placing(case.layout, torch),
        _SHOW,
        f"arrays = {_literals(trial.arrays)}",
        _call(trial),
        _pull(trial) if vjp else "",
        *([] if row.law in FIRST_CALL else ["call(arrays)  # a fault may depend on an earlier call"]),
        *_BODIES.get(row.law, _value)(trial, row),
    ]
    return "\n".join(parts) + "\n"


def _autograd(trial: Trial) -> bool:
    return trial.is_torch and trial.candidate.vjp_function is None


# --- the script's beginning -----------------------------------------------------------------------------------------

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
{settings}

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


def _head(spec: Spec, case: Case, candidate: Candidate, row: Verdict) -> str:
    torch = candidate.library.name == "torch"
    about = f" of {row.about}" if row.about else ""
    said = f"expected {row.expected}, bound {row.bound}: {row.message}" if row.bound else row.message
    safe = said.replace("\\", " ").replace('"""', "'''").rstrip('"')
    return _HEAD.format(
        title=f"{spec.op}: {candidate.name} at {case.id}, law {row.law}{about}.",
        said=safe or f"due: {row.expected}",
        imports="import torch\n" if torch else "",
        settings="torch.set_num_threads(1)\ntorch.manual_seed(0)\n" if torch else "",
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
    y = torch.zeros(y.shape, dtype=y.dtype) if y._is_zerotensor() else y
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
    "conj_view": "    return torch.conj(own(np.conj(x)))\n",
    "neg_view": """    negative = x ^ np.int16(-32768) if x.dtype == "int16" else -x
    return torch._neg_view(own(negative))
""",
}

_EXPANDED_TENSOR = """    return own(x[:1].copy()).expand(x.shape) if x.ndim and len(x) > 1 else own(np.array(x))
"""
_REPEATED_TENSOR = """    many = x.ndim and x.shape[-1] > 1
    return own(x[..., :1].copy()).expand(x.shape) if many else own(np.array(x))
"""


def _placing(layout: str, torch: bool, name: str = "place") -> str:
    body = _LAYOUTS.get(layout, _LAYOUTS["contiguous"])
    if torch and layout in ("expanded", "repeated"):
        body = _EXPANDED_TENSOR if layout == "expanded" else _REPEATED_TENSOR
    return f'\ndef {name}(x):\n    """The same values, {layout} in memory."""\n{body}\n'


def _literals(arrays: Mapping[str, Array]) -> str:
    return "{\n" + "".join(f"    {name!r}: {_literal(x)},\n" for name, x in arrays.items()) + "}"


def _literal(x: Array) -> str:
    flat = np.array(x, order="C")
    plain = flat.view(np.int16) if x.dtype == BFLOAT16 else flat
    return f"array({plain.dtype.str!r}, {plain.shape!r}, {plain.tobytes().hex()!r})"


def _call(trial: Trial) -> str:
    """The function ``call`` of arrays: the candidate's outputs for fresh inputs, with this case's params."""
    return _calling(trial, "call", trial.candidate.given.call, [])


def _pull(trial: Trial) -> str:
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


# --- one body per law -----------------------------------------------------------------------------------------------


def _value(trial: Trial, row: Verdict) -> list[str]:
    """One call, one output."""
    return [f"result = call(arrays)[{_place(trial, row)}]", *_shown(row)]


def _place(trial: Trial, row: Verdict, at: int = 0) -> int:
    """Where the output that a row is about stands: its name is one word of the subject."""
    words = row.about.split()[at:]
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


def _layout(trial: Trial, row: Verdict) -> list[str]:
    """The same call on inputs placed otherwise."""
    words = row.about.split()
    if words[:1] == ["shared"]:
        return _shared(trial, row)
    placing = _placing(words[-1], trial.is_torch) if words else ""
    return [placing, *(_SURROUNDED if row.actual == "overwritten" else _value(trial, row))]


def _shared(trial: Trial, row: Verdict) -> list[str]:
    """One array given for two inputs: every pair of them that is alike."""
    pairs = [[a, b] for a, b, _ in trial.alike()]
    return [
        _placing("contiguous", trial.is_torch),
        "make, found = place, []",
        "place = lambda x: x",
        f"for a, b in {pairs!r}:",
        "    one = make(arrays[a])",
        "    inputs = {n: one if n in (a, b) else make(x) for n, x in arrays.items()}",
        f"    found.append(call(inputs)[{_place(trial, row, 1)}])",
        *_likest(row),
        *_shown(row),
    ]


_SURROUNDED = [
    """def whole(x):
    while isinstance(getattr(x, "base", None), np.ndarray):
        x = x.base
    return x.tobytes() if isinstance(x, np.ndarray) else bytes(x.untyped_storage())

""",
    "made = {name: place(x) for name, x in arrays.items()}",
    "before = [whole(x) for x in made.values()]",
    "place = lambda x: next(made[n] for n, y in arrays.items() if y is x)",
    "call(arrays)",
    'print("kept" if [whole(x) for x in made.values()] == before else "overwritten")',
]


def _repeatable(trial: Trial, row: Verdict) -> list[str]:
    place = _place(trial, row)
    lines = [f"others = {_literals(trial.bench.others)}", f"result = call(arrays)[{place}]"]
    if row.about.endswith("twice"):
        return [*lines, *_shown(row)]
    lines += [f"result = call(others)[{place}]"]
    if row.about.endswith("other inputs") and "after" not in row.about:
        return [*lines, *_shown(row)]
    lines += [f"result = call(arrays)[{place}]"]
    if row.about.endswith("overwritten inputs"):
        lines += [*_KEPT, *_overwriting(trial), f"result = call(made)[{place}]"]
    for how, within in _MODES.items():
        if row.about.endswith(how):
            lines += [*_KEPT, *within, f"    result = call(made)[{place}]"]
    if row.about.endswith("threads"):
        calls = 2 if trial.case.departures else CALLS_AT_ONCE
        lines += [
            "from concurrent.futures import ThreadPoolExecutor",
            "sys.setswitchinterval(1e-6)",
            "with ThreadPoolExecutor(2) as pool:",
            f"    found = list(pool.map(lambda x: call(x)[{place}], (arrays, others) * {calls}))",
            "",
            *_likest(row),
        ]
    return [*lines, *_shown(row)]


_KEPT = ["made = {name: place(x) for name, x in arrays.items()}", "place = lambda x: x"]


def _overwriting(trial: Trial) -> list[str]:
    put = "x.copy_(own(others[name]))" if trial.is_torch else "x[...] = own(others[name])"
    return ["call(made)", "for name, x in made.items():", f"    {put}"]


_MODES: Mapping[str, list[str]] = {
    "with gradients": [
        "for x in made.values():",
        "    x.requires_grad_(x.is_floating_point() or x.is_complex())",
        "with torch.enable_grad():",
    ],
    "without gradients": ["with torch.no_grad():"],
    "in inference mode": ["with torch.inference_mode():"],
}


def _likest(row: Verdict) -> list[str]:
    """Of several results found, the one that the row tells of: threads do not always meet in the same way."""
    if not row.bound:
        return ["result = found[0]"]
    at = tuple(int(i) for i in row.at.split())
    return [f"result = max(found, key=lambda y: written(np.asarray(values(y)[{at!r}])[()]) == {row.actual!r})"]


def _containers(trial: Trial, row: Verdict) -> list[str]:
    """Lists and Python numbers in place of arrays."""
    return ["place = lambda x: x.tolist()", f"result = np.asarray(call(arrays)[{_place(trial, row)}])", *_shown(row)]


def _distribution(trial: Trial, row: Verdict) -> list[str]:
    """What the law computes of the entries that were drawn."""
    of = next(law.of for law in trial.spec.laws if law.name == row.law)
    name, _, what = row.about.rpartition(" ")
    drawn = [
        f"drawn = values(call(arrays)[{trial.outputs.index(name)}])",
        "entries = drawn.reshape(-1).astype(np.float64)",
        f"share = lambda x: np.asarray(load({of!r})(x, drawn.shape, **{trial.case.params!r}))",
    ]
    if what == "spread":
        at = tuple(int(i) for i in row.at.split())
        return [*drawn, f"print(written(share(np.sort(entries))[{at!r}]))"]
    if what == "order":
        return [
            *drawn,
            "first, second = entries[: entries.size // 2 * 2].reshape(-1, 2).T",
            "print(written(np.mean((np.sign(second - first) + 1) / 2)))",
        ]
    return [
        *drawn,
        f"grid = {2 * bounds.precision(trial.case.dtype).u!r} * float(np.max(np.abs(entries), initial=0))",
        f"rare = {bounds.DELTA!r} / (2 * entries.size)",
        "outside = (share(entries + grid) <= rare) | (1 - share(entries - grid) <= rare)",
        'print("outside" if outside.any() else "inside")',
    ]


def _identity(trial: Trial, row: Verdict) -> list[str]:
    """The program of an identity, in the oracle's type; each of its calls is one of the candidate at rounded inputs."""
    of = next(law.of for law in trial.spec.laws if law.name == row.law and law.of.endswith(f":{row.about}"))
    wide, at = trial.due.oracle.p.wide.name, tuple(int(i) for i in row.at.split())
    return [
        f"wide = np.dtype({wide!r})",
        "",
        "",
        "def widened(x):",
        '    """The same numbers where the identity computes."""',
        "    kind = np.result_type(wide, np.complex64) if x.dtype.kind == 'c' else wide",
        "    return x if x.dtype.kind in 'iub' else x.astype(kind)",
        "",
        "",
        "def outputs(given):",
        '    """What the candidate gives there."""',
        "    narrow = {n: np.array(x).astype(arrays[n].dtype) for n, x in given.items()}",
        "    found = tuple(widened(values(y)) for y in call(narrow))",
        "    return found[0] if len(found) == 1 else found",
        "",
        "",
        f"pairs = load({of!r})(outputs, {{n: widened(x) for n, x in arrays.items()}}, **{trial.case.params!r})",
        f"found = [np.asarray(left) for left, _ in pairs if {len(at)} == np.ndim(left)]",
        f"found = [x[{at!r}] for x in found if all(i < n for i, n in zip({at!r}, x.shape))]",
        f"print(max(map(written, found), key=lambda said: said == {row.actual!r}))",
    ]


def _vmap(trial: Trial, row: Verdict) -> list[str]:
    at = tuple(int(i) for i in row.at.split())
    return [
        f"others = {_literals(trial.bench.others)}",
        "kept, place = place, lambda x: x",
        "names = list(arrays)",
        f"over = {_mapped(trial, row)!r}",
        "given = [own(np.stack([arrays[n], others[n]])) if n in over else own(np.array(arrays[n])) for n in names]",
        "axes = tuple(0 if n in over else None for n in names)",
        "mapped = torch.func.vmap(lambda *xs: call(dict(zip(names, xs))), in_dims=axes)(*given)",
        f"for y in sorted(mapped[{_place(trial, row)}], key=lambda y: written(values(y)[{at!r}]) == {row.actual!r}):",
        f"    show(y, {at!r})",
    ]


def _mapped(trial: Trial, row: Verdict) -> list[str]:
    """The inputs that are mapped over: all, or those that the row names."""
    _, over, names = row.about.removesuffix(" alone").partition(" over ")
    return names.split(", ") if over else list(trial.arrays)


def _sources(*functions: Callable[..., Any]) -> list[str]:
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
    text = Path(libraries.__file__).read_text(encoding="utf-8")
    lines = text.splitlines()
    found: dict[str, tuple[ast.stmt, str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found[node.name] = (node, "\n".join(lines[first - 1 : node.end_lineno]))
    return found


_WATCHED = """
states, watched_candidate = [], call_candidate


def call_candidate(*inputs, **named):
    states.append(global_state())
    try:
        return watched_candidate(*inputs, **named)
    finally:
        states.append(global_state())


unsettle()
call(arrays)
print([name for name, was in states[0].items() if states[1][name] != was])"""


def _pure(trial: Trial, row: Verdict) -> list[str]:
    if row.about == "state":
        return [*_state_sources(), _WATCHED]
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


@cache
def _state_sources() -> tuple[str, ...]:
    return tuple(_sources(libraries.global_state, libraries.unsettle))


# --- derivatives ----------------------------------------------------------------------------------------------------


def _upstream(trial: Trial, row: Verdict) -> list[str]:
    given = dict(trial.due.cotangents)
    words = row.about.split() if row.law == "upstream" else []
    layout = words[-1] if words and words[-1] in _LAYOUTS else "contiguous"
    if row.law == "second" and row.about.startswith("upstream transposed"):
        layout = "transposed"
    if layout == "expanded":
        given = {n: np.array(np.broadcast_to(g[:1], g.shape)) if g.ndim else g for n, g in given.items()}
    if words and words[-1] == "alone":
        given = {words[-2]: given[words[-2]]}
    spread = row.law == "upstream" and row.about.endswith("of one value")
    if spread:
        given = {n: g for n, g in given.items() if g.size}
    texts = [f"placed({_literal(given[n])})" if n in given else "None" for n in trial.outputs]
    return [
        _SPREAD[trial.is_torch] if spread else _placing(layout, trial.is_torch, "placed"),
        "cotangents = [",
        *(f"    {t}," for t in texts),
        "]",
        *(_BEFORE if row.actual == "changed" else []),
    ]


#: Every entry the first one, once in memory: in NumPy's arrays, in torch's.
_SPREAD = tuple(
    f"\ndef placed(x):\n    one = x.reshape(-1)[:1].copy()\n    return {made}\n\n"
    for made in (
        "np.broadcast_to(one.reshape((1,) * x.ndim), x.shape)",
        "own(np.array(one.reshape(()))).expand(x.shape)",
    )
)

_BEFORE = [
    "bits = lambda given: [None if g is None else values(g).tobytes() for g in given]",
    "before = bits(cotangents)",
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
        "found = pull(arrays, live[0] if len(live) == 1 else tuple(live))",
        f"order = {declared!r} if len(found) == {len(declared)} else {there!r}",
        "gradients = found[0] if isinstance(found[0], dict) else dict(zip(order, found))",
    ]


def _gradient(trial: Trial, row: Verdict) -> list[str]:
    if row.about.endswith(" as one"):
        return _as_one(trial, row)
    if row.about.endswith(" again"):
        return _again(trial, row)
    if row.about.endswith(" late"):
        return _late(trial, row)
    if " with " in row.about:
        return _some(trial, row)
    about = row.about.split()[0] if row.about else (trial.differentiable or [""])[0]
    asked = [about] if row.law == "subsets" and row.about else trial.differentiable
    if row.actual == "changed":
        return [*_reverse(trial, row, asked), 'print("changed" if bits(cotangents) != before else "kept")']
    return [*_reverse(trial, row, asked), f"result = gradients[{about!r}]", *_shown(row)]


def _again(trial: Trial, row: Verdict) -> list[str]:
    """A second time through a graph that was kept."""
    return [
        *_sources(libraries.torch_vjp_again),
        *_upstream(trial, row),
        _DERIVING,
        f"found = torch_vjp_again(derive, inputs, {trial.places!r}, upstream)",
        f"result = found[{trial.differentiable.index(row.about.removesuffix(' again'))}]",
        *_shown(row),
    ]


def _late(trial: Trial, row: Verdict) -> list[str]:
    """The inputs overwritten between forward and backward."""
    return [
        *_sources(libraries.torch_vjp_late),
        *_upstream(trial, row),
        _DERIVING,
        f"others = [own(x) for x in {_literals(trial.bench.others)}.values()]",
        f"found = torch_vjp_late(derive, inputs, {trial.places!r}, upstream, others)",
        f"result = found[{trial.differentiable.index(row.about.removesuffix(' late'))}]",
        *_shown(row),
    ]


def _some(trial: Trial, row: Verdict) -> list[str]:
    """Some inputs' gradients at once: every choice of so many that has the one the row is about."""
    name, _, others = row.about.partition(" with ")
    count, place = int(others.split()[0]) + 1, list(trial.arrays).index(name)
    chosen = [list(places) for places in combinations(trial.places, count) if place in places]
    return [
        *_sources(libraries.torch_vjp),
        *_upstream(trial, row),
        _DERIVING,
        "found, kept = [], inputs",
        f"for places in {chosen!r}:",
        "    inputs = [x.detach() for x in kept]",
        f"    found.append(torch_vjp(derive, inputs, places, upstream)[places.index({place})])",
        *_likest(row),
        *_shown(row),
    ]


def _as_one(trial: Trial, row: Verdict) -> list[str]:
    """One tensor given for two inputs."""
    a, _, b = row.about.removesuffix(" as one").partition(" and ")
    at = tuple(list(trial.arrays).index(n) for n in (a, b))
    return [
        *_sources(libraries.torch_vjp),
        *_upstream(trial, row),
        _DERIVING,
        f"both = lambda x: derive(*(x if i in {at!r} else y for i, y in enumerate(inputs)))",
        f"(result,) = torch_vjp(both, [inputs[{at[0]}]], [0], upstream)",
        *_shown(row),
    ]


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


_DERIVING = """
inputs = [place(x) for x in arrays.values()]
place = lambda x: x
names = list(arrays)
derive = lambda *xs: call(dict(zip(names, xs)))
upstream = lambda outputs: cotangents"""


def _backward(trial: Trial, row: Verdict) -> list[str]:
    about, _, what = row.about.rpartition(" ")
    told = f"print(next(g.{what} for g in told if of(g) == {about!r} and g.{what} != g.due_{what}))"
    return [
        *_sources(libraries.torch_backward),
        *_upstream(trial, row),
        _DERIVING,
        f"told = torch_backward(derive, inputs, {trial.places!r}, upstream)",
        "of = lambda g: f'argument {g.argument} of {g.function}' if g.place is None else names[g.place]",
        told if row.about else "",
    ]


def _forward(trial: Trial, row: Verdict) -> list[str]:
    return [
        "import torch.autograd.forward_ad as forward",
        "",
        f"tangents = {_literals(_tangents(trial, row))}",
        """kept = place


def place(x):
    name = next(n for n, y in arrays.items() if y is x)
    return forward.make_dual(kept(x), own(tangents[name])) if name in tangents else kept(x)

""",
        "with forward.dual_level():",
        f"    result = forward.unpack_dual(call(arrays)[{_place(trial, row)}]).tangent.clone()",
        *_shown(row),
    ]


def _tangents(trial: Trial, row: Verdict) -> Mapping[str, Array]:
    """The directions of all inputs, or of the one that the row names."""
    _, of, name = row.about.removesuffix(" alone").rpartition(" of ")
    given = trial.due.tangents
    return {name: given[name]} if of and row.about.endswith(" alone") else given


#: The ways to a second derivative, by how a row's subject begins.
_PATHS: Mapping[str, Callable[..., Any]] = {
    "forward of reverse": libraries.torch_forward_of_reverse,
    "reverse of forward": libraries.torch_reverse_of_forward,
    "forward of forward": libraries.torch_forward_of_forward,
    "": libraries.torch_second,
}


def _second(trial: Trial, row: Verdict) -> list[str]:
    how = next(path for path in _PATHS if row.about.startswith(path))
    about = row.about.removeprefix(how).strip().removeprefix("upstream transposed").strip()
    alone, colon, rest = about.partition(" alone: ")
    asked = [alone] if colon else trial.differentiable
    about, places = (rest, [list(trial.arrays).index(alone)]) if colon else (about, trial.places)
    names = [*asked, *(f"cotangent {n}" for n in trial.due.cotangents)]
    nested = _PATHS[how] is libraries.torch_forward_of_forward
    names = trial.outputs if nested else names
    upstream = "" if nested else "upstream, "
    return [
        *_sources(_PATHS[how]),
        *_upstream(trial, row),
        _DERIVING,
        f"directions = {_literals({n: trial.due.tangents[n] for n in asked})}",
        "along = [own(x) for x in directions.values()]",
        f"found = {_PATHS[how].__name__}(derive, inputs, {places!r}, {upstream}along)",
        f"result = found[{names.index(about) if about in names else 0}]",
        *_shown(row),
    ]


#: Laws whose rows take more than one call to repeat.
_BODIES: Mapping[str, Callable[[Trial, Verdict], list[str]]] = {
    "layout": _layout,
    "linear": _linear,
    "identity": _identity,
    "distribution": _distribution,
    "containers": _containers,
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
