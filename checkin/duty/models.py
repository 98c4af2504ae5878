from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class DutyHandover(db.Model):  # type: ignore[name-defined, misc]
    """One shift handed to the next: how things stood, what happened, what is to be known. Never rewritten."""

    __tablename__ = "duty_handover"
    __table_args__ = (
        sa.CheckConstraint(
            "(taken_at IS NULL) = (taken_by IS NULL) AND (taken_at IS NULL) = (taken_by_name IS NULL)", name="taken"
        ),
        # Nobody takes over from themselves.
        sa.CheckConstraint("taken_by IS NULL OR taken_by <> made_by", name="another"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # Whoever hands over says which one they saw last, so that two do not hand over the same shift.
    seq: Mapped[int] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[UUID] = mapped_column(sa.Uuid)
    made_by_name: Mapped[str] = mapped_column(sa.String(80))
    # When the shift began: the hand-over before, or as far back as the first one looks.
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    # Sums as they stood, by the words of `words.NUMBER_NAMES`.
    numbers: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    note: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    taken_by_name: Mapped[str | None] = mapped_column(sa.String(80))
