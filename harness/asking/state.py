"""What a process shares with the code that it runs: generators, floating point modes, settings, directory, environment."""

from __future__ import annotations

import gc
import os
import random
import sys
import warnings
from typing import Any

import numpy as np

#: What a library may set when it is imported: no fault of the call that was the first to need it.
SET_BY_IMPORTS = ("the filters of warnings", "the environment", "where modules are looked for")


def global_state() -> dict[str, Any]:
    """What a call must leave as it was, by what it is called in messages."""
    generator: Any = np.random.get_state()
    state: dict[str, Any] = {
        "random's generator": random.getstate(),
        "NumPy's global generator": (generator[1].tobytes(), generator[2]),
        "NumPy's error modes": tuple(np.geterr().items()),
        "NumPy's print options": tuple(np.get_printoptions().values()),
        "how subnormals are computed": float(np.float32(1e-45) * np.ones(1, np.float32)[0]),
        "the filters of warnings": tuple(warnings.filters),
        "the limit of recursion": sys.getrecursionlimit(),
        "the collection of garbage": gc.isenabled(),
        "where modules are looked for": tuple(sys.path),
        "the working directory": os.getcwd(),
        "the environment": tuple(os.environ.items()),
    }
    if "torch" in sys.modules:
        import torch  # only where somebody else has imported it

        state |= {
            "torch's generator": torch.get_rng_state().numpy().tobytes(),
            "torch's default dtype": torch.get_default_dtype(),
            "torch's gradient mode": torch.is_grad_enabled(),
            "torch's number of threads": torch.get_num_threads(),
            "torch's anomaly mode": torch.is_anomaly_enabled(),
            "torch's autocasting": torch.is_autocast_enabled("cpu"),
            "torch's default device": str(torch.get_default_device()),
            "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
            "torch's matmul precision": torch.get_float32_matmul_precision(),
            "torch's choice of algorithms": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
            "torch's use of oneDNN": torch.backends.mkldnn.enabled,
            "torch's print options": tuple(vars(torch._tensor_str.PRINT_OPTS).items()),
        }
    return state


def unsettle() -> None:
    """Move every global generator on, and settings back: what an earlier call set is set by the next one again."""
    random.random()
    np.random.random()
    if "torch" in sys.modules:
        import torch  # only where somebody else has imported it

        torch.rand(())
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.autograd.set_detect_anomaly(False)
        if torch.are_deterministic_algorithms_enabled():
            torch.use_deterministic_algorithms(False)
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.benchmark = torch.backends.cudnn.deterministic = False


def changed_between(before: dict[str, Any], after: dict[str, Any], modules: int) -> list[str]:
    """What differs, but for what an import may set where ``modules`` of them were there before and more are now."""
    excused = SET_BY_IMPORTS if len(sys.modules) > modules else ()
    return [name for name, was in before.items() if was != after.get(name) and name not in excused]
