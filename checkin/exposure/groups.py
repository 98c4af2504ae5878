"""Who came on one form: a family, friends on one phone. Whoever is called may speak for the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.exposure.queries import StayRow
from checkin.visits.corrections import CORRECTABLE
from checkin.visits.models import Visit

# Stays whose groups are asked for at a time: a statement takes only so many values.
BLOCK = 2000
MOST_SPANS = 100


@dataclass(frozen=True)
class Group:
    """A form on which several people stood, and how many of them the store has."""

    id: UUID
    people: int

    @property
    def code(self) -> str:
        """A short word by which a file shows who belongs together."""
        return self.id.hex[-8:].upper()


def of_stays(session: Session, stays: Sequence[StayRow], store: sa.Table = Visit.__table__) -> dict[UUID, Group]:  # type: ignore[assignment]
    """The groups of more than one person that these stays belong to, by id; `store` is where their visits are.

    People of one form come at one moment to one venue, but for who was added by correcting it: so the index of venues
    and days is what is read, some minutes around each stay.
    """
    found: dict[UUID, Group] = {}
    told = [stay for stay in stays if stay.group_id]
    for start in range(0, len(told), BLOCK):
        rows = session.execute(_counted(told[start : start + BLOCK], store.c))
        found |= {group_id: Group(group_id, people) for group_id, people in rows}
    return found


def _counted(stays: Sequence[StayRow], visit: Any) -> sa.Select[Any]:
    spans = _spans([stay.entered_at for stay in stays])
    people = sa.func.count(visit.person_id.distinct())
    return (
        sa.select(visit.group_id, people)
        .where(
            visit.venue_id.in_({stay.venue_id for stay in stays}),
            sa.or_(*(visit.entered_at.between(*span) for span in spans)),
            # Spelt out, so that only the days in question are planned and read.
            visit.entered_at.between(spans[0][0], spans[-1][1]),
            visit.group_id.in_({stay.group_id for stay in stays}),
        )
        .group_by(visit.group_id)
        .having(people > 1)
    )


def _spans(moments: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """Times in which all of the forms of these moments were filled in, in order: few, so that they can be spelt out."""
    found: list[tuple[datetime, datetime]] = []
    for moment in sorted(moments):
        start, end = moment - CORRECTABLE, moment + CORRECTABLE
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, end))
    return found if len(found) <= MOST_SPANS else [(found[0][0], found[-1][1])]


def of_one(stays: Iterable[StayRow], known: dict[UUID, Group]) -> Group | None:
    """The group that somebody with these stays came in; of several the largest."""
    theirs = (known[stay.group_id] for stay in stays if stay.group_id in known)
    return max(theirs, key=lambda group: group.people, default=None)
