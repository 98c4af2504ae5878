from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.movements import queries
from checkin.movements.models import ToldMove
from checkin.vault import Vault

# Of one person; no interview tells more, and lists stay readable.
MOST = 300
# Bounds of what is typed: a slip of the year, or of the month.
OLDEST, LONGEST = timedelta(days=400), timedelta(days=31)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A movement as it was told: a venue or a place in words, from and to (UTC), and a note."""

    venue_id: UUID | None
    place: str
    start: datetime
    end: datetime
    note: str


def tell(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, case_id: UUID, person_id: UUID, said: Said
) -> ToldMove:
    """Note one movement, its words sealed.

    Raises DomainError: 'times' where it does not end after it begins, is too long or to come, 'place' without one,
    'twice' for what was told already, 'many' where MOST were.
    """
    if actor.id is None:
        raise AccessDenied("told")
    if not said.start < said.end <= now or said.start < now - OLDEST or said.end - said.start > LONGEST:
        raise DomainError("times")
    if said.venue_id is None and not said.place.strip():
        raise DomainError("place")
    if queries.twice(session, person_id, said.venue_id, said.start, said.end):
        raise DomainError("twice")
    if queries.count(session, person_id) >= MOST:
        raise DomainError("many")
    move = ToldMove(
        id=new_id(now),
        case_id=case_id,
        person_id=person_id,
        venue_id=said.venue_id,
        start=said.start,
        end=said.end,
        details=vault.seal({"place": said.place, "note": said.note}),
        told_at=now,
        told_by=actor.id,
        told_by_name=actor.name[:80],
    )
    session.add(move)
    session.flush()
    return move


def take_back(session: Session, *, now: datetime, actor: Actor, move: ToldMove) -> None:
    """Say that a movement counts no more; it stays to be read. Raises DomainError('changed') where somebody did."""
    done = session.execute(
        sa.update(ToldMove)
        .where(ToldMove.id == move.id, ToldMove.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_by_name=actor.name[:80]),
        execution_options={"synchronize_session": False},
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise DomainError("changed")
    session.expire(move)


def forget_case(session: Session, case_id: UUID, person_id: UUID | None, others: sa.Subquery) -> None:
    """Delete what was told for a case that keeps nothing any more, and by its person.

    Not what one of the `others` (`id` and `person_id` of cases that keep) was told, or whose person told it.
    """
    needed = sa.exists().where(sa.or_(others.c.id == ToldMove.case_id, others.c.person_id == ToldMove.person_id))
    theirs = sa.or_(ToldMove.case_id == case_id, ToldMove.person_id == person_id)
    session.execute(sa.delete(ToldMove).where(theirs, ~needed), execution_options={"synchronize_session": False})
