"""The first step of signing in. Passwords are hashed while the database is let go of: it takes its time."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from checkin.accounts import queries, service
from checkin.accounts.logins import normalise_login
from checkin.accounts.models import Account
from checkin.accounts.passwords import hash_again, verify
from checkin.db import let_go, reading
from checkin.vault import Vault


@dataclass(frozen=True)
class Tried:
    """What came of login and password: the account they fit, or why not and, for the log, whose login it is."""

    account: Account | None
    why: str = ""
    meant: Account | None = None
    new_hash: str | None = None


def password_step(session: Session, vault: Vault, *, login: str, password: str, roles: set[str]) -> Tried:
    """Try a login and password among the accounts of these roles.

    Takes the same time whether or not there is such an account, and whatever is wrong with it.
    """
    normal = normalise_login(login)
    indexes = {service.login_index(vault, normal, role) for role in roles}
    with reading():
        found = [account for account in queries.by_logins(session, indexes) if account.role in roles]
    let_go(session)
    # One hash for every account that the login could be of, there or not.
    fits = [verify(account.password_hash, password) for account in found]
    for _ in range(len(indexes) - len(found)):
        verify(None, password)
    if not found:
        return Tried(None, "unknown")
    account = next((one for one, fit in zip(found, fits, strict=True) if fit), None)
    if account is None:
        return Tried(None, "password", found[0])
    if not account.active:
        return Tried(None, "blocked", account)
    return Tried(account, new_hash=hash_again(account.password_hash, password))
