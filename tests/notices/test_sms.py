"""A notice as a text message: at most two parts, no link, and only the name of the place is ever cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.notices.sms import SHORT, length, parts, written

GIVEN = {"number": "TB-0012", "start": "08:00 20/11", "end": "09:15", "hotline": "0203 3 656 263"}


def utf16(text):
    """Counted by hand: two for what lies outside the basic plane."""
    return sum(2 if ord(char) > 0xFFFF else 1 for char in text)


def test_a_short_place_is_written_whole():
    text = written(place="Chợ Hạ Long 1", severity="test", **GIVEN)
    assert text == "TB-0012: Ai ở Chợ Hạ Long 1, 08:00 20/11-09:15: hãy đi xét nghiệm. Gọi 0203 3 656 263"
    assert parts(text) == 2


@pytest.mark.parametrize(("size", "number"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_parts_are_counted_as_networks_do(size, number):
    assert parts("ế" * size) == number


@pytest.mark.parametrize(
    "place", ["www.lua-dao.vn", "https://x.vn/a", "Quán bia.com", "x@y.vn", "Cửa hàng http://bit.ly/x 2"]
)
def test_nothing_in_it_can_be_pressed_but_the_number(place):
    text = written(place=place, severity="watch", **GIVEN)
    assert not re.search(r"http|www|://|@|\w\.\w", text), text


@given(st.text(max_size=300), st.sampled_from(sorted(SHORT)))
def test_any_name_fits_two_parts_and_leaves_the_rest_whole(place, severity):
    text = written(place=place, severity=severity, **GIVEN | {"start": "08:00 20/11", "end": "09:15 22/11"})
    assert utf16(text) == length(text) <= 134
    assert text.startswith("TB-0012: Ai ở ") and text.endswith(f"{SHORT[severity]}. Gọi 0203 3 656 263")
    assert "08:00 20/11-09:15 22/11" in text
