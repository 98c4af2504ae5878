import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from checkin.batch import Answer, Asked
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
    values = meeting_values(session, encounters, air=air, cap=cap, excluding=excluding)
    return meeting_any(is_postgresql(session), *columns, store=store).params(**values)


def meeting_any(postgresql: bool, *columns: str, store: Any = Visit.__table__) -> sa.Select[Any]:
    """The select of `meeting` without its values, which `meeting_values` gives: it can be built once and kept."""
    asked, visit = (_asked_postgresql() if postgresql else _asked_sqlite()), store.c
    conditions = [
        visit.venue_id == asked.venue_id,
        visit.entered_at >= asked.since,
        visit.entered_at <= asked.high,
        # A recorded end is the latest one too, so that one column says it and the index alone is read.
        visit.until_latest >= asked.low,
        visit.person_id.not_in(sa.bindparam("excluding", expanding=True)),
    ]
    if postgresql:
        # Spelt out, so that only the days in question are planned and read.
        conditions.append(visit.entered_at.between(sa.bindparam("earliest"), sa.bindparam("latest")))
    wanted = [visit[name] for name in columns] or list(visit)
    return sa.select(asked.number, asked.low, asked.high, asked.recorded, *wanted).where(*conditions)


def meeting_values(
    session: Session,
    encounters: Sequence[Encounter],
    *,
    air: timedelta,
    cap: timedelta,
    excluding: Collection[UUID],
) -> dict[str, Any]:
    """The values of `meeting_any`, by name."""
    rows = [
        (number, venue_id, encounter.start - cap, encounter.start, encounter.end + air, encounter.recorded)
        for number, encounter in enumerate(encounters)
        for venue_id in encounter.venue_ids
    ]
    if not is_postgresql(session):
        return {"encounters": json.dumps(rows, default=_as_stored), "excluding": list(excluding)}
    listed = [{name: _plain(value) for name, value in zip(_ASKED, row, strict=True)} for row in rows]
    earliest, latest = _reach(encounters, air=air, cap=cap)
    return {"encounters": listed, "excluding": list(excluding), "earliest": earliest, "latest": latest}


def _reach(encounters: Sequence[Encounter], *, air: timedelta, cap: timedelta) -> tuple[datetime, datetime]:
    """When the first and the last of the visits can have begun that can meet any of them."""
    never = datetime.max.replace(tzinfo=UTC)
    return min((e.start - cap for e in encounters), default=never), max(
        (e.end + air for e in encounters), default=never
    )


# As a list of JSON in one parameter: the statement is the same for one encounter and for a thousand.
_ASKED: dict[str, Any] = {
    "number": sa.Integer(),
    "venue_id": sa.Uuid(),
    "since": UtcDateTime(),
    "low": UtcDateTime(),
    "high": UtcDateTime(),
    "recorded": sa.Boolean(),
}


def _asked_postgresql() -> Any:
    columns = [sa.column(name, kind) for name, kind in _ASKED.items()]
    rows = sa.func.jsonb_to_recordset(sa.bindparam("encounters", type_=JSONB))
    return rows.table_valued(*columns).render_derived("asked", with_types=True).c


def _asked_sqlite() -> Any:
    each = sa.func.json_each(sa.bindparam("encounters", type_=sa.Text)).table_valued("value")
    columns = (
        sa.type_coerce(sa.func.json_extract(each.c.value, f"$[{place}]"), kind).label(name)
        for place, (name, kind) in enumerate(_ASKED.items())
    )
    return sa.select(*columns).subquery("asked").c


def _plain(value: object) -> object:
    return value if isinstance(value, int) else str(value)


def _as_stored(value: UUID | datetime) -> str:
    """In the form in which SQLite's columns hold it."""
    if isinstance(value, UUID):
        return value.hex
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
