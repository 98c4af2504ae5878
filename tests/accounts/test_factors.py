"""Codes of the second factor, against RFC 6238 written down a second time."""

import base64
import hashlib
import hmac
import struct
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.accounts import factors
from checkin.ids import new_id
from tests.conftest import NOW

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PRESENT = int(NOW.timestamp()) // 30


def code(step, secret=SECRET):
    """RFC 4226, 5.3, over the number of the step."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_the_vectors_of_the_standard(seconds, expected):
    secret = base64.b32encode(b"12345678901234567890").decode()
    moment = datetime.fromtimestamp(seconds, UTC)
    assert code(seconds // 30, secret) == expected
    assert factors.matching_step(secret, expected, moment, None) == seconds // 30


@pytest.mark.parametrize(("off", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False), (100, False)])
def test_a_phone_whose_clock_is_off_by_one_step_fits_and_no_more(off, fits):
    found = factors.matching_step(SECRET, code(PRESENT + off), NOW, None)
    assert found == (PRESENT + off if fits else None)


def test_no_step_is_taken_twice_nor_one_before_it():
    for off in (-1, 0, 1):
        for last in (-2, -1, 0, 1, 2):
            found = factors.matching_step(SECRET, code(PRESENT + off), NOW, PRESENT + last)
            assert (found is not None) == (off > last), (off, last)


@given(st.text(max_size=60))
def test_nothing_else_fits(typed):
    digits = factors.digits_of(typed)
    expected = digits in {code(PRESENT + off) for off in (-1, 0, 1)}
    assert (factors.matching_step(SECRET, digits, NOW, None) is not None) == expected


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("１２３４５６", "123456"),
        ("1234 5678 9012", "123456789012"),
        ("12345a", ""),
        ("", ""),
        ("\x00", ""),
        ("1" * 10_000, "1" * factors.LONGEST),
    ],
)
def test_codes_are_read_as_people_type_them(typed, digits):
    assert factors.digits_of(typed) == digits


def test_what_the_qr_says_is_what_an_app_reads():
    parts = urlsplit(factors.address(SECRET, "hanh@cdc", "CDC Quảng Ninh"))
    assert (parts.scheme, parts.netloc, unquote(parts.path)) == ("otpauth", "totp", "/CDC Quảng Ninh:hanh@cdc")
    assert parse_qs(parts.query) == {"secret": [SECRET], "issuer": ["CDC Quảng Ninh"]}


def test_secrets_are_long_and_each_another():
    made = {factors.new_secret() for _ in range(50)}
    assert len(made) == 50 and {len(base64.b32decode(one)) for one in made} == {20}


def test_ten_codes_of_twelve_digits_each_another():
    codes = factors.new_codes()
    assert len(set(codes)) == 10 and all(len(one) == 12 and one.isdigit() for one in codes)
    assert factors.shown("123456789012") == "1234 5678 9012"
    assert factors.digits_of(factors.shown(codes[0])) == codes[0]
    assert codes != sorted(codes) or factors.new_codes() != codes


@settings(max_examples=3)
@given(st.sampled_from(["123456789012", "000000000000"]))
def test_the_same_code_is_kept_differently_for_each_account(one):
    first, second = new_id(NOW), new_id(NOW + timedelta(seconds=1))
    assert factors.code_hash(first, one) == factors.code_hash(first, one) != factors.code_hash(second, one)
