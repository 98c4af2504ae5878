import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.fold import ascii_digits
from checkin.people.idnumbers import IdNumber, contradictions, parse_id_number

REASONS = {"empty", "too_short", "too_long", "wrong_length", "odd_characters", "no_digits"}


@pytest.mark.parametrize(
    ("value", "birth_year", "gender"),
    [
        ("022089001234", 1989, "male"),
        ("022189001234", 1989, "female"),
        ("022217001234", 2017, "male"),
        ("022300001234", 2000, "female"),
        ("022499001234", 2199, "male"),
        ("022500001234", 2100, "female"),
        ("022999001234", 2399, "female"),
        ("022000001234", 1900, "male"),
    ],
)
def test_a_citizen_number_tells_year_sex_and_province(value, birth_year, gender):
    assert parse_id_number(value) == IdNumber("cccd", value, birth_year, gender, "022")


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("022 089 001 234", "cccd", "022089001234"),
        (" 022.089.001-234\n", "cccd", "022089001234"),
        ("０２２０８９００１２３４", "cccd", "022089001234"),
        ("٠٢٢٠٨٩٠٠١٢٣٤", "cccd", "022089001234"),
        ("022\u200b089\x00001\u200f234", "cccd", "022089001234"),
        ("101 234 567", "cmnd", "101234567"),
        ("c1234567", "passport", "C1234567"),
        ("X 1234567 8", "passport", "X12345678"),
        ("12AB34567", "passport", "12AB34567"),
        ("1234567", "other", "1234567"),
        ("11010519491231002X", "other", "11010519491231002X"),
    ],
)
def test_it_knows_the_kinds_of_numbers(typed, kind, value):
    parsed = parse_id_number(typed)
    assert (parsed.kind, parsed.value) == (kind, value)


@pytest.mark.parametrize("code", ["000", "097", "999"])
def test_a_province_nobody_has_is_not_told(code):
    parsed = parse_id_number(code + "089001234")
    assert (parsed.kind, parsed.province_code) == ("cccd", None)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        (" .-\u200b\x00", "empty"),
        ("12345", "too_short"),
        ("0220890012", "wrong_length"),
        ("02208900123", "wrong_length"),
        ("0220890012345", "too_long"),
        ("A" * 20 + "1", "too_long"),
        ("1" * 10_000, "too_long"),
        ("022089001234;", "odd_characters"),
        ("Đ1234567", "odd_characters"),
        ("ı1234567", "odd_characters"),
        ("=1+1+1111", "odd_characters"),
        ("khongco", "no_digits"),
    ],
)
def test_it_rejects_what_is_no_number_and_says_why(typed, reason):
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_id_number(typed)


@pytest.mark.parametrize(
    ("birth_year", "gender", "found"),
    [
        (1989, "male", ()),
        (1990, "male", ("birth_year",)),
        (1989, "female", ("gender",)),
        (1889, "female", ("birth_year", "gender")),
        (None, None, ()),
        (1989, "other", ()),
    ],
)
def test_contradictions_name_what_the_number_does_not_bear_out(birth_year, gender, found):
    assert contradictions(parse_id_number("022089001234"), birth_year, gender) == found


@pytest.mark.parametrize("value", ["101234567", "C1234567", "12345678"])
def test_a_number_without_facts_contradicts_nothing(value):
    assert contradictions(parse_id_number(value), 1920, "female") == ()


@given(st.integers(1, 96), st.integers(1900, 2399), st.sampled_from(["male", "female"]), st.integers(0, 999_999))
def test_the_facts_put_into_a_number_come_out_of_it(province, year, gender, serial):
    digit = (year - 1900) // 100 * 2 + (gender == "female")
    parsed = parse_id_number(f"{province:03d}{digit}{year % 100:02d}{serial:06d}")
    assert (parsed.birth_year, parsed.gender, parsed.province_code) == (year, gender, f"{province:03d}")
    assert contradictions(parsed, year, gender) == ()


@given(st.text(st.characters(codec=None), max_size=40) | st.text("0123456789ABz .-", max_size=25))
def test_any_text_gives_a_number_or_a_known_reason(text):
    try:
        parsed = parse_id_number(text)
    except ValueError as error:
        assert str(error) in REASONS
    else:
        assert parse_id_number(parsed.value) == parsed
        assert 6 <= len(parsed.value) <= 20


@given(st.text())
def test_reading_digits_changes_no_length(text):
    assert len(ascii_digits(text)) == len(text)
