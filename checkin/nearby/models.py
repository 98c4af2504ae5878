from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class ContactNear(db.Model):  # type: ignore[name-defined, misc]
    """Somebody (`contact_id`) who was near an F1 (`f1_id`), both contacts of the same case. Goes with the case."""

    __tablename__ = "contact_near"
    __table_args__ = (
        sa.PrimaryKeyConstraint("contact_id", "f1_id", name="pk_contact_near"),
        sa.CheckConstraint("contact_id <> f1_id", name="another"),
        sa.Index("ix_contact_near_f1_id", "f1_id"),
        sa.Index("ix_contact_near_case_id", "case_id"),
    )

    contact_id: Mapped[UUID] = mapped_column(sa.Uuid)
    f1_id: Mapped[UUID] = mapped_column(sa.Uuid)
    case_id: Mapped[UUID] = mapped_column(sa.Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_name: Mapped[str] = mapped_column(sa.String(80))
