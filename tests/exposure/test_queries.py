"""What the lookup reads, on both databases, against the oracle over the very rows that were stored."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.exposure import attendance, listing, queries
from checkin.exposure.asking import Asked
from checkin.exposure.models import PLACE, Lookup
from checkin.exposure.overlap import Window, presences
from checkin.exposure.queries import Area
from checkin.venues import queries as venues
from checkin.visits.stays import cap
from tests import cast, factories
from tests.exposure.stays import BASE, CAP, Row, as_met, at, crowd, person, seconds, told
from tests.exposure.town import ASKED, PLACES, build, differing, store
from tests.oracles.overlap import who_was_there


@pytest.fixture
def town(session, vault):
    return build(session, vault)


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
    # And so do the pages, whose order and minutes are the database's.
    window = Window(at(start), at(start + length))
    mine = [row for row, place in zip(rows, places, strict=True) if place in ASKED[shown]]
    right = who_was_there(told(mine), seconds(window.start), seconds(window.end))
    asked = Asked.of(session, town.lookup(shown, window))
    listed, page = [], asked.page(session, 3)
    while page.people:
        assert (page.first, page.total, page.certain) == (
            len(listed),
            len(right),
            sum(met.certain > 0 for met in right),
        )
        listed += page.people
        page = asked.page(session, 3, after=listed[-1].key("minutes"))
    assert [(one.person_id, one.certain_minutes, one.possible_minutes) for one in listed] == [met[:3] for met in right]
    assert as_met(asked.some(session, [one.person_id for one in listed])) == right
    # And the bars of the chart.
    assert [bar.value for bar in asked.chart(session)] == present(mine, window)


def present(rows: list[Row], window: Window) -> list[int]:
    """How many people were there in each hour or day around the window, asked of each of them one by one."""
    steps = listing.steps_around(window)
    starts = [steps.start + number * steps.step for number in range(steps.count)]
    there = [(row.person_id, row.entered_at, row.left_at or row.until_likely) for row in rows]
    return [len({who for who, came, left in there if came < start + steps.step and left >= start}) for start in starts]


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 240), st.integers(0, 240), st.sampled_from((1, 1 / 60, 1 / 60_000_000)))
def test_the_pages_rank_a_crowd_as_the_rule_does_to_the_microsecond(session, town, seed, start, length, unit):
    rows = [replace(r, until_latest=r.left_at or r.until_latest) for r in crowd(seed, unit=unit)]
    rows = [replace(r, until_likely=r.left_at or r.until_likely) for r in rows]
    store(session, town, rows, ["shop"] * len(rows))
    asked = Asked.of(session, town.lookup("shop", Window(at(start * unit), at((start + length) * unit))))
    right = presences(rows, asked.window)
    assert asked.ranked(session) == [one.person_id for one in right]
    found = asked.page(session, 50)
    assert [(one.person_id, one.certain_minutes, one.possible_minutes) for one in found.people] == [
        (one.person_id, one.certain_minutes, one.possible_minutes) for one in right
    ]
    assert [one.first_at for one in found.people] == [one.stays[0].entered_at for one in right]


def test_the_chart_of_days_counts_who_came_twice_in_a_day_once(session, town):
    entered = (0, 61, 90, 1440 + 61, 2 * 1440)
    rows = [Row(UUID(int=m + 1), person(1), at(m), None, at(m + 5), at(m + 5)) for m in entered]
    rows.append(Row(UUID(int=9999), person(2), at(62), None, at(1440 + 70), at(1440 + 70)))
    store(session, town, rows, ["shop"] * 6)
    asked = Asked.of(session, town.lookup("shop", Window(at(30), at(30 + 3 * 1440))))
    assert [bar.value for bar in asked.chart(session)] == [1, 2, 2, 0]


# Of marks on visits.
NONE = {"closed": 0, "burst": 0, "shift": 0, "denied": 0, "told": 0}


def test_the_groups_are_of_people_whose_declaration_in_the_window_says_so(app, session, vault, town):
    shop = session.get_one(venues.Venue, town.ids["shop"])
    factories.check_in(app, session, vault, shop, cast.coughing(), at=at(0))
    factories.check_in(app, session, vault, shop, cast.coughing(cast.NEIGHBOUR), at=at(2 * CAP))
    asked = Asked.of(session, town.lookup("shop", Window(at(0), at(60))))
    assert asked.groups(session) == {"watch": 1, "outside": 0, **NONE}
    (ill,) = asked.page(session, 50, "watch").people
    assert asked.page(session, 50).people == [ill] and asked.page(session, 50, "outside").total == 0
    both = Asked.of(session, town.lookup("shop", Window(at(0), at(2 * CAP))))
    assert both.groups(session)["watch"] == both.page(session, 50, "watch").total == 2
    elsewhere = replace(both.question, home="99")
    assert attendance.count_groups(session, elsewhere) == {"watch": 2, "outside": 2, **NONE}
    assert attendance.people(session, elsewhere, limit=1, only="outside").total == 2


@pytest.mark.long
@pytest.mark.wide
@pytest.mark.timeout(900)
@settings(max_examples=600)
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
        Area(()),
        Area(tuple(venues.with_inside(session, UUID(int=5)))),
        Area(commune_id="99999"),
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


def test_a_lookup_of_a_venue_that_is_no_more_shows_nobody_rather_than_everybody(app, session, town):
    store(session, town, [Row(UUID(int=1), person(1), at(0), None, at(60), at(60))], ["shop"])
    gone = Lookup(kind=PLACE, venue_id=UUID(int=5), start=at(0), end=at(60))
    asked = Asked.of(session, gone)
    assert asked.page(session, 50).people == asked.ranked(session) == []
    assert not any(bar.value for bar in asked.chart(session))
