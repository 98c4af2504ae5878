from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import context
from checkin.audit import queries
from checkin.audit.entry import Actor, canonical, entry_hash
from checkin.audit.models import AuditEntry, Finding, FindingEntry
from checkin.audit.unusual import Found
from checkin.db import has_scope, is_postgresql
from checkin.errors import DomainError
from checkin.ids import is_id, new_id

# How a database of before `audit_lock` was there is locked, which a command may meet.
FORMER_LOCK = 0x43484149
# Of the entries that bear a finding out so many are kept beside it, and it says how many there are.
MOST_EVIDENCE = 200
_APPEND = sa.text(
    "SELECT audit_append(:at, CAST(:actor_id AS uuid), :actor, :role, :action, :subject, CAST(:rows AS integer), "
    "CAST(:detail AS jsonb))"
)


def lock_chain(session: Session) -> None:
    """Take in what waits, and let nobody else append until the caller commits.

    Also for what must be numbered together with its entry. Nothing that the public role may do holds this lock.
    """
    if not is_postgresql(session):
        return
    if not has_scope(session) and not queries.takes_in(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(FORMER_LOCK)))
        return
    session.execute(sa.text("SELECT audit_lock()"))


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

    The public tier's entry waits, without a number yet, until the staff's side takes it in: 0. `detail` holds settings
    and counts, never a name, number or address of a person.
    """
    fields = {
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
    if is_postgresql(session) and context.config().tier == "public":
        if case_number or reason:
            raise ValueError("entries of the public tier name neither a case nor a reason")
        session.execute(_APPEND, {**fields, "detail": canonical(detail or {})})
        return 0
    lock_chain(session)
    seq, previous = queries.last_link(session)
    fields["seq"] = seq + 1
    # Core, not ORM: most of the staff may append here and read nothing back.
    session.execute(
        sa.insert(AuditEntry.__table__).values(**fields, previous=previous, hash=entry_hash(previous, fields))  # type: ignore[arg-type]
    )
    return seq + 1


def keep_findings(session: Session, found: Iterable[Found], *, now: datetime) -> None:
    """Keep what stands out: new findings are added, those that nobody has seen yet are brought up to date."""
    # One round at a time: two that find the same would both add it.
    lock_chain(session)
    found = list(found)
    known = queries.by_keys(session, [one.key for one in found])
    there = queries.evidence(session, [finding.id for finding in known.values()])
    for one in found:
        finding = known.get(one.key)
        if finding is not None and finding.seen_at is not None:
            continue
        if finding is None:
            account = UUID(one.account) if one.account and is_id(one.account) else None
            finding = Finding(id=new_id(now), key=one.key, kind=one.kind, account_id=account, at=one.at, found_at=now)
            session.add(finding)
        finding.count, finding.bound, finding.entries, finding.who = one.count, one.bound, len(one.entries), one.who
        session.flush()
        old = set(there.get(finding.id, ()))
        new = [seq for seq in one.entries[:MOST_EVIDENCE] if seq not in old]
        session.add_all(FindingEntry(finding_id=finding.id, seq=seq) for seq in new)
    session.flush()


def see_finding(session: Session, *, now: datetime, actor: Actor, finding_id: UUID, note: str) -> None:
    """Note that somebody looked at a finding. Raises DomainError: 'unknown', or 'seen' where another one was first."""
    if session.get(Finding, finding_id) is None:
        raise DomainError("unknown")
    result = session.execute(
        sa.update(Finding)
        .where(Finding.id == finding_id, Finding.seen_at.is_(None))
        .values(seen_at=now, seen_by=actor.id, seen_by_name=actor.name[:80], note=note[:300] or None),
        execution_options={"preserve_rowcount": True},
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise DomainError("seen")
    record(session, now=now, actor=actor, action="audit.seen", subject=str(finding_id), reason=note)
