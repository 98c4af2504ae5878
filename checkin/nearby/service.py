from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock, notes
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.contactlists import service as lists
from checkin.contactlists.entries import Entry
from checkin.contacts import queries as contacts
from checkin.contacts import service as calling
from checkin.contacts.judging import F1, F2, NOT
from checkin.contacts.models import DECIDE, NAMED, NEAR, RELEASE, Contact, ContactNear
from checkin.contacts.service import Assigned, Given
from checkin.contacts.steps import take_step
from checkin.contacts.words import Line, details_of, opened
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.joins import queries as joins
from checkin.lent import for_case
from checkin.names import mask_for_desk
from checkin.nearby import queries
from checkin.nearby.following import after
from checkin.rules import RuleSet
from checkin.scope import COMMUNE
from checkin.vault import Vault

# Whom one F1 may name to the station: more than live and work with anybody.
MOST_NAMED = 50


def exposed_from(f1: Line) -> datetime:
    """When an F1 was with the case first, and so could have been infected: nobody is an F2 for a day before."""
    return min((stay.start for stay in f1.met), default=clock.day_bounds(f1.contact.met_on)[0])


def told_of(f1: Line, relation: str) -> dict[str, str]:
    """What is sealed with an F2 besides who they are: whom they were near, masked, and what they are to each other."""
    return {"near": mask_for_desk(f1.full_name), "relation": relation}


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
    province_id: str | None = None,
) -> tuple[Contact, bool]:
    """Somebody whom an F1 names: the contact, and whether they are new to the case. Who is new is an F2, to be called
    by the station of their home; who was found to be no contact of the case is one from here on, unless an officer
    signed that and a station names them; anybody else of the case stays what they are, and the page of the F1 shows
    them. `province_id` is where somebody without a commune is known to live.

    The caller holds what is kept for the case (`cases.service.lock_kept`) and is bound to it. Raises DomainError:
    'stage' where the one who names is no F1, 'early' for a day before the F1 was with the case and could have been
    infected, 'self' where they name themselves, 'case' where they name the case.
    """
    _hold(session, f1)
    named_by = opened(vault, f1)
    met_on = entry.met_on or clock.to_local(now).date()
    if met_on < clock.to_local(exposed_from(named_by)).date():
        raise DomainError("early")
    found = lists.matching(session, vault, case, [entry]).get(entry.key)
    person_id = found.person_id if found else lists.person_of(session, vault, now=now, entry=entry)
    if case.person_id and person_id in joins.group_of(session, case.person_id).members:
        raise DomainError("case")
    known = contacts.of_people(session, case.id, [person_id, f1.person_id])
    new = person_id not in known
    if not new and known[person_id].id in (f1.id, known[f1.person_id].id):
        raise DomainError("self")
    details = details_of(
        name=entry.full_name, phone=entry.shown_phone, birth_year=entry.birth_year, home=entry.home, met=[]
    ) | told_of(named_by, relation)
    given = Given(person_id, entry.commune_id, met_on, details, province_id)
    _near(session, vault, now=now, actor=actor, case=case, f1=f1, people=[given], rules=rules)
    return contacts.of_people(session, case.id, [person_id])[person_id], new


def add(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    case: Case,
    f1: Contact,
    people: Sequence[Given],
    rules: RuleSet,
) -> Assigned:
    """Make these people, whom an officer chose, F2s of an F1; what becomes of whom is as in `name`, and the caller does
    as there. Raises DomainError('stage') where it is no F1 any more."""
    _hold(session, f1)
    return _near(session, vault, now=now, actor=actor, case=case, f1=f1, people=people, rules=rules)


def tell(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    f1: Contact,
    entry: Entry,
    relation: str,
    rules: RuleSet,
    province: str,
) -> None:
    """Somebody whom an F1 names to the station that follows them: an F2 for the CDC, and a step of the F1 in the
    station's own name, which is all that it sees of it. So it does not learn by naming people who the case is, or who
    else is followed: whoever lives in its own commune does not come to its list, but to the CDC, which calls.

    The caller holds what is kept for cases; `province` is the one we work for. Raises DomainError as `name` does, but
    never 'case'; 'many' where the F1 named MOST_NAMED, 'changed'.
    """
    _hold(session, f1)
    if queries.count_named(session, f1.id) >= MOST_NAMED:
        raise DomainError("many")
    own = entry.commune_id is not None and entry.commune_id == f1.commune_id
    hidden = replace(entry, commune_id=None) if own else entry
    with for_case(session, f1.case_id, COMMUNE):
        case = session.get_one(Case, f1.case_id)
        how: dict[str, Any] = {"now": now, "actor": actor, "case": case, "rules": rules}
        try:
            lives = province if own else None
            name(session, vault, f1=f1, entry=hidden, relation=relation, province_id=lives, **how)
        except DomainError as error:
            if error.reason != "case":
                raise
            number = case.number
            audit.record(session, now=now, actor=actor, action="case.named_case", subject=number, case_number=number)
    day = f"{entry.met_on:%d/%m/%Y}" if entry.met_on else ""
    year = str(entry.birth_year or "")
    note = ", ".join(filter(None, (entry.full_name, year, entry.shown_phone, relation, entry.home, day)))
    take_step(session, now, actor, f1, NAMED, {}, note=notes.sealed(vault, note))


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


def _hold(session: Session, f1: Contact) -> None:
    """Let nobody say meanwhile that this is no F1."""
    session.refresh(f1, with_for_update=True)
    if f1.stage != F1:
        raise DomainError("stage")


def _near(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    case: Case,
    f1: Contact,
    people: Collection[Given],
    rules: RuleSet,
) -> Assigned:
    ids = [one.person_id for one in people]
    known = contacts.of_people(session, case.id, ids)
    for contact in sorted(known.values(), key=lambda one: one.id):
        # Before the log, as whoever works on one of them does.
        session.refresh(contact, with_for_update=True)
    fresh = [one for one in people if one.person_id not in known]
    station = actor.role == COMMUNE
    # What an officer signed no station overturns.
    signed = {
        one for one, word in queries.last_words(session, [c.id for c in known.values()]).items() if word == DECIDE
    }
    done = Assigned(0, 0, 0)
    if fresh:
        how: dict[str, Any] = {"now": now, "actor": actor, "case": case, "rules": rules}
        done = calling.assign(session, vault, people=fresh, stage=F2, **how)
    for person_id, contact in sorted(contacts.of_people(session, case.id, ids).items()):
        values = {"contact_id": contact.id, "f1_id": f1.id, "case_id": case.id, "at": now, "by_name": actor.name[:80]}
        insert_if_new(session, ContactNear.__table__, values)  # type: ignore[arg-type]
        if contact.stage == NOT and not (station and contact.id in signed):
            _become(session, now, actor, contact, F2, rules)
        elif person_id in known:
            number, action = case.number, "case.named_known" if station else "case.near"
            audit.record(session, now=now, actor=actor, action=action, subject=number, case_number=number)
    return Assigned(done.stations, done.outside, len(known))


def _become(session: Session, now: datetime, actor: Actor, contact: Contact, stage: str, rules: RuleSet) -> None:
    change: dict[str, Any] = calling.staged(now, actor, contact, stage, rules)
    if stage == F2:
        change["due_at"] = calling.due(now, stage, rules)
    take_step(session, now, actor, contact, NEAR if stage == F2 else RELEASE, change, stage=stage)
