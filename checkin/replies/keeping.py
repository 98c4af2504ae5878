"""Answers go with what is kept for the case, and with the nightly work once the notice is long over."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from checkin.cases.signals import case_released
from checkin.replies import service
from checkin.visits.signals import day_expiring


def connect() -> None:
    """Listen to the cases and to the store; once is as good as twice."""
    case_released.connect(_let_go)
    day_expiring.connect(_forget)


def _let_go(session: Session, *, case: Any) -> None:
    service.forget_case(session, case.id)


def _forget(session: Session, *, start: datetime, end: datetime, now: datetime) -> None:
    # The day that goes is as old as a visit may get; what ended before it is as old.
    service.forget_ended(session, before=end)
