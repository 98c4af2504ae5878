"""How long a stay lasts that nobody ended: against an oracle that walks minute by minute, and the edges."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.config import ROOT
from checkin.rules import RuleBook
from checkin.venues.kinds import VEHICLES
from checkin.visits.stays import cap, default_stay, guess_end, next_closing
from tests.oracles import stays as oracle

RULES = RuleBook.load(ROOT / "checkin" / "rules" / "data").on(date(2026, 11, 20))
MIDNIGHT = datetime(2026, 11, 19, 17, tzinfo=UTC)  # 00:00 of 20/11 in the province
LONGEST = 720
MINUTE = timedelta(minutes=1)
HOURS = st.one_of(
    st.none(), st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59)), st.just("24:00")
)


def at(text: str, days: int = 0) -> datetime:
    """HH:MM of 20/11 on the province's clocks, or so many days later."""
    hour, minute = text.split(":")
    return MIDNIGHT + timedelta(days=days, hours=int(hour), minutes=int(minute))


def guess(entered: datetime, **facts):
    values = {"kind": "shop", "own_minutes": None, "closes_at": None}
    made = guess_end(RULES, entered_at=entered, **{**values, **facts})
    return made.likely, made.latest


@given(st.integers(0, 1439), st.integers(0, LONGEST), st.integers(1, 900), HOURS)
def test_a_guess_says_what_the_oracle_says(entered, later, usual, closes_at):
    entered_at, seen_at = MIDNIGHT + entered * MINUTE, MIDNIGHT + (entered + later) * MINUTE
    likely, latest = oracle.ends(entered, entered + later, usual, LONGEST, closes_at)
    assert guess(entered_at, own_minutes=usual, closes_at=closes_at, seen_at=seen_at) == (
        MIDNIGHT + likely * MINUTE,
        MIDNIGHT + latest * MINUTE,
    )


@given(
    st.integers(0, 86_399), st.integers(0, 50_000), st.sampled_from(sorted(RULES["stays"]["default_minutes"])), HOURS
)
def test_a_guess_fits_the_table_and_never_ends_before_the_person_was_seen(entered, later, kind, closes_at):
    entered_at = MIDNIGHT + timedelta(seconds=entered)
    seen_at = entered_at + timedelta(seconds=later)
    likely, latest = guess(entered_at, kind=kind, closes_at=closes_at, seen_at=seen_at)
    assert entered_at <= seen_at <= likely <= latest
    assert latest <= max(entered_at + LONGEST * MINUTE, seen_at)
    assert likely.tzinfo is latest.tzinfo is UTC


@pytest.mark.parametrize(
    ("entered", "facts", "likely", "latest"),
    [
        pytest.param("10:00", {}, at("10:30"), at("22:00"), id="never closes: the longest stay there is"),
        pytest.param("10:00", {"closes_at": "20:00"}, at("10:30"), at("20:00"), id="until closing time"),
        pytest.param("19:45", {"closes_at": "20:00"}, at("20:00"), at("20:00"), id="the usual stay is cut at closing"),
        pytest.param("06:00", {"closes_at": "20:00"}, at("06:30"), at("18:00"), id="the longest stay ends before closing"),
        pytest.param("22:30", {"closes_at": "02:00"}, at("23:00"), at("02:00", 1), id="closes after midnight"),
        pytest.param("01:50", {"closes_at": "02:00"}, at("02:00"), at("02:00"), id="came after midnight"),
        pytest.param("21:00", {"closes_at": "20:00"}, at("21:30"), at("09:00", 1), id="came after closing time"),
        pytest.param("20:00", {"closes_at": "20:00"}, at("20:30"), at("08:00", 1), id="came at closing time"),
        pytest.param("23:00", {"closes_at": "00:00"}, at("23:30"), at("00:00", 1), id="midnight as 00:00"),
        pytest.param("23:00", {"closes_at": "24:00"}, at("23:30"), at("00:00", 1), id="midnight as 24:00"),
        pytest.param("00:00", {"closes_at": "24:00"}, at("00:30"), at("12:00"), id="came at midnight"),
        pytest.param("10:00", {"kind": "hotel"}, at("20:00"), at("22:00"), id="a hotel"),
        pytest.param("10:00", {"kind": "hotel", "own_minutes": 15}, at("10:15"), at("22:00"), id="the venue's own stay"),
        pytest.param("10:00", {"own_minutes": 9999}, at("22:00"), at("22:00"), id="an own stay beyond the longest"),
        pytest.param("10:00", {"kind": "spaceport"}, at("11:00"), at("22:00"), id="an unknown kind is as others"),
        pytest.param("10:00", {"seen_at": at("10:20")}, at("10:50"), at("22:00"), id="seen again: the usual stay from there"),
        pytest.param("10:00", {"seen_at": at("21:50")}, at("22:00"), at("22:00"), id="seen again shortly before the longest"),
        pytest.param("10:00", {"seen_at": at("22:00")}, at("22:00"), at("22:00"), id="seen again at the longest"),
        pytest.param("19:00", {"closes_at": "20:00", "seen_at": at("20:10")}, at("20:40"), at("07:00", 1), id="seen after closing"),
    ],
)  # fmt: skip
def test_the_end_of_a_stay(entered, facts, likely, latest):
    assert guess(at(entered), **facts) == (likely, latest)


def test_the_next_closing_time_is_always_later():
    assert next_closing(at("20:00"), "20:00") == at("20:00", 1)
    assert next_closing(at("20:00") - timedelta(microseconds=1), "20:00") == at("20:00")
    assert next_closing(at("23:59"), "00:00") == at("00:00", 1)


def test_the_longest_and_the_usual_stay_are_data():
    assert cap(RULES) == timedelta(minutes=LONGEST)
    assert default_stay(RULES, "market", None) == timedelta(hours=1)
    assert default_stay(RULES, "market", 5) == timedelta(minutes=5)
    assert default_stay(RULES, "", None) == default_stay(RULES, "other", None)


def test_a_ride_is_as_long_as_the_kind_of_vehicle_says():
    """A hand on the rule file: what is registered as before keeps its 90 minutes."""
    told = {kind: default_stay(RULES, kind, None) for kind in VEHICLES}
    assert told["transport"] == 90 * MINUTE
    assert told["motorbike"] < told["taxi"] < told["bus"] < told["boat"] <= cap(RULES)
    assert guess(at("08:00"), kind="motorbike")[0] == at("08:20")
