"""Names, folders -> files of specs -> their text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from harness.specs.errors import SpecError, SpecErrors, UnknownSpec, nearest, nearest_alone, shown

#: Largest spec file, in bytes.
MAX_BYTES = 1 << 20

#: Most siblings of an op, and how much of two names must be the same: half of their letters in order, as in `conv2d` and
#: `conv_transpose2d`.
MOST_SIBLINGS, ALIKE = 12, 0.5

#: How the name of a spec's file ends.
SUFFIXES = (".yaml", ".yml")

#: Characters that YAML 1.2 (5.1) excludes.
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def find(names: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Paths of the specs so named (``conv2d``), of files and of folders; all of ``folder`` where nothing is named.

    A name that is not in ``folder`` may be one of those that come with the package.

    Raises UnknownSpec with the nearest right names.
    """
    here = _specs_in(folder)
    found: list[Path] = []
    unknown: list[str] = []
    for name in names:
        path = Path(name)
        if known := _named(name, folder):
            found.append(known)
        elif path.is_dir() and _specs_in(path):
            found.extend(_specs_in(path))
        elif path.is_file():
            found.append(path)
        elif path.is_dir():
            unknown.append(f"no specs in `{shown(name)}`")
        elif path.suffix in SUFFIXES or "/" in name:
            beside = [str(p) for p in _specs_in(path.parent)]
            unknown.append(f"`{shown(name)}`: no such file{nearest_alone(str(path), beside)}")
        else:
            places = ([p.stem for p in there] for there in (here, (*_specs_in(SHIPPED), *here)))
            near = next(filter(None, (nearest_alone(name, there) for there in places)), "")
            unknown.append(f"unknown spec `{shown(name)}`{near or nearest(name, [p.stem for p in here])}")
    if unknown:
        raise UnknownSpec("\n".join(unknown))
    return tuple(dict.fromkeys(found)) if found else here


_ROOT = Path(__file__).resolve().parents[2]

#: The specs that come with the package: beside what they judge where that is installed, at the top of a checkout.
SHIPPED = next((p for p in (_ROOT / "reference_impls" / "specs",) if p.is_dir()), _ROOT / "specs")


def home() -> Path:
    """The folder of specs: the one here, else the one installed beside the package."""
    here = Path("specs")
    return here if here.is_dir() else SHIPPED


def elsewhere(op: str, path: str) -> str:
    """The path of a spec that its op's name alone does not find; empty of any other."""
    found = _named(op, home())
    return "" if found and found.resolve() == Path(path).resolve() else path


def siblings(op: str, path: Path) -> tuple[str, ...]:
    """The ops of the specs beside a file, and of those that come with the package, whose names are like one's."""
    there = {*_stems(path.parent), *_stems(SHIPPED)}
    return tuple(get_close_matches(op, sorted(there - {op}), MOST_SIBLINGS, ALIKE))


def _stems(folder: Path) -> tuple[str, ...]:
    """The names of the specs in a folder; it is looked through again once something came or went."""
    try:
        return _stems_since(folder, folder.stat().st_mtime_ns)
    except OSError:
        return ()


@lru_cache(maxsize=64)
def _stems_since(folder: Path, _changed: int) -> tuple[str, ...]:
    return tuple(p.stem for p in _specs_in(folder))


def _named(name: str, folder: Path) -> Path | None:
    """The spec so named in a folder, or else among those that come with the package."""
    if Path(name).name != name:
        return None
    places = (place / f"{name}{suffix}" for place in (folder, SHIPPED) for suffix in reversed(SUFFIXES))
    return next((path for path in places if path.is_file()), None)


def paths(places: Iterable[Path]) -> tuple[Path, ...]:
    """Every file of these places once, in place of a folder the specs in it."""
    return tuple(dict.fromkeys(path for place in places for path in (_specs_in(place) if place.is_dir() else [place])))


def read_bytes(path: Path) -> bytes:
    """What is in that file, where it is small enough for a spec. Raises SpecErrors."""
    try:
        if path.exists() and not path.is_file():
            raise _alone(str(path), "not a file")
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise _alone(str(path), f"cannot be read: {reason}") from None
    if len(source) > MAX_BYTES:
        raise _alone(str(path), f"a file of more than {MAX_BYTES} bytes; a spec is smaller")
    return source


def decode(path: str, source: bytes) -> str:
    """The text of these bytes: UTF-8 without control characters. Raises SpecErrors."""
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8", "replace")
        raise _alone(path, f"byte 0x{source[error.start]:02x} is not UTF-8", *_after(before)) from None
    if control := _CONTROL.search(text):
        message = f"the control character U+{ord(control[0]):04X}; a spec is text"
        raise _alone(path, message, *_after(text[: control.start()]))
    return text.removeprefix("\ufeff")


def _specs_in(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES and p.is_file()))
    except OSError:
        return ()


def _after(text: str) -> tuple[int, int]:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _alone(path: str, message: str, line: int = 1, column: int = 1) -> SpecErrors:
    return SpecErrors([SpecError(path, line, column, message)])
