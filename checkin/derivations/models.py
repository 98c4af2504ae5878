from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db
from checkin.readable import TextList

WAITING, RUNNING, STOPPED, DONE = "waiting", "running", "stopped", "done"
UNFINISHED = (WAITING, RUNNING, STOPPED)
# Which rules the cases go by afterwards: those that each had, or today's.
KEEP, TODAY = "keep", "today"
# Why a run stopped by itself: the account in whose name it went on is locked out, or of the CDC no more.
ACCOUNT = "account"
# Of the cases that could not be derived so many are named; `failed` says how many there are.
MOST_NAMED = 50


class Derivation(db.Model):  # type: ignore[name-defined, misc]
    """A run over open cases, by their number; how far it is was written with the cases themselves."""

    __tablename__ = "derivation"
    __table_args__ = (
        sa.CheckConstraint(f"state IN ('{WAITING}', '{RUNNING}', '{STOPPED}', '{DONE}')", name="state"),
        sa.CheckConstraint(f"rules IN ('{KEEP}', '{TODAY}')", name="rules"),
        sa.CheckConstraint(f"rules <> '{TODAY}' OR reason IS NOT NULL", name="reason"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    # Null where a command did it, which has no account.
    asked_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    asked_by_name: Mapped[str] = mapped_column(sa.String(80))
    # Who took it up last where it was broken off, in whose name it goes on since; no name: who asked for it.
    taken_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    taken_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    # Which open cases: all where neither says anything.
    numbers: Mapped[list[int] | None] = mapped_column(sa.JSON(none_as_null=True))
    disease: Mapped[str | None] = mapped_column(sa.String(24))
    rules: Mapped[str] = mapped_column(sa.String(5))
    # The day whose rules they take; a run that goes on tomorrow takes the same.
    rules_on: Mapped[date] = mapped_column(sa.Date)
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    state: Mapped[str] = mapped_column(sa.String(7))
    problem: Mapped[str | None] = mapped_column(sa.String(16))
    # The running number of the last case that is done, and of the last one there was when it began.
    last_seq: Mapped[int] = mapped_column(default=0)
    until_seq: Mapped[int]
    # Cases: done, failed among them, and expected in all; of those done how many are another than before, or took other
    # rules; and people who came among whom they met, or went from them.
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    changed: Mapped[int] = mapped_column(default=0)
    restated: Mapped[int] = mapped_column(default=0)
    came: Mapped[int] = mapped_column(default=0)
    went: Mapped[int] = mapped_column(default=0)
    failures: Mapped[list[str] | None] = mapped_column(TextList)
    # The last sign of life of a process that works on it, and since when and from how many done it goes on.
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun_from: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def worker(self) -> UUID | None:
        """The account in whose name it is worked on; None for a command."""
        return self.asked_by if self.taken_by_name is None else self.taken_by
