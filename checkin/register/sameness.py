"""When a row of a register and a venue are the same: by the register number, else by name, commune and address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from checkin.fold import fold

# Said in an address or left out, it is the same house.
_FILLERS = frozenset({"so", "nha", "duong", "pho", "d", "sn", "dc"})
LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Known:
    """A venue, or what a row before this one made: what rows are held against."""

    id: UUID
    number: str
    name: str
    kind: str
    address: str
    commune_id: str
    phone: str = ""
    opens_at: str | None = None
    closes_at: str | None = None
    plate: str = ""
    parent_id: UUID | None = None
    owned: bool = False

    @property
    def name_key(self) -> tuple[str, str]:
        """What it is looked up by."""
        return fold(self.name)[:200], self.commune_id


def number_key(text: str) -> str:
    """A register number as it is compared: capitals and digits, without zeros that a spreadsheet drops."""
    kept = re.sub(r"[^A-Z0-9-]", "", fold(text).upper()).strip("-")
    return kept.lstrip("0")[:LONGEST_NUMBER]


@lru_cache(maxsize=16_384)
def address_key(address: str) -> tuple[str, ...]:
    """An address as it is compared: its words and numbers without accents, signs and words that say "house"."""
    return tuple(word for word in re.findall(r"[^\W_]+", fold(address)) if word not in _FILLERS)


def same_address(one: str, other: str) -> bool:
    """True for two writings of one address."""
    return address_key(one) == address_key(other)


class Several(ValueError):
    """More than one venue is as near, and nothing tells which."""


def the_same(
    number: str, address: str, by_number: Known | None, like_named: Sequence[Known], plate: str = ""
) -> Known | None:
    """The venue that a row means, of that with its number and those of its name and commune; None: it is new.

    A number, and so a plate, decides where both have one: two businesses of one name can share a house, and the taxis
    of one company do. Raises Several.
    """
    if by_number is not None:
        return by_number
    found = [
        venue
        for venue in like_named
        if not (number and venue.number and number != venue.number)
        and not (plate and venue.plate and plate != venue.plate)
        and same_address(address, venue.address)
    ]
    if len(found) > 1:
        raise Several
    return found[0] if found else None


def better(new: str, old: str, *, same: bool) -> str:
    """Of two writings of one name or address the one that says more; `same`: they fold alike.

    So a register typed without accents never takes those of the sign on the wall away.
    """
    if not same:
        return new
    return new if _marks(new) > _marks(old) else old


def _marks(text: str) -> int:
    return sum(not char.isascii() for char in text)
