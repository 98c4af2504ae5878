from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import notes
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.contacts import queries
from checkin.contacts.asking import questions_for
from checkin.contacts.judging import CALL, F1, F2, NO, NOT, UNKNOWN, YES, judge, quarantine, rule_for
from checkin.contacts.models import (
    ASSIGN,
    BACK,
    CALLED,
    COMMITTEE,
    DECIDE,
    LEAVE_IT,
    MOVED,
    NOT_REACHED,
    REACHED,
    REFUSED,
    RESULTS,
    SENT,
    TAKE,
    TO_CDC,
    Contact,
)
from checkin.contacts.signals import stage_changed
from checkin.contacts.steps import take_step, write
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.joins import queries as joins
from checkin.rules import RuleSet
from checkin.scope import COMMUNE, rows
from checkin.vault import Vault


@dataclass(frozen=True)
class Given:
    """Somebody whom a case can have met: whose station calls (None: nobody's of the province), when they were last
    together, and what the station is told."""

    person_id: UUID
    commune_id: str | None
    met_on: date
    details: dict[str, Any]
    province_id: str | None = None


@dataclass(frozen=True)
class Assigned:
    """What became of those who were given: to stations, kept by the CDC, given by somebody before."""

    stations: int
    outside: int
    before: int


def assign(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    case: Case,
    people: Sequence[Given],
    rules: RuleSet,
    stage: str = CALL,
) -> Assigned:
    """Have these people called by the station of their home, once each, whoever gives them how often: to find out what
    they are, or as F2. Nobody becomes an F1 here. Who was given before stays as they are, and the case itself is no
    contact of its own."""
    own = joins.everybody_of(session, [case.person_id] if case.person_id else [])
    people = [one for one in people if one.person_id not in own]
    due_at = due(now, stage, rules)
    known = queries.of_people(session, case.id, [one.person_id for one in people])
    stations = outside = 0
    # In one order, so that two who give the same people do not wait for each other.
    for given in sorted(people, key=lambda one: one.person_id):
        contact_id = new_id(now)
        values = {
            "id": contact_id,
            "case_id": case.id,
            "person_id": given.person_id,
            "disease": case.disease,
            "stage": stage,
            "stage_at": now,
            "stage_by_name": actor.name[:80],
            "given_at": now,
            "commune_id": given.commune_id,
            "province_id": given.province_id,
            "due_at": due_at,
            "met_on": given.met_on,
            "details": vault.seal(given.details),
            "version": 1,
        }
        # Under another name, where they were joined; or by somebody at this very moment.
        if given.person_id in known or not insert_if_new(session, Contact.__table__, values):  # type: ignore[arg-type]
            continue
        write(session, now, actor, contact_id, 1, ASSIGN, stage)
        stations, outside = stations + (given.commune_id is not None), outside + (given.commune_id is None)
    audit.record(
        session,
        now=now,
        actor=actor,
        action="case.assign",
        subject=case.number,
        case_number=case.number,
        rows=stations + outside,
        detail={"stations": stations, "outside": outside},
    )
    return Assigned(stations, outside, len(people) - stations - outside)


def asked_of(contact: Contact, rules: RuleSet) -> tuple[str, ...]:
    """What is asked on the phone. Nothing of an F2: the answers are about having been with a case."""
    return () if contact.stage == F2 else questions_for(rules["followup"], contact.disease)


def take(session: Session, *, now: datetime, actor: Actor, contact: Contact) -> None:
    """Say that this officer calls them. Raises DomainError: 'changed', 'done'."""
    _still_to_call(contact)
    take_step(session, now, actor, contact, TAKE, {"taken_by": actor.id, "taken_by_name": actor.name[:80]})


def let_go(session: Session, *, now: datetime, actor: Actor, contact: Contact) -> None:
    """Say that somebody else may call them. Raises DomainError: 'changed', 'free' where nobody had taken them."""
    if contact.taken_by is None:
        raise DomainError("free")
    take_step(session, now, actor, contact, LEAVE_IT, {"taken_by": None, "taken_by_name": None})


def called(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    contact: Contact,
    result: str,
    answers: Mapping[str, str],
    note: str,
    rules: RuleSet,
) -> str:
    """Note how a call went, and where somebody was reached what they answered; returns the stage from here on.

    The answers alone make an F1 or no contact; what they do not decide is to be called again. Raises DomainError:
    'changed', 'done', and 'result' or 'answers' for what is none.
    """
    _still_to_call(contact)
    asked = asked_of(contact, rules)
    if result not in RESULTS:
        raise DomainError("result")
    if result == REACHED and any(answers.get(question) not in (YES, NO, UNKNOWN) for question in asked):
        raise DomainError("answers")
    told = {question: answers[question] for question in asked} if result == REACHED else {}
    stage = judge(rule_for(rules["contacts"], contact.disease), told) if told else contact.stage
    # Who moved away is the CDC's until the answers decide: by another result their former station had them back.
    stays = contact.result == MOVED and actor.role != COMMUNE and stage == contact.stage
    change: dict[str, Any] = {} if stays else {"result": result}
    if result == REACHED and contact.reached_at is None:
        change["reached_at"] = now
    if actor.role == COMMUNE or contact.commune_id is None:
        change |= {"taken_by": actor.id, "taken_by_name": actor.name[:80]}
    if changed := stage != contact.stage:
        change |= staged(now, actor, contact, stage, rules) | _without_station(session, actor, contact, stage)
    elif result in (NOT_REACHED, REFUSED):
        change["due_at"] = _again(now, result, rules)
    more = {"result": result, "answers": [f"{question}={answer}" for question, answer in told.items()]}
    take_step(session, now, actor, contact, CALLED, change, stage=stage, note=notes.sealed(vault, note), **more)
    if changed:
        stage_changed.send(session, now=now, actor=actor, contact=contact, rules=rules)
    return stage


