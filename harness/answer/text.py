"""Answer -> one screen of text, at most 80 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from harness.answer import digits, words
from harness.answer.causes import Cause
from harness.answer.groups import Manner
from harness.answer.levels import NAMES, Level, Tally
from harness.answer.rules import Rule
from harness.answer.summary import Accuracy, Answer, Said, answer
from harness.cases import cases, find, ordered, write
from harness.model import Spec, Verdict
from harness.subjects import BY_DEFAULT

#: Columns of a screen, and of its left margin.
WIDTH, MARGIN = 80, 16

#: Causes told in full, and lines that one may take.
MOST_CAUSES, MOST_LINES = 3, 6

#: Characters of a reason, alone and among others, and reasons why cases are not offered.
LONGEST, SHORT, MOST_REASONS = 90, 45, 2


def lines(found: Answer) -> list[str]:
    """What is found out, the answer first."""
    return [*textwrap.wrap(heading(found), WIDTH), "", *_levels(found)]


def _reasons(mark: str, found: Mapping[str, int], word: str) -> str:
    """How many cases are so for which reasons, the commonest ones, behind a mark."""
    if not found:
        return ""
    told = [cut(reason, LONGEST) for reason in list(found)[:MOST_REASONS]]
    return f"{mark}{sum(found.values()):,} {word}: {'; '.join(told)}{' ...' if len(found) > MOST_REASONS else ''}"


def heading(found: Answer) -> str:
    """The answer in one sentence."""
    library = NAMES.get(found.library, found.library)
    without = sum(found.refused.values())
    why = _reasons(", ", found.refused, "not offered") + _reasons("; ", found.unasked, "not judged")
    partial = f" of {found.planned:,}" if found.cases < found.planned else ""
    judged = _counted(found.cases, "case")
    match found.said:
        case Said.IS:
            accepted = f"; {', '.join(sorted(found.accepted))} accepted" if found.accepted else ""
            asked = f"all {_counted(found.cases - without, 'case')} asked{partial}"
            return f"{found.candidate} is {found.op} at {asked} ({library}{why}{accepted})"
        case Said.IS_NOT:
            return f"{found.candidate} is not {found.op} ({library}; {judged}{partial}{why})"
        case Said.SLOW:
            slow = f"where it answers in time, and too slow elsewhere ({library}; {judged}{partial}{why})"
            return f"{found.candidate} is {found.op} {slow}"
        case Said.OPEN:
            return f"no value of {found.candidate} was judged as {found.op} ({library}; {judged}{partial}{why})"


def causes_of(found: Answer) -> list[tuple[str, str]]:
    """What is wrong of a candidate, and an example, for each of its causes."""
    return [
        (f"{c.level.value} {what(c, found.at(c.level))}{_where(c)}", f"nearest: {_example(c)}") for c in found.causes
    ]


def answered(spec: Spec, candidate: str, rows: Sequence[Verdict]) -> Answer | None:
    """The answer of a spec's own candidate in a run; None where the spec has no such candidate."""
    given = next((c for c in spec.candidates if c.name == candidate), None)
    if given is None:
        return None
    order = {case.id: case for case in ordered(spec, cases(spec))}
    further = (
        find(spec, name) for name in dict.fromkeys(r.case for r in rows if r.case != spec.op) if name not in order
    )
    return answer(spec, given, order | {case.id: case for case in further}, rows)


def _levels(found: Answer) -> Iterator[str]:
    for cause in found.causes[:MOST_CAUSES]:
        sentences = list(told(cause, found))
        yield from _block(cause.level.value, sentences if cause is found.causes[0] else _short(cause, sentences))
    if more := found.causes[MOST_CAUSES:]:
        levels = ", ".join(dict.fromkeys(c.level.value for c in more))
        yield from _block("more", [f"{_counted(len(more), 'cause')}: {levels}"])
    shown = {c.level for c in found.causes}.union(*(c.beside for c in found.causes[:1]))
    quiet = [t for t in found.tallies if t.level not in shown]
    for word, some in (
        ("also wrong", [_counts(t) for t in quiet if t.wrong]),
        ("right", [_right(t) for t in quiet if t.right + t.known and not t.wrong]),
        ("not judged", _open([t for t in quiet if not t.judged])),
        ("accuracy", _accuracy(found.accuracy)),
    ):
        if some:
            yield from _block(word, [", ".join(some)], most=MOST_LINES)
    if found.ways and _slightly(found):
        flags = " or ".join(f"`--algorithm {way}`" for way in found.ways)
        yield from _block("perhaps", [f"right as {flags}, which others of the op declare"])


