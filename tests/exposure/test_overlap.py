"""Who can have met a window: the product against the oracle that walks along the clock, and its edges one by one."""

from datetime import timedelta
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.exposure import overlap
from checkin.exposure.overlap import Presence, Window, presences, union_minutes
from tests.exposure.stays import BASE, agree, as_met, at, crowd, person, row

WINDOW = Window(at(60), at(120))  # from midnight of the province for an hour


def one(rows):
    """(certain, possible) of the only person found; None when nobody is."""
    found = presences(rows, WINDOW)
    assert len(found) <= 1
    return (found[0].certain_minutes, found[0].possible_minutes) if found else None


@st.composite
def rows(draw, span=400, longest=240, unit=1.0):
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(0, 4),
                st.integers(0, span),
                st.integers(0, longest),
                st.one_of(st.none(), st.integers(0, longest)),
            ),
            max_size=20,
        )
    )
    return [
        row(
            number,
            who,
            entered * unit,
            (entered + length) * unit,
            left=None if left is None else (entered + min(left, length)) * unit,
        )
        for number, (who, entered, length, left) in enumerate(drawn)
    ]


@given(rows(), st.integers(0, 400), st.integers(0, 300))
def test_the_rule_says_what_the_oracle_says_of_whole_minutes(stays, start, length):
    assert agree(stays, at(start), at(start + length))


@given(rows(span=600, longest=400, unit=1 / 60), st.integers(0, 600), st.integers(0, 400))
def test_the_rule_says_what_the_oracle_says_of_seconds(stays, start, length):
    assert agree(stays, at(start / 60), at((start + length) / 60), tick=1)


@given(rows(), st.integers(0, 400), st.integers(0, 300), st.randoms())
def test_the_order_of_the_list_does_not_depend_on_the_order_of_the_rows(stays, start, length, chance):
    window = Window(at(start), at(start + length))
    shuffled = list(stays)
    chance.shuffle(shuffled)
    assert as_met(presences(shuffled, window)) == as_met(presences(stays, window))


@given(rows(), st.integers(0, 400), st.integers(0, 300))
def test_nobody_is_certain_for_longer_than_possible_nor_than_the_window(stays, start, length):
    for found in presences(stays, Window(at(start), at(start + length))):
        assert 0 <= found.certain_minutes <= found.possible_minutes <= length
        assert list(found.stays) == sorted(found.stays, key=lambda stay: stay.entered_at)


@given(rows(), st.integers(0, 400), st.integers(0, 300), st.integers(0, 60))
def test_a_longer_window_loses_nobody_and_no_minute(stays, start, length, more):
    narrow = {p.person_id: p for p in presences(stays, Window(at(start), at(start + length)))}
    wide = {p.person_id: p for p in presences(stays, Window(at(start - more), at(start + length + more)))}
    assert narrow.keys() <= wide.keys()
    for who, found in narrow.items():
        assert wide[who].certain_minutes >= found.certain_minutes
        assert wide[who].possible_minutes >= found.possible_minutes


@pytest.mark.parametrize(
    ("stay", "minutes"),
    [
        pytest.param(row(1, 1, 70, 100, left=100), (30, 30), id="recorded, inside the window"),
        pytest.param(row(1, 1, 70, 100), (0, 30), id="no recorded end: nothing is certain"),
        pytest.param(row(1, 1, 0, 300, left=300), (60, 60), id="recorded, longer than the window on both sides"),
        pytest.param(row(1, 1, 0, 300), (0, 60), id="guessed, longer than the window on both sides"),
        pytest.param(row(1, 1, 30, 60, left=60), (0, 0), id="left at the window's first moment: met, zero minutes"),
        pytest.param(row(1, 1, 30, 60), (0, 0), id="can have stayed until its first moment: met"),
        pytest.param(row(1, 1, 120, 180), (0, 0), id="came at its last moment: met"),
        pytest.param(row(1, 1, 30, 59.99, left=59.99), None, id="left a moment before"),
        pytest.param(row(1, 1, 120.01, 180), None, id="came a moment after"),
        pytest.param(row(1, 1, 90, 90, left=90), (0, 0), id="in and out at once, inside"),
        pytest.param(row(1, 1, 60, 60), (0, 0), id="no length, at the first moment"),
        pytest.param(row(1, 1, 59, 59), None, id="no length, before"),
        pytest.param(row(1, 1, 30, 300, left=45), None, id="a recorded end overrules the latest one"),
        pytest.param(row(1, 1, 30, 300, left=75), (15, 15), id="a recorded end shortens the possible minutes"),
        pytest.param(row(1, 1, 30, 300, likely=45), (0, 60), id="nobody is dropped on the likely end"),
        pytest.param(row(1, 1, 59, 61, left=61), (1, 1), id="over midnight: the minute after it"),
        pytest.param(row(1, 1, 60, 60.99, left=60.99), (0, 0), id="less than a whole minute is none"),
    ],
)
def test_a_stay_beside_inside_and_across_the_window(stay, minutes):
    assert one([stay]) == minutes


def test_a_window_of_one_moment_finds_those_present_with_zero_minutes():
    present = presences([row(1, 1, 0, 90), row(2, 2, 90, 120), row(3, 3, 91, 120)], Window(at(90), at(90)))
    assert [(p.person_id, p.possible_minutes) for p in present] == [(person(1), 0), (person(2), 0)]


