"""Table of verdicts <-> the small one that later runs are compared with.

One row per case and candidate; what the laws said stands in one text, `law about|status margin` after `law about|...`.
A status that conforms is left out, and so is what was not judged at all. Margins are powers of two: what counts as
grown is four times as large.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy
import pandas

from harness.model import UNJUDGED

#: The columns of a baseline.
COLUMNS = ("op", "case", "candidate", "verdicts")

#: What a comparison takes from one.
UNFOLDED = ("op", "case", "candidate", "law", "about", "status", "margin")

_KEY = ["op", "candidate", "case"]


def folded(verdicts: pandas.DataFrame) -> pandas.DataFrame:
    """The judged rows, gathered by op, case and candidate."""
    rows = verdicts.loc[~verdicts["status"].isin(UNJUDGED), list(UNFOLDED)]
    subject = (rows["law"] + " " + rows["about"]).str.rstrip()
    status = rows["status"].where(rows["status"] != "conforms", "")
    said = subject + "|" + (status + " " + pandas.Series(_written(rows["margin"]), rows.index)).str.strip()
    gathered = rows.assign(verdicts=said).groupby(_KEY, sort=True)["verdicts"].agg(";".join)
    return gathered.reset_index()[list(COLUMNS)]


def unfolded(small: pandas.DataFrame, ops: Collection[str]) -> pandas.DataFrame:
    """The rows of some ops as a comparison reads them. Columns: UNFOLDED."""
    rows = small[small["op"].isin(set(ops))]
    rows = rows.assign(verdicts=rows["verdicts"].str.split(";")).explode("verdicts").reset_index(drop=True)
    codes, words = pandas.factorize(rows["verdicts"])
    parts = pandas.Series(words).str.extract(
        r"^(?P<law>\S+)(?: (?P<about>.*))?\|(?P<status>.*?) ?(?P<margin>exact|inf|nan|2\^-?\d+)$"
    )
    status = parts["status"].where(parts["status"] != "", "conforms")
    margin = parts["margin"].map({m: _read(m) for m in parts["margin"].unique()})
    told = parts.assign(about=parts["about"].fillna(""), status=status, margin=margin.astype(float))
    told = told.take(codes).reset_index(drop=True)
    return pandas.concat([rows[["op", "case", "candidate"]], told], axis=1)[list(UNFOLDED)]


def _written(margins: pandas.Series) -> list[str]:
    values = margins.to_numpy(dtype=float)
    with numpy.errstate(all="ignore"):
        powers = numpy.round(numpy.log2(values))
    return [
        "exact" if m == 0 else f"2^{int(p)}" if numpy.isfinite(p) else str(float(m))
        for m, p in zip(values, powers, strict=True)
    ]


def _read(margin: str) -> float:
    return 0.0 if margin == "exact" else 2.0 ** int(margin[2:]) if margin.startswith("2^") else float(margin)
