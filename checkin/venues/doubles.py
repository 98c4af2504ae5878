"""Which venues that there are may be the one being registered."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.venues import alike
from checkin.venues.models import Venue
from checkin.venues.queries import names

# No commune has as many venues; what is beyond would be compared in vain.
MOST_COMPARED = 20_000


def may_be_known(session: Session, new: alike.Venue, commune_id: str) -> list[tuple[alike.Match, Venue]]:
    """Venues of the commune, and vehicles anywhere, that may be `new`; the likeliest first. Closed ones too."""
    near = Venue.commune_id == commune_id
    if new.plate:
        near = sa.or_(near, Venue.plate == new.plate)
    # Columns, not objects: a commune has thousands.
    rows = session.execute(
        sa.select(Venue.id, Venue.name_fold, Venue.address, Venue.plate).where(near).limit(MOST_COMPARED)
    )
    same = _of_phone(session, new, commune_id, near)
    matches = alike.matches(
        new,
        (
            alike.Venue(found, name, address, new.phone if found in same else None, plate)
            for found, name, address, plate in rows
        ),
    )
    known = names(session, {match.id for match in matches})
    return [(match, known[match.id]) for match in matches]


def _of_phone(session: Session, new: alike.Venue, commune_id: str, near: sa.ColumnElement[bool]) -> set[UUID]:
    """Those near that have the same phone. On PostgreSQL a function says it: the public role reads no phone's hash."""
    if new.phone is None:
        return set()
    if is_postgresql(session):
        asked = {"phone": new.phone, "home": commune_id, "sign": new.plate}
        return set(session.scalars(sa.text("SELECT id FROM venues_of_phone(:phone, :home, :sign)"), asked))
    return set(session.scalars(sa.select(Venue.id).where(Venue.phone_index == new.phone, near)))
