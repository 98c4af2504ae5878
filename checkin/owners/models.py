from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

CONFIRM, RESET = "confirm", "reset"


class ContactCode(db.Model):  # type: ignore[name-defined, misc]
    """A code of six digits on its way to an owner; without account where nobody is known there."""

    __tablename__ = "contact_code"
    __table_args__ = (sa.CheckConstraint(f"purpose IN ('{CONFIRM}', '{RESET}')", name="purpose"),)

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    account_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(8))
    # A keyed hash over id and digits: a million guesses at a plain one take a moment.
    mac: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
