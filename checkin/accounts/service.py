from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts import queries
from checkin.accounts.logins import mask, normalise_login
from checkin.accounts.models import OWNER, ROLES, Account
from checkin.accounts.passwords import MIN_OWNER, MIN_STAFF, hash_password, verify, weakness
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.vault import Vault


def login_index(vault: Vault, login: str, role: str) -> bytes:
    """Index of a login in its normal form. Owners sign up by themselves: theirs say nothing of staff's."""
    return vault.index("login" if role == OWNER else "staff-login", login)


def create(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor | None,
    login: str,
    password: str,
    role: str,
    display_name: str = "",
    commune_id: str | None = None,
) -> Account:
    """A new account. Raises DomainError: 'role', 'login', 'taken', 'commune', or the password's weakness."""
    if role not in ROLES:
        raise DomainError("role")
    if (role == "commune") != (commune_id is not None):
        raise DomainError("commune")
    weak = weakness(password, MIN_OWNER if role == OWNER else MIN_STAFF)
    if weak:
        raise DomainError(weak)
    login = normalise_login(login)
    if len(login) < 3:
        raise DomainError("login")
    index = login_index(vault, login, role)
    account_id = new_id(now)
    values = {
        "id": account_id,
        "login_index": index,
        "contact": vault.lock("owner", {"login": login}),
        "display_name": (display_name or (mask(login) if role == OWNER else login))[:80],
        "role": role,
        "commune_id": commune_id,
        "password_hash": hash_password(password),
        "active": True,
        "epoch": 1,
        "created_at": now,
    }
    if not insert_if_new(session, Account.__table__, values):  # type: ignore[arg-type]
        raise DomainError("taken")
    account = session.get_one(Account, account_id)
    audit.record(
        session,
        now=now,
        actor=actor or account.actor,
        action=f"account.create.{role}",
        subject=str(account_id),
    )
    return account


def sign_in(
    session: Session, vault: Vault, *, now: datetime, login: str, password: str, roles: set[str]
) -> Account | None:
    """The account when login and password fit and its role may sign in here; None otherwise.

    Known and unknown logins take the same time and leave the same kind of entry in the log.
    """
    normal = normalise_login(login)
    found = queries.by_logins(session, {login_index(vault, normal, role) for role in roles})
    account = next((known for known in found if verify(known.password_hash, password[:1000])), None)
    if not found:
        verify(None, password[:1000])
    if account is None or not account.active or account.role not in roles:
        audit.record(session, now=now, actor=Actor(None, "?", "none"), action="sign_in.refused")
        return None
    account.signed_in_at = now
    audit.record(session, now=now, actor=account.actor, action="sign_in")
    return account


def sign_out(session: Session, *, now: datetime, account: Account) -> None:
    """End every session of the account, on this device and others."""
    account.epoch += 1
    audit.record(session, now=now, actor=account.actor, action="sign_out")


def set_active(session: Session, *, now: datetime, actor: Actor, account: Account, active: bool) -> None:
    """Block or unblock an account; blocking ends its sessions. Raises DomainError('self')."""
    if account.id == actor.id:
        raise DomainError("self")
    session.execute(sa.update(Account).where(Account.id == account.id).values(active=active, epoch=Account.epoch + 1))
    audit.record(
        session,
        now=now,
        actor=actor,
        action="account.unblock" if active else "account.block",
        subject=str(account.id),
    )
