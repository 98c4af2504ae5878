import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.places.models import Place


def communes_of(session: Session, province_code: str) -> list[Place]:
    """Present communes of a province: wards, then communes, then special zones, each by name."""
    order = {"phường": 0, "xã": 1, "đặc khu": 2}
    found = session.scalars(
        sa.select(Place).where(Place.level == "commune", Place.parent_id == province_code, Place.valid_to.is_(None))
    )
    return sorted(found, key=lambda place: (order.get(place.kind, 3), place.name_fold, place.name))


def provinces(session: Session) -> list[Place]:
    """The present provinces by name."""
    return list(
        session.scalars(
            sa.select(Place).where(Place.level == "province", Place.valid_to.is_(None)).order_by(Place.name_fold)
        )
    )


def commune(session: Session, commune_id: str | None) -> Place | None:
    """A present commune by its id."""
    place = session.get(Place, commune_id) if commune_id and commune_id.isalnum() else None
    return place if place is not None and place.level == "commune" and place.valid_to is None else None


def names(session: Session, ids: set[str]) -> dict[str, str]:
    """Full names of places by id; of communes with their province."""
    parent = sa.orm.aliased(Place)
    rows = session.execute(
        sa.select(Place, parent.name).outerjoin(parent, Place.parent_id == parent.id).where(Place.id.in_(ids))
    )
    return {place.id: place.full_name if above is None else f"{place.full_name}, {above}" for place, above in rows}


def is_loaded(session: Session) -> bool:
    """True when the places have been loaded."""
    return session.scalar(sa.select(Place.id).limit(1)) is not None
