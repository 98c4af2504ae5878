"""Plates: one form whatever the writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.venues.plates import display_plate, normalise_plate


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("14A-327.18", "14A32718", "14A-327.18"),
        ("14a 32718", "14A32718", "14A-327.18"),
        ("14 A \u2013 327 . 18", "14A32718", "14A-327.18"),
        ("14B1-662.05", "14B166205", "14B1-662.05"),
        ("14B-1234", "14B1234", "14B-1234"),
        ("14LD-012.34", "14LD01234", "14LD-012.34"),
        ("QN-8642", "QN8642", "QN-8642"),
        ("qn 8642 ts", "QN8642TS", "QN8642TS"),
        ("\uff11\uff14A-327.18", "14A32718", "14A-327.18"),
        ("29Đ-123.45", "29D12345", "29D-123.45"),
    ],
)
def test_a_plate_is_the_same_in_every_writing(typed, kept, shown):
    assert normalise_plate(typed) == kept
    assert display_plate(kept) == shown


@pytest.mark.parametrize(
    "typed", ["", "xe của tôi", "14", "1" * 13, "٣", "車12345", "🚌🚌🚌🚌", "A" * 10_000, "----", "\u202e\u202d"]
)
def test_it_rejects_what_is_no_plate(typed):
    with pytest.raises(ValueError, match="plate"):
        normalise_plate(typed)


@given(st.text("0123456789ABCĐađ -.·\u200b", max_size=16))
def test_a_plate_that_is_shown_and_typed_again_is_the_same(text):
    try:
        kept = normalise_plate(text)
    except ValueError:
        return
    assert normalise_plate(kept) == kept == normalise_plate(display_plate(kept)) == normalise_plate(text.lower())
    assert kept.isascii() and kept.isalnum() and 4 <= len(kept) <= 12
