from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.batch import Answer, Asked
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


_OPEN = (
    sa.select(
        Visit.id,
        Visit.entered_at,
        Visit.venue_id,
        Visit.zone_id,
        Visit.until_likely,
        Visit.until_latest,
        Visit.person_id,
    )
    .where(
        Visit.device == sa.bindparam("device"),
        Visit.entered_at.between(sa.bindparam("since"), sa.bindparam("now")),
        Visit.left_at.is_(None),
        Visit.until_latest >= sa.bindparam("now"),
    )
    .order_by(Visit.entered_at.desc(), Visit.id.desc())
)


def ask_open_visits(device: bytes, now: datetime, cap: timedelta) -> Asked:
    """The question for visits of this device without a recorded end that may last until now, newest first."""
    return _OPEN, {"device": device, "since": now - cap, "now": now}


def read_open_visits(answer: Answer, person_id: UUID) -> list[OpenVisit]:
    """What the answer to `ask_open_visits` says of one person: several may share a device."""
    return [OpenVisit(*row[:6]) for row in answer.rows if row[6] == person_id]


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