def decide(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    contact: Contact,
    stage: str,
    reason: str,
    rules: RuleSet,
) -> None:
    """An officer of the CDC says what somebody is and signs for it with a reason, which is sealed. Raises DomainError:
    'changed', 'stage' for none of F1, NOT and CALL, 'reason' without one."""
    if stage not in (F1, NOT, CALL):
        raise DomainError("stage")
    if not reason.strip():
        raise DomainError("reason")
    change = staged(now, actor, contact, stage, rules) | _without_station(session, actor, contact, stage)
    if stage == CALL:  # a call anew, with a time of its own
        change["due_at"] = due(now, stage, rules)
    take_step(session, now, actor, contact, DECIDE, change, stage=stage, note=notes.sealed(vault, reason))
    stage_changed.send(session, now=now, actor=actor, contact=contact, rules=rules)


def raise_refusal(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    contact: Contact,
    to: str,
    note: str,
    rules: RuleSet,
) -> None:
    """Go further with who refuses: their commune's committee was told (COMMITTEE), or the CDC calls from here on
    (TO_CDC). They stay on the list and are due again. Raises DomainError: 'changed', 'done', 'refused' where they
    refused nothing, 'to' for neither of the two."""
    _still_to_call(contact)
    if contact.result != REFUSED:
        raise DomainError("refused")
    if to not in (COMMITTEE, TO_CDC):
        raise DomainError("to")
    change: dict[str, Any] = {"raised": to, "due_at": _again(now, REFUSED, rules)}
    if to == TO_CDC:
        change |= {"taken_by": None, "taken_by_name": None}
    take_step(session, now, actor, contact, to, change, note=notes.sealed(vault, note))


def sent(session: Session, *, now: datetime, actor: Actor, contact: Contact) -> None:
    """Note that the CDC of another province was told of somebody who lives there. Raises DomainError('changed')."""
    take_step(session, now, actor, contact, SENT, {})


def record_reading(session: Session, *, now: datetime, actor: Actor, case: Case, count: int) -> None:
    """Log that names of so many contacts are read. The caller commits before it opens the first one."""
    number = case.number
    audit.record(session, now=now, actor=actor, action="case.contacts", subject=number, case_number=number, rows=count)


def seal_again(session: Session, contact: Contact, details: bytes) -> bool:
    """Put the details in the place of those that there are; False where somebody did something about the contact."""
    done = session.execute(
        sa.update(Contact)
        .where(rows(session, Contact), Contact.id == contact.id, Contact.version == contact.version)
        .values(details=details),
        execution_options={"synchronize_session": False},
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def record_export(session: Session, *, now: datetime, actor: Actor, case: Case, count: int, province: str) -> None:
    """Log that the list of those of a province is taken along. The caller commits before it opens the first name."""
    audit.record(
        session,
        now=now,
        actor=actor,
        action="case.outgoing",
        subject=case.number,
        case_number=case.number,
        rows=count,
        detail={"province": province},
    )


def _still_to_call(contact: Contact) -> None:
    if not contact.to_call:
        raise DomainError("done")


def _without_station(session: Session, actor: Actor, contact: Contact, stage: str) -> dict[str, Any]:
    """Whom a station gave back is in nobody's quarantine list once the CDC makes an F1 of them, until it gives them to
    another station. Who refused and was left to the CDC to call is still their station's."""
    if stage != F1 or contact.raised != TO_CDC or actor.role == COMMUNE:
        return {}
    # Not the last result: it may be of the CDC's own calls since then.
    passed = [step.what for step in queries.steps(session, contact.id) if step.what in (TO_CDC, BACK)]
    return {"commune_id": None, "raised": None} if passed[-1:] == [BACK] else {}


def _again(now: datetime, result: str, rules: RuleSet) -> datetime:
    return now + timedelta(hours=int(rules["followup"]["again"][f"{result}_hours"]))


def due(now: datetime, stage: str, rules: RuleSet) -> datetime:
    """By when somebody of this stage is to be called who is given now."""
    section = rules["contacts"]["f2"] if stage == F2 else rules["contacts"]
    return now + timedelta(hours=int(section["call_hours"]))


def staged(now: datetime, actor: Actor, contact: Contact, stage: str, rules: RuleSet) -> dict[str, Any]:
    """What changes with the stage of a contact: since when, by whom, and an F1's days of quarantine."""
    first = last = None
    if stage == F1:
        first, last = quarantine(rule_for(rules["contacts"], contact.disease), contact.met_on)
    return {
        "stage": stage,
        "stage_at": now,
        "stage_by_name": actor.name[:80],
        "quarantine_from": first,
        "quarantine_until": last,
    }
