"""Trial -> Equations on side effects: inputs, aliases, state, order of calls, threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from harness import cases
from harness.asking.binding import bits
from harness.asking.outcomes import Array, NotOffered, Raised, Returned
from harness.asking.scenarios import (
    AfterOthers,
    AfterSiblings,
    Call,
    InMode,
    InThreads,
    InTurn,
    Kin,
    Overwritten,
    Pure,
    Refused,
    Scribbled,
)
from harness.bench import Bench
from harness.candidates import Undeclared
from harness.comparison import SAME_BITS, Equation, Fact, Numbers, Reading, alike
from harness.laws import readings
from harness.laws.readings import entry_of, noted
from harness.oracles import Answer, OracleError
from harness.subjects import OTHER_KINDS, OTHERS, OVERWRITTEN, SIBLINGS, THREADS, Input, Output, State, Whole
from harness.trial import POSED, Asked, Posed, Trial

#: Calls in turn that were asked, and the benches of the other kinds among them.
Turns = tuple[Asked, list[Bench]]

#: Pairs of calls from two threads at the first case: enough for what they share to be met half-way.
CALLS_AT_ONCE = 12


def pure(trial: Trial) -> Iterator[Equation | Posed]:
    """A call changes neither its inputs nor an earlier result, also where it raises, and returns memory of its own."""
    if trial.case.invalid:
        yield from _refused(trial)
        return
    asked = trial.ask("between others", Pure(trial.arrays, trial.bench.others, trial.case.layout))
    modes = _modes(trial) if not trial.departures else {}
    yield POSED
    notes = asked.returned.notes
    if notes["refused"] and not notes["changed"]:
        message = f"it takes no read-only inputs: {notes['refused']}"
        yield Fact(Whole(), "refused", "taken", message, noted(asked, "refused"))
        return
    state = trial.first.returned.notes.get("state", [])
    if trial.departures <= 1:
        yield Fact(State(), state, [], f"the call changed {', '.join(state)}", noted(trial.first, "state"))
    for name in trial.arrays:
        yield _kept(asked, "changed", Input(name), f"it writes to its input `{name}`")
    for name, changed in notes["marks"].items():
        message = f"the call changed of its input `{name}`: {', '.join(changed)}"
        yield Fact(Input(name), changed, [], message, noted(asked, "marks", name), "itself")
    for name, shared in notes["shared"].items():
        message = f"`{name}` shares memory with {', '.join(shared)}"
        yield Fact(Output(name), shared, [], message, noted(asked, "shared", name))
    for name in trial.arrays:
        yield _kept(asked, "later inputs", Input(name), f"a later call writes to the input `{name}` of an earlier one")
    for name in trial.outputs:
        yield _kept(
            asked,
            "later outputs",
            Output(name),
            f"results of two calls share memory: a later call changed the earlier `{name}`",
        )
    yield from _in_modes(modes)
    if trial.reversible and trial.bench.finite and trial.differentiable:
        yield from _upstream(trial.reverse)


def _upstream(reverse: Asked) -> Iterator[Fact]:
    """That reverse mode writes to no upstream gradient, which others may hold."""
    if not isinstance(reverse.outcome, Returned):
        return
    words = ("kept", "changed")
    for name in reverse.scenario.upstream:
        read = Reading(readings.listed, (reverse.label,), {"key": "upstream", "name": name, "words": words})
        message = f"backward writes to the upstream gradient of `{name}`"
        came = words[name in reverse.outcome.notes["upstream"]]
        yield Fact(Output(name), came, "kept", message, read, "backward")


def _kept(asked: Asked, key: str, of: Input | Output, message: str) -> Fact:
    """That a name is not noted as changed."""
    words = ("unchanged", "changed")
    read = Reading(readings.listed, (asked.label,), {"key": key, "name": of.name, "words": words})
    return Fact(of, words[of.name in asked.returned.notes[key]], "unchanged", message, read)


def _modes(trial: Trial) -> dict[str, Asked]:
    """A call in each of the library's modes."""
    told = trial.candidate.described
    modes = (*told.modes, *(told.settings if _of_params(trial) else ()))
    layout, watched = trial.case.layout, not trial.departures
    return {how: trial.ask(how, InMode(how, trial.arrays, layout, watched)) for how in modes}


def _of_params(trial: Trial) -> bool:
    """Whether the case is the first one or departs from it in a param: settings are asked there."""
    return not trial.departures or any(
        cases.write(v) != cases.write(trial.spec.params[n][0]) for n, v in trial.case.params.items()
    )


def _casting(trial: Trial) -> dict[str, tuple[str, Asked]]:
    """A single-precision call in each of the modes that cast, with the dtype that the library then computes in.

    Of sums of products alone: what they take is rounded before, and nothing else is.
    """
    if trial.case.dtype != "float32" or trial.spec.model != "multilinear" or not _of_params(trial):
        return {}
    modes = trial.candidate.described.casting
    return {how: (to, trial.ask(how, InMode(how, trial.arrays, trial.case.layout))) for how, to in modes}


