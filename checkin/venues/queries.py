from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from checkin.fold import fold, natural
from checkin.places.models import Place, full_name
from checkin.remember import remembered
from checkin.venues.models import ACTIVE, Code, Venue, Zone
from checkin.venues.nesting import DEEPEST


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
    zone_kind: str | None
    opens_at: str | None
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
    # Columns of the tables, not objects: the first scan of a code within seconds waits for this.
    code, venue, zone, place = Code.__table__.c, Venue.__table__.c, Zone.__table__.c, Place.__table__.c
    return (
        sa.select(
            code.code,
            code.issued_at,
            code.revoked_at,
            venue.id.label("venue_id"),
            venue.name.label("venue_name"),
            venue.kind,
            venue.state,
            venue.address,
            venue.commune_id,
            venue.opens_at,
            venue.closes_at,
            venue.owner_id,
            venue.parent_id,
            venue.default_minutes,
            zone.id.label("zone_id"),
            zone.name.label("zone_name"),
            zone.kind.label("zone_kind"),
            zone.default_minutes.label("zone_minutes"),
            place.kind.label("commune_kind"),
            place.name.label("commune_name"),
        )
        .join_from(Code.__table__, Venue.__table__, code.venue_id == venue.id)
        .outerjoin(Zone.__table__, code.zone_id == zone.id)
        .join(Place.__table__, venue.commune_id == place.id)
    )


_DOOR = _doors().where(Code.__table__.c.code == sa.bindparam("code"))


def _door(row: Any) -> Door:
    return Door(
        code=row.code,
        issued_at=row.issued_at,
        revoked=row.revoked_at is not None,
        venue_id=row.venue_id,
        venue_name=row.venue_name,
        kind=row.kind,
        state=row.state,
        address=row.address,
        commune_id=row.commune_id,
        commune_name=full_name(row.commune_kind, row.commune_name),
        zone_id=row.zone_id,
        zone_name=row.zone_name,
        zone_kind=row.zone_kind,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        default_minutes=row.zone_minutes or row.default_minutes,
        owner_id=row.owner_id,
    )


def door(session: Session, code: str) -> Door | None:
    """What a code stands for, revoked or not; None when it was never issued. `code` is normalised."""
    row = session.connection().execute(_DOOR, {"code": code}).first()
    if row is None:
        return None
    return replace(_door(row), around=tuple(ancestors(session, row.venue_id)) if row.parent_id else ())


def shut_since(session: Session, code: str) -> tuple[datetime | None, datetime | None]:
    """Since when nobody may check in with a code: (closed by the venue's owner, revoked or the venue suspended)."""
    row = session.execute(
        sa.select(Code.revoked_at, Venue.closed_at, Venue.suspended_at)
        .join(Venue, Code.venue_id == Venue.id)
        .where(Code.code == code)
    ).one()
    barred = [moment for moment in (row.revoked_at, row.suspended_at) if moment is not None]
    return row.closed_at, min(barred, default=None)


# What every check-in asks. A revoked code is taken for so long in other processes than the one it was revoked in.
known_door = remembered(seconds=30, most=16_384)(door)


def doors_of(session: Session, venue_id: UUID) -> list[Door]:
    """Codes of a venue that are in force, its own first, then its zones' by name."""
    rows = session.execute(_doors().where(Code.venue_id == venue_id, Code.revoked_at.is_(None)))
    return sorted(
        (_door(row) for row in rows),
        key=lambda d: (d.zone_name is not None, natural(fold(d.zone_name or "")), d.code),
    )


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
    """The owner's venues with the name of their commune, by name as people count."""
    rows = session.execute(
        sa.select(Venue, Place).join(Place, Venue.commune_id == Place.id).where(Venue.owner_id == owner_id)
    )
    found = [(venue, place.full_name) for venue, place in rows]
    return sorted(found, key=lambda one: (natural(one[0].name_fold), one[0].id))


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


def parents_around(session: Session, inner_id: UUID, outer_id: UUID) -> dict[UUID, UUID | None]:
    """What each venue stands in, of those around `outer_id` and inside `inner_id`, both among them."""
    ids = {outer_id, *ancestors(session, outer_id), inner_id, *with_inside(session, inner_id)}
    return dict(session.execute(sa.select(Venue.id, Venue.parent_id).where(Venue.id.in_(ids))).all())  # type: ignore[arg-type]


