"""Table of verdicts <-> the small one that later runs are compared with.

One row per case and candidate; what the laws said stands in one text, `law|subject|scenario|status margin`, one after the other.
A status that conforms is left out, and so is what was not judged at all. Margins are powers of two: what counts as
grown is four times as large. They are kept of what the definition gives itself; of relations between answers the status is.

A baseline is of several capabilities of processors. What is the same under all that its op was recorded under stands
once, without a capability; what differs stands in further rows of the same case and candidate, each with the
capabilities it holds under.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy
import pandas

from harness.model import UNJUDGED
from harness.subjects import said_now

#: The columns of a baseline.
COLUMNS = ("op", "case", "candidate", "capability", "verdicts")

#: Laws of which the margins are kept.
MEASURED = ("agrees", "gradient", "forward", "second")

#: Stands between the capabilities that a row holds under, and between the verdicts of one row.
_AND, _END = " ", ";"

#: What a comparison takes from one.
UNFOLDED = ("op", "case", "candidate", "law", "subject", "scenario", "status", "margin")

_KEY = ["op", "candidate", "case"]


def readable(committed: pandas.DataFrame) -> bool:
    """Whether a baseline tells verdicts as this harness does: older ones named no scenarios."""
    return "verdicts" in committed and bool(committed["verdicts"].head(1).str.count(r"\|").ge(3).all())


def folded(verdicts: pandas.DataFrame) -> pandas.DataFrame:
    """The judged rows, gathered by op, case and candidate."""
    rows = verdicts.loc[~verdicts["status"].isin(UNJUDGED), list(UNFOLDED)]
    of = rows["law"] + "|" + rows["subject"] + "|" + rows["scenario"]
    status = rows["status"].where(rows["status"] != "conforms", "")
    margins = rows["margin"].where(rows["law"].isin(MEASURED))
    said = of + "|" + (status + " " + pandas.Series(_written(margins), rows.index)).str.strip()
    return _gathered(rows.assign(verdicts=said, capability=""))


def merged(
    committed: pandas.DataFrame, now: pandas.DataFrame, capability: str, made: Mapping[str, Collection[str]]
) -> pandas.DataFrame:
    """A baseline with a run of one capability in the place of the one it had; ``now`` is the folded run.

    ``made`` are the ops recorded by capability. Ops that the run does not judge stay as they are. Of those it judges,
    cases and candidates that it has no more go, under every capability.
    """
    ops = set(now["op"])
    ours = committed["op"].isin(ops)
    apart = _apart(committed[ours], {c: ops & set(those) for c, those in made.items() if c != capability})
    there = apart.merge(now[_KEY].drop_duplicates(), on=_KEY)
    each = pandas.concat([there, _pieces(now).assign(capability=capability)], ignore_index=True)
    return pandas.concat([committed[~ours], _together(each)], ignore_index=True).sort_values(
        [*_KEY, "capability"], ignore_index=True
    )


def under(committed: pandas.DataFrame, capability: str, made: Mapping[str, Collection[str]]) -> pandas.DataFrame:
    """The rows that a run under a capability is comparable with: its own, or those that are the same under all."""
    common = committed["capability"] == ""
    own = committed["op"].isin(set(made.get(capability, ())))
    held = committed["capability"].str.split(_AND).map(lambda names: capability in names)
    return committed[common | (own & held)]


def _pieces(folded: pandas.DataFrame) -> pandas.DataFrame:
    """One row per verdict."""
    rows = folded.assign(verdicts=folded["verdicts"].str.split(_END)).explode("verdicts", ignore_index=True)
    now = {said: _said_now(said) for said in rows["verdicts"].unique()}
    return rows.assign(verdicts=rows["verdicts"].map(now).astype(str))


def _said_now(verdict: str) -> str:
    """What a law said, its subject written as it is now."""
    law, subject, rest = verdict.split("|", 2)
    return "|".join((law, said_now(subject), rest))


def _gathered(pieces: pandas.DataFrame) -> pandas.DataFrame:
    """One row per case, candidate and capability."""
    rows = pieces.groupby([*_KEY, "capability"], sort=True)["verdicts"].agg(_END.join)
    return rows.reset_index()[list(COLUMNS)]


def _apart(committed: pandas.DataFrame, made: Mapping[str, Collection[str]]) -> pandas.DataFrame:
    """The verdicts of each capability by itself, those that stand once repeated for all of their op."""
    parts = []
    for capability, ops in made.items():
        held = under(committed[committed["op"].isin(set(ops))], capability, made)
        parts.append(_pieces(held).assign(capability=capability))
    return pandas.concat(parts, ignore_index=True) if parts else _pieces(committed.iloc[:0])


def _together(each: pandas.DataFrame) -> pandas.DataFrame:
    """The verdicts of all capabilities as rows of a baseline: what is the same under all of its op stands once."""
    names = sorted(set(each["capability"]))
    bits = each["capability"].map({name: 1 << i for i, name in enumerate(names)}).astype(numpy.int64)
    found = each.assign(bits=bits).drop_duplicates([*_KEY, "verdicts", "bits"])
    whole = found.drop_duplicates(["op", "bits"]).groupby("op")["bits"].sum()
    found = found.groupby([*_KEY, "verdicts"], sort=False)["bits"].sum().reset_index()
    spelt = {mask: _AND.join(n for i, n in enumerate(names) if mask >> i & 1) for mask in set(found["bits"])}
    same = found["bits"] == found["op"].map(whole)
    return _gathered(found.assign(capability=found["bits"].map(spelt).where(~same, "")))


def unfolded(small: pandas.DataFrame, ops: Collection[str]) -> pandas.DataFrame:
    """The rows of some ops as a comparison reads them. Columns: UNFOLDED."""
    rows = _pieces(small[small["op"].isin(set(ops))])
    codes, words = pandas.factorize(rows["verdicts"])
    parts = pandas.Series(words).str.extract(
        r"^(?P<law>\S+)\|(?P<subject>.*?)\|(?P<scenario>.*?)\|(?P<status>.*?) ?(?P<margin>exact|inf|nan|2\^-?\d+)$"
    )
    status = parts["status"].where(parts["status"] != "", "conforms")
    margin = parts["margin"].map({m: _read(m) for m in parts["margin"].unique()})
    told = parts.assign(status=status, margin=margin.astype(float))
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
