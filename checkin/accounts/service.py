import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts import queries
from checkin.accounts.devices import label
from checkin.accounts.limits import LIMITS
from checkin.accounts.logins import mask, normalise_login
from checkin.accounts.models import OWNER, ROLES, Account, AccountSession, RecoveryCode
from checkin.accounts.passwords import MIN_OWNER, MIN_STAFF, hash_password, weakness
from checkin.audit import service as audit
from checkin.audit.counting import times_if_due
from checkin.audit.entry import Actor
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.vault import Vault, VaultError

# Nobody's: what is refused says why, never the login that was typed.
NOBODY = Actor(None, "?", "none")
# How long sessions that ended and codes that were used stay, for whoever must look into something.
FORGOTTEN = timedelta(days=30)


def login_index(vault: Vault, login: str, role: str) -> bytes:
    """Index of a login in its normal form. Owners sign up by themselves: theirs say nothing of staff's."""
    return vault.index("login" if role == OWNER else "staff-login", login)


def least(role: str) -> int:
    """How many characters a password of this role needs."""
    return MIN_OWNER if role == OWNER else MIN_STAFF


def login_of(vault: Vault, account: Account) -> str:
    """The login of an account in its normal form."""
    return str(vault.unlock("owner", account.contact)["login"])


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
    login = normalise_login(login)
    weak = weakness(password, least(role), login=login)
    if weak:
        raise DomainError(weak)
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
        "password_at": now,
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


def refused(
    session: Session, *, now: datetime, why: str, account: Account | None = None, locked_out: bool = False
) -> None:
    """Note an attempt that failed, and that it was one too many where it was.

    `why`: 'unknown', 'password', 'blocked', 'code', 'unlock'. Not an entry for every try: strangers could fill the log.
    """
    subject = str(account.id) if account else ""
    times = times_if_due("sign_in", now)
    if times:
        detail: dict[str, object] = {"why": why} | ({"times": times} if times > 1 else {})
        audit.record(session, now=now, actor=NOBODY, action="sign_in.refused", subject=subject, detail=detail)
    if locked_out and times_if_due("sign_in.locked_out", now):
        audit.record(session, now=now, actor=NOBODY, action="sign_in.locked_out", subject=subject)


def token_hash(token: str) -> bytes:
    """What the database keeps of a session's token; 256 random bits need no salt and no key."""
    return hashlib.sha256(token.encode()).digest()


def begin_session(
    session: Session, *, now: datetime, account: Account, user_agent: str, whole: bool
) -> tuple[AccountSession, str]:
    """A new session and its token. Not `whole` until the second factor was shown, where one is needed."""
    token = secrets.token_urlsafe(32)
    made = AccountSession(
        id=new_id(now),
        token_hash=token_hash(token),
        account_id=account.id,
        epoch=account.epoch,
        whole=whole,
        device=label(user_agent),
        created_at=now,
        last_used_at=now,
    )
    session.add(made)
    session.flush()
    return made, token


def signed_in(session: Session, *, now: datetime, account: Account, new_hash: str | None = None) -> None:
    """Note that somebody showed all they sign in with; `new_hash` replaces one of older parameters."""
    values: dict[str, object] = {"signed_in_at": now} | ({"password_hash": new_hash} if new_hash else {})
    session.execute(sa.update(Account).where(Account.id == account.id).values(**values))
    audit.record(session, now=now, actor=account.actor, action="sign_in")


def renew_token(session: Session, *, now: datetime, found: AccountSession) -> str:
    """Another token for a session whose rights grew: what was planted or seen before is worth nothing."""
    token = secrets.token_urlsafe(32)
    session.execute(
        sa.update(AccountSession)
        .where(AccountSession.id == found.id)
        .values(token_hash=token_hash(token), whole=True, last_used_at=now, locked_at=None)
    )
    return token


def used(session: Session, *, now: datetime, session_id: UUID) -> None:
    """Note that a session is in use."""
    session.execute(sa.update(AccountSession).where(AccountSession.id == session_id).values(last_used_at=now))


def lock(session: Session, *, now: datetime, session_id: UUID) -> None:
    """Lock a session now: it does nothing more before the password."""
    session.execute(sa.update(AccountSession).where(AccountSession.id == session_id).values(locked_at=now))


def unlock(session: Session, *, now: datetime, account: Account) -> None:
    """Note that a locked session was opened again by the password."""
    audit.record(session, now=now, actor=account.actor, action="session.unlock")


