"""Verdicts <-> one SQLite file."""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import operator
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from harness.model import COLUMNS, Verdict
from harness.store.connections import (
    RESCUING,
    beside,
    closed_on_error,
    connected,
    refuse_foreign,
    spoken,
    transaction,
    write_ahead,
)
from harness.store.errors import Damaged, Different, Exists, Missing, StoreError, Unfinished

if TYPE_CHECKING:
    import pandas

#: Written into the file; a store of another format is refused.
FORMAT = 3

#: Header fields in which the parts of one run must agree.
SAME = ("specs", "seed", "versions")

#: Ops that a refusal names.
MOST_NAMED = 5

#: Rows, and seconds, that may wait for one transaction.
BATCH_ROWS, BATCH_SECONDS = 1_000, 0.5

#: Rows read at a time.
PIECE_ROWS = 10_000

#: What a table of verdicts is sorted by.
KEY = ("op", "case", "candidate", "law", "subject", "scenario")

#: The columns that are floats; NaN in them is NULL.
FLOATS = ("margin", "ulps", "blind", "seconds")

FLOAT_COLUMNS = tuple(COLUMNS.index(name) for name in FLOATS)
_FLOAT_PLACES = frozenset(FLOAT_COLUMNS)
_values = operator.attrgetter(*COLUMNS)
MEASURED = tuple(name for name in COLUMNS if name != "seconds")
QUOTED = ", ".join(f'"{name}"' for name in COLUMNS)
ORDER = ", ".join(f'"{name}"' for name in (*KEY, *(name for name in MEASURED if name not in KEY)))

