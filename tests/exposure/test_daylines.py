from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from checkin import clock
from checkin.exposure.daylines import WIDTH, by_day

MIDNIGHT = datetime(2026, 11, 19, 17, tzinfo=UTC)  # 00:00 of 20 November in the province


@dataclass(frozen=True)
class Stay:
    entered_at: datetime
    left_at: datetime | None
    until_likely: datetime


@dataclass(frozen=True)
class Visit:
    stay: Stay


def visit(start: float, hours: float, *, guessed: bool = False) -> Visit:
    entered = MIDNIGHT + timedelta(hours=start)
    until = entered + timedelta(hours=hours)
    return Visit(Stay(entered, None if guessed else until, until))


def test_it_groups_visits_by_the_day_on_the_provinces_clocks_newest_first():
    late, early = visit(-0.01, 0.5), visit(0, 1)
    days = by_day([early, late])
    assert [[mark.visit for mark in day.marks] for day in days] == [[early], [late]]
    assert [clock.to_local(day.noon).day for day in days] == [20, 19]


def test_it_cuts_a_stay_past_midnight_where_its_day_ends():
    (day,) = by_day([visit(23, 3)])
    assert day.marks[0].x + day.marks[0].width == WIDTH


def test_it_draws_visits_that_run_side_by_side_on_lines_of_their_own():
    mall, kiosk, later = visit(9, 3), visit(10, 1), visit(12, 1)
    (day,) = by_day([later, kiosk, mall])
    assert [(mark.visit, mark.lane) for mark in day.marks] == [(mall, 0), (kiosk, 1), (later, 0)]
    assert day.lanes == 2


def test_it_tells_a_guessed_end_from_a_recorded_one():
    (day,) = by_day([visit(8, 1, guessed=True), visit(10, 1)])
    assert [mark.guessed for mark in day.marks] == [True, False]


def test_a_visit_of_no_length_can_still_be_seen():
    (day,) = by_day([visit(8, 0)])
    assert day.marks[0].width >= 3


def test_nobody_without_visits_has_days():
    assert by_day([]) == []


SPANS = st.tuples(st.floats(-72, 72), st.floats(0, 12), st.booleans())


@given(st.lists(SPANS, max_size=20))
def test_every_visit_is_drawn_once_and_none_over_another(spans):
    visits = [visit(start, hours, guessed=guessed) for start, hours, guessed in spans]
    days = by_day(visits)
    drawn = [mark for day in days for mark in day.marks]
    assert len(drawn) == len(visits)
    for day in days:
        for lane in range(day.lanes):
            line = [mark.visit.stay for mark in day.marks if mark.lane == lane]
            assert all(a.until_likely <= b.entered_at for a, b in zip(line, line[1:], strict=False))
