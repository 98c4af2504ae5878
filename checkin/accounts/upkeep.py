"""What the hourly round does here."""

from sqlalchemy.orm import Session

from checkin import clock, scope
from checkin.accounts import service


def forget_round(session: Session) -> None:
    """Let go of sessions and recovery codes that have been over for a month."""
    scope.enter(session, scope.SYSTEM)
    service.forget_sessions(session, now=clock.now())
