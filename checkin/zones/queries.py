from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.fold import natural
from checkin.venues.models import Code, Venue, Zone
from checkin.venues.queries import Door


def in_use() -> sa.ColumnElement[bool]:
    """The condition that a zone of a statement is in use: it has a code in force."""
    return sa.exists().where(Code.zone_id == Zone.id, Code.revoked_at.is_(None))


def of_venue(session: Session, venue_id: UUID) -> list[Zone]:
    """The zones of a venue that are in use, as people sort names: "Bàn 2" before "Bàn 10"."""
    rows = session.scalars(sa.select(Zone).where(Zone.venue_id == venue_id, in_use()))
    return sorted(rows, key=lambda zone: (natural(zone.name_fold), zone.id))


def one_of(session: Session, venue_id: UUID, zone_id: UUID) -> Zone | None:
    """A zone of this venue, in use or not; None for any other."""
    return session.scalar(sa.select(Zone).where(Zone.id == zone_id, Zone.venue_id == venue_id))


def is_used(session: Session, zone_id: UUID) -> bool:
    """True while a zone is in use: it has a code in force."""
    return bool(session.scalar(sa.select(sa.exists().where(Code.zone_id == zone_id, Code.revoked_at.is_(None)))))


def door_of(venue: Venue, zone: Zone | None) -> Door:
    """The venue or one of its zones as what its own code would stand for, for what asks for no code."""
    return Door(
        code="",
        issued_at=venue.registered_at,
        revoked=False,
        venue_id=venue.id,
        venue_name=venue.name,
        kind=venue.kind,
        state=venue.state,
        address=venue.address,
        commune_id=venue.commune_id,
        commune_name="",
        zone_id=zone.id if zone else None,
        zone_name=zone.name if zone else None,
        zone_kind=zone.kind if zone else None,
        opens_at=venue.opens_at,
        closes_at=venue.closes_at,
        default_minutes=(zone.default_minutes if zone else None) or venue.default_minutes,
        owner_id=venue.owner_id,
    )
