from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

VENUE, AREA, PERSON = "venue", "area", "person"


class Reading(db.Model):  # type: ignore[name-defined, misc]
    """A list that staff opened, as far as those on it may know: which visits it can have shown, and when it was read.

    It names nobody: whom it shows is found by their visits, and it goes when these go.
    """

    __tablename__ = "reading"
    __table_args__ = (
        sa.CheckConstraint(
            f"(kind = '{VENUE}') = (venue_id IS NOT NULL) AND (kind = '{PERSON}') = (subject_id IS NOT NULL) "
            f"AND kind IN ('{VENUE}', '{AREA}', '{PERSON}')",
            name="kind",
        ),
        sa.Index("ix_reading_lookup_id", "lookup_id", "read_at"),
        sa.Index("ix_reading_venue_id", "venue_id", "end"),
        sa.Index("ix_reading_subject_id", "subject_id", "end"),
        sa.Index("ix_reading_kind", "kind", "end"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    lookup_id: Mapped[UUID] = mapped_column(sa.Uuid)
    kind: Mapped[str] = mapped_column(sa.String(6))
    # The first time on that day of the province.
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # From then on visitors see it; see `telling.shown_from`.
    shown_from: Mapped[datetime] = mapped_column(UtcDateTime)
    # Visits that can have lasted at any moment of it; of a person: that began in it.
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    venue_kind: Mapped[str | None] = mapped_column(sa.String(16))
    # The person's first row. Not called person_id: it must not keep a person whom nothing else needs.
    subject_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
