"""Verdicts <-> one SQLite file that outlives whatever kills its writer.

Rows are appended in transactions of whole cases, so a kill never leaves half a case. The header (what was run, with
what) is a row like any other, as is the footer, which only a run that came to its end has. NaN, which SQLite does not
store, is kept as NULL; every other float is kept bit for bit.

``file`` is the store itself, ``merging`` puts the parts of one run together, ``salvaging`` reads what is left of a damaged one
by its bare ``pages``.
"""

from __future__ import annotations

from harness.store.connections import put_aside, writing
from harness.store.errors import Foreign, StoreError
from harness.store.file import Store, refuse_different
from harness.store.merging import merge
from harness.store.salvaging import rescue, salvage

__all__ = ["Foreign", "Store", "StoreError", "merge", "put_aside", "refuse_different", "rescue", "salvage", "writing"]
