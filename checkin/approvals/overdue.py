"""What nobody decided in time, in the server's hourly round: overdue, or closed where nothing was done yet."""

from sqlalchemy.orm import Session

from checkin import clock, scope
from checkin.approvals import service
from checkin.approvals.today import limits


def mark_round(session: Session) -> None:
    """Mark what is overdue, and close what was asked and not decided while it held."""
    scope.enter(session, scope.SYSTEM)
    now = clock.now()
    service.mark_overdue(session, now=now)
    service.let_lapse(session, limits(), now=now)
