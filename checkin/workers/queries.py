from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.cases.models import kept_visit
from checkin.fold import fold
from checkin.scope import rows
from checkin.venues.models import Venue, Zone
from checkin.visits.flags import SHIFT
from checkin.visits.models import Visit
from checkin.workers.models import ABSENT, HOURS, PLANNED, ShiftChange, Worker
from checkin.workers.shifts import NEVER, Change, Due, Plan


@dataclass(frozen=True)
class Row:
    """Somebody on an owner's list: all that an owner sees."""

    id: UUID
    masked_name: str
    job: str
    zone_id: UUID | None
    zone_name: str | None
    plan: Plan


# Column by column: the public role may read neither details nor what statistics need.
_SHOWN = (Worker.id, Worker.masked_name, Worker.job, Worker.zone_id, Zone.name)
_PLAN = (Worker.weekdays, Worker.starts, Worker.ends, Worker.first_day, Worker.last_day)


# Not put down by mistake.
_MEANT = sa.or_(Worker.last_day.is_(None), Worker.last_day != NEVER)


def _row(found: Any) -> Row:
    own, name, job, zone, zone_name, *plan = found
    return Row(own, name, job, zone, zone_name, Plan(*plan))


def _select() -> Any:
    return sa.select(*_SHOWN, *_PLAN).outerjoin(Zone, Zone.id == Worker.zone_id)


def of_venue(session: Session, venue_id: UUID, *, since: date) -> list[Row]:
    """Who works at a venue, and who left no earlier than `since`; in the order in which they were added."""
    found = session.execute(
        _select()
        .where(
            Worker.venue_id == venue_id,
            sa.or_(Worker.last_day.is_(None), Worker.last_day >= since),
            rows(session, Worker),
        )
        .order_by(Worker.added_at, Worker.id)
    )
    return [_row(one) for one in found]


def _here(session: Session, venue_id: UUID) -> sa.ColumnElement[bool]:
    return sa.and_(Worker.venue_id == venue_id, Worker.last_day.is_(None), rows(session, Worker))


def count_here(session: Session, venue_id: UUID) -> int:
    """How many people work at a venue of whom nobody said that they left."""
    return int(session.scalar(sa.select(sa.func.count()).select_from(Worker).where(_here(session, venue_id))) or 0)


def here(session: Session, venue_id: UUID, *, after: UUID | None = None, most: int) -> list[Row]:
    """Those people, in the order in which they were added, which is that of their ids; behind `after`."""
    query = _select().where(_here(session, venue_id)).order_by(Worker.id).limit(most)
    return [_row(one) for one in session.execute(query if after is None else query.where(Worker.id > after))]


def search(session: Session, venue_id: UUID, text: str, *, most: int) -> tuple[list[Row], int]:
    """(the first of those people in whose masked name, zone or job each word stands, however it is typed; how many
    there are). No database folds as we do, and a list has an end: the words are looked for here."""
    words = fold(text).split()
    named = session.execute(
        sa.select(Worker.id, Worker.masked_name, Zone.name, Worker.job)
        .outerjoin(Zone, Zone.id == Worker.zone_id)
        .where(_here(session, venue_id))
        .order_by(Worker.id)
    )
    found = [
        own
        for own, *texts in named
        for folded in [fold(" ".join(filter(None, texts)))]
        if all(word in folded for word in words)
    ]
    query = _select().where(_here(session, venue_id), Worker.id.in_(found[:most])).order_by(Worker.id)
    return [_row(one) for one in session.execute(query)], len(found)


def left(session: Session, venue_id: UUID, *, since: date, most: int) -> list[Row]:
    """Who left a venue no earlier than `since`; the last first."""
    found = session.execute(
        _select()
        .where(Worker.venue_id == venue_id, Worker.last_day >= since, _MEANT, rows(session, Worker))
        .order_by(Worker.last_day.desc(), Worker.id.desc())
        .limit(most)
    )
    return [_row(one) for one in found]


def one(session: Session, venue_id: UUID, worker_id: UUID) -> Row | None:
    """Somebody on the list of a venue."""
    found = session.execute(
        _select().where(Worker.id == worker_id, Worker.venue_id == venue_id, _MEANT, rows(session, Worker))
    ).first()
    return _row(found) if found else None


@dataclass(frozen=True)
class Listed:
    """Where somebody is on a list of working people."""

    venue_name: str
    job: str
    plan: Plan


def listed(session: Session, person_id: UUID) -> list[Listed]:
    """On which venues' lists a person is, for who asks what is kept of them; the oldest first."""
    found = session.execute(
        sa.select(Venue.name, Worker.job, *_PLAN)
        .join(Venue, Venue.id == Worker.venue_id)
        .where(Worker.person_id == person_id, _MEANT, rows(session, Worker), rows(session, Venue))
        .order_by(Worker.added_at, Worker.id)
    )
    return [_listed(one) for one in found]


def _listed(found: Any) -> Listed:
    name, job, *plan = found
    return Listed(name, job, Plan(*plan))


