"""Seed -> count of files that gave a Spec or errors of one line: a long run by hand, ``python tests/fuzz_specs.py``.

Files are mutated specs, specs with values replaced, heaps of YAML tokens and bytes. Anything else than a Spec or
SpecErrors, an error that is not one line or points outside its file, or a file that takes long, ends the run.
"""

from __future__ import annotations

import argparse
import copy
import pickle
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from test_specs import JUNK, SMALL, TOKENS, WHOLE

from harness.specs import SpecErrors, importable, read

#: Files per run of hypothesis, which remembers what it has tried.
BATCH = 2000
#: Longest a file of a few kilobytes may take, in seconds of processor time.
LONGEST = 2.0

LINE = re.compile(r"[^\n]*:\d+:\d+: [^\n]+")
WORDS = tuple(dict.fromkeys(re.findall(r"[\w.]+", WHOLE)))
TREES = tuple(yaml.safe_load(text) for text in (SMALL, WHOLE))


@dataclass
class Count:
    """What a run has seen."""

    files: int = 0
    specs: int = 0
    errors: int = 0
    slowest: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """A spec with a few stretches of text replaced."""
    text = draw(st.sampled_from([SMALL, WHOLE]))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 12))
        text = text[:start] + draw(TOKENS | st.sampled_from(WORDS) | st.text(max_size=4)) + text[end:]
    return text.encode("utf-8", "replace")


@st.composite
def respelt(draw: st.DrawFn) -> bytes:
    """A spec with a few words replaced by other words of it."""
    text = draw(st.sampled_from([SMALL, WHOLE]))
    for _ in range(draw(st.integers(1, 4))):
        word = draw(st.sampled_from(list(re.finditer(r"[\w.]+", text))))
        text = text[: word.start()] + draw(st.sampled_from(WORDS)) + text[word.end() :]
    return text.encode()


@st.composite
def replanted(draw: st.DrawFn) -> bytes:
    """A spec with a few values replaced, removed or renamed."""
    tree = copy.deepcopy(draw(st.sampled_from(TREES)))
    for _ in range(draw(st.integers(1, 3))):
        _replant(draw, tree)
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "replace")


def _replant(draw: st.DrawFn, tree: Any) -> None:
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if not isinstance(tree[key], dict | list) or draw(st.booleans()):
            break
        tree = tree[key]
    match draw(st.sampled_from(["replace", "remove", "rename"])):
        case "rename" if isinstance(tree, dict):
            tree[draw(st.sampled_from(WORDS) | st.text(max_size=6))] = tree.pop(key)
        case "remove":
            del tree[key]
        case _:
            tree[key] = draw(JUNK | st.sampled_from(WORDS))


HEAPS = st.lists(TOKENS | st.sampled_from(WORDS), max_size=80).map(lambda parts: "".join(parts).encode())
FILES = edited() | respelt() | replanted() | HEAPS | st.binary(max_size=300)


def judge(path: Path, count: Count) -> None:
    """Reads one file, twice; everything said of it is one line, about a place in it, and said again."""
    start = time.process_time()
    first = _outcome(path)
    took = time.process_time() - start
    assert took < LONGEST, f"{took:.2f} s"
    assert _outcome(path) == first
    count.files += 1
    count.specs += not first
    count.errors += len(first)
    count.slowest = max(count.slowest, took)
    for line in first:
        kind = re.sub(r"`[^`]*`|0x\w+|\d+", "_", re.split("; |: ", line)[1])[:60]
        count.kinds[kind] = count.kinds.get(kind, 0) + 1


def _outcome(path: Path) -> list[str]:
    try:
        spec, errors = read(path), ()
    except SpecErrors as error:
        spec, errors = None, error.errors
    if spec is None:
        assert errors
        lines = path.read_bytes().decode("utf-8", "replace").count("\n") + 1
        breaks = len(path.read_bytes().decode("utf-8", "replace").splitlines()) + 1
        for one in errors:
            assert LINE.fullmatch(str(one)), str(one)
            assert 1 <= one.line <= max(lines, breaks)
            assert one.column >= 1
        return [str(one) for one in errors]
    assert pickle.loads(pickle.dumps(spec)).digest == spec.digest
    assert all(LINE.fullmatch(str(one)) for one in importable(spec))
    return []


def run(files: int, first_seed: int) -> Count:
    """Judges that many files, in batches of seeds that count up from ``first_seed``."""
    count = Count()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.yaml"
        batch = 0
        while count.files < files:
            _batch(first_seed + batch, path, count)
            batch += 1
            if batch % 10 == 0:
                print(f"{count.files} files, {count.specs} specs, slowest {count.slowest:.3f} s", flush=True)
    return count


def _batch(number: int, path: Path, count: Count) -> None:
    @seed(number)
    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(FILES)
    def one(raw: bytes) -> None:
        path.write_bytes(raw)
        judge(path, count)

    one()


def main() -> None:
    """Reads the count and the seed, runs, and prints what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    start = time.perf_counter()
    count = run(arguments.files, arguments.seed)
    for kind, times in sorted(count.kinds.items(), key=lambda item: -item[1]):
        print(f"{times:8d}  {kind}")
    print(
        f"seed {arguments.seed}: {count.files} files, {count.specs} specs, {count.errors} errors of one line, "
        f"slowest file {count.slowest:.3f} s, {time.perf_counter() - start:.0f} s in all, no other outcome"
    )


if __name__ == "__main__":
    main()
