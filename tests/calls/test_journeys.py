"""Days that people type, against every way of writing every day; and which days are taken."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from checkin.calls.journeys import AHEAD, BACK, DECLARED, ILL, RETURN, Journey, bounds, read_day

DAYS = st.dates(date(2000, 1, 2), date(2199, 12, 30))


@given(DAYS, DAYS, st.sampled_from(("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", " %d/%m/%Y ")))
def test_a_whole_day_is_read_however_it_is_written(day, today, form):
    assert read_day(day.strftime(form), today) == day


@given(DAYS, st.integers(-170, 170))
def test_a_day_without_a_year_is_the_nearest_one(today, off):
    day = today + timedelta(days=off)
    if (day.month, day.day) != (2, 29):
        assert read_day(f"{day.day}/{day.month}", today) == day


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_day_or_none(text):
    found = read_day(text, date(2026, 11, 20))
    assert found is None or isinstance(found, date)


def test_the_last_of_february_is_a_day_where_the_year_has_one():
    assert read_day("29/2", date(2027, 12, 1)) == date(2028, 2, 29)
    assert read_day("29/2", date(2026, 6, 1)) is None


@given(DAYS, st.sampled_from(DECLARED))
def test_a_journey_lies_between_two_weeks_ago_and_a_month_ahead(today, kind):
    first, last = bounds(kind, today)
    assert first <= today <= last <= today + timedelta(days=AHEAD)
    assert (first == today) == (kind == RETURN) and (last == today) == (kind == ILL)
    assert kind == ILL or today - first <= timedelta(days=BACK)


@given(DAYS, DAYS, st.sampled_from(DECLARED))
def test_the_list_has_a_journey_under_its_own_day_and_an_illness_under_today(day, today, kind):
    assert Journey(kind=kind, day=day).listed_on(today) == (today if kind == ILL else day)
    assert Journey(kind=kind).listed_on(today) == today
