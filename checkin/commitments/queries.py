from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.commitments.models import Commitment
from checkin.scope import rows
from checkin.venues.models import Venue


def signed(session: Session, venue_ids: Collection[UUID]) -> dict[UUID, Commitment]:
    """What was signed last for each venue of the scope by whoever owns it now; nothing where that owner did not."""
    found = session.scalars(
        sa.select(Commitment)
        .join(Venue, Venue.id == Commitment.venue_id)
        .where(Commitment.venue_id.in_(venue_ids), Commitment.account_id == Venue.owner_id, rows(session, Commitment))
        .order_by(Commitment.signed_at, Commitment.id)
    )
    return {one.venue_id: one for one in found}
