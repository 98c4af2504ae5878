import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts import queries as account_queries
from checkin.accounts import service as accounts
from checkin.accounts.logins import contact_kind, normalise_login
from checkin.accounts.models import STAFF, Account
from checkin.accounts.service import token_hash
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import set_scope
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.invitations import queries
from checkin.invitations.models import Invitation
from checkin.messages import service as messages
from checkin.messages.letter import Letter
from checkin.messages.models import MAIL
from checkin.vault import Vault

LIFE = timedelta(hours=72)
SHORTEST_LOGIN = 3
# The letter with a link: invitation, token.
Write = Callable[[Invitation, str], Letter]


def invite(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    login: str,
    role: str,
    commune_id: str | None = None,
    write: Write | None = None,
) -> tuple[Invitation, str]:
    """A new invitation and the token of its link, which is told here alone; `write` has it mailed.

    Raises DomainError: 'role', 'commune', 'login', 'taken', 'mail'.
    """
    if role not in STAFF:
        raise DomainError("role")
    if (role == "commune") != (commune_id is not None):
        raise DomainError("commune")
    login = normalise_login(login)
    if len(login) < SHORTEST_LOGIN:
        raise DomainError("login")
    if account_queries.by_logins(session, {accounts.login_index(vault, login, role)}):
        raise DomainError("taken")
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        id=new_id(now),
        token_hash=token_hash(token),
        login=login,
        role=role,
        commune_id=commune_id,
        made_by=actor.id,
        made_by_name=actor.name[:80],
        made_at=now,
        expires_at=now + LIFE,
        mailed=write is not None,
    )
    session.add(invitation)
    session.flush()
    if write is not None:
        letter = write(invitation, token)
        if contact_kind(letter.to) != "email" or not letter.to.isascii():
            raise DomainError("mail")
        messages.put(session, vault, now=now, audience="staff", channel=MAIL, about="invitation", letter=letter)
    audit.record(session, now=now, actor=actor, action=f"invitation.make.{role}", subject=str(invitation.id))
    return invitation, token


def revoke(session: Session, *, now: datetime, actor: Actor, invitation_id: UUID) -> None:
    """Let a link work no more. Raises AccessDenied for one that does not wait to be taken up."""
    if not _end(session, Invitation.id == invitation_id, now=now, revoked_at=now):
        raise AccessDenied("invitation")
    audit.record(session, now=now, actor=actor, action="invitation.revoke", subject=str(invitation_id))


def of_token(session: Session, *, now: datetime, token: str) -> Invitation | None:
    """The invitation that a link still stands for; None where it was used, revoked, is over or was made up."""
    _take(session, token)
    found = queries.by_hash(session, token_hash(token))
    return found if found and found.state(now) == "waiting" else None


def accept(session: Session, vault: Vault, *, now: datetime, token: str, password: str) -> Account:
    """The account that the invited person gets, with the password of their choice; the link is used up.

    Of two at once one gets it. Raises DomainError: 'gone', 'taken', or the password's weakness; the caller then
    rolls back, and the link stays as it was.
    """
    hashed = _take(session, token)
    if not _end(session, Invitation.token_hash == hashed, now=now, used_at=now):
        raise DomainError("gone")
    invitation = queries.by_hash(session, hashed)
    if invitation is None:
        raise DomainError("gone")
    set_scope(session, login=accounts.login_index(vault, invitation.login, invitation.role))
    account = accounts.create(
        session,
        vault,
        now=now,
        actor=None,
        login=invitation.login,
        password=password,
        role=invitation.role,
        commune_id=invitation.commune_id,
    )
    invitation.account_id = account.id
    session.flush()
    audit.record(session, now=now, actor=account.actor, action="invitation.accept", subject=str(invitation.id))
    return account


def _end(session: Session, which: sa.ColumnElement[bool], *, now: datetime, **values: datetime) -> bool:
    ended = session.execute(
        sa.update(Invitation)
        .where(which, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now)
        .values(**values)
    )
    return bool(ended.rowcount == 1)  # type: ignore[attr-defined]


def _take(session: Session, token: str) -> bytes:
    """Say which invitation this is about: the staff role sees no other one, and makes no other account for it."""
    hashed = token_hash(token)
    set_scope(session, invitation=hashed)
    return hashed
