from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

PLACE, PERSON, CASE = "place", "person", "case"


class Lookup(db.Model):  # type: ignore[name-defined, misc]
    """The record of who asked what, for which case or signal, and why."""

    __tablename__ = "lookup"
    __table_args__ = (
        sa.CheckConstraint("(case_id IS NULL) <> (signal IS NULL)", name="bound"),
        sa.CheckConstraint(f"kind IN ('{PLACE}', '{PERSON}', '{CASE}')", name="kind"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(sa.String(8))
    case_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("case.id"), index=True)
    signal: Mapped[str | None] = mapped_column(sa.String(200))
    reason: Mapped[str] = mapped_column(sa.String(500))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[UUID] = mapped_column(sa.Uuid)
    made_by_name: Mapped[str] = mapped_column(sa.String(80))
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    # By place.
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    venue_kind: Mapped[str | None] = mapped_column(sa.String(16))
    # By case: who the case was when it was asked.
    person_id: Mapped[UUID | None] = mapped_column(sa.Uuid, index=True)
    # By person: what was asked is sealed like every detail; the indexes find, and read as nothing.
    asked: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    id_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    phone_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    name_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))

    @property
    def number(self) -> str:
        """The number by which a lookup is called, such as TC-000412."""
        return f"TC-{self.seq:06d}"
