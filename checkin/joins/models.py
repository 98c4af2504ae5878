from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import Model, UtcDateTime, db

OPEN, SAME, APART = "open", "same", "apart"
STATES = (OPEN, SAME, APART)
JOIN, SPLIT, PART = "join", "apart", "part"
STEPS = (JOIN, SPLIT, PART)
_PERSON = "person.id"


class Pair(db.Model):  # type: ignore[name-defined, misc]
    """Two people who may be one, and what an officer said of them. Goes with either of the two."""

    __tablename__ = "pair"
    __table_args__ = (
        sa.UniqueConstraint("one_id", "other_id", name="uq_pair_one_id_other_id"),
        # Nobody is joined with themselves, and two people are one pair, whichever was found first.
        sa.CheckConstraint("one_id < other_id", name="two"),
        sa.CheckConstraint(f"state IN {STATES}", name="state"),
        sa.CheckConstraint("likeness BETWEEN 1 AND 5", name="likeness"),
        sa.Index("ix_pair_state_likeness_id", "state", "likeness", "id"),
        sa.Index("ix_pair_other_id", "other_id"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    # The first rows of both.
    one_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey(_PERSON, ondelete="CASCADE"))
    other_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey(_PERSON, ondelete="CASCADE"))
    # What they agree in, the strongest first: see `doubles.likeness`.
    likeness: Mapped[int] = mapped_column(sa.SmallInteger)
    state: Mapped[str] = mapped_column(sa.String(5), default=OPEN)
    # How many steps were taken: whoever acts says which one they saw last.
    version: Mapped[int] = mapped_column(sa.Integer, default=0)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PairStep(db.Model):  # type: ignore[name-defined, misc]
    """What an officer said of a pair, and why. Append-only; goes with the pair."""

    __tablename__ = "pair_step"
    __table_args__ = (
        sa.PrimaryKeyConstraint("pair_id", "number", name="pk_pair_step"),
        sa.CheckConstraint(f"what IN {STEPS}", name="what"),
    )

    pair_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("pair.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(sa.Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))
    what: Mapped[str] = mapped_column(sa.String(5))
    reason: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "cdc"})


class PairScan(db.Model):  # type: ignore[name-defined, misc]
    """A search for pairs: how many people it looked at, what it found, and what it did not compare."""

    __tablename__ = "pair_scan"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    people: Mapped[int]
    pairs: Mapped[int]
    # Numbers and names shared by more people than are compared, and by how many the most shared one is.
    large: Mapped[int]
    largest: Mapped[int]


# Who belongs together now: every member of every group of two and more, under the one known longest. Made of the pairs
# that are one, each time one of them changes. Whoever reads a list asks for those of them who are in it.
joined = sa.Table(
    "joined",
    Model.metadata,
    sa.Column("member_id", sa.Uuid, sa.ForeignKey(_PERSON, ondelete="CASCADE"), primary_key=True),
    sa.Column("main_id", sa.Uuid, nullable=False, index=True),
)
