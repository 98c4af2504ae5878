from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import insert_if_new
from checkin.errors import AccessDenied
from checkin.fold import fold
from checkin.ids import new_id
from checkin.vault import Vault
from checkin.venues.codes import new_code
from checkin.venues.models import ACTIVE, Code, Venue, Zone


@dataclass(frozen=True, kw_only=True)
class VenueFacts:
    """What the owner says of a venue."""

    name: str
    kind: str
    address: str
    commune_id: str
    phone: str
    opens_at: str | None = None
    closes_at: str | None = None


def register(session: Session, vault: Vault, *, now: datetime, actor: Actor, facts: VenueFacts) -> Venue:
    """A new venue of the actor with its code, which works at once."""
    venue = Venue(
        id=new_id(now),
        name=facts.name,
        name_fold=fold(facts.name)[:200],
        kind=facts.kind,
        address=facts.address,
        commune_id=facts.commune_id,
        opens_at=facts.opens_at,
        closes_at=facts.closes_at,
        state=ACTIVE,
        owner_id=actor.id,
        contact=vault.lock("owner", {"phone": facts.phone}),
        registered_at=now,
    )
    session.add(venue)
    session.flush()
    issue_code(session, now=now, venue_id=venue.id)
    audit.record(session, now=now, actor=actor, action="venue.register", subject=str(venue.id))
    return venue


def change(session: Session, vault: Vault, *, now: datetime, actor: Actor, venue: Venue, facts: VenueFacts) -> None:
    """Correct what is known of a venue. Raises AccessDenied when it is somebody else's."""
    if venue.owner_id != actor.id:
        raise AccessDenied("venue")
    venue.name, venue.name_fold = facts.name, fold(facts.name)[:200]
    venue.kind, venue.address, venue.commune_id = facts.kind, facts.address, facts.commune_id
    venue.opens_at, venue.closes_at = facts.opens_at, facts.closes_at
    venue.contact = vault.lock("owner", {"phone": facts.phone})
    session.flush()
    audit.record(session, now=now, actor=actor, action="venue.change", subject=str(venue.id))


def add_zone(session: Session, *, now: datetime, actor: Actor, venue: Venue, name: str) -> Zone:
    """A zone of the actor's venue with its own code. Raises AccessDenied."""
    if venue.owner_id != actor.id:
        raise AccessDenied("venue")
    zone = Zone(id=new_id(now), venue_id=venue.id, name=name, name_fold=fold(name)[:100])
    session.add(zone)
    session.flush()
    issue_code(session, now=now, venue_id=venue.id, zone_id=zone.id)
    audit.record(session, now=now, actor=actor, action="zone.add", subject=str(zone.id))
    return zone


def issue_code(session: Session, *, now: datetime, venue_id: UUID, zone_id: UUID | None = None) -> str:
    """A new code for a venue or zone; a code that exists already is drawn again."""
    while True:
        code = new_code()
        values = {
            "code": code,
            "venue_id": venue_id,
            "zone_id": zone_id,
            "issued_at": now,
            "revoked_at": None,
        }
        if insert_if_new(session, Code.__table__, values):  # type: ignore[arg-type]
            return code


def reissue(session: Session, *, now: datetime, actor: Actor, code: str) -> str:
    """Revoke a code of the actor's venue and give its door a new one. Raises AccessDenied."""
    row = session.execute(
        sa.select(Code, Venue.owner_id)
        .join(Venue, Code.venue_id == Venue.id)
        .where(Code.code == code)
        .with_for_update(of=Code)  # two at once would leave two codes in force
    ).first()
    if row is None or row.owner_id != actor.id or row.Code.revoked_at is not None:
        raise AccessDenied("code")
    row.Code.revoked_at = now
    session.flush()
    fresh = issue_code(session, now=now, venue_id=row.Code.venue_id, zone_id=row.Code.zone_id)
    audit.record(session, now=now, actor=actor, action="code.reissue", subject=code)
    return fresh
