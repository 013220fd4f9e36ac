"""A run -> the cards of its causes and the texts of its specs, as far as the specs are here as they were judged."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli import files
from harness.subjects import LEDGER

if TYPE_CHECKING:
    from harness.answer import Answer
    from harness.model import Spec
    from harness.store import Store

#: Answers whose causes have cards on a page.
MOST = 60


def answers(store: Store, table: Any, specs: Mapping[str, Spec]) -> Iterator[Answer]:
    """The answers of ops and candidates that are red, those with most wrong rows first."""
    from harness.answer import answered
    from harness.model import BAD

    red = table[table["status"].isin(BAD) & (table["subject"] != LEDGER) & table["op"].isin(specs.keys())]
    for op, by in red.groupby(["op", "candidate"], observed=True).size().sort_values(ascending=False).index:
        if found := answered(specs[op], by, list(store.rows(op=[op], candidate=[by]))):
            yield found


def cards(found: Iterable[Answer]) -> list[dict[str, Any]]:
    """The causes of answers as plain values."""
    from harness import report

    return [card for one in islice(found, MOST) for card in report.cards(one)]


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
    from harness.model import KEY, TAB

    rows = ({**card["example"], "candidate": card["candidate"]} for card in found)
    return {TAB.join(row[name] for name in KEY) for row in rows}
