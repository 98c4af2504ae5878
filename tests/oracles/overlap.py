"""The rule of "who can have met a window of time" as its readers would say it, written apart from the product.

It imports nothing of the product and computes no intervals: it walks along the clock, tick by tick, and asks
of each tick who was there. Slow, and hard to get wrong.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple


class Stay(NamedTuple):
    """One stay; moments are whole numbers, as a rule seconds, since any fixed moment."""

    id: Hashable
    person: Hashable
    entered: int
    left: int | None  # recorded, or nobody knows
    latest: int  # when it must have ended
    where: Hashable = None


class Met(NamedTuple):
    """One person who can have been there, minutes for certain and at most, and by which stays."""

    person: Hashable
    certain: int
    possible: int
    stays: frozenset[Hashable]


def who_was_there(stays: Iterable[Stay], start: int, end: int, tick: int = 60, minute: int = 60) -> list[Met]:
    """Everybody whose stay can meet [start, end], in the order of the list.

    Every moment is a multiple of `tick`; `minute` is how long a minute is.
    """
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
        Met(
            person,
            len(certain[person]) * tick // minute,
            len(possible[person]) * tick // minute,
            frozenset(by[person]),
        )
        for person in by
    ]
    # The longest there for certain first, then the longest at most, then who came first, then by id.
    return sorted(met, key=lambda one: (-one.certain, -one.possible, first[one.person], str(one.person)))


class Contact(NamedTuple):
    """One person who can have met a case: minutes, how many stays of the case, and when it began."""

    person: Hashable
    certain: int
    possible: int
    encounters: int
    first: int


def who_met(
    stays: Iterable[Stay],
    case: Iterable[Stay],
    stands_in: Mapping[Hashable, Hashable],
    air: int,
    tick: int,
    minute: int,
) -> list[Contact]:
    """Everybody but the case who can have met it, in the order of the list.

    `stands_in` gives the venue that a venue stands in; the disease stays in the air for `air` after the case left.
    """
    possible: dict[Hashable, set[int]] = {}
    certain: dict[Hashable, set[int]] = {}
    met: dict[Hashable, set[int]] = {}
    first: dict[Hashable, int] = {}
    case = list(case)
    cases = {own.person for own in case}
    for stay in stays:
        if stay.person in cases:
            continue
        over = stay.latest if stay.left is None else stay.left
        for number, own in enumerate(case):
            own_over = own.latest if own.left is None else own.left
            # Who was in the kiosk of a mall was in the mall. Who was in the mall need not have been in the kiosk.
            place = stay.where
            while place is not None and place != own.where:
                place = stands_in.get(place)
            if place is None:
                continue
            # Came when not even the air was left, or was gone before the case came: they cannot have met.
            if stay.entered > own_over + air or over < own.entered:
                continue
            met.setdefault(stay.person, set()).add(number)
            began = stay.entered if stay.entered > own.entered else own.entered
            first[stay.person] = min(began, first.get(stay.person, began))
            # Every moment of the stay at which the case, or what it breathed out, was there too.
            both = {moment for moment in range(stay.entered, over, tick) if own.entered <= moment < own_over + air}
            possible.setdefault(stay.person, set()).update(both)
            # For certain only if it is known of both until when they stayed.
            known = stay.left is not None and own.left is not None
            certain.setdefault(stay.person, set()).update(both if known else ())
    contacts = [
        Contact(
            person,
            len(certain[person]) * tick // minute,
            len(possible[person]) * tick // minute,
            len(numbers),
            first[person],
        )
        for person, numbers in met.items()
    ]
    return sorted(contacts, key=lambda one: (-one.certain, -one.possible, one.first, str(one.person)))
