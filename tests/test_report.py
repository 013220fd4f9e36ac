"""Verdicts -> pages, tables and badges: what a reader is told, and that rows cannot tell the page anything else."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from itertools import product
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from harness import report
from harness.coding import plain as written
from harness.model import COLUMNS, Verdict
from harness.report.addresses import axes, number
from harness.report.causes import causes, foremost
from harness.report.clusters import clusters
from harness.report.counts import cells, counts, level, table
from harness.report.packing import pack, plain
from harness.report.trust import coverage, doubts, kills, tightness, tightness_of_models, witnesses
from harness.store import Store

HOSTILE = "</script><script>boom()</script><img src=x onerror=boom()>\"'`\n\t=cmd|,é😀\u2028"

#: Synthetic ops: their axes (ids leave out the first value) and their candidates.
OPS: dict[str, tuple[dict[str, list[str]], list[str]]] = {
    "conv2d": (
        {
            "kW": ["1", "2"],
            "bias": ["given", "none"],
            "stride": ["1", "2", "2x1"],
            "padding": ["0", "1", "2"],
            "dilation": ["1", "2"],
            "groups": ["1", "2"],
            "dtype": ["float64", "float32"],
        },
        ["torch", "numpy.im2col", "scipy.correlate", "numpy.loops"],
    ),
    "rfft2": (
        {
            "shape": ["8x8", "7x9", "5x12"],
            "s": ["none", "4x4", "12x12"],
            "norm": ["backward", "ortho", "forward"],
            "dtype": ["float64", "float32"],
        },
        ["numpy", "scipy", "torch"],
    ),
    "abs_rfft2": (
        {"H": ["4", "8"], "W": ["4", "6", "8"], "dtype": ["float64", "float32"]},
        ["torch.bad", "torch.right"],
    ),
    "scipy_conv2d": (
        {"H": ["5", "8"], "kH": ["1", "3"], "dtype": ["float64", "float32"]},
        ["torch.published", "torch.kept", "torch.module"],
    ),
    "sigmoid": ({"N": ["1", "64"], "dtype": ["float64", "float32", "float16"]}, ["numpy.by_hand", "scipy", "torch"]),
}

LAWS = [
    ("agrees", "output"),
    ("shape", "output"),
    ("dtype", "output"),
    ("pure", ""),
    ("repeatable", ""),
    ("layout", ""),
    ("linear", "input"),
    ("adjoint", "input"),
    ("gradient", "input"),
    ("gradient", "weight"),
    ("gradcheck", ""),
]

#: What rows of laws that gather scenarios note of them.
NOTES = {
    "repeatable": [
        '{"same": ["after other inputs", "in two threads", "twice"]}',
        '{"other": ["in two threads"], "same": ["after other inputs", "twice"]}',
    ],
    "layout": ['{"same": ["offset", "strided", "transposed"]}', '{"other": ["transposed"], "same": ["offset"]}'],
}

HEADER: dict[str, Any] = {
    "started": "2025-11-20T21:44:03+00:00",
    "command": "harness run --out reports/latest",
    "seed": 0,
    "versions": {"python": "3.11.2", "torch": "2.13.0", "numpy": "2.4.6", "scipy": "1.17.1"},
    "builds": {"torch": "CPU, oneDNN 3.9, OpenMP", "numpy": "OpenBLAS 0.3.30"},
    "cpu": "x86-64, 2 cores",
    "isa": ["AVX2", "AVX512F"],
    "threads": 1,
    "specs": {"conv2d": "3fa1c0", "rfft2": "77ab01"},
    "first": {
        op: {axis: values[0] for axis, values in grid.items()} | {"fill": "normal"} for op, (grid, _) in OPS.items()
    },
    "complete": True,
}


def synthetic(rows: int, seed: int = 0) -> pandas.DataFrame:
    """A plausible run of about so many verdicts: mostly right, with a bug, a known deviation and doubts."""
    rng = numpy.random.default_rng(seed)
    return pandas.concat([_op(op, rng, rows) for op in OPS], ignore_index=True)


def _op(op: str, rng: numpy.random.Generator, rows: int) -> pandas.DataFrame:
    grid, candidates = OPS[op]
    addresses = [
        "/".join([op, *(f"{a}:{v}" for a, v in zip(grid, point, strict=True) if v != grid[a][0])])
        for point in product(*grid.values())
    ]
    addresses += [f"{addresses[0]}/fill:{fill}" for fill in ("integers", "huge", "zeros")]
    share = {"conv2d": 0.6, "rfft2": 0.2}.get(op, 0.07)
    wanted = max(4, int(rows * share / (len(candidates) * len(LAWS))))
    step = max(1.0, len(addresses) / wanted)
    addresses = [addresses[int(i * step)] for i in range(min(wanted, len(addresses)) - 1)] + addresses[-1:]
    addresses += [f"{addresses[i % len(addresses)]}/H:{7 + i}" for i in range(max(0, wanted - len(addresses)))]
    every = pandas.MultiIndex.from_product([addresses, candidates, LAWS], names=["case", "candidate", "of"])
    made = every.to_frame(index=False)
    made["law"], made["subject"] = made["of"].str[0], made["of"].str[1]
    return _judged(made.drop(columns="of").assign(op=op, scenario="", blind=0.0), rng)


def _judged(made: pandas.DataFrame, rng: numpy.random.Generator) -> pandas.DataFrame:
    n = len(made)
    numeric = made["law"].isin(["agrees", "linear", "adjoint", "gradient", "layout"]).to_numpy()
    margin = numpy.where(numeric, rng.lognormal(-2.5, 1.0, n).clip(0, 0.95), 0.0)
    margin[made["case"].str.contains("fill:integers").to_numpy()] = 0.0
    status, message, known = (numpy.full(n, value, dtype=object) for value in ("conforms", "", ""))
    strided = made["case"].str.contains("stride:2") & made["case"].str.contains("padding:[12]")
    wrong = (
        strided & (made["candidate"] == "numpy.loops") & made["law"].isin(["agrees", "gradient", "linear"])
    ).to_numpy()
    status[wrong], margin[wrong] = "deviates", rng.lognormal(5, 3, n)[wrong] + 1.1
    listed = ((made["candidate"] == "torch.bad") & (made["law"] == "gradient")).to_numpy()
    status[listed], margin[listed], known[listed] = "known", 3.7e14, "BadFFTFunction's backward takes the wrong norm"
    rounded = (
        (made["candidate"] == "torch.published") & (made["subject"] == "weight") & ~made["case"].str.contains("float32")
    ).to_numpy()
    status[rounded], margin[rounded], known[rounded] = "known", 8.1e7, "the gradient is rounded to float32"
    objects = ((made["law"] == "gradcheck") & (wrong | (made["candidate"] == "torch.bad"))).to_numpy()
    status[objects], message[objects] = "inconclusive", "Jacobian mismatch"
    zeros = made["case"].str.contains("fill:zeros").to_numpy() & (status == "conforms")
    status[zeros], message[zeros] = "not believed", "every output is zero: a wrong candidate would pass too"
    crash = (
        (made["candidate"] == "torch") & made["case"].str.contains("float16") & (made["law"] == "agrees")
    ).to_numpy()
    status[crash], margin[crash], message[crash] = "crashed", numpy.inf, "segmentation fault (signal 11)"
    undone = ((made["candidate"] == "scipy.correlate") & (made["law"] == "gradient")).to_numpy()
    status[undone], margin[undone], message[undone] = "unsupported", numpy.nan, "SciPy has no gradient of correlate2d"
    expected = rng.standard_normal(n)
    bound = numpy.abs(expected) * 2.0**-50
    shown = numeric & numpy.isfinite(margin)
    actual = expected + numpy.where(shown, margin, 0) * bound
    texts = {"actual": actual, "expected": expected, "bound": bound}
    related = made["law"].isin(NOTES).to_numpy() & (status == "conforms")
    held = [rng.choice(NOTES.get(law, [""])) for law in made["law"].unique()]
    notes = made["law"].map(dict(zip(made["law"].unique(), held, strict=True))).to_numpy()
    grades = rng.choice(["correctly rounded", "random", "any", "worst"], n)
    return made.assign(
        status=status,
        grade=numpy.where(status == "conforms", numpy.where(margin == 0, "exact", grades), ""),
        margin=margin,
        ulps=numpy.where(shown, margin * 3, numpy.nan),
        **{name: numpy.where(shown, [repr(v) for v in values.tolist()], "") for name, values in texts.items()},
        at=numpy.where(shown, "[0, 1, 2, 3]", ""),
        blame=numpy.where((status == "deviates") | (status == "known"), made["candidate"], ""),
        message=message,
        known=known,
        seconds=rng.exponential(1e-4, n),
        notes=numpy.where(related, notes, ""),
    )[list(COLUMNS)]


def row(**fields: Any) -> dict[str, Any]:
    """One verdict; what is not given is as in a conforming row."""
    usual = {
        "op": "f",
        "case": "f/n:1",
        "candidate": "mine",
        "law": "agrees",
        "subject": "output y",
        "scenario": "",
        "blind": 0.0,
        "status": "conforms",
    }
    numbers = {"margin": 0.5, "ulps": 1.0, "seconds": 0.0}
    return {name: fields.get(name, usual.get(name, numbers.get(name, ""))) for name in COLUMNS}


def rows(*each: dict[str, Any]) -> pandas.DataFrame:
    return pandas.DataFrame(list(each), columns=list(COLUMNS))


def unpacked(packed: str) -> tuple[dict[str, Any], bytes]:
    body = zlib.decompress(base64.b64decode(packed))
    length = int(numpy.frombuffer(body[:4], dtype=numpy.uint32)[0])
    start = -(-(4 + length) // 8) * 8
    return json.loads(body[4 : 4 + length]), body[start:]


def column(packed: str, name: str) -> list[Any]:
    manifest, blobs = unpacked(packed)
    described = manifest["columns"][name]

    def view(dtype: str, place: list[int]) -> numpy.ndarray:
        return numpy.frombuffer(blobs, dtype=dtype, count=place[1], offset=place[0])

    if described["type"] != "text":
        return view(described["type"], described["at"]).tolist()
    codes = view(described["codes"], described["at"])
    codes = numpy.cumsum(codes, dtype=codes.dtype) if codes.itemsize > 1 else codes
    units = view("uint8", described["text"]).tobytes().decode().encode("utf-16-le")
    ends = 2 * numpy.cumsum(view("uint32", described["lengths"]))
    words = [units[a:b].decode("utf-16-le") for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    return [words[c] for c in codes]


def test_what_is_packed_comes_back_as_it_was() -> None:
    texts = pandas.Series(["b", HOSTILE, "a", "b", ""])
    numbers = pandas.Series([1.5, float("nan"), float("inf"), -0.0, 1e300])
    packed = pack({"text": texts, "number": numbers}, {"x": float("nan")})
    assert column(packed, "text") == texts.tolist()
    assert numpy.array_equal(column(packed, "number"), numbers, equal_nan=True)


@pytest.mark.parametrize("count", [255, 256, 257, 70_000])
def test_dictionaries_of_every_width_come_back(count: int) -> None:
    texts = pandas.Series([f"w{(7 * i) % count}" for i in range(count + 10)])
    assert column(pack({"text": texts}, {}), "text") == texts.tolist()


def test_a_lone_surrogate_in_a_message_reaches_file_table_and_page_as_text(tmp_path: Path) -> None:
    verdict = Verdict("f", "f", "torch", "status", "", "", "fails", message="RuntimeError: \ud800 é", actual="\udfff")
    with Store.create(tmp_path / "run.sqlite", {}) as store:
        store.append([verdict])
        verdicts = store.verdicts()
    assert verdicts["message"].tolist() == ["RuntimeError: \\ud800 é"]
    assert column(pack({"text": verdicts["actual"]}, {}), "text") == ["\\udfff"]
    assert "<!doctype html>" in report.page(HEADER, verdicts)


def test_what_json_cannot_say_is_said_as_text() -> None:
    said = plain(
        {"a": [float("nan"), float("-inf"), 1 + 2j], "b": numpy.array([[1.0, numpy.inf]]), 3: numpy.float32(2)}
    )
    assert said == {"a": ["nan", "-inf", "(1+2j)"], "b": [[1.0, "inf"]], "3": 2.0}


def test_no_hostile_text_reaches_the_markup() -> None:
    verdicts = rows(
        row(
            **{name: HOSTILE for name in COLUMNS if name not in ("margin", "ulps", "seconds", "status")},
            status="deviates",
        ),
        row(status=HOSTILE),
    )
    html = report.page(
        {**HEADER, "command": HOSTILE, "versions": {HOSTILE: HOSTILE}, "builds": {HOSTILE: [HOSTILE]}},
        verdicts,
        baseline=rows(row(case=HOSTILE)),
        evidence={HOSTILE: {"repro": HOSTILE}},
        history=[{"started": HOSTILE, "versions": {HOSTILE: HOSTILE}, "counts": {HOSTILE: 1}, "red": [HOSTILE]}],
    )
    assert "<img" not in html
    assert "boom()</script>" not in html
    assert html.count("<script") == 3
    assert "onerror=boom()>" not in html


def test_the_page_asks_the_network_for_nothing() -> None:
    html = report.page(HEADER, synthetic(2_000))
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', html)
    assert "default-src 'none'" in html
    assert not re.search(r"@import|url\(", html)


def test_a_page_without_a_footer_is_stamped_partial() -> None:
    assert "PARTIAL" in report.page({}, synthetic(500))
    assert "PARTIAL" in report.page({"complete": False}, synthetic(500))
    assert "PARTIAL" not in report.page({"complete": True}, synthetic(500))


def test_an_empty_run_says_that_nothing_was_judged() -> None:
    assert "Nothing was judged" in report.page({"complete": True}, rows())
    assert "nothing was judged" in report.markdown({}, rows())


def test_who_is_wrong_as_known_alone_is_counted_apart() -> None:
    listed = {"status": "known", "margin": 12.0, "known": "1: so"}
    found = rows(row(status="deviates", margin=12.0), row(law="gradient", **listed), row(candidate="other", **listed))
    assert "1 of 2 implementations is wrong somewhere, 1 more only as known<" in report.page(HEADER, found)


def test_the_page_tells_who_is_wrong_and_in_what() -> None:
    html = report.page(HEADER, rows(row(status="deviates", margin=12.0), row(candidate="other")))
    assert "1 of 2 implementations is wrong somewhere<" in html
    said = (
        "<b><bdi>f</bdi></b>: <code><bdi>mine</bdi></code> is wrong at 1 of 1 case judged,"
        ' by up to <span class="nums">12</span> times its bound: agrees'
    )
    assert said in html


def test_who_is_wrong_is_said_once_with_laws_in_their_order_and_the_reason() -> None:
    known = "3: the backward rounds to float32"
    html = report.page(
        HEADER,
        rows(
            row(law="layout", scenario="offset", status="known", margin=float("inf"), known=known),
            row(case="f/n:2", law="adjoint", subject="", status="known", margin=4.0, known=known),
            row(case="f/n:3", law="gradient", status="known", margin=7.0, known=known),
        ),
    )
    said = 'at 3 of 3 cases judged, by up to <span class="nums">7</span> times its bound: gradient, adjoint, layout</a>'
    assert html.count(f"<code><bdi>mine</bdi></code> is wrong {said}") == 1
    assert 'href="#case=f%2Fn%3A3&amp;candidate=mine&amp;law=gradient' in html
    why = "Known: <bdi>the backward rounds to float32</bdi> (gradient, adjoint, layout, 3 cases). "
    assert f'<span class="why">{why}' in html
    assert known not in html


def test_one_is_no_plural() -> None:
    html = report.page(HEADER, rows(row(status="deviates"), row(law="shape", status="inconclusive")))
    assert "over 1 case<" in html
    assert "1 of 1 implementation is wrong" in html
    assert not re.search(
        r"\b1 (cases|verdicts|candidates|rows|runs)\b", re.sub(r"<script.*?</script>", "", html, flags=re.S)
    )


def test_the_same_run_gives_the_same_page() -> None:
    assert report.page(HEADER, synthetic(2_000)) == report.page(HEADER, synthetic(2_000))


def test_a_wrong_value_explains_the_other_laws_of_its_case_and_no_others() -> None:
    verdicts = rows(
        row(law="gradient", subject="gradient of x", status="deviates"),
        row(status="deviates", margin=2.0),
        row(status="deviates", margin=9.0, scenario="second"),
        row(law="gradient", status="conforms"),
        row(law="gradient", status="deviates", candidate="other"),
        row(law="layout", status="known"),
    )
    assert causes(verdicts).tolist() == [2, -1, -1, -1, -1, -1]


def test_who_is_wrong_is_said_with_the_run_since_which() -> None:
    right, wrong = rows(row()), rows(row(status="known", known="0: so"))
    told = [
        report.moment({"started": "2026-01-01T00:00:00+00:00"}, right),
        report.moment({"started": "2026-01-02T00:00:00+00:00"}, wrong),
        report.moment({"started": "2026-01-03T00:00:00+00:00"}, wrong),
    ]
    now = {"started": "now", "complete": True}
    assert 'Since <span class="nums">2026-01-02 00:00 UTC</span>' in report.page(now, wrong, history=told)
    assert 'Since <span class="nums">2026-01-02 00:00 UTC or earlier</span>' in report.page(
        now, wrong, history=told[1:]
    )
    assert "; since" not in report.page(now, wrong, history=told[:1])


def test_rows_red_since_an_earlier_run_say_so() -> None:
    verdicts = rows(row(status="deviates"), row(case="f/n:2", status="deviates"))
    runs = [
        report.moment({"started": "first"}, rows(row(status="deviates"), row(case="f/n:2", status="deviates"))),
        report.moment({"started": "second"}, rows(row(status="deviates"), row(case="f/n:2"))),
        report.moment({"started": "third"}, rows(row(status="deviates"), row(case="f/n:2", status="deviates"))),
    ]
    html = report.page({"started": "now", "complete": True}, verdicts, history=runs)
    packed = re.search(r'id="rows">([^<]*)<', html)
    assert packed
    assert column(packed[1], "since") == ["first", "third"]


def test_what_is_remembered_follows_the_names_of_now() -> None:
    verdicts = rows(row(case="f/n:2", status="deviates"))
    told = report.moment({"started": "then"}, rows(row(op="g", case="g/m:2", status="deviates")))
    header = {"started": "now", "complete": True, "renamed": {"g": "f", "f//m": "n"}}
    html = report.page(header, verdicts, history=[told])
    packed = re.search(r'id="rows">([^<]*)<', html)
    assert packed
    assert column(packed[1], "since") == ["then"]
    assert "or earlier" in html


def test_the_page_carries_what_changed_against_a_baseline() -> None:
    old = rows(row(), row(case="f/n:2", status="deviates"), row(case="f/n:3"))
    new = rows(row(status="deviates"), row(case="f/n:2"))
    packed = re.search(r'id="rows">([^<]*)<', report.page(HEADER, new, baseline=old))
    assert packed
    assert column(packed[1], "change") == ["regressed", "fixed"]
    assert unpacked(packed[1])[0]["facts"]["gone"] == [["f/n:3", "mine", "agrees", "output y", "", "conforms"]]


def test_a_case_id_gives_its_axes() -> None:
    assert axes("conv2d/stride:2x1/note:a:b/loose") == {"stride": "2x1", "note": "a:b"}
    assert [number(v) for v in ("2", "2x1", "1x", "none", "-0.5", "")] == [2, 2, 1, None, -0.5, None]


def test_a_cluster_finds_the_rule_that_separates_wrong_from_right() -> None:
    verdicts = rows(
        *(
            row(case=f"f/stride:{s}/padding:{p}/n:{n}", status="deviates" if s >= 2 and p >= 2 else "conforms")
            for s, p, n in product([1, 2, 3, 4], [0, 1, 2, 3], range(9))
        )
    )
    (found,) = clusters(verdicts)
    assert str(found) == "padding >= 2 and stride >= 2: 54 of 54, 0 of 90 others"
    assert found.example == "f/stride:2/padding:2/n:0"
    assert found.query == 'op:f candidate:mine law:agrees subject:"output y" padding>=2 stride>=2 is:wrong'


def test_two_separate_faults_give_two_clusters() -> None:
    verdicts = rows(
        *(
            row(case=f"f/a:{a}/b:{b}/c:{c}", status="deviates" if a == 3 or b == "x" else "conforms")
            for a, b, c in product(range(6), "uvwx", range(6))
        )
    )
    assert {str(c.rule[0]) for c in clusters(verdicts)} == {"a 3", "b x"}


def test_a_candidate_wrong_everywhere_needs_no_rule() -> None:
    (found,) = clusters(rows(*(row(case=f"f/n:{n}", status="known") for n in range(4))))
    assert (found.rule, found.inside, found.known) == ((), (4, 4), True)


def test_an_axis_that_an_id_leaves_out_counts_as_its_default() -> None:
    verdicts = rows(
        *(row(case=f"f/n:{n}", status="deviates") for n in range(5)),
        *(row(case=f"f/n:{n}/layout:transposed") for n in range(5)),
    )
    assert str(clusters(verdicts)[0].rule[0]) == "layout default"


def test_an_axis_that_an_id_leaves_out_has_its_first_value_where_that_is_known() -> None:
    verdicts = rows(
        *(row(case=f"f/n:{n}" if n > 1 else "f", status="deviates" if n < 3 else "conforms") for n in range(1, 9))
    )
    (found,) = clusters(verdicts, {"f": {"n": "1"}})
    assert str(found.rule[0]) == "n <= 2"
    assert found.example == "f"


def test_consequences_and_right_rows_make_no_cluster() -> None:
    verdicts = rows(row(status="deviates"), row(law="gradient", status="deviates"), row(case="f/n:2"))
    assert [c.law for c in clusters(verdicts)] == ["agrees"]
    assert clusters(rows(row(), row(status="unsupported"))) == []


def test_the_search_for_clusters_is_bounded() -> None:
    many = synthetic(60_000)
    assert len(clusters(many)) < 60 * 3


def test_cells_hold_the_worst_status_and_its_margin() -> None:
    (cell,) = cells(rows(row(margin=0.9), row(case="f/n:2", status="known", margin=7.0), row(status="unsupported")))
    assert (cell.status, cell.margin, cell.cases) == ("known", 7.0, 2)


@pytest.mark.parametrize(
    ("margin", "step"),
    [(0.0, "m0"), (1e-3, "m1"), (0.5, "m4"), (1.0, "m4"), (1.01, "m5"), (numpy.inf, "m8"), (numpy.nan, "none")],
)
def test_colour_steps_change_sides_exactly_at_the_bound(margin: float, step: str) -> None:
    assert level(margin) == step


def test_the_csv_reads_back_with_its_types_and_every_bit() -> None:
    verdicts = table(
        rows(row(margin=0.1 + 0.2, message=HOSTILE, actual="nan", at="NA"), row(margin=numpy.nan, ulps=numpy.inf))
    )
    again = pandas.read_csv(io.StringIO(report.csv(verdicts)), **report.READING)
    pandas.testing.assert_frame_equal(again, written(verdicts), check_exact=True)


def test_the_csv_has_number_columns_for_a_plain_reader() -> None:
    read = pandas.read_csv(io.StringIO(report.csv(synthetic(3_000))))
    assert list(read.columns) == list(COLUMNS)
    assert all(read[name].dtype == "float64" for name in ("margin", "ulps", "seconds"))


def test_the_summary_counts_every_verdict_once() -> None:
    verdicts = synthetic(5_000)
    head, *body, whole = report.summary(HEADER, verdicts)
    assert len({len(line) for line in (head, *body, whole)}) == 1
    statuses = range(3, len(head) - 2)
    assert sum(int(whole[i]) for i in statuses) == len(verdicts)
    assert all(sum(int(line[i] or 0) for line in body) == int(whole[i]) for i in statuses)
    assert report.summary({}, verdicts)[-1][0] == "all (PARTIAL)"


def test_markdown_keeps_hostile_text_in_its_cell() -> None:
    said = report.markdown({}, rows(row(status="deviates", candidate="a|b<img>", case="f/n:`|`", message=HOSTILE)))
    assert "PARTIAL" in said
    assert "<img>" not in re.sub(r"(`+).*?\1", "", said)
    wrong = next(line for line in said.splitlines() if "harness show" in line)
    assert len(re.findall(r"(?<!\\)\|", wrong)) == 7


def test_few_lines_tell_of_every_fault_before_they_tell_of_one_again() -> None:
    buggy = [row(case=f"f/n:{n}", candidate="buggy", status="deviates", margin=9.0 + n) for n in range(30)]
    follows = [{**r, "law": "layout", "margin": 1e9} for r in buggy]
    lone = row(candidate="fast", law="status", status="fails", margin=numpy.nan)
    fixed = row(candidate="old", status="fixed", message="specs/f.yaml:7: remove it")
    verdicts = rows(*follows, *buggy, row(), fixed, lone)
    found = foremost(verdicts)
    assert [(r.candidate, r.law, r.case) for r in found.head(5).itertuples()] == [
        ("fast", "status", "f/n:1"),
        ("buggy", "agrees", "f/n:29"),
        ("old", "agrees", "f/n:1"),
        ("buggy", "layout", "f/n:0"),
        ("buggy", "agrees", "f/n:28"),
    ]
    assert len(found) == 62
    said = report.markdown({}, verdicts)
    assert "| specs/f.yaml:7: remove it |" in said
    listed = [line for line in said.splitlines() if "harness show" in line]
    assert "fast" in listed[0]
    assert len(listed) == 19


def test_a_badge_says_in_words_how_a_candidate_fares() -> None:
    verdicts = rows(
        row(), row(case="f/n:2", status="deviates"), row(candidate="<b>"), row(candidate="k", status="known")
    )
    assert "mine: 1 right, 1 wrong" in report.badge(verdicts, "mine")
    assert "&lt;b&gt;: 1 right of 1 case<" in report.badge(verdicts, "<b>")
    assert "1 known" in report.badge(verdicts, "k")
    assert "not judged" in report.badge(verdicts, "nobody")


def test_counts_stand_worst_first_and_keep_unknown_statuses() -> None:
    assert counts(rows(row(), row(status="odd"), row(status="crashed"))) == {"crashed": 1, "conforms": 1, "odd": 1}


def test_tightness_of_a_model_is_told_by_dtype_also_where_the_id_leaves_it_out() -> None:
    verdicts = rows(
        row(op="f", case="f/n:1", margin=0.5),
        row(op="f", case="f/dtype:float16", margin=0.25),
        row(op="g", case="g", margin=0.0),
        row(op="g", case="g/n:2", margin=1.0),
    )
    first = {"f": {"dtype": "float64"}, "g": {"dtype": "float16"}}
    found = tightness_of_models(verdicts, {"f": "formula", "g": "formula"}, first)
    assert [(t.model, t.dtype, t.ops, t.rows, t.exact, t.largest) for t in found] == [
        ("formula", "float16", 2, 3, 1, 1.0),
        ("formula", "float64", 1, 1, 0, 0.5),
    ]


KILL_MATRIX = """
| judge | miniatures found | look-alikes accused |
|---|---|---|
| this harness | 2 of 4 | 0 of 1 |
| `gradcheck` | 1 of 4 | 0 of 1 |

