"""The deadlines of a request, against days written down by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.config import ROOT
from checkin.rights import deadlines
from checkin.rules import RuleBook

RULES = RuleBook.load(ROOT / "checkin" / "rules" / "data").on(date(2026, 11, 20))["rights"]
# Days off of 2026 on which no office works, from the government's announcements: New Year; Tết from 16 to 20 February;
# Hùng Kings on a Sunday, so Monday 27 April; 30 April and 1 May; National Day with Monday 31 August moved to; the
# Day of Culture.
OFF_2026 = {
    date(2026, *day)
    for day in (
        (1, 1), (2, 16), (2, 17), (2, 18), (2, 19), (2, 20), (4, 27), (4, 30), (5, 1), (8, 31), (9, 1), (9, 2), (11, 24),
    )
}  # fmt: skip
# The Saturday on which the moved day is worked.
WORKED_2026 = {date(2026, 8, 22)}


def by_hand(received):
    """Slow and plain, knowing nothing of the product: walk the days and count the working ones."""
    day, counted = received, 0
    while counted < 2:
        day += timedelta(days=1)
        works = day in WORKED_2026 or (day.strftime("%a") not in {"Sat", "Sun"} and day not in OFF_2026)
        counted += 1 if works else 0
    return day


@given(st.dates(date(2026, 1, 1), date(2026, 12, 20)))
def test_acknowledging_counts_working_days_as_one_does_by_hand(received):
    assert deadlines.deadlines(RULES, "see", received).acknowledge_by == by_hand(received)


@pytest.mark.parametrize(
    ("received", "acknowledge_by"),
    [
        (date(2026, 11, 18), date(2026, 11, 20)),  # Wednesday to Friday
        (date(2026, 11, 20), date(2026, 11, 25)),  # Friday, over the weekend and the Day of Culture
        (date(2026, 2, 13), date(2026, 2, 24)),  # the Friday before Tết
        (date(2026, 4, 29), date(2026, 5, 5)),  # the day before two holidays and a weekend
        (date(2026, 8, 21), date(2026, 8, 24)),  # Friday before a Saturday that is worked
        (date(2026, 12, 31), date(2027, 1, 5)),  # over the new year
    ],
)
def test_known_days(received, acknowledge_by):
    assert deadlines.deadlines(RULES, "see", received).acknowledge_by == acknowledge_by


@pytest.mark.parametrize(
    ("kind", "days", "more"),
    [("see", 10, 10), ("correct", 10, 10), ("withdraw", 15, 15), ("delete", 20, 20), ("complain", 10, 10)],
)
def test_answers_count_every_day_and_extend_once_by_as_many(kind, days, more):
    received = date(2026, 11, 20)
    due = deadlines.deadlines(RULES, kind, received).answer_by
    assert due - received == timedelta(days=days)
    assert deadlines.extended(RULES, kind, due) - due == timedelta(days=more)


def test_days_that_the_government_moves_are_rule_data():
    friday, monday, saturday = date(2026, 6, 5), date(2026, 6, 8), date(2026, 6, 6)
    moved = {**RULES, "days_off": [monday], "working_days": [saturday]}
    assert deadlines.deadlines(RULES, "see", friday).acknowledge_by == date(2026, 6, 9)
    assert deadlines.deadlines(moved, "see", friday).acknowledge_by == date(2026, 6, 9)
    assert deadlines.is_working_day(moved, saturday)
    assert not deadlines.is_working_day(moved, monday)


@pytest.mark.parametrize(
    "wrong",
    [
        {"acknowledge_working_days": 0},
        {"kept_days": -1},
        {"answer_days": {"see": 10}},
        {"days_off": ["2026-01-01"]},
        {"answer_days": {**RULES["answer_days"], "delete": 1000}},
    ],
)
def test_a_rule_that_cannot_be_used_stops_the_start(wrong):
    with pytest.raises((ValueError, KeyError)):
        deadlines.check({**RULES, **wrong})
