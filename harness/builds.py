"""Libraries as they are built and run here -> what entries of the ledger ask about them."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness.asking.messages import ANSWERS, Answer
from harness.vocabulary import LIBRARIES

#: Under which capabilities the committed baseline was made, each with its ops; from where the harness is run.
RECORDED = Path("reports/baseline/capabilities.json")


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
