"""A candidate that deviates -> the mistake it makes, by name: an altered definition that it conforms to."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from harness import cases
from harness.candidates import Candidate
from harness.model import RED, Case, Spec, Verdict
from harness.naming import arguments
from harness.naming.alterations import (
    Alteration,
    Both,
    Level,
    ParamEntriesSwapped,
    ParamIgnored,
    ParamIgnoredAlong,
    ParamOff,
    ParamTaken,
    ParamTwisted,
    Where,
    params,
)
from harness.naming.arguments import same
from harness.naming.changes import Inapplicable
from harness.naming.proposals import of_definition, of_results, proposed
from harness.naming.samples import PLAIN, Sample, ordered, sampled
from harness.naming.search import MOST_RIVALS, Clock, Search, Standing, enough, fit
from harness.naming.words import aside, text

__all__ = ["Alteration", "Level", "Name", "named", "of_rows", "refused"]

#: Cases that are sampled where the candidate deviates, where it conforms, and to tell alterations apart.
WRONG, RIGHT, FURTHER = 10, 14, 16

#: Other draws of the inputs by which alterations are told apart that fit alike.
DRAWS = 6

#: Processor seconds that the search may take once the samples are there.
SECONDS = 3.0

#: Alterations that fit some cases, each tried together with a second one, and deviating cases that they are looked for in.
MOST_PARTIAL, DEVIATING = 4, 6


@dataclass(frozen=True)
class Name:
    """A mistake: ``text`` says what the candidate does, ``fits`` at how many cases that was seen."""

    text: str
    level: Level
    fits: int
    alteration: Alteration
    about: tuple[str, ...]


def named(
    spec: Spec,
    candidate: Candidate,
    wrong: Iterable[Case],
    right: Iterable[Case],
    *,
    level: Level = "values",
    seed: int = 0,
    seconds: float = SECONDS,
) -> Name | None:
    """The mistake a candidate makes at the cases where it is wrong, and not where it is right; None where none fits.

    Warnings are ignored, also where the caller turns them into errors.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _named(_Looks(spec, candidate, level, seed), spec, wrong, right, level, seconds)


def _named(
    looks: _Looks, spec: Spec, wrong: Iterable[Case], right: Iterable[Case], level: Level, seconds: float
) -> Name | None:
    deviating, conforming = ordered(spec, wrong), ordered(spec, right)
    samples = list(islice((s for s in map(looks.at, deviating) if s and s.wrong), WRONG))
    if not samples:
        return None
    fine = list(islice((s for s in map(looks.at, conforming) if s and not s.wrong), RIGHT))
    about = tuple(n for n in samples[0].got if any(n in s.wrong for s in samples))
    alone = [(n,) for n in about] if level != "values" and len(about) > 1 else []
    further = [*deviating[WRONG:], *conforming[RIGHT:]]
    clock = Clock(seconds)
    found = (_of_results(spec, names, samples, fine, looks, further, clock, level) for names in (about, *alone))
    return next((name for name in found if name is not None), None)


def _of_results(
    spec: Spec,
    about: tuple[str, ...],
    samples: Sequence[Sample],
    fine: Sequence[Sample],
    looks: _Looks,
    further: Sequence[Case],
    clock: Clock,
    level: Level,
) -> Name | None:
    """The mistake in some results."""
    deviating = [s for s in samples if set(about) & set(s.wrong)]
    first = _telling(deviating)
    others = [s for s in deviating if s is not first]
    search = Search(about, [first, *others], [*(s for s in samples if s not in deviating), *fine], clock)
    found = _found(search)
    more = _further(spec, samples, found, further) if found else []
    kept = _told_apart(found, looks, more, about, clock)
    kept = _settled(_drawn_apart(kept, deviating, looks, about, clock))
    if not kept:
        return None
    best = kept[0].alteration
    fitted = sum(s is not None and fit(best, s, about) is not None for s in looks.seen.values())
    return Name(text(best, spec, level, about) + aside(kept[0].apart), level, fitted, best, about)


def refused(spec: Spec, name: Name, found: Iterable[Case]) -> bool:
    """Whether the altered definition takes none of some calls, so that who makes the mistake raises there."""
    return all(not _takes(spec, name.alteration, case) for case in found)


def _takes(spec: Spec, alteration: Alteration, case: Case) -> bool:
    match alteration:
        case ParamIgnored() | ParamIgnoredAlong() | ParamTwisted() | ParamOff() | ParamEntriesSwapped() | ParamTaken():
            with suppress(Inapplicable):
                return cases.valid(spec, arguments.params(alteration, case))
            return True
        case _:
            return True


def _found(search: Search) -> list[Standing]:
    """The alterations that fit every sample: one alone; one at some cases; two at once; else all but special data."""
    first = search.wrong[0]
    tried = list(proposed(first, search.about))
    apart: list[Standing] = []
    for alterations, count in (
        (tried, len(tried)),
        (_somewhere(search), len(tried) * len(search.wrong)),
        (_pairs(search), len(tried) ** 2),
    ):
        found: list[Standing] = []
        for standing in (s for s in search.standing(alterations) if enough(s, count)):
            (apart if standing.apart else found).append(standing)
            if len(found) == MOST_RIVALS:
                break
        if found or search.clock.over:
            return found or apart
    return apart


def _somewhere(search: Search) -> Iterator[Alteration]:
    """What fits some samples, at the cases that share a param, a dtype or an optional input with the first one."""
    first = search.wrong[0]
    spec = first.trial.spec
    here = cases.point(spec, first.trial.case)
    axes = ["dtype", *(i.name for i in spec.inputs if i.optional), *spec.params, "layout"]
    for alteration, misfit in list(search.partial):
        there = cases.point(spec, misfit.trial.case)
        for axis in axes:
            if there[axis] != here[axis] and all(
                cases.point(spec, s.trial.case)[axis] == here[axis] for s in search.wrong
            ):
                yield Where(axis, here[axis], alteration)


