"""Run -> one self-contained HTML page: everything it needs is inside, nothing is fetched.

What a reader sees at once is written here as HTML, autoescaped; the rows travel packed and are drawn by the page's own
script, which sets text and never markup. The page's content security policy allows that one script, by its hash, and
no connection.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import markupsafe
import numpy
import pandas

from harness.asking import registry
from harness.diff import rename
from harness.model import BAD, TAB
from harness.report import headline
from harness.report.atlas import tiles
from harness.report.bundle import BUNDLE
from harness.report.cards import known, read
from harness.report.causes import causes
from harness.report.census import LEVELS, census
from harness.report.clusters import clusters
from harness.report.columns import rows
from harness.report.counts import Cell, cells, counts, table
from harness.report.glossary import BITS, WORDS
from harness.report.headline import in_order, instant, keys
from harness.report.manners import manners
from harness.report.packing import pack, plain
from harness.report.tables import unfinished
from harness.report.templates import asset, templates
from harness.report.trust import coverage, doubts, tightness, tightness_of_models, witnesses
from harness.report.words import SIGNS
from harness.subjects import LEDGER, said_now

#: Header fields shown first, in this order; what else a header holds comes after, folded.
FACTS = ("started", "command", "seed", "versions", "cpu", "isa", "threads")

#: Header fields that the page draws elsewhere.
_DRAWN = frozenset(
    {
        "asked",
        "causes",
        "complete",
        "elsewhere",
        "first",
        "kills",
        "laws",
        "models",
        "renamed",
        "sees",
        "sizes",
        "texts",
        "title",
    }
)

#: Libraries that have a column of the matrix; other candidates share the last one.
LIBRARIES = (*registry.LIBRARIES, "oracle")

#: Entries of one embedded array beyond which the page only counts.
MAX_ENTRIES = 20_000


def page(
    header: Mapping[str, Any],
    verdicts: pandas.DataFrame,
    *,
    baseline: pandas.DataFrame | None = None,
    against: str = "",
    evidence: Mapping[str, Mapping[str, Any]] | None = None,
    history: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The run as one HTML file.

    ``baseline`` is what it is compared with, and ``against`` says in words which run that was.

    ``header["complete"]`` is whether the run reached its footer; without it the page is stamped PARTIAL. ``evidence``
    maps ``case \\t candidate \\t law \\t subject \\t scenario`` to what is known of one row (``expected``, ``actual``,
    ``margin``: nested lists; ``formula``, ``digits``, ``repro``, ``command``, ``shrunk``: text; ``margins``: per candidate).
    ``header["first"]`` gives by op the value, as text, of each axis that case ids leave out, ``header["models"]`` the
    model of its bounds, ``header["sees"]`` the link beside each known reason, ``header["kills"]`` what ``trust.kills``
    read of the release gate. ``history`` is earlier runs as ``moment`` tells them, oldest first.
    """
    verdicts, history = table(verdicts), [_called_now(run, header.get("renamed", {})) for run in history]
    manner, script, on_ledger = manners(verdicts), asset(BUNDLE), verdicts["subject"] == LEDGER
    counted = census(verdicts, manner, header.get("first", {}))
    cards = [*map(read, header.get("causes", ())), *known(verdicts)]
    found = cells(verdicts, counted, causes(verdicts) >= 0)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        templates()
        .get_template("page.html")
        .render(
            script=markupsafe.Markup(script),
            digest=digest,
            title=str(header.get("title", "Conformance")),
            partial=unfinished(header),
            facts=_facts(header),
            more=_more(header),
            kills=header.get("kills"),
            bits=BITS,
            counts=counts(verdicts),
            cases=int(verdicts["case"].nunique()),
            implementations=sum(by != "oracle" for _, by in counted),
            total=headline.total(c.whole for (_, by), c in counted.items() if by != "oracle"),
            stale=int(((verdicts["status"] == "fixed") & ~on_ledger).sum()),
            idle=int(((verdicts["status"] == "fixed") & on_ledger).sum()),
            ops=set(verdicts["op"]),
            faults=headline.faults(verdicts),
            matrix=_matrix(found),
            tiles=tiles(verdicts, found),
            wrong=headline.wrong(verdicts, manner, counted, evidence or {}, history),
            clusters=clusters(verdicts, header.get("first")),
            tightness=tightness(verdicts),
            by_model=tightness_of_models(verdicts, header.get("models", {}), header.get("first", {})),
            models=header.get("models", {}),
            coverage=coverage(verdicts),
            unbelieved=doubts(verdicts, "not believed", "inconclusive"),
            ledger=doubts(verdicts, "fixed", "known"),
            undone=doubts(verdicts, "unsupported"),
            witnesses=witnesses(verdicts),
            history=[*history, moment(header, verdicts)] if history else [],
            causes=cards,
            rows=rows(header, verdicts, manner, cards, baseline, history),
            against=against,
            details=pack(
                {name: verdicts[name] for name in ("actual", "expected", "bound", "at", "notes")},
                {"evidence": _evidence(evidence), "texts": header.get("texts", {})},
            ),
            signs=SIGNS,
            levels=LEVELS,
            bad=BAD,
            words=WORDS,
            statements={law: header["laws"][law] for law in in_order(header.get("laws", {}))},
        )
    )


