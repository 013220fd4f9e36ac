"""Whatever ends the writer of a store, what it had stored is there, whole, and the run goes on from it."""

from __future__ import annotations

import contextlib
import math
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.model import COLUMNS, Verdict
from harness.store import Store, StoreError, errors, merge, rescue, salvage, writing

HERE = Path(__file__).resolve().parent
HEADER = {"seed": 0, "versions": {"numpy": "2.4"}, "specs": {"conv2d": "ab12"}, "threads": 1}

#: Headers of the two parts of a run.
FIRST, SECOND = HEADER | {"shard": "1/2"}, HEADER | {"shard": "2/2"}

#: Runs killed at a random moment; more by HARNESS_KILLS=50.
KILLS = int(os.environ.get("HARNESS_KILLS", "6"))


def verdicts(case: int, candidates: tuple[str, ...] = ("torch", "numpy")) -> list[Verdict]:
    """The verdicts of one case, with every kind of float there is."""
    floats = (float("nan"), float("inf"), -0.0, 5e-324, 0.1 + 0.2, 1.0)
    return [
        Verdict(
            "conv2d",
            f"conv2d/n:{case}",
            candidate,
            law,
            "output y",
            "",
            "conforms",
            margin=floats[(case + n) % len(floats)],
            ulps=floats[case % len(floats)],
            message='ä,\n"quoted"' * (case % 3),
            seconds=case / 3,
        )
        for candidate in candidates
        for n, law in enumerate(("agrees", "shape"))
    ]


def written(
    path: Path, cases: Iterator[int] | range, header: dict[str, Any] = HEADER, *, candidates: Any = None
) -> Path:
    with Store.create(path, header) as store:
        for case in cases:
            store.append(verdicts(case, *([candidates] if candidates else [])))
        store.finish({"cases": len(list(cases))})
    return path


def bits(row: Verdict) -> tuple[Any, ...]:
    return tuple(value.hex() if isinstance(value, float) else value for value in vars(row).values())


def test_a_row_comes_back_bit_for_bit(tmp_path: Path) -> None:
    rows = [row for case in range(12) for row in verdicts(case)]
    with Store.open(written(tmp_path / "run.sqlite", range(12))) as store:
        assert sorted(map(bits, store.rows())) == sorted(map(bits, rows))
        assert (store.header, store.footer, store.complete) == (HEADER, {"cases": 12}, True)


