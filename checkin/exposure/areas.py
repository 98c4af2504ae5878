"""Which venues and zones a question is about, as a condition that is built once for all of its shape."""

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from checkin.venues.models import Venue
from checkin.visits.models import Visit


@dataclass(frozen=True)
class Area:
    """Which venues: those given, be it none, or all of a commune and kind; of one zone where it is named.

    Of several zones where those are: then `whole_ids` are the venues that count as a whole.
    """

    venue_ids: tuple[UUID, ...] | None = None
    zone_id: UUID | None = None
    commune_id: str | None = None
    kind: str | None = None
    zone_ids: tuple[UUID, ...] = ()
    whole_ids: tuple[UUID, ...] = ()

    def condition(self, prefix: str = "") -> sa.ColumnElement[bool]:
        """What a visit must fulfil to be of this area; `values` has the values, by name."""
        listed = Visit.venue_id.in_(_some(f"{prefix}venue_ids"))
        if self.zone_ids:
            zones, whole = _some(f"{prefix}zone_ids"), _some(f"{prefix}whole_ids")
            return sa.and_(listed, sa.or_(Visit.zone_id.in_(zones), Visit.venue_id.in_(whole)))
        if self.zone_id is not None:
            return sa.and_(listed, Visit.zone_id == sa.bindparam(f"{prefix}zone_id"))
        if self.venue_ids is not None:
            return listed
        venues = sa.select(Venue.id)
        if self.commune_id:
            venues = venues.where(Venue.commune_id == sa.bindparam(f"{prefix}commune_id"))
        if self.kind:
            venues = venues.where(Venue.kind == sa.bindparam(f"{prefix}kind"))
        return Visit.venue_id.in_(venues)

    def values(self, prefix: str = "") -> dict[str, Any]:
        """The values of `condition`."""
        named = {f"{prefix}{field.name}": getattr(self, field.name) for field in fields(self)}
        return {**named, f"{prefix}venue_ids": self.venue_ids or ()}

    def shape(self) -> "Area":
        """An area of the same condition with other values: what was built for one serves the other."""
        return Area(
            None if self.venue_ids is None else (),
            None if self.zone_id is None else UUID(int=0),
            self.commune_id and "any",
            self.kind and "any",
            self.zone_ids and (UUID(int=0),),
        )


def _some(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, expanding=True)
