"""Who was near an F1 is let go with them, and goes with what is kept for the case."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.cases.signals import case_released
from checkin.contacts.models import Contact
from checkin.contacts.signals import stage_changed
from checkin.nearby import service
from checkin.rules import RuleSet
from checkin.scope import COMMUNE


def connect() -> None:
    """Listen to contacts and cases; once is as good as twice."""
    stage_changed.connect(_follow)
    case_released.connect(_let_go)


def _follow(session: Session, *, now: datetime, actor: Actor, contact: Contact, rules: RuleSet) -> None:
    # A station sees nobody of another commune: what its call makes of an F1 who was called anew, the CDC follows up.
    if actor.role != COMMUNE:
        service.follow(session, now=now, actor=actor, f1=contact, rules=rules)


def _let_go(session: Session, *, case: Any) -> None:
    service.forget_case(session, case.id)
