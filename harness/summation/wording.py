"""A tree -> what people call it, its picture in text, and the short text that is equal where trees are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.summation.trees import Tree, canonical, least, leaves

#: Hexadecimal digits of a signature: 48 bits tell any two orders of an installation's apart.
SIGNATURE = 12


def signature(trees: Sequence[Tree], manners: Sequence[str]) -> str:
    """A text that is equal where the orders of summation and the manners of adding are."""
    text = repr([(canonical(tree), manner) for tree, manner in zip(trees, manners, strict=True)])
    return hashlib.sha256(text.encode()).hexdigest()[:SIGNATURE]


def words(tree: Tree) -> str:
    """The order in a few words.

    >>> words((((0, 1), 2), 3)), words(((0, 1), (2, 3))), words(((0, 2), (1, 3)))
    ('one after the other', 'pairwise', '2 strided lanes, then both together')
    """
    whole = _chain(tree)
    if whole is not None:
        return _of_chain(whole)
    core, after = tree, list[int]()
    while (part := _without_last(core)) is not None:
        after.append(part[1])
        core = part[0]
    runs = list(_runs(core))
    inner = _of_runs(runs, core)
    return f"{inner}, then {_counted(len(after))}" if after else inner


def _counted(more: int) -> str:
    return "1 more" if more == 1 else f"{more} more, one after the other"


def _of_chain(order: Sequence[int]) -> str:
    if len(order) < 3:
        return "one summand" if len(order) == 1 else "two summands"
    rising, falling = "one after the other", "from the last to the first"
    for ordered, before in ((order, ""), (order[1:], f"number {order[0]}, then ")):
        steps = [b - a for a, b in pairwise(ordered)]
        if all(step > 0 for step in steps) or all(step < 0 for step in steps):
            return before + (rising if steps[0] > 0 else falling)
    return "one after the other, in another order"


def _of_runs(runs: Sequence[Sequence[int]], core: Tree) -> str:
    """How chains within a tree lie among the summands, and how their sums are added."""
    lengths = {len(run) for run in runs}
    steps = {b - a for run in runs for a, b in pairwise(run)}
    together = _together(core, len(runs))
    if not steps or (lengths == {2} and steps == {1} and together in ("pairwise", "both together")):
        return "pairwise" if steps else together
    longest = max(lengths)
    if steps == {1}:
        size = f"{longest}" if len(lengths) == 1 else f"up to {longest}"
        return f"{len(runs)} blocks of {size}, then {together}"
    if steps == {len(runs)}:
        return f"{len(runs)} strided lanes, then {together}"
    return f"{len(runs)} chains of up to {longest}, then {together}"


def _together(core: Tree, count: int) -> str:
    """How so many chains are added to one sum."""
    depth = _depth(core)
    if count == 2:
        return "both together"
    if depth == 1:
        return "all at once"
    if depth == count - 1:
        return "one after the other"
    return "pairwise" if depth == (count - 1).bit_length() else f"in a tree {depth} deep"


def _depth(tree: Tree) -> int:
    """The longest way from the root of a tree to a chain."""
    return 0 if _chain(tree) is not None else 1 + max(_depth(part) for part in tree)


def _without_last(tree: Tree) -> tuple[Tree, int] | None:
    """What a last summand is added to, and that summand; None where the last sum is one of sums."""
    if isinstance(tree, int) or len(tree) != 2 or _chain(tree) is not None:
        return None
    single = [part for part in tree if isinstance(part, int)]
    return None if len(single) != 1 else (next(part for part in tree if part != single[0]), single[0])


def _runs(tree: Tree) -> Iterator[list[int]]:
    """The chains that a tree is made of."""
    whole = _chain(tree)
    if whole is not None:
        yield whole
    else:
        for part in tree:
            yield from _runs(part)


def _chain(tree: Tree) -> list[int] | None:
    """The summands in order, where each is added to the sum of those before it; None of any other tree."""
    after = list[int]()
    while not isinstance(tree, int):
        if len(tree) != 2 or not any(isinstance(part, int) for part in tree):
            return None
        first, last = tree if isinstance(tree[1], int) else tree[::-1]
        after.append(last)
        tree = first
    order = [tree, *after[::-1]]
    if len(order) > 1 and (order[0] > order[1]) != (len(order) > 2 and order[1] > order[2]):
        order[:2] = order[1::-1]
    return order


def drawn(tree: Tree) -> str:
    """The tree in text: a line is a chain, whose summands are added from left to right.

    >>> print(drawn((((0, 2), (1, 3)), 4)))
    ┬ ┬ 0 + 2
    │ └ 1 + 3
    └ 4
    """
    return "\n".join(_lines(canonical(tree)))


def _lines(tree: Tree) -> list[str]:
    order = _chain(tree)
    if order is not None:
        return [" + ".join(map(str, order))]
    parts = [_lines(part) for part in sorted(tree, key=lambda part: (len(leaves(part)) == 1, least(part)))]
    heads = ["┬", *["├"] * (len(parts) - 2), "└"]
    return [
        f"{(head if k == 0 else ' ' if head == '└' else '│')} {line}"
        for head, lines in zip(heads, parts, strict=True)
        for k, line in enumerate(lines)
    ]
