from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column

from checkin.audit.entry import Actor
from checkin.db import UtcDateTime, db

OWNER, COMMUNE, CDC, COMMAND, ADMIN = "owner", "commune", "cdc", "command", "admin"
ROLES = (OWNER, COMMUNE, CDC, COMMAND, ADMIN)
STAFF = (COMMUNE, CDC, COMMAND, ADMIN)


class Account(UserMixin, db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "account"
    __table_args__ = (sa.CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # An owner's login is a phone number or an address: found by its blind index, kept locked.
    login_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), unique=True)
    contact: Mapped[bytes] = mapped_column(sa.LargeBinary)
    display_name: Mapped[str] = mapped_column(sa.String(80))
    role: Mapped[str] = mapped_column(sa.String(16))
    commune_id: Mapped[str | None] = mapped_column(sa.String(24), sa.ForeignKey("place.id"))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    active: Mapped[bool] = mapped_column(default=True)
    # Raised when the password or the rights change: older sessions then end.
    epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_active(self) -> bool:
        return self.active

    def get_id(self) -> str:
        return f"{self.id}:{self.epoch}"

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.display_name, self.role)
