"""Laws on values -> the lines of a script that repeat a row of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from textwrap import indent

import numpy as np

from harness import bounds
from harness.laws.distribution import ORDERS, SEEDS
from harness.laws.purity import CALLS_AT_ONCE
from harness.libraries import machine
from harness.libraries.arrays import marks
from harness.model import Verdict
from harness.repro.text import literal, literals, placing, sources
from harness.trial import Trial


def value(trial: Trial, row: Verdict) -> list[str]:
    """One call, one output."""
    if row.about.endswith(" by default") and trial.shortened:
        params = trial.candidate.arguments(trial.shortened[1])[2]
        return [f"call_params = {params!r}", f"result = call(arrays)[{output_at(trial, row)}]", *shown(row)]
    return [f"result = call(arrays)[{output_at(trial, row)}]", *shown(row)]


def output_at(trial: Trial, row: Verdict, at: int = 0) -> int:
    """Where the output that a row is about stands: its name is one word of the subject."""
    words = row.about.split()[at:]
    return trial.outputs.index(words[0]) if words and words[0] in trial.outputs else 0


def shown(row: Verdict) -> list[str]:
    """Lines that print of ``result`` what the row says of it."""
    at = tuple(int(i) for i in row.at.split())
    if row.bound:
        return [f"show(result, {at!r})"]
    if row.actual.startswith("("):
        return ["print(tuple(result.shape))"]
    if row.actual in ("None", "returns"):
        return ["print(result)" if row.actual == "None" else 'print("returns")']
    return ['print(str(result.dtype).removeprefix("torch."))']


def linear(trial: Trial, row: Verdict) -> list[str]:
    of = row.about
    x, other = trial.arrays[of], trial.bench.others[of]
    with np.errstate(all="ignore"):
        both = np.asarray(x + other, dtype=x.dtype)
    wide = np.result_type(next(iter(trial.due.values.values())).expected.dtype)
    at = tuple(int(i) for i in row.at.split())
    return [
        f"other = {literal(other)}",
        f"both = {literal(both)}",
        f"parts = [arrays | {{{of!r}: both}}, arrays, arrays | {{{of!r}: other}}]",
        f"of_sum, one, two = (values(call(part)[{output_at(trial, row)}]).astype({wide.name!r}) for part in parts)",
        "result = of_sum - one - two",
        f"print(written(np.asarray(result[{at!r}])[()]))",
    ]


def layout(trial: Trial, row: Verdict) -> list[str]:
    """The same call on inputs placed otherwise."""
    words = row.about.split()
    if words[:1] == ["shared"]:
        return _shared(trial, row)
    placed = placing(words[-1], trial.is_torch) if words else ""
    return [placed, *(_SURROUNDED if row.actual == "overwritten" else value(trial, row))]


def _shared(trial: Trial, row: Verdict) -> list[str]:
    """One array given for two inputs: every pair of them that is alike."""
    pairs = [[a, b] for a, b, _ in trial.alike()]
    return [
        placing("contiguous", trial.is_torch),
        "make, found = place, []",
        "place = lambda x: x",
        f"for a, b in {pairs!r}:",
        "    one = make(arrays[a])",
        "    inputs = {n: one if n in (a, b) else make(x) for n, x in arrays.items()}",
        f"    found.append(call(inputs)[{output_at(trial, row, 1)}])",
        *likest(row),
        *shown(row),
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


def repeatable(trial: Trial, row: Verdict) -> list[str]:
    at = output_at(trial, row)
    lines = [f"others = {literals(trial.bench.others)}", f"result = call(arrays)[{at}]"]
    if row.about.endswith("twice"):
        return [*lines, *shown(row)]
    lines += [f"result = call(others)[{at}]"]
    if row.about.endswith("other inputs") and "after" not in row.about:
        return [*lines, *shown(row)]
    lines += [f"result = call(arrays)[{at}]"]
    if row.about.endswith("overwritten inputs"):
        lines += [*_KEPT, *_overwriting(trial), f"result = call(made)[{at}]"]
    for how, within in MODES.items():
        if row.about.endswith(how):
            lines += [*_KEPT, *within, f"    result = call(made)[{at}]"]
    if row.about.endswith("threads"):
        calls = 2 if trial.case.departures else CALLS_AT_ONCE
        lines += [
            "from concurrent.futures import ThreadPoolExecutor",
            "sys.setswitchinterval(1e-6)",
            "with ThreadPoolExecutor(2) as pool:",
            f"    found = list(pool.map(lambda x: call(x)[{at}], (arrays, others) * {calls}))",
            "",
            *likest(row),
        ]
    return [*lines, *shown(row)]


_KEPT = ["made = {name: place(x) for name, x in arrays.items()}", "place = lambda x: x"]


def _overwriting(trial: Trial) -> list[str]:
    put = "x.copy_(own(others[name]))" if trial.is_torch else "x[...] = own(others[name])"
    return ["call(made)", "for name, x in made.items():", f"    {put}"]


_LEAVES = [
    "for x in made.values():",
    "    x.requires_grad_(x.is_floating_point() or x.is_complex())",
]

#: What is made of the inputs, and the context of the call, in each mode.
MODES: Mapping[str, list[str]] = {
    "with gradients": [*_LEAVES, "with torch.enable_grad():"],
    "of results": [*_LEAVES, "made = {n: x.clone() for n, x in made.items()}", "with torch.enable_grad():"],
    "of parameters": [
        *_LEAVES,
        "made = {n: torch.nn.Parameter(x.detach(), x.requires_grad) for n, x in made.items()}",
        "with torch.no_grad():",
    ],
    "without gradients": ["with torch.no_grad():"],
    "in inference mode": ["with torch.inference_mode():"],
}


def likest(row: Verdict) -> list[str]:
    """Of several results found, the one that the row tells of: threads do not always meet in the same way."""
    if not row.bound:
        return ["result = found[0]"]
    at = tuple(int(i) for i in row.at.split())
    return [f"result = max(found, key=lambda y: written(np.asarray(values(y)[{at!r}])[()]) == {row.actual!r})"]


def containers(trial: Trial, row: Verdict) -> list[str]:
    """Lists and Python numbers in place of arrays."""
    return ["place = lambda x: x.tolist()", f"result = np.asarray(call(arrays)[{output_at(trial, row)}])", *shown(row)]


def distribution(trial: Trial, row: Verdict) -> list[str]:
    """What the law computes of the entries that were drawn."""
    of = next(law.of for law in trial.spec.laws if law.name == row.law)
    name, _, what = row.about.partition(" ")
    again = f"values(call(arrays)[{trial.outputs.index(name)}])"
    if what in ("twice", "of other inputs"):
        others = [] if what == "twice" else [f"arrays = {literals(trial.bench.others)}"]
        same = f'"the same" if before == {again}.tobytes() else "another"'
        return [f"before = {again}.tobytes()", *others, f"print({same})"]
    drawn = [
        f"drawn = {again}",
        "entries = drawn.reshape(-1).astype(np.float64)",
        f"share = lambda x: np.asarray(load({of!r})(x, drawn.shape, **{trial.case.params!r}))",
    ]
    grid = f"grid = {2 * bounds.precision(trial.case.dtype).u!r} * float(np.max(np.abs(entries), initial=0))"
    if what == "distinct":
        return [*drawn, "print(written(np.float64(np.unique(entries).size)))"]
    if what == "spread":
        at = tuple(int(i) for i in row.at.split())
        return [*drawn, f"print(written(share(np.sort(entries))[{at!r}]))"]
    if what == "evenness":
        return [
            *drawn,
            grid,
            "blurred = float(np.max(share(entries + grid) - share(entries - grid)))",
            "n, shares = entries.size, share(np.sort(entries))",
            "distance = float(np.max(np.abs(shares - (np.arange(n) + 0.5) / n))) + 1 / (2 * n)",
            "from scipy.stats import kstwo",
            f'print("too even" if distance + blurred < kstwo.ppf({bounds.DELTA!r}, n) else "by chance")',
        ]
    if what in ORDERS:
        seed = trial.case.params.get("seed")
        other = [
            f"for step in {SEEDS!r}:",
            f"    call_params = {{**call_params, 'seed': {seed} + step}}",
            f"    entries = np.concatenate([entries, {again}.reshape(-1).astype(np.float64)])",
        ]
        return [
            *drawn,
            *(other if seed is not None else []),
            "n, c = entries.size, 2 * share(entries) - 1",
            f"one, other = (np.fft.rfft(c if d == 1 else (3 * c**2 - 1) / 2) for d in {ORDERS[what]!r})",
            "each = np.fft.irfft(np.conj(one) * other, n)[1:] / n",
            "print(written((1 + each[np.argmax(np.abs(each))]) / 2))",
        ]
    return [
        *drawn,
        grid,
        f"rare, seldom = {bounds.DELTA!r} / (4 * entries.size), 1 - ({bounds.DELTA!r} / 4) ** (1 / entries.size)",
        "low, high = share(entries - grid), share(entries + grid)",
        "cut = low.min() > seldom or 1 - high.max() > seldom",
        'print("outside" if ((high <= rare) | (1 - low <= rare)).any() else "cut off" if cut else "inside")',
    ]


def identity(trial: Trial, row: Verdict) -> list[str]:
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


_WATCHED = """
states, watched_candidate = [], call_candidate


