from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.errors import AccessDenied, DomainError
from checkin.fold import fold
from checkin.ids import new_id
from checkin.venues.models import CLOSED, Venue, Zone
from checkin.venues.service import MOST_ZONES, issue_code
from checkin.zones import queries
from checkin.zones.series import key


def add_many(
    session: Session, *, now: datetime, actor: Actor, venue: Venue, kind: str, names: Sequence[str]
) -> list[Zone]:
    """Zones of the actor's venue, each with its own code, at once or not at all; in the order of their names given.

    A name that a zone in use has already, or that comes twice, is left out; so the same list sent again adds nothing.
    Raises AccessDenied, DomainError('closed' or 'many').
    """
    if venue.state == CLOSED:
        raise DomainError("closed")
    taken = _lock(session, actor, venue)
    fresh = list({key(name): name for name in reversed(names) if key(name) not in taken}.values())[::-1]
    if len(taken) + len(fresh) > MOST_ZONES:
        raise DomainError("many")
    made = [Zone(id=new_id(now), venue_id=venue.id, name=name, name_fold=fold(name)[:100], kind=kind) for name in fresh]
    session.add_all(made)
    session.flush()
    for zone in made:
        issue_code(session, now=now, venue_id=venue.id, zone_id=zone.id)
    if made:
        audit.record(session, now=now, actor=actor, action="zone.add_many", subject=str(venue.id), rows=len(made))
    return made


def rename(session: Session, *, now: datetime, actor: Actor, venue: Venue, zone_id: UUID, name: str, kind: str) -> None:
    """Give a zone in use of the actor's venue another name or kind; its code and visits stay.

    Raises AccessDenied, DomainError('double') where another zone in use has that name.
    """
    taken = _lock(session, actor, venue)
    zone = next((zone for zone in queries.of_venue(session, venue.id) if zone.id == zone_id), None)
    if zone is None:
        raise AccessDenied("zone")
    if taken.get(key(name), zone_id) != zone_id:
        raise DomainError("double")
    if (zone.name, zone.kind) == (name, kind):
        return
    zone.name, zone.name_fold, zone.kind = name, fold(name)[:100], kind
    session.flush()
    audit.record(session, now=now, actor=actor, action="zone.rename", subject=str(zone_id))


def _lock(session: Session, actor: Actor, venue: Venue) -> dict[str, UUID]:
    """The names that zones in use have, by their key, which stand still until the transaction ends."""
    if venue.owner_id != actor.id:
        raise AccessDenied("venue")
    # Two tabs that save the same list at once would both find none of it.
    session.execute(sa.select(Venue.id).where(Venue.id == venue.id).with_for_update())
    return {key(zone.name): zone.id for zone in queries.of_venue(session, venue.id)}
