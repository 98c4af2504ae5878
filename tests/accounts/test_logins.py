import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.accounts.logins import LONGEST, contact_kind, mask, normalise_login


@pytest.mark.parametrize(
    "typed",
    ["0912345678", "0912 345 678", "0912.345.678", "+84912345678", "+84 (0)912 345 678", "84912345678", "0084912345678",
     "912345678", " 0912-345-678\n", "０９１２３４５６７８", "\u200f0912345678", "0912345678\x00"],
)  # fmt: skip
def test_one_phone_number_is_one_login_however_it_is_written(typed):
    assert normalise_login(typed) == "+84912345678"


@pytest.mark.parametrize("typed", ["chi@example.vn", "Chi@Example.VN", " CHI@EXAMPLE.VN ", "ｃｈｉ＠example.vn"])
def test_one_address_is_one_login_in_any_letter_case(typed):
    assert normalise_login(typed) == "chi@example.vn"


@pytest.mark.parametrize("typed", ["hanh@cdc", "HANH@cdc"])
def test_a_staff_login_is_kept_in_lower_case(typed):
    assert normalise_login(typed) == "hanh@cdc"


@pytest.mark.parametrize("typed", ["", "   ", "12", "09123", "0999 999 999 999 999"])
def test_what_is_no_number_stays_what_was_typed(typed):
    assert normalise_login(typed) == typed.strip()


def test_different_numbers_are_different_logins():
    assert len({normalise_login(text) for text in ("0912345678", "0912345679", "+84812345678")}) == 3


@given(st.text(max_size=150))
def test_a_login_in_its_form_stays_as_it_is_and_is_never_longer_than_its_field(text):
    once = normalise_login(text)
    assert normalise_login(once)[:40] == once[:40]
    assert len(normalise_login(text[:40])) <= LONGEST


def test_ten_thousand_characters_are_cut():
    assert len(normalise_login("a" * 10_000)) == LONGEST


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("0912 345 678", "phone"),
        ("+44 7911 123456", "phone"),
        ("chi@example.vn", "email"),
        ("chi@a.b.example.vn", "email"),
        ("hanh@cdc", None),
        ("chi@example.", None),
        ("chi@@example.vn", None),
        ("chi @example.vn", None),
        ("@example.vn", None),
        ("a" * 65 + "@example.vn", None),
        ("chị bán phở", None),
        ("12345", None),
        ("", None),
    ],
)
def test_an_owner_is_reached_by_phone_or_by_mail_or_not_at_all(typed, kind):
    assert contact_kind(typed) == kind


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        ("+84912345678", "+8491…678"),
        ("chi@example.vn", "c…@example.vn"),
        ("@example.vn", "…@example.vn"),
        ("giang", "giang"),
    ],
)
def test_an_own_login_is_recognised_and_nobody_elses_read(login, shown):
    assert mask(login) == shown