## Miniatures

| op | what is wrong | must be found by | found by | `gradcheck` |
|---|---|---|---|---|
| conv2d | The strides are swapped. | shape | shape, status | passes |
| conv2d | One axis too many. | backward | gradcheck | fails |
| bce | Kept away from 0 and 1. | agrees | nothing | passes |
| bce | The mean is a sum. | agrees | agrees | passes |

## Look-alikes

| op | what is unusual |
|---|---|
| conv2d | Terms are added last one first. |
"""


def test_the_kill_matrix_is_read_as_the_gate_writes_it() -> None:
    found = kills(KILL_MATRIX)
    assert found.judges == (("this harness", "2 of 4", "0 of 1"), ("`gradcheck`", "1 of 4", "0 of 1"))
    assert found.ops == (("bce", 1, 2), ("conv2d", 1, 2))
    assert found.survivors == (("conv2d", "One axis too many."), ("bce", "Kept away from 0 and 1."))
    committed = kills((Path(__file__).parents[1] / "docs" / "kill_matrix.md").read_text(encoding="utf-8"))
    (ours,) = (count for judge, count, _ in committed.judges if judge == "this harness")
    assert ours == f"{sum(n for _, n, _ in committed.ops)} of {sum(n for *_, n in committed.ops)}"


def test_tightness_leaves_exact_answers_out_of_the_median() -> None:
    (found,) = tightness(rows(row(margin=0.0), row(margin=0.2), row(margin=0.4), row(margin=9.0, status="deviates")))
    assert (found.rows, found.exact, found.largest) == (3, 1, 0.4)


def test_coverage_counts_pairs_seen_of_pairs_possible() -> None:
    (found,) = coverage(rows(row(case="f/a:1/b:1"), row(case="f/a:1/b:2"), row(case="f/a:2/b:1")))
    assert (found.seen, found.pairs, found.axes) == (3, 4, 2)


def test_doubts_gather_rows_by_their_reason() -> None:
    found = doubts(synthetic(20_000), "not believed")
    assert {d.because for d in found} == {"every output is zero: a wrong candidate would pass too"}


def test_gradcheck_is_held_against_the_bound_case_by_case() -> None:
    verdicts = rows(
        row(law="gradcheck"),
        row(law="gradient", subject="gradient of x", status="deviates"),
        row(law="gradcheck", case="f/n:2", status="inconclusive"),
        row(law="gradient", case="f/n:2"),
        row(law="gradcheck", case="f/n:3"),
        row(law="gradient", case="f/n:3"),
    )
    (found,) = witnesses(verdicts)
    assert (found.passed_though_wrong, found.failed_though_right, found.agreed) == (1, 1, 1)
    assert witnesses(rows(row())) == []


def test_columns_that_a_table_lacks_count_as_empty() -> None:
    bare = pandas.DataFrame(
        {
            "op": ["f"],
            "case": ["f"],
            "candidate": ["c"],
            "law": ["agrees"],
            "subject": [""],
            "scenario": [""],
            "status": ["conforms"],
        }
    )
    assert list(table(bare).columns) == list(COLUMNS)
    assert "Nothing is wrong" in report.page(HEADER, bare)


def test_an_array_too_large_to_embed_says_so() -> None:
    html = report.page(HEADER, rows(row()), evidence={"k": {"expected": numpy.zeros(20_001), "actual": [1.0]}})
    packed = re.search(r'id="details">([^<]*)<', html)
    assert packed
    assert unpacked(packed[1])[0]["facts"]["evidence"]["k"]["expected"].startswith("20,001 entries")