def call_candidate(*inputs, **named):
    with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
        states.append(global_state())
        try:
            return watched_candidate(*inputs, **named)
        finally:
            states.append(global_state())


unsettle()
try:
    call(arrays)
except Exception as error:
    print(error, file=sys.stderr)
print([name for name, was in states[0].items() if states[1][name] != was])"""


_CHANGED = """\
before, then = {n: values(x).tobytes() for n, x in made.items()}, global_state()
try:
    call(made)
except Exception as error:
    print(error, file=sys.stderr)
now = global_state()
changed = [n for n in then if now[n] != then[n]]
changed += [n for n, x in made.items() if values(x).tobytes() != before[n]]"""


def pure(trial: Trial, row: Verdict) -> list[str]:
    for how, within in MODES.items():
        if row.about == f"side effects {how}":
            return [*_state_sources(), *_KEPT, "unsettle()", *within, indent(_CHANGED, "    "), "print(changed)"]
    if row.about == "state":
        return [*_state_sources(), _WATCHED]
    named = "{name: place(x) for name, x in arrays.items()}"
    if row.about in trial.arrays:
        return [
            "kept = place",
            "made = []",
            "place = lambda x: made.append(kept(x)) or made[-1]",
            "try:",
            "    call(arrays)",
            "except Exception as error:",
            "    print(error, file=sys.stderr)",
            f"x = made[{list(trial.arrays).index(row.about)}]",
            f"same = values(x).tobytes() == values(kept(arrays[{row.about!r}])).tobytes()",
            'print("unchanged" if same else "changed")',
        ]
    name, _, itself = row.about.partition(" ")
    if itself == "itself":
        return [
            *sources(marks),
            "kept = place",
            "made = []",
            "place = lambda x: made.append((y := kept(x), marks(y))) or y",
            "call(arrays)",
            f"x, before = made[{list(trial.arrays).index(name)}]",
            "print([what for what, now in marks(x).items() if now != before[what]])",
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
    at = output_at(trial, row)
    if row.actual == "changed":
        return [
            f"others = {literals(trial.bench.others)}",
            f"result = call(arrays)[{at}]",
            "before = values(result).tobytes()",
            "call(others)",
            'print("unchanged" if values(result).tobytes() == before else "changed")',
        ]
    shared = "values(x).size and np.shares_memory(values(x), values(result))"
    return [
        f"made = {named}",
        "place = lambda x: next(made[n] for n, y in arrays.items() if y is x)",
        f"result = call(arrays)[{at}]",
        f"print([n for n, x in made.items() if {shared}])",
    ]


@cache
def _state_sources() -> tuple[str, ...]:
    return tuple(sources(machine.global_state, machine.unsettle))
