from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import insert_if_new, is_postgresql
from checkin.errors import AccessDenied, DomainError
from checkin.fold import fold
from checkin.ids import new_id
from checkin.scope import rows
from checkin.vault import Vault
from checkin.venues import queries
from checkin.venues.codes import new_code
from checkin.venues.finding import searched
from checkin.venues.models import ACTIVE, CLOSED, SUSPENDED, Code, CodeGuess, Venue, Zone
from checkin.venues.nesting import fault

# More doors, tables and classes than any building of one owner has.
MOST_ZONES = 300
# Two that are put inside each other at once would both see no fault.
NESTING_LOCK = 0x6E657374


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
    plate: str | None = None
    size: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    # The venue that it stands inside.
    outer_id: UUID | None = None


def phone_index(vault: Vault, phone: str) -> bytes:
    """The keyed hash by which the phone number of a venue is compared, also with an owner's login that is a number."""
    return vault.index("login", phone)


def register(session: Session, vault: Vault, *, now: datetime, actor: Actor, facts: VenueFacts) -> Venue:
    """A new venue of the actor with its code, which works at once. Raises DomainError as `put_inside` does."""
    venue = Venue(id=new_id(now), state=ACTIVE, owner_id=actor.id, registered_at=now)
    _take(vault, venue, facts)
    session.add(venue)
    session.flush()
    if facts.outer_id is not None:
        put_inside(session, venue=venue, outer_id=facts.outer_id)
    issue_code(session, now=now, venue_id=venue.id)
    audit.record(session, now=now, actor=actor, action="venue.register", subject=str(venue.id))
    return venue


def change(session: Session, vault: Vault, *, now: datetime, actor: Actor, venue: Venue, facts: VenueFacts) -> None:
    """Correct what is known of a venue. Raises AccessDenied when it is somebody else's, DomainError as `put_inside`."""
    _must_own(actor, venue)
    _take(vault, venue, facts)
    if facts.outer_id is None:
        venue.parent_id = None
    elif facts.outer_id != venue.parent_id:
        put_inside(session, venue=venue, outer_id=facts.outer_id)
    session.flush()
    audit.record(session, now=now, actor=actor, action="venue.change", subject=str(venue.id))


def put_inside(session: Session, *, venue: Venue, outer_id: UUID) -> None:
    """Say that a venue stands inside another one. Raises DomainError: 'self', 'cycle', 'deep'.

    The caller has made sure whose the venue is.
    """
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(NESTING_LOCK)))
    wrong = fault(venue.id, outer_id, queries.parents_around(session, venue.id, outer_id))
    if wrong:
        raise DomainError(wrong)
    venue.parent_id = outer_id
    session.flush()


def put_outside(session: Session, *, now: datetime, actor: Actor, venue: Venue, inner_id: UUID) -> None:
    """Say that something stands in the actor's venue no longer, whoever's it is. Raises AccessDenied."""
    _must_own(actor, venue)
    if is_postgresql(session):
        # A function of the tables' owner: the public role changes no venue of another one.
        done = session.scalar(sa.select(sa.func.put_outside(venue.id, inner_id)))
    else:
        inside = sa.update(Venue).where(Venue.id == inner_id, Venue.parent_id == venue.id).values(parent_id=None)
        done = session.execute(inside).rowcount == 1  # type: ignore[attr-defined]
    if not done:
        raise AccessDenied("venue")
    session.expire_all()
    audit.record(session, now=now, actor=actor, action="venue.put_outside", subject=str(inner_id))


def close(session: Session, *, now: datetime, actor: Actor, venue: Venue) -> None:
    """Close the actor's venue: its codes say so, and what was recorded stays. Raises AccessDenied.

    Closing what is closed changes nothing.
    """
    _must_own(actor, venue)
    if venue.state == CLOSED:
        return
    venue.state, venue.closed_at = CLOSED, now
    session.flush()
    audit.record(session, now=now, actor=actor, action="venue.close", subject=str(venue.id))


def reopen(session: Session, *, now: datetime, actor: Actor, venue: Venue) -> None:
    """Open it again with the same codes; what staff suspended meanwhile stays so. Raises AccessDenied.

    Opening what is open changes nothing.
    """
    _must_own(actor, venue)
    if venue.state != CLOSED:
        return
    venue.state, venue.closed_at = SUSPENDED if venue.suspended_at else ACTIVE, None
    session.flush()
    audit.record(session, now=now, actor=actor, action="venue.reopen", subject=str(venue.id))