def _in_casting(trial: Trial, casting: Mapping[str, tuple[str, Asked]]) -> Iterator[Equation]:
    for how, (to, asked) in casting.items():
        changed = isinstance(asked.outcome, Returned) and not _unchanged(asked.outcome.present, trial.first.values)
        if isinstance(asked.outcome, Returned) and changed and not trial.wrong:
            read = partial(entry_of, asked)
            yield from alike(
                asked.outcome.present, trial.bench.due("low-precision-accumulation", dtype=to).values, read, how
            )


def _unchanged(found: Mapping[str, Array], first: Mapping[str, Array]) -> bool:
    """Whether a mode that casts did not: the library casts for some of its ops alone."""
    return all(x.dtype == first[n].dtype and bits(x) == bits(first[n]) for n, x in found.items() if n in first)


def _in_modes(modes: Mapping[str, Asked]) -> Iterator[Equation]:
    """What a call in some mode changes, at the first case; that it changes nothing is no row of its own."""
    for how, asked in modes.items():
        if isinstance(asked.outcome, Returned):
            changed = [*asked.outcome.notes["state"], *asked.outcome.notes["changed"]]
            if changed:
                message = f"{how}, the call changed {', '.join(changed)}"
                read = Reading(readings.all_noted, (asked.label,), {"keys": ("state", "changed")})
                yield Fact(State(), changed, [], message, read, how)


def _refused(trial: Trial) -> Iterator[Equation | Posed]:
    """A call that raises leaves its inputs and what all code shares as they were."""
    trial.candidate.offers(trial.case)
    asked = trial.ask("raising", Refused(trial.arrays, trial.case.layout))
    yield POSED
    notes = asked.returned.notes
    message = f"the call raised, and changed {', '.join(notes['state'])}"
    yield Fact(State(), notes["state"], [], message, noted(asked, "state"))
    for name in trial.arrays:
        yield _kept(asked, "changed", Input(name), f"the call raised, and wrote to its input `{name}`")


def repeatable(trial: Trial) -> Iterator[Equation | Posed]:
    """The same call gives the same value: twice, after other inputs and kinds, from two threads, in any mode."""
    inputs, others, layout = trial.arrays, trial.bench.others, trial.case.layout
    twice = trial.ask("twice", Call(inputs, layout))
    after = trial.ask("after other inputs", AfterOthers(inputs, others, layout))
    scribbled = trial.ask("after its result is overwritten", Scribbled(inputs, layout))
    others_in_turn, siblings = _in_turn(trial), _after_siblings(trial)
    overwritten = threads = None
    modes: dict[str, Asked] = {}
    casting: dict[str, tuple[str, Asked]] = {}
    if trial.plain:
        if layout not in ("expanded", "repeated"):
            overwritten = trial.ask("overwritten", Overwritten(inputs, others, layout))
        modes, casting = _modes(trial), _casting(trial)
        calls = 2 if trial.departures else CALLS_AT_ONCE
        threads = trial.ask(THREADS, InThreads(inputs, others, calls, layout))
    yield POSED
    first, due = trial.first.values, {} if trial.long else trial.due_at("others").values
    yield from _same(trial, "twice", first, twice)
    other = _part(after.values, "others")
    if not trial.wrong and not trial.long:
        yield from alike(other, due, partial(_prefixed, after, "others"), OTHERS)
    yield from _same(trial, "after other inputs", first, after, "again ")
    yield from _same(trial, "after its result is overwritten", first, scribbled)
    yield from _of_other_kinds(trial, others_in_turn, OTHER_KINDS, "after other kinds")
    yield from _of_other_kinds(trial, siblings, SIBLINGS, "after another op and the same")
    if overwritten is not None and not isinstance(overwritten.outcome, NotOffered):
        read = partial(entry_of, overwritten)
        yield from alike(overwritten.values, due, read, OVERWRITTEN, other)
    yield from _alike_in(trial, modes, first)
    yield from _in_casting(trial, casting)
    if threads is not None:
        yield from _together(trial, threads, {"inputs": first, "others": other})


#: One case in so many is also called in turn with calls of other kinds; near the first one each with its data as any.
IN_TURN = 8


def _in_turn(trial: Trial) -> Turns | None:
    """Calls with other sizes, dtypes and params between calls of the case; of those that the candidate offers."""
    kin, offered = _offered(trial, trial.bench.kin) if _is_turn(trial) else ((), [])
    if not offered:
        return None
    return trial.ask("in turn with other kinds", InTurn(trial.arrays, kin, trial.case.layout)), offered


def _after_siblings(trial: Trial) -> Turns | None:
    """Calls with fresh sizes, each after a call of another op's function that stands beside the candidate's."""
    siblings = trial.candidate.siblings if _is_turn(trial) else ()
    kin, offered = _offered(trial, [b for b in trial.bench.fresh if _defined(trial, b)]) if siblings else ((), [])
    if not offered:
        return None
    return trial.ask("after another op", AfterSiblings(trial.arrays, kin, trial.case.layout, siblings)), offered


