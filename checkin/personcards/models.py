from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin import clock
from checkin.db import UtcDateTime, db
from checkin.declarations.models import OnFile

# Who issued it, and who took it out of use.
DESK, COMMUNE, CITIZEN = "desk", "commune", "citizen"
DEVICE, STATION, LOST = "device", "station", "lost"


def used_after(issued_at: datetime, used_on: date) -> date | None:
    """The day of a card's last use; None for that of its making, which it is given whether anybody used it or not."""
    return used_on if used_on > clock.to_local(issued_at).date() else None


class PersonCard(OnFile, db.Model):  # type: ignore[name-defined, misc]
    """A card of a person. What it is known by is a keyed hash: the code itself is on the paper alone."""

    __tablename__ = "person_card"
    __table_args__ = (
        sa.CheckConstraint(f"issued_by IN ('{DESK}', '{COMMUNE}', '{CITIZEN}')", name="issued_by"),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_how IS NULL) AND (revoked_how IS NULL OR revoked_how IN "
            f"('{DEVICE}', '{STATION}', '{LOST}'))",
            name="revoked",
        ),
        sa.CheckConstraint(f"(issued_by = '{DESK}') = (venue_id IS NOT NULL)", name="venue"),
        sa.CheckConstraint("length(masked_name) BETWEEN 1 AND 80", name="masked_name"),
        sa.CheckConstraint("length(details) <= 20000", name="details"),
        sa.Index("ix_person_card_commune_id_issued_at", "commune_id", "issued_at"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(sa.Uuid, index=True)
    masked_name: Mapped[str] = mapped_column(sa.String(80))
    code_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), unique=True)
    # Of the code on the strip that stays at home.
    lost_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by: Mapped[str] = mapped_column(sa.String(8))
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Of the browser that issued it, which may take it back.
    device: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16), index=True)
    # By the day alone: when it was last used, for what nobody uses is deleted.
    used_on: Mapped[date] = mapped_column(sa.Date)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_how: Mapped[str | None] = mapped_column(sa.String(8))

    @property
    def last_used(self) -> date | None:
        """The day of its last use; None where it was not used after the day on which it was made."""
        return used_after(self.issued_at, self.used_on)
