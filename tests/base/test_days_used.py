"""The days for which tests have tables: they hold whenever the tests are run."""

from datetime import date, timedelta

import pytest

from tests.conftest import NOW
from tests.worlds import days_used

AROUND = NOW.date()


@pytest.mark.parametrize("today", [AROUND, date(2026, 11, 24), date(2027, 3, 1), date(2026, 1, 1)])
def test_there_are_tables_around_the_fixed_day_and_around_the_real_present(today):
    days = days_used(AROUND, today)
    for ago in range(-3, 25):
        assert AROUND - timedelta(days=ago) in days
    for ahead in range(-3, 4):
        assert today + timedelta(days=ahead) in days
