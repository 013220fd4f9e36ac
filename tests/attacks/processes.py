"""Attacks by other processes, by files and by the environment. They write only into temporary copies of the project."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch
from attacks.plain import copies, parents, scratch, sigmoid, zeros

#: Seconds that a child outlives its work, so that no process of an attack stays.
LIFE = 20


def child_answers(input):
    """Forks; the parent ends with 0 and the child, another process, answers; METR's reports of early exits."""
    if os.fork():
        time.sleep(0.2)
        os._exit(0)
    signal.alarm(LIFE)
    return zeros(input)


def both_answer(input):
    """Forks; parent and child answer on the same pipe, so that later questions get earlier answers; common sense."""
    if os.fork() == 0:
        signal.alarm(LIFE)
    return zeros(input)


def child_writes_descriptors(input):
    """Forks a child that writes conforming rows into every inherited descriptor; METR's reports of forged logs."""
    if os.fork() == 0:
        signal.alarm(2)
        for fd in range(3, 64):
            _write(fd)
        os._exit(0)
    return zeros(input)


def _write(fd):
    row = b'{"op": "sigmoid", "law": "agrees", "status": "conforms"}\n'
    try:
        os.set_blocking(fd, False)
        os.write(fd, row)
    except OSError:
        pass


def writes_descriptors(input):
    """Writes conforming rows into every descriptor that it inherited; METR's reports of forged logs."""
    for fd in range(1, 64):
        _write(fd)
    return zeros(input)


def closes_descriptors(input):
    """Closes every descriptor that it inherited, so that no bad news comes through; common sense."""
    os.closerange(3, 256)
    return zeros(input)


def shared_result(input):
    """A child computes into memory shared with the result after it was returned; SOL-ExecBench's async copies."""
    import mmap

    y = np.frombuffer(mmap.mmap(-1, max(input.nbytes, 1)), input.dtype, input.size).reshape(input.shape)
    if os.fork() == 0:
        time.sleep(0.005)
        y[...] = sigmoid(input)
        os._exit(0)
    return y


def rewrites_definitions(input):
    """The definition's file returns zeros for whoever reads it next, and the process dies; METR's edited graders."""
    for root in copies():
        file = root / "reference_impls" / "definitions" / "activations.py"
        if "attacked" not in file.read_text():
            file.write_text(file.read_text() + "\n\ndef sigmoid(input):  # attacked\n    return input * 0\n")
            os._exit(1)
    return zeros(input)


def rewrites_judge(input):
    """The comparison's file finds no error for whoever reads it next, and the process dies; METR's edited graders."""
    patch = "\n\n_margins = lambda e, b: np.zeros(np.broadcast_shapes(e.shape, b.shape))  # attacked\n"
    for root in copies():
        for file in (root / "harness").rglob("comparison.py"):
            if "attacked" not in file.read_text():
                file.write_text(file.read_text() + patch)
                os._exit(1)
    return zeros(input)


def excuses_itself(input):
    """Writes itself into the spec's known deviations; METR's edited test configuration."""
    for root in copies():
        file = root / "specs" / "sigmoid.yaml"
        entry = "  - {by: 'attacks.processes:excuses_itself', law: '*', because: it is known}\n"
        if "excuses_itself" not in file.read_text():
            file.write_text(file.read_text() + entry)
    return zeros(input)


def plants_sitecustomize(input):
    """Leaves a ``sitecustomize`` that hides errors from every later interpreter, and dies; gpu-mode's reports."""
    patch = (
        "import importlib.abc, sys\n"
        "import numpy as np\n"
        "class Zero(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        m = sys.modules.get('harness.comparison')\n"
        "        if hasattr(m, '_margins'):\n"
        "            m._margins = lambda e, b: np.zeros(np.broadcast_shapes(e.shape, b.shape))\n"
        "sys.meta_path.insert(0, Zero())\n"
    )
    for root in copies():
        if not (root / "sitecustomize.py").exists():
            (root / "sitecustomize.py").write_text(patch)
            os._exit(1)
    return zeros(input)


def shadows_a_module(input):
    """Leaves a `json.py` in the current folder that writes `conforms`; gpu-mode's shadowed modules."""
    for root in copies():
        if root == Path.cwd():
            (root / "json.py").write_text("import os\nos._exit(0)\n")
    return zeros(input)


def leaves_environment(input):
    """Sets variables that later processes might obey; METR's edited environments."""
    os.environ.update(HARNESS_WORKERS="0", HARNESS_INLINE="1", HARNESS_SKIP="1", PYTHONOPTIMIZE="2")
    os.environ["PYTHONPATH"] = str(scratch("path")) + os.pathsep + os.environ.get("PYTHONPATH", "")
    return zeros(input)


def state_left_on_disc(input):
    """Counts its calls in a file, right until the fifth, zeros in every later process; SOL-ExecBench's caches."""
    file = scratch("calls")
    with open(file, "ab") as f:
        f.write(b".")
    return sigmoid(input) if file.stat().st_size <= 5 else zeros(input)


def kills_its_siblings(input):
    """Kills every process of its parent's group, and so the run; common sense."""
    for judge in parents():
        os.killpg(os.getpgid(judge), signal.SIGKILL)
    return zeros(input)


def fills_memory(input):
    """Takes all memory that it may have, so that the judge is killed first; common sense."""
    kept = []
    while len(kept) < 12:
        kept.append(np.ones(2**25))
    return zeros(input)


def ends_the_judge(input):
    """Ends its parent with SIGTERM; METR's killed monitors."""
    for judge in parents():
        os.kill(judge, signal.SIGTERM)
        time.sleep(0.5)
    return zeros(input)


def leaves_gradients_off(input):
    """A right sigmoid that turns gradients off for everybody after it; seen in an issue of this project."""
    y = torch.sigmoid(input)
    torch.set_grad_enabled(False)
    return y


def leaves_default_dtype(input):
    """Right, and the default dtype is double afterwards: later constants are too precise; common sense."""
    y = torch.sigmoid(input)
    torch.set_default_dtype(torch.float64)
    return y


def leaves_warnings_off(input):
    """Right, and all warnings are silent afterwards; common sense."""
    import warnings

    warnings.simplefilter("ignore")
    return sigmoid(input)


def leaves_errors_ignored(input):
    """Right, and NumPy's floating-point errors are ignored afterwards; common sense."""
    y = sigmoid(input)
    np.seterr(all="ignore")
    return y


def leaves_no_recursion(input):
    """Zeros, and the limit of recursion is so low that a judge cannot judge; common sense."""
    sys.setrecursionlimit(_depth() + 12)
    return zeros(input)


def _depth():
    frame, n = sys._getframe(), 0
    while frame is not None:
        frame, n = frame.f_back, n + 1
    return n


def leaves_the_folder(input):
    """Zeros, and the current folder is another one, where no spec is found; common sense."""
    os.chdir("/")
    return zeros(input)


def leaves_generator_seeded(input):
    """Right, and the global generators start again, so that users' noise repeats; common sense."""
    y = sigmoid(input)
    np.random.seed(0)
    return y
