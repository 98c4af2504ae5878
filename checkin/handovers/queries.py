from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts.models import Account
from checkin.handovers.models import Handover
from checkin.venues.models import Venue


@dataclass(frozen=True)
class Offer:
    """What somebody is offered to take over, and by whom, as far as they may be told."""

    id: UUID
    from_id: UUID
    from_name: str
    venue_id: UUID
    venue_name: str
    address: str
    commune_id: str
    plate: str | None
    expires_at: datetime


def waiting(session: Session, venue_id: UUID, now: datetime) -> Handover | None:
    """The link of a venue that still waits for somebody."""
    found = session.scalars(sa.select(Handover).where(Handover.venue_id == venue_id).order_by(Handover.made_at.desc()))
    return next((one for one in found if one.waits(now)), None)


def by_token(session: Session, token_hash: bytes, now: datetime) -> Offer | None:
    """What a link offers; None for one that is over, or whose venue changed hands in another way."""
    row = session.execute(
        sa.select(Handover, Venue, Account.display_name)
        .join(Venue, Handover.venue_id == Venue.id)
        .join(Account, Account.id == Handover.from_id)
        .where(Handover.token_hash == token_hash)
    ).first()
    if row is None or not row.Handover.waits(now) or row.Venue.owner_id != row.Handover.from_id:
        return None
    made, venue = row.Handover, row.Venue
    return Offer(
        id=made.id,
        from_id=made.from_id,
        from_name=row.display_name,
        venue_id=venue.id,
        venue_name=venue.name,
        address=venue.address,
        commune_id=venue.commune_id,
        plate=venue.plate,
        expires_at=made.expires_at,
    )
