from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

# Where it happened: at a venue, elsewhere in the province, outside it, or nobody knows. NONE takes back what was said.
VENUE, PROVINCE, OUTSIDE, UNKNOWN, NONE = "venue", "province", "outside", "unknown", "none"
PLACES = (VENUE, PROVINCE, OUTSIDE, UNKNOWN, NONE)


class Infection(db.Model):  # type: ignore[name-defined, misc]
    """What an officer said of how a case was infected. Append-only: of each case the highest number holds."""

    __tablename__ = "infection"
    __table_args__ = (
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_infection"),
        sa.CheckConstraint(f"place IN {PLACES}", name="place"),
        sa.CheckConstraint(f"(place = '{VENUE}') = (venue_id IS NOT NULL)", name="venue"),
        # Nobody infects themselves; what was taken back has no source.
        sa.CheckConstraint(f"source_id IS NULL OR source_id <> case_id AND place <> '{NONE}'", name="source"),
    )

    case_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("case.id"))
    number: Mapped[int]
    # The case that infected it; null where it is not known, or no case of ours.
    source_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("case.id"))
    place: Mapped[str] = mapped_column(sa.String(8))
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    reason: Mapped[str] = mapped_column(sa.String(300))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))
