import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts import queries as accounts
from checkin.accounts.logins import contact_kind, normalise_login
from checkin.accounts.models import OWNER, Account
from checkin.accounts.passwords import hash_password
from checkin.accounts.service import drop_codes, login_index, login_of
from checkin.audit import service as audit
from checkin.audit.counting import times_if_due
from checkin.audit.entry import Actor
from checkin.db import is_postgresql, set_scope
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.messages import service as messages
from checkin.messages.letter import Letter
from checkin.messages.models import MAIL, SMS
from checkin.owners import queries
from checkin.owners.models import CONFIRM, RESET, ContactCode
from checkin.vault import Vault

LIFE = timedelta(minutes=15)
MOST_TRIES = 5
# What one owner is sent at most, whoever asks. Guessing along all of them finds one code in 8,000 in a day.
MOST_IN = {timedelta(hours=1): 12, timedelta(days=1): 24}
KEPT = timedelta(days=2)
CHANNELS = {"phone": SMS, "email": MAIL}
STRANGER = Actor(None, "?", "none")
# The letter with a code in it: address, code.
Write = Callable[[str, str], Letter]


def ask_reset(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    contact: str,
    write: Write,
    known: bool = False,
    enough: bool = False,
) -> UUID:
    """Send a code to whoever signs in with this contact; returns its id, which alone is no secret.

    `known`: from a browser in which they signed in before: what strangers asked for does not count there. `enough`:
    this browser or network had its share. For a contact of nobody the same is done and nothing sent. Raises ValueError
    for what is no contact.
    """
    address = normalise_login(contact)
    found = accounts.by_logins(session, {login_index(vault, address, OWNER)})
    account = next((known for known in found if known.active and known.role == OWNER), None)
    # Whoever asks is nobody yet: as refused attempts, so that they cannot fill the log. All are counted together, since
    # an entry for some contacts alone would tell them from others by its time.
    times = times_if_due("contact.reset_asked", now)
    if times:
        subject, detail = str(account.id) if account else "", {"times": times} if times > 1 else {}
        audit.record(session, now=now, actor=STRANGER, action="contact.reset_asked", subject=subject, detail=detail)
    # Of a stranger nothing is found, after the same questions.
    enough |= _had_enough(session, account.id if account else new_id(now), now) and not known
    whom = None if enough else account
    return _send_code(session, vault, now=now, account=whom, address=address, purpose=RESET, write=write)


def ask_confirm(session: Session, vault: Vault, *, now: datetime, account: Account, write: Write) -> UUID:
    """Send the owner a code to the contact that they sign in with; returns its id.

    Raises DomainError('enough') to who has asked for many.
    """
    address = login_of(vault, account)
    if _had_enough(session, account.id, now):
        raise DomainError("enough")
    return _send_code(session, vault, now=now, account=account, address=address, purpose=CONFIRM, write=write)


def channel_of(contact: str) -> str:
    """How a contact is reached. Raises ValueError for what is none."""
    kind = contact_kind(contact)
    if kind is None:
        raise ValueError("contact")
    return CHANNELS[kind]


def confirm(session: Session, vault: Vault, *, now: datetime, account: Account, code_id: UUID, code: str) -> bool:
    """Note that the owner is reached at their contact; False when the code is not the one sent.

    The caller commits either way: a wrong code counts.
    """
    if _redeem(session, vault, now=now, code_id=code_id, code=code, purpose=CONFIRM) != account.id:
        return False
    account.contact_confirmed_at = now
    session.flush()
    audit.record(session, now=now, actor=account.actor, action="contact.confirm", subject=str(account.id))
    return True


def reset(session: Session, vault: Vault, *, now: datetime, code_id: UUID, code: str, password: str) -> bool:
    """Give the owner a new password and end all their sessions; False when the code is not the one sent.

    The caller has checked the password, and commits either way: a wrong code counts.
    """
    account_id = _redeem(session, vault, now=now, code_id=code_id, code=code, purpose=RESET)
    if account_id is None:
        return False
    account = session.get_one(Account, account_id)
    set_scope(session, owner=account_id)
    values = {"account": account_id, "hash": hash_password(password)}
    if is_postgresql(session):
        # A function of the tables' owner: the public role may change no password but of the owner in scope.
        session.execute(sa.text("SELECT owner_password(:account, :hash)"), values)
    else:
        session.execute(
            sa.update(Account)
            .where(Account.id == account_id, Account.role == OWNER)
            .values(password_hash=values["hash"], epoch=Account.epoch + 1)
        )
    session.refresh(account)
    if account.contact_confirmed_at is None and account.factor is not None:
        # Whoever signed up with this contact never showed that it is theirs: their second factor goes with them.
        account.factor = account.factor_step = None
        drop_codes(session, now=now, account=account)
        audit.record(session, now=now, actor=account.actor, action="factor.off", subject=str(account_id))
    # Whoever has the code is reached there.
    account.contact_confirmed_at, account.password_at = account.contact_confirmed_at or now, now
    session.flush()
    audit.record(session, now=now, actor=account.actor, action="contact.reset", subject=str(account_id))
    return True


def purge(session: Session, *, now: datetime) -> int:
    """Delete codes that ran out days ago; returns how many."""
    gone = session.execute(sa.delete(ContactCode).where(ContactCode.expires_at < now - KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _send_code(
    session: Session, vault: Vault, *, now: datetime, account: Account | None, address: str, purpose: str, write: Write
) -> UUID:
    code_id, code = new_id(now), f"{secrets.randbelow(1_000_000):06d}"
    set_scope(session, code=code_id)
    session.add(
        ContactCode(
            id=code_id,
            account_id=account.id if account else None,
            purpose=purpose,
            mac=_mac(vault, code_id, code),
            made_at=now,
            expires_at=now + LIFE,
            tries=0,
        )
    )
    session.flush()
    messages.put(
        session,
        vault,
        now=now,
        audience="owner",
        channel=channel_of(address),
        about=purpose,
        letter=write(address, code),
        until=now + LIFE,
        to_nobody=account is None,
    )
    return code_id


def _had_enough(session: Session, account_id: UUID, now: datetime) -> bool:
    set_scope(session, contact=account_id)
    sent = queries.codes_since(session, account_id, [now - span for span in MOST_IN])
    return any(count >= most for count, most in zip(sent, MOST_IN.values(), strict=True))


def _redeem(session: Session, vault: Vault, *, now: datetime, code_id: UUID, code: str, purpose: str) -> UUID | None:
    """Whose code it is, used up by now; None for a wrong one, which counts as a try."""
    set_scope(session, code=code_id)
    # Counted before it is looked at: of many tries at once five are looked at.
    counted = session.execute(
        sa.update(ContactCode)
        .where(ContactCode.id == code_id, ContactCode.purpose == purpose, ContactCode.used_at.is_(None))
        .where(ContactCode.tries < MOST_TRIES, ContactCode.expires_at > now)
        .values(tries=ContactCode.tries + 1)
        .execution_options(synchronize_session=False)
    )
    found = queries.account_and_mac(session, code_id)
    right = hmac.compare_digest(found[1] if found else bytes(16), _mac(vault, code_id, code))
    if not right or not found or found[0] is None or counted.rowcount != 1:  # type: ignore[attr-defined]
        return None
    set_scope(session, contact=found[0])
    # This one and all others that are still on their way.
    session.execute(
        sa.update(ContactCode)
        .where(ContactCode.account_id == found[0], ContactCode.purpose == purpose, ContactCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return found[0]


def _mac(vault: Vault, code_id: UUID, code: str) -> bytes:
    return vault.index("contact-code", f"{code_id}\0{code}")
