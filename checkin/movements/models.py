from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class ToldMove(db.Model):  # type: ignore[name-defined, misc]
    """One time at a place, as the person told it. Kept for the case for which it was asked."""

    __tablename__ = "told_move"
    __table_args__ = (
        sa.CheckConstraint('start < "end"', name="lasts"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_name IS NULL)", name="withdrawn"),
        sa.Index("ix_told_move_person_id", "person_id", "start"),
        sa.Index("ix_told_move_case_id", "case_id"),
        sa.Index("ix_told_move_venue_id", "venue_id", "start"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # The case that was interviewed, or that the F1 met.
    case_id: Mapped[UUID] = mapped_column(sa.Uuid)
    person_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # Null where the place has no code: then it stands in words among the details.
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    # The place in words and a note.
    details: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_by: Mapped[UUID] = mapped_column(sa.Uuid)
    told_by_name: Mapped[str] = mapped_column(sa.String(80))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_name: Mapped[str | None] = mapped_column(sa.String(80))
