"""Whom an owner wants on the list, and why somebody is not put there."""

from dataclasses import dataclass
from uuid import UUID

from checkin.declarations.told import Identity
from checkin.desk.shown import Shown, ShownCard


@dataclass(frozen=True)
class Post:
    """Where in a venue somebody works, what they do there, and when."""

    zone_id: UUID | None
    job: str
    weekdays: int
    starts: int
    ends: int


@dataclass(frozen=True)
class New:
    """Somebody to put on the list: who, or who a card means (without answers); and where and when."""

    who: Identity | Shown | ShownCard
    post: Post


@dataclass(frozen=True)
class Refused:
    """Why somebody was not put on the list: 'same', 'many', 'revoked', or a word of `left`."""

    reason: str
