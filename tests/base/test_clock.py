from datetime import UTC, date, datetime, timedelta, timezone
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin import clock

# Seven hours ahead of UTC: a new day of the province begins at 17:00 UTC.
MIDNIGHT = datetime(2026, 11, 19, 17, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_the_day_changes_at_midnight_of_the_province():
    with clock.fixed(MIDNIGHT - timedelta(microseconds=1)):
        assert clock.today() == date(2026, 11, 19)
    with clock.fixed(MIDNIGHT):
        assert clock.today() == date(2026, 11, 20)


def test_a_day_runs_from_midnight_to_midnight():
    assert clock.day_bounds(date(2026, 11, 20)) == (MIDNIGHT, MIDNIGHT + timedelta(days=1))


@given(MOMENTS)
def test_every_moment_lies_in_its_day_and_in_no_other(moment):
    day = clock.to_local(moment).date()
    start, end = clock.day_bounds(day)
    assert start <= moment < end
    assert clock.day_bounds(day + timedelta(days=1))[0] == end
    assert end - start == timedelta(hours=24)


@given(MOMENTS)
def test_a_clock_read_in_the_province_gives_the_moment_back(moment):
    assert clock.from_local(clock.to_local(moment).replace(tzinfo=None)) == moment


def test_now_is_aware_and_in_utc():
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_held_clock_stands_still_and_goes_on_afterwards():
    with clock.fixed(MIDNIGHT):
        with clock.fixed(MIDNIGHT.astimezone(timezone(timedelta(hours=9)))):
            assert (clock.now(), clock.now().tzinfo) == (MIDNIGHT, UTC)
        assert clock.now() == clock.now() == MIDNIGHT
    assert clock.now() != MIDNIGHT


def test_a_held_clock_is_let_go_after_an_error():
    with pytest.raises(RuntimeError), clock.fixed(MIDNIGHT):
        raise RuntimeError
    assert clock.now() != MIDNIGHT


def test_a_clock_held_in_one_thread_goes_on_in_another():
    seen = []
    with clock.fixed(MIDNIGHT):
        thread = Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0] != MIDNIGHT
