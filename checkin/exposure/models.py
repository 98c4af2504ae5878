from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from checkin.db import Model, UtcDateTime, db

PLACE, PERSON, CASE, SOURCE, DOUBLES, CONTACTS = KINDS = "place", "person", "case", "source", "doubles", "contacts"


class Lookup(db.Model):  # type: ignore[name-defined, misc]
    """The record of who asked what, for which case or signal, and why."""

    __tablename__ = "lookup"
    __table_args__ = (
        sa.CheckConstraint("(case_id IS NULL) <> (signal IS NULL)", name="bound"),
        sa.CheckConstraint(f"kind IN {KINDS}", name="kind"),
        sa.CheckConstraint(
            f"(kind = '{CONTACTS}') = (listed IS NOT NULL) AND (listed IS NULL) = (file_columns IS NULL)", name="listed"
        ),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(sa.String(8))
    case_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("case.id"), index=True)
    signal: Mapped[str | None] = mapped_column(sa.String(200))
    reason: Mapped[str] = mapped_column(sa.String(500))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Null where a command asked, which has no account.
    made_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    made_by_name: Mapped[str] = mapped_column(sa.String(80))
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    # By place.
    venue_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    venue_kind: Mapped[str | None] = mapped_column(sa.String(16))
    # Not all of the time from `start` to `end`, but its hours of each day (`hours.daily`).
    daily: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # Of those who were also at the other places, in this time.
    other_start: Mapped[datetime | None] = mapped_column(UtcDateTime)
    other_end: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How many people were there, as far as whoever asked knew.
    headcount: Mapped[int | None]
    # The lookup that this one asks once more.
    repeats: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # By case, and of its source: who the case was when it was asked.
    person_id: Mapped[UUID | None] = mapped_column(sa.Uuid, index=True)
    # Of a list of contacts: which of them, in whose columns they are taken along, and where they are those of many
    # cases, of which ones (with `commune_id`, their home).
    listed: Mapped[str | None] = mapped_column(sa.String(8))
    file_columns: Mapped[str | None] = mapped_column(sa.String(8))
    case_state: Mapped[str | None] = mapped_column(sa.String(12))
    case_disease: Mapped[str | None] = mapped_column(sa.String(24))
    # By person: what was asked is sealed like every detail; the indexes find, and read as nothing.
    asked: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    id_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    phone_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    name_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))

    more: Mapped[list["LookupVenue"]] = relationship(order_by="LookupVenue.number")

    @property
    def number(self) -> str:
        """The number by which a lookup is called, such as TC-000412."""
        return f"TC-{self.seq:06d}"


class LookupVenue(db.Model):  # type: ignore[name-defined, misc]
    """A place that a lookup asks about besides its first one, or (`other`) where its people were too."""

    __tablename__ = "lookup_venue"

    lookup_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("lookup.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    other: Mapped[bool]
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid)


# Where the making of a file stands.
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
# Why it failed: more people than a file takes, its process ended, a second person refused it, or something else that
# the log says.
TOO_MANY, DIED, TAKEN_BACK, BROKEN = "too_many", "died", "refused", "broken"


class Export(db.Model):  # type: ignore[name-defined, misc]
    """A list that is made into a file beside the web process; the file itself is in `export_part`."""

    __tablename__ = "export"
    __table_args__ = (
        sa.CheckConstraint(f"state IN ('{WAITING}', '{RUNNING}', '{DONE}', '{FAILED}')", name="state"),
        sa.Index("ix_export_state_asked_at", "state", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    lookup_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("lookup.id"), index=True)
    made_by: Mapped[UUID] = mapped_column(sa.Uuid)
    form: Mapped[str] = mapped_column(sa.String(4))
    locale: Mapped[str] = mapped_column(sa.String(8))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(sa.String(8), default=WAITING)
    problem: Mapped[str | None] = mapped_column(sa.String(8))
    # People written, and people in the list.
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    # The last sign of life of the process that makes the file.
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Bytes of the file.
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    # From then on nobody gets the file, and the next purge takes it away.
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ExportPart(db.Model):  # type: ignore[name-defined, misc]
    """A piece of a finished file, locked under a key of its own (`Vault.lock_part`)."""

    __tablename__ = "export_part"

    export_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("export.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


# Whom a case met, with what their scores are made of, as the list was ranked last: so that turning its pages ranks
# nobody. It goes as soon as anything changes that is kept for the case; `made_of` is what else it was made of, such as
# the window of the lookup: two officers who ask differently of one case each have theirs.
met_person = sa.Table(
    "met_person",
    Model.metadata,
    sa.Column("case_id", sa.Uuid),
    sa.Column("person_id", sa.Uuid),
    sa.Column("certain", sa.Integer, nullable=False),
    sa.Column("possible", sa.Integer, nullable=False),
    sa.Column("encounters", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("same_zone", sa.Integer, nullable=False),
    sa.Column("setting", sa.Integer, nullable=False),
    sa.Column("crowded", sa.Integer, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("made_of", sa.Uuid, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "made_of", "person_id"),
    # Read from its end: the order of the list, but for who is equal in all of these.
    sa.Index("ix_met_person_ranked", "case_id", "made_of", "score", "certain", "possible"),
)
