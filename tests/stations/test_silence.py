"""Venues gone silent: against a second reading of the rule, and the page of those who should ask."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from checkin.stations.silence import Past, silent
from tests.oracles import alike as oracle

TODAY = date(2026, 11, 20)
pasts = st.builds(
    lambda number, age, counts: Past(
        UUID(int=number),
        TODAY - timedelta(days=age),
        {TODAY - timedelta(days=ago): count for ago, count in enumerate(counts) if ago <= age},
    ),
    st.integers(1, 10**6),
    st.integers(0, 40),
    st.lists(st.sampled_from([0, 0, 1, 3, 5, 9, 40]), min_size=26, max_size=26),
)


@given(st.lists(pasts, max_size=6, unique_by=lambda past: past.id), st.integers(10, 30))
def test_it_finds_what_a_second_reading_finds_the_largest_loss_first(venues, kept):
    found = silent(venues, TODAY, kept)
    expected = {
        past.id: quiet for past in venues if (quiet := oracle.quiet(past.since, past.visits, TODAY, kept)) is not None
    }
    assert {one.id: (one.kind, one.recent, one.expected) for one in found} == expected
    lost = [one.recent - one.expected for one in found if one.kind != "never"]
    assert lost == sorted(lost)
    assert [one.kind == "never" for one in found] == sorted(one.kind == "never" for one in found)


def steady(count, stop_ago=0):
    return {TODAY - timedelta(days=ago): count for ago in range(stop_ago, 22)}


def past(visits, age=60):
    return Past(UUID(int=1), TODAY - timedelta(days=age), visits)


def test_who_goes_on_as_before_is_not_looked_at():
    assert silent([past(steady(10))], TODAY, 21) == []


def test_who_stopped_and_who_fell_to_a_quarter_are_found_and_a_small_shop_is_not():
    assert silent([past(steady(10, 4))], TODAY, 21)[0].kind == "stopped"
    fell = steady(10) | {TODAY - timedelta(days=ago): 2 for ago in (1, 2, 3)}
    assert [(one.kind, one.recent, one.expected) for one in silent([past(fell)], TODAY, 21)] == [("fell", 6, 30.0)]
    assert silent([past(steady(1, 4))], TODAY, 21) == []


def test_the_day_that_is_not_over_counts_for_nothing():
    assert silent([past(steady(10) | {TODAY: 0})], TODAY, 21) == []
    assert silent([past(steady(10, 4) | {TODAY: 50})], TODAY, 21)[0].kind == "stopped"


def test_a_new_venue_has_three_days_to_put_its_poster_up():
    assert silent([past({}, age=2)], TODAY, 21) == []
    assert silent([past({}, age=3)], TODAY, 21)[0].kind == "never"
