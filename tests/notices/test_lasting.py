"""How wide a notice is and how long it holds."""

from datetime import UTC, datetime, timedelta

import pytest

from checkin.notices.lasting import lasts, widened


def at(hour, minute, second=0):
    return datetime(2026, 11, 20, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (at(8, 7), at(9, 1), at(8, 0), at(9, 15)),
        (at(8, 15), at(9, 0), at(8, 15), at(9, 0)),
        (at(8, 14, 59), at(9, 0, 1), at(8, 0), at(9, 15)),
        (at(23, 50), at(23, 59), at(23, 45), at(23, 45) + timedelta(minutes=15)),
    ],
)
def test_a_window_is_widened_to_whole_quarters_of_an_hour(start, end, first, last):
    assert widened(start, end) == (first, last)


def test_a_notice_lasts_the_days_of_the_rules_or_a_fortnight():
    assert lasts({"notices": {"days": 3}}) == timedelta(days=3)
    assert lasts({}) == timedelta(days=14)


@pytest.mark.parametrize("days", [0, -1, 367, 1.5, "14", True, None])
def test_it_rejects_what_is_no_number_of_days(days):
    with pytest.raises(ValueError, match="days"):
        lasts({"notices": {"days": days}})