# Float columns have no declared type: SQLite would turn -0.0 into 0 in a REAL one.
_SCHEMA = f"""
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE verdicts ({", ".join(f'"{name}"' if name in FLOATS else f'"{name}" TEXT' for name in COLUMNS)},
                       "rows" INTEGER, "checksum" INTEGER);
"""


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
        with spoken(path):
            connection = connected(path, "rwc")
            with closed_on_error(connection):
                write_ahead(connection)
                with transaction(connection):
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
                    _put(connection, "format", FORMAT)
                    _put(connection, "header", dict(header))
        return cls(path, connection, as_json(header))

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """The store at that path, for reading or writing. Raises Missing, Foreign or Damaged."""
        path = Path(path)
        if not path.is_file():
            raise Missing(f"{path}: no run there")
        with spoken(path):
            refuse_foreign(path)
            connection = connected(path, "rw")
            with closed_on_error(connection):
                if not _begun(connection):
                    raise Missing(f"{path}: holds no run yet")
                facts = _facts(connection)
                if not isinstance(facts.get("header"), dict):
                    raise Damaged(f"{path}: the run's header is lost; {RESCUING}")
                if facts.get("format") != FORMAT:
                    raise Different(f"{path}: format {facts.get('format')}, this harness reads {FORMAT}; run it again")
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
            with spoken(store.path):
                write_ahead(store._connection)
        except StoreError:
            store.close()
            raise
        return store

    def append(self, rows: Iterable[Verdict]) -> None:
        """Add the verdicts of whole cases; none of them is ever stored without the others of its case."""
        rows = list(rows)
        sizes = Counter((row.op, row.case) for row in rows)
        for row in rows:
            values = _values(row)
            self._waiting.append((*values, sizes[row.op, row.case], checksum(values)))
        if len(self._waiting) >= BATCH_ROWS or time.monotonic() - self._since > BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Put what is waiting into the file. Raises StoreError where it cannot be written."""
        waiting, self._waiting = self._waiting, []
        self._since = time.monotonic()
        if waiting:
            marks = ", ".join("?" * (len(COLUMNS) + 2))
            with spoken(self.path), transaction(self._connection):
                self._connection.executemany(f"INSERT INTO verdicts VALUES ({marks})", waiting)

    def finish(self, footer: Mapping[str, Any]) -> None:
        """Say that the run has come to its end, and fold the file into one that can be copied."""
        self.flush()
        with spoken(self.path):
            with transaction(self._connection):
                _put(self._connection, "footer", dict(footer))
            with contextlib.suppress(sqlite3.OperationalError):  # somebody is reading it: the log stays beside it
                self._connection.execute("PRAGMA journal_mode = DELETE")

    @property
    def complete(self) -> bool:
        """Whether the run has come to its end."""
        with spoken(self.path):
            return "footer" in _facts(self._connection)

    @property
    def footer(self) -> Mapping[str, Any]:
        """What `finish` was given. Raises Unfinished before that."""
        with spoken(self.path):
            facts = _facts(self._connection)
        if "footer" not in facts:
            raise Unfinished(f"{self.path}: the run has not come to its end; resume it")
        footer: Mapping[str, Any] = facts["footer"]
        return footer

    def done(self) -> set[tuple[str, str]]:
        """The (op, case) of every case that is judged and stored."""
        self.flush()
        with spoken(self.path):
            return set(self._connection.execute('SELECT DISTINCT op, "case" FROM verdicts'))

    def tally(self, **wanted: Collection[str]) -> dict[tuple[str, str, str], int]:
        """How many rows there are of each (op, candidate, status), among those whose columns have a value wanted."""
        self.flush()
        where, values = _condition(wanted)
        counting = f"SELECT op, candidate, status, count(*) FROM verdicts {where} GROUP BY op, candidate, status"
        with spoken(self.path):
            return {(op, name, status): n for op, name, status, n in self._connection.execute(counting, values)}

    def count(self) -> int:
        """How many verdicts there are."""
        self.flush()
        with spoken(self.path):
            (found,) = self._connection.execute("SELECT count(*) FROM verdicts").fetchone()
        return int(found)

    def marks(self) -> list[Verdict]:
        """One row per op, candidate and known deviation that it showed: all that a ledger asks of a run."""
        self.flush()
        with spoken(self.path):
            found = self._connection.execute("SELECT DISTINCT op, candidate, known FROM verdicts").fetchall()
        return [Verdict(op, "", by, "", "", "", "", known=known) for op, by, known in found]

    def rows(self, **wanted: Collection[str]) -> Iterator[Verdict]:
        """Every verdict whose columns have one of the values wanted, sorted by op, case, candidate, law, subject and scenario."""
        return (Verdict(*row) for row in self._sorted(**wanted))

    def worst(self, each: int, statuses: Collection[str]) -> Iterator[Verdict]:
        """Of every op, candidate, law and status wanted so many rows of the largest margins, and as many unmeasured."""
        marks = ", ".join("?" * len(statuses))
        ranked = (
            f"SELECT {QUOTED}, checksum, row_number() OVER (PARTITION BY op, candidate, law, status, bound = ''"
            f' ORDER BY margin DESC, length("case"), {ORDER}) AS place'
            f" FROM verdicts WHERE status IN ({marks})"
        )
        asked = f"SELECT {QUOTED}, checksum FROM ({ranked}) WHERE place <= ? ORDER BY {ORDER}"
        return (Verdict(*row) for row in self._asked(asked, (*statuses, each)))

    def _sorted(self, **wanted: Collection[str]) -> Iterator[tuple[Any, ...]]:
        where, values = _condition(wanted)
        return self._asked(f"SELECT {QUOTED}, checksum FROM verdicts {where} ORDER BY {ORDER}", values)

    def _asked(self, asked: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        for columns in self._pieces(asked, values):
            yield from zip(*columns, strict=True)

    def _pieces(self, asked: str, values: Sequence[Any] = ()) -> Iterator[list[Sequence[Any]]]:
        """What is asked, so many rows at a time, as columns. Raises Damaged at a row that is not as it was written."""
        self.flush()
        with spoken(self.path):
            cursor = self._connection.execute(asked, values)
            while rows := cursor.fetchmany(PIECE_ROWS):
                columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
                written = columns.pop()
                del rows
                for n in FLOAT_COLUMNS:
                    columns[n] = [math.nan if v is None else float(v) for v in columns[n]]
                if (found := list(checksums(columns))) != list(written):
                    at = next(n for n, (one, other) in enumerate(zip(found, written, strict=True)) if one != other)
                    case, by = (columns[COLUMNS.index(name)][at] for name in ("case", "candidate"))
                    raise Damaged(f"{self.path}: the row of {case} of {by} is not as it was written; {RESCUING}")
                yield columns

    def table(self) -> pandas.DataFrame:
        """The table of verdicts, sorted likewise, the words of the columns CODED as codes."""
        from harness.store.tables import table  # heavy

        return table(self._pieces(f"SELECT {QUOTED}, checksum FROM verdicts"))

    def verdicts(self) -> pandas.DataFrame:
        """The table of verdicts, sorted likewise."""
        from harness.coding import plain  # heavy

        return plain(self.table())

    def export_csv(self, path: str | Path, table: pandas.DataFrame | None = None) -> None:
        """Write the table as CSV: sorted, floats in their shortest exact form, all at once or not at all.

        A table that has been read already is not read again.
        """
        from harness.store.tables import write_csv  # heavy

        read = self.table() if table is None else table
        with spoken(path), beside(Path(path)) as draft, draft.open("w", newline="", encoding="utf-8") as file:
            write_csv(read, file)

    def export_parquet(self, path: str | Path) -> None:
        """Write the table as Parquet. Raises StoreError where the extra `pyarrow` is not installed."""
        try:
            importlib.import_module("pyarrow")
        except ImportError:
            raise StoreError(f"{path}: Parquet needs pyarrow: pip install 'conformance-harness[parquet]'") from None
        with spoken(path), beside(Path(path)) as draft:
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


def _condition(wanted: Mapping[str, Collection[str]]) -> tuple[str, list[str]]:
    """The condition that columns have one of the values wanted, with the values."""
    terms = [f'"{name}" IN ({", ".join("?" * len(values))})' for name, values in wanted.items()]
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    return where, [value for values in wanted.values() for value in values]


def refuse_different(store: Store, header: Mapping[str, Any]) -> None:
    """Raise Different, with the reason, unless specs, seed and versions are those of the header."""
    theirs, ours = store.header, as_json(header)
    if differ := _other_specs(theirs.get("specs", {}), ours.get("specs", {})):
        raise Different(f"{store.path}: began with other specs ({differ}); name the same, or start a new run")
    for name in SAME:
        if theirs.get(name) != ours.get(name):
            raise Different(f"{store.path}: {difference(name, theirs.get(name), ours.get(name))}; start a new run")


def _begun(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone())


def _facts(connection: sqlite3.Connection) -> dict[str, Any]:
    """What is known of a run; a fact that cannot be read is None."""
    found: dict[str, Any] = {}
    for name, value in connection.execute("SELECT name, value FROM facts"):
        found[name] = None
        with contextlib.suppress(ValueError, TypeError):
            found[name] = json.loads(value)
    return found


def _put(connection: sqlite3.Connection, name: str, value: Any) -> None:
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value, sort_keys=True)))


def as_json(header: Mapping[str, Any]) -> dict[str, Any]:
    """The header as it is read back: tuples as lists, keys as texts."""
    again: dict[str, Any] = json.loads(json.dumps(dict(header)))
    return again


def read_back(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row as it was written: NULL as NaN, and numbers of float columns as floats."""
    values = list(row)
    for n in FLOAT_COLUMNS:
        values[n] = math.nan if values[n] is None else float(values[n])
    return tuple(values)


