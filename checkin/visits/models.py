from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

# How the end of a stay is known.
GUESSED, VISITOR, ELSEWHERE, DESK, OWNER = "guessed", "visitor", "elsewhere", "desk", "owner"


class Visit(db.Model):  # type: ignore[name-defined, misc]
    """One presence at a venue. No foreign keys: it is dropped by whole days."""

    __tablename__ = "visit"
    __table_args__ = (
        sa.PrimaryKeyConstraint("entered_at", "id"),
        sa.Index(
            "ix_visit_venue_id_entered_at",
            "venue_id",
            "entered_at",
            postgresql_include=["until_latest", "left_at", "person_id"],
        ),
        sa.Index("ix_visit_person_id_entered_at", "person_id", "entered_at"),
        sa.Index("ix_visit_device_entered_at", "device", "entered_at"),
        # Few are flagged: counting them reads these alone, and the others cost nothing.
        sa.Index(
            "ix_visit_flagged",
            "venue_id",
            "entered_at",
            postgresql_where=sa.text("flags <> ''"),
            sqlite_where=sa.text("flags <> ''"),
        ),
        sa.CheckConstraint("left_at IS NULL OR left_at >= entered_at", name="left_at"),
        sa.CheckConstraint("until_latest >= until_likely AND until_likely >= entered_at", name="until"),
        sa.CheckConstraint("left_at IS NULL OR until_latest = left_at", name="recorded"),
        # A table a day on PostgreSQL, of the day in the province; see migration 0003.
        {"postgresql_partition_by": "RANGE (entered_at)"},
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    person_id: Mapped[UUID] = mapped_column(sa.Uuid)
    declaration_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    declared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Recorded or null; a guess is never stored as a fact.
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_set_by: Mapped[str] = mapped_column(sa.String(10), default=GUESSED)
    until_likely: Mapped[datetime] = mapped_column(UtcDateTime)
    until_latest: Mapped[datetime] = mapped_column(UtcDateTime)
    channel: Mapped[str] = mapped_column(sa.String(10))
    device: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    group_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    masked_name: Mapped[str] = mapped_column(sa.String(80))
    # When it came, where it was sent later than it was made.
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What makes it worth a second look (`flags.py`): words, empty for none.
    flags: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")


class Submission(db.Model):  # type: ignore[name-defined, misc]
    """A form that was sent: inserted first, so that the same form makes one visit, once and only once."""

    __tablename__ = "submission"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    # Which visit came of it; no answer and no name is kept here.
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
