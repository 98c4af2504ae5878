"""What a second person says of a notice: it goes out, or it does not, or it comes back; and what becomes of it where
its case turns out to be none, or keeps nothing any more."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.approvals.limits import NOTICE
from checkin.approvals.models import Approval
from checkin.approvals.signals import allowed, refused
from checkin.audit.entry import Actor
from checkin.cases.signals import case_discarded, case_let_go
from checkin.notices import queries, service
from checkin.notices.lasting import lasts
from checkin.notices.models import WAITING
from checkin.notices.words import RULED_OUT


def connect() -> None:
    """Listen to approvals and cases; once is as good as twice."""
    allowed.connect(_let_out)
    refused.connect(_take_back)
    case_discarded.connect(_rule_out)
    case_let_go.connect(_let_go)


def _let_out(session: Session, *, approval: Approval, actor: Actor, now: datetime) -> None:
    found = queries.by_id(session, approval.lookup_id) if approval.what == NOTICE else None
    # Of two requests the second may be refused, and the draft written anew: the first one lets that out no more.
    if found is not None and found[0].state == WAITING:
        notice, case = found
        how_long = lasts(context.rules(clock.to_local(now).date())["oversight"])
        service.publish(session, now=now, actor=actor, case=case, notice=notice, lasts=how_long)


def _take_back(session: Session, *, approval: Approval, actor: Actor, now: datetime) -> None:
    found = queries.by_id(session, approval.lookup_id) if approval.what == NOTICE else None
    if found is not None:
        notice, case = found
        service.refuse(session, now=now, actor=actor, case=case, notice=notice)


def _let_go(session: Session, *, case: Any, actor: Actor, now: datetime) -> None:
    service.forget_drafts(session, now=now, actor=actor, case=case)


def _rule_out(session: Session, *, case: Any, actor: Actor, now: datetime, withdraw: bool) -> None:
    service.forget_drafts(session, now=now, actor=actor, case=case)
    if withdraw:
        service.withdraw_all(session, now=now, actor=actor, case=case, why=RULED_OUT)