def checksum(row: Sequence[Any]) -> int:
    """CRC-32 of a row's values, by which a changed bit is found when it is read."""
    (found,) = checksums([(value,) for value in row])
    return found


def checksums(columns: Sequence[Sequence[Any]]) -> Iterator[int]:
    """The checksum of each of many rows, which are given as columns."""
    texts = [map(repr, map(float, c)) if n in _FLOAT_PLACES else c for n, c in enumerate(columns)]
    return map(zlib.crc32, map(str.encode, map("\0".join, zip(*texts, strict=True))))


def difference(name: str, theirs: Any, ours: Any) -> str:
    """Which entry differs, and how."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours}):
            if theirs.get(key) != ours.get(key):
                return difference(f"{name} {key}", theirs.get(key), ours.get(key))
    return f"{name} was {_said(theirs)}, now {_said(ours)}"


def _other_specs(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Of which ops the specs differ, those of a store from others, which are named by op with their digests."""
    kinds = {
        "changed": [op for op in theirs if op in ours and theirs[op] != ours[op]],
        "no longer named": [op for op in theirs if op not in ours],
        "named now alone": [op for op in ours if op not in theirs],
    }
    return "; ".join(f"{kind}: {_listed(ops)}" for kind, ops in kinds.items() if ops)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"`{name}`" for name in names[:MOST_NAMED]) + more


def _said(value: Any) -> str:
    return "not there" if value is None else str(value)
