from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import STATES, Case
from checkin.errors import DomainError
from checkin.ids import new_id


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What is known when a case is opened."""

    title: str
    disease: str
    state: str = "confirmed"
    onset_on: date | None = None
    sample_on: date | None = None
    isolated_on: date | None = None


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
        opened_at=now,
        opened_by=actor.id,
    )
    session.add(case)
    session.flush()
    audit.record(session, now=now, actor=actor, action="case.open", subject=case.number, case_number=case.number)
    return case


def set_state(session: Session, *, now: datetime, actor: Actor, case: Case, state: str) -> None:
    """Change the state of a case. Raises DomainError('state') for one that is unknown."""
    if state not in STATES:
        raise DomainError("state")
    before, case.state = case.state, state
    session.flush()
    audit.record(
        session,
        now=now,
        actor=actor,
        action="case.state",
        subject=case.number,
        case_number=case.number,
        detail={"from": before, "to": state},
    )