def suspend(session: Session, *, now: datetime, actor: Actor, venue_id: UUID, reason: str) -> None:
    """Suspend a venue of the scope: nobody checks in there until it is lifted, and the owner reads the reason.

    Raises AccessDenied for a venue out of sight, DomainError('done') where it is suspended already.
    """
    _change_by_staff(session, venue_id, [Venue.suspended_at.is_(None)], state=SUSPENDED, at=now, reason=reason)
    audit.record(session, now=now, actor=actor, action="watch.suspend", subject=str(venue_id), reason=reason)


def lift(session: Session, *, now: datetime, actor: Actor, venue_id: UUID, reason: str) -> None:
    """Lift the suspension of a venue. Raises as `suspend` does."""
    _change_by_staff(session, venue_id, [Venue.state != ACTIVE, _by_staff()], state=ACTIVE, at=None, reason=None)
    audit.record(session, now=now, actor=actor, action="watch.lift", subject=str(venue_id), reason=reason)


def add_zone(session: Session, *, now: datetime, actor: Actor, venue: Venue, name: str, kind: str = "area") -> Zone:
    """A zone of the actor's venue with its own code. Raises AccessDenied, DomainError('closed' or 'many')."""
    _must_own(actor, venue)
    if venue.state == CLOSED:
        raise DomainError("closed")
    if queries.count_zones(session, venue.id) >= MOST_ZONES:
        raise DomainError("many")
    zone = Zone(id=new_id(now), venue_id=venue.id, name=name, name_fold=fold(name)[:100], kind=kind)
    session.add(zone)
    session.flush()
    issue_code(session, now=now, venue_id=venue.id, zone_id=zone.id)
    audit.record(session, now=now, actor=actor, action="zone.add", subject=str(zone.id))
    return zone


def remove_zone(session: Session, *, now: datetime, actor: Actor, venue: Venue, zone_id: UUID) -> None:
    """Take a zone out of use: its codes are revoked, and the visits there stay. Raises AccessDenied, also twice."""
    _must_own(actor, venue)
    revoked = session.execute(
        sa.update(Code)
        .where(Code.venue_id == venue.id, Code.zone_id == zone_id, Code.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if revoked.rowcount == 0:  # type: ignore[attr-defined]
        raise AccessDenied("zone")
    audit.record(session, now=now, actor=actor, action="zone.remove", subject=str(zone_id))


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


def add_guesses(session: Session, *, day: date, kind: str, number: int) -> None:
    """Add to how many codes were tried on a day that do not exist."""
    insert = (postgresql.insert if is_postgresql(session) else sqlite.insert)(CodeGuess)
    added = CodeGuess.count + insert.excluded.count
    session.execute(
        insert.values(day=day, kind=kind, count=number).on_conflict_do_update(
            index_elements=["day", "kind"], set_={"count": added}
        )
    )


def _take(vault: Vault, venue: Venue, facts: VenueFacts) -> None:
    venue.name, venue.name_fold = facts.name, fold(facts.name)[:200]
    venue.kind, venue.address, venue.commune_id = facts.kind, facts.address, facts.commune_id
    venue.search_fold = searched(facts.name, facts.address)
    venue.opens_at, venue.closes_at = facts.opens_at, facts.closes_at
    venue.plate, venue.size = facts.plate, facts.size
    venue.latitude, venue.longitude = facts.latitude, facts.longitude
    venue.contact = vault.lock("owner", {"phone": facts.phone})
    venue.phone_index = phone_index(vault, facts.phone)


def _must_own(actor: Actor, venue: Venue) -> None:
    if venue.owner_id != actor.id:
        raise AccessDenied("venue")


def _by_staff() -> sa.ColumnElement[bool]:
    # Also one that was suspended before it was known when.
    return sa.or_(Venue.suspended_at.is_not(None), Venue.state == SUSPENDED)


def _change_by_staff(
    session: Session,
    venue_id: UUID,
    conditions: list[sa.ColumnElement[bool]],
    *,
    state: str,
    at: datetime | None,
    reason: str | None,
) -> None:
    sight = Venue.id == venue_id, rows(session, Venue)
    if session.scalar(sa.select(Venue.id).where(*sight)) is None:
        raise AccessDenied("venue")
    changed = session.execute(
        sa.update(Venue)
        .where(*sight, *conditions)
        # What its owner closed stays closed.
        .values(
            state=sa.case((Venue.closed_at.is_not(None), CLOSED), else_=state),
            suspended_at=at,
            suspended_reason=reason,
        )
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise DomainError("done")
    session.expire_all()
