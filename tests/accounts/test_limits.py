"""How long a session lasts, against a table of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.accounts.devices import LONGEST, label
from checkin.accounts.limits import LIMITS, state, use_is_due
from checkin.accounts.models import ROLES
from tests.conftest import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Row:
    created_at: datetime = NOW
    last_used_at: datetime = NOW
    whole: bool = True
    locked_at: datetime | None = None
    ended_at: datetime | None = None


def test_every_role_has_its_limits_and_staff_the_strict_ones():
    assert set(LIMITS) == set(ROLES)
    for role in ("commune", "cdc", "command", "admin"):
        assert (LIMITS[role].idle, LIMITS[role].absolute) == (15 * MINUTE, 12 * HOUR)
    assert (LIMITS["owner"].idle, LIMITS["owner"].absolute) == (14 * DAY, 90 * DAY)


@pytest.mark.parametrize(
    ("role", "began", "used", "expected"),
    [
        ("cdc", 0 * DAY, 0 * DAY, "live"),
        ("cdc", HOUR, 15 * MINUTE - timedelta(microseconds=1), "live"),
        ("cdc", HOUR, 15 * MINUTE, "locked"),
        ("cdc", 12 * HOUR - timedelta(microseconds=1), 11 * HOUR, "locked"),
        ("cdc", 12 * HOUR, 0 * DAY, "over"),
        ("admin", 11 * HOUR, 14 * MINUTE, "live"),
        ("owner", 13 * DAY, 13 * DAY, "live"),
        ("owner", 14 * DAY, 14 * DAY, "locked"),
        ("owner", 89 * DAY, DAY, "live"),
        ("owner", 90 * DAY, MINUTE, "over"),
    ],
)
def test_a_session_is_live_then_locked_then_over(role, began, used, expected):
    assert state(Row(created_at=NOW - began, last_used_at=NOW - used), role, NOW) == expected


def test_what_was_ended_or_locked_or_lacks_its_code_is_not_live():
    assert state(Row(ended_at=NOW), "cdc", NOW) == "over"
    assert state(Row(locked_at=NOW), "cdc", NOW) == "locked"
    assert state(Row(whole=False), "cdc", NOW) == "pending"
    assert state(Row(whole=False, created_at=NOW - 15 * MINUTE), "cdc", NOW) == "over"


@given(
    st.sampled_from(ROLES),
    st.integers(0, 200 * 24 * 60),
    st.integers(0, 200 * 24 * 60),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_only_what_is_whole_young_used_and_open_is_live(role, began, used, whole, locked, ended):
    row = Row(NOW - began * MINUTE, NOW - used * MINUTE, whole, NOW if locked else None, NOW if ended else None)
    idle, absolute = (14 * 24 * 60, 90 * 24 * 60) if role == "owner" else (15, 12 * 60)
    live = whole and not locked and not ended and began < absolute and used < idle
    assert (state(row, role, NOW) == "live") == live


def test_use_is_written_once_a_minute():
    assert not use_is_due(Row(last_used_at=NOW - 59 * timedelta(seconds=1)), NOW)
    assert use_is_due(Row(last_used_at=NOW - MINUTE), NOW)


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit SamsungBrowser/25.0 Chrome/121 Mobile",
            "Samsung Internet · Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit Version/17.5 Safari/604",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) AppleWebKit Version/17 Safari/605", "Safari · macOS"),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent, shown):
    assert label(agent) == shown


@given(st.text(max_size=80))
def test_a_name_of_a_browser_is_short_and_of_our_own_words(agent):
    assert len(label(agent)) <= LONGEST and "<" not in label(agent)
