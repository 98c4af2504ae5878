from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import KEEPING_STATES, Case
from checkin.chains.models import NONE, Infection


def said(session: Session, case_id: UUID) -> list[Infection]:
    """What was said of how a case was infected, the latest first: the first one holds."""
    query = sa.select(Infection).where(Infection.case_id == case_id).order_by(Infection.number.desc())
    return list(session.scalars(query))


def in_force(session: Session) -> list[Infection]:
    """Of each case what holds now; nothing of those where it was taken back."""
    newest = (
        sa.select(Infection.case_id, sa.func.max(Infection.number).label("number"))
        .group_by(Infection.case_id)
        .subquery("newest")
    )
    same = sa.and_(Infection.case_id == newest.c.case_id, Infection.number == newest.c.number)
    return list(session.scalars(sa.select(Infection).join(newest, same).where(Infection.place != NONE)))


def linked_cases(session: Session, ids: Collection[UUID]) -> list[Case]:
    """These cases, without those that are none any more, by number."""
    query = sa.select(Case).where(Case.id.in_(ids), Case.state.in_(KEEPING_STATES)).order_by(Case.seq)
    return list(session.scalars(query))
