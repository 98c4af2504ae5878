from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.contactlists import service as lists
from checkin.contactlists.entries import Entry
from checkin.contacts import queries as contacts
from checkin.contacts import service as calling
from checkin.contacts.judging import F1, F2, NOT
from checkin.contacts.models import NEAR, RELEASE, Contact
from checkin.contacts.service import Given
from checkin.contacts.steps import take_step
from checkin.contacts.words import details_of, opened
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.names import mask_for_desk
from checkin.nearby import queries
from checkin.nearby.following import after
from checkin.nearby.models import ContactNear
from checkin.rules import RuleSet
from checkin.vault import Vault


def name(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    case: Case,
    f1: Contact,
    entry: Entry,
    relation: str,
    rules: RuleSet,
) -> tuple[Contact, bool]:
    """Somebody whom an F1 names: the contact, and whether they are new to the case. Who is new is an F2, to be called
    by the station of their home; who was found to be no contact of the case is one from here on; anybody else of the
    case stays what they are, and the page of the F1 shows them.

    The caller holds what is kept for the case (`cases.service.lock_kept`) and is bound to it. Raises DomainError:
    'stage' where the one who names is no F1, 'early' for a day before the F1 was with the case and could have been
    infected, 'self' where they name themselves.
    """
    # So that nobody says meanwhile that this is no F1.
    session.refresh(f1, with_for_update=True)
    if f1.stage != F1:
        raise DomainError("stage")
    named_by = opened(vault, f1)
    met_on = entry.met_on or clock.to_local(now).date()
    if met_on < min((clock.to_local(stay.start).date() for stay in named_by.met), default=f1.met_on):
        raise DomainError("early")
    found = lists.matching(session, vault, case, [entry]).get(entry.key)
    person_id = found.person_id if found else lists.person_of(session, vault, now=now, entry=entry)
    known = contacts.of_people(session, case.id, [person_id, f1.person_id])
    contact, new = known.get(person_id), person_id not in known
    if contact is not None and contact.id in (f1.id, known[f1.person_id].id):
        raise DomainError("self")
    if contact is None:
        details = details_of(
            name=entry.full_name, phone=entry.shown_phone, birth_year=entry.birth_year, home=entry.home, met=[]
        ) | {"near": mask_for_desk(named_by.full_name), "relation": relation}
        given = [Given(person_id, entry.commune_id, met_on, details)]
        calling.assign(session, vault, now=now, actor=actor, case=case, people=given, rules=rules, stage=F2)
        contact = contacts.of_people(session, case.id, [person_id])[person_id]
    values = {"contact_id": contact.id, "f1_id": f1.id, "case_id": case.id, "at": now, "by_name": actor.name[:80]}
    insert_if_new(session, ContactNear.__table__, values)  # type: ignore[arg-type]
    if contact.stage == NOT:
        _become(session, now, actor, contact, F2, rules)
    elif not new:
        number = case.number
        audit.record(session, now=now, actor=actor, action="case.near", subject=number, case_number=number)
    return contact, new


def follow(session: Session, *, now: datetime, actor: Actor, f1: Contact, rules: RuleSet) -> None:
    """Let go of those who were near somebody who is no F1, and take back those who were let go. Raises
    DomainError('changed') where one of them is worked on at this moment."""
    for contact, stages, let_go in queries.to_follow(session, f1.id):
        if (stage := after(contact.stage, stages, let_go=let_go)) != contact.stage:
            _become(session, now, actor, contact, stage, rules)


def forget_case(session: Session, case_id: UUID) -> None:
    """Delete who was near whom of a case that keeps nothing any more."""
    session.execute(
        sa.delete(ContactNear).where(ContactNear.case_id == case_id), execution_options={"synchronize_session": False}
    )


def _become(session: Session, now: datetime, actor: Actor, contact: Contact, stage: str, rules: RuleSet) -> None:
    change: dict[str, Any] = calling.staged(now, actor, contact, stage, rules)
    if stage == F2:
        change["due_at"] = calling.due(now, stage, rules)
    take_step(session, now, actor, contact, NEAR if stage == F2 else RELEASE, change, stage=stage)
