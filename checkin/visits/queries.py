from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.visits.models import Submission, Visit


@dataclass(frozen=True)
class OpenVisit:
    """A visit of this device that may still last."""

    id: UUID
    entered_at: datetime
    venue_id: UUID
    zone_id: UUID | None
    until_likely: datetime
    until_latest: datetime


def open_visits(session: Session, *, device: bytes, person_id: UUID, now: datetime, cap: timedelta) -> list[OpenVisit]:
    """Visits of this device and person without a recorded end that may last until now, newest first."""
    rows = session.execute(
        sa.select(Visit.id, Visit.entered_at, Visit.venue_id, Visit.zone_id, Visit.until_likely, Visit.until_latest)
        .where(
            Visit.device == device,
            Visit.entered_at.between(now - cap, now),
            Visit.person_id == person_id,
            Visit.left_at.is_(None),
            Visit.until_latest >= now,
        )
        .order_by(Visit.entered_at.desc(), Visit.id.desc())
    )
    return [OpenVisit(*row) for row in rows]


def submission(session: Session, submission_id: UUID) -> tuple[bytes, datetime, dict[str, str] | None] | None:
    """(body's hash, when it came, what came of it) of a form that was sent before."""
    row = session.execute(
        sa.select(Submission.body, Submission.received_at, Submission.result).where(Submission.id == submission_id)
    ).first()
    return (bytes(row.body), row.received_at, row.result) if row else None


def hourly(session: Session, venue_ids: list[UUID], start: datetime, end: datetime) -> dict[datetime, int]:
    """Visits begun in [start, end) at these venues, by the hour (UTC) they began in."""
    if not venue_ids:
        return {}
    if is_postgresql(session):
        # A function of the tables' owner: the public role may count but not read.
        rows = session.execute(
            sa.text("SELECT hour, visits FROM visit_hours(:venues, :start, :end)"),
            {"venues": venue_ids, "start": start, "end": end},
        )
        return dict(rows.all())
    hour = sa.func.strftime("%Y-%m-%d %H:00:00", Visit.entered_at)
    rows = session.execute(
        sa.select(hour, sa.func.count())
        .where(Visit.venue_id.in_(venue_ids), Visit.entered_at >= start, Visit.entered_at < end)
        .group_by(hour)
    )
    return {datetime.fromisoformat(f"{text}+00:00"): count for text, count in rows}
