"""Logins of staff, for those who administer them: beside the names on their pages, and told to the log."""

from collections.abc import Set
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import context
from checkin.accounts import queries, service
from checkin.audit.signals import accounts_called, naming_subjects
from checkin.vault import VaultError


def connect() -> None:
    """Answer the log; once is as good as twice."""
    naming_subjects.connect(_named)
    accounts_called.connect(_called)


def logins(session: Session) -> dict[UUID, str]:
    """The logins of the accounts of staff that the session may see; one that cannot be opened is left out."""
    found = {}
    for account in queries.staff(session):
        try:
            found[account.id] = service.login_of(context.vault(), account)
        except VaultError:
            continue
    return found


def _named(session: Session, *, ids: Set[UUID]) -> dict[UUID, str]:
    return {of: login for of, login in logins(session).items() if of in ids}


def _called(session: Session, *, words: str) -> list[UUID]:
    return [of for of, login in logins(session).items() if words.lower() in login]
