"""Verdicts -> CSV, Markdown for a CI job's page, rows for a terminal."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pandas

from harness import cases, runs
from harness.model import COLUMNS
from harness.report.causes import foremost
from harness.report.counts import NUMBERS, Cell, cells, counts, short, table
from harness.report.words import SIGNS
from harness.vocabulary import counted

#: How pandas reads the CSV back as it was: ``pandas.read_csv(path, **READING)``.
READING: Mapping[str, Any] = {
    "dtype": {name: "float64" if name in NUMBERS else "str" for name in COLUMNS},
    "keep_default_na": False,
    "na_values": {name: ["nan"] for name in NUMBERS},
    **({"float_precision": "round_trip"} if int(pandas.__version__.split(".")[0]) < 3 else {}),
}

#: Rows of what is wrong that a job's page lists, foremost first; the page has the rest.
LISTED = 20


def csv(verdicts: pandas.DataFrame) -> str:
    """All verdicts, one line each under the columns' names; numbers read back bit for bit, ``nan`` where none is."""
    written = io.StringIO()
    table(verdicts).to_csv(written, index=False, na_rep="nan", lineterminator="\n")
    return written.getvalue()


def summary(header: Mapping[str, Any], verdicts: pandas.DataFrame) -> list[tuple[str, ...]]:
    """Rows of text, the first naming the columns: one per op and candidate, then the run as a whole.

    A run that is not whole says so in the last row's first column.
    """
    verdicts = table(verdicts)
    present = [status for status in SIGNS if status in counts(verdicts)]
    rows = [("op", "candidate", "cases", *present, "worst margin", "grade")]
    rows += [_summary_row(cell, present) for cell in cells(verdicts)]
    whole = counts(verdicts)
    cases = str(verdicts["case"].nunique())
    stamp = "all (PARTIAL)" if unfinished(header) else "all"
    rows.append((stamp, "", cases, *[str(whole[status]) for status in present], "", ""))
    return rows


def unfinished(header: Mapping[str, Any]) -> str:
    """Why a run is not whole, in words; empty where it is."""
    if not header.get("complete"):
        return "this run did not reach its end"
    part, broken = runs.part(header), header.get("broken", ())
    told = [f"this run is a part of its specs' cases ({part})"] if part else []
    if broken:
        were = "was" if len(broken) == 1 else "were"
        told.append(f"{counted(len(broken), 'spec')} cannot be read and {were} not judged: {', '.join(broken)}")
    return "; ".join(told)


def markdown(header: Mapping[str, Any], verdicts: pandas.DataFrame) -> str:
    """A summary for a CI job's page: counts, one line per op and candidate, and what is wrong first."""
    verdicts = table(verdicts)
    said = " · ".join(f"**{n:,}** {SIGNS.get(s, '')} {_text(s)}" for s, n in counts(verdicts).items())
    said_of_whole = unfinished(header)
    partial = f"\n> **PARTIAL**: {said_of_whole}; what is missing was not judged.\n" if said_of_whole else ""
    head, *rows = summary(header, verdicts)
    lines = ["| " + " | ".join(_text(c) for c in row) + " |" for row in rows]
    rule = "|" + "|".join([" --- "] * 2 + [" ---: "] * (len(head) - 3) + [" --- "]) + "|"
    matrix = "\n".join(["| " + " | ".join(head) + " |", rule, *lines])
    return f"## Conformance\n\n{said or 'nothing was judged'}\n{partial}\n{matrix}\n{_wrong(header, verdicts)}"


def _summary_row(cell: Cell, present: list[str]) -> tuple[str, ...]:
    per_status = [str(cell.counts.get(status, "")) for status in present]
    return (cell.op, cell.candidate, str(cell.cases), *per_status, short(cell.margin), cell.grade)


def _wrong(header: Mapping[str, Any], verdicts: pandas.DataFrame) -> str:
    rows = foremost(verdicts)
    if rows.empty:
        return ""
    lines = [_wrong_row(header, r) for r in rows.head(LISTED).to_dict("records")]
    more = f"\n{len(rows) - LISTED:,} more in the report.\n" if len(rows) > LISTED else ""
    head = "| | candidate | case | law | margin | see it, or what to do |\n| --- | --- | --- | --- | ---: | --- |"
    return "\n".join(["\n### What is wrong\n", head, *lines, more])


def _wrong_row(header: Mapping[str, Any], row: Mapping[Any, Any]) -> str:
    status, candidate, case = row["status"], row["candidate"], row["case"]
    path = header.get("elsewhere", {}).get(row["op"], "")
    command = cases.command(case, candidate, seed=header.get("seed", 0), spec=path)
    said = (
        f"{SIGNS.get(status, '')} {_text(status)}",
        _text(candidate),
        _code(case),
        _text(f"{row['law']} {row['subject']} {row['scenario']}"),
    )
    do = _text(row["message"]) if status == "fixed" else _code(command)
    return "| " + " | ".join([*said, short(row["margin"]), do]) + " |"


def _text(value: str) -> str:
    cleaned = " ".join(str(value).split()).replace("\\", "\\\\")
    for sign in "|`*_<>[]":
        cleaned = cleaned.replace(sign, f"&#{ord(sign)};")
    return cleaned


def _code(value: str) -> str:
    cleaned = " ".join(str(value).split()).replace("|", "\\|")
    fence = "``" if "`" in cleaned else "`"
    pad = " " if "`" in cleaned else ""
    return f"{fence}{pad}{cleaned}{pad}{fence}"