def tree(session: Session, venue_id: UUID) -> list[tuple[int, Venue]]:
    """What stands inside a venue, each after what it stands in, by name: how deep (from 1 on), and the venue."""
    ids = set(with_inside(session, venue_id)) - {venue_id}
    by_parent: dict[UUID | None, list[Venue]] = {}
    for venue in session.scalars(sa.select(Venue).where(Venue.id.in_(ids)).order_by(Venue.name_fold, Venue.id)):
        by_parent.setdefault(venue.parent_id, []).append(venue)
    found: list[tuple[int, Venue]] = []

    def walk(parent: UUID, depth: int) -> None:
        for venue in by_parent.pop(parent, ()):
            found.append((depth, venue))
            walk(venue.id, depth + 1)

    walk(venue_id, 1)
    return found


def wall_name(session: Session, venue_id: UUID | None) -> str:
    """The name on the wall of a venue, whoever's it is; empty for none."""
    return session.scalar(sa.select(Venue.name).where(Venue.id == venue_id)) or "" if venue_id else ""


def count_zones(session: Session, venue_id: UUID) -> int:
    """How many zones of a venue have a code in force."""
    return zones_each(session, [venue_id])[venue_id]


def zones_each(session: Session, venue_ids: Collection[UUID]) -> Counter[UUID]:
    """How many zones of each venue have a code in force."""
    rows = session.execute(
        sa.select(Code.venue_id, sa.func.count())
        .where(Code.venue_id.in_(venue_ids), Code.zone_id.is_not(None), Code.revoked_at.is_(None))
        .group_by(Code.venue_id)
    )
    return Counter(dict(rows.all()))  # type: ignore[arg-type]


def with_inside(session: Session, venue_id: UUID) -> list[UUID]:
    """The venue and every venue inside it."""
    return list(inside_each(session, [venue_id])[venue_id])


def inside_each(session: Session, venue_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Each venue with every venue inside it, the nearest first; nothing for one that is no more."""
    found: dict[UUID, dict[UUID, None]] = {venue_id: {} for venue_id in venue_ids}
    for root, venue_id in session.execute(_inside(), {"roots": list(found)}):
        found[root][venue_id] = None
    return {root: tuple(inside) for root, inside in found.items()}


# Put together once: that takes as long as the answer.
@cache
def _inside() -> Any:
    tree = (
        sa.select(Venue.id.label("root"), Venue.id, sa.literal(0).label("depth"))
        .where(Venue.id.in_(sa.bindparam("roots", expanding=True)))
        .cte(recursive=True)
    )
    child = aliased(Venue)
    tree = tree.union_all(
        sa.select(tree.c.root, child.id, tree.c.depth + 1).where(child.parent_id == tree.c.id, tree.c.depth < DEEPEST)
    )
    return sa.select(tree.c.root, tree.c.id).order_by(tree.c.depth, tree.c.id)


def related_each(session: Session, venue_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Each venue with itself, every venue inside it, and those that it stands inside."""
    inside = inside_each(session, venue_ids)
    return {one: {one, *inside[one], *ancestors(session, one)} for one in venue_ids}


def names(session: Session, ids: set[UUID]) -> dict[UUID, Venue]:
    """Venues by id."""
    if not ids:
        return {}
    return {venue.id: venue for venue in session.scalars(sa.select(Venue).where(Venue.id.in_(ids)))}


def zone_names(session: Session, venue_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of the zones of these venues by zone id."""
    if not venue_ids:
        return {}
    rows = session.execute(sa.select(Zone.id, Zone.name).where(Zone.venue_id.in_(venue_ids)))
    return dict(rows.all())


def zones_at(session: Session, venue_ids: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    """(id, name of its venue, name) of each zone of these venues, by both names."""
    rows = session.execute(
        sa.select(Zone.id, Venue.name, Zone.name)
        .join(Venue, Zone.venue_id == Venue.id)
        .where(Zone.venue_id.in_(venue_ids))
        .order_by(Venue.name_fold, Venue.id, Zone.name_fold, Zone.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def own_codes(session: Session, venue_ids: set[UUID]) -> dict[UUID, str]:
    """The code in force of each venue as a whole."""
    rows = session.execute(
        sa.select(Code.venue_id, sa.func.min(Code.code))
        .where(Code.venue_id.in_(venue_ids), Code.zone_id.is_(None), Code.revoked_at.is_(None))
        .group_by(Code.venue_id)
    )
    return dict(rows.all())
