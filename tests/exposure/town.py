"""A small town for the tests of what the lookup reads: its venues, what can be asked, and who answers otherwise."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from checkin.exposure import queries
from checkin.exposure.models import PLACE, Lookup
from checkin.exposure.overlap import Window, presences
from checkin.exposure.queries import Area
from checkin.venues import queries as venues
from checkin.visits.models import Visit
from tests import factories
from tests.exposure.stays import BASE, CAP, Row, as_met, at, seconds, told
from tests.oracles.overlap import who_was_there

# Where a visit can be: a kiosk in a mall and a stall in the kiosk, and three places outside it.
PLACES = ("mall", "mall north", "mall south", "kiosk", "stall", "shop", "bar", "shop elsewhere")
# What can be asked, and where it must look, written out by hand.
ASKED = {
    "mall": {"mall", "mall north", "mall south", "kiosk", "stall"},
    "kiosk": {"kiosk", "stall"},
    "stall": {"stall"},
    "shop": {"shop"},
    "mall north": {"mall north"},
    "commune": {"mall", "mall north", "mall south", "kiosk", "stall", "shop", "bar"},
    "commune and kind": {"kiosk", "shop"},
    "kind": {"kiosk", "shop", "shop elsewhere"},
    "everywhere": set(PLACES),
}


@dataclass
class Town:
    """The venues of these tests."""

    ids: dict[str, UUID] = field(default_factory=dict)
    zones: dict[str, UUID] = field(default_factory=dict)

    def area(self, session: Any, asked: str) -> Area:
        """The area as the product makes it of what was asked."""
        if asked in self.zones:
            return Area(tuple(venues.with_inside(session, self.ids["mall"])), self.zones[asked])
        if asked in self.ids:
            return Area(tuple(venues.with_inside(session, self.ids[asked])))
        return {
            "commune": Area(commune_id=factories.HONG_GAI),
            "commune and kind": Area(commune_id=factories.HONG_GAI, kind="shop"),
            "kind": Area(kind="shop"),
            "everywhere": Area(),
        }[asked]

    def lookup(self, asked: str, window: Window) -> Lookup:
        """The record of a question, as the page would read it."""
        area = {"commune": (factories.HONG_GAI, None), "commune and kind": (factories.HONG_GAI, "shop")}
        commune, kind = area.get(asked, (None, "shop" if asked == "kind" else None))
        return Lookup(
            kind=PLACE,
            venue_id=self.ids.get(asked) or (self.ids["mall"] if asked in self.zones else None),
            zone_id=self.zones.get(asked),
            commune_id=commune,
            venue_kind=kind,
            start=window.start,
            end=window.end,
        )


def build(session: Any, vault: Any) -> Town:
    """The venues in the database."""
    made = Town()
    for name, kind, commune in (
        ("mall", "supermarket", factories.HONG_GAI),
        ("kiosk", "shop", factories.HONG_GAI),
        ("stall", "food", factories.HONG_GAI),
        ("shop", "shop", factories.HONG_GAI),
        ("bar", "bar", factories.HONG_GAI),
        ("shop elsewhere", "shop", factories.HA_TU),
    ):
        made.ids[name] = factories.venue(session, vault, name, kind=kind, commune_id=commune).id
    for name in ("mall north", "mall south"):
        mall = session.get_one(venues.Venue, made.ids["mall"])
        made.zones[name] = factories.venues.add_zone(
            session, now=BASE, actor=factories.SYSTEM, venue=mall, name=name
        ).id
    session.get_one(venues.Venue, made.ids["kiosk"]).parent_id = made.ids["mall"]
    session.get_one(venues.Venue, made.ids["stall"]).parent_id = made.ids["kiosk"]
    session.flush()
    return made


def store(session: Any, town: Town, rows: list[Row], places: list[str]) -> None:
    """Write the rows straight into the table, in place of those of the example before."""
    session.execute(sa.delete(Visit))
    session.execute(
        sa.insert(Visit.__table__),
        [
            {
                "id": row.id,
                "entered_at": row.entered_at,
                "venue_id": town.ids[place.split(" ")[0] if place in town.zones else place],
                "zone_id": town.zones.get(place),
                "person_id": row.person_id,
                "declaration_id": None,
                "declared_at": None,
                "left_at": row.left_at,
                "end_set_by": "visitor" if row.left_at else "guessed",
                "until_likely": row.until_likely,
                "until_latest": row.until_latest,
                "channel": "own_phone",
                "device": None,
                "group_id": None,
                "masked_name": "",
            }
            for row, place in zip(rows, places, strict=True)
        ],
    )


def differing(session: Any, town: Town, rows: list[Row], places: list[str], start: int, length: int) -> list[str]:
    """What was asked and answered otherwise than the oracle answers; times in minutes after the base."""
    window = Window(at(start), at(start + length))
    wrong = []
    for asked, where in ASKED.items():
        found = queries.stays_at(session, town.area(session, asked), window.start, window.end, timedelta(minutes=CAP))
        mine = [row for row, place in zip(rows, places, strict=True) if place in where]
        right = who_was_there(told(mine), seconds(window.start), seconds(window.end))
        if as_met(presences(found, window)) != right:
            wrong.append(asked)
    return wrong
