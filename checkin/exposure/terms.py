"""What a lookup is asked with: plain values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from checkin.cases.models import Case

# A venue, and one of its zones or none.
Spot = tuple[UUID, UUID | None]


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What a lookup is for: a case or, before there is one, a signal; and the reason."""

    case: Case | None
    signal: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class PlaceAsked:
    """Which place, or which commune and kind of places, from when to when (UTC).

    `more` are further places, each with its zone or none; `daily`: its hours of each day. Of those asked for who were
    at the places `others` too, from `other_start` to `other_end`. `headcount` is how many people were there, as far as
    it is known; `repeats` the lookup that is asked once more.
    """

    start: datetime
    end: datetime
    venue_id: UUID | None = None
    zone_id: UUID | None = None
    commune_id: str | None = None
    kind: str | None = None
    more: tuple[Spot, ...] = ()
    daily: bool = False
    others: tuple[Spot, ...] = ()
    other_start: datetime | None = None
    other_end: datetime | None = None
    headcount: int | None = None
    repeats: UUID | None = None

    @property
    def besides(self) -> list[tuple[bool, Spot]]:
        """(whether it is one of the others, the place) of all but the first place."""
        return [*((False, spot) for spot in self.more), *((True, spot) for spot in self.others)]


@dataclass(frozen=True, kw_only=True)
class PersonAsked:
    """What is known of the person, in normal form or empty, and how far back (UTC)."""

    start: datetime
    end: datetime
    id_number: str = ""
    phone: str = ""
    full_name: str = ""
    birth_year: int | None = None


@dataclass(frozen=True, kw_only=True)
class ContactsAsked:
    """Which contacts (one of `contacts.queries.LISTED`) in whose columns; of many cases in which state, with which
    disease and home, where that is asked."""

    listed: str
    file_columns: str
    case_state: str | None = None
    case_disease: str | None = None
    commune_id: str | None = None
