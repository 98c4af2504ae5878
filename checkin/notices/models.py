from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

SEVERITIES = INFORM, WATCH, TEST, STAY_HOME = "inform", "watch", "test", "stay_home"
DRAFT, WAITING, PUBLISHED, WITHDRAWN = "draft", "waiting", "published", "withdrawn"
# Never stored: what was published and is past its time.
EXPIRED = "expired"
STATES = (DRAFT, WAITING, PUBLISHED, WITHDRAWN)
PUBLIC_STATES = (PUBLISHED, WITHDRAWN)


def number_of(seq: int) -> str:
    """What the notice of this count is called, such as TB-0012."""
    return f"TB-{seq:04d}"


def state_at(state: str, expires_at: datetime | None, now: datetime) -> str:
    """The state at a moment: what was published expires by itself."""
    return EXPIRED if state == PUBLISHED and expires_at is not None and expires_at <= now else state


class Notice(db.Model):  # type: ignore[name-defined, misc]
    """A call to those who were at a place. What went out is never rewritten: a correction is a notice of its own."""

    __tablename__ = "notice"
    __table_args__ = (
        sa.CheckConstraint(f"severity IN {SEVERITIES}", name="severity"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.CheckConstraint(
            f"(state IN {PUBLIC_STATES}) = (published_at IS NOT NULL AND expires_at IS NOT NULL)", name="published"
        ),
        sa.CheckConstraint(f"(state = '{WITHDRAWN}') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        sa.Index("ix_notice_state_expires_at", "state", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    venue_id: Mapped[UUID] = mapped_column(sa.ForeignKey("venue.id"))
    zone_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("zone.id"))
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    severity: Mapped[str] = mapped_column(sa.String(9))
    words_vi: Mapped[str] = mapped_column(sa.String(800))
    words_en: Mapped[str | None] = mapped_column(sa.String(800))
    state: Mapped[str] = mapped_column(sa.String(9), default=DRAFT)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How the place was called when it went out: whoever owns it may call it otherwise since.
    place_name: Mapped[str | None] = mapped_column(sa.String(200))
    place_zone: Mapped[str | None] = mapped_column(sa.String(200))
    place_commune: Mapped[str | None] = mapped_column(sa.String(200))
    place_commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    # What the public is told of a withdrawal or correction.
    withdrawn_vi: Mapped[str | None] = mapped_column(sa.String(500))
    withdrawn_en: Mapped[str | None] = mapped_column(sa.String(500))
    # The notice that this one is to replace, and the one that replaced this.
    corrects: Mapped[UUID | None] = mapped_column(sa.Uuid)
    replaced_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Never shown in public, and not granted to its role.
    case_id: Mapped[UUID] = mapped_column(sa.ForeignKey("case.id"), index=True)
    written_by: Mapped[UUID] = mapped_column(sa.Uuid)
    written_by_name: Mapped[str] = mapped_column(sa.String(80))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # How often the draft was written: whoever saves says which one they saw, so that two do not overwrite one another.
    version: Mapped[int] = mapped_column(sa.Integer, server_default="1")
    changed_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def number(self) -> str:
        """The number by which it is called, such as TB-0012."""
        return number_of(self.seq)


class NoticeDraft(db.Model):  # type: ignore[name-defined, misc]
    """What a draft said until somebody wrote it anew: the version of a number, who wrote it, when. Append-only."""

    __tablename__ = "notice_draft"

    notice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("notice.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_name: Mapped[str] = mapped_column(sa.String(80))
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    severity: Mapped[str] = mapped_column(sa.String(9))
    words_vi: Mapped[str] = mapped_column(sa.String(800))
    words_en: Mapped[str | None] = mapped_column(sa.String(800))


class NoticeReceipt(db.Model):  # type: ignore[name-defined, misc]
    """That the station of the place knows of a notice. Once for a notice."""

    __tablename__ = "notice_receipt"

    notice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("notice.id"), primary_key=True)
    commune_id: Mapped[str] = mapped_column(sa.String(24))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))


class NoticeText(db.Model):  # type: ignore[name-defined, misc]
    """That a phone was written to about a notice: never twice. The number itself is nowhere here."""

    __tablename__ = "notice_text"

    notice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("notice.id"), primary_key=True)
    phone_index: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
