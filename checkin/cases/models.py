from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import Model, UtcDateTime, db
from checkin.declarations.models import Declaration
from checkin.readable import TextList
from checkin.visits.models import Visit

STATES = ("suspected", "confirmed", "discarded", "recovered", "died")
OPEN_STATES = ("suspected", "confirmed")
# Whoever recovered or died was ill, and those they met are still followed; who was not ill needs nothing.
DISCARDED = "discarded"
KEEPING_STATES = tuple(state for state in STATES if state != DISCARDED)
OWN, MET = "own", "met"
# Where a case was detected; only those of the community count for the level of a commune (Resolution 128/NQ-CP).
DETECTED = ("community", "quarantine", "entry")
FORWARD, SOURCE = "forward", "source"
# What is done to a case, as its history tells it.
STEPS = (
    "open", "facts", "state", "link", "unlink", "interview", "window", "window_back", "rules", "told", "told_back",
)  # fmt: skip
_OPEN = sa.text(f"person_id IS NOT NULL AND state IN {OPEN_STATES}")


def number_of(seq: int) -> str:
    """What the case of this count is called, such as F0-0187."""
    return f"F0-{seq:04d}"


class Case(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "case"
    __table_args__ = (
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.CheckConstraint(f"detected IS NULL OR detected IN {DETECTED}", name="detected"),
        sa.Index("ix_case_state", "state", "seq"),
        sa.Index("ix_case_commune_id", "commune_id", "seq"),
        # Nobody is two cases at a time; who falls ill again is a new one.
        sa.Index("uq_case_open_person_id", "person_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    # How staff speak of it; never the person's name.
    title: Mapped[str] = mapped_column(sa.String(120))
    disease: Mapped[str] = mapped_column(sa.String(24))
    state: Mapped[str] = mapped_column(sa.String(12))
    onset_on: Mapped[date | None] = mapped_column(sa.Date)
    sample_on: Mapped[date | None] = mapped_column(sa.Date)
    isolated_on: Mapped[date | None] = mapped_column(sa.Date)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    # The person's first row, once it is known who the case is.
    person_id: Mapped[UUID | None] = mapped_column(sa.Uuid, index=True)
    # Codes of what a declaration asks about; null where nobody has asked.
    symptoms: Mapped[list[str] | None] = mapped_column(TextList)
    # Of the home.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    detected: Mapped[str | None] = mapped_column(sa.String(10))
    # A hospital or another place in words; never whose home.
    isolated_where: Mapped[str | None] = mapped_column(sa.String(120))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    interviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    interviewed_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    # The windows are counted by the rules of this day, whatever rules come later, until somebody counts them anew.
    rules_on: Mapped[date] = mapped_column(sa.Date)
    # How many steps were taken: whoever acts says which one they saw last, so that two do not undo one another.
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    @property
    def number(self) -> str:
        """The number by which a case is called, such as F0-0187."""
        return number_of(self.seq)


class CaseStep(db.Model):  # type: ignore[name-defined, misc]
    """What was done to a case: who, when and what changed. Append-only."""

    __tablename__ = "case_step"
    __table_args__ = (
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_step"),
        sa.CheckConstraint(f"what IN {STEPS}", name="what"),
    )

    case_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # What the version of the case is after it.
    number: Mapped[int] = mapped_column(sa.Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Null where a command did it, which has no account.
    account_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))
    what: Mapped[str] = mapped_column(sa.String(12))
    # By the name of a fact: what it was and what it is; nothing that somebody told.
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    reason: Mapped[str | None] = mapped_column(sa.String(500))


class CaseWindow(db.Model):  # type: ignore[name-defined, misc]
    """A window of a case as an officer corrected it: an end that is null is the one that the rules count."""

    __tablename__ = "case_window"
    __table_args__ = (
        sa.PrimaryKeyConstraint("case_id", "which", name="pk_case_window"),
        sa.CheckConstraint(f"which IN ('{FORWARD}', '{SOURCE}')", name="which"),
        sa.CheckConstraint('start IS NOT NULL OR "end" IS NOT NULL', name="corrected"),
    )

    case_id: Mapped[UUID] = mapped_column(sa.Uuid)
    which: Mapped[str] = mapped_column(sa.String(7))
    start: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.String(500))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_name: Mapped[str] = mapped_column(sa.String(80))


def _kept(name: str, origin: sa.Table, *more: sa.schema.SchemaItem) -> sa.Table:
    """A plain table of the same shape, for copies that outlive the day of their origin."""
    columns = (
        sa.Column(column.name, column.type, nullable=column.nullable, info=column.info) for column in origin.columns
    )
    key = sa.PrimaryKeyConstraint(*(column.name for column in origin.primary_key.columns))
    return sa.Table(name, Model.metadata, *columns, key, *more)


_WITH_OTHERS = sa.text("group_id IS NOT NULL")
# Copies of what belongs to a case: whole rows, what is sealed in them copied as it is.
kept_visit = _kept(
    "kept_visit",
    Visit.__table__,
    # All that the list of a case is ranked by, read from the index alone.
    sa.Index(
        "ix_kept_visit_venue_id_entered_at",
        "venue_id",
        "entered_at",
        postgresql_include=["until_latest", "left_at", "person_id", "id", "zone_id"],
    ),
    sa.Index("ix_kept_visit_person_id_entered_at", "person_id", "entered_at"),
    sa.Index("ix_kept_visit_declaration", "declared_at", "declaration_id"),
    # Who came together on one form.
    sa.Index("ix_kept_visit_group_id", "group_id", sqlite_where=_WITH_OTHERS, postgresql_where=_WITH_OTHERS),
)
kept_declaration = _kept(
    "kept_declaration", Declaration.__table__, sa.Index("ix_kept_declaration_person_id", "person_id")
)
_OF_CASE = sa.text(f"part = '{OWN}'")
# Which case a kept visit belongs to, as the case's own or as one that can have met it: cases share rows.
# No foreign keys: it is written by ten thousands of rows.
case_visit = sa.Table(
    "case_visit",
    Model.metadata,
    sa.Column("case_id", sa.Uuid),
    sa.Column("entered_at", UtcDateTime),
    sa.Column("visit_id", sa.Uuid),
    sa.Column("part", sa.String(3), nullable=False),
    sa.PrimaryKeyConstraint("case_id", "entered_at", "visit_id"),
    sa.Index("ix_case_visit_visit", "entered_at", "visit_id"),
    # A case has few own visits among the ten thousands that it met.
    sa.Index("ix_case_visit_own", "case_id", sqlite_where=_OF_CASE, postgresql_where=_OF_CASE),
    sa.CheckConstraint(f"part IN ('{OWN}', '{MET}')", name="part"),
)
