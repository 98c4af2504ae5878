"""Which other cases were at the places of a case: the product and the oracle say the same, and the edges one by one."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.cases import service as keeping
from checkin.cases.models import Case, case_visit, kept_declaration, kept_visit
from checkin.cases.service import CaseFacts
from checkin.exposure.models import SOURCE, Lookup
from checkin.exposure.overlap import Window
from checkin.exposure.sources import pairs
from checkin.exposure.sourcing import Sourcing
from checkin.visits.models import Visit
from tests import factories
from tests.exposure.stays import BASE, CAP, Row, at, person
from tests.exposure.town import PLACES, build, store
from tests.oracles.sources import Pair, Stay, who_was_there_too

STANDS_IN = {"kiosk": "mall", "stall": "kiosk"}
VENUE = {place: "mall" if place.startswith("mall") else place for place in PLACES}
MINUTE = timedelta(minutes=1)
STAYS = st.tuples(
    st.integers(0, 3),
    st.integers(0, len(PLACES) - 1),
    st.integers(-CAP, 1500),
    st.one_of(st.integers(0, 90), st.integers(0, CAP)),
    st.booleans(),
)


@pytest.fixture
def town(session, vault):
    return build(session, vault)


def opened(app, session, number, disease):
    facts = CaseFacts(title=f"Ca {number}", disease=disease)
    return keeping.open_for(
        session, now=at(3000), actor=factories.SYSTEM, facts=facts, person_id=person(number), found_by="TC-000001",
        rules=factories.rules(app),
    )  # fmt: skip


def sourcing(session, case, start, end):
    return Sourcing(
        session, Lookup(kind=SOURCE, start=at(start), end=at(end), made_at=at(3000), person_id=case.person_id), case
    )


def emptied(session):
    for table in (case_visit, kept_visit, kept_declaration, Case.__table__):
        session.execute(sa.delete(table))
    session.expire_all()


def as_pairs(session, found):
    """The pairs of the product with the numbers of their stays, in the oracle's form."""

    def key(stay):
        return stay.person_id, stay.entered_at, stay.left_at, stay.until_latest, stay.venue_id, stay.zone_id

    numbers = defaultdict(set)
    for row in session.execute(sa.select(Visit.__table__)):
        numbers[key(row)].add(row.id.int)
    return {
        Pair(pair.own.id.int, number, pair.certain_minutes, pair.possible_minutes, pair.gap_minutes)
        for pair in found
        for number in numbers[key(pair.other)]
    }


@settings(max_examples=15)
@given(
    st.lists(STAYS, min_size=6, max_size=30),
    st.sampled_from(["covid-19", "measles"]),
    st.integers(-CAP, 1500),
    st.integers(0, 1500),
)
def test_the_product_says_what_the_oracle_says(app, session, town, drawn, disease, start, length):
    emptied(session)
    rows = [
        Row(UUID(int=n + 1), person(who), at(entered), at(entered + stay) if recorded else None, at(entered + stay), at(entered + stay))
        for n, (who, _, entered, stay, recorded) in enumerate(drawn)
    ]  # fmt: skip
    places = [PLACES[place] for _, place, *_ in drawn]
    store(session, town, rows, places)
    # The last one has another disease.
    made = [opened(app, session, number, disease if number < 3 else "avian-influenza") for number in range(4)]
    told = [
        Stay(n + 1, who, VENUE[PLACES[place]], entered, entered + stay if recorded else None, entered + stay)
        for n, (who, place, entered, stay, recorded) in enumerate(drawn)
    ]
    air = 120 if disease == "measles" else 0
    right = who_was_there_too(told, 0, {1, 2}, STANDS_IN, start, start + length, air)
    found = sourcing(session, made[0], start, start + length)
    assert as_pairs(session, found.pairs) == right
    assert found.people == {person(told[pair.other - 1].case) for pair in right}


def stay(number, who, entered, left=None, latest=None):
    until = latest if left is None else left
    return Row(UUID(int=number), person(who), at(entered), None if left is None else at(left), at(entered), at(until))


