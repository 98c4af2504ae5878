from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

STATES = ("suspected", "confirmed", "discarded", "recovered", "died")
OPEN_STATES = ("suspected", "confirmed")


class Case(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "case"
    __table_args__ = (sa.CheckConstraint(f"state IN {STATES}", name="state"),)

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    # How staff speak of it; never the person's name.
    title: Mapped[str] = mapped_column(sa.String(120))
    disease: Mapped[str] = mapped_column(sa.String(24))
    state: Mapped[str] = mapped_column(sa.String(12))
    onset_on: Mapped[date | None] = mapped_column(sa.Date)
    sample_on: Mapped[date | None] = mapped_column(sa.Date)
    isolated_on: Mapped[date | None] = mapped_column(sa.Date)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[UUID | None] = mapped_column(sa.Uuid)

    @property
    def number(self) -> str:
        """The number by which a case is called, such as F0-0187."""
        return f"F0-{self.seq:04d}"
