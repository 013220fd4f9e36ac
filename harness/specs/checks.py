"""Addresses in a file -> what is wrong there: the checks that every part of a spec shares."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection

from harness.expressions import Expression
from harness.model import Value
from harness.specs.errors import MAX_ERRORS, SpecError, SpecErrors, nearest, shown
from harness.specs.nodes import Loc, Node, within
from harness.vocabulary import DOTTED, NAME


def no_name(name: str, kind: str) -> str:
    """Why an expression cannot name it; empty where it can."""
    if NAME.fullmatch(name) and not keyword.iskeyword(name):
        return ""
    return f"the {kind} `{shown(name)}` is no name, expected ASCII letters, digits and _, and no Python keyword"


class Checks:
    """Says what is wrong in one file, by the addresses of its values."""

    def __init__(self, path: str, root: Node, errors: list[SpecError]) -> None:
        self.path, self.root, self.errors = path, root, errors

    def written(self, part: str) -> dict[str, None]:
        """The names that a mapping of the file gives, in order, those with a wrong value included."""
        value = self.root.value.get(part)
        return dict.fromkeys(value if isinstance(value, dict) else ())

    def error(self, loc: Loc, message: str, column: int = 0) -> None:
        """Something is wrong with the value at that address."""
        self.report(within(self.root.at(loc), column), message)

    def key_error(self, loc: Loc, message: str) -> None:
        """Something is wrong with the key at that address."""
        self.report(self.root.key_at(loc), message)

    def report(self, mark: tuple[int, int], message: str) -> None:
        """Something is wrong there. Raises SpecErrors where too much is."""
        self.errors.append(SpecError(self.path, *mark, message))
        if len(self.errors) >= MAX_ERRORS:
            raise SpecErrors(self.errors)

    def name(self, name: str, kind: str, mark: tuple[int, int]) -> None:
        """An identifier that an expression can name."""
        if wrong := no_name(name, kind):
            self.report(mark, wrong)

    def among(self, name: str, names: Collection[str], kind: str, loc: Loc) -> bool:
        """Whether ``name`` is one of ``names``; where it is not, says so with the nearest one."""
        if name not in names:
            self.error(loc, f"unknown {kind} `{shown(name)}`{nearest(name, names)}")
        return name in names

    def dotted(self, path: str, loc: Loc) -> None:
        """A dotted path is ``module:attribute``."""
        if not DOTTED.fullmatch(path):
            module, _, attribute = path.rpartition(".")
            guess = f"{module}:{attribute}"
            hint = f"; did you mean `{guess}`?" if DOTTED.fullmatch(guess) else ""
            self.error(loc, f"`{shown(path)}`, expected module:attribute{hint}")

    def size(self, value: Value, loc: Loc) -> None:
        """A size is a whole number of at least 0, or a tuple of such."""
        flat = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 2**63 for v in flat):
            self.error(loc, f"`{shown(value)}`, expected a size: a whole number of at least 0, or a list of such")

    def shape_loc(self, part: str, name: str, i: int) -> Loc:
        """The address of one entry of a shape, short or long form."""
        loc = (part, name, "shape", i)
        return loc if "shape" in self.root.at(loc[:2]).children else (part, name, i)

    def names_in(self, expression: Expression, names: Collection[str], loc: Loc) -> None:
        """Reports every unknown name of an expression, at its column."""
        for name in sorted(expression.names - frozenset(names)):
            found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", expression.text)
            message = f"unknown name `{shown(name)}` in `{shown(expression.text)}`{nearest(name, names)}"
            self.error(loc, message, found.start() + 1 if found else 0)

    def splat(self, expression: Expression, loc: Loc) -> None:
        """A splat stands in shapes only."""
        if expression.splat:
            self.error(loc, f"the splat `{shown(expression.text)}` outside a shape")
