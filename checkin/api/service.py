import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts.service import token_hash
from checkin.api import queries
from checkin.api.models import IN_USE, SCOPES, ApiCall, ApiToken
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import insert_if_new, set_scope
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.names import clean_name
from checkin.vault import Vault

# So that whoever finds one in a file or a log knows what it is.
PREFIX = "checkin_"
LONGEST_TOKEN = 100
# In days: nobody remembers after a year who has it.
LONGEST_LIFE, USUAL_LIFE = 366, 90
LONGEST_NAME = 60
NOTED_EVERY = timedelta(minutes=1)
# How long a key that was used stands for what was done under it.
REMEMBERED = timedelta(hours=24)


@dataclass(frozen=True)
class Bearer:
    """The token that a request showed; apart from the session, which ends before the answer is made."""

    id: UUID
    name: str
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        """Who the log says it was."""
        return Actor(self.id, f"API: {self.name}", "api")


def create(
    session: Session, *, now: datetime, actor: Actor, name: str, scopes: Collection[str], days: int
) -> tuple[ApiToken, str]:
    """A new token, and the token itself, which is told here alone. Raises DomainError: 'name', 'scopes', 'days'."""
    name = clean_name(name)
    if not name or len(name) > LONGEST_NAME:
        raise DomainError("name")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise DomainError("scopes")
    if not 1 <= days <= LONGEST_LIFE:
        raise DomainError("days")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=new_id(now),
        name=name,
        token_hash=token_hash(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        made_by=actor.id,
        made_by_name=actor.name[:80],
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    detail = {"name": name, "scopes": " ".join(token.scopes), "days": days}
    audit.record(session, now=now, actor=actor, action="api_token.create", subject=str(token.id), detail=detail)
    return token, secret


def revoke(session: Session, *, now: datetime, actor: Actor, token_id: UUID) -> None:
    """Let a token open nothing from here on. Raises AccessDenied for one that there is not or was revoked before."""
    done = session.execute(
        sa.update(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now),
        execution_options={"preserve_rowcount": True},
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise AccessDenied("token")
    audit.record(session, now=now, actor=actor, action="api_token.revoke", subject=str(token_id))


def bearer(session: Session, *, now: datetime, token: str) -> tuple[Bearer | None, bool]:
    """Who shows this token, None where it opens nothing; and whether its use is to be noted again."""
    if not token.startswith(PREFIX) or len(token) > LONGEST_TOKEN:
        return None, False
    hashed = token_hash(token)
    set_scope(session, api=hashed)
    found = queries.by_hash(session, hashed)
    if found is None or found.state(now) != IN_USE:
        return None, False
    due = found.used_at is None or found.used_at <= now - NOTED_EVERY
    return Bearer(found.id, found.name, frozenset(found.scopes)), due


def note_use(session: Session, *, now: datetime, token_id: UUID) -> None:
    """Note that a token was used."""
    session.execute(sa.update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))


def begin_call(session: Session, vault: Vault, *, now: datetime, token_id: UUID, key: str, body: bytes) -> UUID | None:
    """Take a key for a request. None where it is new, and the request is to be done within this transaction; else the
    case that was opened under it. Raises DomainError('key') where it was another request's.

    Of two at once the second one waits for the first one's commit.
    """
    session.execute(sa.delete(ApiCall).where(ApiCall.token_id == token_id, ApiCall.at <= now - REMEMBERED))
    key_index = vault.index("api key", f"{token_id}\0{key}")
    body_index = vault.index("api body", f"{token_id}\0{hashlib.sha256(body).hexdigest()}")
    values = {"token_id": token_id, "key_index": key_index, "body_index": body_index, "case_id": None, "at": now}
    if insert_if_new(session, ApiCall.__table__, values):  # type: ignore[arg-type]
        return None
    known = queries.call(session, token_id, key_index)
    if known is None or known.case_id is None or bytes(known.body_index) != body_index:
        raise DomainError("key")
    return known.case_id


def end_call(session: Session, vault: Vault, *, token_id: UUID, key: str, case_id: UUID) -> None:
    """Say what came of a request whose key `begin_call` took."""
    which = ApiCall.token_id == token_id, ApiCall.key_index == vault.index("api key", f"{token_id}\0{key}")
    session.execute(sa.update(ApiCall).where(*which).values(case_id=case_id))
