"""When a test of somebody in quarantine is due, and how their days read."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.monitoring.plan import Plan, coming, due, due_days, strip
from tests.oracles import quarantine as oracle

START = date(2026, 11, 20)
PLAN = Plan(first_day=1, every_days=3)
END = START + timedelta(days=14)


def day(number):
    return START + timedelta(days=number)


def test_a_quarantine_of_fourteen_days_is_tested_five_times():
    assert due_days(PLAN, START, END) == [day(1), day(4), day(7), day(10), day(13)]


@given(
    st.integers(0, 5),
    st.integers(1, 6),
    st.integers(0, 25),
    st.sets(st.integers(0, 25), max_size=8),
    st.integers(-2, 30),
)
def test_what_is_due_is_what_a_walk_through_the_days_finds(first, every, length, taken, today):
    days = {day(number) for number in taken}
    found = due(Plan(first, every), START, day(length), days, day(today))
    assert found == oracle.due(first, every, START, day(length), days, day(today))


def test_a_sample_covers_what_was_due_until_then_and_not_what_comes():
    assert due(PLAN, START, END, [day(3)], day(3)) is None
    assert due(PLAN, START, END, [day(3)], day(4)) == day(4)
    assert due(PLAN, START, END, [], day(6)) == day(4)
    assert coming(PLAN, START, END, day(13)) is None and coming(PLAN, START, END, day(4)) == day(7)


def test_the_strip_has_every_day_with_its_word():
    days = strip(START, END, {day(1): "well", day(2): "ill"}, day(4))
    assert [one.word for one in days] == ["well", "ill", "unsaid", "today", *["coming"] * 10]
    assert [one.number for one in days] == list(range(1, 15))


@pytest.mark.parametrize("wrong", [{"first_day": -1}, {"every_days": 0}, {"every_days": "3"}])
def test_a_plan_that_is_none_stops_the_start(wrong):
    with pytest.raises(ValueError, match="whole numbers"):
        Plan.from_dict({"first_day": 1, "every_days": 3} | wrong)


def test_no_day_is_missed_before_anybody_knew_whom_to_ask():
    days = strip(START, END, {day(1): "well"}, day(5), day(3))
    assert [one.word for one in days][:6] == ["well", "before", "unsaid", "unsaid", "today", "coming"]