def end_session(session: Session, *, now: datetime, account: Account, session_id: UUID, action: str) -> bool:
    """End one session of the account; False when it has none such."""
    ended = session.execute(
        sa.update(AccountSession)
        .where(
            AccountSession.id == session_id,
            AccountSession.account_id == account.id,
            AccountSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    if not ended.rowcount:  # type: ignore[attr-defined]
        return False
    audit.record(session, now=now, actor=account.actor, action=action)
    return True


def end_sessions(session: Session, account: Account, *, but: AccountSession | None = None) -> None:
    """End every session of the account, with `but` all others, by raising its epoch. The caller writes the log."""
    session.execute(sa.update(Account).where(Account.id == account.id).values(epoch=Account.epoch + 1))
    session.refresh(account)
    if but is not None:
        session.execute(sa.update(AccountSession).where(AccountSession.id == but.id).values(epoch=account.epoch))


def end_other_sessions(session: Session, *, now: datetime, account: Account, kept: AccountSession) -> None:
    """End every session of the account but this one."""
    end_sessions(session, account, but=kept)
    audit.record(session, now=now, actor=account.actor, action="session.end_others")


def change_password(
    session: Session, *, now: datetime, account: Account, new_hash: str, kept: AccountSession | None
) -> None:
    """Another password, as its hash; every session but `kept` ends."""
    session.execute(sa.update(Account).where(Account.id == account.id).values(password_hash=new_hash, password_at=now))
    end_sessions(session, account, but=kept)
    audit.record(session, now=now, actor=account.actor, action="password.change")


def take_step(session: Session, account: Account, step: int) -> bool:
    """Take the code of a time step; False when it, or a later one, was taken meanwhile."""
    taken = session.execute(
        sa.update(Account)
        .where(Account.id == account.id, sa.or_(Account.factor_step.is_(None), Account.factor_step < step))
        .values(factor_step=step)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def take_code(session: Session, *, now: datetime, account: Account, code_hash: bytes) -> bool:
    """Take a recovery code; False when it is none of this account or was taken."""
    taken = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None)
        )
        .values(used_at=now)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        return False
    left = queries.codes_left(session, account.id)
    audit.record(session, now=now, actor=account.actor, action="factor.recovery", detail={"left": left})
    return True


def enrol(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    account: Account,
    secret: str,
    step: int,
    code_hashes: Sequence[bytes],
    kept: AccountSession,
) -> None:
    """Give the account a second factor, whose code of `step` was just shown, and its recovery codes.

    Every session but `kept` ends.
    """
    locked = vault.lock(account.factor_key, {"totp": secret, "account": str(account.id)})
    session.execute(sa.update(Account).where(Account.id == account.id).values(factor=locked, factor_step=step))
    end_sessions(session, account, but=kept)
    replace_codes(session, now=now, account=account, code_hashes=code_hashes)
    audit.record(session, now=now, actor=account.actor, action="factor.enrol")


def factor_secret(vault: Vault, account: Account) -> str:
    """The secret of the account's second factor. Raises VaultError where its key is not, or it is another's."""
    values = vault.unlock(account.factor_key, account.factor or b"")
    if values.get("account") != str(account.id):
        raise VaultError("the second factor of another account")
    return str(values["totp"])


def replace_codes(session: Session, *, now: datetime, account: Account, code_hashes: Sequence[bytes]) -> None:
    """New recovery codes; those left of the former set are worth nothing."""
    drop_codes(session, now=now, account=account)
    session.add_all(RecoveryCode(account_id=account.id, code_hash=one, made_at=now) for one in code_hashes)
    session.flush()
    audit.record(session, now=now, actor=account.actor, action="factor.codes", rows=len(code_hashes))


def drop_codes(session: Session, *, now: datetime, account: Account) -> None:
    """Take every recovery code of the account out of use."""
    session.execute(
        sa.update(RecoveryCode)
        .where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
        .values(used_at=now)
    )


def remove_factor(
    session: Session, *, now: datetime, actor: Actor, account: Account, kept: AccountSession | None = None
) -> None:
    """Take the second factor off, for somebody who lost it; every session ends, but for `kept`, of who does not
    want it any more.

    Raises DomainError: 'self' where an administrator would reset their own, 'none' where there is none.
    """
    if account.id == actor.id and kept is None:
        raise DomainError("self")
    if account.factor is None:
        raise DomainError("none")
    session.execute(sa.update(Account).where(Account.id == account.id).values(factor=None, factor_step=None))
    drop_codes(session, now=now, account=account)
    end_sessions(session, account, but=kept)
    action = "factor.off" if kept is not None else "factor.reset"
    audit.record(session, now=now, actor=actor, action=action, subject=str(account.id))


def set_active(session: Session, *, now: datetime, actor: Actor, account: Account, active: bool) -> None:
    """Block or unblock an account; blocking ends its sessions. Raises DomainError('self')."""
    if account.id == actor.id:
        raise DomainError("self")
    session.execute(sa.update(Account).where(Account.id == account.id).values(active=active))
    end_sessions(session, account)
    audit.record(
        session,
        now=now,
        actor=actor,
        action="account.unblock" if active else "account.block",
        subject=str(account.id),
    )


def forget_sessions(session: Session, *, now: datetime) -> int:
    """Delete sessions and recovery codes that have been over for a month; how many."""
    longest = max(limit.absolute for limit in LIMITS.values())
    gone = (
        sa.delete(AccountSession).where(
            sa.or_(AccountSession.ended_at < now - FORGOTTEN, AccountSession.created_at < now - longest - FORGOTTEN)
        ),
        sa.delete(RecoveryCode).where(RecoveryCode.used_at < now - FORGOTTEN),
    )
    return sum(session.execute(statement).rowcount for statement in gone)  # type: ignore[attr-defined]
