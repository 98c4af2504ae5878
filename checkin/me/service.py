from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.db import set_scope
from checkin.ids import new_id
from checkin.me import queries
from checkin.me.models import Reading
from checkin.visits import service as visits


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Which visits a list can show: of a venue or zone, of a commune and kind, or of a person, and when (UTC)."""

    kind: str
    start: datetime
    end: datetime
    venue_id: UUID | None = None
    zone_id: UUID | None = None
    commune_id: str | None = None
    venue_kind: str | None = None
    subject_id: UUID | None = None


def note(session: Session, *, now: datetime, shown_from: datetime, lookup_id: UUID, shown: set[Shown]) -> int:
    """Put down that a list was read; once for each day of the province. How many readings are new."""
    since = clock.day_bounds(clock.to_local(now).date())[0]
    known = {Shown(**row) for row in queries.noted(session, lookup_id, since, tuple(Shown.__dataclass_fields__))}
    rows = [
        {"id": new_id(now), "lookup_id": lookup_id, "read_at": now, "shown_from": shown_from, **asdict(one)}
        for one in shown - known
    ]
    if rows:
        session.execute(sa.insert(Reading.__table__), rows)  # type: ignore[arg-type]
    return len(rows)


def forget_readings(session: Session, *, before: datetime) -> int:
    """Delete readings of what ended before a moment: with its visits gone nobody can be told. How many went."""
    result = session.execute(
        sa.delete(Reading).where(Reading.end < before),
        execution_options={"preserve_rowcount": True, "synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def leave(session: Session, *, now: datetime, device: bytes, visit_ids: set[UUID], since: datetime) -> int:
    """End those of these visits that are this device's own and can still last; how many were ended."""
    own = [visit for visit in queries.visits(session, device, since) if visit.id in visit_ids]
    ended = 0
    for visit in own:
        ended += visits.leave(session, now=now, visit_id=visit.id, entered_at=visit.entered_at, venue_id=visit.venue_id)
    set_scope(session, visit=None)
    return ended
