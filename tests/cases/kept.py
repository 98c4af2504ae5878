"""What the tests of keeping share: days that go, and what is kept for whom."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from checkin.cases import service
from checkin.cases.models import Case, case_visit, kept_declaration, kept_visit
from checkin.declarations.models import Declaration
from checkin.visits.models import Visit
from checkin.visits.signals import day_expiring
from tests import factories
from tests.conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def person_of(session: Session, visit_id: UUID) -> UUID:
    """Whose visit it is."""
    return session.scalars(sa.select(Visit.person_id).where(Visit.id == visit_id)).one()


def link(app: Flask, session: Session, case: Case, person_id: UUID, now: datetime = NOW) -> Any:
    """The case gets its person."""
    return service.link(
        session,
        now=now,
        actor=factories.SYSTEM,
        case=case,
        person_id=person_id,
        found_by="TC-000001",
        rules=factories.rules(app),
    )


def expire(session: Session, start: datetime, end: datetime, now: datetime = NOW) -> None:
    """Take what began in [start, end) out of the store, as retention does: told first, then gone, then logged."""
    answers = day_expiring.send(session, start=start, end=end, now=now)
    session.execute(sa.delete(Visit).where(Visit.entered_at >= start, Visit.entered_at < end))
    session.execute(sa.delete(Declaration).where(Declaration.made_at >= start, Declaration.made_at < end))
    for _, entries in answers:
        for record in entries or ():
            record()


def kept_ids(session: Session, case: Case, part: str) -> set[UUID]:
    """Ids of the visits kept for a case."""
    rows = sa.select(case_visit.c.visit_id).where(case_visit.c.case_id == case.id, case_visit.c.part == part)
    return set(session.scalars(rows))


def copies(session: Session) -> tuple[int, int, int]:
    """How many rows the tables of copies have: visits, declarations, claims."""
    tables = (kept_visit, kept_declaration, case_visit)
    return tuple(session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables)  # type: ignore[return-value]
