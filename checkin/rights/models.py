from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db
from checkin.rights.deadlines import KINDS

# How it was made sure who asks: papers shown in the office, a call back to the number declared, the device itself.
DEVICE = "device"
IDENTITY_WAYS = ("papers", "call", DEVICE)
# Why a request is refused: needed for an outbreak (Law 91/2025, Articles 14.2 and 19), it could not be made sure who
# asks, nothing of theirs is kept, another law.
GROUNDS = ("outbreak", "identity", "nothing", "law")


class RightsRequest(db.Model):  # type: ignore[name-defined, misc]
    """What somebody asks about their own data. Who and why is sealed; the rest is what the list of work needs."""

    __tablename__ = "rights_request"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {KINDS}", name="kind"),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (answer IS NULL) AND (extended_at IS NULL) = (extension_reason IS NULL) "
            "AND (identity_checked_at IS NULL) = (identity_how IS NULL) "
            "AND (ground IS NULL OR closed_at IS NOT NULL)",
            name="steps",
        ),
        sa.Index("ix_rights_request_closed_at", "closed_at", "answer_by"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # Random: it tells nobody how many ask, nor who.
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(8))
    # Of the page on which it was written, for the letters.
    language: Mapped[str] = mapped_column(sa.String(8))
    device: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    details: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledge_by: Mapped[date] = mapped_column(sa.Date)
    answer_by: Mapped[date] = mapped_column(sa.Date)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    extension_reason: Mapped[str | None] = mapped_column(sa.String(500))
    # The lookup that found the person, and who of those found is meant (the person's first row). Not called
    # person_id: it must not keep a person whom nothing else needs.
    lookup_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    subject_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    identity_how: Mapped[str | None] = mapped_column(sa.String(8))
    identity_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carried_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Counts of what went and what cases keep, and the numbers of these cases.
    carried_out: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(sa.String(80))
    # Sealed like the request.
    answer: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    ground: Mapped[str | None] = mapped_column(sa.String(12))
