from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import queries
from checkin.audit.entry import Actor, entry_hash
from checkin.audit.models import AuditEntry
from checkin.db import is_postgresql

# Any number that nothing else uses: entries are appended one at a time until the transaction ends.
CHAIN_LOCK = 0x43484149


def lock_chain(session: Session) -> None:
    """Let nobody else append until the caller commits; for what must be numbered together with its entry."""
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))


def record(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    action: str,
    subject: str = "",
    case_number: str | None = None,
    reason: str | None = None,
    rows: int | None = None,
    detail: dict[str, Any] | None = None,
) -> int:
    """Append an entry and return its number. The chain stays locked until the caller commits.

    `detail` holds settings and counts, never a name, number or address of a person.
    """
    lock_chain(session)
    seq, previous = queries.last_link(session)
    fields = {
        "seq": seq + 1,
        "at": now,
        "actor_id": actor.id,
        "actor": actor.name[:80],
        "role": actor.role,
        "action": action,
        "subject": subject[:120],
        "case_number": case_number,
        "reason": reason[:500] if reason else None,
        "rows": rows,
        "detail": detail or {},
    }
    # Core, not ORM: the public role may append here and read nothing back.
    session.execute(
        sa.insert(AuditEntry.__table__).values(**fields, previous=previous, hash=entry_hash(previous, fields))  # type: ignore[arg-type]
    )
    return seq + 1
