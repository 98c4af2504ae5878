from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases import queries
from checkin.cases.deriving import Change, Span, derive, whole
from checkin.cases.history import step
from checkin.cases.models import (
    DISCARDED,
    KEEPING_STATES,
    OPEN_STATES,
    STATES,
    Case,
    CaseWindow,
    case_visit,
    kept_declaration,
    kept_visit,
)
from checkin.cases.signals import case_discarded, case_let_go, case_released, kept_changed
from checkin.db import is_postgresql
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.joins import queries as joins
from checkin.movements import service as movements
from checkin.rules import RuleSet

# Any number that nothing else uses. Taken before the lock of the log, never after it: what is kept changes one
# at a time, so that nobody takes away a row that somebody else is about to share.
KEEPING_LOCK = 0x4B454550


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What is known when a case is opened."""

    title: str
    disease: str
    state: str = "confirmed"
    onset_on: date | None = None
    sample_on: date | None = None
    isolated_on: date | None = None
    commune_id: str | None = None
    # None where nobody asked.
    symptoms: list[str] | None = None


def open_case(session: Session, *, now: datetime, actor: Actor, facts: CaseFacts) -> Case:
    """A new case with the next number."""
    audit.lock_chain(session)
    last = session.scalar(sa.select(sa.func.max(Case.seq))) or 0
    case = Case(
        id=new_id(now),
        seq=last + 1,
        title=facts.title,
        disease=facts.disease,
        state=facts.state,
        onset_on=facts.onset_on,
        sample_on=facts.sample_on,
        isolated_on=facts.isolated_on,
        commune_id=facts.commune_id,
        symptoms=facts.symptoms,
        opened_at=now,
        opened_by=actor.id,
        rules_on=clock.to_local(now).date(),
        confirmed_at=now if facts.state == "confirmed" else None,
        version=0,
    )
    session.add(case)
    step(session, now=now, actor=actor, case=case, what="open")
    audit.record(session, now=now, actor=actor, action="case.open", subject=case.number, case_number=case.number)
    return case


def set_state(
    session: Session, *, now: datetime, actor: Actor, case: Case, state: str, rules: RuleSet, seen: int | None = None,
    withdraw: bool = False,
) -> None:  # fmt: skip
    """Change the state of a case, and with it what is kept for it: nothing for one that was none. With `withdraw` its
    public notices are taken back too where it is discarded.

    Raises DomainError: 'state' of an unknown one, 'doubled' where they are another open case, 'changed' since `seen`.
    """
    if state not in STATES:
        raise DomainError("state")
    hold(session, case, seen)
    if state in OPEN_STATES and case.person_id and queries.open_case_of(session, case.person_id) not in (None, case):
        raise DomainError("doubled")
    before, case.state = case.state, state
    if state in OPEN_STATES and (state, before) != ("confirmed", "confirmed"):
        case.confirmed_at = now if state == "confirmed" else None
    step(session, now=now, actor=actor, case=case, what="state", detail={"state": [before, state]})
    if case.person_id and state in KEEPING_STATES:
        freeze(session, now=now, actor=actor, case=case, rules=rules)
    elif case.person_id and before in KEEPING_STATES:
        release(session, now=now, actor=actor, case=case)
    if state == DISCARDED:
        case_discarded.send(session, case=case, actor=actor, now=now, withdraw=withdraw)
    # Last: who works on a contact has that one, then the log.
    record(session, now, actor, case, "case.state", {"from": before, "to": state})


def open_for(
    session: Session, *, now: datetime, actor: Actor, facts: CaseFacts, person_id: UUID, found_by: str, rules: RuleSet,
    told: tuple[datetime, UUID] | None = None,
) -> Case:  # fmt: skip
    """A new case of a person whom a lookup found (`found_by`, its number), from a declaration of theirs where one is
    named by its key (`told`). Raises DomainError as `link` does."""
    lock_kept(session)
    case = open_case(session, now=now, actor=actor, facts=facts)
    link(session, now=now, actor=actor, case=case, person_id=person_id, found_by=found_by, rules=rules, told=told)
    return case


def link(
    session: Session, *, now: datetime, actor: Actor, case: Case, person_id: UUID, found_by: str, rules: RuleSet,
    told: tuple[datetime, UUID] | None = None,
) -> queries.Kept:  # fmt: skip
    """Say who the case is, and freeze what belongs to it. `found_by` is the number of the lookup that found them,
    `told` the key of the declaration that it was opened from.

    Raises DomainError: 'linked' when it has a person, 'discarded' when it was none, 'doubled' for another open case.
    """
    hold(session, case)
    if case.person_id is not None:
        raise DomainError("linked")
    if case.state not in KEEPING_STATES:
        raise DomainError("discarded")
    if case.state in OPEN_STATES and queries.open_case_of(session, person_id) is not None:
        raise DomainError("doubled")
    case.person_id = person_id
    declared = {"declared": [told[0].isoformat(), str(told[1])]} if told else {}
    step(session, now=now, actor=actor, case=case, what="link", detail={"lookup": found_by, **declared})
    record(session, now, actor, case, "case.link", {"lookup": found_by, **declared})
    return freeze(session, now=now, actor=actor, case=case, rules=rules)


def unlink(session: Session, *, now: datetime, actor: Actor, case: Case) -> None:
    """Take the person off a case: nothing is kept for it any more. Raises DomainError('unlinked') without one."""
    hold(session, case)
    if case.person_id is None:
        raise DomainError("unlinked")
    release(session, now=now, actor=actor, case=case)
    # What was asked was about somebody else; the history keeps it.
    case.person_id = case.interviewed_at = case.interviewed_by_name = None
    session.execute(sa.delete(CaseWindow).where(CaseWindow.case_id == case.id))
    step(session, now=now, actor=actor, case=case, what="unlink")
    record(session, now, actor, case, "case.unlink", {})


def freeze(session: Session, *, now: datetime, actor: Actor, case: Case, rules: RuleSet) -> queries.Kept:
    """Copy the case's own visits, every stay that can meet one of them, and their declarations; what is kept then.

    Of the days of the retention and the one before. Again it copies what is new and what changed, such as an end
    recorded later, and lets go of stays that by now cannot have met; what the store no longer has stays as it is.
    Logged. Nothing for a case without a person and for one that was none.
    """
    hold(session, case)
    if not derive(session, [(case, whole(case, rules, now))]):
        return queries.Kept(0, 0, 0)
    result = queries.kept(session, case.id)
    record(session, now, actor, case, "case.freeze", asdict(result), rows=result.own + result.met)
    return result


def freeze_spans(
    session: Session, *, now: datetime, actor: Actor, spans: Sequence[tuple[Case, Span]]
) -> tuple[dict[UUID, Change], list[Callable[[], None]]]:
    """What `freeze` does, for many cases, each for its span: what changed of each that keeps anything, and what logs
    it of those of which something did. The caller holds what is kept, and has read the cases since.

    The log is locked from its first entry to the commit: the caller logs when all that takes its time is done.
    """
    changes = derive(session, spans)
    entries: list[Callable[[], None]] = []
    for case, _ in spans:
        if case.id in changes and changes[case.id].rows:
            result = queries.kept(session, case.id)
            rows = result.own + result.met
            entries.append(partial(record, session, now, actor, case, "case.freeze", asdict(result), rows=rows))
    return changes, entries


def release(session: Session, *, now: datetime, actor: Actor, case: Case) -> None:
    """Let go of everything that is kept for the case; what another case shares stays."""
    lock_kept(session)
    result = queries.kept(session, case.id)
    session.execute(sa.delete(case_visit).where(case_visit.c.case_id == case.id))
    kept_changed.send(session, cases=[case.id])
    sweep(session)
    movements.forget_case(session, case.id, case.person_id, queries.others_keeping(case.id))
    case_released.send(session, case=case)
    record(session, now, actor, case, "case.release", asdict(result), rows=result.own + result.met)
    case_let_go.send(session, case=case, actor=actor, now=now)


def lock_kept(session: Session) -> None:
    """Let nobody else change what is kept until the caller commits; before the lock of the log, never after it."""
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(KEEPING_LOCK)))
    # Whoever held it may have joined somebody.
    joins.ask_again(session)


def try_kept(session: Session) -> bool:
    """The same where nobody else has it at this moment, without waiting; whether it is so."""
    joins.ask_again(session)
    if not is_postgresql(session):
        return True
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(KEEPING_LOCK))))


def hold(session: Session, case: Case, seen: int | None = None) -> None:
    """Let nobody else change the case and what is kept for it; it is as those left it who held it before.

    Raises DomainError('changed') where that is not the version `seen`.
    """
    lock_kept(session)
    session.refresh(case)
    if seen is not None and case.version != seen:
        raise DomainError("changed")


def sweep(session: Session) -> None:
    """Delete copies that no case claims."""
    session.execute(sa.delete(kept_visit).where(~sa.exists().where(queries.same_visit(kept_visit))))
    told = sa.and_(
        kept_visit.c.declared_at == kept_declaration.c.made_at, kept_visit.c.declaration_id == kept_declaration.c.id
    )
    session.execute(sa.delete(kept_declaration).where(~sa.exists().where(told)))


def record(
    session: Session,
    now: datetime,
    actor: Actor,
    case: Case,
    action: str,
    detail: dict[str, Any],
    *,
    rows: int | None = None,
    reason: str | None = None,
) -> None:
    """Log what was done about a case, under its number."""
    number = case.number
    audit.record(
        session, now=now, actor=actor, action=action, subject=number, case_number=number, rows=rows, reason=reason,
        detail=detail,
    )  # fmt: skip
