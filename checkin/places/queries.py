from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.places.models import Place
from checkin.remember import remembered

# Places change with a reform, not within minutes; they are asked for with every form.
SECONDS = 600


@dataclass(frozen=True)
class Unit:
    """A present province or commune."""

    id: str
    kind: str
    name: str
    full_name: str
    parent_id: str | None
    population: int | None
    station_phone: str | None


def _unit(place: Place) -> Unit:
    return Unit(
        place.id, place.kind, place.name, place.full_name, place.parent_id, place.population, place.station_phone
    )


@remembered(SECONDS, 64)
def communes_of(session: Session, province_code: str) -> tuple[Unit, ...] | None:
    """Present communes of a province: wards, then communes, then special zones, each by name; None without any."""
    order = {"phường": 0, "xã": 1, "đặc khu": 2}
    found = session.scalars(
        sa.select(Place).where(Place.level == "commune", Place.parent_id == province_code, Place.valid_to.is_(None))
    )
    ordered = sorted(found, key=lambda place: (order.get(place.kind, 3), place.name_fold, place.name))
    return tuple(map(_unit, ordered)) or None


@remembered(SECONDS, 8)
def provinces(session: Session) -> tuple[Unit, ...] | None:
    """The present provinces by name; None before they are loaded."""
    found = session.scalars(
        sa.select(Place).where(Place.level == "province", Place.valid_to.is_(None)).order_by(Place.name_fold)
    )
    return tuple(map(_unit, found)) or None


def commune(session: Session, commune_id: str | None) -> Unit | None:
    """A present commune by its id."""
    return _commune(session, commune_id) if commune_id and commune_id.isalnum() else None


@remembered(SECONDS, 4096)
def _commune(session: Session, commune_id: str) -> Unit | None:
    place = session.get(Place, commune_id)
    return _unit(place) if place is not None and place.level == "commune" and place.valid_to is None else None


def names(session: Session, ids: set[str]) -> dict[str, str]:
    """Full names of places by id; of communes with their province."""
    if not ids:
        return {}
    parent = sa.orm.aliased(Place)
    rows = session.execute(
        sa.select(Place, parent.name).outerjoin(parent, Place.parent_id == parent.id).where(Place.id.in_(ids))
    )
    return {place.id: place.full_name if above is None else f"{place.full_name}, {above}" for place, above in rows}


def is_loaded(session: Session) -> bool:
    """True when the places have been loaded."""
    return session.scalar(sa.select(Place.id).limit(1)) is not None
