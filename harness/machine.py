"""This process -> what a run depends on: versions, builds, the processor, threads, what probes find."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness import builds


def measured(with_torch: bool, probes: Sequence[str], place: str) -> dict[str, Any]:
    """The ``facts`` of this process, torch's ``capability`` and what the ``probes`` say, each in a process of its own."""
    found = facts(with_torch)
    answers = {probe: builds.probed_apart(probe, place) for probe in probes}
    return {"facts": found, "capability": capability() if with_torch else "", "probes": answers}


def capability() -> str:
    """The instruction set that torch computes with, as it names it."""
    import torch

    return str(torch.backends.cpu.get_cpu_capability())


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
        builds["torch cpu capability"] = capability()
        builds |= _of_torch(torch)
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


def _of_torch(torch: Any) -> dict[str, str]:
    """What decides, beside the instruction set, how torch computes: half types in oneDNN, BLAS and transforms."""
    built = dict(re.findall(r"(\w+)=(\w+)", torch.__config__.show()))
    onednn = torch.ops.mkldnn
    asks = {"bf16": onednn._is_mkldnn_bf16_supported, "fp16": onednn._is_mkldnn_fp16_supported}
    there = torch.backends.mkldnn.is_available()
    return {
        "torch onednn": " ".join(["available", *(name for name, able in asks.items() if able())])
        if there
        else "absent",
        "torch blas": built.get("BLAS_INFO", ""),
        "torch fft": "MKL" if torch.backends.mkl.is_available() else "PocketFFT",
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
