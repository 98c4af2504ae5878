from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db
from checkin.readable import TextList

CASES_READ, CASES_WRITE, CONTACTS, EXPOSURE, NOTICES = (
    "cases:read", "cases:write", "contacts:read", "exposure:read", "notices:read",
)  # fmt: skip
SCOPES = (CASES_READ, CASES_WRITE, CONTACTS, EXPOSURE, NOTICES)
IN_USE, REVOKED, EXPIRED = "in use", "revoked", "expired"


class ApiToken(db.Model):  # type: ignore[name-defined, misc]
    """What another program shows. It acts as the CDC does, for what its scopes name, until it expires or is revoked."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # Which program has it; never a person's name.
    name: Mapped[str] = mapped_column(sa.String(60))
    # Of 256 random bits: who reads the table cannot use it.
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    scopes: Mapped[list[str]] = mapped_column(TextList)
    # Null where a command made it, which has no account.
    made_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    made_by_name: Mapped[str] = mapped_column(sa.String(80))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Noted once a minute.
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def state(self, now: datetime) -> str:
        """Whether it opens anything."""
        if self.revoked_at:
            return REVOKED
        return EXPIRED if self.expires_at <= now else IN_USE


class ApiCall(db.Model):  # type: ignore[name-defined, misc]
    """A request that wrote something, under the key its sender gave it: sent again it gives the same and does nothing.

    Key and body are kept as blind indexes: who was asked for stands in neither.
    """

    __tablename__ = "api_call"
    __table_args__ = (sa.PrimaryKeyConstraint("token_id", "key_index", name="pk_api_call"),)

    token_id: Mapped[UUID] = mapped_column(sa.Uuid)
    key_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    body_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    case_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
