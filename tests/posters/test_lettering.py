import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.posters.lettering import ELLIPSIS, MM_PER_PT, Box, printable, text_width

BOX = Box(width=100, height=30, lines=3, sizes=(24, 18, 12), weight="B")
texts = st.text(max_size=400).map(printable)


@given(st.text(max_size=200))
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    once = printable(text)
    assert printable(once) == once == unicodedata.normalize("NFC", once) == " ".join(once.split())
    assert text_width(once, "", 10) >= 0


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (unicodedata.normalize("NFD", "Ường Đỗ Ẵm"), "Ường Đỗ Ẵm"),
        ("a\0b\u200fc\u202ed\u00ade", "abcde"),
        ("một\r\nhai\tba\u2028bốn", "một hai ba bốn"),
        ("Phở 😷👩‍👩‍👧 24", "Phở 24"),
        ("x\u0301\u0323\u0301", "x"),
        ("上海", ""),
        ("Ѐ ḧ", "h"),
        ("đ" * 10_000, "đ" * 600),
        ("\u0301" * 10_000, ""),
    ],
)
def test_it_keeps_the_letters_the_font_has(text: str, printed: str) -> None:
    assert printable(text) == printed


@given(texts, texts)
def test_no_line_is_wider_and_no_block_higher_than_its_box(text: str, tail: str) -> None:
    size, lines, _ = BOX.fit(text, tail)
    assert len(lines) <= 3
    assert len(lines) * size * BOX.leading * MM_PER_PT <= 30.001
    assert all(text_width(line, "B", size) <= 100.001 for line in lines)


@given(texts)
def test_nothing_is_lost_unless_an_ellipsis_says_so(text: str) -> None:
    _, lines, cut = BOX.fit(text)
    joined = "".join(lines).replace(" ", "")
    if cut:
        assert joined.endswith(ELLIPSIS) and text.replace(" ", "").startswith(joined[:-1])
    else:
        assert joined == text.replace(" ", "")


def test_short_text_is_set_large_and_long_text_small() -> None:
    assert BOX.fit("Ga").size == 24
    assert BOX.fit("Nhà hàng " * 12).size == 12


def test_it_shrinks_before_it_breaks_a_word() -> None:
    fitted = BOX.fit("M" * 20)
    assert fitted.size < 24 and fitted.lines == ["M" * 20]


def test_it_breaks_a_word_that_no_size_holds() -> None:
    fitted = BOX.fit("M" * 40)
    assert len(fitted.lines) > 1 and "".join(fitted.lines) == "M" * 40 and not fitted.cut


def test_it_leaves_no_single_syllable_on_the_last_line() -> None:
    fitted = BOX.fit("Trường Trung học phổ thông Hạ Long")
    widths = [text_width(line, "B", fitted.size) for line in fitted.lines]
    assert len(widths) > 1 and min(widths) > 0.6 * max(widths)


def test_the_tail_outlives_the_text_and_gives_way_only_when_it_fills_the_box() -> None:
    fitted = BOX.fit("Nhà hàng " * 60, " – Cửa sau")
    assert fitted.cut and " ".join(fitted.lines).endswith("… – Cửa sau")
    filled = BOX.fit("Quán", " – " + "Cửa sau " * 60)
    assert filled.cut and " ".join(filled.lines).startswith("Quán – Cửa sau") and filled.lines[-1].endswith(ELLIPSIS)
