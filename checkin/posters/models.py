from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

# Where the making of posters stands.
WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"
# Why they did not come: no code is in force, the process ended, or something else that the log says.
NOTHING, DIED, BROKEN = "nothing", "died", "broken"


class PosterJob(db.Model):  # type: ignore[name-defined, misc]
    """Posters of many codes that somebody asked for; the files are in `poster_file`."""

    __tablename__ = "poster_job"
    __table_args__ = (
        sa.CheckConstraint(f"state IN ('{WAITING}', '{RUNNING}', '{DONE}', '{FAILED}', '{STOPPED}')", name="state"),
        sa.Index("ix_poster_job_state_asked_at", "state", "asked_at"),
        sa.Index("ix_poster_job_made_by_asked_at", "made_by", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # The role of who asked, by which the tiers tell their work apart.
    role: Mapped[str] = mapped_column(sa.String(10))
    made_by: Mapped[UUID] = mapped_column(sa.Uuid)
    # Codes of one commune alone; empty for all that who asked may print.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    # Codes of one venue of an owner alone: its own and those of its zones.
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    form: Mapped[str] = mapped_column(sa.String(8))
    language: Mapped[str] = mapped_column(sa.String(2))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(sa.String(8), default=WAITING)
    problem: Mapped[str | None] = mapped_column(sa.String(8))
    # Posters drawn, and posters in all once they are counted.
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    # The last sign of life of the process that makes them.
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # From then on nobody gets the files, and the next purge takes them away.
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PosterFile(db.Model):  # type: ignore[name-defined, misc]
    """One PDF of a bounded number of posters. It holds what hangs on walls, and so is not locked."""

    __tablename__ = "poster_file"

    job_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("poster_job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(120))
    title: Mapped[str] = mapped_column(sa.String(120))
    posters: Mapped[int]
    size: Mapped[int]
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
