"""Words of a command line -> a run, a table, an exit code: the only door that prints.

Exit codes: 0 conforms, 1 deviates or judged nothing, 2 a bad spec or usage, 3 our own bug, 130 interrupted.

- refusals: what goes wrong -> a line and an exit code
- printing: rows -> text
- until: a budget, a signal -> whether a command goes on
- files: names, paths -> specs, runs
- earlier: a run -> the baseline, the runs before it
- judging: specs -> verdicts as they come
- endings: a judged run -> evidence, page, table
- running: `run`: budget, shard, resume
- checking: `check`
- showing: `show`, `shrink`
- listing: `list`
- options: what several commands take
- commands: each command whole, a module each
- doors: words -> a command; what goes wrong -> an exit code
"""

import sys

from harness.cli.refusals import INTERRUPTED

__all__ = ["entry"]


def entry() -> None:
    """The console script; that somebody stops it while it is loaded is no traceback either."""
    try:
        from harness.cli import doors
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    doors.entry()
