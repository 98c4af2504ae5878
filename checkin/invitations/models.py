from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.accounts.models import STAFF
from checkin.db import UtcDateTime, db

WAITING, USED, REVOKED, EXPIRED = "waiting", "used", "revoked", "expired"


class Invitation(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "invitation"
    __table_args__ = (
        sa.CheckConstraint(f"role IN {STAFF}", name="role"),
        sa.CheckConstraint("(role = 'commune') = (commune_id IS NOT NULL)", name="commune"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # Of the link only a hash is kept: who reads the table cannot use it.
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    login: Mapped[str] = mapped_column(sa.String(120))
    role: Mapped[str] = mapped_column(sa.String(16))
    commune_id: Mapped[str | None] = mapped_column(sa.String(24), sa.ForeignKey("place.id"))
    made_by: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"))
    made_by_name: Mapped[str] = mapped_column(sa.String(80))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mailed: Mapped[bool] = mapped_column(default=False)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"))

    def state(self, now: datetime) -> str:
        """What has become of it."""
        if self.used_at:
            return USED
        if self.revoked_at:
            return REVOKED
        return EXPIRED if self.expires_at <= now else WAITING
