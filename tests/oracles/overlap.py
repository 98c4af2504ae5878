"""The rule of "who can have met a window of time" as its readers would say it, written apart from the product.

It imports nothing of the product and computes no intervals: it walks along the clock, tick by tick, and asks
of each tick who was there. Slow, and hard to get wrong.
"""

from collections.abc import Hashable, Iterable
from typing import NamedTuple


class Stay(NamedTuple):
    """One stay; moments are whole seconds since any fixed moment."""

    id: Hashable
    person: Hashable
    entered: int
    left: int | None  # recorded, or nobody knows
    latest: int  # when it must have ended


class Met(NamedTuple):
    """One person who can have been there, minutes for certain and at most, and by which stays."""

    person: Hashable
    certain: int
    possible: int
    stays: frozenset[Hashable]


def who_was_there(stays: Iterable[Stay], start: int, end: int, tick: int = 60) -> list[Met]:
    """Everybody whose stay can meet [start, end], in the order of the list. Every moment is a multiple of `tick`."""
    possible: dict[Hashable, set[int]] = {}
    certain: dict[Hashable, set[int]] = {}
    by: dict[Hashable, set[Hashable]] = {}
    first: dict[Hashable, int] = {}
    for stay in stays:
        # A recorded end is the end. Without one the person may have stayed until the latest moment.
        over = stay.latest if stay.left is None else stay.left
        # Came after the window was over: cannot have met it. At its very last moment: can.
        if stay.entered > end:
            continue
        # Was gone before the window began: cannot have met it. Left at its very first moment: can.
        if over < start:
            continue
        by.setdefault(stay.person, set()).add(stay.id)
        first[stay.person] = min(stay.entered, first.get(stay.person, stay.entered))
        there = {moment for moment in range(stay.entered, over, tick) if start <= moment < end}
        # A set: two stays side by side count a moment once.
        possible.setdefault(stay.person, set()).update(there)
        # Only a recorded end makes the time before it certain.
        certain.setdefault(stay.person, set()).update(there if stay.left is not None else ())
    met = [
        Met(person, len(certain[person]) * tick // 60, len(possible[person]) * tick // 60, frozenset(by[person]))
        for person in by
    ]
    # The longest there for certain first, then the longest at most, then who came first, then by id.
    return sorted(met, key=lambda one: (-one.certain, -one.possible, first[one.person], str(one.person)))
