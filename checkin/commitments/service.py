from datetime import datetime

from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.commitments.models import Commitment
from checkin.errors import AccessDenied
from checkin.ids import new_id
from checkin.vault import Vault
from checkin.venues.models import Venue


def sign(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, venue: Venue, version: str, name: str, office: str
) -> Commitment:
    """Keep that the actor signed a version of the text for their venue. Raises AccessDenied."""
    if actor.id is None or venue.owner_id != actor.id:
        raise AccessDenied("venue")
    made = Commitment(
        id=new_id(now),
        venue_id=venue.id,
        version=version,
        signed_at=now,
        account_id=actor.id,
        signer=vault.lock("owner", {"name": name, "office": office}),
    )
    session.add(made)
    session.flush()
    audit.record(
        session, now=now, actor=actor, action="commitment.sign", subject=str(venue.id), detail={"version": version}
    )
    return made
