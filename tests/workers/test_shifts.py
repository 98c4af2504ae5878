"""From plans to stays: against an oracle that walks minute by minute, and by hand at the edges."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.workers.shifts import DAY, Change, Plan, next_begin, span, stays
from tests.oracles import shifts as oracle
from tests.workers.conftest import FRIDAY, at

CAP, OVERRUN = timedelta(hours=12), timedelta(hours=2)
MINUTES = st.integers(0, 1439)
DAYS = st.integers(-10, 10).map(lambda n: FRIDAY + n * DAY)


@st.composite
def plans(draw):
    """A plan with changes of single days, in our words and in the oracle's."""
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    first, last = draw(DAYS), draw(st.none() | DAYS)
    starts, ends = draw(MINUTES), draw(MINUTES)
    plan = Plan(sum(1 << day for day in days), starts, ends, first, last)
    ours, theirs = {}, {}
    for day in draw(st.sets(DAYS, max_size=4)):
        if draw(st.booleans()):
            ours[day], theirs[day] = Change(absent=True), "absent"
            continue
        other = draw(MINUTES), draw(MINUTES)
        begin = datetime(day.year, day.month, day.day, tzinfo=oracle.ZONE) + timedelta(minutes=other[0])
        left = draw(st.none() | st.integers(0, 1440).map(lambda n, begin=begin: begin + timedelta(minutes=n)))
        ours[day] = Change(starts=other[0], ends=other[1], left_at=left and left.astimezone(UTC))
        theirs[day] = (*other, left)
    return plan, ours, oracle.Told(frozenset(days), starts, ends, first, last, theirs)


# Each walks through more than a day; as many more in time as others.
@settings(max_examples=settings.default.max_examples * 2 // 5)
@given(plans(), DAYS, st.integers(2, 20), st.integers(0, 1))
def test_stays_are_what_the_oracle_walks_and_none_is_longer_than_the_cap(made, day, hours, over):
    plan, changes, told = made
    cap, overrun = timedelta(hours=hours), timedelta(hours=over)
    found = stays(plan, day, changes.get(day), cap=cap, overrun=overrun)
    expected = oracle.worked(told, day)
    if expected is None:
        assert found == ()
        return
    begin, end, recorded = expected
    assert (found[0].entered_at, found[-1].likely) == (begin, end)
    assert found[-1].latest == (end if recorded else end + overrun)
    assert [one.part for one in found] == list(range(len(found)))
    for one, after in zip(found, [*found[1:], None], strict=True):
        assert one.entered_at <= one.likely <= one.latest <= one.entered_at + cap
        assert one.left_at == (one.latest if recorded else None)
        assert after is None or one.likely == one.latest == after.entered_at
    # Nobody is dropped: at every moment at which they can be there a stay says so.
    for minutes in range(-30, 60 * 28, 7):
        moment = begin + timedelta(minutes=minutes)
        there = any(one.entered_at <= moment <= one.latest for one in found)
        assert there == oracle.can_be_there(told, day, moment, overrun)


@given(plans(), st.integers(0, 14 * 1440))
def test_the_next_time_to_look_is_never_too_late(made, minutes):
    plan, changes, told = made
    now = at(0) + timedelta(minutes=minutes - 7 * 1440)
    found = next_begin(plan, changes, now, cap=CAP, overrun=OVERRUN)
    begins = [
        worked[0]
        for offset in range(-12, 40)
        if (worked := oracle.worked(told, FRIDAY + offset * DAY)) and worked[0] > now
    ]
    assert not begins or found is not None and now < found <= min(begins)


@pytest.mark.parametrize(
    ("starts", "ends", "hours"), [(420, 960, 9), (1320, 360, 8), (0, 0, 24), (420, 420, 24), (420, 419, 23 + 59 / 60)]
)
def test_an_end_at_or_before_the_start_is_the_next_days(starts, ends, hours):
    assert span(starts, ends) == timedelta(hours=hours)


def test_a_night_a_long_day_and_a_whole_day():
    night = stays(Plan(127, 22 * 60, 6 * 60, FRIDAY), FRIDAY, None, cap=CAP, overrun=OVERRUN)
    assert [(one.entered_at, one.likely, one.latest) for one in night] == [(at(22), at(30), at(32))]
    # Twelve hours with the overrun are more than one stay may last.
    long = stays(Plan(127, 7 * 60, 19 * 60, FRIDAY), FRIDAY, None, cap=CAP, overrun=OVERRUN)
    assert [(one.entered_at, one.latest) for one in long] == [(at(7), at(13)), (at(13), at(21))]
    guard = stays(Plan(127, 7 * 60, 7 * 60, FRIDAY), FRIDAY, None, cap=CAP, overrun=OVERRUN)
    assert [(one.entered_at, one.latest) for one in guard] == [(at(7), at(15)), (at(15), at(23)), (at(23), at(33))]


def test_a_change_makes_no_day_of_work_before_the_first_or_after_the_last():
    plan = Plan(127, 420, 960, FRIDAY, FRIDAY)
    for day in (FRIDAY - DAY, FRIDAY + DAY, date(2030, 1, 1)):
        assert stays(plan, day, Change(starts=420, ends=960), cap=CAP, overrun=OVERRUN) == ()
