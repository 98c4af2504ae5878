from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

ACTIVE, SUSPENDED, CLOSED = "active", "suspended", "closed"


class Venue(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "venue"
    __table_args__ = (
        sa.CheckConstraint(f"state IN ('{ACTIVE}', '{SUSPENDED}', '{CLOSED}')", name="state"),
        # What staff suspended stays so whatever else is changed, and what is closed is closed. On PostgreSQL alone,
        # where the public role may change the state and not who suspended it; SQLite has one wall anyway.
        sa.CheckConstraint(
            f"(suspended_at IS NULL OR state <> '{ACTIVE}') AND (closed_at IS NULL OR state = '{CLOSED}')",
            name="state_follows",
        ).ddl_if(dialect="postgresql"),
        sa.Index("ix_venue_commune_id_kind", "commune_id", "kind"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_fold: Mapped[str] = mapped_column(sa.String(200), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    address: Mapped[str] = mapped_column(sa.String(200))
    # What a search by words asks first (`finding.searched`); nobody needs it else, so it is not loaded.
    search_fold: Mapped[str] = mapped_column(sa.String(600), deferred=True, default="", server_default="")
    commune_id: Mapped[str] = mapped_column(sa.String(24), sa.ForeignKey("place.id"))
    # A kiosk stands in a mall: the mall is its parent.
    parent_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    # Of a vehicle or boat; as `plates.py` writes it where somebody typed it here.
    plate: Mapped[str | None] = mapped_column(sa.String(20), index=True)
    # How many people are there at once at most: one of `kinds.SIZES`.
    size: Mapped[str | None] = mapped_column(sa.String(8))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    # "HH:MM" on the province's clocks; empty where it never closes or nobody said.
    opens_at: Mapped[str | None] = mapped_column(sa.String(5))
    closes_at: Mapped[str | None] = mapped_column(sa.String(5))
    default_minutes: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(10), default=ACTIVE)
    # By a commune or the CDC, with the reason that the owner is told.
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_reason: Mapped[str | None] = mapped_column(sa.String(300))
    # By the owner.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"), index=True)
    contact: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": "owner"})
    # A keyed hash of the contact's phone number, as of an owner's login: by it a second registration is noticed, and
    # whose a claimed venue is. The public role may not read it, so it is loaded for nobody.
    phone_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16), deferred=True)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Zone(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "zone"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    name_fold: Mapped[str] = mapped_column(sa.String(100))
    # One of `kinds.ZONE_KINDS`.
    kind: Mapped[str] = mapped_column(sa.String(8), default="area", server_default="area")
    default_minutes: Mapped[int | None]


class Code(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "code"

    code: Mapped[str] = mapped_column(sa.String(11), primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("zone.id"), index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CodeGuess(db.Model):  # type: ignore[name-defined, misc]
    """How many codes that do not exist were tried on a day of the province."""

    __tablename__ = "code_guess"

    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    count: Mapped[int] = mapped_column(sa.BigInteger)
