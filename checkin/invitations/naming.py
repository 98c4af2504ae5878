"""Whom an invitation was for, told to the log."""

from collections.abc import Set
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.audit.signals import naming_subjects
from checkin.invitations import queries


def connect() -> None:
    """Answer the log; once is as good as twice."""
    naming_subjects.connect(_named)


def _named(session: Session, *, ids: Set[UUID]) -> dict[UUID, str]:
    return queries.logins(session, ids)
