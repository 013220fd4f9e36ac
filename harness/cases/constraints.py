"""Spec -> clauses: conditions on few axes each, which together hold of a point where it is a case.

What `where` says is split at its `and`s, through the names of `let`, and by distribution at its `or`s: a table over four
axes is small where one over twelve is not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from harness.expressions import Expression, ExpressionError, parse
from harness.model import NONE, Spec, Value

#: Most clauses that one condition is split into; beyond, it stays whole.
MOST_CLAUSES = 64


@dataclass(frozen=True)
class Clause:
    """A condition on some axes."""

    scope: tuple[str, ...]
    holds: Callable[[Mapping[str, Value]], bool]


def clauses(spec: Spec, axes: Sequence[str]) -> tuple[Clause, ...]:
    """The clauses of a spec's cases; those with the same axes as one."""
    reading = _Reading(spec, tuple(axes))
    found: dict[tuple[str, ...], list[Callable[[Mapping[str, Value]], bool]]] = {}
    for scope, holds in reading.every():
        found.setdefault(scope, []).append(holds)
    return tuple(Clause(scope, _all(tests)) for scope, tests in found.items())


def _all(tests: Sequence[Callable[[Mapping[str, Value]], bool]]) -> Callable[[Mapping[str, Value]], bool]:
    return lambda point: all(test(point) for test in tests)


class _Reading:
    def __init__(self, spec: Spec, axes: tuple[str, ...]) -> None:
        self.spec, self.axes = spec, axes

    def _lets(self, names: frozenset[str]) -> tuple[str, ...]:
        """The names of `let` that some names rest on, in order."""
        wanted, pending = set[str](), [n for n in names if n in self.spec.let]
        while pending:
            name = pending.pop()
            if name not in wanted:
                wanted.add(name)
                pending.extend(n for n in self.spec.let[name].names if n in self.spec.let)
        return tuple(n for n in self.spec.let if n in wanted)

    def every(self) -> Iterator[tuple[tuple[str, ...], Callable[[Mapping[str, Value]], bool]]]:
        """Every condition with the axes it rests on: of `where`, of shapes but for plain sizes."""
        for either in self.split(ast.parse(self.spec.where.text.strip(), mode="eval").body):
            yield self.test([parse(ast.unparse(node)) for node in either], any)
        for given in self.spec.inputs:
            for expression in (e for e in given.shape if e.text.lstrip("*") not in self.spec.sizes):
                yield self.test([expression], _is_shape, given.name if given.optional else "")

    def test(
        self, expressions: Sequence[Expression], of: Callable[[Iterator[Any]], bool], optional: str = ""
    ) -> tuple[tuple[str, ...], Callable[[Mapping[str, Value]], bool]]:
        """A condition on the values of some expressions; nothing is asked of an optional input that is absent."""
        names = frozenset[str]().union(*(e.names for e in expressions))
        lets = self._lets(names)
        used = names.union(*(self.spec.let[n].names for n in lets)) | ({optional} - {""})
        scope = tuple(axis for axis in self.axes if axis in used)

        def holds(point: Mapping[str, Value]) -> bool:
            if optional and point[optional] == NONE:
                return True
            known: dict[str, Any] = {"grid": "", "invalid": "", **point}
            try:
                for name in lets:
                    known[name] = self.spec.let[name](known)
            except (ExpressionError, ZeroDivisionError):
                return False
            return of(_value(e, known) for e in expressions)

        return scope, holds

    def split(self, node: ast.expr) -> list[list[ast.expr]]:
        """A condition as a conjunction of disjunctions."""
        match node:
            case ast.BoolOp(ast.And(), values):
                return [either for value in values for either in self.split(value)]
            case ast.BoolOp(ast.Or(), values):
                parts = [self.split(value) for value in values]
                count = 1
                for part in parts:
                    count *= len(part)
                if count > MOST_CLAUSES:
                    return [[node]]
                return [[n for either in chosen for n in either] for chosen in product(*parts)]
            case ast.UnaryOp(ast.Not(), ast.BoolOp(op, values)):
                turned: ast.boolop = ast.Or() if isinstance(op, ast.And) else ast.And()
                return self.split(ast.BoolOp(turned, [ast.UnaryOp(ast.Not(), v) for v in values]))
            case ast.Name(name) if name in self.spec.let and _is_logical(self.spec.let[name].text):
                return self.split(ast.parse(self.spec.let[name].text.strip(), mode="eval").body)
        return [[node]]


@cache
def _is_logical(text: str) -> bool:
    return isinstance(ast.parse(text.strip(), mode="eval").body, ast.BoolOp)


def _value(expression: Expression, known: Mapping[str, Any]) -> Any:
    """The value of an expression; False where it has none, as a condition that cannot be said to hold."""
    try:
        return expression(known)
    except (ExpressionError, ZeroDivisionError):
        return False


def _is_shape(values: Iterator[Any]) -> bool:
    for value in values:
        entries = value if isinstance(value, (tuple, list)) else (value,)
        if value is False or not all(isinstance(n, (int, float)) and n >= 0 for n in entries):
            return False
    return True
