import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.phones import display_phone, normalise_phone

REASONS = {"empty", "not_a_number", "too_short", "too_long", "unknown_country", "not_valid"}
mobile_prefixes = ("032", "039", "070", "079", "081", "088", "090", "091", "096", "098")
mobiles = st.builds("{}{:07d}".format, st.sampled_from(mobile_prefixes), st.integers(min_value=0, max_value=9_999_999))


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "0912-345-678",
        "0912–345—678",
        "(091) 234 5678",
        "+84912345678",
        "+84 (0)912 345 678",
        "84912345678",
        "0084 912 345 678",
        "912345678",
        "０９１２３４５６７８",
        "＋８４９１２３４５６７８",
        "٠٩١٢٣٤٥٦٧٨",
        "០៩១២៣៤៥៦៧៨",
        " \u200b0912\u00a0345\u202f678\u200f\n",
        "0912\x00345678",
        "09\u030112345678",
        "\ufeff0912345678",
    ],
)
def test_one_number_written_in_many_ways_is_one_number(typed):
    assert normalise_phone(typed) == "+84912345678"


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("0203 3825 123", "+842033825123", "0203 3825 123"),
        ("+44 7911 123456", "+447911123456", "+44 7911 123456"),
        ("+39 06 698 1234", "+39066981234", "+39 06 698 1234"),
        ("+1 200 555 0100", "+12005550100", "+1 200-555-0100"),
        ("0082 10 1234 5678", "+821012345678", "+82 10-1234-5678"),
        ("0912345678", "+84912345678", "0912 345 678"),
    ],
)
def test_it_keeps_and_shows_landlines_and_foreign_numbers(typed, kept, shown):
    assert normalise_phone(typed) == kept
    assert display_phone(kept) == shown


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        (" \u200b\x00 ", "empty"),
        ("không có", "not_a_number"),
        ("0912x345678", "not_a_number"),
        ("1800 FLOWERS", "not_a_number"),
        ("0912345678 ext. 5", "not_a_number"),
        ("-", "not_a_number"),
        ("+", "not_a_number"),
        ("113", "too_short"),
        ("0912345", "too_short"),
        ("0912345678 / 0987654321", "too_long"),
        ("09123456789", "not_valid"),
        ("01691234567", "not_valid"),
        ("0412345678", "not_valid"),
        ("+999 123 456", "unknown_country"),
        ("0" * 201, "too_long"),
        ("9" * 10_000, "too_long"),
    ],
)
def test_it_rejects_what_cannot_be_called_and_says_why(typed, reason):
    with pytest.raises(ValueError, match=f"^{reason}$"):
        normalise_phone(typed)


def test_another_region_reads_its_own_numbers():
    assert normalise_phone("07911 123456", "GB") == "+447911123456"
    assert display_phone("+447911123456", "GB") == "07911 123456"


@given(mobiles)
def test_every_way_home_leads_to_the_same_number(number):
    kept = normalise_phone(number)
    assert kept == "+84" + number[1:]
    assert normalise_phone(kept) == kept
    assert normalise_phone("0084" + number[1:]) == kept
    assert normalise_phone("84" + number[1:]) == kept


@given(mobiles)
def test_a_shown_number_reads_back_as_itself(number):
    kept = normalise_phone(number)
    assert display_phone(kept).replace(" ", "") == number
    assert normalise_phone(display_phone(kept)) == kept


@given(st.text(st.characters(codec=None), max_size=60) | st.text("0123456789+-() .\u200b٣", max_size=30))
def test_any_text_gives_a_number_or_a_known_reason(text):
    try:
        kept = normalise_phone(text)
    except ValueError as error:
        assert str(error) in REASONS
    else:
        assert kept[0] == "+"
        assert kept[1:].isascii()
        assert kept[1:].isdigit()


@given(st.text(max_size=40))
def test_showing_never_fails(text):
    assert isinstance(display_phone(text), str)


def test_what_is_no_number_is_shown_unchanged():
    text = unicodedata.normalize("NFD", "chưa có số")
    assert display_phone(text) == text
