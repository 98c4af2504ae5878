import re
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.api.models import ApiCall, ApiToken
from checkin.cases.models import Case
from checkin.contacts.models import Contact
from checkin.exposure.models import CASE, Lookup
from checkin.scope import rows

MOST = 200


def newest(session: Session) -> list[ApiToken]:
    """The tokens that there are or were, the newest first."""
    return list(session.scalars(sa.select(ApiToken).order_by(ApiToken.made_at.desc(), ApiToken.id.desc()).limit(MOST)))


def by_id(session: Session, token_id: UUID) -> ApiToken | None:
    """A token of the scope."""
    return session.scalar(sa.select(ApiToken).where(ApiToken.id == token_id))


def by_hash(session: Session, token_hash: bytes) -> ApiToken | None:
    """The token with this hash, in whatever state."""
    return session.scalar(sa.select(ApiToken).where(ApiToken.token_hash == token_hash))


def call(session: Session, token_id: UUID, key_index: bytes) -> ApiCall | None:
    """What this token did under a key."""
    return session.scalar(sa.select(ApiCall).where(ApiCall.token_id == token_id, ApiCall.key_index == key_index))


def cases(session: Session, *, after: int, limit: int, state: str | None) -> list[Case]:
    """Cases whose running number is above `after`, in the order they were opened."""
    query = sa.select(Case).where(Case.seq > after)
    query = query.where(Case.state == state) if state else query
    return list(session.scalars(query.order_by(Case.seq).limit(limit)))


def case(session: Session, case_id: UUID) -> Case | None:
    """The case with this id."""
    return session.scalar(sa.select(Case).where(Case.id == case_id))


def own_lookup(session: Session, number: str, case_id: UUID, made_by: UUID) -> Lookup | None:
    """The lookup by this case with a number such as TC-000412 that this token began."""
    match = re.fullmatch(r"TC-0*([1-9]\d{0,8})", number, re.ASCII)
    theirs = Lookup.case_id == case_id, Lookup.kind == CASE, Lookup.made_by == made_by
    return session.scalar(sa.select(Lookup).where(Lookup.seq == int(match[1]), *theirs)) if match else None


def followed(session: Session, case_id: UUID, *, after: UUID | None, limit: int) -> list[Contact]:
    """Contacts of a case who were given to somebody to call, in the order in which they were."""
    query = sa.select(Contact).where(rows(session, Contact), Contact.case_id == case_id)
    query = query.where(Contact.id > after) if after else query
    return list(session.scalars(query.order_by(Contact.id).limit(limit)))
