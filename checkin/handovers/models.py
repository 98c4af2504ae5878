from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class Handover(db.Model):  # type: ignore[name-defined, misc]
    """A venue on its way to another owner: a link that works once, and what became of it."""

    __tablename__ = "handover"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    from_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"))
    # A keyed hash: the link is shown once, to the owner who made it.
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_by: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"))

    def waits(self, now: datetime) -> bool:
        """True while somebody can still accept it."""
        return self.cancelled_at is None and self.taken_at is None and now < self.expires_at
