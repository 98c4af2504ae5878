from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts.models import STAFF, Account


def by_logins(session: Session, login_indexes: set[bytes]) -> list[Account]:
    """Accounts with one of these logins, active or not: an owner's and a staff member's at most."""
    return list(
        session.scalars(sa.select(Account).where(Account.login_index.in_(login_indexes)).order_by(Account.role))
    )


def by_session_id(session: Session, session_id: str) -> Account | None:
    """The active account of a session cookie; None when it ended, was blocked or is not one."""
    account_id, _, epoch = session_id.partition(":")
    try:
        account = session.get(Account, UUID(account_id))
    except ValueError:
        return None
    if account is None or not account.active or str(account.epoch) != epoch:
        return None
    return account


def staff(session: Session) -> list[Account]:
    """Accounts of staff by role and name."""
    return list(
        session.scalars(sa.select(Account).where(Account.role.in_(STAFF)).order_by(Account.role, Account.display_name))
    )


def owner_count(session: Session) -> int:
    """How many owners have signed up."""
    return session.scalar(sa.select(sa.func.count()).where(Account.role == "owner")) or 0


def any_admin(session: Session) -> bool:
    """True when somebody can administer."""
    return session.scalar(sa.select(Account.id).where(Account.role == "admin").limit(1)) is not None