#: What is farther off than this part of the value is so by no algorithm's roundings.
SLIGHT = 2.0**-12


def _slightly(found: Answer) -> bool:
    """Whether all that is wrong, and has no name, is off by little."""
    numbers = [c for c in found.causes if c.level in (Level.VALUES, Level.GRADIENTS)]
    return bool(numbers) and all(c.name is None and c.pattern.relative < SLIGHT for c in numbers)


def _short(cause: Cause, sentences: Sequence[str]) -> list[str]:
    """What is wrong and an example, where an earlier cause has taken the room."""
    example = f"smallest: {cause.smallest.text}" if cause.smallest else f"nearest: {_example(cause)}"
    return [*sentences[: 2 if cause.name else 1], *([example] if example in sentences else [])]


def _block(label: str, items: Sequence[str], most: int = 3) -> Iterator[str]:
    """Lines with a label before the first."""
    if len(label) > MARGIN - 4:
        yield f"  {label}"
        label = ""
    first = f"  {label}".ljust(MARGIN)
    for item in items:
        wrapped = textwrap.wrap(item, WIDTH - MARGIN, max_lines=most, placeholder=" ...", break_on_hyphens=False)
        for line in wrapped or [""]:
            yield (first + line).rstrip()
            first = " " * MARGIN


def told(cause: Cause, found: Answer) -> Iterator[str]:
    """What is to be said of a cause, a sentence each."""
    if cause.name:
        yield cause.name
    yield f"{what(cause, found.at(cause.level))}{_where(cause)}"
    yield from () if cause.name else _hints(cause)
    if cause.smallest:
        yield f"smallest: {cause.smallest.text}"
    elif cause.level is not Level.REFUSALS:
        yield f"nearest: {_example(cause)}"
    if cause.beside:
        yield f"with it: {_beside(cause, found)}"


def _beside(cause: Cause, found: Answer) -> str:
    """What is wrong with it; at how many cases only where they are others than its own."""
    same = [level.value for level, cases in cause.beside.items() if cases == set(cause.wrong)]
    other = [
        f"{level.value} {len(cases):,} of {found.at(level).judged:,}"
        for level, cases in cause.beside.items()
        if level.value not in same
    ]
    parts = [f"{', '.join(same)} at the same {'case' if len(cause.wrong) == 1 else 'cases'}"] if same else []
    return "; ".join([*parts, *([f"{', '.join(other)} cases"] if other else [])])


def _hints(cause: Cause) -> Iterator[str]:
    """Where in the arrays, and in what the nearest right case differs: what helps as long as no name is known."""
    if cause.pattern.text:
        yield cause.pattern.text
    if (
        cause.neighbour
        and cause.rate is None
        and not (cause.rule and cause.rule.exact and len(cause.rule.alternatives) == 1)
    ):
        near = cause.neighbour
        yield f"{near.axis} {write(near.right)} is right, {write(near.wrong)} is wrong"


def what(cause: Cause, tally: Tally) -> str:
    """How it is wrong, and at how many cases."""
    of = f"{len(cause.wrong):,} of {cause.judged:,} cases"
    subject = _subjects(cause)
    match cause.manner:
        case Manner.RETURNS:
            return f"{tally.wrong:,} of {tally.judged:,} calls that must raise return: {_names(cause)}"
        case Manner.RAISES if cause.detail:
            return f"raises {cause.detail} at {of}{subject}"
        case Manner.ENDS:
            return f"ends its process at {of}"
        case Manner.SLOW:
            return f"too slow to be judged at {of} (no answer in time; --timeout allows more)"
        case Manner.LACKS | Manner.RAISES:
            return f"{cause.example.message}: {of}{subject}"
        case Manner.FACT if cause.level is Level.EFFECTS:
            return f"{cut(cause.example.message, LONGEST)}, at {of}"
        case Manner.FACT:
            return f"wrong at {of}{subject}: {cut(cause.example.message, LONGEST)}"
        case Manner.NUMBER:
            return f"wrong at {of}{subject}"
        case Manner.STEPS:
            return f"rounds half types at each step at {of}{subject}, as --algorithm step-by-step may"


def _names(cause: Cause) -> str:
    return ", ".join(case.rpartition(":")[2] for case in cause.wrong)


