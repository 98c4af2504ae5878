"""What the lookup reads, on both databases, against the oracle over the very rows that were stored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.exposure import queries, showing
from checkin.exposure.models import PLACE, Lookup
from checkin.exposure.overlap import Window, presences
from checkin.exposure.queries import Area
from checkin.venues import queries as venues
from checkin.visits.models import Visit
from checkin.visits.stays import cap
from tests import factories
from tests.exposure.stays import BASE, CAP, Row, as_met, at, crowd, person, seconds, told
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


@pytest.fixture
def town(session, vault):
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


# (person, place, entered, stay, recorded end): the stay is at most the cap, the longest there is. An end that
# was recorded is the likely and the latest one too.
STAYS = st.tuples(
    st.integers(0, 11),
    st.integers(0, len(PLACES) - 1),
    st.integers(-CAP, 1500),
    st.one_of(st.integers(0, 90), st.integers(0, CAP), st.just(CAP)),
    st.booleans(),
)
MANY = st.lists(STAYS, min_size=50, max_size=100)
STARTS, LENGTHS = st.integers(-60, 1440), st.one_of(st.integers(0, 60), st.integers(0, 1440))


def made_of(drawn: list[tuple[int, int, int, int, bool]]) -> tuple[list[Row], list[str]]:
    rows = [
        Row(
            UUID(int=number + 1),
            person(who),
            at(entered),
            at(entered + stay) if recorded else None,
            at(entered + (stay if recorded else stay // 2)),
            at(entered + stay),
        )
        for number, (who, _, entered, stay, recorded) in enumerate(drawn)
    ]
    return rows, [PLACES[place] for _, place, *_ in drawn]


@settings(max_examples=25)
@given(MANY, STARTS, LENGTHS, st.sampled_from(sorted(ASKED)))
def test_the_lookup_finds_whom_the_oracle_finds(app, session, town, drawn, start, length, shown):
    rows, places = made_of(drawn)
    store(session, town, rows, places)
    assert differing(session, town, rows, places, start, length) == []
    # And so does what the page shows, which reads more than the window for its chart.
    window = Window(at(start), at(start + length))
    on_page = showing.found_at(session, town.lookup(shown, window))
    mine = [row for row, place in zip(rows, places, strict=True) if place in ASKED[shown]]
    assert as_met(on_page.people) == who_was_there(told(mine), seconds(window.start), seconds(window.end))


@pytest.mark.long
@pytest.mark.timeout(900)
@given(MANY, STARTS, LENGTHS)
def test_the_lookup_finds_whom_the_oracle_finds_in_many_towns(session, town, drawn, start, length):
    rows, places = made_of(drawn)
    store(session, town, rows, places)
    assert differing(session, town, rows, places, start, length) == []


def test_the_longest_stay_of_the_tests_is_that_of_the_rules(app):
    assert cap(factories.rules(app, BASE)) == timedelta(minutes=CAP)


def test_visits_of_the_evening_before_are_found_after_midnight(session, town):
    rows = [
        Row(UUID(int=1), person(1), at(30), None, at(60), at(30 + CAP)),  # 23:30, may have stayed all night
        Row(UUID(int=2), person(2), at(30), at(61), at(61), at(61)),  # left at 00:01
        Row(UUID(int=3), person(3), at(30), at(59), at(59), at(59)),  # left at 23:59
        Row(UUID(int=4), person(4), at(60), None, at(90), at(90)),  # came at 00:00
    ]
    store(session, town, rows, ["bar"] * 4)
    window = Window(at(60), at(120))
    found = queries.stays_at(session, town.area(session, "commune"), window.start, window.end, timedelta(minutes=CAP))
    assert [(p.person_id, p.certain_minutes, p.possible_minutes) for p in presences(found, window)] == [
        (person(2), 1, 1),
        (person(1), 0, 60),
        (person(4), 0, 30),
    ]


def test_a_stay_as_long_as_the_longest_is_found_at_its_last_moment_and_no_older_day_is_read(session, town):
    rows = [
        Row(UUID(int=1), person(1), at(0), None, at(60), at(CAP)),
        Row(UUID(int=2), person(2), at(0) - timedelta(microseconds=1), None, at(60), at(CAP)),
    ]
    store(session, town, rows, ["shop", "shop"])
    found = queries.stays_at(session, Area((town.ids["shop"],)), at(CAP), at(CAP + 60), timedelta(minutes=CAP))
    assert [stay.id for stay in found] == [UUID(int=1)]


def test_an_area_without_venues_finds_nobody(session, town):
    store(session, town, [Row(UUID(int=1), person(1), at(0), None, at(60), at(60))], ["shop"])
    for area in (
        Area((UUID(int=5),)),
        Area(commune_id="06685"),
        Area(kind="school"),
        Area((town.ids["mall"],), UUID(int=5)),
    ):
        assert queries.stays_at(session, area, at(0), at(60), timedelta(minutes=CAP)) == []


def test_a_zone_alone_leaves_out_those_of_the_same_venue_who_scanned_elsewhere_in_it(session, town):
    rows = [Row(UUID(int=n), person(n), at(0), None, at(60), at(60)) for n in (1, 2, 3)]
    store(session, town, rows, ["mall", "mall north", "mall south"])
    found = queries.stays_at(session, town.area(session, "mall north"), at(0), at(60), timedelta(minutes=CAP))
    assert [(stay.id, stay.zone_id) for stay in found] == [(UUID(int=2), town.zones["mall north"])]


def test_the_days_of_a_person_come_newest_first_and_only_those_asked_for(session, town):
    entered = (0, 10, 20, 30)
    rows = [Row(UUID(int=m + 1), person(1), at(m), None, at(m), at(m)) for m in entered]
    rows.append(Row(UUID(int=99), person(2), at(20), None, at(20), at(20)))
    store(session, town, rows, ["shop"] * 5)
    found = queries.stays_of(session, [person(1)], at(10), at(30))
    assert [stay.entered_at for stay in found] == [at(30), at(20), at(10)]
    assert queries.stays_of(session, [], at(0), at(30)) == []


def test_a_declaration_that_is_gone_takes_no_visit_with_it(app, session, vault, town):
    shop = session.get_one(venues.Venue, town.ids["shop"])
    factories.check_in(app, session, vault, shop, at=at(0))
    session.execute(sa.text("DELETE FROM declaration"))
    (stay,) = queries.stays_at(session, Area((shop.id,)), at(0), at(60), timedelta(minutes=CAP))
    assert stay.declaration_id is not None and stay.triage is None and stay.commune_id is None


# Slips that somebody could make in what is read. The comparison must show each of them.

READ = queries.stays_at
INSIDE = venues.with_inside


def _reading(broken: Callable[..., Any]) -> Callable[[Any], None]:
    return lambda patch: patch.setattr(queries, "stays_at", broken)


def _condition(broken: Callable[[Area], Any]) -> Callable[[Any], None]:
    return lambda patch: patch.setattr(Area, "condition", broken)


MOMENT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
CONDITION = Area.condition
BREAKAGES = {
    "the longest stay forgotten": _reading(lambda s, area, start, end, _: READ(s, area, start, end, timedelta())),
    "the longest stay a moment shorter": _reading(lambda s, a, b, e, longest: READ(s, a, b, e, longest - MOMENT)),
    "the day alone, not the evening before": _reading(
        lambda s, area, start, end, longest: [r for r in READ(s, area, start, end, longest) if r.entered_at >= at(60)]
    ),
    "the end of the window left out": _reading(lambda s, a, b, e, longest: READ(s, a, b, e - MOMENT, longest)),
    "the start of the window left out": _reading(
        lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if r.until_latest > b]
    ),
    "the likely end for the latest": _reading(
        lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if r.until_likely >= b]
    ),
    "recorded ends alone": _reading(lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if r.left_at]),
    "guessed ends alone": _reading(lambda s, a, b, e, longest: [r for r in READ(s, a, b, e, longest) if not r.left_at]),
    "one stay a person": _reading(
        lambda s, a, b, e, longest: list({r.person_id: r for r in READ(s, a, b, e, longest)}.values())
    ),
    "a limit on the rows": _reading(lambda s, a, b, e, longest: READ(s, a, b, e, longest)[:10]),
    "what stands inside forgotten": lambda patch: patch.setattr(venues, "with_inside", lambda _, venue_id: [venue_id]),
    "only one level inside": lambda patch: patch.setattr(venues, "with_inside", lambda s, i: INSIDE(s, i)[:2]),
    "the zone forgotten": _condition(lambda area: CONDITION(Area(area.venue_ids, None, area.commune_id, area.kind))),
    "the commune forgotten": _condition(lambda area: CONDITION(Area(area.venue_ids, area.zone_id, None, area.kind))),
    "the kind forgotten": _condition(lambda area: CONDITION(Area(area.venue_ids, area.zone_id, area.commune_id))),
}


def town_days() -> list[tuple[list[Row], list[str], int, int]]:
    """A few days by chance, and one with every edge in every place; the window is 00:00 to 01:00."""
    edges = [
        (60 - CAP, CAP, None),
        (120, 10, None),
        (30, 30, None),
        (30, 29, 29),
        (30, 31, 31),
        (30, 300, None),
        (70, 20, 20),
        (75, 40, 40),
        (61, 0, 0),
    ]
    rows, places = [], []
    for place in PLACES:
        for entered, stay, left in edges:
            number = len(rows)
            recorded = None if left is None else at(entered + left)
            likely = recorded or at(min(entered + 5, entered + stay))
            rows.append(
                Row(UUID(int=number + 1), person(number // 2), at(entered), recorded, likely, at(entered + stay))
            )
            places.append(place)
    days = [(rows, places, 60, 60)]
    for seed in range(3):
        # Straight from the table an end that was recorded is the latest one too.
        drawn = [
            Row(r.id, r.person_id, r.entered_at, r.left_at, r.left_at or r.until_likely, r.left_at or r.until_latest)
            for r in crowd(seed, stays=60, people=20)
        ]
        days.append((drawn, [PLACES[(number * 5 + seed) % len(PLACES)] for number in range(60)], 60, 60 * seed))
    return days


def test_the_days_that_show_breakages_show_none_where_there_is_none(session, town):
    for day in town_days():
        store(session, town, *day[:2])
        assert differing(session, town, *day) == []


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
def test_the_comparison_with_the_oracle_shows_when_the_reading_is_broken(session, town, breakage, monkeypatch):
    breakage(monkeypatch)
    for day in town_days():
        store(session, town, *day[:2])
        if differing(session, town, *day):
            return
    pytest.fail("nobody noticed")
