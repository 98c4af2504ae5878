from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import notes
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import insert_if_new
from checkin.duty import queries
from checkin.duty.models import DutyHandover
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.vault import Vault


def hand_over(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    seen: int,
    since: datetime,
    numbers: Mapping[str, int],
    note: str,
) -> int:
    """Hand the shift over as it stands; the note is sealed. Returns the number of the hand-over. `seen` is the number
    of the one before; raises DomainError('changed') where there is another one by now."""
    before = queries.last(session)
    if seen != (before.seq if before else 0):
        raise DomainError("changed")
    values = {
        "id": new_id(now),
        "seq": seen + 1,
        "made_at": now,
        "made_by": actor.id,
        "made_by_name": actor.name[:80],
        "since": since,
        "numbers": dict(numbers),
        "note": notes.sealed(vault, note),
    }
    if not insert_if_new(session, DutyHandover.__table__, values):  # type: ignore[arg-type]
        raise DomainError("changed")
    audit.record(session, now=now, actor=actor, action="duty.give", subject=str(seen + 1))
    return seen + 1


def take_over(session: Session, *, now: datetime, actor: Actor, handover: DutyHandover) -> None:
    """Say that this officer has taken the shift over. Raises DomainError: 'own' for who handed it over, 'taken' where
    another one was faster."""
    if handover.made_by == actor.id:
        raise DomainError("own")
    seq = handover.seq
    done = session.execute(
        sa.update(DutyHandover)
        .where(DutyHandover.id == handover.id, DutyHandover.taken_at.is_(None))
        .values(taken_at=now, taken_by=actor.id, taken_by_name=actor.name[:80]),
        execution_options={"synchronize_session": False},
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise DomainError("taken")
    session.expire(handover)
    audit.record(session, now=now, actor=actor, action="duty.take", subject=str(seq))
