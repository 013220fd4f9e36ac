"""The parts of one run -> the whole: each case once, or the same from all that judged it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.store.connections import beside, spoken, transaction
from harness.store.errors import Different, Gap, Missing, NoShard, Overlap, Unfinished
from harness.store.file import MEASURED, ORDER, Store, difference, refuse_different
from harness.vocabulary import counted


def merge(paths: Sequence[str | Path], out: str | Path) -> None:
    """Put the parts of one run into a new store, which is complete, and replaces what was there.

    Raises Unfinished, Gap, Overlap or Different where they are not the parts of one run, each once or in agreement.
    A header's ``shard`` ``i/n`` says which part it is; its ``cases``, where given, how many the whole run has.
    """
    out = Path(out)
    if not paths:
        raise Missing("nothing to merge")
    headers = _parts(paths)
    whole = {name: value for name, value in headers[0].items() if name != "shard"}
    with beside(out) as draft, Store.create(draft, whole) as merged:
        connection = merged._connection
        connection.execute('CREATE TEMP TABLE seen (op TEXT, "case" TEXT, PRIMARY KEY (op, "case")) WITHOUT ROWID')
        for path in paths:
            with spoken(path):
                _merge_one(connection, Path(path))
        (cases,) = connection.execute("SELECT count(*) FROM seen").fetchone()
        due = whole.get("cases", cases)
        due = sum(due.values()) if isinstance(due, Mapping) else due
        if due != cases:
            raise Gap(f"{out}: {cases} of {due} cases are there; judge the others and merge again")
        merged.finish({"cases": cases, "merged": [str(header["shard"]) for header in headers]})


def _parts(paths: Sequence[str | Path]) -> list[Mapping[str, Any]]:
    headers: list[Mapping[str, Any]] = []
    for path in paths:
        with Store.open(path) as store:
            if headers:
                refuse_different(store, headers[0])
                if store.header.get("cases") != headers[0].get("cases"):
                    raise Different(
                        f"{path}: {difference('cases', store.header.get('cases'), headers[0].get('cases'))}"
                    )
            if not store.header.get("shard"):
                raise NoShard(f"{path}: is no shard: it was not made by `harness run --shard I/N`")
            if not store.complete:
                raise Unfinished(f"{path}: the run has not come to its end; resume it, then merge")
            headers.append(store.header)
    _refuse_gaps(paths, [str(header["shard"]) for header in headers])
    return headers


def _refuse_gaps(paths: Sequence[str | Path], shards: list[str]) -> None:
    counts = {shard.partition("/")[2] for shard in shards}
    if len(counts) > 1:
        raise Different(f"{paths[0]}: shards of different runs: {', '.join(sorted(shards))}")
    for count in counts:
        missing = sorted({f"{n}/{count}" for n in range(1, int(count) + 1)} - set(shards))
        if missing:
            raise Gap(f"{paths[0]}: without shard {', '.join(missing)}; judge them and merge again")


def _merge_one(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("ATTACH ? AS part", (str(path),))
    try:
        with transaction(connection):
            known = 'EXISTS (SELECT 1 FROM temp.seen s WHERE s.op = v.op AND s."case" = v."case")'
            shared = connection.execute(f'SELECT DISTINCT op, "case" FROM part.verdicts v WHERE {known}').fetchall()
            for op, case in shared:
                _refuse_disagreement(connection, path, op, case)
            connection.execute(f"INSERT INTO main.verdicts SELECT * FROM part.verdicts v WHERE NOT {known}")
            connection.execute('INSERT OR IGNORE INTO temp.seen SELECT DISTINCT op, "case" FROM part.verdicts')
    finally:
        connection.execute("DETACH part")


def _refuse_disagreement(connection: sqlite3.Connection, path: Path, op: str, case: str) -> None:
    if not connection.execute("SELECT 1 FROM main.sqlite_master WHERE name = 'by_case'").fetchone():
        connection.execute('CREATE INDEX main.by_case ON verdicts (op, "case")')
    columns = ", ".join(f'"{name}"' for name in MEASURED)
    ours, theirs = (
        connection.execute(
            f'SELECT {columns} FROM {part}.verdicts WHERE op = ? AND "case" = ? ORDER BY {ORDER}', (op, case)
        ).fetchall()
        for part in ("main", "part")
    )
    for mine, other in zip(ours, theirs, strict=False):
        if mine != other:
            name = next(name for name, a, b in zip(MEASURED, mine, other, strict=True) if a != b)
            a, b = (row[MEASURED.index(name)] for row in (mine, other))
            raise Overlap(f"{path}: {case} has {name} {b!r} where another part has {a!r}")
    if len(ours) != len(theirs):
        raise Overlap(f"{path}: {case} has {counted(len(theirs), 'verdict')} where another part has {len(ours)}")
