"""What can be wrong with a store; the errors are called what is wrong."""

from __future__ import annotations


class StoreError(Exception):
    """One line about a store: which file, what is wrong, what to do."""


class Missing(StoreError):
    """There is no store at that path, or it holds no run yet."""


class Exists(StoreError):
    """There is a store already where a new one was to be made."""


class Busy(StoreError):
    """Another process writes the store."""


class Different(StoreError):
    """The store is of other specs, another seed or other versions."""


class Damaged(StoreError):
    """The file is truncated or corrupt."""


class Foreign(StoreError):
    """The file never was a store."""


class Unfinished(StoreError):
    """The run in that store has not come to its end."""


class NoShard(StoreError):
    """What is to be merged is no shard."""


class Gap(StoreError):
    """Shards or cases are missing among the stores to merge."""


class Overlap(StoreError):
    """Two stores to merge hold different verdicts of one case."""
