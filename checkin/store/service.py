from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import chain
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import is_postgresql
from checkin.declarations.models import Declaration
from checkin.people.models import Person
from checkin.store import queries
from checkin.store.queries import Stored
from checkin.store.retention import SUBMISSIONS_KEPT
from checkin.visits import service as visits
from checkin.visits.models import Submission, Visit
from checkin.visits.signals import day_expiring

AHEAD_DAYS = 7
UPKEEP_LOCK = 729
# In thousandths of a second. Check-ins queue behind a table that is about to go: rather try again.
LOCK_TIMEOUT = 300


def open_days_ahead(session: Session, today: date) -> int:
    """Make the tables of yesterday, today and the week to come where they are missing; how many were."""
    return sum(visits.open_day(session, today + timedelta(days=n)) for n in range(-1, AHEAD_DAYS + 1))


def drop_day(session: Session, *, now: datetime, actor: Actor, day: date) -> Stored:
    """Take a whole day out of the store; what cases need of it is kept with them first. Returns what went.

    On PostgreSQL the day's tables are detached and dropped; raises OperationalError (55P03) when a reader
    held on for too long: nothing happened then, and it can be tried again.
    """
    start, end = clock.day_bounds(day)
    postgresql = is_postgresql(session)
    if postgresql:
        session.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}"))
        # First of all: two who tidy up at once would hold what the other one waits for.
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(UPKEEP_LOCK)))
    counted = queries.stored(session, day)
    answers = day_expiring.send(session, start=start, end=end, now=now)
    if postgresql:
        # Check-ins touch the two in either order; the short time-out lets go before anybody is stuck.
        for kind in ("declaration", "visit"):
            name = f"{kind}_{day:%Y%m%d}"
            if session.scalar(sa.text("SELECT 1 FROM pg_class WHERE relname = :name"), {"name": name}):
                session.execute(sa.text(f"ALTER TABLE {kind} DETACH PARTITION {name}"))
                session.execute(sa.text(f"DROP TABLE {name}"))
    else:
        session.execute(sa.delete(Declaration).where(Declaration.made_at >= start, Declaration.made_at < end))
        session.execute(sa.delete(Visit).where(Visit.entered_at >= start, Visit.entered_at < end))
    for record in chain.from_iterable(entries or () for _, entries in answers):
        record()
    if counted != Stored(0, 0):
        _record(session, now, actor, counted.visits + counted.declarations, {"day": str(day), **asdict(counted)})
    return counted


def forget_people(
    session: Session, *, made_before: datetime, after: UUID | None = None, limit: int = 5000
) -> tuple[int, UUID | None]:
    """Delete those of the next `limit` people whom nothing refers to; (how many, the last id looked at).

    The last id is None when everybody was looked at. Whoever checks in at the same moment keeps their person:
    on PostgreSQL the table is locked for the deletion alone, on SQLite there is one writer.
    """
    found = queries.unneeded_people(session, after=after, made_before=made_before, limit=limit)
    ids = [person_id for person_id, unneeded in found if unneeded]
    last = found[-1][0] if len(found) == limit else None
    return _delete_people(session, ids), last


def _delete_people(session: Session, ids: Sequence[UUID]) -> int:
    if not ids:
        return 0
    if is_postgresql(session):
        session.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}"))
        # A check-in that has read a person and not yet stored the visit holds the table until it has.
        session.execute(sa.text("LOCK TABLE person IN ACCESS EXCLUSIVE MODE"))
    still = session.scalars(
        sa.delete(Person)
        .where(Person.id.in_(ids), sa.not_(queries.referred_to(Person.__table__.c.id)))
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(sa.delete(Person).where(Person.same_as.in_(still)).execution_options(synchronize_session=False))
    return len(still)


def forget_submissions(session: Session, *, now: datetime, limit: int = 20_000) -> int:
    """Delete up to `limit` forms that nobody can send again; how many went."""
    old = sa.select(Submission.id).where(Submission.received_at < now - SUBMISSIONS_KEPT).limit(limit)
    done = session.execute(
        sa.delete(Submission).where(Submission.id.in_(old)).execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def record_end(
    session: Session, *, now: datetime, actor: Actor, people: int, submissions: int, cards: int = 0, calls: int = 0
) -> None:
    """Log what went besides whole days."""
    detail: dict[str, object] = {"people": people, "submissions": submissions}
    detail |= {name: gone for name, gone in (("cards", cards), ("calls", calls)) if gone}
    _record(session, now, actor, people + submissions + cards + calls, detail)


def _record(session: Session, now: datetime, actor: Actor, rows: int, detail: dict[str, object]) -> None:
    audit.record(session, now=now, actor=actor, action="store.expire", rows=rows, detail=detail)
