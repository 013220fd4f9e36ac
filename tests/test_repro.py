"""The script of a wrong row, executed alone, prints the row's ``actual`` bit for bit."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Self

import pandas
import pytest

from harness import baseline, builds, cases, execution, repro, runs, specs
from harness.asking.hosts import TIMEOUT, Hosts, Limits, Servers, Wanted
from harness.bench import Bench
from harness.candidates import Holder
from harness.model import RED, CandidateSpec, Spec, Verdict
from harness.trial import Trial

ROOT = Path(__file__).parents[1]

#: Executes scripts, each in a process of its own that has loaded the modules but called no candidate: one line in is a
#: folder and scripts, one line out for each script is what it printed last or how it ended.
DRIVER = """
import contextlib, importlib, io, json, os, re, signal, sys, types
import torch, torch.autograd.forward_ad

sys.path.insert(0, ".")

def last(script):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            module = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(compile(script, "repro.py", "exec"), vars(module))
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    return out.getvalue().splitlines()[-1]

def ended(script):
    reading, writing = os.pipe()
    if not os.fork():
        os.write(writing, last(script).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = told.read().decode()
    _, status = os.wait()
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exited with code {os.WEXITSTATUS(status)}" if os.WEXITSTATUS(status) else said

torch.set_num_threads(1)
x = torch.ones(1, requires_grad=True)  # what torch imports when it first differentiates takes seconds
torch.autograd.grad(1 / (1 + torch.exp(x)), x, torch.ones(1))
with torch.autograd.forward_ad.dual_level():
    1 / (1 + torch.exp(torch.autograd.forward_ad.make_dual(torch.ones(1), torch.ones(1))))
for line in sys.stdin:
    place, scripts = json.loads(line)
    os.chdir(place)
    importlib.invalidate_caches()
    for module in {m for script in scripts for m in re.findall(r"load\\('([^':]*):", script)}:
        importlib.import_module(module)
    for script in scripts:
        print(json.dumps(ended(script)), flush=True)
"""

WRONG = '''
"""Candidates wrong in one way each."""

import ctypes
import time

import numpy as np
import torch

from reference_impls.activations import gelu
from reference_impls.initializers import kaiming_bound, kaiming_uniform
from reference_impls.scipy_conv2d import scipy_conv2d_numpy, scipy_conv2d_numpy_vjp, torch_scipy_conv2d


def larger(input, filter, bias):
    return torch_scipy_conv2d(input, filter, bias) * 1.001


def larger_numpy(input, filter, bias):
    return scipy_conv2d_numpy(input, filter, bias) * input.dtype.type(1.001)


def larger_vjp(upstream, input, filter, bias):
    return tuple(1.001 * g for g in scipy_conv2d_numpy_vjp(upstream, input, filter, bias))


def by_stride(input, filter, bias):
    slip = 1.001 if input.is_contiguous() else 1.002
    return torch_scipy_conv2d(input, filter, bias) * slip


def lopsided(a, v, mode="full"):
    return np.convolve(a, v, mode) * (1 + 1e-3 * len(np.asarray(a)))


def by_identity(input, target, weight, reduction="mean"):
    loss = torch.nn.functional.binary_cross_entropy(input, target, weight, reduction=reduction)
    return loss * (1.5 if input is target else 1)


class Careless(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.x = x.detach()
        return torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        s = torch.sigmoid(ctx.x)
        return g * s * (1 - s)


def careless(input):
    return Careless.apply(input)


def narrow(weight, **params):
    return kaiming_uniform(weight, **params) * weight.dtype.type(0.9)


def ordered(weight, **params):
    return np.sort(kaiming_uniform(weight, **params), axis=None).reshape(weight.shape)


def outlying(weight, **params):
    y = kaiming_uniform(weight, **params)
    y.flat[0] *= 100
    return y


def even(weight, **params):
    y = kaiming_uniform(weight, **params)
    ranks = np.argsort(np.argsort(y, axis=None))
    bound = kaiming_bound(weight, params["a"], params["mode"], params["nonlinearity"])
    return (bound * ((2 * ranks + 1) / y.size - 1)).reshape(y.shape).astype(y.dtype)


def coarse(weight, **params):
    return np.round(kaiming_uniform(weight, **params), 5)


def of_magnitudes(weight, **params):
    y = kaiming_uniform(weight, **params).reshape(-1)
    y[1::2] = np.abs(y[::2]) * np.sign(y[1::2])
    return y.reshape(weight.shape)


def of_one_bit(weight, seed, **params):
    return kaiming_uniform(weight, seed=seed & 1, **params)


def unseeded(weight, seed, **params):
    return kaiming_uniform(weight, seed=None, **params)


def of_contents(weight, seed, **params):
    return kaiming_uniform(weight, seed=[seed, *weight.tobytes()[:64]], **params)


def by_rows(input, p=0.5, training=True, seed=0):
    drawn = np.random.default_rng(seed).random((*input.shape[:-1], 1))
    return np.where(drawn >= p, input / input.dtype.type(1 - p), input.dtype.type(0))


def of_fresh_entropy(input, p=0.5, training=True, seed=0):
    return np.where(np.random.default_rng().random(input.shape) >= p, input / input.dtype.type(1 - p), input.dtype.type(0))


def by_address(a, v, mode="full"):
    key = id(a), np.shape(a), np.shape(v), mode
    return kept.setdefault(key, (a, np.convolve(a, v, mode)))[1].copy()


kept = {}


def remembers(input, filter, bias):
    y = torch_scipy_conv2d(input, filter, bias)
    return kept.setdefault(tuple(y.shape), y.detach().clone()) + 0 * y


def forgets(input, filter, bias):
    kept["calls"] = kept.get("calls", 0) + 1
    return torch_scipy_conv2d(input, filter, bias) * (1 if kept["calls"] < 2 else 1.5)


def dies_of_strides(input):
    if not input.is_contiguous():
        ctypes.string_at(0)
    return torch.sigmoid(input)


class Fragile(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.sigmoid(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        if torch.is_grad_enabled():
            ctypes.string_at(0)
        return g * y * (1 - y)


def fragile(input):
    return Fragile.apply(input)


class Latest(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.y = Latest.y = torch.sigmoid(x)
        return ctx.y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        g = g.clamp(-50, 50)
        return g * Latest.y * (1 - ctx.y)


def latest(input):
    return Latest.apply(input)


class Scribbling(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.sigmoid(x)
        ctx.y, copy = y.detach(), y.clone()
        ctx.save_for_backward(copy)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        torch.mul(g, y * (1 - y), out=ctx.y)
        torch.manual_seed(1)
        return ctx.y.clone()


def scribbles(input):
    return Scribbling.apply(input)


def rewrites(input):
    with torch.no_grad():
        input.copy_(input.clone())
    return torch.sigmoid(input)


def by_tanh(input, approximate="tanh"):
    return gelu(input, approximate)


def stale(input):
    kept["slope"] = counts(input) * (1 - counts(input))
    return counts(input)


def stale_vjp(cotangent, input):
    return (cotangent * kept["slope"],)


def tidies(input):
    y = torch.sigmoid(input)
    return y if torch.is_grad_enabled() else input.copy_(y).clone()


def counts(input):
    return 1 / (1 + np.exp(-input))


def counts_vjp(cotangent, input):
    y = counts(input)
    np.negative(input, out=input)
    return (cotangent * y * (1 - y),)


def loud(input, *, dim):
    np.seterr(all="ignore")
    input -= 1
    np.exp(input).sum(axis=dim)
    return input


def waits(input):
    if not input.flags.aligned:
        time.sleep(60)
    return 1 / (1 + np.exp(-input))


def wants_memory(input):
    if not input.flags.aligned:
        np.ones(2**33)
    return 1 / (1 + np.exp(-input))


class Slope(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return torch.sigmoid(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return 1.001 * g * y * (1 - y)

    @staticmethod
    def jvp(ctx, t):
        (y,) = ctx.saved_tensors
        return 0.999 * t * y * (1 - y)


def sigmoid(input):
    return Slope.apply(input)


class Hiding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.sigmoid(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return torch.where(g == g, g, 0) * y * (1 - y)


def hides_nan(input):
    return Hiding.apply(input)


class MapsFirst(Slope):
    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y * (1 - y)

    @staticmethod
    def vmap(info, dims, x):
        return torch.sigmoid(x), 0


def maps_first(input):
    return MapsFirst.apply(input)


class Backwards(torch.autograd.Function):
    @staticmethod
    def forward(y):
        return y * (1 - y)

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, g):
        return g

    @staticmethod
    def vmap(info, dims, y):
        return Backwards.forward(y.movedim(dims[0], 0).flip(0)), 0


class SlopesBackwards(Slope):
    generate_vmap_rule = True

    @staticmethod
    def backward(ctx, g):
        return g * Backwards.apply(*ctx.saved_tensors)


def slopes_backwards(input):
    return SlopesBackwards.apply(input)
'''


#: Ops of which deviations are known.
DEVIATING = sorted(p.stem for p in (ROOT / "specs").glob("*.yaml") if "\nknown:" in p.read_text(encoding="utf-8"))

#: The committed table of a whole run: which cases deviate.
BASELINE = ROOT / "reports" / "baseline" / "verdicts.csv.gz"


class Scripts:
    """A process that executes scripts, kept for all tests."""

    def __init__(self) -> None:
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", DRIVER]
        pipe = subprocess.PIPE
        self.servers = Servers()
        for library in ("torch", "numpy"):
            self.servers.start(library)
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=env, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.process.kill()
        self.process.communicate()
        self.servers.close()

    def printed(self, place: Path, texts: Sequence[str]) -> list[str]:
        """What each script printed last, or how it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(place), list(texts)]) + "\n")
        self.process.stdin.flush()
        return [json.loads(self.process.stdout.readline()) for _ in texts]

    def differing(
        self, spec: Spec, rows: Sequence[Verdict], place: Path, timeout: float = TIMEOUT, alone: bool = False
    ) -> Mapping[str, tuple[str, str]]:
        """Rows whose script says something else: what they say and what it said.

        Each is asked of a host of its own where it stands ``alone``, as what a candidate keeps of earlier calls tells.
        """
        texts = [
            text for some in ([[r] for r in rows] if alone else [rows]) for text in self._texts(spec, some, timeout)
        ]
        assert not any(re.search(r"^\s*(import|from) harness", text, re.MULTILINE) for text in texts)
        pairs = list(zip(rows, self.printed(place, texts), strict=True))
        return {f"{r.case} {r.candidate} {r.law} {r.of}": (told(r), x) for r, x in pairs if not repeats(spec, r, x)}

    def _texts(self, spec: Spec, rows: Sequence[Verdict], timeout: float) -> list[str]:
        """The scripts of rows, which one host is asked for."""
        with closing(Hosts(str(self.servers.folder), Limits(timeout), str(Path.cwd()))) as hosts:
            there = {c.name: c for c in runs.ready(spec, partial(held, hosts)).candidates}
            trials = [Trial(Bench(spec, cases.find(spec, r.case), 0), there[r.candidate]) for r in rows]
            return [repro.script(trial, row) for trial, row in zip(trials, rows, strict=True)]


