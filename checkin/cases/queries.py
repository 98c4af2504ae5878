import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import MET, OPEN_STATES, OWN, Case, case_visit, kept_declaration, kept_visit
from checkin.venues import queries as venues
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter

# The column's largest number: an address may hold any.
LARGEST = 2**31 - 1


def by_number(session: Session, number: str) -> Case | None:
    """The case with a number such as F0-0187, in any letter case; None when there is none."""
    match = re.fullmatch(r"(?:f0-?)?0*(\d{1,9})", number.strip().lower())
    return session.scalar(sa.select(Case).where(Case.seq == int(match[1]))) if match else None


def open_cases(session: Session, limit: int = 200) -> list[Case]:
    """Cases that are being worked on, newest first."""
    return list(
        session.scalars(sa.select(Case).where(Case.state.in_(OPEN_STATES)).order_by(Case.seq.desc()).limit(limit))
    )


def newest(session: Session, before: int | None, limit: int = 100) -> list[Case]:
    """A page of cases in any state, newest first, below the running number `before`."""
    query = sa.select(Case).order_by(Case.seq.desc()).limit(limit)
    return list(session.scalars(query if before is None else query.where(Case.seq < max(0, min(before, LARGEST)))))


@dataclass(frozen=True)
class Kept:
    """How much is kept for a case: its own visits, those that can have met them, and declarations of both."""

    own: int
    met: int
    declarations: int


def kept(session: Session, case_id: UUID) -> Kept:
    """What is kept for a case."""
    counted = session.execute(
        sa.select(case_visit.c.part, sa.func.count().label("amount"))
        .where(case_visit.c.case_id == case_id)
        .group_by(case_visit.c.part)
    )
    parts = {row.part: int(row.amount) for row in counted}
    told = (
        sa.select(kept_declaration.c.made_at, kept_declaration.c.id)
        .join(kept_visit, _told)
        .join(case_visit, same_visit(kept_visit))
        .where(case_visit.c.case_id == case_id)
        .distinct()
    )
    declarations = session.scalar(sa.select(sa.func.count()).select_from(told.subquery())) or 0
    return Kept(parts.get(OWN, 0), parts.get(MET, 0), declarations)


def open_case_of(session: Session, person_id: UUID) -> Case | None:
    """The open case that this person is."""
    return session.scalar(sa.select(Case).where(Case.person_id == person_id, Case.state.in_(OPEN_STATES)))


def open_cases_of(session: Session, person_ids: Sequence[UUID]) -> dict[UUID, Case]:
    """The open case of each of these people who is one."""
    found = session.scalars(sa.select(Case).where(Case.person_id.in_(person_ids), Case.state.in_(OPEN_STATES)))
    return {case.person_id: case for case in found if case.person_id is not None}


def open_with_visits(session: Session, start: datetime, end: datetime) -> list[Case]:
    """Open cases whose person has visits in the store that began in [start, end], by number."""
    theirs = sa.exists().where(Visit.person_id == Case.person_id, Visit.entered_at.between(start, end))
    return list(session.scalars(sa.select(Case).where(Case.state.in_(OPEN_STATES), theirs).order_by(Case.seq)))


def encounters(
    session: Session, case_id: UUID, start: datetime, end: datetime, *, clip: bool = False
) -> list[Encounter]:
    """The case's own kept stays that can meet [start, end], by entry; cut to it with `clip`."""
    rows = session.execute(
        sa.select(kept_visit.c.venue_id, kept_visit.c.entered_at, kept_visit.c.left_at, kept_visit.c.until_latest)
        .join(case_visit, same_visit(kept_visit))
        .where(
            case_visit.c.case_id == case_id,
            case_visit.c.part == OWN,
            kept_visit.c.entered_at <= end,
            kept_visit.c.until_latest >= start,
        )
        .order_by(kept_visit.c.entered_at, kept_visit.c.id)
    ).all()
    inside = venues.inside_each(session, {row.venue_id for row in rows})
    return [
        Encounter(
            inside[row.venue_id] or (row.venue_id,),
            max(row.entered_at, start) if clip else row.entered_at,
            min(row.until_latest, end) if clip else row.until_latest,
            row.left_at is not None,
        )
        for row in rows
    ]


@cache
def kept_for(part: str) -> sa.Subquery:
    """The visits kept for a case, its own or those that can have met it, with the columns of the store.

    One for all cases, so that what is built of it can be kept: the case is the parameter `case_id`.
    """
    mine = case_visit.c.case_id == sa.bindparam("case_id", type_=sa.Uuid)
    return (
        sa.select(*kept_visit.c)
        .join(case_visit, same_visit(kept_visit))
        .where(mine, case_visit.c.part == part)
        .subquery("kept")
    )


def first_visit(session: Session, case_id: UUID) -> datetime | None:
    """When the first of the case's own kept visits began."""
    first: datetime | None = session.scalar(
        sa.select(sa.func.min(case_visit.c.entered_at)).where(case_visit.c.case_id == case_id, case_visit.c.part == OWN)
    )
    return first


def same_visit(table: Any) -> sa.ColumnElement[bool]:
    """That a row of case_visit is of this row of the store, or of its copy."""
    return sa.and_(case_visit.c.entered_at == table.c.entered_at, case_visit.c.visit_id == table.c.id)


_told = sa.and_(
    kept_visit.c.declared_at == kept_declaration.c.made_at, kept_visit.c.declaration_id == kept_declaration.c.id
)
