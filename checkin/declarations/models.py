from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db
from checkin.readable import TextList

ATTENTION = sa.text("triage IN ('watch', 'urgent')")


class OnFile:
    """Who somebody is, as kept with what they tell, or ahead of the days on which they come."""

    person_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # What statistics need stays readable (to staff alone); everything else is sealed.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    province_id: Mapped[str | None] = mapped_column(sa.String(24))
    gender: Mapped[str] = mapped_column(sa.String(6))  # empty where it was not told
    age_band: Mapped[str] = mapped_column(sa.String(6))
    details: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "cdc"})


class Declaration(OnFile, db.Model):  # type: ignore[name-defined, misc]
    """Append-only. No foreign keys: it is dropped by whole days, apart from visits and people."""

    __tablename__ = "declaration"
    __table_args__ = (
        sa.PrimaryKeyConstraint("made_at", "id"),
        sa.Index("ix_declaration_person_id_made_at", "person_id", "made_at"),
        # Whom a station looks after: few rows, so that every other check-in writes nothing into it.
        sa.Index(
            "ix_declaration_attention", "commune_id", "made_at", postgresql_where=ATTENTION, sqlite_where=ATTENTION
        ),
        # Corrections are few: every other declaration writes nothing into it.
        sa.Index(
            "ix_declaration_corrects",
            "corrects",
            postgresql_where=sa.text("corrects IS NOT NULL"),
            sqlite_where=sa.text("corrects IS NOT NULL"),
        ),
        # A table a day on PostgreSQL, of the day in the province; see migration 0003.
        {"postgresql_partition_by": "RANGE (made_at)"},
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rules_id: Mapped[str] = mapped_column(sa.String(24))
    symptoms: Mapped[list[str]] = mapped_column(TextList)
    # Null where nobody asked, as in a paper log: that is no answer of "no".
    has_symptoms: Mapped[bool | None]
    contact_sick: Mapped[bool | None]
    travel: Mapped[bool | None]
    triage: Mapped[str] = mapped_column(sa.String(8))
    reasons: Mapped[list[str]] = mapped_column(TextList)
    # Doubts such as "id_birth_year", and "resent" for a form sent again with other answers.
    flags: Mapped[list[str]] = mapped_column(TextList)
    # Of a correction: the first declaration of its form about the same person.
    corrects: Mapped[UUID | None] = mapped_column(sa.Uuid)
