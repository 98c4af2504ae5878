import secrets
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.batch import Asked, together
from checkin.db import set_scope
from checkin.declarations import service as declarations
from checkin.declarations.triage import Answers
from checkin.desk import queries
from checkin.desk.knowing import known_as
from checkin.desk.models import WAITING, DeskLink
from checkin.desk.queries import Stand
from checkin.desk.shown import Recorded, Shown, ShownCard
from checkin.errors import AccessDenied, DomainError
from checkin.ids import derived_id, new_id
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.codes import new_code, normalise
from checkin.venues.models import ACTIVE, CLOSED, Venue, Zone
from checkin.venues.queries import Door
from checkin.visits import service as visits
from checkin.visits.flags import UNCOUNTED, Arrivals, of_visit
from checkin.visits.outcomes import CheckIn, as_kept, kept
from checkin.visits.queries import OpenVisit
from checkin.visits.stays import guess_end
from checkin.zones import queries as zones

LIFE = timedelta(hours=24)
# More devices than any counter has; a list of thousands would help nobody.
MOST = 50
# A device in use is noted so often, not at each look.
NOTED_EVERY = timedelta(minutes=5)
# How long a device may be without network: what it recorded earlier is not taken any more.
OLDEST = timedelta(hours=48)


def make(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    venue: Venue,
    name: str,
    zone_id: UUID | None = None,
) -> tuple[DeskLink, str]:
    """A link for one device of the actor's venue, perhaps at one of its zones, and its code, which is told here alone.

    Raises AccessDenied when the venue is somebody else's or the zone not one of it in use, DomainError('closed'
    or 'many').
    """
    if venue.owner_id != actor.id:
        raise AccessDenied("venue")
    if venue.state == CLOSED:
        raise DomainError("closed")
    _must_be_in_use(session, venue, zone_id)
    if sum(link.state(now) in {"waiting", "joined"} for link in queries.of_venue(session, venue.id)) >= MOST:
        raise DomainError("many")
    code = new_code()
    link = DeskLink(
        id=new_id(now),
        venue_id=venue.id,
        zone_id=zone_id,
        name=name,
        made_at=now,
        expires_at=now + LIFE,
        code_hash=_code_hash(vault, code),
        device_kind="",
    )
    session.add(link)
    session.flush()
    audit.record(session, now=now, actor=actor, action="desk.make", subject=str(link.id))
    return link, code


def move(
    session: Session, *, now: datetime, actor: Actor, venue: Venue, link_id: UUID, zone_id: UUID | None
) -> DeskLink:
    """Put a device of the actor's venue at another zone of it, or at the venue as a whole.

    What it recorded before stays where it was recorded. Raises AccessDenied, also where the device is ended.
    """
    if venue.owner_id != actor.id:
        raise AccessDenied("venue")
    _must_be_in_use(session, venue, zone_id)
    link = queries.of_id(session, venue.id, link_id)
    if link is None or link.revoked_at is not None:
        raise AccessDenied("link")
    if link.zone_id != zone_id:
        link.zone_id = zone_id
        session.flush()
        audit.record(session, now=now, actor=actor, action="desk.move", subject=str(link_id))
    return link


