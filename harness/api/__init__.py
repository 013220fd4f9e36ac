"""A call in anybody's program -> what the harness says of it; ``harness`` itself exports these names.

``assert_conforms``, ``assert_close_to_definition`` and ``bound`` look at one result, in this process. ``check`` judges a
function under every law, as the command does.
"""

from harness.api.checking import Answer, check
from harness.api.definitions import Bounded, Definition, assert_close_to_definition, assert_conforms, bound

__all__ = [
    "Answer",
    "Bounded",
    "Definition",
    "assert_close_to_definition",
    "assert_conforms",
    "bound",
    "check",
]
