"""Verdicts -> one candidate's badge, as SVG."""

from __future__ import annotations

from html import escape

import pandas

from harness.model import visible
from harness.report.census import census
from harness.report.counts import table
from harness.report.headline import total
from harness.report.manners import manners
from harness.report.words import COLOURS
from harness.subjects import LEDGER
from harness.vocabulary import counted

#: Width of one character of the badge's type, and of the margin on each side of a word, in pixels.
_CHARACTER, _MARGIN = 6.6, 8

_GREEN, _RED, _AMBER, _GREY = (COLOURS[name][0] for name in ("good", "bad", "amber", "dim"))


def badge(verdicts: pandas.DataFrame, candidate: str) -> str:
    """An SVG that says how the candidate fares: in words, and in a colour that repeats them."""
    said, colour = _verdict(table(verdicts[verdicts["candidate"] == candidate]))
    candidate = visible(candidate)
    left, right = _width(candidate), _width(said)
    text = escape(f"{candidate}: {said}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{text}">'
        f"<title>{text}</title>"
        f'<clipPath id="c"><rect width="{left + right}" height="20" rx="4"/></clipPath>'
        f'<g clip-path="url(#c)"><rect width="{left}" height="20" fill="#24292f"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{escape(candidate)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(said)}</text></g></svg>\n'
    )


def _verdict(rows: pandas.DataFrame) -> tuple[str, str]:
    """What its cases of all ops come to, nothing left out, and the colour of that."""
    found = total(c.whole for c in census(rows, manners(rows), {}).values())
    fixed, idle = rows["status"] == "fixed", rows["subject"] == LEDGER
    stale = int((fixed & ~idle).sum())
    unmet = int((fixed & idle).sum())
    if not found.cases:
        return "not judged", _GREY
    told = [(stale, "fixed, still listed as known"), (unmet, "listed as known, seen nowhere")]
    said = "; ".join([f"{found} of {counted(found.cases, 'case')}", *(f"{n:,} {words}" for n, words in told if n)])
    if found.wrong:
        return said, _RED
    if not found.judged:
        return said, _GREY
    return said, _AMBER if stale or unmet or found.known else _GREEN


def _width(word: str) -> int:
    return round(len(word) * _CHARACTER) + 2 * _MARGIN
