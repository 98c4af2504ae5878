import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from checkin.db import UtcDateTime, is_postgresql
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


@dataclass(frozen=True)
class Encounter:
    """One stay of a case: where it can have met others, and from when to when (UTC)."""

    venue_ids: tuple[UUID, ...]  # the venue and what stands inside it
    start: datetime
    end: datetime  # recorded, or the latest there can be
    recorded: bool  # with a guessed end of the case's own nothing is certain


def meeting(
    session: Session,
    encounters: Sequence[Encounter],
    *columns: str,
    air: timedelta,
    cap: timedelta,
    excluding: Collection[UUID],
    store: Any = Visit.__table__,
) -> sa.Select[Any]:
    """A select of the stays that can meet one of the encounters.

    They begin no later than it ends, and can have lasted until it begins; touching ends meet. Rows, one for each
    encounter that a visit meets: `number` of the encounter in the list, its `low` and `high` (start, and end with
    the `air` that the disease stays in after the case has left), whether its end was `recorded`, and these
    `columns` of the other's visit, all where none is named. `cap` is the longest stay there is: it bounds how far
    back a visit can have begun. People in `excluding`, the case itself, are left out. `store` is the table that
    is read, or anything with its columns.
    """
    asked = _asked(session, encounters, air=air, cap=cap)
    visit = store.c
    conditions = [
        visit.venue_id == asked.c.venue_id,
        visit.entered_at >= asked.c.since,
        visit.entered_at <= asked.c.high,
        # A recorded end is the latest one too, so that one column says it and the index alone is read.
        visit.until_latest >= asked.c.low,
        visit.person_id.not_in(excluding),
    ]
    if is_postgresql(session) and encounters:
        # Spelt out, so that only the days in question are planned and read.
        earliest, latest = min(e.start for e in encounters) - cap, max(e.end for e in encounters) + air
        conditions.append(visit.entered_at.between(earliest, latest))
    wanted = [visit[name] for name in columns] or list(visit)
    return sa.select(asked.c.number, asked.c.low, asked.c.high, asked.c.recorded, *wanted).where(*conditions)


# As a list of JSON in one parameter: the statement is the same for one encounter and for a thousand.
_ASKED: dict[str, Any] = {
    "number": sa.Integer(),
    "venue_id": sa.Uuid(),
    "since": UtcDateTime(),
    "low": UtcDateTime(),
    "high": UtcDateTime(),
    "recorded": sa.Boolean(),
}


def _asked(session: Session, encounters: Sequence[Encounter], *, air: timedelta, cap: timedelta) -> Any:
    """The encounters as rows, one for each of their venues."""
    rows = [
        (number, venue_id, encounter.start - cap, encounter.start, encounter.end + air, encounter.recorded)
        for number, encounter in enumerate(encounters)
        for venue_id in encounter.venue_ids
    ]
    if is_postgresql(session):
        listed = [dict(zip(_ASKED, row, strict=True)) for row in rows]
        value = sa.bindparam("encounters", json.loads(json.dumps(listed, default=str)), JSONB)
        columns = [sa.column(name, kind) for name, kind in _ASKED.items()]
        return sa.func.jsonb_to_recordset(value).table_valued(*columns).render_derived("asked", with_types=True)
    # In the form in which SQLite's columns hold them.
    text = json.dumps(rows, default=_as_stored)
    each = sa.func.json_each(sa.bindparam("encounters", text)).table_valued("value")
    return sa.select(
        *(
            sa.type_coerce(sa.func.json_extract(each.c.value, f"$[{place}]"), kind).label(name)
            for place, (name, kind) in enumerate(_ASKED.items())
        )
    ).subquery("asked")


def _as_stored(value: UUID | datetime) -> str:
    if isinstance(value, UUID):
        return value.hex
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
