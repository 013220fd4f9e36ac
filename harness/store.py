"""Verdicts <-> one SQLite file that outlives whatever kills its writer.

Rows are appended in transactions of whole cases, so a kill never leaves half a case. The header (what was run, with
what) is a row like any other, as is the footer, which only a run that came to its end has. NaN, which SQLite does not
store, is kept as NULL; every other float is kept bit for bit.
"""

# the errors are called what is wrong

from __future__ import annotations

import contextlib
import csv
import importlib
import json
import math
import operator
import os
import sqlite3
import struct
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from harness.model import COLUMNS, Verdict

if TYPE_CHECKING:
    import pandas

#: Written into the file; a store of another format is refused.
FORMAT = 1

#: Header fields in which the parts of one run must agree.
SAME = ("specs", "seed", "versions")

#: Rows, and seconds, that may wait for one transaction.
BATCH_ROWS, BATCH_SECONDS = 1_000, 0.5

#: Rows read at a time where all are wanted.
PIECE_ROWS = 10_000

#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 30.0

#: What a table of verdicts is sorted by.
KEY = ("op", "case", "candidate", "law", "about")

#: The columns that are floats; NaN in them is NULL.
FLOATS = ("margin", "ulps", "seconds")

_FLOAT_COLUMNS = tuple(COLUMNS.index(name) for name in FLOATS)
_values = operator.attrgetter(*COLUMNS)
_MEASURED = tuple(name for name in COLUMNS if name != "seconds")
_QUOTED = ", ".join(f'"{name}"' for name in COLUMNS)
_ORDER = ", ".join(f'"{name}"' for name in (*KEY, *(name for name in _MEASURED if name not in KEY)))

# Float columns have no declared type: SQLite would turn -0.0 into 0 in a REAL one.
_SCHEMA = f"""
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE verdicts ({", ".join(f'"{name}"' if name in FLOATS else f'"{name}" TEXT' for name in COLUMNS)},
                       "rows" INTEGER);
"""


class StoreError(Exception):
    """One line about a store: which file, what is wrong, what to do."""


class Missing(StoreError):
    """There is no store at that path, or it holds no run yet."""


class Exists(StoreError):
    """There is a store already where a new one was to be made."""


class Different(StoreError):
    """The store is of other specs, another seed or other versions."""


class Damaged(StoreError):
    """The file is truncated, corrupt or no store at all."""


class Unfinished(StoreError):
    """The run in that store has not come to its end."""


class Gap(StoreError):
    """Shards or cases are missing among the stores to merge."""


class Overlap(StoreError):
    """Two stores to merge hold different verdicts of one case."""


