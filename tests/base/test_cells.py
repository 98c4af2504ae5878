"""Cells for spreadsheets: nothing begins a formula, and everything can be read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.cells import FORMULA_STARTS, restored, safe

TEXTS = st.text(st.sampled_from("=+-@;,|\t'\n ＝a1\u200b")) | st.text(
    st.characters(exclude_characters="\x00", codec="utf-8")
)


@pytest.mark.parametrize("text", ["=1+1", "+84912345678", "@x", "a;=b", "a,\u200b=b", " =1", "'=1", "''=1", "a;'=b"])
def test_what_is_read_back_is_what_was_written(text):
    once = restored(text)
    assert restored(safe(once)) == once


@given(text=TEXTS)
def test_any_text_comes_back_after_it_was_made_safe(text):
    once = restored(text)
    assert restored(safe(once)) == once


@given(text=TEXTS)
def test_no_safe_text_begins_a_formula(text):
    seen = safe(text)
    assert not seen.startswith(FORMULA_STARTS)


@pytest.mark.parametrize("text", ["Nguyễn", "d'Artagnan", "'s-Hertogenbosch", "", "'", "12", "a;b"])
def test_other_text_is_left_alone(text):
    assert restored(text) == text
    assert safe(text) == text