def test_the_table_is_sorted_whatever_the_order_of_writing(tmp_path: Path) -> None:
    order = list(range(30))
    written(tmp_path / "a.sqlite", range(30)).rename(tmp_path / "a")
    random.Random(1).shuffle(order)
    with Store.create(tmp_path / "b", HEADER) as store:
        for case in order:
            store.append(reversed(verdicts(case)))
    for name in "ab":
        with Store.open(tmp_path / name) as store:
            store.export_csv(tmp_path / f"{name}.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_csv_and_data_frame_say_the_same(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    with Store.open(written(tmp_path / "run.sqlite", range(12))) as store:
        frame = store.verdicts()
        store.export_csv(tmp_path / "verdicts.csv")
        assert [tuple(row) for row in frame[["case", "law"]].values] == [(v.case, v.law) for v in store.rows()]
    assert tuple(frame.columns) == COLUMNS
    again = pandas.read_csv(
        tmp_path / "verdicts.csv", keep_default_na=False, na_values={"margin": "nan", "ulps": "nan"}
    )
    assert [x.hex() for x in again["margin"]] == [x.hex() for x in frame["margin"]]
    assert list(again["message"]) == list(frame["message"])


def test_rows_that_share_a_key_stand_in_the_table_as_sqlite_sorts_them(tmp_path: Path) -> None:
    margins = (float("nan"), float("inf"), 0.0, 2.5, float("nan"))
    rows = [replace(verdicts(0)[0], margin=m, message=text) for m in margins for text in ("b", 'a,"', "Z", "")]
    with Store.create(tmp_path / "run.sqlite", HEADER) as store:
        store.append(rows)
        table = store.verdicts()
        said = [(v.message, v.margin.hex()) for v in store.rows()]
    assert [(text, m.hex()) for text, m in zip(table["message"], table["margin"], strict=True)] == said


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    with Store.open(written(tmp_path / "run.sqlite", range(0))) as store:
        assert tuple(store.verdicts().columns) == COLUMNS
        assert store.done() == set()


def test_parquet_holds_the_table_where_pyarrow_is_installed(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    with Store.open(written(tmp_path / "run.sqlite", range(5))) as store:
        store.export_parquet(tmp_path / "verdicts.parquet")
    assert parquet.read_table(tmp_path / "verdicts.parquet").num_rows == 20


def test_what_is_to_be_installed_for_parquet_is_an_extra_of_this_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "parquet" in project["optional-dependencies"]
    with (
        Store.open(written(tmp_path / "run.sqlite", range(1))) as store,
        pytest.raises(StoreError, match=re.escape(f"pip install '{project['name']}[parquet]'")),
    ):
        store.export_parquet(tmp_path / "verdicts.parquet")


def test_a_finished_run_is_one_file(tmp_path: Path) -> None:
    written(tmp_path / "run.sqlite", range(3))
    assert [path.name for path in tmp_path.iterdir()] == ["run.sqlite"]


def test_done_is_the_cases_that_are_stored(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run.sqlite", HEADER) as store:
        store.append(verdicts(3))
        assert store.done() == {("conv2d", "conv2d/n:3")}
        assert not store.complete
        with pytest.raises(errors.Unfinished):
            _ = store.footer


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 1}, "seed was 0, now 1"),
        ({"versions": {"numpy": "2.5"}}, "versions numpy was 2.4, now 2.5"),
        ({"versions": {"numpy": "2.4", "torch": "2.13"}}, "versions torch was not there, now 2.13"),
        (
            {"specs": {"conv2d": "cd34"}},
            r"began with other specs \(changed: `conv2d`\); name the same, or start a new run",
        ),
        ({"specs": {"relu": "ab12"}}, r"\(no longer named: `conv2d`; named now alone: `relu`\)"),
        (
            {"specs": HEADER["specs"] | dict.fromkeys("abcdef", "")},
            r"\(named now alone: `a`, `b`, `c`, `d`, `e` and 1 more\)",
        ),
    ],
)
def test_a_run_of_something_else_is_not_resumed(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = written(tmp_path / "run.sqlite", range(3))
    with pytest.raises(errors.Different, match=words):
        Store.resume(path, HEADER | change)
    Store.resume(path, HEADER | {"threads": 2}).close()


def test_a_run_is_not_written_over(tmp_path: Path) -> None:
    path = written(tmp_path / "run.sqlite", range(3))
    with pytest.raises(errors.Exists):
        Store.create(path, HEADER)


@pytest.mark.parametrize("content", [None, b""])
def test_what_holds_no_run_is_missing_when_opened_and_begun_when_resumed(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "run.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(errors.Missing):
        Store.open(path)
    with Store.resume(path, HEADER) as store:
        assert store.done() == set()


@pytest.mark.parametrize("text", ["verdicts\n" * 1000, "a", "SQLite format 4"])
def test_what_never_was_a_store_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.sqlite"
    path.write_text(text)
    with pytest.raises(errors.Foreign, match=r"run.sqlite: is no run file, expected .*harness rescue"):
        Store.open(path)
    assert salvage(path) == ({}, [], [])


@pytest.mark.parametrize("left", [5, 16, 60])
def test_what_little_is_left_of_a_store_is_said_to_be_damaged(tmp_path: Path, left: int) -> None:
    path = written(tmp_path / "run.sqlite", range(3))
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(errors.Damaged, match="`harness rescue` reads what is left of it"):
        Store.open(path)


def main(path: str) -> None:
    """Judge forty cases slowly, going on from what is stored: what the tests below kill."""
    with Store.resume(path, HEADER) as store:
        done = store.done()
        print(len(done), flush=True)
        for case in range(40):
            if ("conv2d", f"conv2d/n:{case}") not in done:
                store.append(verdicts(case))
                if case % 3 == 0:
                    store.flush()
                time.sleep(0.002)
        store.finish({"cases": 40})


COMMAND = "import sys; sys.path[:0] = [{0!r}, {1!r}]; import test_store; test_store.main(sys.argv[1])"


def runner(path: Path) -> subprocess.Popen[str]:
    code = COMMAND.format(str(HERE), str(HERE.parent))
    return subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)


def exported(path: Path) -> bytes:
    with Store.open(path) as store:
        assert store.complete
        store.export_csv(path.with_suffix(".csv"))
    return path.with_suffix(".csv").read_bytes()


def test_a_run_killed_at_any_moment_and_resumed_is_the_undisturbed_run(tmp_path: Path) -> None:
    undisturbed = exported(written(tmp_path / "undisturbed.sqlite", range(40)))
    moments = random.Random(0)
    for n in range(KILLS):
        path = tmp_path / f"{n}.sqlite"
        with runner(path) as process:
            assert process.stdout is not None
            if n % 3:
                process.stdout.readline()
            time.sleep(moments.uniform(0, 0.09))
            process.kill()
        if path.exists() and path.stat().st_size:
            assert_whole_cases(path)
        with runner(path) as process:
            assert process.wait(20) == 0
        assert exported(path) == undisturbed


def assert_whole_cases(path: Path) -> None:
    try:
        with Store.open(path) as store:
            assert len(list(store.rows())) == 4 * len(store.done())
    except errors.Missing:
        pass


def test_several_kills_of_one_run_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    for n in range(3):
        with runner(path) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.02 + n / 100)
            process.send_signal(signal.SIGKILL)
    with runner(path) as process:
        assert process.wait(20) == 0
    assert exported(path) == exported(written(tmp_path / "undisturbed.sqlite", range(40)))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, 0.95])
