"""A damaged store -> what can still be read of it, and a new one to go on with."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.model import COLUMNS, Verdict
from harness.store.errors import Damaged
from harness.store.file import FLOATS, Store, checksum, read_back
from harness.store.pages import records
from harness.vocabulary import counted


class Salvaged(NamedTuple):
    """What can still be read of a damaged store: its header if any, whole cases, and rows of cases that are not."""

    header: Mapping[str, Any]
    whole: list[Verdict]
    loose: list[Verdict]


def salvage(path: str | Path) -> Salvaged:
    """Read every row that is still there, page by page, whatever the state of the file around it."""
    header: Mapping[str, Any] = {}
    found: dict[int, tuple[Any, ...]] = {}
    for number, record in records(Path(path)):
        if _is_verdict(record):
            found[number] = record
        elif len(record) == 2 and record[0] == "header":
            with contextlib.suppress(ValueError, TypeError):
                header = dict(json.loads(record[1]))
    counts = Counter((row[0], row[1]) for row in found.values())
    whole: list[Verdict] = []
    loose: list[Verdict] = []
    for _, row in sorted(found.items()):
        *values, size, _ = row
        (whole if counts[row[0], row[1]] == size else loose).append(Verdict(*read_back(values)))
    return Salvaged(header, whole, loose)


def rescue(path: str | Path, out: str | Path) -> Salvaged:
    """Write the whole cases of a damaged store into a new one, to be resumed. Raises Damaged where no header is."""
    saved = salvage(path)
    if not saved.header:
        left = f"{counted(len(saved.whole), 'verdict')} of whole cases can be read, and no run goes on with them"
        raise Damaged(f"{path}: the run's header is lost; {left}; run it again")
    with Store.create(out, saved.header) as store:
        store.append(saved.whole)
    return saved


def _is_verdict(record: tuple[Any, ...]) -> bool:
    """Whether a record is a row as it was written."""
    if len(record) != len(COLUMNS) + 2 or not isinstance(record[-2], int):
        return False
    sound = all(
        isinstance(value, (float, int, type(None)) if name in FLOATS else str)
        for name, value in zip(COLUMNS, record, strict=False)
    )
    return sound and checksum(read_back(record[:-2])) == record[-1]
