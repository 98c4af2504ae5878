from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db


class AuditEntry(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("ix_audit_actor_seq", "actor", "seq"),
        sa.Index("ix_audit_case_number_seq", "case_number", "seq"),
        sa.Index("ix_audit_action_seq", "action", "seq"),
    )

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    actor: Mapped[str] = mapped_column(sa.String(80))
    role: Mapped[str] = mapped_column(sa.String(16))
    action: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(120))
    case_number: Mapped[str | None] = mapped_column(sa.String(20))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    rows: Mapped[int | None] = mapped_column(sa.Integer)
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    previous: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))

    @property
    def told(self) -> dict[str, Any]:
        """The details to be shown: words and numbers alone, whatever somebody has written there past us."""
        return plain(self.detail)


# Shown as numbers.
_NUMBERS = {"times", "opens"}


def plain(detail: Any) -> dict[str, Any]:
    """Of an entry's details what is a word or a number; nothing where they are no details."""
    if not isinstance(detail, dict):
        return {}
    return {
        name: value
        for name, value in detail.items()
        if isinstance(value, int) or isinstance(value, str) and name not in _NUMBERS
    }


class AuditWaiting(db.Model):  # type: ignore[name-defined, misc]
    """An entry of the public tier until the staff's side takes it into the chain; on PostgreSQL alone.

    Written by the function `audit_append` and taken in by `audit_lock`, both of the tables' owner.
    """

    __tablename__ = "audit_waiting"
    __table_args__ = (sa.Index("ix_audit_waiting_received_at", "received_at", "id"),)

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    actor: Mapped[str] = mapped_column(sa.String(80))
    role: Mapped[str] = mapped_column(sa.String(16))
    action: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(120))
    rows: Mapped[int | None] = mapped_column(sa.Integer)
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class Finding(db.Model):  # type: ignore[name-defined, misc]
    """Use that stands out, by a rule of `unusual.py`; its evidence is entries of the log."""

    __tablename__ = "finding"
    __table_args__ = (sa.Index("ix_finding_seen_at_at", "seen_at", "at"),)

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # The same finding of a later round is the same row.
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    account_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    who: Mapped[str] = mapped_column(sa.String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # What was counted, and the bound it passed.
    count: Mapped[int]
    bound: Mapped[int]
    # How many entries bear it out; the first of them are in `finding_entry`.
    entries: Mapped[int]
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    seen_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    note: Mapped[str | None] = mapped_column(sa.String(300))


class FindingEntry(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "finding_entry"

    finding_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("finding.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False, index=True)
