"""Miniatures -> the answers they are given: ``python tests/naming_gate.py [-k WORD] [--level LEVEL] [--every N]``.

Prints each miniature with what is wrong with it, in its own words, and what the first cause of its answer says: the
name of its mistake, or the rule that separates all wrong cases from all right ones. Somebody reads whether the names
are true. ``--right`` goes over the look-alikes, which must be right.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from gate import _address, candidate, every, says, spec  # noqa: E402
from gate_matrix import LOOKALIKES, MINIATURES, Entry  # noqa: E402

from harness import cases, runs  # noqa: E402
from harness.answer import Answer, Manner, answer, levels, lines  # noqa: E402
from harness.answer.names import with_names  # noqa: E402
from harness.answer.text import said  # noqa: E402
from harness.asking.hosts import Inline, Wanted  # noqa: E402
from harness.candidates import Candidate  # noqa: E402
from harness.model import Case  # noqa: E402
from harness.naming import Level  # noqa: E402
from harness.naming.samples import PLAIN, ordered, sampled  # noqa: E402

SEED = 0

#: Cases that are judged of each entry, as far as there are so many.
CASES = 160

#: Cases that are looked at of a miniature: of plain data, of special data, and like the one that it names.
LOOKED, SPECIAL, ALIKE = 40, 20, 12

#: The level at which each law judges.
LEVELS: dict[str, Level] = {"agrees": "values", "shape": "values", "gradient": "gradients", "forward": "forward"}


def held(entry: Entry) -> Candidate:
    """A miniature in this process."""
    given = candidate(entry)
    wanted = Wanted(given.call, given.vjp or "", given.library)
    return Candidate(entry.name, spec(entry.op), given, Inline.of(wanted, str(ROOT / "tests")))


def separated(
    one: Candidate, found: Iterable[Case], level: Level, near: Case | None = None
) -> tuple[list[Case], list[Case]]:
    """The cases at which a candidate deviates, and those at which it conforms, of some: plain, special, like ``near``."""
    found = list(found)
    far = ordered(one.spec, found)
    special = [c for c in far if c.departures <= 2 and c.fill not in PLAIN]
    alike = ordered(one.spec, [c for c in found if near and _marks(near) <= _marks(c)])
    looked = {c.id: c for c in (*([near] if near else ()), *alike[:ALIKE], *far[:LOOKED], *special[:SPECIAL])}
    wrong: list[Case] = []
    right: list[Case] = []
    for case in looked.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sample = sampled(one.spec, one, case, level, SEED)
        if sample is not None:
            (wrong if sample.wrong else right).append(case)
    return wrong, right


def _marks(case: Case) -> set[str]:
    """What of a case's address departs from its op's first case."""
    return set(case.id.split("/")[1:])


@dataclass(frozen=True)
class Told:
    """What the answer about an entry says first, how many causes it names, and the processor seconds that it took."""

    entry: Entry
    how: str
    text: str
    answer: Answer
    seconds: float

    @property
    def level(self) -> str:
        """The level of the law that must catch it."""
        return LEVELS.get(self.entry.law, self.entry.law)


#: How an answer says what is wrong, the best first. The first seven of them do: ``entries`` are parted by the values of
#: an input or by what is due, ``effects`` name the layouts or what is changed; calls that must raise are listed.
HOWS = ("named", "rule", "entries", "effects", "everywhere", "raises", "calls", "rule of most", "neither", "unseen")
SAYS = HOWS[:7]


def looked(entry: Entry, most: int) -> list[Case]:
    """The cases that are judged of an entry, in the order of a check: those nearest to the first, and like its own."""
    found = every(entry.op)
    near = cases.find(spec(entry.op), _address(entry))
    alike = cases.ordered(spec(entry.op), [c for c in found.values() if not c.invalid and _marks(near) <= _marks(c)])
    far = list(cases.spread(spec(entry.op), [c for c in found.values() if not c.invalid]))[: most // 2]
    first = cases.ordered(spec(entry.op), found.values())[: most // 2]
    chosen = {c.id: c for c in (near, *alike[:ALIKE], *far, *first)}
    return list(cases.ordered(spec(entry.op), chosen.values()))


def told(entry: Entry, most: int) -> Told:
    """The answer about an entry, as a check gives it."""
    began, given = time.process_time(), candidate(entry)
    order = {c.id: c for c in looked(entry, most)}
    asked = replace(spec(entry.op), candidates=(given,), known=())
    judge = runs.ready(asked, runs.holders(str(ROOT / "tests"), "", None))
    rows = [r for c in order.values() for r in judge.verdicts(c, SEED, lambda *_: None) if r.candidate == given.name]
    found = answer(spec(entry.op), given, order, rows)
    found = with_names(found, spec(entry.op), partial(held, entry), order, SEED)
    return Told(entry, *says_first(found), found, time.process_time() - began)


def says_first(found: Answer) -> tuple[str, str]:
    """How the first cause says what is wrong, and its words."""
    if not found.causes:
        return "unseen", ""
    cause = found.causes[0]
    if cause.name:
        return "named", cause.name
    if cause.rule and cause.rule.exact:
        return "rule", said(cause.rule)
    exact = any(place.kind.endswith(" due") for place in cause.pattern.places)
    if cause.pattern.span or exact:
        return "entries", cause.pattern.text
    if cause.level in (levels.Level.LAYOUTS, levels.Level.EFFECTS):
        return "effects", f"{cause.example.scenario or 'at once'}: {cause.example.message}"
    if cause.manner is Manner.RAISES:
        return "raises", cause.detail
    if cause.level is levels.Level.REFUSALS:
        return "calls", ", ".join(id.rpartition(":")[2] for id in cause.wrong)
    if not cause.right:
        return "everywhere", cause.example.message
    return ("rule of most", said(cause.rule)) if cause.rule else ("neither", cause.pattern.text)


def chosen(options: argparse.Namespace) -> Iterator[Entry]:
    """The entries to go over."""
    for entry in LOOKALIKES if options.right else MINIATURES:
        level = LEVELS.get(entry.law, entry.law)
        library = entry.library == "numpy" or not options.numpy
        if options.level in ("", level) and options.k in entry.name and library:
            yield entry


def table(found: Sequence[Told]) -> Iterator[str]:
    """How the answers say what is wrong, by level, and the causes of each."""
    yield f"{'level':14}" + "".join(f"{how:>13}" for how in HOWS)
    for level in [*dict.fromkeys(t.level for t in found), ""]:
        some = [t for t in found if t.level == level or not level]
        counts = Counter(t.how for t in some)
        yield f"{level or 'all':14}" + "".join(f"{counts[how]:13}" for how in HOWS)
    causes = sorted(len(t.answer.causes) for t in found)
    saying = sum(t.how in SAYS for t in found)
    yield f"says what is wrong: {saying} of {len(found)}; causes: median {causes[len(causes) // 2]}, most {causes[-1]}"


def main() -> None:
    """Print every answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", default="", help="only entries whose name contains this")
    parser.add_argument("--level", default="")
    parser.add_argument("--numpy", action="store_true", help="NumPy's alone")
    parser.add_argument("--right", action="store_true", help="look-alikes alone")
    parser.add_argument("--from", type=int, default=0, dest="begin")
    parser.add_argument("--most", type=int, default=None)
    parser.add_argument("--every", type=int, default=1, help="every Nth entry")
    parser.add_argument("--cases", type=int, default=CASES, help="cases of each")
    parser.add_argument("--screen", action="store_true", help="the whole answer of each")
    options = parser.parse_args()
    entries = islice(chosen(options), options.begin, None, options.every)
    found = []
    for entry in islice(entries, options.most):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one = told(entry, options.cases)
        found.append(one)
        causes = f"{len(one.answer.causes)} causes, {one.seconds:.1f} s"
        print(f"{entry.name} ({one.level}, {causes})\n    is:  {says(entry)}\n    {one.how}: {one.text}", flush=True)
        if options.screen:
            print("\n".join(lines(one.answer)), flush=True)
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
