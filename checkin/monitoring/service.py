from datetime import date, datetime

from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases import queries as cases
from checkin.contacts.judging import F1
from checkin.contacts.models import HEALTH, SAYINGS, Contact, ContactCheck
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.monitoring import queries
from checkin.scope import COMMUNE


def say(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    contact: Contact,
    kind: str,
    day: date,
    said: str,
    seen: int,
    today: date,
) -> None:
    """Note how an F1 is on a day (HEALTH: of today alone, as often as it must be corrected), or a test of theirs that
    was taken on a day of the quarantine until today (TEST) with what came of it so far. `seen` is how often something
    was said of that day when it was looked at.

    Raises DomainError: 'not_f1', 'day', 'said' for what is none, 'changed' where somebody else was faster.
    """
    if contact.stage != F1 or contact.quarantine_from is None or contact.quarantine_until is None:
        raise DomainError("not_f1")
    if not contact.quarantine_from <= day <= min(today, contact.quarantine_until) or kind == HEALTH and day != today:
        raise DomainError("day")
    if said not in SAYINGS.get(kind, ()):
        raise DomainError("said")
    if queries.last_number(session, contact.id, kind, day) != seen:
        raise DomainError("changed")
    by_station = actor.role == COMMUNE
    values = {
        "contact_id": contact.id,
        "kind": kind,
        "day": day,
        "number": seen + 1,
        "said": said,
        "at": now,
        "commune_id": contact.commune_id if by_station else None,
        "account_id": actor.id,
        "by_name": actor.name[:80],
    }
    if not insert_if_new(session, ContactCheck.__table__, values):  # type: ignore[arg-type]
        raise DomainError("changed")
    # As with calls: a station's work by its commune, and never with the case.
    number = None if by_station else cases.number_of_id(session, contact.case_id)
    audit.record(
        session,
        now=now,
        actor=actor,
        action=f"{'station' if by_station else 'case'}.{kind}",
        subject=number or contact.commune_id or "",
        case_number=number,
        detail={"result": said},
    )
