"""What the room hears from those below: whoever left goes with the nightly work of the store, and where nobody is
listed yet that is left to do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import clock
from checkin.venues.duties import STAFFED
from checkin.venues.models import Venue
from checkin.venues.signals import duties_asked
from checkin.visits.signals import day_expiring
from checkin.workers import queries, service


def connect() -> None:
    """Listen to the store and to the owner's pages; once is as good as twice."""
    day_expiring.connect(forget)
    duties_asked.connect(duties)


def forget(session: Session, *, start: datetime, end: datetime, now: datetime) -> None:
    """Let go of whoever worked on no day that is kept."""
    service.forget(session, before=clock.to_local(end).date())


def duties(session: Session, *, venues: Sequence[Venue], today: date) -> Mapping[UUID, tuple[str, ...]]:
    """Where people work all day and nobody is listed, the list is left to do."""
    staffed = [venue.id for venue in venues if venue.kind in STAFFED]
    there = queries.count(session, staffed, today)
    return {venue_id: ("workers",) for venue_id in staffed if venue_id not in there}
