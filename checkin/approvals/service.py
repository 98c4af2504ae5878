from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.approvals import queries
from checkin.approvals.limits import Limits
from checkin.approvals.models import AFTER, APPROVED, BEFORE, OVERDUE, REFUSED, UNDECIDED, Approval
from checkin.approvals.signals import allowed, refused
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id


@dataclass(frozen=True, kw_only=True)
class About:
    """What is to be approved: reading or exporting a lookup, a notice going out; told so that others can judge it."""

    what: str
    lookup_id: UUID
    lookup_number: str
    title: str
    start: datetime
    end: datetime
    case_number: str | None
    rows: int | None


def ask(
    session: Session, limits: Limits, *, now: datetime, actor: Actor, about: About, reason: str, at_once: bool
) -> Approval:
    """Ask a second person, or do it at once and have it approved after. The caller commits before it goes on.

    Who asks again while nobody has decided gets the same one; who asked and cannot wait may turn it into "at once".
    """
    if actor.id is None:
        raise AccessDenied("approval")
    # Numbered together with its entry; and a form that is sent twice asks once.
    audit.lock_chain(session)
    known = queries.standing(session, what=about.what, lookup_id=about.lookup_id, actor_id=actor.id)
    if known is not None and known.open and known.asked_by == actor.id and now < known.asked_at + limits.holds:
        if at_once and known.mode == BEFORE:
            _hurry(session, limits, now, actor, known, reason)
        return known
    approval = Approval(
        id=new_id(now),
        seq=(session.scalar(sa.select(sa.func.max(Approval.seq))) or 0) + 1,
        **vars(about) | {"title": about.title[:300]},
        asked_by=actor.id,
        asked_by_name=actor.name[:80],
        asked_at=now,
        reason=reason[:500],
        mode=AFTER if at_once else BEFORE,
        due_at=now + limits.later if at_once else None,
    )
    session.add(approval)
    session.flush()
    _record(session, now, actor, approval, "approval.now" if at_once else "approval.ask", reason)
    if at_once:
        allowed.send(session, approval=approval, actor=actor, now=now)
    return approval


def _hurry(session: Session, limits: Limits, now: datetime, actor: Actor, approval: Approval, reason: str) -> None:
    approval.mode, approval.due_at, approval.reason = AFTER, now + limits.later, reason[:500]
    session.flush()
    _record(session, now, actor, approval, "approval.now", reason)
    allowed.send(session, approval=approval, actor=actor, now=now)


def decide(
    session: Session, *, now: datetime, actor: Actor, approval_id: UUID, approve: bool, note: str = ""
) -> Approval:
    """Approve or refuse what another one asked. What was refused is withdrawn where it can be.

    Raises DomainError: 'unknown', 'own', 'note' for a refusal that gives no reason, 'decided' where somebody was first.
    """
    audit.lock_chain(session)
    approval = session.get(Approval, approval_id, populate_existing=True)
    if approval is None:
        raise DomainError("unknown")
    if actor.id is None or approval.asked_by == actor.id:
        raise DomainError("own")
    if not approve and not note.strip():
        raise DomainError("note")
    result = session.execute(
        sa.update(Approval)
        .where(Approval.id == approval_id, Approval.state.in_(UNDECIDED))
        .values(
            state=APPROVED if approve else REFUSED,
            decided_by=actor.id,
            decided_by_name=actor.name[:80],
            decided_at=now,
            note=note[:500] or None,
        ),
        execution_options={"preserve_rowcount": True, "synchronize_session": False},
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise DomainError("decided")
    session.refresh(approval)
    _record(session, now, actor, approval, "approval.approve" if approve else "approval.refuse", note or None)
    (allowed if approve else refused).send(session, approval=approval, actor=actor, now=now)
    return approval


def mark_overdue(session: Session, *, now: datetime) -> int:
    """Mark what was done at once and not decided in time, each with an entry; returns how many."""
    if not queries.newly_overdue(session, now):
        return 0
    audit.lock_chain(session)
    late = queries.newly_overdue(session, now)
    for approval in late:
        approval.state = OVERDUE
        _record(session, now, Actor.command("approvals"), approval, "approval.overdue", None)
    session.flush()
    return len(late)


def let_lapse(session: Session, limits: Limits, *, now: datetime) -> int:
    """Close what was asked before it was done and nobody decided while it held, each with an entry; returns how many.

    Who still needs it asks anew. What was done at once stays open until somebody has a say.
    """
    until = now - limits.holds
    if not queries.newly_lapsed(session, until):
        return 0
    audit.lock_chain(session)
    over = queries.newly_lapsed(session, until)
    for approval in over:
        approval.state, approval.decided_at = REFUSED, now
        _record(session, now, Actor.command("approvals"), approval, "approval.lapse", None)
    session.flush()
    return len(over)


def close(session: Session, *, now: datetime, actor: Actor, what: str, lookup_id: UUID, why: str) -> None:
    """Close what was asked before it was done and nobody decided, since what it is about is not as it was any more.

    `why` is a word of the models. A permission is for what was asked for, so nobody's say afterwards lets it out.
    """
    audit.lock_chain(session)
    for approval in queries.open_before(session, what, lookup_id):
        approval.state, approval.decided_at = REFUSED, now
        approval.decided_by_name, approval.note = actor.name[:80], why
        session.flush()
        _record(session, now, actor, approval, "approval.close", None)


def _record(session: Session, now: datetime, actor: Actor, approval: Approval, action: str, reason: str | None) -> None:
    detail = {"what": approval.what, "lookup": approval.lookup_number, "mode": approval.mode}
    if approval.due_at is not None:
        detail["due"] = approval.due_at.isoformat()
    audit.record(
        session,
        now=now,
        actor=actor,
        action=action,
        subject=approval.number,
        case_number=approval.case_number,
        reason=reason,
        rows=approval.rows,
        detail=detail,
    )
