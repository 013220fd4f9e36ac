"""Libraries as they are built and run here -> what entries of the ledger ask about them."""

from __future__ import annotations

import faulthandler
import importlib.metadata
import json
import os
import pkgutil
import sys
from collections.abc import Collection, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from harness.vocabulary import LIBRARIES

#: What a probe said: this build has the behaviour, it does not, or the probe raised, died or took too long.
Answer = Literal["found", "not found", "unanswered"]

#: The answers, for what comes as text.
ANSWERS: tuple[Answer, ...] = ("found", "not found", "unanswered")

#: Under which capabilities the committed baseline was made, each with its ops; from where the harness is run.
RECORDED = Path("reports/baseline/capabilities.json")

#: Wall seconds one probe may take. A probe that takes longer is unanswered, which makes no row red.
PROBE_SECONDS = 60.0


@dataclass(frozen=True)
class Build:
    """The libraries of one process: what decides which entries of the ledger are active, and how strict they are.

    ``capability`` is ``torch.backends.cpu.get_cpu_capability()``, empty without torch; ``probes`` maps dotted paths to
    answers; ``elsewhere`` holds the ops whose ledger was learned under other capabilities alone.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    capability: str = ""
    probes: Mapping[str, Answer] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()

    def learned(self, op: str) -> bool:
        """Whether the ledger of an op was learned on such a build."""
        return op not in self.elsewhere

    def answer(self, probe: str) -> Answer:
        """What a probe said; one that nobody asked is unanswered."""
        return self.probes.get(probe, "unanswered")


@cache
def versions() -> dict[str, str]:
    """Versions of the judged libraries, read without importing them."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def recorded() -> dict[str, frozenset[str]]:
    """The ops of the committed baseline by capability; nothing where no baseline is committed."""
    try:
        told = json.loads(RECORDED.read_text(encoding="utf-8"))
        return {capability: frozenset(made["ops"]) for capability, made in told.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def learned_elsewhere(capability: str, made: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The ops that are recorded under other capabilities and not under this one; none where torch takes no part.

    >>> sorted(learned_elsewhere("AVX2", {"AVX512": {"conv2d", "gelu"}, "AVX2": {"gelu"}}))
    ['conv2d']
    >>> sorted(learned_elsewhere("", {"AVX512": {"conv2d"}}))
    []
    """
    others = frozenset(op for ops in made.values() for op in ops) if capability else frozenset()
    return others - frozenset(made.get(capability, ()))


def told(header: Mapping[str, Any]) -> Build:
    """The build that a run was made with, from its header."""
    versions = {name: version.split("+")[0] for name, version in header.get("versions", {}).items()}
    probes: dict[str, Answer] = {p: a for p, a in header.get("probes", {}).items() if a in ANSWERS}
    return Build(versions, capability_of(header), probes, frozenset(header.get("learned elsewhere", ())))


def capability_of(header: Mapping[str, Any]) -> str:
    """The capability that a run was made under; empty where torch took no part."""
    return str(header.get("builds", {}).get("torch cpu capability", ""))


def probed_apart(path: str, place: str) -> Answer:
    """What a probe says in a fork of this process, which has loaded its libraries and used none of them."""
    if not hasattr(os, "fork"):
        return probed(path, place)
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
