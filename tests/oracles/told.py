"""What visits and told movements say together, minute by minute, as its readers would say it; nothing of the product.

Of each minute at each place it is asked who says that the person was there: a recorded visit, the person, or a guess
that nobody has put right.
"""

from collections.abc import Hashable, Iterable
from typing import NamedTuple


class Visit(NamedTuple):
    """A visit in minutes; `left` None where its end is guessed."""

    where: Hashable
    entered: int
    left: int | None
    latest: int


class Move(NamedTuple):
    """A movement as it was told, in minutes."""

    where: Hashable
    start: int
    end: int


def presence(visits: Iterable[Visit], moves: list[Move]) -> tuple[set[tuple[Hashable, int]], set[tuple[Hashable, int]]]:
    """(place, minute) of which it is sure that the person was there, and of which it is possible."""
    sure: set[tuple[Hashable, int]] = set()
    possible: set[tuple[Hashable, int]] = set()
    for move in moves:
        sure |= {(move.where, minute) for minute in range(move.start, move.end)}
    for visit in visits:
        about = [m for m in moves if m.where == visit.where and m.start <= visit.latest and m.end >= visit.entered]
        if visit.left is not None:
            sure |= {(visit.where, minute) for minute in range(visit.entered, visit.left)}
        elif about:
            first = min(about, key=lambda move: (move.start, move.end))
            sure |= {(visit.where, minute) for minute in range(visit.entered, first.end)}
        else:
            possible |= {(visit.where, minute) for minute in range(visit.entered, visit.latest)}
    return sure, possible | sure
