"""Miniatures, look-alikes -> the kill matrix: what the judge finds, what its peers find, and no innocent accused.

``python tests/gate.py`` judges every miniature (wrong in one way) and every look-alike (right in another way), writes
reports/gate/kill_matrix.csv and docs/kill_matrix.md, and exits with 1 where a miniature survives or a look-alike is
flagged. A miniature is judged at a spec's first case and at the one it names; where it survives there, and every
look-alike, at the cases one step from the first and at those that any entry names.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from gate_matrix import LOOKALIKES, MINIATURES, Entry  # noqa: E402

from harness import cases, execution, ledger, runs, specs  # noqa: E402
from harness.asking import libraries  # noqa: E402
from harness.asking.binding import Bound, load  # noqa: E402
from harness.asking.hosts import Inline, Limits  # noqa: E402
from harness.candidates import Candidate  # noqa: E402
from harness.fills import arrays  # noqa: E402
from harness.laws import LAWS  # noqa: E402
from harness.model import RED, CandidateSpec, Case, Spec, Verdict  # noqa: E402
from harness.oracles import Oracle, definition  # noqa: E402

SEED = 0
CSV, PAGE = ROOT / "reports" / "gate" / "kill_matrix.csv", ROOT / "docs" / "kill_matrix.md"

#: Cases one step from the first that are left out unless a miniature names them: they are large.
LARGE = ("grid:long", "grid:longest", "grid:large", "grid:loops")

#: What a host of a miniature may take.
LIMITS = Limits(timeout=60.0)

COLUMNS = ["status", *LAWS]

#: Well-known comparators: torch's and NumPy's own tolerances, torch's gradient check, the rule of FlashAttention's tests
#: (at most twice the error of the same mathematics in the judged type, by the largest entry), and that of FlagGems' tests
#: (an absolute tolerance of 1e-4 times the number of terms beside a relative one of the type's).
PEERS = ["assert_close", "np.allclose", "torch.gradcheck", "twice", "K 1e-4"]

#: FlagGems' relative tolerance in double precision, and its absolute one for each term.
FLAGGEMS = (1e-7, 1e-4)


@dataclass(frozen=True)
class Found:
    """What was found out about one entry: its red verdicts, how many there were at all, and what the peers say."""

    entry: Entry
    red: tuple[Verdict, ...]
    judged: int
    peers: dict[str, str]

    @property
    def laws(self) -> set[str]:
        """The laws that are broken."""
        return {row.law for row in self.red}

    @property
    def as_named(self) -> bool:
        """Whether the law that must catch it does, at the case where it must."""
        address = _address(self.entry)
        return any(row.law == self.entry.law and row.case == address for row in self.red)


@cache
def spec(op: str) -> Spec:
    """The spec of an op."""
    return specs.read(ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)


def candidate(entry: Entry) -> CandidateSpec:
    """An entry as a spec would name it."""
    return CandidateSpec(entry.name, entry.path, entry.vjp, entry.library, entry.algorithm, entry.dtypes)


@cache
def every(op: str) -> dict[str, Case]:
    """All cases of a spec by id."""
    return {case.id: case for case in cases.cases(spec(op))}


def control(op: str, lib: str) -> CandidateSpec | None:
    """The right implementation beside which a miniature is judged: what is red of it too kills nobody."""
    same = [c for c in spec(op).candidates if (c.library == "torch") == (lib == "torch")]
    return replace(same[0], name=f"{op}.control of {lib}", exempt={}) if same else None


def _address(entry: Entry) -> str:
    return f"{entry.op}/{entry.at}" if entry.at else entry.op


def everywhere(op: str, entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Case -> who is judged there: all, at the first case, those one step from it, and the ones that entries name."""
    near = [i for i in every(op) if i.count("/") <= 1 and not any(word in i for word in LARGE)]
    return {address: list(entries) for address in [*near, *named(op, entries)]}


