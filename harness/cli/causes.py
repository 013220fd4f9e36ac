"""A run -> the cards of its causes and the texts of its specs, as far as the specs are here as they were judged."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli import files
from harness.subjects import LEDGER

if TYPE_CHECKING:
    from harness.model import Spec
    from harness.store import Store

#: Ops and candidates whose causes are looked for, those with most wrong rows first.
MOST = 60


def cards(store: Store, table: Any, specs: Mapping[str, Spec]) -> list[dict[str, Any]]:
    """The causes of what is red, as plain values."""
    from harness import answer, report
    from harness.model import BAD

    red = table[table["status"].isin(BAD) & (table["subject"] != LEDGER) & table["op"].isin(specs.keys())]
    wrong = red.groupby(["op", "candidate"]).size().sort_values(ascending=False).head(MOST)
    found: list[dict[str, Any]] = []
    for op, by in wrong.index:
        answered = answer.answered(specs[op], by, list(store.rows(op=[op], candidate=[by])))
        found += report.cards(answered) if answered else []
    return found


def as_judged(header: Mapping[str, Any]) -> dict[str, Spec]:
    """The specs of a run that are here as they were judged."""
    digests = header.get("specs", {})
    return {s.op: s for s in files.unimported(()) if digests.get(s.op) == s.digest}


def texts(specs: Iterable[Spec]) -> dict[str, dict[str, str]]:
    """What a page shows of each op: what it is, its spec, its definition, its known entries."""
    return {
        spec.op: {
            "doc": spec.doc,
            "see": spec.see,
            "spec": _file(spec),
            "definition": _definition(spec.oracle),
            "known": "\n\n".join(_entry(known) for known in spec.known),
        }
        for spec in specs
    }


def _entry(known: Any) -> str:
    laws, by = ", ".join(known.law), ", ".join(known.by)
    return f"line {known.line}: {by}: {laws}\n  {known.because}" + (f"\n  {known.see}" if known.see else "")


def _file(spec: Spec) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return Path(spec.path).read_text(encoding="utf-8")
    return ""


def _definition(path: str) -> str:
    module, _, name = path.partition(":")
    with suppress(ImportError, AttributeError, OSError, TypeError):
        return inspect.getsource(getattr(importlib.import_module(module), name))
    return ""


def examples(found: Collection[Mapping[str, Any]]) -> set[str]:
    """The keys of the rows that cards show first."""
    order = ("case", "candidate", "law", "subject", "scenario")
    return {"\t".join(str({**card["example"], "candidate": card["candidate"]}[k]) for k in order) for card in found}
