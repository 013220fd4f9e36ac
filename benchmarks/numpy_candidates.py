"""NumPy candidates against the loops they stand in for, and against torch on one thread: how fast they train a network.

Every candidate is checked against what it is compared with, by the harness's own bounds, elsewhere (its spec); here only
time is measured. Printed: the median seconds of both sides and what they are of each other. The last line is how many times
as long as torch's the slowest of the NumPy layers takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import measuring

measuring.prepare()

import numpy as np  # noqa: E402
import torch  # noqa: E402

from reference_impls import conv, normalization, pooling, seed_conv2d  # noqa: E402

#: The seed post's layer: images (N, C, H, W), filters (C', C, F, F).
IMAGES, FILTERS = (8, 3, 64, 64), (16, 3, 3, 3)

#: What a pooling or a normalization inside of a small network sees.
FEATURES = (8, 16, 64, 64)

#: Calls of a side in each repetition, but for the loops: one call is too short for the clock.
CALLS = 20

Side = Callable[[], Any]


def draw(*shape: int) -> Any:
    """Standard normal float32 numbers, the same each time."""
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


def repeated(call: Side, calls: int) -> Side:
    """A call several times over."""

    def side() -> None:
        for _ in range(calls):
            call()

    return side


def measured(sides: Sequence[Side], calls: Sequence[int], repetitions: int) -> list[float]:
    """The median seconds of one call of each side."""
    whole = measuring.in_turns([repeated(s, n) for s, n in zip(sides, calls, strict=True)], repetitions)
    return [seconds / n for seconds, n in zip(whole, calls, strict=True)]


def layers() -> dict[str, tuple[Side, Side]]:
    """Layer -> NumPy's call and torch's."""
    x, w, features, b = draw(*IMAGES), draw(*FILTERS), draw(*FEATURES), draw(FEATURES[1])
    ones = np.ones(FEATURES[1], np.float32)
    tx, tw, tf, tb, t1 = (torch.from_numpy(a) for a in (x, w, features, b, ones))
    functional = torch.nn.functional
    return {
        "conv2d": (lambda: conv.conv2d_im2col(x, w, None), lambda: functional.conv2d(tx, tw)),
        "max_pool2d": (
            lambda: pooling.max_pool2d(features, 2),
            lambda: functional.max_pool2d_with_indices(tf, 2),
        ),
        "batch_norm": (
            lambda: normalization.batch_norm(features, b, ones, ones, b, training=True),
            lambda: functional.batch_norm(tf, tb.clone(), t1.clone(), t1, tb, training=True),
        ),
    }


def main() -> None:
    """Measure and print."""
    chosen = measuring.arguments(__doc__)
    torch.set_num_threads(1)
    images = draw(2, 3, 16, 16) if chosen.small else draw(*IMAGES)
    filters = draw(*FILTERS)
    calls = 1 if chosen.small else CALLS
    loops, product = measured(
        [lambda: seed_conv2d.conv2d_loops(images, filters, None), lambda: conv.conv2d_im2col(images, filters, None)],
        [1, calls],
        chosen.repetitions,
    )
    lines = [["conv2d, loops", f"{loops:.2e}", f"{product:.2e}", f"{loops / product:.3g} x faster"]]
    slowest = 0.0
    for name, (ours, theirs) in layers().items():
        mine, torchs = measured([ours, theirs], [calls, calls], chosen.repetitions)
        slowest = max(slowest, mine / torchs)
        lines.append([f"{name}, torch", f"{torchs:.2e}", f"{mine:.2e}", f"{mine / torchs:.3g} x as long"])
    measuring.table(["layer, against", "seconds", "NumPy's", ""], lines)
    measuring.ratio(slowest)


if __name__ == "__main__":
    main()
