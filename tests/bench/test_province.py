"""The visits that the bench makes up: as many as asked, skewed, and the same again."""

import numpy as np
import pytest

from bench import province
from bench.plan import DAYS, OLDEST, Size, plan

FULL = plan(42_000_000, quick=False).big
SMALL = plan(1_000_000, quick=False).big
QUICK = plan(100_000, quick=True).big
DAY = 24 * province.HOUR


def of(day, rank):
    """What is known of the visits of a venue, in order."""
    here = day.venue == rank
    return np.stack([day.entered[here], day.person[here], day.stayed[here]])


def test_the_same_seed_makes_the_same_day():
    first, second = (province.visits_of(QUICK, 3, seed=7) for _ in range(2))
    assert all(np.array_equal(getattr(first, n), getattr(second, n)) for n in ("entered", "venue", "person", "stayed"))
    assert not np.array_equal(first.person[:100], province.visits_of(QUICK, 3, seed=8).person[:100])
    assert not np.array_equal(first.person[:100], province.visits_of(QUICK, 4, seed=7).person[:100])


def test_the_days_together_have_as_many_visits_as_asked():
    counts = [len(province.visits_of(QUICK, ago, seed=7)) for ago in range(1, DAYS + 1)]
    # On their days the twins can be more than a small province has visits.
    assert QUICK.visits <= sum(counts) <= 1.1 * QUICK.visits


def test_the_busiest_venue_of_the_province_has_ten_thousand_visits_a_day_and_half_have_few():
    perday = 2_000_000 * province.venue_weights(60_000)
    assert 9_500 < perday[0] < 10_500
    assert perday[30_000] < 9
    assert province.twin_visits(FULL, 0) == 10_000
    assert len(of(province.visits_of(SMALL, 1, seed=7), 0)[0]) == 10_000


def test_the_venues_in_question_have_the_same_visits_whatever_the_size_of_the_rest():
    larger = Size(visits=8_000_000, venues=SMALL.venues, people=SMALL.people, known=SMALL.known, scale=1.0)
    days = [province.visits_of(size, 2, seed=7) for size in (SMALL, larger)]
    assert len(days[1]) > 3 * len(days[0])
    for rank in province.twins(SMALL)[::7]:
        assert np.array_equal(of(days[0], rank), of(days[1], rank))


def test_visits_come_in_order_within_the_day_and_mostly_by_day():
    day = province.visits_of(QUICK, 5, seed=7)
    assert np.all(np.diff(day.entered) >= 0)
    assert 0 <= day.entered[0] <= day.entered[-1] < DAY
    night = np.mean(day.entered < 5 * province.HOUR)
    assert 0 < night < 0.02


def test_the_day_that_goes_on_ends_now():
    whole, half = (province.visits_of(QUICK, 0, seed=7, elapsed=share) for share in (1.0, 0.5))
    assert half.entered.max() < DAY / 2 < whole.entered.max()


def test_everybody_who_returns_was_here_before_but_not_lately():
    before = province.visits_of(QUICK, province.RETURNED, seed=7).person
    assert QUICK.known > 2_000
    assert len(np.unique(before[before < QUICK.known])) == QUICK.known
    for ago in (0, 1):
        assert province.visits_of(QUICK, ago, seed=7).person.min() >= QUICK.known


def test_the_oldest_day_and_the_latest_are_declared_and_the_others_at_the_venues_in_question():
    for ago in (0, 1, OLDEST):
        assert province.visits_of(QUICK, ago, seed=7).declared.all()
    day = province.visits_of(QUICK, 3, seed=7)
    assert np.array_equal(day.declared, np.isin(day.venue, province.twins(QUICK)))
    assert not province.visits_of(QUICK, 9, seed=7).declared.any()


def test_few_ends_are_recorded_and_none_is_longer_than_a_stay_can_be():
    stayed = province.visits_of(QUICK, 5, seed=7).stayed
    assert 0.1 < np.mean(stayed >= 0) < 0.2
    assert stayed[stayed >= 0].min() >= 1
    assert stayed.max() <= 600


@pytest.mark.parametrize("visits", [0, 19_999, 100_000_001])
def test_it_refuses_a_size_that_measures_nothing_or_never_ends(visits):
    with pytest.raises(ValueError, match="VISITS"):
        plan(visits, quick=True)
