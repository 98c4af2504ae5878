from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column

from checkin.audit.entry import Actor
from checkin.db import UtcDateTime, db
from checkin.scope import ADMIN, CDC, COMMAND, COMMUNE, OWNER, STAFF

ROLES = (OWNER, *STAFF)

__all__ = ["ADMIN", "CDC", "COMMAND", "COMMUNE", "OWNER", "ROLES", "STAFF", "Account"]


class Account(UserMixin, db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "account"
    __table_args__ = (sa.CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # An owner's login is a phone number or an address: found by its blind index, kept locked.
    login_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), unique=True)
    contact: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "owner"})
    display_name: Mapped[str] = mapped_column(sa.String(80))
    role: Mapped[str] = mapped_column(sa.String(16))
    commune_id: Mapped[str | None] = mapped_column(sa.String(24), sa.ForeignKey("place.id"))
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    password_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    active: Mapped[bool] = mapped_column(default=True)
    # Raised when the password, the second factor or the rights change: sessions of an older one are over.
    epoch: Mapped[int] = mapped_column(default=1)
    # The secret of the second factor, locked: staff's under the key that the public tier has not.
    factor: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": ("staff", "owner")})
    # The time step of the last code that was taken: none is taken twice.
    factor_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When an owner proved by a code that messages to their contact reach them.
    contact_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def factor_key(self) -> str:
        """The key of the vault that its second factor is under."""
        return "owner" if self.role == OWNER else "staff"

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.display_name, self.role)


class AccountSession(db.Model):  # type: ignore[name-defined, misc]
    """One browser in which somebody signed in. The browser holds a random token, this row its hash."""

    __tablename__ = "account_session"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    account_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"), index=True)
    epoch: Mapped[int]
    # Whether everything that this account signs in with was shown: False between password and code.
    whole: Mapped[bool]
    device: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(db.Model):  # type: ignore[name-defined, misc]
    """A code for the day on which the phone is gone, as its hash; each is taken once."""

    __tablename__ = "recovery_code"

    account_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Taken, or replaced by a newer set.
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
