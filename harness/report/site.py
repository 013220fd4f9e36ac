"""Runs -> a site: one page each, an index with the history of every op and candidate, badges, a feed of what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

import pandas

from harness.diff import KINDS, diff
from harness.model import visible
from harness.report.atlas import RANKS
from harness.report.census import Census, census
from harness.report.counts import table
from harness.report.headline import instant
from harness.report.manners import manners
from harness.report.templates import templates

#: Changes between two runs that the site names; the page of the later run has all.
MOST_CHANGES = 40


@dataclass(frozen=True)
class Past:
    """A run as a site remembers it: its name, which is its page's folder, when it was, and what its cases came to."""

    name: str
    started: str
    versions: Mapping[str, str]
    complete: bool
    found: Mapping[tuple[str, str], Census]


@dataclass(frozen=True)
class Step:
    """What changed from one run to the next: how many of each kind, and per op and candidate the commonest ones."""

    before: Past
    after: Past
    counts: Mapping[str, int]
    changes: tuple[tuple[str, str, str, int], ...]


def past(name: str, header: Mapping[str, Any], verdicts: pandas.DataFrame) -> Past:
    """What a site remembers of a run."""
    rows = table(verdicts)
    counted = census(rows, manners(rows), header.get("first", {}))
    found = {pair: c.whole for pair, c in counted.items() if pair[1] != "oracle"}
    versions = {str(k): str(v) for k, v in header.get("versions", {}).items()}
    return Past(name, str(header.get("started", "")), versions, bool(header.get("complete")), found)


def step(before: Past, after: Past, old: pandas.DataFrame, new: pandas.DataFrame, renamed: Mapping[str, str]) -> Step:
    """What changed between two runs that follow each other."""
    changes = diff(table(old), table(new), renamed)
    counts = {kind: int((changes["kind"] == kind).sum()) for kind in KINDS}
    grouped = changes.groupby(["kind", "op", "candidate"], sort=True).size().reset_index(name="n")
    grouped = grouped.assign(order=grouped["kind"].map({kind: at for at, kind in enumerate(KINDS)}))
    grouped = grouped.sort_values(["order", "n"], ascending=[True, False], kind="stable").head(MOST_CHANGES)
    told = tuple(
        (str(k), str(op), str(by), int(n))
        for k, op, by, n in zip(grouped["kind"], grouped["op"], grouped["candidate"], grouped["n"], strict=True)
    )
    return Step(before, after, {kind: n for kind, n in counts.items() if n}, told)


def index(title: str, pasts: Sequence[Past], steps: Sequence[Step]) -> str:
    """The site's first page: the runs, what changed between them, every op and candidate through time."""
    pairs = sorted({pair for one in pasts for pair in one.found})
    now = {pair: pasts[-1].found[pair].state if pair in pasts[-1].found else "" for pair in pairs}
    pairs.sort(key=lambda pair: (RANKS.index(now[pair]) if now[pair] else len(RANKS), not _moved(pair, pasts), pair))
    return (
        templates()
        .get_template("site.html")
        .render(title=title, pasts=pasts, steps=list(reversed(steps)), pairs=pairs, now=now)
    )


def _moved(pair: tuple[str, str], pasts: Sequence[Past]) -> bool:
    states = [one.found[pair].state if pair in one.found else "" for one in pasts[-2:]]
    return any(a != b for a, b in pairwise(states))


def feed(title: str, steps: Sequence[Step]) -> str:
    """What changed, as an Atom feed (RFC 4287), the newest first."""
    entries = "".join(_entry(one) for one in reversed(steps))
    updated = steps[-1].after.started if steps else "1970-01-01T00:00:00Z"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:conformance:{_plain(title)}</id><title>{_plain(title)}</title><updated>{_plain(updated)}</updated>"
        f"<author><name>conformance harness</name></author>{entries}</feed>\n"
    )


def _entry(one: Step) -> str:
    said = ", ".join(f"{n:,} {kind}" for kind, n in one.counts.items()) or "nothing changed"
    lines = "\n".join(f"{op} {by}: {n:,} {kind}" for kind, op, by, n in one.changes)
    return (
        f"<entry><id>urn:conformance:{_plain(one.after.name)}:{_plain(one.after.started)}</id>"
        f"<title>{_plain(f'{instant(one.after.started)}: {said}')}</title>"
        f"<updated>{_plain(one.after.started)}</updated>"
        f'<link href="{_plain(one.after.name)}/index.html"/><summary>{_plain(lines or said)}</summary></entry>'
    )


def _plain(text: str) -> str:
    """Text for XML: what it may not hold is written out."""
    return escape(visible(text))
