"""Tasks -> Verdicts: in this process, in isolated ones, on a cluster; three functions of one signature.

Each takes tasks and a `Setup`, and yields every task with its verdicts as they come, in any order. What comes is the
same for all three; only `inline` dies with a candidate that dies.
"""

from harness.execution.cluster import on_dask
from harness.execution.inline import inline
from harness.execution.isolated import Isolated, isolated
from harness.execution.process import PRELOAD, prepare
from harness.execution.task import ExecutionError, Judged, Note, Setup, Task, Work

__all__ = [
    "PRELOAD",
    "ExecutionError",
    "Isolated",
    "Judged",
    "Note",
    "Setup",
    "Task",
    "Work",
    "inline",
    "isolated",
    "on_dask",
    "prepare",
]
