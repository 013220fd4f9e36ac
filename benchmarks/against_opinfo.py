"""Judging a forward call on the installed torch's own sample inputs: its way against ours, on one thread.

Its way (``torch.testing._internal``, as its test suite has it): make the samples, call the op, call it again on the
inputs in float64, ``assert_close``. Ours: draw inputs of the same shapes, call the op, evaluate an independent
definition in float64 with its error bound, judge each entry. A second table leaves the making of inputs out on both
sides and judges the very same numbers. The ratio is that of the samples judged per second, with the making, over
both ops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import measuring

measuring.prepare()

import numpy as np  # noqa: E402
import torch  # noqa: E402

from harness import fills, runs, specs  # noqa: E402
from harness.asking.libraries.torch_tensors import Torch  # noqa: E402
from harness.comparison import Numbers, compare  # noqa: E402
from harness.model import Case, Spec  # noqa: E402
from harness.oracles import Oracle  # noqa: E402

try:
    from torch.testing._internal.common_methods_invocations import op_db
except ImportError as missing:
    op_db, why = [], str(missing)

DTYPE = "float32"

#: Each op of torch's list by ours, with the name its param has here.
OPS = {"nn.functional.conv2d": ("conv2d", {}), "fft.rfft2": ("rfft2", {"dim": "axes"})}

#: Passes over the samples in one repetition.
PASSES = 5


@dataclass(frozen=True)
class Sample:
    """One of torch's samples as a case of ours: its inputs as arrays, and how to call the op on tensors."""

    spec: Spec
    case: Case
    arrays: dict[str, Any]
    call: Callable[..., Any]
    batched: bool

    def drawn(self, seed: int) -> dict[str, Any]:
        """Fresh inputs of the same shapes."""
        return {n: fills.like(fills.generator(seed, self.case.id, n), x, self.case) for n, x in self.arrays.items()}

    def judge(self, arrays: dict[str, Any]) -> None:
        """Call the op and judge it. Raises SystemExit where it deviates: torch is right at all of these."""
        returned = LIBRARY.unwrap(self.call(*(LIBRARY.wrap(x) for x in arrays.values())))
        if not self.batched:
            arrays, returned = arrays | {"input": arrays["input"][None]}, returned[None]
        due = Oracle(self.spec, self.case, arrays).values["output"]
        evidence = compare(Numbers("output", returned, due), "random")
        if evidence.margin > 1:
            raise SystemExit(f"{self.case.id}: {evidence}")


LIBRARY = Torch()


def sample(op: Any, spec: Spec, names: dict[str, str], given: Any, number: int) -> Sample:
    """One of torch's samples as a case of ours."""
    tensors = [x for x in (given.input, *given.args) if isinstance(x, torch.Tensor)]
    arrays = {i.name: x.numpy() for i, x in zip(spec.inputs, tensors, strict=False)}
    params = {names.get(k, k): (v,) if k == "dim" and isinstance(v, int) else v for k, v in given.kwargs.items()}
    case = Case(spec.op, f"{spec.op}/sample:{number}", {}, params, frozenset(), DTYPE)
    batched = spec.op != "conv2d" or given.input.ndim == 4

    def call(*inputs: Any) -> Any:
        return op(*inputs, **given.kwargs)

    return Sample(spec, case, arrays, call, batched)


def its_way(op: Any) -> int:
    """Judge all samples as torch's suite does: against the same kernel in float64."""
    return sum(_compared(op, given) for given in op.sample_inputs("cpu", torch.float32))


def _compared(op: Any, given: Any) -> int:
    actual = op(given.input, *given.args, **given.kwargs)
    precise = given.transform(lambda x: x.double() if isinstance(x, torch.Tensor) else x)
    expected = op(precise.input, *precise.args, **precise.kwargs)
    torch.testing.assert_close(actual, expected.to(actual.dtype))
    return 1


def measure(op: Any, repetitions: int, passes: int) -> tuple[list[float], list[float], int]:
    """Seconds per sample of both sides, with and without the making of inputs, and how many samples there are."""
    name, names = OPS[op.name]
    spec = replace(specs.read(measuring.ROOT / "specs" / f"{name}.yaml", runs.LAW_NAMES))
    given = list(op.sample_inputs("cpu", torch.float32))
    samples = [sample(op, spec, names, g, n) for n, g in enumerate(given)]
    seeds = iter(range(10**9))

    def ours() -> None:
        for seed in (next(seeds) for _ in range(passes)):
            for s in samples:
                s.judge(s.drawn(seed))

    def theirs() -> None:
        for _ in range(passes):
            its_way(op)

    made = measuring.in_turns((theirs, ours), repetitions)
    same = measuring.in_turns(
        (_again(lambda g: _compared(op, g), given, passes), _again(_same, samples, passes)), repetitions
    )
    each = passes * len(samples)
    return [t / each for t in made], [t / each for t in same], len(samples)


def _same(s: Sample) -> None:
    s.judge(s.arrays)


def _again(judge: Callable[[Any], Any], things: Sequence[Any], passes: int) -> Callable[[], None]:
    return lambda: [judge(thing) for _ in range(passes) for thing in things].clear()


def main() -> None:
    chosen = measuring.arguments(__doc__)
    torch.set_num_threads(1)
    if not op_db:
        print(f"torch's list of ops cannot be imported here: {why}")
        measuring.ratio(nan)
        return
    rows, total = [], np.zeros(2)
    for op in (o for o in op_db if o.name in OPS and not o.variant_test_name):
        made, same, count = measure(op, chosen.repetitions, 1 if chosen.small else PASSES)
        for what, (theirs, ours) in (("with making inputs", made), ("the same inputs", same)):
            rows.append(
                [f"{op.name}, {what}", str(count), *(f"{1 / t:.0f}" for t in (theirs, ours)), f"{theirs / ours:.2f}"]
            )
        total += np.array(made) * count
    measuring.table(["op", "samples", "OpInfo's way /s", "ours /s", "ratio"], rows)
    measuring.ratio(float(total[0] / total[1]))


if __name__ == "__main__":
    main()
