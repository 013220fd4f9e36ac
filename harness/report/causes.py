"""Verdicts -> which red row is only the consequence of another, and which are told first where few can be.

Where a candidate's value is wrong, its gradient, layout and linearity are red too: that is said once.
"""

from __future__ import annotations

import numpy
import pandas

from harness.coding import valued
from harness.model import BAD, RED, SEVERITY

#: The law whose breach explains the others at the same case.
CAUSE = "agrees"


def causes(verdicts: pandas.DataFrame) -> numpy.ndarray:
    """For each row the position of the row that explains it, or -1. Shape ``(len(verdicts),)``, int32."""
    explained = numpy.full(len(verdicts), -1, dtype=numpy.int32)
    red = verdicts["status"].isin(BAD).to_numpy()
    if not red.any():
        return explained
    rows = verdicts.loc[red, ["case", "candidate", "law", "margin"]].assign(row=numpy.flatnonzero(red))
    first = rows[rows["law"] == CAUSE].sort_values("margin", ascending=False, kind="stable")
    first = first.drop_duplicates(["case", "candidate"])[["case", "candidate", "row"]]
    rest = rows[rows["law"] != CAUSE]
    joined = rest.merge(first, on=["case", "candidate"], how="inner", suffixes=("", "_cause"))
    explained[joined["row"].to_numpy()] = joined["row_cause"].to_numpy()
    return explained


def foremost(verdicts: pandas.DataFrame) -> pandas.DataFrame:
    """The red rows: the worst of each op, candidate and law, then the others; causes before consequences, worst first."""
    follows = causes(verdicts) >= 0
    red = verdicts["status"].isin(RED).to_numpy()
    rows = verdicts[red].assign(follows=follows[red])
    rows = rows.assign(severity=valued(rows["status"], SEVERITY, 0), length=rows["case"].str.len())
    order = ["follows", "severity", "margin", "length"]
    rows = rows.sort_values(order, ascending=[True, False, False, True], kind="stable")
    again = rows.duplicated(["op", "candidate", "law"])
    return rows.assign(again=again).sort_values("again", kind="stable")[list(verdicts.columns)]
