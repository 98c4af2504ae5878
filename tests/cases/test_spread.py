"""The window of a case and the air after it, by the rules of the disease."""

from datetime import UTC, date, datetime, timedelta

import pytest

from checkin.cases.spread import Reach, air, days_before, reach
from tests import factories
from tests.conftest import NOW

EARLIEST = NOW - timedelta(days=21)
LAST = timedelta(microseconds=1)


def midnight(day):
    """The beginning of a day of November 2026 in the province."""
    return datetime(2026, 11, day - 1, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("onset", "sample", "isolated", "start", "end"),
    [
        (18, None, None, midnight(16), NOW),
        (None, 18, None, midnight(16), NOW),
        (18, 19, None, midnight(16), NOW),
        (19, 17, None, midnight(15), NOW),
        (18, 19, 19, midnight(16), midnight(20) - LAST),
        (18, None, 20, midnight(16), NOW),  # isolated today: until now
        (18, None, 25, midnight(16), NOW),
    ],
)
def test_from_days_before_onset_or_sample_to_the_end_of_isolation_or_now(onset, sample, isolated, start, end):
    days = [date(2026, 11, day) if day else None for day in (onset, sample, isolated)]
    found = reach(onset_on=days[0], sample_on=days[1], isolated_on=days[2], before=2, earliest=EARLIEST, now=NOW)
    assert found == Reach(start, end, known=True)


def test_without_onset_and_sample_all_there_is():
    found = reach(onset_on=None, sample_on=None, isolated_on=None, before=2, earliest=EARLIEST, now=NOW)
    assert found == Reach(EARLIEST, NOW, known=False)


def test_an_onset_to_come_gives_a_window_that_does_not_run_backwards():
    found = reach(onset_on=date(2026, 12, 24), sample_on=None, isolated_on=None, before=2, earliest=EARLIEST, now=NOW)
    assert found.start == found.end == NOW


def test_each_disease_has_its_days_and_its_air_and_an_unknown_one_the_most_of_any(app):
    rules = factories.rules(app)
    assert (days_before(rules, "covid-19"), air(rules, "covid-19")) == (2, timedelta(0))
    assert (days_before(rules, "measles"), air(rules, "measles")) == (4, timedelta(hours=2))
    assert (days_before(rules, "unknown"), air(rules, "unknown")) == (4, timedelta(hours=2))
