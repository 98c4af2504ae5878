import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from checkin.batch import Answer, Asked
from checkin.db import UtcDateTime, is_postgresql, set_scope
from checkin.scope import rows as rows_of
from checkin.visits.flags import SHIFT, read
from checkin.visits.hours import Sum
from checkin.visits.models import Submission, Visit
from checkin.visits.outcomes import Declared


@dataclass(frozen=True)
class OpenVisit:
    """A visit of this device that may still last."""

    id: UUID
    entered_at: datetime
    venue_id: UUID
    zone_id: UUID | None
    until_likely: datetime
    until_latest: datetime
    # The declaration that it goes with.
    declared: Declared | None = None


_OPEN = (
    sa.select(
        Visit.id,
        Visit.entered_at,
        Visit.venue_id,
        Visit.zone_id,
        Visit.until_likely,
        Visit.until_latest,
        Visit.person_id,
        Visit.declaration_id,
        Visit.declared_at,
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
    return [
        OpenVisit(*[*row[:6], (row[7], row[8]) if row[7] and row[8] else None])
        for row in answer.rows
        if row[6] == person_id
    ]


def submission(
    session: Session, submission_id: UUID, *, lock: bool = False
) -> tuple[bytes, datetime, dict[str, Any] | None] | None:
    """(body's hash, when it came, what came of it) of a form that was sent before; `lock`: for changing it."""
    query = sa.select(Submission.body, Submission.received_at, Submission.result).where(Submission.id == submission_id)
    row = session.execute(query.with_for_update() if lock else query).first()
    return (bytes(row.body), row.received_at, row.result) if row else None


def sent_at(session: Session, submission_id: UUID) -> datetime | None:
    """When a form was sent for the first time; None where it was not."""
    set_scope(session, submission=submission_id)
    found = submission(session, submission_id)
    return found[1] if found else None


def hourly(session: Session, venue_ids: list[UUID], start: datetime, end: datetime) -> dict[datetime, int]:
    """Visits of visitors begun in [start, end) at these venues, by the hour (UTC) they began in."""
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
        .where(
            Visit.venue_id.in_(venue_ids),
            Visit.entered_at >= start,
            Visit.entered_at < end,
            Visit.channel != SHIFT,
            rows_of(session, Visit),
        )
        .group_by(hour)
    )
    return {datetime.fromisoformat(f"{text}+00:00"): count for text, count in rows}


def by_zone_and_hour(session: Session, venue_ids: Collection[UUID], start: datetime, end: datetime) -> list[Sum]:
    """Visits of visitors begun in [start, end) at these venues, by venue, zone, channel and hour (UTC)."""
    if not venue_ids:
        return []
    if is_postgresql(session):
        # Like `hourly`: a function of the tables' owner.
        rows = session.execute(
            sa.text("SELECT venue, zone, channel, hour, visits FROM venue_visits(:venues, :start, :end)"),
            {"venues": list(venue_ids), "start": start, "end": end},
        )
        return [Sum(*row) for row in rows]
    hour = sa.func.strftime("%Y-%m-%d %H:00:00", Visit.entered_at)
    found = session.execute(
        sa.select(Visit.venue_id, Visit.zone_id, Visit.channel, hour, sa.func.count())
        .where(
            Visit.venue_id.in_(venue_ids),
            Visit.entered_at >= start,
            Visit.entered_at < end,
            Visit.channel != SHIFT,
            rows_of(session, Visit),
        )
        .group_by(Visit.venue_id, Visit.zone_id, Visit.channel, hour)
    )
    return [
        Sum(venue, zone, channel, datetime.fromisoformat(f"{text}+00:00"), count)
        for venue, zone, channel, text, count in found
    ]


def inside_now(
    session: Session, venue_ids: Collection[UUID], now: datetime, cap: timedelta
) -> list[tuple[UUID, UUID | None, int]]:
    """(venue, zone, visits) of those who came, did not leave, and have not stayed longer than is usual there.

    `cap` is the longest stay there is. The zone is None for the venue's own code.
    """
    if not venue_ids:
        return []
    if is_postgresql(session):
        rows = session.execute(
            sa.text("SELECT venue, zone, visits FROM venue_inside(:venues, :since, :now)"),
            {"venues": list(venue_ids), "since": now - cap, "now": now},
        )
        return [(row.venue, row.zone, row.visits) for row in rows]
    found = session.execute(
        sa.select(Visit.venue_id, Visit.zone_id, sa.func.count())
        .where(
            Visit.venue_id.in_(venue_ids),
            Visit.entered_at.between(now - cap, now),
            Visit.left_at.is_(None),
            Visit.until_likely > now,
            Visit.channel != SHIFT,
            rows_of(session, Visit),
        )
        .group_by(Visit.venue_id, Visit.zone_id)
    )
    return [(venue, zone, count) for venue, zone, count in found]


def flag_counts(session: Session, venue_ids: list[UUID], start: datetime, end: datetime) -> Counter[str]:
    """How many visits begun in [start, end) at these venues carry each flag."""
    if is_postgresql(session):
        # Like `hourly`: a function of the tables' owner.
        rows = session.execute(
            sa.text("SELECT flags, visits FROM visit_flags(:venues, :start, :end)"),
            {"venues": venue_ids, "start": start, "end": end},
        )
    else:
        rows = session.execute(
            sa.select(Visit.flags, sa.func.count())
            .where(
                sa.text("visit.flags <> ''"),  # as its index says it
                Visit.venue_id.in_(venue_ids),
                Visit.entered_at >= start,
                Visit.entered_at < end,
                Visit.channel != SHIFT,
                rows_of(session, Visit),
            )
            .group_by(Visit.flags)
        )
    return by_flag((text, count) for text, count in rows)


def by_flag(rows: Iterable[tuple[str, int]]) -> Counter[str]:
    """Sums by flag, from sums by all the flags that visits carry together."""
    found: Counter[str] = Counter()
    for text, count in rows:
        for flag in read(text):
            found[flag] += count
    return found


@dataclass(frozen=True)
class Encounter:
    """One stay of a case: where it can have met others, and from when to when (UTC)."""

    venue_ids: tuple[UUID, ...]  # the venue and what stands inside it
    start: datetime
    end: datetime  # recorded, or the latest there can be
    recorded: bool  # with a guessed end of the case's own nothing is certain
    zone_id: UUID | None = None  # whose code the case scanned


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


def meeting_any(
    postgresql: bool, *columns: str, store: Any = Visit.__table__, also: Mapping[str, Any] = MappingProxyType({})
) -> sa.Select[Any]:
    """The select of `meeting` without its values, which `meeting_values` gives: it can be built once and kept.

    `also` are further columns of what is asked, by name with their types, which come with each row.
    """
    asked, visit = (_asked_postgresql if postgresql else _asked_sqlite)({**_ASKED, **also}), store.c
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
    told = (asked[name] for name in ("number", "low", "high", "recorded", *also))
    return sa.select(*told, *wanted).where(*conditions)


def meeting_values(
    session: Session,
    encounters: Sequence[Encounter],
    *,
    air: timedelta,
    cap: timedelta,
    excluding: Collection[UUID],
    also: Mapping[str, Callable[[Encounter, UUID], Any]] = MappingProxyType({}),
) -> dict[str, Any]:
    """The values of `meeting_any`, by name; `also` makes those of its further columns for each venue met at."""
    rows = [
        (number, venue_id, encounter.start - cap, encounter.start, encounter.end + air, encounter.recorded)
        + tuple(value(encounter, venue_id) for value in also.values())
        for number, encounter in enumerate(encounters)
        for venue_id in encounter.venue_ids
    ]
    if not is_postgresql(session):
        return {"encounters": json.dumps(rows, default=_as_stored), "excluding": list(excluding)}
    names = (*_ASKED, *also)
    listed = [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in rows]
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


def _asked_postgresql(asked: Mapping[str, Any]) -> Any:
    columns = [sa.column(name, kind) for name, kind in asked.items()]
    rows = sa.func.jsonb_to_recordset(sa.bindparam("encounters", type_=JSONB))
    return rows.table_valued(*columns).render_derived("asked", with_types=True).c


def _asked_sqlite(asked: Mapping[str, Any]) -> Any:
    each = sa.func.json_each(sa.bindparam("encounters", type_=sa.Text)).table_valued("value")
    columns = (
        sa.type_coerce(sa.func.json_extract(each.c.value, f"$[{place}]"), kind).label(name)
        for place, (name, kind) in enumerate(asked.items())
    )
    return sa.select(*columns).subquery("asked").c


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int) else str(value)


def _as_stored(value: UUID | datetime) -> str:
    """In the form in which SQLite's columns hold it."""
    if isinstance(value, UUID):
        return value.hex
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
