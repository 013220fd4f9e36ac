"""How long a user waits before anything happens: help, lists, a check of one case, and `import torch` beside.

All are whole processes, in turns; the ratio is that of a one-case `harness check` to `python -c "import torch"`.
"""

from __future__ import annotations

import measuring

measuring.prepare()

ONE = "conv2d/dtype:float64"

#: Command lines by name, with the seconds that are asked of those that have a figure.
COMMANDS = {
    "python -c pass": (("-c", "pass"), None),
    "harness --help": (("-m", "harness", "--help"), 0.1),
    "harness list": (("-m", "harness", "list"), 0.3),
    "python -c 'import torch'": (("-c", "import torch"), None),
    "harness check, one case, -j 1": (
        ("-m", "harness", "check", "conv2d", "torch.nn.functional:conv2d", "--only", f"case={ONE}", "-j", "1"),
        None,
    ),
    "harness check, one case, -j 0": (
        ("-m", "harness", "check", "conv2d", "torch.nn.functional:conv2d", "--only", f"case={ONE}", "-j", "0"),
        None,
    ),
}
TORCH, CHECK = "python -c 'import torch'", "harness check, one case, -j 1"


def wall(words: tuple[str, ...]) -> float:
    """Seconds of one process. Raises SystemExit where it fails."""
    found = []
    spent = measuring.seconds(lambda: found.append(measuring.python(*words)))
    if found[0].returncode:
        raise SystemExit(found[0].stdout + found[0].stderr)
    return spent


def main() -> None:
    chosen = measuring.arguments(__doc__)
    measured = [[wall(words) for words, _ in COMMANDS.values()] for _ in range(chosen.repetitions)]
    found = dict(zip(COMMANDS, measuring.medians(measured), strict=True))
    asked = {name: f"{due:.1f}" if due else "" for name, (_, due) in COMMANDS.items()}
    asked[CHECK] = f"{1.5 * found[TORCH]:.2f}"
    measuring.table(["process", "seconds", "asked"], [[n, f"{t:.2f}", asked[n]] for n, t in found.items()])
    measuring.ratio(found[CHECK] / found[TORCH])


if __name__ == "__main__":
    main()