def moment(header: Mapping[str, Any], verdicts: pandas.DataFrame) -> dict[str, Any]:
    """What later pages remember of a run: when, under which versions, how many of each status, which rows were red, and
    how many rows of which candidate were wrong in which op, known or not."""
    verdicts = table(verdicts)
    red = verdicts[verdicts["status"].isin(BAD)]
    wrong = (
        verdicts[verdicts["status"].isin(BAD | {"known"})].groupby(["op", "candidate"], sort=True, observed=True).size()
    )
    return {
        "started": str(header.get("started", "")),
        "versions": plain(header.get("versions", {})),
        "complete": bool(header.get("complete")),
        "counts": counts(verdicts),
        "red": keys(red).tolist(),
        "wrong": {TAB.join(map(str, pair)): int(n) for pair, n in zip(wrong.index.tolist(), wrong, strict=True)},
    }


def _called_now(run: Mapping[str, Any], renamed: Mapping[str, str]) -> Mapping[str, Any]:
    """What is remembered of a run, its ops and cases under the names that they have now."""

    def name(key: str) -> str:
        first, *others = key.split(TAB)
        return TAB.join((rename(first, renamed), *map(said_now, others)))

    wrong = {"wrong": {name(key): n for key, n in run["wrong"].items()}} if "wrong" in run else {}
    return {**run, "red": [name(key) for key in run.get("red", ())], **wrong}


def _evidence(evidence: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    return {key: {name: _bounded(value) for name, value in row.items()} for key, row in (evidence or {}).items()}


def _bounded(value: Any) -> Any:
    """The value for JSON; an array that is too large for a page says so instead."""
    if isinstance(value, str | int | float | Mapping):
        return plain(value)
    array = numpy.asarray(value, dtype=object) if not isinstance(value, numpy.ndarray) else value
    return plain(value) if array.size <= MAX_ENTRIES else f"{array.size:,} entries, too many to draw"


def _matrix(found: Iterable[Cell]) -> dict[str, Any]:
    """Rows of ops, columns of libraries, and in each place the cells of that library's candidates."""
    placed: dict[str, dict[str, list[Cell]]] = {}
    for cell in found:
        placed.setdefault(cell.op, {}).setdefault(_library(cell.candidate), []).append(cell)
    columns = [name for name in (*LIBRARIES, "other") if any(name in row for row in placed.values())]
    return {"columns": columns, "rows": placed}


def _library(candidate: str) -> str:
    first = candidate.partition(".")[0]
    return first if first in LIBRARIES else "other"


def _facts(header: Mapping[str, Any]) -> list[tuple[str, str]]:
    said = [(name, _said(header[name])) for name in FACTS if header.get(name) not in (None, "", {}, [])]
    return [(name, instant(value) if name == "started" else value) for name, value in said]


def _more(header: Mapping[str, Any]) -> list[tuple[str, Any]]:
    rest = [name for name in header if name not in FACTS and name not in _DRAWN]
    return [(str(name), plain(header[name])) for name in rest if header[name] not in (None, "", {}, [])]


def _said(value: Any) -> str:
    match value:
        case Mapping():
            return ", ".join(f"{name} {_said(item)}" for name, item in value.items())
        case str():
            return value
        case Iterable():
            return " ".join(map(_said, value))
        case _:
            return str(value)
