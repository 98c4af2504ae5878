from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts.limits import LIMITS, PENDING
from checkin.accounts.models import STAFF, Account, AccountSession, RecoveryCode
from checkin.db import is_postgresql, set_scope
from checkin.scope import SUMS, rows


def by_id(session: Session, account_id: UUID) -> Account | None:
    """The account of this id; None where there is none."""
    return session.get(Account, account_id)


def by_logins(session: Session, login_indexes: set[bytes]) -> list[Account]:
    """Accounts with one of these logins, active or not: an owner's and a staff member's at most."""
    # Nobody has signed in yet: whose account is read is said by the login that was typed.
    set_scope(session, login=",".join(index.hex() for index in sorted(login_indexes)))
    return list(
        session.scalars(sa.select(Account).where(Account.login_index.in_(login_indexes)).order_by(Account.role))
    )


def by_token(session: Session, token_hash: bytes) -> tuple[AccountSession, Account] | None:
    """The session of a browser's token and its account; None when it ended, was blocked or there is none.

    Whether its time is over is for `limits.state` to say.
    """
    row = session.execute(
        sa.select(AccountSession, Account)
        .join(Account, Account.id == AccountSession.account_id)
        .where(
            AccountSession.token_hash == token_hash,
            AccountSession.ended_at.is_(None),
            AccountSession.epoch == Account.epoch,
            Account.active,
        )
    ).first()
    return (row[0], row[1]) if row else None


def sessions(session: Session, account: Account, now: datetime) -> list[AccountSession]:
    """The sessions of an account that are not over, the one used last first."""
    return list(
        session.scalars(
            sa.select(AccountSession)
            .where(
                AccountSession.account_id == account.id,
                AccountSession.ended_at.is_(None),
                AccountSession.epoch == account.epoch,
                AccountSession.created_at > now - LIMITS[account.role].absolute,
                sa.or_(AccountSession.whole, AccountSession.created_at > now - PENDING),
            )
            .order_by(AccountSession.last_used_at.desc(), AccountSession.id)
        )
    )


def codes_left(session: Session, account_id: UUID) -> int:
    """How many recovery codes of an account were not used yet."""
    return (
        session.scalar(
            sa.select(sa.func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


def staff(session: Session) -> list[Account]:
    """Accounts of staff by role and name."""
    return list(
        session.scalars(
            sa.select(Account)
            .where(Account.role.in_(STAFF), rows(session, Account))
            .order_by(Account.role, Account.display_name)
        )
    )


def owner_count(session: Session) -> int:
    """How many owners have signed up."""
    if is_postgresql(session):
        # The staff role sees none of them; a function of the tables' owner counts.
        return session.scalar(sa.select(sa.func.owner_count())) or 0
    return session.scalar(sa.select(sa.func.count()).where(Account.role == "owner"), execution_options=SUMS) or 0


def any_admin(session: Session) -> bool:
    """True when somebody can administer."""
    return session.scalar(sa.select(Account.id).where(Account.role == "admin").limit(1)) is not None
