"""Both rules of signals, against oracles that know nothing of the product; and the edges one by one."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.clusters.piles import Bounds, at_least, pile
from checkin.clusters.shared import Group, Limits, Stay, groups
from tests.oracles import clusters as oracle

BASE = datetime(2026, 11, 19, 16, tzinfo=UTC)
LIMITS = Limits.from_dict({"cases_least": 2, "days_apart": 2, "days_back": 42, "disease": {"measles": 3}})
APART = {"covid-19": 2 * 1440, "measles": 3 * 1440}
RULE = {
    "windows": [1, 3],
    "past_days": 14,
    "past_least": 7,
    "least": 5,
    "ratio": 2.0,
    "chance": 0.001,
    "again_ratio": 2.0,
}
BOUNDS, TODAY = Bounds.from_dict(RULE), date(2026, 11, 20)


def stay(number, who, disease, where, entered, lasts, zone=None):
    return Stay(
        disease, UUID(int=where + 1), BASE + timedelta(minutes=entered), BASE + timedelta(minutes=entered + lasts), True,
        zone and UUID(int=100 + 10 * where + zone), number, who,
    )  # fmt: skip


STAYS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(sorted(APART)),
        st.integers(0, 1),
        st.integers(0, 20 * 1440),
        st.integers(0, 900),
        st.sampled_from([None, 1, 1, 2]),
    ),
    max_size=24,
)


@settings(max_examples=300)
@given(STAYS)
def test_the_groups_are_those_that_the_oracle_finds_pair_by_pair_at_each_place_and_in_each_zone(drawn):
    made = [stay(number, *one) for number, one in enumerate(drawn)]
    told = [oracle.Stay(n, who, ill, at, come, come + lasts) for n, (who, ill, at, come, lasts, _) in enumerate(drawn)]
    found = [(frozenset(one.seq for one in group.stays), group.gap_minutes) for group in groups(made, LIMITS)]
    zones = {n: zone and (where, zone) for n, (_, _, where, _, _, zone) in enumerate(drawn)}
    assert len(found) == len(set(found)) and set(found) == oracle.standing_out(told, zones, APART)


def test_of_a_large_venue_the_whole_is_told_and_the_zone_where_some_of_them_were():
    made = [stay(n, n, "covid-19", 0, n * 60, 30, zone) for n, zone in ((1, 1), (2, 1), (3, 2))]
    found = groups(made, LIMITS)
    assert [(group.people, group.zone_id) for group in found] == [(3, None), (2, UUID(int=101))]
    # Where everybody was in it, once is enough.
    (both,) = groups([*made[:2], stay(4, 2, "covid-19", 0, 200, 30)], LIMITS)
    assert (both.people, both.zone_id) == (2, UUID(int=101))


def test_the_last_minute_counts_and_the_next_does_not():
    two_days = 2 * 1440
    for apart, together in ((0, 1), (two_days, 1), (two_days + 1, 0)):
        made = [stay(1, 1, "covid-19", 0, 0, 10), stay(2, 2, "covid-19", 0, 10 + apart, 10)]
        assert len(groups(made, LIMITS)) == together, apart


def test_one_person_alone_is_no_group_however_often_they_come_back():
    assert groups([stay(n, 1, "covid-19", 0, n * 100, 10) for n in range(9)], LIMITS) == []


def test_who_was_there_in_between_makes_one_group_of_two():
    made = [stay(n, n, "covid-19", 0, n * 1440 * 2, 60) for n in range(4)]
    assert [len(group.stays) for group in groups(made, LIMITS)] == [4]
    assert [len(group.stays) for group in groups(made[:1] + made[2:], LIMITS)] == [2]


def test_more_people_stand_first_then_those_who_were_nearest():
    far = [stay(n, n, "covid-19", 0, n * 1000, 10) for n in (1, 2)]
    near = [stay(n, n, "covid-19", 1, n * 100, 10) for n in (3, 4)]
    many = [stay(n, n, "measles", 2, n * 1000, 10) for n in (5, 6, 7)]
    found = groups([*far, *near, *many], LIMITS)
    assert [(group.people, group.gap_minutes) for group in found] == [(3, 990), (2, 90), (2, 990)]


def test_a_zone_is_told_where_all_were_in_it():
    hall, other = UUID(int=7), UUID(int=8)
    one, two = (stay(n, n, "covid-19", 0, 0, 10) for n in (1, 2))
    assert Group((one._replace(zone_id=hall), two._replace(zone_id=hall))).zone_id == hall
    assert Group((one._replace(zone_id=hall), two._replace(zone_id=other))).zone_id is None
    assert Group((one._replace(zone_id=hall), two)).zone_id is None


COUNTS = st.dictionaries(st.integers(-17, 0), st.integers(0, 30), max_size=18)


@settings(max_examples=200)
@given(COUNTS, st.integers(-20, 0), st.integers(0, 40))
def test_what_stands_out_is_what_the_oracle_says_with_whole_fractions(counts, first, today):
    counts[0] = today
    found = pile({TODAY + timedelta(days=day): people for day, people in counts.items()}, TODAY, TODAY + timedelta(days=first), BOUNDS)  # fmt: skip
    assert (found and (found.days, found.count)) == oracle.stands_out(counts, first, RULE)


@pytest.mark.parametrize(
    ("count", "before", "days", "past"), [(5, 0, 1, 14), (40, 200, 3, 14), (900, 3000, 3, 14), (5, 5, 1, 7)]
)
def test_the_chance_is_that_of_whole_fractions(count, before, days, past):
    right = float(oracle.chance_of_at_least(count, before, days, past))
    assert at_least(count, count + before, days / (days + past)) == pytest.approx(right, rel=1e-9)


def test_four_people_never_stand_out_and_five_out_of_nothing_do():
    def of(today, first=-17):
        return pile({TODAY: today}, TODAY, TODAY + timedelta(days=first), BOUNDS)

    assert of(4) is None
    assert of(5) is not None and of(5).expected == 0
    # With less than a week of past nothing is compared.
    assert of(5, first=-6) is None and of(5, first=-7) is not None


def test_a_busy_place_wants_more_than_twice_as_many():
    past = {TODAY - timedelta(days=back): 20 for back in range(1, 18)}
    assert pile(past | {TODAY: 39}, TODAY, TODAY - timedelta(days=30), BOUNDS) is None
    assert pile(past | {TODAY: 41}, TODAY, TODAY - timedelta(days=30), BOUNDS).days == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"least": 2},
        {"windows": []},
        {"windows": [0]},
        {"past_least": 15},
        {"ratio": 0.5},
        {"chance": 0.7},
        {"again_ratio": 1},
    ],
)
def test_bounds_that_cannot_be_used_are_refused(wrong):
    with pytest.raises(ValueError, match="piles"):
        Bounds.from_dict(RULE | wrong)


@pytest.mark.parametrize("wrong", [{"cases_least": 1}, {"days_apart": 0}, {"disease": {"x": 0}}, {"days_back": "many"}])
def test_limits_that_cannot_be_used_are_refused(wrong):
    good = {"cases_least": 2, "days_apart": 2, "days_back": 42, "disease": {}}
    with pytest.raises(ValueError, match="clusters"):
        Limits.from_dict(good | wrong)
