"""Each command whole: its options, what it says of itself, what it does. Each module has one ``command``."""

#: Every command, in the order in which help tells them.
NAMES = (
    "run",
    "check",
    "show",
    "shrink",
    "smoke",
    "corpus",
    "list",
    "report",
    "diff",
    "site",
    "merge",
    "rescue",
    "schema",
    "new",
)
