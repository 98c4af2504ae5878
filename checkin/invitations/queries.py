from collections.abc import Set
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.invitations.models import Invitation


def newest(session: Session, limit: int = 100) -> list[Invitation]:
    """Invitations, the newest first."""
    query = sa.select(Invitation).order_by(Invitation.made_at.desc(), Invitation.id.desc()).limit(limit)
    return list(session.scalars(query))


def logins(session: Session, ids: Set[UUID]) -> dict[UUID, str]:
    """The logins that these invitations are for, by id, of those that there are."""
    found = session.execute(sa.select(Invitation.id, Invitation.login).where(Invitation.id.in_(ids)))
    return {row.id: row.login for row in found}


def by_hash(session: Session, token_hash: bytes) -> Invitation | None:
    """The invitation of a link, in whatever state; None for one that was never made."""
    return session.scalar(sa.select(Invitation).where(Invitation.token_hash == token_hash))
