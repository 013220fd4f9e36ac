"""Connections, transactions and drafts of SQLite files, and what SQLite says in a line of ours."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from harness.store.errors import Busy, Damaged, Foreign, StoreError
from harness.vocabulary import RUN_FILE

#: What every SQLite file begins with.
MAGIC = b"SQLite format 3\0"

#: How the names end of what SQLite keeps beside a file.
LOGS = ("-wal", "-shm", "-journal")

#: What to do with a damaged file.
RESCUING = "`harness rescue` reads what is left of it"

#: Seconds to wait for another process that is writing.
BUSY_SECONDS = 30.0


def connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )


def refuse_foreign(path: Path) -> None:
    """Raise Foreign where a file begins as no SQLite file does, however little is left of it."""
    with path.open("rb") as file:
        begins = file.read(len(MAGIC))
    if not MAGIC.startswith(begins):
        damaged = f"; was it one, {RESCUING}" if path.name == RUN_FILE else ""
        raise Foreign(f"{path}: is no run file, expected {RUN_FILE} of a folder that `harness run` wrote{damaged}")


def write_ahead(connection: sqlite3.Connection) -> None:
    """Journal ahead where the file system can; where it cannot, SQLite's own journal is as safe and slower."""
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextlib.contextmanager
def spoken(path: str | Path) -> Iterator[None]:
    """Say in one line of ours what SQLite or the system says."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(f"{path}: {error}") from None
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{path}: {error}; {RESCUING}") from None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Be the one writer of a run file. Raises Busy where another process is."""
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout:
        raise Busy(f"{path}: another command writes this run now; wait for it, or write elsewhere (--out)") from None


def put_aside(path: Path, kept: Path) -> None:
    """Move a file, where there is one, in the place of another, with what of it is not folded in yet."""
    for end in ("", *LOGS):
        old, new = path.with_name(path.name + end), kept.with_name(kept.name + end)
        new.unlink(missing_ok=True)
        if old.exists():
            old.replace(new)


@contextlib.contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A draft beside the path, which takes its place once it is whole: no log of the old file is left to the new."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        _remove_logs(path)
        draft.replace(path)
    finally:
        _remove_logs(draft)
        with contextlib.suppress(OSError):
            draft.unlink()


def _remove_logs(path: Path) -> None:
    for end in LOGS:
        with contextlib.suppress(OSError):
            path.with_name(path.name + end).unlink()
