from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.approvals.limits import EXPORT, NOTICE, READ
from checkin.db import UtcDateTime, db

BEFORE, AFTER = "before", "after"
ASKED, APPROVED, REFUSED, OVERDUE = "asked", "approved", "refused", "overdue"
UNDECIDED = (ASKED, OVERDUE)
# Why something was closed without anybody's say, as its note: the case was none, nothing is kept for it any more, the
# words are others by now.
RULED_OUT, LET_GO, REWRITTEN = "ruled_out", "let_go", "rewritten"


class Approval(db.Model):  # type: ignore[name-defined, misc]
    """What one person asks and another one decides. Of a lookup or notice as it was then; nothing of a person in it."""

    __tablename__ = "approval"
    __table_args__ = (
        sa.CheckConstraint(f"what IN ('{READ}', '{EXPORT}', '{NOTICE}')", name="what"),
        sa.CheckConstraint(f"mode IN ('{BEFORE}', '{AFTER}')", name="mode"),
        sa.CheckConstraint(f"state IN ('{ASKED}', '{APPROVED}', '{REFUSED}', '{OVERDUE}')", name="state"),
        sa.CheckConstraint(f"(mode = '{AFTER}') = (due_at IS NOT NULL)", name="due"),
        # The second person is another one, whatever the application thinks.
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second"),
        sa.Index("ix_approval_state_seq", "state", "seq"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    what: Mapped[str] = mapped_column(sa.String(8))
    # The lookup or the notice. No foreign key: both stand above.
    lookup_id: Mapped[UUID] = mapped_column(sa.Uuid, index=True)
    lookup_number: Mapped[str] = mapped_column(sa.String(12))
    title: Mapped[str] = mapped_column(sa.String(300))
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    case_number: Mapped[str | None] = mapped_column(sa.String(20))
    rows: Mapped[int | None] = mapped_column(sa.Integer)
    asked_by: Mapped[UUID] = mapped_column(sa.Uuid)
    asked_by_name: Mapped[str] = mapped_column(sa.String(80))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.String(500))
    # Asked before it is done, or done at once and to be approved until `due_at`.
    mode: Mapped[str] = mapped_column(sa.String(6))
    state: Mapped[str] = mapped_column(sa.String(8), default=ASKED)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    decided_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(sa.String(500))

    @property
    def number(self) -> str:
        """The number by which it is called, such as PD-000012."""
        return f"PD-{self.seq:06d}"

    @property
    def lapsed(self) -> bool:
        """True where nobody had a say while it held: closed without one, by the round."""
        return self.state == REFUSED and self.decided_by is None and self.decided_by_name is None

    @property
    def closed(self) -> bool:
        """True where what was asked about is no more as it was asked: nobody's refusal; the note says why."""
        return self.state == REFUSED and self.decided_by is None and self.decided_by_name is not None

    @property
    def open(self) -> bool:
        """True while nobody has decided."""
        return self.state in UNDECIDED