def held(hosts: Hosts, given: CandidateSpec) -> Holder:
    """The holder of a candidate."""
    return hosts.holder(Wanted(given.call, given.vjp or "", given.library, given.needs or ""))


@pytest.fixture(scope="session")
def scripts() -> Iterator[Scripts]:
    """The process that executes scripts."""
    with Scripts() as kept:
        yield kept


@cache
def deviating() -> pandas.DataFrame:
    """The known rows of the committed baseline."""
    committed = pandas.read_csv(BASELINE, dtype=str, keep_default_na=False)
    here = runs.measured(True).capability
    rows = baseline.unfolded(baseline.under(committed, here, builds.recorded()), DEVIATING)
    return rows[rows["status"] == "known"]


def read(op: str) -> Spec:
    return specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)


def judged(spec: Spec, tasks: Iterable[execution.Task], scripts: Scripts, timeout: float = TIMEOUT) -> list[Verdict]:
    """The wrong rows of a small run of one spec."""
    setup = runs.setup([spec], Limits(timeout), str(scripts.servers.folder))
    told = execution.isolated(tasks, setup, workers=1)
    wrong = (*RED, "known")
    return [r for _, found in told for r in found if r.status in wrong and r.law != "ledger"]


def told(row: Verdict) -> str:
    """What a row tells of: what came back or, where nothing did, what was raised, or how it ended."""
    if row.message.startswith("no answer"):
        return "exited with code 1"
    return row.message if row.death or row.actual in ("", "raised") else row.actual


