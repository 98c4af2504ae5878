"""What is known of a case's contacts goes with what is kept for the case."""

from typing import Any

from sqlalchemy.orm import Session

from checkin.cases.signals import case_released, disease_changed
from checkin.contacts import filing


def connect() -> None:
    """Listen to the cases; once is as good as twice."""
    case_released.connect(_let_go)
    disease_changed.connect(_ask_anew)


def _let_go(session: Session, *, case: Any) -> None:
    filing.forget_case(session, case.id)


def _ask_anew(session: Session, *, case: Any) -> None:
    filing.change_disease(session, case.id, case.disease)