def _defined(trial: Trial, bench: Bench) -> bool:
    """Whether the definition computes at sizes that no spec names."""
    try:
        return bool(bench.due(trial.candidate.given.algorithm).values)
    except OracleError:
        return False


def _is_turn(trial: Trial) -> bool:
    return not trial.departures or not sum(trial.case.id.encode()) % IN_TURN


def _offered(trial: Trial, benches: Sequence[Bench]) -> tuple[tuple[Kin, ...], list[Bench]]:
    """Of some benches those whose case the candidate offers, and how it is called there."""
    offered, kin = [], []
    for bench in (b for b in benches if not _known_at(trial, b)):
        with suppress(Undeclared):
            trial.candidate.offers(bench.case)
            kin.append(Kin(bench.arrays, trial.candidate.arguments(bench.case)))
            offered.append(bench)
    return tuple(kin), offered


def _known_at(trial: Trial, bench: Bench) -> bool:
    """Whether the ledger knows of the candidate that it deviates there: it is judged at that case, and not here."""
    entries = [entry for entry in trial.spec.known if trial.candidate.name in entry.by]
    known = cases.names(trial.spec, bench.case) if entries else {}
    return any(entry.when(known) for entry in entries)


def _of_other_kinds(trial: Trial, asked: Turns | None, of: str, again: str) -> Iterator[Equation]:
    if asked is None:
        return
    turns, offered = asked
    for k, bench in enumerate(offered):
        due = bench.due(trial.candidate.given.algorithm).values
        found = _part(turns.values, str(k))
        if not trial.wrong:
            yield from alike(found, due, partial(_prefixed, turns, str(k)), of)
            yield from _other_shapes(found, due, partial(_prefixed, turns, str(k)), of)
        if all(f"again {k} {name}" in turns.values for name in trial.outputs):
            yield from _same(trial, again, trial.first.values, turns, f"again {k} ")


def _other_shapes(
    found: Mapping[str, Array], due: Mapping[str, Answer], read: Callable[[str], Reading], of: str
) -> Iterator[Equation]:
    for name, y in found.items():
        expected = due[name].expected.shape
        if y.shape != expected:
            where = read(name)
            message = f"{of}, {name} has shape {y.shape}, expected {expected}"
            shape = Reading(readings.shape, where.labels, where.arguments)
            yield Fact(Output(name), y.shape, expected, message, shape, of)


def _prefixed(asked: Asked, prefix: str, name: str) -> Reading:
    return entry_of(asked, f"{prefix} {name}")


def _part(values: Mapping[str, Array], how: str) -> dict[str, Array]:
    """The arrays whose names begin with a word, without it."""
    pairs = ((name.partition(" "), y) for name, y in values.items())
    return {rest: y for (word, _, rest), y in pairs if word == how}


def _alike_in(trial: Trial, modes: Mapping[str, Asked], first: Mapping[str, Array]) -> Iterator[Equation]:
    for how, asked in modes.items():
        match asked.outcome:
            case Returned():
                yield from _same(trial, how, first, asked)
            case Raised(kind, text) if how == "without gradients":
                # whether it takes what has gradients is said by the laws of those
                read = entry_of(asked, trial.outputs[0])
                yield Fact(Output(trial.outputs[0]), "raised", "returns", f"{kind}: {text}", read, how)
            case Raised() | NotOffered():
                continue
            case _:
                _ = asked.returned


def _together(trial: Trial, threads: Asked, before: Mapping[str, Mapping[str, Array]]) -> Iterator[Equation]:
    for label, y in threads.values.items():
        draw, _, rest = label.partition(" ")
        name = rest.partition(" ")[2]
        due = trial.due_at("others" if draw == "others" else "").values
        yield _one_same(name, THREADS, before[draw].get(name), y, due[name], entry_of(threads, label))


def _same(trial: Trial, how: str, first: Mapping[str, Array], later: Asked, prefix: str = "") -> Iterator[Equation]:
    for name in trial.outputs:
        y, due = later.values[prefix + name], trial.due.values[name]
        yield _one_same(name, how, first.get(name), y, due, entry_of(later, prefix + name))


def _one_same(name: str, how: str, first: Array | None, later: Array, due: Answer, read: Reading) -> Equation:
    if first is not None and (first.shape, first.dtype) == (later.shape, later.dtype) and bits(first) == bits(later):
        return Fact(Output(name), SAME_BITS, SAME_BITS, "", read, how)
    if later.shape == due.expected.shape:
        return Numbers(Output(name), later, due, how, reading=read, again=True, own=first)
    shape = None if first is None else first.shape
    read = Reading(readings.shape, read.labels, read.arguments)
    message = f"expected shape {shape} as at first, got {later.shape}"
    return Fact(Output(name), later.shape, shape, message, read, how)
