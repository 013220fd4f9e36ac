"""Document -> Spec, with every check that needs more than one field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path

from harness.expressions import Expression, ExpressionError, parse
from harness.model import GIVEN, NONE, CandidateSpec, Input, Invalid, Known, Law, Output, Spec, Value
from harness.specs.checks import Checks
from harness.specs.documents import CandidateDocument, Document, InputDocument, OutputDocument
from harness.specs.errors import SpecError, nearest, shown
from harness.specs.files import siblings
from harness.specs.nodes import Loc, Node
from harness.subjects import said_now
from harness.vocabulary import (
    ALGORITHMS,
    AXES,
    DOMAINS,
    DTYPES,
    EXPLAINED,
    FILLS,
    INTEGERS,
    JUDGED,
    LABEL,
    LAYOUTS,
    LIBRARIES,
    MARKS,
    MODELS,
    NAME,
    ORDERS,
    RELATIVE,
    is_fill,
    versions_of,
)

#: What has a name in every spec.
EVERY = "taken by every spec"

#: What to do about a name that is taken: by what has it, and of what every spec has by what wants it.
INSTEAD = {
    "a size": "; take it out of `sizes`: shapes and domains may name params",
    "input": "; call it otherwise: inputs are given by position",
}


def _has_slope(form: InputDocument | OutputDocument) -> bool:
    """Whether an array has derivatives: whole numbers have none."""
    return form.differentiable and form.dtype not in INTEGERS


class Reader(Checks):
    """Document -> Spec, with every check that needs more than one field."""

    def __init__(
        self, path: str, root: Node, document: Document, errors: list[SpecError], laws: Collection[str] | None
    ) -> None:
        super().__init__(path, root, errors)
        self.document, self.laws = document, laws
        self.inputs = tuple(self.input(name) for name in document.inputs)
        self.outputs = tuple(self.output(name) for name in document.outputs)
        self.optional = dict.fromkeys(name[:-1] for name in self.written("inputs") if name.endswith("?"))
        self.sizes, self.params = self.written("sizes"), self.written("params")
        self.candidates = self.written("candidates")
        self.arrays = dict.fromkeys(name.removesuffix("?") for name in self.written("inputs"))
        self.axes = dict.fromkeys((*self.sizes, *self.optional, *self.params, *AXES))
        self.grid_names = self.axes.keys() - {"layout", "fill"}
        self.names = frozenset(self.grid_names | self.written("let").keys())
        self.case_names = self.names | set(AXES) | set(MARKS)

    def spec(self, digest: str) -> Spec:
        """The spec, all checks made."""
        d = self.document
        self.check_names()
        self.check_axes()
        self.check_expressions()
        self.among(d.error.model, MODELS, "error model", ("error", "model"))
        self.among(d.error.order, ORDERS, "order", ("error", "order"))
        self.dotted(d.oracle, ("oracle",))
        for name, path in d.mistakes.items():
            self.dotted(path, ("mistakes", name))
        return Spec(
            op=d.op,
            doc=d.doc,
            see=d.see,
            path=self.path,
            digest=digest,
            inputs=self.inputs,
            outputs=self.outputs,
            sizes=d.sizes,
            params=d.params,
            dtypes=d.dtype,
            let=d.let,
            where=d.where,
            sweep=d.sweep,
            combine=tuple(d.combine),
            grids=d.grids,
            invalid=self.invalid(),
            model=d.error.model,
            oracle=d.oracle,
            laws=self.added_laws(),
            exempt=self.exempt(d.exempt, ("exempt",)),
            candidates=tuple(self.candidate(name) for name in d.candidates),
            known=tuple(self.known(i) for i in range(len(d.known))),
            renamed=d.renamed,
            order=d.error.order,
            mistakes=d.mistakes,
            crossed=self.crossed(),
            siblings=siblings(d.op, Path(self.path)),
        )

    def crossed(self) -> tuple[str, ...]:
        """The grids that are crossed whole in every run, by names that exist."""
        for i, grid in enumerate(self.document.crossed):
            self.among(grid, self.document.grids, "grid", ("crossed", i))
        return self.document.crossed

    def input(self, name: str) -> Input:
        """One input, short or long form."""
        form = self.document.inputs[name]
        long = form if isinstance(form, InputDocument) else InputDocument.model_construct(shape=form)
        self.among(long.dtype, (*RELATIVE, *DTYPES), "dtype", ("inputs", name, "dtype"))
        ends = self.ends(long, name)
        optional, shape = name.endswith("?"), tuple(long.shape)
        return Input(name.removesuffix("?"), shape, optional, long.domain, long.dtype, _has_slope(long), *ends)

    def ends(self, given: InputDocument, name: str) -> tuple[Expression, Expression] | tuple[()]:
        """The first and the last whole number of an integer input; none of other inputs."""
        loc: Loc = ("inputs", name, "domain")
        low, dots, high = given.domain.partition("..")
        if not dots:
            if given.dtype in INTEGERS and given.dtype != "bool" and given.domain == "real":
                told = "expected the first and the last value of integers, as `domain: 0..V-1`; got none"
                self.error(("inputs", name), told)
            self.among(given.domain, DOMAINS, "domain", loc)
            return ()
        if given.dtype not in INTEGERS or given.dtype == "bool":
            told = f"expected an integer dtype with the domain `{shown(given.domain)}`, as `dtype: int64`"
            self.error(loc, f"{told}; got `{shown(given.dtype)}`")
        try:
            return parse(low.strip()), parse(high.strip())
        except ExpressionError as error:
            self.error(loc, f"expected `first..last` of whole numbers, as `0..V-1`: {error.message}")
            return ()

    def output(self, name: str) -> Output:
        """One output, short or long form."""
        form = self.document.outputs[name]
        long = form if isinstance(form, OutputDocument) else OutputDocument.model_construct(shape=form)
        self.among(long.dtype, (*RELATIVE, *DTYPES), "dtype", ("outputs", name, "dtype"))
        return Output(name, None if long.shape is None else tuple(long.shape), long.dtype, _has_slope(long))

    def check_names(self) -> None:
        """Every name is an identifier, and stands for one thing."""
        self.name(self.document.op, "op", self.root.at(("op",)).mark)
        if not self.written("outputs") and "outputs" in self.root.value:
            self.error(("outputs",), "no outputs, expected at least one")
        for name in self.written("outputs"):
            self.name(name, "output", self.root.key_at(("outputs", name)))
        given: dict[str, str] = dict.fromkeys((*AXES, *MARKS), EVERY)
        for part, kind in (("inputs", "input"), ("sizes", "size"), ("params", "param"), ("let", "let")):
            for key in self.written(part):
                name = key.removesuffix("?") if part == "inputs" else key
                self.name(name, kind, self.root.key_at((part, key)))
                if name in given:
                    instead = INSTEAD.get(given[name], INSTEAD.get(kind, "") if given[name] == EVERY else "")
                    self.key_error((part, key), f"the name `{shown(name)}` is already {given[name]}{instead}")
                given.setdefault(name, f"{'an' if kind == 'input' else 'a'} {kind}")

    def check_axes(self) -> None:
        """Every axis exists, and takes values of its kind."""
        d = self.document
        for name in d.sizes.keys() - set(AXES):
            self.axis_values(name, d.sizes[name], ("sizes", name))
        self.axis_values("dtype", d.dtype, ("dtype",))
        for axis, values in d.sweep.items():
            self.axis(axis, values, ("sweep", axis))
        for i, group in enumerate(d.combine):
            for axis in group:
                self.among(axis, self.axes, "axis", ("combine", i, group.index(axis)))
            if len(set(group)) < len(group) or len(group) < 2:
                self.error(("combine", i), f"`{shown(group)}`, expected two or more different axes")
        for grid, axes in d.grids.items():
            if not LABEL.fullmatch(grid):
                self.key_error(
                    ("grids", grid), f"the grid `{shown(grid)}` is no name, expected ASCII letters, digits, _ . -"
                )
            for axis, values in axes.items():
                self.axis(axis, values, ("grids", grid, axis))

    def axis(self, axis: str, values: tuple[Value, ...], loc: Loc) -> None:
        """An axis that exists, with values of its kind."""
        if axis in self.axes:
            self.axis_values(axis, values, loc)
        else:
            self.key_error(loc, f"unknown axis `{shown(axis)}`{nearest(axis, self.axes)}")

    def axis_values(self, axis: str, values: tuple[Value, ...], loc: Loc) -> None:
        """Values of an axis' kind: sizes whole, optional inputs given or none, dtypes known, other ones names."""
        for i, value in enumerate(values):
            if axis in AXES and not isinstance(value, str):
                self.error((*loc, i), f"`{shown(value)}`, expected a {axis}'s name")
            elif axis == "dtype":
                self.judged(value, (*loc, i))
            elif axis == "layout":
                self.among(value, LAYOUTS, "layout", (*loc, i))
            elif axis == "fill" and not is_fill(value):
                self.among(value, FILLS, "fill", (*loc, i))
            elif axis in self.sizes and axis not in AXES:
                self.size(value, (*loc, i))
            elif axis in self.optional and value not in (GIVEN, NONE):
                self.error((*loc, i), f"`{shown(value)}`, expected {GIVEN} or {NONE}")

    def judged(self, dtype: str, loc: Loc) -> None:
        """A dtype that cases may have: one with a precision; others are an input's own."""
        if self.among(dtype, DTYPES, "dtype", loc) and dtype not in JUDGED:
            own = f"write `dtype: [float64]` and give inputs their own, as `x: {{shape: [N], dtype: {dtype}}}`"
            self.error(loc, f"dtype {dtype}: a grid's dtype is a floating type; {own}")

    def check_expressions(self) -> None:
        """Every name in an expression is a size, an optional input, a param, the dtype or a let."""
        d = self.document
        known = set(self.grid_names)
        for name, expression in d.let.items():
            for later in sorted((expression.names & self.names) - known):
                self.error(("let", name), f"`{later}` is used above its own line; let is read from top to bottom")
            self.names_in(expression, self.names, ("let", name))
            self.splat(expression, ("let", name))
            known.add(name)
        self.names_in(d.where, self.names | set(AXES), ("where",))
        self.splat(d.where, ("where",))
        for loc, expression in self.shapes({}):
            self.names_in(expression, self.names, loc)
        for given in self.inputs:
            for end in filter(None, (given.least, given.most)):
                written = given.name if given.name in self.written("inputs") else f"{given.name}?"
                self.names_in(end, self.names, ("inputs", written, "domain"))

    def shapes(self, names: Mapping[str, Value]) -> Iterator[tuple[Loc, Expression]]:
        """Every entry of the shapes of inputs and outputs that are there, with its address."""
        for part, arrays in (("inputs", self.inputs), ("outputs", self.outputs)):
            for array in arrays:
                if names.get(array.name) != NONE or array.name not in self.optional:
                    for i, expression in enumerate(array.shape or ()):
                        yield self.shape_loc(part, array.name, i), expression

    def invalid(self) -> tuple[Invalid, ...]:
        """The invalid calls; each violates something, by names that exist."""
        seen: set[str] = set()
        for i, one in enumerate(self.document.invalid):
            loc: Loc = ("invalid", i)
            if not LABEL.fullmatch(one.name) or one.name in seen:
                self.error((*loc, "name"), f"`{shown(one.name)}`, expected a new name of ASCII letters, digits, _ . -")
            seen.add(one.name)
            if not (one.sizes or one.params or one.shapes or one.dtypes or one.values):
                self.error(
                    loc, f"`{shown(one.name)}` violates nothing, expected sizes, params, shapes, dtypes or values"
                )
            kinds = [("sizes", self.sizes, "size"), ("params", self.params, "param")]
            kinds += [(part, self.arrays, "input") for part in ("shapes", "dtypes", "values")]
            for part, names, kind in kinds:
                for name in getattr(one, part):
                    if name not in names:
                        message = f"unknown {kind} `{shown(name)}`{nearest(name, names)}"
                        self.key_error((*loc, part, name), message)
            for name, size in one.sizes.items():
                self.size(size, (*loc, "sizes", name))
            for name, dtype in one.dtypes.items():
                self.among(dtype, DTYPES, "dtype", (*loc, "dtypes", name))
            for name, shape in one.shapes.items():
                for j, expression in enumerate(shape):
                    self.names_in(expression, self.names, (*loc, "shapes", name, j))
            for name, expression in one.values.items():
                self.names_in(expression, self.names, (*loc, "values", name))
        return tuple(
            Invalid(
                o.name, o.because, o.sizes, o.params, {n: tuple(s) for n, s in o.shapes.items()}, o.dtypes, o.values
            )
            for o in self.document.invalid
        )

    def law(self, name: str, loc: Loc) -> None:
        """A law's name, one of those there are where they are told."""
        if self.laws is not None:
            self.among(name, self.laws, "law", loc)
        elif not NAME.fullmatch(name):
            self.error(loc, f"the law `{shown(name)}` is no name")

    def added_laws(self) -> tuple[Law, ...]:
        """The laws a spec adds, each of an input or output that exists, or of a function."""
        arrays = self.arrays | self.written("outputs")
        for i, law in enumerate(self.document.laws):
            loc: Loc = ("laws", i)
            self.law(law.name, loc)
            if law.of and ":" not in law.of:
                self.among(law.of, arrays, "input", (*loc, law.name))
        return tuple(self.document.laws)

    def exempt(self, laws: Mapping[str, str], loc: Loc) -> Mapping[str, str]:
        """Laws left out, each with its reason."""
        for name in laws:
            self.law(name, (*loc, name))
        return laws

    def candidate(self, name: str) -> CandidateSpec:
        """One candidate, short or long form."""
        loc: Loc = ("candidates", name)
        form = self.document.candidates[name]
        long = form if isinstance(form, CandidateDocument) else CandidateDocument.model_construct(call=form)
        if not LABEL.fullmatch(name):
            self.key_error(loc, f"the candidate `{shown(name)}` is no name, expected ASCII letters, digits, _ . -")
        library = long.library or name.partition(".")[0]
        if library not in LIBRARIES:
            hint = (
                nearest(library, LIBRARIES) if long.library else "; begin the name with one of " + ", ".join(LIBRARIES)
            )
            message = f"unknown library `{shown(library)}`{hint}{'' if long.library else ', or say `library:`'}"
            self.key_error((*loc, "library") if long.library else loc, message)
        self.dotted(long.call, (*loc, "call"))
        if long.vjp:
            self.dotted(long.vjp, (*loc, "vjp"))
        self.among(long.algorithm, ALGORITHMS, "algorithm", (*loc, "algorithm"))
        for i, dtype in enumerate(long.dtypes or ()):
            self.among(dtype, DTYPES, "dtype", (*loc, "dtypes", i))
        for i, one in enumerate(long.unsupported):
            self.condition(one.when, (*loc, "unsupported", i, "when"))
        return CandidateSpec(
            name=name,
            call=long.call,
            vjp=long.vjp,
            library=library,
            algorithm=long.algorithm,
            dtypes=long.dtypes,
            needs=long.needs,
            python=long.python or "",
            unsupported=tuple((one.when, one.because) for one in long.unsupported),
            exempt=self.exempt(long.exempt, (*loc, "exempt")),
            promises=long.promises,
        )

    def condition(self, expression: Expression, loc: Loc) -> None:
        """A condition on a case may name its layout, fill, grid and violated precondition as well."""
        self.names_in(expression, self.case_names, loc)
        self.splat(expression, loc)

    def known(self, i: int) -> Known:
        """One known deviation, by a candidate that exists."""
        one, loc = self.document.known[i], ("known", i)
        for j, name in enumerate(one.by):
            self.among(name, self.candidates, "candidate", (*loc, "by", j))
        for j, name in enumerate(one.law):
            self.law(name, (*loc, "law", j))
        self.condition(one.when, (*loc, "when"))
        if one.status is not None:
            self.among(one.status, EXPLAINED, "status", (*loc, "status"))
        if one.probe is not None:
            self.dotted(one.probe, (*loc, "probe"))
        try:
            versions_of(one.versions or "torch>0")
        except ValueError:
            expected = "expected versions, such as `torch<2.14` or `torch<2.14 and numpy>=2`"
            self.error((*loc, "versions"), f"`{shown(one.versions or '')}`, {expected}")
        if one.expires is not None and not _is_date(one.expires):
            self.error((*loc, "expires"), f"`{shown(one.expires)}`, expected a date, such as 2027-01-01")
        subject = tuple(map(said_now, one.subject))
        return Known(**{**dict(one), "subject": subject}, line=self.root.at(loc).line)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
