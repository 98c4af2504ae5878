from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

# What is done with the file: looked through, or imported; and where that stands.
CHECK, LOAD = "check", "load"
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
# Pieces of the file itself, what is known of it, and the rows by outcome.
FILE, ABOUT, ERRORS = "file", "about", "errors"


class RegisterImport(db.Model):  # type: ignore[name-defined, misc]
    """A register that somebody sent. The file and what became of its rows are in `register_part`, for a day."""

    __tablename__ = "register_import"
    __table_args__ = (
        sa.CheckConstraint(f"step IN ('{CHECK}', '{LOAD}')", name="step"),
        sa.CheckConstraint(f"state IN ('{WAITING}', '{RUNNING}', '{DONE}', '{FAILED}')", name="state"),
        sa.Index("ix_register_import_state_asked_at", "state", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    made_by: Mapped[UUID] = mapped_column(sa.Uuid, index=True)
    # A station's: rows of other communes are refused.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    form: Mapped[str] = mapped_column(sa.String(4))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(8))
    step: Mapped[str] = mapped_column(sa.String(8), default=CHECK)
    state: Mapped[str] = mapped_column(sa.String(8), default=WAITING)
    problem: Mapped[str | None] = mapped_column(sa.String(16))
    done: Mapped[int] = mapped_column(default=0)
    # Rows, once the file was read; they are the sum of the five.
    total: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    # The last sign of life of the process that works on it.
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Somebody wants it to end after the batch it is in.
    stop_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # From then on nobody gets the pieces, and the next purge takes them away.
    gone_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegisterPart(db.Model):  # type: ignore[name-defined, misc]
    """A piece of a file, or of what became of its rows, locked under a key of its own (`Vault.lock_part`)."""

    __tablename__ = "register_part"

    import_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("register_import.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class RegisterNumber(db.Model):  # type: ignore[name-defined, misc]
    """The number under which a venue stands in the register of businesses: of each number one venue."""

    __tablename__ = "register_number"

    number: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