#: The laws that judge each level.
LAWS: Mapping[Level, frozenset[str]] = {
    "values": frozenset({"agrees", "shape"}),
    "gradients": frozenset({"gradient"}),
    "forward": frozenset({"forward"}),
}


def of_rows(
    candidate: Candidate,
    rows: Iterable[Verdict],
    *,
    level: Level = "values",
    seed: int = 0,
    seconds: float = SECONDS,
) -> Name | None:
    """The mistake that a candidate makes by the rows of a check, its own among them."""
    spec, broken = candidate.spec, dict[str, bool]()
    for row in rows:
        if (
            row.candidate == candidate.name
            and row.law in LAWS[level]
            and row.status in ("deviates", "fails", "conforms")
        ):
            broken[row.case] = broken.get(row.case, False) or row.status in RED
    wrong, right = ([cases.find(spec, i) for i, red in broken.items() if red is which] for which in (True, False))
    return named(spec, candidate, wrong, right, level=level, seed=seed, seconds=seconds)


class _Looks:
    """The samples of a candidate, each taken once."""

    def __init__(self, spec: Spec, candidate: Candidate, level: Level, seed: int) -> None:
        self._spec, self._candidate, self._level, self._seed = spec, candidate, level, seed
        self.seen: dict[str, Sample | None] = {}

    def at(self, case: Case) -> Sample | None:
        """The sample at a case."""
        if case.id not in self.seen:
            self.seen[case.id] = self.drawn(case, 0)
        return self.seen[case.id]

    def drawn(self, case: Case, draw: int) -> Sample | None:
        """A sample at another draw of a case's inputs."""
        return sampled(self._spec, self._candidate, case, self._level, self._seed + draw)


def _telling(samples: Sequence[Sample]) -> Sample:
    """The sample that kills most wrong names at least cost: few numbers, but more than a handful."""
    sizes = {id(s): sum(x.size for x in s.got.values()) for s in samples}
    many = [s for s in samples if sizes[id(s)] >= 8]
    return min(many or samples, key=lambda s: sizes[id(s)])


def _pairs(search: Search) -> Iterator[Alteration]:
    """Two alterations at once: one that fits some samples, wrong ones among them, and any other."""
    for alteration, misfit in islice(_partial(search), MOST_PARTIAL):
        for second in (*of_definition(misfit), *of_results(misfit, search.about)):
            if not params(alteration) & params(second):
                yield Both(alteration, second)


def _partial(search: Search) -> Iterator[tuple[Alteration, Sample]]:
    """What fits one sample that deviates and not another, with that other one."""
    wrong = search.wrong[:DEVIATING]
    seen: set[str] = set()
    for sample in wrong:
        for alteration in of_definition(sample):
            if search.clock.over or repr(alteration) in seen:
                continue
            there = fit(alteration, sample, search.about)
            if there is not None and there.bits > 0:
                seen.add(repr(alteration))
                misfit = next((s for s in wrong if fit(alteration, s, search.about) is None), None)
                if misfit is not None:
                    yield alteration, misfit


def _told_apart(
    found: Sequence[Standing], looks: _Looks, further: Sequence[Case], about: tuple[str, ...], clock: Clock
) -> list[Standing]:
    """The alterations that still fit at further cases, where they may differ from each other or from what is right."""
    kept = list(found)
    for case in further:
        if not kept or clock.over:
            break
        sample = looks.at(case)
        if sample is not None:
            kept = [s for s in kept if s.at(sample, about)]
    return kept


def _drawn_apart(
    found: Sequence[Standing], samples: Sequence[Sample], looks: _Looks, about: tuple[str, ...], clock: Clock
) -> list[Standing]:
    """The alterations that still fit at other draws of the inputs, as long as there is more than one."""
    kept = list(found)
    for draw in range(1, DRAWS + 1):
        for case in (s.trial.case for s in samples):
            if len(kept) < 2 or clock.over:
                return kept
            sample = looks.drawn(case, draw)
            if sample is not None:
                kept = [s for s in kept if s.at(sample, about)]
    return kept


def _settled(found: Sequence[Standing]) -> list[Standing]:
    """Those that say how far a param is off only where no other distance of it fits: what none of them tells is elsewhere."""
    off = Counter(s.alteration.param for s in found if isinstance(s.alteration, ParamOff))
    return [s for s in found if not isinstance(s.alteration, ParamOff) or off[s.alteration.param] == 1]


def _further(spec: Spec, samples: Sequence[Sample], found: Sequence[Standing], given: Sequence[Case]) -> list[Case]:
    """Cases outside the sample: of those given, of those that share a special fill, and those where a condition holds."""
    every = cases.cases(spec)
    special = {s.trial.case.fill for s in samples} - set(PLAIN)
    alike = [c for c in every if c.fill in special]
    held = [c for s in found for c in every if _holds(spec, s.alteration, c)]
    chosen = (*given[:FURTHER], *ordered(spec, alike)[:FURTHER], *ordered(spec, held)[:FURTHER])
    return list({c.id: c for c in chosen}.values())


def _holds(spec: Spec, alteration: Alteration, case: Case) -> bool:
    """Whether a case is one of those that an alteration is about."""
    match alteration:
        case Where(axis, value, _):
            return not case.invalid and same(cases.point(spec, case)[axis], value)
        case _:
            return False
