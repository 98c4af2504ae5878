"""A step of what is done about a contact, and the change that it makes."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.contacts.models import Contact, ContactStep
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.scope import CDC, COMMUNE, current, rows


def take_step(
    session: Session,
    now: datetime,
    actor: Actor,
    contact: Contact,
    what: str,
    change: dict[str, Any],
    *,
    stage: str | None = None,
    **more: Any,
) -> None:
    """Write the next step down and make the change. Its number tells two who act on the same sight of things apart.

    Raises DomainError('changed')."""
    contact_id, version, commune = contact.id, contact.version, contact.commune_id
    # What a station writes for the CDC (`lent.for_case`) is about people of any commune.
    station = actor.role == COMMUNE and current(session).role != CDC
    # Without the commune it is the CDC's step: its officers have no name at a station.
    more["commune_id"] = commune if station else None
    if not write(session, now, actor, contact_id, version + 1, what, stage or contact.stage, **more):
        raise DomainError("changed")
    done = session.execute(
        sa.update(Contact)
        .where(rows(session, Contact), Contact.id == contact_id, Contact.version == version)
        .values(version=version + 1, **change),
        execution_options={"synchronize_session": False},
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise DomainError("changed")
    session.expire(contact)
    detail = {name: value for name, value in (("result", more.get("result")), ("stage", stage)) if value}
    # A station's work is logged by its commune, as its other calls are, and never with the case.
    case = None if station else session.get(Case, contact.case_id)
    audit.record(
        session,
        now=now,
        actor=actor,
        action=f"station.{what}" if case is None else f"case.{what}",
        subject=case.number if case else commune or "",
        case_number=case.number if case else None,
        detail=detail,
    )


def write(
    session: Session, now: datetime, actor: Actor, contact_id: UUID, number: int, what: str, stage: str, **more: Any
) -> bool:
    """Write a step with this number down; False where somebody wrote it before."""
    values = {
        "contact_id": contact_id,
        "number": number,
        "at": now,
        "account_id": actor.id,
        "by_name": actor.name[:80],
        "what": what,
        "stage": stage,
        "answers": [],
        **more,
    }
    return insert_if_new(session, ContactStep.__table__, values)  # type: ignore[arg-type]