def revoke(session: Session, *, now: datetime, actor: Actor, venue: Venue, link_id: UUID) -> None:
    """End a device of the actor's venue, or a link that waits. Raises AccessDenied, also where it is ended already."""
    if venue.owner_id != actor.id:
        raise AccessDenied("venue")
    ended = session.execute(
        sa.update(DeskLink)
        .where(DeskLink.id == link_id, DeskLink.venue_id == venue.id, DeskLink.revoked_at.is_(None))
        .values(revoked_at=now, code_hash=None)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        raise AccessDenied("link")
    audit.record(session, now=now, actor=actor, action="desk.revoke", subject=str(link_id))


def of_code(session: Session, vault: Vault, *, now: datetime, code: str) -> Stand | None:
    """The link of a code that a device may still use, and where it stands; None for any other."""
    code_hash = _code_hash(vault, code)
    set_scope(session, desk_code=code_hash)
    found = queries.by_code(session, code_hash)
    return found if found and found.link.state(now) == WAITING else None


def join(session: Session, vault: Vault, *, now: datetime, code: str, device_kind: str) -> str:
    """Join a device over a code, which is used up; returns the device's secret, of which only a hash is kept.

    Of two devices at once one joins. Raises DomainError('gone').
    """
    found = of_code(session, vault, now=now, code=code)
    secret = secrets.token_hex(32)
    secret_hash = hash_of(vault, secret)
    set_scope(session, desk=secret_hash)  # else the row would go out of sight by being changed
    if found is None or not _use_up(session, found.link, now=now, secret_hash=secret_hash, device_kind=device_kind):
        raise DomainError("gone")
    audit.record(session, now=now, actor=_device(), action="desk.join", subject=str(found.link.id))
    return secret


def note_use(session: Session, *, now: datetime, link: DeskLink) -> None:
    """Note that a device is in use; its first look of each day is an entry in the log."""
    first_today = link.used_at is None or clock.to_local(link.used_at).date() != clock.to_local(now).date()
    link.used_at = now
    session.flush()
    if first_today:
        audit.record(session, now=now, actor=_device(), action="desk.read", subject=str(link.id))


def is_due(link: DeskLink, now: datetime) -> bool:
    """True when the use of a device was not noted lately."""
    return link.used_at is None or now - link.used_at >= NOTED_EVERY


def hash_of(vault: Vault, secret: str) -> bytes:
    """What is kept of a device's secret, and what the database takes as its scope."""
    return vault.index("desk", secret)


def _use_up(session: Session, link: DeskLink, *, now: datetime, secret_hash: bytes, device_kind: str) -> bool:
    used = session.execute(
        sa.update(DeskLink)
        .where(DeskLink.id == link.id, DeskLink.code_hash == link.code_hash, DeskLink.revoked_at.is_(None))
        .values(code_hash=None, secret_hash=secret_hash, joined_at=now, device_kind=device_kind[:40])
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount == 1)  # type: ignore[attr-defined]


def _code_hash(vault: Vault, code: str) -> bytes:
    # Keyed: 50 random bits are safe from guessing over the pages, not from a reader of the table.
    return vault.index("desk-code", normalise(code[:100]))


def _device() -> Actor:
    # The name that the owner gave it may be somebody's; the log has the link's id.
    return Actor(None, "desk", "none")


def record(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    at: datetime,
    rules: RuleSet,
    venue: Venue,
    zone: Zone | None = None,
    shown: Shown | ShownCard,
    submission_id: UUID,
    arrivals: Arrivals = UNCOUNTED,
) -> Recorded:
    """Record that somebody came to the device's venue at a moment, and what they declared if anything; once.

    Whose visit at this very door, `zone` or the venue as a whole, may still last has none more: it is prolonged. As
    with phones, who comes to one door has left the venue's others, unless it is sent later than it was made.
    `submission_id` is the device's own; within the venue the same id with the same content gives the first visit
    again. The scope of the device must be set.

    Raises DomainError: 'closed' or 'suspended' the venue, unless that was later; 'too_old' a moment; 'revoked' a card,
    unless that very record was made before it was; IntegrityError where PostgreSQL has no table for the day
    (`db.missing_day`).
    """
    shut = [moment for moment in (venue.closed_at, venue.suspended_at) if moment]
    if venue.state != ACTIVE and (not shut or at >= min(shut)):
        raise DomainError(venue.state)
    if at < now - OLDEST:
        raise DomainError("too_old")
    at, door, answers = min(at, now), zones.door_of(venue, zone), shown.answers
    submission_id = derived_id(submission_id, venue.id.bytes)
    body = vault.index("body", f"desk\x1f{venue.id}\x1f{shown.fingerprint()}")
    visit = new_id(at), at
    result = as_kept([CheckIn(*visit, now, "new")])
    earlier, _ = visits.claim(session, now, submission_id, body, result, None, [])
    if earlier is not None and earlier[0] != body:
        # Back, changed, sent: something else than before.
        submission_id = derived_id(submission_id, body)
        earlier, _ = visits.claim(session, now, submission_id, body, result, None, [])
    # What was recorded before the card was reported lost was its holder's, and must not vanish with it.
    if isinstance(shown, ShownCard) and shown.card.revoked_at and at >= shown.card.revoked_at and earlier is None:
        raise DomainError("revoked")
    known = known_as(session, vault, now=now, at=at, shown=shown)
    person_id = known.person_id
    day = clock.day_bounds(clock.to_local(now).date())

    def recorded(entered_at: datetime, outcome: str) -> Recorded:
        result = queries.result_today(session, venue.id, person_id, *day)
        return Recorded(known.masked_name, entered_at, result, outcome)

    if earlier is not None:
        return recorded(kept(earlier[2])[0].entered_at, "same")
    still_open = queries.open_here(session, venue.id, person_id, at)
    here = visits.goes_on(still_open, door, at)
    if now - at < queries.SAME:
        _bound(session, [visit for visit in still_open if visit.entered_at <= at], door, at)
    declaration_id, store = declarations.prepare_on_file(
        now=at, rules=rules, who=known.on_file, answers=answers, flags=(*known.doubts, *shown.flags)
    )
    if here is not None:
        declared = None
        if answers is not None and not (
            answers == Answers() and queries.result_today(session, venue.id, person_id, *day) == queries.HELP
        ):
            declared = declaration_id, at
        set_scope(session, visit=here.id)
        writes: list[Asked] = [visits.prolong(here, rules, door, max(at, here.entered_at), declared)]
        # A card that is scanned once more tells nothing new.
        done = together(session, writes if answers is None else [*writes, store])
        if done[0].count:
            result = as_kept([CheckIn(here.id, here.entered_at, at, "extended")])
            session.execute(visits.SET_RESULT, {"of": submission_id, "result": result})
            return recorded(here.entered_at, "extended")
    values = visits.row(
        visit_id=visit[0],
        entered_at=at,
        venue_id=venue.id,
        zone_id=door.zone_id,
        person_id=person_id,
        declaration=(declaration_id, at),
        guess=guess_end(
            rules, entered_at=at, kind=venue.kind, own_minutes=door.default_minutes, closes_at=venue.closes_at
        ),
        channel=shown.channel,
        device=None,
        group_id=submission_id,
        # Masking what is masked changes nothing.
        full_name=known.masked_name,
        flags=of_visit(rules, at, venue.kind, (venue.opens_at, venue.closes_at), arrivals),
        received_at=now,
    )
    stored = here is not None and answers is not None
    together(session, [(visits.INSERT_VISIT, values)] if stored else [store, (visits.INSERT_VISIT, values)])
    return recorded(at, "new")


def _bound(session: Session, still_open: list[OpenVisit], door: Door, at: datetime) -> None:
    """Bound the visits at other doors of the venue. The public role changes one visit at a time: that in scope."""
    for statement in visits.bound_elsewhere(still_open, door, at):
        set_scope(session, visit=statement[1]["of"])
        together(session, [statement])


def _must_be_in_use(session: Session, venue: Venue, zone_id: UUID | None) -> None:
    if zone_id is not None and zone_id not in {zone.id for zone in zones.of_venue(session, venue.id)}:
        raise AccessDenied("zone")