def repeats(spec: Spec, row: Verdict, said: str) -> bool:
    """Whether a script's last line is the row's value, bit for bit, or raised what the row says was raised.

    Of what is another number in each process a script shows some number.
    """
    if row.known and spec.known[int(row.known.partition(":")[0])].nondeterministic:
        return not math.isnan(abs(complex(said))) or "nan" in said
    raised = row.death or row.actual in ("", "raised")
    said = said.strip().removesuffix(".") if raised else said.strip()
    return bool(said) and told(row).startswith(said) if raised else said == row.actual


def _varies(spec: Spec, candidate: str, law: str) -> bool:
    """Whether the ledger says that a candidate deviates under a law in some processes or builds and not in others."""
    entries = [e for e in spec.known if candidate in e.by and law in e.law]
    return any(entry.nondeterministic or entry.probe for entry in entries)


def _is_known(op: str, case: str, candidate: str, law: str) -> bool:
    """Whether the ledger still knows of a row of the baseline."""
    spec = read(op)
    at = cases.names(spec, cases.find(spec, case))
    return any(candidate in entry.by and law in entry.law and entry.when(at) for entry in spec.known)


#: Ops of which the first case of a law is repeated, and parts that the tests are cut into.
EACH, PARTS = 3, 12


def _spread(rows: pandas.DataFrame) -> pandas.DataFrame:
    """A few rows of a law's, evenly; whole networks, which take a minute to judge, where there are no others."""
    single = rows[~rows["op"].str.startswith("cnn_")]
    rows = single if len(single) else rows
    return rows.iloc[:: -(-len(rows) // EACH)]


@cache
def repeated() -> dict[str, pandas.DataFrame]:
    """By op what is repeated: of each law the first case of a few ops, whoever breaks it, those spread over the alphabet;
    all cases of all candidates where HARNESS_REPRO is set."""
    known = deviating()
    if not os.environ.get("HARNESS_REPRO"):
        first = known.groupby(["law", "op"], as_index=False).nth(0).sort_values(["law", "op"])
        first = first[
            [_is_known(*row) for row in zip(first["op"], first["case"], first["candidate"], first["law"], strict=True)]
        ]
        known = pandas.concat(_spread(rows) for _, rows in first.groupby("law"))
    return dict(list(known.groupby("op")))


@pytest.mark.parametrize("part", range(PARTS))
def test_deviations_of_a_default_run_are_repeated(part: int, tmp_path: Path, scripts: Scripts) -> None:
    ops = sorted(repeated())[part::PARTS]
    assert ops
    for op in ops:
        spec, known = read(op), repeated()[op]
        there = known.groupby("case", sort=False)["candidate"].unique()
        tasks = [execution.Task(op, spec.path, case, tuple(names), 0) for case, names in there.items()]
        rows = judged(spec, tasks, scripts)
        due = {pair for pair in zip(known["candidate"], known["law"], strict=True) if not _varies(spec, *pair)}
        assert {(r.candidate, r.law) for r in rows} >= due
        assert not scripts.differing(spec, rows, tmp_path)


@pytest.mark.parametrize(
    ("op", "path", "library", "laws"),
    [
        ("scipy_conv2d", "larger", "torch", {"agrees", "gradient", "forward", "second"}),
        ("scipy_conv2d", "larger_numpy", "numpy", {"agrees", "gradient"}),
        ("scipy_conv2d", "by_stride", "torch", {"layout"}),
        ("scipy_conv2d", "remembers", "torch", {"repeatable", "gradient", "vmap"}),
        ("scipy_conv2d", "forgets", "torch", {"repeatable", "layout", "gradient", "vmap"}),
        ("sigmoid", "sigmoid", "torch", {"gradient", "forward", "adjoint", "second"}),
        ("convolve", "lopsided", "numpy", {"identity", "agrees"}),
        ("convolve", "by_address", "numpy", {"repeatable"}),
        ("bce", "by_identity", "torch", {"gradient", "layout"}),
        ("sigmoid", "careless", "torch", {"gradient"}),
        ("kaiming_uniform", "narrow", "numpy", {"distribution"}),
        ("kaiming_uniform", "ordered", "numpy", {"distribution"}),
        ("kaiming_uniform", "outlying", "numpy", {"distribution"}),
        ("kaiming_uniform", "even", "numpy", {"distribution"}),
        ("kaiming_uniform", "coarse", "numpy", {"distribution"}),
        ("kaiming_uniform", "of_magnitudes", "numpy", {"distribution"}),
        ("kaiming_uniform", "of_one_bit", "numpy", {"distribution"}),
        ("kaiming_uniform", "unseeded", "numpy", {"distribution"}),
        ("kaiming_uniform", "of_contents", "numpy", {"distribution"}),
        ("dropout", "by_rows", "numpy", {"mask"}),
        ("dropout", "of_fresh_entropy", "numpy", {"mask"}),
        ("sigmoid", "dies_of_strides", "torch", {"layout"}),
        ("sigmoid", "fragile", "torch", {"second"}),
        ("sigmoid", "latest", "torch", {"gradient", "upstream"}),
        ("sigmoid", "hides_nan", "torch", {"upstream"}),
        ("sigmoid", "maps_first", "torch", {"vmap"}),
        ("sigmoid", "tidies", "torch", {"pure"}),
        ("sigmoid", "stale", "numpy", {"gradient"}),
        ("gelu", "by_tanh", "numpy", {"agrees"}),
        ("sigmoid", "slopes_backwards", "torch", {"vmap"}),
        ("sigmoid", "scribbles", "torch", {"gradient"}),
        ("sigmoid", "rewrites", "torch", {"pure"}),
        ("sigmoid", "counts", "numpy", {"gradient"}),
        ("softmax", "loud", "numpy", {"pure"}),
        ("sigmoid", "waits", "numpy", {"layout"}),
        ("sigmoid", "wants_memory", "numpy", {"layout"}),
    ],
)
def test_every_law_broken_by_a_wrong_candidate_is_repeated(
    op: str, path: str, library: str, laws: set[str], tmp_path: Path, scripts: Scripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"wrong_{path}.py").write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    vjp = {
        "larger_numpy": f"wrong_{path}:larger_vjp",
        "counts": f"wrong_{path}:counts_vjp",
        "stale": f"wrong_{path}:stale_vjp",
    }.get(path)
    given = CandidateSpec(path, f"wrong_{path}:{path}", vjp, library)
    spec = replace(read(op), candidates=(given,), known=())
    first = "softmax/invalid:axis-out-of-range" if path == "loud" else cases.cases(spec)[0].id
    timeout = 4 if path == "waits" else TIMEOUT
    rows = judged(spec, runs.plan([spec], 0, f"case={first}").tasks, scripts, timeout)
    assert laws <= {r.under for r in rows}
    assert not scripts.differing(spec, rows, tmp_path, timeout, alone=path == "forgets")
