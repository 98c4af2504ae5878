from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.approvals.limits import EXPORT, READ, Limits
from checkin.approvals.models import AFTER, APPROVED, ASKED, BEFORE, UNDECIDED, Approval

MOST = 200


def by_id(session: Session, approval_id: UUID) -> Approval | None:
    """What was asked under this id; None for what was not."""
    return session.get(Approval, approval_id)


def standing(session: Session, *, what: str, lookup_id: UUID, actor_id: UUID) -> Approval | None:
    """The newest approval of this lookup or notice for this purpose: of exporting one's own, else of anybody."""
    query = sa.select(Approval).where(Approval.lookup_id == lookup_id, Approval.what == what)
    if what == EXPORT:
        query = query.where(Approval.asked_by == actor_id)
    return session.scalars(query.order_by(Approval.seq.desc()).limit(1)).first()


def open_for(session: Session, what: str, lookup_id: UUID) -> bool:
    """True while somebody's say about this lookup or notice is waited for."""
    query = sa.select(Approval.id).where(Approval.lookup_id == lookup_id, Approval.what == what)
    return session.scalar(query.where(Approval.state.in_(UNDECIDED)).limit(1)) is not None


def open_before(session: Session, what: str, lookup_id: UUID) -> list[Approval]:
    """What was asked about this lookup or notice before it is done, by whomever, and nobody decided; as it is now."""
    query = sa.select(Approval).where(Approval.lookup_id == lookup_id, Approval.what == what)
    query = query.where(Approval.state == ASKED, Approval.mode == BEFORE).order_by(Approval.seq)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def last_number(session: Session, what: str) -> int:
    """The highest count among the numbers (as TB-0012) of what was asked about; 0 without any."""
    count = sa.cast(sa.func.substr(Approval.lookup_number, 4), sa.Integer)
    return session.scalar(sa.select(sa.func.max(count)).where(Approval.what == what)) or 0


def lets(session: Session, limits: Limits, *, what: str, lookup_id: UUID, actor_id: UUID, now: datetime) -> bool:
    """True where it may be done: approved, or being done at once and not refused; an export only for some hours."""
    found = standing(session, what=what, lookup_id=lookup_id, actor_id=actor_id)
    if found is None:
        return False
    if found.state == APPROVED:
        since = found.decided_at
    elif found.mode == AFTER and found.open:
        since = found.asked_at
    else:
        return False
    return what == READ or (since is not None and now < since + limits.holds)


def undecided(session: Session) -> list[Approval]:
    """All that wait for somebody's say: what is due first, then the oldest; at most MOST."""
    order = (Approval.due_at.is_(None), Approval.due_at, Approval.seq)
    return list(session.scalars(sa.select(Approval).where(Approval.state.in_(UNDECIDED)).order_by(*order).limit(MOST)))


def undecided_count(session: Session) -> int:
    """How many wait for somebody's say, however long the list is."""
    query = sa.select(sa.func.count()).select_from(Approval)
    return session.scalar(query.where(Approval.state.in_(UNDECIDED))) or 0


def decided(session: Session, limit: int = 50) -> list[Approval]:
    """What was decided last, or ran out without anybody's say."""
    query = sa.select(Approval).where(Approval.state.not_in(UNDECIDED))
    return list(session.scalars(query.order_by(Approval.decided_at.desc(), Approval.seq.desc()).limit(limit)))


def waiting(session: Session, actor_id: UUID) -> int:
    """How many wait for the say of somebody who is not the one who asked."""
    query = sa.select(sa.func.count()).select_from(Approval)
    return session.scalar(query.where(Approval.state.in_(UNDECIDED), Approval.asked_by != actor_id)) or 0


def overdue(session: Session, now: datetime) -> int:
    """How many were done at once and not decided in time."""
    query = sa.select(sa.func.count()).select_from(Approval)
    return session.scalar(query.where(Approval.state.in_(UNDECIDED), Approval.due_at < now)) or 0


def newly_overdue(session: Session, now: datetime) -> list[Approval]:
    """Those whose time ran out and that are not marked yet."""
    return list(
        session.scalars(
            sa.select(Approval).where(Approval.state == ASKED, Approval.due_at < now).order_by(Approval.seq)
        )
    )


def newly_lapsed(session: Session, asked_until: datetime) -> list[Approval]:
    """What was asked before it was done, until that moment, and nobody decided."""
    return list(
        session.scalars(
            sa.select(Approval)
            .where(Approval.state == ASKED, Approval.mode == BEFORE, Approval.asked_at <= asked_until)
            .order_by(Approval.seq)
        )
    )
