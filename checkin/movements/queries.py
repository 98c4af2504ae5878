from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.joins import queries as joins
from checkin.movements.merging import Move
from checkin.movements.models import ToldMove

_MOVE: tuple[Any, ...] = (ToldMove.id, ToldMove.person_id, ToldMove.venue_id, ToldMove.start, ToldMove.end)


def of_person(session: Session, person_id: UUID | None) -> list[Move]:
    """What this person told of places with a code and nobody took back, by its start; nothing of nobody.

    As one person's, whoever of those that were joined it was told of.
    """
    if person_id is None:
        return []
    people = joins.group_of(session, person_id).members
    rows = session.execute(
        sa.select(*_MOVE)
        .where(ToldMove.person_id.in_(people), ToldMove.venue_id.is_not(None), ToldMove.withdrawn_at.is_(None))
        .order_by(ToldMove.start, ToldMove.id)
    )
    return [Move(*row) for row in rows]


def of_people(session: Session, person_ids: Collection[UUID]) -> dict[UUID, list[Move]]:
    """What each of these people told, as `of_person`, by the one it was told of; whom they were joined with counts
    only where it is asked for."""
    rows = session.execute(
        sa.select(*_MOVE).where(
            ToldMove.person_id.in_(person_ids), ToldMove.venue_id.is_not(None), ToldMove.withdrawn_at.is_(None)
        )
    )
    found: dict[UUID, list[Move]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(Move(*row))
    return found


def at_venues(session: Session, venue_ids: Collection[UUID]) -> dict[UUID, list[Move]]:
    """What was told of these venues and nobody took back, by person."""
    rows = session.execute(
        sa.select(*_MOVE)
        .where(ToldMove.venue_id.in_(venue_ids), ToldMove.withdrawn_at.is_(None))
        .order_by(ToldMove.start, ToldMove.id)
    )
    found: dict[UUID, list[Move]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(Move(*row))
    return found


def since(session: Session, start: datetime, venue_id: UUID | None = None) -> list[Move]:
    """What anybody told of places with a code, or of one, and nobody took back, that began then or later."""
    query = sa.select(*_MOVE).where(
        ToldMove.venue_id.is_not(None) if venue_id is None else ToldMove.venue_id == venue_id,
        ToldMove.withdrawn_at.is_(None),
        ToldMove.start >= start,
    )
    return [Move(*row) for row in session.execute(query.order_by(ToldMove.start, ToldMove.id))]


def all_of(session: Session, person_id: UUID, limit: int) -> list[ToldMove]:
    """Everything this person told, also what was taken back, the latest movement first."""
    return list(
        session.scalars(
            sa.select(ToldMove)
            .where(ToldMove.person_id == person_id)
            .order_by(ToldMove.start.desc(), ToldMove.id)
            .limit(limit)
        )
    )


def count(session: Session, person_id: UUID) -> int:
    """How many movements this person told, also those that were taken back."""
    counted = session.scalar(sa.select(sa.func.count()).select_from(ToldMove).where(ToldMove.person_id == person_id))
    return counted or 0


def one(session: Session, move_id: UUID) -> ToldMove | None:
    """A movement by its id."""
    return session.scalars(sa.select(ToldMove).where(ToldMove.id == move_id)).first()


def twice(session: Session, person_id: UUID, venue_id: UUID | None, start: datetime, end: datetime) -> bool:
    """Whether the same was told already: the same place with a code, from and to."""
    if venue_id is None:
        return False
    same = sa.exists().where(
        ToldMove.person_id == person_id,
        ToldMove.venue_id == venue_id,
        ToldMove.start == start,
        ToldMove.end == end,
        ToldMove.withdrawn_at.is_(None),
    )
    return bool(session.scalar(sa.select(same)))
