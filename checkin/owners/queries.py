from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.owners.models import ContactCode


def codes_since(session: Session, account_id: UUID, moments: list[datetime]) -> list[int]:
    """How many codes an owner was sent since each of these moments."""
    counted = [sa.func.count().filter(ContactCode.made_at >= moment) for moment in moments]
    row = session.execute(
        sa.select(*counted).where(ContactCode.account_id == account_id, ContactCode.made_at >= min(moments))
    ).one()
    return [int(count) for count in row]


def account_and_mac(session: Session, code_id: UUID) -> tuple[UUID | None, bytes] | None:
    """Whose code it is, and the hash that its digits must have; None for a code that there is not."""
    row = session.execute(sa.select(ContactCode.account_id, ContactCode.mac).where(ContactCode.id == code_id)).first()
    return (row.account_id, bytes(row.mac)) if row else None