class Store:
    """One run's verdicts, appended to as they come and read as often as wanted."""

    def __init__(self, path: Path, connection: sqlite3.Connection, header: Mapping[str, Any]) -> None:
        self.path = path
        self.header: Mapping[str, Any] = header
        self._connection = connection
        self._waiting: list[tuple[Any, ...]] = []
        self._since = time.monotonic()

    @classmethod
    def create(cls, path: str | Path, header: Mapping[str, Any]) -> Self:
        """A new store with that header, which is any JSON. Raises Exists where the file holds something."""
        path = Path(path)
        if path.exists() and path.stat().st_size:
            raise Exists(f"{path}: holds a run already; resume it, or write elsewhere")
        with _spoken(path):
            connection = _connected(path, "rwc")
            with _closed_on_error(connection):
                _write_ahead(connection)
                with _transaction(connection):
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
                    _put(connection, "format", FORMAT)
                    _put(connection, "header", dict(header))
        return cls(path, connection, _as_json(header))

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """The store at that path, for reading or writing. Raises Missing or Damaged."""
        path = Path(path)
        if not path.is_file():
            raise Missing(f"{path}: no run there")
        with _spoken(path):
            connection = _connected(path, "rw")
            with _closed_on_error(connection):
                facts = _facts(connection)
                if "header" not in facts:
                    raise Missing(f"{path}: holds no run yet")
                if facts.get("format") != FORMAT:
                    raise Different(f"{path}: format {facts.get('format')}, where this harness reads {FORMAT}")
        return cls(path, connection, facts["header"])

    @classmethod
    def resume(cls, path: str | Path, header: Mapping[str, Any]) -> Self:
        """The store at that path, to go on with, or a new one where no run has begun.

        Raises Different where its specs, seed or versions are not those of the header.
        """
        try:
            store = cls.open(path)
        except Missing:
            return cls.create(path, header)
        try:
            refuse_different(store, header)
            with _spoken(store.path):
                _write_ahead(store._connection)
        except StoreError:
            store.close()
            raise
        return store

    def append(self, rows: Iterable[Verdict]) -> None:
        """Add the verdicts of whole cases; none of them is ever stored without the others of its case."""
        rows = list(rows)
        sizes = Counter((row.op, row.case) for row in rows)
        self._waiting += [(*_values(row), sizes[row.op, row.case]) for row in rows]
        if len(self._waiting) >= BATCH_ROWS or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Put what is waiting into the file. Raises StoreError where it cannot be written."""
        waiting, self._waiting = self._waiting, []
        self._since = time.monotonic()
        if waiting:
            marks = ", ".join("?" * (len(COLUMNS) + 1))
            with _spoken(self.path), _transaction(self._connection):
                self._connection.executemany(f"INSERT INTO verdicts VALUES ({marks})", waiting)

    def finish(self, footer: Mapping[str, Any]) -> None:
        """Say that the run has come to its end, and fold the file into one that can be copied."""
        self.flush()
        with _spoken(self.path):
            with _transaction(self._connection):
                _put(self._connection, "footer", dict(footer))
            with contextlib.suppress(sqlite3.OperationalError):  # somebody is reading it: the log stays beside it
                self._connection.execute("PRAGMA journal_mode = DELETE")

    @property
    def complete(self) -> bool:
        """Whether the run has come to its end."""
        with _spoken(self.path):
            return "footer" in _facts(self._connection)

    @property
    def footer(self) -> Mapping[str, Any]:
        """What `finish` was given. Raises Unfinished before that."""
        with _spoken(self.path):
            facts = _facts(self._connection)
        if "footer" not in facts:
            raise Unfinished(f"{self.path}: the run has not come to its end; resume it")
        footer: Mapping[str, Any] = facts["footer"]
        return footer

    def done(self) -> set[tuple[str, str]]:
        """The (op, case) of every case that is judged and stored."""
        self.flush()
        with _spoken(self.path):
            return set(self._connection.execute('SELECT DISTINCT op, "case" FROM verdicts'))

    def tally(self) -> dict[tuple[str, str, str], int]:
        """How many rows there are of each (op, candidate, status)."""
        self.flush()
        counting = "SELECT op, candidate, status, count(*) FROM verdicts GROUP BY op, candidate, status"
        with _spoken(self.path):
            return {(op, name, status): n for op, name, status, n in self._connection.execute(counting)}

    def count(self) -> int:
        """How many verdicts there are."""
        self.flush()
        with _spoken(self.path):
            (found,) = self._connection.execute("SELECT count(*) FROM verdicts").fetchone()
        return int(found)

    def marks(self) -> list[Verdict]:
        """One row per op, candidate and known deviation that it showed: all that a ledger asks of a run."""
        self.flush()
        with _spoken(self.path):
            found = self._connection.execute("SELECT DISTINCT op, candidate, known FROM verdicts").fetchall()
        return [Verdict(op, "", by, "", "", "", known=known) for op, by, known in found]

    def rows(self, **wanted: Collection[str]) -> Iterator[Verdict]:
        """Every verdict whose columns have one of the values wanted, sorted by op, case, candidate, law and about."""
        return (Verdict(*row) for row in self._sorted(**wanted))

    def worst(self, each: int, statuses: Collection[str]) -> Iterator[Verdict]:
        """Of every op, candidate, law and status wanted so many rows of the largest margins, and as many unmeasured."""
        marks = ", ".join("?" * len(statuses))
        ranked = (
            f"SELECT {_QUOTED}, row_number() OVER (PARTITION BY op, candidate, law, status, bound = ''"
            f' ORDER BY margin DESC, length("case"), {_ORDER}) AS place'
            f" FROM verdicts WHERE status IN ({marks})"
        )
        asked = f"SELECT {_QUOTED} FROM ({ranked}) WHERE place <= ? ORDER BY {_ORDER}"
        return (Verdict(*row) for row in self._asked(asked, (*statuses, each)))

    def _sorted(self, **wanted: Collection[str]) -> Iterator[tuple[Any, ...]]:
        terms = [f'"{name}" IN ({", ".join("?" * len(values))})' for name, values in wanted.items()]
        where = f"WHERE {' AND '.join(terms)}" if terms else ""
        asked = f"SELECT {_QUOTED} FROM verdicts {where} ORDER BY {_ORDER}"
        return self._asked(asked, [value for values in wanted.values() for value in values])

    def _asked(self, asked: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        self.flush()
        with _spoken(self.path):
            yield from map(_read, self._connection.execute(asked, values))

    def verdicts(self) -> pandas.DataFrame:
        """The table of verdicts, sorted likewise, read in pieces: what is packed already is no longer in rows."""
        import pandas  # heavy

        pieces: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for rows in _batched(self._sorted(), PIECE_ROWS):
            for name, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
                pieces[name].append(pandas.Series(values, dtype="float64" if name in FLOATS else "str"))
        frame = {}
        for name in COLUMNS:  # one at a time: pieces are let go of before the next are joined
            empty = pandas.Series([], dtype="float64" if name in FLOATS else "str")
            frame[name] = pandas.concat(pieces.pop(name) or [empty], ignore_index=True)
        return pandas.DataFrame(frame, copy=False)

    def export_csv(self, path: str | Path) -> None:
        """Write the table as CSV: sorted, floats in their shortest exact form, all at once or not at all."""
        with _spoken(path), _beside(Path(path)) as draft, draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(self._sorted())

    def export_parquet(self, path: str | Path) -> None:
        """Write the table as Parquet. Raises StoreError where the extra `pyarrow` is not installed."""
        try:
            importlib.import_module("pyarrow")
        except ImportError:
            raise StoreError(f"{path}: Parquet needs pyarrow: pip install 'harness[parquet]'") from None
        with _spoken(path), _beside(Path(path)) as draft:
            self.verdicts().to_parquet(draft, engine="pyarrow", index=False)

    def close(self) -> None:
        """Store what is waiting and let go of the file."""
        try:
            self.flush()
        finally:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def refuse_different(store: Store, header: Mapping[str, Any]) -> None:
    """Raise Different, with the reason, unless specs, seed and versions are those of the header."""
    theirs, ours = store.header, _as_json(header)
    for name in SAME:
        if theirs.get(name) != ours.get(name):
            raise Different(f"{store.path}: {_difference(name, theirs.get(name), ours.get(name))}; start a new run")


def merge(paths: Sequence[str | Path], out: str | Path) -> None:
    """Put the parts of one run into a new store, which is complete.

    Raises Unfinished, Gap, Overlap or Different where they are not the parts of one run, each once or in agreement.
    A header's ``shard`` ``i/n`` says which part it is; its ``cases``, where given, how many the whole run has.
    """
    out = Path(out)
    if not paths:
        raise Missing("nothing to merge")
    if out.exists():
        raise Exists(f"{out}: is there already")
    headers = _parts(paths)
    whole = {name: value for name, value in headers[0].items() if name != "shard"}
    with _beside(out) as draft, Store.create(draft, whole) as merged:
        connection = merged._connection
        connection.execute('CREATE TEMP TABLE seen (op TEXT, "case" TEXT, PRIMARY KEY (op, "case")) WITHOUT ROWID')
        for path in paths:
            with _spoken(path):
                _merge_one(connection, Path(path))
        (cases,) = connection.execute("SELECT count(*) FROM seen").fetchone()
        due = whole.get("cases", cases)
        due = sum(due.values()) if isinstance(due, Mapping) else due
        if due != cases:
            raise Gap(f"{out}: {cases} of {due} cases are there; judge the others and merge again")
        merged.finish({"cases": cases, "merged": [str(header.get("shard", "1/1")) for header in headers]})


def _parts(paths: Sequence[str | Path]) -> list[Mapping[str, Any]]:
    headers: list[Mapping[str, Any]] = []
    for path in paths:
        with Store.open(path) as store:
            if headers:
                refuse_different(store, headers[0])
                if store.header.get("cases") != headers[0].get("cases"):
                    raise Different(
                        f"{path}: {_difference('cases', store.header.get('cases'), headers[0].get('cases'))}"
                    )
            if not store.complete:
                raise Unfinished(f"{path}: the run has not come to its end; resume it, then merge")
            headers.append(store.header)
    _refuse_gaps(paths, [str(header["shard"]) for header in headers if "shard" in header])
    return headers


def _refuse_gaps(paths: Sequence[str | Path], shards: list[str]) -> None:
    counts = {shard.partition("/")[2] for shard in shards}
    if len(counts) > 1:
        raise Different(f"{paths[0]}: shards of different runs: {', '.join(sorted(shards))}")
    for count in counts:
        missing = sorted({f"{n}/{count}" for n in range(1, int(count) + 1)} - set(shards))
        if missing and len(shards) == len(paths):
            raise Gap(f"{paths[0]}: without shard {', '.join(missing)}; judge them and merge again")


def _merge_one(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("ATTACH ? AS part", (str(path),))
    try:
        with _transaction(connection):
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
    columns = ", ".join(f'"{name}"' for name in _MEASURED)
    ours, theirs = (
        connection.execute(
            f'SELECT {columns} FROM {part}.verdicts WHERE op = ? AND "case" = ? ORDER BY {_ORDER}', (op, case)
        ).fetchall()
        for part in ("main", "part")
    )
    for mine, other in zip(ours, theirs, strict=False):
        if mine != other:
            name = next(name for name, a, b in zip(_MEASURED, mine, other, strict=True) if a != b)
            a, b = (row[_MEASURED.index(name)] for row in (mine, other))
            raise Overlap(f"{path}: {case} has {name} {b!r} where another part has {a!r}")
    if len(ours) != len(theirs):
        raise Overlap(f"{path}: {case} has {len(theirs)} verdicts where another part has {len(ours)}")


class Salvaged(NamedTuple):
    """What can still be read of a damaged store: its header if any, whole cases, and rows of cases that are not."""

    header: Mapping[str, Any]
    whole: list[Verdict]
    loose: list[Verdict]


def salvage(path: str | Path) -> Salvaged:
    """Read every row that is still there, page by page, whatever the state of the file around it."""
    header: Mapping[str, Any] = {}
    found: dict[int, tuple[Any, ...]] = {}
    for number, record in _records(Path(path)):
        if _is_verdict(record):
            found[number] = record
        elif len(record) == 2 and record[0] == "header":
            with contextlib.suppress(ValueError, TypeError):
                header = json.loads(record[1])
    counts = Counter((row[0], row[1]) for row in found.values())
    whole: list[Verdict] = []
    loose: list[Verdict] = []
    for _, row in sorted(found.items()):
        (whole if counts[row[0], row[1]] == row[-1] else loose).append(Verdict(*_read(row[:-1])))
    return Salvaged(header, whole, loose)


def _is_verdict(record: tuple[Any, ...]) -> bool:
    if len(record) != len(COLUMNS) + 1 or not isinstance(record[-1], int):
        return False
    return all(
        isinstance(value, (float, int, type(None)) if name in FLOATS else str)
        for name, value in zip(COLUMNS, record, strict=False)
    )


def rescue(path: str | Path, out: str | Path) -> Salvaged:
    """Write the whole cases of a damaged store into a new one, to be resumed. Raises Damaged where no header is."""
    saved = salvage(path)
    if not saved.header:
        raise Damaged(f"{path}: nothing tells what was run; {len(saved.whole)} verdicts of whole cases can be read")
    with Store.create(out, saved.header) as store:
        store.append(saved.whole)
    return saved


def _records(path: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Row number and values of every row on every leaf of a table (sqlite.org/fileformat2.html, sections 1.6, 2.1)."""
    pages = _pages(path)
    for number, page in pages.items():
        start = 100 if number == 1 else 0
        if page[start : start + 1] != b"\x0d":
            continue
        for n in range(int.from_bytes(page[start + 3 : start + 5])):
            cell = int.from_bytes(page[start + 8 + 2 * n : start + 10 + 2 * n])
            with contextlib.suppress(IndexError, ValueError, KeyError, struct.error):
                length, at = _varint(page, cell)
                row, at = _varint(page, at)
                yield row, _values_of(_payload(pages, page, at, length))


