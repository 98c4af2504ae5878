from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from checkin.cases.models import KEEPING_STATES, Case
from checkin.chains.models import NONE, Infection


def said(session: Session, case_id: UUID) -> list[Infection]:
    """What was said of how a case was infected, the latest first: the first one holds."""
    query = sa.select(Infection).where(Infection.case_id == case_id).order_by(Infection.number.desc())
    return list(session.scalars(query))


def _in_force() -> Any:
    """Of each case what holds now; nothing of those where it was taken back."""
    newest = (
        sa.select(Infection.case_id, sa.func.max(Infection.number).label("number"))
        .group_by(Infection.case_id)
        .subquery("newest")
    )
    same = sa.and_(Infection.case_id == newest.c.case_id, Infection.number == newest.c.number)
    return sa.select(Infection).join(newest, same).where(Infection.place != NONE)


def in_force(session: Session, case_ids: Collection[UUID]) -> dict[UUID, Infection]:
    """What holds now of how each of these cases was infected."""
    return {one.case_id: one for one in session.scalars(_in_force().where(Infection.case_id.in_(case_ids)))}


def sources(session: Session) -> dict[UUID, UUID | None]:
    """By each case of which something holds the one that infected it, where that is known."""
    found = session.execute(_in_force().with_only_columns(Infection.case_id, Infection.source_id))
    return dict(found.all())  # type: ignore[arg-type]


class Link(NamedTuple):
    """A case as chains are made of it: its number, the day of onset or sample, without either the moment at which it
    was opened, and the number of the case that infected it."""

    seq: int
    day: date | None
    opened_at: datetime | None
    source: int | None


def links(session: Session) -> list[Link]:
    """Every case of which something holds, and every one that infected such a case, without those that are none any
    more; by number. Few columns, since there can be ten thousand."""
    holding = _in_force().with_only_columns(Infection.case_id, Infection.source_id).cte("holding")
    infecting = sa.select(holding.c.source_id).where(holding.c.source_id.is_not(None))
    source, day = aliased(Case), sa.func.coalesce(Case.onset_on, Case.sample_on)
    query = (
        sa.select(Case.seq, day, sa.case((day.is_(None), Case.opened_at)), source.seq)
        .outerjoin(holding, holding.c.case_id == Case.id)
        .outerjoin(source, sa.and_(source.id == holding.c.source_id, source.state.in_(KEEPING_STATES)))
        .where(Case.state.in_(KEEPING_STATES), sa.or_(holding.c.case_id.is_not(None), Case.id.in_(infecting)))
    )
    return [Link(*row) for row in session.execute(query.order_by(Case.seq))]


def linked_cases(session: Session, ids: Collection[UUID]) -> list[Case]:
    """These cases, without those that are none any more, by number."""
    query = sa.select(Case).where(Case.id.in_(ids), Case.state.in_(KEEPING_STATES)).order_by(Case.seq)
    return list(session.scalars(query))
