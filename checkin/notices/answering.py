"""What a second person says of a notice: it goes out, or it does not, or it comes back."""

from datetime import datetime

from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.approvals.limits import NOTICE
from checkin.approvals.models import Approval
from checkin.approvals.signals import allowed, refused
from checkin.audit.entry import Actor
from checkin.notices import queries, service
from checkin.notices.lasting import lasts
from checkin.notices.models import WAITING


def connect() -> None:
    """Listen to approvals; once is as good as twice."""
    allowed.connect(_let_out)
    refused.connect(_take_back)


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