def told_by(app, session, town, rows, places, *, air="covid-19", window=(0, 1000)):
    emptied(session)
    store(session, town, rows, places)
    numbers = sorted({row.person_id.int - 1 for row in rows})
    made = {number: opened(app, session, number, air) for number in numbers}
    return [
        (pair.other.person_id.int - 1, pair.certain_minutes, pair.possible_minutes, pair.gap_minutes)
        for pair in sourcing(session, made[0], *window).pairs
    ]


def test_those_who_can_have_met_stand_before_those_who_were_gone_and_the_nearest_of_these_first(app, session, town):
    rows = [
        stay(1, 0, 500, left=560),
        stay(2, 1, 530, latest=600),  # together, at most
        stay(3, 2, 100, left=200),  # gone, long before
        stay(4, 3, 300, left=450),  # gone, shortly before
        stay(5, 4, 500, left=510),  # together, for certain
    ]
    assert told_by(app, session, town, rows, ["shop"] * 5) == [
        (4, 10, 10, None),
        (1, 0, 30, None),
        (3, 0, 0, 50),
        (2, 0, 0, 300),
    ]


def test_who_came_when_the_case_had_left_is_not_its_source(app, session, town):
    rows = [stay(1, 0, 500, left=560), stay(2, 1, 561, left=600), stay(3, 2, 560, left=600)]
    assert told_by(app, session, town, rows, ["shop"] * 3) == [(2, 0, 0, None)]


def test_who_was_gone_before_the_window_is_left_out_unless_the_air_reaches_into_it(app, session, town):
    rows = [stay(1, 0, 500, left=560), stay(2, 1, 200, left=399), stay(3, 2, 200, left=279)]
    for disease, found in (("covid-19", []), ("measles", [(1, 19, 19, None)])):
        assert told_by(app, session, town, rows, ["shop"] * 3, air=disease, window=(400, 1000)) == found


def test_the_mall_around_and_the_stall_inside_count_and_the_shop_beside_does_not(app, session, town):
    rows = [stay(n, n - 1, 0, left=30) for n in (1, 2, 3, 4)]
    found = told_by(app, session, town, rows, ["kiosk", "mall north", "stall", "shop"])
    assert {who for who, *_ in found} == {1, 2}


def test_a_case_that_was_none_an_earlier_illness_of_the_same_person_and_another_disease_are_no_source(
    app, session, town
):
    emptied(session)
    store(session, town, [stay(n, n - 1, 0, left=30) for n in (1, 2, 3)], ["shop"] * 3)
    rules, actor = factories.rules(app), factories.SYSTEM
    earlier = opened(app, session, 0, "measles")
    keeping.set_state(session, now=at(3000), actor=actor, case=earlier, state="recovered", rules=rules)
    mine, other, foreign = (opened(app, session, n, d) for n, d in ((0, "measles"), (1, "measles"), (2, "covid-19")))
    assert [pair.other.case_id for pair in sourcing(session, mine, 0, 100).pairs] == [other.id]
    keeping.set_state(session, now=at(3000), actor=actor, case=other, state="discarded", rules=rules)
    assert sourcing(session, mine, 0, 100).pairs == []
    assert foreign.state == "confirmed"


def test_a_stay_of_the_window_alone_counts_and_is_cut_to_it():
    window = Window(BASE, BASE + 60 * MINUTE)
    place = UUID(int=1)

    class At:
        def __init__(self, entered, left):
            self.venue_id, self.entered_at, self.left_at, self.until_latest = place, at(entered), at(left), at(left)

    (pair,) = pairs([At(-30, 90)], [At(-20, 10)], {place: {place}}, window, timedelta())
    assert (pair.certain_minutes, pair.gap_minutes) == (10, None)
    (before,) = pairs([At(30, 90)], [At(-20, 10.5)], {place: {place}}, window, timedelta())
    assert (before.possible_minutes, before.gap_minutes) == (0, 19)
