from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.accounts.service import NOBODY
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import set_scope
from checkin.declarations import service as declarations
from checkin.declarations.told import Identity, Told
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.names import mask_for_desk
from checkin.people.service import identify
from checkin.personcards import queries
from checkin.personcards.codes import new_code
from checkin.personcards.models import CITIZEN, DEVICE, LOST, STATION, PersonCard
from checkin.personcards.queries import Card
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.codes import normalise

# What one press of a button makes at most.
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Issuer:
    """Who issues: a station, the device at a venue's counter, or a citizen's own browser."""

    by: str
    actor: Actor
    # What the entry in the log names: the device's link at a counter; nothing of a citizen's browser.
    subject: str = ""
    venue_id: UUID | None = None
    device: bytes | None = None


@dataclass(frozen=True)
class Made:
    """What goes on paper, and is told here alone: the name, the code, and the code to report the card lost by."""

    card_id: UUID
    full_name: str
    code: str
    lost_code: str


def issue(session: Session, vault: Vault, *, now: datetime, issuer: Issuer, people: Sequence[Identity]) -> list[Made]:
    """Make a card for each of these people, in order; somebody may have several.

    The scope of the issuer must be set. Raises DomainError('many') above MOST_AT_ONCE, DomainError('nobody') without
    anybody.
    """
    if not people:
        raise DomainError("nobody")
    if len(people) > MOST_AT_ONCE:
        raise DomainError("many")
    if issuer.by == CITIZEN:
        set_scope(session, device=issuer.device)
    made, rows = [], []
    for who in people:
        told_of = declarations.person_indexes(vault, who)
        known = queries.with_name(session, told_of)
        # Where somebody lives is no stranger's to say: it would open their visits to that station.
        home = None if issuer.by == CITIZEN else who.commune_id
        person_id = identify(session, now=now, told=told_of, commune_id=home, known=known)
        one = Made(new_id(now), who.full_name, new_code(), new_code())
        made.append(one)
        rows.append(
            {
                **declarations.on_file(vault, told=Told(who=who, answers=None), person_id=person_id, at=now),
                "id": one.card_id,
                "masked_name": mask_for_desk(who.full_name),
                "code_index": code_index(vault, one.code),
                "lost_index": lost_index(vault, one.lost_code),
                "issued_at": now,
                "issued_by": issuer.by,
                "venue_id": issuer.venue_id,
                "device": issuer.device,
                "used_on": clock.to_local(now).date(),
            }
        )
    session.execute(sa.insert(PersonCard.__table__), rows)  # type: ignore[arg-type]
    audit.record(session, now=now, actor=issuer.actor, action="card.issue", subject=issuer.subject, rows=len(made))
    return made


def at_counter(session: Session, vault: Vault, code: str) -> Card | None:
    """The card with this code, in use or not; None for a code of no card. `code` is normalised."""
    index = code_index(vault, code)
    set_scope(session, card=index)
    return queries.by_code(session, index)


def note_use(session: Session, card: Card, today: date) -> None:
    """Note the day on which a card was used, once a day."""
    if card.used_on < today:
        session.execute(
            sa.update(PersonCard)
            .where(PersonCard.id == card.id, PersonCard.used_on < today)
            .values(used_on=today)
            .execution_options(synchronize_session=False)
        )


def report_lost(session: Session, vault: Vault, *, now: datetime, lost_code: str) -> bool:
    """Take a card out of use by the code on the strip that stayed at home; False for a code of no card.

    Said again, it is as good as the first time.
    """
    index = lost_index(vault, lost_code)
    set_scope(session, card_lost=index)
    if not queries.is_issued(session, index):
        return False
    if _revoke(session, now, LOST, PersonCard.lost_index == index):
        audit.record(session, now=now, actor=NOBODY, action="card.revoke")
    return True


def take_back(session: Session, *, now: datetime, device: bytes, card_id: UUID) -> bool:
    """Take a card out of use that this browser issued; False where it is another's or out of use already."""
    set_scope(session, device=device)
    if not _revoke(session, now, DEVICE, PersonCard.id == card_id, PersonCard.device == device):
        return False
    audit.record(session, now=now, actor=NOBODY, action="card.revoke")
    return True


def revoke(session: Session, *, now: datetime, actor: Actor, card_id: UUID) -> None:
    """Take a card of the station's own people out of use. Raises AccessDenied, also where it is so already."""
    card = queries.one(session, card_id)
    if card is None or not _revoke(session, now, STATION, PersonCard.id == card_id):
        raise AccessDenied("card")
    audit.record(session, now=now, actor=actor, action="card.revoke", subject=str(card_id))


def restore(session: Session, *, now: datetime, actor: Actor, card_id: UUID) -> None:
    """Take back that the station took a card out of use. Raises AccessDenied where somebody else did, or nobody."""
    if queries.one(session, card_id) is None:
        raise AccessDenied("card")
    back = session.execute(
        sa.update(PersonCard)
        .where(PersonCard.id == card_id, PersonCard.revoked_how == STATION)
        .values(revoked_at=None, revoked_how=None)
        .execution_options(synchronize_session=False)
    )
    if back.rowcount != 1:  # type: ignore[attr-defined]
        raise AccessDenied("card")
    audit.record(session, now=now, actor=actor, action="card.restore", subject=str(card_id))


def record_reading(session: Session, *, now: datetime, actor: Actor, card_id: UUID) -> None:
    """Log that a station reads whose card it is. The caller commits before the name is opened."""
    audit.record(session, now=now, actor=actor, action="card.read", subject=str(card_id), rows=1)


def record_search(session: Session, *, now: datetime, actor: Actor, rows: int) -> None:
    """Log that a station looked for somebody's cards, and how many it found; not for whom."""
    audit.record(session, now=now, actor=actor, action="card.find", rows=rows)


def forget(session: Session, *, now: datetime, rules: RuleSet) -> int:
    """Delete the cards that nobody used for long, and those that have been out of use; how many went."""
    unused = clock.to_local(now).date() - timedelta(days=int(rules["cards"]["unused_days"]))
    revoked = now - timedelta(days=int(rules["cards"]["revoked_days"]))
    gone = session.execute(
        sa.delete(PersonCard).where(sa.or_(PersonCard.used_on < unused, PersonCard.revoked_at < revoked)),
        execution_options={"preserve_rowcount": True, "synchronize_session": False},
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def code_index(vault: Vault, code: str) -> bytes:
    """What is kept of a card's code, and what the database takes as its scope."""
    # Keyed: the letters are safe from guessing over the pages, not from a reader of the table.
    return vault.index("card", normalise(code[:100]))


def lost_index(vault: Vault, code: str) -> bytes:
    """What is kept of the code by which a card is reported lost."""
    return vault.index("card-lost", normalise(code[:100]))


def _revoke(session: Session, now: datetime, how: str, *which: sa.ColumnElement[bool]) -> bool:
    done = session.execute(
        sa.update(PersonCard)
        .where(*which, PersonCard.revoked_at.is_(None))
        .values(revoked_at=now, revoked_how=how)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]
