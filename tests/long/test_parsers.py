"""Every reader of what people type, against thousands of inputs: an answer or its own error, never another."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.accounts.logins import contact_kind, mask, normalise_login
from checkin.fold import fold
from checkin.names import clean_name, mask_for_desk, mask_middle
from checkin.people.cards import CardError, parse_card
from checkin.people.idnumbers import parse_id_number
from checkin.phones import display_phone, normalise_phone
from checkin.places.lookup import match_address, match_commune
from checkin.venues.codes import diagnose, normalise
from tests import cast

pytestmark = pytest.mark.long

SPICE = [
    "|",
    "\x00",
    "\u202e",
    "\u200b",
    "\u0301" * 50,
    "🙂",
    "0221",
    "Hồng Gai",
    ",",
    "=",
    "\r\n",
    "Nữ",
    "01/02/1985",
    "+84",
    "４",
]
TEXT = st.one_of(
    st.text(max_size=200),
    st.lists(st.one_of(st.sampled_from(SPICE), st.text(max_size=8)), max_size=40).map("".join),
    st.tuples(st.sampled_from([cast.CCCD, cast.CCCD_MAN]), st.integers(0, 120), st.text(max_size=3)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
    ),
)


@pytest.mark.wide
@given(TEXT)
def test_a_card_is_read_or_refused(text):
    try:
        card = parse_card(text)
    except CardError:
        return
    assert card.full_name == clean_name(card.full_name)


@pytest.mark.wide
@given(TEXT)
def test_numbers_are_read_or_refused_and_reading_again_changes_nothing(text):
    try:
        value = parse_id_number(text).value
        assert parse_id_number(value).value == value
    except ValueError:
        pass
    try:
        phone = normalise_phone(text)
        assert normalise_phone(phone) == phone
        assert normalise_phone(display_phone(phone)) == phone
    except ValueError:
        pass


@pytest.mark.wide
@given(TEXT)
def test_names_stay_clean_and_masks_short(text):
    clean = clean_name(text)
    assert clean_name(clean) == clean
    assert "\x00" not in clean and "\u202e" not in clean
    for masked in (mask_middle(text), mask_for_desk(text)):
        assert len(masked) <= 80
    assert fold(fold(text)) == fold(text)


@pytest.mark.wide
@given(TEXT)
def test_codes_logins_and_places_take_anything(text):
    assert diagnose(text) in {"ok", "mistyped", "not_a_code"}
    assert normalise(normalise(text)) == normalise(text)
    assert normalise_login(normalise_login(text)) == normalise_login(text)
    assert contact_kind(text) in {None, "phone", "email"}
    assert len(mask(normalise_login(text))) <= 130
    started = time.perf_counter()
    match_commune(text, "22")
    match_address(text, "22")
    assert time.perf_counter() - started < 2
