"""Which days go, and when the nightly run stops and asks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin import clock
from checkin.store import retention
from checkin.store.retention import Refused, check, due
from tests.conftest import NOW
from tests.oracles.retention import stays

TODAY = date(2026, 11, 20)
MOMENTS = st.integers(0, 80 * 86_400).map(lambda seconds: NOW - timedelta(seconds=seconds))


@given(MOMENTS, st.integers(1, 60), st.integers(0, 86_399))
def test_a_day_goes_exactly_when_the_promise_says(told_at, keep_days, second):
    now = NOW.replace(hour=0, minute=0, second=0) + timedelta(seconds=second)
    gone = due([clock.to_local(told_at).date()], clock.to_local(now).date(), keep_days)
    assert bool(gone) == (not stays(told_at, now, keep_days))


def test_no_visit_goes_before_it_is_as_old_as_was_promised():
    last_moment = datetime(2026, 10, 30, 16, 59, 59, tzinfo=UTC)  # a second before midnight in the province
    day = clock.to_local(last_moment).date()
    assert due([day], date(2026, 11, 20), 21) == []
    assert due([day], date(2026, 11, 21), 21) == [day]
    assert clock.day_bounds(date(2026, 11, 21))[0] - last_moment >= timedelta(days=21)


def asked(days=1, *, newest=NOW, now=NOW, **said):
    filled = [TODAY - timedelta(days=40 - n) for n in range(days)]
    check(filled, now=now, today=clock.to_local(now).date(), newest=newest, **said)


def refusal(**given):
    with pytest.raises(Refused) as refused:
        asked(**given)
    return refused.value.reason


def test_a_usual_night_is_not_asked_about():
    asked()
    asked(days=retention.USUAL_DAYS)
    asked(days=0, newest=None)


def test_more_days_than_usual_go_only_when_somebody_said_how_many():
    assert refusal(days=4) == "many_days"
    assert refusal(days=6, allowed_days=5) == "many_days"
    assert refusal(days=1, allowed_days=0) == "many_days"
    asked(days=6, allowed_days=6)


def test_a_clock_that_jumped_ahead_deletes_nothing():
    assert refusal(now=NOW + timedelta(days=400)) == "clock_ahead"
    assert refusal(newest=None) == "clock_ahead"
    assert refusal(newest=NOW - retention.SILENCE - timedelta(seconds=1)) == "clock_ahead"
    asked(newest=NOW - retention.SILENCE)


def test_a_silent_province_goes_on_when_somebody_says_that_today_is_today():
    asked(newest=NOW - timedelta(days=9), confirmed_today=TODAY)
    assert refusal(newest=NOW, confirmed_today=TODAY + timedelta(days=1)) == "clock_ahead"


def test_a_clock_that_fell_back_deletes_nothing_whatever_was_said():
    assert refusal(newest=NOW + timedelta(hours=1)) == "clock_back"
    assert refusal(newest=NOW + timedelta(hours=1), confirmed_today=TODAY) == "clock_back"
    asked(newest=NOW + retention.AHEAD)


def test_a_few_rows_of_the_future_are_no_clock_and_many_are():
    some = [NOW + timedelta(days=n) for n in range(1, retention.MANY_AHEAD)]
    asked(newest=retention.newest(NOW, some))
    assert retention.newest(None, some) is None
    assert refusal(newest=retention.newest(NOW, [*some, NOW + timedelta(hours=1)])) == "clock_back"


@given(st.none() | MOMENTS, st.lists(st.integers(1, 10**6), max_size=40))
def test_rows_of_the_future_never_make_the_newest_older(so_far, seconds):
    ahead = [NOW + timedelta(seconds=n) for n in seconds]
    newest = retention.newest(so_far, ahead)
    # The rule once more, written by hand: twenty and more count, fewer do not.
    assert newest == (sorted(ahead)[-1] if len(ahead) > 19 else so_far)
