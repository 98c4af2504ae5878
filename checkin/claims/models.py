from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

WAITING, CONFIRMED, REFUSED, WITHDRAWN = "waiting", "confirmed", "refused", "withdrawn"
STATES = (WAITING, CONFIRMED, REFUSED, WITHDRAWN)


class VenueClaim(db.Model):  # type: ignore[name-defined, misc]
    """That an owner says a venue without owner is theirs, and what became of it."""

    __tablename__ = "venue_claim"
    __table_args__ = (
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.CheckConstraint(f"(state = '{WAITING}') = (decided_at IS NULL)", name="decided"),
        # One at a time of an owner and a venue, whatever two tabs do.
        sa.Index(
            "uq_venue_claim_waiting",
            "venue_id",
            "account_id",
            unique=True,
            sqlite_where=sa.text(f"state = '{WAITING}'"),
            postgresql_where=sa.text(f"state = '{WAITING}'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"))
    account_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Name of who asks, how they sign in, and what they say to the station, which sees no accounts of owners.
    asker: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "owner"})
    state: Mapped[str] = mapped_column(sa.String(9), default=WAITING)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # By whom of the staff; nobody where the phone of the register showed it, or the owner took it back.
    decided_by: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"))
    # What the owner is told of a refusal.
    reason: Mapped[str | None] = mapped_column(sa.String(300))
