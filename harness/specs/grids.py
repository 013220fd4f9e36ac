"""Spec -> whether every grid of it has a case."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from harness.expressions import ExpressionError
from harness.model import GIVEN, NONE, Invalid, Spec, Value
from harness.specs.errors import shown
from harness.specs.nodes import Loc
from harness.specs.reading import Reader

#: Most names bound in search of points that satisfy ``where``; beyond, the search says nothing.
MAX_BOUND = 200_000


class Search:
    """Search of the grids of a spec for their cases, as far as its budget reaches."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.budget = reader, MAX_BOUND

    def check_cases(self, spec: Spec) -> None:
        """Every grid has a case, whose arrays have shapes."""
        base: dict[str, tuple[Value, ...]] = {
            **spec.sizes,
            **dict.fromkeys(self.reader.optional, (GIVEN, NONE)),
            **spec.params,
        }
        base["dtype"] = spec.dtypes
        first = {axis: values[:1] for axis, values in base.items()} | {"layout": ("contiguous",), "fill": ("normal",)}
        self.check_grid(spec, {**first, **base}, ("where",))
        for name, axes in spec.grids.items():
            if not self.reader.errors and self.budget > 0:
                self.check_grid(spec, {**first, **axes}, ("grids", name))
        for i, fault in enumerate(spec.invalid):
            self.check_invalid(spec, {axis: values[0] for axis, values in first.items()}, fault, ("invalid", i))

    def check_invalid(self, spec: Spec, names: dict[str, Value], fault: Invalid, loc: Loc) -> None:
        """An invalid call has arrays all the same: their shapes have values."""
        names |= {**fault.sizes, **fault.params}
        for name, expression in spec.let.items():
            try:
                names[name] = expression(names)
            except ExpressionError:
                names[name] = None
        for given in spec.inputs:
            for expression in fault.shapes.get(given.name, given.shape):
                try:
                    expression(names)
                except ExpressionError as error:
                    words = f"{error}; an invalid call needs a shape for `{given.name}`: give it under `shapes`"
                    self.reader.error(loc, words)

    def check_grid(self, spec: Spec, grid: Mapping[str, tuple[Value, ...]], loc: Loc) -> None:
        """One case at least satisfies ``where``."""
        wrong: tuple[Loc, str] | None = None
        for point in itertools.product(*grid.values()):
            if self.budget < 0:
                return
            self.budget -= len(grid) + len(spec.let)
            faults = self.faults(spec, dict(zip(grid, point, strict=True)))
            fault = next(faults, None)
            if fault is None:
                return
            wrong = wrong or (fault if fault[1] else None)
        which = f" of the grid `{shown(loc[1])}`" if len(loc) > 1 else ""
        self.reader.error(*(wrong or (loc, f"no case{which} satisfies `{shown(spec.where.text)}`")))

    def faults(self, spec: Spec, names: dict[str, Value]) -> Iterator[tuple[Loc, str]]:
        """Why a point of the grid is no case: without words where ``where`` alone says so."""
        loc: Loc = ("where",)
        try:
            for name, expression in spec.let.items():
                loc = ("let", name)
                names[name] = expression(names)
            loc = ("where",)
            if not spec.where(names):
                yield loc, ""
            for loc, expression in self.reader.shapes(names):
                value = expression(names)
                if not all(type(v) is int and v >= 0 for v in (value if expression.splat else (value,))):
                    yield loc, f"`{shown(expression.text)}` gives `{shown(value)}`, expected a size"
        except ExpressionError as error:
            yield loc, str(error)