def _subjects(cause: Cause) -> str:
    """Of which inputs or layouts, where that says something."""
    if cause.example.scenario == BY_DEFAULT:
        return f": {words.SCENARIOS[BY_DEFAULT]}"
    if cause.level in (Level.VALUES, Level.SPECIALS, Level.TYPES, Level.REFUSALS) or not any(cause.subjects):
        return ""
    some = [s for s in cause.subjects if s]
    if cause.level is Level.REPEATS and len(some) == 1 and some[0] in words.SCENARIOS:
        return f": {words.SCENARIOS[some[0]]}"
    word = "layout " if cause.level is Level.LAYOUTS else ""
    return f" ({word}{', '.join(map(words.layout, some[:3]))}{' ...' if len(some) > 3 else ''})"


def _where(cause: Cause) -> str:
    """The rule in words."""
    if cause.manner is Manner.RETURNS:
        return ""
    if not cause.right and cause.manner is not Manner.STEPS:
        return ": everywhere" if len(cause.wrong) > 1 and cause.example.scenario != BY_DEFAULT else ""
    if cause.name and not (cause.rule and _short_rule(cause.rule)):
        return ""
    if cause.rule and not (cause.pattern.span and _of_data(cause.rule)):
        return f"; {said(cause.rule)}"
    if cause.rate is not None:
        return f"; about one entry in {1 / cause.rate:,.0f} is wrong, whatever the case"
    told = cause.pattern.text or (cause.level is Level.LAYOUTS and _subjects(cause))
    return "; no rule found" if cause.right and not told else ""


def _short_rule(rule: Rule) -> bool:
    """Whether it says more beside a name: it is exact, one alternative, and not about the data."""
    return rule.exact and len(rule.alternatives) == 1 and all(c.axis != "fill" for c in rule.alternatives[0])


def _of_data(rule: Rule) -> bool:
    """Whether it speaks of nothing but which data it is: values of an input say more."""
    return all(c.axis == "fill" for alternative in rule.alternatives for c in alternative)


def said(rule: Rule) -> str:
    """A rule as a part of a sentence."""
    hidden = f"; {rule.hidden:,} cases of special data aside" if rule.hidden else ""
    if rule.inverted:
        outside = rule.wrong - rule.caught
        inside = rule.right - rule.accused
        mixed = f", and {rule.accused:,} more" if rule.accused else ""
        return f"right wherever {rule.text} ({inside:,} of {inside + outside:,}{mixed}{hidden})"
    missed = rule.wrong - rule.caught
    rest = f", and {missed:,} elsewhere" if missed else ""
    return f"wrong wherever {rule.text} ({rule.caught:,} of {rule.caught + rule.accused:,}{rest}{hidden})"


def _example(cause: Cause) -> str:
    row = cause.example
    if cause.manner in (Manner.NUMBER, Manner.STEPS):
        return f"{row.case} gives {apart(row.actual, row.expected)}" + (f", at [{row.at}]" if row.at else "")
    return f"{row.case}: {cut(row.message, LONGEST)}"


def apart(actual: str, expected: str) -> str:
    """Two numbers with as many digits as it takes to tell them apart, and one more."""
    return "{}, expected {}".format(*digits.pair(actual, expected))


def _counts(tally: Tally) -> str:
    return f"{tally.level.value} {tally.wrong:,} of {tally.judged:,} cases"


def _right(tally: Tally) -> str:
    known = f" ({tally.known:,} as the library's own)" if tally.known else ""
    other = f" of {tally.right + tally.not_judged:,}" if tally.level is Level.BITS and tally.not_judged else ""
    return f"{tally.level.value} {tally.right + tally.known:,}{known}{other}"


def _accuracy(found: Sequence[Accuracy]) -> list[str]:
    """How far right values are off, beside how far they may be, and where a formula loses digits."""
    off = [f"{_ulps(a.ulps)} of {_ulps(a.allowed)} allowed ULP in {a.dtype}" for a in found if a.ulps]
    told = [f"right values use up to {', '.join(off)}"] if off else []
    if cancels := sum(a.cancels for a in found):
        told.append(f"the formula loses digits that another one keeps, at {_counted(cancels, 'case')}")
    return ["; ".join(told)] if told else []


def _ulps(number: float) -> str:
    return f"{number:.2g}" if number < 10 else f"{number:,.0f}" if number < 1e6 else f"{number:.1e}"


def _open(found: Sequence[Tally]) -> list[str]:
    """Levels of which nothing was judged, those with one reason together."""
    why: dict[str, list[str]] = {}
    for tally in found:
        reason = "not offered" if tally.not_offered else next(iter(tally.why), "")
        why.setdefault(cut(reason, SHORT), []).append(tally.level.value)
    return [f"{', '.join(names)} ({reason})" for reason, names in why.items()]


def cut(text: str, longest: int) -> str:
    """A text's beginning."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
