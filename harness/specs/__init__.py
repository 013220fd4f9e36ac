"""YAML -> Spec: or exactly what is wrong, with line and column.

A spec is untrusted text: it is bounded, it is read without recursion, it names code but never runs any. All that is
wrong with a file is reported at once, and a file that is wrong harms no other.

A file goes from module to module: ``files`` (bytes, text), ``nodes`` (values with marks), ``documents`` and
``validation`` (keys and the form of each value), ``reading`` (the Spec, by ``checks``), ``grids`` (it has a case).
A new key is a field of a model in ``documents`` and of a class in ``harness.model``, handed over in ``reading``, which
also checks what takes more than one field; a new dtype, algorithm or other word is an entry of ``vocabulary``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

from harness.model import Spec
from harness.specs.checks import no_name
from harness.specs.documents import schema
from harness.specs.dotted_paths import absent, importable
from harness.specs.errors import MAX_ERRORS, SpecError, SpecErrors, UnknownSpec
from harness.specs.files import MAX_BYTES, decode, elsewhere, find, home, paths, read_bytes
from harness.specs.grids import Search
from harness.specs.nodes import Composer, position
from harness.specs.reading import Reader
from harness.specs.validation import validated
from harness.vocabulary import ALGORITHMS

__all__ = [
    "ALGORITHMS",
    "MAX_BYTES",
    "MAX_ERRORS",
    "SpecError",
    "SpecErrors",
    "UnknownSpec",
    "absent",
    "elsewhere",
    "find",
    "home",
    "importable",
    "no_name",
    "read",
    "read_all",
    "schema",
]


def read(path: Path, laws: Collection[str] | None = None) -> Spec:
    """The spec in that file; ``laws`` are the names of all laws, unchecked where None. Raises SpecErrors."""
    given = str(path)
    source = read_bytes(path)
    errors: list[SpecError] = []
    root = Composer(given, errors).compose(decode(given, source))
    document = validated(given, root, errors)
    if document is None:
        raise SpecErrors(errors)
    reader = Reader(given, root, document, errors, laws)
    spec = reader.spec(hashlib.sha256(source).hexdigest())
    if not errors:
        Search(reader).check_cases(spec)
    if errors:
        raise SpecErrors(errors)
    return spec


def read_all(
    places: Iterable[Path | str], laws: Collection[str] | None = None
) -> tuple[tuple[Spec, ...], tuple[SpecError, ...]]:
    """All specs of files and folders, beside all that is wrong in the others."""
    specs: dict[str, Spec] = {}
    errors: list[SpecError] = []
    for path in paths(map(Path, places)):
        try:
            spec = read(path, laws)
        except SpecErrors as found:
            errors.extend(found.errors)
            continue
        if spec.op in specs:
            message = f"op `{spec.op}` is already defined in {specs[spec.op].path}"
            errors.append(SpecError(spec.path, *position(path, ("op",)), message))
        else:
            specs[spec.op] = spec
    return tuple(specs.values()), tuple(errors)
