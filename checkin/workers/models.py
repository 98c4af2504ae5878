from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db
from checkin.declarations.models import OnFile

_CALENDAR = "BETWEEN '2000-01-01' AND '2999-12-31'"
_MINUTES = "BETWEEN 0 AND 1439"
STILL_HERE = sa.text("last_day IS NULL")
PLANNED, ABSENT, HOURS = "planned", "absent", "hours"


class Worker(OnFile, db.Model):  # type: ignore[name-defined, misc]
    """Somebody who works at a venue, and when. Goes once the visits of the last shift have gone."""

    __tablename__ = "worker"
    __table_args__ = (
        # The same person is on a venue's list once; whoever left may come back.
        sa.Index(
            "uq_worker_venue_id_person_id",
            "venue_id",
            "person_id",
            unique=True,
            postgresql_where=STILL_HERE,
            sqlite_where=STILL_HERE,
        ),
        sa.CheckConstraint(
            f"weekdays BETWEEN 1 AND 127 AND starts {_MINUTES} AND ends {_MINUTES} "
            f"AND first_day {_CALENDAR} AND planned_from {_CALENDAR} AND (last_day IS NULL OR last_day {_CALENDAR})",
            name="plan",
        ),
        # What a round would trip over; SQLite has no such moments.
        sa.CheckConstraint(
            "(due_at IS NULL OR isfinite(due_at)) AND (seen_at IS NULL OR isfinite(seen_at)) AND isfinite(added_at) "
            "AND length(details) <= 4000",
            name="moments",
        ).ddl_if(dialect="postgresql"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("zone.id"))
    person_id: Mapped[UUID] = mapped_column(sa.Uuid, index=True)
    masked_name: Mapped[str] = mapped_column(sa.String(80))
    # What they do there, in the owner's words; may be empty.
    job: Mapped[str] = mapped_column(sa.String(60))
    # Monday is 1, Tuesday 2, Wednesday 4 and so on; minutes since midnight on the province's clocks. Numbers, so that
    # the database itself refuses what is no time. An end at or before the start is the next day's.
    weekdays: Mapped[int] = mapped_column(sa.SmallInteger)
    starts: Mapped[int] = mapped_column(sa.SmallInteger)
    ends: Mapped[int] = mapped_column(sa.SmallInteger)
    first_day: Mapped[date] = mapped_column(sa.Date)
    # Since when it has been this plan: no round makes shifts of it on days before.
    planned_from: Mapped[date] = mapped_column(
        sa.Date, default=lambda context: context.get_current_parameters()["first_day"]
    )
    # The last one on which they work there; null as long as nobody said that they left.
    last_day: Mapped[date | None] = mapped_column(sa.Date)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the round has to look at this row next: once something was changed, or the next shift begins.
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    # When a round looked last, which rounds alone write; null until the first one.
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ShiftChange(db.Model):  # type: ignore[name-defined, misc]
    """What is other than planned on one day of a worker. Taken back, it says "planned": the public role deletes
    nothing."""

    __tablename__ = "shift_change"
    __table_args__ = (
        sa.CheckConstraint(
            f"kind IN ('{PLANNED}', '{ABSENT}', '{HOURS}') AND (kind = '{HOURS}') = (starts IS NOT NULL) "
            f"AND (kind = '{HOURS}') = (ends IS NOT NULL) AND (starts IS NULL OR starts {_MINUTES}) "
            f"AND (ends IS NULL OR ends {_MINUTES}) AND (left_at IS NULL OR kind = '{HOURS}') AND day {_CALENDAR}",
            name="hours",
        ),
        sa.CheckConstraint("left_at IS NULL OR isfinite(left_at)", name="moments").ddl_if(dialect="postgresql"),
    )

    worker_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("worker.id"), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(8))
    starts: Mapped[int | None] = mapped_column(sa.SmallInteger)
    ends: Mapped[int | None] = mapped_column(sa.SmallInteger)
    # When they really left, where the owner said so: a recorded end, and the only one that a shift has.
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
