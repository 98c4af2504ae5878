"""In what two people agree, and whether that makes them worth comparing: a pure rule over blind indexes.

Hùng and Hưng fold alike: a name decides nothing, not even with the year of birth, unless a number or a commune agrees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any
from uuid import UUID

# The strongest first. FAMILY is not likely to be one person: a guardian's phone, on which others are declared too.
ID, PHONE_NAME, PHONE_YEAR, NAME, FAMILY = 1, 2, 3, 4, 5
LIKENESSES = (ID, PHONE_NAME, PHONE_YEAR, NAME, FAMILY)
LIKELY = (ID, PHONE_NAME, PHONE_YEAR, NAME)


@dataclass
class Known:
    """What was ever told of one person: indexes of id numbers, phones, and names with their year; communes; the year of
    birth where it could be read."""

    id: UUID
    ids: set[bytes] = field(default_factory=set)
    phones: set[bytes] = field(default_factory=set)
    names: set[bytes] = field(default_factory=set)
    communes: set[str] = field(default_factory=set)
    year: int | None = None


@dataclass(frozen=True)
class Limits:
    """How many people a block may have that is compared, by what they share, and how many years are close."""

    id: int
    phone: int
    name: int
    close_years: int

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Limits":
        """Those of the section `doubles` of the rules."""
        return cls(int(data["most_id"]), int(data["most_phone"]), int(data["most_name"]), int(data["close_years"]))


def likeness(one: Known, other: Known, close_years: int) -> int | None:
    """What makes these two worth comparing; None where nothing does.

    An id number that agrees, whatever the name; a phone with the name and year of birth; a phone with a close year, or
    the name, year and commune, unless both told an id number, since two different ones are two people; else a phone.
    """
    if one.ids & other.ids:
        return ID
    two_ids, phone, name = bool(one.ids and other.ids), one.phones & other.phones, one.names & other.names
    if phone and name:
        return PHONE_NAME
    close = one.year is not None and other.year is not None and abs(one.year - other.year) <= close_years
    if phone and close and not two_ids:
        return PHONE_YEAR
    if name and one.communes & other.communes and not two_ids:
        return NAME
    return FAMILY if phone else None


def pairs(block: Sequence[Known], close_years: int) -> dict[tuple[UUID, UUID], int]:
    """The pairs of a block that are worth comparing, the lower id first, with what makes them so."""
    found = {}
    for one, other in combinations(sorted(block, key=lambda person: person.id), 2):
        like = likeness(one, other, close_years)
        if like is not None:
            found[one.id, other.id] = like
    return found