def _pages(path: Path) -> dict[int, bytes]:
    """The pages by number, those committed to the write-ahead log (section 4) over those of the file."""
    content = path.read_bytes()
    size = int.from_bytes(content[16:18])
    size = 65536 if size == 1 else size if size >= 512 and not size & (size - 1) else 4096
    pages = {n // size + 1: content[n : n + size] for n in range(0, len(content), size)}
    with contextlib.suppress(OSError):
        log = path.with_name(path.name + "-wal").read_bytes()
        waiting: dict[int, bytes] = {}
        for at in range(32, len(log) - 23 - size, 24 + size):
            if log[at + 8 : at + 16] != log[16:24]:
                break
            waiting[int.from_bytes(log[at : at + 4])] = log[at + 24 : at + 24 + size]
            if int.from_bytes(log[at + 4 : at + 8]):
                pages.update(waiting)
                waiting = {}
    return pages


def _payload(pages: Mapping[int, bytes], page: bytes, at: int, length: int) -> bytes:
    """The bytes of a row, gathered from its overflow pages where it is long (section 1.6)."""
    size = len(next(iter(pages.values())))
    most, least = size - 35, (size - 12) * 32 // 255 - 23
    if length <= most:
        return _cut(page, at, length)
    here = least + (length - least) % (size - 4)
    payload = _cut(page, at, here if here <= most else least)
    following = int.from_bytes(_cut(page, at + len(payload), 4))
    while following and len(payload) < length:
        payload += _cut(pages[following], 4, min(length - len(payload), size - 4))
        following = int.from_bytes(pages[following][:4])
    return _cut(payload, 0, length)


def _values_of(payload: bytes) -> tuple[Any, ...]:
    """The values of a record (section 2.1)."""
    head, at = _varint(payload, 0)
    kinds = []
    while at < head:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Any] = []
    for kind in kinds:
        size = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind] if kind < 10 else (kind - 12) // 2
        raw = _cut(payload, at, size)
        at += size
        if kind >= 12:
            values.append(raw.decode() if kind % 2 else raw)
        elif kind == 7:
            values.append(struct.unpack(">d", raw)[0])
        else:
            values.append({0: None, 8: 0, 9: 1}[kind] if kind in (0, 8, 9) else int.from_bytes(raw, signed=True))
    return tuple(values)


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for n in range(9):
        byte = raw[at + n]
        if n == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    raise ValueError("a number without an end")


