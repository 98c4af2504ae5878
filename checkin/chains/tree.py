"""Trees of who infected whom, and where their cases stand in a picture: pure rules.

A row for each case, in the order of the tree; to the right by the day of onset, and always to the right of the case
that infected it, so that no line runs through another case or its name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil

# Units of the view box: a row, above the first, at the right for what a case is called, per generation at least.
ROW, HEAD, LABEL, STEP, MARGIN = 26, 24, 190, 10, 24
WIDTH, NARROW = 1180, 340
# More cases than this make no picture that anybody reads: the rest is behind a number with a way to it.
MOST = 100


@dataclass(frozen=True)
class Node:
    """A case: its number, the day by which it stands, and the case that infected it where it is known."""

    seq: int
    day: date
    source: int | None


@dataclass(frozen=True)
class Tree:
    """Everybody whom a case infected, directly or not."""

    root: int
    nodes: Mapping[int, Node]
    # By case those whom it infected, by day and number; and how many generations after the root it is.
    children: Mapping[int, tuple[int, ...]]
    generation: Mapping[int, int]
    # How many cases there are from it on, itself among them.
    size: Mapping[int, int]

    @property
    def generations(self) -> int:
        """How many generations there are, the root's among them."""
        return max(self.generation.values()) + 1


@dataclass(frozen=True)
class Drawn:
    """A case in the picture; `line` is the path from who infected it, `hidden` how many after it are not drawn."""

    seq: int
    day: date
    generation: int
    hidden: int
    x: float
    y: float
    line: str


@dataclass(frozen=True)
class Picture:
    """A tree as it is drawn in a picture of `width` by `height`; days over it with their places, none where narrow."""

    drawn: list[Drawn]
    days: list[tuple[date, float]]
    width: int
    height: int


def trees(nodes: Iterable[Node]) -> list[Tree]:
    """Every tree of two cases or more, the largest first, then the earliest. Whose source is not there is a root."""
    known = {node.seq: node for node in nodes}
    children = _children(known)
    roots = [node for node in known.values() if node.source not in known and children.get(node.seq)]
    found = [_tree(node.seq, known, children) for node in roots]
    return sorted(found, key=lambda tree: (-tree.size[tree.root], known[tree.root].day, tree.root))


def tree_from(nodes: Iterable[Node], seq: int) -> Tree | None:
    """The tree that begins with this case, whoever infected it; None where there is no such case."""
    known = {node.seq: node for node in nodes}
    return _tree(seq, known, _children(known)) if seq in known else None


def draw(tree: Tree, width: int = WIDTH, most: int = MOST) -> Picture:
    """Places of the cases, those nearest to the root first where there are more than `most`."""
    shown = _nearest(tree, most)
    days = [tree.nodes[seq].day for seq in shown]
    first, span = min(days), (max(days) - min(days)).days
    deepest = max(tree.generation[seq] for seq in shown)
    step = min(float(STEP), (width - LABEL - MARGIN) / max(1, deepest))
    # What generations need is not there for days; a narrow picture has none to give.
    room = 0.0 if width < WIDTH else width - MARGIN - LABEL - step * deepest
    unit = room / span if span else 0.0
    if width < WIDTH:
        step = min(16.0, (width - LABEL - MARGIN) / max(1, deepest))
    drawn: dict[int, Drawn] = {}
    exact: dict[int, float] = {}
    stack = [tree.root]
    while stack:
        seq = stack.pop()
        node, parent = tree.nodes[seq], drawn.get(tree.nodes[seq].source or 0)
        x = MARGIN + (node.day - first).days * unit + step * tree.generation[seq]
        y = HEAD + ROW * (len(drawn) + 0.5)
        line = ""
        if parent is not None:
            # Whose day is before that of their source stands beside it all the same; the label says the day.
            x = max(x, exact[parent.seq] + step)
            line = f"M{parent.x:g} {parent.y + 6:g}V{y:g}H{round(x, 1) - 6:g}"
        exact[seq] = x
        after = [one for one in tree.children.get(seq, ()) if one in shown]
        hidden = sum(tree.size[one] for one in tree.children.get(seq, ()) if one not in shown)
        drawn[seq] = Drawn(seq, node.day, tree.generation[seq], hidden, round(x, 1), y, line)
        stack += reversed(after)
    ticks = _days(first, span, unit) if unit else []
    return Picture(list(drawn.values()), ticks, width, HEAD + ROW * len(drawn) + 4)


def _children(known: Mapping[int, Node]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[Node]] = {}
    for node in known.values():
        if node.source in known and node.source is not None:
            found.setdefault(node.source, []).append(node)
    return {
        source: tuple(node.seq for node in sorted(some, key=lambda node: (node.day, node.seq)))
        for source, some in found.items()
    }


def _tree(root: int, known: Mapping[int, Node], children: Mapping[int, tuple[int, ...]]) -> Tree:
    generation, order = {root: 0}, [root]
    for seq in order:  # grows while it is gone through
        for child in children.get(seq, ()):
            if child not in generation:
                generation[child] = generation[seq] + 1
                order.append(child)
    size = dict.fromkeys(order, 1)
    for seq in reversed(order):
        source = known[seq].source
        if seq != root and source is not None:
            size[source] += size[seq]
    return Tree(root, known, children, generation, size)


def _nearest(tree: Tree, most: int) -> set[int]:
    """The root and those nearest to it; of those infected by one case all or none, as long as there are any."""
    shown, order = {tree.root}, [tree.root]
    for seq in order:
        after = [child for child in tree.children.get(seq, ()) if child not in shown]
        if len(shown) + len(after) > most:
            # Of a case with more than fit the first ones.
            after = after[: max(0, most - len(shown))]
        shown |= set(after)
        order += after
    return shown


def _days(first: date, span: int, unit: float) -> list[tuple[date, float]]:
    every = max(1, ceil(64 / unit))
    return [
        (date.fromordinal(first.toordinal() + ahead), round(MARGIN + ahead * unit, 1))
        for ahead in range(0, span + 1, every)
    ]
