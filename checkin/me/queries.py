from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.db import is_postgresql, set_scope
from checkin.me.models import AREA, PERSON, Reading
from checkin.venues.models import Venue
from checkin.visits.models import Visit

# More than a device makes in three weeks; a page has an end.
MOST = 400
LIST = "list"


@dataclass(frozen=True)
class OwnVisit:
    """A visit that this device made."""

    id: UUID
    venue_id: UUID
    zone_id: UUID | None
    entered_at: datetime
    left_at: datetime | None
    end_set_by: str
    until_likely: datetime
    until_latest: datetime
    declared_at: datetime | None


@dataclass(frozen=True, order=True)
class Told:
    """That staff read a list on a day: of a venue and the day of the visit, or (venue None) of this person's visits."""

    read_on: date
    kind: str
    venue_id: UUID | None
    visited_on: date | None


def visits(session: Session, device: bytes, since: datetime) -> list[OwnVisit]:
    """The visits of this device begun at or after a moment, newest first. As the public role too."""
    set_scope(session, device=device)
    rows = session.execute(
        sa.select(*(getattr(Visit, name) for name in OwnVisit.__dataclass_fields__))
        .where(Visit.device == device, Visit.entered_at >= since)
        .order_by(Visit.entered_at.desc(), Visit.id.desc())
        .limit(MOST)
    )
    return [OwnVisit(*row) for row in rows]


def readings(session: Session, device: bytes, since: datetime, now: datetime) -> list[Told]:
    """Who read the lists that this device's visits since a moment can be on; the latest reading first.

    Only what may be shown at `now`, by day alone. On PostgreSQL from a function of the tables' owner: the public
    role cannot read a reading.
    """
    set_scope(session, device=device)
    if is_postgresql(session):
        rows = session.execute(
            sa.text("SELECT read_on, kind, venue_id, visited_on FROM device_readings(:since, :at)"),
            {"since": since, "at": now},
        )
        found = {Told(*row) for row in rows}
    else:
        found = _readings(session, device, since, now)
    return sorted(found, key=lambda told: (told.read_on, told.visited_on or told.read_on, str(told.venue_id)))[::-1]


def _readings(session: Session, device: bytes, since: datetime, now: datetime) -> set[Told]:
    """The same as the function `device_readings` of migration 0010."""
    met = sa.and_(Visit.entered_at <= Reading.end, Visit.until_latest >= Reading.start)
    of_zone = sa.or_(Reading.zone_id.is_(None), Reading.zone_id == Visit.zone_id)
    of_area = sa.and_(
        Reading.kind == AREA,
        sa.or_(Reading.commune_id.is_(None), Reading.commune_id == Venue.commune_id),
        sa.or_(Reading.venue_kind.is_(None), Reading.venue_kind == Venue.kind),
    )
    of_person = sa.and_(Reading.subject_id == Visit.person_id, Visit.entered_at.between(Reading.start, Reading.end))
    rows = session.execute(
        sa.select(Reading.kind, Visit.venue_id, Visit.entered_at, Reading.read_at)
        .select_from(Visit)
        .join(Venue, Venue.id == Visit.venue_id)
        .join(
            Reading,
            sa.or_(sa.and_(Reading.venue_id == Visit.venue_id, of_zone, met), sa.and_(of_area, met), of_person),
        )
        .where(Visit.device == device, Visit.entered_at >= since, Reading.shown_from <= now)
    )
    return {
        Told(_day(read_at), PERSON, None, None)
        if kind == PERSON
        else Told(_day(read_at), LIST, venue_id, _day(entered_at))
        for kind, venue_id, entered_at, read_at in rows
    }


def _day(moment: datetime) -> date:
    return clock.to_local(moment).date()


def noted(session: Session, lookup_id: UUID, since: datetime, names: Sequence[str]) -> list[dict[str, Any]]:
    """What was put down of a lookup since a moment: these columns of each reading, by name."""
    rows = session.execute(
        sa.select(*(getattr(Reading, name) for name in names)).where(
            Reading.lookup_id == lookup_id, Reading.read_at >= since
        )
    )
    return [dict(row._mapping) for row in rows]
