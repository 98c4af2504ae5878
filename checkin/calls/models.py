from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.calls.journeys import KINDS
from checkin.db import UtcDateTime, db
from checkin.readable import TextList

NEW, CALLED, DONE = "new", "called", "done"
STATES = (NEW, CALLED, DONE)
# What a station did, and how a call went.
TAKE, LEAVE_IT, CALL, MOVE, UNDO = "take", "let_go", "call", "move", "undo"
STEPS = (TAKE, LEAVE_IT, CALL, MOVE, UNDO)
RESULTS = ("reached", "not_reached", "wrong_number")


class StationCall(db.Model):  # type: ignore[name-defined, misc]
    """Somebody whom a station has to call. Written with a declaration without a venue; for one at a door as soon as a
    station does something about it, as a copy that outlives its day. The id is the declaration's.

    Whole in itself and without foreign keys: a journey may lie weeks ahead, when the day of its declaration is gone.
    """

    __tablename__ = "station_call"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {KINDS}", name="kind"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.CheckConstraint("(kind = 'door') = (reference IS NULL)", name="reference"),
        sa.CheckConstraint("(taken_by IS NULL) = (taken_by_name IS NULL)", name="taken"),
        # Neither may be infinite, which PostgreSQL would take.
        sa.CheckConstraint("day > '2020-01-01' AND day < '2200-01-01'", name="day"),
        sa.Index("ix_station_call_commune_id", "commune_id", "state"),
        sa.Index("ix_station_call_day", "day"),
        sa.Index("ix_station_call_person_id", "person_id"),
        sa.Index("ix_station_call_device", "device", "made_at"),
        sa.Index(
            "ix_station_call_group_id",
            "group_id",
            postgresql_where=sa.text("group_id IS NOT NULL"),
            sqlite_where=sa.text("group_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(sa.String(6))
    person_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # Whose list it is in.
    commune_id: Mapped[str] = mapped_column(sa.String(24))
    day: Mapped[date] = mapped_column(sa.Date)
    triage: Mapped[str] = mapped_column(sa.String(8))
    reasons: Mapped[list[str]] = mapped_column(TextList)
    symptoms: Mapped[list[str]] = mapped_column(TextList)
    details: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    # By which a checkpoint finds it; random, says nothing. A declaration at a door has none.
    reference: Mapped[str | None] = mapped_column(sa.String(14), unique=True)
    state: Mapped[str] = mapped_column(sa.String(6), server_default=NEW)
    # How many steps were taken: whoever acts says which one they saw last, so that two do not do the same.
    version: Mapped[int] = mapped_column(sa.Integer, server_default="0")
    taken_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    taken_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Which device sent it, as in a visit; null for a declaration at a door.
    device: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    # The same for all who stood on one form.
    group_id: Mapped[UUID | None] = mapped_column(sa.Uuid)


class StationStep(db.Model):  # type: ignore[name-defined, misc]
    """What a station did about somebody. Append-only; goes with the call."""

    __tablename__ = "station_step"
    __table_args__ = (
        sa.PrimaryKeyConstraint("call_id", "number", name="pk_station_step"),
        sa.CheckConstraint(f"what IN {STEPS}", name="what"),
        sa.CheckConstraint(
            f"(what = 'call') = (result IS NOT NULL) AND (result IS NULL OR result IN {RESULTS})", name="result"
        ),
        sa.CheckConstraint("(what = 'move') = (to_commune_id IS NOT NULL)", name="moved"),
        sa.Index("ix_station_step_commune_id", "commune_id", "at"),
    )

    call_id: Mapped[UUID] = mapped_column(sa.Uuid)
    number: Mapped[int] = mapped_column(sa.Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The station that did it, and where it moved the call to.
    commune_id: Mapped[str] = mapped_column(sa.String(24))
    to_commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    account_id: Mapped[UUID] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))
    what: Mapped[str] = mapped_column(sa.String(6))
    result: Mapped[str | None] = mapped_column(sa.String(12))
    note: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    # What stood before it, for taking it back.
    state_before: Mapped[str] = mapped_column(sa.String(6))
    taken_before: Mapped[UUID | None] = mapped_column(sa.Uuid)
    taken_before_name: Mapped[str | None] = mapped_column(sa.String(80))
