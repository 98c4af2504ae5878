"""The rule of "which other cases were at its places, at the same time or before", written apart from the product.

It imports nothing of the product and computes no intervals: it asks of each minute who was there.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple


class Stay(NamedTuple):
    """One stay of one case; moments are whole minutes since any fixed moment."""

    id: Hashable
    case: Hashable
    where: Hashable
    entered: int
    left: int | None  # recorded, or nobody knows
    latest: int  # when it must have ended


class Pair(NamedTuple):
    """Two stays that count, minutes together for certain and at most, and how long before the other one had left."""

    own: Hashable
    other: Hashable
    certain: int
    possible: int
    gap: int | None


def within(place: Hashable, outer: Hashable, stands_in: Mapping[Hashable, Hashable]) -> bool:
    """True where a place is another one or stands in it, however deep."""
    while place is not None and place != outer:
        place = stands_in.get(place)
    return place is not None


def who_was_there_too(
    stays: Iterable[Stay],
    case: Hashable,
    alike: Iterable[Hashable],  # cases of the same disease, of other people
    stands_in: Mapping[Hashable, Hashable],
    start: int,
    end: int,
    air: int,
) -> set[Pair]:
    """Every pair of a stay of the case and one of another case that counts; both ends of the window included."""
    stays, alike = list(stays), set(alike)
    found = set()
    for own in stays:
        own_over = own.latest if own.left is None else own.left
        # Not of the case, or not in the days in which it can have been infected.
        if own.case != case or own.entered > end or own_over < start:
            continue
        for other in stays:
            if other.case not in alike:
                continue
            if not (within(own.where, other.where, stands_in) or within(other.where, own.where, stands_in)):
                continue
            other_over = other.latest if other.left is None else other.left
            # Came when the case had left: cannot have given it. So can nobody whose last breath there was gone before.
            if other.entered > own_over or other.entered > end or other_over + air < start:
                continue
            mine = {minute for minute in range(own.entered, own_over) if start <= minute < end}
            both = {minute for minute in mine if other.entered <= minute < other_over + air}
            known = own.left is not None and other.left is not None
            came = max(own.entered, start)
            gap = came - other_over if other_over + air < came else None
            found.add(Pair(own.id, other.id, len(both) if known else 0, len(both), gap))
    return found