def test_a_truncated_store_is_an_error_and_no_readable_row_is_lost(tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "run.sqlite", range(600))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(errors.Damaged, match="malformed"), Store.open(path) as store:
        list(store.rows())
    saved = salvage(path)
    assert len(saved.whole) + len(saved.loose) >= (share - 0.05) * 2400
    original = {bits(row) for case in range(600) for row in verdicts(case)}
    assert {bits(row) for row in saved.whole + saved.loose} <= original
    assert_resumable(path, tmp_path / "again.sqlite", len(saved.whole))


def assert_resumable(path: Path, again: Path, rows: int) -> None:
    rescue(path, again)
    with Store.resume(again, HEADER) as store:
        assert len(list(store.rows())) == rows
        for case in range(600):
            if ("conv2d", f"conv2d/n:{case}") not in store.done():
                store.append(verdicts(case))
        store.finish({"cases": 600})
        assert len(list(store.rows())) == 2400


def test_only_the_rows_of_a_spoilt_page_are_lost(tmp_path: Path) -> None:
    path = written(tmp_path / "run.sqlite", range(600))
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18])
    pages = len(content) // size
    for page in (pages // 3, pages // 2):
        content[page * size : (page + 1) * size] = random.Random(page).randbytes(size)
    path.write_bytes(content)
    saved = salvage(path)
    most = 2 * max(len(pages_rows) for pages_rows in [range(size // 60)])
    assert 2400 - most <= len(saved.whole) + len(saved.loose) < 2400
    assert all(len([row for row in saved.whole if row.case == case]) == 4 for case in {row.case for row in saved.whole})


def test_rows_longer_than_a_page_are_salvaged_too(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    long = [
        Verdict("op", f"op/n:{n}", "torch", "agrees", "", "", "deviates", message="x" * (n * 997)) for n in range(30)
    ]
    with Store.create(path, HEADER) as store:
        store.append(long)
    assert [bits(row) for row in salvage(path).whole] == [bits(row) for row in long]


def test_what_only_the_write_ahead_log_holds_is_salvaged_too(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run.sqlite", HEADER)
    for case in range(50):
        store.append(verdicts(case))
        store.flush()
    for name in ("run.sqlite", "run.sqlite-wal"):
        shutil.copy(tmp_path / name, tmp_path / f"copy-{name}")
    store.close()
    saved = salvage(tmp_path / "copy-run.sqlite")
    assert (saved.header, len(saved.whole), saved.loose) == (HEADER, 200, [])


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_full_disk_is_one_line_and_what_was_stored_stays(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; sys.path[:0] = [{0!r}, {1!r}]; import test_store as t;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); s = t.Store.create(sys.argv[1], t.HEADER);"
        "s.append(t.verdicts(0)); s.flush(); resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try:\n  for n in range(1, 2000): s.append(t.verdicts(n)); s.flush()\n"
        "except t.StoreError as error: print(error)"
    )
    path = tmp_path / "run.sqlite"
    command = [sys.executable, "-c", code.format(str(HERE), str(HERE.parent)), str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert said.stdout.startswith(f"{path}: ")
    assert said.stdout.count("\n") == 1, said.stdout + said.stderr
    with Store.open(path) as store:
        assert ("conv2d", "conv2d/n:0") in store.done()


def test_a_store_where_nothing_can_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"unable to open database file"):
        Store.create(tmp_path / "no" / "run.sqlite", HEADER)


def test_without_write_ahead_the_journal_of_old_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.store.file.write_ahead", lambda connection: None)
    with Store.create(tmp_path / "run.sqlite", HEADER) as store:
        store.append(verdicts(1))
        store.finish({})
        assert len(list(store.rows())) == 4


def shards(folder: Path, count: int, cases: int = 12) -> list[Path]:
    return [
        written(folder / f"{n}.sqlite", range(n, cases, count), HEADER | {"shard": f"{n + 1}/{count}", "cases": cases})
        for n in range(count)
    ]


def test_merged_shards_are_the_whole_run(tmp_path: Path) -> None:
    merge(shards(tmp_path, 3), tmp_path / "merged.sqlite")
    assert exported(tmp_path / "merged.sqlite") == exported(written(tmp_path / "whole.sqlite", range(12)))
    with Store.open(tmp_path / "merged.sqlite") as store:
        assert store.header == HEADER | {"cases": 12}
    assert not list(tmp_path.glob(".*"))


def test_a_missing_shard_is_a_gap(tmp_path: Path) -> None:
    first, _, third = shards(tmp_path, 3)
    with pytest.raises(errors.Gap, match="without shard 2/3"):
        merge([first, third], tmp_path / "merged.sqlite")
    assert not (tmp_path / "merged.sqlite").exists()


def test_a_merge_that_is_refused_leaves_what_was_there(tmp_path: Path) -> None:
    first, _, third = shards(tmp_path, 3)
    earlier = written(tmp_path / "merged.sqlite", range(2)).read_bytes()
    with pytest.raises(errors.Gap):
        merge([first, third], tmp_path / "merged.sqlite")
    assert (tmp_path / "merged.sqlite").read_bytes() == earlier


def test_a_merge_replaces_an_interrupted_run_with_its_log(tmp_path: Path) -> None:
    earlier = Store.create(tmp_path / "merged.sqlite", HEADER)
    earlier.append(verdicts(50))
    earlier.flush()
    merge(shards(tmp_path, 3), tmp_path / "merged.sqlite")
    with Store.open(tmp_path / "merged.sqlite") as store:
        assert len(store.done()) == 12
    earlier.close()


def test_missing_cases_are_a_gap(tmp_path: Path) -> None:
    path = written(tmp_path / "a.sqlite", range(7), HEADER | {"shard": "1/1", "cases": 12})
    with pytest.raises(errors.Gap, match="7 of 12 cases"):
        merge([path], tmp_path / "merged.sqlite")


def test_an_unfinished_part_is_refused(tmp_path: Path) -> None:
    Store.create(tmp_path / "a.sqlite", HEADER | {"shard": "1/1"}).close()
    with pytest.raises(errors.Unfinished, match="resume it"):
        merge([tmp_path / "a.sqlite"], tmp_path / "merged.sqlite")


def test_overlaps_that_agree_are_kept_once(tmp_path: Path) -> None:
    parts = [written(tmp_path / "a", range(8), FIRST), written(tmp_path / "b", range(4, 12), SECOND)]
    merge(parts, tmp_path / "merged.sqlite")
    assert exported(tmp_path / "merged.sqlite") == exported(written(tmp_path / "whole.sqlite", range(12)))


def test_overlaps_that_disagree_are_refused(tmp_path: Path) -> None:
    parts = [written(tmp_path / "a", range(8), FIRST), tmp_path / "b"]
    with Store.create(parts[1], SECOND) as store:
        store.append([*verdicts(5)[:-1], Verdict("conv2d", "conv2d/n:5", "torch", "shape", "output y", "", "deviates")])
        store.finish({})
    with pytest.raises(errors.Overlap, match="conv2d/n:5 has "):
        merge(parts, tmp_path / "merged.sqlite")


def test_overlaps_of_different_size_are_refused(tmp_path: Path) -> None:
    parts = [
        written(tmp_path / "a", range(8), FIRST),
        written(tmp_path / "b", range(5, 6), SECOND, candidates=("numpy",)),
    ]
    with pytest.raises(errors.Overlap, match="has 2 verdicts where another part has 4"):
        merge(parts, tmp_path / "merged.sqlite")


@pytest.mark.parametrize("change", [{"seed": 1}, {"versions": {}}, {"specs": {"conv2d": "cd34"}}])
def test_parts_of_different_runs_are_not_merged(tmp_path: Path, change: dict[str, Any]) -> None:
    parts = [written(tmp_path / "a", range(3), FIRST), written(tmp_path / "b", range(3, 6), SECOND | change)]
    with pytest.raises(errors.Different):
        merge(parts, tmp_path / "merged.sqlite")


def test_anyone_can_read_the_file_with_sqlite_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "run.sqlite", range(3))
    connection = sqlite3.connect(path)
    counted = connection.execute("SELECT status, count(*), count(margin) FROM verdicts GROUP BY status").fetchall()
    connection.close()
    margins = [row.margin for case in range(3) for row in verdicts(case)]
    assert counted == [("conforms", 12, sum(not math.isnan(margin) for margin in margins))]


def test_what_is_no_shard_is_not_merged(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.sqlite", range(3), HEADER | {"shard": ""})
    with pytest.raises(errors.NoShard, match="is no shard"):
        merge([whole, whole], tmp_path / "merged.sqlite")


@pytest.mark.parametrize("column", ["status", "message", "margin", "known"])
def test_a_changed_bit_of_a_row_is_found(tmp_path: Path, column: str) -> None:
    path = written(tmp_path / "run.sqlite", range(3))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        changed = 0.5 if column == "margin" else "conformt"
        connection.execute(f"UPDATE verdicts SET {column} = ? WHERE rowid = 3", (changed,))
    with Store.open(path) as store, pytest.raises(errors.Damaged, match="not as it was written; `harness rescue`"):
        list(store.rows())
    assert len(salvage(path).whole) == 8


@pytest.mark.parametrize("header", [None, "{", "[]"])
def test_a_lost_header_points_to_rescue(tmp_path: Path, header: str | None) -> None:
    path = written(tmp_path / "run.sqlite", range(3))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM facts WHERE name = 'header'")
        if header is not None:
            connection.execute("INSERT INTO facts VALUES ('header', ?)", (header,))
    with pytest.raises(errors.Damaged, match="header is lost; `harness rescue`"):
        Store.open(path)
    with pytest.raises(errors.Damaged, match="12 verdicts of whole cases"):
        rescue(path, tmp_path / "again.sqlite")


HOLDER = """
import sys, time
from pathlib import Path
from harness.store import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_has_one_writer_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    other = subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(errors.Busy, match="another command writes this run now"), writing(path):
        pass
    other.kill()
    other.wait()
    other.stdout.close()
    with writing(path):
        pass
