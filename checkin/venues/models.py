from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.db import UtcDateTime, db

ACTIVE, SUSPENDED, CLOSED = "active", "suspended", "closed"


class Venue(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "venue"
    __table_args__ = (
        sa.CheckConstraint(f"state IN ('{ACTIVE}', '{SUSPENDED}', '{CLOSED}')", name="state"),
        sa.Index("ix_venue_commune_id_kind", "commune_id", "kind"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_fold: Mapped[str] = mapped_column(sa.String(200), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    address: Mapped[str] = mapped_column(sa.String(200))
    commune_id: Mapped[str] = mapped_column(sa.String(24), sa.ForeignKey("place.id"))
    # A kiosk stands in a mall: the mall is its parent.
    parent_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    plate: Mapped[str | None] = mapped_column(sa.String(20))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    # "HH:MM" on the province's clocks; empty where it never closes or nobody said.
    opens_at: Mapped[str | None] = mapped_column(sa.String(5))
    closes_at: Mapped[str | None] = mapped_column(sa.String(5))
    default_minutes: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(10), default=ACTIVE)
    owner_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("account.id"), index=True)
    contact: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Zone(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "zone"

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    name_fold: Mapped[str] = mapped_column(sa.String(100))
    default_minutes: Mapped[int | None]


class Code(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "code"

    code: Mapped[str] = mapped_column(sa.String(11), primary_key=True)
    venue_id: Mapped[UUID] = mapped_column(sa.Uuid, sa.ForeignKey("venue.id"), index=True)
    zone_id: Mapped[UUID | None] = mapped_column(sa.Uuid, sa.ForeignKey("zone.id"), index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
