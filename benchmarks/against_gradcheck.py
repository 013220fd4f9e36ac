"""Judging the gradients of all inputs: slow gradcheck against the law `gradient`, in float64 on one thread.

Ours is everything a judgement takes: fresh inputs, a signed upstream gradient, the candidate's reverse mode, the
definition evaluated and differentiated with its error bound, each entry compared. Sensitivity is the smallest error
that is seen when the largest entry of the first input's gradient is off by that much of itself, in powers of ten.
The ratio is that of the large conv2d.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import measuring

measuring.prepare()

import torch  # noqa: E402

from harness import cases, runs, specs  # noqa: E402
from harness.asking import libraries  # noqa: E402
from harness.asking.binding import Bound, load  # noqa: E402
from harness.asking.hosts import Inline  # noqa: E402
from harness.bench import Bench  # noqa: E402
from harness.candidates import Candidate  # noqa: E402
from harness.comparison import compare  # noqa: E402
from harness.laws import posed  # noqa: E402
from harness.model import Law  # noqa: E402
from harness.trial import Posed, Trial  # noqa: E402

#: Cases by what the table calls them: the first of the spec, those of the first samples of torch's own suite, and large
#: ones. The 16 images of 16 x 16 are those of (2, 8, 16, 16).
CASES = {
    "conv2d (2, 4, 7, 8)": "conv2d/dtype:float64",
    "conv2d (1, 3, 4, 4)": "conv2d/N:1/C_in:3/C_out:3/H:4/W:4/stride:2/padding:2/dtype:float64",
    "conv2d (2, 8, 16, 16)": "conv2d/C_in:8/C_out:8/H:16/W:16/padding:1/dtype:float64",
    "rfft2 (5, 6, 7)": "rfft2/B:5/W:7",
    "rfft2 (2, 8, 16, 16)": "rfft2/B:16/H:16/W:16",
}

#: The one that the last line speaks of.
LARGE = "conv2d (2, 8, 16, 16)"

#: Judgements in one repetition of ours: one is too short for a clock.
JUDGEMENTS = 20


@dataclass(frozen=True)
class Planted:
    """A candidate's call whose gradient of the first input is off, in its largest entry, by a share of itself."""

    call: Callable[..., Any]
    share: float

    def __call__(self, first: Any, *others: Any, **params: Any) -> Any:
        return self.call(_Off.apply(first, self.share), *others, **params)


class _Off(torch.autograd.Function):
    """The identity, with a gradient that is a little wrong."""

    @staticmethod
    def forward(x: Any, share: float) -> Any:
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.share = inputs[1]

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        off = g.clone().reshape(-1)
        off[off.abs().argmax()] *= 1 + ctx.share
        return off.reshape(g.shape), None


def prepared(address: str) -> tuple[Any, Any, Candidate]:
    """The spec, the case and torch's candidate at an address."""
    op = address.split("/")[0]
    spec = specs.read(measuring.ROOT / "specs" / f"{op}.yaml", runs.LAW_NAMES)
    given = next(c for c in spec.candidates if c.name == "torch")
    return spec, cases.find(spec, address), held(spec, given, load(given.call))


def held(spec: Any, given: Any, function: Callable[..., Any]) -> Candidate:
    """A candidate held in this process, as gradcheck holds it."""
    return Candidate(given.name, spec, given, Inline.function(function, None, libraries.load("torch")))


def conforms(spec: Any, case: Any, judged: Candidate, seed: int) -> bool:
    """Whether the gradients of all inputs are within their bounds, at the inputs of that seed."""
    trial = Trial(Bench(spec, case, seed), judged)
    equations = [equation for equation in posed(Law("gradient"), trial) if not isinstance(equation, Posed)]
    return bool(equations) and all(compare(equation, trial.bench.tier).margin <= 1 for equation in equations)


def gradcheck(spec: Any, case: Any, judged: Candidate, seed: int) -> bool:
    """Whether slow gradcheck passes, with its own settings, at the same inputs."""
    inputs = [torch.from_numpy(x.copy()).requires_grad_() for x in Bench(spec, case, seed).arrays.values()]
    call = Bound(function_of(judged), None, libraries.load("torch"), judged.arguments(case))
    return bool(torch.autograd.gradcheck(call, inputs, raise_exception=False))


def function_of(judged: Candidate) -> Callable[..., Any]:
    """The function that a candidate of this process is."""
    function: Callable[..., Any] = judged.holder._loaded[0]  # type: ignore[attr-defined]
    return function


def smallest_seen(judge: Callable[[Candidate], bool], right: Candidate) -> float:
    """The smallest power of ten that is seen, going down from 1 until one is not; infinite where 1 is not."""
    seen = float("inf")
    for share in (10.0**-n for n in count()):
        if judge(held(right.spec, right.given, Planted(function_of(right), share))):
            return seen
        seen = share
    return seen


def measure(address: str, repetitions: int, sensitivity: bool) -> tuple[float, float, float, float]:
    """Seconds of both sides, and the smallest planted error that each sees."""
    spec, case, right = prepared(address)
    seeds = count()

    def ours() -> None:
        if not all(conforms(spec, case, right, next(seeds)) for _ in range(JUDGEMENTS)):
            raise SystemExit(f"{address}: torch deviates")

    def theirs() -> None:
        if not gradcheck(spec, case, right, next(seeds)):
            raise SystemExit(f"{address}: gradcheck fails")

    slow, fast = measuring.in_turns((theirs, ours), repetitions)
    sides: tuple[Any, ...] = (gradcheck, conforms) if sensitivity else ()
    seen = [smallest_seen(lambda c, judge=judge: judge(spec, case, c, 0), right) for judge in sides]
    return slow, fast / JUDGEMENTS, *(seen or (float("nan"),) * 2)


def main() -> None:
    chosen = measuring.arguments(__doc__)
    torch.set_num_threads(1)
    wanted: Mapping[str, str] = {n: a for n, a in CASES.items() if not chosen.small or "16" not in n}
    rows, ratios = [], {}
    for name, address in wanted.items():
        slow, fast, coarse, fine = measure(address, chosen.repetitions, "16" not in name)
        ratios[name] = slow / fast
        times = (f"{slow * 1e3:.1f}", f"{fast * 1e3:.2f}", f"{slow / fast:.0f}")
        rows.append([name, *times, *("" if t != t else f"{t:.0e}" for t in (coarse, fine))])
    measuring.table(["inputs", "gradcheck ms", "ours ms", "ratio", "gradcheck sees", "ours sees"], rows)
    measuring.ratio(ratios.get(LARGE, next(iter(ratios.values()))))


if __name__ == "__main__":
    main()
