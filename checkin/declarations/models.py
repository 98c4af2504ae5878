from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class Declaration(db.Model):  # type: ignore[name-defined, misc]
    """Append-only. No foreign keys: it is dropped by whole days, apart from visits and people."""

    __tablename__ = "declaration"
    __table_args__ = (
        sa.PrimaryKeyConstraint("made_at", "id"),
        sa.Index("ix_declaration_person_id_made_at", "person_id", "made_at"),
        # A table a day on PostgreSQL, of the day in the province; see migration 0003.
        {"postgresql_partition_by": "RANGE (made_at)"},
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[UUID] = mapped_column(sa.Uuid)
    rules_id: Mapped[str] = mapped_column(sa.String(24))
    symptoms: Mapped[list[str]] = mapped_column(sa.JSON)
    has_symptoms: Mapped[bool]
    contact_sick: Mapped[bool]
    travel: Mapped[bool]
    triage: Mapped[str] = mapped_column(sa.String(8))
    reasons: Mapped[list[str]] = mapped_column(sa.JSON)
    # What statistics need stays readable (to staff alone); everything else is sealed.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    province_id: Mapped[str | None] = mapped_column(sa.String(24))
    gender: Mapped[str] = mapped_column(sa.String(6))
    age_band: Mapped[str] = mapped_column(sa.String(6))
    # Doubts such as "id_birth_year", and "resent" for a form sent again with other answers.
    flags: Mapped[list[str]] = mapped_column(sa.JSON)
    details: Mapped[bytes] = mapped_column(sa.LargeBinary)
