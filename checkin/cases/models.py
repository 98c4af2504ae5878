from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import Model, UtcDateTime, db
from checkin.declarations.models import Declaration
from checkin.visits.models import Visit

STATES = ("suspected", "confirmed", "discarded", "recovered", "died")
OPEN_STATES = ("suspected", "confirmed")
# Whoever recovered or died was ill, and those they met are still followed; who was not ill needs nothing.
DISCARDED = "discarded"
KEEPING_STATES = tuple(state for state in STATES if state != DISCARDED)
OWN, MET = "own", "met"
_OPEN = sa.text(f"person_id IS NOT NULL AND state IN {OPEN_STATES}")


class Case(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "case"
    __table_args__ = (
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
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

    @property
    def number(self) -> str:
        """The number by which a case is called, such as F0-0187."""
        return f"F0-{self.seq:04d}"


def _kept(name: str, origin: sa.Table, *more: sa.schema.SchemaItem) -> sa.Table:
    """A plain table of the same shape, for copies that outlive the day of their origin."""
    columns = (sa.Column(column.name, column.type, nullable=column.nullable) for column in origin.columns)
    key = sa.PrimaryKeyConstraint(*(column.name for column in origin.primary_key.columns))
    return sa.Table(name, Model.metadata, *columns, key, *more)


# Copies of what belongs to a case: whole rows, what is sealed in them copied as it is.
kept_visit = _kept(
    "kept_visit",
    Visit.__table__,
    sa.Index("ix_kept_visit_person_id_entered_at", "person_id", "entered_at"),
    sa.Index("ix_kept_visit_declaration", "declared_at", "declaration_id"),
)
kept_declaration = _kept(
    "kept_declaration", Declaration.__table__, sa.Index("ix_kept_declaration_person_id", "person_id")
)
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
    sa.CheckConstraint(f"part IN ('{OWN}', '{MET}')", name="part"),
)
