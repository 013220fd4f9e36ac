"""This process -> what a run depends on: versions, builds, the processor, threads, what probes find."""

from __future__ import annotations

import faulthandler
import importlib.metadata
import os
import pkgutil
import platform
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

from harness.asking.messages import ANSWERS, Answer, Measured

#: Wall seconds one probe may take. A probe that takes longer is unanswered, which makes no row red.
PROBE_SECONDS = 60.0


def measured(probes: Sequence[str], place: str) -> Measured:
    """The facts of this process, torch's capability where it is loaded, what the probes say, each in a fork of its own."""
    answers = {probe: probed_apart(probe, place) for probe in probes}
    return Measured(facts(), capability() if "torch" in sys.modules else "", answers)


def probed_apart(path: str, place: str) -> Answer:
    """What a probe says in a fork of this process, which has loaded its libraries and used none of them."""
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(theirs, probed(path, place).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as said:
        answer = said.read().decode()
    os.waitpid(child, 0)
    return next((a for a in ANSWERS if a == answer), "unanswered")


def probed(path: str, place: str) -> Answer:
    """What a probe says in this process, which it may end: it takes no longer than it may, and what it prints is lost."""
    if place not in sys.path:
        sys.path.insert(0, place)
    with open(os.devnull, "w", encoding="utf-8") as silence, redirect_stdout(silence), redirect_stderr(silence):
        faulthandler.dump_traceback_later(PROBE_SECONDS, exit=True, file=silence)
        try:
            return "found" if pkgutil.resolve_name(path)() else "not found"
        except Exception:
            return "unanswered"
        finally:
            faulthandler.cancel_dump_traceback_later()


def capability() -> str:
    """The instruction set that torch computes with, as it names it."""
    import torch  # heavy, and the server of another library has none

    return str(torch.backends.cpu.get_cpu_capability())


def facts() -> dict[str, Any]:
    """Versions, build strings, CPU, instruction sets and threads of this process: what a run depends on."""
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    for name in ("scipy", "pandas"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    config: Any = np.show_config(mode="dicts")
    builds = {"numpy blas": _blas(config)}
    threads: dict[str, Any] = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "")}
    if "torch" in sys.modules:
        import torch  # only where somebody else has imported it

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