def test_several_stays_side_by_side_count_once():
    assert one([row(1, 1, 60, 90, left=90), row(2, 1, 70, 100, left=100), row(3, 1, 75, 80, left=80)]) == (40, 40)


def test_stays_one_after_the_other_add_up_and_touching_ones_leave_no_gap():
    assert one([row(1, 1, 60, 70, left=70), row(2, 1, 70, 80, left=80), row(3, 1, 90, 95, left=95)]) == (25, 25)


def test_a_guessed_stay_beside_a_recorded_one_adds_possible_minutes_alone():
    assert one([row(1, 1, 60, 75, left=75), row(2, 1, 70, 110)]) == (15, 50)


def test_half_minutes_of_two_stays_make_a_whole_one():
    assert one([row(1, 1, 60, 60.5, left=60.5), row(2, 1, 70, 70.5, left=70.5)]) == (1, 1)


def test_the_longest_for_certain_come_first_then_at_most_then_who_came_first_then_always_the_same():
    stays = [
        row(1, 5, 50, 90),  # possible 30, came at 50
        row(2, 4, 40, 90),  # possible 30, came at 40
        row(3, 3, 40, 90),  # the same, a smaller id
        row(4, 2, 60, 110),  # possible 50
        row(5, 1, 60, 65, left=65),  # certain 5
    ]
    assert [p.person_id for p in presences(stays, WINDOW)] == [person(n) for n in (1, 2, 3, 4, 5)]


def test_no_stays_are_nobody():
    assert presences([], WINDOW) == []


def test_spans_outside_count_for_nothing():
    assert union_minutes([None, (at(0), at(1)), None]) == 1
    assert union_minutes([None]) == union_minutes([]) == 0


# Each breakage is one that somebody could write by a slip. A comparison that did not see it would prove nothing.


def _meets(test):
    return lambda patch: patch.setattr(Window, "meets", test)


def _end(stay):
    return stay.left_at or stay.until_latest


def _presence(certain, possible):
    def broken(person_id, stays, window):
        ordered = tuple(sorted(stays, key=lambda stay: stay.entered_at))
        return Presence(person_id, certain(ordered, *window), possible(ordered, *window), ordered)

    return lambda patch: patch.setattr(overlap, "_presence", broken)


def _union(ends):
    return lambda stays, window: union_minutes(window.cut(s.entered_at, ends(s)) for s in stays if ends(s))


RIGHT_CERTAIN, RIGHT_POSSIBLE = _union(lambda s: s.left_at), _union(_end)
BREAKAGES = {
    "before the end, not at it": _meets(lambda w, s: s.entered_at < w.end and _end(s) >= w.start),
    "after the start, not at it": _meets(lambda w, s: s.entered_at <= w.end and _end(s) > w.start),
    "the latest end ignored": _meets(lambda w, s: s.entered_at <= w.end and (s.left_at or s.until_likely) >= w.start),
    "the recorded end ignored": _meets(lambda w, s: s.entered_at <= w.end and s.until_latest >= w.start),
    "only who came inside": _meets(lambda w, s: w.start <= s.entered_at <= w.end),
    "everybody": _meets(lambda w, s: True),
    "guessed counted as certain": _presence(RIGHT_POSSIBLE, RIGHT_POSSIBLE),
    "likely counted as certain": _presence(_union(lambda s: s.left_at or s.until_likely), RIGHT_POSSIBLE),
    "likely counted as possible": _presence(RIGHT_CERTAIN, _union(lambda s: s.left_at or s.until_likely)),
    "only certain counted as possible": _presence(RIGHT_CERTAIN, RIGHT_CERTAIN),
    "not cut to the window": lambda patch: patch.setattr(
        Window, "cut", lambda w, low, high: (low, high) if low < high else None
    ),
    "summed, not joined": lambda patch: patch.setattr(
        overlap,
        "union_minutes",
        lambda spans: int(sum((b - a for a, b in filter(None, spans)), timedelta()).total_seconds() // 60),
    ),
    "first to last, gaps filled": lambda patch: patch.setattr(
        overlap, "union_minutes", lambda spans: _hull([span for span in spans if span])
    ),
    "a minute begun counted as whole": lambda patch: patch.setattr(
        overlap, "union_minutes", lambda spans: ceil(_seconds(spans) / 60)
    ),
    "ranked by possible minutes": lambda patch: patch.setattr(
        overlap,
        "presences",
        lambda rows, window: sorted(presences(rows, window), key=lambda p: -p.possible_minutes),
    ),
    "ranked the other way": lambda patch: patch.setattr(
        overlap, "presences", lambda rows, window: presences(rows, window)[::-1]
    ),
    "the last one lost": lambda patch: patch.setattr(
        overlap, "presences", lambda rows, window: presences(rows, window)[:-1]
    ),
}


def _hull(spans):
    return int((max(b for _, b in spans) - min(a for a, _ in spans)).total_seconds() // 60) if spans else 0


def _seconds(spans):
    return union_minutes((BASE + (a - BASE) * 60, BASE + (b - BASE) * 60) for a, b in filter(None, spans))


def always_agree():
    return all(
        agree(crowd(seed), at(60), at(60 + 15 * seed)) and agree(crowd(seed, unit=0.5), at(30), at(90), tick=30)
        for seed in range(12)
    )


def test_the_crowds_that_show_breakages_show_none_where_there_is_none():
    assert always_agree()


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
def test_the_comparison_with_the_oracle_shows_when_the_rule_is_broken(breakage, monkeypatch):
    breakage(monkeypatch)
    assert not always_agree()
