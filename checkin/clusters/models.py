from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

CLUSTER, PILE = "cluster", "pile"
KINDS = (CLUSTER, PILE)
NEW, SEEN, WORKING, NOTHING = "new", "seen", "working", "nothing"
STATES = (NEW, SEEN, WORKING, NOTHING)


def number_of(seq: int) -> str:
    """What the signal of this count is called, such as TH-0012."""
    return f"TH-{seq:04d}"


class Signal(db.Model):  # type: ignore[name-defined, misc]
    """What stands out, as numbers: which cases it is about is asked anew each time that somebody opens it."""

    __tablename__ = "signal"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {KINDS}", name="kind"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.CheckConstraint(
            f"(kind = '{CLUSTER}') = (disease IS NOT NULL AND gap_minutes IS NOT NULL) "
            f"AND (kind = '{PILE}') = (expected IS NOT NULL) AND (venue_id IS NULL) <> (commune_id IS NULL)",
            name="about",
        ),
        sa.Index("ix_signal_state_changed_at", "state", "changed_at"),
        sa.Index("ix_signal_place", "kind", "venue_id", "commune_id"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(sa.String(7))
    disease: Mapped[str | None] = mapped_column(sa.String(24))
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # Where everybody of a cluster was in one zone.
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    # Of a cluster: different people who are cases, and minutes between the nearest stays of two of them, 0 where they
    # can have met. Of a pile: people who declared symptoms, and how many were to be expected.
    count: Mapped[int]
    gap_minutes: Mapped[int | None]
    expected: Mapped[float | None]
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When it last grew, or somebody did something about it.
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(sa.String(7), default=NEW)
    # How many there were when somebody last looked at it: by how much it has grown since.
    count_seen: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)

    @property
    def number(self) -> str:
        """The number by which it is called, such as TH-0012."""
        return number_of(self.seq)


class SignalStep(db.Model):  # type: ignore[name-defined, misc]
    """What an officer said about a signal. Append-only."""

    __tablename__ = "signal_step"
    __table_args__ = (
        sa.PrimaryKeyConstraint("signal_id", "number", name="pk_signal_step"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
    )

    signal_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("signal.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))
    state: Mapped[str] = mapped_column(sa.String(7))
    count: Mapped[int]
    note: Mapped[str] = mapped_column(sa.String(300))
