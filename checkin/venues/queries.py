from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from checkin.fold import fold
from checkin.places.models import Place
from checkin.remember import remembered
from checkin.venues.codes import normalise
from checkin.venues.models import ACTIVE, Code, Venue, Zone

# A mall holds a food court that holds a kiosk; deeper than this nobody builds.
DEEPEST = 5


@dataclass(frozen=True)
class Door:
    """What a code on a wall stands for: a venue, perhaps one of its zones."""

    code: str
    issued_at: datetime
    revoked: bool
    venue_id: UUID
    venue_name: str
    kind: str
    state: str
    address: str
    commune_id: str
    commune_name: str
    zone_id: UUID | None
    zone_name: str | None
    closes_at: str | None
    default_minutes: int | None
    owner_id: UUID | None
    # The venues that this one stands inside, nearest first.
    around: tuple[UUID, ...] = ()

    @property
    def open(self) -> bool:
        """True when people may check in with this code."""
        return not self.revoked and self.state == ACTIVE


def _doors() -> Any:
    return (
        sa.select(Code, Venue, Zone, Place)
        .join(Venue, Code.venue_id == Venue.id)
        .outerjoin(Zone, Code.zone_id == Zone.id)
        .join(Place, Venue.commune_id == Place.id)
    )


def _door(row: Any) -> Door:
    code, venue, zone, place = row
    return Door(
        code=code.code,
        issued_at=code.issued_at,
        revoked=code.revoked_at is not None,
        venue_id=venue.id,
        venue_name=venue.name,
        kind=venue.kind,
        state=venue.state,
        address=venue.address,
        commune_id=venue.commune_id,
        commune_name=place.full_name,
        zone_id=zone.id if zone else None,
        zone_name=zone.name if zone else None,
        closes_at=venue.closes_at,
        default_minutes=(zone.default_minutes if zone else None) or venue.default_minutes,
        owner_id=venue.owner_id,
    )


def door(session: Session, code: str) -> Door | None:
    """What a code stands for, revoked or not; None when it was never issued. `code` is normalised."""
    row = session.execute(_doors().where(Code.code == code)).first()
    if row is None:
        return None
    return replace(_door(row), around=tuple(ancestors(session, row[1].id)) if row[1].parent_id else ())


# What every check-in asks. A revoked code is taken for so long in other processes than the one it was revoked in.
known_door = remembered(seconds=10, most=4096)(door)


def doors_of(session: Session, venue_id: UUID) -> list[Door]:
    """Codes of a venue that are in force, its own first, then its zones' by name."""
    rows = session.execute(_doors().where(Code.venue_id == venue_id, Code.revoked_at.is_(None)))
    return sorted((_door(row) for row in rows), key=lambda d: (d.zone_name is not None, d.zone_name or "", d.code))


def all_codes(session: Session) -> Iterator[tuple[str, str]]:
    """(code, venue's name, with the zone's where there is one) of every code in force, by name."""
    rows = session.execute(
        sa.select(Code.code, Venue.name, Zone.name)
        .join(Venue, Code.venue_id == Venue.id)
        .outerjoin(Zone, Code.zone_id == Zone.id)
        .where(Code.revoked_at.is_(None))
        .order_by(Venue.name_fold, Venue.id, Zone.name_fold, Code.code)
    )
    for code, venue, zone in rows:
        yield code, f"{venue} – {zone}" if zone else venue


def of_owner(session: Session, owner_id: UUID) -> list[tuple[Venue, str]]:
    """The owner's venues with the name of their commune, by name."""
    rows = session.execute(
        sa.select(Venue, Place)
        .join(Place, Venue.commune_id == Place.id)
        .where(Venue.owner_id == owner_id)
        .order_by(Venue.name_fold, Venue.id)
    )
    return [(venue, place.full_name) for venue, place in rows]


def owned(session: Session, owner_id: UUID, venue_id: UUID) -> Venue | None:
    """The venue when this owner has it."""
    return session.scalar(sa.select(Venue).where(Venue.id == venue_id, Venue.owner_id == owner_id))


def ancestors(session: Session, venue_id: UUID) -> list[UUID]:
    """The venues that this one stands inside, nearest first."""
    found: list[UUID] = []
    current: UUID | None = venue_id
    for _ in range(DEEPEST):
        current = session.scalar(sa.select(Venue.parent_id).where(Venue.id == current))
        if current is None or current in found:
            break
        found.append(current)
    return found


def with_inside(session: Session, venue_id: UUID) -> list[UUID]:
    """The venue and every venue inside it."""
    tree = sa.select(Venue.id, sa.literal(0).label("depth")).where(Venue.id == venue_id).cte(recursive=True)
    child = aliased(Venue)
    tree = tree.union_all(
        sa.select(child.id, tree.c.depth + 1).where(child.parent_id == tree.c.id, tree.c.depth < DEEPEST)
    )
    return list(dict.fromkeys(session.scalars(sa.select(tree.c.id))))


@dataclass(frozen=True)
class Found:
    """A venue that a search found."""

    id: UUID
    name: str
    address: str
    commune_name: str
    kind: str
    code: str


def search(
    session: Session, text: str, *, commune_id: str | None = None, kind: str | None = None, limit: int = 20
) -> list[Found]:
    """Venues whose name holds every word of `text`, with or without accents; or the one with that code.

    Best first: the name exactly as typed, then the same name without accents, then names that begin so.
    """
    text = text.replace("\x00", "")  # which PostgreSQL takes in no text
    first_code = (
        sa.select(sa.func.min(Code.code))
        .where(Code.venue_id == Venue.id, Code.zone_id.is_(None), Code.revoked_at.is_(None))
        .correlate(Venue)
        .scalar_subquery()
    )
    query = sa.select(Venue, Place, first_code).join(Place, Venue.commune_id == Place.id)
    if commune_id:
        query = query.where(Venue.commune_id == commune_id)
    if kind:
        query = query.where(Venue.kind == kind)
    by_code = session.scalar(sa.select(Code.venue_id).where(Code.code == normalise(text)[:11]))
    folded = fold(text)[:200]
    if by_code is not None:
        query = query.where(Venue.id == by_code)
    else:
        for word in folded.split()[:8]:
            query = query.where(Venue.name_fold.contains(word, autoescape=True))
    exact = sa.case(
        (Venue.name == text, 0),
        (Venue.name_fold == folded, 1),
        (Venue.name_fold.startswith(folded, autoescape=True), 2),
        else_=3,
    )
    rows = session.execute(query.order_by(exact, Venue.name_fold, Venue.id).limit(limit))
    return [Found(v.id, v.name, v.address, place.full_name, v.kind, code or "") for v, place, code in rows]


def names(session: Session, ids: set[UUID]) -> dict[UUID, Venue]:
    """Venues by id."""
    return {venue.id: venue for venue in session.scalars(sa.select(Venue).where(Venue.id.in_(ids)))}


def zone_names(session: Session, venue_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of the zones of these venues by zone id."""
    rows = session.execute(sa.select(Zone.id, Zone.name).where(Zone.venue_id.in_(venue_ids)))
    return dict(rows.all())


def own_codes(session: Session, venue_ids: set[UUID]) -> dict[UUID, str]:
    """The code in force of each venue as a whole."""
    rows = session.execute(
        sa.select(Code.venue_id, sa.func.min(Code.code))
        .where(Code.venue_id.in_(venue_ids), Code.zone_id.is_(None), Code.revoked_at.is_(None))
        .group_by(Code.venue_id)
    )
    return dict(rows.all())
