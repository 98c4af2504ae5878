from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.declarations.models import Declaration
from checkin.declarations.triage import LEVELS, NOT_ASKED
from checkin.desk.models import DeskLink
from checkin.people.models import Person
from checkin.venues.models import Venue, Zone
from checkin.visits.flags import SHIFT
from checkin.visits.models import Visit
from checkin.visits.queries import OpenVisit
from checkin.zones.queries import in_use

# What the counter is told of a person's day: nothing of the answers.
DECLARED, HELP, NOTHING = "declared", "help", "none"
# Scans do not arrive in the order in which they were made: a visit that began within this time after is the same one.
SAME = timedelta(minutes=1)
# Visits of one person in the zones of one venue that may last at once.
MOST_OPEN = 20


@dataclass(frozen=True)
class Stand:
    """A device, or the link for one, and where it stands: its venue, and the zone it is at.

    `zone` is None where it stands for the venue as a whole; `left` is the zone it was put at that is out of use by now.
    """

    link: DeskLink
    venue: Venue
    zone: Zone | None = None
    left: Zone | None = None


@dataclass(frozen=True)
class Entry:
    """Somebody who came today: no more than who stands at the desk sees anyway."""

    masked_name: str
    entered_at: datetime
    zone: str | None


def of_venue(session: Session, venue_id: UUID) -> list[DeskLink]:
    """The devices of a venue and the links that wait for one, newest first."""
    return list(
        session.scalars(
            sa.select(DeskLink)
            .where(DeskLink.venue_id == venue_id)
            .order_by(DeskLink.made_at.desc(), DeskLink.id.desc())
            .limit(100)
        )
    )


def of_id(session: Session, venue_id: UUID, link_id: UUID) -> DeskLink | None:
    """A device of this venue, or a link that waits for one; None for any other."""
    return session.scalar(sa.select(DeskLink).where(DeskLink.id == link_id, DeskLink.venue_id == venue_id))


def by_secret(session: Session, secret_hash: bytes) -> Stand | None:
    """The device with this secret, revoked or not; None for a secret of no device."""
    return _stand(session, DeskLink.secret_hash == secret_hash)


def by_code(session: Session, code_hash: bytes) -> Stand | None:
    """The link with this code, over or not; None for a code that nobody made or that was used."""
    return _stand(session, DeskLink.code_hash == code_hash)


def _stand(session: Session, which: sa.ColumnElement[bool]) -> Stand | None:
    row = session.execute(
        sa.select(DeskLink, Venue, Zone, in_use())
        .join(Venue, DeskLink.venue_id == Venue.id)
        .outerjoin(Zone, DeskLink.zone_id == Zone.id)
        .where(which)
    ).first()
    if row is None:
        return None
    link, venue, zone, used = row
    return Stand(link, venue, zone if used else None, None if used else zone)


def today(session: Session, venue_id: UUID, start: datetime, now: datetime, most: int) -> tuple[int, list[Entry]]:
    """How many visits began at the venue since `start`, and the newest of them.

    On PostgreSQL the database itself knows which venue and day the device in scope may see, whatever is asked.
    """
    if is_postgresql(session):
        count = session.scalar(sa.text("SELECT desk_count()"))
        rows = session.execute(sa.text("SELECT masked_name, entered_at, zone FROM desk_visits(:most)"), {"most": most})
        return int(count or 0), [Entry(*row) for row in rows]
    those = Visit.venue_id == venue_id, Visit.entered_at >= start, Visit.entered_at <= now, Visit.channel != SHIFT
    count = session.scalar(sa.select(sa.func.count()).where(*those))
    rows = session.execute(
        sa.select(Visit.masked_name, Visit.entered_at, Zone.name)
        .outerjoin(Zone, Visit.zone_id == Zone.id)
        .where(*those)
        .order_by(Visit.entered_at.desc(), Visit.id.desc())
        .limit(most)
    )
    return int(count or 0), [Entry(*row) for row in rows]


def open_here(session: Session, venue_id: UUID, person_id: UUID, at: datetime) -> list[OpenVisit]:
    """The person's visits at the device's venue, in whichever zone, that most likely last at this moment, newest first.

    On PostgreSQL the venue is that of the device in scope, and who asks for the same person waits for the end of
    this transaction: of two scans at once the second finds the visit of the first.
    """
    if is_postgresql(session):
        found = session.execute(
            sa.text("SELECT id, entered_at, zone_id, until_likely, until_latest FROM desk_open(:person, :at)"),
            {"person": person_id, "at": at},
        )
    else:
        found = session.execute(
            sa.select(Visit.id, Visit.entered_at, Visit.zone_id, Visit.until_likely, Visit.until_latest)
            .where(
                Visit.person_id == person_id,
                Visit.venue_id == venue_id,
                Visit.entered_at.between(at - timedelta(hours=24), at + SAME),
                Visit.left_at.is_(None),
                Visit.until_likely >= at,
                # A shift is a plan; what the counter saw is a visit of its own.
                Visit.channel != SHIFT,
            )
            .order_by(Visit.entered_at.desc(), Visit.id.desc())
            .limit(MOST_OPEN)
        )
    return [OpenVisit(row[0], row[1], venue_id, *row[2:]) for row in found]


def result_today(session: Session, venue_id: UUID, person_id: UUID, start: datetime, end: datetime) -> str:
    """DECLARED, HELP or NOTHING: what the person declared in [start, end), this day of the province.

    HELP is of what was declared for a visit at this venue: of a form from elsewhere a counter is told no answer, else
    whoever has a name and a number, and a counter of their own, learns who is ill. The worst there counts.

    On PostgreSQL the database itself knows the venue and the day, and tells a joined device this word alone.
    """
    if is_postgresql(session):
        return str(session.scalar(sa.text("SELECT desk_result(:person)"), {"person": person_id}) or NOTHING)
    family = sa.select(Person.id).where(sa.or_(Person.id == person_id, Person.same_as == person_id))
    here = sa.exists().where(
        Visit.venue_id == venue_id,
        Visit.person_id == Declaration.person_id,
        Visit.declaration_id == Declaration.id,
        # Nobody stays longer than a day.
        Visit.entered_at >= start - timedelta(days=1),
        Visit.entered_at < end,
    )
    found = {
        (triage != LEVELS[0], at_this_venue)
        for triage, at_this_venue in session.execute(
            sa.select(Declaration.triage, here).where(
                Declaration.person_id.in_(family),
                Declaration.made_at >= start,
                Declaration.made_at < end,
                Declaration.triage != NOT_ASKED,
            )
        )
    }
    if (True, True) in found:
        return HELP
    return DECLARED if found else NOTHING
