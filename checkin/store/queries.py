from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.db import Model, is_postgresql
from checkin.declarations.models import Declaration
from checkin.joins.models import joined
from checkin.people.models import Person
from checkin.visits.models import Submission, Visit

MOMENTS = (Visit.entered_at, Declaration.made_at)
CAME = (Submission.received_at, Visit.entered_at)


@dataclass(frozen=True)
class Stored:
    """How much of a day is stored."""

    visits: int
    declarations: int


def days(session: Session) -> list[date]:
    """The days of the province that the store has a place for, the oldest first; on SQLite those with rows."""
    if is_postgresql(session):
        names = session.scalars(
            sa.text(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "WHERE i.inhparent IN ('visit'::regclass, 'declaration'::regclass)"
            )
        )
        return sorted({date.fromisoformat(name.rsplit("_", 1)[1]) for name in names})
    bounds = session.execute(
        sa.union_all(*(sa.select(sa.func.min(moment), sa.func.max(moment)) for moment in MOMENTS))
    ).all()
    known = [clock.to_local(moment).date() for row in bounds for moment in row if moment is not None]
    if not known:
        return []
    span = [min(known) + timedelta(days=n) for n in range((max(known) - min(known)).days + 1)]
    return [day for day in span if holds(session, day)]


def holds(session: Session, day: date) -> bool:
    """True when anything of the day is stored."""
    start, end = clock.day_bounds(day)
    return any(
        session.scalar(sa.select(sa.literal(1)).where(moment >= start, moment < end).limit(1)) for moment in MOMENTS
    )


def stored(session: Session, day: date) -> Stored:
    """How many visits and declarations of a day there are."""
    if is_postgresql(session):
        # Each table by itself: nothing to compare, row by row, with the bounds that the table stands for.
        names = (f"{kind}_{day:%Y%m%d}" for kind in ("visit", "declaration"))
        return Stored(*(_rows_of(session, name) for name in names))
    start, end = clock.day_bounds(day)
    counts = (
        session.scalar(sa.select(sa.func.count()).where(moment >= start, moment < end)) or 0 for moment in MOMENTS
    )
    return Stored(*counts)


def _rows_of(session: Session, table: str) -> int:
    if not session.scalar(sa.text("SELECT 1 FROM pg_class WHERE relname = :table"), {"table": table}):
        return 0
    return session.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0


def newest(session: Session, until: datetime) -> datetime | None:
    """When the newest form or visit until then came; None where there is none."""
    # The largest of each: what the indexes of time give without reading a day.
    found = [session.scalar(sa.select(sa.func.max(of)).where(of <= until)) for of in CAME]
    return max((moment for moment in found if moment is not None), default=None)


def ahead(session: Session, after: datetime, most: int) -> list[datetime]:
    """When forms and visits came that came after then: some of each, `most` at most."""
    return [
        moment for of in CAME for moment in session.scalars(sa.select(of).where(of > after).order_by(of).limit(most))
    ]


def closed_days_to_tidy(session: Session, today: date) -> list[str]:
    """Tables of past days that were not vacuumed since the day was over; only PostgreSQL has any."""
    if not is_postgresql(session):
        return []
    found = session.execute(
        sa.text(
            "SELECT c.relname AS name, greatest(s.last_vacuum, s.last_autovacuum) AS tidied "
            "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "JOIN pg_stat_user_tables s ON s.relid = c.oid "
            "WHERE i.inhparent IN ('visit'::regclass, 'declaration'::regclass) AND s.n_live_tup > 0"
        )
    )
    return sorted(
        row.name
        for row in found
        if (day := date.fromisoformat(row.name.rsplit("_", 1)[1])) < today
        and (row.tidied is None or row.tidied < clock.day_bounds(day)[1])
    )


def unneeded_people(
    session: Session, *, after: UUID | None, made_before: datetime, limit: int
) -> list[tuple[UUID, bool]]:
    """The next people by id, each with True when nothing refers to them any more.

    Every column called person_id, whatever its table, is a reference: a feature that keeps people longer
    need not be known here.
    """
    people = sa.select(Person.id).where(Person.same_as.is_(None), Person.created_at < made_before)
    if after is not None:
        people = people.where(Person.id > after)
    block = people.order_by(Person.id).limit(limit).subquery()
    rows = session.execute(sa.select(block.c.id, sa.not_(referred_to(block.c.id))).order_by(block.c.id))
    return [(row[0], bool(row[1])) for row in rows]


def referred_to(person_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """The condition that any table refers to a person."""
    columns = [table.c.person_id for table in Model.metadata.sorted_tables if "person_id" in table.c]
    # Who was joined goes once nobody needs any of them: without one, those that it held together would come apart.
    columns.append(joined.c.member_id)
    return sa.or_(*(sa.exists().where(column == person_id) for column in columns))
