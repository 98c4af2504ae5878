"""Requests that were answered long ago go with the nightly work of the store."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.rights import service
from checkin.visits.signals import day_expiring


def connect() -> None:
    """Listen to the store; once is as good as twice."""
    day_expiring.connect(forget)


def forget(session: Session, *, start: datetime, end: datetime, now: datetime) -> None:
    """Delete the requests whose time is over."""
    kept = timedelta(days=int(context.rules(clock.to_local(now).date())["rights"]["kept_days"]))
    service.forget_requests(session, closed_before=now - kept)
