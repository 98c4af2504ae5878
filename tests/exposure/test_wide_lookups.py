"""Several places, the same hours of each day, both of two places, who is new: on both databases, against the oracle."""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import pagekeys
from checkin.exposure import attendance
from checkin.exposure.asking import Asked, length
from checkin.exposure.hours import daily
from checkin.exposure.models import PLACE, Lookup, LookupVenue
from checkin.exposure.overlap import Window
from checkin.exposure.question import SHAPES
from checkin.me import telling
from checkin.visits.models import Visit
from tests.exposure.stays import CAP, Row, as_met, at, person, seconds, told
from tests.exposure.town import ASKED, PLACES, build, store
from tests.oracles.hours import hours_of_days, who_was_there_in

NAMED = [name for name in sorted(ASKED) if name in PLACES]
# The base is 23:00 in the province.
MIDNIGHT = -23 * 60


@pytest.fixture
def town(session, vault):
    return build(session, vault)


def local(minutes):
    """So many minutes after the midnight before the base."""
    return at(MIDNIGHT + minutes)


def spot(town, name):
    return (town.ids["mall"], town.zones[name]) if name in town.zones else (town.ids[name], None)


def lookup_of(town, here, first, last, *, is_daily=False, there=None, window=None):
    (venue_id, zone_id), *more = [spot(town, name) for name in here]
    others = [spot(town, there)] if there else []
    besides = [*((False, one) for one in more), *((True, one) for one in others)]
    return Lookup(
        id=UUID(int=7), kind=PLACE, venue_id=venue_id, zone_id=zone_id, start=local(first), end=local(last), daily=is_daily,
        other_start=local(window[0]) if window else None, other_end=local(window[1]) if window else None,
        more=[LookupVenue(number=n, other=other, venue_id=v, zone_id=z) for n, (other, (v, z)) in enumerate(besides)],
    )  # fmt: skip


def crowd(chance, many):
    """Stays at places over three days, and the places."""
    rows, places = [], []
    for number in range(many):
        entered = MIDNIGHT + chance.randrange(0, 4 * 1440)
        stay = chance.choice((0, chance.randrange(0, 60), chance.randrange(0, CAP), CAP))
        left = chance.random() < 0.5
        until = at(entered + stay)
        likely = until if left else at(entered + stay // 2)
        rows.append(
            Row(UUID(int=number + 1), person(chance.randrange(9)), at(entered), until if left else None, likely, until)
        )
        places.append(chance.choice(PLACES))
    return rows, places


def met_at(rows, places, names, windows):
    where = set().union(*(ASKED[name] for name in names))
    mine = told(row for row, place in zip(rows, places, strict=True) if place in where)
    zero = seconds(local(0))
    return who_was_there_in(mine, [(zero + 60 * start, zero + 60 * end) for start, end in windows])


def walked(asked, session, sort, only=""):
    """All pages from the first on, and from the last one back, three people each."""
    pages, page = [], asked.page(session, 3, only, sort=sort)
    while page.people:
        assert page.first == sum(len(one) for one in pages)
        pages.append(page.people)
        page = asked.page(session, 3, only, sort=sort, after=page.people[-1].key(sort))
    for number in range(len(pages) - 1, 0, -1):
        back = asked.page(session, 3, only, sort=sort, before=pages[number][0].key(sort))
        assert (back.people, back.first) == (pages[number - 1], 3 * (number - 1))
    return [one for page in pages for one in page]


TIMES = st.tuples(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 3))


@settings(max_examples=12)
@given(
    st.integers(0, 10**6), st.lists(st.sampled_from(NAMED), min_size=1, max_size=4, unique=True), TIMES, st.booleans()
)
def test_several_places_in_the_hours_of_several_days_are_those_of_the_oracle(
    session, town, seed, here, times, is_daily
):
    first, last = times[0], times[1] + 1440 * times[2]
    if last < first:
        first, last = last, first
    rows, places = crowd(Random(seed), 60)
    store(session, town, rows, places)
    windows = hours_of_days(first, last) if is_daily else [(first, last)]
    right = met_at(rows, places, here, windows)
    asked = Asked.of(session, lookup_of(town, here, first, last, is_daily=is_daily))
    assert [(one.start, one.end) for one in asked.times] == [(local(start), local(end)) for start, end in windows]
    assert (asked.count(session), asked.ranked(session)) == (len(right), [one.person for one in right])
    assert as_met(asked.some(session, [one.person for one in right])) == right
    listed = walked(asked, session, "minutes")
    assert [(one.person_id, one.certain_minutes, one.possible_minutes) for one in listed] == [one[:3] for one in right]
    sure = walked(asked, session, "first", attendance.CERTAIN)
    assert [one.person_id for one in sure] == [
        one.person_id
        for one in sorted((one for one in listed if one.certain_minutes), key=lambda one: one.key("first"))
    ]


