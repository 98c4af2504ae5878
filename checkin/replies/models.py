from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class NoticeAnswer(db.Model):  # type: ignore[name-defined, misc]
    """“I was there”: what somebody told on the page of a notice. The public tier writes and never reads it."""

    __tablename__ = "notice_answer"
    __table_args__ = (
        sa.CheckConstraint(
            "(aside_at IS NULL) = (aside_by_name IS NULL) AND (aside_at IS NULL) = (aside_reason IS NULL)", name="aside"
        ),
        sa.Index("ix_notice_answer_notice_id", "notice_id", "phone_index"),
        sa.Index("ix_notice_answer_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("notice.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # Of the home, where it is in the province: its station calls.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    # By which answers of one phone are shown together.
    phone_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    details: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    # That an officer set it aside as plain nonsense: kept, and shown to those alone who ask for such.
    aside_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    aside_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    aside_reason: Mapped[str | None] = mapped_column(sa.String(300))
