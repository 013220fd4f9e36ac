"""A tree -> what people call it, its picture in text, and the short text that is equal where trees are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from harness.summation.trees import Tree, canonical, chain, least, leaves, several

#: Hexadecimal digits of a signature: 48 bits tell any two orders of an installation's apart.
SIGNATURE = 12


def signature(trees: Sequence[Tree], manners: Sequence[tuple[str, ...]]) -> str:
    """A text that is equal where the orders of summation and the manners of adding are."""
    text = repr([(canonical(tree), manner) for tree, manner in zip(trees, manners, strict=True)])
    return hashlib.sha256(text.encode()).hexdigest()[:SIGNATURE]


def words(tree: Tree) -> str:
    """The order in a few words.

    >>> words((((0, 1), 2), 3)), words(((0, 1), (2, 3))), words(((0, 2), (1, 3)))
    ('one after the other', 'pairwise', '2 strided lanes, then both together')
    """
    whole = chain(tree)
    if whole is not None:
        return _of_chain(whole)
    core, after = tree, 0
    while (part := _without_last(core)) is not None:
        core, after = part, after + 1
    more = "1 more" if after == 1 else f"{after} more, one after the other"
    return f"{_of_tree(core)}, then {more}" if after else _of_tree(core)


def _of_chain(order: Sequence[int]) -> str:
    if len(order) < 3:
        return "one summand" if len(order) == 1 else "two summands"
    rising, falling = "one after the other", "from the last to the first"
    for ordered, before in ((order, ""), (order[1:], f"number {order[0]}, then ")):
        steps = [b - a for a, b in pairwise(ordered)]
        if all(step > 0 for step in steps) or all(step < 0 for step in steps):
            return before + (rising if steps[0] > 0 else falling)
    for ordered, before in ((order, ""), (order[1:], f"number {order[0]}, then "), (order[:-1], "")):
        numbers, after = sorted(ordered), f", then number {order[-1]}" if ordered == order[:-1] else ""
        for stride in range(2, len(ordered) // 2 + 1):
            if list(ordered) == [n for k in range(stride) for n in numbers[k::stride]]:
                return f"{before}{rising}, in strides of {stride}{after}"
    return f"{rising}, in another order"


def _of_tree(tree: Tree) -> str:
    """A tree whose last sum is one of sums: lanes, halves of halves, blocks, parts that are alike, or chains."""
    numbers, nodes = sorted(leaves(tree)), {frozenset(leaves(node)): node for node in _nodes(tree)}
    count = len(numbers)
    if several(tree):
        sums = [len(node) for node in nodes.values() if not isinstance(node, int)]
        return "all at once" if len(sums) == 1 else f"up to {max(sums)} at once, in {len(sums)} sums"
    for lanes in range(2, count - 1):
        if _are_chains([numbers[k::lanes] for k in range(lanes)], nodes):
            return f"{lanes} strided lanes, then {_together(tree, lanes, count - lanes)}"
    if not isinstance(tree, int) and len(tree) == 2 and _height(tree) == (count - 1).bit_length():
        return "pairwise"
    for size in range(count - 2, 1, -1):
        blocks = [numbers[k : k + size] for k in range(0, count, size)]
        if _are_chains(blocks, nodes):
            return f"{len(blocks)} blocks of {size}, then {_together(tree, len(blocks), count - len(blocks))}"
    each = {words(part) for part in tree}
    if len(each) == 1 and len(tree) < count:
        return f"{len(tree)} parts, each {each.pop()}"
    runs = list(_runs(tree))
    if len(runs) == count:
        return _together(tree, count, 0)
    return f"{len(runs)} chains of up to {max(map(len, runs))}, then {_together(tree, len(runs), count - len(runs))}"


def _nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    if not isinstance(tree, int):
        for part in tree:
            yield from _nodes(part)


def _are_chains(parts: Sequence[Sequence[int]], nodes: Mapping[frozenset[int], Tree]) -> bool:
    """Whether each part is a chain within a tree, in its order."""
    return all(frozenset(part) in nodes and chain(nodes[frozenset(part)]) == list(part) for part in parts)


def _together(tree: Tree, count: int, within: int) -> str:
    """How so many sums are added to one, in which so many sums are made before."""
    if count == 2:
        return "both together"
    height = _height(tree) - -(-within // count)
    if height == count - 1:
        return "one after the other"
    return "pairwise" if height <= (count - 1).bit_length() else "in a tree"


def _height(tree: Tree) -> int:
    """The longest way from the root of a tree to a summand."""
    return 0 if isinstance(tree, int) else 1 + max(map(_height, tree))


def _without_last(tree: Tree) -> Tree | None:
    """What a last summand is added to; None where the last sum is one of sums."""
    if isinstance(tree, int) or len(tree) != 2 or chain(tree) is not None:
        return None
    sums = [part for part in tree if not isinstance(part, int)]
    return sums[0] if len(sums) == 1 else None


def _runs(tree: Tree) -> Iterator[list[int]]:
    """The chains that a tree is made of."""
    whole = chain(tree)
    if whole is not None:
        yield whole
    else:
        for part in tree:
            yield from _runs(part)


def drawn(tree: Tree) -> str:
    """The tree in text: a line is a chain, whose summands are added from left to right.

    >>> print(drawn((((0, 2), (1, 3)), 4)))
    ┬ ┬ 0 + 2
    │ └ 1 + 3
    └ 4
    """
    return "\n".join(_lines(canonical(tree)))


def _lines(tree: Tree) -> list[str]:
    order = chain(tree)
    if order is not None:
        return [" + ".join(map(str, order))]
    parts = [_lines(part) for part in sorted(tree, key=lambda part: (len(leaves(part)) == 1, least(part)))]
    heads = ["┬", *["├"] * (len(parts) - 2), "└"]
    return [
        f"{(head if k == 0 else ' ' if head == '└' else '│')} {line}"
        for head, lines in zip(heads, parts, strict=True)
        for k, line in enumerate(lines)
    ]
