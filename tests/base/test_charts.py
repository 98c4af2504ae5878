import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.charts import HEIGHT, LABEL, NARROW, WIDTH, Bar, bars, grid

VALUES = st.lists(st.integers(0, 10**9), max_size=120)


def test_nothing_is_no_bars():
    assert bars([]) == []


def test_bars_of_nothing_lie_on_the_ground():
    assert [(bar.height, bar.y) for bar in bars([Bar("a", 0), Bar("b", 0)])] == [(0, HEIGHT), (0, HEIGHT)]


def test_the_highest_bar_fills_the_picture_and_others_are_in_proportion():
    heights = [bar.height for bar in bars([Bar("a", 50), Bar("b", 100), Bar("c", 25)])]
    assert heights == [HEIGHT / 2, HEIGHT, HEIGHT / 4]


@given(VALUES, st.sampled_from([WIDTH, NARROW]))
def test_every_bar_lies_inside_the_picture_in_order_and_beside_the_others(values, width):
    drawn = bars([Bar(str(n), value) for n, value in enumerate(values)], width)
    assert [(bar.label, bar.value) for bar in drawn] == [(str(n), value) for n, value in enumerate(values)]
    right = 0.0
    for bar in drawn:
        assert right <= bar.x + 0.11 and bar.x <= bar.middle <= bar.x + bar.width + 0.2
        assert 0 <= bar.y <= HEIGHT and 0 <= bar.height <= HEIGHT
        assert bar.y + bar.height == pytest.approx(HEIGHT, abs=0.11)
        right = bar.x + bar.width
    assert right <= width + 0.1


@given(st.integers(1, 200), st.sampled_from([WIDTH, NARROW]))
def test_labels_never_touch_and_the_first_is_shown(count, width):
    labelled = [bar.middle for bar in bars([Bar("00h", 1)] * count, width) if bar.labelled]
    assert labelled
    assert all(later - earlier >= LABEL - 0.2 for earlier, later in zip(labelled, labelled[1:], strict=False))


def test_marks_stay_with_their_bars():
    assert [bar.marked for bar in bars([Bar("a", 1), Bar("b", 1, marked=True)])] == [False, True]


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=24))
def test_a_number_stands_in_its_square_only_where_the_square_holds_it(values):
    cells = grid([("20/11", False, values)], [f"{hour}h" for hour in range(len(values))]).lines[0].cells
    for cell in cells:
        assert not cell.roomy or cell.side > len(str(cell.value)) * 7.7
    assert all(cell.roomy for cell in cells if 0 < cell.value == max(values) < 100)
