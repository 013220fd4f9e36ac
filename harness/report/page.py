"""Run -> one self-contained HTML page: everything it needs is inside, nothing is fetched.

What a reader sees at once is written here as HTML, autoescaped; the rows travel packed and are drawn by the page's own
script, which sets text and never markup. The page's content security policy allows that one script, by its hash, and
no connection.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import jinja2
import markupsafe
import numpy
import pandas

from harness.answer.levels import OF_LAW, SPECIAL
from harness.asking import registry
from harness.coding import valued
from harness.comparison import SAME_BITS
from harness.diff import GROWTH, KINDS, compared, rename
from harness.model import BAD, GRADES, KEY, RED, SEVERITY, STATUSES, TAB, visible
from harness.report import headline
from harness.report.addresses import axes
from harness.report.atlas import state, tiles
from harness.report.bundle import BUNDLE
from harness.report.cards import Card, known, numbered, read
from harness.report.causes import causes
from harness.report.census import LEVELS, STATE, census
from harness.report.clusters import clusters
from harness.report.counts import Cell, cells, counts, level, short, table
from harness.report.headline import LAW_ORDER, NUMBER, in_order, instant, keys, repeats
from harness.report.manners import SAID, manners
from harness.report.packing import pack, plain
from harness.report.tables import unfinished
from harness.report.trust import coverage, doubts, tightness, tightness_of_models, witnesses
from harness.report.words import GRADE_WORDS, SIGNS, palette
from harness.subjects import LEDGER
from harness.vocabulary import counted

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

#: What a reader may not know, in the order in which it is met.
WORDS = (
    ("candidate", "An implementation that claims to be the op."),
    ("oracle", "What is due, computed from the op's definition in more digits than any candidate has."),
    ("bound", "How far rounding alone can bring a right implementation from what is due, derived per entry."),
    ("margin", "The error in units of its bound: up to 1 is right, above 1 no order of roundings explains it."),
    ("ulps", "The error in units in the last place of the unrounded value."),
    ("law", "What must hold of every candidate: of values, gradients, dtypes, memory, repeated calls; listed below."),
    ("conforms", "The law holds there: what was compared lies within its bound."),
    (
        "deviates, fails",
        "Something else than expected came back; no result came where one is expected, or the reverse.",
    ),
    ("crashed, timed out", "The candidate ended its process, or did not answer."),
    ("known", "Wrong, and listed in the spec with a reason. It is red again once it is wrong otherwise."),
    (
        "not believed, doubted",
        "Within its bound, as wrong ones would be: the answer is constant or narrower than the bound. No evidence.",
    ),
    (
        "inconclusive",
        "The oracle could not decide, a witness objects, or the candidate was asked no more: it had ended or hung too often.",
    ),
    (
        "unsupported, not offered",
        "Not asked: the spec, the user, the library or the candidate itself says that it is not offered, or what it needs"
        " is not here.",
    ),
    ("not judged", "Cases of which no row decides anything: all are inconclusive or not believed."),
    (
        "without a result",
        "Of the wrong and known cases those at which no result came: an exception, an end of the process, silence.",
    ),
    (
        "grade",
        "Which bound was met: of random roundings, of data in any order, of the worst roundings, of a norm;"
        " whether digits are lost by a formula that cancels.",
    ),
    ("consequence", "Wrong where the value at the same case is wrong too: folded under it."),
    ("vjp, jvp", "Vector-Jacobian and Jacobian-vector product: reverse and forward mode."),
    ("kill matrix", "Wrong candidates written on purpose, and which laws find them."),
)

#: Laws that relate two calls of a candidate, those whose every scenario has a row, and what is said of them.
RELATING, APART = ("invariance", "repeatable", "layout"), ("invariance",)
BITS = (
    "Same bits: they were compared and are the same. Within the bound: right, and not known to have the same bits."
    " The scenarios of repeatable (twice, after other calls, from two threads) and of layout share one place each:"
    " where they came out alike one row stands for them, the worst."
)

#: Libraries that have a column of the matrix; other candidates share the last one.
LIBRARIES = (*registry.LIBRARIES, "oracle")

#: Entries that no longer run, values of an axis and entries of one embedded array beyond which the page only counts.
MAX_GONE, MAX_VALUES, MAX_ENTRIES = 2_000, 60, 20_000


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
    manner, script, on_ledger = manners(verdicts), _asset(BUNDLE), verdicts["subject"] == LEDGER
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
            rows=_rows(header, verdicts, manner, cards, baseline, history),
            against=against,
            details=pack(
                {name: verdicts[name] for name in ("actual", "expected", "bound", "at")},
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
    if not renamed:
        return run

    def name(key: str) -> str:
        first, *others = key.split(TAB)
        return TAB.join((rename(first, renamed), *others))

    wrong = {"wrong": {name(key): n for key, n in run["wrong"].items()}} if "wrong" in run else {}
    return {**run, "red": [name(key) for key in run.get("red", ())], **wrong}


def _rows(
    header: Mapping[str, Any],
    verdicts: pandas.DataFrame,
    manner: pandas.Series,
    cards: Sequence[Card],
    baseline: pandas.DataFrame | None,
    history: Sequence[Mapping[str, Any]],
) -> str:
    texts = ("op", "case", "candidate", "law", "subject", "scenario", "status", "grade", "blame", "message", "known")
    columns = {name: verdicts[name] for name in texts}
    columns["known"] = verdicts["known"].str.replace(NUMBER, "", regex=True)
    columns["margin"] = verdicts["margin"]
    with numpy.errstate(over="ignore"):
        columns |= {name: verdicts[name].astype(numpy.float32) for name in ("ulps", "seconds")}
    columns["manner"], columns["again"] = manner, repeats(verdicts)
    columns["of"] = pandas.Series(numbered(verdicts, cards))
    columns["cause"] = pandas.Series(causes(verdicts))
    columns["since"] = _since(verdicts, history)
    facts: dict[str, Any] = {
        "signs": SIGNS,
        "grades": GRADES,
        "precedence": STATUSES,
        "bad": sorted(BAD),
        "red": sorted(RED),
        "severity": SEVERITY,
        "growth": GROWTH,
        "ledger": LEDGER,
        "kinds": KINDS,
        "most_values": MAX_VALUES,
        "axes": _axes(header, verdicts),
        "first": header.get("first", {}),
        "laws": LAW_ORDER,
        "manners": SAID,
        "causes": [asdict(replace(card, cases=())) for card in cards],
        "levels": {
            "words": LEVELS,
            "special": sorted(SPECIAL),
            "states": STATE,
            "of_law": {law: LEVELS.index(level) for law, level in OF_LAW.items()},
        },
        "bits": {"same": SAME_BITS, "laws": RELATING, "apart": APART, "says": BITS},
        "statements": header.get("laws", {}),
        "sees": header.get("sees", {}),
        "gone": [],
        "baseline": baseline is not None,
        "started": header.get("started", ""),
        "versions": header.get("versions", {}),
        "cpu": header.get("cpu", ""),
        "isa": header.get("isa", ""),
        "command": header.get("command", ""),
        "seed": header.get("seed", 0),
        "elsewhere": header.get("elsewhere", {}),
        "asked": header.get("asked", {}),
        "sizes": header.get("sizes", {}),
        "renamed": header.get("renamed", {}),
    }
    if baseline is not None:
        changes = compared(table(baseline), verdicts, header.get("renamed", {}))
        gone = changes.loc[changes["place"] < 0, [*KEY, "old_status"]]
        first = gone.sort_values(list(KEY)).head(MAX_GONE)
        facts |= {"gone": first.astype(str).to_numpy().tolist(), "gone_count": len(gone)}
        columns |= _changed(changes[changes["place"] >= 0], len(verdicts))
        del changes
    return pack(columns, facts)


def _changed(changes: pandas.DataFrame, rows: int) -> dict[str, pandas.Series]:
    """What changed of each row, and what it was; of rows that share a key the comparison looks at one."""
    place = changes["place"].to_numpy()
    found: dict[str, pandas.Series] = {}
    for name, of in (("change", "kind"), ("was", "old_status")):
        words = [*changes[of].cat.categories.drop("", errors="ignore"), ""]
        codes = numpy.full(rows, len(words) - 1, dtype=numpy.int16)
        codes[place] = valued(changes[of], {word: at for at, word in enumerate(words)}, len(words) - 1)
        found[name] = pandas.Series(pandas.Categorical.from_codes(codes, categories=words))
    before = numpy.full(rows, numpy.nan)
    before[place] = changes["old_margin"]
    return found | {"before": pandas.Series(before)}


def _since(verdicts: pandas.DataFrame, history: Sequence[Mapping[str, Any]]) -> pandas.Series:
    """Since which remembered run each red row has been red without a break; empty where it was not."""
    since = pandas.Series("", index=verdicts.index)
    red = verdicts["status"].isin(BAD)
    still = keys(verdicts[red])
    for run in reversed(history):
        still = still[still.isin(set(run.get("red", ())))]
        since.loc[still.index] = instant(str(run.get("started", "")))
    return since


def _axes(header: Mapping[str, Any], verdicts: pandas.DataFrame) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for op in verdicts["op"].unique():
        for axis, value in header.get("first", {}).get(op, {}).items():
            found.setdefault(axis, {})[value] = None
    for case in verdicts["case"].unique():
        for axis, value in axes(case).items():
            values = found.setdefault(axis, {})
            if len(values) < MAX_VALUES:
                values[value] = None
    return {axis: sorted(values) for axis, values in sorted(found.items())}


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


@cache
def _asset(name: str) -> str:
    return (files("harness.report") / "assets" / name).read_text(encoding="utf-8")


def _link(**terms: str) -> str:
    """A fragment that opens the view of these terms."""
    return "#" + urlencode({name: text for name, text in terms.items() if text})


def _term(field: str, value: str) -> str:
    """A term of the query language, quoted where its value needs it."""
    plainly = value and not any(sign.isspace() or sign in '",' for sign in value)
    inner = value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{field}:{value}" if plainly else f'{field}:"{inner}"'


def foreign(text: Any) -> markupsafe.Markup:
    """Text that somebody else wrote: isolated, so that it turns no word of the page around, its control characters shown."""
    return markupsafe.Markup("<bdi>{}</bdi>").format(visible(str(text)))


def templates() -> jinja2.Environment:
    """The environment that pages are written in."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "foreign": foreign,
        "visible": lambda text: visible(str(text)),
        "short": short,
        "level": level,
        "counted": counted,
        "thousands": lambda n: f"{n:,}",
        "moment": instant,
    }
    environment.globals["style"] = lambda: markupsafe.Markup(palette() + _asset("page.css"))
    environment.globals |= {
        "link": _link,
        "term": _term,
        "infinity": float("inf"),
        "state": state,
        "grade_words": GRADE_WORDS,
    }
    return environment
