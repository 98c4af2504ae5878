"""The window of a case and the air after it, by the rules of the disease."""

from datetime import UTC, date, datetime, timedelta

import pytest

from checkin.cases.spread import Reach, air, days_before, from_places, reach, source_days, source_window
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


@pytest.mark.parametrize(
    ("onset", "sample", "days", "start", "end"),
    [
        (18, None, (-14, -2), midnight(4), midnight(17) - LAST),
        (None, 18, (-14, -2), midnight(4), midnight(17) - LAST),
        (19, 17, (-10, -1), midnight(7), midnight(17) - LAST),  # whichever came first
        (20, None, (-14, 0), midnight(6), NOW),  # not beyond now
    ],
)
def test_the_window_of_the_source_is_whole_days_before_onset_or_sample(onset, sample, days, start, end):
    onset_on, sample_on = (date(2026, 11, day) if day else None for day in (onset, sample))
    found = source_window(onset_on=onset_on, sample_on=sample_on, days=days, earliest=EARLIEST, now=NOW)
    assert found == Reach(start, end, known=True)


def test_without_onset_and_sample_the_source_is_looked_for_in_all_there_is():
    found = source_window(onset_on=None, sample_on=None, days=(-14, -2), earliest=EARLIEST, now=NOW)
    assert found == Reach(EARLIEST, NOW, known=False)


def test_the_source_of_an_onset_to_come_is_looked_for_until_now_and_never_backwards():
    found = source_window(onset_on=date(2027, 1, 24), sample_on=None, days=(-14, -2), earliest=EARLIEST, now=NOW)
    assert found.start == found.end == NOW


@pytest.mark.parametrize(
    ("disease", "days", "before", "air_minutes", "places"),
    [
        ("covid-19", (-14, -2), 2, 0, False),
        ("measles", (-21, -7), 4, 120, False),
        ("avian-influenza", (-10, -1), 1, 0, True),
        ("unknown", (-21, -1), 4, 120, False),  # the widest of any, and everybody is ranked
    ],
)
def test_each_disease_has_its_source_and_its_way_of_spreading(app, disease, days, before, air_minutes, places):
    rules = factories.rules(app)
    assert source_days(rules, disease) == days
    assert days_before(rules, disease) == before
    assert air(rules, disease) == timedelta(minutes=air_minutes)
    assert from_places(rules, disease) is places


def test_a_case_of_an_older_day_keeps_the_diseases_of_its_day(app):
    assert set(factories.rules(app, datetime(2026, 6, 30, tzinfo=UTC))["disease"]) == {"covid-19", "measles"}
    assert "avian-influenza" in factories.rules(app, datetime(2026, 7, 1, tzinfo=UTC))["disease"]