def chosen(op: str, entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Case -> who is judged there: a miniature at the first case and the one it names, a look-alike everywhere."""
    right = [e for e in entries if e.right]
    found = everywhere(op, right) if right else {}
    for address, those in (*named(op, entries).items(), (op, entries)):
        found[address] = list(dict.fromkeys([*those, *right]))
    return found


Choose = Callable[[str, Sequence[Entry]], dict[str, list[Entry]]]


def named(op: str, entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Case -> the entries that name it; the first case -> look-alikes. Raises CaseError where there is no such case."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for e in entries:
        cases.find(spec(op), _address(e))
        found[_address(e)].append(e)
    return found


def tasks(
    entries: Sequence[Entry], choose: Choose = chosen, limits: Limits | None = LIMITS
) -> tuple[list[Any], execution.Setup]:
    """What is to be judged, and how any process makes itself ready for it."""
    by_op: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_op[entry.op].append(entry)
    found, ready = [], []
    for op, group in by_op.items():
        beside = [c for lib in dict.fromkeys(e.library for e in group) if (c := control(op, lib))]
        given = replace(spec(op), candidates=(*beside, *(candidate(e) for e in group)), known=())
        ready.append(given)
        for address, those in choose(op, group).items():
            names = tuple(c.name for c in (*beside, *those))
            found.append(execution.Task(op, given.path, address, names, SEED))
    found.sort(key=lambda t: -len(t.candidates))
    return found, runs.setup(ready, limits)


def judged(entries: Sequence[Entry], workers: int, choose: Choose = chosen) -> list[Found]:
    """Every entry with its red verdicts; those that survive a choice of cases are judged everywhere."""
    found = _judged(entries, workers, choose)
    survivors = [f.entry for f in found if not f.entry.right and not f.red]
    if choose is not chosen or not survivors:
        return found
    again = {f.entry: f for f in _judged(survivors, workers, everywhere)}
    return [again.get(f.entry, f) for f in found]


def _judged(entries: Sequence[Entry], workers: int, choose: Choose) -> list[Found]:
    todo, setup = tasks(entries, choose, LIMITS if workers else None)
    rows: dict[str, list[Verdict]] = defaultdict(list)
    done = execution.isolated(todo, setup, workers=workers) if workers else execution.inline(todo, setup)
    for _, found in done:
        for row in found:
            rows[row.candidate].append(row)
    return [Found(e, tuple(_red(e, rows)), _count(rows[e.name]), peers(e)) for e in entries]


def _red(entry: Entry, rows: dict[str, list[Verdict]]) -> Iterator[Verdict]:
    """Its red verdicts but those that the right implementation beside it has too: of a look-alike, to the same extent."""
    if entry.right:
        control = f"{entry.op}.control of {entry.library}"
        yield from (r for r in ledger.excused([*rows[entry.name], *rows[control]], {control}) if r.status in RED)
        return
    beside = {
        (r.case, r.law, r.subject, r.scenario)
        for r in rows[f"{entry.op}.control of {entry.library}"]
        if r.status in RED
    }
    for row in rows[entry.name]:
        if row.status in RED and (row.case, row.law, row.subject, row.scenario) not in beside:
            yield row


def _count(rows: Iterable[Verdict]) -> int:
    return sum(row.status not in ("unsupported", "inconclusive") for row in rows)


# --- the peers, on the same inputs ----------------------------------------------------------------------------------


def peers(entry: Entry) -> dict[str, str]:
    """What well-known comparators say about the first case in double precision: `passes` or `fails`."""
    case = _base(entry.op)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        rules = dict(zip(PEERS, (_close, _all, _grad, _twice, _by_terms), strict=True))
        return {name: rule(entry, case) for name, rule in rules.items()}


def _base(op: str) -> Case:
    first = next(iter(every(op).values()))
    wide = {"float32": "float64", "complex64": "complex128"}.get(first.dtype, first.dtype)
    return every(op).get(f"{op}/dtype:{wide}", first)


@cache
def _due(op: str) -> tuple[dict[str, Any], list[Any]]:
    case = _base(op)
    inputs = arrays(spec(op), case, SEED)
    oracle = Oracle(spec(op), case, inputs)
    return inputs, [a.expected for a in oracle.values.values()]


def _bound(entry: Entry, case: Case) -> Bound:
    function, vjp = load(entry.path), load(entry.vjp) if entry.vjp else None
    lib = libraries.load(entry.library)
    held = Candidate(entry.name, spec(entry.op), candidate(entry), Inline.function(function, vjp, lib))
    return Bound(function, vjp, lib, held.arguments(case))


def _results(entry: Entry, case: Case) -> Iterator[tuple[Any, Any]]:
    inputs, expected = _due(entry.op)
    bound = _bound(entry, case)
    found = bound(*bound.wrapped(inputs))
    found = found if isinstance(found, (tuple, list)) else (found,)
    for y, due in zip(found, expected, strict=True):
        actual = bound.library.unwrap(y)
        yield actual, due.astype(actual.dtype)


def _said(test: Any) -> str:
    try:
        return "passes" if test() else "fails"
    except Exception:
        return "fails"


def _close(entry: Entry, case: Case) -> str:
    import torch

    def test() -> bool:
        for actual, due in _results(entry, case):
            torch.testing.assert_close(torch.from_numpy(actual.copy()), torch.from_numpy(due.copy()))
        return True

    return _said(test)


def _twice(entry: Entry, case: Case) -> str:
    def test() -> bool:
        same = _in_double(entry.op)
        return all(
            _furthest(actual, due) <= 2 * _furthest(low, due)
            for (actual, due), low in zip(_results(entry, case), same, strict=True)
        )

    return _said(test)


@cache
def _in_double(op: str) -> list[Any]:
    """The definition by NumPy in double precision."""
    inputs, _ = _due(op)
    given = {i.name: inputs.get(i.name) for i in spec(op).inputs}
    found = definition(spec(op).oracle)[0](**given, **_base(op).params)
    return list(found) if isinstance(found, tuple) else [found]


def _furthest(a: Any, b: Any) -> float:
    return float(np.max(np.abs(np.asarray(a) - b), initial=0.0))


def _by_terms(entry: Entry, case: Case) -> str:
    inputs, _ = _due(entry.op)
    relative, absolute = FLAGGEMS

    def test() -> bool:
        for actual, due in _results(entry, case):
            terms = max(1, max((x.size for x in inputs.values()), default=1) // max(due.size, 1))
            if not np.allclose(actual, due, relative, absolute * terms):
                return False
        return True

    return _said(test)


def _all(entry: Entry, case: Case) -> str:
    return _said(lambda: all(np.allclose(actual, due) for actual, due in _results(entry, case)))


def _grad(entry: Entry, case: Case) -> str:
    """gradcheck of a torch candidate, or of a NumPy one with its vjp as backward; empty where it has no gradient."""
    import torch

    given = {i.name: i for i in spec(entry.op).inputs}
    inputs, _ = _due(entry.op)
    if not any(o.differentiable for o in spec(entry.op).outputs) or (entry.library != "torch" and not entry.vjp):
        return ""
    tensors = [torch.from_numpy(x.copy()) for x in inputs.values()]
    for name, x in zip(inputs, tensors, strict=True):
        x.requires_grad_(given[name].differentiable and (x.is_floating_point() or x.is_complex()))
    call = _bound(entry, case) if entry.library == "torch" else _as_function(entry, case)
    return _said(lambda: torch.autograd.gradcheck(call, tensors))


def _as_function(entry: Entry, case: Case) -> Any:
    import torch

    bound = _bound(entry, case)

    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *xs: Any) -> Any:
            ctx.save_for_backward(*xs)
            y = bound(*(x.detach().numpy() for x in xs))
            many = isinstance(y, (tuple, list))
            return tuple(torch.from_numpy(np.array(v)) for v in y) if many else torch.from_numpy(np.array(y))

        @staticmethod
        def backward(ctx: Any, *gs: Any) -> Any:
            xs = [x.detach().numpy() for x in ctx.saved_tensors]
            found = bound.pull([g.numpy() for g in gs], xs)
            found = found if isinstance(found, (tuple, list)) else (found,)
            return tuple(None if d is None else torch.from_numpy(np.array(d)) for d in found[: len(xs)])

    return Both.apply


# --- the table ------------------------------------------------------------------------------------------------------


def table(found: Sequence[Found]) -> pd.DataFrame:
    """One row per entry: what it is, what must catch it, which laws are broken, what the peers say."""
    rows = []
    for f in found:
        e = f.entry
        killed = "" if e.right else "killed" if f.red else "survives"
        rows.append(
            {
                "entry": e.name,
                "op": e.op,
                "right": e.right,
                "what": says(e),
                "law": e.law,
                "at": e.at,
                "verdict": killed or ("flagged" if f.red else "conforms"),
                "as named": "" if e.right else str(f.as_named),
                **{law: sum(r.law == law for r in f.red) for law in COLUMNS},
                "judged": f.judged,
                **f.peers,
            }
        )
    return pd.DataFrame(rows)


def says(entry: Entry) -> str:
    """What is wrong with it, or how it is right: the first line of its docstring."""
    wrong = entry.vjp if entry.vjp and entry.vjp.startswith("miniatures") else entry.path
    words = str(load(wrong).__doc__ or "").strip()
    return words.splitlines()[0] if words else ""


def page(frame: pd.DataFrame, seconds: float) -> str:
    """The table as Markdown, generated."""
    wrong, right = frame[~frame["right"]], frame[frame["right"]]
    killed, flagged = (wrong["verdict"] == "killed").sum(), (right["verdict"] == "flagged").sum()
    lines = [
        "<!-- Generated by `python tests/gate.py`; do not edit. -->",
        "",
        "# The kill matrix",
        "",
        f"{len(wrong)} miniatures, each an implementation wrong in one way, and {len(right)} look-alikes, each right in",
        f"an unusual way. Killed: {killed} of {len(wrong)}. False alarms: {flagged} of {len(right)}. A row gives the law",
        "and the place of the grid that must find the miniature, all laws that did, and what well-known comparators said on",
        "the spec's first case in double precision with their own tolerances. `twice` is the rule of FlashAttention's tests:",
        "at most twice the error of the same mathematics in the judged type. `K 1e-4` is FlagGems': an absolute tolerance of",
        "1e-4 for each term of a sum, beside a relative one of 1e-7.",
        "",
        *_shares(wrong, right),
        "",
        "## Miniatures",
        "",
        f"| op | what is wrong | must be found by | found by | {_heads()} |",
        "|---|---|---|---|" + "---|" * len(PEERS),
        *(_line(row) for _, row in wrong.iterrows()),
        "",
        "## Look-alikes",
        "",
        f"| op | how it is right | verdict | judged | {_heads()} |",
        "|---|---|---|---|" + "---|" * len(PEERS),
        *(
            f"| {r['op']} | {r['what']} | {r['verdict']} | {r['judged']} | " + " | ".join(r[p] for p in PEERS) + " |"
            for _, r in right.iterrows()
        ),
    ]
    return "\n".join(lines) + "\n"


def _heads() -> str:
    return " | ".join(f"`{name}`" for name in PEERS)


def _line(row: Any) -> str:
    laws = ", ".join(law for law in COLUMNS if row[law]) or "nothing"
    due = f"{row['law']} at `{row['at'] or 'the first case'}`"
    return f"| {row['op']} | {row['what']} | {due} | {laws} | " + " | ".join(row[p] for p in PEERS) + " |"


def _shares(wrong: pd.DataFrame, right: pd.DataFrame) -> list[str]:
    head = ["| judge | miniatures found | look-alikes accused |", "|---|---|---|"]
    ours = (
        f"{(wrong['verdict'] == 'killed').sum()} of {len(wrong)}",
        f"{(right['verdict'] == 'flagged').sum()} of {len(right)}",
    )
    rows = [f"| this harness | {ours[0]} | {ours[1]} |"]
    for name in PEERS:
        rows.append(
            f"| `{name}` | {(wrong[name] == 'fails').sum()} of {len(wrong)} | {(right[name] == 'fails').sum()} of {len(right)} |"
        )
    either = (wrong[PEERS] == "fails").any(axis=1).sum(), (right[PEERS] == "fails").any(axis=1).sum()
    return head + rows + [f"| any of these | {either[0]} of {len(wrong)} | {either[1]} of {len(right)} |"]


def main() -> int:
    """Judge, write, print; 0 where every miniature is killed and no look-alike flagged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-j", "--workers", type=int, default=os.cpu_count() or 1, help="0 judges in this process")
    parser.add_argument("-k", default="", help="only entries whose name or op contains this")
    parser.add_argument("--right", action="store_true", help="look-alikes alone")
    options = parser.parse_args()
    entries = [
        e for e in (*(() if options.right else MINIATURES), *LOOKALIKES) if options.k in e.name or options.k in e.op
    ]
    started = time.perf_counter()
    found = judged(entries, options.workers)
    seconds = time.perf_counter() - started
    frame = table(found)
    if not options.k and not options.right:
        CSV.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(CSV, index=False)
        PAGE.write_text(page(frame, seconds), encoding="utf-8")
    return report(found, seconds)


def report(found: Sequence[Found], seconds: float) -> int:
    """Print the matrix and the two shares; the exit code."""
    wrong = [f for f in found if not f.entry.right]
    right = [f for f in found if f.entry.right]
    for f in wrong:
        place = f"  (not as named, but {f.red[0].law} at {f.red[0].case})" if f.red else "  SURVIVES"
        note = "" if f.as_named else place
        print(f"{f.entry.name:<62} {','.join(law for law in COLUMNS if law in f.laws)}{note}")
    for f in right:
        print(f"{f.entry.name:<62} {'FLAGGED' if f.red else 'conforms'} ({f.judged})")
        for row in f.red[:6]:
            print(f"    {row.case} {row.law} {row.of} margin {row.margin:.3g} {row.message[:120]}")
    killed, flagged = sum(bool(f.red) for f in wrong), sum(bool(f.red) for f in right)
    elsewhere = [f.entry.name for f in wrong if f.red and not f.as_named]
    unjudged = [f.entry.name for f in found if not f.judged]
    print(f"{len(found)} judged in {seconds:.0f} s; killed by another law or elsewhere: {len(elsewhere)}")
    if unjudged:
        print(f"judged nothing of: {', '.join(unjudged)}")
    print(f"killed {killed} of {len(wrong)}")
    print(f"false alarms {flagged} of {len(right)}")
    return int(killed < len(wrong) or flagged > 0 or bool(unjudged) or not found)


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
    sys.exit(main())
