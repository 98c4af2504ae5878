"""What was told beside what was recorded and guessed, against a rule that walks along the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from checkin.movements.merging import Move, together
from tests.oracles import told

BASE = datetime(2026, 11, 19, 16, tzinfo=UTC)  # 23:00 in the province: an hour later a new day begins there


@dataclass(frozen=True)
class Row:
    venue_id: UUID
    entered_at: datetime
    left_at: datetime | None
    until_latest: datetime


def at(minutes):
    return BASE + timedelta(minutes=minutes)


def venue(number):
    return UUID(int=number + 1)


visits = st.builds(
    lambda where, entered, length, left: told.Visit(
        where, entered, None if left is None else entered + min(left, length), entered + length
    ),
    st.integers(0, 1), st.integers(0, 120), st.integers(0, 90), st.none() | st.integers(0, 90),
)  # fmt: skip
moves = st.builds(
    lambda where, start, length: told.Move(where, start, start + length),
    st.integers(0, 1), st.integers(0, 120), st.integers(1, 60),
)  # fmt: skip


def as_product(some, said):
    rows = [
        Row(
            venue(v.where),
            at(v.entered),
            None if v.left is None else at(v.left),
            at(v.latest if v.left is None else v.left),
        )
        for v in some
    ]
    return together(
        rows, [Move(UUID(int=n + 9), UUID(int=0), venue(m.where), at(m.start), at(m.end)) for n, m in enumerate(said)]
    )


def minutes_of(times):
    found = set()
    for time in times:
        low, high = ((moment - BASE) // timedelta(minutes=1) for moment in (time.start, time.end))
        found |= {(time.venue_id.int - 1, minute) for minute in range(low, high)}
    return found


@given(st.lists(visits, max_size=6), st.lists(moves, max_size=4))
@example([told.Visit(0, 0, None, 90)], [told.Move(0, 90, 100)])
@example([told.Visit(0, 30, None, 90)], [told.Move(0, 0, 30)])
@example([told.Visit(0, 10, None, 90), told.Visit(0, 20, None, 80)], [told.Move(0, 5, 30), told.Move(0, 60, 70)])
def test_what_was_told_and_recorded_covers_the_minutes_that_anybody_would_say(some, said):
    found = as_product(some, said)
    sure, possible = told.presence(some, said)
    assert minutes_of(time for time in found if time.recorded) == sure
    assert minutes_of(found) == possible


@given(st.lists(moves, max_size=5))
def test_a_told_movement_is_the_same_as_a_recorded_visit_with_those_ends(said):
    recorded = [told.Visit(m.where, m.start, m.end, m.end) for m in said]
    shape = [(time.venue_id, time.start, time.end, time.recorded) for time in as_product([], said)]
    assert sorted(shape) == sorted(
        (time.venue_id, time.start, time.end, time.recorded) for time in as_product(recorded, [])
    )


def test_a_guess_that_was_put_right_is_one_time_and_not_two():
    (time,) = as_product([told.Visit(0, 10, None, 600)], [told.Move(0, 0, 45)])
    assert (time.start, time.end, time.recorded) == (at(0), at(45), True)
    assert time.visit is not None and time.move is not None


def test_a_recorded_end_stays_whatever_was_told():
    times = as_product([told.Visit(0, 10, 50, 50)], [told.Move(0, 10, 30)])
    assert {(time.end, time.recorded) for time in times} == {(at(50), True), (at(30), True)}