@settings(max_examples=8)
@given(
    st.integers(0, 10**6), st.sampled_from(NAMED), st.sampled_from(NAMED), st.integers(0, 2000), st.integers(0, 2000)
)
def test_who_was_at_both_places_has_the_minutes_of_either(session, town, seed, here, there, first, second):
    rows, places = crowd(Random(seed), 60)
    store(session, town, rows, places)
    a, b = (first, first + 900), (second, second + 700)
    at_a = {one.person: one for one in met_at(rows, places, [here], [a])}
    at_b = {one.person: one for one in met_at(rows, places, [there], [b])}
    asked = Asked.of(session, lookup_of(town, [here], *a, there=there, window=b))
    listed = walked(asked, session, "minutes")
    assert {one.person_id: ((one.certain_minutes, one.possible_minutes), one.other) for one in listed} == {
        who: (at_a[who][1:3], at_b[who][1:3]) for who in at_a.keys() & at_b.keys()
    }
    assert asked.ranked(session) == [one.person_id for one in listed] and asked.count(session) == len(listed)
    shown = asked.some(session, [one.person_id for one in listed])
    assert as_met(shown) == [at_a[one.person_id] for one in listed]
    assert as_met([one.other for one in shown]) == [at_b[one.person_id] for one in listed]
    assert [one.person_id for one in walked(asked, session, "possible")] == [
        one.person_id
        for one in sorted(
            listed,
            key=lambda one: (
                -one.possible_minutes - one.other[1],
                -one.certain_minutes - one.other[0],
                one.first_at,
                str(one.person_id),
            ),
        )
    ]


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.booleans())
def test_new_are_those_of_whom_nothing_had_come_by_then(session, town, seed, both):
    chance = Random(seed)
    rows, places = crowd(chance, 40)
    store(session, town, rows, places)
    late = {row.id: row.entered_at + timedelta(minutes=chance.randrange(1, 2000)) for row in rows[::2]}
    for visit_id, came in late.items():
        session.execute(sa.update(Visit).where(Visit.id == visit_id).values(received_at=came))
    window, since = (0, 3000), local(chance.randrange(500, 4000))
    there = {"there": "shop", "window": window} if both else {}
    asked = Asked.of(session, lookup_of(town, ["mall"], *window, **there), since)
    by_then = [n for n, row in enumerate(rows) if late.get(row.id, row.entered_at) <= since]

    def answer(numbers):
        some, where = [rows[n] for n in numbers], [places[n] for n in numbers]
        found = {one.person for one in met_at(some, where, ["mall"], [window])}
        return found & {one.person for one in met_at(some, where, ["shop"], [window])} if both else found

    everybody, known = answer(range(len(rows))), answer(by_then)
    assert {one.person_id for one in walked(asked, session, "minutes", attendance.NEW)} == everybody - known
    assert attendance.known_before(session, asked.question, everybody) == known


def test_nights_go_over_midnight_and_the_last_day_begins_none():
    first, last = local(22 * 60), local(2 * 1440 + 2 * 60)
    assert daily(first, last) == (
        Window(local(22 * 60), local(26 * 60)),
        Window(local(1440 + 22 * 60), local(1440 + 26 * 60)),
    )
    assert daily(first, local(23 * 60)) == (Window(first, local(23 * 60)),)


def test_a_visitor_is_told_of_the_hours_and_places_that_were_shown_and_of_both_places_by_person(session, town):
    rows = [
        Row(UUID(int=1), person(1), local(8 * 60), None, local(9 * 60), local(9 * 60)),
        Row(UUID(int=2), person(1), local(600), None, local(660), local(660)),
        Row(UUID(int=3), person(2), local(8 * 60), None, local(9 * 60), local(9 * 60)),
    ]
    store(session, town, rows, ["shop", "bar", "shop"])
    each = lookup_of(town, ["shop", "bar"], 7 * 60, 1440 + 9 * 60, is_daily=True)
    told_of = telling._of_place(session, each)
    assert {(one.venue_id, one.start, one.end) for one in told_of} == {
        (town.ids[name], local(day * 1440 + 7 * 60), local(day * 1440 + 9 * 60))
        for name in ("shop", "bar")
        for day in (0, 1)
    }
    assert length(each) == timedelta(hours=4)
    both = lookup_of(town, ["shop"], 7 * 60, 9 * 60, there="bar", window=(590, 700))
    assert [(one.kind, one.subject_id) for one in telling._of_place(session, both)] == [("person", person(1))]


def test_the_key_of_a_page_says_nothing_and_fits_no_other_lookup_or_order(vault):
    key = (-5, -7, local(0), person(1))
    name, shape = f"{UUID(int=1)} minutes", SHAPES["minutes"]
    word = pagekeys.sealed(vault, name, key)
    assert pagekeys.opened(vault, name, shape, word) == key and len(word) < pagekeys.LONGEST
    assert pagekeys.sealed(vault, name, key) != word and person(1).hex not in word
    for other, text in (
        (f"{UUID(int=2)} minutes", word), (f"{UUID(int=1)} first", word), (name, word[:-3]), (name, "ế"),
        (name, "x" * 5000), (name, ""),
    ):  # fmt: skip
        assert pagekeys.opened(vault, other, shape, text) is None
    for shaped in (SHAPES["first"], (int, bool, *shape[2:]), (int, UUID, *shape[2:]), ()):
        assert pagekeys.opened(vault, name, shaped, word) is None


def test_several_zones_and_a_whole_place_leave_out_the_other_zones(session, town):
    rows = [Row(UUID(int=n), person(n), local(0), None, local(60), local(60)) for n in (1, 2, 3, 4)]
    store(session, town, rows, ["mall", "mall north", "mall south", "shop"])
    asked = Asked.of(session, lookup_of(town, ["mall north", "shop"], 0, 60))
    assert set(asked.ranked(session)) == {person(2), person(4)}
    gone = Lookup(kind=PLACE, venue_id=UUID(int=5), start=local(0), end=local(60), more=[])
    assert Asked.of(session, gone).ranked(session) == []


def test_who_was_known_at_one_of_two_places_alone_is_new_at_both(session, town):
    rows = [Row(UUID(int=n), person(1), local(60 * n), None, local(60 * n + 30), local(60 * n + 30)) for n in (1, 5)]
    store(session, town, rows, ["mall", "shop"])
    question = lookup_of(town, ["mall"], 0, 600, there="shop", window=(0, 600))
    for since, new in ((local(120), 1), (local(400), 0)):
        assert Asked.of(session, question, since).page(session, 9, attendance.NEW).total == new
