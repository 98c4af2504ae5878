from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

WAITING, JOINED, EXPIRED, REVOKED = "waiting", "joined", "expired", "revoked"


class DeskLink(db.Model):  # type: ignore[name-defined, misc]
    """A device of a venue, from the link that its owner made to its end."""

    __tablename__ = "desk_link"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    # Where it stands within the venue; of the venue as a whole without one.
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("zone.id"))
    name: Mapped[str] = mapped_column(sa.String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Keyed hashes. Of the code until a device has used it; of the device's own secret from then on.
    code_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16), unique=True)
    secret_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16), unique=True)
    joined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device_kind: Mapped[str] = mapped_column(sa.String(40), default="")
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def state(self, now: datetime) -> str:
        """What has become of it."""
        if self.revoked_at:
            return REVOKED
        if self.joined_at:
            return JOINED
        return EXPIRED if self.expires_at <= now else WAITING