def on_list(session: Session, venue_id: UUID, person_ids: Collection[UUID], today: date) -> dict[UUID, str]:
    """Which of these people are on the list of a venue, today at the latest, and their masked names."""
    found = session.execute(
        sa.select(Worker.person_id, Worker.masked_name).where(
            Worker.venue_id == venue_id,
            Worker.person_id.in_(list(person_ids)),
            sa.or_(Worker.last_day.is_(None), Worker.last_day >= today),
            rows(session, Worker),
        )
    )
    return dict(found.all())  # type: ignore[arg-type]


def count(session: Session, venue_ids: Collection[UUID], today: date) -> dict[UUID, int]:
    """How many people work at each of these venues; venues without are left out."""
    found = session.execute(
        sa.select(Worker.venue_id, sa.func.count())
        .where(
            Worker.venue_id.in_(list(venue_ids)),
            sa.or_(Worker.last_day.is_(None), Worker.last_day >= today),
            rows(session, Worker),
        )
        .group_by(Worker.venue_id)
    )
    return dict(found.all())  # type: ignore[arg-type]


def count_of_owner(session: Session, owner_id: UUID, today: date) -> int:
    """How many people work at all venues of an owner."""
    found = session.scalar(
        sa.select(sa.func.count())
        .select_from(Worker)
        .join(Venue, Venue.id == Worker.venue_id)
        .where(
            Venue.owner_id == owner_id,
            sa.or_(Worker.last_day.is_(None), Worker.last_day >= today),
            rows(session, Worker),
            rows(session, Venue),
        )
    )
    return found or 0


def changes(
    session: Session, worker_ids: Collection[UUID], first: date, last: date
) -> dict[UUID, dict[date, Change | None]]:
    """What is other on days from `first` to `last`, by worker and day; None where that was taken back."""
    found: dict[UUID, dict[date, Change | None]] = {}
    for one in session.execute(
        sa.select(
            ShiftChange.worker_id,
            ShiftChange.day,
            ShiftChange.kind,
            ShiftChange.starts,
            ShiftChange.ends,
            ShiftChange.left_at,
        ).where(
            ShiftChange.worker_id.in_(list(worker_ids)),
            ShiftChange.day.between(first, last),
            rows(session, ShiftChange),
        )
    ):
        found.setdefault(one.worker_id, {})[one.day] = (
            None
            if one.kind == PLANNED
            else Change(one.kind == ABSENT, one.starts or 0, one.ends or 0, one.left_at if one.kind == HOURS else None)
        )
    return found


def due(session: Session, now: datetime, limit: int) -> list[Due]:
    """The next whom the round has to look at, taken for this transaction; not those whom another process has."""
    found = session.execute(
        sa.select(
            Worker.id,
            Worker.venue_id,
            Worker.due_at,
            Worker.planned_from,
            Worker.seen_at,
            Venue.closed_at,
            Venue.suspended_at,
            *_PLAN,
        )
        .join(Venue, Venue.id == Worker.venue_id)
        .where(Worker.due_at <= now, rows(session, Worker), rows(session, Venue))
        # By nothing else: where all begin at one minute each batch would sort all of them.
        .order_by(Worker.due_at)
        .limit(limit)
        .with_for_update(of=Worker, skip_locked=True)
    )
    return [_due(one) for one in found]


def _due(found: Any) -> Due:
    own, venue, due_at, planned_from, seen_at, closed_at, suspended_at, *plan = found
    ended = min(filter(None, (closed_at, suspended_at)), default=None)
    return Due(own, venue, due_at, Plan(*plan), planned_from, seen_at, clock.to_local(ended).date() if ended else None)


def waits(session: Session, now: datetime) -> bool:
    """True when the round has anybody to look at: the cheap question, asked every few seconds."""
    return bool(session.scalar(sa.select(sa.literal(1)).where(Worker.due_at <= now, rows(session, Worker)).limit(1)))


def shift_rows(session: Session, person_ids: Sequence[UUID], start: datetime, end: datetime) -> list[Any]:
    """Visits of shifts of these people begun in [start, end): what rounds wrote, and no visitor's.

    A round reads no visit. On PostgreSQL a function of the tables' owner knows what it wrote before; this is what
    stands in for it on SQLite, and so it goes past the session, which would refuse.
    """
    found = session.connection().execute(
        sa.select(
            Visit.id, Visit.group_id, Visit.entered_at, Visit.until_likely, Visit.until_latest, Visit.left_at
        ).where(
            Visit.person_id.in_(person_ids),
            Visit.channel == SHIFT,
            Visit.entered_at >= start,
            Visit.entered_at < end,
        )
    )
    return list(found)


def kept(session: Session, visit_ids: Collection[UUID]) -> set[UUID]:
    """Of which of these visits a case keeps a copy; like `shift_rows`."""
    query = sa.select(kept_visit.c.id).where(kept_visit.c.id.in_(list(visit_ids)))
    return set(session.connection().execute(query).scalars())


def is_listed_anew(session: Session, venue_id: UUID, worker_id: UUID) -> bool:
    """True where the same person stands on the venue's list a second time, in use."""
    person = sa.select(Worker.person_id).where(Worker.id == worker_id).scalar_subquery()
    again = sa.select(sa.func.count()).where(
        Worker.venue_id == venue_id, Worker.person_id == person, Worker.last_day.is_(None), Worker.id != worker_id
    )
    return bool(session.scalar(again))
