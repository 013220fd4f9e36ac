"""What the process and the machine are like: global state of the libraries, their builds, the CPU."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import numpy as np


def global_state() -> dict[str, Any]:
    """What a call must leave as it was: generators, floating point modes, settings, directory, environment."""
    import gc
    import random
    import warnings

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
        import torch

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


#: What a library may set when it is imported: no fault of the call that was the first to need it.
SET_BY_IMPORTS = ("the filters of warnings", "the environment", "where modules are looked for")


def unsettle() -> None:
    """Move every global generator on, and settings back: what an earlier call set is set by the next one again."""
    import random

    random.random()
    np.random.random()
    if "torch" in sys.modules:
        import torch

        torch.rand(())
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.autograd.set_detect_anomaly(False)
        if torch.are_deterministic_algorithms_enabled():
            torch.use_deterministic_algorithms(False)
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.benchmark = torch.backends.cudnn.deterministic = False


def facts(with_torch: bool) -> dict[str, Any]:
    """Versions, build strings, CPU, instruction sets and threads of this process: what a run depends on."""
    import pandas
    import scipy

    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pandas": pandas.__version__,
    }
    config: Any = np.show_config(mode="dicts")
    builds = {"numpy blas": _blas(config)}
    threads: dict[str, Any] = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "")}
    if with_torch:
        import torch

        versions["torch"] = torch.__version__
        builds["torch"] = " ".join(torch.__config__.show().split())[:400]
        builds["torch cpu capability"] = torch.backends.cpu.get_cpu_capability()
        threads["torch"] = torch.get_num_threads()
    simd = config.get("SIMD Extensions", {})
    return {
        "versions": versions,
        "builds": builds,
        "cpu": _cpu(),
        "isa": " ".join([*simd.get("baseline", []), *simd.get("found", [])]),
        "threads": threads,
        "platform": f"{platform.system()} {platform.machine()} {sys.byteorder}",
    }


def _blas(config: Any) -> str:
    blas = config.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', '')} {blas.get('version', '')}".strip()


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