def _cut(raw: bytes, at: int, length: int) -> bytes:
    piece = raw[at : at + length]
    if len(piece) != length:
        raise IndexError("beyond the end")
    return piece


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Journal ahead where the file system can; where it cannot, SQLite's own journal is as safe and slower."""
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextlib.contextmanager
def _spoken(path: str | Path) -> Iterator[None]:
    """Say in one line of ours what SQLite or the system says."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise Missing(f"{path}: holds no run yet") from None
        raise StoreError(f"{path}: {error}") from None
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{path}: {error}; `rescue` reads what is left of it") from None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A draft beside the path, which takes its place once it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(path)
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                draft.with_name(draft.name + end).unlink()


def _facts(connection: sqlite3.Connection) -> dict[str, Any]:
    return {name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM facts")}


def _put(connection: sqlite3.Connection, name: str, value: Any) -> None:
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value, sort_keys=True)))


def _as_json(header: Mapping[str, Any]) -> dict[str, Any]:
    """The header as it is read back: tuples as lists, keys as texts."""
    again: dict[str, Any] = json.loads(json.dumps(dict(header)))
    return again


def _batched(rows: Iterator[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    while piece := list(islice(rows, size)):
        yield piece


def _read(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row as it was written: NULL as NaN, and numbers of float columns as floats."""
    values = list(row)
    for n in _FLOAT_COLUMNS:
        values[n] = math.nan if values[n] is None else float(values[n])
    return tuple(values)


def _difference(name: str, theirs: Any, ours: Any) -> str:
    """Which entry differs, and how."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours}):
            if theirs.get(key) != ours.get(key):
                return _difference(f"{name} {key}", theirs.get(key), ours.get(key))
    return f"{name} was {_said(theirs)}, now {_said(ours)}"


def _said(value: Any) -> str:
    return "not there" if value is None else str(value)
