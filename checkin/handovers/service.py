from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.accounts.models import OWNER, Account
from checkin.accounts.service import login_of
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import is_postgresql, set_scope
from checkin.desk.models import DeskLink
from checkin.errors import AccessDenied, DomainError
from checkin.handovers import queries
from checkin.handovers.models import Handover
from checkin.handovers.queries import Offer
from checkin.ids import new_id
from checkin.vault import Vault
from checkin.venues.codes import new_code, normalise
from checkin.venues.models import Venue
from checkin.venues.service import phone_index

LIFE = timedelta(hours=72)


def make(session: Session, vault: Vault, *, now: datetime, actor: Actor, venue: Venue) -> tuple[Handover, str]:
    """A link over which another owner takes the actor's venue, and its code, which is told here alone.

    One that waited before is over. Raises AccessDenied when the venue is somebody else's.
    """
    if actor.id is None or venue.owner_id != actor.id:
        raise AccessDenied("venue")
    _cancel(session, now, venue)
    code = new_code()
    made = Handover(
        id=new_id(now),
        venue_id=venue.id,
        from_id=actor.id,
        token_hash=_hash(vault, code),
        made_at=now,
        expires_at=now + LIFE,
    )
    session.add(made)
    session.flush()
    audit.record(session, now=now, actor=actor, action="handover.make", subject=str(venue.id))
    return made, code


def cancel(session: Session, *, now: datetime, actor: Actor, venue: Venue) -> None:
    """Take back the link of the actor's venue. Raises AccessDenied, also where none waits."""
    if venue.owner_id != actor.id or not _cancel(session, now, venue):
        raise AccessDenied("venue")
    audit.record(session, now=now, actor=actor, action="handover.cancel", subject=str(venue.id))


def offer(session: Session, vault: Vault, *, now: datetime, code: str) -> Offer | None:
    """What a link offers; None for one that is over or that nobody made."""
    token_hash = _hash(vault, code)
    set_scope(session, handover=token_hash)
    return queries.by_token(session, token_hash, now)


def take(session: Session, vault: Vault, *, now: datetime, account: Account, code: str) -> UUID:
    """Make the venue of a link this owner's; returns its id. Of two at once one gets it.

    Devices at its counter end, and the former owner's phone number is not kept with it. Raises DomainError: 'gone',
    'own' (it is theirs already), 'role'.
    """
    if account.role != OWNER:
        raise DomainError("role")
    found = offer(session, vault, now=now, code=code)
    if found is None:
        raise DomainError("gone")
    if found.from_id == account.id:
        raise DomainError("own")
    login = login_of(vault, account)
    phone = login if login.startswith("+") else None
    contact = vault.lock("owner", {"phone": phone}) if phone else None
    index = phone_index(vault, phone) if phone else None
    done = _take(session, now=now, account=account, code_hash=_hash(vault, code), contact=contact, index=index)
    if not done:
        raise DomainError("gone")
    session.expire_all()
    audit.record(session, now=now, actor=account.actor, action="handover.take", subject=str(found.venue_id))
    return found.venue_id


def _take(
    session: Session, *, now: datetime, account: Account, code_hash: bytes, contact: bytes | None, index: bytes | None
) -> bool:
    if is_postgresql(session):
        # A function of the tables' owner: the public role changes no venue of another one.
        blob = sa.LargeBinary
        return (
            session.scalar(
                sa.select(
                    sa.func.take_venue(
                        sa.cast(code_hash, blob), now, sa.cast(contact, blob), sa.cast(index, blob), type_=sa.Uuid
                    )
                )
            )
            is not None
        )
    taken = session.execute(
        sa.update(Handover)
        .where(Handover.token_hash == code_hash, Handover.taken_at.is_(None), Handover.cancelled_at.is_(None))
        .values(taken_at=now, taken_by=account.id)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return False
    venue_id = session.scalar(sa.select(Handover.venue_id).where(Handover.token_hash == code_hash))
    session.execute(
        sa.update(Venue)
        .where(Venue.id == venue_id)
        .values(owner_id=account.id, contact=contact, phone_index=index)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(DeskLink)
        .where(DeskLink.venue_id == venue_id, DeskLink.revoked_at.is_(None))
        .values(revoked_at=now, code_hash=None)
        .execution_options(synchronize_session=False)
    )
    return True


def _cancel(session: Session, now: datetime, venue: Venue) -> bool:
    gone = session.execute(
        sa.update(Handover)
        .where(
            Handover.venue_id == venue.id,
            Handover.taken_at.is_(None),
            Handover.cancelled_at.is_(None),
            Handover.expires_at > now,
        )
        .values(cancelled_at=now)
    )
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def _hash(vault: Vault, code: str) -> bytes:
    return vault.index("handover", normalise(code[:100]))
